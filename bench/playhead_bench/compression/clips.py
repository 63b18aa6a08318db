"""What the methods are compared on: single clips of a scene, and two seconds hidden in two minutes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_bench.nano.paint_frames import PAINTED, SEEDS, SMALL, SQUARE, clip_of, paint_clip
from playhead_bench.nano.training_samples import make_samples
from playhead_bench.world.clip_wordings import place_phrase, wordings
from playhead_bench.world.painter import Painter
from playhead_bench.world.random_scene import COLUMNS, PAIRS, ROWS, Pair, Part, random_scene
from playhead_bench.world.random_video import random_story
from playhead_bench.world.story import Scene, SceneObject, Story
from playhead_index.window import Window

NEEDLE_FRAMES, FRAMES = 2, 120
"""At one frame a second: the relevant clip, and the whole."""
MINUTES = FRAMES / 60
SCENE_S = 4.0
"""The needle's scene, of which the first two seconds are cut in."""
SIZE = 0.28
"""Of the object asked about, as a share of the frame's height."""


@dataclass(frozen=True, slots=True)
class PromptedQuestion:
    """A question about a clip.

    Args:
        kind: of question.
        text: by which tokens are chosen: the question without its options.
        prompt: as it is put, with its options where it has some.
        answer: exactly as nano-vlm was trained to write it.
    """

    kind: str
    text: str
    prompt: str
    answer: str


@dataclass(frozen=True, slots=True, eq=False)
class PaintedClip:
    """Frames of a clip, an even number of them, and the questions about it.

    Args:
        pts_s: (N,) float64, when each is shown.
        small: (N, 100, 180, 3) uint8 for the video-LLM.
        square: (N, 128, 128, 3) uint8 for the image encoders.
        questions: with their answers.
    """

    pts_s: NDArray[np.float64]
    small: NDArray[np.uint8]
    square: NDArray[np.uint8]
    questions: tuple[PromptedQuestion, ...]


def single_clips(count: int, part: Part = "test") -> Iterator[PaintedClip]:
    """The clips and questions of `evaluate_vlm`, without captions, which have many right wordings.

    Args:
        count: how many clips, of eight frames each.
        part: of the data.
    """
    for seed in range(count):
        clip = clip_of(seed, part)
        small, square = paint_clip(clip, Random(f"paint/{part}/{seed}"))
        samples = make_samples(clip, Random(f"{part}/{seed}"), training=False)
        questions = tuple(
            PromptedQuestion(one.kind, one.prompt.splitlines()[0], one.prompt, one.reply)
            for one in samples
            if one.kind != "caption"
        )
        yield PaintedClip(np.array(clip.times_s) + clip.shift_s, small, square, questions)


def needle_clips(count: int, part: Part = "test", num_frames: int = FRAMES) -> Iterator[PaintedClip]:
    """Random videos at a frame a second, into which two seconds of another scene are cut.

    No other scene shows anything of the needle's kind or in its colour.

    Args:
        count: how many, with five questions each.
        part: of the data.
        num_frames: of each clip, an even number.
    """
    for seed in range(count):
        rng = Random(f"needle clip/{part}/{SEEDS[part] + seed}")
        colour, shape = pair = rng.choice(PAIRS)
        haystack = _haystack(seed, part, pair)
        scene = replace(random_scene(rng, Window(0.0, SCENE_S), max_objects=0), writings=())
        obj = SceneObject(shape, colour, SIZE, (rng.choice(COLUMNS), rng.choice(ROWS)))
        needle = Story("needle", haystack.seed, (replace(scene, things=(obj,)),))
        at = 2 * rng.randrange(num_frames // 2)
        needle_frames = _paint_frames(needle, NEEDLE_FRAMES)
        frames = _paint_frames(haystack, num_frames - NEEDLE_FRAMES)
        frames[at:at] = needle_frames
        small, square = (
            np.stack([np.asarray(picture.resize(size, Image.Resampling.BOX)) for picture in frames])
            for size in (SMALL, SQUARE)
        )
        pts_s = np.linspace(0.5, num_frames - 0.5, num_frames, dtype=np.float64)
        yield PaintedClip(pts_s, small, square, tuple(_needle_questions(rng, scene, pair)))


def _haystack(seed: int, part: Part, pair: Pair) -> Story:
    """A random video without objects similar to the pair, also by a change of colour."""
    without = [one for one in PAIRS if one[0] == pair[0] or one[1] == pair[1]]
    tries = (random_story(seed + 1000 * i, MINUTES, part, without=without) for i in range(1000))
    return next(story for story in tries if not similar_labels(story, pair))


def similar_labels(story: Story, pair: Pair) -> list[str]:
    """The labels of all objects in a story that have the colour or the kind of a pair."""
    selected = (event.what for event in story.events() if event.kind == "shown")
    return [label for label in selected if set(label.split()) & set(pair)]


def _paint_frames(story: Story, count: int) -> list[Image.Image]:
    painter = Painter(story, PAINTED)
    return [Image.fromarray(painter.paint(i + 0.5)) for i in range(count)]


def _needle_questions(rng: Random, scene: Scene, pair: Pair) -> Iterator[PromptedQuestion]:
    colour, shape = pair
    other = rng.choice([one for one in PAIRS if one != pair and (one[0] == colour or one[1] == shape)])
    label, wrong = " ".join(pair), " ".join(other)
    where = place_phrase(scene.place)
    for kind, wording, words, answer in (
        ("colour", "colour", {"shape": shape}, colour),
        ("thing", "thing", {"colour": colour}, f"a {shape}"),
        ("place", "where_seen", {"label": label}, where),
        ("exists", "exists", {"label": label}, "yes"),
        ("exists", "exists", {"label": wrong}, "no"),
    ):
        text = rng.choice(wordings(wording, "iid", False)).format(**words)
        yield PromptedQuestion(kind, text, text, answer)
