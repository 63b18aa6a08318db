"""Questions whose answer stands in speech or screen text."""

import re
from dataclasses import replace

from playhead_bench.synthetic_planner.question.clip_question import clip_question
from playhead_bench.synthetic_planner.question.intent import (
    asks_a_fact,
    asks_in_words,
    counts_objects,
    fact_target,
    targets_of,
)  # fmt: skip
from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.parts import QuestionParts
from playhead_bench.synthetic_planner.question.relation import inheriting
from playhead_tools.question_vocabulary import is_the_video, names_title_slide, parse_ordinal
from playhead_tools.spec import Intent, Kind, QuestionSpec, Relation


def parse_text_question(parts: QuestionParts, intent: Intent, rest: str, quoted: MaskedText) -> QuestionSpec:
    """Parses such a question."""
    modality, core, relation = parts.modality, parts.core, parts.relation
    is_fact = asks_a_fact(core, modality)
    intent = "describe" if is_fact or (parts.hint != "any" and intent in ("how_long", "count")) else intent
    if is_fact or (intent == "describe" and (parts.hint != "any" or _asks_for_stated_fact(core, modality))):
        targets, speaker = fact_target(core, quoted), ""
    else:
        targets, speaker = targets_of(intent, rest, modality, quoted)
    of_video = intent in ("how_long", "count") and bool(targets) and is_the_video(targets[0])
    about_video = intent == "describe" and modality == "any" and bool(targets) and is_the_video(targets[0])
    targets = () if of_video or about_video else targets
    intent = "describe" if intent == "summarise" and targets else intent
    if intent == "yes_no" and relation is not None:
        relation = inheriting(relation, modality)
    return QuestionSpec(
        text="",
        intent=intent,
        wanted=modality,
        targets=targets,
        relation=_with_next(relation, parse_ordinal(rest)),
        ordinal=_ordinal(intent, rest, targets),
        of_things=intent == "count" and counts_objects(parts.body),
        of_video=of_video,
        speaker=speaker,
        asks=asks_in_words(intent, modality, core),
        clip_question=clip_question(parts.head, quoted),
    )


def _asks_for_stated_fact(core: str, modality: Kind) -> bool:
    """Whether a question without a modality asks for a fact that the video may state."""
    return modality == "any" and re.match(r"(?:in|on|at|how|what|which)\b", core, re.I) is not None


def _with_next(relation: Relation | None, ordinal: int | None) -> Relation | None:
    if relation is None or (relation.kind, ordinal) not in (("after", 1), ("before", -1)):
        return relation
    return replace(relation, next=True)


def _ordinal(intent: Intent, rest: str, targets: tuple[str, ...]) -> int | None:
    if intent == "order":
        return None
    found = parse_ordinal(rest)
    return 1 if found is None and not targets and names_title_slide(rest) else found
