"""Calls as models write them into text, in all the shapes that were seen."""

import json
import time
from collections.abc import Sequence

import pytest

from playhead_agent.models.lenient_json import MAX_ARGUMENT_CHARS, json_values, make_call, read_calls
from playhead_agent.models.protocol import ToolCall

NAMES = ("search", "finish")
SEARCH = ToolCall("search", {"query": "a dog"})
ONE_CALL: Sequence[tuple[str, str]] = [
    ("as it is asked for", '{"calls": [{"name": "search", "args": {"query": "a dog"}}]}'),
    ("in a fence, with words", 'Sure!\n```json\n{"name": "search", "args": {"query": "a dog"}}\n```\nDone.'),
    ("in a fence that is not closed", '```\n{"name": "search", "arguments": {"query": "a dog"}}'),
    ("in the tags of Qwen", '<tool_call>\n{"name": "search", "arguments": {"query": "a dog"}}\n</tool_call>'),
    ("arguments as text", '{"name": "search", "arguments": "{\\"query\\": \\"a dog\\"}"}'),
    ("with doubled braces outside", '{{"name": "search", "args": {"query": "a dog"}}}'),
    ("with all braces doubled", '{{"name": "search", "args": {{"query": "a dog"}}}}'),
    ("with trailing commas", '{"name": "search", "args": {"query": "a dog",},}'),
    ("in single quotes", "{'name': 'search', 'args': {'query': 'a dog'}}"),
    ("with the name as the key", '{"search": {"query": "a dog"}}'),
    ("flat", '{"tool": "search", "query": "a dog"}'),
    ("as OpenAI writes it", '{"function": {"name": "search", "arguments": {"query": "a dog"}}}'),
    ("as ReAct writes it", 'Thought: look.\n{"action": "search", "action_input": {"query": "a dog"}}'),
    ("as a list", '[{"name": "search", "parameters": {"query": "a dog"}}]'),
    ("behind a stray bracket", 'I use {x. {"name": "search", "args": {"query": "a dog"}}'),
]  # fmt: skip


@pytest.mark.parametrize(("_", "text"), ONE_CALL, ids=[row[0] for row in ONE_CALL])
def test_one_call_is_read(_: str, text: str) -> None:
    assert read_calls(text, NAMES) == [SEARCH]


def test_several_objects_are_several_calls_in_order() -> None:
    text = '{"name": "search", "args": {"query": "a dog"}}\n{"name": "finish", "args": {"claims": []}}'
    assert read_calls(text, NAMES) == [SEARCH, ToolCall("finish", {"claims": []})]


NO_CALL = ["", "no", "{", "[[[", '{"answer": "a dog"}', '{"name": "a dog"}', '{"person": {"query": "x"}}',
           '{"name": "search", "args": {"query": "a d', "{'a': __import__('os')}"]  # fmt: skip


@pytest.mark.parametrize("text", NO_CALL)
def test_what_is_no_call_is_none(text: str) -> None:
    assert read_calls(text, NAMES) == []


def test_a_call_of_a_tool_that_is_not_offered_is_read_so_that_it_can_be_refused() -> None:
    assert read_calls('{"name": "look", "args": {}}', NAMES) == [ToolCall("look", {})]


def test_braces_and_quotes_in_texts_are_texts() -> None:
    query = 'she says "{x}" and it\'s [odd]'
    assert (
        read_calls(json.dumps({"name": "search", "args": {"query": query}}), NAMES)[0].args["query"] == query
    )


def test_arguments_that_cannot_be_used_say_why() -> None:
    deep: object = "x"
    for _ in range(100):
        deep = [deep]
    assert make_call("search", [1]).problem == "its arguments are no JSON object"
    assert make_call("search", {"query": deep}).problem == "its arguments are nested too deeply"
    long = make_call("search", {"query": "x" * MAX_ARGUMENT_CHARS})
    assert "at most 6000 are taken" in long.problem


HOSTILE = ["{", "[", '"', '\\"', '{"a":', "{{", "}", "'", "{'a':", ",", " ,", '{"', "[[],", "{}"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_reading_takes_time_in_proportion_to_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = '"' + piece * (length // len(piece))
        begin = time.perf_counter()
        json_values(text)
        return time.perf_counter() - begin

    seconds(1_000)
    assert min(seconds(48_000) for _ in range(3)) < 6 * min(seconds(24_000) for _ in range(3)) + 0.05
