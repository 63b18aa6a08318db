"""Two short stories: a street without a word, and an interview without a slide."""

from random import Random

from playhead_bench.world.change_pace import snap
from playhead_bench.world.movements import Side, cross, enter, jump, leave
from playhead_bench.world.story import Action, Fact, Line, Scene, SceneObject, Story, Writing
from playhead_bench.world.vocabulary import COLOURS, SHAPES, Colour, PlaceKind, Shape
from playhead_index.window import Window

LANES = ((0.7, 0.16), (0.89, 0.18))
"""Height and size of the objects in the far and in the near lane: they never touch; only far objects jump."""
ROADS = ("Mill Road", "Harbour Street", "Castle Lane", "Station Road", "Abbey Street", "Orchard Way")
WORDS = ("BAKERY", "LIBRARY", "MUSEUM", "STATION", "HOTEL ADA", "MARKET", "CINEMA", "PHARMACY", "HARBOUR")
BRIGHT_COLOURS: tuple[Colour, ...] = tuple(
    name for name in COLOURS if name not in ("grey", "black", "white", "brown")
)


def street(seed: int = 0, minutes: float = 1.0) -> Story:
    """Coloured objects on streets and in parks with signs, by day and by night; nobody speaks.

    Args:
        seed: other streets, objects and signs.
        minutes: how long, at least a tenth of a minute.

    Raises:
        ValueError: fewer minutes than 0.1.
    """
    if minutes < 0.1:
        raise ValueError(f"a street takes at least 0.1 minutes, got {minutes}")
    rng, end_s, scenes = Random(seed), snap(minutes * 60), list[Scene]()
    while (start_s := scenes[-1].window.end_s if scenes else 0.0) < end_s:
        stop_s = start_s + rng.randint(10, 18)
        scenes.append(_outdoors(rng, Window(start_s, end_s if end_s - stop_s < 6 else stop_s), len(scenes)))
    return Story("street", seed, tuple(scenes))


def _outdoors(rng: Random, window: Window, number: int) -> Scene:
    place: PlaceKind = "park" if rng.random() < 0.25 else "street"
    name = f"Park {rng.randint(1, 9)}" if place == "park" else rng.choice(ROADS)
    pairs = [(colour, shape) for colour in BRIGHT_COLOURS for shape in SHAPES]
    rng.shuffle(pairs)
    objects = [obj for lane in LANES for obj in _traffic(rng, window, lane, pairs)]
    text = f"EXIT {rng.randint(2, 99)}" if number % 2 else rng.choice(WORDS)
    faces: tuple[Colour, ...] = ("green", "blue", "yellow", "white")
    face = rng.choice(faces)
    sign = Writing("sign", (text,), window, (rng.choice((0.36, 0.64, 0.76)), 0.28), 0.14, face)
    return Scene(name, place, window, rng.random() < 0.4, tuple(objects), (sign,))


def _traffic(
    rng: Random, window: Window, lane: tuple[float, float], pairs: list[tuple[Colour, Shape]]
) -> list[SceneObject]:
    """Objects that use one lane one after the other, so that none hides another."""
    y, size = lane
    objects: list[SceneObject] = []
    start_s = window.start_s + rng.choice((0.5, 1.0, 2.0))
    while start_s + 4 <= window.end_s:
        actions = _visit(rng, start_s, window.end_s, y, size)
        colour, shape = pairs.pop()
        objects.append(SceneObject(shape, colour, size, None, actions))
        start_s = actions[-1].window.end_s + rng.choice((0.5, 1.0, 2.0))
    return objects


def _visit(rng: Random, start_s: float, end_s: float, y: float, size: float) -> tuple[Action, ...]:
    side: Side = rng.choice(("left", "right"))
    if start_s + 8 > end_s or rng.random() < 0.5:
        return (cross(start_s, start_s + rng.choice((3, 4)), side, y, size),)
    away: Side = rng.choice(("left", "right"))
    at = (rng.uniform(0.25, 0.75), y)
    come, go = enter(start_s, start_s + 2, side, at, size), leave(start_s + 6, start_s + 8, away, at, size)
    return (
        (come, jump(start_s + 3, start_s + 5, at), go)
        if y == LANES[0][0] and rng.random() < 0.5
        else (come, go)
    )


HOST, GUEST = "Ada Moss", "Ben Ortiz"


def interview(seed: int = 0) -> Story:
    """Two people talk for two minutes in a studio, with a walk in the park between; no slides.

    It disagrees with the lecture about how rare the disease is, which a question over both can find.

    Args:
        seed: other faces, clothes and numbers.
    """
    one_in, years = (50, 40, 25, 20)[seed % 4], 12 + seed % 20
    lines = tuple(Line(Window(a, b), who, text) for a, b, who, text in _talk(one_in, years))
    facts = (
        Fact("How rare is the disease in the clinic of Ben Ortiz?", f"one in {one_in}", f"one in {one_in}"),
        Fact("How many years has Ben Ortiz worked in the clinic?", f"{years}", f"{years} years", "count"),
        Fact("What does Ben Ortiz compare a second test with?", "a second lighthouse", "lighthouse"),
        Fact("What is Ben Ortiz, according to his name plate?", "Clinic director", "Clinic director"),
    )
    terms = ("base rate", "second test", "lighthouse", "false alarm")
    scenes = (_studio(seed, Window(0, 50)), _walk(), _studio(seed, Window(66, 120)))
    return Story("interview", seed, scenes, lines, terms, facts)


def _studio(seed: int, window: Window) -> Scene:
    clothes: tuple[tuple[Colour, Colour], ...] = (("red", "blue"), ("green", "purple"), ("orange", "cyan"))
    left, right = clothes[seed % len(clothes)]
    people = (
        SceneObject("person", left, 0.78, (0.28, 0.62), name=HOST),
        SceneObject("person", right, 0.78, (0.72, 0.62), name=GUEST),
    )
    start_s = window.start_s
    plates = (
        Writing("plate", (HOST, "Host"), Window(start_s + 1, start_s + 6), (0.28, 0.84), 0.1),
        Writing("plate", (GUEST, "Clinic director"), Window(start_s + 7, start_s + 14), (0.68, 0.84), 0.1),
    )
    return Scene("the studio", "studio", window, False, people, plates)


def _walk() -> Scene:
    size = 0.2
    objects = (
        SceneObject(
            "heart", "red", size, None, (enter(52, 55, "left", (0.35, 0.8), size), jump(57, 60, (0.35, 0.8)))
        ),
        SceneObject("circle", "yellow", size, None, (cross(60, 64, "right", 0.9, size),)),
    )
    sign = Writing("sign", ("CLINIC",), Window(50, 66), (0.72, 0.3), 0.14, "blue")
    return Scene("the clinic park", "park", Window(50, 66), False, objects, (sign,))


def _talk(one_in: int, years: int) -> list[tuple[float, float, str, str]]:
    return [
        (1, 5, HOST, "Good evening, my guest tonight runs a clinic."),
        (6, 9, GUEST, "Good evening, thank you for having me."),
        (10, 14, HOST, "How long have you worked there?"),
        (15, 19, GUEST, f"For {years} years now, most of them on the night shift."),
        (20, 24, HOST, "People fear a positive test. Should they?"),
        (25, 30, GUEST, "First ask for the base rate, then worry."),
        (31, 35, HOST, "And what is it in your clinic?"),
        (36, 41, GUEST, f"With us one in {one_in} has the disease."),
        (42, 48, HOST, "I had read that it is far rarer than that."),
        (51, 56, GUEST, "Let us walk, I think better outside."),
        (58, 64, GUEST, "A false alarm costs a person a bad week."),
        (67, 71, HOST, "So what do you do after a positive test?"),
        (72, 77, GUEST, "We always do a second test."),
        (78, 83, GUEST, "It is a second lighthouse: two lights tell you where you are."),
        (84, 88, HOST, "Does a second test ever mislead you?"),
        (89, 95, GUEST, "Of course, if both tests make the same mistake."),
        (96, 101, HOST, "What should a viewer remember?"),
        (102, 108, GUEST, "That the base rate comes first, and that a false alarm is common."),
        (110, 115, HOST, "Ben Ortiz, thank you very much."),
    ]
