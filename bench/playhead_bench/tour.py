"""What the demo asks of a made video: chosen from its table of events, so that the right answer is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from typing import Literal

from playhead_bench.evaluate.sample import Sample
from playhead_bench.world.asking import WorldQuestion, ask, to_sample
from playhead_bench.world.asking.table import Table
from playhead_bench.world.lore import KEPT_BACK
from playhead_bench.world.script import Event, Story
from playhead_bench.world.stage import PAIRS
from playhead_index.window import Window

OPENINGS = ("what ", "which ", "when ", "how ", "in ")
"""A tour asks plain questions; `Tell when ...` and `What is said: ...?` are left to the evaluation."""
WORDED = ("said", "written", "count_said", "last_said", "written_while_said")
"""Kinds of question that words answer, in the order in which a tour asks them."""
SHOWN_KINDS = ("what", "which")
"""Kinds of question that only a look at a clip answers."""
MOST_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Stop:
    """One command of a tour, and what is true.

    Args:
        command: of `playhead`.
        text: its query or question.
        truth: for people: the answer and its windows, from the table of events.
    """

    command: Literal["search", "ask"]
    text: str
    truth: str


def tour(story: Story, seed: int = 0) -> list[Stop]:
    """Searches and questions about a made video: pictures, words, their order, and what is not there.

    A kind of which the video has nothing to ask is left out.

    Args:
        story: a wandering of the test part.
        seed: others for another one.
    """
    table = Table(story, story.name)
    return [*_seen(table), *_told(story, seed), *_in_order(table), *_not_there(table, seed)]


def clip_questions(story: Story, most: int = 5, seed: int = 0) -> list[Sample]:
    """Questions about what is shown, with options, kinds in turns: what a thing does, which one does that."""
    asked = [ask(story, kinds=(kind,), per_kind=most, seed=seed) for kind in SHOWN_KINDS]
    turns = [to_sample(one) for turn in zip_longest(*map(_plain, asked)) for one in turn if one is not None]
    return turns[:most]


def truth_of(answer: str, windows: Sequence[Window]) -> str:
    """An answer with its windows, the first few of them.

    >>> truth_of("rye bread", [Window(425.5, 428.5)])
    'rye bread (7:05.5–7:08.5)'
    """
    shown = ", ".join(map(str, windows[:MOST_WINDOWS]))
    more = f" and {len(windows) - MOST_WINDOWS} more" if len(windows) > MOST_WINDOWS else ""
    return f"{answer} ({shown}{more})" if shown else answer


def _seen(table: Table) -> list[Stop]:
    """The two things that are seen in one stretch only, and for the longest."""
    once = {label: table.window(rows[0]) for label, rows in table.shown.items() if len(rows) == 1}
    rare = sorted(once, key=lambda label: (-once[label].duration_s, label))[:2]
    stops = [Stop("search", a_thing(label), truth_of("seen once", [once[label]])) for label in rare[:1]]
    return stops + [
        Stop("ask", f"When does the {label} appear?", truth_of("once", [once[label]])) for label in rare[1:]
    ]


def _told(story: Story, seed: int) -> list[Stop]:
    """One question of each kind that words answer."""
    asked = [_plain(ask(story, kinds=(kind,), per_kind=8, seed=seed)) for kind in WORDED]
    return [Stop("ask", one.text, truth_of(one.answer or "", one.windows)) for one, *_ in filter(None, asked)]


def _plain(asked: Sequence[WorldQuestion]) -> list[WorldQuestion]:
    """Those that are put as questions; counts of what comes again before counts of one."""
    plain = [one for one in asked if one.text.lower().startswith(OPENINGS) and ": " not in one.text]
    return sorted(plain, key=lambda one: one.kind == "count_said" and one.answer == "1")


def _in_order(table: Table) -> list[Stop]:
    """What is said next, and which of two is said first, asked of lines that are spoken once."""
    lines = [table.of(row) for row in table.spoken]
    many = Counter(line.text for line in lines)
    once = [n for n, line in enumerate(lines) if many[line.text] == 1]
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


def _not_there(table: Table, seed: int) -> list[Stop]:
    """A town that nobody names, and a thing that is nowhere."""
    rng = Random(seed)
    told = " ".join(table.of(row).text for row in (*table.spoken, *table.written))
    towns = [town for town in KEPT_BACK if town not in told]
    things = [label for colour, shape in PAIRS if (label := f"{colour} {shape}") not in table.shown]
    stops = [Stop("ask", f"What is said about {town}?", "never said") for town in rng.sample(towns, 1)]
    return stops + [
        Stop("ask", f"When does the {thing} appear?", "never there")
        for thing in rng.sample(things, min(1, len(things)))
    ]


def _words(line: Event) -> str:
    return line.text.rstrip(".")


def a_thing(label: str) -> str:
    """A label as it is searched for: `a red star`, `an orange ring`."""
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"
