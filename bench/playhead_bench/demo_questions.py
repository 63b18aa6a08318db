"""Searches and questions of the demo, made from the event table of a synthetic video, with true answers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from typing import Literal

from playhead_bench.evaluate.sample import Sample
from playhead_bench.world.random_scene import PAIRS
from playhead_bench.world.story import Story, StoryEvent
from playhead_bench.world.town_facts import RESERVED_TOWNS
from playhead_bench.world.video_questions import WorldQuestion, ask, to_sample
from playhead_bench.world.video_questions.event_table import EventTable
from playhead_index.window import Window

OPENINGS = ("what ", "which ", "when ", "how ", "in ")
"""A tour asks plain questions; `Tell when ...` and `What is said: ...?` are left to the evaluation."""
TEXT_KINDS = ("said", "written", "count_said", "last_said", "written_while_said")
"""Kinds of question that words answer, in the order in which a tour asks them."""
VISUAL_KINDS = ("what", "which")
"""Kinds of question that need a VLM call."""
MAX_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Stop:
    """One command of a tour, and the true answer.

    Args:
        command: of `playhead`.
        text: its query or question.
        truth: for people: the answer and its windows, from the table of events.
    """

    command: Literal["search", "ask"]
    text: str
    truth: str


def tour(story: Story, seed: int = 0) -> list[Stop]:
    """Searches and questions about a synthetic video: visual, spoken, written, on order, and absent ones.

    A kind of which the video has nothing to ask is left out.

    Args:
        story: a random story of the test part.
        seed: others for another one.
    """
    table = EventTable(story, story.name)
    return [
        *_visual_stops(table),
        *_text_stops(story, seed),
        *_order_stops(table),
        *_absent_stops(table, seed),
    ]


def clip_questions(story: Story, max_questions: int = 5, seed: int = 0) -> list[Sample]:
    """Visual questions with options, the kinds in turns: what an object does, which object does it."""
    by_kind = [ask(story, kinds=(kind,), per_kind=max_questions, seed=seed) for kind in VISUAL_KINDS]
    turns = [
        to_sample(one)
        for turn in zip_longest(*map(_plain_questions, by_kind))
        for one in turn
        if one is not None
    ]
    return turns[:max_questions]


def truth_of(answer: str, windows: Sequence[Window]) -> str:
    """An answer with its windows, the first few of them.

    >>> truth_of("rye bread", [Window(425.5, 428.5)])
    'rye bread (7:05.5–7:08.5)'
    """
    listed_windows = ", ".join(map(str, windows[:MAX_WINDOWS]))
    more = f" and {len(windows) - MAX_WINDOWS} more" if len(windows) > MAX_WINDOWS else ""
    return f"{answer} ({listed_windows}{more})" if listed_windows else answer


def _visual_stops(table: EventTable) -> list[Stop]:
    """Stops about the two objects that are visible in a single window, the longest first."""
    once = {label: table.window(rows[0]) for label, rows in table.visible.items() if len(rows) == 1}
    rare = sorted(once, key=lambda label: (-once[label].duration_s, label))[:2]
    stops = [Stop("search", with_article(label), truth_of("seen once", [once[label]])) for label in rare[:1]]
    return stops + [
        Stop("ask", f"When does the {label} appear?", truth_of("once", [once[label]])) for label in rare[1:]
    ]


def _text_stops(story: Story, seed: int) -> list[Stop]:
    """One question of each kind that speech or screen text answers."""
    by_kind = [_plain_questions(ask(story, kinds=(kind,), per_kind=8, seed=seed)) for kind in TEXT_KINDS]
    return [
        Stop("ask", one.text, truth_of(one.answer or "", one.windows)) for one, *_ in filter(None, by_kind)
    ]


def _plain_questions(questions: Sequence[WorldQuestion]) -> list[WorldQuestion]:
    """Those that are put as questions; counts of what comes again before counts of one."""
    plain = [one for one in questions if one.text.lower().startswith(OPENINGS) and ": " not in one.text]
    return sorted(plain, key=lambda one: one.kind == "count_said" and one.answer == "1")


def _order_stops(table: EventTable) -> list[Stop]:
    """Questions on the order of lines that are spoken once."""
    lines = [table.event(row) for row in table.spoken]
    counts = Counter(line.text for line in lines)
    once = [n for n, line in enumerate(lines) if counts[line.text] == 1]
    inside = [n for n in once if 0 < n < len(lines) - 1]
    if not inside:
        return []
    at = inside[len(inside) // 3]
    after = lines[at + 1]
    stops = [
        Stop("ask", f"What is said right after “{_words(lines[at])}”?", truth_of(after.text, [after.window]))
    ]
    early, late = lines[once[0]], lines[once[-1]]
    if early is not late:
        text = f"Which is said first, “{_words(late)}” or “{_words(early)}”?"
        stops.append(Stop("ask", text, truth_of(_words(early), [early.window])))
    return stops


def _absent_stops(table: EventTable, seed: int) -> list[Stop]:
    """Questions about a town that is not mentioned and an object that never appears."""
    rng = Random(seed)
    spoken_and_written = " ".join(table.event(row).text for row in (*table.spoken, *table.written))
    towns = [town for town in RESERVED_TOWNS if town not in spoken_and_written]
    objects = [label for colour, shape in PAIRS if (label := f"{colour} {shape}") not in table.visible]
    stops = [Stop("ask", f"What is said about {town}?", "never said") for town in rng.sample(towns, 1)]
    return stops + [
        Stop("ask", f"When does the {name} appear?", "never there")
        for name in rng.sample(objects, min(1, len(objects)))
    ]


def _words(line: StoryEvent) -> str:
    return line.text.rstrip(".")


def with_article(label: str) -> str:
    """A label with its article: `a red star`, `an orange ring`."""
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"
