"""Fifty questions of public benchmarks, labelled by hand before the grammar was changed; no texts."""

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.shared_data import shared

from playhead_index.search.question_topic import question_topic
from playhead_tools.question import parse_question
from playhead_tools.spec import QuestionSpec

LABELS = [
    json.loads(line) for line in Path(__file__).with_name("benchmark_labels.jsonl").read_text().splitlines()
]
MIN_RIGHT = 0.7


def benchmark_question(label: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text of a labelled question and its options."""
    lines = shared("real_questions/benchmark_questions.jsonl").read_text("utf-8").splitlines()
    row = json.loads(lines[label["line"] - 1])
    assert hashlib.blake2b(row["question"].encode(), digest_size=8).hexdigest() == label["hash"]
    return row["question"], tuple(ast.literal_eval(row["options"]))


def what_is_wrong(label: dict[str, Any], spec: QuestionSpec) -> str:
    """How a reading differs from its label; empty where it is right."""
    kind = (
        spec.asks
        if spec.asks in ("place", "colour")
        else "describe"
        if spec.intent == "locate"
        else spec.intent
    )
    relation = "" if spec.relation is None else spec.relation.kind
    topic = f"{' '.join(spec.targets)} {question_topic(spec.query).text}".lower()
    wrong = {
        "kind": kind not in label["kinds"],
        "medium": spec.wanted not in label["media"],
        "relation": relation not in label["relations"],
        "topic": not all(word in topic for word in label["topic"]),
        "options": len(spec.options) != label["num_options"],
        "times": len(spec.times) != label.get("num_times", 0),
        "refusal": not spec.query and not spec.targets and spec.intent != "summarise",
    }
    return " ".join(name for name, is_wrong in wrong.items() if is_wrong)


def is_in(part: str, question: str) -> bool:
    """Whether a part stands in a question word for word."""
    plain = [re.sub(r"[\W_]+", " ", one).strip().lower() for one in (part, question)]
    return plain[0] in plain[1]


def test_most_questions_of_public_benchmarks_are_read_right() -> None:
    wrong = {}
    for label in LABELS:
        text, options = benchmark_question(label)
        wrong[label["line"]] = what_is_wrong(label, parse_question(text, options))
    right = [line for line, why in wrong.items() if not why]
    assert len(right) >= MIN_RIGHT * len(LABELS), {line: why for line, why in wrong.items() if why}


@pytest.mark.parametrize("label", LABELS, ids=[f"line {label['line']}" for label in LABELS])
def test_what_is_looked_for_stands_in_the_question_word_for_word(label: dict[str, Any]) -> None:
    text, options = benchmark_question(label)
    spec = parse_question(text, options)
    anchors = [anchor.text for anchor in spec.relation.anchors] if spec.relation is not None else []
    assert [part for part in (*spec.targets, *anchors, spec.query) if not is_in(part, text)] == []
