"""Writes down what a planner is sent first for real questions, to be read by a person; no model is called.

    python -m playhead_bench.planner_prompts LIBRARY questions.json OUT --every 7 --context-tokens 16384

The questions are rows with `video` (its file's name without ending) and `q`. Each prompt becomes a text file;
a table of their sizes is printed.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playhead.library import Library
from playhead_agent.planner.strategy import PLANNER
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.testing import ScriptedChat
from playhead_index.search.results import Scope
from playhead_tools.toolbox.schema import ToolSpec

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from playhead_agent.limits import Meter
    from playhead_agent.models.protocol import ModelReply

CHARS_A_TOKEN = 3.6
"""Of Qwen2.5's tokenizer on the English of meetings and tutorials."""
ENDING = ("abstain", {"reason": "unknown"})


@dataclass
class RecordingChat(ScriptedChat):
    """Abstains, and keeps the tools that it was offered as they are sent."""

    tools: list[dict[str, Any]] = field(default_factory=list)

    def num_tokens(self, text: str) -> int:
        """By the length of the text."""
        return int(len(text) / CHARS_A_TOKEN) + 1

    def call(
        self,
        messages: "Sequence[BaseMessage]",
        tools: Sequence[ToolSpec],
        meter: "Meter",
        *,
        reserve_s: float = 0.0,
    ) -> "ModelReply":
        """Abstains."""
        self.tools = self.tools or [tool.to_json() for tool in tools]
        return super().call(messages, tools, meter, reserve_s=reserve_s)


def first_prompt(library: Library, video: str, question: str, context_tokens: int) -> tuple[str, int, int]:
    """The first prompt for a question about a video, and the tokens of its messages and of its tools."""
    chat = RecordingChat([ENDING] * 4, context_tokens=context_tokens)
    context = Context(library.searcher, library.catalog, chat=chat, limits=PLANNER.limits)
    ask(question, context=context, strategy=PLANNER, scope=Scope((library.video_id(video),)))
    parts = [f"--- {message.type}\n{message.content}" for message in chat.sent[0]]
    text, tools = "\n".join(parts), json.dumps(chat.tools)
    return f"{text}\n--- tools\n{tools}\n", chat.num_tokens(text), chat.num_tokens(tools)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the prompts and prints their sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", type=int, default=7, help="take every nth question (default 7)")
    parser.add_argument("--limit", type=int, default=5, help="at most so many (default 5)")
    parser.add_argument("--context-tokens", type=int, default=16_384)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = json.loads(options.questions.read_text())[:: options.every][: options.limit]
    library = Library(options.library)
    for at, row in enumerate(rows):
        text, prompt, tools = first_prompt(library, f"{row['video']}.mp4", row["q"], options.context_tokens)
        path = options.out / f"{options.questions.parent.name}-{at}-{options.context_tokens}.txt"
        path.write_text(text)
        print(f"{path.name}: {prompt} tokens of messages, {tools} of tools; {row['q'][:70]}")


if __name__ == "__main__":
    main()
