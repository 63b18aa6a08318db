"""A question taken apart: what is asked, and what that is tied to."""

import re
from dataclasses import dataclass

from playhead_bench.synthetic_planner.question.context_clauses import Stated, stated
from playhead_bench.synthetic_planner.question.imperative import as_question
from playhead_bench.synthetic_planner.question.masked_quotes import Masked
from playhead_bench.synthetic_planner.question.relation import Related, split_relation
from playhead_bench.synthetic_planner.wording import where_it_stands
from playhead_tools.spec import ActionTriple, Kind, Relation
from playhead_tools.wording import AUX, re_any_case

LONGEST = re_any_case(r"\b(?:for\s+)?the\s+(?:very\s+)?(?P<which>longest|shortest)\b")
EITHER = re_any_case(rf"^(?P<a>{AUX}\s+.+?),?\s+(?:before\s+or\s+after|after\s+or\s+before)\s+(?P<b>.+)$")
_REQUEST = re_any_case(r"^(?:describe|explain|tell|say|name|answer|give)\s+")
_PRONOUN = re_any_case(r"^(?:he|she|they|we|i|you|it|someone|somebody)\s+")


@dataclass(frozen=True, slots=True)
class Parts:
    """A question with its relation and its two parts, if it has such, taken apart.

    Args:
        body: all of it.
        head: what is asked, still as a request where it is one.
        core: the same as a question.
        relation: in time.
        hint: where the answer stands, as the question itself says.
        whole: it is put to a clip as it is.
    """

    body: str
    head: str
    core: str
    relation: Relation | None
    hint: Kind
    whole: bool

    @classmethod
    def of(cls, body: str, quoted: Masked) -> "Parts":
        """The parts of a question without its opening words and its explicit times."""
        two = stated(body, quoted) or Stated(body)
        if LONGEST.search(two.head) and ":" in two.head:
            return cls(body, two.head, as_question(two.head), two.relation, two.kind, True)
        either = EITHER.match(two.head) is not None
        related = Related(two.head) if either else split_relation(two.head, quoted)
        relation = two.relation or related.relation
        core = as_question(related.head)
        other = re.search(r"\b(?:other|else)\b", core, re.IGNORECASE) is not None
        shown = relation is not None and relation.kind == "during" and relation.anchors[0].deed is not None
        return cls(body, related.head, core, relation, two.kind, two.whole or (other and shown))

    @property
    def wanted(self) -> Kind:
        """Where the answer stands."""
        return where_it_stands(_REQUEST.sub("", self.core)) if self.hint == "any" else self.hint


def restored(deed: ActionTriple, quoted: Masked) -> ActionTriple:
    """A deed with its quotes back."""
    return ActionTriple(
        quoted.restored(deed.subject), quoted.restored(deed.verb), quoted.restored(deed.object)
    )


def target_of(deed: ActionTriple) -> str:
    """The words of a deed to look for; he, she and it look like nothing."""
    return _PRONOUN.sub("", deed.text)
