"""All baselines by name, and the door to them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from playhead_agent.baselines.answers import finished
from playhead_agent.baselines.attempt import Attempt, Outcome
from playhead_agent.baselines.captions import captions
from playhead_agent.baselines.confidence import confidence_loop
from playhead_agent.baselines.reading import Said
from playhead_agent.baselines.retrieve import retrieve_once
from playhead_agent.baselines.uniform import uniform
from playhead_agent.limits import Limits, Meter
from playhead_agent.state import Context
from playhead_index.errors import AgentStopped, ModelOutputInvalid, ToolError
from playhead_index.search.results import Scope
from playhead_tools.evidence import Answer
from playhead_tools.eyes import Eyes

Baseline = Callable[[Attempt], Iterator[Outcome]]
"""Gives what it has come to, again and again; the last one counts, also when a limit ends it."""

BASELINES: dict[str, Baseline] = {
    "uniform": uniform,
    "retrieve-once": retrieve_once,
    "captions": captions,
    "confidence-loop": confidence_loop,
}
LIMITS = Limits(seconds=600.0, model_calls=24, looks=5_000, frames=40_000, visual_tokens=4_000_000)
"""What fits a baseline: three rounds of the confidence loop with their repairs, or the captions and
summaries of hours; none is to lose by a limit that was set for the agent."""


def answer_with(
    name: str,
    question: str,
    *,
    context: Context,
    eyes: Eyes,
    options: Sequence[str] = (),
    scope: Scope | None = None,
) -> Answer:
    """The answer of a baseline, with the windows that it stands on and what it took.

    A reply that cannot be read gives a `partial` answer with the reply as its text; a refusal of the model an
    `abstained` one. A limit that is reached gives what there was until then, reason `budget`.

    Args:
        name: one of `BASELINES`.
        question: in the person's words.
        context: finder, catalog, chat model, limits.
        eyes: what looks.
        options: of a multiple choice.
        scope: which videos, which stretch of each; the whole library when None.

    Raises:
        ToolError: there is no such baseline, the question is empty, or no video is in scope.
        ModelUnavailable: a model cannot be asked.
        VideoUnreadable: a file cannot be decoded.
    """
    if name not in BASELINES:
        raise ToolError(f"no strategy is called {name!r}; there are {', '.join(BASELINES)}")
    if not question.strip():
        raise ToolError("the question is empty; ask something")
    run = replace(context, meter=Meter(context.limits, context.meter.clock))
    attempt = Attempt(question, tuple(options), run, eyes, scope or Scope())
    outcome: Outcome | None = None
    try:
        for came in BASELINES[name](attempt):
            outcome = came
    except AgentStopped as stop:
        attempt.short = str(stop)
        attempt.notes.append(str(stop))
    except ModelOutputInvalid as error:
        attempt.notes.append(str(error))
        outcome = outcome or Outcome(Said("unread", error.raw_text))
    return finished(attempt, outcome)
