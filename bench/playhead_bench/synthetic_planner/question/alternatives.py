"""Questions that choose among objects they name: which comes first, which lasts longest."""

import re

from playhead_bench.synthetic_planner.question.action_triples import noun_phrase, parse_action, predicate
from playhead_bench.synthetic_planner.question.clip_question import as_sentence
from playhead_bench.synthetic_planner.question.intent import choices_of, intent_of, plain_choice
from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.parts import (
    EITHER,
    LONGEST,
    QuestionParts,
    restore_quotes,
    target_of,
)
from playhead_bench.synthetic_planner.wording import is_visual
from playhead_tools.spec import QuestionSpec, Superlative


def parse_choice_question(
    parts: QuestionParts, quoted: MaskedText, superlative: Superlative = ""
) -> QuestionSpec:
    """Parses such a question; its choices are the targets, in their order."""
    modality = parts.modality
    listed = LONGEST.split(parts.core)[-1].removeprefix(" time") if superlative else intent_of(parts.core)[1]
    either = EITHER.match(parts.core)
    choices = [either["a"], either["b"]] if either is not None else choices_of(listed)
    is_visual_question = (
        modality == "picture" or superlative != "" or (modality == "any" and is_visual(parts.core))
    )
    parsed = [parse_action(choice, allow_noun=True) for choice in choices]
    if either is not None and parsed[0] is not None and re.match(r"\w+ing\b", either["b"]):
        parsed[1] = predicate(either["b"], parsed[0].subject)
    is_visible = modality not in ("speech", "screen") and all(
        action is not None and action.text and (is_visual_question or action.verb) for action in parsed
    )
    actions = (
        tuple(restore_quotes(action, quoted) for action in parsed if action is not None) if is_visible else ()
    )
    names = [quoted.restore(noun_phrase(one) if superlative else plain_choice(one)) for one in choices]
    return QuestionSpec(
        text="",
        intent="order",
        wanted="picture" if is_visual_question and modality == "any" else modality,
        targets=tuple(map(target_of, actions)) or tuple(one for one in names if one),
        relation=parts.relation,
        asks="thing" if superlative else "order",
        clip_question=as_sentence(quoted.restore(parts.body, '"')),
        deeds=actions,
        superlative=superlative,
    )
