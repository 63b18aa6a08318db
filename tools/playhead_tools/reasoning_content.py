"""The only place that separates a model's reasoning from its answer.

Reasoning models that are served without a reasoning parser write their thoughts into the reply, between
tags. The forms known here, and who writes them:

- `<think>` (DeepSeek-R1, Qwen3, QwQ), `<thinking>`, `<reasoning>`, `<seed:think>`
- `<thought>` (Gemini's OpenAI-compatible endpoint with `include_thoughts`)
- `[THINK]` (Magistral), `◁think▷` (Kimi-VL)
- the channels of gpt-oss (Harmony): `<|channel|>analysis<|message|>` until `<|channel|>final<|message|>`

Chat templates often put the opening tag into the prompt, so that a reply may hold the closing tag alone.
Servers with a reasoning parser send thoughts in a field of their own (`reasoning_content`, `reasoning`).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_NAMES = "think|thinking|thought|thoughts|reasoning|seed:think"
_TAG = re.compile(
    rf"<(?P<close>/?)(?:{_NAMES})\s{{0,4}}>|\[(?P<close2>/?)THINK\]|◁(?P<close3>/?)think▷"
    r"|<\|channel\|>analysis<\|message\|>"
    r"|(?P<close4><\|channel\|>(?:final|commentary)[^<]{0,60}<\|message\|>)",
    re.IGNORECASE,
)
_HARMONY = re.compile(r"<\|(?:end|return|start|call)\|>(?:assistant)?")
_CLOSES = ("close", "close2", "close3", "close4")
_QUOTES = "\"'`"
REASONING_FIELDS = ("reasoning_content", "reasoning")
"""Fields of a message in which servers with a reasoning parser send thoughts; the first one set counts."""


def split_thoughts(text: str) -> tuple[str, str]:
    """What a model thought and what it answered, in that order; linear in the length of the text.

    Thoughts that are not closed, such as those of a reply cut at its limit of tokens, leave an empty answer.
    Text that is JSON as a whole is an answer, and so is a tag that is only quoted (`"<think>"`).

    >>> split_thoughts("<think>red or blue?</think>It is red.")
    ('red or blue?', 'It is red.')
    >>> split_thoughts("red or blue?</think> It is red."), split_thoughts("<think>red or")
    (('red or blue?', 'It is red.'), ('red or', ''))
    """
    spans = _answer_spans(text)
    if spans == [(0, len(text))]:
        return "", _HARMONY.sub("", text).strip()
    answer = "".join(text[start:end] for start, end in spans)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    thoughts = [text[edges[n] : edges[n + 1]] for n in range(0, len(edges), 2)]
    thought = "\n".join(clean for one in thoughts if (clean := _untagged(one)))
    return thought, _HARMONY.sub("", answer).strip()


def answer_start(text: str) -> int:
    """The index at which the answer begins, after the thoughts; `len(text)` where there is none.

    >>> answer_start("<think>hm</think>Yes"), answer_start("Yes"), answer_start("<think>hm")
    (17, 0, 9)
    """
    return next((start for start, end in _answer_spans(text) if text[start:end].strip()), len(text))


def reasoning_of(fields: Mapping[str, Any]) -> str:
    """Thoughts that a server sent in a field of their own; empty where it sent none.

    >>> reasoning_of({"content": "Yes", "reasoning_content": "it is red"})
    'it is red'
    """
    found = (fields.get(name) for name in REASONING_FIELDS)
    return next((text.strip() for text in found if isinstance(text, str) and text.strip()), "")


def _answer_spans(text: str) -> list[tuple[int, int]]:
    """[start, end) of the pieces of a text that are no thoughts and hold no tag."""
    tags = [tag for tag in _TAG.finditer(text) if not _is_quoted(text, tag)]
    if not tags or _is_json(text):
        return [(0, len(text))]
    spans: list[tuple[int, int]] = []
    begin: int | None = 0
    for tag in tags:
        closes = any(tag[name] for name in _CLOSES)
        if closes and begin is not None:  # its opening tag stood in the prompt, or was closed before
            spans.clear()
        if closes:
            begin = tag.end()
        elif begin is not None:
            spans.append((begin, tag.start()))
            begin = None
    return spans if begin is None else [*spans, (begin, len(text))]


def _is_quoted(text: str, tag: re.Match[str]) -> bool:
    before, after = text[max(0, tag.start() - 1) : tag.start()], text[tag.end() : tag.end() + 1]
    return bool(before) and before in _QUOTES and after == before


def _is_json(text: str) -> bool:
    json_text = text.strip()
    if json_text[:1] not in ("{", "["):
        return False
    try:
        json.loads(json_text)
    except (ValueError, RecursionError):
        return False
    return True


def _untagged(text: str) -> str:
    return _HARMONY.sub("", _TAG.sub("", text)).strip()
