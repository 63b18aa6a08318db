"""Strategies that choose clips and ask the answerer about each in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from playhead_agent.baselines.parse_reply import ParsedReply, best_reply, settles_question
from playhead_agent.baselines.parse_reply import read_reply as read_said
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.protocol import (
    Call,
    EvaluationSession,
    Needs,
    OutcomeStatus,
    StrategyOutcome,
    VideoWindow,
)
from playhead_tools.video_llm.frame_sampling import ClipRequest


@dataclass(frozen=True, slots=True)
class ClipSelection:
    """The clips to ask about, best first, and the retrieved windows behind them.

    No clips means that the search found nothing, and the question is declined unasked.

    Args:
        requests: the clips.
        found: the windows, best first; empty without a search.
        windows_to_cite: for each clip the windows to cite with its reply; None to cite nothing.
    """

    requests: tuple[ClipRequest, ...]
    found: tuple[VideoWindow, ...] = ()
    windows_to_cite: tuple[tuple[VideoWindow, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class ClipSelectionStrategy:
    """An `EvaluationStrategy` that asks about the clips of a selection function.

    Args:
        name: what it is called.
        select: the clips for a sample.
        needs: what must be there.
    """

    name: str
    select: Callable[[Sample, EvaluationSession], ClipSelection]
    needs: Needs = "files"

    def answer(self, sample: Sample, session: EvaluationSession) -> StrategyOutcome:
        """The answer of the selected clips."""
        selection = self.select(sample, session)
        outcome = ask_clips(sample, selection.requests, session, selection.windows_to_cite)
        return replace(outcome, found=selection.found)


def ask_clips(
    sample: Sample,
    requests: Sequence[ClipRequest | None],
    session: EvaluationSession,
    windows_to_cite: Sequence[tuple[VideoWindow, ...]] | None = None,
) -> StrategyOutcome:
    """The answer from several clips: the first reply that settles the question.

    A reply settles it when it can be read and neither declines nor begins with `no`: a clip cannot show that
    something is nowhere, so after a `no` the next clip is tried. When none settles it, the first `no`
    counts, else a refusal, else the last reply, unread. What the clip of that reply shows is cited.

    Args:
        sample: the question.
        requests: the clips, in the order of the calls.
        session: with the answerer.
        windows_to_cite: for each clip the windows to cite; None to cite nothing.
    """
    responses: list[ParsedReply] = []
    calls: list[Call] = []
    for request in requests:
        calls.append(session.call(request, sample.question, sample.options))
        responses.append(read_said(calls[-1].reply.text, sample.options))
        if settles_question(responses[-1], sample.options):
            break
    if not responses:
        return StrategyOutcome("abstained", cited=None if windows_to_cite is None else ())
    at = best_reply(responses, sample.options)
    cited = None if windows_to_cite is None else windows_to_cite[at]
    return replace(_outcome(responses[at]), calls=tuple(calls), cited=cited)


def read_reply(text: str, sample: Sample) -> StrategyOutcome:
    """The outcome of a reply, without its calls: a refusal, an option, a free answer, or nothing readable."""
    return _outcome(read_said(text, sample.options))


def _outcome(response: ParsedReply) -> StrategyOutcome:
    status: OutcomeStatus = "unparsed" if response.status == "unread" else response.status
    return StrategyOutcome(status, response.text, response.choice)
