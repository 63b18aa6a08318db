"""Training frames: clips of random scenes and crowds of objects, painted once and stored in a folder.

Only pixels are stored; their labels come from the scene, which its seed reproduces. Every frame is painted
at the size of a video and scaled down as by a decoder, half of them through JPEG, so that models see the
artefacts of compression.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_bench.world.change_pace import snap
from playhead_bench.world.object_outlines import ROTATION_INVARIANT
from playhead_bench.world.painter import Painter
from playhead_bench.world.random_scene import Pair, Part, SplitMode, pairs_of, random_scene
from playhead_bench.world.story import Action, ActionKind, Point, Scene, SceneObject, Story
from playhead_bench.world.vocabulary import OUTDOORS, PLACES
from playhead_index.window import Window

PAINTED, SMALL, SQUARE = (320, 180), (180, 100), (128, 128)
"""(width, height) in pixels: as painted, as the video-LLM sees it, as the image encoders see it."""
CLIP_FRAMES = 8
SEEDS: dict[Part, int] = {"train": 0, "dev": 50_000_000, "test": 90_000_000}
"""Where the seeds of each part begin; parts share none."""


@dataclass(frozen=True, slots=True)
class SceneClip:
    """A clip of a scene: the times of its frames, and the ground truth.

    Args:
        scene: in which it lies.
        window: from the first frame to the end of the last one's share.
        times_s: (CLIP_FRAMES,) when each is taken, on the scene's clock.
        shift_s: how much later the clip lies in its video, so that times of all sizes are read.
        scattered: the frames are few and each is given twice, as when a long video is sampled.
    """

    scene: Scene
    window: Window
    times_s: tuple[float, ...]
    shift_s: float
    scattered: bool

    @property
    def printed_s(self) -> tuple[str, ...]:
        """The times that stand beside the pairs of frames, as Qwen3-VL's processor prints them."""
        pairs = zip(self.times_s[::2], self.times_s[1::2], strict=True)
        return tuple(f"{(a + b) / 2 + self.shift_s:.1f}" for a, b in pairs)


def clip_of(seed: int, part: Part = "train", mode: SplitMode = "iid") -> SceneClip:
    """The clip of a seed: 4 s at 2 frames a second, 8 s at 1, or a whole scene at four times."""
    rng = Random(f"clip/{part}/{mode}/{SEEDS[part] + seed}")
    length_s = rng.choice((6.0, 8.0, 10.0, 12.0))
    scene = random_scene(rng, Window(0.0, length_s), pairs_of(part, mode))
    shift_s = snap(rng.choice((0.0, rng.uniform(0, 100), rng.uniform(0, 4000))))
    kind = rng.random()
    if kind < 0.15:
        times_s = sorted(rng.sample([0.5 * i for i in range(int(length_s * 2))], CLIP_FRAMES // 2))
        times = tuple(t for t in times_s for _ in range(2))
        return SceneClip(scene, scene.window, times, shift_s, True)
    step_s = 0.5 if kind < 0.75 or length_s < 8 else 1.0
    lasts_s = CLIP_FRAMES * step_s
    start_s = snap(rng.uniform(0.0, length_s - lasts_s))
    times = tuple(start_s + step_s * i for i in range(CLIP_FRAMES))
    return SceneClip(scene, Window(start_s, start_s + lasts_s), times, shift_s, False)


def crowd_of(seed: int, part: Part = "train", mode: SplitMode = "iid") -> SceneClip:
    """Two frames, half a second apart, of up to eight objects side by side, each doing something or nothing.

    So many objects in a frame teach an encoder several times faster what objects look like.
    """
    rng = Random(f"crowd/{part}/{mode}/{SEEDS[part] + seed}")
    pairs = rng.sample(list(pairs_of(part, mode)), 8)
    cells = [(row, column) for row in (0.3, 0.74) for column in (0.12, 0.37, 0.63, 0.88)]
    objects = tuple(
        _crowd_object(rng, pair, (x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.08, 0.08)))
        for pair, (y, x) in zip(pairs, cells, strict=True)
        if rng.random() < 0.85
    )
    place = rng.choice(tuple(PLACES))
    night = place in OUTDOORS and rng.random() < 0.4
    scene = Scene(
        f"{place} {rng.randint(1, 40)}", place, Window(0.0, 2.0), night, objects,
        clutter=rng.choice((0, 0, 3)), posts=rng.choice((0, 0, 0, 2)), noise=rng.choice((0.0, 0.0, 4.0)),
    )  # fmt: skip
    first_s = 0.25
    return SceneClip(scene, Window(first_s, first_s + 1.0), (first_s, first_s + 0.5), 0.0, False)


def _crowd_object(rng: Random, pair: Pair, at: Point) -> SceneObject:
    colour, shape = pair
    when = Window(0.0, 2.0)
    acts: list[ActionKind] = ["move", "move", "grow", "shrink", "jump"]
    if shape not in ROTATION_INVARIANT:
        acts.append("spin")
    if rng.random() < 0.5:
        return SceneObject(shape, colour, rng.uniform(0.14, 0.36), at)
    kind = rng.choice(acts)
    to, scale = at, 1.0
    if kind == "move":
        far = rng.uniform(0.15, 0.5) * rng.choice((-1, 1))
        to = (at[0] + far, at[1]) if rng.random() < 0.6 else (at[0], at[1] + far)
    if kind in ("grow", "shrink"):
        scale = 1.5 if kind == "grow" else 0.62
    return SceneObject(shape, colour, rng.uniform(0.16, 0.34), at, (Action(kind, when, at, to, scale),))


Source = Callable[[int, Part, SplitMode], SceneClip]
SOURCES: dict[str, Source] = {"clips": clip_of, "crowds": crowd_of}


def paint_clip(clip: SceneClip, rng: Random) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The frames of a clip.

    Returns:
        (N, 100, 180, 3) uint8 for the video-LLM, and (N, 128, 128, 3) uint8 for the image encoders.
    """
    painter = Painter(Story("x", rng.randrange(8), (clip.scene,)), PAINTED)
    quality = rng.choice((0, 0, 30, 50, 70, 90))
    resample = rng.choice((Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC))
    small, square = [], []
    last: Image.Image | None = None
    for i, time_s in enumerate(clip.times_s):
        if last is None or not (clip.scattered and i % 2):
            last = Image.fromarray(painter.paint(time_s))
            if quality:
                last = _compressed(last, quality)
        small.append(np.asarray(last.resize(SMALL, resample)))
        square.append(np.asarray(last.resize(SQUARE, resample)))
    return np.stack(small), np.stack(square)


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def paint_block(
    folder: Path, source: str, start: int, stop: int, part: Part = "train", mode: SplitMode = "iid"
) -> None:
    """Paints the clips of seeds [start, stop) into `<source>-<part>-<mode>-<start>.{small,square}.npy`.

    The file `.json` beside them is written last; a block that has one is not painted again.
    """
    stem = folder / f"{source}-{part}-{mode}-{start:07d}"
    marker = stem.with_suffix(".json")
    if marker.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    frames = CLIP_FRAMES if source == "clips" else 2
    small = np.lib.format.open_memmap(
        f"{stem}.small.npy", "w+", np.uint8, (stop - start, frames, SMALL[1], SMALL[0], 3)
    )
    square = np.lib.format.open_memmap(
        f"{stem}.square.npy", "w+", np.uint8, (stop - start, frames, SQUARE[1], SQUARE[0], 3)
    )
    for seed in range(start, stop):
        clip = SOURCES[source](seed, part, mode)
        small[seed - start], square[seed - start] = paint_clip(clip, Random(f"paint/{part}/{seed}"))
    small.flush()
    square.flush()
    marker.write_text(json.dumps({"source": source, "part": part, "mode": mode, "seeds": [start, stop]}))
