"""Who speaks when: turns as evidence, and what is computed and claimed of them."""

from collections.abc import Sequence

from playhead_agent.rules.search_spans import evidence_of_spans
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.state import Context
from playhead_index.store.spans import read_spans
from playhead_index.window import format_time
from playhead_tools.evidence import Claim, Evidence, listed
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.search_extent import SegmentRef
from playhead_tools.speaker_turns import NamedTurn, ScopeSpeakers, speaking_totals
from playhead_tools.spec import QuestionSpec, Speaking
from playhead_tools.temporal import Event

MAX_TURNS = 12
"""Turns that an answer quotes, one a line."""
MAX_TURNS_OF_TOTAL = 5
"""Turns that are cited for a total of seconds or of turns."""
_TOTALS: frozenset[Speaking] = frozenset(("most", "least", "how_long", "count", "number", "who"))


def add_turns(
    spec: QuestionSpec, segment_refs: Sequence[SegmentRef], context: Context, table: EvidenceTable
) -> None:
    """Adds the turns that an answer about speakers cites to the table."""
    for one in _cited_turns(spec, _requested_turns(spec, segment_refs, context)):
        spans = list(read_spans(context.catalog, one.turn.span_ids).values())
        if spans:
            spans.sort(key=lambda span: (span.words.window, span.id))
            table.add(evidence_of_spans(spans, "supported", 1.0, "turn", ("speech",)))


def speaking_result(
    spec: QuestionSpec,
    evidence: Sequence[Evidence],
    segment_refs: Sequence[SegmentRef],
    context: Context,
    *,
    is_speech_complete: bool,
) -> TemporalResult:
    """Who speaks, when and how long, counted over all turns in the scope.

    Args:
        spec: the question, with `speaking`.
        evidence: the table, with the turns that are cited.
        segment_refs: the scope of the question.
        context: components and limits of the run.
        is_speech_complete: all that is said in the stretches is known.
    """
    turns = _requested_turns(spec, segment_refs, context)
    by_spans = {record.span_ids: record.id for record in evidence if record.role == "turn"}
    names, seconds, events = list[str](), list[float](), list[Event]()
    if _is_total(spec):
        totals = speaking_totals(turns)
        totals = totals[::-1] if spec.speaking == "least" else totals
        for name, total_s, turns_of_name in totals:
            names.append(name)
            seconds += [total_s, float(len(turns_of_name))]
    for named_turn in _cited_turns(spec, turns):
        if named_turn.turn.span_ids in by_spans:
            events.append(
                Event(named_turn.video_id, named_turn.turn.window, (by_spans[named_turn.turn.span_ids],))
            )
            names += [] if _is_total(spec) else [named_turn.name]
    total_speaking_s = sum(named_turn.turn.speaking_s for named_turn in _turns(segment_refs, context))
    if not events:
        return TemporalResult("none")
    is_complete = (
        is_speech_complete and ScopeSpeakers(context.catalog, [v for v, _ in segment_refs]).is_complete()
    )
    return TemporalResult(
        "speaking",
        tuple(events),
        total_speaking_s,
        tuple(names),
        is_complete,
        len(turns),
        seconds=tuple(seconds),
    )


def speaking_claims(
    spec: QuestionSpec, temporal_result: TemporalResult, quotes: Sequence[str], places: Sequence[str]
) -> list[Claim]:
    """The claims of an answer about who speaks.

    Args:
        spec: the question.
        temporal_result: from `speaking_result`.
        quotes: the beginning of what is said in each cited turn.
        places: when each cited turn is, for people.
    """
    ids = [event.evidence_ids[0] for event in temporal_result.events]
    at_least = "" if temporal_result.complete else "at least "
    if not _is_total(spec):
        ordinal_word = {1: " first", -1: " last"}.get(spec.ordinal or 0, "")
        lines = [
            Claim(f"{name} speaks{ordinal_word} at {place}: “{quote}”", (i,))
            for name, place, quote, i in zip(temporal_result.names, places, quotes, ids, strict=True)
        ]
        is_cut = spec.ordinal is None and temporal_result.candidates > len(lines)
        if not is_cut:
            return lines
        num_more = temporal_result.candidates - len(lines)
        times = "once more" if num_more == 1 else f"{num_more} more times"
        names = listed(list(dict.fromkeys(temporal_result.names)))
        return [*lines, Claim(f"{names} {'speak' if ' and ' in names else 'speaks'} {times}", (ids[-1],))]
    totals = list(
        zip(temporal_result.names, temporal_result.seconds[::2], temporal_result.seconds[1::2], strict=True)
    )
    if spec.speaking == "number":
        listed_names = ", ".join(name for name, _, _ in totals)
        text = f"{at_least.capitalize()}{len(totals)} speakers are known: {listed_names}"
        return [Claim(text, tuple(ids))]
    if spec.speaking in ("how_long", "count"):
        return [
            _claim_of_speaker(spec, temporal_result, total, ids, places, at_least) for total in totals[:1]
        ] + [
            Claim(f"{name} speaks for {at_least}{_length(total_s)}", tuple(ids))
            for name, total_s, _ in totals[1:]
        ]
    lead = {"most": "speaks longest", "least": "speaks shortest"}.get(spec.speaking, "speaks")
    return [
        Claim(f"{name} {lead if n == 0 else 'speaks'} for {at_least}{_length(total_s)}: “{quote}”", (i,))
        for n, ((name, total_s, _), quote, i) in enumerate(zip(totals, quotes, ids, strict=False))
    ]


def _claim_of_speaker(
    spec: QuestionSpec, temporal_result: TemporalResult, total: tuple[str, float, float], ids: Sequence[str],
    places: Sequence[str], at_least: str,
) -> Claim:  # fmt: skip
    name, total_s, num_turns = total
    times = "once" if num_turns == 1 else f"{num_turns:.0f} times"
    place_text = ("longest at " if num_turns > len(places) else "at ") + ", ".join(places)
    if spec.speaking == "count":
        return Claim(f"{name} speaks {at_least}{times}, {place_text}", tuple(ids))
    return Claim(f"{name} speaks for {at_least}{_length(total_s)} in all, {times}, {place_text}", tuple(ids))


def _is_total(spec: QuestionSpec) -> bool:
    """Whether a question asks for seconds or numbers, not for single turns."""
    return spec.speaking in _TOTALS and spec.ordinal not in (1, -1)


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else format_time(round(seconds))


def _turns(segment_refs: Sequence[SegmentRef], context: Context) -> list[NamedTurn]:
    return ScopeSpeakers(context.catalog, [video_id for video_id, _ in segment_refs]).turns(segment_refs)


def _requested_turns(
    spec: QuestionSpec, segment_refs: Sequence[SegmentRef], context: Context
) -> list[NamedTurn]:
    turns = _turns(segment_refs, context)
    if not spec.speakers:
        return turns
    labels = ScopeSpeakers(context.catalog, [v for v, _ in segment_refs]).labels(spec.speakers)
    return [one for one in turns if one.turn.label in labels.get(one.video_id, ())]


def _cited_turns(spec: QuestionSpec, turns: Sequence[NamedTurn]) -> list[NamedTurn]:
    """The turns that an answer cites: the longest of each speaker, the first ones, or the requested one."""
    citable = [one for one in turns if one.turn.span_ids]
    if spec.ordinal in (1, -1):
        return citable[:1] if spec.ordinal == 1 else citable[-1:]
    if spec.speaking in ("most", "least", "who", "number"):
        totals = speaking_totals(citable)
        totals = totals[::-1] if spec.speaking == "least" else totals
        return [max(own, key=lambda one: one.turn.speaking_s) for _, _, own in totals[:MAX_TURNS]]
    if spec.speaking in ("how_long", "count"):
        longest = sorted(citable, key=lambda one: -one.turn.speaking_s)[:MAX_TURNS_OF_TOTAL]
        return [one for one in citable if one in longest]
    return citable[:MAX_TURNS]
