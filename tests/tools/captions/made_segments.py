"""Segments of a made video, each with a few grey pictures, and a catalog with captions of them."""

from pathlib import Path

import numpy as np
from tests.tools.made_library import LECTURE, make_library

from playhead_index.decode import Frame
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_index.words.protocol import SegmentFrames, Words

CATS = "A cat sleeps on the sofa."
CARS = "A red car drives along the road."


def segment(start_s: float, end_s: float, pictures: int = 4) -> SegmentFrames:
    step_s = (end_s - start_s) / pictures
    times_s = [start_s + i * step_s for i in range(pictures)]
    frames = tuple(Frame(t, np.full((32, 48, 3), 10 * i, dtype=np.uint8)) for i, t in enumerate(times_s))
    return SegmentFrames(LECTURE, Window(start_s, end_s), frames)


def captions(*texts: str) -> tuple[Words, ...]:
    """A caption every 10 s."""
    return tuple(Words("caption", "made", Window(10.0 * i, 10.0 * i + 10.0), t) for i, t in enumerate(texts))


def captioned(folder: Path, *texts: str) -> Catalog:
    """The made library, its lecture captioned every 10 s."""
    found = captions(*texts)
    return make_library(
        folder, [(LECTURE, "caption", w.window.start_s, w.window.end_s, w.text) for w in found]
    )


def change(catalog: Catalog, start_s: float, text: str) -> None:
    """Another caption in the place of the one that begins at a time."""
    with catalog.atomic() as db:
        db.execute("UPDATE span SET text = ? WHERE kind = 'caption' AND start_s = ?", (text, start_s))
