"""How well moments are found as the frames' vectors get worse: recall@k against noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.metrics.search import window_recall_at
from playhead_bench.oracle.encoder import OracleEncoder
from playhead_bench.oracle.library import oracle_searcher, write_oracle_library
from playhead_bench.world.story import Story
from playhead_index.search.engine import Searcher
from playhead_index.search.results import Query

RANKS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class NoisePoint:
    """One level of noise.

    Args:
        noise: length of the noise, that of the signal being 1.
        cosine: mean cosine of a frame's vector with what it would be without noise, the gap left out.
        recall_at: part of the gold windows half covered by the first k moments.
        empty: part of the queries for which nothing was found.
    """

    noise: float
    cosine: float
    recall_at: dict[int, float]
    empty: float


@dataclass(frozen=True, slots=True)
class Needle:
    """An object that is seen in one window of all videos: its name, its video, its window in seconds."""

    label: str
    video: str
    start_s: float
    end_s: float


def needles(stories: Sequence[Story]) -> list[Needle]:
    """The objects that are seen just once in some stories, in order of their names."""
    seen: dict[str, list[Needle]] = {}
    for story in stories:
        for event in story.events():
            if event.kind == "shown":
                needle = Needle(event.what, story.name, event.window.start_s, event.window.end_s)
                seen.setdefault(event.what, []).append(needle)
    return [found[0] for _, found in sorted(seen.items()) if len(found) == 1]


def recall_against_noise(
    folder: Path, stories: Sequence[Story], noises: Sequence[float], gap: float = 0.7, seed: int = 0
) -> list[NoisePoint]:
    """For each level of noise, how many of the `needles` the product's search finds by their names.

    Args:
        folder: for a library a level.
        stories: the videos, of names that differ.
        noises: levels.
        gap: of the encoder.
        seed: of the noise.

    Raises:
        ValueError: no object is seen just once.
    """
    targets = needles(stories)
    if not targets:
        raise ValueError("nothing is seen just once in these stories; make more or shorter ones")
    return [
        _point(folder / f"noise-{noise:g}", stories, targets, OracleEncoder(noise, gap, seed))
        for noise in noises
    ]


def _point(
    folder: Path, stories: Sequence[Story], targets: Sequence[Needle], oracle: OracleEncoder
) -> NoisePoint:
    catalog = write_oracle_library(folder, stories, oracle)
    searcher = oracle_searcher(catalog, oracle)
    ends = np.cumsum([0.0, *(story.duration_s for story in stories)])
    offsets = {story.name: float(at) for story, at in zip(stories, ends[:-1], strict=True)}
    found = [_found(searcher, needle.label, offsets) for needle in targets]
    gold = [np.array([[n.start_s, n.end_s]]) + offsets[n.video] for n in targets]
    catalog.close()
    recall = {k: float(v) for k, v in window_recall_at(found, gold, RANKS).items()}
    empty = sum(len(windows) == 0 for windows in found) / len(found)
    return NoisePoint(oracle.noise, _cosine(stories[0], oracle), recall, empty)


def _found(searcher: Searcher, label: str, offsets: dict[str, float]) -> NDArray[np.float64]:
    result = searcher.search(Query(text=label, lanes=("picture",), limit=max(RANKS)))
    rows = [
        (moment.window.start_s + offsets[moment.video_id], moment.window.end_s + offsets[moment.video_id])
        for moment in result.moments
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), 2)


def _cosine(story: Story, oracle: OracleEncoder) -> float:
    times_s = np.arange(0.5, story.duration_s, 5.0).tolist()
    noisy = oracle.image_vectors(story, times_s)[:, :-2]
    clean = OracleEncoder(0.0, oracle.gap).image_vectors(story, times_s)[:, :-2]
    has_signal = clean.any(axis=1)  # a slide shows nothing that has an attribute
    return float(((noisy * clean).sum(axis=1)[has_signal] / (1 - oracle.gap**2)).mean())
