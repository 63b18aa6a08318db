"""Tests of the vector stores against plain multiplication."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import LibraryMismatch
from playhead_index.store import coded_store
from playhead_index.store.coded_store import CodedStore, Recall, make_coded_store, text_like
from playhead_index.store.faiss_store import FaissStore
from playhead_index.store.ids import find_sorted, sorting_order
from playhead_index.store.numpy_store import NumpyStore
from playhead_index.store.vectors import MISSING, Neighbours, VectorStore, require_same_model

WIDTH = 16


def made(count: int, seed: int = 0) -> NDArray[np.float16]:
    rows = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def slow(
    vectors: dict[int, NDArray[np.float16]], query: NDArray[np.float32], k: int
) -> list[tuple[int, float]]:
    """The k nearest by plain multiplication."""
    scored = [(i, float(vector.astype(np.float32) @ query)) for i, vector in vectors.items()]
    return sorted(scored, key=lambda one: -one[1])[:k]


def assert_nearest(found: Neighbours, row: int, expected: list[tuple[int, float]]) -> None:
    ids, scores = found.of(row)
    assert ids.tolist() == [i for i, _ in expected]
    np.testing.assert_allclose(scores, [score for _, score in expected], atol=1e-5)


EXACT = {"faiss": FaissStore, "numpy": NumpyStore}


@pytest.fixture(params=[*EXACT, "coded"])
def store_of(request: pytest.FixtureRequest) -> object:
    def make(ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> VectorStore:
        if request.param in EXACT:
            store: VectorStore = EXACT[request.param](WIDTH)
            store.add(ids, vectors)
            return store
        every = dict(zip(ids.tolist(), vectors, strict=True))
        coded = make_coded_store(ids, lambda requested: np.stack([every[i] for i in requested.tolist()]))
        coded.recall = Recall(len(ids), 1.0, "made")
        return coded

    return make


def test_a_search_finds_the_nearest_in_their_order(store_of) -> None:
    vectors, ids = made(300), np.arange(7, 307)
    found = store_of(ids, vectors).search(made(3, 1).astype(np.float32), 10)
    for row, query in enumerate(made(3, 1).astype(np.float32)):
        assert_nearest(found, row, slow(dict(zip(ids.tolist(), vectors, strict=True)), query, 10))


@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param(list(range(20, 60)), id="a run of ids"),
        pytest.param([9, 30, 31, 250], id="a few scattered ids"),
        pytest.param(list(range(8, 300, 2)), id="every other id"),
        pytest.param([9, 9999], id="ids of which one is not there"),
        pytest.param([], id="none"),
    ],
)
def test_a_search_among_some_ids_finds_no_other(store_of, allowed: list[int]) -> None:
    vectors, ids = made(300), np.arange(7, 307)
    query = made(1, 1).astype(np.float32)
    held = {i: vectors[i - 7] for i in allowed if 7 <= i < 307}
    found = store_of(ids, vectors).search(query, 5, np.array(allowed, dtype=np.int64))
    assert_nearest(found, 0, slow(held, query[0], 5))


def test_many_queries_at_once_find_what_each_finds_alone() -> None:
    store = FaissStore(WIDTH)
    store.add(np.arange(9000), made(9000))
    queries = made(20, 1).astype(np.float32)
    together = store.search(queries, 7)
    for row in range(20):
        alone = store.search(queries[row : row + 1], 7)
        np.testing.assert_array_equal(together.ids[row], alone.ids[0])
        np.testing.assert_allclose(together.scores[row], alone.scores[0], atol=1e-5)


def test_scores_of_ids_come_in_the_order_asked_and_say_what_is_missing(store_of) -> None:
    vectors, query = made(50), made(1, 1)[0].astype(np.float32)
    scores = store_of(np.arange(50), vectors).scores(query, np.array([30, 3, 77, 31]))
    expected = [vectors[i].astype(np.float32) @ query for i in (30, 3)]
    np.testing.assert_allclose(scores[:2], expected, atol=1e-5)
    assert scores[2] == -np.inf


def test_vectors_come_back_as_they_were_kept(store_of) -> None:
    vectors = made(50)
    store = store_of(np.arange(50), vectors)
    np.testing.assert_array_equal(store.vectors(np.array([4, 2])), vectors[[4, 2]].astype(np.float32))
    with pytest.raises(KeyError, match=r"no vector for the ids \[99\]"):
        store.vectors(np.array([4, 99]))


@given(
    exact=st.sampled_from(list(EXACT.values())),
    steps=st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 30), min_size=1, max_size=8)), max_size=8),
    among=st.none() | st.sets(st.integers(0, 40)),
)
@settings(max_examples=60, deadline=None)
def test_after_any_adding_and_removing_a_store_holds_what_a_dict_would(
    exact: type[FaissStore | NumpyStore], steps: list[tuple[bool, set[int]]], among: set[int] | None
) -> None:
    store, held = exact(WIDTH), dict[int, NDArray[np.float16]]()
    for number, (adding, ids) in enumerate(steps):
        if adding:
            new = [i for i in ids if i not in held]
            vectors = made(len(new), number)
            store.add(np.array(new, dtype=np.int64), vectors)
            held |= dict(zip(new, vectors, strict=True))
        else:
            store.remove(np.array(list(ids), dtype=np.int64))
            held = {i: vector for i, vector in held.items() if i not in ids}
    query = made(1, 99).astype(np.float32)
    allowed = None if among is None else np.array(sorted(among), dtype=np.int64)
    expected = {i: vector for i, vector in held.items() if among is None or i in among}
    assert len(store) == len(held)
    assert_nearest(store.search(query, 5, allowed), 0, slow(expected, query[0], 5))


def test_a_coded_store_takes_in_forgets_and_takes_in_again() -> None:
    every = made(400)
    store = make_coded_store(np.arange(300), lambda ids: every[ids])
    store.remove(np.array([5, 6, 1000]))
    store.add(np.arange(300, 400), every[300:])
    store.add(np.array([5]), every[5:6])
    assert (len(store), store.came, store.gone) == (399, 101, 2)
    nearest = store.search(every[[5, 6, 350]].astype(np.float32), 1).ids[:, 0].tolist()
    assert (nearest[0], nearest[2]) == (5, 350)
    assert nearest[1] != 6


def test_a_coded_store_searches_among_very_many_ids_without_reading_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coded_store, "MAX_EXACT", 10)
    vectors, allowed = made(300), np.arange(0, 300, 2)
    store = make_coded_store(np.arange(300), lambda ids: vectors[ids])
    query = made(1, 1).astype(np.float32)
    held = {i: vectors[i] for i in allowed.tolist()}
    assert_nearest(store.search(query, 5, allowed), 0, slow(held, query[0], 5))


def test_codes_find_what_is_there_also_for_queries_that_lie_as_texts_do() -> None:
    generator = np.random.default_rng(0)
    scenes = generator.standard_normal((60, 64)) * np.arange(1, 65) ** -0.5
    rows = 3.0 + np.repeat(scenes, 50, axis=0) + 0.4 * generator.standard_normal((3000, 64))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    store = make_coded_store(np.arange(3000), lambda ids: vectors[ids])
    queries = text_like(vectors.astype(np.float32), 30, generator)
    truth = np.argsort(-(queries @ vectors.astype(np.float32).T), axis=1)[:, :10]
    found = store.search(queries, 10).ids
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(truth, found, strict=True)])
    assert store.recall.at_10 >= 0.99
    assert recall >= 0.98


def test_recall_is_measured_on_real_texts_when_they_are_given() -> None:
    vectors = made(300)
    store = make_coded_store(np.arange(300), lambda ids: vectors[ids], made(4, 1).astype(np.float32))
    assert isinstance(store, CodedStore)
    assert (store.recall.queries, store.recall.candidates) == ("text", 250)


@pytest.mark.parametrize("exact", EXACT.values())
def test_an_empty_store_finds_nothing(exact: type[FaissStore | NumpyStore]) -> None:
    found = exact(WIDTH).search(made(1).astype(np.float32), 5)
    assert found.of(0)[0].tolist() == []


@pytest.mark.parametrize("exact", EXACT.values())
@pytest.mark.parametrize("shape", [(3,), (1, WIDTH + 1)])
def test_queries_of_another_shape_are_refused(
    exact: type[FaissStore | NumpyStore], shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"queries must be \(Q, 16\), got"):
        exact(WIDTH).search(np.zeros(shape, dtype=np.float32), 5)


@pytest.mark.parametrize("exact", EXACT.values())
def test_vectors_and_ids_must_be_as_many(exact: type[FaissStore | NumpyStore]) -> None:
    with pytest.raises(ValueError, match=r"vectors must be \(2, 16\), got vectors.shape = \(3, 16\)"):
        exact(WIDTH).add(np.arange(2), made(3))


def test_neighbours_leave_out_what_is_missing() -> None:
    found = Neighbours(np.array([[3, MISSING]]), np.array([[0.5, -np.inf]], dtype=np.float32))
    assert (found.of(0)[0].tolist(), found.of(0)[1].tolist()) == ([3], [0.5])


def test_vectors_of_two_models_are_never_compared() -> None:
    built, requested = ModelTag("clip", "a" * 40, 512), ModelTag("clip", "b" * 40, 512)
    require_same_model("picture", built, built)
    with pytest.raises(
        LibraryMismatch, match=r"made with clip@aaaaaaaaaaaa .*, asked with clip@bbbbbbbbbbbb"
    ):
        require_same_model("picture", built, requested)


@given(
    held=st.lists(st.integers(1, 60), unique=True), requested_ids=st.lists(st.integers(1, 60), unique=True)
)
def test_ids_are_found_where_they_stand(held: list[int], requested_ids: list[int]) -> None:
    array = np.array(held, dtype=np.int64)
    places = find_sorted(array, sorting_order(array), np.array(requested_ids, dtype=np.int64))
    assert places.tolist() == [held.index(i) if i in held else -1 for i in requested_ids]


def test_of_vectors_that_score_alike_the_first_comes_first_and_lost_ones_are_not_found() -> None:
    vectors = np.zeros((5, WIDTH), dtype=np.float16)
    vectors[[0, 2, 4], 0] = 1.0
    vectors[3] = np.nan
    store = NumpyStore(WIDTH)
    store.add(np.arange(10, 15), vectors)
    found = store.search(np.eye(1, WIDTH, dtype=np.float32), 5)
    assert found.of(0)[0].tolist() == [10, 12, 14, 11]
