"""Tests of ranking by words: against FTS5 itself, and on what people type."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save
from tests.index.made_search import MadeLibrary, Span

from playhead_index.search import lexical
from playhead_index.search.lexical import LexicalIndex
from playhead_index.search.query_terms import chunks
from playhead_index.search.results import Hit, Scope
from playhead_index.search.stop_words import STOP_WORDS
from playhead_index.store.change_detection import ChangeDetector
from playhead_index.window import Window

WORDS = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "running", "runs", "naïve", "école",
]  # fmt: skip
EVERYWHERE = Scope()


@pytest.fixture
def library(tmp_path: Path) -> MadeLibrary:
    return MadeLibrary(tmp_path / "library")


def index_of(library: MadeLibrary) -> LexicalIndex:
    index = LexicalIndex(library.catalog)
    index.refresh(ChangeDetector(library.catalog).signatures())
    return index


def speech(*texts: str) -> list[Span]:
    return [("speech", i * 3.0, i * 3.0 + 3.0, text) for i, text in enumerate(texts)]


def found(index: LexicalIndex, text: str, scope: Scope = EVERYWHERE, limit: int = 10) -> list[str | None]:
    return [hit.text for hit in index.hits(text, ["speech"], scope, limit)["speech"]]


def fts5(library: MadeLibrary, text: str, limit: int) -> list[tuple[str, float]]:
    """The same ranking by FTS5's own MATCH and bm25()."""
    match = " OR ".join(f'"{word}"' for word in chunks(text) if word not in STOP_WORDS)
    rows = library.catalog.query(
        "SELECT rowid, -bm25(span_fts) AS score FROM span_fts WHERE span_fts MATCH ?"
        " ORDER BY score DESC, rowid LIMIT ?",
        (match, limit),
    )
    return [(f"span:{span_id}", score) for span_id, score in rows]


def assert_same_ranking(hits: Sequence[Hit], expected: Sequence[tuple[str, float]]) -> None:
    np.testing.assert_allclose([hit.score for hit in hits], [score for _, score in expected], rtol=1e-4)
    worst = expected[-1][1] if expected else 0.0
    assert {hit.ref for hit in hits if hit.score > worst * 1.001} == {
        ref for ref, score in expected if score > worst * 1.001
    }


@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), min_size=1, max_size=40),
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
    parts=st.integers(1, 3),
)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ranks_and_scores_are_those_of_fts5(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], query: list[str], parts: int
) -> None:
    library = MadeLibrary(tmp_path_factory.mktemp("fts"))
    index, watch = LexicalIndex(library.catalog), ChangeDetector(library.catalog)
    for part in range(parts):
        library.add(f"v{part}", spans=speech(*(" ".join(words) for words in texts[part::parts])))
        index.refresh(watch.signatures())
    hits = index.hits(" ".join(query), ["speech"], Scope(), 10)["speech"]
    assert_same_ranking(hits, fts5(library, " ".join(query), 10))


def test_a_large_library_is_ranked_as_fts5_ranks_it(library: MadeLibrary) -> None:
    generator = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(400)])
    likely = 1.0 / np.arange(1, 401)
    texts = [
        " ".join(generator.choice(words, size=generator.integers(3, 15), p=likely / likely.sum()))
        for _ in range(4000)
    ]
    library.add("v", spans=speech(*texts))
    index = index_of(library)
    for query in ("w0 w1 w2", "w0 w300", "w17 w3 w9 w0 w120", "w399", "w0"):
        assert_same_ranking(index.hits(query, ["speech"], Scope(), 50)["speech"], fts5(library, query, 50))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("red door", ["the red door", "a red car", "my door"], id="any of the words"),
        pytest.param("What's on the red door?", ["the red door", "a red car", "my door"], id="a question"),
        pytest.param('"red door"', ["the red door"], id="a phrase"),
        pytest.param("“red door”", ["the red door"], id="a phrase in typographic quotes"),
        pytest.param('"red door" car', ["the red door"], id="a phrase and a word that need not be there"),
        pytest.param('"door red"', [], id="a phrase in another order"),
        pytest.param('"the red', ["the red door", "a red car"], id="a quotation mark without its pair"),
        pytest.param("DOORS", ["my door", "the red door"], id="another form of a word"),
        pytest.param("what is the", ["the red door", "what is it"], id="nothing but stop words"),
        pytest.param("unheard", [], id="a word that nobody says"),
        pytest.param(
            "NEAR(red door) AND -* ^ {a} : col:red", ["the red door", "a red car", "my door"], id="signs"
        ),
        pytest.param("café", ["un cafe"], id="an accent"),
        pytest.param("", [], id="nothing"),
        pytest.param("🎉 !!! \x00", [], id="signs only"),
    ],
)
def test_any_text_can_be_searched(library: MadeLibrary, query: str, expected: list[str]) -> None:
    library.add("v", spans=speech("the red door", "my door", "a red car", "un cafe", "what is it"))
    assert sorted(filter(None, found(index_of(library), query))) == sorted(expected)


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    assert isinstance(found(_any_text_index(tmp_path_factory), text), list)


_ANY_TEXT: list[LexicalIndex] = []


def _any_text_index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    if not _ANY_TEXT:
        library = MadeLibrary(tmp_path_factory.mktemp("any"))
        library.add("v", spans=speech("one two three", "東京タワー", 'say "yes"'))
        _ANY_TEXT.append(index_of(library))
    return _ANY_TEXT[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "東京タワー", ["私は東京タワーに行った", "大阪タワーです"], id="words in a run, best first"
        ),
        pytest.param("“东京塔”", [], id="a quoted run must be there whole"),
        pytest.param("「東京タワー」", ["私は東京タワーに行った"], id="quoted as Japanese quotes"),
        pytest.param("猫", ["黒い猫がいる"], id="a single letter"),
        pytest.param("자동차", ["빨간 자동차가 있다"], id="a word with a particle"),
    ],
)
def test_scripts_without_spaces_are_found_inside_their_runs(
    library: MadeLibrary, query: str, expected: list[str]
) -> None:
    texts = ("私は東京タワーに行った", "大阪タワーです", "黒い猫がいる", "빨간 자동차가 있다", "plain words")
    library.add("v", spans=speech(*texts))
    assert found(index_of(library), query) == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param(Scope(("a",)), ["one fish", "red fish"], id="one video"),
        pytest.param(Scope(None, Window(2, 3)), ["one fish", "two fish"], id="a stretch of each"),
        pytest.param(Scope(("b",), Window(4, 5)), ["blue fish"], id="a stretch of one video"),
        pytest.param(Scope(()), [], id="no video"),
    ],
)
def test_only_the_scope_is_searched(library: MadeLibrary, scope: Scope, expected: list[str]) -> None:
    library.add("a", spans=speech("one fish", "red fish"))
    library.add("b", spans=speech("two fish", "blue fish"))
    index = index_of(library)
    assert sorted(filter(None, found(index, "fish", scope))) == sorted(expected)
    assert index.items("speech", scope) == len(expected)


def test_each_kind_of_words_has_a_list_of_its_own(library: MadeLibrary) -> None:
    library.add(
        "v", spans=[("speech", 0, 1, "red fish"), ("screen", 0, 1, "fish fish"), ("caption", 2, 3, "no")]
    )
    hits = index_of(library).hits("fish", ["speech", "screen", "caption"], Scope(), 5)
    assert {kind: [(hit.text, hit.rank) for hit in one] for kind, one in hits.items()} == {
        "speech": [("red fish", 1)],
        "screen": [("fish fish", 1)],
        "caption": [],
    }


def test_words_that_are_added_changed_or_removed_are_noticed(library: MadeLibrary) -> None:
    library.add("a", spans=speech("one fish"))
    index, watch = index_of(library), ChangeDetector(library.catalog)
    library.add("b", spans=speech("two fish"))
    index.refresh(watch.signatures())
    assert sorted(filter(None, found(index, "fish"))) == ["one fish", "two fish"]
    library.write("b", speech("three fish"))
    index.refresh(watch.signatures())
    assert len(found(index, "fish")) == 3
    library.remove("a")
    index.refresh(watch.signatures())
    assert sorted(filter(None, found(index, "fish"))) == ["three fish", "two fish"]
    assert_same_ranking(
        index.hits("three fish", ["speech"], Scope(), 9)["speech"], fts5(library, "three fish", 9)
    )


def test_many_small_additions_end_in_few_parts(library: MadeLibrary) -> None:
    index, watch = LexicalIndex(library.catalog), ChangeDetector(library.catalog)
    for number in range(20):
        library.add(f"v{number:02}", spans=speech(f"fish number w{number}", "another fish"))
        index.refresh(watch.signatures())
    assert len(index._parts) <= 6
    assert_same_ranking(index.hits("fish w7", ["speech"], Scope(), 9)["speech"], fts5(library, "fish w7", 9))


@pytest.fixture
def always_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "CACHED_FROM", 1)


@pytest.mark.usefixtures("always_cached")
def test_a_second_process_reads_the_cache_and_takes_in_what_came_since(library: MadeLibrary) -> None:
    library.add("a", spans=speech("one fish", "red fish"))
    index_of(library)
    assert (library.folder / "cache/words.safetensors").exists()
    library.add("b", spans=speech("two fish"))
    index = index_of(library)
    assert sorted(filter(None, found(index, "fish"))) == ["one fish", "red fish", "two fish"]
    assert_same_ranking(
        index.hits("two fish", ["speech"], Scope(), 9)["speech"], fts5(library, "two fish", 9)
    )


@pytest.mark.usefixtures("always_cached")
@pytest.mark.parametrize(
    "damage",
    [b"", b"no such format", b"\x10\x00\x00\x00\x00\x00\x00\x00{", save({"other": np.zeros(3)})],
    ids=["empty", "another format", "cut off", "other arrays"],
)
def test_a_damaged_cache_is_made_anew(library: MadeLibrary, damage: bytes) -> None:
    library.add("a", spans=speech("one fish"))
    index_of(library)
    cache = library.folder / "cache/words.safetensors"
    cache.write_bytes(damage)
    assert found(index_of(library), "fish") == ["one fish"]
    assert len(cache.read_bytes()) > len(damage)


@pytest.mark.usefixtures("always_cached")
def test_words_are_found_where_no_cache_can_be_written(library: MadeLibrary) -> None:
    library.add("a", spans=speech("one fish"))
    (library.folder / "cache").write_text("a file where the folder should be")
    assert found(index_of(library), "fish") == ["one fish"]


def test_chunks_end_only_at_what_fts5_takes_for_a_separator() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5(x, tokenize='porter unicode61 remove_diacritics 2')"
    )
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    for code in range(128):
        connection.execute("INSERT INTO t (rowid, x) VALUES (?, ?)", (code + 1, f"ab{chr(code)}cd"))
    tokens = dict(connection.execute("SELECT doc, count(*) FROM v GROUP BY doc"))
    assert all(tokens[code + 1] == len(chunks(f"ab{chr(code)}cd")) for code in range(1, 128))


SIGNED = ("I write mostly in C++ and C#.", "It is written in C.", "Node.js and .NET", "the net was torn",
          "roughly 3.14", "in 3 days 14 left", "at -5 degrees", "5 degrees")  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("C++", [0]), ('"C++"', [0]), ('"C"', [1]), ("C#", [0]), (".NET", [2]), ("3.14", [4]), ("-5", [6]),
        ("F#", []), ("$5", []), ("written C++", [0, 1]), ('"node.js"', [2]), ("nodejs", [2]),
    ],
)  # fmt: skip
def test_words_with_signs_are_ranked_where_the_signs_stand(
    library: MadeLibrary, query: str, expected: list[int]
) -> None:
    library.add("v1", spans=speech(*SIGNED))
    assert sorted(map(SIGNED.index, filter(None, found(index_of(library), query)))) == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("USA", "made in the U.S.A. then"), ("U.S.A.", "made in the USA"), ("strasse", "die Straße"),
        ("Straße", "die STRASSE"), ("ежик", "ёжик"), ("ışık", "Işık means light"),
        ("Ελληνικα", "στα Ελληνικά"),
        ("οδός", "ΟΔΟΣ"), ("obrien", "Mr. O'Brien"), ("dont", "Don't touch it"),
        ("covid19", "COVID-19 spread"),
        ("nodejs", "we use Node.js"), ("5550199", "call 555-0199"), ("1299", "for $1,299.99"),
        ("Lodz", "in Łódź"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_another_spelling(library: MadeLibrary, query: str, text: str) -> None:
    library.add("v1", spans=speech("something else", text))
    assert found(index_of(library), query) == [text]


def test_every_text_with_the_pieces_of_a_word_is_compared(
    library: MadeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "COMPARED_AT_ONCE", 3)
    library.add("v1", spans=speech(*["written in C"] * 7, "written in C++"))
    assert list(filter(None, found(index_of(library), "C++"))) == ["written in C++"]


def test_quoted_words_are_not_found_in_another_form(library: MadeLibrary) -> None:
    library.add("v1", spans=speech("giant robotic claws", "you have your robotics"))
    assert found(index_of(library), '"robotics"') == ["you have your robotics"]
    assert len(found(index_of(library), "robotics")) == 2


def test_a_list_of_quoted_words_is_full_however_many_forms_rank_before_them(library: MadeLibrary) -> None:
    library.add("v1", spans=speech(*["robotic"] * 20, "all about robotics and much else besides"))
    assert found(index_of(library), '"robotics"', limit=1) == ["all about robotics and much else besides"]
