"""`compute`: the temporal algebra on evidence, and arithmetic; code counts, the model does not."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from playhead_index.errors import ToolError
from playhead_index.store.recordings import read_clock
from playhead_tools import temporal as algebra
from playhead_tools.citations import spans_of
from playhead_tools.occurrences import count_wordings
from playhead_tools.temporal import Event
from playhead_tools.temporal.results import (
    BoundedValue,
    ComputedValue,
    EventOrder,
    EventResult,
    FilteredEvents,
    Gap,
    RankedEvents,
)
from playhead_tools.temporal.scan_coverage import Scan, ScanCoverage
from playhead_tools.toolbox.arguments import resolve_range
from playhead_tools.toolbox.arithmetic import evaluate
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.find_events_tool import MERGE_GAP_S, MIN_MATCH, VISUAL_WHERE, scan_of, wordings_of
from playhead_tools.toolbox.result_rows import number, place

Op = Literal[
    "count", "first", "last", "nth", "before", "after", "between", "during", "at", "duration", "gap", "order",
    "frequency", "longest", "shortest", "calc",
]  # fmt: skip
_UNITS = frozenset({1.0, 2.0, 10.0, 24.0, 60.0, 100.0, 1000.0, 3600.0})
"""Numbers that turn units into one another, or halve; they make no fact by themselves."""
_SCAN_ID = re.compile(r"S\d{1,6}$")


def compute(
    context: ToolContext,
    op: Op,
    events: list[str] = [],  # noqa: B006 - never changed; the default of a schema
    anchors: list[str] = [],  # noqa: B006
    arg: str = "",
) -> Record:
    """Times, counts and numbers of evidence; only these may stand in a claim as yours. Free.

    Complete only when find_events went through all. gap: between two. duration: in all. order: of all.
    longest, shortest also compare videos (search without a query).

    Args:
        op: what to compute.
        events: ids: E1, V1, or S1 for all that find_events found.
        anchors: before, after, during: one id; between: two.
        arg: nth: 2, -1. at: mm:ss. calc: an expression like "(E2.start - E1.end) / 60".
    """
    if op == "calc":
        return _calc(context, arg)
    if not events:
        raise ToolError(f"{op} needs events: ids that a tool gave, like E1, V1 or S1")
    named, others = _names(events), _names(anchors)
    if op == "between" and len(others) == 1 and len(_events(context, others)) != 2:
        raise ToolError("between needs two anchors")
    try:
        outcome = _run(context, op, named, others, arg)
    except ValueError as error:
        raise ToolError(f"{op}: {error}") from error
    return _record(context, op, outcome, _unindexed(context, [*named, *others]))


def _unindexed(context: ToolContext, names: Sequence[str]) -> str:
    """What the result says nothing of, because it is not indexed; empty where it is."""
    scans = [scan for name in names if (scan := _scan(context, name)) is not None]
    kinds = dict.fromkeys(kind for scan in scans for kind in scan["unindexed"])
    return (
        f"{' and '.join('screen text' if kind == 'screen' else kind for kind in kinds)} not indexed"
        if kinds
        else ""
    )


def _names(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(one.strip().strip("[]()").upper() for one in names if one.strip()))


def _run(context: ToolContext, op: Op, names: list[str], anchors: list[str], arg: str) -> EventResult:
    events, others = _events(context, names), _events(context, anchors)
    scan_coverage = _scan_coverage(context, [*names, *anchors])
    clock = read_clock(context.catalog)
    if op == "order":
        groups = {one: _events(context, [one]) for one in names}
        return algebra.arrange(groups, scan_coverage=scan_coverage, clock=clock)
    if op in ("before", "after", "during", "between"):
        if len(others) > (2 if op == "between" else 1):
            others = _outermost(op, others)
        return algebra.filter_events(op, events, others, scan_coverage=scan_coverage, clock=clock)
    if op == "at":
        return _events_at(context, events, scan_coverage, arg)
    if op in ("first", "last", "nth"):
        rank = {"first": 1, "last": -1}.get(op) or _rank(arg)
        return algebra.nth(events, rank, scan_coverage=scan_coverage, clock=clock)
    if op == "gap":
        if len(events) != 2:
            raise ToolError(f"gap takes two events, got {len(events)}")
        return algebra.gap(*events, clock=clock)
    if op == "frequency":
        if not isinstance(scan_coverage, Scan):
            raise ToolError(
                "a frequency is of the time that was gone through: give the id of a find_events (S1)"
            )
        return algebra.frequency(events, merge_gap_s=MERGE_GAP_S, scan=scan_coverage)
    if op in ("longest", "shortest"):
        pick = algebra.longest if op == "longest" else algebra.shortest
        is_complete = _is_all_videos(context, names) or scan_coverage
        return pick(
            events if is_complete is True else algebra.merge_events(events, MERGE_GAP_S),
            scan_coverage=is_complete,
        )
    measure: Callable[..., BoundedValue] = algebra.count if op == "count" else algebra.total_duration
    if op == "count" and (uncapped := _count_beyond_table(context, names)) is not None:
        return uncapped
    measured = measure(events, merge_gap_s=MERGE_GAP_S, scan_coverage=scan_coverage)
    return _as_occurrence_count(context, measured) if op == "count" else measured


def _count_beyond_table(context: ToolContext, names: Sequence[str]) -> BoundedValue | None:
    """The count of a scan of words that found more texts than have ids; None for any other."""
    scan = _scan(context, names[0]) if len(names) == 1 else None
    if scan is None or scan["full"] or scan["occurrences"] is None:
        return None
    full_scan = scan_of({**scan, "full": True})
    value, complete = float(scan["occurrences"]), full_scan.is_complete
    meaning = "" if complete else "of those found"
    events = tuple(_events(context, names))
    return BoundedValue(value, events, complete, meaning, low=value, high=value, scanned=full_scan.fraction)


def _events(context: ToolContext, names: Sequence[str]) -> list[Event]:
    events: list[Event] = []
    for one in names:
        scan = _scan(context, one)
        found = [context.table.event(name) for name in (scan["events"] if scan is not None else [one])]
        if any(event is None for event in found):
            raise ToolError(f"no {one}; take ids that a tool gave: E1, V1 or S1")
        events += [event for event in found if event is not None]
    return list(dict.fromkeys(events))


def _scan(context: ToolContext, name: str) -> Record | None:
    at = int(name[1:]) - 1 if _SCAN_ID.match(name) else -1
    return context.scans[at] if 0 <= at < len(context.scans) else None


def _scan_coverage(context: ToolContext, names: Sequence[str]) -> ScanCoverage:
    """Where was looked: in the scan that all ids are from, or everywhere when whole scans are named."""
    single = {name for name in names if _scan(context, name) is None}
    scans = [scan for name in names if (scan := _scan(context, name)) is not None]
    if len(scans) > 1:
        same = all(scan["scope"] == scans[0]["scope"] and scan_of(scan).is_complete for scan in scans)
        return scan_of(scans[0]) if same and not single else False
    behind = [scan_of(scan) for scan in scans or context.scans if single <= {*scan["ids"], *scan["events"]}]
    return max(behind, key=lambda one: one.fraction, default=False)


def _is_all_videos(context: ToolContext, names: Sequence[str]) -> bool:
    """Whether the ids are the facts of all files in scope: then nothing longer or shorter is missing."""
    records = [context.table.records.get(name) for name in names]
    ids = {one.video_id for one in records if one is not None and one.kind == "metadata"}
    return len(ids) == len(records) and ids == {one.video_id for one in context.videos()}


def _outermost(op: Op, anchors: list[Event]) -> list[Event]:
    """Of several anchors the one that the relation is to: before the first, after the last."""
    if op not in ("before", "after") or len({one.video_id for one in anchors}) > 1:
        return anchors
    ordered = algebra.in_order(anchors)
    return [ordered[0] if op == "before" else ordered[-1]]


def _events_at(
    context: ToolContext, events: list[Event], scan_coverage: ScanCoverage, arg: str
) -> FilteredEvents:
    video_ids = list(dict.fromkeys(event.video_id for event in events))
    names = [context.video(video_ids[0]).video_id] if len(video_ids) == 1 else []
    notes: list[str] = []
    video_id, window = resolve_range(context, arg, names, notes)
    middle_s = (window.start_s + window.end_s) / 2
    return algebra.at(events, middle_s, scan_coverage=scan_coverage, video_id=video_id)


def _rank(arg: str) -> int:
    found = re.search(r"-?\d{1,6}", arg)
    words = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "first": 1, "last": -1}
    if found is None and arg.strip().casefold() not in words:
        raise ToolError("nth needs a number in arg: 2 is the second, -1 the last")
    return int(found[0]) if found else words[arg.strip().casefold()]


def _as_occurrence_count(context: ToolContext, counted: BoundedValue) -> BoundedValue:
    """A count of how often words occur, where they are what a scan of words found; else as it is."""
    ids = set(counted.evidence_ids)
    in_words = [scan for scan in context.scans if scan["where"] not in VISUAL_WHERE]
    descriptions = [scan["what"] for scan in in_words if ids <= set(scan["ids"])]
    if not descriptions or not ids:
        return counted
    spans = spans_of(context.catalog, (context.table.records[name] for name in ids))
    wordings = wordings_of(descriptions[-1])
    value = 0
    for event in counted.events:
        own = dict.fromkeys(i for name in event.evidence_ids for i in context.table.records[name].span_ids)
        value += count_wordings(wordings, [spans[i] for i in own if i in spans], MIN_MATCH)
    return replace(counted, value=float(value), low=float(value), high=float(value))


def _record(context: ToolContext, op: Op, outcome: EventResult, unindexed: str) -> Record:
    """The result as a record; its numbers count as computed from now on."""
    complete = bool(getattr(outcome, "complete", False))
    record: Record = {
        "op": op,
        "complete": complete,
        "events": [_event_row(context, e) for e in outcome.events],
    }
    if meaning := "; ".join(one for one in (getattr(outcome, "meaning", ""), unindexed) if one):
        record["meaning"] = meaning
    if isinstance(outcome, ComputedValue) and op not in ("first", "last", "nth"):
        record["value"] = number(outcome.value)
        context.computed_values += [
            v for v in [record["value"]] if v is not None and v not in context.computed_values
        ]
    if isinstance(outcome, BoundedValue):
        record["low"], record["high"] = number(outcome.low), number(outcome.high)
    if isinstance(outcome, RankedEvents) and outcome.ties:
        record["ties"] = [_event_row(context, e) for e in outcome.ties]
    if isinstance(outcome, FilteredEvents) and outcome.maybe:
        record["maybe"] = [_event_row(context, e) for e in outcome.maybe]
    if isinstance(outcome, EventOrder):
        record["order"] = None if outcome.names is None else list(outcome.names)
        record["undetermined"] = [list(pair) for pair in outcome.undetermined]
    row = {"op": op, "ids": list(outcome.evidence_ids), "complete": complete, "value": record.get("value")}
    context.computations += [row] if row not in context.computations else []
    return result((), (), summary=_summary(op, record, outcome), **record)


def _summary(op: Op, record: Record, outcome: EventResult) -> str:
    value = record.get("value")
    unit = (
        " s" if op in ("duration", "gap", "longest", "shortest") else " a minute" if op == "frequency" else ""
    )
    parts = [op if value is None else f"{op} = {value:g}{unit}"]
    if record.get("order"):
        parts[0] = f"order: {', '.join(record['order'])}"
    elif op == "order":
        parts[0] = "the order cannot be told"
    if record.get("low") is not None and (record["low"], record["high"]) != (value, value):
        high = "any" if record["high"] is None else f"{record['high']:g}"
        parts.append(f"from {record['low']:g} to {high}")
    if isinstance(outcome, Gap):
        parts.append(outcome.sign)
    for name in ("ties", "maybe"):
        if record.get(name):
            parts.append(f"{name}: {', '.join(row['id'] for row in record[name])}")
    if record.get("meaning"):
        parts.append(record["meaning"])
    parts.append("complete" if record["complete"] else "not complete: there may be more where nobody looked")
    return "; ".join(parts)


def _event_row(context: ToolContext, event: Event) -> Record:
    row = {"id": context.table.add_event(event), **place(context, event.video_id, event.window)}
    probability = {} if event.is_certain else {"p": number(event.p)}
    return {**row, "evidence_ids": list(event.evidence_ids), **probability}


def _calc(context: ToolContext, expression: str) -> Record:
    """The value of an expression; it counts as computed when every number in it stands in evidence."""
    if not expression.strip():
        raise ToolError('calc needs an expression in arg, like "(E2.start - E1.end) / 60"')
    names: dict[str, float] = {}
    for name, window in context.table.windows().items():
        names |= {f"{name}.start": window.start_s, f"{name}.end": window.end_s}
        names |= {f"{name}.length": window.duration_s, f"{name}.duration": window.duration_s}
    computed = evaluate(expression, names)
    known = context.known_numbers()
    unsupported = [value for value in computed.literals if value not in known and value not in _UNITS]
    is_supported = not unsupported and (
        computed.num_names > 0 or any(value in known for value in computed.literals)
    )
    value = round(computed.value, 6)
    notes = [] if is_supported else [_unsupported_note(unsupported)]
    if is_supported and value not in context.computed_values:
        context.computed_values.append(value)
    return result(
        (), notes, summary=f"{expression.strip()[:80]} = {value:g}", value=value, may_be_cited=is_supported
    )


def _unsupported_note(unsupported: Sequence[float]) -> str:
    numbers = ", ".join(f"{value:g}" for value in unsupported) or "nothing in it"
    return f"{numbers} stands in no evidence, so the value may not stand in a claim"
