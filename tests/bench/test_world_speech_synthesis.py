"""The synthetic benchmark's voice: every line at its time, as sound."""

import shutil
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from playhead_bench.world.render import load_truth, render
from playhead_bench.world.speech_synthesis import (
    BLOCK,
    PROGRAM,
    RATE_HZ,
    blocks,
    synthesise,
    synthesise_line,
    wav_samples,
)
from playhead_bench.world.story import Line, Scene, Story
from playhead_bench.world.street_and_interview import street
from playhead_index.errors import ModelUnavailable, VideoError
from playhead_index.window import Window

needs_espeak = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not on the PATH")
SMALL = {"size": (64, 36), "fps": 2}


def two_lines() -> Story:
    lines = (
        Line(Window(1.0, 4.0), "Ada", "Good evening and welcome."),
        Line(Window(6.0, 7.5), "Ben", "Thank you, the harbour opens on Monday."),
    )
    return Story("talk", 0, (Scene("a studio", "studio", Window(0.0, 9.0)),), lines)


def tone(seconds: float, height: int = 1000) -> NDArray[np.int16]:
    return np.full(round(seconds * RATE_HZ), height, np.int16)


def test_parts_lie_at_their_times_with_silence_between():
    track = np.concatenate(list(blocks([(0.5, tone(0.25)), (1.0, tone(0.5, -7))], 2.0)))
    assert len(track) == 2 * RATE_HZ
    assert np.array_equal(np.flatnonzero(track == 1000), np.arange(11025, 16537))
    assert np.array_equal(np.flatnonzero(track == -7), np.arange(22050, 33075))
    assert (track != 0).sum() == 5512 + 11025


@given(st.lists(st.integers(0, 3000), max_size=5), st.integers(0, 3000))
def test_all_blocks_but_the_last_are_full_and_nothing_is_lost(gaps: list[int], rest: int):
    parts, at = [], 0
    for gap in gaps:
        parts.append(((at + gap) / RATE_HZ, np.ones(gap, np.int16)))
        at += 2 * gap
    cut = list(blocks(parts, (at + rest) / RATE_HZ))
    assert all(len(block) == BLOCK for block in cut[:-1])
    assert sum(len(block) for block in cut) == at + rest
    assert sum(int(block.sum()) for block in cut) == sum(gaps)


@pytest.mark.parametrize(
    ("second_s", "duration_s"), [(0.2, 5.0), (1.0, 1.1)], ids=["over the one before", "over the end"]
)
def test_a_part_that_does_not_fit_is_refused(second_s: float, duration_s: float):
    with pytest.raises(ValueError, match=r"the part before ends at 0\.500 s"):
        list(blocks([(0.0, tone(0.5)), (second_s, tone(0.5))], duration_s))


def test_a_wav_of_another_kind_is_refused(tmp_path: Path):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0" * 8)
    with pytest.raises(VideoError, match=r"\(2, 2, 8000\), expected \(1, 2, 22050\)"):
        wav_samples(tmp_path / "x.wav")


def test_without_espeak_a_voice_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=r"espeak-ng is not on the PATH.*voice='auto'"):
        render(two_lines(), tmp_path / "x.mp4", voice=True, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_without_espeak_auto_goes_without_and_the_truth_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    truth = render(two_lines(), tmp_path / "x.mp4", voice="auto", **SMALL)
    assert not load_truth(truth.path).voice
    with av.open(str(truth.path)) as container:
        assert not container.streams.audio


def test_a_truth_without_a_word_on_voices_is_one_of_a_silent_video(tmp_path: Path):
    truth = render(street(0, 0.1), tmp_path / "x.mp4", **SMALL)
    text = truth.save().read_text()
    truth.save().write_text(text.replace('"voice": false,', ""))
    assert not load_truth(truth.path).voice


@needs_espeak
def test_a_line_is_read_within_its_window_and_a_short_window_makes_it_faster():
    text = "The quick brown fox jumps over the lazy dog and runs."
    slow, fast = (synthesise_line(Line(Window(0.0, room), "Ada", text)) for room in (10.0, 1.5))
    assert len(fast) <= 1.5 * RATE_HZ < len(slow)


@needs_espeak
def test_a_line_that_nobody_could_say_in_time_is_refused():
    with pytest.raises(VideoError, match=r"at 450 words a minute, its window has 0\.50 s"):
        synthesise_line(
            Line(Window(0.0, 0.5), "Ada", "one two three four five six seven eight nine ten " * 3)
        )


@needs_espeak
def test_two_speakers_have_two_voices():
    story = two_lines()
    lines = (story.lines[0], Line(Window(5.0, 8.0), "Ben", story.lines[0].text))
    one, other = (samples for _, samples in synthesise(Story("x", 0, story.scenes, lines)))
    assert len(one) != len(other) or not np.array_equal(one, other)


@needs_espeak
def test_the_track_is_loud_while_a_line_is_spoken_and_silent_outside(tmp_path: Path):
    truth = render(two_lines(), tmp_path / "x.mp4", voice=True, **SMALL)
    with av.open(str(truth.path)) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    loud = np.abs(np.concatenate(frames))
    inside = [loud[int(w.start_s * RATE_HZ) : int(w.end_s * RATE_HZ)] for w in (Window(1, 4), Window(6, 7.5))]
    outside = [loud[int(a * RATE_HZ) : int(b * RATE_HZ)] for a, b in ((0, 0.95), (4.05, 5.95), (7.55, 8.9))]
    assert all(part.max() > 0.1 for part in inside)
    assert all(part.max() < 0.01 for part in outside)
    assert truth.voice
    assert load_truth(truth.path) == truth


@needs_espeak
def test_a_voiced_video_is_as_long_as_its_pictures_and_the_same_twice(tmp_path: Path):
    one, same = (render(two_lines(), tmp_path / f"{n}.mp4", voice=True, **SMALL).path for n in "ab")
    with av.open(str(one)) as container:
        sound = container.streams.audio[0]
        assert float(sound.duration * sound.time_base) == pytest.approx(9.0, abs=0.1)
    assert one.read_bytes() == same.read_bytes()
