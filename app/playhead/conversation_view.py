"""Conversations on the terminal: a list of them, and the turns of one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from playhead.answer_view import plain, show_answer
from playhead_index.clean_text import one_line

if TYPE_CHECKING:
    from playhead_agent.persistence.conversations import ConversationTurn, Thread

NOT_FINISHED = {
    "waiting": "waits for a reply to a question; resume it with: playhead ask --thread {thread} --resume",
    "unfinished": "was cut short; resume it with: playhead ask --thread {thread} --resume",
}


def show_threads(console: Console, threads: "Sequence[Thread]") -> None:
    """A row a conversation, the newest first."""
    if not threads:
        console.print("no conversation is kept; ask a question")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("id", "last asked (UTC)", "turns", "status", "first question"):
        table.add_column(column, overflow="fold")
    for one in threads:
        table.add_row(
            plain(one.id), plain(_minute(one.asked_at)), plain(str(one.num_turns)), plain(one.status),
            plain(one_line(one.question)),
        )  # fmt: skip
    console.print(table)


def show_thread(
    console: Console, thread_id: str, turns: "Sequence[ConversationTurn]", names: Mapping[str, str]
) -> None:
    """The turns of a conversation, oldest first."""
    for turn in turns:
        head = f"{turn.number}. {one_line(turn.question)}"
        by = f"   {_minute(turn.asked_at)} UTC" + (f", strategy {turn.strategy}" if turn.strategy else "")
        console.print(plain(head, "bold"), soft_wrap=True)
        console.print(plain(by, "dim"))
        if turn.answer is not None:
            show_answer(console, turn.answer, names)
        else:
            console.print(plain(NOT_FINISHED[turn.status].format(thread=thread_id), "yellow"), soft_wrap=True)


def _minute(time: str) -> str:
    """An ISO time to the minute.

    >>> _minute("2026-11-30T02:05:09.123+00:00")
    '2026-11-30 02:05'
    """
    return time[:16].replace("T", " ")
