"""Caption everything, then answer from the captions alone (LLoVi: Zhang et al., 2023, arXiv:2312.17235).

LLoVi describes short clips and gives all captions to a large language model, which first sums up what
matters for the question and then answers from the summary. So it is here with a chat model; captions that do
not fit one prompt are summarised in several, and the summaries again until one is left. An answer that rests
on several captions is then grounded, as LLoVi answers NExT-GQA: the model names the shortest interval to
check, here by the first and the last of the captions. Where it differs: the library's own captions are used
when it has them, those of fixed steps where there are some, and the summary names the captions that it is
based on, which are cited. Earlier questions and answers of the conversation are read with the question, as in
VideoChat-Text (Li et al., 2023, arXiv:2305.06355). With captions and a chat model no video-LLM is needed.
Without a chat model shared words decide: the one option that the nearest caption mentions, or the nearest
caption itself, which no model has read.
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
from playhead_agent.state import Context
from playhead_index.caption_plan import step_length_s
from playhead_index.errors import AgentStopped
from playhead_index.search.results import Coverage, LaneCoverage
from playhead_index.store.catalog import SpanRow
from playhead_index.store.segments import count_segments
from playhead_index.store.spans import count_spans, read_spans
from playhead_index.window import format_time, join_windows
from playhead_tools.evidence import Evidence, words_evidence
from playhead_tools.search_extent import SegmentRef
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.word_match import coverage

if TYPE_CHECKING:
    from pydantic import BaseModel

MAX_CITED = 12
MARGIN = 2
"""Captions before the first and behind the last cited one that an interval may take in."""
MIN_CAPTIONED = 0.9
"""A video of which captions cover a smaller share is said to be captioned in part."""
CHARS_A_TOKEN = 3
RESERVED_TOKENS = 2_500
"""Of the chat model's positions: rules, the question, the form and the reply."""
MAX_SUMMARY_CHARS = 1_500
SUMMARY_RULES = f"""\
You read captions of parts of videos, in time order, and write down what matters for a question.
{DATA_RULE}
Say in at most six sentences what the captions show that helps to answer it, with the times, and name the ids
of the captions that you used. Do not answer the question yet. When nothing helps, say so and name none."""

INTERVAL_RULES = f"""\
You read captions of a part of a video, in time order, a question about it, and its answer. You name the
shortest interval that must be checked to see that the answer is right: the ids of its first and of its last
caption, which may be the same.
{DATA_RULE}"""


def captions(trial: BaselineTrial) -> Iterator[Outcome]:
    """The answer from the captions of everything in scope, after missing ones are made."""
    records = [record for segment_ref in trial.segment_refs for record in _captions_of(trial, segment_ref)]
    trial.notes += _mixed_sources(trial)
    trial.coverages += _caption_coverage(trial, records)
    if not records:
        yield Outcome(ParsedReply("abstained", "There is nothing that could be captioned."))
    elif trial.context.chat is None:
        yield _answer_by_words(trial, records)
    else:
        outcome = _answer_by_chat(trial, records)
        yield outcome
        if len(outcome.cited) > 1 and outcome.reply.status == "answered":
            yield replace(outcome, cited=_grounded(trial, records, outcome))


def missing_for_captions(context: Context) -> str:
    """What is missing to answer from captions: a video-LLM, or captions and a chat model; else empty."""
    if context.open_vlm_client() is not None:
        return ""
    video_ids = [video.video_id for video in context.catalog.videos()]
    if not count_spans(context.catalog, video_ids).get("caption"):
        return "stored captions (playhead index VIDEO --captions) or a video-LLM, and there is neither"
    if context.chat is None:
        return "a chat model to read the captions (--model) or a video-LLM, and there is neither"
    return ""


def _captions_of(trial: BaselineTrial, segment_ref: SegmentRef) -> list[Evidence]:
    """The captions of a video's window: the library's, else a response of the video-LLM for each segment."""
    video_id, window = segment_ref
    spans = trial.context.catalog.spans(video_id, "caption", window)
    if spans:
        trial.notes += _partly_captioned(trial, segment_ref, spans)
        return [_evidence_of_spans(run) for run in runs_of_equal_text(finest_captions(spans))]
    if trial.vlm_client is None:
        name = trial.videos[video_id].name
        trial.notes.append(f"{name} has no captions and was left out: there is no video-LLM to make them")
        return []
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


def finest_captions(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """Captions that follow one another: the shortest fixed steps, and of segments those without steps.

    Args:
        spans: of one video in time order.
    """
    lengths_s = {step_length_s(span.words.source) for span in spans} - {0.0}
    if not lengths_s:
        return list(spans)
    finest_s = min(lengths_s)
    steps = [span for span in spans if step_length_s(span.words.source) == finest_s]
    covered = join_windows([step.words.window for step in steps], gap_s=EPSILON_S)
    others = [
        span
        for span in spans
        if not step_length_s(span.words.source)
        and not any(part.overlap_s(span.words.window) > EPSILON_S for part in covered)
    ]
    return sorted([*steps, *others], key=lambda span: span.words.window)


def runs_of_equal_text(spans: Sequence[SpanRow]) -> list[list[SpanRow]]:
    """Captions in groups of neighbours that say the same and touch, as those of short steps often do."""
    runs: list[list[SpanRow]] = []
    for span in spans:
        last = runs[-1][-1].words if runs else None
        follows = last is not None and last.window.gap_s(span.words.window) <= EPSILON_S
        if last is not None and follows and last.text == span.words.text:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


def _evidence_of_spans(run: Sequence[SpanRow]) -> Evidence:
    """One record of neighbouring captions; words that they share stand in it once."""
    text = " ".join(dict.fromkeys(span.words.text for span in run))
    return words_evidence(run, "unverified", text=text)


def _partly_captioned(trial: BaselineTrial, segment_ref: SegmentRef, spans: Sequence[SpanRow]) -> list[str]:
    """A note where the library's captions leave a part of the scope out; else none."""
    video_id, window = segment_ref
    captioned_s = sum(part.overlap_s(window) for part in join_windows([span.words.window for span in spans]))
    if captioned_s >= MIN_CAPTIONED * window.duration_s:
        return []
    extent = f"{format_time(round(captioned_s))} of {format_time(round(window.duration_s))}"
    return [f"{trial.videos[video_id].name} is captioned for {extent} only; nothing else of it was read"]


def _caption_coverage(trial: BaselineTrial, records: Sequence[Evidence]) -> list[Coverage]:
    """That stored captions were read, as one searched lane; none where there were none."""
    num_spans = sum(len(record.span_ids) for record in records)
    if not num_spans:
        return []
    num_segments = count_segments(trial.context.catalog, list(trial.videos))
    duration_s = sum(window.duration_s for _, window in trial.segment_refs)
    lanes = (LaneCoverage("caption", True, num_spans),)
    return [Coverage(len(trial.segment_refs), num_segments, duration_s, lanes)]


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
        parts = [_summarise(trial, batch) for batch in prompt_batches(parts, _max_prompt_chars(trial))]
        has_summarised = True
    return _answer(trial, captions_by_id, parts[0])


def _max_prompt_chars(trial: BaselineTrial) -> int:
    """Characters of captions in a prompt: what the limits and the positions of the chat model allow."""
    max_chars = trial.context.limits.prompt_chars
    if trial.context.chat is None:
        return max_chars
    return min(max_chars, CHARS_A_TOKEN * max(1_000, trial.context.chat.context_tokens - RESERVED_TOKENS))


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


def _grounded(trial: BaselineTrial, records: Sequence[Evidence], outcome: Outcome) -> tuple[Evidence, ...]:
    """The shortest interval of captions that shows an answer, as one record where it is of stored captions.

    Captions of the video that is cited first are offered, from the first that is cited to the last, with
    `MARGIN` more on each side. Captions of other videos stay cited as they are.

    Args:
        trial: of the question.
        records: all captions.
        outcome: the answer with the captions that it cites, at least two.
    """
    video_id = outcome.cited[0].video_id
    own = [record for record in records if record.video_id == video_id]
    cited_windows = {record.window for record in outcome.cited if record.video_id == video_id}
    places = [i for i, record in enumerate(own) if record.window in cited_windows]
    offered = own[max(0, places[0] - MARGIN) : places[-1] + MARGIN + 1]
    elsewhere = tuple(record for record in outcome.cited if record.video_id != video_id)
    ids = [f"C{number}" for number in range(1, len(offered) + 1)]
    name = trial.videos[video_id].name
    tags = [description_tag(i, record, name) for i, record in zip(ids, offered, strict=True)]
    if len(offered) < 2 or sum(map(len, tags)) > _max_prompt_chars(trial):
        return outcome.cited
    answer = f"<answer>{escape(outcome.reply.text[:MAX_SUMMARY_CHARS])}</answer>"
    filled: Any = fill(trial, INTERVAL_RULES, [question_tag(trial), answer, *tags], _interval_form(ids))
    first, last = sorted((ids.index(filled.first), ids.index(filled.last)))
    interval = offered[first : last + 1]
    return (*_as_one(trial, interval), *elsewhere)


def _as_one(trial: BaselineTrial, interval: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Stored captions of an interval as one record; responses of the video-LLM stay single."""
    spans = read_spans(trial.context.catalog, [i for record in interval for i in record.span_ids])
    if any(not record.span_ids for record in interval) or not spans:
        return tuple(_with_match(trial, record) for record in interval)
    in_order = sorted(spans.values(), key=lambda span: span.words.window)
    return (_with_match(trial, _evidence_of_spans(in_order)),)


def _interval_form(ids: Sequence[str]) -> type["BaseModel"]:
    from pydantic import create_model

    known_ids: Any = Literal[tuple(ids)]
    return create_model("interval", __base__=strict_base(), first=(known_ids, ...), last=(known_ids, ...))


def _with_match(trial: BaselineTrial, record: Evidence) -> Evidence:
    """The record with its `match`: the share of the question's words that it holds."""
    return replace(record, match=coverage(trial.question, text_of(record)))
