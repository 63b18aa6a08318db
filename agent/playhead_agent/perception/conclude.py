"""From a perception result to the temporal result, the verdict and the claims of an answer."""

from collections.abc import Sequence

from playhead_agent.perception.results import MIN_DETECTION_P, PerceptionResult
from playhead_agent.rules.extractive import AnswerContext
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.rules.verdict import AnswerVerdict
from playhead_index.search.results import Coverage
from playhead_tools.evidence import Claim, Evidence, coverage_sentence
from playhead_tools.spec import QuestionSpec
from playhead_tools.temporal.event import Event
from playhead_tools.verdict_rules import (
    NEGATIVE,
    SearchedExtent,
    Statement,
    allowed_verdict,
    kinds_of,
    requested_statement,
    stated_in_answer,
)  # fmt: skip

MAX_CONFIDENCE = 0.98


def temporal_result_of(result: PerceptionResult, evidence: Sequence[Evidence]) -> TemporalResult:
    """The temporal result of a perception result, on the evidence that was made of its detections."""
    evidence_by_segment = {(e.video_id, e.window): e for e in evidence if e.kind == "picture" and e.said}
    records = [
        evidence_by_segment[detection.segment_ref]
        for detection in result.detections
        if detection.segment_ref in evidence_by_segment
    ]
    events = tuple(Event(e.video_id, e.window, (e.id,)) for e in records)
    negative = result.kind == "yes_no" and not result.value
    op = "seen" if events or negative else "none"
    names = (result.text,) if op == "seen" else ()
    return TemporalResult(op, events, result.value, names, complete=result.is_complete)  # type: ignore[arg-type]


def is_negative(result: PerceptionResult) -> bool:
    """Whether the result is a plain no, or that it is visible in none of several videos."""
    return is_in_no_video(result) or (result.kind == "yes_no" and not result.value)


def verdict_on_perception(
    result: PerceptionResult, spec: QuestionSpec, extent: SearchedExtent
) -> AnswerVerdict:
    """The verdict on a perception result; `verdict_rules` decides on statements about all of the scope.

    A negative that the searched extent does not bear out is no answer; where options were given, the option
    that states it is still the likeliest.
    """
    if result.kind == "unknown":
        return AnswerVerdict("abstained", "unknown", 0.0)
    if result.kind == "absent":
        return AnswerVerdict("abstained", allowed_verdict("absent", kinds_of(spec), extent).reason, 0.0)
    confidence = min(MAX_CONFIDENCE, result.p)
    if is_negative(result) or _states_negative(result, spec):
        allowed = allowed_verdict("no", [spec.wanted], extent)
        if not allowed.is_allowed and result.choice is None:
            return AnswerVerdict("abstained", "unknown", 0.0)
        is_uncertain = result.p < MIN_DETECTION_P or not allowed.is_allowed
    else:
        statement = _statement(result, spec)
        is_allowed = statement is None or allowed_verdict(statement, ["picture"], extent).is_allowed
        is_uncertain = result.p < MIN_DETECTION_P or not is_allowed
    return AnswerVerdict(
        "partial" if is_uncertain else "answered", "unknown" if is_uncertain else "", confidence
    )


def _states_negative(result: PerceptionResult, spec: QuestionSpec) -> bool:
    return result.kind == "told" and stated_in_answer(spec, result.text) in NEGATIVE


def _statement(result: PerceptionResult, spec: QuestionSpec) -> Statement | None:
    """The statement about all of the scope that a result makes; a yes makes one only among options, where
    `yes, once` stands beside `yes, several times`."""
    if result.kind in ("count", "length"):
        return "count" if result.kind == "count" else "duration"
    if result.kind == "yes_no":
        return "count" if spec.options else None
    return requested_statement(spec)


def perception_claims(result: PerceptionResult, answer_context: AnswerContext) -> list[Claim]:
    """The claims of a perception result, each with the evidence of its detections."""
    ids = answer_context.temporal_result.evidence_ids
    if not ids or result.kind in ("absent", "unknown"):
        return []
    places = [answer_context.place_text(e.video_id, e.window) for e in answer_context.temporal_result.events]
    if result.kind == "order":
        names = result.text.split(", ")
        lines = [f"{name} at {place}" for name, place in zip(names, places, strict=False)]
        return [Claim(f"In this order: {'; '.join(lines)}", ids)]
    if result.kind == "count":
        noun = "moment" if result.value == 1 else "moments"
        return [Claim(f"Seen in {result.value:.0f} {noun}: {', '.join(places)}", ids)]
    if result.kind == "length":
        return [Claim(f"Seen for {result.value:.1f} s in all: {', '.join(places)}", ids)]
    if result.kind == "yes_no":
        return [Claim(f"Yes, seen at {', '.join(places)}", ids)]
    if result.kind == "when":
        return [Claim(f"Seen at {places[-1]}", ids)]
    return [Claim(f"{_sentence(result.text)}, seen at {', '.join(places)}", ids)]


def _sentence(text: str) -> str:
    sentence = " ".join(text.split()).rstrip(".!? ").replace('"', "'").replace("“", "‘").replace("”", "’")
    return sentence[:1].upper() + sentence[1:]


def is_in_no_video(result: PerceptionResult) -> bool:
    """Whether the answer is that it is visible in none of several videos."""
    return result.kind == "chosen" and not result.detections


def negative_text(result: PerceptionResult, coverage: Coverage | None, *, is_certain: bool) -> str:
    """The text of a negative answer, with the coverage; uncertain where not all of the scope was viewed."""
    if not is_certain:
        text = "Nothing certain: nothing that was viewed shows it, and not everything could be viewed."
    else:
        text = f"{'None' if is_in_no_video(result) else 'No'}: nothing that was looked at shows it."
    return text if coverage is None else f"{text}\n{coverage_sentence(coverage)}"
