"""The graph of the rules: parse, plan, retrieve, inspect, triage, reason, verify, compose, check.

    parse ──> plan ──> retrieve ──> inspect ──> triage ──> reason ──> verify ──> compose ──> check
                ^                               │    ^                  │
                │                    one a clip └──> watch              │
                └───────────────── route: other lanes ──────────────────┘

Every node takes the state, counts itself, and returns the keys that it writes. Nodes read the library from
the catalog; between nodes only ids and windows travel.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.nodes import observe_clip, triage_question
from playhead_agent.progress import Progress
from playhead_agent.rules.conclude import compute_temporal_result, draft_claims, final_answer, verify_verdict
from playhead_agent.rules.inspect import inspect as inspect_library
from playhead_agent.rules.inspect import nearest_note, resolve_scope
from playhead_agent.rules.passages import search_passages
from playhead_agent.rules.plan import plan_lookups
from playhead_agent.rules.reasoning import TemporalResult
from playhead_agent.rules.retrieve import run_search
from playhead_agent.rules.whole_sentences import evidence_in_complete_sentences
from playhead_agent.state import (
    Context,
    State,
    coverage_of,
    evidence_of,
    scope_from_json,
    segment_ref_rows,
    segment_refs_of,
    spec_of,
)  # fmt: skip
from playhead_index.errors import ToolError
from playhead_index.search.results import Coverage
from playhead_tools.evidence import coverage_to_json, join_coverage, listed
from playhead_tools.spec import QuestionSpec

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

MAX_ROUNDS = 2
Row = dict[str, Any]
Update = dict[str, Any]
Node = Callable[[State, Runtime[Context]], Update]
Bind = Callable[[str, Node], Any]


def parse(state: State, runtime: Runtime[Context]) -> Update:
    """Parses the question and finds the segments that it is about."""
    runtime.context.meter.step("parse")
    options, question = tuple(state.get("options") or ()), resolved_question(state, runtime.context)
    try:
        spec, resolved = resolve_scope(
            question, scope_from_json(state.get("scope")), runtime.context, options
        )
        if (
            resolved.clarification is not None and runtime.context.may_ask
        ):  # waits here; runs again with the reply
            resolved = resolved.with_reply(interrupt(resolved.clarification.to_json()))
        refusal, segment_refs, notes = resolved.refusal, resolved.segment_refs, list(resolved.notes)
    except ToolError as error:
        spec, refusal, segment_refs, notes = (
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
    _report(runtime, "parse")
    return {
        "spec": spec.to_json(),
        "stretches": segment_ref_rows(segment_refs),
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
    _report(runtime, "plan", f"searching for {listed(names)}" if names else "")
    return {"lookups": lookups, "round": state["round"] + 1}


def retrieve(state: State, runtime: Runtime[Context]) -> Update:
    """Runs the searches."""
    runtime.context.meter.step("retrieve")
    segment_refs = segment_refs_of(state["stretches"])
    found, coverage, notes = [], [], list(state["notes"])
    for lookup in state["lookups"]:
        if lookup["do"] in ("search", "passages"):
            search = run_search if lookup["do"] == "search" else search_passages
            found_by_lookup, search_coverage, more_notes = search(lookup, segment_refs, runtime.context)
            found.append(found_by_lookup)
            coverage.append(search_coverage)
            notes += more_notes
    _report(runtime, "retrieve")
    return {
        "found": found,
        "coverage": _joined_coverage(state, coverage),
        "looked_at": segment_ref_rows(segment_refs) if found else state["looked_at"],
        "notes": notes,
    }


def inspect(state: State, runtime: Runtime[Context]) -> Update:
    """Reads hits back from the catalog, scores them, and reads text near anchors."""
    runtime.context.meter.step("inspect")
    spec, segment_refs = spec_of(state), segment_refs_of(state["stretches"])
    inspection = inspect_library(
        spec, state["lookups"], state["found"], segment_refs, runtime.context, evidence_of(state)
    )
    rows = [record.to_json(compact=True) for record in inspection.table.records.values()]
    nearest = "" if rows else nearest_note(spec, segment_refs, runtime.context)
    _report(runtime, "inspect", f"{len(rows)} pieces of evidence", rows)
    return {
        "found": [],
        "evidence": rows,
        "features": state["features"] if inspection.features is None else inspection.features.to_json(),
        "whole": state["whole"] and inspection.table.is_complete,
        "cut": state["cut"] or inspection.table.is_cut,
        "coverage": _joined_coverage(state, inspection.coverage),
        "looked_at": state["looked_at"] + segment_ref_rows(inspection.read_refs),
        "notes": [
            *state["notes"],
            *inspection.notes,
            *([nearest] if nearest else []),
            *([_cut_note(runtime.context)] if inspection.table.is_cut else []),
        ],
    }


def _cut_note(context: Context) -> str:
    return f"more was found than the limit of {context.limits.evidence} search results; raise --max-evidence"


def triage(state: State, runtime: Runtime[Context]) -> Update:
    """Decides which clips the VLM must be asked about; with enough observations, the perception result."""
    runtime.context.meter.step("triage")
    result = triage_question(state, runtime.context)
    num_clips = len(result.requests)
    _report(runtime, "triage", f"looking at {num_clips} clip{_plural(result.requests)}" if num_clips else "")
    if result.requests:
        requests = [request.to_json() for request in result.requests]
        return {"wanted": requests, "coverage": _joined_coverage(state, list(result.coverage))}
    if result.result is None:  # the evidence is as it was
        return {"wanted": [], "sight": None, "notes": [*state["notes"], *result.notes]}
    return {
        "wanted": [],
        "sight": result.result.to_json(),
        "evidence": [record.to_json(compact=True) for record in result.evidence],
        "coverage": _joined_coverage(state, list(result.coverage)),
        "looked_at": state["looked_at"] + segment_ref_rows(result.viewed),
        "notes": [*state["notes"], *result.notes],
    }


def observe_next(state: State) -> list[Send] | str:
    """One `watch` node for each pending observation, in parallel; on to `reason` when there is none."""
    return [Send("watch", {"wanted": [request]}) for request in state["wanted"]] or "reason"


def observe(state: State, runtime: Runtime[Context]) -> Update:
    """Asks the VLM one question about one clip."""
    request = ObservationRequest.from_json(state["wanted"][0])
    row = observe_clip(request, runtime.context)
    _report(runtime, "watch")
    return {"looks": [row]}


def reason(state: State, runtime: Runtime[Context]) -> Update:
    """Builds events and computes with their times."""
    runtime.context.meter.step("reason")
    temporal_result = compute_temporal_result(state, runtime.context)
    _report(runtime, "reason", "", state["evidence"])
    return {"finding": temporal_result.to_json()}


def verify(state: State, runtime: Runtime[Context]) -> Update:
    """Decides the verdict from the evidence and from the searched extent."""
    runtime.context.meter.step("verify")
    update = verify_verdict(state, runtime.context)
    _report(runtime, "verify", "", update.get("evidence", state["evidence"]))
    return update


def route(state: State) -> str:
    """Back to the plan once when nothing was found in the modalities of the question, else on.

    The second round searches passages, or for literal targets the lanes that the question does not name.
    """
    spec = spec_of(state)
    if state["verdict"]["status"] != "abstained" or state["round"] >= MAX_ROUNDS:
        return "compose"
    if _ends_with_passages(state):
        return "plan"
    has_searched = any(lookup["do"] == "search" for lookup in state["lookups"])
    modalities = {spec.wanted, *(anchor.kind for anchor in (spec.relation.anchors if spec.relation else ()))}
    has_other_lanes = has_searched and not spec.speakers and modalities != {"any"}
    return "plan" if has_other_lanes else "compose"


def _ends_with_passages(state: State) -> bool:
    """Whether passages are searched where look-ups found nothing: unless words are known to be absent."""
    spec = spec_of(state)
    is_absent = spec.is_literal and state["verdict"].get("reason") == "absent"
    return bool(spec.query) and not (
        is_absent or spec.speaking or spec.of_video or spec.intent == "summarise"
    )


def compose(state: State, runtime: Runtime[Context]) -> Update:
    """Writes the claims: the chat model where there is one, else code from the stored words."""
    runtime.context.meter.step("compose")
    evidence = evidence_in_complete_sentences(state, runtime.context)
    draft, notes = draft_claims({**state, "evidence": evidence}, runtime.context)
    _report(runtime, "compose", "the chat model wrote an answer" if draft["by"] == "model" else "", evidence)
    return {"draft": draft, "notes": state["notes"] + notes, "evidence": evidence}


def check(state: State, runtime: Runtime[Context]) -> Update:
    """Checks every citation against the catalog and makes the answer from the claims that pass."""
    runtime.context.meter.step("check")
    answer = final_answer(state, runtime.context).to_json(compact=True)
    _report(runtime, "check", "", answer["evidence"])
    return {"answer": answer, "draft": {}}


def build_graph(
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
) -> "CompiledStateGraph[State, Context, State, State]":
    """The compiled graph; with a checkpointer, every step of a thread is saved.

    Durability is the caller's; `run` uses `sync`: a step is on the disk before the next begins, which
    costs some milliseconds a step and lets a killed run go on where it was.
    """
    return _compiled().copy({"checkpointer": checkpointer})


@cache
def _compiled() -> "CompiledStateGraph[State, Context, State, State]":
    """Compiling takes longer than answering a simple question, so it is done once."""
    return add_nodes(StateGraph(State, context_schema=Context), lambda name, node: node).compile()


def add_nodes(graph: "StateGraph[Any, Any, Any, Any]", bind: Bind) -> "StateGraph[Any, Any, Any, Any]":
    """Adds the nodes, each as `bind` returns it, and the edges to an empty graph."""
    for name, node in (
        ("parse", parse), ("plan", plan), ("retrieve", retrieve), ("inspect", inspect),
        ("triage", triage), ("watch", observe), ("reason", reason), ("verify", verify),
        ("compose", compose), ("check", check),
    ):  # fmt: skip
        graph.add_node(name, bind(name, node))
    graph.add_edge(START, "parse")
    graph.add_conditional_edges("parse", _after_parse, ["plan", "check"])
    for a, b in (("plan", "retrieve"), ("retrieve", "inspect"), ("inspect", "triage"), ("reason", "verify")):
        graph.add_edge(a, b)
    graph.add_conditional_edges("triage", observe_next, ["watch", "reason"])
    graph.add_edge("watch", "triage")
    graph.add_conditional_edges("verify", route, ["plan", "compose"])
    graph.add_edge("compose", "check")
    graph.add_edge("check", END)
    return graph


def _after_parse(state: State) -> str:
    return "check" if state["refusal"] is not None else "plan"


# ---- small helpers of the nodes ----


def resolved_question(state: State, context: Context) -> str:
    """The complete question: a follow-up is completed from the question before it in the thread."""
    previous, previous_text, rules = state.get("previous"), state.get("previous_question"), context.rules
    if not previous and not previous_text:
        return state["question"]
    previous_spec = QuestionSpec.from_json(previous) if previous else rules.parse(previous_text or "", ())
    return rules.follow_up(state["question"], previous_spec) or state["question"]


def _joined_coverage(state: State, parts: list[Coverage]) -> dict[str, Any] | None:
    previous = coverage_of(state)  # coverage per video is read at the end, and not stored in the state
    joined = join_coverage([*([previous] if previous is not None else []), *parts])
    return None if joined is None else coverage_to_json(replace(joined, modalities=()))


def _plural(items: Sequence[Any]) -> str:
    return "" if len(items) == 1 else "s"


def _report(runtime: Runtime[Context], node: str, message: str = "", evidence: Sequence[Row] = ()) -> None:
    """Reports that a node has ended, with a message for people if any; the evidence is rows of the state."""
    seconds = round(runtime.context.meter.seconds, 3)
    runtime.stream_writer(Progress(node, message, tuple(evidence), seconds).to_json())
