"""Runs of scripted models with tools, and a run written out so that a person can read it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from tests.tools.made_library import WordFinder
from tests.tools.toolbox.coloured import wall_eyes

from playhead_agent.limits import Limits
from playhead_agent.progress import Progress
from playhead_agent.run import ask, resume, stream
from playhead_agent.state import Context
from playhead_agent.with_tools.graph import build_tool_graph
from playhead_agent.with_tools.scripted import ScriptedToolModel
from playhead_agent.with_tools.state import TOOL_LIMITS
from playhead_agent.with_tools.strategy import ToolsStrategy
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer
from playhead_tools.toolbox import Toolbox

GOLDEN = Path(__file__).parent / "golden"


def claims(*rows: tuple[str, list[str]]) -> tuple[str, dict[str, Any]]:
    """A call of `finish`."""
    return "finish", {"claims": [{"text": text, "evidence_ids": ids} for text, ids in rows]}


def toolbox_of(catalog: Catalog, *, seeing: bool = False) -> Toolbox:
    """The tools over a catalog; `seeing` gives them eyes that know colours."""
    return Toolbox(catalog, WordFinder(catalog), wall_eyes(catalog)[0] if seeing else None)


def ask_with_tools(
    question: str, *, context: Context, toolbox: Toolbox, limits: Limits = TOOL_LIMITS, **more: Any
) -> Answer:
    """The answer of a model that calls these tools."""
    return ask(question, context=replace(context, limits=limits), strategy=ToolsStrategy(toolbox), **more)


def stream_with_tools(
    question: str, *, context: Context, toolbox: Toolbox, limits: Limits = TOOL_LIMITS, **more: Any
) -> Iterator[Progress | Answer]:
    """The way to it."""
    return stream(question, context=replace(context, limits=limits), strategy=ToolsStrategy(toolbox), **more)


def resume_with_tools(
    thread_id: str, *, context: Context, toolbox: Toolbox, **more: Any
) -> Iterator[Progress | Answer]:
    """A run that was cut short, gone on with."""
    limited = replace(context, limits=TOOL_LIMITS)
    return resume(thread_id, context=limited, strategy=ToolsStrategy(toolbox), **more)


def run_script(
    catalog: Catalog, question: str, replies: list[Any], *, seeing: bool = False, **more: Any
) -> tuple[Answer, dict[str, Any], ScriptedToolModel]:
    """The answer, the last state and the model of a scripted run."""
    model, saver = ScriptedToolModel(replies=replies), InMemorySaver()
    context = Context(WordFinder(catalog), catalog, llm=model)
    box = toolbox_of(catalog, seeing=seeing)
    answer = ask_with_tools(question, context=context, toolbox=box, checkpointer=saver, thread_id="t", **more)
    state = build_tool_graph(saver).get_state({"configurable": {"thread_id": "t"}}).values
    return answer, state, model


def written_out(catalog: Catalog, answer: Answer, state: dict[str, Any]) -> dict[str, Any]:
    """A run as a record to read: every call with the ids that it gave, the evidence cited, the answer."""
    names = {row.video_id: catalog.places(row.video_id)[0].name for row in catalog.videos()}
    steps = [
        {"tool": call["name"], "args": call["args"], **given}
        for one in state["rounds"]
        for call, given in zip(one["calls"], one["results"], strict=True)
    ]
    cited = {
        record.id: f"{names[record.video_id]} {record.window} {record.kind}: {record.text}"
        for record in answer.evidence
    }
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
