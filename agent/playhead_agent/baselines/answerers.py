"""The answerers of the confidence loop: a chat model from descriptions, or the video-LLM from frames."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from playhead_agent.baselines.chat_requests import (
    ANSWER_RULES,
    DATA_RULE,
    answer_form,
    description_tag,
    fill,
    question_tag,
    read_answer,
    strict_base,
)
from playhead_agent.baselines.frame_gaps import FrameGap, FrameTime, best_gap
from playhead_agent.baselines.parse_reply import best_reply, read_reply
from playhead_agent.baselines.trial import (
    DESCRIBE,
    BaselineTrial,
    Outcome,
    evidence_of_frames,
    request_for_clip,
)
from playhead_agent.perception.observation_request import ObservationRequest
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.frame_sampling import sparse_clip

if TYPE_CHECKING:
    from pydantic import BaseModel

MAX_SEGMENTS = 3
LIKELY, POSSIBLE = 2 / 3, 1 / 3
"""Probabilities of Yes from which the video-LLM's own answer is rated 3, and 2."""
RATE_RULES = f"""You judge whether enough was seen of a video to be sure of an answer.
{DATA_RULE}
Reply with confidence 1 when what is described is not enough, 2 when it is partly enough, 3 when it is enough
to answer without a guess."""
CHOOSE_SEGMENTS_RULES = f"""\
What was seen of a video is not enough to answer a question. You say where to look next.
{DATA_RULE}
Choose segments between what was seen in which the answer is likely to be, the likeliest first, and describe
for each in a few words what its frame should show: people, things, actions, as one would search for them."""


class ChatAnswerer:
    """Answers, rates and asks for more by a chat model, from descriptions of single frames."""

    def __init__(self, trial: BaselineTrial) -> None:
        self._trial = trial
        self._names = {video_id: video.name for video_id, video in trial.videos.items()}
        self._tags: list[str] = []

    def answer(self, frames: Sequence[FrameTime]) -> Outcome:
        """The answer from the descriptions; it cites the frames that the model names, else all."""
        observations = self._trial.observe_all([self._request(frame) for frame in frames])
        records = {
            f"F{number}": evidence_of_frames(observation)[0]
            for number, observation in enumerate(observations, 1)
        }
        self._tags = [
            description_tag(i, record, self._names[record.video_id]) for i, record in records.items()
        ]
        form = answer_form(list(records), self._trial.options)
        filled: Any = fill(self._trial, ANSWER_RULES, [question_tag(self._trial), *self._tags], form)
        cited = tuple(records[i] for i in dict.fromkeys(filled.ids or records))
        return Outcome(read_answer(filled, self._trial.options), cited)

    def _request(self, frame: FrameTime) -> ObservationRequest:
        video_id, time_s = frame
        clip = sparse_clip(video_id, [time_s], dict(self._trial.segment_refs)[video_id])
        return request_for_clip(clip, DESCRIBE)

    def rating(self, outcome: Outcome) -> tuple[int, float]:
        """The model's rating of the answer, in a call of its own."""
        answer = f"<answer>{escape(outcome.reply.text[:600]) or 'none'}</answer>"
        parts = [question_tag(self._trial), *self._tags, answer]
        filled: Any = fill(self._trial, RATE_RULES, parts, _rating_form())
        return filled.confidence, filled.confidence / 3

    def next_searches(self, gaps: Sequence[FrameGap], outcome: Outcome) -> list[tuple[FrameGap, str]]:
        """Segments that the model chooses from a closed list, each with a search query."""
        gap_by_id = {f"S{number}": gap for number, gap in enumerate(gaps, 1)}
        if not gap_by_id:
            return []
        lines = [
            f'<segment id="{i}" video="{escape(self._names[video_id], quote=True)}" window="{window}"/>'
            for i, (video_id, window) in gap_by_id.items()
        ]
        parts = [question_tag(self._trial), *self._tags, *lines]
        filled: Any = fill(self._trial, CHOOSE_SEGMENTS_RULES, parts, _segments_form(list(gap_by_id)))
        return [(gap_by_id[choice.segment], choice.description) for choice in filled.wanted]


class VlmAnswerer:
    """Answers by the video-LLM from all frames of a video at once, and rates by its probability of Yes."""

    def __init__(self, trial: BaselineTrial) -> None:
        self._trial = trial
        self._observation: Observation | None = None
        trial.notes.append(
            "without a chat model the video-LLM answers, and its probability of Yes is the rating"
        )

    def answer(self, frames: Sequence[FrameTime]) -> Outcome:
        """The best of the replies, one for each video with all of its frames."""
        windows = dict(self._trial.segment_refs)
        by_video = groupby(sorted(frames), key=lambda frame: frame[0])
        requests = [
            sparse_clip(v, [time_s for _, time_s in of_video], windows[v]) for v, of_video in by_video
        ]
        observations = self._trial.observe_all(
            [request_for_clip(request, self._trial.question_with_options) for request in requests]
        )
        replies = [read_reply(observation.text, self._trial.options) for observation in observations]
        best = best_reply(replies, self._trial.options)
        self._observation = observations[best]
        return Outcome(replies[best], tuple(evidence_of_frames(observations[best])))

    def rating(self, outcome: Outcome) -> tuple[int, float]:
        """The probability that the answer is right; 1 or 0 by the text where the model gives none."""
        if self._observation is None or outcome.reply.status != "answered":
            return 1, 0.0
        choice, options = outcome.reply.choice, self._trial.options
        answer = outcome.reply.text if choice is None else options[choice]
        windows = dict(self._trial.segment_refs)
        request = sparse_clip(
            self._observation.video_id,
            list(dict.fromkeys(self._observation.times_s)),
            windows[self._observation.video_id],
        )
        question = f"{self._trial.question} Is it right to answer: {answer}?"
        observation = self._trial.observe_clip(request, question, yes_no=True)
        p_yes = (
            observation.p_yes
            if observation.p_yes is not None
            else float(observation.text.lower().startswith("yes"))
        )
        return (3 if p_yes >= LIKELY else 2 if p_yes >= POSSIBLE else 1), p_yes

    def next_searches(self, gaps: Sequence[FrameGap], outcome: Outcome) -> list[tuple[FrameGap, str]]:
        """The gap with the best moment, with the question itself as its query."""
        gap = best_gap(self._trial, gaps, self._trial.question)
        return [] if gap is None else [(gap, self._trial.question)]


def _rating_form() -> type["BaseModel"]:
    from pydantic import create_model

    return create_model("rating", __base__=strict_base(), confidence=(Literal[1, 2, 3], ...))


def _segments_form(ids: Sequence[str]) -> type["BaseModel"]:
    from pydantic import Field, create_model

    segment_ids: Any = Literal[tuple(ids)]
    segment = create_model(
        "segment",
        __base__=strict_base(),
        segment=(segment_ids, ...),
        description=(str, Field(min_length=1, max_length=200)),
    )
    segments = (list[segment], Field(min_length=1, max_length=MAX_SEGMENTS))  # type: ignore[valid-type]
    return create_model("wanted", __base__=strict_base(), wanted=segments)
