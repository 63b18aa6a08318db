"""The nodes of a planner's run; each takes the state, counts one step, and gives back the keys it wrote.

`collect` is our own and not LangGraph's `ToolNode`: results go into the state as ids and not as messages,
calls that were made before are answered from memory, and the model reads a `ToolError` or a failure of
another model; any other error ends the run.
"""

import json
import re
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy, Send

from playhead_agent.clarify_videos import ask_which_videos
from playhead_agent.finalise import Draft, Ledger, check_draft, claims_text, finalise, ledger_of_toolbox
from playhead_agent.limits import Meter
from playhead_agent.models.invoke import failure_of
from playhead_agent.models.protocol import ChatModel, ModelReply
from playhead_agent.planner import prompts
from playhead_agent.planner.attribution import attribute_claims, without_unrelated
from playhead_agent.planner.brief import Brief, BriefLimits, found_text, make_brief, stable_text
from playhead_agent.planner.brief_images import (
    called_blocks,
    image_blocks,
    read_thumbnails,
    with_observation,
    with_thumbnails,
)  # fmt: skip
from playhead_agent.planner.conclusion import (
    best_from_evidence,
    draft_of,
    limit_by_retrieval,
    report_from_json,
    report_to_json,
    row_of_claim,
)  # fmt: skip
from playhead_agent.planner.egress import egress_line
from playhead_agent.planner.restate_claims import restate_claim, weak_claims
from playhead_agent.planner.state import PlannerState, Switches
from playhead_agent.planner.tool_context import adopt_replies, new_replies, new_toolbox, toolbox_of
from playhead_agent.progress import Progress
from playhead_agent.question import Question
from playhead_agent.state import Context, scope_from_json
from playhead_index.errors import (
    AgentStopped,
    ModelError,
    ModelOutputInvalid,
    ModelUnavailable,
    TokenBudgetExceeded,
    ToolError,
    VideoError,
)  # fmt: skip
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import Answer, Claim, Reason, listed
from playhead_tools.toolbox import ENDING_TOOLS, BadCall, Toolbox, ToolImage
from playhead_tools.toolbox.context import ToolContext

RESERVED_CALLS, RESERVED_STEPS, RESERVED_SHARE = 3, 8, 0.1
"""Reserved for the end: `finish`, its repair and the judging of its claims; and a tenth of the seconds."""
MAX_STALE, MAX_UNUSABLE, MAX_CALLS = 4, 2, 6
"""Turns without new evidence after which only `finish` and `abstain` are offered; unusable replies after
which the run gives up (also so many turns behind the first bound); calls of one turn that are made."""
MAX_REPLY_CHARS = 4_000
"""Maximum stored length of a reply beside its calls, or of an unusable reply."""
MAX_ATTEMPTS = 3
MODEL_TOOLS = ("look", "find_events", "browse")
"""Tools that ask a model: those of one reply are called side by side."""
FIRST_TOOLS = ("finish", "search", "read", "look", "browse", "abstain")
OPTION_ARGUMENTS = frozenset({"choice"})
FINE_ARGUMENTS = frozenset({"kind", "kinds", "range", "k"})
NEEDED_ARGUMENTS = {"read": frozenset({"range"}), "look": frozenset({"range", "ranges"})}
"""Arguments of these that a tool cannot do without."""
SMALL_CONTEXT_TOKENS = 32_768
"""Models with no more context are offered `FIRST_TOOLS` alone in their first turn, and those without the
arguments in `FINE_ARGUMENTS`: small models fill in whatever there is, and so search where nothing is."""
REPLY_TOKENS, CHARS_A_TOKEN = 3_000, 3
BRIEF_LIMITS = BriefLimits()
SEARCH_FIRST = (
    "You have not searched yet: search with other words than the question's, then finish or abstain."
)
NEAREST = "The passages that a search for the question ranks first:"
NO_VIDEO = "There is no video in scope"
NO_VLM_NOTE = "No model looks at the pictures here: only words can be searched and read."
_CITED = re.compile(r"\b[Ee]\d{1,6}\b")
Update = dict[str, Any]


def brief(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Reports which data leaves this machine, and makes the brief."""
    context = runtime.context
    context.meter.step("brief")
    scope = scope_from_json(state.get("scope"))
    clarified = ask_which_videos(state["question"], scope, state["options"], context)
    chat = chat_of(context)
    with call_deadline(context.meter.remaining_s):
        takes_images = chat.takes_images
    vlm_client = context.open_vlm_client()
    _report(
        runtime, "brief", egress_line(chat.host, takes_images, "" if vlm_client is None else vlm_client.host)
    )
    toolbox = toolbox_of(context)
    toolbox.begin(clarified.scope)
    given_up, new_brief, notes = Update(), Brief(), list[str]()
    try:
        if clarified.refusal:
            raise ToolError(clarified.refusal)
        if not toolbox.context.videos():
            raise ToolError(NO_VIDEO)
        new_brief, notes = _brief(state, context, toolbox)
        message = _brief_summary(new_brief, toolbox)
    except ToolError as error:
        message, given_up = str(error), {"why": str(error), "limit": False, "no_scope": True}
        given_up["reason"] = "ambiguous" if clarified.refusal else "unknown"
    _report(runtime, "brief", message, toolbox)
    return {
        "brief": new_brief.to_json(), "box": toolbox.snapshot(), "rounds": [], "pending": {}, "made": None,
        "trouble": {}, "num_unusable": 0, "num_stale": 0, "sent_back": False, "draft": {}, "report": {},
        "best": {}, "weak": [], "given_up": given_up, "notes": notes, "answer": {},
    }  # fmt: skip


def plan(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Calls the model for its next tool calls.

    Raises:
        ModelUnavailable: the server failed in a way that may pass, and attempts are left.
    """
    context, meter = runtime.context, runtime.context.meter
    meter.step("plan")
    chat, toolbox = chat_of(context), toolbox_of(context, state["box"])
    if meter.model_calls >= meter.limits.model_calls or meter.remaining_s <= reserved_s(meter):
        return _give_up(runtime, f"the model did not finish within {_limits_text(meter)}", limit=True)
    closing = is_closing(state, meter)
    tools = offered_tools(state, chat, toolbox, closing=closing)
    messages = next_messages(state, context, toolbox, closing=closing)
    try:
        reply = chat.call(messages, tools, meter, reserve_s=reserved_s(meter))
    except ModelUnavailable as error:
        is_last = _is_last_attempt(runtime) or meter.model_calls >= meter.limits.model_calls
        if is_transient(error) and not is_last:
            raise
        return _give_up(runtime, failure_of(error), limit=meter.remaining_s <= reserved_s(meter))
    except TokenBudgetExceeded as error:
        return _give_up(runtime, failure_of(error))
    except ModelOutputInvalid as error:
        reply = ModelReply("", problem=failure_of(error))
    return _read_reply(state, runtime, reply, closing)


def _read_reply(state: PlannerState, runtime: Runtime[Context], reply: ModelReply, closing: bool) -> Update:
    if reply.calls and not reply.problem:
        calls = [_call_row(one.name, dict(one.args), one.problem) for one in reply.calls[:MAX_CALLS]]
        _report(runtime, "plan", listed([call["name"] for call in calls]))
        pending = {"said": reply.text[:MAX_REPLY_CHARS], "calls": calls, "closing": closing}
        pending["dropped"] = len(reply.calls) - len(calls)
        return {"pending": pending, "trouble": {}}
    num_unusable = state["num_unusable"] + 1
    why = reply.problem or prompts.NO_CALL
    if num_unusable >= MAX_UNUSABLE:
        return _give_up(
            runtime, f"{MAX_UNUSABLE} replies of the model could not be used; the last: {why[:200]}"
        )
    _report(runtime, "plan", f"the reply could not be used, asked again: {why[:120]}")
    return {"num_unusable": num_unusable, "trouble": {"said": reply.text[:MAX_REPLY_CHARS], "why": why}}


def act(state: dict[str, Any], runtime: Runtime[Context]) -> Update:
    """Executes one tool call that uses a model; its reply is stored, so that `collect` has it at once.

    A limit that is reached here is raised by `collect`, which makes the call itself: several of these run
    side by side, and LangGraph prints the traces of all that fail but the first.
    """
    context = runtime.context
    call = state["call"]
    toolbox = new_toolbox(context)
    toolbox.restore(state["box"])
    try:
        context.meter.step("act")
        result = _execute_call(call, toolbox, context, state["closing"])
    except AgentStopped as error:
        result = {"error": str(error), "stopped": True}
    row: Update = {"at": state["at"], "replies": new_replies(toolbox, state["box"])}
    if result.get("stopped"):
        return {"made": [{**row, "stopped": True}]}
    if "error" in result:
        row["error"] = result
    _report(runtime, "act", f"{call['name']}: {result.get('error') or 'done'}"[:160])
    return {"made": [row]}


def collect(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Executes the tool calls of the last reply in their order."""
    context, toolbox = runtime.context, toolbox_of(runtime.context, state["box"])
    context.meter.step("collect")
    pending, made_by_position = state["pending"], {row["at"]: row for row in state.get("made") or []}
    for row in made_by_position.values():
        adopt_replies(toolbox, row["replies"])
    made_by_position = {position: row for position, row in made_by_position.items() if "stopped" not in row}
    before = toolbox.snapshot()
    known_ids = set(toolbox.context.table.records)
    is_mixed = any(call["name"] not in ENDING_TOOLS for call in pending["calls"])
    results = [
        made_by_position[position]["error"]
        if "error" in made_by_position.get(position, {})
        else (is_mixed and _ends_too_soon(call, known_ids, toolbox))
        or _execute_call(call, toolbox, context, pending["closing"])
        for position, call in enumerate(pending["calls"])
    ]
    is_unusable = all("bad" in result for result in results)
    num_unusable = state["num_unusable"] + 1 if is_unusable else 0
    conclusion = toolbox.context.conclusion or {}
    draft = attribute_claims(conclusion, toolbox.context, state["brief"]["found"])
    box = toolbox.snapshot()
    round_row = {
        "said": pending["said"],
        "calls": [_call_row(c["name"], c["args"]) for c in pending["calls"]],
    }
    round_row |= {"results": results} | ({"dropped": pending["dropped"]} if pending["dropped"] else {})
    _report(runtime, "collect", _results_text(pending["calls"], results), toolbox)
    update: Update = {"rounds": [*state["rounds"], round_row], "pending": {}, "made": None, "box": box}
    update |= {"num_unusable": num_unusable, "draft": draft}
    is_new = any(before[key] != box[key] for key in box) or any(
        "error" not in row for row in made_by_position.values()
    )
    update["num_stale"] = num_stale = 0 if is_new else state["num_stale"] + 1
    if num_stale >= MAX_STALE + MAX_UNUSABLE:
        why = f"{num_stale} replies of the model in a row brought nothing new"
        update["given_up"] = {"why": why, "limit": False}
    if num_unusable >= MAX_UNUSABLE:
        why = f"{MAX_UNUSABLE} replies of the model could not be used; the last: {results[-1]['error'][:200]}"
        update["given_up"] = {"why": why, "limit": pending["closing"]}
    return update


def check(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Checks the claims against the evidence; those that fail are sent back to the model once."""
    context, meter = runtime.context, runtime.context.meter
    meter.step("check")
    toolbox = toolbox_of(context, state["box"])
    draft = draft_of(state["draft"], state["options"])
    if _abstains_early(state, draft) and _may_go_on(meter):
        _report(runtime, "check", "it has not searched yet, asked to")
        return _send_back(state, toolbox, SEARCH_FIRST)
    uses_judge = Switches(**state["switches"]).entailment
    report = check_draft(draft, ledger_of(state, context, toolbox), context, use_model=uses_judge)
    record = report_to_json(report)
    _report(runtime, "check", f"{len(report.retained)} of {len(draft.claims)} claims hold", toolbox)
    if not report.problems or state["sent_back"] or not _may_go_on(meter):
        weak = [] if state["options"] else weak_claims(report, state["question"], toolbox.context)
        return {"report": record, "weak": [claim.text for claim in weak]}
    why = f"not everything holds: {'; '.join(report.problems)}. Correct it and call finish once more"
    return _send_back(state, toolbox, why) | {"best": {"draft": state["draft"], "report": record}}


def _send_back(state: PlannerState, toolbox: Toolbox, why: str) -> Update:
    """The last round with an error in place of the result of `finish`; the toolbox is open again."""
    toolbox.context.conclusion = None
    last_round = state["rounds"][-1]
    results = [
        {"error": why[:1200]} if call["name"] in ENDING_TOOLS and "error" not in result else result
        for call, result in zip(last_round["calls"], last_round["results"], strict=True)
    ]
    rounds = [*state["rounds"][:-1], {**last_round, "results": results}]
    return {"rounds": rounds, "draft": {}, "sent_back": True, "box": toolbox.snapshot()}


def restate(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Rewrites claims that state nothing, or are not found in what they cite, from the cited evidence alone.

    A claim stays as it is where the rewritten one does not pass either, or the model fails.
    """
    context, meter = runtime.context, runtime.context.meter
    meter.step("restate")
    toolbox = toolbox_of(context, state["box"])
    report, ranked_ids = report_from_json(state["report"]), state["brief"]["found"]
    new_claims: dict[str, Claim] = {}
    for claim in report.retained:
        if claim.text not in state["weak"] or meter.remaining_s <= reserved_s(meter):
            continue
        ledger, language = ledger_of(state, context, toolbox), prompts.language_text(state)
        try:
            new_claim = restate_claim(
                claim, state["question"], language, ledger, context, toolbox.context, ranked_ids
            )
        except (ModelError, AgentStopped):
            break
        if new_claim is not None:
            new_claims[claim.text] = new_claim
    _report(runtime, "restate", f"{len(new_claims)} of {len(state['weak'])} claims written again", toolbox)
    claims = tuple(new_claims.get(claim.text, claim) for claim in report.retained)
    rows = [
        row_of_claim(new_claims[row["text"]]) if row["text"] in new_claims else row
        for row in state["draft"]["claims"]
    ]
    return {
        "draft": {**state["draft"], "claims": rows},
        "report": report_to_json(replace(report, retained=claims)),
        "box": toolbox.snapshot(),
        "weak": [],
    }


def answer(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """The answer: the claims that passed, else the best of what was found, and why."""
    runtime.context.meter.step("answer")
    given_up = state["given_up"]
    result = final_answer(state, runtime.context, given_up.get("why", ""), limit=given_up.get("limit", False))
    _report(runtime, "answer", result.status)
    return {"answer": result.to_json(compact=True)}


def final_answer(state: PlannerState, context: Context, why: str, *, limit: bool) -> Answer:
    """The answer of a run in any state; no model is called.

    Args:
        state: of the run; its brief has been made.
        context: components and limits of the run.
        why: the model did not end it; empty when it did.
        limit: a limit is why.
    """
    if state["given_up"].get("no_scope"):
        reason: Reason = state["given_up"].get("reason", "unknown")
        return unanswered(state["question"], state["given_up"]["why"], context, reason)
    toolbox, brief = toolbox_of(context, state["box"]), Brief.from_json(state["brief"])
    ledger = ledger_of(state, context, toolbox)
    checked = {"draft": state["draft"], "report": state["report"]} if state["report"] else state["best"]
    if checked and (not why or checked["report"]["kept"]):
        draft, report = (
            draft_of(checked["draft"], state["options"], [why] if why else []),
            report_from_json(checked["report"]),
        )
    elif state["draft"]:
        draft = draft_of(state["draft"], state["options"], [why] if why else [])
        report = check_draft(draft, ledger, context, use_model=False)
    else:
        draft = best_from_evidence(state["question"], brief, toolbox.context, why)
        report = check_draft(draft, ledger, context, use_model=False)
    if draft.by == "model":
        report = replace(report, retained=without_unrelated(report.retained, toolbox.context))
    draft = limit_by_retrieval(draft, report, brief.retrieval_confidence, toolbox.context)
    result = finalise(question_of(state), draft, report, ledger, context, limit=why if limit else "")
    if why or not state["draft"]:
        return result
    if "abstained" not in state["draft"]:
        return replace(result, ended_by="finish")
    return replace(
        _with_nearest_passages(result, state, toolbox.context, ledger, context), ended_by="abstain"
    )


def _with_nearest_passages(
    result: Answer, state: PlannerState, tool_context: ToolContext, ledger: Ledger, context: Context
) -> Answer:
    """An abstention with the nearest passages; unchanged where the complete scope was scanned."""
    if result.status != "abstained" or result.reason != "unknown":
        return result
    draft = best_from_evidence(state["question"], Brief.from_json(state["brief"]), tool_context, "")
    report = check_draft(draft, ledger, context, use_model=False)
    if not report.retained:
        return result
    nearest = finalise(question_of(state), draft, report, ledger, context)
    text = f"{result.text}\n{NEAREST}\n{claims_text(report.retained, 'code')}"
    return replace(result, text=text, intervals=nearest.intervals, evidence=nearest.evidence)


def unanswered(question: str, why: str, context: Context, reason: Reason) -> Answer:
    """The answer of a run that could not begin."""
    text = f"{why.rstrip('.')}."
    return Answer(text, "abstained", reason, cost=context.meter.cost(), notes=(why,), question=question)


# ---- routes ----


def after_brief(state: PlannerState) -> str:
    """To the plan, unless the brief could not be made."""
    return "answer" if state["given_up"] else "plan"


def after_plan(state: PlannerState) -> str | list[Send]:
    """To the tool calls, those that use a model in parallel; without any, back to the model once."""
    if state["given_up"]:
        return "answer"
    if not state["pending"]:
        return "plan"
    calls, closing = state["pending"]["calls"], state["pending"]["closing"]
    sends = [
        Send("act", {"at": position, "call": call, "box": state["box"], "closing": closing})
        for position, call in enumerate(calls)
        if call["name"] in MODEL_TOOLS and "bad" not in call
    ]
    return sends or "collect"


def after_collect(state: PlannerState) -> str:
    """To the check when the model has ended the question, else back to the model."""
    if state["draft"]:
        return "check"
    return "answer" if state["given_up"] else "plan"


def after_check(state: PlannerState) -> str:
    """To the answer, unless claims were sent back or are to be written again."""
    if not state["draft"]:
        return "plan"
    return "restate" if state.get("weak") else "answer"


# ---- messages to the model ----


def _brief(state: PlannerState, context: Context, toolbox: Toolbox) -> tuple[Brief, list[str]]:
    """The brief, and notes on what it lacks."""
    switches, tool_context = Switches(**state["switches"]), toolbox.context
    if not switches.brief:
        return Brief(
            listed_video_ids=tuple(v.video_id for v in tool_context.videos()[: BRIEF_LIMITS.max_videos])
        ), []
    chat = chat_of(context)
    new_brief = make_brief(
        tool_context, search_text(state), brief_tokens(context), chat.num_tokens, BRIEF_LIMITS
    )
    new_brief, note = with_observation(new_brief, state["question"], toolbox, images=chat.takes_images)
    notes = [note]
    if chat.takes_images and not new_brief.look_arguments:
        new_brief, note = with_thumbnails(new_brief, tool_context)
        notes.append(note)
    return new_brief, [text for text in notes if text]


def brief_tokens(context: Context) -> int:
    """How many tokens the brief may have."""
    chat = chat_of(context)
    share = int(BRIEF_LIMITS.context_share * chat.context_tokens)
    return min(share, BRIEF_LIMITS.max_tokens, context.limits.prompt_chars // CHARS_A_TOKEN)


def search_text(state: PlannerState) -> str:
    """The search query: the question, after the one before it where it is too short to be complete."""
    turns = state["turns"]
    is_follow_up = turns and len(state["question"].split()) < 8
    return f"{turns[-1]['question']} {state['question']}" if is_follow_up else state["question"]


def next_messages(state: PlannerState, context: Context, toolbox: Toolbox, *, closing: bool) -> list[Any]:
    """The messages of the next call of the model."""
    chat, tool_context, meter = chat_of(context), toolbox.context, context.meter
    current_brief = Brief.from_json(state["brief"])
    max_outline = int(brief_tokens(context) * BRIEF_LIMITS.outline_share)
    stable = stable_text(current_brief, tool_context, max_outline, chat.num_tokens)
    found = found_text(current_brief, tool_context)
    notes = (NO_VLM_NOTE,) if toolbox.vlm_client is None and not chat.takes_images else ()
    images = (
        image_blocks(_thumbnails(current_brief, tool_context))
        if chat.takes_images and current_brief.thumbnails
        else []
    )
    if current_brief.look_arguments:
        observation = toolbox.recall("look", current_brief.look_arguments, images=chat.takes_images)
        found = "\n\n".join(filter(None, [found, observation.text]))
        images += called_blocks(observation)
    opening = prompts.Opening(stable, found, tuple(images), notes)
    num_prompt_tokens = (
        sum(map(chat.num_tokens, (stable, found, prompts.question_text(state)))) + REPLY_TOKENS
    )
    max_chars = min(
        meter.limits.prompt_chars, CHARS_A_TOKEN * max(1_000, chat.context_tokens - num_prompt_tokens)
    )

    def result_text(round_index: int, call_index: int, shortened: bool) -> tuple[str, list[dict[str, Any]]]:
        round_ = state["rounds"][round_index]
        return _result_text(
            round_["calls"][call_index], round_["results"][call_index], toolbox, chat, shortened
        )

    return prompts.messages(
        state,
        opening,
        result_text,
        max_round_chars=max_chars,
        budget_text=_budget_text(meter, toolbox),
        closing=closing,
    )


def offered_tools(state: PlannerState, chat: ChatModel, toolbox: Toolbox, *, closing: bool) -> list[Any]:
    """The tools of the next call."""
    tools = toolbox.available_tools(ending=closing, images=chat.takes_images)
    is_first = not state["rounds"] and chat.context_tokens <= SMALL_CONTEXT_TOKENS
    browse = Switches(**state["switches"]).browse
    hidden = (frozenset() if state["options"] else OPTION_ARGUMENTS) | (
        FINE_ARGUMENTS if is_first else frozenset()
    )
    return [
        replace(tool, hidden=tool.hidden | (hidden - NEEDED_ARGUMENTS.get(tool.name, frozenset())))
        for tool in tools
        if (tool.name in FIRST_TOOLS or not is_first) and (browse or tool.name != "browse")
    ]


def _thumbnails(current_brief: Brief, tool_context: ToolContext) -> list[ToolImage]:
    """The thumbnails; none where a file has gone since they were chosen."""
    try:
        return read_thumbnails(current_brief, tool_context)
    except (ToolError, VideoError):
        return []


def _result_text(
    call: dict[str, Any], result: dict[str, Any], toolbox: Toolbox, chat: ChatModel, shortened: bool
) -> tuple[str, list[dict[str, Any]]]:
    if "error" in result:
        return f"error: {result['error']}", []
    if call["name"] in ENDING_TOOLS:
        return "kept", []
    if shortened:
        return f"evidence {listed(result['ids']) or 'none'}; call it again to read it", []
    try:
        called = toolbox.recall(call["name"], call["args"], images=chat.takes_images)
    except ToolError as error:
        return f"error: {error}", []
    prefix = "you have asked this before; this is the same result\n" if result.get("repeated") else ""
    return prefix + called.text, called_blocks(called)


# ---- limits ----


def reserved_s(meter: Meter) -> float:
    """Seconds that are reserved for the end of a run."""
    return meter.share_s(RESERVED_SHARE)


def is_closing(state: PlannerState, meter: Meter) -> bool:
    """Whether only the reserve is left, so that only `finish` and `abstain` are offered."""
    calls_left, steps_left = meter.limits.model_calls - meter.model_calls, meter.limits.steps - meter.steps
    is_late = meter.remaining_s <= 2 * reserved_s(meter)
    return (
        calls_left <= RESERVED_CALLS
        or steps_left <= RESERVED_STEPS
        or is_late
        or state["num_stale"] >= MAX_STALE
    )


def _may_go_on(meter: Meter) -> bool:
    """Whether a call and the steps of another `finish` are left."""
    calls_left, steps_left = meter.limits.model_calls - meter.model_calls, meter.limits.steps - meter.steps
    return calls_left >= 1 and steps_left >= 4 and meter.remaining_s > reserved_s(meter)


def is_transient(error: Exception) -> bool:
    """Whether a request may succeed when it is repeated: an overloaded or restarting server."""
    return getattr(error, "status", 0) in (408, 409, 425, 429, 500, 502, 503, 504, 529)


RETRY = RetryPolicy(initial_interval=0.5, max_interval=8.0, max_attempts=MAX_ATTEMPTS, retry_on=is_transient)
"""Of the nodes that call models."""


def _is_last_attempt(runtime: Runtime[Context]) -> bool:
    info = runtime.execution_info
    return info is None or info.node_attempt >= MAX_ATTEMPTS


def _limits_text(meter: Meter) -> str:
    return f"{meter.limits.model_calls} model calls and {meter.limits.seconds:g} s"


def _budget_text(meter: Meter, toolbox: Toolbox) -> str:
    parts = [f"{meter.limits.model_calls - meter.model_calls} replies", f"{meter.remaining_s:.0f} s"]
    if toolbox.vlm_client is not None:
        parts.append(f"{meter.vlm_calls_left(toolbox.vlm_client.frames)} looks")
    return f"Left: {', '.join(parts)}."


# ---- small helpers of the nodes ----


def chat_of(context: Context) -> ChatModel:
    """The chat model that plans.

    Raises:
        ValueError: there is none.
    """
    if context.chat is None:
        raise ValueError("there is no chat model to plan with; Context.chat is None")
    return context.chat


def question_of(state: PlannerState) -> Question:
    """The question of a run."""
    scope = state.get("scope")
    return Question(
        state["question"],
        tuple(state["options"]),
        None if scope is None else scope_from_json(scope),
        language=state["language"],
    )


def ledger_of(state: PlannerState, context: Context, toolbox: Toolbox) -> Ledger:
    """The ledger against which claims are checked."""
    return ledger_of_toolbox(toolbox, context, state["notes"])


def _abstains_early(state: PlannerState, draft: Draft) -> bool:
    """Whether the model abstains without a search, although it was not given all text of the scope."""
    has_evidence = state["sent_back"] or bool(state["brief"]["shown"])
    has_searched = any(
        call["name"] not in ENDING_TOOLS for round_ in state["rounds"] for call in round_["calls"]
    )
    return draft.abstained in ("unknown", "absent", "false_premise") and not has_evidence and not has_searched


def _execute_call(call: dict[str, Any], toolbox: Toolbox, context: Context, closing: bool) -> dict[str, Any]:
    """The evidence ids of a tool call, or its error; `bad` marks a call that no tool can execute."""
    meter, chat = context.meter, chat_of(context)
    try:
        if "bad" in call:
            raise BadCall(f"{call['name']}: {call['bad']}")
        if closing and call["name"] not in ENDING_TOOLS:
            raise BadCall(f"{call['name']} is not offered any more; only finish and abstain are")
        if meter.remaining_s <= reserved_s(meter) and call["name"] not in ENDING_TOOLS:
            raise ToolError("no time is left for this; finish with what there is, or abstain")
        with call_deadline(meter.remaining_s - reserved_s(meter)):
            called = toolbox.call(call["name"], call["args"], images=chat.takes_images)
    except BadCall as error:
        return {"error": str(error)[:600], "bad": True}
    except (ToolError, ModelError) as error:
        return {"error": str(error)[:1200]}
    result: dict[str, Any] = {"ids": list(called.ids)}
    return {**result, "repeated": True} if called.repeated else result


def _ends_too_soon(call: dict[str, Any], known_ids: set[str], toolbox: Toolbox) -> dict[str, Any]:
    """The error of an end beside other calls whose results the model has not read; empty when there is none.

    It may finish with evidence that it has read; it may not cite results of these calls.
    """
    if call["name"] == "abstain":
        return {"error": "the results of the other calls come first; read them, then finish or abstain"}
    cited = {one.upper() for one in _CITED.findall(json.dumps(call["args"]))}
    unread_ids = sorted((cited & set(toolbox.context.table.records)) - known_ids)
    if call["name"] != "finish" or not unread_ids:
        return {}
    return {
        "error": f"you have not read {listed(unread_ids[:6])} yet; read the results, then call finish again"
    }


def _call_row(name: str, args: dict[str, Any], problem: str = "") -> dict[str, Any]:
    return {"name": name, "args": args} | ({"bad": problem} if problem else {})


def _give_up(runtime: Runtime[Context], why: str, *, limit: bool = False) -> Update:
    _report(runtime, "plan", why)
    return {"pending": {}, "given_up": {"why": why, "limit": limit}}


def _brief_summary(current_brief: Brief, toolbox: Toolbox) -> str:
    """A summary of the brief, for people."""
    n = len(toolbox.context.videos())
    parts = [f"{n} video{'' if n == 1 else 's'} in scope"]
    if current_brief.transcript_ids:
        parts.append(f"the whole transcript ({len(current_brief.transcript_ids)} passages)")
    if current_brief.has_outline:
        parts.append("an outline")
    if current_brief.found_ids and not current_brief.transcript_ids:
        parts.append(f"{len(current_brief.found_ids)} passages that a search found")
    return ", ".join(parts)


def _results_text(calls: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    parts = []
    for call, result in zip(calls, results, strict=True):
        text = result.get("error") or listed(result["ids"][:6]) or "done"
        parts.append(f"{call['name']}: {text[:120]}")
    return "; ".join(parts)


def _report(runtime: Runtime[Context], node: str, message: str, toolbox: Toolbox | None = None) -> None:
    evidence = [] if toolbox is None else list(toolbox.context.table.records.values())
    runtime.stream_writer(Progress.of(node, message, evidence, runtime.context.meter.seconds).to_json())
