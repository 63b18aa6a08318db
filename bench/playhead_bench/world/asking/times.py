"""Questions about when things happen beside each other: first, before, between, in order."""

from collections.abc import Iterator
from itertools import pairwise, permutations

from playhead_bench.world.asking.draft import Ask, Draft
from playhead_bench.world.asking.table import SPOT, does
from playhead_bench.world.phrases import PARTNER_VERBS, VERBS

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def named(ask: Ask) -> list[int]:
    """The deeds of one thing alone that its name and verb tell from all others, in time order."""
    return [i for i in ask.table.unique if ask.table.of(i).kind not in PARTNER_VERBS]


def others(ask: Ask, *but: str) -> tuple[list[str], list[str]]:
    """Wrong answers of questions for a thing: `the blue cup` and so on, those in the video first."""
    seen, speakable = ask.some(list(ask.table.shown)), ask.some(ask.labels())
    tiers = [[f"the {label}" for label in labels if label not in but] for labels in (seen, speakable)]
    return tiers[0], tiers[1]


def first(ask: Ask) -> Iterator[Draft]:
    """Which thing is the first to jump?"""
    for kind in SPOT:
        rows = ask.table.kind(kind)
        if rows and _apart(ask, rows[:2]):
            yield _ranked(ask, "first", kind, rows[0], rows[:1])


def last(ask: Ask) -> Iterator[Draft]:
    """Which thing is the last to jump?"""
    for kind in SPOT:
        rows = ask.table.kind(kind)
        if rows and _apart(ask, rows[-2:]):
            yield _ranked(ask, "last", kind, rows[-1], rows[-1:])


def nth(ask: Ask) -> Iterator[Draft]:
    """Which thing is the third to jump? Asked while every one of them is another."""
    for kind in SPOT:
        rows = ask.table.kind(kind)
        for n in range(2, min(len(ORDINALS), len(rows)) + 1):
            labels = {ask.table.of(i).what for i in rows[:n]}
            if len(labels) == n and _apart(ask, rows[: n + 1]):
                yield _ranked(ask, "nth", kind, rows[n - 1], rows[:n], ORDINALS[n - 1])


def _ranked(ask: Ask, asked: str, kind: str, row: int, rows: list[int], rank: str = "") -> Draft:
    event = ask.table.of(row)
    text = ask.say(asked, verb=VERBS[kind], does=does(event), nth=rank)
    return Draft(text, f"the {event.what}", tuple(rows), (same_kind(ask, row), *others(ask, event.what)))


def same_kind(ask: Ask, row: int) -> list[str]:
    """Other things that do the same at other times."""
    event = ask.table.of(row)
    some = ask.some([ask.table.of(i).what for i in ask.table.kind(event.kind)])
    return [f"the {label}" for label in some if label != event.what]


def _apart(ask: Ask, rows: list[int]) -> bool:
    """Whether each of some deeds in a row begins at a time of its own."""
    starts_s = [ask.table.window(i).start_s for i in rows]
    return all(b - a >= 0.5 for a, b in pairwise(starts_s))


def before(ask: Ask) -> Iterator[Draft]:
    """Which thing is the last to act before the red star jumps?"""
    table = ask.table
    position = {row: n for n, row in enumerate(table.acts)}
    for row in named(ask):
        start_s = table.window(row).start_s
        earlier = [
            i
            for i in table.acts[max(0, position[row] - 8) : position[row]]
            if table.window(i).start_s < start_s
        ]
        if not earlier:
            continue
        *rest, near = earlier
        done = table.window(near).end_s <= start_s
        if done and all(table.window(i).end_s <= table.window(near).start_s for i in rest):
            yield from _beside(ask, "before", row, near)


def after(ask: Ask) -> Iterator[Draft]:
    """Which thing is the first to act after the red star jumps?"""
    table = ask.table
    position = {row: n for n, row in enumerate(table.acts)}
    for row in named(ask):
        end_s = table.window(row).end_s
        around = table.acts[max(0, position[row] - 4) : position[row] + 8]
        later = [i for i in around if table.window(i).end_s > end_s and i != row]
        if not later:
            continue
        near, *rest = later
        if table.window(near).start_s >= end_s and all(
            table.window(i).start_s >= table.window(near).end_s for i in rest
        ):
            yield from _beside(ask, "after", row, near)


def _beside(ask: Ask, asked: str, row: int, near: int) -> Iterator[Draft]:
    event, other = ask.table.of(row), ask.table.of(near)
    if other.what != event.what and len(other.participants) == 1:
        text = ask.say(asked, label=event.what, does=does(event))
        wrong = others(ask, other.what, event.what)
        yield Draft(text, f"the {other.what}", (near, row), wrong)


def between(ask: Ask) -> Iterator[Draft]:
    """Which thing jumps after the red star leaves and before the blue cup spins?"""
    table, ends = ask.table, named(ask)
    for n in ask.shuffled(range(len(ends)))[:200]:
        later = [i for i in ends[n + 1 : n + 12] if table.window(i).start_s >= table.window(ends[n]).end_s]
        if not later:
            continue
        a, b = ends[n], ask.rng.choice(later)
        for kind in SPOT:
            rows = [
                i
                for i in table.acts_in(table.window(a).hull(table.window(b)))
                if table.of(i).kind == kind and i not in (a, b)
            ]
            if len(rows) == 1 and _inside(ask, a, rows[0], b):
                yield _between(ask, a, rows[0], b)


def _inside(ask: Ask, a: int, row: int, b: int) -> bool:
    table = ask.table
    whole = (
        table.window(a).end_s <= table.window(row).start_s
        and table.window(row).end_s <= table.window(b).start_s
    )
    return whole and table.of(row).what not in (table.of(a).what, table.of(b).what)


def _between(ask: Ask, a: int, row: int, b: int) -> Draft:
    one, event, two = (ask.table.of(i) for i in (a, row, b))
    text = ask.say("between", does=does(event), a=one.what, does_a=does(one), b=two.what, does_b=does(two))
    return Draft(text, f"the {event.what}", (a, row, b), (same_kind(ask, row), *others(ask, event.what)))


def during(ask: Ask) -> Iterator[Draft]:
    """Which other thing can be seen while the red star jumps? Asked where there is one, all the while."""
    table = ask.table
    for row in named(ask):
        event = table.of(row)
        seen = table.seen_in(event.window) - {event.what}
        if event.kind == "recolour" or len(seen) != 1:
            continue
        (other,) = seen
        for shown in table.shown.get(other, ()):
            if table.window(shown).overlap_s(event.window) == event.window.duration_s:
                text = ask.say("during", label=event.what, does=does(event))
                rows = tuple(sorted((row, shown)))
                yield Draft(text, f"the {other}", rows, others(ask, other, event.what))


def order(ask: Ask) -> Iterator[Draft]:
    """In which order do three things happen?"""
    table, rows = ask.table, named(ask)
    for _ in range(min(60, len(rows)) if len(rows) >= 3 else 0):
        at = ask.rng.randrange(len(rows) - 2)
        three = sorted(ask.rng.sample(rows[at : at + 12], 3))
        windows = [table.window(i) for i in three]
        if any(a.end_s > b.start_s for a, b in pairwise(windows)):
            continue
        said = [f"the {table.of(i).what} {does(table.of(i))}" for i in three]
        if len({table.of(i).what for i in three}) == 3:
            ways = [", ".join(way) for way in permutations(said)]
            text = ask.say("order", these=", ".join(ask.rng.sample(said, 3)))
            yield Draft(text, ways[0], tuple(three), (ways[1:],))
