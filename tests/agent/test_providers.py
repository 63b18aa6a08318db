"""Sessions with every kind of model server: what is known of a model, calls, forms, pictures, errors."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict
from tests.agent import provider_servers as providers
from tests.agent.provider_servers import KEY, ProviderServer
from tests.serving import serving

from playhead.chat_models import load_chat_model
from playhead_agent.limits import Limits, Meter
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.models.prices import FREE
from playhead_agent.models.probe import TOOLS
from playhead_agent.models.protocol import ToolCall
from playhead_index.errors import CostLimit, ModelUnavailable, TokenBudgetExceeded

pytest.importorskip("langchain_openai")
messages = pytest.importorskip("langchain_core.messages")

SERVERS: dict[str, type[ProviderServer]] = {
    "OpenAI": ProviderServer,
    "OpenAI, reasoning": providers.OpenAIReasoning,
    "Gemini": providers.Gemini,
    "OpenRouter": providers.OpenRouter,
    "Ollama": providers.Ollama,
    "vLLM": providers.Vllm,
    "llama.cpp": providers.LlamaCpp,
    "no tools, no schema": providers.Prompted,
}
CONTEXTS = {"OpenAI": 128_000, "OpenAI, reasoning": 8_192, "Gemini": 1_048_576, "OpenRouter": 131_072,
            "Ollama": 16_384, "vLLM": 40_960, "llama.cpp": 16_384, "no tools, no schema": 8_192}  # fmt: skip
"""In tokens; where nobody says, 8,192."""
TRANSPORTS = {"OpenAI": "tools", "OpenAI, reasoning": "tools", "Gemini": "json_schema", "OpenRouter": "tools",
              "Ollama": "json_schema", "vLLM": "json_schema", "llama.cpp": "json_schema",
              "no tools, no schema": "prompted"}  # fmt: skip
MESSAGES = [messages.SystemMessage("Answer by calling tools."), messages.HumanMessage("Who greets?")]


class Seen(BaseModel):
    """A form, nested as those of the agent are."""

    model_config = ConfigDict(extra="forbid")
    what: str
    sure: bool
    kind: Literal["speech", "screen"]
    parts: list[Literal["E1", "E2"]]


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def server(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderServer]:
    monkeypatch.setenv("PLAYHEAD_API_KEY", KEY)
    with serving(SERVERS[name]()) as running:
        yield running


def chat_of(server: ProviderServer) -> LangChainChat:
    model = load_chat_model(f"openai:{server.model}", server.base_url)
    return LangChainChat(model.model_copy(update={"max_retries": 0}))


def test_the_context_is_what_the_server_says_or_the_name_is_known_for(
    server: ProviderServer, name: str
) -> None:
    assert chat_of(server).context_tokens == CONTEXTS[name]
    assert server.requests == []


def test_tools_are_called_by_the_transport_that_works(server: ProviderServer, name: str) -> None:
    chat = chat_of(server)
    reply = chat.call(MESSAGES, TOOLS, Meter())
    assert (reply.calls, reply.problem) == ((ToolCall("search", {"query": "good morning"}),), "")
    made = messages.AIMessage("", tool_calls=[{"name": "search", "args": {"query": "x"}, "id": "1"}])
    told = messages.ToolMessage("E1: 0:12, Good morning.", tool_call_id="1")
    assert [call.name for call in chat.call([*MESSAGES, made, told], TOOLS, Meter()).calls] == ["finish"]
    assert chat.transport() == TRANSPORTS[name]


def test_what_was_found_out_is_not_asked_again_in_the_next_process(server: ProviderServer) -> None:
    chat_of(server).transport()
    count = len(server.requests)
    chat_of(server).call(MESSAGES, TOOLS, Meter())
    assert len(server.requests) - count == 1


def test_a_form_is_filled(server: ProviderServer) -> None:
    found = chat_of(server).fill(MESSAGES, Seen, Meter())
    assert found == Seen(what="good morning", sure=True, kind="speech", parts=["E1"])


def test_pictures_are_sent_only_to_models_that_see_them(server: ProviderServer) -> None:
    chat = chat_of(server)
    assert chat.takes_images == server.sees
    assert chat_of(server).takes_images == server.sees


def test_thoughts_are_never_in_the_answer(server: ProviderServer) -> None:
    reply = chat_of(server).say(MESSAGES, Meter())
    assert "greet each other" not in reply.text


def test_the_limit_of_new_tokens_reaches_the_server(server: ProviderServer) -> None:
    chat_of(server).say(MESSAGES, Meter(), max_tokens=77)
    last = server.requests[-1]
    assert last.get("max_tokens", last.get("max_completion_tokens")) == 77


ERRORS = {
    400: "refused the request (HTTP 400)",
    401: "refused the key (HTTP 401)",
    403: "refused the key (HTTP 403)",
    404: "was not found (HTTP 404)",
    429: "is over its rate limit or quota (HTTP 429)",
    500: "failed (HTTP 500)",
    503: "failed (HTTP 503)",
}


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_says_what_happened_and_shows_no_key(server: ProviderServer, name: str, status: int) -> None:
    server.status = status
    refused = "refused the key (HTTP 400)" if (name, status) == ("Gemini", 401) else ERRORS[status]
    with pytest.raises(ModelUnavailable, match=r"the chat model .*\(HTTP ") as caught:
        chat_of(server).say(MESSAGES, Meter())
    assert refused in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_wrong_key_is_called_one(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_API_KEY", "wrong-key-0123456789")
    with pytest.raises(ModelUnavailable, match=r"refused the key \(HTTP 40[01]\)"):
        chat_of(server).say(MESSAGES, Meter())


def test_a_prompt_that_does_not_fit_is_refused_with_numbers_before_it_is_sent(server: ProviderServer) -> None:
    chat = LangChainChat(load_chat_model(f"openai:{server.model}", server.base_url), context_tokens=1_000)
    with pytest.raises(TokenBudgetExceeded, match=r"about 1\d\d\d tokens, .* takes 1000 with its reply"):
        chat.say([messages.HumanMessage("word " * 1_000)], Meter())
    assert server.requests == []


# ---- what is particular to one of them ----


def session(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> ProviderServer:
    monkeypatch.setenv("PLAYHEAD_API_KEY", KEY)
    return server


def test_a_reasoning_model_that_is_not_known_by_name_teaches_what_it_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(session(providers.OpenAIReasoning(), monkeypatch)) as server:
        chat_of(server).say(MESSAGES, Meter())
        assert ["temperature" in one for one in server.requests] == [True, True, False]
        assert "max_completion_tokens" in server.requests[-1]
        chat_of(server).say(MESSAGES, Meter())
        assert len(server.requests) == 4


def test_openrouter_tells_its_price_and_the_meter_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(providers.OpenRouter(), monkeypatch)) as server:
        meter = Meter()
        chat_of(server).say(MESSAGES, meter)
    assert meter.cost()["money"] == pytest.approx((1_000 * 0.18 + 100 * 0.7) / 1e6)
    assert meter.unpriced_calls == 0


def test_an_error_in_a_body_of_http_200_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(providers.OpenRouter(), monkeypatch)) as server:
        monkeypatch.setattr(
            server, "refusal", lambda request: (200, server.error(429, "Provider returned error"))
        )
        with pytest.raises(ModelUnavailable, match=r"rate limit or quota \(HTTP 429\): .*Provider returned"):
            chat_of(server).say(MESSAGES, Meter())


def test_a_price_that_nobody_knows_is_unknown_and_one_of_this_machine_is_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(session(providers.Prompted(), monkeypatch)) as server:
        meter = Meter()
        chat_of(server).say(MESSAGES, meter)
        assert (meter.money, meter.unpriced_calls, chat_of(server).price) == (0.0, 1, None)
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        assert chat_of(server).price == FREE


def test_money_that_is_spent_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(providers.OpenRouter(), monkeypatch)) as server:
        meter = Meter(Limits(money=0.0002))
        chat_of(server).say(MESSAGES, meter)
        with pytest.raises(Exception, match=r"stopped: 0\.0003 was spent, 0\.0002 was allowed"):
            chat_of(server).say(MESSAGES, meter)
        assert len(server.requests) == 1


def test_another_model_behind_the_same_name_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        assert chat_of(server).transport() == "json_schema"
        entry = {**server.entry(), "meta": {"n_ctx": 16_384, "n_params": 32_000_000_000}}
        monkeypatch.setattr(server, "entry", lambda: entry)
        monkeypatch.setattr(server, "takes_tools", True)
        assert chat_of(server).transport() == "tools"


def test_a_memory_that_is_wrong_is_noticed_after_two_unusable_replies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        chat_of(server).transport()
        path = Path(os.environ["PLAYHEAD_CHAT_MODELS"])
        path.write_text(path.read_text().replace('"transport": "json_schema"', '"transport": "tools"'))
        chat = chat_of(server)
        told = [*MESSAGES, messages.HumanMessage("Result of search: E1")]
        assert [bool(chat.call(told, TOOLS, Meter()).problem) for _ in range(3)] == [True, True, False]
        assert chat.transport() == "json_schema"


def test_a_memory_that_is_no_json_is_no_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYHEAD_CHAT_MODELS", str(tmp_path / "models.json"))
    (tmp_path / "models.json").write_text("[[[")
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        assert chat_of(server).transport() == "json_schema"
    assert len(json.loads((tmp_path / "models.json").read_text())) == 1


def test_a_thinking_model_that_runs_out_of_tokens_gets_more_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(ProviderServer(), monkeypatch)) as server:
        given = ProviderServer.message

        def thinks(request: dict[str, object]) -> tuple[dict[str, object], str]:
            if int(str(request["max_tokens"])) < 2_000:
                return {"content": None}, "length"
            return given(server, request)

        monkeypatch.setattr(server, "message", thinks)
        reply = chat_of(server).say(MESSAGES, Meter())
    assert (reply.text, reply.is_cut) == ("At 0:12 somebody says good morning.", False)
    assert [one["max_tokens"] for one in server.requests] == [1_024, 8_192]


def test_a_model_without_system_messages_gets_it_in_the_first_user_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(session(ProviderServer(), monkeypatch)) as server:
        refused = (400, server.error(400, "System role not supported"))

        def refusal(request: dict[str, list[dict[str, str]]]) -> object:
            return refused if request["messages"][0]["role"] == "system" else None

        monkeypatch.setattr(server, "refusal", refusal)
        assert chat_of(server).say(MESSAGES, Meter()).text
    assert server.requests[-1]["messages"] == [
        {"role": "user", "content": "Answer by calling tools.\n\nWho greets?"}
    ]


def test_whether_a_model_sees_is_not_learned_from_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(ProviderServer(), monkeypatch)) as server:
        monkeypatch.setattr(server, "model", "some-deployment")
        server.status = 503
        assert not chat_of(server).takes_images
        server.status = None
        assert chat_of(server).takes_images


def test_the_table_of_providers_says_what_the_sessions_show() -> None:
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines()]
    table = {row[0]: row for row in rows if row[0] in SERVERS and len(row) == 6}
    assert table.keys() == SERVERS.keys()
    for name, row in table.items():
        assert (row[1], row[3]) == (str(CONTEXTS[name]), TRANSPORTS[name])
        assert row[4] == ("json_schema" if SERVERS[name].keeps_schema else "prompted")
        assert row[5] == ("yes" if SERVERS[name].sees else "no")


def test_finding_out_the_transport_keeps_to_the_time_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        monkeypatch.setattr(server, "refusal", lambda request: time.sleep(4.0))
        began_s = time.monotonic()
        with pytest.raises(ModelUnavailable, match=r"did not (answer|finish) within 0\.[45]"):
            chat_of(server).call(MESSAGES, TOOLS, Meter(Limits(model_call_s=0.5)))
        assert time.monotonic() - began_s < 3.0


def test_a_call_that_could_cost_more_than_is_left_is_made_smaller_or_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLAYHEAD_PRICES", "10/100")
    with serving(session(providers.ProviderServer(), monkeypatch)) as server:
        chat_of(server).say(MESSAGES, Meter(Limits(money=0.05)))
        assert 128 <= server.requests[0]["max_tokens"] <= 500
        meter = Meter(Limits(money=0.01))
        with pytest.raises(CostLimit, match=r"the next call costs about 0\.01\d+, 0\.0100 is left"):
            chat_of(server).say(MESSAGES, meter)
        assert (len(server.requests), meter.model_calls) == (1, 0)


def test_finding_out_the_transport_keeps_to_the_money_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_PRICES", "10/100")
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        meter = Meter(Limits(money=0.03))
        with pytest.raises(CostLimit, match="stopped"):
            chat_of(server).call(MESSAGES, TOOLS, meter)
        assert (len(server.requests), meter.money) == (1, 0.02)


def test_finding_out_whether_a_model_sees_is_on_the_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_PRICES", "10/100")
    with serving(session(providers.ProviderServer(), monkeypatch)) as server:
        monkeypatch.setattr(server, "model", "some-deployment")
        monkeypatch.setattr(ProviderServer, "entry", lambda self: {"id": self.model, "max_model_len": 32_768})
        chat, meter = chat_of(server), Meter()
        assert chat.takes_images
        chat.say(MESSAGES, meter)
        assert (len(server.requests), meter.money, meter.model_calls) == (2, 0.04, 1)


def test_a_server_that_fails_while_it_is_probed_is_probed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(session(providers.LlamaCpp(), monkeypatch)) as server:
        server.status = 500
        assert not chat_of(server).makes_calls()
        server.status = None
        assert (chat_of(server).makes_calls(), chat_of(server).transport()) == (True, "json_schema")


def test_a_context_too_small_for_a_picture_is_one_of_a_model_that_takes_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(session(providers.ProviderServer(), monkeypatch)) as server:
        monkeypatch.setattr(server, "model", "some-deployment")
        monkeypatch.setattr(ProviderServer, "entry", lambda self: {"id": self.model, "max_model_len": 600})
        assert (chat_of(server).takes_images, server.requests) == (False, [])
