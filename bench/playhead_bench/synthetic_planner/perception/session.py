"""The perception session of the procedures, which extends that of the product."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.session import (
    MAX_MOMENTS,
    UNRANKED_SHARE,
    PendingObservations,
    PerceptionSession,
)
from playhead_index.search.fusion import rrf
from playhead_index.store.recordings import read_clock
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import ActionTriple
from playhead_tools.temporal.clock import timelines

T = TypeVar("T")


@dataclass(slots=True)
class ProcedureSession(PerceptionSession):
    """A perception session that runs several searches for actions together.

    Args:
        free_reply_first: options are first matched with a free reply, for models that read options badly.
        must_choose: no option declines, so the most probable one counts, however improbable.
        sharing: number of sessions that share the VLM calls.
        critic: what a leading question affirms is checked by an open one, and its window is narrowed; off
            only for ablations.
        algebra: order, number and length are computed by code from detections; off, the question is put
            to the best clips as it is, likewise for ablations.
    """

    free_reply_first: bool = False
    must_choose: bool = False
    sharing: int = 1
    critic: bool = True
    algebra: bool = True

    @property
    def unranked_share(self) -> float:
        """The share of all VLM calls that unranked segments may take in this session."""
        return UNRANKED_SHARE / self.sharing

    def hand_over(self, session: PerceptionSession) -> None:
        """Copies what could not be observed here to another session."""
        session.is_over_budget |= self.is_over_budget
        session.has_unviewed |= self.has_unviewed
        session.has_undecided |= self.has_undecided

    def run_together(self, searches: Sequence[Callable[[], T]]) -> list[T]:
        """Runs several searches; the VLM calls that they need are requested together.

        Raises:
            PendingObservations: one of them needs VLM calls first.
        """
        pending, found = list[ObservationRequest](), list[T]()
        for search in searches:
            try:
                found.append(search())
            except PendingObservations as need:
                pending += need.requests
        if pending:
            raise PendingObservations(tuple(dict.fromkeys(pending))[: self.observations_left])
        return found

    def places_of(self, action: ActionTriple, max_candidates: int) -> list[SegmentRef]:
        """Moments that may show an action, best first: rankings by its object and by all of its words, fused.

        Image-text encoders represent objects better than actions, so that for some actions only the object is
        found, and the other words choose among the moments that show it.
        """
        texts = dict.fromkeys(text for text in (action.subject or action.object, action.text) if text)
        ranked = fuse_moments([self._ranked_moments(text)[:MAX_MOMENTS] for text in texts])[:max_candidates]
        return [*ranked, *self._unranked_segments(ranked)]

    def clock_offsets(self, video_ids: Iterable[str]) -> Mapping[str, float] | None:
        """Seconds to add to the times of videos to compare them; None where they have no common clock."""
        offsets = timelines(video_ids, read_clock(self.context.catalog))
        return offsets[0] if len(offsets) == 1 else None


def fuse_moments(lists: Sequence[Sequence[SegmentRef]]) -> list[SegmentRef]:
    """The moments of several searches as one list, best first: by reciprocal ranks, overlapping ones as one.

    >>> from playhead_index.window import Window
    >>> fuse_moments([[("v", Window(0, 4)), ("v", Window(8, 9))], [("v", Window(7, 10))]])
    [('v', Window(start_s=8, end_s=9)), ('v', Window(start_s=0, end_s=4))]
    """
    known, named = list[SegmentRef](), list[list[SegmentRef]]()
    for found in lists:
        names = list[SegmentRef]()
        for video_id, window in found:
            overlapping = [one for one in known if one[0] == video_id and one[1].overlap_s(window) > 0]
            names += overlapping or [(video_id, window)]
        known += [one for one in names if one not in known]
        named.append(names)
    return [one.item for one in rrf(named)]
