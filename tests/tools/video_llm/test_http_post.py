"""Servers that are busy, slow, broken or away."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.tools.video_llm.made_clips import vlm_request
from tests.tools.video_llm.made_server import FELL_OVER, Answer, MadeServer, made_server

from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.http_post import BackOff, Timeouts, retry_after_s
from playhead_tools.video_llm.protocol import VlmResponse
from playhead_tools.video_llm.server import ServerVideoLLM

BOTH = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
BUSY = Answer(status=429, headers={"Retry-After": "0.05"})


def generate(server: MadeServer | str, **options: Any) -> VlmResponse:
    url = server if isinstance(server, str) else server.base_url
    back_off = BackOff(tries=3, first_s=0.001)
    return ServerVideoLLM(url, "made", **{"back_off": back_off, **options}).generate(vlm_request())


PASSING: list[tuple[str, Answer]] = [
    ("too many requests", BUSY),
    ("an error inside", Answer(status=500)),
    ("overloaded", Answer(status=503)),
    ("a gateway's timeout", Answer(status=504)),
]


@BOTH
@pytest.mark.parametrize(("_", "failure"), PASSING, ids=[row[0] for row in PASSING])
def test_what_passes_is_tried_again(_: str, failure: Answer, stream: bool) -> None:
    with made_server(failure, failure, "at last") as server:
        reply = generate(server, stream=stream)
    assert (reply.text, reply.report.retries) == ("at last", 2)


CUT: list[tuple[str, Answer]] = [
    ("the connection breaks", Answer("one two three", cut_after=2)),
    ("the stream ends too early", Answer("one two three", cut_after=2, quietly=True)),
    ("an error for a body", Answer(raw=FELL_OVER)),
    ("an error in the stream", Answer(raw=b'data: {"error": {"message": "out of memory"}}\n\n')),
    ("half a body", Answer(raw=b'{"choices"', headers={"Content-Length": "500"})),
]


@pytest.mark.parametrize(("_", "failure"), CUT, ids=[row[0] for row in CUT])
def test_a_cut_stream_is_asked_again_and_never_half_an_answer(_: str, failure: Answer) -> None:
    with made_server(failure, "whole now") as server:
        reply = generate(server)
    assert (reply.text, reply.report.retries) == ("whole now", 1)


def test_a_server_that_stays_broken_is_given_up() -> None:
    why = r"was asked 3 times: HTTP 500: .*the model fell over"
    with made_server(Answer(status=500)) as server, pytest.raises(ModelUnavailable, match=why):
        generate(server)
    assert len(server.requests) == 3


def test_a_stream_that_is_always_cut_is_given_up() -> None:
    with (
        made_server(Answer("one two", cut_after=1, quietly=True)) as server,
        pytest.raises(ModelUnavailable, match="asked 3 times: the stream was cut off after 4 characters"),
    ):
        generate(server)


def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    with made_server(BUSY, "x") as server:
        report = generate(server, back_off=BackOff(tries=2, first_s=30.0)).report
    assert 0.05 <= report.total_s < 30.0


def test_a_wait_beyond_the_time_is_not_begun() -> None:
    with (
        made_server(Answer(status=429, headers={"Retry-After": "120"})) as server,
        pytest.raises(ModelUnavailable, match=r"HTTP 429: .* the next try would come in 120.0 s"),
    ):
        generate(server, timeouts=Timeouts(total_s=60.0))


NONSENSE: list[tuple[str, bytes, str]] = [
    ("a web page", b"<html>busy</html>", "no chat completion .*<html>busy"),
    ("a list", b"[1, 2]", "no chat completion"),
    ("an empty object", b"{}", "has no message"),
    ("no choices", b'{"choices": []}', "has no message"),
    ("choices of another kind", b'{"choices": "none"}', "no chat completion"),
    ("nothing that is JSON", b"data: {oops\n\n", "no chat completion"),
]


@BOTH
@pytest.mark.parametrize(("_", "body", "why"), NONSENSE, ids=[row[0] for row in NONSENSE])
def test_nonsense_is_named_and_not_asked_for_again(_: str, body: bytes, why: str, stream: bool) -> None:
    with made_server(Answer(raw=body)) as server, pytest.raises(ModelUnavailable, match=why):
        generate(server, stream=stream)
    assert len(server.requests) == 1


def test_an_empty_body_is_no_answer() -> None:
    with made_server(Answer(raw=b"")) as server, pytest.raises(ModelUnavailable, match="cut off after 0"):
        generate(server)


def test_nobody_at_the_address() -> None:
    with made_server("x") as server:
        gone = server.base_url
    with pytest.raises(ModelUnavailable, match=r"asked 3 times: ConnectError.*is it up"):
        generate(gone)


def test_a_slow_first_byte_is_not_waited_for() -> None:
    with (
        made_server(Answer("x", wait_s=1.0)) as server,
        pytest.raises(ModelUnavailable, match="asked 3 times: ReadTimeout"),
    ):
        generate(server, timeouts=Timeouts(first_byte_s=0.1))


def test_a_slow_first_byte_is_forgiven_once() -> None:
    with made_server(Answer("x", wait_s=3.0), "in time") as server:
        assert generate(server, timeouts=Timeouts(first_byte_s=1.5)).text == "in time"


def test_a_stream_that_never_ends_meets_the_whole_time() -> None:
    with (
        made_server(Answer("word " * 200, between_s=0.02)) as server,
        pytest.raises(ModelUnavailable, match=r"did not finish within 0.3 s"),
    ):
        generate(server, timeouts=Timeouts(total_s=0.3))


DATE = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
ASKED: list[tuple[str, dict[str, str], float | None]] = [
    ("seconds", {"retry-after": "20"}, 20.0),
    ("milliseconds", {"retry-after-ms": "1500"}, 1.5),
    ("a date", {"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
    ("a date that is past", {"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
    ("nothing", {}, None),
    ("a negative number", {"retry-after": "-3"}, None),
    ("a word", {"retry-after": "soon"}, None),
]


@pytest.mark.parametrize(("_", "headers", "wait_s"), ASKED, ids=[row[0] for row in ASKED])
def test_the_wait_asked_for_is_read_from(_: str, headers: dict[str, str], wait_s: float | None) -> None:
    assert retry_after_s(headers, DATE) == wait_s


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"first_s": -1.0}, {"factor": 0.5}])
def test_a_back_off_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs at least one try"):
        BackOff(**wrong)


def test_a_timeout_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="got connect_s = 0"):
        Timeouts(connect_s=0)
