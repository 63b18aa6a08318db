"""B8: peak memory against the length of the video; the peer decodes all its samples into one batch.

Counted is the peak of the resident set of a process of its own: anonymous memory, and the pages of shared
libraries and of the library's files that are mapped. It is read from `VmHWM`, which a process begins anew:
`ru_maxrss` is at least that of the process that started it, because Linux carries it over fork and exec.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import av
import numpy as np

LENGTHS_MIN = {"small": (2, 20), "full": (5, 60, 300)}
PEAK = """
import resource
def peak_kb():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
OURS = """
import sys
from pathlib import Path
from playhead_index.build import build_library
from playhead_index.testing import FakeEmbedder
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
def load():
    return Models(FakeEmbedder(), FakeEmbedder())
recipe = IndexSettings(everywhere=True)
list(build_library(Path(sys.argv[2]), [Path(sys.argv[1])], recipe, load, InProcess()))
print(peak_kb())
"""
PEER = """
import sys
import decord
reader = decord.VideoReader(sys.argv[1], width=398, height=224)
step = max(1, round(reader.get_avg_fps()))
reader.get_batch(list(range(0, len(reader), step)))
print(peak_kb())
"""


def run(size: Literal["small", "full"]) -> dict[str, Any]:
    """Peak MB of indexing every second of videos of several lengths, and of the peer on the shorter ones.

    Returns:
        `ours_mb` and `peer_mb` by minutes, `ratio` of the longest to the shortest, `slope_mb_per_hour`.
    """
    ours: dict[int, float] = {}
    peer: dict[int, float] = {}
    with TemporaryDirectory() as name:
        for minutes in LENGTHS_MIN[size]:
            video = Path(name) / f"{minutes}.mp4"
            write_moving(video, minutes)
            ours[minutes] = _peak_mb(OURS, video, Path(name) / f"library-{minutes}")
            if minutes <= 60:
                peer[minutes] = _peak_mb(PEER, video)
    shortest, longest = min(ours), max(ours)
    return {
        "ours_mb": ours,
        "peer_mb": peer,
        "ratio": ours[longest] / ours[shortest],
        "slope_mb_per_hour": (ours[longest] - ours[shortest]) / ((longest - shortest) / 60),
        "goal": {"ratio": 1.05, "slope_mb_per_hour": 5.0},
    }


def write_moving(
    path: Path, minutes: float, *, fps: int = 2, width_px: int = 640, height_px: int = 360
) -> None:
    """A video in which something always moves, written a frame at a time."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (height_px, width_px * 2, 3), dtype=np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "40"})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        for i in range(int(minutes * 60 * fps)):
            picture = np.full((height_px, width_px, 3), (i * 37 % 255, i * 11 % 255, i % 255), np.uint8)
            x = i * 7 % width_px
            picture[100:260] = noise[100:260, x : x + width_px]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        out.mux(stream.encode())


def _peak_mb(code: str, *arguments: Path) -> float:
    """Peak resident memory in MiB of Python code that runs with arguments and prints `peak_kb()` last."""
    command = [sys.executable, "-c", PEAK + code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024
