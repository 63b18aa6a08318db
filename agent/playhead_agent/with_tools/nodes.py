"""The nodes of a run with tools; each takes the state, counts itself, and gives back the keys it wrote.

`act` is our own and not LangGraph's `ToolNode`: results go into the state as ids and not as messages, calls
are answered from the toolbox's memory, and only a `ToolError` is told to the model; any other error ends
the run.
"""

from typing import Any

from langgraph.runtime import Runtime

from playhead_agent.limits import Meter
from playhead_agent.models.invoke import failure_of
from playhead_agent.progress import Progress
from playhead_agent.state import scope_from_json
from playhead_agent.with_tools.answer import answer_of, code_answer
from playhead_agent.with_tools.calling import ask_with_tools_bound
from playhead_agent.with_tools.messages import prompt
from playhead_agent.with_tools.state import ToolContext, ToolState
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, ToolError
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import listed
from playhead_tools.toolbox import ENDING, BadCall, Toolbox

RESERVE_CALLS, RESERVE_STEPS, RESERVE_PART = 2, 6, 0.1
"""What is kept for the end: one call of `finish` and its repair, and a tenth of the seconds."""
MOST_STALE, MOST_STRIKES = 4, 2
NO_CALL = (
    "That is no tool call. Reply with a tool call only;"
    " finish(claims) gives the answer, abstain(reason) gives none."
)
Update = dict[str, Any]


def begin(state: ToolState, runtime: Runtime[ToolContext]) -> Update:
    """Empties the toolbox for a new question."""
    meter, toolbox = _meter(runtime), runtime.context.toolbox
    meter.step("begin")
    toolbox.begin(scope_from_json(state.get("scope")))
    given_up: Update = {}
    try:
        message = f"{len(toolbox.kit.videos())} videos in scope"
    except ToolError as error:
        message, given_up = str(error), {"why": str(error), "limit": False}
    _tell(runtime, "begin", message)
    return {
        "rounds": [],
        "pending": {},
        "box": toolbox.snapshot(),
        "strikes": 0,
        "trouble": {},
        "stale": 0,
        "given_up": given_up,
        "notes": [],
        "answer": {},
    }


def think(state: ToolState, runtime: Runtime[ToolContext]) -> Update:
    """Asks the model what to do next."""
    meter, toolbox = _meter(runtime), runtime.context.toolbox
    meter.step("think")
    if meter.model_calls >= meter.limits.model_calls or meter.remaining_s <= reserve_s(meter):
        return _gave_up(runtime, f"the model did not finish within {_allowed(meter)}", limit=True)
    toolbox.restore(state["box"])
    closing = is_closing(state, meter)
    messages = prompt(state, toolbox, meter, closing=closing)
    model = runtime.context.context.llm
    if model is None:
        raise ValueError("there is no chat model to call tools with")
    try:
        said = ask_with_tools_bound(model, messages, toolbox.offered(ending=closing), meter, reserve_s(meter))
    except (ModelUnavailable, ModelOutputInvalid) as error:
        return _gave_up(runtime, failure_of(error), limit=meter.remaining_s <= reserve_s(meter))
    if said.calls:
        _tell(runtime, "think", listed([call["name"] for call in said.calls]))
        pending = {"said": said.text, "calls": list(said.calls), "dropped": said.dropped, "closing": closing}
        return {"pending": pending, "trouble": {}}
    strikes = state["strikes"] + 1
    if strikes >= MOST_STRIKES:
        return _gave_up(
            runtime, "the model replied twice without a tool call that could be used", limit=False
        )
    _tell(runtime, "think", "no tool call; asked again")
    return {"strikes": strikes, "trouble": {"said": said.text, "why": NO_CALL}}


def act(state: ToolState, runtime: Runtime[ToolContext]) -> Update:
    """Runs the calls of the last reply, one after the other."""
    meter, toolbox = _meter(runtime), runtime.context.toolbox
    meter.step("act")
    toolbox.restore(state["box"])
    before, pending = toolbox.snapshot(), state["pending"]
    results = [_run(call, toolbox, meter, pending["closing"]) for call in pending["calls"]]
    all_bad = all("bad" in result for result in results)
    strikes = state["strikes"] + 1 if all_bad else 0
    kept = {"said": pending["said"], "calls": [_plain(call) for call in pending["calls"]], "results": results}
    if pending["dropped"]:
        kept["dropped"] = pending["dropped"]
    box = toolbox.snapshot()
    _tell(runtime, "act", _told(pending["calls"], results), toolbox)
    update: Update = {"rounds": [*state["rounds"], kept], "pending": {}, "box": box, "strikes": strikes}
    update["stale"] = 0 if _is_news(before, box) else state["stale"] + 1
    if strikes >= MOST_STRIKES:
        last = results[-1]["error"][:200]
        why = f"the model made calls that could not be used twice in a row; the last: {last}"
        update["given_up"] = {"why": why, "limit": pending["closing"]}
    return update


def conclude(state: ToolState, runtime: Runtime[ToolContext]) -> Update:
    """Holds the claims against the library and makes the answer of what is left."""
    meter, toolbox = _meter(runtime), runtime.context.toolbox
    meter.step("conclude")
    toolbox.restore(state["box"])
    answer = answer_of(state, runtime.context)
    _tell(runtime, "conclude", answer.status, toolbox)
    return {"answer": answer.to_json(compact=True)}


def fall_back(state: ToolState, runtime: Runtime[ToolContext]) -> Update:
    """The answer that code makes of the library alone, and why."""
    _meter(runtime).step("fall_back")
    given_up = state["given_up"]
    answer = code_answer(state, runtime.context.context, given_up["why"], limit=given_up["limit"])
    _tell(runtime, "fall_back", answer.status)
    return {"answer": answer.to_json(compact=True)}


# ---- routes ----


def after_begin(state: ToolState) -> str:
    """On, unless the scope names what is not there."""
    return "fall_back" if state["given_up"] else "think"


def after_think(state: ToolState) -> str:
    """To the calls that the model made; without any, back to it once."""
    if state["given_up"]:
        return "fall_back"
    return "act" if state["pending"] else "think"


def after_act(state: ToolState) -> str:
    """To the end when the model has ended the question, else back to it."""
    if state["box"]["conclusion"] is not None:
        return "conclude"
    return "fall_back" if state["given_up"] else "think"


# ---- limits ----


def reserve_s(meter: Meter) -> float:
    """Seconds that are kept for the end of a run."""
    return RESERVE_PART * meter.limits.seconds


def is_closing(state: ToolState, meter: Meter) -> bool:
    """Whether only the reserve is left, so that only `finish` and `abstain` are offered."""
    calls_left, steps_left = meter.limits.model_calls - meter.model_calls, meter.limits.steps - meter.steps
    is_late = meter.remaining_s <= 2 * reserve_s(meter)
    return (
        calls_left <= RESERVE_CALLS or steps_left <= RESERVE_STEPS or is_late or state["stale"] >= MOST_STALE
    )


def _allowed(meter: Meter) -> str:
    return f"{meter.limits.model_calls} model calls and {meter.limits.seconds:g} s"


# ---- small helpers of the nodes ----


def _run(call: dict[str, Any], toolbox: Toolbox, meter: Meter, closing: bool) -> dict[str, Any]:
    """The ids of what a call gave, or what is wrong with it; `bad` marks a call that no tool can take."""
    try:
        if "bad" in call:
            raise BadCall(f"{call['name']}: {call['bad']}")
        if closing and call["name"] not in ENDING:
            raise BadCall(f"{call['name']} is not offered any more; only finish and abstain are")
        if meter.remaining_s <= reserve_s(meter) and call["name"] not in ENDING:
            raise ToolError("no time is left for this; finish with what there is, or abstain")
        with call_deadline(meter.remaining_s - reserve_s(meter)):
            called = toolbox.call(call["name"], call["args"])
    except BadCall as error:
        return {"error": str(error)[:600], "bad": True}
    except ToolError as error:
        return {"error": str(error)[:1200]}
    given: dict[str, Any] = {"ids": list(called.ids)}
    return {**given, "repeated": True} if called.repeated else given


def _plain(call: dict[str, Any]) -> dict[str, Any]:
    return {"name": call["name"], "args": call["args"]}


def _is_news(before: Update, after: Update) -> bool:
    """Whether a round brought evidence, an event, a number, a scan, a look, or sent claims back."""
    return any(before[key] != after[key] for key in ("table", "computed", "scans", "looks", "sent_back"))


def _gave_up(runtime: Runtime[ToolContext], why: str, *, limit: bool) -> Update:
    _tell(runtime, "think", why)
    return {"pending": {}, "given_up": {"why": why, "limit": limit}}


def _meter(runtime: Runtime[ToolContext]) -> Meter:
    return runtime.context.context.meter


def _told(calls: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    parts = []
    for call, given in zip(calls, results, strict=True):
        what = given.get("error") or listed(given["ids"][:6]) or "done"
        parts.append(f"{call['name']}: {what[:120]}")
    return "; ".join(parts)


def _tell(runtime: Runtime[ToolContext], node: str, message: str, toolbox: Toolbox | None = None) -> None:
    evidence = [] if toolbox is None else list(toolbox.kit.table.records.values())
    runtime.stream_writer(Progress.of(node, message, evidence, _meter(runtime).seconds).to_json())
