"""Five questions by each transport with a real model: `PLAYHEAD_TEST_CHAT=URL#NAME pytest -m weights`."""

import os

import pytest

from playhead.chat_models import load_chat_model
from playhead_agent.limits import Limits, Meter
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.models.probe import TOOLS
from playhead_agent.models.protocol import Transport

messages = pytest.importorskip("langchain_core.messages")

RULES = (
    "You answer questions about a video by calling tools: search first, then finish with the evidence's ids."
)
QUESTIONS = (
    ("When does she park the car?", "E3: 1:10-1:14, speech: I will park the car behind the shop."),
    ("What colour is the door?", "E1: 0:05-0:09, caption: a man opens a red door."),
    ("Who pays for the meal?", "E2: 4:00-4:06, speech: Anna says, I will pay for all of you."),
    ("Why do they leave early?", "E7: 9:30-9:36, speech: We must go, the last train leaves at ten."),
    ("How is the dough kneaded?", "E4: 2:20-2:31, speech: Fold it, turn it, and press it with your palm."),
)  # fmt: skip


@pytest.fixture
def chat() -> LangChainChat:
    setting = os.environ.get("PLAYHEAD_TEST_CHAT", "")
    if not setting:
        pytest.skip("PLAYHEAD_TEST_CHAT names no chat model as URL#NAME")
    url, _, name = setting.partition("#")
    return LangChainChat(load_chat_model(f"openai:{name}", url).model_copy(update={"request_timeout": 170.0}))


@pytest.mark.weights
@pytest.mark.parametrize("transport", ["tools", "json_schema", "prompted"])
def test_five_questions_are_searched_and_finished(chat: LangChainChat, transport: Transport) -> None:
    meter = Meter(Limits(model_calls=20, seconds=1_200.0, model_call_s=170.0))
    chat = LangChainChat(chat.model, transport=transport)
    searched, finished = 0, 0
    for question, found in QUESTIONS:
        asked = [messages.SystemMessage(RULES), messages.HumanMessage(question)]
        first = chat.call(asked, TOOLS, meter).calls
        searched += bool(first) and first[0].name == "search" and bool(first[0].args.get("query"))
        made = {"name": "search", "args": dict(first[0].args) if first else {"query": question}, "id": "1"}
        setting = messages.ToolMessage(found, tool_call_id="1")
        last = chat.call([*asked, messages.AIMessage("", tool_calls=[made]), setting], TOOLS, meter).calls
        finished += bool(last) and last[0].name == "finish" and found[:2] in str(last[0].args)
    print(f"{transport}: searched {searched} of 5, finished with the id {finished} of 5, {meter.cost()}")
    assert (searched, finished) >= ((4, 4) if transport == "json_schema" else (0, 0))


@pytest.mark.weights
def test_the_transport_that_the_probe_finds_is_printed(chat: LangChainChat) -> None:
    meter = Meter(Limits(seconds=1_200.0))
    assert chat.transport(meter) in ("tools", "json_schema", "prompted")
    print(f"probed: {chat.transport()}, {chat.capabilities}, {meter.cost()}")
