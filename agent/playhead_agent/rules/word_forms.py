"""Words themselves before other forms of them, and how often they are said."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from playhead_agent.rules.read_neighbours import event_of
from playhead_agent.rules.reasoning import TemporalResult
from playhead_index.store.catalog import SpanRow
from playhead_tools.evidence import Evidence
from playhead_tools.match import other_forms
from playhead_tools.occurrences import count_occurrences
from playhead_tools.spec import QuestionSpec

_OF_WORDS = frozenset({"when", "locate", "count", "how_long", "yes_no", "order"})
_WITHOUT_WORDS = frozenset({"picture", "metadata"})
_NAMING_FORMS = frozenset({"list", "count", "nth", "how_long"})


def asks_for_words(spec: QuestionSpec) -> bool:
    """Whether a question is about where or how often words occur, so that another form is another word."""
    return spec.intent in _OF_WORDS or spec.ordinal is not None


def forms_of(spec: QuestionSpec, record: Evidence, text: str) -> tuple[str, ...]:
    """The words of an evidence that are only forms of those it was found for; none of a picture."""
    if record.kind in _WITHOUT_WORDS or record.verdict != "supported":
        return ()
    asked = _asked_for(spec, record.role)
    return other_forms(asked, text) if asked else ()


def _asked_for(spec: QuestionSpec, role: str) -> str:
    """What an evidence of a role was looked for as; empty for what was read next to something."""
    anchors = spec.relation.anchors if spec.relation is not None else ()
    texts = {f"target{i}": text for i, text in enumerate(spec.targets)}
    texts |= {f"anchor{i}": anchor.text for i, anchor in enumerate(anchors)}
    return texts.get(role, "")


def split_forms(
    spec: QuestionSpec, evidence: Sequence[Evidence], texts: Mapping[str, str]
) -> tuple[list[Evidence], list[Evidence]]:
    """The evidence that counts, and that which holds only another form of a word that others hold itself.

    Of each role for itself; where no evidence of a role holds the word itself, its other forms count.
    """
    if not asks_for_words(spec):
        return list(evidence), []
    forms = {one.id for one in evidence if forms_of(spec, one, texts.get(one.id, ""))}
    said = [one for one in evidence if one.verdict == "supported" and one.kind not in _WITHOUT_WORDS]
    literal = {one.role for one in said if one.id not in forms}
    dropped = [one for one in evidence if one.id in forms and one.role in literal]
    ids = {one.id for one in dropped}
    return [one for one in evidence if one.id not in ids], dropped


def with_forms(finding: TemporalResult, dropped: Sequence[Evidence]) -> TemporalResult:
    """A finding that names the other forms of the target beside what it stands on."""
    if finding.op not in _NAMING_FORMS:
        return finding
    return replace(finding, forms=tuple(event_of(one) for one in dropped if one.role == "target0"))


def with_occurrences(
    finding: TemporalResult,
    spec: QuestionSpec,
    evidence: Mapping[str, Evidence],
    spans: Mapping[int, SpanRow],
) -> TemporalResult:
    """A count of occurrences instead of one of passages."""
    if finding.op != "count" or not spec.targets:
        return finding
    value = 0
    for event in finding.events:
        ids = dict.fromkeys(i for name in event.evidence_ids for i in evidence[name].span_ids)
        value += count_occurrences(spec.targets[0], [spans[i] for i in ids if i in spans])
    return replace(finding, value=float(value))
