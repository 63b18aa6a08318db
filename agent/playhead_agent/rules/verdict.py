"""What may be said: answered, partly, or not at all and why; and how sure that is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playhead_agent.rules.passage_confidence import MIN_ANSWERED, PassageFeatures, passage_confidence
from playhead_agent.rules.plan import LANES_OF
from playhead_agent.rules.reasoning import TemporalResult
from playhead_tools.confidence import PICTURE_ONLY, confidence
from playhead_tools.evidence import Evidence, Reason, Status
from playhead_tools.match import content_words, plain
from playhead_tools.spec import EVERY, Kind, QuestionSpec
from playhead_tools.verdict_rules import SearchedExtent, allowed_verdict

MOST_WORDS_TO_TELL = 4


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """What may be said.

    Args:
        status: of the answer.
        reason: why not, or why only partly.
        confidence: the ceiling that the evidence sets, 0 to 1.
        widened: the evidence stands in other lanes than the question asked for.
    """

    status: Status
    reason: Reason
    confidence: float
    widened: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; `AnswerVerdict(**record)` reads them back."""
        return asdict(self)


def judge(
    spec: QuestionSpec,
    finding: TemporalResult,
    evidence: Sequence[Evidence],
    extent: SearchedExtent,
    passage: PassageFeatures | None = None,
) -> AnswerVerdict:
    """The judgement on a finding; `verdict_rules` decides whether absence may be stated.

    Args:
        spec: the question.
        finding: what code found out.
        evidence: the table.
        extent: what was searched.
        passage: features of the first passage, where passages were searched.
    """
    ids = set(finding.evidence_ids)
    cited = [e for e in evidence if e.id in ids]
    missing, coverage = why_missing(spec, evidence, extent), extent.coverage
    if finding.op == "passages":
        return _judge_passages(spec, cited, passage)
    if not cited:
        return AnswerVerdict("abstained", missing, 0.0)
    tied_to = {record.tied_to for record in cited}
    anchors = [e for e in evidence if e.id in tied_to]
    widened = _stands_elsewhere(spec, [*cited, *anchors])
    doubt = _doubt(spec, finding, [*cited, *anchors], missing, widened)
    sure = confidence(
        _weaker(cited, anchors) if anchors else cited,
        one_of_several=finding.candidates > 1
        and spec.intent == "describe"
        and finding.op in ("list", "near"),
        partly_searched=bool(doubt),
        unfinished=coverage is not None and bool(coverage.unfinished),
    )
    return AnswerVerdict("partial" if doubt else "answered", doubt, sure, widened)


def _judge_passages(
    spec: QuestionSpec, cited: Sequence[Evidence], passage: PassageFeatures | None
) -> AnswerVerdict:
    """A passage is an answer where it fits well enough and it is what the question asks for."""
    if passage is None:
        return AnswerVerdict("partial", "unknown", PICTURE_ONLY)
    sure = passage_confidence(passage)
    is_answer = spec.by_passages and sure >= MIN_ANSWERED and not cited[0].is_uncertain
    return AnswerVerdict("answered", "", sure) if is_answer else AnswerVerdict("partial", "unknown", sure)


def _stands_elsewhere(spec: QuestionSpec, cited: Sequence[Evidence]) -> bool:
    """Whether something was found, but not where the question places it: not said but written, say."""
    kinds: dict[str, Kind] = {"target": spec.wanted}
    for i, anchor in enumerate(spec.relation.anchors if spec.relation is not None else ()):
        kinds[f"anchor{i}"] = anchor.kind
    for record in cited:
        kind = kinds.get(record.role, kinds["target"] if record.role.startswith("target") else "any")
        if kind != "any" and record.kind not in LANES_OF[kind]:
            return True
    return False


def _weaker(cited: Sequence[Evidence], anchors: Sequence[Evidence]) -> Sequence[Evidence]:
    """What was read next to an anchor is as sure as the anchor, not surer."""
    return anchors if confidence(anchors) < confidence(cited) else cited


def _doubt(
    spec: QuestionSpec, finding: TemporalResult, cited: Sequence[Evidence], missing: Reason, widened: bool
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
    needs_whole = (
        finding.op in ("count", "nth", "how_long", "order", "compare", "outline", "speaking")
        or spec.ordinal == EVERY
        or (finding.op == "near" and spec.ordinal is not None)
    )
    return "unknown" if needs_whole and not finding.complete else ""


def why_missing(spec: QuestionSpec, evidence: Sequence[Evidence], extent: SearchedExtent) -> Reason:
    """`absent` when what was asked would have been found if it were there, else `unknown`."""
    kinds: list[Kind] = [spec.wanted]
    if spec.relation is not None:
        if not any(e.role.startswith("anchor") for e in evidence):
            kinds = [anchor.kind for anchor in spec.relation.anchors]
        elif any(e.role.startswith("target") for e in evidence):
            return "unknown"  # both are there; only how they lie to each other is not as asked
    allowed = allowed_verdict("absent", kinds, extent)
    return allowed.reason if _words_can_tell(spec) else "unknown"


def _words_can_tell(spec: QuestionSpec) -> bool:
    """A name or a short phrase is there or not; a long description may be there in other words."""
    asked = [*spec.targets, *(a.text for a in (spec.relation.anchors if spec.relation else ()))]
    quoted = {plain(one) for one in spec.quoted}
    return all(plain(one) in quoted or len(content_words(one)) <= MOST_WORDS_TO_TELL for one in asked)
