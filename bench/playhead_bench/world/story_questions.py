"""Questions about a story with answers from its events, and unanswerable questions."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from random import Random

from playhead_bench.world.story import Story, StoryEvent
from playhead_bench.world.vocabulary import COLOURS, SHAPES, AnswerKind
from playhead_index.window import Window, format_time

ABSENT_TERMS = ("photosynthesis", "volcano", "chess clock", "interest rate", "submarine")
NUM_ABSENT = 2
"""Number of questions about objects that never appear, and about words that are never spoken."""
ACTIONS = ("enter", "leave", "cross")
VERB = {"enter": "enter", "leave": "leave", "cross": "cross the picture"}


@dataclass(frozen=True, slots=True)
class StoryQuestion:
    """A question with what is true.

    Args:
        text: as a person would ask it.
        kind: of the answer.
        answer: the gold answer; of a `when`, the clock time at which it starts; None when the video does
            not say.
        windows: where the answer is seen or heard, in time order; of an order, both events; empty when
            the video does not say.
        modalities: `speech`, `screen` (written words) and `picture`: needed for the answer; any of them
            where the same fact comes in several ways.
    """

    text: str
    kind: AnswerKind
    answer: str | None
    windows: tuple[Window, ...]
    modalities: tuple[str, ...]

    @property
    def answerable(self) -> bool:
        """The video says it."""
        return self.answer is not None


def questions(story: Story) -> list[StoryQuestion]:
    """All questions that the templates find in a story; the same for the same story."""
    events = story.events()
    text = [*_terms(story, events), *_facts(story, events), *_slides(events), *_signs(events)]
    return [
        *text,
        *_object_questions(events),
        *_orders(events),
        *_while_spoken(story, events),
        *_absent(story, events),
    ]


def occurrences(term: str, text: str) -> int:
    """How many times a term stands in a text as whole words, upper or lower case; a plural counts.

    >>> occurrences("prior", "The prior, a priority, two priors")
    2
    """
    return len(re.findall(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE))


def _terms(story: Story, events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    for term in story.terms:
        spoken = [event for event in events if event.kind == "spoken" and occurrences(term, event.text)]
        if not spoken:
            continue
        windows = tuple(event.window for event in spoken)
        total = sum(occurrences(term, event.text) for event in spoken)
        if total == 1 and len(story.speakers) > 1:
            yield StoryQuestion(f'Who says "{term}"?', "what", spoken[0].what, windows, ("speech",))
        for word, window in (("first", windows[0]), ("last", windows[-1])):
            yield StoryQuestion(
                f'When is "{term}" {word} said?', "when", _clock(window), (window,), ("speech",)
            )
        yield StoryQuestion(f'How many times is "{term}" said?', "count", f"{total}", windows, ("speech",))


def _facts(story: Story, events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    for fact in story.facts:
        found = [
            event for event in events if event.kind in ("written", "spoken") and fact.needle in event.text
        ]
        windows = tuple(event.window for event in found)
        kinds = {event.kind for event in found}
        modalities = tuple(s for kind, s in (("spoken", "speech"), ("written", "screen")) if kind in kinds)
        yield StoryQuestion(fact.question, fact.kind, fact.answer, windows, modalities)


def _slides(events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    """For slides whose title is shown once: how long it is there and what it says."""
    slides = [event for event in events if event.kind == "written" and event.what == "slide"]
    titles = Counter(_title(slide) for slide in slides)
    for slide in slides:
        if titles[_title(slide)] == 1:
            long = f"{slide.window.duration_s:g} seconds"
            text = f'How long does the slide "{_title(slide)}" stay on the screen?'
            yield StoryQuestion(text, "duration", long, (slide.window,), ("screen",))


def _signs(events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    for kind in ("sign", "display"):
        visible = [event for event in events if event.kind == "written" and event.what == kind]
        texts, windows = [event.text for event in visible], tuple(event.window for event in visible)
        if len(texts) > 1:
            spoken = ", ".join(texts)
            yield StoryQuestion(f"What do the {kind}s say, in order?", "order", spoken, windows, ("screen",))
        if texts:
            yield StoryQuestion(
                f"What does the last {kind} say?", "what", texts[-1], windows[-1:], ("screen",)
            )


def _object_questions(events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    acted = [event for event in events if event.kind in ACTIONS]
    for (what, kind), times in Counter((event.what, event.kind) for event in acted).items():
        windows = tuple(event.window for event in acted if (event.what, event.kind) == (what, kind))
        if times == 1:
            text = f"When does the {what} {VERB[kind]}?"
            yield StoryQuestion(text, "when", _clock(windows[0]), windows, ("picture",))
        else:
            text = f"How many times does a {what} {VERB[kind]}?"
            yield StoryQuestion(text, "count", f"{times}", windows, ("picture",))


def _orders(events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    """Pairs of neighbours among objects that act once, in true and false order by turns."""
    acted = [event for event in events if event.kind in ACTIONS]
    times = Counter((event.what, event.kind) for event in acted)
    once = [event for event in acted if times[event.what, event.kind] == 1]
    for number, (first, second) in enumerate(pairwise(once)):
        if first.what == second.what or first.window.end_s > second.window.start_s:
            continue
        windows, (a, b) = (first.window, second.window), (first, second) if number % 2 else (second, first)
        text = f"Does the {a.what} {VERB[a.kind]} before the {b.what} {VERB[b.kind]}s?"
        text = text.replace("cross the pictures?", "crosses the picture?")
        yield StoryQuestion(text, "yes_no", "yes" if a is first else "no", windows, ("picture",))


def _while_spoken(story: Story, events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    """The slide that is visible while a term is spoken that is spoken only once."""
    slides = [event for event in events if event.kind == "written" and event.what == "slide"]
    for term in story.terms:
        spoken = [event for event in events if event.kind == "spoken" and occurrences(term, event.text)]
        visible = [
            slide for slide in slides if len(spoken) == 1 and slide.window.overlap_s(spoken[0].window) > 0
        ]
        if len(visible) == 1:
            text = f'What is the title of the slide on the screen while "{term}" is said?'
            both = tuple(sorted((spoken[0].window, visible[0].window)))
            yield StoryQuestion(text, "what", _title(visible[0]), both, ("speech", "screen"))


def _absent(story: Story, events: list[StoryEvent]) -> Iterator[StoryQuestion]:
    rng = Random(f"{story.name}/{story.seed}")
    words = "\n".join(event.text for event in events)
    for term in rng.sample([term for term in ABSENT_TERMS if not occurrences(term, words)], NUM_ABSENT):
        yield StoryQuestion(f'When is "{term}" first said?', "when", None, (), ("speech",))
    seen = {event.what for event in events if event.kind == "shown"}
    never = [
        f"{colour} {shape}" for colour, shape in product(COLOURS, SHAPES) if f"{colour} {shape}" not in seen
    ]
    for what in rng.sample(never, NUM_ABSENT):
        yield StoryQuestion(f"When does the {what} enter?", "when", None, (), ("picture",))


def _title(slide: StoryEvent) -> str:
    return slide.text.split("\n", 1)[0]


def _clock(window: Window) -> str:
    return format_time(window.start_s)
