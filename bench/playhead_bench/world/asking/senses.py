"""Questions about what is said and what is written, and about what is seen meanwhile."""

import re
from collections import defaultdict
from collections.abc import Iterator

from playhead_bench.world.asking.draft import ENOUGH, Ask, Draft
from playhead_bench.world.asking.question import Sense
from playhead_bench.world.asking.table import Table, does
from playhead_bench.world.asking.things import clock
from playhead_bench.world.asking.times import named, others
from playhead_bench.world.kinds import PLACES
from playhead_bench.world.script import Event, Fact

MEANWHILE_S = 1.0
"""Two things happen at the same time when they share at least so much."""


def said(ask: Ask) -> Iterator[Draft]:
    """How high is the lighthouse of Norhaven? What the story's facts say, where it is spoken."""
    yield from _facts(ask, "said", {"spoken"})


def written(ask: Ask) -> Iterator[Draft]:
    """The same where it stands on a slide or a card and is not spoken."""
    yield from _facts(ask, "written", {"written"})


def _facts(ask: Ask, asked: str, wanted: set[str]) -> Iterator[Draft]:
    table = ask.table
    rows_of = _rows_of_needles(table)
    like: dict[str, list[str]] = defaultdict(list)
    for fact in table.story.facts:
        like[_signature(fact)].append(fact.answer)
    every = [fact.answer for fact in table.story.facts]
    for fact in table.story.facts:
        rows = rows_of[fact.needle]
        if {table.of(i).kind for i in rows} != wanted:
            continue
        lower = fact.question[0].lower() + fact.question[1:]
        senses: tuple[Sense, ...] = ("speech",) if asked == "said" else ("screen",)
        yield Draft(
            ask.say(asked, question=fact.question, lower=lower),
            fact.answer,
            tuple(rows),
            (like[_signature(fact)], every),
            senses,
        )


def _rows_of_needles(table: Table) -> dict[str, list[int]]:
    """For each fact's needle the spoken and written events that hold it."""
    told = [*table.spoken, *table.written]
    whole: dict[str, list[int]] = {}
    for i in told:
        for text in {table.of(i).text, *table.of(i).text.split("\n")}:
            whole.setdefault(text, []).append(i)
    return {
        fact.needle: sorted(whole[fact.needle])
        if fact.needle in whole
        else sorted(i for i in told if fact.needle in table.of(i).text)
        for fact in table.story.facts
    }


def _signature(fact: Fact) -> str:
    """A question without its names and numbers: what facts of one sort share."""
    return re.sub(r"[A-Z][a-z]+|\d+", "_", fact.question)


def _quoted(event: Event) -> str:
    return event.text.rstrip(".")


def _by_text(table: Table) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for i in table.spoken:
        rows.setdefault(table.of(i).text, []).append(i)
    return rows


def _once(table: Table) -> list[int]:
    return [rows[0] for rows in _by_text(table).values() if len(rows) == 1]


def when_said(ask: Ask) -> Iterator[Draft]:
    """When is it said that the lighthouse of Norhaven is forty metres high?"""
    for row in _once(ask.table):
        yield _spoken_when(ask, "when_said", row, [])


def first_said(ask: Ask) -> Iterator[Draft]:
    """When is it said for the first time? Asked of what is said again."""
    for rows in _by_text(ask.table).values():
        if len(rows) > 1:
            yield _spoken_when(ask, "first_said", rows[0], rows)


def last_said(ask: Ask) -> Iterator[Draft]:
    """When is it said for the last time? Asked of what is said again."""
    for rows in _by_text(ask.table).values():
        if len(rows) > 1:
            yield _spoken_when(ask, "last_said", rows[-1], rows)


def _spoken_when(ask: Ask, asked: str, row: int, same: list[int]) -> Draft:
    event = ask.table.of(row)
    again = [clock(ask.table.of(i)) for i in same]
    other = [clock(ask.table.of(i)) for i in ask.rng.choices(ask.table.spoken, k=ENOUGH)]
    return Draft(ask.say(asked, said=_quoted(event)), clock(event), (row,), (again, other), ("speech",))


def count_said(ask: Ask) -> Iterator[Draft]:
    """How many times is it said? Asked of what is said again, and of some of what is not."""
    for n, rows in enumerate(_by_text(ask.table).values()):
        many = len(rows)
        if many > 1 or n % 10 == 0:
            near = [str(i) for i in range(max(1, many - 2), many + 3)]
            text = ask.say("count_said", said=_quoted(ask.table.of(rows[0])))
            yield Draft(text, str(many), tuple(rows), (near,), ("speech",))


def said_while(ask: Ask) -> Iterator[Draft]:
    """What is said while the red star jumps?"""
    table = ask.table
    every = [table.of(i).text for i in table.spoken]
    for row in named(ask):
        event, lines = table.of(row), table.lines_in(table.window(row))
        if len(lines) == 1 and table.window(lines[0]).overlap_s(event.window) >= MEANWHILE_S:
            text = ask.say("said_while", label=event.what, does=does(event))
            rows = tuple(sorted((row, lines[0])))
            yield Draft(text, table.of(lines[0]).text, rows, (every,), ("picture", "speech"))


def acts_while_said(ask: Ask) -> Iterator[Draft]:
    """Which thing acts while it is said that ...?"""
    table = ask.table
    for line in _once(table):
        acts = table.acts_in(table.window(line))
        if len(acts) != 1 or table.window(acts[0]).overlap_s(table.window(line)) < MEANWHILE_S:
            continue
        event = table.of(acts[0])
        if len(event.participants) == 1:
            text = ask.say("acts_while_said", said=_quoted(table.of(line)))
            rows = tuple(sorted((acts[0], line)))
            yield Draft(text, f"the {event.what}", rows, others(ask, event.what), ("speech", "picture"))


def place_while_said(ask: Ask) -> Iterator[Draft]:
    """Where are we while it is said that ...? Asked of lines within one scene."""
    table = ask.table
    scenes = {event.window: i for i, event in enumerate(table.events) if event.kind == "scene"}
    seen = [said for i in scenes.values() if (said := table.place(i))]
    for line in _once(table):
        scene, answer = table.story.scene_at(table.window(line).start_s), table.place(line)
        if answer and table.window(line).end_s <= scene.window.end_s:
            text = ask.say("place_while_said", said=_quoted(table.of(line)))
            rows = tuple(sorted((scenes[scene.window], line)))
            yield Draft(text, answer, rows, (seen, list(PLACES.values())), ("speech", "picture"))


def short(table: Table) -> list[int]:
    """What is written on signs, displays and cards, slides left out."""
    return [i for i in table.written if table.of(i).what != "slide"]


def read_out(event: Event) -> str:
    """What is written, on one line."""
    return ", ".join(event.text.split("\n"))


def written_while(ask: Ask) -> Iterator[Draft]:
    """What is written in the picture while the red star jumps?"""
    for row in named(ask):
        event = ask.table.of(row)
        for draft_words in _words_in(ask, row):
            text = ask.say("written_while", label=event.what, does=does(event))
            yield _reading(ask, text, row, draft_words, ("picture", "screen"))


def written_while_said(ask: Ask) -> Iterator[Draft]:
    """What is written in the picture while it is said that ...?"""
    for line in _once(ask.table):
        for words in _words_in(ask, line):
            text = ask.say("written_while_said", said=_quoted(ask.table.of(line)))
            yield _reading(ask, text, line, words, ("speech", "screen"))


def _words_in(ask: Ask, row: int) -> Iterator[int]:
    """What is written all the while something happens, where it is one thing and no slide."""
    table, window = ask.table, ask.table.window(row)
    found = table.written_in(window)
    whole = len(found) == 1 and table.window(found[0]).overlap_s(window) == window.duration_s
    if whole and table.of(found[0]).what != "slide":
        yield found[0]


def _reading(ask: Ask, text: str, row: int, words: int, senses: tuple[Sense, ...]) -> Draft:
    table = ask.table
    every = [read_out(table.of(i)) for i in short(table)]
    return Draft(text, read_out(table.of(words)), tuple(sorted((row, words))), (every,), senses)
