"""Joins the hits of all lists to moments: windows that do not repeat a place of a video."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from playhead_index.search.fusion import K, rank_score, rrf
from playhead_index.search.results import LANES, Hit, How, Lane, PassageFit
from playhead_index.window import Window

BEHIND_PASSAGES = 0.99
"""The best moment of single spans gets this part of the score of the last passage."""
JOIN_GAP_S = 3.0
"""Two sentences of a passage lie about so far apart. On 206 QVHighlights queries over the captions of 200
videos, 3 s put a window with IoU 0.3 or more among the first ten for 29 of 100 queries, 6 s for 46."""
MAX_JOINED_S = 30.0
"""No joining makes a window longer than this: as long as the longest segment by the default settings."""
MIN_RELATIVE_STRENGTH = 0.6
"""A hit beside a moment widens it when the lists rank it this much of the moment's best row, or better."""
SAME_PART = 0.5
"""Two windows are the same place when they share at least this part of the shorter one."""


@dataclass(frozen=True, slots=True)
class ExtendedHit:
    """A hit, and the window that it supports: of speech and screen text their own, of a frame or
    a caption what stands out around it."""

    hit: Hit
    extent: Window


@dataclass(frozen=True, slots=True)
class JoinedHits:
    """A window of a video with the hits behind it, best rank first, and their fused score.

    `fit` is that of a passage, see `Moment`.
    """

    video_id: str
    window: Window
    score: float
    hits: tuple[Hit, ...]
    fit: PassageFit | None = None


@dataclass(slots=True)
class _Place:
    """A moment that is growing."""

    start_s: float
    end_s: float
    strength: float
    found: list[ExtendedHit] = field(default_factory=list)

    def gap_s(self, window: Window) -> float:
        return max(self.start_s, window.start_s) - min(self.end_s, window.end_s)

    def score(self) -> float:
        return _fused_score(one.hit for one in self.found)


def join_hits(
    lists: Sequence[Sequence[ExtendedHit]],
    within: Mapping[str, Window],
    *,
    join_gap_s: float = JOIN_GAP_S,
    longest_s: float = MAX_JOINED_S,
) -> list[JoinedHits]:
    """Moments, best first, made of all hits; every hit inside `within` is behind exactly one.

    Hits of one video that overlap or lie within `join_gap_s` become one moment, whose window is the hull
    of what they argue for, best hits first, as long as the hull is no longer than `longest_s`. A hit that
    only lies near joins when about as many lists speak for it: a sentence that resembles the query a
    little does not widen the window of the one that says it. A hit that
    would make it longer joins without widening it if half of it is inside already, else it begins a moment
    of its own. A hit that is itself longer, such as a slide that stands for ten minutes, supports the best
    moment inside it and leaves that window as it is: where words on the slide and a spoken sentence both
    match, the sentence says when. Alone it is a moment as long as it is; several such are cut to what
    they share.

    A moment's score is the sum over lists of 1 / (60 + best rank of its hits in that list). Equal scores
    are in the order of video id, start and end. The order of the lists makes no difference.

    Args:
        lists: ranked lists, each of one lane and way of searching, best first.
        within: the window of each video (or what of it was searched); moments lie inside it.
        join_gap_s: seconds.
        longest_s: seconds.
    """
    clamped = [_clamp_hits(found, within) for found in lists]
    videos: dict[str, list[list[ExtendedHit]]] = {}
    for group in _group_by_ref(clamped):
        videos.setdefault(group[0].hit.video_id, []).append(group)
    joined = []
    for video_id, groups in videos.items():
        for place in _places(groups, join_gap_s, longest_s):
            hits = tuple(sorted((one.hit for one in place.found), key=_hit_order))
            joined.append(JoinedHits(video_id, Window(place.start_s, place.end_s), place.score(), hits))
    return sorted(joined, key=lambda one: (-one.score, one.video_id, one.window))


def _group_by_ref(lists: Sequence[Sequence[ExtendedHit]]) -> list[list[ExtendedHit]]:
    """The hits on each catalog row together, those with the highest fused rank first."""
    by_ref: dict[tuple[str, str], list[ExtendedHit]] = {}
    for one in (one for found in lists for one in found):
        by_ref.setdefault((one.hit.video_id, one.hit.ref), []).append(one)
    fused = rrf([[(one.hit.video_id, one.hit.ref) for one in found] for found in lists])
    order = {one.item: one.score for one in fused}

    def key(ref: tuple[str, str]) -> tuple[float, str, Window, str]:
        return -order[ref], ref[0], _hull(by_ref[ref]), ref[1]

    return [by_ref[ref] for ref in sorted(by_ref, key=key)]


def _places(groups: Sequence[list[ExtendedHit]], join_gap_s: float, longest_s: float) -> list[_Place]:
    short: list[_Place] = []
    long = []
    for group in groups:
        if _hull(group).duration_s > longest_s:
            long.append(group)
        else:
            _add_group(short, group, join_gap_s, longest_s)
    places = _merge_overlapping(short)
    alone: list[_Place] = []
    for group in long:
        _add_long_group(places, alone, group)
    return places + alone


def _add_group(places: list[_Place], group: list[ExtendedHit], join_gap_s: float, longest_s: float) -> None:
    """Adds hits on one row to the first place that takes them, or makes a place of them."""
    window, strength = _hull(group), _fused_score(one.hit for one in group)
    for place in places:
        gap_s = place.gap_s(window)
        if gap_s > join_gap_s or (gap_s >= 0 and strength < MIN_RELATIVE_STRENGTH * place.strength):
            continue
        start_s, end_s = min(place.start_s, window.start_s), max(place.end_s, window.end_s)
        if end_s - start_s <= longest_s:
            place.start_s, place.end_s = start_s, end_s
        elif -gap_s < SAME_PART * window.duration_s:
            continue
        place.found += group
        return
    places.append(_Place(window.start_s, window.end_s, strength, list(group)))


def _merge_overlapping(places: list[_Place]) -> list[_Place]:
    """Places that grew over one another made one: the better one's window, the hits of both."""
    merged: list[_Place] = []
    for place in sorted(places, key=lambda one: (-one.score(), one.start_s, one.end_s)):
        window = Window(place.start_s, place.end_s)
        for better in merged:
            shorter_s = min(window.duration_s, better.end_s - better.start_s)
            if -better.gap_s(window) >= SAME_PART * shorter_s:
                better.found += place.found
                break
        else:
            merged.append(place)
    return merged


def _add_long_group(places: list[_Place], alone: list[_Place], group: list[ExtendedHit]) -> None:
    """Gives a long hit to the best place inside it; without one, to what it shares with other long ones."""
    window = _hull(group)
    inside = [place for place in places if place.gap_s(window) < 0]
    if inside:
        max(inside, key=lambda one: (one.score(), -one.start_s)).found.extend(group)
        return
    for place in alone:
        if place.gap_s(window) < 0:
            place.start_s, place.end_s = max(place.start_s, window.start_s), min(place.end_s, window.end_s)
            place.found += group
            return
    strength = _fused_score(one.hit for one in group)
    alone.append(_Place(window.start_s, window.end_s, strength, list(group)))


def _clamp_hits(found: Sequence[ExtendedHit], within: Mapping[str, Window]) -> list[ExtendedHit]:
    parts = ((one.hit, within.get(one.hit.video_id), one.extent) for one in found)
    clamped = ((hit, searched and extent.clamped(searched)) for hit, searched, extent in parts)
    return [ExtendedHit(hit, window) for hit, window in clamped if window is not None]


def _hull(group: Iterable[ExtendedHit]) -> Window:
    windows = [one.extent for one in group]
    return Window(min(w.start_s for w in windows), max(w.end_s for w in windows))


def _fused_score(hits: Iterable[Hit]) -> float:
    best: dict[tuple[Lane, How], int] = {}
    for hit in hits:
        name = hit.lane, hit.how
        best[name] = min(hit.rank, best.get(name, hit.rank))
    return rank_score(best.values(), K)


def _hit_order(hit: Hit) -> tuple[int, int, str, Window, str]:
    return hit.rank, LANES.index(hit.lane), hit.how, hit.window, hit.ref


def rank_behind_passages(passages: Sequence[JoinedHits], joined: Sequence[JoinedHits]) -> list[JoinedHits]:
    """Moments of single spans that no passage holds, with scores that rank them behind all passages.

    So every place that says something is found, and none of them comes before a passage.

    Args:
        passages: moments of transcripts, best first.
        joined: moments of spans of the same transcripts, as `join_hits` makes them.
    """
    lowest = min((one.score for one in passages), default=1.0)
    highest = max((one.score for one in joined), default=0.0)
    scale = BEHIND_PASSAGES * lowest / highest if highest >= lowest else 1.0
    return [
        replace(one, score=scale * one.score)
        for one in joined
        if all(
            passage.video_id != one.video_id
            or one.window.overlap_s(passage.window) < SAME_PART * one.window.duration_s
            for passage in passages
        )
    ]


def merge_with_passages(passages: Sequence[JoinedHits], joined: Sequence[JoinedHits]) -> list[JoinedHits]:
    """Moments of transcripts and of all other hits as one ranking.

    A moment of other hits of which at least half lies in a moment of a transcript, or the other way round, is
    evidence for it: that one takes its hits, and its score is added. It keeps its window.

    Args:
        passages: moments of transcripts, best first, none overlapping another.
        joined: moments of other hits, as `join_hits` makes them.
    """
    merged = list(passages)
    alone = []
    for one in joined:
        shares = [
            one.window.overlap_s(passage.window) / min(one.window.duration_s, passage.window.duration_s)
            if passage.video_id == one.video_id
            else 0.0
            for passage in merged
        ]
        best = max(range(len(shares)), key=shares.__getitem__) if shares else 0
        if not shares or shares[best] < SAME_PART:
            alone.append(one)
            continue
        passage = merged[best]
        hits = (*passage.hits, *(hit for hit in one.hits if hit not in passage.hits))
        merged[best] = replace(passage, score=passage.score + one.score, hits=hits)
    return sorted([*merged, *alone], key=lambda one: (-one.score, one.video_id, one.window))
