"""Questions that choose among things they name: which comes first, which lasts longest."""

import re

from playhead_bench.synthetic_planner.question.action_triples import deed_in, noun, predicate
from playhead_bench.synthetic_planner.question.clip import finished
from playhead_bench.synthetic_planner.question.intent import bare_choice, choices_of, intent_of
from playhead_bench.synthetic_planner.question.masked_quotes import Masked
from playhead_bench.synthetic_planner.question.parts import EITHER, LONGEST, Parts, restored, target_of
from playhead_bench.synthetic_planner.wording import looks_visible
from playhead_tools.spec import QuestionSpec, Superlative


def spec_among(parts: Parts, quoted: Masked, superlative: Superlative = "") -> QuestionSpec:
    """What such a question asks, its choices as targets in the order in which they stand."""
    wanted = parts.wanted
    listed = LONGEST.split(parts.core)[-1].removeprefix(" time") if superlative else intent_of(parts.core)[1]
    either = EITHER.match(parts.core)
    choices = [either["a"], either["b"]] if either is not None else choices_of(listed)
    seen = wanted == "picture" or superlative != "" or (wanted == "any" and looks_visible(parts.core))
    read = [deed_in(choice, bare=True) for choice in choices]
    if either is not None and read[0] is not None and re.match(r"\w+ing\b", either["b"]):
        read[1] = predicate(either["b"], read[0].subject)
    shown = wanted not in ("speech", "screen") and all(
        deed is not None and deed.text and (seen or deed.verb) for deed in read
    )
    deeds = tuple(restored(deed, quoted) for deed in read if deed is not None) if shown else ()
    named = [quoted.restored(noun(one) if superlative else bare_choice(one)) for one in choices]
    return QuestionSpec(
        text="",
        intent="order",
        wanted="picture" if seen and wanted == "any" else wanted,
        targets=tuple(map(target_of, deeds)) or tuple(one for one in named if one),
        relation=parts.relation,
        asks="thing" if superlative else "order",
        clip_question=finished(quoted.restored(parts.body, '"')),
        deeds=deeds,
        superlative=superlative,
    )
