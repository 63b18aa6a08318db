"""Speech recognised by a server: what is sent, what is made of its replies, and what it cannot break."""

import json
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.hostile_server import CUT, ERRORS, NO_COMPLETION, REDIRECT, TOO_MUCH, TOO_SLOW, hostile_server
from tests.index.spoken import babble, pieces_of, silence
from tests.transcription_server import Request, refusal, transcription_server

from playhead_index.errors import ModelError, ModelOutputInvalid
from playhead_index.window import Window
from playhead_index.words.protocol import NO_HINTS, RecognitionHints, TranscribedChunk, WordTime
from playhead_tools.speech_server.parse_response import read_transcript
from playhead_tools.speech_server.server import ServerTranscriber, without_password
from playhead_tools.speech_server.wav_audio import split_at_quiet
from playhead_tools.video_llm.http_post import BackOff, Timeouts

pytest.importorskip("faster_whisper", reason="the extra asr is not installed")

RATE_HZ = 16_000
ONCE = BackOff(tries=1)
KEY = "local-key-12345"


@pytest.fixture(scope="module")
def sound() -> NDArray[np.float32]:
    """Voice at about 2 to 6 s and at about 12 to 15 s."""
    return np.concatenate([silence(2.0), babble(4.0), silence(6.0), babble(3.0, seed=1), silence(1.0)])


def recognise(
    url: str, sound: NDArray[np.float32], hints: RecognitionHints = NO_HINTS, done_s: float = 0.0, **how: Any
) -> list[TranscribedChunk]:
    transcriber = ServerTranscriber(url, "whisper-1", back_off=ONCE, **how)
    pieces = iter(pieces_of(sound))
    return list(transcriber.transcribe(pieces, RATE_HZ, len(sound) / RATE_HZ, done_s, hints))


def verbose(request: Request) -> tuple[int, Any]:
    """Two words in the first second of whatever is sent."""
    words = [{"word": "red", "start": 0.1, "end": 0.4}, {"word": "apples", "start": 0.5, "end": 1.0}]
    segment = {"id": 0, "start": 0.1, "end": 1.0, "text": " Red apples, red apples.", "avg_logprob": -0.5}
    return 200, {
        "text": "Red apples, red apples.",
        "language": "english",
        "segments": [segment],
        "words": words,
    }


def plain_only(request: Request) -> tuple[int, Any]:
    if request.form != "json":
        return refusal(f"response_format '{request.form}' is not compatible with model 'whisper-1'")
    return 200, {"text": f"{request.duration_s:.0f} seconds"}


def test_stretches_of_voice_are_sent_and_times_are_those_of_the_whole_sound(
    sound: NDArray[np.float32],
) -> None:
    with transcription_server(verbose) as server:
        (chunk,) = recognise(server.base_url, sound)
    first, second = chunk.words
    assert [round(request.duration_s) for request in server.requests] == [4, 3]
    assert first.window.start_s == pytest.approx(2.1, abs=0.4)
    assert second.window.start_s == pytest.approx(12.1, abs=0.4)
    assert (first.source, first.text, first.language) == (
        "asr:whisper-1 (server)", "Red apples, red apples.", "en",
    )  # fmt: skip
    assert first.confidence == pytest.approx(0.6065, abs=1e-3)
    assert [first.text[one.start : one.end] for one in first.word_times] == ["Red", "apples"]
    assert first.word_times[0].start_s == pytest.approx(first.window.start_s)


def test_the_language_and_the_hotwords_are_sent(sound: NDArray[np.float32]) -> None:
    with transcription_server(verbose) as server:
        recognise(server.base_url, sound, RecognitionHints("pt-BR", "de", hotwords="ComfyUI"))
    sent = server.requests[0].fields
    assert (sent["language"], sent["prompt"], sent["model"]) == (["pt"], ["ComfyUI"], ["whisper-1"])
    assert sent["timestamp_granularities[]"] == ["segment", "word"]


def test_a_likely_language_is_left_for_the_server_to_find_out(sound: NDArray[np.float32]) -> None:
    with transcription_server(verbose) as server:
        recognise(server.base_url, sound, RecognitionHints(likely_language="de"))
    assert "language" not in server.requests[0].fields


def test_voice_under_subtitles_is_not_sent(sound: NDArray[np.float32]) -> None:
    with transcription_server(verbose) as server:
        (chunk,) = recognise(server.base_url, sound, RecognitionHints(subtitled=(Window(0.0, 8.0),)))
    assert len(server.requests) == 1
    assert [words.window.start_s > 8 for words in chunk.words] == [True]
    assert len(chunk.voice or ()) == 2


def test_nothing_is_sent_where_nobody_speaks() -> None:
    with transcription_server(verbose) as server:
        (chunk,) = recognise(server.base_url, silence(5.0))
    assert (chunk.words, server.requests) == ((), [])


def test_a_server_without_times_gives_a_span_for_each_stretch_of_voice(sound: NDArray[np.float32]) -> None:
    with transcription_server(plain_only) as server:
        (chunk,) = recognise(server.base_url, sound)
    assert [words.text for words in chunk.words] == ["4 seconds", "3 seconds"]
    assert chunk.words[1].window.end_s == pytest.approx(15.0, abs=0.5)
    forms = [request.form for request in server.requests]
    assert forms == ["verbose_json", "verbose_json", "diarized_json", "json", "json"]


def test_a_segment_without_usable_times_makes_the_reply_one_span(sound: NDArray[np.float32]) -> None:
    broken = {"text": "red apples", "segments": [{"text": "red apples", "start": None, "end": "soon"}]}
    with transcription_server(lambda request: (200, broken)) as server:
        (chunk,) = recognise(server.base_url, sound)
    assert [words.text for words in chunk.words] == ["red apples", "red apples"]
    assert len(server.requests) == 2


def test_speakers_are_given_only_where_all_of_the_sound_is_one_request(sound: NDArray[np.float32]) -> None:
    def diarized(request: Request) -> tuple[int, Any]:
        if request.form != "diarized_json":
            return refusal("response_format verbose_json is not compatible")
        row = {"type": "transcript.text.segment", "start": 0.0, "end": 1.0, "text": "Yes.", "speaker": "A"}
        return 200, {"text": "Yes.", "segments": [row]}

    with transcription_server(diarized) as server:
        (one,) = recognise(server.base_url, sound[: 8 * RATE_HZ])
        (two,) = recognise(server.base_url, sound)
    assert [words.speaker for words in one.words] == ["1"]  # a voice, not the name of anybody
    assert [words.speaker for words in two.words] == [None, None]


def test_a_run_that_goes_on_sends_only_the_chunks_that_are_left(sound: NDArray[np.float32]) -> None:
    with transcription_server(verbose) as server:
        whole = recognise(server.base_url, sound, chunk_s=10.0)
        num_sent = len(server.requests)
        rest = recognise(server.base_url, sound, done_s=whole[0].window.end_s, chunk_s=10.0)
    assert (len(whole), num_sent, len(server.requests)) == (2, 2, 3)
    assert rest == whole[1:]


def test_what_came_before_a_failure_is_given_first(sound: NDArray[np.float32]) -> None:
    def fails_later(request: Request) -> tuple[int, Any]:
        return verbose(request) if request.duration_s > 3.6 else refusal("out of memory", 500)

    with transcription_server(fails_later) as server:
        transcriber = ServerTranscriber(server.base_url, "whisper-1", back_off=ONCE, chunk_s=10.0)
        found = transcriber.transcribe(iter(pieces_of(sound)), RATE_HZ, 16.0)
        assert len(next(found).words) == 1
        with pytest.raises(ModelError, match=r"was asked once: HTTP 500: .*out of memory"):
            next(found)


def test_a_refusal_that_is_not_about_the_form_is_said(sound: NDArray[np.float32]) -> None:
    with (
        transcription_server(lambda request: refusal("no such model", 404)) as server,
        pytest.raises(ModelError, match=r"refused: HTTP 404.*no such model.*model's name \(whisper-1\)"),
    ):
        recognise(server.base_url, sound)


def test_the_key_is_sent_and_shown_nowhere(sound: NDArray[np.float32]) -> None:
    def echoes(request: Request) -> tuple[int, Any]:
        return 200, {"text": f"the key is {request.authorization}"}

    with transcription_server(echoes) as server:
        (chunk,) = recognise(server.base_url, sound, api_key=KEY)
    assert server.requests[0].authorization == f"Bearer {KEY}"
    assert [words.text for words in chunk.words] == ["the key is Bearer ***"] * 2
    assert KEY not in repr(ServerTranscriber(server.base_url, "m", KEY))


def test_a_refusal_that_echoes_the_key_does_not_show_it(sound: NDArray[np.float32]) -> None:
    with (
        transcription_server(lambda request: refusal(f"{request.authorization} is wrong", 401)) as server,
        pytest.raises(ModelError, match="401") as caught,
    ):
        recognise(server.base_url, sound, api_key=KEY)
    assert KEY not in f"{caught.value} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_a_password_in_the_address_is_not_remembered() -> None:
    assert ServerTranscriber("https://me:pw@host:1/v1/", "m").tag.location == "https://host:1/v1#m"
    assert without_password("http://host/v1") == "http://host/v1"


HOSTILE = NO_COMPLETION | TOO_MUCH | TOO_SLOW | ERRORS | CUT


@pytest.mark.parametrize("way", HOSTILE)
def test_a_hostile_server_is_an_error_within_its_time(way: str, sound: NDArray[np.float32]) -> None:
    timeouts = Timeouts(connect_s=2.0, first_byte_s=2.0, total_s=2.0)
    began_s = time.monotonic()
    with hostile_server(HOSTILE[way]) as server, pytest.raises(ModelError, match=r"127\.0\.0\.1"):
        recognise(server.base_url, sound, timeouts=timeouts, api_key=KEY, max_bytes=2**20)
    assert time.monotonic() - began_s < 30


def test_a_redirect_does_not_carry_the_sound_to_another_host(sound: NDArray[np.float32]) -> None:
    with transcription_server(verbose) as other, hostile_server(REDIRECT, other.base_url) as server:
        with pytest.raises(ModelError, match="which is not followed"):
            recognise(server.base_url, sound, api_key=KEY)
        assert other.requests == []


# ---- replies ----


def reply(**fields: Any) -> str:
    return json.dumps(fields)


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "<html>", '{"id": 1}', '{"text": 5}', "[" * 100_000, '{"segments": null}'],
)
def test_what_is_no_transcript_is_refused(body: str) -> None:
    with pytest.raises(ModelOutputInvalid, match="came back"):
        read_transcript(body, 10.0)


def test_times_are_clamped_to_the_sound_and_segments_are_sorted() -> None:
    rows = [
        {"start": 8.0, "end": 12.0, "text": "late"},
        {"start": -1.0, "end": 2.0, "text": "early"},
        {"start": 11.0, "end": 12.0, "text": "behind the end"},
        {"start": 3.0, "end": 4.0, "text": "  "},
    ]
    found = read_transcript(reply(text="x", segments=rows), 10.0).segments or ()
    assert [(one.start_s, one.end_s, one.text) for one in found] == [(0.0, 2.0, "early"), (8.0, 10.0, "late")]


@pytest.mark.parametrize("times", [{"start": float("nan"), "end": 1.0}, {"start": 2.0, "end": 1.0}, {}])
def test_times_that_are_no_times_leave_the_text(times: dict[str, float]) -> None:
    transcript = read_transcript(reply(text="red apples", segments=[{"text": "red apples", **times}]), 10.0)
    assert (transcript.text, transcript.segments) == ("red apples", None)


def test_words_get_their_offsets_and_go_to_the_segment_that_they_lie_in() -> None:
    rows = [{"start": 0.0, "end": 1.0, "text": "red apples"}, {"start": 1.0, "end": 2.0, "text": "red pears"}]
    words = [
        {"word": " red", "start": 0.0, "end": 0.4, "probability": 0.9},
        {"word": " apples", "start": 0.4, "end": 1.0, "probability": 0.5},
        {"word": " red", "start": 1.0, "end": 1.4, "probability": 2},
        {"word": 7, "start": 1.4, "end": 2.0},
    ]
    first, second = read_transcript(reply(text="", segments=rows, words=words), 2.0).segments or ()
    assert first.word_times == (WordTime(0, 3, 0.0, 0.4, 0.9), WordTime(4, 10, 0.4, 1.0, 0.5))
    assert (first.confidence, second.confidence) == (0.7, None)
    assert second.word_times == (WordTime(0, 3, 1.0, 1.4, 1.0),)


@pytest.mark.parametrize(("log_probability", "confidence"), [(-0.5, 0.6065), (0.3, 1.0), ("x", None)])
def test_the_confidence_is_that_of_the_segment(log_probability: Any, confidence: float | None) -> None:
    row = {"start": 0.0, "end": 1.0, "text": "red", "avg_logprob": log_probability}
    (segment,) = read_transcript(reply(text="red", segments=[row]), 2.0).segments or ()
    assert segment.confidence == (None if confidence is None else pytest.approx(confidence, abs=1e-4))


def test_a_long_stretch_is_cut_where_it_is_quietest() -> None:
    loud = np.ones(50 * RATE_HZ, np.float32)
    loud[20 * RATE_HZ : 21 * RATE_HZ] = 0
    parts = list(split_at_quiet(loud, Window(2.0, 50.0), 30.0))
    assert (parts[0].start_s, parts[-1].end_s) == (2.0, 50.0)
    assert all(a.end_s == b.start_s for a, b in pairwise(parts))
    assert parts[0].end_s == pytest.approx(20.5, abs=0.6)
    assert max(part.duration_s for part in parts) <= 30.0
