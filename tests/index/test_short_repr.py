from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from playhead_index.short_repr import MAX_TEXT_CHARS, short_repr


@dataclass
class Inner:
    number: int


@dataclass
class Record:
    value: Any = None
    hidden: int = field(default=0, repr=False)
    many: dict[str, int] = field(default_factory=dict)
    __repr__ = short_repr


def test_defaults_and_hidden_fields_are_left_out() -> None:
    assert repr(Record(hidden=3)) == "Record()"


def test_a_text_is_cut_at_its_limit() -> None:
    assert repr(Record("a" * MAX_TEXT_CHARS)) == f"Record(value='{'a' * MAX_TEXT_CHARS}')"
    assert repr(Record("a" * 5000)) == f"Record(value='{'a' * (MAX_TEXT_CHARS - 1)}…')"


def test_an_array_is_shown_by_shape_and_dtype() -> None:
    assert repr(Record(np.zeros((2, 3), np.float32))) == "Record(value=<(2, 3) float32>)"


def test_few_short_items_are_shown_and_many_are_counted() -> None:
    assert repr(Record((1, 2, 3))) == "Record(value=(1, 2, 3))"
    assert repr(Record((1, 2, 3, 4))) == "Record(value=<4 items>)"
    assert repr(Record(many={"a": 1})) == "Record(many={'a': 1})"


def test_records_are_counted_under_their_name() -> None:
    assert repr(Record([Inner(1)])) == "Record(value=<1 Inner>)"


def test_a_path_is_text_and_a_long_record_is_named() -> None:
    assert repr(Record(Path("a/b.mp4"))) == "Record(value='a/b.mp4')"
    assert repr(Record(Inner(10**120))) == "Record(value=Inner(...))"
