"""`parse_question`: what a question asks, read top to bottom."""

import re
from collections.abc import Sequence
from dataclasses import replace

from playhead_bench.synthetic_planner.question.action_triples import deed_in
from playhead_bench.synthetic_planner.question.alternatives import spec_among
from playhead_bench.synthetic_planner.question.clip import clip_question, yes_no_question
from playhead_bench.synthetic_planner.question.imperative import as_question
from playhead_bench.synthetic_planner.question.intent import asks_a_fact, intent_of, is_located
from playhead_bench.synthetic_planner.question.masked_quotes import Masked, masked
from playhead_bench.synthetic_planner.question.order_words import without_order_words
from playhead_bench.synthetic_planner.question.parts import EITHER, LONGEST, Parts, restored, target_of
from playhead_bench.synthetic_planner.question.relation import LOCATE
from playhead_bench.synthetic_planner.question.videos import of_each_video, one_of_them
from playhead_bench.synthetic_planner.question.visual_questions import Shown, read_shown
from playhead_bench.synthetic_planner.question.word_questions import spec_of_words
from playhead_bench.synthetic_planner.wording import looks_visible
from playhead_tools.question.choices import split_folders, split_options
from playhead_tools.spec import ActionTriple, Anchor, Hop, Kind, QuestionSpec, Relation, Superlative
from playhead_tools.times import parse_times
from playhead_tools.wording import ASKS, re_any_case, single_blanks, which_one

MOST_CHARS = 600
_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[\s,!.]*)*",
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|i\s+(?:want|would\s+like|need)\s+to\s+(?:know|see|find)\s+|",
    r"(?:do\s+you\s+know|i\s+wonder|let\s+me\s+know|is\s+it\s+true\s+that)\s+)?(?:please\s+)?",
)
_TELL = re_any_case(rf"^(?:tell\s+me|say|find\s+out|explain|describe)\s+(?=(?:exactly\s+)?{ASKS}\b)")
_AS_IT = re_any_case(r"^(?P<front>(?>.*?\bshows?\s+(?:the|an?)\s+).+?)\s+as\s+(?:it|he|she|they)\s+")
_WORDS_FOR_ONE = ("he", "she", "it", "they", "him", "her", "them")


def parse_question(text: str, options: Sequence[str] = ()) -> QuestionSpec:
    """What a question asks. Any text gives a spec; one that names nothing has no targets.

    Of a very long text the first 600 characters are read, its white space taken for single blanks.

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
    quoted = masked(single_blanks(question)[:MOST_CHARS])
    scoped, folders = split_folders(quoted.text)
    times = parse_times(scoped)
    body = " ".join(times.rest.split()).rstrip("?.!,;: ")
    body = _AS_IT.sub(r"\g<front> that ", _TELL.sub("", _OPENERS.sub("", body, count=1), count=1))
    spec = _parsed(Parts.of(one_of_them(body), quoted), quoted)
    return replace(
        spec,
        text=text,
        quoted=tuple(quote for quote in quoted.quotes),
        times=times.times,
        options=tuple(options) or inline,
        scope_folders=tuple(quoted.restored(folder) for folder in folders),
        each_video=of_each_video(body) and not spec.of_video,
    )


def _parsed(parts: Parts, quoted: Masked) -> QuestionSpec:
    longest = LONGEST.search(parts.core)
    intent, rest = intent_of(parts.core)
    if longest is not None and (":" in parts.core or re.search(r"\bor\b", parts.core)):
        superlative: Superlative = "longest" if longest["which"].lower() == "longest" else "shortest"
        return spec_among(parts, quoted, superlative)
    if intent == "order" or EITHER.match(parts.core):
        return spec_among(parts, quoted)
    head, ordinal = without_order_words(parts.head)
    plain = as_question(head)
    shown = None if parts.hint in ("speech", "screen") else _shown(plain, parts.wanted)
    if shown is not None and not asks_a_fact(plain, parts.wanted):
        return _of_shown(parts, shown, ordinal, quoted)
    return spec_of_words(parts, intent, rest, quoted)


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


def _of_shown(parts: Parts, shown: Shown, ordinal: int | None, quoted: Masked) -> QuestionSpec:
    deeds = tuple(restored(deed, quoted) for deed in shown.deeds)
    wanted = "picture" if shown.visible and parts.wanted == "any" else parts.wanted
    which = which_one(parts.core) if ordinal is None else ordinal
    relation, which = _nearest(parts.relation, shown, which)
    hop = shown.hop and Hop(
        restored(shown.hop.deed, quoted), quoted.restored(shown.hop.question, '"'), shown.hop.later
    )
    return QuestionSpec(
        text="",
        intent=shown.intent,
        wanted=wanted,
        targets=tuple(target_of(deed) for deed in deeds),
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


def _resolved(anchor: Anchor, deeds: tuple[ActionTriple, ...]) -> Anchor:
    """An anchor whose he, she or it, or who is left out, is the one of whom the question speaks."""
    if anchor.deed is None or not deeds or not deeds[0].subject or deeds[0].subject.lower() in _WORDS_FOR_ONE:
        return anchor
    deed, one = anchor.deed, deeds[0].subject
    if deed.subject.lower() in ("", *_WORDS_FOR_ONE):
        return replace(anchor, deed=replace(deed, subject=one))
    return (
        replace(anchor, deed=replace(deed, object=one)) if deed.object.lower() in _WORDS_FOR_ONE else anchor
    )


def _put_to_clip(parts: Parts, shown: Shown, deeds: tuple[ActionTriple, ...], quoted: Masked) -> str:
    if shown.intent == "count" and not shown.of_things and deeds:
        return yes_no_question(deeds[0])
    later = shown.hop is not None and shown.hop.later
    return clip_question(parts.body if parts.whole or later else parts.head, quoted)
