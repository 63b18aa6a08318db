"""A video of which nothing is left to do is found known without a model being loaded."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.index.spoken import RATE_HZ, babble, silence
from tests.made_videos import solid, write_video

from playhead_index.build import VideoReport, build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import Models
from playhead_index.recorded_models import RecordedTranscriber
from playhead_index.store.catalog import Catalog
from playhead_index.testing import ScriptedTranscriber
from playhead_index.window import Window
from playhead_index.words.protocol import TranscriberTag, Words

TAG = TranscriberTag("/models/one", "1" * 20)
CUES = (
    "1\n00:00:01,000 --> 00:00:03,000\nThe blue whale.\n\n2\n00:00:04,000 --> 00:00:05,000\n[door creaks]\n"
)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mkv"
    sound = np.concatenate([silence(1), babble(2), silence(3)])
    pictures = [(solid((i, 0, 0)), float(i)) for i in range(6)]
    write_video(path, pictures, end_s=6.0, audio=sound, audio_rate_hz=RATE_HZ)
    return path


@pytest.fixture
def index(tmp_path: Path, video: Path) -> Callable[[], tuple[VideoReport, int]]:
    """Indexes the video: its report, and how often models were loaded."""

    def run() -> tuple[VideoReport, int]:
        loaded: list[Models] = []

        def load() -> Models:
            words = Words("speech", "asr:one", Window(1.0, 3.0), "the blue whale", "en")
            loaded.append(Models(transcriber=ScriptedTranscriber([words], "asr:one", TAG)))
            return loaded[-1]

        recorded = Models(transcriber=RecordedTranscriber("asr:one", TAG), is_recorded=True)
        folder = tmp_path / "library"
        (report,) = build_library(
            folder, [video], {}, load, InProcess(), recorded_models=lambda: recorded, debug=True
        )
        with Catalog(folder).atomic() as db:  # a file of a moment ago is not believed by its times
            db.execute("DELETE FROM file_state")
        return report, len(loaded)

    return run


def test_nothing_to_do_loads_no_model(index: Callable[[], tuple[VideoReport, int]]) -> None:
    index()
    report, num_loaded = index()
    assert (report.status, num_loaded) == ("known", 0)


def test_other_subtitles_are_read_with_the_models_and_what_was_left_out_is_said(
    index: Callable[[], tuple[VideoReport, int]], video: Path
) -> None:
    index()
    video.with_suffix(".srt").write_text(CUES)
    report, num_loaded = index()
    assert (report.status, num_loaded) == ("indexed", 1)
    assert report.warnings == ("talk.srt: 1 description of sounds left out: not speech",)
    assert index()[1] == 0
