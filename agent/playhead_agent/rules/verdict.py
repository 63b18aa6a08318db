"""The verdict: answered, partial, or abstained with a reason; and the confidence."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playhead_agent.rules.modalities import LANES_OF
from playhead_agent.rules.passage_confidence import MIN_ANSWERED, PassageFeatures, passage_confidence
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_tools.confidence import UNVIEWED_FRAME, confidence
from playhead_tools.evidence import Evidence, Reason, Status
from playhead_tools.spec import EVERY, Kind, QuestionSpec
from playhead_tools.verdict_rules import SearchedExtent, allowed_verdict
from playhead_tools.word_match import content_words, plain

MAX_WORDS_FOR_ABSENCE = 4


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """Whether to answer, answer partly or abstain.

    Args:
        status: of the answer.
        reason: why not, or why only partly.
        confidence: the ceiling that the evidence sets, 0 to 1.
        widened: the evidence is of other modalities than the question asks for.
    """

    status: Status
    reason: Reason
    confidence: float
    widened: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; `AnswerVerdict(**record)` reads them back."""
        return asdict(self)


def decide_verdict(
    spec: QuestionSpec,
    temporal_result: TemporalResult,
    evidence: Sequence[Evidence],
    extent: SearchedExtent,
    passage: PassageFeatures | None = None,
) -> AnswerVerdict:
    """The verdict on a temporal result; `verdict_rules` decides whether absence may be stated.

    Args:
        spec: the question.
        temporal_result: what code found out.
        evidence: the table.
        extent: what was searched.
        passage: features of the first passage, where passages were searched.
    """
    ids = set(temporal_result.evidence_ids)
    cited = [e for e in evidence if e.id in ids]
    missing, coverage = reason_of_absence(spec, evidence, extent), extent.coverage
    if temporal_result.op == "passages":
        return _verdict_on_passages(spec, cited, passage)
    if not cited:
        return AnswerVerdict("abstained", missing, 0.0)
    tied_to = {record.tied_to for record in cited}
    anchors = [e for e in evidence if e.id in tied_to]
    widened = _is_in_other_modality(spec, [*cited, *anchors])
    partial_reason = _reason_if_partial(spec, temporal_result, [*cited, *anchors], missing, widened)
    ceiling = confidence(
        _least_confident(cited, anchors) if anchors else cited,
        one_of_several=temporal_result.candidates > 1
        and spec.intent == "describe"
        and temporal_result.op in ("list", "near"),
        partly_searched=bool(partial_reason),
        unfinished=coverage is not None and bool(coverage.unfinished),
    )
    return AnswerVerdict("partial" if partial_reason else "answered", partial_reason, ceiling, widened)


def _verdict_on_passages(
    spec: QuestionSpec, cited: Sequence[Evidence], passage: PassageFeatures | None
) -> AnswerVerdict:
    """A passage is an answer where it fits well enough and it is what the question asks for."""
    if passage is None:
        return AnswerVerdict("partial", "unknown", UNVIEWED_FRAME)
    ceiling = passage_confidence(passage)
    is_answer = spec.by_passages and ceiling >= MIN_ANSWERED and not cited[0].is_uncertain
    return (
        AnswerVerdict("answered", "", ceiling) if is_answer else AnswerVerdict("partial", "unknown", ceiling)
    )


def _is_in_other_modality(spec: QuestionSpec, cited: Sequence[Evidence]) -> bool:
    """Whether evidence is of another modality than the question asks for, such as screen text for speech."""
    kinds: dict[str, Kind] = {"target": spec.wanted}
    for i, anchor in enumerate(spec.relation.anchors if spec.relation is not None else ()):
        kinds[f"anchor{i}"] = anchor.kind
    for record in cited:
        kind = kinds.get(record.role, kinds["target"] if record.role.startswith("target") else "any")
        if kind != "any" and record.kind not in LANES_OF[kind]:
            return True
    return False


def _least_confident(cited: Sequence[Evidence], anchors: Sequence[Evidence]) -> Sequence[Evidence]:
    """The less confident of target and anchor: text near an anchor is at most as certain as the anchor."""
    return anchors if confidence(anchors) < confidence(cited) else cited


def _reason_if_partial(
    spec: QuestionSpec,
    temporal_result: TemporalResult,
    cited: Sequence[Evidence],
    missing: Reason,
    widened: bool,
) -> Reason:
    """Why an answer is only partial; empty when it is not."""
    if widened:
        return missing
    if spec.of_things and not spec.of_video:
        return "unknown"
    if all(e.verdict != "supported" for e in cited) or any(
        e.verdict != "supported" and e.role.startswith("anchor") for e in cited
    ):
        return "unknown"
    if spec.wanted == "picture" and not any(
        e.kind in ("picture", "caption") for e in cited if e.role != "anchor0"
    ):
        return "unknown"
    needs_complete = (
        temporal_result.op in ("count", "nth", "how_long", "order", "compare", "outline", "speaking")
        or spec.ordinal == EVERY
        or (temporal_result.op == "near" and spec.ordinal is not None)
    )
    return "unknown" if needs_complete and not temporal_result.complete else ""


def reason_of_absence(spec: QuestionSpec, evidence: Sequence[Evidence], extent: SearchedExtent) -> Reason:
    """`absent` when the target would have been found if it were there, else `unknown`."""
    kinds: list[Kind] = [spec.wanted]
    if spec.relation is not None:
        if not any(e.role.startswith("anchor") for e in evidence):
            kinds = [anchor.kind for anchor in spec.relation.anchors]
        elif any(e.role.startswith("target") for e in evidence):
            return "unknown"  # both exist; only their relation is not the one in the question
    allowed = allowed_verdict("absent", kinds, extent)
    return allowed.reason if _can_text_show_absence(spec) else "unknown"


def _can_text_show_absence(spec: QuestionSpec) -> bool:
    """A name or a short phrase is there or not; a long description may be there in other words."""
    target_texts = [*spec.targets, *(a.text for a in (spec.relation.anchors if spec.relation else ()))]
    quoted = {plain(text) for text in spec.quoted}
    return all(
        plain(text) in quoted or len(content_words(text)) <= MAX_WORDS_FOR_ABSENCE for text in target_texts
    )
