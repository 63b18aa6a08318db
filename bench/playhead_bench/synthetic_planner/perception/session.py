"""The desk of the procedures: what they need beside what the product's desk gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.session import (
    FOR_UNRANKED,
    MOST_MOMENTS,
    PendingObservations,
    PerceptionSession,
)
from playhead_agent.state import SegmentRef
from playhead_index.search.fusion import rrf
from playhead_index.store.recordings import read_clock
from playhead_tools.spec import ActionTriple
from playhead_tools.temporal.clock import timelines

T = TypeVar("T")


@dataclass(slots=True)
class ProcedureDesk(PerceptionSession):
    """A desk on which deeds are looked for, several at once.

    Args:
        openly: options are held against a free reply first, for the model reads them badly.
        must_choose: the options leave no way to decline, so the likeliest counts, however unlikely it is.
        sharing: desks that share the looks.
        critic: what a leading question affirms is held against an open one, and its window is narrowed; off
            only to measure what that is worth.
        algebra: order, number and length are reckoned by code from what was seen; off, the question is put
            to the best clips as it is, likewise to measure.
    """

    openly: bool = False
    must_choose: bool = False
    sharing: int = 1
    critic: bool = True
    algebra: bool = True

    @property
    def part_for_unranked(self) -> float:
        """The part of all looks that a first look at what no search ranks may take here."""
        return FOR_UNRANKED / self.sharing

    def hand_over(self, session: PerceptionSession) -> None:
        """Tells another desk what could not be looked at here."""
        session.short |= self.short
        session.unviewed |= self.unviewed
        session.undecided |= self.undecided

    def at_once(self, searches: Sequence[Callable[[], T]]) -> list[T]:
        """What several searches find; all looks that they want are wanted at once.

        Raises:
            NeedLooks: one of them wants looks.
        """
        wanted, found = list[ObservationRequest](), list[T]()
        for search in searches:
            try:
                found.append(search())
            except PendingObservations as need:
                wanted += need.requests
        if wanted:
            raise PendingObservations(tuple(dict.fromkeys(wanted))[: self.afford])
        return found

    def places_of(self, deed: ActionTriple, most: int) -> list[SegmentRef]:
        """Moments in which a deed may be seen, best first: those that fit its thing, ranked with those that
        fit all of it.

        A model of pictures and texts knows things better than what they do, so that for some deeds the thing
        alone is found, and where the thing is, the rest of the words tells which moment is meant.
        """
        texts = dict.fromkeys(text for text in (deed.subject or deed.object, deed.text) if text)
        ranked = fused([self._ranked(text)[:MOST_MOMENTS] for text in texts])[:most]
        return [*ranked, *self._unranked(ranked)]

    def line(self, video_ids: Iterable[str]) -> Mapping[str, float] | None:
        """Seconds to add to the times of videos to compare them; None where they have no common clock."""
        lines = timelines(video_ids, read_clock(self.context.catalog))
        return lines[0] if len(lines) == 1 else None


def fused(lists: Sequence[Sequence[SegmentRef]]) -> list[SegmentRef]:
    """The moments of several searches as one list, best first: by reciprocal ranks, overlapping ones as one.

    >>> from playhead_index.window import Window
    >>> fused([[("v", Window(0, 4)), ("v", Window(8, 9))], [("v", Window(7, 10))]])
    [('v', Window(start_s=8, end_s=9)), ('v', Window(start_s=0, end_s=4))]
    """
    known, named = list[SegmentRef](), list[list[SegmentRef]]()
    for found in lists:
        names = list[SegmentRef]()
        for video_id, window in found:
            alike = [one for one in known if one[0] == video_id and one[1].overlap_s(window) > 0]
            names += alike or [(video_id, window)]
        known += [one for one in names if one not in known]
        named.append(names)
    return [one.item for one in rrf(named)]
