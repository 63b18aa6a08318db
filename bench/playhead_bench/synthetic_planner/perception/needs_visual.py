"""Which questions of the synthetic benchmark need visual evidence."""

from collections.abc import Sequence

from playhead_agent.perception.needs_visual import WORDS
from playhead_tools.evidence import Evidence
from playhead_tools.spec import QuestionSpec


def needs_visual_evidence(spec: QuestionSpec, evidence: Sequence[Evidence]) -> bool:
    """Whether VLM calls are needed: the question is visual, and text does not already answer it."""
    if spec.intent == "summarise" or spec.of_video:
        return False
    anchors = spec.relation.anchors if spec.relation is not None else ()
    supported = [e for e in evidence if e.verdict == "supported" and e.kind in WORDS]
    if spec.wanted in WORDS:
        hidden = [a for i, a in enumerate(anchors) if not _has_role(supported, f"anchor{i}")]
        return any(anchor.deed is not None for anchor in hidden)
    if spec.wanted == "picture":
        return True
    if spec.asks == "words" and any(e.kind in WORDS and e.role == "target0" for e in evidence):
        return False  # what is called how, and how much, is said or written: the closest words come first
    return bool(spec.deeds or spec.asks or spec.hop) and not _has_role(supported, "target0")


def _has_role(evidence: Sequence[Evidence], role: str) -> bool:
    return any(record.role == role for record in evidence)
