"""What may be said of what was seen: the finding, the judgement, and the claims."""

from collections.abc import Sequence

from playhead_agent.perception.results import SURE, PerceptionResult
from playhead_agent.rules.extractive import AnswerContext
from playhead_agent.rules.reasoning import TemporalResult
from playhead_agent.rules.verdict import AnswerVerdict
from playhead_agent.state import State
from playhead_index.search.results import Coverage
from playhead_tools.evidence import Claim, Evidence, coverage_sentence
from playhead_tools.spec import QuestionSpec
from playhead_tools.temporal.event import Event
from playhead_tools.verdict_rules import (
    NEGATIVE,
    SearchedExtent,
    Statement,
    allowed_verdict,
    kinds_of,
    statement_asked,
    statement_made,
)  # fmt: skip

MOST = 0.98


def sight_of(state: State) -> PerceptionResult | None:
    """What looking told of the question in a state; None for questions that words answer."""
    record = state.get("sight")
    sight = None if record is None else PerceptionResult.from_json(record)
    return None if sight is None or sight.kind == "anchors" else sight


def seen_finding(sight: PerceptionResult, evidence: Sequence[Evidence]) -> TemporalResult:
    """The finding of a sight, on the evidence that was made of its sightings."""
    known = {(e.video_id, e.window): e for e in evidence if e.kind == "picture" and e.said}
    records = [known[one.place] for one in sight.sightings if one.place in known]
    events = tuple(Event(e.video_id, e.window, (e.id,)) for e in records)
    negative = sight.kind == "yes_no" and not sight.value
    op = "seen" if events or negative else "none"
    names = (sight.text,) if op == "seen" else ()
    return TemporalResult(op, events, sight.value, names, complete=sight.whole)  # type: ignore[arg-type]


def is_negative(sight: PerceptionResult) -> bool:
    """Whether what was found out is a plain no, or that it is seen in none of several videos."""
    return is_none(sight) or (sight.kind == "yes_no" and not sight.value)


def seen_judgement(sight: PerceptionResult, spec: QuestionSpec, extent: SearchedExtent) -> AnswerVerdict:
    """What may be said of a sight; `verdict_rules` decides what may be said of all of the scope.

    A negative that may not be said is no answer; where options were given, the option that says so is still
    the likeliest.
    """
    if sight.kind == "unknown":
        return AnswerVerdict("abstained", "unknown", 0.0)
    if sight.kind == "absent":
        return AnswerVerdict("abstained", allowed_verdict("absent", kinds_of(spec), extent).reason, 0.0)
    sure = min(MOST, sight.p)
    if is_negative(sight) or _tells_no(sight, spec):
        allowed = allowed_verdict("no", [spec.wanted], extent)
        if not allowed.is_allowed and sight.choice is None:
            return AnswerVerdict("abstained", "unknown", 0.0)
        doubt = sight.p < SURE or not allowed.is_allowed
    else:
        statement = _statement(sight, spec)
        allowed_ = statement is None or allowed_verdict(statement, ["picture"], extent).is_allowed
        doubt = sight.p < SURE or not allowed_
    return AnswerVerdict("partial" if doubt else "answered", "unknown" if doubt else "", sure)


def _tells_no(sight: PerceptionResult, spec: QuestionSpec) -> bool:
    return sight.kind == "told" and statement_made(spec, sight.text) in NEGATIVE


def _statement(sight: PerceptionResult, spec: QuestionSpec) -> Statement | None:
    """The statement about all of the scope that a sight makes; a yes makes one only among options, where
    `yes, once` stands beside `yes, several times`."""
    if sight.kind in ("count", "length"):
        return "count" if sight.kind == "count" else "duration"
    if sight.kind == "yes_no":
        return "count" if spec.options else None
    return statement_asked(spec)


def seen_claims(sight: PerceptionResult, answer_context: AnswerContext) -> list[Claim]:
    """The claims of a sight, each with the evidence of its moments."""
    ids = answer_context.finding.evidence_ids
    if not ids or sight.kind in ("absent", "unknown"):
        return []
    places = [answer_context.at(e.video_id, e.window) for e in answer_context.finding.events]
    if sight.kind == "order":
        names = sight.text.split(", ")
        lines = [f"{name} at {place}" for name, place in zip(names, places, strict=False)]
        return [Claim(f"In this order: {'; '.join(lines)}", ids)]
    if sight.kind == "count":
        many = "moment" if sight.value == 1 else "moments"
        return [Claim(f"Seen in {sight.value:.0f} {many}: {', '.join(places)}", ids)]
    if sight.kind == "length":
        return [Claim(f"Seen for {sight.value:.1f} s in all: {', '.join(places)}", ids)]
    if sight.kind == "yes_no":
        return [Claim(f"Yes, seen at {', '.join(places)}", ids)]
    if sight.kind == "when":
        return [Claim(f"Seen at {places[-1]}", ids)]
    return [Claim(f"{_sentence(sight.text)}, seen at {', '.join(places)}", ids)]


def _sentence(text: str) -> str:
    told = " ".join(text.split()).rstrip(".!? ").replace('"', "'").replace("“", "‘").replace("”", "’")
    return told[:1].upper() + told[1:]


def is_none(sight: PerceptionResult) -> bool:
    """Whether the answer is that it is seen in none of several videos."""
    return sight.kind == "chosen" and not sight.sightings


def seen_negative(sight: PerceptionResult, coverage: Coverage | None, *, is_sure: bool) -> str:
    """The answer that nothing shows it, with what was searched; unsure where not all of it was viewed."""
    if not is_sure:
        text = "Nothing certain: nothing that was viewed shows it, and not everything could be viewed."
    else:
        text = f"{'None' if is_none(sight) else 'No'}: nothing that was looked at shows it."
    return text if coverage is None else f"{text}\n{coverage_sentence(coverage)}"
