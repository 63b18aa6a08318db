"""Multi-hop questions: first an object is identified, then something about it is asked."""

from collections.abc import Iterator

from playhead_bench.world.clip_wordings import CONFUSABLE_ACTIONS, PARTNER_VERBS
from playhead_bench.world.video_questions.draft import NUM_SAMPLED, QuestionContext, QuestionDraft
from playhead_bench.world.video_questions.event_table import describe_event, does
from playhead_bench.world.vocabulary import OBJECT_COLOURS, PLACES


def pairs(context: QuestionContext) -> Iterator[tuple[int, str]]:
    """Actions of two objects that their subject identifies, with the other object."""
    for row in context.table.unique:
        event = context.table.event(row)
        if event.kind in PARTNER_VERBS:
            yield row, event.participants[1]


def hop_colour(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What colour is the thing that the red star carries?`."""
    seen = [label.split()[0] for label in context.table.visible]
    for row, other in pairs(context):
        event = context.table.event(row)
        text = context.say("hop_colour", label=event.what, does=does(event))
        yield QuestionDraft(
            text, other.split()[0], (row,), (seen, list(OBJECT_COLOURS)), object_labels=(other,)
        )


def hop_later(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `What does the thing that the red star carries do later?` where it does one thing later."""
    table = context.table
    for row, other in pairs(context):
        event = table.event(row)
        parts = [i for i in table.participations[other] if i != row]
        if (
            other in table.recoloured
            or len(parts) != 1
            or table.window(parts[0]).start_s < event.window.end_s
        ):
            continue
        later = table.event(parts[0])
        seems = (later.kind, *CONFUSABLE_ACTIONS.get(later.kind, ()))
        some = [table.event(i) for i in context.rng.choices(table.actions, k=NUM_SAMPLED)]
        wrong = [describe_event(one, one.what) for one in some if one.kind not in seems]
        text = context.say("hop_later", label=event.what, does=does(event))
        yield QuestionDraft(
            text, describe_event(later, other), (row, parts[0]), (wrong,), object_labels=(other,)
        )


def hop_place(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `Where is the thing that the red star carries seen again later?`."""
    table = context.table
    seen = [place for i in table.actions if (place := table.place(i))]
    for row, other in pairs(context):
        event = table.event(row)
        scene = table.story.scene_at(event.window.start_s).window
        later = [i for i in table.visible[other] if table.window(i).start_s >= scene.end_s]
        if len(later) == 1 and (place := table.place(later[0])):
            text = context.say("hop_place", label=event.what, does=does(event))
            yield QuestionDraft(
                text, place, (row, later[0]), (seen, list(PLACES.values())), object_labels=(other,)
            )
