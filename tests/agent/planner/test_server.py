"""A planner through a real client and a real server that speaks the chat-completions protocol."""

import json
from typing import Any

import pytest
from tests.agent.chat_server import chat_server
from tests.tools.made_library import LECTURE

from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.planner.strategy import PLANNER
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_index.search.engine import Searcher
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer

chat_models = pytest.importorskip("langchain.chat_models")
pytest.importorskip("langchain_openai")


def calling(name: str, arguments: str) -> bytes:
    """The body of a completion that calls a tool."""
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "made",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return json.dumps(body).encode()


def asked(made: Catalog, base_url: str, **how: Any) -> Answer:
    """The answer of a planner behind a server that takes tools natively."""
    llm = chat_models.init_chat_model("openai:made", base_url=base_url, api_key="none", max_retries=0)
    chat = LangChainChat(llm, transport="tools", context_tokens=16_384, takes_images=False)
    context = Context(Searcher(made.path.parent, made), made, chat=chat, limits=PLANNER.limits)
    return ask("When is Bayes named?", context=context, strategy=PLANNER, scope=Scope((LECTURE,)), **how)


def test_a_server_calls_tools_of_the_real_search_engine(made: Catalog) -> None:
    done = {"claims": [{"text": "Thomas Bayes is named at 1:02.", "ids": ["E6"]}]}
    search = calling("search", '{"query": "Thomas Bayes", "kind": "speech"}')
    replies = (search, calling("finish", "{"), calling("finish", json.dumps(done)), '{"verdict_1": "yes"}')
    with chat_server(*replies) as server:
        answer = asked(made, server.base_url)
    assert (answer.status, answer.text) == ("answered", "Thomas Bayes is named at 1:02 [E6].")
    assert (answer.cost["model_calls"], answer.cost["prompt_tokens"]) == (4, 44)
    first, _, last, _ = server.requests
    assert [tool["function"]["name"] for tool in first["tools"]] == [
        "search", "read", "browse", "finish", "abstain",
    ]  # fmt: skip
    roles = [message["role"] for message in last["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "user"]
    assert last["messages"][5]["content"].startswith("error: finish: ")
    assert last["messages"][:2] == first["messages"][:2]  # what a prompt cache holds


def test_a_server_that_falls_over_leaves_the_evidence_of_the_brief(made: Catalog) -> None:
    with chat_server(400) as server:
        answer = asked(made, server.base_url)
    assert (answer.status, answer.reason) == ("partial", "unknown")
    assert "Thomas Bayes" in answer.text
    assert "the model fell over" in answer.fallback


def test_a_busy_server_is_asked_three_times(made: Catalog) -> None:
    with chat_server(503) as server:
        answer = asked(made, server.base_url)
    assert (len(server.requests), answer.status) == (3, "partial")
