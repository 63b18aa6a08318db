"""The desk at which a question about pictures is worked out: searches, looks, and what they cost.

A procedure is plain code that asks the desk for looks as it needs them. Looks that are not there yet end it
with `PendingObservations`; the graph makes them side by side, keeps them, and runs the procedure again from
its beginning, which then finds them. So what to look at next follows from what was seen, every look is on the
disk before it is used, and a run that was killed goes on without looking twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.state import Context, SegmentRef
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Lane, Scope
from playhead_index.store.video_stages import read_gaps
from playhead_index.window import Window
from playhead_tools.retrieval import pieces_to_view, search_moments
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.refusals import yes_or_no

SHOWN_LANES: tuple[Lane, ...] = ("picture", "caption")
MOST_MOMENTS = 24
MAX_PIECE_S = 8.0
"""What no search ranks is viewed in pieces of at most so many seconds."""
FOR_UNRANKED = 0.7
"""So much of the looks that a question may use goes into a first look at what no search ranks."""


@dataclass(frozen=True, slots=True)
class ObservedClip:
    """A request and what came of it.

    Args:
        request: what was asked.
        look: what was said.
    """

    request: ObservationRequest
    look: Observation

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        look = self.look
        said = {
            "text": look.text,
            "shown": [look.window.start_s, look.window.end_s],
            "times_s": [round(time_s, 3) for time_s in look.times_s],
            "p_yes": look.p_yes,
            "tokens": look.visual_tokens,
            "refused": look.refused,
            "cited_s": [round(time_s, 3) for time_s in look.cited_s],
        }
        return {"request": self.request.to_json(), **said}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """What `to_json` wrote; its cost was counted when the look was made."""
        request = ObservationRequest.from_json(record["request"])
        look = Observation(
            request.video_id, Window(*record["shown"]), request.question, record["text"],
            tuple(record["times_s"]), record["p_yes"], refused=record.get("refused"),
            cited_s=tuple(record.get("cited_s", ())),
        )  # fmt: skip
        return cls(request, look)


class PendingObservations(Exception):
    """The procedure cannot go on before these looks are made."""

    def __init__(self, requests: Sequence[ObservationRequest]) -> None:
        super().__init__(f"{len(requests)} looks are wanted")
        self.requests = tuple(requests)


@dataclass(slots=True)
class PerceptionSession:
    """What a procedure works with.

    Args:
        context: the run's seams.
        stretches: where the question looks.
        seen: looks that were made, by request.
        afford: looks that may still be made.
        plain_prompt: the model is asked with the question alone, and shown few frames.
        coverages: of the searches.
        short: looks were wanted that could not be afforded.
        unviewed: pictures that no search ranks are too many to be viewed one by one.
        undecided: the model told neither yes nor no of a clip.
        used: looks that the procedure asked for, in its order.
    """

    context: Context
    stretches: Sequence[SegmentRef]
    seen: Mapping[ObservationRequest, Observation]
    afford: int
    plain_prompt: bool = False
    coverages: list[Coverage] = field(default_factory=list)
    short: bool = False
    unviewed: bool = False
    undecided: bool = False
    used: dict[ObservationRequest, Observation] = field(default_factory=dict)
    _found: dict[tuple[str, tuple[Lane, ...]], list[SegmentRef]] = field(default_factory=dict)
    _segments: dict[str, list[Window]] = field(default_factory=dict)
    _gaps: dict[str, tuple[Window, ...]] | None = None
    _not_ranked: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether everything that could show what was asked was viewed and told of."""
        return not (self.short or self.unviewed or self.undecided)

    def look(self, request: ObservationRequest) -> Observation | None:
        """One look; None when it cannot be afforded.

        Raises:
            NeedLooks: it is not made yet.
        """
        return self.look_all([request])[0]

    def look_all(self, requests: Sequence[ObservationRequest]) -> list[Observation | None]:
        """Looks in the order of the requests; None for those that cannot be afforded.

        Raises:
            NeedLooks: some are not made yet and can be afforded.
        """
        missing = list(dict.fromkeys(one for one in requests if one not in self.seen))
        if missing and self.afford > 0:
            self.short |= len(missing) > self.afford
            raise PendingObservations(missing[: self.afford])
        self.short |= bool(missing)
        self.used |= {one: self.seen[one] for one in requests if one in self.seen}
        self.undecided |= any(
            one.yes_no and one in self.seen and not tells_yes_or_no(self.seen[one]) for one in requests
        )
        return [self.seen.get(one) for one in requests]

    def moments(self, text: str, most: int, lanes: Sequence[Lane] = SHOWN_LANES) -> list[SegmentRef]:
        """Moments of the stretches that fit a text, best first, then what no search can rank."""
        ranked = self._ranked(text, tuple(lanes))[:most]
        return [*ranked, *self._unranked(ranked)]

    def _ranked(self, text: str, lanes: tuple[Lane, ...] = SHOWN_LANES) -> list[SegmentRef]:
        key = (text, lanes)
        if key not in self._found:
            self._found[key] = self._search(text, lanes)
        return self._found[key]

    @property
    def part_for_unranked(self) -> float:
        """The part of all looks that a first look at what no search ranks may take."""
        return FOR_UNRANKED

    def pieces(self, max_s: float) -> list[SegmentRef]:
        """All of the stretches in their segments, long ones in equal parts of at most `max_s` seconds."""
        return [
            (video_id, piece)
            for video_id, window in self.stretches
            for piece in self._pieces(video_id, window, max_s)
        ]

    def _unranked(self, ranked: Sequence[SegmentRef]) -> list[SegmentRef]:
        """The pieces of the videos whose pictures no search ranks, if all of them can be viewed.

        Where the search found no moment at all, those of every video: without a look nothing can be said.
        """
        videos = self._not_ranked if ranked else {video_id for video_id, _ in self.stretches}
        if not videos:
            return []
        pieces = [
            (video_id, piece)
            for video_id, window in self.stretches
            if video_id in videos
            for piece in self._pieces(video_id, window, MAX_PIECE_S)
            if not any(v == video_id and _holds(w, piece) for v, w in ranked)
        ]
        if len(pieces) > (self.afford + len(self.seen)) * self.part_for_unranked:
            self.unviewed = True
            return []
        return pieces

    def _pieces(self, video_id: str, window: Window, max_s: float) -> list[Window]:
        """A stretch in its segments, long ones in equal parts; in parts alone where it has no segments."""
        if self._gaps is None:
            self._gaps = read_gaps(self.context.catalog)
        gaps = self._gaps.get(video_id, ())
        return pieces_to_view(window, self.segments(video_id), gaps, max_s)

    def segments(self, video_id: str) -> list[Window]:
        """The segments of a video, in time order; they end where its cuts are."""
        if video_id not in self._segments:
            self._segments[video_id] = [row.window for row in self.context.catalog.segments(video_id)]
        return self._segments[video_id]

    def _without_vectors(self) -> frozenset[str]:
        """The videos in scope whose pictures have no vectors, or not to their end."""
        summaries = self.context.extents.modalities(self.stretches)
        pictures = next((one for one in summaries if one.modality == "picture"), None)
        return frozenset(() if pictures is None else (one.video_id for one in pictures.not_covered))

    def _search(self, text: str, lanes: tuple[Lane, ...]) -> list[SegmentRef]:
        """One search; without the picture lane where its model cannot be loaded."""
        scope = Scope(tuple(dict.fromkeys(video_id for video_id, _ in self.stretches)))
        self.context.meter.search((text, lanes, scope.video_ids))
        try:
            searched = search_moments(self.context.finder, text, scope=scope, lanes=lanes, limit=MOST_MOMENTS)
        except ModelUnavailable:
            rest = tuple(lane for lane in lanes if lane != "picture")
            if not rest or rest == lanes:
                raise
            return self._search(text, rest)
        coverage = searched.result.coverage
        self.coverages.append(coverage)
        if not any(line.lane == "picture" and line.searched and line.items for line in coverage.lanes):
            self._not_ranked = frozenset(video_id for video_id, _ in self.stretches)
        else:
            self._not_ranked |= self._without_vectors()
        found = []
        for moment in searched.result.moments:
            for video_id, window in self.stretches:
                inside = moment.window.clamped(window) if moment.video_id == video_id else None
                if inside is not None:
                    found.append((video_id, inside))
        return found


def tells_yes_or_no(look: Observation) -> bool:
    """Whether a reply to a question of yes or no tells which it is."""
    return not look.declines and (look.p_yes is not None or yes_or_no(look.text) is not None)


def _holds(window: Window, piece: Window) -> bool:
    return window.overlap_s(piece) >= piece.duration_s - 1e-3
