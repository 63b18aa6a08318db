"""What a rule-based planner is made of: how it reads a question and a follow-up, and when it looks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from playhead_tools.evidence import Evidence
from playhead_tools.spec import QuestionSpec

if TYPE_CHECKING:
    from playhead_agent.perception.results import PerceptionResult
    from playhead_agent.perception.session import PerceptionSession
    from playhead_agent.state import SegmentRef


class See(Protocol):
    """Works a question about pictures out from looks."""

    def __call__(
        self, spec: QuestionSpec, session: "PerceptionSession", anchors: "Sequence[SegmentRef]" = ()
    ) -> "PerceptionResult":
        """What looking tells of a question.

        Raises:
            NeedLooks: looks are wanted before it can go on.
        """
        ...


def _needs_looks(spec: QuestionSpec, evidence: Sequence[Evidence]) -> bool:
    from playhead_agent.perception.routing import needs_looks

    return needs_looks(spec, evidence)


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule-based planner; an entry point of the group `playhead.planners` is one of these.

    Args:
        name: what it is called, as `--strategy` takes it.
        parse: a question and its options taken apart.
        follow_up: a question that leans on the one before it, filled from that; None where it stands alone.
        see: what looking tells of a question about pictures.
        needs_looks: whether a question must be answered by looking, given the words that were found.
    """

    name: str
    parse: Callable[[str, Sequence[str]], QuestionSpec]
    follow_up: Callable[[str, QuestionSpec], str | None]
    see: See
    needs_looks: Callable[[QuestionSpec, Sequence[Evidence]], bool] = _needs_looks


@cache
def default_rules() -> Rules:
    """The rules of a machine without models; their modules are imported when they are first used."""
    return Rules("rules", _parse, _follow_up, _see)


def _parse(question: str, options: Sequence[str] = ()) -> QuestionSpec:
    from playhead_tools.question import parse_question

    return parse_question(question, options)


def _follow_up(question: str, previous: QuestionSpec) -> str | None:
    from playhead_tools.question import follow_up

    return follow_up(question, previous)


def _see(
    spec: QuestionSpec, session: "PerceptionSession", anchors: "Sequence[SegmentRef]" = ()
) -> "PerceptionResult":
    from playhead_agent.perception.procedure import see

    return see(spec, session, anchors)
