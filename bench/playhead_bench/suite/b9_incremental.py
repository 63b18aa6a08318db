"""B9: what adding one video costs in a small and in a large library, against building all again."""

import shutil
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from playhead_bench.suite.b8_memory import write_moving
from playhead_index.build import build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.store.catalog import Catalog
from playhead_index.testing import FakeEmbedder

LIBRARIES = {"small": (5, 50), "full": (10, 1000)}
REPEATS = 5
LENGTH_MIN = 0.25


def run(size: Literal["small", "full"]) -> dict[str, Any]:
    """Seconds and bytes to add one video to libraries of two sizes, and to add it a second time.

    Returns:
        medians by library size; `ratio` of the large to the small library; `again_ratio` of adding a
        known video to adding it first.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        videos = _videos(folder, max(LIBRARIES[size]) + REPEATS)
        measured = {count: _measure(folder, videos, count) for count in LIBRARIES[size]}
    few, many = measured[min(measured)], measured[max(measured)]
    return {
        "add_s": {count: m["add_s"] for count, m in measured.items()},
        "added_bytes": {count: m["added_bytes"] for count, m in measured.items()},
        "rebuild_all_s": {count: m["build_s"] for count, m in measured.items()},
        "ratio": many["add_s"] / few["add_s"],
        "again_ratio": many["again_s"] / many["add_s"],
        "goal": {"ratio": 1.1},
    }


def _videos(folder: Path, count: int) -> list[Path]:
    """Files that differ in content: one video with other bytes behind its end."""
    write_moving(folder / "first.mp4", LENGTH_MIN, width_px=160, height_px=90)
    data = (folder / "first.mp4").read_bytes()
    paths = [folder / f"{i:04}.mp4" for i in range(count)]
    for i, path in enumerate(paths):
        path.write_bytes(data + (16).to_bytes(4) + b"free" + i.to_bytes(8))
    return paths


def _measure(folder: Path, videos: list[Path], count: int) -> dict[str, float]:
    library = folder / f"library-{count}"
    build_s = _timed(library, videos[:count])
    before = _stored_bytes(library)
    adds = [_timed(library, [video]) for video in videos[count : count + REPEATS]]
    added = (_stored_bytes(library) - before) / REPEATS
    again = [_timed(library, [video]) for video in videos[count : count + REPEATS]]
    shutil.rmtree(library)
    return {
        "build_s": build_s,
        "add_s": statistics.median(adds),
        "again_s": statistics.median(again),
        "added_bytes": added,
    }


def _timed(library: Path, videos: list[Path]) -> float:
    began = time.perf_counter()
    reports = list(build_library(library, videos, IndexSettings(), _load, InProcess()))
    assert all(report.status != "failed" for report in reports)
    return time.perf_counter() - began


def _load() -> Models:
    return Models(FakeEmbedder(), FakeEmbedder())


def _stored_bytes(library: Path) -> int:
    Catalog(library).query("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(file.stat().st_size for file in library.rglob("*") if file.is_file())
