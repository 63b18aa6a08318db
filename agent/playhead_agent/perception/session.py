"""The session of one visual question: its searches, its observations, and its budget.

A procedure is plain code that asks the session for observations as it needs them. Missing ones end it with
`PendingObservations`; the graph makes them in parallel, stores them, and runs the procedure again from its
beginning, which then finds them. So the next requests follow from the observations so far, every observation
is on the disk before it is used, and a run that was killed is resumed without calling the VLM twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from playhead_agent.limits import Limits, Meter
from playhead_agent.perception.observation_request import ObservationRequest
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Lane, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.store.video_stages import read_gaps
from playhead_index.window import Window
from playhead_tools.retrieval import Finder, search_moments, view_windows
from playhead_tools.search_extent import ExtentReader, SegmentRef
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.refusals import yes_or_no

VISUAL_LANES: tuple[Lane, ...] = ("picture", "caption")
MAX_MOMENTS = 24
MAX_UNRANKED_WINDOW_S = 8.0
"""Maximum length of the windows in which video that no search ranks is viewed."""
UNRANKED_SHARE = 0.7
"""Share of a question's VLM calls that may go to video that no search ranks."""


class SessionContext(Protocol):
    """What a perception session needs of the context of a run."""

    @property
    def finder(self) -> Finder:
        """Searches the library."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The open library."""
        ...

    @property
    def extents(self) -> ExtentReader:
        """Reads how much of a scope is indexed."""
        ...

    @property
    def limits(self) -> Limits:
        """Of one question."""
        ...

    @property
    def meter(self) -> Meter:
        """Counts the run."""
        ...


class PendingObservations(Exception):
    """The procedure needs these observations before it can go on."""

    def __init__(self, requests: Sequence[ObservationRequest]) -> None:
        super().__init__(f"{len(requests)} observations are needed")
        self.requests = tuple(requests)


@dataclass(slots=True)
class PerceptionSession:
    """Budget, searches and observations of one question.

    Args:
        context: components and limits of the run.
        segment_refs: the scope of the question.
        observations: so far, by request.
        observations_left: how many more the limits allow.
        plain_prompt: the model is prompted with the question alone, and given few frames.
        coverages: of the searches.
        is_over_budget: more observations were needed than the limits allow.
        has_unviewed: too much video that no search ranks to view all of it.
        has_undecided: a yes-or-no response was neither yes nor no.
        used_observations: those that the procedure asked for, in its order.
    """

    context: SessionContext
    segment_refs: Sequence[SegmentRef]
    observations: Mapping[ObservationRequest, Observation]
    observations_left: int
    plain_prompt: bool = False
    coverages: list[Coverage] = field(default_factory=list)
    is_over_budget: bool = False
    has_unviewed: bool = False
    has_undecided: bool = False
    used_observations: dict[ObservationRequest, Observation] = field(default_factory=dict)
    _moments_by_query: dict[tuple[str, tuple[Lane, ...]], list[SegmentRef]] = field(default_factory=dict)
    _segments: dict[str, list[Window]] = field(default_factory=dict)
    _gaps: dict[str, tuple[Window, ...]] | None = None
    _unranked_videos: frozenset[str] = frozenset()

    @property
    def is_complete(self) -> bool:
        """Whether everything that could show what was asked was viewed and told of."""
        return not (self.is_over_budget or self.has_unviewed or self.has_undecided)

    def observe(self, request: ObservationRequest) -> Observation | None:
        """One observation; None when the limits do not allow it.

        Raises:
            PendingObservations: it is not made yet.
        """
        return self.observe_all([request])[0]

    def observe_all(self, requests: Sequence[ObservationRequest]) -> list[Observation | None]:
        """Observations in the order of the requests; None for those that the limits do not allow.

        Raises:
            PendingObservations: some are not made yet, and the limits allow them.
        """
        missing = list(dict.fromkeys(one for one in requests if one not in self.observations))
        if missing and self.observations_left > 0:
            self.is_over_budget |= len(missing) > self.observations_left
            raise PendingObservations(missing[: self.observations_left])
        self.is_over_budget |= bool(missing)
        self.used_observations |= {
            one: self.observations[one] for one in requests if one in self.observations
        }
        self.has_undecided |= any(
            one.yes_no and one in self.observations and not is_yes_or_no(self.observations[one])
            for one in requests
        )
        return [self.observations.get(one) for one in requests]

    def find_moments(
        self, text: str, max_moments: int, lanes: Sequence[Lane] = VISUAL_LANES
    ) -> list[SegmentRef]:
        """Retrieved moments within the scope, best first, then segments that no search can rank."""
        ranked = self._ranked_moments(text, tuple(lanes))[:max_moments]
        return [*ranked, *self._unranked_segments(ranked)]

    def _ranked_moments(self, text: str, lanes: tuple[Lane, ...] = VISUAL_LANES) -> list[SegmentRef]:
        query_key = (text, lanes)
        if query_key not in self._moments_by_query:
            self._moments_by_query[query_key] = self._search(text, lanes)
        return self._moments_by_query[query_key]

    @property
    def unranked_share(self) -> float:
        """Share of the VLM calls that may go to segments that no search ranks."""
        return UNRANKED_SHARE

    def split_scope(self, max_s: float) -> list[SegmentRef]:
        """All of the scope in its segments, long ones in equal parts of at most `max_s` seconds."""
        return [
            (video_id, piece)
            for video_id, window in self.segment_refs
            for piece in self._split_window(video_id, window, max_s)
        ]

    def _unranked_segments(self, ranked: Sequence[SegmentRef]) -> list[SegmentRef]:
        """The segments of videos whose frames no search ranks, if the limits allow to view all of them.

        Where the search found no moment at all, those of every video.
        """
        videos = self._unranked_videos if ranked else {video_id for video_id, _ in self.segment_refs}
        if not videos:
            return []
        segments = [
            (video_id, piece)
            for video_id, window in self.segment_refs
            if video_id in videos
            for piece in self._split_window(video_id, window, MAX_UNRANKED_WINDOW_S)
            if not any(v == video_id and _contains(w, piece) for v, w in ranked)
        ]
        if len(segments) > (self.observations_left + len(self.observations)) * self.unranked_share:
            self.has_unviewed = True
            return []
        return segments

    def _split_window(self, video_id: str, window: Window, max_s: float) -> list[Window]:
        """A window split at its segments, long ones in equal parts; only in equal parts without segments."""
        if self._gaps is None:
            self._gaps = read_gaps(self.context.catalog)
        gaps = self._gaps.get(video_id, ())
        return view_windows(window, self.segments(video_id), gaps, max_s)

    def segments(self, video_id: str) -> list[Window]:
        """The segments of a video, in time order; they end where its cuts are."""
        if video_id not in self._segments:
            self._segments[video_id] = [row.window for row in self.context.catalog.segments(video_id)]
        return self._segments[video_id]

    def _without_vectors(self) -> frozenset[str]:
        """The videos in scope whose frames have no embeddings, or not to their end."""
        summaries = self.context.extents.modalities(self.segment_refs)
        pictures = next((one for one in summaries if one.modality == "picture"), None)
        return frozenset(() if pictures is None else (one.video_id for one in pictures.not_covered))

    def _search(self, text: str, lanes: tuple[Lane, ...]) -> list[SegmentRef]:
        """The moments of one search; without the picture lane where its model cannot be loaded."""
        scope = Scope(tuple(dict.fromkeys(video_id for video_id, _ in self.segment_refs)))
        self.context.meter.search((text, lanes, scope.video_ids))
        try:
            searched = search_moments(self.context.finder, text, scope=scope, lanes=lanes, limit=MAX_MOMENTS)
        except ModelUnavailable:
            rest = tuple(lane for lane in lanes if lane != "picture")
            if not rest or rest == lanes:
                raise
            return self._search(text, rest)
        coverage = searched.result.coverage
        self.coverages.append(coverage)
        if not any(line.lane == "picture" and line.searched and line.items for line in coverage.lanes):
            self._unranked_videos = frozenset(video_id for video_id, _ in self.segment_refs)
        else:
            self._unranked_videos |= self._without_vectors()
        refs = []
        for moment in searched.result.moments:
            for video_id, window in self.segment_refs:
                inside = moment.window.clamped(window) if moment.video_id == video_id else None
                if inside is not None:
                    refs.append((video_id, inside))
        return refs


def is_yes_or_no(observation: Observation) -> bool:
    """Whether an observation of a yes-or-no question answers yes or no."""
    return not observation.declines and (
        observation.p_yes is not None or yes_or_no(observation.text) is not None
    )


def _contains(window: Window, piece: Window) -> bool:
    return window.overlap_s(piece) >= piece.duration_s - EPSILON_S
