"""Questions about one object: what it does, its colour, where, when, how often, how long."""

from collections.abc import Iterator

from playhead_bench.world.clip_wordings import CONFUSABLE_ACTIONS, PARTNER_VERBS, VERBS, third_person
from playhead_bench.world.story import StoryEvent
from playhead_bench.world.video_questions.draft import NUM_SAMPLED, QuestionContext, QuestionDraft
from playhead_bench.world.video_questions.event_table import UNAMBIGUOUS_ACTIONS, describe_event, does
from playhead_bench.world.vocabulary import OBJECT_COLOURS, PLACES
from playhead_index.window import format_time

ACTION_OPTIONS = (
    "yes, in one scene",
    "yes, in several scenes",
    "no, though it is seen",
    "no, it is never seen",
)
EXISTENCE_OPTIONS = (
    "yes, in one scene",
    "yes, in several scenes",
    "no, only in another colour",
    "no, not in any colour",
)
STILL = "it stands still"


def clock(event: StoryEvent) -> str:
    """When an event begins, as answers say it: `at 12:35`."""
    return f"at {format_time(event.window.start_s)}"


def what(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What does the red star do?` of what acts once, or is seen once and stands still."""
    table = context.table
    words = [
        (describe_event(table.event(i), table.event(i).what), table.event(i).kind) for i in table.actions
    ]
    for label, rows in table.visible.items():
        parts = table.participations.get(label, [])
        if label in table.recoloured or len(parts) > 1 or (not parts and len(rows) > 1):
            continue
        row = parts[0] if parts else rows[0]
        if table.event(row).kind == "recolour" and acts_after_recolour(context, row):
            continue
        answer = describe_event(table.event(row), label) if parts else STILL
        seems = (table.event(row).kind, *CONFUSABLE_ACTIONS.get(table.event(row).kind, ())) if parts else ()
        wrong = (
            [phrase for phrase, kind in context.rng.choices(words, k=NUM_SAMPLED) if kind not in seems]
            if words
            else []
        )
        other = [
            f"it {third_person(VERBS[kind])}"
            for kind in ("jump", "spin", "blink", "grow")
            if kind not in seems
        ]
        yield QuestionDraft(context.say("what", label=label), answer, (row,), (wrong, other))


def acts_after_recolour(context: QuestionContext, row: int) -> bool:
    """Whether an object that changes colour does anything else afterwards, under its new name."""
    event, scene = context.table.event(row), context.table.story.scene_at(context.table.window(row).start_s)
    label = f"{event.text} {event.what.split()[1]}"
    return any(
        context.table.window(i).overlap_s(scene.window) > 0
        for i in context.table.participations.get(label, ())
    )


def which(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What colour is the star that jumps?` or `What colour is the star?` where there is one such."""
    table = context.table
    labels = {
        shape: [la for la in table.visible if la.endswith(f" {shape}")]
        for shape in {la.split()[1] for la in table.visible}
    }
    for kind in UNAMBIGUOUS_ACTIONS[:-1]:
        rows = table.kind(kind)
        for row in rows:
            label = table.event(row).what
            colour, shape = label.split()
            if sum(table.event(i).what.endswith(f" {shape}") for i in rows) > 1:
                continue
            alone = len(labels[shape]) == 1
            text = (
                context.say("colour", shape=shape)
                if alone
                else context.say("which", shape=shape, does=does(table.event(row)))
            )
            seen = [other.split()[0] for other in labels[shape]]
            yield QuestionDraft(text, colour, (row,), (seen, list(OBJECT_COLOURS)), object_labels=(label,))


def where(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Where does the red star jump?` or `Where is the red star?`."""
    table = context.table
    seen = [place for i in table.actions if (place := table.place(i))]
    for row in table.unique:
        event, place = table.event(row), table.place(row)
        if place and event.kind not in PARTNER_VERBS:
            text = context.say("where", label=event.what, verb=VERBS[event.kind], does=does(event))
            yield QuestionDraft(text, place, (row,), (seen, list(PLACES.values())))
    for label, rows in table.visible.items():
        place = table.place(rows[0])
        if len(rows) == 1 and place:
            yield QuestionDraft(
                context.say("where_seen", label=label), place, tuple(rows), (seen, list(PLACES.values()))
            )


def when(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `When does the red star jump?`."""
    table = context.table
    for row in table.unique:
        event = table.event(row)
        if event.kind in PARTNER_VERBS:
            continue
        text = context.say("when", label=event.what, verb=VERBS[event.kind], does=does(event))
        far = [
            i
            for i in context.rng.choices(table.actions, k=NUM_SAMPLED)
            if table.window(i).gap_s(event.window) > 3
        ]
        wrong = [clock(table.event(i)) for i in far]
        yield QuestionDraft(text, clock(event), (row,), (wrong,))


def yes_no(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Does the red star jump?`, with as many yes as no."""
    table = context.table
    for label in table.visible:
        for kind in context.rng.sample(UNAMBIGUOUS_ACTIONS, 3):
            rows = table.actions_of(label, kind)
            words = {"label": label, "verb": VERBS[kind], "does": third_person(VERBS[kind])}
            if rows:
                right = min(table.scenes_of(rows), 2) - 1
                yield QuestionDraft(
                    context.say("yes_no", **words), "yes", tuple(rows), fixed=ACTION_OPTIONS, right=right
                )
            elif label not in table.recoloured and not table.actions_of(label, "recolour"):
                yield QuestionDraft(context.say("yes_no", **words), "no", fixed=ACTION_OPTIONS, right=2)
    for label in absent(context):
        kind = context.rng.choice(UNAMBIGUOUS_ACTIONS)
        text = context.say("yes_no", label=label, verb=VERBS[kind], does=third_person(VERBS[kind]))
        yield QuestionDraft(text, "no", fixed=ACTION_OPTIONS, right=3)


def exists(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Is there a red star?`."""
    table = context.table
    shapes = {label.split()[1] for label in table.visible}
    for label, rows in table.visible.items():
        right = min(table.scenes_of(rows), 2) - 1
        yield QuestionDraft(
            context.say("exists", label=label), "yes", tuple(rows), fixed=EXISTENCE_OPTIONS, right=right
        )
    for label in absent(context):
        yield QuestionDraft(
            context.say("exists", label=label),
            "no",
            fixed=EXISTENCE_OPTIONS,
            right=2 if label.split()[1] in shapes else 3,
        )


def absent(context: QuestionContext) -> list[str]:
    """The labels that may be spoken of and never appear."""
    return [label for label in context.labels() if label not in context.table.visible]


def count(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `In how many scenes does a red star jump?` mostly of what does it again."""
    table, once = context.table, 0
    for label in table.visible:
        for kind in UNAMBIGUOUS_ACTIONS:
            rows = table.actions_of(label, kind)
            repeats = table.scenes_of(rows)
            once += repeats == 1
            if repeats > 1 or (repeats == 1 and once % 8 == 1):
                text = context.say("count", label=label, verb=VERBS[kind], does=third_person(VERBS[kind]))
                nearby = [str(n) for n in range(max(1, repeats - 2), repeats + 3)]
                yield QuestionDraft(text, str(repeats), tuple(rows), (nearby,))


def duration(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `For how long is the red star in the picture?` of what is seen once without a change of colour."""
    table = context.table
    lengths = [f"{table.window(rows[0]).duration_s:g} seconds" for rows in table.visible.values()]
    for label, row in seen_once(context):
        long_s = table.window(row).duration_s
        other = [f"{long_s + step:g} seconds" for step in (2.5, 4.0, -1.5, 6.5) if long_s + step > 0]
        yield QuestionDraft(
            context.say("duration", label=label), f"{long_s:g} seconds", (row,), (lengths, other)
        )


def seen_once(context: QuestionContext) -> Iterator[tuple[str, int]]:
    """Objects seen in one window that neither blink nor change colour, with the row of that window."""
    table = context.table
    for label, rows in table.visible.items():
        kinds = {table.event(i).kind for i in table.participations.get(label, ())}
        if len(rows) == 1 and label not in table.recoloured and not kinds & {"blink", "recolour"}:
            yield label, rows[0]


def longest(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Which of four things is in the picture the longest?` where it is two seconds ahead."""
    table, found = context.table, list(seen_once(context))
    for _ in range(3 * len(found) if len(found) >= 4 else 0):
        four = context.rng.sample(found, 4)
        ranked = sorted(four, key=lambda one: table.window(one[1]).duration_s)
        if table.window(ranked[-1][1]).duration_s - table.window(ranked[-2][1]).duration_s < 2:
            continue
        *others, best = (f"the {label}" for label, _ in ranked)
        names = [f"the {label}" for label, _ in four]
        these = f"{', '.join(names[:-1])} or {names[-1]}"
        rows = tuple(sorted(row for _, row in four))
        yield QuestionDraft(context.say("longest", these=these), best, rows, (others,))


def partner(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What does the red star carry?`."""
    table = context.table
    others = [
        f"the {table.event(i).participants[1]}" for i in table.actions if table.event(i).kind in PARTNER_VERBS
    ]
    for row in table.unique:
        event = table.event(row)
        if event.kind in PARTNER_VERBS:
            text = context.say("partner", label=event.what, verb=VERBS[event.kind], does=does(event))
            answer = f"the {event.participants[1]}"
            seen = [f"the {label}" for label in context.sample(list(table.visible)) if label != event.what]
            yield QuestionDraft(text, answer, (row,), (others, seen))
