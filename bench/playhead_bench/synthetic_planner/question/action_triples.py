"""The action triple of a clause, found by its verb: `the man in the blue shirt opens the door`."""

from playhead_bench.synthetic_planner.question.verbs import as_third, base_form, is_base, is_past, is_third
from playhead_tools.question_vocabulary import is_colour, re_any_case, strip_marks, word_set
from playhead_tools.spec import ActionTriple

_DETERMINERS = word_set(
    """
    the a an some any another each every this that these those his her its their my your our one two
    three no something someone somebody him them it me us you
    """
)
_BEHIND = word_set(
    """
    about above across after against ahead along among around aside at away back backwards behind below
    beside beyond by close closely down downstairs fast for forth forward forwards from in inside into
    left near of off on onto open out outside over past quickly right round slowly suddenly through to
    together toward towards under up upon upstairs upwards downwards with without again apart
    """
)
_DO = word_set("do does did")
_BE = word_set("is are was were be been being 's")
_OTHER_AUX = word_set("can could will would has have had may might must should")
_PLURALS = word_set("people men women children police teams")
_PRONOUNS = word_set("he she they we i you it someone somebody who")
_PICTURE = r"(?:pictures?|scenes?|view|shots?|frames?|images?|videos?|clips?|camera|screen)"
_PRESENCE = re_any_case(
    r"(?:^|\s+)(?:(?:(?:can|could)\s+(?:ever\s+)?)?(?:is|are|was|were|be|been|stays?|stayed|remains?|remained|",
    r"gets?)\s+)?(?:ever\s+|also\s+)?(?:(?:to\s+be\s+)?(?:seen|shown|visible|displayed|there|present|on-?screen)",
    rf"(?:\s+(?:in|on)\s+(?:the\s+|this\s+)?{_PICTURE})?|(?:in|on)\s+(?:the\s+|this\s+)?{_PICTURE}|",
    r"appears?|appeared|appearing|exists?|comes?\s+up|occurs?|happens?|takes?\s+place)$",
)
_TAIL = re_any_case(
    r"\s+(?:ever|again|later|meanwhile|then|afterwards|next|at\s+all|at\s+(?:that|this)\s+(?:time|moment)|",
    r"(?:in|of|on|throughout)\s+(?:the|this|that)\s+(?:whole\s+|entire\s+|other\s+|\w+(?:st|nd|rd|th)\s+)?(?:video|clip|film|movie|recording|"
    r"footage|scene|episode))$",
)
_RELATIVE = re_any_case(r"^(?P<noun>.+?)\s+(?:that|who|which)\s+(?P<rest>.+)$")
_ARTICLE = re_any_case(r"^(?:(?:the|an?|any|some|another|every|each)(?:\s+|$))+")
_FRAME = re_any_case(rf"(?:the|this)\s+{_PICTURE}")
ANY_OBJECT = re_any_case(r"(?:other\s+)?(?:things?|objects?|ones?|somethings?|anythings?|who|what)")
_BY = re_any_case(r"^(?P<what>.+?)\s+(?:is|are|was|were|be|gets?|being)\s+(?P<verb>\w+)\s+by\s+(?P<who>.+)$")
_BY_INVERTED = re_any_case(r"^(?P<what>.+?)\s+(?P<verb>\w+)\s+by\s+(?P<who>.+)$")
_IS_AT = re_any_case(
    r"\s+(?:is|are|was|were)(?P<where>\s+(?:in|on|at|under|behind|inside|beside|near|next\s+to|in\s+front\s+of)\s)"
)


def noun_phrase(text: str) -> str:
    """A noun phrase without its article; nothing for a word that stands for any object.

    >>> noun_phrase("the white car"), noun_phrase("a thing"), noun_phrase("his hat")
    ('white car', '', 'his hat')
    """
    allow_noun = _ARTICLE.sub("", strip_marks(text, " ,;:.?!"))
    return "" if ANY_OBJECT.fullmatch(allow_noun) else allow_noun


def shows(action: ActionTriple) -> bool:
    """Whether the verb of an action is one of those that a frame shows for sure."""
    return bool(action.verb) and is_base(
        base_form(action.verb.removeprefix("is ").removeprefix("are ").split()[0])
    )


def without_tail(text: str) -> str:
    """A clause without the words behind it that only say when."""
    while (shorter := _TAIL.sub("", text)) != text:
        text = shorter
    return text


def parse_action(clause: str, *, allow_noun: bool = False) -> ActionTriple | None:
    """The action of a clause, in either word order; None without a verb, unless `allow_noun` is set.

    Args:
        clause: `the white car shrinks`, `does the white car shrink`, `a cross that jumps`, `the cross`.
        allow_noun: a noun phrase alone counts as being in the frame.

    >>> parse_action("does the man in the blue shirt open the door")
    ActionTriple(subject='man in the blue shirt', verb='opens', object='door')
    >>> parse_action("the green star is in the picture"), parse_action("the green star")
    (ActionTriple(subject='green star', verb='', object=''), None)
    """
    words = without_tail(strip_marks(clause, " ,;:.?!")).split()
    lead = words[0].lower() if words and words[0].lower() in _DO | _BE | _OTHER_AUX else ""
    if lead:
        words = words[1:]
    words = [word for n, word in enumerate(words) if not (n and word.lower() in ("ever", "actually", "also"))]
    text = " ".join(words)
    if not text:
        return None
    presence = _PRESENCE.search(text)
    if presence is not None:
        return parse_action(text[: presence.start()], allow_noun=True)
    without_copula = _IS_AT.sub(r"\g<where>", text)
    if without_copula != text:
        return parse_action(without_copula, allow_noun=True)
    plural = lead in ("do", "are", "were")
    found = _passive(text, lead in _BE) or _relative(text) or _split(words, lead, plural)
    return found or _only(text, allow_noun)


def _only(text: str, allow_noun: bool) -> ActionTriple | None:
    return ActionTriple(noun_phrase(text), "") if allow_noun and noun_phrase(text) else None


def _passive(text: str, inverted: bool) -> ActionTriple | None:
    """`the boat is carried by the cross` says that the cross carries the boat."""
    found = (_BY_INVERTED if inverted else _BY).match(text)
    if found is None or not is_past(found["verb"]):
        return None
    return ActionTriple(noun_phrase(found["who"]), as_third(found["verb"]), noun_phrase(found["what"]))


def _relative(text: str) -> ActionTriple | None:
    """`A cross that jumps` says that a cross jumps, `the cup that he carries` that he carries a cup."""
    found = _RELATIVE.match(text)
    if found is None:
        return None
    rest = found["rest"]
    presence = _PRESENCE.search(f" {rest}")
    if presence is not None and presence.start() == 0:
        return ActionTriple(noun_phrase(found["noun"]), "")
    if rest.split()[0].lower() in _DETERMINERS | _PRONOUNS:
        inner = parse_action(rest)
        return (
            None
            if inner is None or inner.object
            else ActionTriple(inner.subject, inner.verb, noun_phrase(found["noun"]))
        )
    return predicate(rest, noun_phrase(found["noun"]))


def predicate(text: str, subject: str, *, plural: bool = False) -> ActionTriple | None:
    """The action of a verb and what follows it, of a known subject.

    >>> predicate("is holding the red cup", "woman"), predicate("changes colour", "star").verb
    (ActionTriple(subject='woman', verb='holds', object='red cup'), 'changes colour')
    """
    words = without_tail(strip_marks(text, " ,;:.?!")).split()
    is_passive = False
    while words and words[0].lower() in _BE | _OTHER_AUX | _DO | {"ever", "also", "to", "gets", "got"}:
        is_passive = words[0].lower() in _BE | {"gets", "got"}
        words = words[1:]
    if not words:
        return None
    verb, rest = [_conjugate(words[0], is_passive, plural)], words[1:]
    while rest and rest[0].lower() in _BEHIND and not _starts_object(rest):
        verb.append(rest[0].lower())
        rest = rest[1:]
    if rest and not _starts_object(rest) and len(verb) == 1:
        verb.append(rest[0])
        rest = rest[1:]
        while rest and rest[0].lower() in _BEHIND:
            verb.append(rest[0].lower())
            rest = rest[1:]
    if _FRAME.fullmatch(" ".join(rest)):
        verb, rest = [*verb, *rest], []
    return ActionTriple(subject, " ".join(verb), noun_phrase(" ".join(rest)))


def _conjugate(word: str, is_passive: bool, plural: bool) -> str:
    """A verb as it stands in a sentence: `opens`, `is opened`, and of several `open`."""
    if is_passive and not word.endswith("ing"):
        return f"{'are' if plural else 'is'} {word.lower()}"
    return base_form(as_third(word)) if plural else as_third(word)


def _starts_object(words: list[str]) -> bool:
    """Whether words begin a noun phrase of their own: with an article, a number, a name, or two words."""
    first = words[0]
    if first.lower() in _BEHIND:
        return False
    return (
        first.lower() in _DETERMINERS
        or first[0].isupper()
        or not first.isascii()
        or (len(words) > 1 and words[1].lower() not in _BEHIND)
    )


def _split(words: list[str], lead: str, plural: bool) -> ActionTriple | None:
    inverted, after_be = lead in _DO, lead in _BE | _OTHER_AUX
    scored = [(_score(words, n, inverted, after_be), -n) for n in range(1, len(words))]
    best, place = max(scored, default=(0, 0))
    if best <= 0:
        return None
    at = -place
    before, aux = words[:at], [lead] if lead in _BE else []
    while before and before[-1].lower() in _BE | _OTHER_AUX | _DO | {"not", "first", "last", "then", "being"}:
        before, aux = before[:-1], [before[-1], *aux]
    plural = plural or any(one.lower() in ("are", "were") for one in aux)
    plural = plural or (not lead and is_base(words[at]) and not is_past(words[at]))
    subject = noun_phrase(" ".join(before))
    predicate_words = [*[one for one in aux if one.lower() in _BE], *words[at:]]
    return predicate(" ".join(predicate_words), subject, plural=plural) if before else None


def _score(words: list[str], n: int, inverted: bool, after_be: bool) -> int:
    """How likely a word is the verb of a clause; 0 where it cannot be.

    Behind `does` the verb stands as behind `to`; else it ends in s, is past, or ends in ing behind `is`.
    """
    word, before = words[n].lower(), words[n - 1].lower()
    if (
        word.endswith("thing")
        or before in _DETERMINERS - {"that", "it", "something", "someone", "somebody", "one"}
        or before in ("in", "of")
    ):
        return 0
    if all(is_colour(one) or one.lower() in _DETERMINERS for one in words[:n]) and before not in _PRONOUNS:
        return 0
    follows = words[n + 1].lower() if n + 1 < len(words) else ""
    ends = not follows or follows in _DETERMINERS or follows in _BEHIND
    if inverted:
        if is_base(word):
            return 6 if ends else 0 if is_base(follows) else 5
        return 1 if ends and word.isalpha() and word not in _BEHIND | _DETERMINERS else 0
    if is_third(word) and word not in _BE | _DO:
        return 6 if ends else 4
    if word.endswith("ing") and (before in _BE or after_be):
        return 6 if len(word) > 4 else 0
    if is_past(word) and not is_base(word):
        return 5 if ends else 3
    if is_base(word) and (before.endswith("s") or before in _PRONOUNS | _PLURALS or after_be):
        return 3 if ends else 1
    plain = word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")) and word.isalpha()
    return 2 if plain and ends and len(word) > 3 and not after_be else 0
