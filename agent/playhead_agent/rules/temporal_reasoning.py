"""Temporal results: events are built from evidence, and code computes with their times."""

from collections.abc import Sequence

from playhead_agent.rules.read_neighbours import SLACK_S, best_tier, chosen_anchors, event_of
from playhead_agent.rules.temporal_result import MERGE_GAP_S, TemporalResult
from playhead_tools import temporal
from playhead_tools.evidence import Evidence
from playhead_tools.required_detail import required_detail
from playhead_tools.spec import EVERY, QuestionSpec
from playhead_tools.temporal import Clock, ComputedValue, Event

MAX_LISTED = 3


def compute_result(
    spec: QuestionSpec,
    evidence: Sequence[Evidence],
    is_complete: bool,
    max_anchors: int,
    *,
    is_cut: bool = False,
    clock: Clock | None = None,
) -> TemporalResult:
    """The temporal result of a question.

    Args:
        spec: the question.
        evidence: the table.
        is_complete: everything in scope was searched.
        max_anchors: places that a relation is followed from.
        is_cut: there was more evidence than the table takes. It has the first, or for `last` the last, so
            that a single occurrence is the right one all the same.
        clock: when each video was recorded, as far as it is known.
    """
    is_complete = is_complete and not (is_cut and spec.ordinal in (None, EVERY))
    passages = [e for e in evidence if e.role == "passage"]
    if passages:
        best = _with_words(passages[:MAX_LISTED])
        return TemporalResult("passages", tuple(map(event_of, best)), candidates=len(passages))
    if spec.of_video:
        return _facts(spec, evidence)
    read_evidence = [e for e in evidence if e.role == "near"]
    if spec.intent == "summarise":
        return TemporalResult(
            "outline" if read_evidence else "none", tuple(map(event_of, read_evidence)), complete=False
        )
    if spec.relation is not None:
        return _relation_result(spec, evidence, is_complete, max_anchors, clock)
    if spec.intent == "order":
        return _order_result(spec, evidence, is_complete, clock)
    targets = best_tier([e for e in evidence if e.role == "target0"])
    if not targets:
        return _result_of_reading(spec, read_evidence, is_complete, clock)
    return _compute(spec, targets, is_complete, clock)


def _with_words(passages: Sequence[Evidence]) -> list[Evidence]:
    """The best passages; if the first matches words of the question, only others that do so too."""
    first, *others = passages
    return [first, *(one for one in others if one.match > 0 or first.match == 0)]


def _facts(spec: QuestionSpec, evidence: Sequence[Evidence]) -> TemporalResult:
    facts = [e for e in evidence if e.kind == "metadata"]
    if spec.superlative and facts:
        longest = (max if spec.superlative == "longest" else min)(e.window.duration_s for e in facts)
        facts = [e for e in facts if e.window.duration_s == longest]
    value = float(len(facts)) if spec.intent == "count" else sum(e.window.duration_s for e in facts)
    return TemporalResult("fact" if facts else "none", tuple(map(event_of, facts)), value)


def _result_of_reading(
    spec: QuestionSpec, evidence: Sequence[Evidence], is_complete: bool, clock: Clock | None
) -> TemporalResult:
    events = tuple(map(event_of, evidence))
    if spec.ordinal in (1, -1):  # of every video the outermost were read
        picked = temporal.nth(events, spec.ordinal, scan_coverage=is_complete, clock=clock).events
        events = tuple(event for event in events if event in picked)
    if not events:
        return TemporalResult("none")
    if spec.intent == "how_long":
        return _duration_result(
            temporal.total_duration(events, merge_gap_s=MERGE_GAP_S, scan_coverage=is_complete)
        )
    return TemporalResult("near", events, complete=is_complete or spec.ordinal is None)


def _compute(
    spec: QuestionSpec, targets: Sequence[Evidence], is_complete: bool, clock: Clock | None
) -> TemporalResult:
    events = [event_of(e) for e in targets]
    if spec.of_things or all(e.verdict != "supported" for e in targets):
        return TemporalResult("list", tuple(events), complete=False, candidates=len(events))
    if spec.intent == "count":
        counted = temporal.count(events, merge_gap_s=MERGE_GAP_S, scan_coverage=is_complete)
        return TemporalResult("count", counted.events, counted.value, complete=counted.complete)
    distinct = temporal.merge_events(events, MERGE_GAP_S) if spec.ordinal else events
    if spec.ordinal not in (None, EVERY):
        picked = temporal.nth(distinct, spec.ordinal, scan_coverage=is_complete, clock=clock)
        if spec.intent != "how_long" or not picked.events:
            return TemporalResult(
                "nth" if picked.events else "none", picked.events, picked.value, complete=is_complete
            )
        events = list(picked.events)
    if spec.intent == "how_long":
        return _duration_result(
            temporal.total_duration(events, merge_gap_s=MERGE_GAP_S, scan_coverage=is_complete)
        )
    return _list_result(spec, targets, events, is_complete)


def _duration_result(total: ComputedValue) -> TemporalResult:
    return TemporalResult("how_long", total.events, total.value, complete=total.complete)


def _list_result(
    spec: QuestionSpec, targets: Sequence[Evidence], events: Sequence[Event], is_complete: bool
) -> TemporalResult:
    """All places in time order where the question asks for all; for a description the few best.

    Records are numbered in the order of the search, supported ones first.
    """
    if spec.intent in ("when", "locate") or spec.ordinal == EVERY or required_detail(spec) == "speaker":
        return TemporalResult("list", tuple(events), complete=is_complete, candidates=len(events))
    ranked = sorted(targets, key=lambda e: int(e.id[1:]))
    return TemporalResult("list", tuple(map(event_of, ranked[:MAX_LISTED])), candidates=len(targets))


# ---- relations ----


def _relation_result(
    spec: QuestionSpec, evidence: Sequence[Evidence], is_complete: bool, max_anchors: int, clock: Clock | None
) -> TemporalResult:
    anchors = chosen_anchors(spec, evidence, max_anchors)
    if not anchors:
        return TemporalResult("none")
    if spec.intent == "how_long" and spec.relation is not None and spec.relation.kind == "between":
        first, second = (event_of(e) for e in anchors[0])
        gap_s = first.window.gap_s(second.window)
        return TemporalResult("gap", (first, second), gap_s, complete=is_complete, candidates=len(anchors))
    targets = best_tier([e for e in evidence if e.role == "target0"])
    if not spec.targets:
        read_evidence = [e for e in evidence if e.role == "near" and e.tied_to in {a[0].id for a in anchors}]
        return TemporalResult(
            "near" if read_evidence else "none", tuple(map(event_of, read_evidence)), candidates=len(anchors)
        )
    if spec.intent == "yes_no" and spec.relation is not None and spec.relation.kind in ("before", "after"):
        anchor_evidence = best_tier([e for e in evidence if e.role == "anchor0"])
        return _compare_result(spec, targets, anchor_evidence, is_complete, clock)
    events = [event for pair in anchors for event in _events_in_relation(spec, targets, pair, clock)]
    unique = list(dict.fromkeys(events))
    if not unique:
        return TemporalResult("none")
    ids = {event.evidence_ids[0] for event in unique}
    return _compute(spec, [e for e in targets if e.id in ids], is_complete, clock)


def _events_in_relation(
    spec: QuestionSpec, targets: Sequence[Evidence], anchors: Sequence[Evidence], clock: Clock | None
) -> list[Event]:
    events, anchor_event = [event_of(e) for e in targets], event_of(anchors[0])
    kind = spec.relation.kind if spec.relation is not None else "during"
    if kind == "between":
        return temporal.between(events, anchor_event, event_of(anchors[-1]), SLACK_S, clock=clock)
    if kind == "during":
        return temporal.during(events, anchor_event, MERGE_GAP_S, clock=clock)
    select = temporal.after if kind == "after" else temporal.before
    return select(events, anchor_event, SLACK_S, clock=clock)


def _compare_result(
    spec: QuestionSpec, targets: Sequence[Evidence], anchors: Sequence[Evidence], is_complete: bool,
    clock: Clock | None,
) -> TemporalResult:  # fmt: skip
    groups = {"target": [event_of(e) for e in targets], "anchor": [event_of(e) for e in anchors]}
    ordered = temporal.order(groups, tolerance_s=SLACK_S, scan_coverage=is_complete, clock=clock)
    if ordered is None or spec.relation is None:
        return TemporalResult("none")
    stated_order = ["target", "anchor"] if spec.relation.kind == "before" else ["anchor", "target"]
    names = tuple(ordered[0])
    return TemporalResult(
        "compare", ordered[1].events, float(ordered[0] == stated_order), names, complete=is_complete
    )


def _order_result(
    spec: QuestionSpec, evidence: Sequence[Evidence], is_complete: bool, clock: Clock | None
) -> TemporalResult:
    groups = {
        text: [event_of(e) for e in best_tier([e for e in evidence if e.role == f"target{i}"])]
        for i, text in enumerate(spec.targets)
    }
    if len(groups) < 2:
        return TemporalResult("none")
    ordered = temporal.order(groups, tolerance_s=SLACK_S, scan_coverage=is_complete, clock=clock)
    if ordered is None:
        return TemporalResult("none")
    return TemporalResult("order", ordered[1].events, names=tuple(ordered[0]), complete=is_complete)
