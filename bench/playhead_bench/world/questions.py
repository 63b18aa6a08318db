"""Questions about a story whose answers its events prove, and questions that nothing in it answers."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from random import Random

from playhead_bench.world.kinds import COLOURS, SHAPES, AnswerKind
from playhead_bench.world.script import Event, Story
from playhead_index.window import Window, format_time

NEVER_SAID = ("photosynthesis", "volcano", "chess clock", "interest rate", "submarine")
UNSEEN = 2
"""How many questions are asked about things that never appear, and about words never spoken."""
ACTIONS = ("enter", "leave", "cross")
VERB = {"enter": "enter", "leave": "leave", "cross": "cross the picture"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is true.

    Args:
        text: as a person would ask it.
        kind: of the answer.
        answer: the gold answer; of a `when`, the clock time at which it starts; None when the video does
            not say.
        windows: where the answer is seen or heard, in time order; of an order, both events; empty when
            the video does not say.
        senses: `speech`, `screen` (written words) and `picture`: what one must attend to; any of them
            where the same fact comes in several ways.
    """

    text: str
    kind: AnswerKind
    answer: str | None
    windows: tuple[Window, ...]
    senses: tuple[str, ...]

    @property
    def answerable(self) -> bool:
        """The video says it."""
        return self.answer is not None


def questions(story: Story) -> list[Question]:
    """All questions that the templates find in a story; the same for the same story."""
    events = story.events()
    asked = [*_terms(story, events), *_facts(story, events), *_slides(events), *_signs(events)]
    return [*asked, *_things(events), *_orders(events), *_while_said(story, events), *_absent(story, events)]


def occurrences(term: str, text: str) -> int:
    """How many times a term stands in a text as whole words, upper or lower case; a plural counts.

    >>> occurrences("prior", "The prior, a priority, two priors")
    2
    """
    return len(re.findall(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE))


def _terms(story: Story, events: list[Event]) -> Iterator[Question]:
    for term in story.terms:
        said = [event for event in events if event.kind == "spoken" and occurrences(term, event.text)]
        if not said:
            continue
        windows = tuple(event.window for event in said)
        total = sum(occurrences(term, event.text) for event in said)
        if total == 1 and len(story.speakers) > 1:
            yield Question(f'Who says "{term}"?', "what", said[0].what, windows, ("speech",))
        for word, window in (("first", windows[0]), ("last", windows[-1])):
            yield Question(f'When is "{term}" {word} said?', "when", _clock(window), (window,), ("speech",))
        yield Question(f'How many times is "{term}" said?', "count", f"{total}", windows, ("speech",))


def _facts(story: Story, events: list[Event]) -> Iterator[Question]:
    for fact in story.facts:
        found = [
            event for event in events if event.kind in ("written", "spoken") and fact.needle in event.text
        ]
        windows = tuple(event.window for event in found)
        kinds = {event.kind for event in found}
        senses = tuple(s for kind, s in (("spoken", "speech"), ("written", "screen")) if kind in kinds)
        yield Question(fact.question, fact.kind, fact.answer, windows, senses)


def _slides(events: list[Event]) -> Iterator[Question]:
    """For slides whose title is shown once: how long it is there and what it says."""
    slides = [event for event in events if event.kind == "written" and event.what == "slide"]
    titles = Counter(_title(slide) for slide in slides)
    for slide in slides:
        if titles[_title(slide)] == 1:
            long = f"{slide.window.duration_s:g} seconds"
            asked = f'How long does the slide "{_title(slide)}" stay on the screen?'
            yield Question(asked, "duration", long, (slide.window,), ("screen",))


def _signs(events: list[Event]) -> Iterator[Question]:
    for kind in ("sign", "display"):
        shown = [event for event in events if event.kind == "written" and event.what == kind]
        texts, windows = [event.text for event in shown], tuple(event.window for event in shown)
        if len(texts) > 1:
            said = ", ".join(texts)
            yield Question(f"What do the {kind}s say, in order?", "order", said, windows, ("screen",))
        if texts:
            yield Question(f"What does the last {kind} say?", "what", texts[-1], windows[-1:], ("screen",))


def _things(events: list[Event]) -> Iterator[Question]:
    acted = [event for event in events if event.kind in ACTIONS]
    for (what, kind), times in Counter((event.what, event.kind) for event in acted).items():
        windows = tuple(event.window for event in acted if (event.what, event.kind) == (what, kind))
        if times == 1:
            asked = f"When does the {what} {VERB[kind]}?"
            yield Question(asked, "when", _clock(windows[0]), windows, ("picture",))
        else:
            asked = f"How many times does a {what} {VERB[kind]}?"
            yield Question(asked, "count", f"{times}", windows, ("picture",))


def _orders(events: list[Event]) -> Iterator[Question]:
    """Pairs of neighbours among things that act once, asked the true way and the wrong way by turns."""
    acted = [event for event in events if event.kind in ACTIONS]
    times = Counter((event.what, event.kind) for event in acted)
    once = [event for event in acted if times[event.what, event.kind] == 1]
    for number, (first, second) in enumerate(pairwise(once)):
        if first.what == second.what or first.window.end_s > second.window.start_s:
            continue
        windows, (a, b) = (first.window, second.window), (first, second) if number % 2 else (second, first)
        asked = f"Does the {a.what} {VERB[a.kind]} before the {b.what} {VERB[b.kind]}s?"
        asked = asked.replace("cross the pictures?", "crosses the picture?")
        yield Question(asked, "yes_no", "yes" if a is first else "no", windows, ("picture",))


def _while_said(story: Story, events: list[Event]) -> Iterator[Question]:
    """Which slide is there while a term is said that is said once only."""
    slides = [event for event in events if event.kind == "written" and event.what == "slide"]
    for term in story.terms:
        said = [event for event in events if event.kind == "spoken" and occurrences(term, event.text)]
        shown = [slide for slide in slides if len(said) == 1 and slide.window.overlap_s(said[0].window) > 0]
        if len(shown) == 1:
            asked = f'What is the title of the slide on the screen while "{term}" is said?'
            both = tuple(sorted((said[0].window, shown[0].window)))
            yield Question(asked, "what", _title(shown[0]), both, ("speech", "screen"))


def _absent(story: Story, events: list[Event]) -> Iterator[Question]:
    rng = Random(f"{story.name}/{story.seed}")
    words = "\n".join(event.text for event in events)
    for term in rng.sample([term for term in NEVER_SAID if not occurrences(term, words)], UNSEEN):
        yield Question(f'When is "{term}" first said?', "when", None, (), ("speech",))
    seen = {event.what for event in events if event.kind == "shown"}
    never = [
        f"{colour} {shape}" for colour, shape in product(COLOURS, SHAPES) if f"{colour} {shape}" not in seen
    ]
    for what in rng.sample(never, UNSEEN):
        yield Question(f"When does the {what} enter?", "when", None, (), ("picture",))


def _title(slide: Event) -> str:
    return slide.text.split("\n", 1)[0]


def _clock(window: Window) -> str:
    return format_time(window.start_s)
