"""The structure of the product's source, counted on small trees and on the product itself."""

from functools import cache, partial
from pathlib import Path

import pytest

from playhead_bench.code_structure import (
    WALKS,
    PathWalker,
    broad_excepts,
    import_circles,
    num_returns,
    num_unwanted,
    read_modules,
    sql_files,
    unwanted_words,
)

ROOT = Path(__file__).parents[2]
product = cache(partial(read_modules, ROOT))


def tree_of(folder: Path, **sources: str) -> Path:
    package = folder / "index" / "made"
    package.mkdir(parents=True)
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source, "utf-8")
    return folder


def files_of(folder: Path, start: tuple[str, str, str]) -> list[str]:
    walker = PathWalker(read_modules(folder, ["index"]))
    walker.walk(*start)
    return [Path(path).stem for _, path in walker.calls]


def test_a_path_follows_a_value_and_what_is_made_of_it(tmp_path: Path) -> None:
    tree_of(
        tmp_path,
        first="from made.second import twice\ndef run(x: int) -> int:\n    y = twice(x)\n    return last(y)\n"
        "def last(y: int) -> int:\n    return y\n",
        second="def twice(x: int) -> int:\n    return 2 * x\n",
    )
    assert files_of(tmp_path, ("index/made/first.py", "run", "x")) == ["first", "second", "first"]


def test_a_call_without_the_value_is_not_followed(tmp_path: Path) -> None:
    tree_of(
        tmp_path,
        first="from made.second import twice\ndef run(x: int) -> int:\n    twice(3)\n    return x\n",
        second="def twice(x: int) -> int:\n    return 2 * x\n",
    )
    assert files_of(tmp_path, ("index/made/first.py", "run", "x")) == ["first"]


def test_a_method_is_found_by_the_annotation_of_its_object(tmp_path: Path) -> None:
    tree_of(
        tmp_path,
        first="from made.second import Box\ndef run(x: int, box: Box) -> int:\n    return box.put(x)\n",
        second="class Box:\n    def put(self, x: int) -> int:\n        return x\n",
    )
    assert files_of(tmp_path, ("index/made/first.py", "run", "x")) == ["first", "second"]


def test_the_nodes_of_a_graph_are_walked_in_their_order(tmp_path: Path) -> None:
    tree_of(
        tmp_path,
        graph="from made.b import two\nfrom made.a import one\ndef build(graph):\n"
        '    for name, node in (("one", one), ("two", two)):\n        graph.add_node(name, node)\n',
        a="def one(state: dict) -> dict:\n    return state\n",
        b="def two(state: dict) -> dict:\n    return state\n",
    )
    assert files_of(tmp_path, ("index/made/graph.py", "nodes", "state")) == ["a", "b"]


def test_a_start_that_is_not_there_is_refused(tmp_path: Path) -> None:
    tree_of(tmp_path, first="def run(x: int) -> int:\n    return x\n")
    with pytest.raises(LookupError, match="no parameter y of run"):
        files_of(tmp_path, ("index/made/first.py", "run", "y"))


def test_returns_are_calls_into_a_file_that_was_visited_before() -> None:
    assert num_returns([("", "a"), ("a", "b"), ("b", "a"), ("a", "c"), ("c", "b")]) == 2


def test_a_call_inside_a_file_is_no_return() -> None:
    assert num_returns([("", "a"), ("a", "b"), ("a", "a")]) == 0


def test_a_circle_through_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    tree_of(tmp_path, a="from made import b\n", b="def f():\n    from made.a import b\n")
    assert import_circles(read_modules(tmp_path, ["index"])) == [("made.a", "made.b")]


def test_sql_is_a_statement_and_no_sentence(tmp_path: Path) -> None:
    tree_of(tmp_path, a='"""Select one from many."""\nX = "select id from video"\nY = "selected from it"\n')
    assert sql_files(read_modules(tmp_path, ["index"])) == {"index/made/a.py": 1}


def test_what_catches_everything_is_broad(tmp_path: Path) -> None:
    tree_of(
        tmp_path, a="try:\n    pass\nexcept (ValueError, Exception):\n    pass\nexcept OSError:\n    pass\n"
    )
    assert len(broad_excepts(read_modules(tmp_path, ["index"]))) == 1


def test_words_count_in_names_that_a_file_defines(tmp_path: Path) -> None:
    tree_of(tmp_path, a="from x import told\ndef told_by(SightOf): ...\ntold_by(untold=3)\n")
    assert num_unwanted(read_modules(tmp_path, ["index"]), ["told", "sight"]) == {"told": 1, "sight": 1}


def test_the_product_has_no_import_circle() -> None:
    assert import_circles(product()) == []


def test_the_products_sql_stands_in_the_store() -> None:
    assert sql_files(product()) == {}


def test_the_paths_of_the_product_start_at_functions_that_are_there() -> None:
    for walk in WALKS:
        walker = PathWalker(product())
        for start in walk.starts:
            walker.walk(*start)
        assert walker.calls


def test_the_glossary_lists_words_that_are_not_wanted() -> None:
    assert {"deed", "sight", "told"} <= set(unwanted_words(ROOT))
