"""Runs of a scripted planner."""

from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from tests.tools.made_library import WordFinder
from tests.tools.toolbox.coloured import wall_client

from playhead_agent.planner.state import PLANNER_LIMITS
from playhead_agent.planner.strategy import PlannerStrategy
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.testing import ScriptedChat
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer


def finish(*rows: tuple[str, list[str]], **more: Any) -> tuple[str, dict[str, Any]]:
    """A call of `finish`."""
    return "finish", {"claims": [{"text": text, "ids": ids} for text, ids in rows], **more}


@dataclass(frozen=True)
class Run:
    """A run: the answer, the last state, the model."""

    answer: Answer
    state: dict[str, Any]
    chat: ScriptedChat

    def prompt(self, call: int = 0) -> str:
        """The text of the messages of a call."""
        return "\n".join(str(message.content) for message in self.chat.sent[call])


def context_of(
    catalog: Catalog, chat: ScriptedChat, *, seeing: bool = False, vlm_client: Any = None, **more: Any
) -> Context:
    """A context over a catalog; `seeing` gives it eyes that know colours."""
    vlm_client = wall_client(catalog)[0] if seeing else vlm_client
    return Context(
        WordFinder(catalog), catalog, chat=chat, limits=more.pop("limits", PLANNER_LIMITS),
        open_vlm_client=lambda: vlm_client, **more,
    )  # fmt: skip


def run_script(
    catalog: Catalog,
    question: str,
    replies: list[Any] | ScriptedChat,
    *,
    strategy: PlannerStrategy | None = None,
    seeing: bool = False,
    limits: Any = PLANNER_LIMITS,
    **more: Any,
) -> Run:
    """A whole run of a script."""
    chat = replies if isinstance(replies, ScriptedChat) else ScriptedChat(replies)
    strategy, saver = strategy or PlannerStrategy(), InMemorySaver()
    context = context_of(catalog, chat, seeing=seeing, limits=limits)
    answer = ask(question, context=context, strategy=strategy, checkpointer=saver, thread_id="t", **more)
    state = strategy.graph(saver).get_state({"configurable": {"thread_id": "t"}}).values
    return Run(answer, state, chat)


def written_out(catalog: Catalog, run: Run) -> dict[str, Any]:
    """A run as a record to read: every call with the ids that it gave, the evidence cited, the answer."""
    names = {row.video_id: catalog.places(row.video_id)[0].name for row in catalog.videos()}
    steps = [
        {"tool": call["name"], "args": call["args"], **given}
        for one in run.state["rounds"]
        for call, given in zip(one["calls"], one["results"], strict=True)
    ]
    cited = {
        record.id: f"{names[record.video_id]} {record.window} {record.kind}: {record.text}"
        for record in run.answer.evidence
    }
    answer = run.answer
    return {
        "question": answer.question,
        "trajectory": steps,
        "cited": cited,
        "answer": {
            "text": answer.text.split("\n"),
            "status": answer.status,
            "reason": answer.reason,
            "claims": [f"{claim.status}: {claim.text} {list(claim.evidence_ids)}" for claim in answer.claims],
            "intervals": [f"{names[i.video_id]} {i.window} {i.evidence_id}" for i in answer.intervals],
            "confidence": round(answer.confidence, 3),
            "notes": list(answer.notes),
        },
    }
