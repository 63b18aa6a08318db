"""Questions for what is said or written, or told in any way."""

import re
from dataclasses import replace

from playhead_bench.synthetic_planner.question.clip import clip_question
from playhead_bench.synthetic_planner.question.intent import (
    asks_a_fact,
    asks_in_words,
    counts_things,
    fact_target,
    targets_of,
)  # fmt: skip
from playhead_bench.synthetic_planner.question.masked_quotes import Masked
from playhead_bench.synthetic_planner.question.parts import Parts
from playhead_bench.synthetic_planner.question.relation import inheriting
from playhead_tools.spec import Intent, Kind, QuestionSpec, Relation
from playhead_tools.wording import is_the_video, names_title_slide, which_one


def spec_of_words(parts: Parts, intent: Intent, rest: str, quoted: Masked) -> QuestionSpec:
    """What such a question asks."""
    wanted, core, relation = parts.wanted, parts.core, parts.relation
    fact = asks_a_fact(core, wanted)
    intent = "describe" if fact or (parts.hint != "any" and intent in ("how_long", "count")) else intent
    if fact or (intent == "describe" and (parts.hint != "any" or _is_told(core, wanted))):
        targets, speaker = fact_target(core, quoted), ""
    else:
        targets, speaker = targets_of(intent, rest, wanted, quoted)
    of_video = intent in ("how_long", "count") and bool(targets) and is_the_video(targets[0])
    whole = intent == "describe" and wanted == "any" and bool(targets) and is_the_video(targets[0])
    targets = () if of_video or whole else targets
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
