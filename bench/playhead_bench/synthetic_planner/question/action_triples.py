"""Who does what in a clause, found by its verb: `the man in the blue shirt opens the door`."""

from playhead_bench.synthetic_planner.question.verbs import as_third, base_form, is_base, is_past, is_third
from playhead_tools.spec import ActionTriple
from playhead_tools.wording import is_colour, re_any_case, strip_marks, word_set

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
THING = re_any_case(r"(?:other\s+)?(?:things?|objects?|ones?|somethings?|anythings?|who|what)")
_BY = re_any_case(r"^(?P<what>.+?)\s+(?:is|are|was|were|be|gets?|being)\s+(?P<verb>\w+)\s+by\s+(?P<who>.+)$")
_BY_INVERTED = re_any_case(r"^(?P<what>.+?)\s+(?P<verb>\w+)\s+by\s+(?P<who>.+)$")
_IS_AT = re_any_case(
    r"\s+(?:is|are|was|were)(?P<where>\s+(?:in|on|at|under|behind|inside|beside|near|next\s+to|in\s+front\s+of)\s)"
)


def noun(text: str) -> str:
    """A noun phrase without its article; nothing for a word that stands for any thing.

    >>> noun("the white car"), noun("a thing"), noun("his hat")
    ('white car', '', 'his hat')
    """
    bare = _ARTICLE.sub("", strip_marks(text, " ,;:.?!"))
    return "" if THING.fullmatch(bare) else bare


def shows(deed: ActionTriple) -> bool:
    """Whether the verb of a deed is one of those that a picture shows for sure."""
    return bool(deed.verb) and is_base(
        base_form(deed.verb.removeprefix("is ").removeprefix("are ").split()[0])
    )


def without_tail(text: str) -> str:
    """A clause without the words behind it that only say when."""
    while (shorter := _TAIL.sub("", text)) != text:
        text = shorter
    return text


def deed_in(clause: str, *, bare: bool = False) -> ActionTriple | None:
    """The deed of a clause, in either order of words; None where no verb is found and `bare` is not set.

    Args:
        clause: `the white car shrinks`, `does the white car shrink`, `a cross that jumps`, `the cross`.
        bare: a noun phrase alone counts as being in the picture.

    >>> deed_in("does the man in the blue shirt open the door")
    Deed(subject='man in the blue shirt', verb='opens', object='door')
    >>> deed_in("the green star is in the picture"), deed_in("the green star")
    (Deed(subject='green star', verb='', object=''), None)
    """
    words = without_tail(strip_marks(clause, " ,;:.?!")).split()
    lead = words[0].lower() if words and words[0].lower() in _DO | _BE | _OTHER_AUX else ""
    if lead:
        words = words[1:]
    words = [word for n, word in enumerate(words) if not (n and word.lower() in ("ever", "actually", "also"))]
    text = " ".join(words)
    if not text:
        return None
    seen = _PRESENCE.search(text)
    if seen is not None:
        return deed_in(text[: seen.start()], bare=True)
    placed = _IS_AT.sub(r"\g<where>", text)
    if placed != text:
        return deed_in(placed, bare=True)
    plural = lead in ("do", "are", "were")
    found = _passive(text, lead in _BE) or _relative(text) or _split(words, lead, plural)
    return found or _only(text, bare)


def _only(text: str, bare: bool) -> ActionTriple | None:
    return ActionTriple(noun(text), "") if bare and noun(text) else None


def _passive(text: str, inverted: bool) -> ActionTriple | None:
    """`the boat is carried by the cross` says that the cross carries the boat."""
    found = (_BY_INVERTED if inverted else _BY).match(text)
    if found is None or not is_past(found["verb"]):
        return None
    return ActionTriple(noun(found["who"]), as_third(found["verb"]), noun(found["what"]))


def _relative(text: str) -> ActionTriple | None:
    """`A cross that jumps` says that a cross jumps, `the cup that he carries` that he carries a cup."""
    found = _RELATIVE.match(text)
    if found is None:
        return None
    rest = found["rest"]
    seen = _PRESENCE.search(f" {rest}")
    if seen is not None and seen.start() == 0:
        return ActionTriple(noun(found["noun"]), "")
    if rest.split()[0].lower() in _DETERMINERS | _PRONOUNS:
        inner = deed_in(rest)
        return (
            None
            if inner is None or inner.object
            else ActionTriple(inner.subject, inner.verb, noun(found["noun"]))
        )
    return predicate(rest, noun(found["noun"]))


def predicate(text: str, subject: str, *, plural: bool = False) -> ActionTriple | None:
    """The deed of a verb and what follows it, of a known subject.

    >>> predicate("is holding the red cup", "woman"), predicate("changes colour", "star").verb
    (Deed(subject='woman', verb='holds', object='red cup'), 'changes colour')
    """
    words = without_tail(strip_marks(text, " ,;:.?!")).split()
    suffered = False
    while words and words[0].lower() in _BE | _OTHER_AUX | _DO | {"ever", "also", "to", "gets", "got"}:
        suffered = words[0].lower() in _BE | {"gets", "got"}
        words = words[1:]
    if not words:
        return None
    verb, rest = [_said_verb(words[0], suffered, plural)], words[1:]
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
    return ActionTriple(subject, " ".join(verb), noun(" ".join(rest)))


def _said_verb(word: str, suffered: bool, plural: bool) -> str:
    """A verb as it stands in a sentence: `opens`, `is opened`, and of several `open`."""
    if suffered and not word.endswith("ing"):
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
    subject = noun(" ".join(before))
    told = [*[one for one in aux if one.lower() in _BE], *words[at:]]
    return predicate(" ".join(told), subject, plural=plural) if before else None


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
