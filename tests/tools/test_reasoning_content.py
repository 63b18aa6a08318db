"""Thoughts that models write into their replies are told from what they answer."""

import json
import time
from collections.abc import Sequence

import pytest

from playhead_tools.reasoning_content import answer_start, reasoning_of, split_thoughts

REPLIES: Sequence[tuple[str, str, str]] = [
    ("It is red.", "", "It is red."),
    ("<think>\nhm\n</think>\n\nIt is red.", "hm", "It is red."),
    ("<thinking>hm</thinking>It is red.", "hm", "It is red."),
    ("<THINK>hm</THINK> It is red.", "hm", "It is red."),
    ("<thought>hm</thought>It is red.", "hm", "It is red."),
    ("[THINK]hm[/THINK]It is red.", "hm", "It is red."),
    ("◁think▷hm◁/think▷It is red.", "hm", "It is red."),
    ("hm\n</think>\nIt is red.", "hm", "It is red."),
    ("<think>hm, what is <think> for?</think>It is red.", "hm, what is  for?", "It is red."),
    ("<think>one</think>It is <think>two</think>red.", "one\ntwo", "It is red."),
    ("<think>it may be red or", "it may be red or", ""),
    ("It is red. <think>or is it", "or is it", "It is red."),
    ("<think></think>It is red.", "", "It is red."),
    ("<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>Red.", "hm", "Red."),
    ("The sign says '<think>' in white.", "", "The sign says '<think>' in white."),
    ("", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "thought", "answer"), REPLIES)
def test_thoughts_are_split_from_the_answer(text: str, thought: str, answer: str) -> None:
    assert split_thoughts(text) == (thought, answer)


def test_json_that_mentions_a_tag_is_kept_whole() -> None:
    text = json.dumps({"claim": "she writes </think> on the board"})
    assert split_thoughts(text) == ("", text)


def test_json_after_thoughts_that_hold_json_is_the_answer() -> None:
    assert split_thoughts('<think>{"a": 1}</think>{"a": 2}') == ('{"a": 1}', '{"a": 2}')


def test_the_answer_starts_after_the_last_thought() -> None:
    text = "No, no.</think>\nYes"
    assert text[answer_start(text) :].strip() == "Yes"
    assert answer_start("<think>never ends") == len("<think>never ends")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_in_a_field_of_their_own_are_read(field: str) -> None:
    assert reasoning_of({"content": "Red.", field: " hm "}) == "hm"
    assert reasoning_of({"content": "Red.", field: None}) == ""


@pytest.mark.parametrize("piece", ["<think>", "</think>", "<think>a</think>", "<think ", "'<think>' ", "{"])
def test_splitting_takes_time_in_proportion_to_the_length(piece: str) -> None:
    def seconds(count: int) -> float:
        begin = time.perf_counter()
        split_thoughts(piece * count)
        return time.perf_counter() - begin

    seconds(1_000)
    assert min(seconds(80_000) for _ in range(3)) < 6 * min(seconds(40_000) for _ in range(3)) + 0.02
