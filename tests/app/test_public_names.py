"""What `import playhead` offers: a sorted list of names that is whole, and records that print in short."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

import playhead
from playhead import library
from playhead.api_page import library_methods
from playhead_index import errors

INIT = ast.parse(Path(playhead.__file__).read_text(encoding="utf-8"))
LIBRARY = ast.parse(inspect.getsource(library))
OWN = ("playhead", "playhead_index", "playhead_tools", "playhead_agent")
LONG_TEXTS = ("text", "message", "question", "said", "sample", "why", "quote")
FEW = ("Manifest", "ModelChoice", "VideoReport")
"""Records with at most an item for each stage or vector space, or with the name of a model as text."""


def imported(tree: ast.Module) -> dict[str, str]:
    """The module of each name that a module imports from the components, for checkers alone too."""
    lines = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {
        name.asname or name.name: str(line.module)
        for line in lines
        if str(line.module).split(".")[0] in OWN
        for name in line.names
    }


def names_in_annotations(function: ast.FunctionDef) -> set[str]:
    """Every name in the types of a function's signature."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    types = [argument.annotation for argument in given] + [function.returns]
    texts = [node.value if isinstance(node, ast.Constant) else ast.unparse(node) for node in types if node]
    return {
        node.id
        for text in texts
        for node in ast.walk(ast.parse(str(text), mode="eval"))
        if isinstance(node, ast.Name)
    }


def public_functions() -> list[ast.FunctionDef]:
    """The public methods and properties of `Library`, and its constructor."""
    (own,) = (node for node in LIBRARY.body if isinstance(node, ast.ClassDef) and node.name == "Library")
    functions = [node for node in own.body if isinstance(node, ast.FunctionDef)]
    return [node for node in functions if node.name == "__init__" or not node.name.startswith("_")]


def classes_in(hint: Any) -> Iterator[type]:
    """The classes of the components inside a type."""
    for part in get_args(hint):
        yield from classes_in(part)
    if isinstance(hint, type) and hint.__module__.split(".")[0] in OWN:
        yield hint


def test_the_names_are_sorted_and_each_stands_once() -> None:
    assert playhead.__all__ == sorted(set(playhead.__all__))


def test_the_lazy_table_the_list_and_the_imports_for_checkers_agree() -> None:
    assert sorted(playhead._HOMES) == playhead.__all__
    assert imported(INIT) == playhead._HOMES


@pytest.mark.parametrize("name", playhead.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(playhead, name) is not None
    assert name in dir(playhead)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'playhead' has no attribute 'Libary'"):
        _ = playhead.Libary


def test_every_type_in_the_signatures_of_the_library_is_public() -> None:
    used = set().union(*map(names_in_annotations, public_functions()))
    assert len(used) > 20
    assert sorted(used & imported(LIBRARY).keys() - set(playhead.__all__)) == []


def test_every_error_that_the_library_documents_is_public() -> None:
    docs = [inspect.getdoc(function) or "" for _, _, function, _ in library_methods()]
    known = {name for name, value in vars(errors).items() if isinstance(value, type)}
    named = {name for name in known if any(f"{name}:" in doc for doc in docs)}
    assert len(named) > 5
    assert sorted(named - set(playhead.__all__)) == []


def test_every_error_of_the_tree_is_public() -> None:
    tree = [n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.PlayheadError)]
    assert sorted(set(tree) - set(playhead.__all__)) == []


def test_every_record_inside_a_public_record_is_public() -> None:
    records = [getattr(playhead, name) for name in playhead.__all__ if is_dataclass(getattr(playhead, name))]
    inside = {
        cls.__name__ for one in records for hint in get_type_hints(one).values() for cls in classes_in(hint)
    }
    assert sorted(inside - set(playhead.__all__)) == []


def with_much_in_it(record: type) -> Any:
    """A record of a class with 1,000 items in every collection and 5,000 characters in every text."""
    made: Any = object.__new__(record)
    for field in fields(record):
        kind = str(field.type)
        value: Any = 1
        if "ndarray" in kind.lower():
            value = np.zeros((100, 200, 3), np.uint8)
        elif any(word in kind for word in ("tuple", "list", "dict", "Sequence", "Mapping")):
            value = tuple(range(1000))
        elif field.name in LONG_TEXTS:
            value = "a word " * 700
        object.__setattr__(made, field.name, value)
    return made


@pytest.mark.parametrize("name", [n for n in playhead.__all__ if is_dataclass(getattr(playhead, n))])
def test_a_record_prints_sizes_and_not_its_data(name: str) -> None:
    if name not in FEW:
        assert len(repr(with_much_in_it(getattr(playhead, name)))) < 600


def test_an_answer_prints_its_text_and_the_numbers_of_its_records() -> None:
    window = playhead.Window(1.0, 2.0)
    evidence = playhead.Evidence("E1", "v1", window, "speech", "supported", text="word " * 90)
    answer = playhead.Answer("It is red [E1].", "answered", confidence=0.9, evidence=(evidence, evidence))
    assert (
        repr(answer)
        == "Answer(text='It is red [E1].', status='answered', confidence=0.9, evidence=<2 Evidence>)"
    )


def test_a_search_result_prints_the_number_of_its_moments() -> None:
    moment = playhead.Moment("v1", Path("talk.mp4"), playhead.Window(1.0, 2.0), 0.5, ())
    coverage = playhead.Coverage(1, 2, 3.0, ())
    found = playhead.SearchResult(playhead.Query("red"), [moment] * 4, coverage, 0.1)
    assert repr(found) == (
        "SearchResult(query=Query(text='red'), moments=<4 Moment>, "
        "coverage=Coverage(videos=1, segments=2, duration_s=3.0, lanes=()), seconds=0.1)"
    )
    assert repr(moment) == (
        "Moment(video_id='v1', path='talk.mp4', window=Window(start_s=1.0, end_s=2.0), score=0.5, hits=())"
    )


def test_a_frame_prints_the_shape_of_its_image() -> None:
    assert (
        repr(playhead.Frame(1.5, np.zeros((90, 160, 3), np.uint8)))
        == "Frame(pts_s=1.5, rgb=<(90, 160, 3) uint8>)"
    )
