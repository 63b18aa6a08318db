"""Tools through a real client and a real server that speaks the chat-completions protocol."""

import json
from typing import Any

import pytest
from tests.agent.chat_server import chat_server
from tests.agent.tool_runs import ask_with_tools
from tests.tools.made_library import WordFinder

from playhead_agent.state import Context
from playhead_index.search.engine import Searcher
from playhead_index.store.catalog import Catalog
from playhead_tools.toolbox import TOOLS, Toolbox

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


def test_a_server_calls_tools_of_the_real_search_engine(made: Catalog) -> None:
    done = {"claims": [{"text": "Thomas Bayes is named at 1:02.", "evidence_ids": ["E1"]}]}
    search = calling("search", '{"query": "Thomas Bayes", "modality": "speech"}')
    with chat_server(search, calling("finish", "{"), calling("finish", json.dumps(done))) as server:
        llm = chat_models.init_chat_model(
            "openai:made", base_url=server.base_url, api_key="none", max_retries=0
        )
        searcher = Searcher(made.path.parent, made)
        context = Context(searcher, made, llm=llm)
        answer = ask_with_tools("When is he named?", context=context, toolbox=Toolbox(made, searcher))
    assert (answer.status, answer.text) == ("answered", "Thomas Bayes is named at 1:02 [E1].")
    assert (answer.cost["model_calls"], answer.cost["prompt_tokens"]) == (3, 33)
    first, _, last = server.requests
    assert [tool["function"]["name"] for tool in first["tools"]] == [
        spec.name for spec in TOOLS if spec.name not in ("inspect", "zoom")
    ]
    roles = [message["role"] for message in last["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "user"]
    told: dict[str, Any] = last["messages"][5]
    assert told["content"] == '<error tool="finish">finish: its arguments are no JSON object</error>'


def test_a_server_that_falls_over_leaves_the_answer_of_code(made: Catalog) -> None:
    with chat_server(500) as server:
        llm = chat_models.init_chat_model(
            "openai:made", base_url=server.base_url, api_key="none", max_retries=0
        )
        context = Context(WordFinder(made), made, llm=llm)
        box = Toolbox(made, WordFinder(made))
        answer = ask_with_tools("When does he mention Bayes?", context=context, toolbox=box)
    assert (answer.status, "the model fell over" in answer.notes[-1]) == ("answered", True)
