"""The graph of every baseline: prepare, then decide what to observe next until there is an answer.

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

from playhead_agent.baselines.answers import ambiguous_answer, answer_of_outcome
from playhead_agent.baselines.observations import Row, invalid_to_json, observation_to_json
from playhead_agent.baselines.parse_reply import ParsedReply
from playhead_agent.baselines.trial import BaselineTrial, CallNeeded, ObservationsNeeded, Outcome
from playhead_agent.clarify_videos import ask_which_videos
from playhead_agent.limits import Limits
from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.progress import Progress
from playhead_agent.question import Question
from playhead_agent.state import Context, scope_from_json, scope_to_json
from playhead_agent.strategy import common_input
from playhead_index.errors import AgentStopped, ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.client import VlmClient

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

MAX_TURNS = 4
"""Earlier questions of a conversation that a chat model is given."""
Baseline = Callable[[BaselineTrial], Iterator[Outcome]]
"""Yields outcomes; the last one counts, also when a limit ends the run."""
Update = dict[str, Any]


def merge_rows(known: dict[str, Row] | None, new: dict[str, Row] | None) -> dict[str, Row]:
    """Observations of a run by key: those made in parallel are merged, None begins a new question."""
    return {} if new is None else {**(known or {}), **new}


class BaselineState(TypedDict, total=False):
    """The state of one question, in plain JSON types."""

    question: str  # caller
    options: list[str]  # caller
    scope: dict[str, Any] | None  # caller; stays for the next question of the thread
    language: str | None  # caller
    previous_question: str  # caller: the question before it in this thread, made whole
    history: list[list[str]]  # caller: earlier questions and answers of this thread, where they are read
    asked: str  # prepare: the question, a follow-up made whole
    within: dict[str, Any]  # prepare: the scope, after a reply to a question back
    looks: Annotated[dict[str, Row], merge_rows]  # watch, a row a look
    calls: Annotated[dict[str, Row], merge_rows]  # call, a row a reply
    wanted: list[Row]  # decide: pending observation requests
    call_wanted: bool  # decide: a call of the chat model is pending
    notes: list[str]  # prepare
    answer: dict[str, Any]  # prepare, decide


def missing_video_llm(context: Context) -> str:
    """That there is no video-LLM; else empty."""
    return "" if context.open_vlm_client() is not None else "a video-LLM, and there is none"


@dataclass(frozen=True, slots=True)
class BaselineStrategy:
    """A baseline as a strategy.

    Args:
        name: as `--strategy` takes it.
        baseline: its procedure.
        limits: defaults for what a person does not set.
        what_is_missing: says what a context lacks for it to run; empty where it lacks nothing.
        reads_history: its chat model is given the earlier questions and answers of the conversation.
    """

    name: str
    baseline: Baseline
    limits: Limits
    what_is_missing: Callable[[Context], str] = missing_video_llm
    reads_history: bool = False

    def missing(self, context: Context) -> str:
        """What a context lacks for it to run, in a sentence; else empty."""
        missing = self.what_is_missing(context)
        return f"{self.name} needs {missing}" if missing else ""

    def prepare(self, context: Context) -> Context:
        """The context as it is."""
        return context

    def graph(
        self, checkpointer: "BaseCheckpointSaver[str] | None" = None
    ) -> "CompiledStateGraph[Any, Context, Any, Any]":
        """The compiled graph of this baseline."""
        return _compiled(self.baseline).copy({"checkpointer": checkpointer})

    def begin(self, question: Question, last_state: Mapping[str, Any]) -> dict[str, Any]:
        """The question, and the ones before it in the thread, from which a follow-up is completed."""
        turns = (last_state.get("turns") or [])[-MAX_TURNS:] if self.reads_history else []
        return {
            **common_input(question, last_state),
            "previous_question": last_state.get("asked") or last_state.get("question") or "",
            "history": [[turn["question"], (turn["answer"] or {}).get("text", "")] for turn in turns],
            "asked": "",
        }

    def best_so_far(self, state: Mapping[str, Any], context: Context, why: str) -> Answer:
        """The answer from the observations so far."""
        if not state.get("asked"):
            return Answer(
                f"{why}.", "abstained", "budget", cost=context.meter.cost(), notes=(why,),
                question=state.get("question", ""),
            )  # fmt: skip
        trial = trial_of(state, context)
        outcome = _replay(self.baseline, trial).outcome
        trial.limit_note = trial.limit_note or why
        trial.notes.append(why)
        return answer_of_outcome(trial, outcome, question=state["question"])


@dataclass(slots=True)
class Replay:
    """The state of a baseline that was run on the observations so far.

    Args:
        outcome: its last outcome; None when there is none yet.
        needed: what it needs to go on, or the limit that ended it; None when it has ended by itself.
    """

    outcome: Outcome | None = None
    needed: ObservationsNeeded | CallNeeded | AgentStopped | None = None


def _replay(baseline: Baseline, trial: BaselineTrial) -> Replay:
    """Runs a baseline as far as the observations so far allow."""
    replay = Replay()
    try:
        for outcome in baseline(trial):
            replay.outcome = outcome
    except (ObservationsNeeded, CallNeeded, AgentStopped) as needed:
        replay.needed = needed
    except ModelOutputInvalid as error:
        trial.notes.append(str(error))
        replay.outcome = replay.outcome or Outcome(ParsedReply("unread", error.raw_text))
    return replay


def vlm_client_of(context: Context) -> VlmClient:
    """The VLM client of a context.

    Raises:
        ModelUnavailable: there is none.
    """
    vlm_client = context.open_vlm_client()
    if vlm_client is None:
        raise ModelUnavailable("there is no video-LLM to look with")
    return vlm_client


def trial_of(state: Mapping[str, Any], context: Context) -> BaselineTrial:
    """The trial of the question in a state, with the observations so far."""
    return BaselineTrial(
        state["asked"], tuple(state["options"]), context, context.open_vlm_client(),
        scope_from_json(state["within"]), state.get("looks") or {}, state.get("calls") or {},
        list(state.get("notes") or ()),
        history=[(question, answer) for question, answer in state.get("history") or ()],
    )  # fmt: skip


def prepare(state: BaselineState, runtime: Runtime[Context]) -> Update:
    """Completes a follow-up question, and asks back which video is meant where a question fits several."""
    context = runtime.context
    context.meter.step("prepare")
    question, notes, previous_question = state["question"], [], state.get("previous_question")
    is_read_by_chat = bool(state.get("history")) and context.chat is not None
    if previous_question and not is_read_by_chat:
        question = context.rules.follow_up(question, context.rules.parse(previous_question, ())) or question
    if question != state["question"]:
        notes.append(f"interpreted as: {question}")
    scope = ask_which_videos(question, scope_from_json(state.get("scope")), state["options"], context)
    update: Update = {
        "asked": question, "within": scope_to_json(scope.scope), "looks": None, "calls": None, "wanted": [],
        "call_wanted": False, "notes": notes, "answer": {},
    }  # fmt: skip
    if scope.refusal:
        answer = ambiguous_answer(scope.refusal, context, state["question"], notes)
        update["answer"] = answer.to_json(compact=True)
    _report(runtime, "prepare", scope.refusal or f"asked: {question}")
    return update


def observe(state: BaselineState, runtime: Runtime[Context]) -> Update:
    """Makes one observation; none when the seconds are used up, which ends the run at its next step."""
    request, meter = ObservationRequest.from_json(state["wanted"][0]), runtime.context.meter
    if meter.remaining_s <= 0:
        return {"looks": {}}
    vlm_client, invalid = vlm_client_of(runtime.context), None
    with call_deadline(meter.remaining_s):
        try:
            observation = request.run(vlm_client)
        except ModelOutputInvalid as error:
            invalid = error
            observation = vlm_client.failed_observation(
                request.video_id, request.window, request.question, error
            )
    if observation.frames:  # a cached one costs nothing
        meter.add_vlm_call(
            observation.frames, observation.visual_tokens, observation.visual_tokens_given, observation.money
        )
    if invalid is not None:
        return {"looks": {request.key: invalid_to_json(invalid)}}
    _report(runtime, "watch", f"{observation.window}: {observation.text}")
    return {"looks": {request.key: observation_to_json(observation)}}


def _next_node(state: BaselineState) -> str | list[Send]:
    """To the pending observations, in parallel, or to the call; to the end when there is an answer."""
    if state["answer"]:
        return END
    if state["call_wanted"]:
        return "call"
    return [Send("watch", {"wanted": [row]}) for row in state["wanted"]] or "decide"


@cache
def _compiled(baseline: Baseline) -> "CompiledStateGraph[Any, Context, Any, Any]":
    def decide(state: BaselineState, runtime: Runtime[Context]) -> Update:
        """Runs the baseline as far as the observations so far allow."""
        runtime.context.meter.step("decide")
        trial = trial_of(state, runtime.context)
        replay = _replay(baseline, trial)
        if isinstance(replay.needed, AgentStopped):
            raise replay.needed
        if isinstance(replay.needed, ObservationsNeeded):
            _report(runtime, "decide", f"{len(replay.needed.requests)} observations are needed")
            return {"wanted": [one.to_json() for one in replay.needed.requests], "call_wanted": False}
        if isinstance(replay.needed, CallNeeded):
            _report(runtime, "decide", "a call of the chat model is needed")
            return {"wanted": [], "call_wanted": True}
        answer = answer_of_outcome(trial, replay.outcome, question=state["question"])
        record = answer.to_json(compact=True)
        _report(runtime, "decide", answer.status, record["evidence"])
        return {"wanted": [], "call_wanted": False, "answer": record}

    def call(state: BaselineState, runtime: Runtime[Context]) -> Update:
        """Calls the chat model once, and once more where its reply has to be repaired."""
        runtime.context.meter.step("call")
        needed = _replay(baseline, trial_of(state, runtime.context)).needed
        if not isinstance(needed, CallNeeded):
            return {"call_wanted": False}
        row = needed.make()
        _report(runtime, "call", "the chat model has replied")
        return {"calls": {needed.key: row}, "call_wanted": False}

    graph = StateGraph(BaselineState, context_schema=Context)
    for name, node in (("prepare", prepare), ("decide", decide), ("watch", observe), ("call", call)):
        graph.add_node(name, node)
    graph.add_edge(START, "prepare")
    graph.add_conditional_edges("prepare", _next_node, ["decide", END])
    graph.add_conditional_edges("decide", _next_node, ["watch", "call", "decide", END])
    graph.add_edge("watch", "decide")
    graph.add_edge("call", "decide")
    return graph.compile()


def _report(runtime: Runtime[Context], node: str, message: str, evidence: Sequence[Row] = ()) -> None:
    seconds = round(runtime.context.meter.seconds, 3)
    runtime.stream_writer(Progress(node, message, tuple(evidence), seconds).to_json())
