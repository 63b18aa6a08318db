"""The parts of a question: what is asked, and its temporal anchor."""

import re
from dataclasses import dataclass

from playhead_bench.synthetic_planner.question.context_clauses import ContextClause, split_context
from playhead_bench.synthetic_planner.question.imperative import as_question
from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.relation import SplitQuestion, split_relation
from playhead_bench.synthetic_planner.wording import modality_of
from playhead_tools.question_vocabulary import AUX, re_any_case
from playhead_tools.spec import ActionTriple, Kind, Relation

LONGEST = re_any_case(r"\b(?:for\s+)?the\s+(?:very\s+)?(?P<which>longest|shortest)\b")
EITHER = re_any_case(rf"^(?P<a>{AUX}\s+.+?),?\s+(?:before\s+or\s+after|after\s+or\s+before)\s+(?P<b>.+)$")
_REQUEST = re_any_case(r"^(?:describe|explain|tell|say|name|answer|give)\s+")
_PRONOUN = re_any_case(r"^(?:he|she|they|we|i|you|it|someone|somebody)\s+")


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """A question with its relation and its two parts, if it has such, taken apart.

    Args:
        body: all of it.
        head: the question without its relation; a request stays a request.
        core: the same as a question.
        relation: in time.
        hint: the modality that the question itself names.
        is_unsplit: the complete question is put to a clip.
    """

    body: str
    head: str
    core: str
    relation: Relation | None
    hint: Kind
    is_unsplit: bool

    @classmethod
    def of(cls, body: str, quoted: MaskedText) -> "QuestionParts":
        """The parts of a question without its opening words and its explicit times."""
        context = split_context(body, quoted) or ContextClause(body)
        if LONGEST.search(context.head) and ":" in context.head:
            return cls(body, context.head, as_question(context.head), context.relation, context.kind, True)
        either = EITHER.match(context.head) is not None
        related = SplitQuestion(context.head) if either else split_relation(context.head, quoted)
        relation = context.relation or related.relation
        core = as_question(related.head)
        other = re.search(r"\b(?:other|else)\b", core, re.IGNORECASE) is not None
        anchor_is_visible = (
            relation is not None and relation.kind == "during" and relation.anchors[0].deed is not None
        )
        return cls(
            body,
            related.head,
            core,
            relation,
            context.kind,
            context.is_unsplit or (other and anchor_is_visible),
        )

    @property
    def modality(self) -> Kind:
        """The modality of the answer."""
        return modality_of(_REQUEST.sub("", self.core)) if self.hint == "any" else self.hint


def restore_quotes(action: ActionTriple, quoted: MaskedText) -> ActionTriple:
    """An action with its quotes back."""
    return ActionTriple(
        quoted.restore(action.subject), quoted.restore(action.verb), quoted.restore(action.object)
    )


def target_of(action: ActionTriple) -> str:
    """The words of an action to look for; he, she and it look like nothing."""
    return _PRONOUN.sub("", action.text)
