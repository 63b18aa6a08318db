"""Caption everything, then answer from the captions alone (LLoVi: Zhang et al., 2023, arXiv:2312.17235).

LLoVi describes short clips and gives all captions to a large language model, which first sums up what
matters for the question and then answers from the summary. So it is here with a chat model; captions that do
not fit one prompt are summarised in several, and the summaries again until one is left. Where it differs: the
library's own captions are used when it has them, and the summary names the captions that it is based on,
which are cited. Without a chat model shared words decide: the one option that the nearest caption mentions,
or the nearest caption itself, which no model has read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from playhead_agent.baselines.caption_matches import first_option_mention, nearest_captions
from playhead_agent.baselines.chat_requests import (
    ANSWER_RULES,
    DATA_RULE,
    answer_form,
    description_tag,
    fill,
    question_tag,
    read_answer,
    strict_base,
    text_of,
)
from playhead_agent.baselines.parse_reply import ParsedReply
from playhead_agent.baselines.trial import DESCRIBE, BaselineTrial, Outcome, evidence_of_observation
from playhead_agent.perception.observation_request import ObservationRequest
from playhead_index.errors import AgentStopped
from playhead_tools.evidence import Evidence
from playhead_tools.search_extent import SegmentRef
from playhead_tools.word_match import coverage

if TYPE_CHECKING:
    from pydantic import BaseModel

MAX_CITED = 12
MAX_SUMMARY_CHARS = 1_500
SUMMARY_RULES = f"""\
You read captions of parts of videos, in time order, and write down what matters for a question.
{DATA_RULE}
Say in at most six sentences what the captions show that helps to answer it, with the times, and name the ids
of the captions that you used. Do not answer the question yet. When nothing helps, say so and name none."""


def captions(trial: BaselineTrial) -> Iterator[Outcome]:
    """The answer from the captions of everything in scope, after missing ones are made."""
    records = [record for segment_ref in trial.segment_refs for record in _captions_of(trial, segment_ref)]
    trial.notes += _mixed_sources(trial)
    if not records:
        yield Outcome(ParsedReply("abstained", "There is nothing that could be captioned."))
    elif trial.context.chat is None:
        yield _answer_by_words(trial, records)
    else:
        yield _answer_by_chat(trial, records)


def _captions_of(trial: BaselineTrial, segment_ref: SegmentRef) -> list[Evidence]:
    """The captions of a video's window: the library's, else a response of the video-LLM for each segment."""
    video_id, window = segment_ref
    spans = trial.context.catalog.spans(video_id, "caption", window)
    if spans:
        return [
            Evidence(
                "", video_id, span.words.window, "caption", "unverified", (span.id,), text=span.words.text
            )
            for span in spans
        ]
    windows = [segment.window.clamped(window) for segment in trial.context.catalog.segments(video_id)]
    requests = [ObservationRequest(video_id, part, DESCRIBE) for part in windows if part is not None]
    if trial.limit_note:
        return []
    try:
        return [evidence_of_observation(observation) for observation in trial.observe_all(requests)]
    except AgentStopped as stop:
        trial.limit_note = str(stop)
        trial.notes.append(f"captions end early: {stop}")
    return [evidence_of_observation(observation) for observation in trial.existing_observations(requests)]


def _mixed_sources(trial: BaselineTrial) -> list[str]:
    """A note where the library's captions come from several captioners or prompts; else none."""
    sources = {
        span.words.source
        for video_id, window in trial.segment_refs
        for span in trial.context.catalog.spans(video_id, "caption", window)
    }
    if len(sources) < 2:
        return []
    return [
        f"the captions here are of {len(sources)} captioners or prompts ({', '.join(sorted(sources))}); index"
        " --captions makes the older ones again"
    ]


def _answer_by_words(trial: BaselineTrial, records: Sequence[Evidence]) -> Outcome:
    matches = nearest_captions(trial.question, records, text_of)
    if not matches:
        return Outcome(ParsedReply("abstained", "No caption speaks of what is asked for."))
    if not trial.options:
        trial.notes.append("no chat model reads the captions: this is the one that is nearest by its words")
        return Outcome(ParsedReply("unread", text_of(matches[0])), (_with_match(trial, matches[0]),))
    mention = first_option_mention(trial.options, matches, text_of)
    if mention is None:
        return Outcome(ParsedReply("abstained", "No caption near the question speaks of any option."))
    record, choice = mention
    reply = ParsedReply("abstained" if choice is None else "answered", text_of(record), choice)
    return Outcome(reply, (_with_match(trial, record),))


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A line of a prompt, and the ids of the captions that it is based on."""

    line: str
    ids: tuple[str, ...]


def _answer_by_chat(trial: BaselineTrial, records: Sequence[Evidence]) -> Outcome:
    """Summary, then answer; summaries are summarised again until one is left."""
    captions_by_id = {f"C{number}": record for number, record in enumerate(records, 1)}
    parts = [
        PromptPart(description_tag(i, record, trial.videos[record.video_id].name), (i,))
        for i, record in captions_by_id.items()
    ]
    has_summarised = False
    while len(parts) > 1 or not has_summarised:
        parts = [
            _summarise(trial, batch) for batch in prompt_batches(parts, trial.context.limits.prompt_chars)
        ]
        has_summarised = True
    return _answer(trial, captions_by_id, parts[0])


def prompt_batches(parts: Sequence[PromptPart], max_chars: int) -> list[list[PromptPart]]:
    """Parts in their order, as many together as fit a prompt, and at least two, so that they become fewer.

    >>> [len(batch) for batch in prompt_batches([PromptPart("12345", ())] * 5, 10)]
    [2, 2, 1]
    """
    batches: list[list[PromptPart]] = []
    for part in parts:
        room = max_chars - sum(len(one.line) for one in batches[-1]) if batches else 0
        if batches and (len(part.line) <= room or len(batches[-1]) < 2):
            batches[-1].append(part)
        else:
            batches.append([part])
    return batches


def _summarise(trial: BaselineTrial, batch: Sequence[PromptPart]) -> PromptPart:
    """The summary of a batch; one summary alone stays as it is."""
    ids = list(dict.fromkeys(i for part in batch for i in part.ids))
    if len(batch) == 1 and (not ids or batch[0].line.startswith("<summary")):
        return batch[0]
    filled: Any = fill(
        trial, SUMMARY_RULES, [question_tag(trial), *(part.line for part in batch)], _summary_form(ids)
    )
    used_ids = tuple(dict.fromkeys(filled.ids))
    ids_attribute = f' ids="{", ".join(used_ids)}"' if used_ids else ""
    return PromptPart(f"<summary{ids_attribute}>{escape(filled.summary)}</summary>", used_ids)


def _summary_form(ids: Sequence[str]) -> type["BaseModel"]:
    """The form of a summary; where nothing was found to help there is nothing left to name."""
    from pydantic import Field, create_model

    known_ids: Any = Literal[tuple(ids)] if ids else Literal["none"]
    return create_model(
        "summary",
        __base__=strict_base(),
        summary=(str, Field(max_length=MAX_SUMMARY_CHARS)),
        ids=(list[known_ids], Field(max_length=MAX_CITED)),
    )


def _answer(trial: BaselineTrial, captions_by_id: dict[str, Evidence], summary: PromptPart) -> Outcome:
    if not summary.ids:
        return Outcome(ParsedReply("abstained", "Nothing in the captions helps to answer the question."))
    form = answer_form(summary.ids, trial.options)
    filled: Any = fill(trial, ANSWER_RULES, [question_tag(trial), summary.line], form)
    cited = dict.fromkeys(filled.ids or summary.ids)
    return Outcome(
        read_answer(filled, trial.options), tuple(_with_match(trial, captions_by_id[i]) for i in cited)
    )


def _with_match(trial: BaselineTrial, record: Evidence) -> Evidence:
    """The record with its `match`: the share of the question's words that it holds."""
    return replace(record, match=coverage(trial.question, text_of(record)))
