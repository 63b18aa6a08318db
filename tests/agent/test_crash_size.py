"""How much of the disk the checkpoints of a question take."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from tests.agent.seen_world import World

from playhead_agent.persistence.checkpoints import open_checkpointer, prune_checkpoints
from playhead_agent.persistence.compress_checkpoints import MIN_BYTES, CompressedSerializer
from playhead_agent.rules.graph import build_graph
from playhead_agent.run import ask
from playhead_index.errors import LibraryError
from playhead_index.store.catalog import Catalog

MANY_OBSERVATIONS = "How often does the dog jump?"
QUESTIONS = (
    MANY_OBSERVATIONS,
    "When does the dog jump?",
    "What is on the slide when he first mentions Bayes?",
)
ROOM_BYTES = 64_000


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[SqliteSaver]:
    with open_checkpointer(tmp_path) as opened:
        yield opened


def bytes_kept(saver: SqliteSaver) -> int:
    """Bytes of all rows of both tables, the keys not counted."""
    (states,) = saver.conn.execute(
        "SELECT sum(length(checkpoint) + length(metadata)) FROM checkpoints"
    ).fetchone()
    (writes,) = saver.conn.execute("SELECT coalesce(sum(length(value)), 0) FROM writes").fetchone()
    return int(states + writes)


def plain_bytes(saver: SqliteSaver) -> int:
    """The bytes of the last checkpoint as they would be without packing."""
    (row,) = saver.conn.execute(
        "SELECT type, checkpoint FROM checkpoints ORDER BY checkpoint_id DESC LIMIT 1"
    ).fetchall()
    return len(JsonPlusSerializer().dumps_typed(saver.serde.loads_typed(row))[1])


@pytest.mark.parametrize("question", QUESTIONS)
def test_all_steps_of_a_question_take_less_than_64_kb(
    made: Catalog, saver: SqliteSaver, question: str
) -> None:
    ask(question, context=World(made).context(), checkpointer=saver)
    assert bytes_kept(saver) < ROOM_BYTES


def test_a_run_of_many_looks_keeps_its_state_under_a_megabyte_unpacked(
    made: Catalog, saver: SqliteSaver
) -> None:
    world = World(made)
    ask(MANY_OBSERVATIONS, context=world.context(), checkpointer=saver, thread_id="a")
    assert len(world.looks) >= 25
    assert plain_bytes(saver) < 1_000_000


def test_a_conversation_is_one_small_state_a_turn_after_pruning(made: Catalog, saver: SqliteSaver) -> None:
    for question in QUESTIONS:
        ask(question, context=World(made).context(), checkpointer=saver, thread_id="a")
    prune_checkpoints(saver, keep_histories=0)
    assert bytes_kept(saver) < 8_000 * len(QUESTIONS)


def test_the_looks_of_a_question_are_not_kept_with_the_next(made: Catalog, saver: SqliteSaver) -> None:
    ask(MANY_OBSERVATIONS, context=World(made).context(), checkpointer=saver, thread_id="a")
    ask(
        "What is said at 0:51 in lecture.mp4?",
        context=World(made).context(),
        checkpointer=saver,
        thread_id="a",
    )
    values = build_graph(saver).get_state({"configurable": {"thread_id": "a"}}).values
    assert (values["looks"], values["wanted"]) == ([], [])


# ---- packing ----


def packed() -> CompressedSerializer:
    return CompressedSerializer(JsonPlusSerializer())


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, "é"]}, ["the same again"] * 500, "", None])
def test_what_was_packed_comes_back(value: object) -> None:
    assert packed().loads_typed(packed().dumps_typed(value)) == value


def test_only_larger_values_are_packed_and_become_smaller() -> None:
    small, large = packed().dumps_typed("x" * 10), packed().dumps_typed(["the same again"] * 500)
    assert (small[0], large[0]) == ("msgpack", "msgpack+zlib")
    assert len(large[1]) < MIN_BYTES


def test_checkpoints_of_before_packing_are_read() -> None:
    assert packed().loads_typed(JsonPlusSerializer().dumps_typed(["a"] * 500)) == ["a"] * 500


def test_damaged_bytes_are_a_library_error() -> None:
    kind, stored = packed().dumps_typed(["the same again"] * 500)
    with pytest.raises(LibraryError, match=r"a checkpoint is damaged .*; delete checkpoints\.sqlite"):
        packed().loads_typed((kind, zlib.compress(b"")[:4] + stored[4:]))
