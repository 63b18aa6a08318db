"""`parse_question`: from the text of a question to its parse."""

import re
from collections.abc import Sequence
from dataclasses import replace

from playhead_bench.synthetic_planner.question.action_triples import parse_action
from playhead_bench.synthetic_planner.question.alternatives import parse_choice_question
from playhead_bench.synthetic_planner.question.clip_question import clip_question, yes_no_question
from playhead_bench.synthetic_planner.question.imperative import as_question
from playhead_bench.synthetic_planner.question.intent import asks_a_fact, intent_of, is_located
from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText, mask_quotes
from playhead_bench.synthetic_planner.question.multi_video import of_each_video, one_of_them
from playhead_bench.synthetic_planner.question.order_words import without_order_words
from playhead_bench.synthetic_planner.question.parts import (
    EITHER,
    LONGEST,
    QuestionParts,
    restore_quotes,
    target_of,
)
from playhead_bench.synthetic_planner.question.relation import LOCATE
from playhead_bench.synthetic_planner.question.visual_questions import VisualQuestion, parse_visual_question
from playhead_bench.synthetic_planner.question.word_questions import parse_text_question
from playhead_bench.synthetic_planner.wording import is_visual
from playhead_tools.question.inline_options import split_folders, split_options
from playhead_tools.question_vocabulary import QUESTION_WORDS, parse_ordinal, re_any_case, single_blanks
from playhead_tools.spec import ActionTriple, Anchor, Hop, Kind, QuestionSpec, Relation, Superlative
from playhead_tools.times import parse_times

MAX_CHARS = 600
_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[\s,!.]*)*",
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|i\s+(?:want|would\s+like|need)\s+to\s+(?:know|see|find)\s+|",
    r"(?:do\s+you\s+know|i\s+wonder|let\s+me\s+know|is\s+it\s+true\s+that)\s+)?(?:please\s+)?",
)
_TELL = re_any_case(
    rf"^(?:tell\s+me|say|find\s+out|explain|describe)\s+(?=(?:exactly\s+)?{QUESTION_WORDS}\b)"
)
_AS_IT = re_any_case(r"^(?P<front>(?>.*?\bshows?\s+(?:the|an?)\s+).+?)\s+as\s+(?:it|he|she|they)\s+")
_WORDS_FOR_ONE = ("he", "she", "it", "they", "him", "her", "them")


def parse_question(text: str, options: Sequence[str] = ()) -> QuestionSpec:
    """Parses a question. Any text gives a spec; one that names nothing has no targets.

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
    quoted = mask_quotes(single_blanks(question)[:MAX_CHARS])
    scoped, folders = split_folders(quoted.text)
    times = parse_times(scoped)
    body = " ".join(times.rest.split()).rstrip("?.!,;: ")
    body = _AS_IT.sub(r"\g<front> that ", _TELL.sub("", _OPENERS.sub("", body, count=1), count=1))
    spec = _parsed(QuestionParts.of(one_of_them(body), quoted), quoted)
    return replace(
        spec,
        text=text,
        quoted=tuple(quote for quote in quoted.quotes),
        times=times.times,
        options=tuple(options) or inline,
        scope_folders=tuple(quoted.restore(folder) for folder in folders),
        each_video=of_each_video(body) and not spec.of_video,
    )


def _parsed(parts: QuestionParts, quoted: MaskedText) -> QuestionSpec:
    longest = LONGEST.search(parts.core)
    intent, rest = intent_of(parts.core)
    if longest is not None and (":" in parts.core or re.search(r"\bor\b", parts.core)):
        superlative: Superlative = "longest" if longest["which"].lower() == "longest" else "shortest"
        return parse_choice_question(parts, quoted, superlative)
    if intent == "order" or EITHER.match(parts.core):
        return parse_choice_question(parts, quoted)
    head, ordinal = without_order_words(parts.head)
    plain = as_question(head)
    visual = None if parts.hint in ("speech", "screen") else _visual_question(plain, parts.modality)
    if visual is not None and not asks_a_fact(plain, parts.modality):
        return _visual_spec(parts, visual, ordinal, quoted)
    return parse_text_question(parts, intent, rest, quoted)


def _visual_question(plain: str, modality: Kind) -> VisualQuestion | None:
    if modality in ("speech", "screen"):
        return None
    if LOCATE.match(plain) is None:
        visual = parse_visual_question(plain, modality)
        if visual is not None or not is_located(plain):
            return visual
    intent, rest = intent_of(plain)
    if intent != "locate" or not LOCATE.match(plain):
        rest = plain if intent == "locate" else ""
    if intent != "locate":
        return parse_visual_question(LOCATE.sub("", plain), modality)
    action = parse_action(rest, allow_noun=is_visual(rest))
    if action is None or not action.text:
        return None
    return VisualQuestion("locate", "time", (action,), visible=modality == "picture")


# ---- visual questions ----


def _visual_spec(
    parts: QuestionParts, visual: VisualQuestion, ordinal: int | None, quoted: MaskedText
) -> QuestionSpec:
    actions = tuple(restore_quotes(action, quoted) for action in visual.actions)
    modality = "picture" if visual.visible and parts.modality == "any" else parts.modality
    which = parse_ordinal(parts.core) if ordinal is None else ordinal
    relation, which = _nearest(parts.relation, visual, which)
    hop = visual.hop and Hop(
        restore_quotes(visual.hop.deed, quoted), quoted.restore(visual.hop.question, '"'), visual.hop.later
    )
    return QuestionSpec(
        text="",
        intent=visual.intent,
        wanted=modality,
        targets=tuple(target_of(action) for action in actions),
        relation=relation,
        ordinal=which,
        of_things=visual.counts_objects,
        asks=visual.asks,
        clip_question=_clip_question(parts, visual, actions, quoted),
        deeds=actions,
        hop=hop,
    )


def _nearest(
    relation: Relation | None, visual: VisualQuestion, ordinal: int | None
) -> tuple[Relation | None, int | None]:
    """`The first to act after` and `what acts right after`: the nearest one, the first or the last."""
    if relation is None:
        return None, ordinal
    relation = replace(
        relation, anchors=tuple(_resolved(anchor, visual.actions) for anchor in relation.anchors)
    )
    if relation.kind not in ("after", "before"):
        return relation, ordinal
    nearest = 1 if relation.kind == "after" else -1
    if ordinal == nearest:
        return replace(relation, next=True), nearest
    subject_asked = visual.asks == "thing" and all(not action.subject for action in visual.actions)
    return relation, nearest if relation.next and subject_asked and ordinal is None else ordinal


def _resolved(anchor: Anchor, actions: tuple[ActionTriple, ...]) -> Anchor:
    """An anchor whose he, she or it, or who is left out, is the one of whom the question speaks."""
    if (
        anchor.deed is None
        or not actions
        or not actions[0].subject
        or actions[0].subject.lower() in _WORDS_FOR_ONE
    ):
        return anchor
    action, subject = anchor.deed, actions[0].subject
    if action.subject.lower() in ("", *_WORDS_FOR_ONE):
        return replace(anchor, deed=replace(action, subject=subject))
    return (
        replace(anchor, deed=replace(action, object=subject))
        if action.object.lower() in _WORDS_FOR_ONE
        else anchor
    )


def _clip_question(
    parts: QuestionParts, visual: VisualQuestion, actions: tuple[ActionTriple, ...], quoted: MaskedText
) -> str:
    if visual.intent == "count" and not visual.counts_objects and actions:
        return yes_no_question(actions[0])
    later = visual.hop is not None and visual.hop.later
    return clip_question(parts.body if parts.is_unsplit or later else parts.head, quoted)
