"""The agent, read top to bottom: parse, plan, retrieve, inspect, triage, reason, verify, compose, check.

    parse ──> plan ──> retrieve ──> inspect ──> triage ──> reason ──> verify ──> compose ──> check
                ^                               │    ^                  │
                │                    one a clip └──> watch              │
                └───────────────── route: other lanes ──────────────────┘

Every node takes the state, counts itself, and gives back the keys that it wrote. What a node knows of
the library it reads from the catalog; between nodes only ids and windows travel.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.nodes import triage as triage_pictures
from playhead_agent.perception.nodes import watch as watch_clip
from playhead_agent.progress import Progress
from playhead_agent.rules.conclude import draft_claims, final_answer, reckoned, verified
from playhead_agent.rules.inspect import inspect as inspect_library
from playhead_agent.rules.inspect import nearest_note, place
from playhead_agent.rules.passages import search_passages
from playhead_agent.rules.plan import plan_lookups
from playhead_agent.rules.reasoning import TemporalResult
from playhead_agent.rules.retrieve import run_search
from playhead_agent.rules.whole_sentences import evidence_in_whole_sentences
from playhead_agent.state import (
    Context,
    State,
    coverage_of,
    evidence_of,
    rows_of,
    scope_from_json,
    spec_of,
    stretches_of,
)  # fmt: skip
from playhead_index.errors import ToolError
from playhead_index.search.results import Coverage
from playhead_tools.evidence import coverage_to_json, join_coverage, listed
from playhead_tools.spec import QuestionSpec

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

MOST_ROUNDS = 2
Row = dict[str, Any]
Update = dict[str, Any]
Node = Callable[[State, Runtime[Context]], Update]
Bind = Callable[[str, Node], Any]


def parse(state: State, runtime: Runtime[Context]) -> Update:
    """Takes the question apart and finds the stretches that it is about."""
    runtime.context.meter.step("parse")
    options, question = tuple(state.get("options") or ()), meant(state, runtime.context)
    try:
        spec, placed = place(question, scope_from_json(state.get("scope")), runtime.context, options)
        if placed.which is not None and runtime.context.may_ask:  # waits here; runs again with the reply
            placed = placed.answered(interrupt(placed.which.to_json()))
        refusal, stretches, notes = placed.refusal, placed.stretches, list(placed.notes)
    except ToolError as error:
        spec, refusal, stretches, notes = (
            runtime.context.rules.parse(question, options),
            ("unknown", f"{error}."),
            (),
            [],
        )
    if question != state["question"]:
        notes.append(f"interpreted as: {question}")
    if spec.speaker and not spec.speakers and refusal is None:
        notes.append(
            f"who speaks is not known to the library; the words were looked for without “{spec.speaker}”"
        )
    _tell(runtime, "parse")
    return {
        "spec": spec.to_json(),
        "stretches": rows_of(stretches),
        "refusal": None if refusal is None else {"reason": refusal[0], "text": refusal[1]},
        "notes": notes,
        "round": 0,
        "lookups": [],
        "found": [],
        "coverage": None,
        "looked_at": [],
        "evidence": [],
        "looks": None,
        "wanted": [],
        "sight": None,
        "features": None,
        "whole": True,
        "cut": False,
        "finding": TemporalResult("none").to_json(),
        "verdict": {},
        "draft": {},
        "answer": {},
    }


def plan(state: State, runtime: Runtime[Context]) -> Update:
    """Decides what to search and what to read; in the second round, the lanes not named."""
    runtime.context.meter.step("plan")
    widened = bool(state["verdict"])
    lookups = plan_lookups(spec_of(state), widened, by_passages=widened and _ends_with_passages(state))
    names = [f"“{text}”" for lookup in lookups if (text := lookup.get("text"))]
    _tell(runtime, "plan", f"searching for {listed(names)}" if names else "")
    return {"lookups": lookups, "round": state["round"] + 1}


def retrieve(state: State, runtime: Runtime[Context]) -> Update:
    """Runs the searches."""
    runtime.context.meter.step("retrieve")
    stretches = stretches_of(state["stretches"])
    found, coverage, notes = [], [], list(state["notes"])
    for lookup in state["lookups"]:
        if lookup["do"] in ("search", "passages"):
            search = run_search if lookup["do"] == "search" else search_passages
            one, searched, said = search(lookup, stretches, runtime.context)
            found.append(one)
            coverage.append(searched)
            notes += said
    _tell(runtime, "retrieve")
    return {
        "found": found,
        "coverage": _joined(state, coverage),
        "looked_at": rows_of(stretches) if found else state["looked_at"],
        "notes": notes,
    }


def inspect(state: State, runtime: Runtime[Context]) -> Update:
    """Reads what was found back from the catalog, judges it, and reads next to anchors."""
    runtime.context.meter.step("inspect")
    spec, stretches = spec_of(state), stretches_of(state["stretches"])
    done = inspect_library(
        spec, state["lookups"], state["found"], stretches, runtime.context, evidence_of(state)
    )
    rows = [record.to_json(compact=True) for record in done.table.records.values()]
    near = "" if rows else nearest_note(spec, stretches, runtime.context)
    _tell(runtime, "inspect", f"{len(rows)} pieces of evidence", rows)
    return {
        "found": [],
        "evidence": rows,
        "features": state["features"] if done.features is None else done.features.to_json(),
        "whole": state["whole"] and done.table.whole,
        "cut": state["cut"] or done.table.is_cut,
        "coverage": _joined(state, done.coverage),
        "looked_at": state["looked_at"] + rows_of(done.read),
        "notes": [
            *state["notes"],
            *done.notes,
            *([near] if near else []),
            *([_cut_note(runtime.context)] if done.table.is_cut else []),
        ],
    }


def _cut_note(context: Context) -> str:
    return f"more was found than the limit of {context.limits.evidence} search results; raise --max-evidence"


def triage(state: State, runtime: Runtime[Context]) -> Update:
    """Decides which clips must be looked at, and when enough were, what they tell."""
    runtime.context.meter.step("triage")
    done = triage_pictures(state, runtime.context)
    num = len(done.wanted)
    _tell(runtime, "triage", f"looking at {num} clip{_plural(done.wanted)}" if num else "")
    if done.wanted:
        wanted = [request.to_json() for request in done.wanted]
        return {"wanted": wanted, "coverage": _joined(state, list(done.coverage))}
    if done.sight is None:  # the evidence is as it was
        return {"wanted": [], "sight": None, "notes": [*state["notes"], *done.notes]}
    return {
        "wanted": [],
        "sight": done.sight.to_json(),
        "evidence": [record.to_json(compact=True) for record in done.evidence],
        "coverage": _joined(state, list(done.coverage)),
        "looked_at": state["looked_at"] + rows_of(done.looked_at),
        "notes": [*state["notes"], *done.notes],
    }


def look_next(state: State) -> list[Send] | str:
    """One `watch` for each clip that is wanted, side by side; on to `reason` when none is."""
    return [Send("watch", {"wanted": [request]}) for request in state["wanted"]] or "reason"


def watch(state: State, runtime: Runtime[Context]) -> Update:
    """Looks at one clip and asks one question about it."""
    request = ObservationRequest.from_json(state["wanted"][0])
    row = watch_clip(request, runtime.context)
    _tell(runtime, "watch")
    return {"looks": [row]}


def reason(state: State, runtime: Runtime[Context]) -> Update:
    """Builds events and reckons with their times."""
    runtime.context.meter.step("reason")
    finding = reckoned(state, runtime.context)
    _tell(runtime, "reason", "", state["evidence"])
    return {"finding": finding.to_json()}


def verify(state: State, runtime: Runtime[Context]) -> Update:
    """Decides what may be said, from the evidence and from what was searched."""
    runtime.context.meter.step("verify")
    update = verified(state, runtime.context)
    _tell(runtime, "verify", "", update.get("evidence", state["evidence"]))
    return update


def route(state: State) -> str:
    """Back to the plan once when nothing was found where the question looks, else on.

    Then passages are searched, or for certain words the lanes that the question does not name.
    """
    spec = spec_of(state)
    if state["verdict"]["status"] != "abstained" or state["round"] >= MOST_ROUNDS:
        return "compose"
    if _ends_with_passages(state):
        return "plan"
    searched = any(lookup["do"] == "search" for lookup in state["lookups"])
    kinds = {spec.wanted, *(anchor.kind for anchor in (spec.relation.anchors if spec.relation else ()))}
    others_left = searched and not spec.speakers and kinds != {"any"}
    return "plan" if others_left else "compose"


def _ends_with_passages(state: State) -> bool:
    """Whether passages are shown where look-ups found nothing: unless words are known to be absent."""
    spec = spec_of(state)
    is_absent = spec.is_literal and state["verdict"].get("reason") == "absent"
    return bool(spec.query) and not (
        is_absent or spec.speaking or spec.of_video or spec.intent == "summarise"
    )


def compose(state: State, runtime: Runtime[Context]) -> Update:
    """Writes the claims: the chat model where there is one, else code from the stored words."""
    runtime.context.meter.step("compose")
    evidence = evidence_in_whole_sentences(state, runtime.context)
    draft, notes = draft_claims({**state, "evidence": evidence}, runtime.context)
    _tell(runtime, "compose", "the chat model wrote an answer" if draft["by"] == "model" else "", evidence)
    return {"draft": draft, "notes": state["notes"] + notes, "evidence": evidence}


def check(state: State, runtime: Runtime[Context]) -> Update:
    """Holds every citation against the catalog and makes the answer of what is left."""
    runtime.context.meter.step("check")
    answer = final_answer(state, runtime.context).to_json(compact=True)
    _tell(runtime, "check", "", answer["evidence"])
    return {"answer": answer, "draft": {}}


def build_graph(
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
) -> "CompiledStateGraph[State, Context, State, State]":
    """The compiled graph; with a checkpointer, every step of a thread is kept.

    Durability is the caller's; `run` uses `sync`: a step is on the disk before the next begins, which
    costs some milliseconds a step and lets a killed run go on where it was.
    """
    return _compiled().copy({"checkpointer": checkpointer})


@cache
def _compiled() -> "CompiledStateGraph[State, Context, State, State]":
    """Compiling takes longer than answering a simple question, so it is done once."""
    return assembled(StateGraph(State, context_schema=Context), lambda name, node: node).compile()


def assembled(graph: "StateGraph[Any, Any, Any, Any]", bind: Bind) -> "StateGraph[Any, Any, Any, Any]":
    """An empty graph filled with the nodes, each as `bind` gives it back, and with what leads where."""
    for name, node in (
        ("parse", parse), ("plan", plan), ("retrieve", retrieve), ("inspect", inspect),
        ("triage", triage), ("watch", watch), ("reason", reason), ("verify", verify),
        ("compose", compose), ("check", check),
    ):  # fmt: skip
        graph.add_node(name, bind(name, node))
    graph.add_edge(START, "parse")
    graph.add_conditional_edges("parse", _refused, ["plan", "check"])
    for a, b in (("plan", "retrieve"), ("retrieve", "inspect"), ("inspect", "triage"), ("reason", "verify")):
        graph.add_edge(a, b)
    graph.add_conditional_edges("triage", look_next, ["watch", "reason"])
    graph.add_edge("watch", "triage")
    graph.add_conditional_edges("verify", route, ["plan", "compose"])
    graph.add_edge("compose", "check")
    graph.add_edge("check", END)
    return graph


def _refused(state: State) -> str:
    return "check" if state["refusal"] is not None else "plan"


# ---- small helpers of the nodes ----


def meant(state: State, context: Context) -> str:
    """The whole question: one that leans on the one before it in the thread is filled from that."""
    previous, words, rules = state.get("previous"), state.get("previous_question"), context.rules
    if not previous and not words:
        return state["question"]
    before = QuestionSpec.from_json(previous) if previous else rules.parse(words or "", ())
    return rules.follow_up(state["question"], before) or state["question"]


def _joined(state: State, parts: list[Coverage]) -> dict[str, Any] | None:
    known = coverage_of(state)  # how far each video is covered is read at the end, and kept out of the state
    joined = join_coverage([*([known] if known is not None else []), *parts])
    return None if joined is None else coverage_to_json(replace(joined, modalities=()))


def _plural(things: Sequence[Any]) -> str:
    return "" if len(things) == 1 else "s"


def _tell(runtime: Runtime[Context], node: str, message: str = "", evidence: Sequence[Row] = ()) -> None:
    """Tells that a node has ended, with a message for people if any; the evidence is rows of the state."""
    seconds = round(runtime.context.meter.seconds, 3)
    runtime.stream_writer(Progress(node, message, tuple(evidence), seconds).to_json())
