"""Whether a question needs visual evidence, given the text evidence that was found."""

from collections.abc import Sequence

from playhead_tools.evidence import Evidence
from playhead_tools.spec import QuestionSpec

WORDS = ("speech", "screen")
"""Kinds of evidence that are text of the video itself."""
ANSWERING_ROLES = ("target0", "passage")


def needs_visual_evidence(spec: QuestionSpec, evidence: Sequence[Evidence]) -> bool:
    """Whether a VLM must be asked: the question is visual, or no text answers it.

    Args:
        spec: the question.
        evidence: text evidence so far.
    """
    if spec.intent == "summarise" or spec.of_video or spec.speaking:
        return False
    found = {record.role for record in evidence if record.kind in WORDS}
    supported = {r.role for r in evidence if r.kind in WORDS and r.verdict == "supported"}
    if spec.wanted in WORDS:
        anchors = spec.relation.anchors if spec.relation is not None else ()
        hidden = [one for i, one in enumerate(anchors) if f"anchor{i}" not in supported]
        return any(one.kind == "picture" or one.deed is not None for one in hidden)
    if spec.wanted == "picture" or asks_what_happens_then(spec):
        return True
    if spec.asks == "words" and not found.isdisjoint(ANSWERING_ROLES):
        return False  # what is called how, and how much, is said or written: the closest words come first
    is_literal = bool(spec.query) and spec.is_literal
    return not is_literal and supported.isdisjoint(ANSWERING_ROLES)


def asks_what_happens_then(spec: QuestionSpec) -> bool:
    """Whether a question asks what there is at a time, and names nothing else, such as `What is at 1:20?`."""
    return bool(spec.times) and not spec.targets and spec.relation is None and spec.wanted == "any"
