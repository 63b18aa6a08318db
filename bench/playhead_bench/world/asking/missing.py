"""Questions that a video does not answer: the thing is absent, never does that, or no video shows it."""

from collections.abc import Iterator

from playhead_bench.world.asking.draft import Ask, Draft
from playhead_bench.world.asking.senses import _quoted
from playhead_bench.world.asking.things import STILL, absent, clock
from playhead_bench.world.kinds import PLACES
from playhead_bench.world.lore import TOPICS, TOWNS
from playhead_bench.world.phrases import VERBS, third_person

SINGLE = ("enter", "leave", "jump", "spin", "blink", "grow", "shrink", "recolour")
"""What one thing does alone and what is not done by halves."""


def is_absent(ask: Ask) -> Iterator[Draft]:
    """What does the red star do, where there is none? How high is a lighthouse that nobody tells of?"""
    deeds = [*(f"it {third_person(VERBS[kind])}" for kind in SINGLE), STILL]
    times = _times(ask)
    for label in absent(ask):
        kind = ask.rng.choice(SINGLE)
        told = {"label": label, "verb": VERBS[kind], "does": third_person(VERBS[kind])}
        asked, wrong = ask.rng.choice(
            (
                ("what", deeds),
                ("when", times),
                ("where", list(PLACES.values())),
                ("said_while", _sentences(ask)),
            )
        )
        yield Draft(ask.say(asked, **told), None, wrong=(wrong,), why="absent", senses=("picture",))
    yield from _untold(ask)


def _untold(ask: Ask) -> Iterator[Draft]:
    """Facts about towns of which nothing is told, where the story tells of others."""
    words = " ".join(ask.table.of(i).text for i in (*ask.table.spoken, *ask.table.written))
    towns = [town for town in TOWNS if town not in words]
    if len(towns) == len(TOWNS):
        return
    for town in ask.rng.sample(towns, min(20, len(towns))):
        topic = ask.rng.choice(TOPICS)
        question = topic.asked.format(town=town)
        text = ask.say("said", question=question, lower=question[0].lower() + question[1:])
        yield Draft(text, None, wrong=(list(topic.values),), why="absent", senses=("speech", "screen"))


def false_premise(ask: Ask) -> Iterator[Draft]:
    """When does the red star leave? Where there is a red star that never leaves."""
    table, times, sentences = ask.table, _times(ask), _sentences(ask)
    for label in table.shown:
        if label in table.turned or table.deeds(label, "recolour"):
            continue
        never = [kind for kind in SINGLE if not table.deeds(label, kind)]
        kind = ask.rng.choice(never) if never else ""
        if kind:
            told = {"label": label, "verb": VERBS[kind], "does": third_person(VERBS[kind])}
            asked, wrong = ask.rng.choice(
                (("when", times), ("where", list(PLACES.values())), ("said_while", sentences))
            )
            yield Draft(ask.say(asked, **told), None, wrong=(wrong,), why="false_premise")


def not_visible(ask: Ask) -> Iterator[Draft]:
    """How much does the red star cost? What is behind the camera?"""
    for label in ask.table.shown:
        text = ask.say("not_visible", label=label)
        yield Draft(text, None, wrong=(_guesses(text),), why="not_visible")


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


def _times(ask: Ask) -> list[str]:
    return [clock(ask.table.of(i)) for i in ask.table.acts]


def _sentences(ask: Ask) -> list[str]:
    return [f"{_quoted(ask.table.of(i))}." for i in ask.table.spoken]
