"""Exact words before other forms of them (`robotics`, `robotic`), and how often they occur."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from playhead_agent.rules.read_neighbours import event_of
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_index.store.catalog import SpanRow
from playhead_tools.evidence import Evidence
from playhead_tools.occurrences import count_occurrences
from playhead_tools.spec import QuestionSpec
from playhead_tools.word_match import other_forms

_INTENTS_ABOUT_WORDS = frozenset({"when", "locate", "count", "how_long", "yes_no", "order"})
_KINDS_WITHOUT_TEXT = frozenset({"picture", "metadata"})
_OPS_WITH_FORMS = frozenset({"list", "count", "nth", "how_long"})


def is_about_words(spec: QuestionSpec) -> bool:
    """Whether a question is about where or how often words occur, so that another form is another word."""
    return spec.intent in _INTENTS_ABOUT_WORDS or spec.ordinal is not None


def forms_of(spec: QuestionSpec, record: Evidence, text: str) -> tuple[str, ...]:
    """The words of a record that are only other forms of its target; none for a frame."""
    if record.kind in _KINDS_WITHOUT_TEXT or record.verdict != "supported":
        return ()
    target = _target_of_role(spec, record.role)
    return other_forms(target, text) if target else ()


def _target_of_role(spec: QuestionSpec, role: str) -> str:
    """The text of the target or anchor of a role; empty for the role `near`."""
    anchors = spec.relation.anchors if spec.relation is not None else ()
    texts = {f"target{i}": text for i, text in enumerate(spec.targets)}
    texts |= {f"anchor{i}": anchor.text for i, anchor in enumerate(anchors)}
    return texts.get(role, "")


def split_forms(
    spec: QuestionSpec, evidence: Sequence[Evidence], texts: Mapping[str, str]
) -> tuple[list[Evidence], list[Evidence]]:
    """The evidence that counts, and that with only another form of a word that other records contain itself.

    This is done for each role; where no record of a role contains the word itself, its other forms count.
    """
    if not is_about_words(spec):
        return list(evidence), []
    forms = {record.id for record in evidence if forms_of(spec, record, texts.get(record.id, ""))}
    supported = [
        record
        for record in evidence
        if record.verdict == "supported" and record.kind not in _KINDS_WITHOUT_TEXT
    ]
    literal = {record.role for record in supported if record.id not in forms}
    other_forms_only = [record for record in evidence if record.id in forms and record.role in literal]
    ids = {record.id for record in other_forms_only}
    return [record for record in evidence if record.id not in ids], other_forms_only


def with_forms(temporal_result: TemporalResult, other_forms_only: Sequence[Evidence]) -> TemporalResult:
    """A temporal result with the other forms of the target beside its events."""
    if temporal_result.op not in _OPS_WITH_FORMS:
        return temporal_result
    return replace(
        temporal_result,
        forms=tuple(event_of(record) for record in other_forms_only if record.role == "target0"),
    )


def with_occurrences(
    temporal_result: TemporalResult,
    spec: QuestionSpec,
    evidence: Mapping[str, Evidence],
    spans: Mapping[int, SpanRow],
) -> TemporalResult:
    """A temporal result that counts occurrences instead of passages."""
    if temporal_result.op != "count" or not spec.targets:
        return temporal_result
    value = 0
    for event in temporal_result.events:
        ids = dict.fromkeys(i for name in event.evidence_ids for i in evidence[name].span_ids)
        value += count_occurrences(spec.targets[0], [spans[i] for i in ids if i in spans])
    return replace(temporal_result, value=float(value))
