"""A question as it can be put to one clip that shows the right moment."""

import re

from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.multi_hop import LATER
from playhead_bench.synthetic_planner.question.order_words import without_order_words
from playhead_bench.synthetic_planner.question.verbs import base_form
from playhead_tools.question_vocabulary import QUESTION_WORDS, re_any_case, strip_marks
from playhead_tools.spec import ActionTriple

_TAIL = re_any_case(r"\s+(?:next|then|meanwhile|afterwards|again|later(?:\s+on)?)$")
_ASKED = re_any_case(
    rf"^(?:{QUESTION_WORDS}|will|would|should|has|have|(?:in|on|at|to|with|for|from|by)\s+(?:what|which|how|whom))\b|^seen\s+from\b"
)
_SOMEBODY = frozenset({"i", "you", "we", "they"})
_PLAIN = re_any_case(
    r"^(?:his|her|its|their|my|your|our|this|that|he|she|it|they|we|you|i|someone|somebody)\b"
)
_NAME = re.compile(r"^[A-Z]")


def clip_question(head: str, masked: MaskedText) -> str:
    """A question without the words that say which occurrence and which later moment is meant.

    Args:
        head: of the question, its relation in time already taken away.
        masked: where its quotes are.
    """
    text, _ = without_order_words(strip_marks(head, " ,;.?!"))
    text = _TAIL.sub("", " ".join(LATER.sub(" ", text).split()) if re.search(r"\bthing\b", text) else text)
    return as_sentence(masked.restore(text, '"'))


def as_sentence(text: str) -> str:
    """A sentence with a capital and its mark: `?` behind a question, `.` behind a request."""
    text = strip_marks(text, " ,;.?!")
    if not text:
        return ""
    last = text.rpartition(": ")[2]
    return f"{text[0].upper()}{text[1:]}{'?' if _ASKED.match(text) or _ASKED.match(last) else '.'}"


def yes_no_question(action: ActionTriple) -> str:
    """Whether one clip shows an action.

    >>> triples = ActionTriple("red cross", "jumps"), ActionTriple("she", "picks up", "knife")
    >>> tuple(map(yes_no_question, triples))
    ('Does a red cross jump?', 'Does she pick up the knife?')
    """
    subject = action.subject or "something"
    if not re.match(r"(?:something|someone)$", subject) and not (
        _PLAIN.match(subject) or _NAME.match(subject)
    ):
        subject = f"{'an' if subject[0].lower() in 'aeiou' else 'a'} {subject}"
    if not action.verb:
        return f"Is there {subject}?"
    verb_phrase = ActionTriple("", base_form(action.verb), action.object).text
    return f"{'Do' if subject.lower() in _SOMEBODY else 'Does'} {subject} {verb_phrase}?"
