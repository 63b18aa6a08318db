"""B12: from nothing to a first answer: the commands' cold start, and opening a library of many rows."""

import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from playhead_index.store.catalog import Catalog

SPANS = {"small": 20_000, "full": 1_000_000}
REPEATS = 5
WORDS = ("prior", "posterior", "evidence", "table", "street", "red", "circle", "slide", "test", "disease")


def run(size: Literal["small", "full"]) -> dict[str, Any]:
    """Seconds of whole processes: Python alone, `--help`, `list` and a first search of words.

    Returns:
        medians in seconds; `help_over_python` and so on are differences to Python alone.
    """
    with TemporaryDirectory() as name:
        library = Path(name) / "library"
        _fill(library, SPANS[size])
        times = {
            "python": _median(["-c", "pass"]),
            "help": _median(_command("--help")),
            "list": _median(_command("list", "--library", str(library))),
            "search": _median(_command("search", "posterior", "--library", str(library), "--lane", "speech")),
        }
    overheads = {f"{name}_over_python": times[name] - times["python"] for name in ("help", "list", "search")}
    return {"seconds": times, **overheads, "spans": SPANS[size], "goal": {"search": 1.5}}


def _command(*arguments: str) -> list[str]:
    return ["-c", "from playhead.cli import main; main()", *arguments]


def _median(arguments: list[str]) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _fill(library: Path, spans: int) -> None:
    """A library of one long video with many spoken spans, as rows alone: there is nothing to decode."""
    catalog = Catalog(library, create=True)
    text = [f"{a} and {b} of {c}" for a in WORDS for b in WORDS for c in WORDS]
    with catalog.atomic() as db:
        video = ("v0", 1, float(spans), 0.0, 320, 180, 0, "h264", 25.0, 0, spans, 1, "[]", "2026-01-01")
        db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
        db.execute("INSERT INTO place VALUES ('/nowhere/long.mp4', 'v0', 1, 1)")
        db.conn.executemany(
            "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
            " VALUES ('v0', 'speech', 'track:2', ?, ?, ?)",
            ((float(i), i + 1.0, text[i * 7 % len(text)]) for i in range(spans)),
        )
