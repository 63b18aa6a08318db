"""Asking the answerer about the clips that a strategy chose, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from playhead_agent.baselines.reading import Said, best_of, settles
from playhead_agent.baselines.reading import read_reply as read_said
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.session import Call, Desk, Needs, Outcome, OutcomeStatus, Place
from playhead_tools.video_llm.frame_sampling import ClipRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """The clips to ask about, best first, and the windows that a search put forward for them.

    No clips means that the search found nothing, and the question is declined unasked.

    Args:
        requests: the clips.
        found: the windows, best first; empty without a search.
        shown: for each clip the windows that its reply stands on; None where the strategy tells none.
    """

    requests: tuple[ClipRequest, ...]
    found: tuple[Place, ...] = ()
    shown: tuple[tuple[Place, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Selecting:
    """A `Strategy` that is told by which clips it selects.

    Args:
        name: what it is called.
        select: the clips for a sample.
        needs: what must be there.
    """

    name: str
    select: Callable[[Sample, Desk], Selection]
    needs: Needs = "files"

    def answer(self, sample: Sample, session: Desk) -> Outcome:
        """The answer of the selected clips."""
        selection = self.select(sample, session)
        outcome = ask_clips(sample, selection.requests, session, selection.shown)
        return replace(outcome, found=selection.found)


def ask_clips(
    sample: Sample,
    requests: Sequence[ClipRequest | None],
    session: Desk,
    shown: Sequence[tuple[Place, ...]] | None = None,
) -> Outcome:
    """What the clips say together: the first reply that settles the question.

    A reply settles it when it can be read and neither declines nor begins with `no`: a clip cannot show that
    something is nowhere, so after a `no` the next clip is asked. When none settles it, the first `no`
    counts, else a refusal, else the last reply, unread. What the clip of that reply shows is cited.

    Args:
        sample: what is asked.
        requests: the clips, in the order in which they are asked.
        session: with the answerer.
        shown: for each clip the windows to cite; None to cite nothing.
    """
    said: list[Said] = []
    calls: list[Call] = []
    for request in requests:
        calls.append(session.call(request, sample.question, sample.options))
        said.append(read_said(calls[-1].reply.text, sample.options))
        if settles(said[-1], sample.options):
            break
    if not said:
        return Outcome("abstained", cited=None if shown is None else ())
    at = best_of(said, sample.options)
    cited = None if shown is None else shown[at]
    return replace(_outcome(said[at]), calls=tuple(calls), cited=cited)


def read_reply(text: str, sample: Sample) -> Outcome:
    """What a reply says, without its calls: a refusal, an option, a free answer, or nothing readable."""
    return _outcome(read_said(text, sample.options))


def _outcome(said: Said) -> Outcome:
    status: OutcomeStatus = "unparsed" if said.status == "unread" else said.status
    return Outcome(status, said.text, said.choice)
