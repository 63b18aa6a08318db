"""Who answers in the confidence loop: a chat model from descriptions, or the video-LLM from the frames."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
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
)
from playhead_agent.baselines.frames import Frame, Gap, best_gap
from playhead_agent.baselines.reading import best_of, read_reply
from playhead_agent.baselines.trial import DESCRIBE, BaselineTrial, Outcome, of_clip, seen_frames
from playhead_agent.perception.look_request import ObservationRequest
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.frame_sampling import scattered

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_WANTED = 3
LIKELY, POSSIBLE = 2 / 3, 1 / 3
"""Probabilities of Yes from which the video-LLM's own answer is rated 3, and 2."""
RATE = f"""You judge whether enough was seen of a video to be sure of an answer.
{DATA}
Reply with confidence 1 when what is described is not enough, 2 when it is partly enough, 3 when it is enough
to answer without a guess."""
WANT = f"""What was seen of a video is not enough to answer a question. You say where to look next.
{DATA}
Choose segments between what was seen in which the answer is likely to be, the likeliest first, and describe
for each in a few words what its frame should show: people, things, actions, as one would search for them."""


class ChatMind:
    """Answers, rates and asks for more by a chat model, from descriptions of single frames."""

    def __init__(self, attempt: BaselineTrial) -> None:
        self._attempt = attempt
        self._names = {video_id: video.name for video_id, video in attempt.videos.items()}
        self._tags: list[str] = []

    def answer(self, frames: Sequence[Frame]) -> Outcome:
        """The answer of the descriptions; it cites the frames that the model names, else all."""
        looks = self._attempt.look_all([self._request(frame) for frame in frames])
        described = {f"F{number}": seen_frames(look)[0] for number, look in enumerate(looks, 1)}
        self._tags = [seen_tag(i, record, self._names[record.video_id]) for i, record in described.items()]
        form = answer_form(list(described), self._attempt.options)
        filled: Any = fill(self._attempt, ANSWER, [question_tag(self._attempt), *self._tags], form)
        cited = tuple(described[i] for i in dict.fromkeys(filled.ids or described))
        return Outcome(read_answer(filled, self._attempt.options), cited)

    def _request(self, frame: Frame) -> ObservationRequest:
        video_id, time_s = frame
        clip = scattered(video_id, [time_s], dict(self._attempt.stretches)[video_id])
        return of_clip(clip, DESCRIBE)

    def rating(self, outcome: Outcome) -> tuple[int, float]:
        """What the model, asked anew, thinks of the answer."""
        answer = f"<answer>{escape(outcome.said.text[:600]) or 'none'}</answer>"
        parts = [question_tag(self._attempt), *self._tags, answer]
        filled: Any = fill(self._attempt, RATE, parts, _rating_form())
        return filled.confidence, filled.confidence / 3

    def wanted(self, gaps: Sequence[Gap], outcome: Outcome) -> list[tuple[Gap, str]]:
        """Segments that the model chooses from a closed list, each with what to look for."""
        named = {f"S{number}": gap for number, gap in enumerate(gaps, 1)}
        if not named:
            return []
        lines = [
            f'<segment id="{i}" video="{escape(self._names[video_id], quote=True)}" window="{window}"/>'
            for i, (video_id, window) in named.items()
        ]
        parts = [question_tag(self._attempt), *self._tags, *lines]
        filled: Any = fill(self._attempt, WANT, parts, _wanted_form(list(named)))
        return [(named[one.segment], one.description) for one in filled.wanted]


class VlmAnswerer:
    """Answers by the video-LLM from all frames of a video at once, and rates by its probability of Yes."""

    def __init__(self, attempt: BaselineTrial) -> None:
        self._attempt = attempt
        self._look: Observation | None = None
        attempt.notes.append(
            "without a chat model the video-LLM answers, and its probability of Yes is the rating"
        )

    def answer(self, frames: Sequence[Frame]) -> Outcome:
        """The reply that counts among those of the videos, each seen whole."""
        wholes = dict(self._attempt.stretches)
        by_video = groupby(sorted(frames), key=lambda frame: frame[0])
        requests = [scattered(v, [time_s for _, time_s in of_video], wholes[v]) for v, of_video in by_video]
        looks = self._attempt.look_all([of_clip(request, self._attempt.asked) for request in requests])
        said = [read_reply(look.text, self._attempt.options) for look in looks]
        at = best_of(said, self._attempt.options)
        self._look = looks[at]
        return Outcome(said[at], tuple(seen_frames(looks[at])))

    def rating(self, outcome: Outcome) -> tuple[int, float]:
        """The probability that the answer is right, by its own word where the model gives none."""
        if self._look is None or outcome.said.status != "answered":
            return 1, 0.0
        choice, options = outcome.said.choice, self._attempt.options
        answer = outcome.said.text if choice is None else options[choice]
        wholes = dict(self._attempt.stretches)
        request = scattered(
            self._look.video_id, list(dict.fromkeys(self._look.times_s)), wholes[self._look.video_id]
        )
        asked = f"{self._attempt.question} Is it right to answer: {answer}?"
        look = self._attempt.look_at(request, asked, yes_no=True)
        share = look.p_yes if look.p_yes is not None else float(look.text.lower().startswith("yes"))
        return (3 if share >= LIKELY else 2 if share >= POSSIBLE else 1), share

    def wanted(self, gaps: Sequence[Gap], outcome: Outcome) -> list[tuple[Gap, str]]:
        """The stretch of the best moment that was not seen, to be searched for the question itself."""
        gap = best_gap(self._attempt, gaps, self._attempt.question)
        return [] if gap is None else [(gap, self._attempt.question)]


def _rating_form() -> type["BaseModel"]:
    from pydantic import create_model

    return create_model("rating", __base__=strict(), confidence=(Literal[1, 2, 3], ...))


def _wanted_form(ids: Sequence[str]) -> type["BaseModel"]:
    from pydantic import Field, create_model

    known: Any = Literal[tuple(ids)]
    one = create_model(
        "segment",
        __base__=strict(),
        segment=(known, ...),
        description=(str, Field(min_length=1, max_length=200)),
    )
    wanted = (list[one], Field(min_length=1, max_length=MOST_WANTED))  # type: ignore[valid-type]
    return create_model("wanted", __base__=strict(), wanted=wanted)
