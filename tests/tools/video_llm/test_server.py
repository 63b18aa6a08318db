"""A video-LLM behind a real HTTP server."""

from dataclasses import replace
from math import exp, log
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from tests.tools.video_llm.made_clips import clip, vlm_request
from tests.tools.video_llm.made_server import Answer, MadeServer, made_server

from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, TokenBudgetExceeded
from playhead_tools.video_llm.call_cost import call_cost
from playhead_tools.video_llm.http_post import BackOff
from playhead_tools.video_llm.protocol import Budget, PriorTurn, VideoLLM
from playhead_tools.video_llm.server import Prices, ServerVideoLLM
from playhead_tools.video_llm.structured_output import ask_form
from playhead_tools.video_llm.usage import Report

FAST = BackOff(tries=3, first_s=0.001)
BOTH = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


class Seen(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: str
    frame: int


GOOD = '{"what": "a cup", "frame": 2}'


def model(server: MadeServer, **options: Any) -> ServerVideoLLM:
    return ServerVideoLLM(server.base_url, "made", **{"back_off": FAST, **options})


@BOTH
def test_a_server_answers(stream: bool) -> None:
    with made_server("A red cup [2].") as server:
        llm: VideoLLM = model(server, stream=stream, prices=Prices(1.0, 10.0, per_call=0.5))
        reply = llm.generate(vlm_request())
    assert (reply.text, reply.truncated) == ("A red cup [2].", False)
    report = reply.report
    assert (report.frames_shown, report.prompt_tokens, report.new_tokens) == (4, 100, 7)
    assert report.cost == pytest.approx(0.50017)
    assert report.model == f"made at {server.base_url}"


def test_a_stream_shows_prefill_and_decode_apart() -> None:
    with made_server(Answer("one two three", wait_s=0.1, between_s=0.05)) as server:
        report = model(server).generate(vlm_request()).report
    assert report.prefill_s is not None
    assert report.decode_s is not None
    assert 0.1 <= report.prefill_s < report.total_s
    assert 0.08 <= report.decode_s < report.total_s


def test_a_server_that_times_itself_is_believed() -> None:
    timings = {"timings": {"prompt_ms": 120.0, "predicted_ms": 30.0}}
    with made_server(Answer("x", more=timings)) as server:
        report = model(server, kind="llama.cpp", stream=False).generate(vlm_request()).report
    assert (report.prefill_s, report.decode_s, report.cost) == (0.12, 0.03, None)


def test_a_stream_that_comes_whole_is_read() -> None:
    body = b'{"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}'
    with made_server(Answer(raw=body)) as server:
        assert model(server).generate(vlm_request()).text == "whole"


def test_a_reply_that_ran_out_of_tokens_says_so() -> None:
    with made_server(Answer("a red", finish="length")) as server:
        assert model(server).generate(vlm_request()).truncated
        with pytest.raises(ModelOutputInvalid, match=r"cut off .* raise budget.new_tokens"):
            ask_form(model(server), vlm_request(), Seen)


def test_the_key_is_sent_and_never_shown() -> None:
    with made_server("x") as server:
        llm = model(server, api_key="secret-1")
        llm.generate(vlm_request())
    assert server.headers[0]["Authorization"] == "Bearer secret-1"
    assert "secret-1" not in repr(llm)


def test_a_conversation_is_sent_as_it_went() -> None:
    with made_server("x") as server:
        model(server).generate(
            replace(vlm_request(), turns=(PriorTurn("model", "a cup"), PriorTurn("user", "which colour?")))
        )
    roles = [message["role"] for message in server.requests[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


def test_a_form_is_held_to_by_its_schema() -> None:
    with made_server(GOOD) as server:
        assert ask_form(model(server, kind="openai"), vlm_request(), Seen).value == Seen(
            what="a cup", frame=2
        )
    response_format = server.requests[0]["response_format"]
    json_schema = response_format["json_schema"]
    assert (response_format["type"], json_schema["name"], json_schema["strict"]) == (
        "json_schema", "Seen", True,
    )  # fmt: skip
    assert server.requests[0]["max_completion_tokens"] == 256


def test_a_reply_that_does_not_fit_is_sent_back_once() -> None:
    with made_server("a cup", GOOD) as server:
        filled = ask_form(model(server), vlm_request(), Seen)
    assert (filled.value.frame, filled.report.calls, filled.report.prompt_tokens) == (2, 2, 200)
    assert "That does not hold" in server.requests[1]["messages"][-1]["content"]


REFUSED = Answer(status=400, raw=b'{"error": {"message": "response_format json_schema is not supported"}}')
LADDERS: list[tuple[str, str, int, dict[str, Any]]] = [
    ("vLLM's own field", "vllm", 1, {"structured_outputs": {"json": Seen.model_json_schema()}}),
    ("vLLM's old field", "vllm", 2, {"guided_json": Seen.model_json_schema()}),
    ("any object", "ollama", 1, {"response_format": {"type": "json_object"}}),
    (
        "an object with a schema",
        "llama.cpp",
        1,
        {"response_format": {"type": "json_object", "schema": Seen.model_json_schema()}},
    ),
    ("words alone", "sglang", 1, {}),
]


@pytest.mark.parametrize(("_", "kind", "refusals", "fields"), LADDERS, ids=[row[0] for row in LADDERS])
def test_a_server_that_refuses_a_schema_is_asked_by(
    _: str, kind: str, refusals: int, fields: dict[str, Any]
) -> None:
    with made_server(*[REFUSED] * refusals, GOOD) as server:
        filled = ask_form(model(server, kind=kind), vlm_request(), Seen)
    last = server.requests[-1]
    named = ("response_format", "structured_outputs", "guided_json")
    assert {name: last[name] for name in named if name in last} == fields
    assert len(filled.report.notes) == refusals


def test_what_was_refused_once_is_not_asked_again() -> None:
    with made_server(REFUSED, GOOD) as server:
        llm = model(server, kind="sglang")
        ask_form(llm, vlm_request(), Seen)
        ask_form(llm, vlm_request(), Seen)
    assert ["response_format" in request for request in server.requests] == [True, False, False]


def tops(*listed: tuple[str, float]) -> dict[str, Any]:
    tokens = [{"token": token, "logprob": log(p)} for token, p in listed]
    return {"logprobs": {"content": [{**tokens[0], "top_logprobs": tokens}]}}


YES_NO: list[tuple[str, dict[str, Any], float, float, str]] = [
    ("both listed", tops(("Yes", 0.6), ("No", 0.3)), 0.6, 0.3, ""),
    ("several tokens of a word", tops(("Yes", 0.5), (" yes", 0.25), ("no", 0.2)), 0.75, 0.2, ""),
    ("no is not listed", tops(("Yes", 0.9), ("The", 0.04)), 0.9, 0.06, "no"),
    ("yes is not listed", tops(("No", 0.75)), 0.25, 0.75, "yes"),
]


@BOTH
@pytest.mark.parametrize(("_", "choice", "yes", "no", "at_most"), YES_NO, ids=[row[0] for row in YES_NO])
def test_yes_and_no_are_weighed(
    _: str, choice: dict[str, Any], yes: float, no: float, at_most: str, stream: bool
) -> None:
    with made_server(Answer("Yes", choice=choice)) as server:
        found = model(server, stream=stream).generate(replace(vlm_request(), yes_no=True)).yes_no
    assert found is not None
    assert (exp(found.yes), exp(found.no)) == (pytest.approx(yes), pytest.approx(no))
    assert found.at_most == at_most
    assert (server.requests[0]["logprobs"], server.requests[0]["top_logprobs"]) == (True, 20)


SILENT: list[tuple[str, tuple[Answer, ...]]] = [
    ("none given", (Answer("Yes"),)),
    ("neither word listed", (Answer("Maybe", choice=tops(("Maybe", 0.9))),)),
    ("refused", (Answer(status=400, raw=b'{"error": "logprobs are not supported"}'), Answer("Yes"))),
]


@pytest.mark.parametrize(("_", "answers"), SILENT, ids=[row[0] for row in SILENT])
def test_log_probabilities_that_are_missing_are_noted(_: str, answers: tuple[Answer, ...]) -> None:
    with made_server(*answers) as server:
        reply = model(server).generate(replace(vlm_request(), yes_no=True))
    assert reply.yes_no is None
    assert reply.report.notes[-1] == "the server gave no log-probabilities of Yes and No"


def test_visual_tokens_are_kept_within_their_budget() -> None:
    call = vlm_request(clip(*map(float, range(10))), budget=Budget(visual_tokens=20))
    with made_server("x") as server:
        report = model(server, tokens_per_frame=lambda w, h: w * h // 64).generate(call).report
    assert (report.frames_shown, report.visual_tokens_kept, report.visual_tokens_given) == (3, 18, 60)


def test_visual_tokens_that_nobody_can_count_are_no_budget() -> None:
    with made_server("x") as server, pytest.raises(TokenBudgetExceeded, match="give tokens_per_frame"):
        model(server).generate(vlm_request(budget=Budget(visual_tokens=100)))
    assert server.requests == []


def test_a_reply_without_text_is_paid_for_all_the_same() -> None:
    with made_server("") as server:
        paid = model(server, prices=Prices(1.0, 10.0))
        with pytest.raises(ModelOutputInvalid, match="gave no text") as caught:
            paid.generate(vlm_request())
    assert isinstance(caught.value.report, Report)
    assert call_cost(caught.value.report, paid) == pytest.approx(0.00017)


def test_a_form_that_fails_twice_costs_two_calls() -> None:
    with made_server("no form", "") as server:
        paid = model(server, prices=Prices(1.0, 10.0))
        with pytest.raises(ModelOutputInvalid, match="gave no text") as caught:
            ask_form(paid, vlm_request(), Seen)
    assert isinstance(caught.value.report, Report)
    assert caught.value.report.cost == pytest.approx(0.00034)


@pytest.mark.parametrize(("prices", "cost"), [(None, 0.0), (Prices(1.0, 10.0), None)])
def test_a_server_with_a_price_that_counts_no_tokens_has_an_unknown_cost(
    prices: Prices | None, cost: float | None
) -> None:
    with made_server(Answer("x", more={})) as server:
        llm = model(server, prices=prices)
        assert call_cost(llm.generate(vlm_request()).report, llm) == cost


def test_visual_tokens_that_the_server_counts_are_believed() -> None:
    usage = {"prompt_tokens": 100, "prompt_tokens_details": {"image_tokens": 44, "cached_tokens": 50}}
    with made_server(Answer("x", more={"usage": usage})) as server:
        report = model(server, prices=Prices(2.0, 0.0, cached_per_million=1.0)).generate(vlm_request()).report
    assert (report.visual_tokens_kept, report.cost) == (44, pytest.approx(150e-6))


NOTHING: list[tuple[str, Answer, str]] = [
    ("no text", Answer(""), "gave no text"),
    ("only thoughts", Answer("", finish="length"), "raise budget.new_tokens"),
    ("a refusal", Answer("", message={"refusal": "I cannot."}), "declined to answer: I cannot."),
    ("a filter", Answer("A", finish="content_filter"), "its filter stopped the reply"),
]


@BOTH
@pytest.mark.parametrize(("_", "answer", "why"), NOTHING, ids=[row[0] for row in NOTHING])
def test_a_reply_without_an_answer_is_refused(_: str, answer: Answer, why: str, stream: bool) -> None:
    with made_server(answer) as server, pytest.raises(ModelOutputInvalid, match=why):
        model(server, stream=stream).generate(vlm_request())


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"base_url": "localhost:8000"}, "must begin with http"),
    ({"kind": "vvlm"}, "kind must be one of vllm, sglang"),
    ({"kind": "ollama", "video_form": "clip"}, "ollama takes clips as images, got 'clip'"),
]


@pytest.mark.parametrize(("options", "why"), WRONG, ids=[row[1] for row in WRONG])
def test_a_server_that_cannot_be_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ServerVideoLLM(**{"base_url": "http://localhost/v1", "model": "m", **options})


def test_a_password_in_the_address_is_not_named() -> None:
    assert ServerVideoLLM("http://me:pw@host/v1", "m").name == "m at http://host/v1"


def test_a_refusal_names_what_may_be_wrong() -> None:
    with (
        made_server(Answer(status=404)) as server,
        pytest.raises(ModelUnavailable, match="refused: HTTP 404"),
    ):
        model(server).generate(vlm_request())
    assert len(server.requests) == 1


def test_the_word_after_thoughts_is_weighed() -> None:
    spoken = ("<think>", " No", " way", "</think>", "\n", "Yes")
    tokens = [{"token": token, "logprob": log(0.5)} for token in spoken]
    thoughts = {"logprobs": {"content": tokens}}
    with made_server(Answer("<think> No way</think>\nYes", choice=thoughts)) as server:
        found = model(server).generate(replace(vlm_request(), yes_no=True)).yes_no
    assert found is not None
    assert (exp(found.yes), found.at_most) == (pytest.approx(0.5), "no")
