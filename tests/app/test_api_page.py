"""docs/python-api.md is what the code says now, and its parts are rendered so that they can be read."""

from pathlib import Path

import playhead
from playhead.api_page import api_page, error_tree, group_of, library_methods, render_docstring
from playhead.docs import API_PAGE
from playhead.library import Library
from playhead.signatures import Parameter, fields_of, parameters_of, returned_by, signature_text

ROOT = Path(__file__).resolve().parents[2]


def sample(name: str, /, *more: int, wait_s: float = 0.5, **rest: str) -> "list[int] | None":
    """Has every sort of parameter."""


def test_the_page_of_the_python_interface_is_what_the_code_says() -> None:
    assert api_page() == (ROOT / API_PAGE).read_text(encoding="utf-8"), "run: make docs"


def test_every_public_name_and_every_method_of_the_library_is_on_the_page() -> None:
    text = api_page()
    assert [n for n in playhead.__all__ if group_of(n) != "Errors" and f"\n### `{n}`\n" not in text] == []
    assert [m for _, m, *_ in library_methods() if f"\n#### `Library.{m}`\n" not in text] == []
    assert len(library_methods()) >= 35


def test_the_errors_are_drawn_as_a_tree_with_what_each_says() -> None:
    rows = [" ".join(line.split()[:3]) for line in error_tree().splitlines()]
    assert rows[0] == "PlayheadError Base of"
    assert len(rows) == sum(group_of(name) == "Errors" for name in playhead.__all__)
    assert "│ └── VideoUnreadable" in rows or "│ ├── VideoUnreadable" in rows


def test_a_signature_has_every_sort_of_parameter_and_no_quotes_around_types() -> None:
    parameters = parameters_of(sample)
    assert signature_text("sample", parameters, returned_by(sample)) == (
        "sample(name: str, *more: int, wait_s: float = 0.5, **rest: str) -> list[int] | None"
    )


def test_a_long_signature_has_a_line_for_each_parameter() -> None:
    names = [Parameter(f"a_parameter_with_a_name_{number}", "int", "0") for number in range(4)]
    assert signature_text("f", names).splitlines()[:2] == ["f(", "    a_parameter_with_a_name_0: int = 0,"]


def test_a_default_that_has_a_name_is_shown_by_its_value() -> None:
    assert (
        str(next(p for p in parameters_of(Library.ask) if p.name == "strategy")) == 'strategy: str = "auto"'
    )


def test_the_fields_of_a_record_begin_with_those_of_its_base() -> None:
    names = [parameter.name for parameter in fields_of(playhead.Clarify)]
    assert names[0] == fields_of(playhead.Progress)[0].name
    assert names[-1] == "thread_id"


def test_the_name_of_a_literal_that_is_not_public_becomes_its_values() -> None:
    (status,) = (field for field in fields_of(playhead.Answer) if field.name == "status")
    assert status.annotation == 'Literal["answered", "partial", "abstained"]'


def test_a_docstring_becomes_lists_and_code() -> None:
    doc = (
        "Adds.\n\nMore\nof it.\n\nArgs:\n    first: one, which\n        goes on.\n\nText between.\n\n"
        "Returns:\n    The sum.\n\nRaises:\n    ValueError: no number.\n\n>>> add(1)  # doctest: +SKIP\n2"
    )
    assert list(render_docstring(doc, [Parameter("first", "int")])) == [
        "Adds.\n",
        "More\nof it.\n",
        "**Arguments**\n\n- `first` (`int`): one, which goes on.\n",
        "Text between.\n",
        "**Returns**: The sum.\n",
        "**Raises**\n\n- `ValueError`: no number.\n",
        "```pycon\n>>> add(1)\n2\n```\n",
    ]
