"""Asking the answerer about the clips that a strategy chose, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.desk import Call, Desk, Needs, Outcome, Place
from playhead_index.errors import ModelOutputInvalid
from playhead_tools.replies import is_abstention, normalised, parse_choice
from playhead_tools.sampling import ClipRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """The clips to ask about, best first, and the windows that a search put forward for them.

    No clips means that the search found nothing, and the question is declined unasked.
    """

    requests: tuple[ClipRequest, ...]
    found: tuple[Place, ...] = ()


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

    def answer(self, sample: Sample, desk: Desk) -> Outcome:
        """The answer of the selected clips."""
        selection = self.select(sample, desk)
        return replace(ask_clips(sample, selection.requests, desk), found=selection.found)


def ask_clips(sample: Sample, requests: Sequence[ClipRequest | None], desk: Desk) -> Outcome:
    """What the clips say together: the first reply that settles the question.

    A reply settles it when it can be read and neither declines nor begins with `no`: a clip cannot show that
    something is nowhere, so after a `no` the next clip is asked. When none settles it, the first `no`
    counts, else a refusal, else the last reply, unread.
    """
    outcomes: list[Outcome] = []
    calls: list[Call] = []
    for request in requests:
        calls.append(desk.call(request, sample.question, sample.options))
        outcomes.append(read_reply(calls[-1].reply.text, sample))
        if outcomes[-1].status == "answered" and not _says_no(outcomes[-1], sample):
            return replace(outcomes[-1], calls=tuple(calls))
    ranked = [one for status in ("answered", "abstained") for one in outcomes if one.status == status]
    best = (ranked or outcomes[-1:] or [Outcome("abstained")])[0]
    return replace(best, calls=tuple(calls))


def read_reply(text: str, sample: Sample) -> Outcome:
    """What a reply says, without its calls: a refusal, an option, a free answer, or nothing readable."""
    if is_abstention(text):
        chosen = [i for i, option in enumerate(sample.options) if normalised(option) == normalised(text)]
        return Outcome("abstained", text, chosen[0] if chosen else None)
    if not sample.options:
        return Outcome("answered" if normalised(text) else "unparsed", text)
    try:
        choice = parse_choice(text, sample.options)
    except ModelOutputInvalid:
        return Outcome("unparsed", text)
    return Outcome("abstained" if is_abstention(sample.options[choice]) else "answered", text, choice)


def _says_no(outcome: Outcome, sample: Sample) -> bool:
    said = outcome.text if outcome.choice is None else sample.options[outcome.choice]
    return normalised(said).split(" ")[0] == "no"
