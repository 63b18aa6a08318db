"""A video-LLM's server that is broken or hostile: the right error, in time, and nothing sent elsewhere."""

import time
from typing import Any

import pytest
from tests.hostile_server import (
    CUT,
    ERRORS,
    NO_COMPLETION,
    REDIRECT,
    TOO_MUCH,
    TOO_SLOW,
    HostileServer,
    Way,
    body,
    completion,
    hostile_server,
)  # fmt: skip
from tests.tools.video_llm.made_clips import vlm_request

from playhead_index.errors import ModelError, ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import call_deadline
from playhead_tools.video_llm.http_post import BackOff, Timeouts
from playhead_tools.video_llm.server import ServerVideoLLM

KEY = "local-server-key-0123456789"
WHOLE_S, MUCH_S = 1.5, 20.0
SPARE_S = 6.0
"""For a loaded machine, and for the body of an error, which is waited for a little longer."""
NO_REPLY = "no chat completion|no message|cut off"
EXPECTED: dict[str, tuple[Way, type[ModelError], str]] = {
    **{
        name: (way, ModelUnavailable, "no chat completion|no message|cut off")
        for name, way in NO_COMPLETION.items()
    },
    **{name: (way, ModelOutputInvalid, "sent more than 4 MiB") for name, way in TOO_MUCH.items()},
    **{name: (way, ModelUnavailable, r"did not finish within 1\.5 s") for name, way in TOO_SLOW.items()},
    **{name: (way, ModelUnavailable, "refused: HTTP 400: x") for name, way in ERRORS.items()},
    **{name: (way, ModelUnavailable, "asked twice|asked 2 times") for name, way in CUT.items()},
}


def model(server: HostileServer, **options: Any) -> ServerVideoLLM:
    timeout_s = MUCH_S if server.answer in TOO_MUCH.values() else WHOLE_S
    timeouts = Timeouts(first_byte_s=timeout_s, total_s=timeout_s)
    return ServerVideoLLM(
        server.base_url, "made", api_key=KEY, timeouts=timeouts, back_off=BackOff(2, 0.001), **options
    )


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_hostile_server_ends_in_the_right_error_in_time(name: str, stream: bool) -> None:
    way, error, why = EXPECTED[name]
    began_s = time.monotonic()
    with hostile_server(way) as server, pytest.raises(error, match=why):
        model(server, stream=stream).generate(vlm_request())
    assert time.monotonic() - began_s < (MUCH_S if name in TOO_MUCH else WHOLE_S) + SPARE_S


def test_a_redirect_to_another_host_is_refused_and_nothing_arrives_there() -> None:
    with (
        hostile_server(body(completion("a cup"))) as other,
        hostile_server(REDIRECT, other.base_url) as server,
        pytest.raises(ModelUnavailable, match=r"redirects to http://127\.0\.0\.1:\d+ .* not followed"),
    ):
        model(server).generate(vlm_request())
    assert (len(server.heads), other.heads) == (1, [])


ECHOES = {
    "an error": body(f'{{"error": "no such key: Bearer {KEY}"}}'.encode(), status=401),
    "a failure": body(f'{{"error": "no such key: {KEY}"}}'.encode(), status=500),
    "an error in a reply": body(f'{{"error": "no such key: {KEY}"}}'.encode()),
    "no completion": body(f"<html>{KEY}</html>".encode()),
}


@pytest.mark.parametrize("name", ECHOES)
def test_no_error_shows_the_key(name: str) -> None:
    with hostile_server(ECHOES[name]) as server, pytest.raises(ModelError, match=r"\*\*\*") as caught:
        model(server).generate(vlm_request())
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error}{error!r}"
        error = error.__cause__


def test_a_reply_does_not_carry_the_key_on() -> None:
    with hostile_server(body(completion(f"a cup with {KEY} on it"))) as server:
        assert model(server).generate(vlm_request()).text == "a cup with *** on it"


def test_the_deadline_of_the_run_counts_where_it_is_earlier() -> None:
    with (
        hostile_server(TOO_SLOW["silence"]) as server,
        call_deadline(0.3),
        pytest.raises(ModelUnavailable, match=r"within the 0\.\d s that were left"),
    ):
        model(server).generate(vlm_request())


def test_a_large_reply_is_taken_where_it_is_allowed() -> None:
    with hostile_server(body(completion("word " * 1_000_000))) as server:
        assert len(model(server, max_bytes=8 * 2**20).generate(vlm_request()).text) == 5_000_000
