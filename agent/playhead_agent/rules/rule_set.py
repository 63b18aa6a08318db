"""Components of a rule-based planner: parsing of questions and follow-ups, and the visual procedure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from playhead_tools.evidence import Evidence
from playhead_tools.spec import QuestionSpec

if TYPE_CHECKING:
    from playhead_agent.perception.results import PerceptionResult
    from playhead_agent.perception.session import PerceptionSession
    from playhead_tools.search_extent import SegmentRef


class ObservationProcedure(Protocol):
    """Answers a visual question from observations."""

    def __call__(
        self, spec: QuestionSpec, session: "PerceptionSession", anchors: "Sequence[SegmentRef]" = ()
    ) -> "PerceptionResult":
        """The perception result of a question.

        Raises:
            PendingObservations: it needs further observations first.
        """
        ...


def _needs_visual_evidence(spec: QuestionSpec, evidence: Sequence[Evidence]) -> bool:
    from playhead_agent.perception.needs_visual import needs_visual_evidence

    return needs_visual_evidence(spec, evidence)


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule-based planner; an entry point of the group `playhead.planners` is one of these.

    Args:
        name: what it is called, as `--strategy` takes it.
        parse: parses a question and its options.
        follow_up: completes a question that refers to the one before it; None where it is complete.
        observe: answers a visual question from observations.
        needs_visual_evidence: whether a question needs the VLM, given the text evidence.
    """

    name: str
    parse: Callable[[str, Sequence[str]], QuestionSpec]
    follow_up: Callable[[str, QuestionSpec], str | None]
    observe: ObservationProcedure
    needs_visual_evidence: Callable[[QuestionSpec, Sequence[Evidence]], bool] = _needs_visual_evidence


@cache
def default_rules() -> Rules:
    """The rules of a machine without models; their modules are imported when they are first used."""
    return Rules("rules", _parse, _follow_up, _observe)


def _parse(question: str, options: Sequence[str] = ()) -> QuestionSpec:
    from playhead_tools.question import parse_question

    return parse_question(question, options)


def _follow_up(question: str, previous: QuestionSpec) -> str | None:
    from playhead_tools.question import follow_up

    return follow_up(question, previous)


def _observe(
    spec: QuestionSpec, session: "PerceptionSession", anchors: "Sequence[SegmentRef]" = ()
) -> "PerceptionResult":
    from playhead_agent.perception.procedure import answer_visual_question

    return answer_visual_question(spec, session, anchors)
