"""B7: bytes that the checkpoints of a question take, while it runs and once it is over."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playhead_agent.persistence.checkpoints import open_checkpointer, prune_checkpoints
from playhead_agent.run import ask
from playhead_bench.suite.scripted_library import QUESTIONS, agent_rig
from playhead_bench.suite.timing import Size
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

    from playhead_agent.state import Context

THREADS = 1
GOAL_BYTES = 60_000
REPEATS = {"small": 1, "full": 25}
"""Questions of each kind in one conversation."""


def run(size: Size) -> dict[str, Any]:
    """Bytes a question, by what it needs.

    Returns:
        for each question: `running_bytes` of all its steps, `states`, the `largest_state`, `pruned_bytes`
        that stay in the conversation, and `unpacked_bytes`, what the steps would take as they are; then
        the same conversation with every question in it.
    """
    with agent_rig() as (folder, context):
        found: dict[str, Any] = {
            name: _one(folder / name, question, context) for name, question in QUESTIONS.items()
        }
        found["conversation"] = _conversation(folder / "all", context, REPEATS[size])
    worst = max(found[name]["running_bytes"] for name in QUESTIONS)
    return found | {"goal": {"bytes": GOAL_BYTES}, "worst_bytes": worst, "reached": worst <= GOAL_BYTES}


def _one(folder: Path, question: str, context: "Context") -> dict[str, Any]:
    with open_checkpointer(folder) as saver:
        answer = ask(question, context=context, checkpointer=saver)
        rows = _rows(saver)
        running = sum(len(row[1]) for row in rows) + _metadata(saver)
        found = {
            "looks": answer.cost["looks"],
            "states": saver.conn.execute("SELECT count(*) FROM checkpoints").fetchone()[0],
            "running_bytes": running,
            "unpacked_bytes": sum(_plain(saver, row) for row in rows) + _metadata(saver),
            "largest_state": saver.conn.execute("SELECT max(length(checkpoint)) FROM checkpoints").fetchone()[
                0
            ],
        }
        prune_checkpoints(saver)
        return found | {"pruned_bytes": sum(len(row[1]) for row in _rows(saver)) + _metadata(saver)}


def _rows(saver: "SqliteSaver") -> list[tuple[str, bytes]]:
    every = "SELECT type, checkpoint FROM checkpoints UNION ALL SELECT type, value FROM writes"
    return list(saver.conn.execute(every))


def _metadata(saver: "SqliteSaver") -> int:
    return int(saver.conn.execute("SELECT sum(length(metadata)) FROM checkpoints").fetchone()[0])


def _plain(saver: "SqliteSaver", row: tuple[str, bytes]) -> int:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    return len(JsonPlusSerializer().dumps_typed(saver.serde.loads_typed(row))[1])


def _conversation(folder: Path, context: "Context", repeats: int) -> dict[str, Any]:
    """Many questions in one thread, pruned after each as the library does."""
    answers: list[Answer] = []
    with open_checkpointer(folder) as saver:
        for question in [*QUESTIONS.values()] * repeats:
            answers.append(ask(question, context=context, checkpointer=saver, thread_id="one"))
            prune_checkpoints(saver)
        stored = sum(len(row[1]) for row in _rows(saver))
    size = sum(path.stat().st_size for path in folder.iterdir())
    return {"questions": len(answers), "kept_bytes": stored, "file_bytes": size}
