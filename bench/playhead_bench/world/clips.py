"""Questions about one clip of a scene: what a video-LLM is trained on and examined with.

A question is asked only where the sampled pictures settle it: a thing that is half gone, an action that
is cut off or a label that changes is left out, and never guessed about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from random import Random

from playhead_bench.world.kinds import OUTDOORS, PAINTS, THINGS
from playhead_bench.world.phrases import (
    NOT_VISIBLE,
    PARTNER_VERBS,
    SEEMS,
    VERBS,
    ClipKind,
    said_place,
    third_person,
    wordings,
)
from playhead_bench.world.script import Action, Scene, Thing
from playhead_bench.world.stage import PAIRS, Pair, SplitMode
from playhead_index.window import Window

DONE_S, DONE_SHARE = 1.5, 0.75
"""An action counts as shown when so much of it lies in the clip."""
MOST_GAP_S = 1.0
"""Pictures further apart than this do not settle what a thing does between them."""
SEEN_SHARE = 0.25
"""A thing counts as seen when it is in so many of the pictures."""


@dataclass(frozen=True, slots=True)
class ClipQuestion:
    """A question about a clip, with its answer.

    Args:
        kind: of the question.
        text: as a person would ask it.
        answer: the gold answer; `not visible` where the clip does not show what is asked about.
    """

    kind: ClipKind
    text: str
    answer: str

    @property
    def visible(self) -> bool:
        """The clip shows what is asked about."""
        return self.answer != NOT_VISIBLE


@dataclass(frozen=True, slots=True)
class Shown:
    """What the sampled pictures of a clip show of one thing of the scene.

    Args:
        thing: the thing.
        label: what it is called in the clip; empty when its name changes in it.
        seen: it is in enough pictures; None when it is in too few to say.
        action: the one thing that it does in the clip; None when it stands still.
        clear: whether `action` is beyond doubt.
    """

    thing: Thing
    label: str
    seen: bool | None
    action: Action | None
    clear: bool


def shown_in(scene: Scene, clip: Window, times_s: Sequence[float]) -> list[Shown]:
    """What pictures taken at some times of a clip show of each thing of its scene."""
    dense = all(later - earlier <= MOST_GAP_S for earlier, later in pairwise(times_s))
    return [_shown(thing, scene, clip, times_s, dense) for thing in scene.things]


def _shown(thing: Thing, scene: Scene, clip: Window, times_s: Sequence[float], dense: bool) -> Shown:
    there = [pose for t in times_s if (pose := thing.pose(t)) and 0.04 < pose.at[0] < 0.96]
    labels = {label for label, window in thing.coloured(scene.window) if window.overlap_s(clip) > 0}
    share = len(there) / len(times_s)
    seen = True if share >= SEEN_SHARE else (False if not labels else None)
    parts = [(action, action.window.overlap_s(clip)) for action in thing.actions]
    done = [a for a, s in parts if s >= min(DONE_S, DONE_SHARE * a.window.duration_s)]
    touched = [a for a, s in parts if s > 0]
    clear = dense and seen is True and len(touched) == len(done) <= 1
    return Shown(thing, labels.pop() if len(labels) == 1 else "", seen, done[0] if done else None, clear)


def clip_questions(
    scene: Scene,
    clip: Window,
    times_s: Sequence[float],
    printed_s: Sequence[str],
    rng: Random,
    *,
    mode: SplitMode = "iid",
    training: bool = True,
    pairs: Sequence[Pair] = PAIRS,
) -> list[ClipQuestion]:
    """Every question that the pictures of a clip settle, and as many near-misses that they do not show.

    Args:
        scene: in which the clip lies.
        clip: the window from which the pictures are.
        times_s: (N,) when the pictures are taken, in order, on the video's clock.
        printed_s: the times that are written beside the pictures, one for each `N / len(printed_s)` of
            them; the answer to a `when` is one of these.
        rng: the dice for wordings and near-misses.
        mode: how the parts of the data are kept apart.
        training: which wordings may be used.
        pairs: what near-misses may be made of.
    """
    asker = _Asker(scene, clip, times_s, printed_s, rng, mode, training, pairs)
    return asker.ask()


class _Asker:
    """One clip being asked about."""

    def __init__(
        self,
        scene: Scene,
        clip: Window,
        times_s: Sequence[float],
        printed_s: Sequence[str],
        rng: Random,
        mode: SplitMode,
        training: bool,
        pairs: Sequence[Pair],
    ) -> None:
        self.scene, self.clip, self.rng = scene, clip, rng
        self.times_s, self.printed_s = times_s, printed_s
        self.mode, self.training = mode, training
        self.shown = shown_in(scene, clip, times_s)
        self.settled = all(one.seen is not None and (one.label or not one.seen) for one in self.shown)
        self.sure = [one for one in self.shown if one.seen and one.label]
        known = {label for one in self.shown for label, _ in one.thing.coloured(scene.window)}
        self.absent = [f"{c} {s}" for c, s in pairs if f"{c} {s}" not in known]
        self.known = known
        self.asked: list[ClipQuestion] = []

    def ask(self) -> list[ClipQuestion]:
        """The questions, in no particular order."""
        self._put("place", said_place(self.scene.place))
        if self.scene.place in OUTDOORS:
            self._put("daytime", "night" if self.scene.night else "day")
        if self.settled:
            self._put("count", str(len(self.sure)))
            self._put("caption", self._caption())
        self._ask_attributes()
        self._ask_existence()
        self._ask_actions()
        self._ask_doers()
        self._ask_sides()
        self._ask_as_of_videos()
        if self.rng.random() < 0.2:
            label = self.rng.choice([one.label for one in self.sure] or self.absent)
            self._put("unseen", NOT_VISIBLE, label=label)
        return self.asked

    def _put(self, kind: ClipKind, answer: str, *, as_: str = "", **words: str) -> None:
        """Asks in a wording of a kind; with `as_`, in one of `ALSO_OF_CLIPS` with an answer of that kind."""
        if "verb" in words:
            words["does"] = third_person(words["verb"])
        text = self.rng.choice(wordings(as_ or kind, self.mode, self.training)).format(**words)
        self.asked.append(ClipQuestion(kind, text, answer))

    def _ask_attributes(self) -> None:
        if not self.settled:
            return
        shapes = [one.label.split()[1] for one in self.sure]
        colours = [one.label.split()[0] for one in self.sure]
        for one in self.sure:
            colour, shape = one.label.split()
            if shapes.count(shape) == 1:
                self._put("colour", colour, shape=shape)
            if colours.count(colour) == 1:
                self._put("thing", f"a {shape}", colour=colour)
        known_shapes, known_colours = ({k.split()[i] for k in self.known} for i in (1, 0))
        if self.rng.random() < 0.4:
            self._put(
                "colour", NOT_VISIBLE, shape=self.rng.choice([s for s in THINGS if s not in known_shapes])
            )
        if self.rng.random() < 0.4:
            self._put(
                "thing", NOT_VISIBLE, colour=self.rng.choice([c for c in PAINTS if c not in known_colours])
            )

    def _ask_existence(self) -> None:
        for one in self.sure:
            self._put("exists", "yes", label=one.label)
        for _ in range(max(1, len(self.sure))):
            self._put("exists", "no", label=self._near_miss())

    def _near_miss(self) -> str:
        """The label of nothing in the scene that shares a colour, a kind or both with what is there."""
        colours, kinds = ({k.split()[i] for k in self.known} for i in (0, 1))
        mixed = [f"{c} {k}" for c, k in product(sorted(colours), sorted(kinds))]
        both = [label for label in mixed if label in self.absent]
        one = [label for label in self.absent if label.split()[0] in colours or label.split()[1] in kinds]
        sets = [labels for labels in (both, one, one, self.absent) if labels]
        return self.rng.choice(self.rng.choice(sets))

    def _ask_actions(self) -> None:
        for one in self.shown:
            if not one.clear:
                continue
            label = one.label if one.action is None else one.thing.label_at(one.action.window.start_s)
            if not label:
                continue
            self._put("action", said_action(one.action, one.thing), label=label)
            if one.action is not None and one.action.kind in VERBS:
                self._ask_about(one.action, label)
        if self.rng.random() < 0.4:
            self._put("action", NOT_VISIBLE, label=self._near_miss())
        if self.rng.random() < 0.3:
            verb = self.rng.choice([verb for kind, verb in VERBS.items() if kind not in PARTNER_VERBS])
            self._put("when", NOT_VISIBLE, label=self._near_miss(), verb=verb)
        if self.rng.random() < 0.12:
            verb = VERBS[self.rng.choice(PARTNER_VERBS)]
            self._put("partner", NOT_VISIBLE, label=self._near_miss(), verb=verb)

    def _ask_about(self, action: Action, label: str) -> None:
        verb = VERBS[action.kind]
        if action.kind in PARTNER_VERBS:
            self._put("partner", f"the {action.partner}", label=label, verb=verb)
        elif (printed := self._printed(action)) is not None:
            self._put("when", f"at {printed} seconds", label=label, verb=verb)

    def _ask_doers(self) -> None:
        """Who does what, where everybody's doing is beyond doubt; and what is there beside one thing."""
        if not self.settled or not all(one.clear for one in self.sure):
            return
        doing = {one.label: one.action.kind for one in self.sure if one.action is not None}
        for kind, verb in VERBS.items():
            does = [label for label, done in doing.items() if done == kind]
            if kind in PARTNER_VERBS or "collided" in doing.values():
                continue
            if len(does) == 1:
                self._put("doer", f"the {does[0]}", verb=verb)
            elif not does and self.rng.random() < 0.05:
                self._put("doer", NOT_VISIBLE, verb=verb)
        if len(self.sure) == 2:
            for one, other in (self.sure, self.sure[::-1]):
                self._put("else", f"the {other.label}", label=one.label)

    def _ask_as_of_videos(self) -> None:
        """What is asked about whole videos, where one clip settles it."""
        where = said_place(self.scene.place)
        for one in self.sure:
            if self.rng.random() < 0.2:
                self._put("place", where, as_="where_seen", label=one.label)
        if self.rng.random() < 0.2:
            self._put("place", NOT_VISIBLE, as_="where_seen", label=self._near_miss())
        for one in self.sure:
            if one.clear and one.action is not None and one.action.kind in VERBS:
                self._ask_of_deed(one, one.action, where)

    def _ask_of_deed(self, one: Shown, action: Action, where: str) -> None:
        verb, likely = VERBS[action.kind], self.rng.random
        if action.kind in PARTNER_VERBS:
            if likely() < 0.5:
                colour = str(action.partner).split()[0]
                self._put("colour", colour, as_="hop_colour", label=one.label, verb=verb)
            return
        others = [
            kind for kind in VERBS if kind not in (action.kind, *SEEMS.get(action.kind, ()), *PARTNER_VERBS)
        ]
        if likely() < 0.3:
            self._put("place", where, as_="where", label=one.label, verb=verb)
        if likely() < 0.3:
            self._put("exists", "yes", as_="yes_no", label=one.label, verb=verb)
        if likely() < 0.3:
            self._put("exists", "no", as_="yes_no", label=one.label, verb=VERBS[self.rng.choice(others)])
        if self.settled and len(self.sure) == 2 and likely() < 0.3:
            (other,) = (two.label for two in self.sure if two is not one)
            self._put("else", f"the {other}", as_="during", label=one.label, verb=verb)

    def _printed(self, action: Action) -> str | None:
        """The time beside the first pictures in which an action is under way; None if it began before."""
        if action.window.start_s < self.clip.start_s:
            return None
        each = len(self.times_s) // len(self.printed_s)
        for i, printed in enumerate(self.printed_s):
            if self.times_s[i * each + each - 1] > action.window.start_s:
                return printed
        return None

    def _ask_sides(self) -> None:
        still = [one for one in self.sure if one.action is None and one.clear and one.thing.at]
        for a in still:
            for b in still:
                across = a.thing.at[0] - b.thing.at[0] if a.thing.at and b.thing.at else 0.0
                if abs(across) > 0.2:
                    self._put("side", "left" if across < 0 else "right", label=a.label, other=b.label)

    def _caption(self) -> str:
        where = said_place(self.scene.place)
        night = " at night" if self.scene.night and self.scene.place in OUTDOORS else ""
        told = [
            f"a {one.label} {said_action(one.action, one.thing).removeprefix('it ')}"
            if one.clear
            else f"a {one.label}"
            for one in sorted(self.sure, key=lambda one: one.label)
        ]
        return f"{where}{night}: " + (", ".join(told) or "nothing")


def said_action(action: Action | None, thing: Thing) -> str:
    """What a thing does, in words: `it moves left`, `it carries the red cup`."""
    if action is None:
        return "it stands still"
    if action.kind == "move":
        across, down = action.end[0] - action.start[0], action.end[1] - action.start[1]
        if abs(across) >= abs(down):
            return "it moves right" if across > 0 else "it moves left"
        return "it moves down" if down > 0 else "it moves up"
    if action.kind == "recolour":
        return f"it turns {action.colour}"
    if action.kind in ("carried", "chased"):
        return f"it is {action.kind} by the {action.partner}"
    if action.kind in ("collide", "collided"):
        return f"it collides with the {action.partner}"
    verb = third_person(VERBS[action.kind])
    return f"it {verb} the {action.partner}" if action.partner else f"it {verb}"
