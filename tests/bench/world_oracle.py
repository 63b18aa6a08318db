"""Answers to questions about made videos, found slowly and without the table of events.

Everything is read off the story's own things: their poses every quarter of a second, their actions, the
lines and the writings. A question's text is matched against the wordings to learn what it asks.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from playhead_bench.world.clip_questions import describe_action
from playhead_bench.world.clip_wordings import VERBS
from playhead_bench.world.story import SceneObject, Story
from playhead_bench.world.video_questions.question import WorldQuestion
from playhead_bench.world.video_questions.wordings import wordings_of
from playhead_bench.world.vocabulary import PLACES
from playhead_index.window import Window, parse_time

STEP_S = 0.25
KIND_OF = {verb: kind for kind, verb in VERBS.items()}
KIND_OF |= {
    "enters": "enter", "leaves": "leave", "crosses the picture": "cross", "jumps": "jump", "spins": "spin",
    "blinks": "blink", "grows": "grow", "shrinks": "shrink", "changes colour": "recolour", "moves": "move",
    "carries": "carry", "collides with": "collide", "chases": "chase",
}  # fmt: skip
KINDS_OF = {"where": ("where", "where_seen"), "which": ("which", "colour"), "absent_over": ("in_which_seen",)}
"""Whose wordings a kind of question uses where they are not its own."""
RANKS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}


@dataclass(frozen=True)
class Deed:
    """What one thing does, with the one to which it does it."""

    kind: str
    window: Window
    who: str
    other: str
    said: str
    scene: int


class Oracle:
    """One story, looked through from start to end."""

    def __init__(self, story: Story) -> None:
        self.story = story

    @cached_property
    def samples(self) -> list[tuple[float, int, frozenset[str]]]:
        """Every quarter of a second: when, in which scene, and what is in the picture."""
        found = []
        for number, scene in enumerate(self.story.scenes):
            steps = round(scene.window.duration_s / STEP_S)
            for time_s in (scene.window.start_s + step * STEP_S for step in range(steps)):
                found.append(
                    (time_s, number, frozenset(t for thing in scene.things if (t := seen_as(thing, time_s))))
                )
        return found

    @cached_property
    def actions_of(self) -> list[Deed]:
        """Everything that is done and that is done to a thing, by when it begins."""
        found = [
            Deed(
                a.kind,
                a.window,
                seen_as(thing, a.window.start_s) or "",
                a.partner,
                describe_action(a, thing),
                number,
            )
            for number, scene in enumerate(self.story.scenes)
            for thing in scene.things
            for a in thing.actions
        ]
        return sorted(found, key=lambda deed: deed.window)

    def done(self, *kinds: str) -> list[Deed]:
        """Deeds of some kinds; without kinds, all but the halves of what is done to a thing."""
        return [
            d
            for d in self.actions_of
            if (d.kind in kinds if kinds else d.kind not in ("carried", "collided", "chased"))
        ]

    def times_s(self, label: str) -> list[float]:
        """The sampled times at which a thing is in the picture."""
        return [time_s for time_s, _, labels in self.samples if label in labels]

    def place(self, scene: int) -> str:
        """Where a scene is, in words."""
        return PLACES[self.story.scenes[scene].place]

    def writings(self, during: Window) -> list[str]:
        """All that is written at any time of a window."""
        return [
            ", ".join(w.lines)
            for scene in self.story.scenes
            for w in scene.writings
            if w.window.start_s < during.end_s and during.start_s < w.window.end_s
        ]

    def answers(self, question: WorldQuestion) -> set[str]:
        """Every answer that is true; exactly one where the question is sound."""
        questions = asked_for(question)
        return set(getattr(self, f"_{question.kind}")(**questions))

    # ---- one thing ----

    def _what(self, label):
        mine = [d for d in self.actions_of if d.who == label]
        return {d.said for d in mine} or {"it stands still"}

    def _which(self, shape, does=None):
        if does is None:
            return {
                label.split()[0]
                for _, _, labels in self.samples
                for label in labels
                if label.split()[1] == shape
            }
        return {d.who.split()[0] for d in self.done(KIND_OF[does]) if d.who.split()[1] == shape}

    def _where(self, label, does=None, verb=None):
        if does is None and verb is None:
            return {self.place(number) for _, number, labels in self.samples if label in labels}
        return {self.place(d.scene) for d in self._mine(label, does or verb)}

    def _when(self, label, does=None, verb=None):
        return {d.window.start_s for d in self._mine(label, does or verb)}

    def _mine(self, label, does):
        return [d for d in self.done(KIND_OF[does]) if d.who == label]

    def _yes_no(self, label, does=None, verb=None):
        scenes = {d.scene for d in self._mine(label, does or verb)}
        if scenes:
            return {"yes, in one scene" if len(scenes) == 1 else "yes, in several scenes"}
        return {"no, though it is seen" if self.times_s(label) else "no, it is never seen"}

    def _exists(self, label):
        scenes = {number for _, number, labels in self.samples if label in labels}
        if scenes:
            return {"yes, in one scene" if len(scenes) == 1 else "yes, in several scenes"}
        shapes = {one.split()[1] for _, _, labels in self.samples for one in labels}
        return {"no, only in another colour" if label.split()[1] in shapes else "no, not in any colour"}

    def _count(self, label, does=None, verb=None):
        return {str(len({d.scene for d in self._mine(label, does or verb)}))}

    def _partner(self, label, does=None, verb=None):
        kind = KIND_OF[does or verb]
        either = [
            d
            for d in self.actions_of
            if d.who == label and d.kind in (kind, "collided" if kind == "collide" else kind)
        ]
        return {f"the {d.other}" for d in either}

    def _duration(self, label):
        return {f"{len(self.times_s(label)) * STEP_S:g} seconds"}

    def _longest(self, these):
        return {max(re.split(", | or ", these), key=lambda the: len(self.times_s(the.removeprefix("the "))))}

    # ---- not in the video ----

    def missing(self, question: WorldQuestion) -> str:
        """Why the video does not answer, as far as this can tell: `absent`, `false_premise` or nothing."""
        label = next(iter(question.object_labels), "")
        if not label:
            expected = [
                *(line.text for line in self.story.lines),
                *self.writings(Window(0, self.story.duration_s)),
            ]
            towns = [word for word in re.findall(r"\w+", question.text)[1:] if word[0].isupper()]
            return "" if any(town in text for text in expected for town in towns) else "absent"
        verbs = [verb for verb in KIND_OF if re.search(rf"\b{verb}\b", question.text)]
        if not self.times_s(label):
            return "absent"
        return "false_premise" if verbs and not any(self._mine(label, verb) for verb in verbs) else ""

    # ---- in time ----

    def _first(self, does=None, verb=None):
        return {f"the {self.done(KIND_OF[does or verb])[0].who}"}

    def _last(self, does=None, verb=None):
        return {f"the {self.done(KIND_OF[does or verb])[-1].who}"}

    def _nth(self, nth, does=None, verb=None):
        return {f"the {self.done(KIND_OF[does or verb])[RANKS[nth] - 1].who}"}

    def _before(self, label, does):
        (mine,) = self._mine(label, does)
        earlier = [d for d in self.actions_of if d.window.start_s < mine.window.start_s]
        return {f"the {d.who}" for d in earlier if d.window.end_s == max(e.window.end_s for e in earlier)}

    def _after(self, label, does):
        (mine,) = self._mine(label, does)
        later = [d for d in self.actions_of if d.window.start_s >= mine.window.end_s]
        return {f"the {d.who}" for d in later if d.window.start_s == later[0].window.start_s}

    def _between(self, a, does_a, b, does_b, does):
        (one,), (two,) = self._mine(a, does_a), self._mine(b, does_b)
        span = Window(one.window.end_s, two.window.start_s)
        return {f"the {d.who}" for d in self.done(KIND_OF[does]) if d.window.overlap_s(span) > 0}

    def _during(self, label, does):
        (mine,) = self._mine(label, does)
        seen = {one for time_s, _, labels in self.samples if time_s in mine.window for one in labels}
        return {f"the {one}" for one in seen - {label}}

    def _order(self, these):
        expected = these.split(", ")
        begins = {}
        for one in expected:
            label, does = re.match(r"the (\w+ \w+) (.+)", one).groups()
            (mine,) = self._mine(label, does)
            begins[one] = mine.window
        return {
            ", ".join(way)
            for way in permutations(expected)
            if list(way) == sorted(way, key=begins.__getitem__)
        }

    # ---- said and written ----

    def _said(self, question):
        return self._told(question, [line.text.rstrip(".") for line in self.story.lines])

    def _written(self, question):
        if "chapter" in question:
            cards = [w.lines for scene in self.story.scenes for w in scene.writings if w.style == "card"]
            return {title for head, title in cards if head[8:] == question.rstrip("?").split()[-1]}
        return self._told(question, [line for s in self.story.scenes for w in s.writings for line in w.lines])

    @staticmethod
    def _told(question, expected):
        """The ends of all that is told about the town and the subject of a question."""
        town = re.findall(r"\w+", re.sub(r"^\w+", "", question))
        town = next(word for word in town if word[0].isupper())
        subjects = {"lighthouse", "bridge", "mayor", "baker", "ferry", "river", "museum", "fair"}
        (subject,) = subjects & set(re.findall(r"\w+", question))
        ends = r": | is called (?:the )?| is (?!held)| in | sells | takes | keeps "
        found = [line.removesuffix(" high") for line in expected if town in line and subject in line]
        return {re.split(ends, line)[-1] for line in found}

    def _lines(self, said):
        return [line for line in self.story.lines if line.text.rstrip(".") == said]

    def _when_said(self, said):
        return {line.window.start_s for line in self._lines(said)}

    def _first_said(self, said):
        return {self._lines(said)[0].window.start_s}

    def _last_said(self, said):
        return {self._lines(said)[-1].window.start_s}

    def _count_said(self, said):
        return {str(len(self._lines(said)))}

    def _said_while(self, label, does):
        (mine,) = self._mine(label, does)
        return {line.text for line in self.story.lines if line.window.overlap_s(mine.window) > 0}

    def _acts_while_said(self, said):
        (line,) = self._lines(said)
        return {f"the {d.who}" for d in self.actions_of if d.window.overlap_s(line.window) > 0}

    def _place_while_said(self, said):
        (line,) = self._lines(said)
        return {self.place(number) for time_s, number, _ in self.samples if time_s in line.window}

    def _written_while(self, label, does):
        (mine,) = self._mine(label, does)
        return self.writings(mine.window)

    def _written_while_said(self, said):
        (line,) = self._lines(said)
        return self.writings(line.window)

    # ---- in two steps ----

    def _hop_colour(self, label, does):
        (mine,) = self._mine(label, does)
        return {mine.other.split()[0]}

    def _hop_later(self, label, does):
        (mine,) = self._mine(label, does)
        return {
            d.said for d in self.actions_of if d.who == mine.other and d.window.start_s >= mine.window.end_s
        }

    def _hop_place(self, label, does):
        (mine,) = self._mine(label, does)
        return {self.place(n) for _, n, labels in self.samples if mine.other in labels and n > mine.scene}


def seen_as(thing: SceneObject, time_s: float) -> str | None:
    """What a thing in the picture is called at a time; one that has blinked away is still there."""
    if thing.position(time_s) is None:
        return None
    pose = thing.pose(time_s)
    if pose is None:
        return (
            f"{thing.colour} {thing.shape}"
            if not any(a.colour for a in thing.actions)
            else _before(thing, time_s)
        )
    return f"{pose.into if pose.into and pose.fade >= 0.5 else pose.colour} {thing.shape}"


def _before(thing: SceneObject, time_s: float) -> str:
    """What it was called when it was last seen."""
    while (pose := thing.pose(time_s)) is None:
        time_s -= STEP_S
    return f"{pose.colour} {thing.shape}"


def asked_for(question: WorldQuestion) -> dict[str, str]:
    """The words that a wording of the question's kind was filled with."""
    kinds = KINDS_OF.get(question.kind, (question.kind,))
    for kind in kinds:
        for wording in wordings_of(kind):
            if found := re.fullmatch(pattern(wording), question.text):
                return {
                    {"lower": "question"}.get(name, name): value for name, value in found.groupdict().items()
                }
    raise AssertionError(f"no wording of {question.kind} gives {question.text!r}")


def pattern(wording: str) -> str:
    """A wording as a regular expression with a group for each word to fill in."""
    verbs = "|".join(sorted(map(re.escape, KIND_OF), key=len, reverse=True))
    groups = {"label": r"\w+ \w+", "a": r"\w+ \w+", "b": r"\w+ \w+", "shape": r"\w+", "nth": r"\w+"}
    groups |= dict.fromkeys(("does", "does_a", "does_b", "verb"), verbs)
    text = re.escape(wording).replace(r"\{verb\}s", r"\{does\}")
    return re.sub(r"\\{(\w+)\\}", lambda m: f"(?P<{m[1]}>{groups.get(m[1], '.+')})", text)


def matches(question: WorldQuestion, answers: set) -> bool:
    """Whether the question's answer is the one true one; a time counts to the tenth of a second."""
    if question.kind in ("when", "when_said", "first_said", "last_said"):
        return (
            len(answers) == 1 and abs(parse_time(question.answer.removeprefix("at ")) - answers.pop()) < 0.06
        )
    if question.kind in ("yes_no", "exists"):
        return answers == {question.options[question.answer_index]}
    return answers == {question.answer}
