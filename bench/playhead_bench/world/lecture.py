"""The demo's lecture: slides, spoken lines, moving objects, a street at night and a counter.

The first three minutes are laid out by hand; whatever more is asked for is filled with exercises of a
minute, each with its own numbers. Some words are only spoken (the smoke detector), some only written
(the lecturer's name, the number of the exit), and some spoken again and again ("base rate").
"""

from random import Random

from playhead_bench.world.change_pace import change_pace
from playhead_bench.world.medical_tests import PEOPLE, Case, draw_case
from playhead_bench.world.movements import cross, enter, jump, leave
from playhead_bench.world.story import Fact, Line, Scene, SceneObject, Story, Writing
from playhead_bench.world.vocabulary import COLOURS, SHAPES, Colour, PlaceKind, Shape
from playhead_index.window import Window

Cast = tuple[tuple[Colour, Shape], tuple[Colour, Shape], tuple[Colour, Shape]]

SPEAKER = "Mara Lind"
BASE_S = 180.0
EXERCISE_S = 60.0
TERMS = ("base rate", "prior", "posterior", "smoke detector", "false alarm")
CASES = (Case(100, 90, 9), Case(50, 80, 6), Case(20, 90, 12), Case(25, 95, 8))
CASTS: tuple[Cast, ...] = (
    (("red", "circle"), ("blue", "square"), ("green", "triangle")),
    (("yellow", "star"), ("purple", "hexagon"), ("red", "diamond")),
    (("pink", "heart"), ("orange", "pentagon"), ("blue", "circle")),
    (("green", "square"), ("red", "star"), ("purple", "cross")),
)
COUNTED_BEFORE = 5
EXITS = (12, 47, 8, 31)
TOWNS = ("Alder", "Birch", "Cedar", "Dale", "Elm", "Ford", "Grove", "Heath")


def lecture(seed: int = 0, minutes: float = 3.0) -> Story:
    """A lecture on Bayes' rule of three minutes or more; a shorter one plays the same faster.

    Args:
        seed: other numbers, objects and signs; 0 is the one that the demo shows.
        minutes: at least 1; above 3 it grows by whole exercises of a minute, rounded down.

    Raises:
        ValueError: fewer minutes than 1.
    """
    if minutes < 1:
        raise ValueError(f"a lecture takes at least 1 minute, got {minutes}")
    case, cast = CASES[seed % len(CASES)], CASTS[seed % len(CASTS)]
    exit_number = EXITS[seed % len(EXITS)]
    scenes, lines, facts = _scenes(case, cast, exit_number), _lines(case, cast), _facts(case, exit_number)
    rng = Random(seed)
    for number in range(1, int((minutes * 60 - BASE_S) // EXERCISE_S) + 1):
        start_s = BASE_S + (number - 1) * EXERCISE_S
        case, town = draw_case(rng), rng.choice(TOWNS)
        scenes += [_exercise(case, number, town, start_s), _pause(rng, start_s + 40, start_s + EXERCISE_S)]
        lines += _exercise_lines(case, number, town, start_s)
        question = f"What posterior does the lecturer give for exercise {number}?"
        facts.append(Fact(question, case.posterior, f"In exercise {number} the posterior"))
    pace = min(1.0, minutes * 60 / BASE_S)
    return change_pace(Story("lecture", seed, tuple(scenes), tuple(lines), TERMS, tuple(facts)), pace)


def _slide(start_s: float, end_s: float, *lines: str) -> Scene:
    window = Window(start_s, end_s)
    return Scene(lines[0], "slide", window, writings=(Writing("slide", lines, window),))


def _scenes(case: Case, cast: Cast, exit_number: int) -> list[Scene]:
    counts = f"Positive: {case.found} + {case.alarms} = {case.positive}"
    outcome = f"Posterior: {case.found} / {case.positive} = {case.posterior}"
    rule = ("P(A|B) = P(B|A) P(A) / P(B)", "prior: belief before data", "posterior: belief after data")
    fallacy = ("Ignoring how rare it is", "P(sick|+) is not P(+|sick)", "Count people instead")
    test = (
        f"Test finds {case.sensitivity_pct}% of the sick",
        f"False alarms: {case.false_positive_pct}% of healthy",
    )
    return [
        _slide(0, 8, "Probability in practice", "Lecture 4: reading a test", f"Dr. {SPEAKER}", "Room B 17"),
        _slide(8, 20, "Bayes' rule", *rule),
        _table(cast),
        _slide(32, 40, "The base-rate fallacy", *fallacy),
        _slide(40, 160, "A worked example", f"Sick: 1 in {case.one_in}", *test, counts, outcome),
        _night_street(exit_number),
        _counting(cast[2]),
    ]


def _table(cast: Cast) -> Scene:
    (newcomer, leaver, third), size = cast, 0.26
    objects = (
        SceneObject(leaver[1], leaver[0], size, (0.62, 0.72), (leave(25, 28, "right", (0.62, 0.72), size),)),
        SceneObject(newcomer[1], newcomer[0], size, None, (enter(22, 25, "left", (0.26, 0.7), size),)),
        SceneObject(third[1], third[0], size, None, (enter(28, 31, "right", (0.72, 0.7), size),)),
    )
    return Scene("the table", "table", Window(20, 32), things=objects)


def _night_street(exit_number: int) -> Scene:
    objects = (
        SceneObject("star", "yellow", 0.2, None, (cross(161, 165, "left", 0.78, 0.2),)),
        SceneObject("heart", "pink", 0.2, None, (cross(165, 169, "right", 0.88, 0.2),)),
    )
    sign = Writing("sign", (f"EXIT {exit_number}",), Window(160, 170), (0.5, 0.3), 0.14)
    return Scene("Mill Road", "street", Window(160, 170), True, objects, (sign,))


def _counting(third: tuple[Colour, Shape]) -> Scene:
    """Four objects roll by; the counter, which has counted before, goes up when each is halfway."""
    colour, shape = third
    starts_s = (170.0, 172.0, 174.0, 176.0)
    objects = tuple(
        SceneObject(shape, colour, 0.2, None, (cross(s, s + 4, "left", 0.755, 0.2),)) for s in starts_s
    )
    changes_s = [170.0, *(s + 2 for s in starts_s), 180.0]
    counter = tuple(
        Writing(
            "display",
            (f"COUNT {COUNTED_BEFORE + count}",),
            Window(changes_s[count], changes_s[count + 1]),
            (0.5, 0.27),
            0.15,
        )
        for count in range(len(starts_s) + 1)
    )
    return Scene("the counting hall", "hall", Window(170, 180), False, objects, counter)


def _lines(case: Case, cast: Cast) -> list[Line]:
    colour, shape = cast[0]
    lines = [
        (1, 4, "Welcome back to lecture four."),
        (4.5, 7.5, "Today we learn to read a medical test."),
        (9, 12, "This is Bayes' rule, the only formula you need today."),
        (12, 15.5, "The prior is what you believe before you see any data."),
        (16, 19.5, "The posterior is what you believe once the data came in."),
        (20.5, 23.5, "Let us take a short break with things on a table."),
        (24, 27, f"A {colour} {shape} joins, and something else goes away."),
        (28, 31, "One goes, one comes, and every share changes."),
        (33, 36, "After the break: even doctors forget the base rate."),
        (36.5, 39.5, "That mistake has a name, and here it is."),
        (41, 45, "Now we work it out; this slide stays for a while."),
        (46, 50, f"One person in {case.one_in} is sick, so the prior is {case.prior}."),
        (51, 55, "That is a low base rate, so keep it in mind."),
        (57, 61, f"The test finds {case.sensitivity_pct} percent of the sick people."),
        (63, 67, f"It also gives a false alarm to {case.false_positive_pct} percent of the healthy."),
        (69, 73, "Think of a smoke detector that rings for burnt toast."),
        (75, 79, "It never misses a fire, yet most of its noise is about breakfast."),
        (82, 86, "Now imagine ten thousand people in a football stadium."),
        (88, 92, f"{case.sick} of them are sick, and the test finds {case.found}."),
        (94, 98, f"The other {case.healthy} are healthy, and {case.alarms} get a false alarm."),
        (101, 105, f"So {case.positive} people hold a positive letter in their hands."),
        (107, 111, f"Only {case.found} of those {case.positive} are truly sick."),
        (113, 117, f"That makes the posterior {case.posterior}."),
        (120, 124, "Surprised? Most students guess far more."),
        (127, 131, f"We went from a prior of {case.prior} to a posterior of {case.posterior}."),
        (134, 138, "So the test did help, it just did not decide."),
        (141, 145, "Change the base rate and everything changes."),
        (148, 152, "A second test would start from the new prior."),
        (155, 159, "If you keep one thing, keep the base rate."),
        (161, 164, "Rare things are like one turning on a long dark road."),
        (165, 168.5, "You pass a hundred lights before you find it."),
        (171, 174, "Last of all, we count what rolls by."),
        (175.5, 179, "Thank you, and see you next week."),
    ]
    return [Line(Window(start_s, end_s), SPEAKER, text) for start_s, end_s, text in lines]


def _facts(case: Case, exit_number: int) -> list[Fact]:
    return [
        Fact("What posterior does the worked example come to?", case.posterior, case.posterior),
        Fact("What does the lecturer compare the test with?", "a smoke detector", "smoke detector"),
        Fact("How many people does the lecturer imagine in a stadium?", f"{PEOPLE}", "stadium", "count"),
        Fact(
            "Which exit does the sign in the street at night show?", f"{exit_number}", f"EXIT {exit_number}"
        ),
        Fact("Who gives the lecture?", f"Dr. {SPEAKER}", f"Dr. {SPEAKER}"),
        Fact("How many healthy people get a false alarm?", f"{case.alarms}", f"{case.alarms}", "count"),
    ]


def _exercise(case: Case, number: int, town: str, start_s: float) -> Scene:
    test = f"Test finds {case.sensitivity_pct}% of the sick"
    alarms = f"False alarms: {case.false_positive_pct}% of healthy"
    return _slide(
        start_s, start_s + 40, f"Exercise {number}: {town}", f"Sick: 1 in {case.one_in}", test, alarms
    )


def _exercise_lines(case: Case, number: int, town: str, start_s: float) -> list[Line]:
    lines = [
        (2, 6, f"Exercise {number} takes us to the town of {town}."),
        (7, 11, f"Here one person in {case.one_in} is sick."),
        (13, 17, f"The test finds {case.sensitivity_pct} percent of them."),
        (18, 22, f"A false alarm comes to {case.false_positive_pct} percent of the healthy."),
        (24, 28, f"We count {case.found} sick and {case.alarms} healthy people with a positive test."),
        (31, 36, f"In exercise {number} the posterior is {case.posterior}."),
        (42, 46, "Take a short break and look at this."),
    ]
    return [Line(Window(start_s + a, start_s + b), SPEAKER, text) for a, b, text in lines]


def _pause(rng: Random, start_s: float, end_s: float) -> Scene:
    """Twenty seconds of an object that comes, hops and goes, somewhere else every time."""
    places: tuple[PlaceKind, ...] = ("table", "park", "street")
    place = rng.choice(places)
    size, at = 0.24, (rng.uniform(0.25, 0.75), 0.78)
    actions = (
        enter(start_s + 2, start_s + 5, "left", at, size),
        jump(start_s + 8, start_s + 11, at),
        leave(start_s + 14, start_s + 17, "right", at, size),
    )
    colour = rng.choice([name for name in COLOURS if name not in ("grey", "black", "white", "brown")])
    obj = SceneObject(rng.choice(SHAPES), colour, size, None, actions)
    return Scene(f"a {place} in the break", place, Window(start_s, end_s), rng.random() < 0.5, (obj,))
