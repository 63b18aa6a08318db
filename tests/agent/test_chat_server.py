"""A real server that speaks the chat-completions protocol, through langchain's `init_chat_model`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.agent.chat_server import ChatServer, chat_server
from tests.tools.made_library import LECTURE, WordFinder

from playhead_agent.limits import Limits
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer

chat_models = pytest.importorskip("langchain.chat_models")
pytest.importorskip("langchain_openai")

QUESTION = "What is on the slide when he first mentions Bayes?"
CLAIM = {"text": "It shows Bayes' rule.", "evidence_ids": ["E3"]}
GOOD = json.dumps({"answerable": True, "reason": "", "claims": [CLAIM]})
Asking = Callable[..., Answer]


@pytest.fixture
def asking(made: Catalog) -> Asking:
    def asked(
        base_url: str, limits: Limits | None = None, method: Any = "json_schema", **model: Any
    ) -> Answer:
        llm = chat_models.init_chat_model(
            "openai:made", base_url=base_url, api_key="none", max_retries=0, **model
        )
        context = Context(WordFinder(made), made, llm=llm, method=method, limits=limits or Limits())
        return ask(QUESTION, context=context, scope=Scope((LECTURE,)))

    return asked


def test_a_server_answers_by_the_schema(asking: Asking) -> None:
    with chat_server(GOOD) as server:
        answer = asking(server.base_url)
    assert answer.text == "It shows Bayes' rule [E3]."
    assert (answer.cost["prompt_tokens"], answer.cost["completion_tokens"]) == (11, 7)
    schema = server.requests[0]["response_format"]["json_schema"]["schema"]
    enum = schema["properties"]["claims"]["items"]["properties"]["evidence_ids"]["items"]["enum"]
    assert sorted(enum) == ["E1", "E2", "E3"]


def test_function_calling_works_as_well(asking: Asking) -> None:
    with chat_server(GOOD) as server:
        assert asking(server.base_url, method="function_calling").text == "It shows Bayes' rule [E3]."
    assert server.requests[0]["tools"][0]["function"]["name"] == "answer"


def test_nonsense_is_sent_back_once(asking: Asking) -> None:
    with chat_server("as a large model I", GOOD) as server:
        answer = asking(server.base_url)
    assert answer.text == "It shows Bayes' rule [E3]."
    assert "That does not hold: the reply is no JSON object" in server.requests[1]["messages"][-1]["content"]


NO_COMPLETION = "answered something that is no chat completion"
FAILURES: list[tuple[str, int | bytes, str]] = [
    ("an error of the server", 500, "the chat model failed (HTTP 500)"),
    ("a wrong key", 401, "the chat model refused the key (HTTP 401)"),
    ("too many requests", 429, "the chat model is over its rate limit or quota (HTTP 429)"),
    ("a web page", b"<html>busy</html>", f"the chat model's server {NO_COMPLETION}"),
    ("a list", b"[1, 2]", f"the chat model's server {NO_COMPLETION}"),
    ("an empty object", b"{}", f"the chat model's server {NO_COMPLETION}"),
    ("no choices", b'{"choices": []}', f"the chat model's server {NO_COMPLETION}"),
]


@pytest.mark.parametrize(("_", "reply", "why"), FAILURES, ids=[row[0] for row in FAILURES])
def test_a_failing_server_is_named_and_the_evidence_speaks(
    asking: Asking, _: str, reply: int | bytes, why: str
) -> None:
    with chat_server(reply) as server:
        answer = asking(server.base_url)
    assert answer.text.startswith("While “Bayes” is said (1:02–1:06)")
    (note,) = answer.notes
    assert note.startswith(f"extractive answer: {why}: ChatOpenAI made at {server.base_url}: ")
    assert answer.fallback == note


def test_nobody_at_the_address(asking: Asking) -> None:
    with chat_server(GOOD) as server:
        gone = server.base_url
    answer = asking(gone)
    assert answer.status == "answered"
    reason = f"the chat model could not be reached: ChatOpenAI made at {gone}: "
    assert answer.notes[0].startswith(f"extractive answer: {reason}")


def test_a_slow_server_meets_the_clients_timeout(asking: Asking) -> None:
    with chat_server(1.0) as server:
        answer = asking(server.base_url, timeout=0.2)
    assert "timed out" in answer.notes[0].lower()


def test_a_slow_server_meets_the_limit_of_a_call(asking: Asking) -> None:
    with chat_server(1.0) as server:
        answer = asking(server.base_url, limits=Limits(model_call_s=0.2))
    assert "did not answer within 0.2 s" in answer.notes[0]
    assert answer.status == "answered"


def test_a_slow_server_meets_the_limit_of_the_run(asking: Asking) -> None:
    with chat_server(5.0) as server:
        answer = asking(server.base_url, limits=Limits(seconds=2.0))
    assert (answer.status, answer.reason) == ("partial", "budget")
    assert answer.text.endswith("The run ended early: stopped at 'model call': 2 s were allowed.")
    assert isinstance(server, ChatServer)
