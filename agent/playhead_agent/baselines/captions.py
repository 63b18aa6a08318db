"""Caption everything, then answer from the captions alone (LLoVi: Zhang et al., 2023, arXiv:2312.17235).

LLoVi describes short clips and gives all captions to a large language model, which first sums up what
matters for the question and then answers from the sum. So it is here with a chat model; captions that do
not fit one prompt are summed up in several, and the sums again until one is left. Where it differs: the
library's own captions are taken when it has them, and the summary names the captions that it stands on,
which is what gets cited. Without a chat model words alone decide: the one option that the nearest caption
speaks of, or the nearest caption itself, which nobody has read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from playhead_agent.baselines.chatting import (
    ANSWER,
    DATA,
    answer_form,
    fill,
    question_tag,
    read_answer,
    seen_tag,
    strict,
    words_of,
)
from playhead_agent.baselines.reading import Said
from playhead_agent.baselines.trial import DESCRIBE, BaselineTrial, Outcome, seen
from playhead_agent.baselines.words import nearest, spoken_of
from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.state import SegmentRef
from playhead_index.errors import AgentStopped
from playhead_tools.evidence import Evidence
from playhead_tools.match import coverage

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_CITED = 12
SUMMARY_CHARS = 1_500
SUMMARY = f"""You read captions of parts of videos, in time order, and write down what matters for a question.
{DATA}
Say in at most six sentences what the captions show that helps to answer it, with the times, and name the ids
of the captions that you used. Do not answer the question yet. When nothing helps, say so and name none."""


def captions(attempt: BaselineTrial) -> Iterator[Outcome]:
    """The answer of the captions of everything in scope, those that are missing made first."""
    told = [record for stretch in attempt.stretches for record in _told(attempt, stretch)]
    attempt.notes += _mixed_sources(attempt)
    if not told:
        yield Outcome(Said("abstained", "There is nothing that could be captioned."))
    elif attempt.context.chat is None:
        yield _by_words(attempt, told)
    else:
        yield _by_chat(attempt, told)


def _told(attempt: BaselineTrial, stretch: SegmentRef) -> list[Evidence]:
    """The captions of a stretch: the library's, else the video-LLM's words for each segment."""
    video_id, window = stretch
    spans = attempt.context.catalog.spans(video_id, "caption", window)
    if spans:
        return [
            Evidence(
                "", video_id, span.words.window, "caption", "unverified", (span.id,), text=span.words.text
            )
            for span in spans
        ]
    inside = [segment.window.clamped(window) for segment in attempt.context.catalog.segments(video_id)]
    requests = [ObservationRequest(video_id, part, DESCRIBE) for part in inside if part is not None]
    if attempt.short:
        return []
    try:
        return [seen(look) for look in attempt.look_all(requests)]
    except AgentStopped as stop:
        attempt.short = str(stop)
        attempt.notes.append(f"captions end early: {stop}")
    return [seen(look) for look in attempt.looks_made(requests)]


def _mixed_sources(attempt: BaselineTrial) -> list[str]:
    """A note where the captions of the library are of several captioners or prompts; else none."""
    sources = {
        span.words.source
        for video_id, window in attempt.stretches
        for span in attempt.context.catalog.spans(video_id, "caption", window)
    }
    if len(sources) < 2:
        return []
    return [
        f"the captions here are of {len(sources)} captioners or prompts ({', '.join(sorted(sources))}); index"
        " --captions makes the older ones again"
    ]


def _by_words(attempt: BaselineTrial, told: Sequence[Evidence]) -> Outcome:
    near = nearest(attempt.question, told, words_of)
    if not near:
        return Outcome(Said("abstained", "No caption speaks of what is asked for."))
    if not attempt.options:
        attempt.notes.append("no chat model reads the captions: this is the one that is nearest by its words")
        return Outcome(Said("unread", words_of(near[0])), (_matched(attempt, near[0]),))
    spoken = spoken_of(attempt.options, near, words_of)
    if spoken is None:
        return Outcome(Said("abstained", "No caption near the question speaks of any option."))
    record, choice = spoken
    said = Said("abstained" if choice is None else "answered", words_of(record), choice)
    return Outcome(said, (_matched(attempt, record),))


@dataclass(frozen=True, slots=True)
class Piece:
    """Something for a prompt, and the ids of the captions that it stands on."""

    line: str
    ids: tuple[str, ...]


def _by_chat(attempt: BaselineTrial, told: Sequence[Evidence]) -> Outcome:
    """Summary, then answer; summaries are summed up again until one is left."""
    captioned = {f"C{number}": record for number, record in enumerate(told, 1)}
    rest = [
        Piece(seen_tag(i, record, attempt.videos[record.video_id].name), (i,))
        for i, record in captioned.items()
    ]
    summed = False
    while len(rest) > 1 or not summed:
        rest = [_summed(attempt, run) for run in runs(rest, attempt.context.limits.prompt_chars)]
        summed = True
    return _answered(attempt, captioned, rest[0])


def runs(pieces: Sequence[Piece], most_chars: int) -> list[list[Piece]]:
    """Pieces in their order, as many together as fit a prompt, and two at least, so that they become fewer.

    >>> [len(run) for run in runs([Piece("12345", ())] * 5, 10)]
    [2, 2, 1]
    """
    made: list[list[Piece]] = []
    for piece in pieces:
        room = most_chars - sum(len(one.line) for one in made[-1]) if made else 0
        if made and (len(piece.line) <= room or len(made[-1]) < 2):
            made[-1].append(piece)
        else:
            made.append([piece])
    return made


def _summed(attempt: BaselineTrial, run: Sequence[Piece]) -> Piece:
    """What matters in a run; one summary alone stays as it is."""
    ids = list(dict.fromkeys(i for piece in run for i in piece.ids))
    if len(run) == 1 and (not ids or run[0].line.startswith("<summary")):
        return run[0]
    filled: Any = fill(attempt, SUMMARY, [question_tag(attempt), *(piece.line for piece in run)], _form(ids))
    used = tuple(dict.fromkeys(filled.ids))
    named = f' ids="{", ".join(used)}"' if used else ""
    return Piece(f"<summary{named}>{escape(filled.summary)}</summary>", used)


def _form(ids: Sequence[str]) -> type["BaseModel"]:
    """The form of a summary; where nothing was found to help there is nothing left to name."""
    from pydantic import Field, create_model

    known: Any = Literal[tuple(ids)] if ids else Literal["none"]
    return create_model(
        "summary",
        __base__=strict(),
        summary=(str, Field(max_length=SUMMARY_CHARS)),
        ids=(list[known], Field(max_length=MOST_CITED)),
    )


def _answered(attempt: BaselineTrial, captioned: dict[str, Evidence], summary: Piece) -> Outcome:
    if not summary.ids:
        return Outcome(Said("abstained", "Nothing in the captions helps to answer the question."))
    form = answer_form(summary.ids, attempt.options)
    filled: Any = fill(attempt, ANSWER, [question_tag(attempt), summary.line], form)
    cited = dict.fromkeys(filled.ids or summary.ids)
    return Outcome(
        read_answer(filled, attempt.options), tuple(_matched(attempt, captioned[i]) for i in cited)
    )


def _matched(attempt: BaselineTrial, record: Evidence) -> Evidence:
    """The record with the part of the asked words that it holds, which is how far it may be trusted."""
    return replace(record, match=coverage(attempt.question, words_of(record)))
