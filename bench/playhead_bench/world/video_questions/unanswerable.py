"""Questions that a video does not answer: the object is absent, never does that, or no video shows it."""

from collections.abc import Iterator

from playhead_bench.world.clip_wordings import VERBS, third_person
from playhead_bench.world.town_facts import TOPICS, TOWNS
from playhead_bench.world.video_questions.draft import QuestionContext, QuestionDraft
from playhead_bench.world.video_questions.single_object import STILL, absent, clock
from playhead_bench.world.video_questions.speech_and_screen import _quoted
from playhead_bench.world.vocabulary import PLACES

SINGLE = ("enter", "leave", "jump", "spin", "blink", "grow", "shrink", "recolour")
"""What one object does alone and what is not done by halves."""


def is_absent(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks about absent objects, and about facts of towns that the video does not mention."""
    actions = [*(f"it {third_person(VERBS[kind])}" for kind in SINGLE), STILL]
    times = _times(context)
    for label in absent(context):
        kind = context.rng.choice(SINGLE)
        words_of = {"label": label, "verb": VERBS[kind], "does": third_person(VERBS[kind])}
        wording, wrong = context.rng.choice(
            (
                ("what", actions),
                ("when", times),
                ("where", list(PLACES.values())),
                ("said_while", _sentences(context)),
            )
        )
        yield QuestionDraft(
            context.say(wording, **words_of), None, wrong=(wrong,), why="absent", modalities=("picture",)
        )
    yield from _unmentioned_facts(context)


def _unmentioned_facts(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Questions about towns that the story does not mention, where it mentions others."""
    words = " ".join(context.table.event(i).text for i in (*context.table.spoken, *context.table.written))
    towns = [town for town in TOWNS if town not in words]
    if len(towns) == len(TOWNS):
        return
    for town in context.rng.sample(towns, min(20, len(towns))):
        topic = context.rng.choice(TOPICS)
        question = topic.question.format(town=town)
        text = context.say("said", question=question, lower=question[0].lower() + question[1:])
        yield QuestionDraft(
            text, None, wrong=(list(topic.values),), why="absent", modalities=("speech", "screen")
        )


def false_premise(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `When does the red star leave?` where there is a red star that never leaves."""
    table, times, sentences = context.table, _times(context), _sentences(context)
    for label in table.visible:
        if label in table.recoloured or table.actions_of(label, "recolour"):
            continue
        never = [kind for kind in SINGLE if not table.actions_of(label, kind)]
        kind = context.rng.choice(never) if never else ""
        if kind:
            words_of = {"label": label, "verb": VERBS[kind], "does": third_person(VERBS[kind])}
            wording, wrong = context.rng.choice(
                (("when", times), ("where", list(PLACES.values())), ("said_while", sentences))
            )
            yield QuestionDraft(context.say(wording, **words_of), None, wrong=(wrong,), why="false_premise")


def not_visible(context: QuestionContext) -> Iterator[QuestionDraft]:
    """Asks `How much does the red star cost?` or `What is behind the camera?`."""
    for label in context.table.visible:
        text = context.say("not_visible", label=label)
        yield QuestionDraft(text, None, wrong=(_guesses(text),), why="not_visible")


GUESSES: dict[str, tuple[str, ...]] = {
    "cost": ("two euros", "nine euros", "thirty euros", "a hundred euros"),
    "smell": ("roses", "smoke", "fresh bread", "the sea"),
    "weigh": ("a kilogram", "ten grams", "five kilograms", "a ton"),
    "made": ("a carpenter", "a child", "a machine", "a painter"),
    "thinking": ("its home", "the weather", "another thing", "food"),
    "behind": ("a tree", "a wall", "a person with a hat", "a lake"),
    "before": ("it slept", "it jumped", "it was painted", "it fell over"),
}


def _guesses(text: str) -> list[str]:
    return next(list(guesses) for word, guesses in GUESSES.items() if word in text)


def _times(context: QuestionContext) -> list[str]:
    return [clock(context.table.event(i)) for i in context.table.actions]


def _sentences(context: QuestionContext) -> list[str]:
    return [f"{_quoted(context.table.event(i))}." for i in context.table.spoken]
