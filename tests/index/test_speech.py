"""Finding speech with the real voice detector, and recognising it through the real model code."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests import made_videos
from tests.index.spoken import babble, pieces_of, silence, write_tiny_whisper
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.errors import ModelError, ModelUnavailable
from playhead_index.testing import ScriptedTranscriber
from playhead_index.window import Window, join_windows
from playhead_index.words.protocol import RecognitionHints, TranscribedChunk, Transcriber, Words
from playhead_index.words.recognition_windows import LanguageRule
from playhead_index.words.voice_activity import RATE_HZ, cut_chunks, cut_s, speech_windows
from playhead_index.words.whisper_transcriber import FasterWhisperTranscriber

pytest.importorskip("faster_whisper", reason="the extra asr is not installed")

NOISE = np.random.default_rng(0).normal(size=5 * RATE_HZ).astype(np.float32) * 0.1


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(silence(5.0), id="silence"),
        pytest.param(made_videos.tone(5.0), id="a tone"),
        pytest.param(NOISE, id="noise"),
        pytest.param(silence(0.0), id="nothing at all"),
        pytest.param(silence(0.01), id="a hundredth of a second"),
    ],
)
def test_nobody_speaks_in(sound: np.ndarray) -> None:
    assert speech_windows(sound) == []


def test_a_voice_is_found_where_it_speaks() -> None:
    sound = np.concatenate([silence(2.0), babble(4.0), silence(3.0), babble(3.0, seed=1), silence(1.0)])
    first, second = speech_windows(sound)
    assert first.start_s == pytest.approx(2.0, abs=0.4)
    assert first.end_s == pytest.approx(6.0, abs=0.4)
    assert second.start_s == pytest.approx(9.0, abs=0.4)
    assert second.end_s == pytest.approx(12.0, abs=0.4)


def test_a_real_narrator_is_found() -> None:
    reader = open_reader(shared("videos/odd/torchcodec__nasa_13013.mp4"))
    found = speech_windows(np.concatenate(list(reader.audio(RATE_HZ))))
    assert sum(window.duration_s for window in found) > 10.0


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        pytest.param([Window(0, 50), Window(70, 80), Window(81, 100)], 80.5, id="the last silence"),
        pytest.param([Window(0, 20), Window(30, 100)], 100.0, id="a silence in the first half is too early"),
        pytest.param([Window(0, 80)], 90.0, id="silence at the end"),
        pytest.param([Window(0, 100)], 100.0, id="no silence"),
        pytest.param([], 100.0, id="nobody speaks"),
    ],
)
def test_sound_is_cut_where_nobody_speaks(speech: list[Window], expected: float) -> None:
    assert cut_s(speech, 100.0) == expected


def test_chunks_hold_all_sound_once_and_are_cut_in_a_pause() -> None:
    sound = np.concatenate(
        [babble(5.0), silence(2.0), babble(5.0, seed=1), silence(1.0), babble(2.0, seed=2)]
    )
    parts = list(cut_chunks(pieces_of(sound), longest_s=10.0))
    assert np.array_equal(np.concatenate([part.sound for part in parts]), sound)
    assert parts[1].from_s == pytest.approx(6.0, abs=0.5)
    assert all(len(part.sound) <= 10.0 * RATE_HZ for part in parts)
    assert [len(part.speech) for part in parts] == [1, 2]


def test_chunks_do_not_grow_with_the_sound() -> None:
    held = [len(part.sound) for part in cut_chunks(pieces_of(silence(65.0)), longest_s=20.0)]
    assert held == [20 * RATE_HZ] * 3 + [5 * RATE_HZ]


def test_one_long_piece_is_cut_as_well() -> None:
    assert [part.from_s for part in cut_chunks([silence(45.0)], longest_s=20.0)] == [0.0, 20.0, 40.0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> FasterWhisperTranscriber:
    folder = write_tiny_whisper(tmp_path_factory.mktemp("models") / "tiny", "open the red door")
    return FasterWhisperTranscriber(str(folder), device="cpu", chunk_s=20.0)


def words_of(
    transcriber: Transcriber, sound: NDArray[np.float32], duration_s: float, done_s: float = 0.0
) -> list[Words]:
    found = transcriber.transcribe(iter(pieces_of(sound)), RATE_HZ, duration_s, done_s)
    return [words for chunk in found for words in chunk.words]


def recognised(
    transcriber: Transcriber, sound: NDArray[np.float32], hints: RecognitionHints
) -> list[TranscribedChunk]:
    duration_s = len(sound) / RATE_HZ
    return list(transcriber.transcribe(iter(pieces_of(sound)), RATE_HZ, duration_s, 0.0, hints))


def test_voice_that_subtitles_cover_is_not_recognised(tiny: Transcriber) -> None:
    sound = np.concatenate([silence(1.0), babble(4.0), silence(6.0), babble(4.0, seed=1)])
    (chunk,) = recognised(tiny, sound, RecognitionHints(subtitled=(Window(1.0, 5.0),)))
    assert chunk.voice is not None
    assert [round(window.start_s) for window in chunk.voice] == [1, 11]
    assert [round(window.start_s) for window in chunk.recognised] == [11]
    assert [round(words.window.start_s) for words in chunk.words] == [11]


def test_voice_is_known_whatever_subtitles_cover(tiny: Transcriber) -> None:
    sound = np.concatenate([np.concatenate([babble(9.0, seed=seed), silence(3.0)]) for seed in range(3)])
    covered = recognised(tiny, sound, RecognitionHints(subtitled=(Window(0.0, 20.0),)))
    ends = [chunk.window.end_s for chunk in covered]
    assert [chunk.window.start_s for chunk in covered] == [0.0, *ends[:-1]]
    assert ends[-1] == 36.0
    voiced = join_windows((window for chunk in covered for window in chunk.voice or ()), gap_s=0.5)
    assert [round(window.start_s) for window in voiced] == [0, 12, 24]


def test_subtitles_over_all_voice_leave_nothing_to_the_model(tiny: Transcriber) -> None:
    (chunk,) = recognised(tiny, babble(5.0), RecognitionHints(subtitled=(Window(0.0, 5.0),)))
    assert (chunk.words, chunk.recognised) == ((), ())


def test_a_language_that_the_model_does_not_know_is_refused(tiny: Transcriber) -> None:
    with pytest.raises(ModelError, match="asr:tiny does not know the language 'vo'"):
        recognised(tiny, babble(2.0), RecognitionHints(language="vo"))


@pytest.mark.parametrize(
    ("likely", "detected", "probability", "taken"),
    [("de", "la", 0.42, "de"), ("en", "de", 0.997, "de"), ("en", "en", 0.5, "en"), ("nl", "de", 0.89, "nl")],
)
def test_a_wrong_tag_gives_way_to_a_language_that_is_clearly_detected(
    likely: str, detected: str, probability: float, taken: str
) -> None:
    assert LanguageRule(likely=likely).choose({detected: probability}, None) == taken


def test_a_model_is_named_after_its_folder(tiny: Transcriber) -> None:
    assert tiny.name == "asr:tiny"


def test_words_are_recognised_where_somebody_speaks(tiny: Transcriber) -> None:
    sound = np.concatenate([silence(3.0), babble(4.0), silence(2.0)])
    (words,) = words_of(tiny, sound, 9.0)
    assert (words.kind, words.source, words.text) == ("speech", "asr:tiny", "open the red door")
    assert words.language == "en"
    assert words.confidence == pytest.approx(1.0)
    assert words.window.start_s == pytest.approx(3.0, abs=0.5)
    assert words.window.end_s <= 7.5


def test_nothing_is_recognised_in_silence(tiny: Transcriber) -> None:
    assert words_of(tiny, silence(40.0), 40.0) == []


def test_times_of_a_later_chunk_count_from_the_start(tiny: Transcriber) -> None:
    sound = np.concatenate([silence(30.0), babble(4.0)])
    (words,) = words_of(tiny, sound, 34.0)
    assert words.window.start_s == pytest.approx(30.0, abs=0.5)


def test_words_end_with_the_sound(tiny: Transcriber) -> None:
    sound = np.concatenate([silence(1.0), babble(3.0)])
    spans = words_of(tiny, sound, 2.0)
    assert all(span.window.end_s <= 2.0 for span in spans)


def test_another_rate_is_refused(tiny: Transcriber) -> None:
    with pytest.raises(ValueError, match="rate_hz must be 16000, got 44100"):
        list(tiny.transcribe(iter([]), 44_100, 1.0))


def test_a_beam_of_no_hypotheses_is_refused() -> None:
    with pytest.raises(ValueError, match="beam_size must be at least 1, got 0"):
        FasterWhisperTranscriber("tiny", beam_size=0)


def test_weights_that_are_not_here_name_the_download() -> None:
    with pytest.raises(ModelUnavailable, match="are not on this machine; fetch them with: playhead prepare"):
        FasterWhisperTranscriber("nobody/has-this-model")


def test_a_size_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match=r"'gigantic' does not load: .*expected one of: tiny"):
        FasterWhisperTranscriber("gigantic")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"does not load: .*model\.bin"):
        FasterWhisperTranscriber(str(tmp_path))


SCRIPT = [
    Words("speech", "asr:script", Window(1.0, 2.0), "one"),
    Words("speech", "asr:script", Window(5.0, 7.0), "two"),
]


def test_a_script_is_recognised_in_full() -> None:
    fake: Transcriber = ScriptedTranscriber(SCRIPT)
    assert words_of(fake, silence(8.0), 8.0) == SCRIPT


def test_a_script_goes_on_where_it_stopped() -> None:
    fake = ScriptedTranscriber(SCRIPT)
    assert words_of(fake, silence(8.0), 8.0, done_s=2.0) == SCRIPT[1:]
    assert fake.recognised == ["two"]


def test_a_resumed_run_recognises_what_an_undisturbed_one_recognises(tiny: Transcriber) -> None:
    spoken = [np.concatenate([babble(9.0, seed=seed), silence(3.0)]) for seed in range(3)]
    sound = np.concatenate(spoken)
    whole = list(tiny.transcribe(iter(pieces_of(sound)), RATE_HZ, 36.0))
    assert len(whole) > 1
    for done, chunk in enumerate(whole, 1):
        rest = tiny.transcribe(iter(pieces_of(sound)), RATE_HZ, 36.0, chunk.window.end_s)
        assert list(rest) == whole[done:]
