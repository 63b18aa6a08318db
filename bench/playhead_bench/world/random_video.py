"""Random videos of ten seconds to several hours: random scenes with spoken and written facts.

Most objects come again and again. Some are rare: they are seen in one scene, or in two where they come
back after another object did something to them, so that a question about one has one answer in hours. Some
of the frequent ones do the same action several times, and similar objects (the same colour on another
kind, the same kind in another colour) do it too.
"""

from bisect import bisect_left
from collections.abc import Collection
from random import Random

from playhead_bench.world.change_pace import snap
from playhead_bench.world.random_scene import HELD_OUT, Pair, Part, SplitMode, pairs_of
from playhead_bench.world.scene_schedule import SceneScheduler
from playhead_bench.world.story import Fact, Line, Scene, Story
from playhead_bench.world.town_facts import SPOKEN_TOWNS, TownFact, town_facts
from playhead_index.window import Window

PARTS: tuple[Part, ...] = ("train", "dev", "test")
SPEAKER = "Iris Holt"
FREQUENT_SHARE = 1 / 3
"""Share of the pairs that appear in many scenes; the others appear in one scene at most."""
MAX_MINUTES = 480.0
"""Up to this length no fact and no title is repeated by chance."""
REPEAT_SHARE = 0.12
"""Share of the spoken lines that repeat an earlier line."""
ON_ACTION_SHARE = 0.6
"""Share of the lines near the start of an action that start together with it."""


def seed_of(seed: int, part: Part) -> int:
    """The story's own seed: no two parts share one.

    >>> seed_of(4, "train"), seed_of(4, "dev"), seed_of(4, "test")
    (12, 13, 14)
    """
    return seed * len(PARTS) + PARTS.index(part)


def part_of(story: Story) -> Part:
    """The part of the data to which a random video belongs, by its seed."""
    return PARTS[story.seed % len(PARTS)]


def random_story(
    seed: int = 0,
    minutes: float = 5.0,
    part: Part = "test",
    mode: SplitMode = "iid",
    *,
    without: Collection[Pair] = (),
) -> Story:
    """A synthetic video of random scenes, spoken lines, slides, cards, signs and counters; always the same.

    Args:
        seed: another video for another one, 0 or more.
        minutes: how long, at least ten seconds.
        part: of the data; parts share no seed.
        mode: in `compositional`, training shows no pair of `stage.HELD_OUT`, and the others show many.
        without: pairs of colour and kind that never appear.

    Raises:
        ValueError: less than ten seconds, more than `MAX_MINUTES`, or a negative seed.
    """
    if not 10 <= minutes * 60 <= MAX_MINUTES * 60 or seed < 0:
        raise ValueError(
            f"a random video takes 10 s to {MAX_MINUTES:g} min and a seed from 0, got {minutes = }, {seed = }"
        )
    rng = Random(f"{mode}/{part}/{seed}/{float(minutes)}")
    walk = SceneScheduler(rng, snap(minutes * 60), *_shares_of_pairs(rng, part, mode, without))
    scenes = walk.scenes()
    lines, facts = _spoken(rng, scenes)
    name = f"wander_{part}_{mode}_{seed}_{walk.end_s:g}s"
    return Story(name, seed_of(seed, part), scenes, lines, (), (*walk.facts, *facts))


def _shares_of_pairs(
    rng: Random, part: Part, mode: SplitMode, without: Collection[Pair]
) -> tuple[list[Pair], list[Pair]]:
    """The pairs that come again and again, and those that come once."""
    pairs = [pair for pair in pairs_of(part, mode) if pair not in without]
    rng.shuffle(pairs)
    if mode == "compositional" and part != "train":
        held = [pair for pair in pairs if pair in HELD_OUT]
        rest = [pair for pair in pairs if pair not in HELD_OUT][: len(held) // 2]
        cut = round(len(held) * FREQUENT_SHARE)
        return held[:cut] + rest[: cut // 2], held[cut:] + rest[cut // 2 :]
    cut = round(len(pairs) * FREQUENT_SHARE)
    return pairs[:cut], pairs[cut:]


def _spoken(rng: Random, scenes: tuple[Scene, ...]) -> tuple[tuple[Line, ...], list[Fact]]:
    """Facts spoken at odd times, about half of them while something acts, some of them again later."""
    end_s, clock_s = scenes[-1].window.end_s, 0.0
    starts_s = sorted(a.window.start_s for scene in scenes for obj in scene.things for a in obj.actions)
    bank, told_facts, lines = town_facts(rng, SPOKEN_TOWNS), list[TownFact](), list[Line]()
    while True:
        again = told_facts and rng.random() < REPEAT_SHARE
        tale = rng.choice(told_facts) if again else next(bank)
        start_s = _beginning(rng, clock_s, starts_s)
        clock_s = start_s + snap(max(3.0, 0.45 * len(tale.spoken.split())))
        if clock_s > end_s:
            return tuple(lines), [tale.fact(written=False) for tale in dict.fromkeys(told_facts)]
        told_facts.append(tale)
        lines.append(Line(Window(start_s, clock_s), SPEAKER, tale.spoken))


def _beginning(rng: Random, after_s: float, starts_s: list[float]) -> float:
    """When the next line begins: two seconds to half a minute later, or with something that acts then."""
    start_s = snap(after_s + rng.uniform(2, 30))
    low = bisect_left(starts_s, max(after_s + 1, start_s - 10))
    is_near = low < len(starts_s) and starts_s[low] < start_s + 15
    return starts_s[low] if is_near and rng.random() < ON_ACTION_SHARE else start_s
