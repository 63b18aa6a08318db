"""Questions about one thing: what it does, its colour, where, when, how often, how long."""

from collections.abc import Iterator

from playhead_bench.world.asking.draft import ENOUGH, Ask, Draft
from playhead_bench.world.asking.table import SPOT, does, said_deed
from playhead_bench.world.kinds import PAINTS, PLACES
from playhead_bench.world.phrases import PARTNER_VERBS, SEEMS, VERBS, third_person
from playhead_bench.world.script import Event
from playhead_index.window import format_time

ANSWERS = ("yes, in one scene", "yes, in several scenes", "no, though it is seen", "no, it is never seen")
THERE = ("yes, in one scene", "yes, in several scenes", "no, only in another colour", "no, not in any colour")
STILL = "it stands still"


def clock(event: Event) -> str:
    """When an event begins, as answers say it: `at 12:35`."""
    return f"at {format_time(event.window.start_s)}"


def what(ask: Ask) -> Iterator[Draft]:
    """What does the red star do? Asked of what acts once, or is seen once and stands still."""
    table = ask.table
    told = [(said_deed(table.of(i), table.of(i).what), table.of(i).kind) for i in table.acts]
    for label, shown in table.shown.items():
        parts = table.part_in.get(label, [])
        if label in table.turned or len(parts) > 1 or (not parts and len(shown) > 1):
            continue
        row = parts[0] if parts else shown[0]
        if table.of(row).kind == "recolour" and acts_anew(ask, row):
            continue
        answer = said_deed(table.of(row), label) if parts else STILL
        seems = (table.of(row).kind, *SEEMS.get(table.of(row).kind, ())) if parts else ()
        wrong = [deed for deed, kind in ask.rng.choices(told, k=ENOUGH) if kind not in seems] if told else []
        other = [
            f"it {third_person(VERBS[kind])}"
            for kind in ("jump", "spin", "blink", "grow")
            if kind not in seems
        ]
        yield Draft(ask.say("what", label=label), answer, (row,), (wrong, other))


def acts_anew(ask: Ask, row: int) -> bool:
    """Whether a thing that changes colour does anything else afterwards, under its new name."""
    event, scene = ask.table.of(row), ask.table.story.scene_at(ask.table.window(row).start_s)
    label = f"{event.text} {event.what.split()[1]}"
    return any(ask.table.window(i).overlap_s(scene.window) > 0 for i in ask.table.part_in.get(label, ()))


def which(ask: Ask) -> Iterator[Draft]:
    """What colour is the star that jumps? What colour is the star? Where there is one such."""
    table = ask.table
    labels = {
        shape: [la for la in table.shown if la.endswith(f" {shape}")]
        for shape in {la.split()[1] for la in table.shown}
    }
    for kind in SPOT[:-1]:
        rows = table.kind(kind)
        for row in rows:
            label = table.of(row).what
            colour, shape = label.split()
            if sum(table.of(i).what.endswith(f" {shape}") for i in rows) > 1:
                continue
            alone = len(labels[shape]) == 1
            text = (
                ask.say("colour", shape=shape)
                if alone
                else ask.say("which", shape=shape, does=does(table.of(row)))
            )
            seen = [other.split()[0] for other in labels[shape]]
            yield Draft(text, colour, (row,), (seen, list(PAINTS)), things=(label,))


def where(ask: Ask) -> Iterator[Draft]:
    """Where does the red star jump? Where is the red star?"""
    table = ask.table
    seen = [place for i in table.acts if (place := table.place(i))]
    for row in table.unique:
        event, place = table.of(row), table.place(row)
        if place and event.kind not in PARTNER_VERBS:
            text = ask.say("where", label=event.what, verb=VERBS[event.kind], does=does(event))
            yield Draft(text, place, (row,), (seen, list(PLACES.values())))
    for label, shown in table.shown.items():
        place = table.place(shown[0])
        if len(shown) == 1 and place:
            yield Draft(
                ask.say("where_seen", label=label), place, tuple(shown), (seen, list(PLACES.values()))
            )


def when(ask: Ask) -> Iterator[Draft]:
    """When does the red star jump?"""
    table = ask.table
    for row in table.unique:
        event = table.of(row)
        if event.kind in PARTNER_VERBS:
            continue
        text = ask.say("when", label=event.what, verb=VERBS[event.kind], does=does(event))
        far = [i for i in ask.rng.choices(table.acts, k=ENOUGH) if table.window(i).gap_s(event.window) > 3]
        wrong = [clock(table.of(i)) for i in far]
        yield Draft(text, clock(event), (row,), (wrong,))


def yes_no(ask: Ask) -> Iterator[Draft]:
    """Does the red star jump? As many yes as no."""
    table = ask.table
    for label in table.shown:
        for kind in ask.rng.sample(SPOT, 3):
            rows = table.deeds(label, kind)
            told = {"label": label, "verb": VERBS[kind], "does": third_person(VERBS[kind])}
            if rows:
                right = min(table.scenes_of(rows), 2) - 1
                yield Draft(ask.say("yes_no", **told), "yes", tuple(rows), fixed=ANSWERS, right=right)
            elif label not in table.turned and not table.deeds(label, "recolour"):
                yield Draft(ask.say("yes_no", **told), "no", fixed=ANSWERS, right=2)
    for label in absent(ask):
        kind = ask.rng.choice(SPOT)
        text = ask.say("yes_no", label=label, verb=VERBS[kind], does=third_person(VERBS[kind]))
        yield Draft(text, "no", fixed=ANSWERS, right=3)


def exists(ask: Ask) -> Iterator[Draft]:
    """Is there a red star?"""
    table = ask.table
    shapes = {label.split()[1] for label in table.shown}
    for label, rows in table.shown.items():
        right = min(table.scenes_of(rows), 2) - 1
        yield Draft(ask.say("exists", label=label), "yes", tuple(rows), fixed=THERE, right=right)
    for label in absent(ask):
        yield Draft(
            ask.say("exists", label=label), "no", fixed=THERE, right=2 if label.split()[1] in shapes else 3
        )


def absent(ask: Ask) -> list[str]:
    """The labels that may be spoken of and never appear."""
    return [label for label in ask.labels() if label not in ask.table.shown]


def count(ask: Ask) -> Iterator[Draft]:
    """In how many scenes does a red star jump? Asked mostly of what does it again."""
    table, once = ask.table, 0
    for label in table.shown:
        for kind in SPOT:
            rows = table.deeds(label, kind)
            many = table.scenes_of(rows)
            once += many == 1
            if many > 1 or (many == 1 and once % 8 == 1):
                text = ask.say("count", label=label, verb=VERBS[kind], does=third_person(VERBS[kind]))
                near = [str(n) for n in range(max(1, many - 2), many + 3)]
                yield Draft(text, str(many), tuple(rows), (near,))


def duration(ask: Ask) -> Iterator[Draft]:
    """For how long is the red star in the picture? Asked of what is seen once without a change of colour."""
    table = ask.table
    lengths = [f"{table.window(rows[0]).duration_s:g} seconds" for rows in table.shown.values()]
    for label, row in lasting(ask):
        long_s = table.window(row).duration_s
        other = [f"{long_s + step:g} seconds" for step in (2.5, 4.0, -1.5, 6.5) if long_s + step > 0]
        yield Draft(ask.say("duration", label=label), f"{long_s:g} seconds", (row,), (lengths, other))


def lasting(ask: Ask) -> Iterator[tuple[str, int]]:
    """Things seen in one stretch that neither blink nor change colour, with the row of that stretch."""
    table = ask.table
    for label, rows in table.shown.items():
        kinds = {table.of(i).kind for i in table.part_in.get(label, ())}
        if len(rows) == 1 and label not in table.turned and not kinds & {"blink", "recolour"}:
            yield label, rows[0]


def longest(ask: Ask) -> Iterator[Draft]:
    """Which of four things is in the picture the longest? Asked where it is two seconds ahead."""
    table, found = ask.table, list(lasting(ask))
    for _ in range(3 * len(found) if len(found) >= 4 else 0):
        four = ask.rng.sample(found, 4)
        ranked = sorted(four, key=lambda one: table.window(one[1]).duration_s)
        if table.window(ranked[-1][1]).duration_s - table.window(ranked[-2][1]).duration_s < 2:
            continue
        *others, best = (f"the {label}" for label, _ in ranked)
        names = [f"the {label}" for label, _ in four]
        these = f"{', '.join(names[:-1])} or {names[-1]}"
        rows = tuple(sorted(row for _, row in four))
        yield Draft(ask.say("longest", these=these), best, rows, (others,))


def partner(ask: Ask) -> Iterator[Draft]:
    """What does the red star carry?"""
    table = ask.table
    others = [f"the {table.of(i).participants[1]}" for i in table.acts if table.of(i).kind in PARTNER_VERBS]
    for row in table.unique:
        event = table.of(row)
        if event.kind in PARTNER_VERBS:
            text = ask.say("partner", label=event.what, verb=VERBS[event.kind], does=does(event))
            answer = f"the {event.participants[1]}"
            seen = [f"the {label}" for label in ask.some(list(table.shown)) if label != event.what]
            yield Draft(text, answer, (row,), (others, seen))
