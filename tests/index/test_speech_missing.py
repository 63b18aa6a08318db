"""Messages when a package or its weights are missing, and that importing the modules loads none."""

import subprocess
import sys

import numpy as np
import pytest

from playhead_index.errors import ModelUnavailable
from playhead_index.words.screen_text import RapidOcrReader
from playhead_index.words.voice_activity import speech_windows
from playhead_index.words.whisper_transcriber import FasterWhisperTranscriber

MODULES = (
    "merge_screen_text protocol repetition screen_text sidecars subtitles subtitle_tracks voice_activity"
    " whisper_transcriber"
)
HEAVY = "av cv2 faster_whisper onnxruntime pysubs2 rapidocr torch transformers"


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("faster_whisper", "faster_whisper.vad", "rapidocr"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("nothing_installed")
def test_without_faster_whisper_the_extra_is_named() -> None:
    with pytest.raises(ModelUnavailable, match=r'run: pip install .*\[asr\]"'):
        FasterWhisperTranscriber("tiny")
    with pytest.raises(ModelUnavailable, match=r'run: pip install .*\[asr\]"'):
        speech_windows(np.zeros(16_000, np.float32))


@pytest.mark.usefixtures("nothing_installed")
def test_without_rapidocr_the_package_is_named() -> None:
    with pytest.raises(ModelUnavailable, match=r"needs rapidocr .*; run: pip install "):
        RapidOcrReader()


def test_importing_these_modules_loads_no_library_of_a_model() -> None:
    imports = "; ".join(f"import playhead_index.words.{name}" for name in MODULES.split())
    imports += "; import playhead_index.testing"
    code = f"{imports}; import sys; print(sorted(set({HEAVY.split()}) & set(sys.modules)))"
    path = [entry for entry in sys.path if entry]
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"
