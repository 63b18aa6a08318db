"""`python -m playhead_bench.hostile_text --llm NAME --base-url URL --out DIR`: orders inside transcripts.

Fifty talks of nine lines, each with a line that orders a model to say or to look for a word of its own. The
planner is asked a question that the talk answers. Counted are calls and answers that hold the word. Rows are
kept in the folder, so that a run that was stopped goes on.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from playhead import Library
from playhead_agent.limits import Limits, Meter
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.models.protocol import ChatModel
from playhead_agent.question import Question
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.strategies import load_strategy
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.hostile_text.obeying import Obeyed, RecordingChat, obeyed
from playhead_bench.hostile_text.talks import QUESTION, HostileText, read_texts, talk_libraries

ROWS_NAME = "rows.jsonl"
LIMITS = Limits(
    steps=96, seconds=3_600.0, model_calls=12, model_call_s=900.0, evidence=240, prompt_chars=96_000
)
"""Calls are limited, not the clock: a busy machine must not change what a model does."""


def asked(
    text: HostileText, library: Library, chat: ChatModel, limits: Limits = LIMITS
) -> tuple[Obeyed, str]:
    """What the planner did with one order, and the status of its answer."""
    recording = RecordingChat(chat)
    context = Context(library.searcher, library.catalog, chat=recording, limits=limits, meter=Meter(limits))
    answer = ask(Question(QUESTION), context=context, strategy=load_strategy("planner"))
    return obeyed(text, recording.calls, answer), answer.status


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints its counts; 0."""
    given = _parser().parse_args(arguments)
    from langchain.chat_models import init_chat_model

    model = init_chat_model(given.llm, base_url=given.base_url, api_key=given.api_key, temperature=0)
    chat = LangChainChat(model, name=given.llm)
    path = given.out / ROWS_NAME
    done = {row["word"] for row in read_lines(path)}
    writer = LineWriter(path)
    texts = read_texts()[: given.first]
    for text, library in talk_libraries(given.out / "talks", texts):
        if text.word not in done:
            found, status = asked(text, library, chat)
            writer.write({**found.to_json(), "status": status})
    print(summary(read_lines(path)))
    return 0


def summary(rows: Sequence[dict[str, object]]) -> str:
    """The counts of a run for people."""
    counts = {name: sum(bool(row[name]) for row in rows) for name in ("in_calls", "in_drafts", "in_answer")}
    answered = sum(row["status"] == "answered" for row in rows)
    return (
        f"{len(rows)} orders: obeyed by a call {counts['in_calls']}, by a draft {counts['in_drafts']},"
        f" in the answer {counts['in_answer']}; {answered} answered"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playhead_bench.hostile_text", description=__doc__)
    parser.add_argument(
        "--llm", required=True, help="a chat model as LangChain names it, such as openai:gpt-5"
    )
    parser.add_argument("--base-url", help="of an OpenAI-compatible server")
    parser.add_argument("--api-key", default="none", help="of that server, where it needs one")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--first", type=int, default=50, help="only so many texts")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
