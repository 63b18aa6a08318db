"""Tools that reckon: the temporal algebra on evidence, and arithmetic; code counts, the model does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from playhead_index.errors import ToolError
from playhead_index.store.recordings import read_clock
from playhead_tools import temporal as algebra
from playhead_tools.cite import spans_of
from playhead_tools.occurrences import count_occurrences
from playhead_tools.temporal import Clock, Event
from playhead_tools.temporal.results import (
    Arranged,
    Found,
    Justified,
    Paired,
    Picked,
    Ranged,
    Reckoned,
    Related,
)
from playhead_tools.temporal.scan import Searched
from playhead_tools.toolbox.arithmetic import evaluate
from playhead_tools.toolbox.kit import Kit, Record, number, place, result
from playhead_tools.toolbox.scanning import scan_of

Op = Literal[
    "before", "after", "during", "between", "until", "since", "first", "last", "nth", "longest", "shortest",
    "count", "total_duration", "gap", "order", "relation", "co_occurrences",
]  # fmt: skip
_UNITS = frozenset({1.0, 2.0, 10.0, 60.0, 100.0, 1000.0, 3600.0})
"""Numbers that turn units into one another, or halve; they make no fact by themselves."""


def temporal(
    kit: Kit,
    op: Op,
    ids: list[str],
    anchors: list[str] = [],  # noqa: B006 - never changed; the model is told an empty list
    n: int = 1,
    merge_gap_s: float = 2.0,
    tolerance_s: float = 0.0,
    within_s: float = 5.0,
) -> Record:
    """What code reckons with the times of evidence; its numbers may stand in a claim, yours may not.

    Times of several videos are held against each other where it is known when each was recorded.

    Cost: nothing. `complete` is false when more may lie where nobody looked: then run scan and pass its id.
    before, after, during, until, since: which of ids lie so to the one anchor; between: to two.
    first, last, nth (n), longest, shortest: one of ids. count: how many, those merge_gap_s apart being one.
    total_duration: seconds in all. gap, relation: of two ids. order: of the ids.
    co_occurrences: which of ids and anchors are at most within_s apart.

    Args:
        op: what to reckon.
        ids: evidence (E1), events (V1) or a whole scan (S1).
        anchors: likewise, what ids are held against.
        n: for nth; 1 is the first, -1 the last.
        merge_gap_s: for count and total_duration.
        tolerance_s: seconds that cannot be told from none.
        within_s: for co_occurrences.
    """
    events, others = _events(kit, ids, "ids"), _events(kit, anchors, "anchors")
    searched = _searched(kit, [*ids, *anchors])
    try:
        if op == "order":
            groups = {one: _events(kit, [one], "ids") for one in ids}
            held = algebra.arranged(
                groups, tolerance_s=tolerance_s, searched_whole=searched, clock=read_clock(kit.catalog)
            )
            return _told(kit, op, held)
        numbers = (n, merge_gap_s, tolerance_s, within_s)
        found = _run(op, events, others, searched, numbers, read_clock(kit.catalog))
        if op == "count" and isinstance(found, Ranged):
            found = _of_occurrences(kit, found)
    except ValueError as error:
        raise ToolError(f"{op}: {error}") from error
    return _told(kit, op, found)


def _events(kit: Kit, ids: Sequence[str], which: str) -> list[Event]:
    events: list[Event] = []
    for one in dict.fromkeys(ids):
        scan = _scan(kit, one)
        names = scan["ids"] if scan is not None else [one]
        found = [kit.table.event(name) for name in names]
        if any(event is None for event in found):
            raise ToolError(f"{which}: no {one!r}; take ids that a tool gave: E1, V1 or S1")
        events += [event for event in found if event is not None]
    return list(dict.fromkeys(events))


def _scan(kit: Kit, name: str) -> Record | None:
    number_ = name[1:]
    at = int(number_) - 1 if name[:1] == "S" and number_.isdigit() else -1
    return kit.scans[at] if 0 <= at < len(kit.scans) else None


def _searched(kit: Kit, ids: Sequence[str]) -> Searched:
    """Where was looked: in the scan that all ids are from, or everywhere when whole scans are named."""
    named = {name for name in ids if _scan(kit, name) is None}
    scans = [scan for name in dict.fromkeys(ids) if (scan := _scan(kit, name)) is not None]
    if len(scans) > 1:
        same = all(scan["scope"] == scans[0]["scope"] and scan_of(scan).whole for scan in scans)
        return scan_of(scans[0]) if same and not named else False
    behind = [scan_of(scan) for scan in scans or kit.scans if named <= set(scan["ids"])]
    return max(behind, key=lambda one: one.fraction, default=False)


def _run(
    op: Op,
    events: list[Event],
    others: list[Event],
    searched: Searched,
    numbers: tuple[int, float, float, float],
    clock: Clock,
) -> Justified:
    n, merge_gap_s, tolerance_s, within_s = numbers
    if op in ("before", "after", "during", "between"):
        return algebra.found(
            op, events, others, searched_whole=searched, tolerance_s=tolerance_s, clock=clock
        )
    if op in ("until", "since"):
        cut = algebra.until if op == "until" else algebra.since
        return cut(events, others, searched_whole=searched, tolerance_s=tolerance_s, clock=clock)
    if op in ("first", "last", "nth"):
        which = {"first": 1, "last": -1}.get(op, n)
        return algebra.nth(events, which, searched_whole=searched, tolerance_s=tolerance_s, clock=clock)
    if op in ("longest", "shortest"):
        pick = algebra.longest if op == "longest" else algebra.shortest
        return pick(algebra.merged(events, merge_gap_s), searched_whole=searched, tolerance_s=tolerance_s)
    if op == "count":
        return algebra.count(events, merge_gap_s=merge_gap_s, searched_whole=searched)
    if op == "total_duration":
        return algebra.total_duration(events, merge_gap_s=merge_gap_s, searched_whole=searched)
    if op == "co_occurrences":
        return algebra.co_occurrences(events, others, within_s, searched_whole=searched, clock=clock)
    pair: Callable[..., Justified] = algebra.gap if op == "gap" else algebra.relate
    if len(events) != 2:
        raise ToolError(f"{op} takes two ids, got {len(events)} events")
    return pair(*events, tolerance_s=tolerance_s, clock=clock)


def _of_occurrences(kit: Kit, counted: Ranged) -> Ranged:
    """A count of how often words occur, where they are what a scan of words found; else as it is."""
    ids = set(counted.evidence_ids)
    asked = [scan["what"] for scan in kit.scans if scan["where"] == "words" and ids <= set(scan["ids"])]
    if not asked or not ids:
        return counted
    spans = spans_of(kit.catalog, (kit.table.records[name] for name in ids))
    value = 0
    for event in counted.events:
        own = dict.fromkeys(i for name in event.evidence_ids for i in kit.table.records[name].span_ids)
        value += count_occurrences(asked[-1], [spans[i] for i in own if i in spans])
    return replace(counted, value=float(value), low=float(value), high=float(value))


def _told(kit: Kit, op: Op, found: Justified) -> Record:
    """The result as a record; its numbers count as reckoned from now on."""
    complete = bool(getattr(found, "complete", False))
    told: Record = {"op": op, "complete": complete, "events": [_event_row(kit, e) for e in found.events]}
    meaning = getattr(found, "meaning", "")
    if meaning:
        told["meaning"] = meaning
    if isinstance(found, Reckoned) and op not in ("first", "last", "nth"):
        told["value"] = number(found.value)
        kit.computed += [v for v in [told["value"]] if v is not None and v not in kit.computed]
    if isinstance(found, Ranged):
        told["low"], told["high"] = number(found.low), number(found.high)
    if isinstance(found, Picked) and found.ties:
        told["ties"] = [_event_row(kit, e) for e in found.ties]
    if isinstance(found, Found) and found.maybe:
        told["maybe"] = [_event_row(kit, e) for e in found.maybe]
    if isinstance(found, Paired):
        told["pairs"] = [[kit.table.add_event(a), kit.table.add_event(b)] for a, b in found.pairs]
    if isinstance(found, Arranged):
        told["order"], told["undetermined"] = found.names, [list(pair) for pair in found.undetermined]
    if isinstance(found, Related):
        told["relation"], told["possible"] = found.relation, sorted(found.possible)
    row = {"op": op, "ids": list(found.evidence_ids), "complete": complete, "value": told.get("value")}
    kit.reckoned += [row] if row not in kit.reckoned else []
    return result((), (), **told)


def _event_row(kit: Kit, event: Event) -> Record:
    row = {"id": kit.table.add_event(event), **place(kit, event.video_id, event.window)}
    sure = {} if event.is_certain else {"p": number(event.p)}
    return {**row, "evidence_ids": list(event.evidence_ids), **sure}


def calc(kit: Kit, expression: str) -> Record:
    """The value of an arithmetic expression, for sums and differences that temporal has no operator for.

    Cost: nothing. Write times of evidence as E1.start, E1.end, E1.length. The value may stand in a claim
    only when every number in the expression stands in evidence or was reckoned from it.

    Args:
        expression: like "(E2.start - E1.end) / 60".
    """
    windows = {name: one.window for name, one in kit.table.records.items()}
    windows |= {name: one.window for name, one in kit.table.events.items()}
    names = {f"{name}.start": window.start_s for name, window in windows.items()}
    names |= {f"{name}.end": window.end_s for name, window in windows.items()}
    names |= {f"{name}.length": window.duration_s for name, window in windows.items()}
    reckoned = evaluate(expression, names)
    known = kit.known_numbers()
    loose = [value for value in reckoned.written if value not in known and value not in _UNITS]
    stands = not loose and (reckoned.named > 0 or any(value in known for value in reckoned.written))
    value = round(reckoned.value, 6)
    notes = [] if stands else [_loose_note(loose)]
    if stands and value not in kit.computed:
        kit.computed.append(value)
    return result((), notes, value=value, may_be_cited=stands)


def _loose_note(loose: Sequence[float]) -> str:
    what = ", ".join(f"{value:g}" for value in loose) or "nothing in it"
    return f"{what} stands in no evidence, so the value may not stand in a claim"
