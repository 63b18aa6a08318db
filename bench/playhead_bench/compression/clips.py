"""What the methods are compared on: single clips of a scene, and two seconds hidden in two minutes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_bench.nano.pictures import PAINTED, SEEDS, SMALL, SQUARE, clip_of, paint_clip
from playhead_bench.nano.training_samples import lessons_of
from playhead_bench.world.paint import Painter
from playhead_bench.world.phrases import said_place, wordings
from playhead_bench.world.script import Scene, Story, Thing
from playhead_bench.world.stage import COLUMNS, PAIRS, ROWS, Pair, Part, random_scene
from playhead_bench.world.wander import wander
from playhead_index.window import Window

NEEDLE_FRAMES, FRAMES = 2, 120
"""At one frame a second: the relevant clip, and the whole."""
MINUTES = FRAMES / 60
SCENE_S = 4.0
"""The needle's scene, of which the first two seconds are cut in."""
SIZE = 0.28
"""Of the thing asked about, as a share of the picture's height."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a clip.

    Args:
        kind: of question.
        text: by which tokens are chosen: the question without its options.
        prompt: as it is put, with its options where it has some.
        answer: exactly as nano-vlm was taught to write it.
    """

    kind: str
    text: str
    prompt: str
    answer: str


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Frames of a clip, an even number of them, and what is asked about it.

    Args:
        pts_s: (N,) float64, when each is shown.
        small: (N, 100, 180, 3) uint8 for the video-LLM.
        square: (N, 128, 128, 3) uint8 for the image encoders.
        questions: with their answers.
    """

    pts_s: NDArray[np.float64]
    small: NDArray[np.uint8]
    square: NDArray[np.uint8]
    questions: tuple[Question, ...]


def single_clips(many: int, part: Part = "test") -> Iterator[Painted]:
    """The clips and questions of `examine_vlm`, captions left out: those are told in many ways.

    Args:
        many: how many clips, of eight frames each.
        part: of the data.
    """
    for seed in range(many):
        clip = clip_of(seed, part)
        small, square = paint_clip(clip, Random(f"paint/{part}/{seed}"))
        lessons = lessons_of(clip, Random(f"{part}/{seed}"), training=False)
        asked = tuple(
            Question(one.kind, one.prompt.splitlines()[0], one.prompt, one.reply)
            for one in lessons
            if one.kind != "caption"
        )
        yield Painted(np.array(clip.times_s) + clip.shift_s, small, square, asked)


def needle_clips(many: int, part: Part = "test") -> Iterator[Painted]:
    """Wanderings of two minutes at a frame a second, into which two seconds of another scene are cut.

    No other scene shows anything of the needle's kind or in its colour.

    Args:
        many: how many, with five questions each.
        part: of the data.
    """
    for seed in range(many):
        rng = Random(f"needle clip/{part}/{SEEDS[part] + seed}")
        colour, shape = pair = rng.choice(PAIRS)
        hay = _hay(seed, part, pair)
        scene = replace(random_scene(rng, Window(0.0, SCENE_S), most=0), writings=())
        thing = Thing(shape, colour, SIZE, (rng.choice(COLUMNS), rng.choice(ROWS)))
        needle = Story("needle", hay.seed, (replace(scene, things=(thing,)),))
        at = 2 * rng.randrange(FRAMES // 2)
        hidden = _pictures(needle, NEEDLE_FRAMES)
        pictures = _pictures(hay, FRAMES - NEEDLE_FRAMES)
        pictures[at:at] = hidden
        small, square = (
            np.stack([np.asarray(picture.resize(size, Image.Resampling.BOX)) for picture in pictures])
            for size in (SMALL, SQUARE)
        )
        pts_s = np.linspace(0.5, FRAMES - 0.5, FRAMES, dtype=np.float64)
        yield Painted(pts_s, small, square, tuple(_asked(rng, scene, pair)))


def _hay(seed: int, part: Part, pair: Pair) -> Story:
    """A wandering without a thing like the pair; things that change colour may make one, so others follow."""
    without = [one for one in PAIRS if one[0] == pair[0] or one[1] == pair[1]]
    tries = (wander(seed + 1000 * i, MINUTES, part, without=without) for i in range(1000))
    return next(story for story in tries if not alike(story, pair))


def alike(story: Story, pair: Pair) -> list[str]:
    """The labels of all things in a story that have the colour or the kind of a pair."""
    shown = (event.what for event in story.events() if event.kind == "shown")
    return [label for label in shown if set(label.split()) & set(pair)]


def _pictures(story: Story, many: int) -> list[Image.Image]:
    painter = Painter(story, PAINTED)
    return [Image.fromarray(painter.paint(i + 0.5)) for i in range(many)]


def _asked(rng: Random, scene: Scene, pair: Pair) -> Iterator[Question]:
    colour, shape = pair
    other = rng.choice([one for one in PAIRS if one != pair and (one[0] == colour or one[1] == shape)])
    label, wrong = " ".join(pair), " ".join(other)
    where = said_place(scene.place)
    for kind, wording, words, answer in (
        ("colour", "colour", {"shape": shape}, colour),
        ("thing", "thing", {"colour": colour}, f"a {shape}"),
        ("place", "where_seen", {"label": label}, where),
        ("exists", "exists", {"label": label}, "yes"),
        ("exists", "exists", {"label": wrong}, "no"),
    ):
        text = rng.choice(wordings(wording, "iid", False)).format(**words)
        yield Question(kind, text, text, answer)
