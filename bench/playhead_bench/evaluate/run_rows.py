"""A row of `run.jsonl`: one sample answered by one strategy, in JSON types."""

from collections.abc import Mapping
from typing import Any

from playhead_bench.evaluate.metrics.cost import AnswerCost
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.protocol import Call, StrategyOutcome
from playhead_tools.video_llm.parse_response import contains_answer, is_abstention, match_open

Row = Mapping[str, Any]


def is_right(sample: Sample, outcome: StrategyOutcome) -> bool | None:
    """Whether an outcome is the gold answer; None when the benchmark hides it.

    A question without an answer in the video is answered right by declining, one with an answer never.
    """
    if sample.answerable is False:
        return outcome.status == "abstained"
    if sample.answer_index is not None:
        return outcome.choice == sample.answer_index
    if sample.answer is None:
        return None
    if outcome.status == "abstained":
        return is_abstention(sample.answer)
    if outcome.is_sentence:
        return contains_answer(outcome.text, sample.answer)
    return outcome.status == "answered" and match_open(outcome.text, sample.answer)


def row_of(strategy: str, sample: Sample, outcome: StrategyOutcome, seconds: float) -> dict[str, Any]:
    """The row of a sample: question, answer and cost.

    Args:
        strategy: its name.
        sample: the question.
        outcome: the answer.
        seconds: wall clock, with the original seconds of cached replies.
    """
    return {
        "strategy": strategy,
        "id": sample.id,
        "kind": sample.kind,
        "answerable": sample.answerable,
        "duration_s": sample.duration_s,
        "videos": list(sample.video_ids),
        "status": outcome.status,
        "right": is_right(sample, outcome),
        "text": outcome.text,
        "choice": outcome.choice,
        "gold": sample.answer,
        "gold_choice": sample.answer_index,
        "windows": [[window.start_s, window.end_s] for window in sample.windows],
        "found": [[video_id, window.start_s, window.end_s] for video_id, window in outcome.found],
        "cited": None if outcome.cited is None else [[v, w.start_s, w.end_s] for v, w in outcome.cited],
        "confidence": None if outcome.confidence is None else round(outcome.confidence, 4),
        "cost": None if outcome.cost is None else dict(outcome.cost),
        "calls": [_call(call) for call in outcome.calls],
        "prepared": [_call(call) for call in outcome.prepared],
        "model_calls": len(outcome.calls) + outcome.model_calls,
        "seconds": round(seconds, 4),
    }


def _call(call: Call) -> dict[str, Any]:
    request, reply = call.request, call.reply
    return {
        "video": None if request is None else request.video_id,
        "times_s": [] if request is None else [round(t, 3) for t in request.times_s],
        "text": reply.text,
        "frames": reply.frames,
        "visual_tokens": reply.visual_tokens,
        "prompt_tokens": reply.prompt_tokens,
        "seconds": round(reply.seconds, 4),
    }


def cost_of(row: Row) -> AnswerCost:
    """What a row's answer took: as the strategy counted it, else by its calls."""
    cost, calls = row.get("cost"), row["calls"]
    if cost is None:
        frames, tokens = (sum(call[name] for call in calls) for name in ("frames", "visual_tokens"))
        num_looks = sum(call["frames"] > 0 for call in calls)
        return AnswerCost(row["model_calls"], frames, tokens, row["seconds"], num_looks)
    return AnswerCost(
        cost["model_calls"], cost["frames"], cost["visual_tokens"], row["seconds"], cost["looks"]
    )


def minutes_of(row: Row) -> str:
    """The length of a row's video, as `1 min`; empty where nobody knows it."""
    return "" if row["duration_s"] is None else f"{row['duration_s'] / 60:g} min"
