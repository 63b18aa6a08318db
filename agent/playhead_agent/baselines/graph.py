"""The graph of every baseline: prepare, then decide what to observe next until the answer is there.

prepare ──> decide ──> (answer)
             ^  │ one a clip ──> watch ────┐
             │  └── one a reply ─> call ───┤
             └─────────────────────────────┘
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from playhead_agent.baselines.answers import ambiguous, finished
from playhead_agent.baselines.observations import Row, invalid_to_json, look_to_json
from playhead_agent.baselines.reading import Said
from playhead_agent.baselines.trial import BaselineTrial, CallNeeded, LooksNeeded, Outcome
from playhead_agent.limits import Limits
from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.progress import Progress
from playhead_agent.question import Question
from playhead_agent.state import Context, scope_from_json, scope_to_json
from playhead_agent.strategy import common_input
from playhead_agent.which_videos import ask_which_videos
from playhead_index.errors import AgentStopped, ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.client import VlmClient

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

Baseline = Callable[[BaselineTrial], Iterator[Outcome]]
"""Gives what it has come to, again and again; the last one counts, also when a limit ends it."""
Update = dict[str, Any]


def merged(known: dict[str, Row] | None, new: dict[str, Row] | None) -> dict[str, Row]:
    """Observations of a run by key: those made side by side are joined, None begins a new question."""
    return {} if new is None else {**(known or {}), **new}


class BaselineState(TypedDict, total=False):
    """One question on its way; plain JSON types."""

    question: str  # caller
    options: list[str]  # caller
    scope: dict[str, Any] | None  # caller; stays for the next question of the thread
    language: str | None  # caller
    previous_question: str  # caller: the question before it in this thread, made whole
    asked: str  # prepare: the question, a follow-up made whole
    within: dict[str, Any]  # prepare: the scope, after a reply to a question back
    looks: Annotated[dict[str, Row], merged]  # watch, a row a look
    calls: Annotated[dict[str, Row], merged]  # call, a row a reply
    wanted: list[Row]  # decide: looks to be made
    call_wanted: bool  # decide: a call of the chat model is to be made
    notes: list[str]  # prepare
    answer: dict[str, Any]  # prepare, decide


@dataclass(frozen=True, slots=True)
class BaselineStrategy:
    """A baseline as a strategy.

    Args:
        name: as `--strategy` takes it.
        baseline: its procedure.
        limits: defaults for what a person does not set.
    """

    name: str
    baseline: Baseline
    limits: Limits

    def missing(self, context: Context) -> str:
        """A video-LLM."""
        has_eyes = context.open_eyes() is not None
        return "" if has_eyes else f"{self.name} needs a video-LLM, and there is none"

    def prepare(self, context: Context) -> Context:
        """The context as it is."""
        return context

    def graph(
        self, checkpointer: "BaseCheckpointSaver[str] | None" = None
    ) -> "CompiledStateGraph[Any, Context, Any, Any]":
        """The compiled graph of this baseline."""
        return _compiled(self.baseline).copy({"checkpointer": checkpointer})

    def begin(self, question: Question, kept: Mapping[str, Any]) -> dict[str, Any]:
        """The question, and the one before it in the thread, which a follow-up is filled from."""
        return {
            **common_input(question, kept),
            "previous_question": kept.get("asked") or kept.get("question") or "",
            "asked": "",
        }

    def best_so_far(self, state: Mapping[str, Any], context: Context, why: str) -> Answer:
        """The outcome of what was observed until then."""
        if not state.get("asked"):
            return Answer(
                f"{why}.", "abstained", "budget", cost=context.meter.cost(), notes=(why,),
                question=state.get("question", ""),
            )  # fmt: skip
        attempt = attempt_of(state, context)
        outcome = _replayed(self.baseline, attempt).outcome
        attempt.short = attempt.short or why
        attempt.notes.append(why)
        return finished(attempt, outcome, question=state["question"])


@dataclass(slots=True)
class Replay:
    """Where a baseline stands with what was observed so far.

    Args:
        outcome: what it has come to; None when to nothing yet.
        needed: what it cannot go on without; None when it has ended.
    """

    outcome: Outcome | None = None
    needed: LooksNeeded | CallNeeded | AgentStopped | None = None


def _replayed(baseline: Baseline, attempt: BaselineTrial) -> Replay:
    """Runs a baseline as far as what was observed carries it."""
    replay = Replay()
    try:
        for outcome in baseline(attempt):
            replay.outcome = outcome
    except (LooksNeeded, CallNeeded, AgentStopped) as needed:
        replay.needed = needed
    except ModelOutputInvalid as error:
        attempt.notes.append(str(error))
        replay.outcome = replay.outcome or Outcome(Said("unread", error.raw_text))
    return replay


def eyes_of(context: Context) -> VlmClient:
    """What looks.

    Raises:
        ModelUnavailable: nothing does.
    """
    eyes = context.open_eyes()
    if eyes is None:
        raise ModelUnavailable("there is no video-LLM to look with")
    return eyes


def attempt_of(state: Mapping[str, Any], context: Context) -> BaselineTrial:
    """The attempt at the question of a state, with what was observed."""
    return BaselineTrial(
        state["asked"], tuple(state["options"]), context, eyes_of(context), scope_from_json(state["within"]),
        state.get("looks") or {}, state.get("calls") or {}, list(state.get("notes") or ()),
    )  # fmt: skip


def prepare(state: BaselineState, runtime: Runtime[Context]) -> Update:
    """Makes a follow-up whole, and asks back which video is meant where a question fits several."""
    context = runtime.context
    context.meter.step("prepare")
    asked, notes, before = state["question"], [], state.get("previous_question")
    if before:
        asked = context.rules.follow_up(asked, context.rules.parse(before, ())) or asked
    if asked != state["question"]:
        notes.append(f"interpreted as: {asked}")
    scope = ask_which_videos(asked, scope_from_json(state.get("scope")), state["options"], context)
    update: Update = {
        "asked": asked, "within": scope_to_json(scope.scope), "looks": None, "calls": None, "wanted": [],
        "call_wanted": False, "notes": notes, "answer": {},
    }  # fmt: skip
    if scope.refusal:
        answer = ambiguous(scope.refusal, context, state["question"], notes)
        update["answer"] = answer.to_json(compact=True)
    _report(runtime, "prepare", scope.refusal or f"asked: {asked}")
    return update


def watch(state: BaselineState, runtime: Runtime[Context]) -> Update:
    """Makes one look; none when the seconds are used up, which ends the run at its next step."""
    request, meter = ObservationRequest.from_json(state["wanted"][0]), runtime.context.meter
    if meter.remaining_s <= 0:
        return {"looks": {}}
    with call_deadline(meter.remaining_s):
        try:
            look = request.make(eyes_of(runtime.context))
        except ModelOutputInvalid as error:
            return {"looks": {request.key: invalid_to_json(error)}}
    if look.frames:  # one that was made before in this process costs nothing
        meter.look(look.frames, look.visual_tokens, look.visual_tokens_given, look.money)
    _report(runtime, "watch", f"{look.window}: {look.text}")
    return {"looks": {request.key: look_to_json(look)}}


def _next(state: BaselineState) -> str | list[Send]:
    """To the looks that are wanted, side by side, or to the call; to the end when there is an answer."""
    if state["answer"]:
        return END
    if state["call_wanted"]:
        return "call"
    return [Send("watch", {"wanted": [row]}) for row in state["wanted"]] or "decide"


@cache
def _compiled(baseline: Baseline) -> "CompiledStateGraph[Any, Context, Any, Any]":
    def decide(state: BaselineState, runtime: Runtime[Context]) -> Update:
        """Runs the baseline as far as what was observed carries it."""
        runtime.context.meter.step("decide")
        attempt = attempt_of(state, runtime.context)
        replay = _replayed(baseline, attempt)
        if isinstance(replay.needed, AgentStopped):
            raise replay.needed
        if isinstance(replay.needed, LooksNeeded):
            _report(runtime, "decide", f"{len(replay.needed.requests)} looks are wanted")
            return {"wanted": [one.to_json() for one in replay.needed.requests], "call_wanted": False}
        if isinstance(replay.needed, CallNeeded):
            _report(runtime, "decide", "a call of the chat model is wanted")
            return {"wanted": [], "call_wanted": True}
        answer = finished(attempt, replay.outcome, question=state["question"])
        record = answer.to_json(compact=True)
        _report(runtime, "decide", answer.status, record["evidence"])
        return {"wanted": [], "call_wanted": False, "answer": record}

    def call(state: BaselineState, runtime: Runtime[Context]) -> Update:
        """Calls the chat model once, and once more where its reply has to be repaired."""
        runtime.context.meter.step("call")
        needed = _replayed(baseline, attempt_of(state, runtime.context)).needed
        if not isinstance(needed, CallNeeded):
            return {"call_wanted": False}
        row = needed.make()
        _report(runtime, "call", "the chat model has replied")
        return {"calls": {needed.key: row}, "call_wanted": False}

    graph = StateGraph(BaselineState, context_schema=Context)
    for name, node in (("prepare", prepare), ("decide", decide), ("watch", watch), ("call", call)):
        graph.add_node(name, node)
    graph.add_edge(START, "prepare")
    graph.add_conditional_edges("prepare", _next, ["decide", END])
    graph.add_conditional_edges("decide", _next, ["watch", "call", "decide", END])
    graph.add_edge("watch", "decide")
    graph.add_edge("call", "decide")
    return graph.compile()


def _report(runtime: Runtime[Context], node: str, message: str, evidence: Sequence[Row] = ()) -> None:
    seconds = round(runtime.context.meter.seconds, 3)
    runtime.stream_writer(Progress(node, message, tuple(evidence), seconds).to_json())
