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
from playhead_tools.temporal.results import Arranged, ComputedValue, Found, Gap, Justified, Picked, Ranged
from playhead_tools.temporal.scan import Scan, Searched
from playhead_tools.toolbox.arguments import place_of
from playhead_tools.toolbox.arithmetic import evaluate
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.finding import IN_PICTURES, MERGE_GAP_S, MIN_MATCH, scan_of, wordings_of
from playhead_tools.toolbox.rows import number, place

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
        found = _run(context, op, named, others, arg)
    except ValueError as error:
        raise ToolError(f"{op}: {error}") from error
    return _record(context, op, found, _unindexed(context, [*named, *others]))


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


def _run(context: ToolContext, op: Op, names: list[str], anchors: list[str], arg: str) -> Justified:
    events, others = _events(context, names), _events(context, anchors)
    searched = _searched(context, [*names, *anchors])
    clock = read_clock(context.catalog)
    if op == "order":
        groups = {one: _events(context, [one]) for one in names}
        return algebra.arranged(groups, searched_whole=searched, clock=clock)
    if op in ("before", "after", "during", "between"):
        if len(others) > (2 if op == "between" else 1):
            others = _outermost(op, others)
        return algebra.found(op, events, others, searched_whole=searched, clock=clock)
    if op == "at":
        return _at(context, events, searched, arg)
    if op in ("first", "last", "nth"):
        which = {"first": 1, "last": -1}.get(op) or _rank(arg)
        return algebra.nth(events, which, searched_whole=searched, clock=clock)
    if op == "gap":
        if len(events) != 2:
            raise ToolError(f"gap takes two events, got {len(events)}")
        return algebra.gap(*events, clock=clock)
    if op == "frequency":
        if not isinstance(searched, Scan):
            raise ToolError(
                "a frequency is of the time that was gone through: give the id of a find_events (S1)"
            )
        return algebra.frequency(events, merge_gap_s=MERGE_GAP_S, scan=searched)
    if op in ("longest", "shortest"):
        pick = algebra.longest if op == "longest" else algebra.shortest
        whole = _is_all_videos(context, names) or searched
        return pick(events if whole is True else algebra.merged(events, MERGE_GAP_S), searched_whole=whole)
    measure: Callable[..., Ranged] = algebra.count if op == "count" else algebra.total_duration
    if op == "count" and (beyond := _more_than_the_table(context, names)) is not None:
        return beyond
    measured = measure(events, merge_gap_s=MERGE_GAP_S, searched_whole=searched)
    return _of_occurrences(context, measured) if op == "count" else measured


def _more_than_the_table(context: ToolContext, names: Sequence[str]) -> Ranged | None:
    """The count of a scan of words that found more texts than have ids; None for any other."""
    scan = _scan(context, names[0]) if len(names) == 1 else None
    if scan is None or scan["full"] or scan["occurrences"] is None:
        return None
    seen = scan_of({**scan, "full": True})
    value, complete = float(scan["occurrences"]), seen.whole
    meaning = "" if complete else "of those found"
    events = tuple(_events(context, names))
    return Ranged(value, events, complete, meaning, low=value, high=value, scanned=seen.fraction)


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


def _searched(context: ToolContext, names: Sequence[str]) -> Searched:
    """Where was looked: in the scan that all ids are from, or everywhere when whole scans are named."""
    single = {name for name in names if _scan(context, name) is None}
    scans = [scan for name in names if (scan := _scan(context, name)) is not None]
    if len(scans) > 1:
        same = all(scan["scope"] == scans[0]["scope"] and scan_of(scan).whole for scan in scans)
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


def _at(context: ToolContext, events: list[Event], searched: Searched, arg: str) -> Found:
    video_ids = list(dict.fromkeys(event.video_id for event in events))
    names = [context.video(video_ids[0]).video_id] if len(video_ids) == 1 else []
    notes: list[str] = []
    video_id, window = place_of(context, arg, names, notes)
    middle_s = (window.start_s + window.end_s) / 2
    return algebra.at(events, middle_s, searched_whole=searched, video_id=video_id)


def _rank(arg: str) -> int:
    found = re.search(r"-?\d{1,6}", arg)
    words = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "first": 1, "last": -1}
    if found is None and arg.strip().casefold() not in words:
        raise ToolError("nth needs a number in arg: 2 is the second, -1 the last")
    return int(found[0]) if found else words[arg.strip().casefold()]


def _of_occurrences(context: ToolContext, counted: Ranged) -> Ranged:
    """A count of how often words occur, where they are what a scan of words found; else as it is."""
    ids = set(counted.evidence_ids)
    in_words = [scan for scan in context.scans if scan["where"] not in IN_PICTURES]
    asked = [scan["what"] for scan in in_words if ids <= set(scan["ids"])]
    if not asked or not ids:
        return counted
    spans = spans_of(context.catalog, (context.table.records[name] for name in ids))
    wordings = wordings_of(asked[-1])
    value = 0
    for event in counted.events:
        own = dict.fromkeys(i for name in event.evidence_ids for i in context.table.records[name].span_ids)
        value += count_wordings(wordings, [spans[i] for i in own if i in spans], MIN_MATCH)
    return replace(counted, value=float(value), low=float(value), high=float(value))


def _record(context: ToolContext, op: Op, found: Justified, unindexed: str) -> Record:
    """The result as a record; its numbers count as computed from now on."""
    complete = bool(getattr(found, "complete", False))
    given: Record = {"op": op, "complete": complete, "events": [_event_row(context, e) for e in found.events]}
    if meaning := "; ".join(one for one in (getattr(found, "meaning", ""), unindexed) if one):
        given["meaning"] = meaning
    if isinstance(found, ComputedValue) and op not in ("first", "last", "nth"):
        given["value"] = number(found.value)
        context.computed += [v for v in [given["value"]] if v is not None and v not in context.computed]
    if isinstance(found, Ranged):
        given["low"], given["high"] = number(found.low), number(found.high)
    if isinstance(found, Picked) and found.ties:
        given["ties"] = [_event_row(context, e) for e in found.ties]
    if isinstance(found, Found) and found.maybe:
        given["maybe"] = [_event_row(context, e) for e in found.maybe]
    if isinstance(found, Arranged):
        given["order"] = None if found.names is None else list(found.names)
        given["undetermined"] = [list(pair) for pair in found.undetermined]
    row = {"op": op, "ids": list(found.evidence_ids), "complete": complete, "value": given.get("value")}
    context.results += [row] if row not in context.results else []
    return result((), (), summary=_summary(op, given, found), **given)


def _summary(op: Op, given: Record, found: Justified) -> str:
    value = given.get("value")
    unit = (
        " s" if op in ("duration", "gap", "longest", "shortest") else " a minute" if op == "frequency" else ""
    )
    parts = [op if value is None else f"{op} = {value:g}{unit}"]
    if given.get("order"):
        parts[0] = f"order: {', '.join(given['order'])}"
    elif op == "order":
        parts[0] = "the order cannot be told"
    if given.get("low") is not None and (given["low"], given["high"]) != (value, value):
        high = "any" if given["high"] is None else f"{given['high']:g}"
        parts.append(f"from {given['low']:g} to {high}")
    if isinstance(found, Gap):
        parts.append(found.sign)
    for name in ("ties", "maybe"):
        if given.get(name):
            parts.append(f"{name}: {', '.join(row['id'] for row in given[name])}")
    if given.get("meaning"):
        parts.append(given["meaning"])
    parts.append("complete" if given["complete"] else "not complete: there may be more where nobody looked")
    return "; ".join(parts)


def _event_row(context: ToolContext, event: Event) -> Record:
    row = {"id": context.table.add_event(event), **place(context, event.video_id, event.window)}
    sure = {} if event.is_certain else {"p": number(event.p)}
    return {**row, "evidence_ids": list(event.evidence_ids), **sure}


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
    loose = [value for value in computed.written if value not in known and value not in _UNITS]
    stands = not loose and (computed.named > 0 or any(value in known for value in computed.written))
    value = round(computed.value, 6)
    notes = [] if stands else [_loose_note(loose)]
    if stands and value not in context.computed:
        context.computed.append(value)
    return result(
        (), notes, summary=f"{expression.strip()[:80]} = {value:g}", value=value, may_be_cited=stands
    )


def _loose_note(loose: Sequence[float]) -> str:
    what = ", ".join(f"{value:g}" for value in loose) or "nothing in it"
    return f"{what} stands in no evidence, so the value may not stand in a claim"
