"""Questions in two steps: first which thing is meant, then what is true of it."""

from collections.abc import Iterator

from playhead_bench.world.asking.draft import ENOUGH, Ask, Draft
from playhead_bench.world.asking.table import does, said_deed
from playhead_bench.world.kinds import PAINTS, PLACES
from playhead_bench.world.phrases import PARTNER_VERBS, SEEMS


def pairs(ask: Ask) -> Iterator[tuple[int, str]]:
    """The deeds of two things that are told apart by their doer, with the other thing."""
    for row in ask.table.unique:
        event = ask.table.of(row)
        if event.kind in PARTNER_VERBS:
            yield row, event.participants[1]


def hop_colour(ask: Ask) -> Iterator[Draft]:
    """What colour is the thing that the red star carries?"""
    seen = [label.split()[0] for label in ask.table.shown]
    for row, other in pairs(ask):
        event = ask.table.of(row)
        text = ask.say("hop_colour", label=event.what, does=does(event))
        yield Draft(text, other.split()[0], (row,), (seen, list(PAINTS)), things=(other,))


def hop_later(ask: Ask) -> Iterator[Draft]:
    """What does the thing that the red star carries do later? Asked where it does one thing later."""
    table = ask.table
    for row, other in pairs(ask):
        event = table.of(row)
        parts = [i for i in table.part_in[other] if i != row]
        if other in table.turned or len(parts) != 1 or table.window(parts[0]).start_s < event.window.end_s:
            continue
        later = table.of(parts[0])
        seems = (later.kind, *SEEMS.get(later.kind, ()))
        some = [table.of(i) for i in ask.rng.choices(table.acts, k=ENOUGH)]
        wrong = [said_deed(one, one.what) for one in some if one.kind not in seems]
        text = ask.say("hop_later", label=event.what, does=does(event))
        yield Draft(text, said_deed(later, other), (row, parts[0]), (wrong,), things=(other,))


def hop_place(ask: Ask) -> Iterator[Draft]:
    """Where is the thing that the red star carries seen again later?"""
    table = ask.table
    seen = [place for i in table.acts if (place := table.place(i))]
    for row, other in pairs(ask):
        event = table.of(row)
        scene = table.story.scene_at(event.window.start_s).window
        later = [i for i in table.shown[other] if table.window(i).start_s >= scene.end_s]
        if len(later) == 1 and (place := table.place(later[0])):
            text = ask.say("hop_place", label=event.what, does=does(event))
            yield Draft(text, place, (row, later[0]), (seen, list(PLACES.values())), things=(other,))
