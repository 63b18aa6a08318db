"""Questions about speech and screen text, and about what is visible at the same time."""

import re
from collections import defaultdict
from collections.abc import Iterator

from playhead_bench.world.story import Fact, StoryEvent
from playhead_bench.world.video_questions.draft import NUM_SAMPLED, QuestionContext, QuestionDraft
from playhead_bench.world.video_questions.event_order import named, others
from playhead_bench.world.video_questions.event_table import EventTable, does
from playhead_bench.world.video_questions.question import QuestionModality
from playhead_bench.world.video_questions.single_object import clock
from playhead_bench.world.vocabulary import PLACES

MEANWHILE_S = 1.0
"""Two events are simultaneous when they share at least this many seconds."""


def spoken_fact(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `How high is the lighthouse of Norhaven?` about facts that are spoken."""
    yield from _facts(context, "said", {"spoken"})


def written_fact(context: QuestionContext) -> Iterator[QuestionDraft]:
    """The same where it stands on a slide or a card and is not spoken."""
    yield from _facts(context, "written", {"written"})


def _facts(context: QuestionContext, wording: str, kinds: set[str]) -> Iterator[QuestionDraft]:
    table = context.table
    rows_of = _rows_of_needles(table)
    like: dict[str, list[str]] = defaultdict(list)
    for fact in table.story.facts:
        like[_signature(fact)].append(fact.answer)
    every = [fact.answer for fact in table.story.facts]
    for fact in table.story.facts:
        rows = rows_of[fact.needle]
        if {table.event(i).kind for i in rows} != kinds:
            continue
        lower = fact.question[0].lower() + fact.question[1:]
        modalities: tuple[QuestionModality, ...] = ("speech",) if wording == "said" else ("screen",)
        yield QuestionDraft(
            context.say(wording, question=fact.question, lower=lower),
            fact.answer,
            tuple(rows),
            (like[_signature(fact)], every),
            modalities,
        )


def _rows_of_needles(table: EventTable) -> dict[str, list[int]]:
    """For each fact's needle the spoken and written events that hold it."""
    rows_with_words = [*table.spoken, *table.written]
    covers: dict[str, list[int]] = {}
    for i in rows_with_words:
        for text in {table.event(i).text, *table.event(i).text.split("\n")}:
            covers.setdefault(text, []).append(i)
    return {
        fact.needle: sorted(covers[fact.needle])
        if fact.needle in covers
        else sorted(i for i in rows_with_words if fact.needle in table.event(i).text)
        for fact in table.story.facts
    }


def _signature(fact: Fact) -> str:
    """A question without its names and numbers: what facts of one sort share."""
    return re.sub(r"[A-Z][a-z]+|\d+", "_", fact.question)


def _quoted(event: StoryEvent) -> str:
    return event.text.rstrip(".")


def _by_text(table: EventTable) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for i in table.spoken:
        rows.setdefault(table.event(i).text, []).append(i)
    return rows


def _once(table: EventTable) -> list[int]:
    return [rows[0] for rows in _by_text(table).values() if len(rows) == 1]


def when_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `When is it said that the lighthouse of Norhaven is forty metres high?`."""
    for row in _once(context.table):
        yield _spoken_when(context, "when_said", row, [])


def first_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `When is it said for the first time?` of what is said again."""
    for rows in _by_text(context.table).values():
        if len(rows) > 1:
            yield _spoken_when(context, "first_said", rows[0], rows)


def last_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `When is it said for the last time?` of what is said again."""
    for rows in _by_text(context.table).values():
        if len(rows) > 1:
            yield _spoken_when(context, "last_said", rows[-1], rows)


def _spoken_when(context: QuestionContext, wording: str, row: int, same: list[int]) -> QuestionDraft:
    event = context.table.event(row)
    again = [clock(context.table.event(i)) for i in same]
    other = [clock(context.table.event(i)) for i in context.rng.choices(context.table.spoken, k=NUM_SAMPLED)]
    return QuestionDraft(
        context.say(wording, said=_quoted(event)), clock(event), (row,), (again, other), ("speech",)
    )


def count_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `How many times is it said?` of what is said again, and of some of what is not."""
    for n, rows in enumerate(_by_text(context.table).values()):
        count = len(rows)
        if count > 1 or n % 10 == 0:
            nearby = [str(i) for i in range(max(1, count - 2), count + 3)]
            text = context.say("count_said", said=_quoted(context.table.event(rows[0])))
            yield QuestionDraft(text, str(count), tuple(rows), (nearby,), ("speech",))


def spoken_while(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What is said while the red star jumps?`."""
    table = context.table
    every = [table.event(i).text for i in table.spoken]
    for row in named(context):
        event, lines = table.event(row), table.lines_in(table.window(row))
        if len(lines) == 1 and table.window(lines[0]).overlap_s(event.window) >= MEANWHILE_S:
            text = context.say("said_while", label=event.what, does=does(event))
            rows = tuple(sorted((row, lines[0])))
            yield QuestionDraft(text, table.event(lines[0]).text, rows, (every,), ("picture", "speech"))


def acts_while_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing acts while it is said that ...?`."""
    table = context.table
    for line in _once(table):
        acts = table.actions_in(table.window(line))
        if len(acts) != 1 or table.window(acts[0]).overlap_s(table.window(line)) < MEANWHILE_S:
            continue
        event = table.event(acts[0])
        if len(event.participants) == 1:
            text = context.say("acts_while_said", said=_quoted(table.event(line)))
            rows = tuple(sorted((acts[0], line)))
            yield QuestionDraft(
                text, f"the {event.what}", rows, others(context, event.what), ("speech", "picture")
            )


def place_while_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Where are we while it is said that ...?` of lines within one scene."""
    table = context.table
    scenes = {event.window: i for i, event in enumerate(table.events) if event.kind == "scene"}
    seen = [place for i in scenes.values() if (place := table.place(i))]
    for line in _once(table):
        scene, answer = table.story.scene_at(table.window(line).start_s), table.place(line)
        if answer and table.window(line).end_s <= scene.window.end_s:
            text = context.say("place_while_said", said=_quoted(table.event(line)))
            rows = tuple(sorted((scenes[scene.window], line)))
            yield QuestionDraft(text, answer, rows, (seen, list(PLACES.values())), ("speech", "picture"))


def short_writings(table: EventTable) -> list[int]:
    """What is written on signs, displays and cards, slides left out."""
    return [i for i in table.written if table.event(i).what != "slide"]


def one_line(event: StoryEvent) -> str:
    """What is written, on one line."""
    return ", ".join(event.text.split("\n"))


def written_while(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What is written in the picture while the red star jumps?`."""
    for row in named(context):
        event = context.table.event(row)
        for draft_words in _words_in(context, row):
            text = context.say("written_while", label=event.what, does=does(event))
            yield _writing_draft(context, text, row, draft_words, ("picture", "screen"))


def written_while_spoken(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What is written in the picture while it is said that ...?`."""
    for line in _once(context.table):
        for words in _words_in(context, line):
            text = context.say("written_while_said", said=_quoted(context.table.event(line)))
            yield _writing_draft(context, text, line, words, ("speech", "screen"))


def _words_in(context: QuestionContext, row: int) -> Iterator[int]:
    """What is written all the while something happens, where it is one writing and no slide."""
    table, window = context.table, context.table.window(row)
    found = table.written_in(window)
    covers = len(found) == 1 and table.window(found[0]).overlap_s(window) == window.duration_s
    if covers and table.event(found[0]).what != "slide":
        yield found[0]


def _writing_draft(
    context: QuestionContext, text: str, row: int, words: int, modalities: tuple[QuestionModality, ...]
) -> QuestionDraft:
    table = context.table
    every = [one_line(table.event(i)) for i in short_writings(table)]
    return QuestionDraft(
        text, one_line(table.event(words)), tuple(sorted((row, words))), (every,), modalities
    )
