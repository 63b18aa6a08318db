"""What is known of models without asking them: context, prices, tokens; and what a model's refusal is."""

import json
from pathlib import Path

import pytest

from playhead_agent.limits import Meter
from playhead_agent.models.capabilities import Capabilities, CapabilityMemory, known_capabilities
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.models.prices import Price, price_of
from playhead_agent.models.tokens import num_prompt_tokens, num_tokens
from playhead_agent.testing import ScriptedChatModel
from playhead_index.errors import ModelUnavailable

messages = pytest.importorskip("langchain_core.messages")

OPENAI, GOOGLE = "api.openai.com", "generativelanguage.googleapis.com"


@pytest.mark.parametrize(
    ("name", "tokens", "thinks"),
    [("gpt-5-mini", 400_000, True), ("gpt-4o-2024-08-06", 128_000, None), ("o3", 200_000, True),
     ("openai/gpt-4.1", 1_047_576, None), ("models/gemini-2.5-flash", 1_048_576, True),
     ("models/gemini-robotics-er-2-preview", 0, None), ("mistral-large-latest", 0, None),
     ("o1-mini", 128_000, True), ("gpt-oss:20b", 0, True), ("qwen3-vl:8b", 0, None), ("my-model", 0, None)],
)  # fmt: skip
def test_a_name_tells_what_it_is_known_for(name: str, tokens: int, thinks: bool | None) -> None:
    known = known_capabilities(name)
    assert (known.context_tokens, known.thinks) == (tokens, thinks)


@pytest.mark.parametrize(("name", "sees"), [("qwen3-vl:8b", True), ("llava:7b", True), ("qwen3:8b", None)])
def test_a_name_tells_that_a_model_sees_and_never_that_it_does_not(name: str, sees: bool | None) -> None:
    assert known_capabilities(name).takes_images is sees


def test_a_price_holds_for_the_provider_s_own_host_alone() -> None:
    price = price_of(OPENAI, "gpt-4o-mini")
    assert price is not None
    assert (price.prompt, price.new) == (0.15, 0.60)
    assert price_of("127.0.0.1:8000", "gpt-4o-mini") is None
    assert price_of(OPENAI, "gpt-9") is None


@pytest.mark.parametrize(
    ("host", "name", "prompt", "new"),
    [(OPENAI, "gpt-4o-2024-08-06", 2.50, 10.00), (OPENAI, "gpt-4o-2024-05-13", 5.00, 15.00),
     (GOOGLE, "models/gemini-2.0-flash-001", 0.10, 0.40), (OPENAI, "gpt-5.4", 5.00, 22.50)],
)  # fmt: skip
def test_a_dated_version_has_its_own_price_or_that_of_its_model(
    host: str, name: str, prompt: float, new: float
) -> None:
    price = price_of(host, name)
    assert price is not None
    assert (price.prompt, price.new) == (prompt, new)
    assert price.source.startswith("https://")


@pytest.mark.parametrize(
    ("host", "name"),
    [(OPENAI, "o4-mini-deep-research"), (OPENAI, "gpt-4o-mini-audio-preview"), (OPENAI, "gpt-5-chat-latest"),
     (GOOGLE, "gemini-2.5-flash-image"), (GOOGLE, "gemini-2.5-pro-preview-tts")],
)  # fmt: skip
def test_a_variant_does_not_take_the_price_of_its_base(host: str, name: str) -> None:
    assert price_of(host, name) is None


def test_tokens_from_the_cache_cost_what_they_cost() -> None:
    price = price_of(GOOGLE, "models/gemini-2.5-flash")
    assert price is not None
    assert price.cost(1_000_000, 100_000) == pytest.approx(0.30 + 0.25)
    assert Price(2.0, 8.0, 0.5).cost(100, 10, cached_tokens=100) == pytest.approx((50 + 80) / 1e6)


def test_a_user_s_prices_come_before_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"gpt-4o": [1, 2, 0.5], "qwen*": [0.1, 0.4], "qwen3*": [0.2, 0.8]}))
    monkeypatch.setenv("PLAYHEAD_PRICES", str(file))
    assert price_of(OPENAI, "gpt-4o") == Price(1.0, 2.0, 0.5, "PLAYHEAD_PRICES")
    assert price_of("127.0.0.1", "qwen3-8b") == Price(0.2, 0.8, None, "PLAYHEAD_PRICES")
    monkeypatch.setenv("PLAYHEAD_PRICES", "0.5/1.5")
    assert price_of("somewhere", "anything") == Price(0.5, 1.5, None, "PLAYHEAD_PRICES")


@pytest.mark.parametrize("setting", ["x/y", "1/2/3", "-1/2", "nan/1", "1/inf", "nothing.json", '{"a": 1}'])
def test_prices_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("PLAYHEAD_PRICES", setting)
    with pytest.raises(ModelUnavailable, match="PLAYHEAD_PRICES"):
        price_of(OPENAI, "a")


def test_what_is_said_comes_before_what_is_learned_and_that_before_what_is_known() -> None:
    learned = Capabilities(takes_images=False, transport="json_schema")
    known = Capabilities(8_192, takes_images=True, transport="tools")
    assert learned.with_defaults(known) == Capabilities(8_192, takes_images=False, transport="json_schema")


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = CapabilityMemory(tmp_path / "file" / "models.json")
    memory.remember("host", "model", Capabilities(transport="tools"))
    assert memory.recall("host", "model", "") == Capabilities()


def test_pictures_and_calls_count_as_tokens() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    text = messages.HumanMessage("Who is there?")
    seen = messages.HumanMessage([{"type": "text", "text": "Who is there?"}, picture])
    assert num_prompt_tokens([seen]) - num_prompt_tokens([text]) == 800
    call = messages.AIMessage("", tool_calls=[{"name": "search", "args": {"query": "a dog"}, "id": "1"}])
    assert num_prompt_tokens([call]) > num_tokens('{"query": "a dog"}')


def test_a_refusal_is_a_value_and_not_an_answer() -> None:
    refused = messages.AIMessage("", additional_kwargs={"refusal": "I cannot help with that."})
    reply = LangChainChat(ScriptedChatModel(replies=[refused])).say([messages.HumanMessage("x")], Meter())
    assert (reply.text, reply.problem) == ("", "the model refused to answer: I cannot help with that.")


def test_thoughts_in_blocks_and_in_fields_are_thoughts() -> None:
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "At 0:12."}]
    field = messages.AIMessage("At 0:12.", additional_kwargs={"reasoning_content": "hm"})
    for message in (messages.AIMessage(blocks), field):
        reply = LangChainChat(ScriptedChatModel(replies=[message])).say([messages.HumanMessage("x")], Meter())
        assert (reply.text, reply.thought) == ("At 0:12.", "hm")


def test_a_form_behind_thoughts_is_filled() -> None:
    from pydantic import BaseModel

    class Form(BaseModel):
        answer: str

    model = ScriptedChatModel(replies=['<think>{"answer": "no"}</think>```json\n{"answer": "yes"}\n```'])
    assert LangChainChat(model).fill([messages.HumanMessage("x")], Form, Meter()).answer == "yes"
