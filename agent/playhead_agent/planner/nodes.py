"""The nodes of a planner's run; each takes the state, counts itself, and gives back the keys it wrote.

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

from playhead_agent.finalise import Draft, Ledger, check_draft, finalise, ledger_of_toolbox, written
from playhead_agent.limits import Meter
from playhead_agent.models.invoke import failure_of
from playhead_agent.models.protocol import ChatModel, ModelReply
from playhead_agent.planner import prompts
from playhead_agent.planner.attribution import attributed
from playhead_agent.planner.brief import Brief, BriefLimits, found_text, make_brief, stable_text
from playhead_agent.planner.conclusion import (
    best_from_evidence,
    draft_of,
    report_from_json,
    report_to_json,
    row_of,
)  # fmt: skip
from playhead_agent.planner.egress import egress_line
from playhead_agent.planner.pictures import (
    called_blocks,
    image_blocks,
    read_thumbnails,
    with_look,
    with_thumbnails,
)  # fmt: skip
from playhead_agent.planner.restating import restated, weak_claims
from playhead_agent.planner.state import PlannerState, Switches
from playhead_agent.planner.tool_context import adopt, new_replies, new_toolbox, toolbox_of
from playhead_agent.progress import Progress
from playhead_agent.question import Question
from playhead_agent.state import Context, scope_from_json
from playhead_agent.which_videos import ask_which_videos
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
from playhead_tools.toolbox import ENDING, BadCall, Toolbox, ToolImage
from playhead_tools.toolbox.context import ToolContext

RESERVED_CALLS, RESERVED_STEPS, RESERVED_SHARE = 3, 8, 0.1
"""Kept for the end: `finish`, its repair and the judging of its claims; and a tenth of the seconds."""
MAX_STALE, MAX_UNUSABLE, MAX_CALLS = 4, 2, 6
MAX_SAID_CHARS = 4_000
"""Of a reply beside its calls, or of one that cannot be used: what is kept and sent back to the model."""
MAX_ATTEMPTS = 3
MODEL_TOOLS = ("look", "find_events", "browse")
"""Tools that ask a model: those of one reply are called side by side."""
FIRST_TOOLS = ("finish", "search", "read", "look", "browse", "abstain")
NO_OPTIONS = frozenset({"choice"})
FINE = frozenset({"kind", "kinds", "range", "k"})
NEEDED = {"read": frozenset({"range"}), "look": frozenset({"range", "ranges"})}
"""What of these is the point of a tool."""
SMALL_CONTEXT_TOKENS = 32_768
"""Models with no more context are offered `FIRST_TOOLS` alone in their first turn, and those without the
arguments in `FINE`: small models fill in whatever there is, and so search where nothing is."""
REPLY_TOKENS, CHARS_A_TOKEN = 3_000, 3
BRIEF_LIMITS = BriefLimits()
SEARCH_FIRST = (
    "You have not searched yet: search with other words than the question's, then finish or abstain."
)
NEAREST = "The passages that a search for the question ranks first:"
NO_VIDEO = "There is no video in scope"
NO_LOOKING = "No model looks at the pictures here: only words can be searched and read."
_CITED = re.compile(r"\b[Ee]\d{1,6}\b")
Update = dict[str, Any]


def brief(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Says what leaves this machine, and chooses what the model is shown before its first call."""
    context = runtime.context
    context.meter.step("brief")
    given = scope_from_json(state.get("scope"))
    meant = ask_which_videos(state["question"], given, state["options"], context)
    chat = chat_of(context)
    with call_deadline(context.meter.remaining_s):
        takes_images = chat.takes_images
    viewer = context.open_eyes()
    _tell(runtime, "brief", egress_line(chat.host, takes_images, "" if viewer is None else viewer.host))
    toolbox = toolbox_of(context)
    toolbox.begin(meant.scope)
    given_up, shown, notes = Update(), Brief(), list[str]()
    try:
        if meant.refusal:
            raise ToolError(meant.refusal)
        if not toolbox.context.videos():
            raise ToolError(NO_VIDEO)
        shown, notes = _brief(state, context, toolbox)
        message = _briefly(shown, toolbox)
    except ToolError as error:
        message, given_up = str(error), {"why": str(error), "limit": False, "no_scope": True}
        given_up["reason"] = "ambiguous" if meant.refusal else "unknown"
    _tell(runtime, "brief", message, toolbox)
    return {
        "brief": shown.to_json(), "box": toolbox.snapshot(), "rounds": [], "pending": {}, "made": None,
        "trouble": {}, "num_unusable": 0, "num_stale": 0, "sent_back": False, "draft": {}, "report": {},
        "best": {}, "weak": [], "given_up": given_up, "notes": notes, "answer": {},
    }  # fmt: skip


def plan(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Asks the model what to do next.

    Raises:
        ModelUnavailable: the server failed in a way that may pass, and attempts are left.
    """
    context, meter = runtime.context, runtime.context.meter
    meter.step("plan")
    chat, toolbox = chat_of(context), toolbox_of(context, state["box"])
    if meter.model_calls >= meter.limits.model_calls or meter.remaining_s <= reserved_s(meter):
        return _gave_up(runtime, f"the model did not finish within {_allowed(meter)}", limit=True)
    closing = is_closing(state, meter)
    offered = offered_tools(state, chat, toolbox, closing=closing)
    sent = next_messages(state, context, toolbox, closing=closing)
    try:
        reply = chat.call(sent, offered, meter, reserve_s=reserved_s(meter))
    except ModelUnavailable as error:
        is_last = _is_last_attempt(runtime) or meter.model_calls >= meter.limits.model_calls
        if is_transient(error) and not is_last:
            raise
        return _gave_up(runtime, failure_of(error), limit=meter.remaining_s <= reserved_s(meter))
    except TokenBudgetExceeded as error:
        return _gave_up(runtime, failure_of(error))
    except ModelOutputInvalid as error:
        reply = ModelReply("", problem=failure_of(error))
    return _planned(state, runtime, reply, closing)


def _planned(state: PlannerState, runtime: Runtime[Context], reply: ModelReply, closing: bool) -> Update:
    if reply.calls and not reply.problem:
        calls = [_plain(one.name, dict(one.args), one.problem) for one in reply.calls[:MAX_CALLS]]
        _tell(runtime, "plan", listed([call["name"] for call in calls]))
        pending = {"said": reply.text[:MAX_SAID_CHARS], "calls": calls, "closing": closing}
        pending["dropped"] = len(reply.calls) - len(calls)
        return {"pending": pending, "trouble": {}}
    num_unusable = state["num_unusable"] + 1
    why = reply.problem or prompts.NO_CALL
    if num_unusable >= MAX_UNUSABLE:
        return _gave_up(runtime, f"two replies of the model could not be used; the last: {why[:200]}")
    _tell(runtime, "plan", f"the reply could not be used, asked again: {why[:120]}")
    return {"num_unusable": num_unusable, "trouble": {"said": reply.text[:MAX_SAID_CHARS], "why": why}}


def act(state: dict[str, Any], runtime: Runtime[Context]) -> Update:
    """Makes one call that uses a model; what it replied is kept, so that `collect` has it at once.

    A limit that is reached here is raised by `collect`, which makes the call itself: several of these run
    side by side, and LangGraph prints the traces of all that fail but the first.
    """
    context = runtime.context
    call = state["call"]
    toolbox = new_toolbox(context)
    toolbox.restore(state["box"])
    try:
        context.meter.step("act")
        given = _answered(call, toolbox, context, state["closing"])
    except AgentStopped as stop:
        given = {"error": str(stop), "stopped": True}
    row: Update = {"at": state["at"], "replies": new_replies(toolbox, state["box"])}
    if given.get("stopped"):
        return {"made": [{**row, "stopped": True}]}
    if "error" in given:
        row["error"] = given
    _tell(runtime, "act", f"{call['name']}: {given.get('error') or 'done'}"[:160])
    return {"made": [row]}


def collect(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Answers the calls of the last reply in their order."""
    context, toolbox = runtime.context, toolbox_of(runtime.context, state["box"])
    context.meter.step("collect")
    pending, made = state["pending"], {row["at"]: row for row in state.get("made") or []}
    for row in made.values():
        adopt(toolbox, row["replies"])
    made = {at: row for at, row in made.items() if "stopped" not in row}
    before = toolbox.snapshot()
    shown = set(toolbox.context.table.records)
    is_mixed = any(call["name"] not in ENDING for call in pending["calls"])
    results = [
        made[at]["error"]
        if "error" in made.get(at, {})
        else (is_mixed and _ends_too_soon(call, shown, toolbox))
        or _answered(call, toolbox, context, pending["closing"])
        for at, call in enumerate(pending["calls"])
    ]
    is_unusable = all("bad" in result for result in results)
    num_unusable = state["num_unusable"] + 1 if is_unusable else 0
    conclusion = toolbox.context.conclusion or {}
    draft = attributed(conclusion, toolbox.context, state["brief"]["found"])
    box = toolbox.snapshot()
    kept = {"said": pending["said"], "calls": [_plain(c["name"], c["args"]) for c in pending["calls"]]}
    kept |= {"results": results} | ({"dropped": pending["dropped"]} if pending["dropped"] else {})
    _tell(runtime, "collect", _told(pending["calls"], results), toolbox)
    update: Update = {"rounds": [*state["rounds"], kept], "pending": {}, "made": None, "box": box}
    update |= {"num_unusable": num_unusable, "draft": draft}
    is_new = any(before[key] != box[key] for key in box) or any("error" not in row for row in made.values())
    update["num_stale"] = num_stale = 0 if is_new else state["num_stale"] + 1
    if num_stale >= MAX_STALE + MAX_UNUSABLE:
        why = f"{num_stale} replies of the model in a row brought nothing new"
        update["given_up"] = {"why": why, "limit": False}
    if num_unusable >= MAX_UNUSABLE:
        why = f"two replies of the model could not be used; the last: {results[-1]['error'][:200]}"
        update["given_up"] = {"why": why, "limit": pending["closing"]}
    return update


def check(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Holds the claims against the evidence; what does not hold is sent back to the model once."""
    context, meter = runtime.context, runtime.context.meter
    meter.step("check")
    toolbox = toolbox_of(context, state["box"])
    draft = draft_of(state["draft"], state["options"])
    if _abstains_early(state, draft) and _may_go_on(meter):
        _tell(runtime, "check", "it has not searched yet, asked to")
        return _sent_back(state, toolbox, SEARCH_FIRST)
    judges = Switches(**state["switches"]).entailment
    report = check_draft(draft, ledger_of(state, context, toolbox), context, use_model=judges)
    record = report_to_json(report)
    _tell(runtime, "check", f"{len(report.kept)} of {len(draft.claims)} claims hold", toolbox)
    if not report.problems or state["sent_back"] or not _may_go_on(meter):
        weak = [] if state["options"] else weak_claims(report, state["question"], toolbox.context)
        return {"report": record, "weak": [claim.text for claim in weak]}
    why = f"not everything holds: {'; '.join(report.problems)}. Correct it and call finish once more"
    return _sent_back(state, toolbox, why) | {"best": {"draft": state["draft"], "report": record}}


def _sent_back(state: PlannerState, toolbox: Toolbox, why: str) -> Update:
    """The last round with an error in place of the result of `finish`; the toolbox is open again."""
    toolbox.context.conclusion = None
    last = state["rounds"][-1]
    results = [
        {"error": why[:1200]} if call["name"] in ENDING and "error" not in given else given
        for call, given in zip(last["calls"], last["results"], strict=True)
    ]
    rounds = [*state["rounds"][:-1], {**last, "results": results}]
    return {"rounds": rounds, "draft": {}, "sent_back": True, "box": toolbox.snapshot()}


def restate(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """Has claims that say nothing, or cannot be found in what they cite, written again from that alone.

    A claim stays as it is where what the model writes does not hold either, or the model fails.
    """
    context, meter = runtime.context, runtime.context.meter
    meter.step("restate")
    toolbox = toolbox_of(context, state["box"])
    report, ranked = report_from_json(state["report"]), state["brief"]["found"]
    new: dict[str, Claim] = {}
    for claim in report.kept:
        if claim.text not in state["weak"] or meter.remaining_s <= reserved_s(meter):
            continue
        ledger, language = ledger_of(state, context, toolbox), prompts.language_text(state)
        try:
            made = restated(claim, state["question"], language, ledger, context, toolbox.context, ranked)
        except (ModelError, AgentStopped):
            break
        if made is not None:
            new[claim.text] = made
    _tell(runtime, "restate", f"{len(new)} of {len(state['weak'])} claims written again", toolbox)
    kept = tuple(new.get(claim.text, claim) for claim in report.kept)
    rows = [row_of(new[row["text"]]) if row["text"] in new else row for row in state["draft"]["claims"]]
    return {
        "draft": {**state["draft"], "claims": rows},
        "report": report_to_json(replace(report, kept=kept)),
        "box": toolbox.snapshot(),
        "weak": [],
    }


def answer(state: PlannerState, runtime: Runtime[Context]) -> Update:
    """The answer: what the model claimed and holds, else the best of what was found, and why."""
    runtime.context.meter.step("answer")
    given_up = state["given_up"]
    made = final_answer(state, runtime.context, given_up.get("why", ""), limit=given_up.get("limit", False))
    _tell(runtime, "answer", made.status)
    return {"answer": made.to_json(compact=True)}


def final_answer(state: PlannerState, context: Context, why: str, *, limit: bool) -> Answer:
    """The answer of a run in whatever state; no model is asked.

    Args:
        state: of the run; its brief has been made.
        context: its seams.
        why: the model did not end it; empty when it did.
        limit: a limit is why.
    """
    if state["given_up"].get("no_scope"):
        reason: Reason = state["given_up"].get("reason", "unknown")
        return unread(state["question"], state["given_up"]["why"], context, reason)
    toolbox = toolbox_of(context, state["box"])
    ledger = ledger_of(state, context, toolbox)
    kept = {"draft": state["draft"], "report": state["report"]} if state["report"] else state["best"]
    if kept and (not why or kept["report"]["kept"]):
        draft, report = (
            draft_of(kept["draft"], state["options"], [why] if why else []),
            report_from_json(kept["report"]),
        )
    elif state["draft"]:
        draft = draft_of(state["draft"], state["options"], [why] if why else [])
        report = check_draft(draft, ledger, context, use_model=False)
    else:
        draft = best_from_evidence(
            state["question"], Brief.from_json(state["brief"]), toolbox.context, why
        )
        report = check_draft(draft, ledger, context, use_model=False)
    made = finalise(question_of(state), draft, report, ledger, context, limit=why if limit else "")
    if why or not state["draft"]:
        return made
    if "abstained" not in state["draft"]:
        return replace(made, ended_by="finish")
    return replace(_with_nearest(made, state, toolbox.context, ledger, context), ended_by="abstain")


def _with_nearest(
    made: Answer, state: PlannerState, tool_context: ToolContext, ledger: Ledger, context: Context
) -> Answer:
    """An answer that there is none, with the passages that come nearest; not where all was scanned."""
    if made.status != "abstained" or made.reason != "unknown":
        return made
    draft = best_from_evidence(state["question"], Brief.from_json(state["brief"]), tool_context, "")
    report = check_draft(draft, ledger, context, use_model=False)
    if not report.kept:
        return made
    near = finalise(question_of(state), draft, report, ledger, context)
    text = f"{made.text}\n{NEAREST}\n{written(report.kept, 'code')}"
    return replace(made, text=text, intervals=near.intervals, evidence=near.evidence)


def unread(question: str, why: str, context: Context, reason: Reason) -> Answer:
    """The answer of a run that could not begin."""
    text = f"{why.rstrip('.')}."
    return Answer(text, "abstained", reason, cost=context.meter.cost(), notes=(why,), question=question)


# ---- routes ----


def after_brief(state: PlannerState) -> str:
    """On, unless the scope names what is not there."""
    return "answer" if state["given_up"] else "plan"


def after_plan(state: PlannerState) -> str | list[Send]:
    """To the calls that the model made, those that use a model side by side; without any, back to it once."""
    if state["given_up"]:
        return "answer"
    if not state["pending"]:
        return "plan"
    calls, closing = state["pending"]["calls"], state["pending"]["closing"]
    sends = [
        Send("act", {"at": at, "call": call, "box": state["box"], "closing": closing})
        for at, call in enumerate(calls)
        if call["name"] in MODEL_TOOLS and "bad" not in call
    ]
    return sends or "collect"


def after_collect(state: PlannerState) -> str:
    """To the check when the model has ended the question, else back to it."""
    if state["draft"]:
        return "check"
    return "answer" if state["given_up"] else "plan"


def after_check(state: PlannerState) -> str:
    """To the answer, unless claims were sent back or are to be written again."""
    if not state["draft"]:
        return "plan"
    return "restate" if state.get("weak") else "answer"


# ---- what the model is sent ----


def _brief(state: PlannerState, context: Context, toolbox: Toolbox) -> tuple[Brief, list[str]]:
    """The brief, and notes on what it lacks."""
    switches, tool_context = Switches(**state["switches"]), toolbox.context
    if not switches.brief:
        return Brief(listed=tuple(v.video_id for v in tool_context.videos()[: BRIEF_LIMITS.max_videos])), []
    chat = chat_of(context)
    made = make_brief(tool_context, search_text(state), brief_tokens(context), chat.num_tokens, BRIEF_LIMITS)
    made, note = with_look(made, state["question"], toolbox, images=chat.takes_images)
    notes = [note]
    if chat.takes_images and not made.look:
        made, note = with_thumbnails(made, tool_context)
        notes.append(note)
    return made, [one for one in notes if one]


def brief_tokens(context: Context) -> int:
    """How many tokens the brief may have."""
    chat = chat_of(context)
    share = int(BRIEF_LIMITS.context_share * chat.context_tokens)
    return min(share, BRIEF_LIMITS.max_tokens, context.limits.prompt_chars // CHARS_A_TOKEN)


def search_text(state: PlannerState) -> str:
    """What to search for: the question, behind the one before it where it is too short to stand alone."""
    turns = state["turns"]
    leans = turns and len(state["question"].split()) < 8
    return f"{turns[-1]['question']} {state['question']}" if leans else state["question"]


def next_messages(state: PlannerState, context: Context, toolbox: Toolbox, *, closing: bool) -> list[Any]:
    """The messages of the next call of the model."""
    chat, tool_context, meter = chat_of(context), toolbox.context, context.meter
    shown = Brief.from_json(state["brief"])
    max_outline = int(brief_tokens(context) * BRIEF_LIMITS.outline_share)
    stable = stable_text(shown, tool_context, max_outline, chat.num_tokens)
    found = found_text(shown, tool_context)
    notes = (NO_LOOKING,) if toolbox.eyes is None and not chat.takes_images else ()
    pictures = (
        image_blocks(_thumbnails(shown, tool_context)) if chat.takes_images and shown.thumbnails else []
    )
    if shown.look:
        looked = toolbox.recall("look", shown.look, images=chat.takes_images)
        found = "\n\n".join(filter(None, [found, looked.text]))
        pictures += called_blocks(looked)
    opening = prompts.Opening(stable, found, tuple(pictures), notes)
    used = sum(map(chat.num_tokens, (stable, found, prompts.question_text(state)))) + REPLY_TOKENS
    room = min(meter.limits.prompt_chars, CHARS_A_TOKEN * max(1_000, chat.context_tokens - used))

    def result_text(at: int, i: int, shortened: bool) -> tuple[str, list[dict[str, Any]]]:
        one = state["rounds"][at]
        return _result_text(one["calls"][i], one["results"][i], toolbox, chat, shortened)

    return prompts.messages(
        state, opening, result_text, max_round_chars=room, left=_left(meter, toolbox), closing=closing
    )


def offered_tools(state: PlannerState, chat: ChatModel, toolbox: Toolbox, *, closing: bool) -> list[Any]:
    """The tools of the next call."""
    offered = toolbox.offered(ending=closing, images=chat.takes_images)
    is_first = not state["rounds"] and chat.context_tokens <= SMALL_CONTEXT_TOKENS
    browse = Switches(**state["switches"]).browse
    hidden = (frozenset() if state["options"] else NO_OPTIONS) | (FINE if is_first else frozenset())
    return [
        replace(tool, hidden=tool.hidden | (hidden - NEEDED.get(tool.name, frozenset())))
        for tool in offered
        if (tool.name in FIRST_TOOLS or not is_first) and (browse or tool.name != "browse")
    ]


def _thumbnails(shown: Brief, tool_context: ToolContext) -> list[ToolImage]:
    """The thumbnails; none where a file has gone since they were chosen."""
    try:
        return read_thumbnails(shown, tool_context)
    except (ToolError, VideoError):
        return []


def _result_text(
    call: dict[str, Any], given: dict[str, Any], toolbox: Toolbox, chat: ChatModel, shortened: bool
) -> tuple[str, list[dict[str, Any]]]:
    if "error" in given:
        return f"error: {given['error']}", []
    if call["name"] in ENDING:
        return "kept", []
    if shortened:
        return f"evidence {listed(given['ids']) or 'none'}; call it again to read it", []
    try:
        called = toolbox.recall(call["name"], call["args"], images=chat.takes_images)
    except ToolError as error:
        return f"error: {error}", []
    again = "you have asked this before; this is the same result\n" if given.get("repeated") else ""
    return again + called.text, called_blocks(called)


# ---- limits ----


def reserved_s(meter: Meter) -> float:
    """Seconds that are kept for the end of a run."""
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
    """Whether a failure may pass when the same is asked again: an overloaded or restarting server."""
    return getattr(error, "status", 0) in (408, 409, 425, 429, 500, 502, 503, 504, 529)


RETRY = RetryPolicy(initial_interval=0.5, max_interval=8.0, max_attempts=MAX_ATTEMPTS, retry_on=is_transient)
"""Of the nodes that call models."""


def _is_last_attempt(runtime: Runtime[Context]) -> bool:
    info = runtime.execution_info
    return info is None or info.node_attempt >= MAX_ATTEMPTS


def _allowed(meter: Meter) -> str:
    return f"{meter.limits.model_calls} model calls and {meter.limits.seconds:g} s"


def _left(meter: Meter, toolbox: Toolbox) -> str:
    left = [f"{meter.limits.model_calls - meter.model_calls} replies", f"{meter.remaining_s:.0f} s"]
    if toolbox.eyes is not None:
        left.append(f"{meter.looks_left(toolbox.eyes.frames)} looks")
    return f"Left: {', '.join(left)}."


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
    """What claims are held against."""
    return ledger_of_toolbox(toolbox, context, state["notes"])


def _abstains_early(state: PlannerState, draft: Draft) -> bool:
    """Whether the model abstains without a search, where not all words of the scope were shown to it."""
    was_told = state["sent_back"] or bool(state["brief"]["shown"])
    searched = any(call["name"] not in ENDING for one in state["rounds"] for call in one["calls"])
    return draft.abstained in ("unknown", "absent", "false_premise") and not was_told and not searched


def _answered(call: dict[str, Any], toolbox: Toolbox, context: Context, closing: bool) -> dict[str, Any]:
    """The ids of what a call gave, or what is wrong with it; `bad` marks a call that no tool can take."""
    meter, chat = context.meter, chat_of(context)
    try:
        if "bad" in call:
            raise BadCall(f"{call['name']}: {call['bad']}")
        if closing and call["name"] not in ENDING:
            raise BadCall(f"{call['name']} is not offered any more; only finish and abstain are")
        if meter.remaining_s <= reserved_s(meter) and call["name"] not in ENDING:
            raise ToolError("no time is left for this; finish with what there is, or abstain")
        with call_deadline(meter.remaining_s - reserved_s(meter)):
            called = toolbox.call(call["name"], call["args"], images=chat.takes_images)
    except BadCall as error:
        return {"error": str(error)[:600], "bad": True}
    except (ToolError, ModelError) as error:
        return {"error": str(error)[:1200]}
    given: dict[str, Any] = {"ids": list(called.ids)}
    return {**given, "repeated": True} if called.repeated else given


def _ends_too_soon(call: dict[str, Any], shown: set[str], toolbox: Toolbox) -> dict[str, Any]:
    """What is wrong with an end beside other calls, whose results the model has not read; empty when nothing.

    It may finish with what it was shown before; it may not cite what these calls have just brought.
    """
    if call["name"] == "abstain":
        return {"error": "the results of the other calls come first; read them, then finish or abstain"}
    cited = {one.upper() for one in _CITED.findall(json.dumps(call["args"]))}
    unread = sorted((cited & set(toolbox.context.table.records)) - shown)
    if call["name"] != "finish" or not unread:
        return {}
    return {"error": f"you have not read {listed(unread[:6])} yet; read the results, then call finish again"}


def _plain(name: str, args: dict[str, Any], problem: str = "") -> dict[str, Any]:
    return {"name": name, "args": args} | ({"bad": problem} if problem else {})


def _gave_up(runtime: Runtime[Context], why: str, *, limit: bool = False) -> Update:
    _tell(runtime, "plan", why)
    return {"pending": {}, "given_up": {"why": why, "limit": limit}}


def _briefly(shown: Brief, toolbox: Toolbox) -> str:
    """What the model starts from, for people."""
    n = len(toolbox.context.videos())
    parts = [f"{n} video{'' if n == 1 else 's'} in scope"]
    if shown.shown:
        parts.append(f"the whole transcript ({len(shown.shown)} passages)")
    if shown.has_outline:
        parts.append("an outline")
    if shown.found and not shown.shown:
        parts.append(f"{len(shown.found)} passages that a search found")
    return ", ".join(parts)


def _told(calls: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    parts = []
    for call, given in zip(calls, results, strict=True):
        what = given.get("error") or listed(given["ids"][:6]) or "done"
        parts.append(f"{call['name']}: {what[:120]}")
    return "; ".join(parts)


def _tell(runtime: Runtime[Context], node: str, message: str, toolbox: Toolbox | None = None) -> None:
    evidence = [] if toolbox is None else list(toolbox.context.table.records.values())
    runtime.stream_writer(Progress.of(node, message, evidence, runtime.context.meter.seconds).to_json())
