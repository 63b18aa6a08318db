"""`parse_question`: what a question asks, read top to bottom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from playhead_tools.question.choices import split_options, take_scopes
from playhead_tools.question.clip import clip_question, finished, yes_no_question
from playhead_tools.question.deeds import deed_in, noun, predicate
from playhead_tools.question.imperative import as_question
from playhead_tools.question.intent import (
    asks_a_fact,
    asks_in_words,
    bare_choice,
    choices_of,
    counts_things,
    fact_target,
    intent_of,
    is_located,
    targets_of,
)  # fmt: skip
from playhead_tools.question.masked import Masked, masked
from playhead_tools.question.order_words import without_order_words
from playhead_tools.question.relation import LOCATE, Related, inheriting, split_relation
from playhead_tools.question.shown import Shown, read_shown
from playhead_tools.question.stated import Stated, stated
from playhead_tools.spec import Anchor, Deed, Hop, Intent, Kind, QuestionSpec, Relation, Superlative
from playhead_tools.times import parse_times
from playhead_tools.wording import (
    ASKS,
    AUX,
    is_the_video,
    looks_visible,
    names_title_slide,
    re_any_case,
    where_it_stands,
    which_one,
)  # fmt: skip

MOST_CHARS = 600
_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[\s,!.]*)*",
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|i\s+(?:want|would\s+like|need)\s+to\s+(?:know|see|find)\s+|",
    r"(?:do\s+you\s+know|i\s+wonder|let\s+me\s+know|is\s+it\s+true\s+that)\s+)?(?:please\s+)?",
)
_TELL = re_any_case(rf"^(?:tell\s+me|say|find\s+out|explain|describe)\s+(?=(?:exactly\s+)?{ASKS}\b)")
_AS_IT = re_any_case(r"^(?P<front>.*\bshows?\s+(?:the|an?)\s+.+?)\s+as\s+(?:it|he|she|they)\s+")
_LONGEST = re_any_case(r"\b(?:for\s+)?the\s+(?:very\s+)?(?P<which>longest|shortest)\b")
_EITHER = re_any_case(rf"^(?P<a>{AUX}\s+.+?),?\s+(?:before\s+or\s+after|after\s+or\s+before)\s+(?P<b>.+)$")
_REQUEST = re_any_case(r"^(?:describe|explain|tell|say|name|answer|give)\s+")
_WORDS_FOR_ONE = ("he", "she", "it", "they", "him", "her", "them")
_PRONOUN = re_any_case(r"^(?:he|she|they|we|i|you|it|someone|somebody)\s+")


def parse_question(text: str, options: Sequence[str] = ()) -> QuestionSpec:
    """What a question asks. Any text gives a spec; one that names nothing has no targets.

    Of a very long text the first 600 characters are read.

    Args:
        text: as a person asks it; options behind it with letters are split off.
        options: the answers to choose from, where they are given apart.

    >>> spec = parse_question("What is on the slide when he mentions Bayes?")
    >>> spec.wanted, spec.relation.kind, spec.relation.anchors[0].text, spec.relation.anchors[0].kind
    ('screen', 'during', 'Bayes', 'speech')
    >>> spec = parse_question("What does the man in the blue shirt do right after the dog barks?")
    >>> spec.asks, spec.deeds[0].text, spec.relation.next, spec.relation.anchors[0].deed.text
    ('deed', 'man in the blue shirt', True, 'dog barks')
    """
    question, inline = split_options(text)
    quoted = masked(question[:MOST_CHARS])
    scoped = take_scopes(quoted.text)
    times = parse_times(scoped.rest)
    body = " ".join(times.rest.split()).rstrip("?.!,;: ")
    body = _AS_IT.sub(r"\g<front> that ", _TELL.sub("", _OPENERS.sub("", body, count=1), count=1))
    spec = _parsed(_Parts.of(body, quoted), quoted)
    return replace(
        spec,
        text=text,
        quoted=tuple(quote for quote in quoted.quotes),
        times=times.times,
        options=tuple(options) or inline,
        scope_tags=tuple(quoted.restored(tag) for tag in scoped.tags),
        scope_folders=tuple(quoted.restored(folder) for folder in scoped.folders),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
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
    def of(cls, body: str, quoted: Masked) -> "_Parts":
        two = stated(body, quoted) or Stated(body)
        if _LONGEST.search(two.head) and ":" in two.head:
            return cls(body, two.head, as_question(two.head), two.relation, two.kind, True)
        either = _EITHER.match(two.head) is not None
        related = Related(two.head) if either else split_relation(two.head, quoted)
        relation = two.relation or related.relation
        core = as_question(related.head)
        other = re.search(r"\b(?:other|else)\b", core, re.IGNORECASE) is not None
        shown = relation is not None and relation.kind == "during" and relation.anchors[0].deed is not None
        return cls(body, related.head, core, relation, two.kind, two.whole or (other and shown))

    @property
    def wanted(self) -> Kind:
        return where_it_stands(_REQUEST.sub("", self.core)) if self.hint == "any" else self.hint


def _parsed(parts: _Parts, quoted: Masked) -> QuestionSpec:
    longest = _LONGEST.search(parts.core)
    intent, rest = intent_of(parts.core)
    if longest is not None and (":" in parts.core or re.search(r"\bor\b", parts.core)):
        superlative: Superlative = "longest" if longest["which"].lower() == "longest" else "shortest"
        return _among(parts, quoted, superlative)
    if intent == "order" or _EITHER.match(parts.core):
        return _among(parts, quoted)
    head, ordinal = without_order_words(parts.head)
    plain = as_question(head)
    shown = None if parts.hint in ("speech", "screen") else _shown(plain, parts.wanted)
    if shown is not None and not asks_a_fact(plain, parts.wanted):
        return _of_shown(parts, shown, ordinal, quoted)
    return _of_words(parts, intent, rest, quoted)


def _shown(plain: str, wanted: Kind) -> Shown | None:
    if wanted in ("speech", "screen"):
        return None
    if LOCATE.match(plain) is None:
        shown = read_shown(plain, wanted)
        if shown is not None or not is_located(plain):
            return shown
    intent, rest = intent_of(plain)
    if intent != "locate" or not LOCATE.match(plain):
        rest = plain if intent == "locate" else ""
    if intent != "locate":
        return read_shown(LOCATE.sub("", plain), wanted)
    deed = deed_in(rest, bare=looks_visible(rest))
    if deed is None or not deed.text:
        return None
    return Shown("locate", "time", (deed,), visible=wanted == "picture")


# ---- what is shown ----


def _of_shown(parts: _Parts, shown: Shown, ordinal: int | None, quoted: Masked) -> QuestionSpec:
    deeds = tuple(_restored(deed, quoted) for deed in shown.deeds)
    wanted = "picture" if shown.visible and parts.wanted == "any" else parts.wanted
    which = which_one(parts.core) if ordinal is None else ordinal
    relation, which = _nearest(parts.relation, shown, which)
    hop = shown.hop and Hop(
        _restored(shown.hop.deed, quoted), quoted.restored(shown.hop.question, '"'), shown.hop.later
    )
    return QuestionSpec(
        text="",
        intent=shown.intent,
        wanted=wanted,
        targets=tuple(_target(deed) for deed in deeds),
        relation=relation,
        ordinal=which,
        of_things=shown.of_things,
        asks=shown.asks,
        clip_question=_put_to_clip(parts, shown, deeds, quoted),
        deeds=deeds,
        hop=hop,
    )


def _nearest(
    relation: Relation | None, shown: Shown, ordinal: int | None
) -> tuple[Relation | None, int | None]:
    """`The first to act after` and `what acts right after`: the nearest one, the first or the last."""
    if relation is None:
        return None, ordinal
    relation = replace(relation, anchors=tuple(_resolved(anchor, shown.deeds) for anchor in relation.anchors))
    if relation.kind not in ("after", "before"):
        return relation, ordinal
    near = 1 if relation.kind == "after" else -1
    if ordinal == near:
        return replace(relation, next=True), near
    subject_asked = shown.asks == "thing" and all(not deed.subject for deed in shown.deeds)
    return relation, near if relation.next and subject_asked and ordinal is None else ordinal


def _resolved(anchor: Anchor, deeds: tuple[Deed, ...]) -> Anchor:
    """An anchor whose he, she or it, or who is left out, is the one of whom the question speaks."""
    if anchor.deed is None or not deeds or not deeds[0].subject or deeds[0].subject.lower() in _WORDS_FOR_ONE:
        return anchor
    deed, one = anchor.deed, deeds[0].subject
    if deed.subject.lower() in ("", *_WORDS_FOR_ONE):
        return replace(anchor, deed=replace(deed, subject=one))
    return (
        replace(anchor, deed=replace(deed, object=one)) if deed.object.lower() in _WORDS_FOR_ONE else anchor
    )


def _put_to_clip(parts: _Parts, shown: Shown, deeds: tuple[Deed, ...], quoted: Masked) -> str:
    if shown.intent == "count" and not shown.of_things and deeds:
        return yes_no_question(deeds[0])
    later = shown.hop is not None and shown.hop.later
    return clip_question(parts.body if parts.whole or later else parts.head, quoted)


def _restored(deed: Deed, quoted: Masked) -> Deed:
    return Deed(quoted.restored(deed.subject), quoted.restored(deed.verb), quoted.restored(deed.object))


def _target(deed: Deed) -> str:
    """The words of a deed to look for; he, she and it look like nothing."""
    return _PRONOUN.sub("", deed.text)


# ---- which first, which longest ----


def _among(parts: _Parts, quoted: Masked, superlative: Superlative = "") -> QuestionSpec:
    wanted = parts.wanted
    listed = _LONGEST.split(parts.core)[-1].removeprefix(" time") if superlative else intent_of(parts.core)[1]
    either = _EITHER.match(parts.core)
    choices = [either["a"], either["b"]] if either is not None else choices_of(listed)
    seen = wanted == "picture" or superlative != "" or (wanted == "any" and looks_visible(parts.core))
    read = [deed_in(choice, bare=True) for choice in choices]
    if either is not None and read[0] is not None and re.match(r"\w+ing\b", either["b"]):
        read[1] = predicate(either["b"], read[0].subject)
    shown = wanted not in ("speech", "screen") and all(
        deed is not None and deed.text and (seen or deed.verb) for deed in read
    )
    deeds = tuple(_restored(deed, quoted) for deed in read if deed is not None) if shown else ()
    named = [quoted.restored(noun(one) if superlative else bare_choice(one)) for one in choices]
    return QuestionSpec(
        text="",
        intent="order",
        wanted="picture" if seen and wanted == "any" else wanted,
        targets=tuple(map(_target, deeds)) or tuple(one for one in named if one),
        relation=parts.relation,
        asks="thing" if superlative else "order",
        clip_question=finished(quoted.restored(parts.body, '"')),
        deeds=deeds,
        superlative=superlative,
    )


# ---- what is told in words ----


def _of_words(parts: _Parts, intent: Intent, rest: str, quoted: Masked) -> QuestionSpec:
    wanted, core, relation = parts.wanted, parts.core, parts.relation
    fact = asks_a_fact(core, wanted)
    intent = "describe" if fact or (parts.hint != "any" and intent in ("how_long", "count")) else intent
    if fact or (intent == "describe" and (parts.hint != "any" or _is_told(core, wanted))):
        targets, speaker = fact_target(core, quoted), ""
    else:
        targets, speaker = targets_of(intent, rest, wanted, quoted)
    of_video = intent in ("how_long", "count") and bool(targets) and is_the_video(targets[0])
    targets = () if of_video else targets
    intent = "describe" if intent == "summarise" and targets else intent
    if intent == "yes_no" and relation is not None:
        relation = inheriting(relation, wanted)
    return QuestionSpec(
        text="",
        intent=intent,
        wanted=wanted,
        targets=targets,
        relation=_with_next(relation, which_one(rest)),
        ordinal=_ordinal(intent, rest, targets),
        of_things=intent == "count" and counts_things(parts.body),
        of_video=of_video,
        speaker=speaker,
        asks=asks_in_words(intent, wanted, core),
        clip_question=clip_question(parts.head, quoted),
    )


def _is_told(core: str, wanted: Kind) -> bool:
    """Whether something is asked that the video tells, of nothing that it names as said or written."""
    return wanted == "any" and re.match(r"(?:in|on|at|how|what|which)\b", core, re.I) is not None


def _with_next(relation: Relation | None, ordinal: int | None) -> Relation | None:
    if relation is None or (relation.kind, ordinal) not in (("after", 1), ("before", -1)):
        return relation
    return replace(relation, next=True)


def _ordinal(intent: Intent, rest: str, targets: tuple[str, ...]) -> int | None:
    if intent == "order":
        return None
    found = which_one(rest)
    return 1 if found is None and not targets and names_title_slide(rest) else found
