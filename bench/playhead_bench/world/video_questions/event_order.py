"""Questions about the order of events: first, before, between, in order."""

from collections.abc import Iterator
from itertools import pairwise, permutations

from playhead_bench.world.clip_wordings import PARTNER_VERBS, VERBS
from playhead_bench.world.video_questions.draft import QuestionContext, QuestionDraft
from playhead_bench.world.video_questions.event_table import UNAMBIGUOUS_ACTIONS, does

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def named(context: QuestionContext) -> list[int]:
    """Actions of a single object that its label and verb identify, in time order."""
    return [i for i in context.table.unique if context.table.event(i).kind not in PARTNER_VERBS]


def others(context: QuestionContext, *but: str) -> tuple[list[str], list[str]]:
    """Wrong answers of questions for an object: `the blue cup` and so on, those in the video first."""
    seen, speakable = context.sample(list(context.table.visible)), context.sample(context.labels())
    tiers = [[f"the {label}" for label in labels if label not in but] for labels in (seen, speakable)]
    return tiers[0], tiers[1]


def first(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing is the first to jump?`."""
    for kind in UNAMBIGUOUS_ACTIONS:
        rows = context.table.kind(kind)
        if rows and _apart(context, rows[:2]):
            yield _ranked(context, "first", kind, rows[0], rows[:1])


def last(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing is the last to jump?`."""
    for kind in UNAMBIGUOUS_ACTIONS:
        rows = context.table.kind(kind)
        if rows and _apart(context, rows[-2:]):
            yield _ranked(context, "last", kind, rows[-1], rows[-1:])


def nth(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing is the third to jump?` while every one of them is another."""
    for kind in UNAMBIGUOUS_ACTIONS:
        rows = context.table.kind(kind)
        for n in range(2, min(len(ORDINALS), len(rows)) + 1):
            labels = {context.table.event(i).what for i in rows[:n]}
            if len(labels) == n and _apart(context, rows[: n + 1]):
                yield _ranked(context, "nth", kind, rows[n - 1], rows[:n], ORDINALS[n - 1])


def _ranked(
    context: QuestionContext, wording: str, kind: str, row: int, rows: list[int], rank: str = ""
) -> QuestionDraft:
    event = context.table.event(row)
    text = context.say(wording, verb=VERBS[kind], does=does(event), nth=rank)
    return QuestionDraft(
        text, f"the {event.what}", tuple(rows), (same_kind(context, row), *others(context, event.what))
    )


def same_kind(context: QuestionContext, row: int) -> list[str]:
    """Other objects that do the same at other times."""
    event = context.table.event(row)
    some = context.sample([context.table.event(i).what for i in context.table.kind(event.kind)])
    return [f"the {label}" for label in some if label != event.what]


def _apart(context: QuestionContext, rows: list[int]) -> bool:
    """Whether each of some actions in a row begins at a time of its own."""
    starts_s = [context.table.window(i).start_s for i in rows]
    return all(b - a >= 0.5 for a, b in pairwise(starts_s))


def before(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing is the last to act before the red star jumps?` where nothing else overlaps it."""
    for row, around in _neighbours(context):
        start_s = context.table.window(row).start_s
        earlier = [i for i in around if context.table.span(i).start_s < start_s]
        spans = [context.table.span(i) for i in earlier]
        if (
            earlier
            and spans[-1].end_s <= start_s
            and all(one.end_s <= spans[-1].start_s for one in spans[:-1])
        ):
            yield from _beside(context, "before", row, earlier[-1])


def after(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing is the first to act after the red star jumps?` where nothing else overlaps it."""
    for row, around in _neighbours(context):
        end_s = context.table.window(row).end_s
        later = [i for i in around if context.table.span(i).end_s > end_s]
        spans = [context.table.span(i) for i in later]
        if later and spans[0].start_s >= end_s and all(one.start_s >= spans[0].end_s for one in spans[1:]):
            yield from _beside(context, "after", row, later[0])


def _neighbours(context: QuestionContext) -> Iterator[tuple[int, list[int]]]:
    """Each identifiable action with the ten actions on either side of it, by their starts."""
    position = {row: n for n, row in enumerate(context.table.actions)}
    for row in named(context):
        neighbour = context.table.actions[max(0, position[row] - 10) : position[row] + 11]
        yield row, sorted((i for i in neighbour if i != row), key=context.table.span)


def _beside(context: QuestionContext, wording: str, row: int, neighbour: int) -> Iterator[QuestionDraft]:
    event, other = context.table.event(row), context.table.event(neighbour)
    if other.what != event.what and len(other.participants) == 1:
        text = context.say(wording, label=event.what, does=does(event))
        wrong = others(context, other.what, event.what)
        yield QuestionDraft(text, f"the {other.what}", (neighbour, row), wrong)


def between(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which thing jumps after the red star leaves and before the blue cup spins?`."""
    table, ends = context.table, named(context)
    for n in context.shuffle(range(len(ends)))[:200]:
        later = [i for i in ends[n + 1 : n + 12] if table.window(i).start_s >= table.window(ends[n]).end_s]
        if not later:
            continue
        a, b = ends[n], context.rng.choice(later)
        for kind in UNAMBIGUOUS_ACTIONS:
            rows = [
                i
                for i in table.actions_in(table.window(a).hull(table.window(b)))
                if table.event(i).kind == kind and i not in (a, b)
            ]
            if len(rows) == 1 and _inside(context, a, rows[0], b):
                yield _between(context, a, rows[0], b)


def _inside(context: QuestionContext, a: int, row: int, b: int) -> bool:
    table = context.table
    in_order = (
        table.window(a).end_s <= table.window(row).start_s
        and table.window(row).end_s <= table.window(b).start_s
    )
    return in_order and table.event(row).what not in (table.event(a).what, table.event(b).what)


def _between(context: QuestionContext, a: int, row: int, b: int) -> QuestionDraft:
    one, event, two = (context.table.event(i) for i in (a, row, b))
    text = context.say(
        "between", does=does(event), a=one.what, does_a=does(one), b=two.what, does_b=does(two)
    )
    return QuestionDraft(
        text, f"the {event.what}", (a, row, b), (same_kind(context, row), *others(context, event.what))
    )


def during(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which other thing can be seen while the red star jumps?` where there is one, all the while."""
    table = context.table
    for row in named(context):
        event = table.event(row)
        seen = table.visible_labels(event.window) - {event.what}
        if event.kind == "recolour" or len(seen) != 1:
            continue
        (other,) = seen
        for row_shown in table.visible.get(other, ()):
            if table.window(row_shown).overlap_s(event.window) == event.window.duration_s:
                text = context.say("during", label=event.what, does=does(event))
                rows = tuple(sorted((row, row_shown)))
                yield QuestionDraft(text, f"the {other}", rows, others(context, other, event.what))


def order(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `In which order do three things happen?`."""
    table, rows = context.table, named(context)
    for _ in range(min(60, len(rows)) if len(rows) >= 3 else 0):
        at = context.rng.randrange(len(rows) - 2)
        three = sorted(context.rng.sample(rows[at : at + 12], 3))
        windows = [table.window(i) for i in three]
        if any(a.end_s > b.start_s for a, b in pairwise(windows)):
            continue
        said = [f"the {table.event(i).what} {does(table.event(i))}" for i in three]
        if len({table.event(i).what for i in three}) == 3:
            ways = [", ".join(way) for way in permutations(said)]
            text = context.say("order", these=", ".join(context.rng.sample(said, 3)))
            yield QuestionDraft(text, ways[0], tuple(three), (ways[1:],))
