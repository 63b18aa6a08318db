"""The requests and replies of single questions of a run, for reading.

python -m playhead_bench.evaluate.real_questions.prompts RUN [QUESTION_ID ...] [--system planner]
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from playhead_bench.evaluate.caching_proxy import ReplyCache
from playhead_bench.evaluate.errors import ReplyMissing
from playhead_bench.evaluate.json_lines import read_lines
from playhead_bench.evaluate.real_questions.chat_run import CHAT_ROWS, progress_line
from playhead_bench.evaluate.real_questions.run_evaluation import REPLIES


def exchanges(run: Path, ids: list[str], system: str, cache: Path | None = None) -> Iterator[str]:
    """Each row's line of progress, then its requests and replies, message by message.

    Args:
        run: folder of a run with a chat model.
        ids: of questions; all when empty.
        system: name of one system.
        cache: of the run's replies, where it is not in its folder.

    Raises:
        ReplyMissing: the run has no such row, or a reply is not cached.
        RunDamaged: a file of the run cannot be read.
    """
    rows = [
        row
        for row in read_lines(run / CHAT_ROWS)
        if row["system"] == system and (not ids or row["id"] in ids)
    ]
    if not rows:
        raise ReplyMissing(f"{run} has no row of {system} for {', '.join(ids) or 'any question'}")
    replies = ReplyCache(cache or run / REPLIES)
    try:
        for row in rows:
            yield f"==== {progress_line(row)}"
            for number, key in enumerate(row["usage"]["requests"], 1):
                request, reply = replies.exchange(key)
                yield f"---- call {number}"
                yield from _messages(request)
                yield f"[reply] {_reply_text(reply)}"
            yield f"[answer] {row['ask']['text']}"
    finally:
        replies.close()


def _messages(request: str) -> Iterator[str]:
    record: dict[str, Any] = json.loads(request)
    for message in record.get("messages", []):
        content = message.get("content")
        text = content if isinstance(content, str) else json.dumps(content or message.get("tool_calls"))
        yield f"[{message['role']}] {text}"
    others = {name: value for name, value in record.items() if name not in ("messages", "model")}
    yield f"[options] {json.dumps(others)}"


def _reply_text(reply: str) -> str:
    try:
        message = json.loads(reply)["choices"][0]["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        return reply
    return json.dumps({name: value for name, value in message.items() if value and name != "role"})


def main(
    run: Annotated[Path, typer.Argument(help="Folder of a run with a chat model.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Questions; default: all.", metavar="ID")] = None,
    system: Annotated[str, typer.Option(help="One of the run's systems.")] = "planner",
    reply_cache: Annotated[
        Path | None, typer.Option(help="Cache of the replies; default: that in the run.", metavar="FILE")
    ] = None,
) -> None:
    """Print what a model was sent for single questions, and what it replied."""
    for line in exchanges(run, ids or [], system, reply_cache):
        print(line)


if __name__ == "__main__":
    typer.run(main)
