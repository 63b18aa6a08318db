"""What one run reads of the catalog again and again, read once while nothing is committed."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.spans import read_spans
from playhead_tools.evidence import Evidence
from playhead_tools.retrieval import VideoEntry, list_videos
from playhead_tools.speaker_turns import SpeakerNames

ValueT = TypeVar("ValueT")


@dataclass(slots=True)
class _Cached:
    """What one thread has read; empty again after a change."""

    key: tuple[int, ...] = ()
    spans: dict[int, SpanRow] = field(default_factory=dict)
    videos: dict[tuple[str, ...], dict[str, VideoEntry]] = field(default_factory=dict)
    speakers: SpeakerNames | None = None
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class CatalogCache:
    """Reads of a catalog that a run makes several times; each thread has its own, as each has its connection.

    Args:
        catalog: the open library.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self._local = catalog, threading.local()

    def spans_of(self, evidence: Iterable[Evidence]) -> dict[int, SpanRow]:
        """The spans that evidence stands on, by id; without those that have vanished."""
        return self.spans(i for record in evidence for i in record.span_ids)

    def spans(self, span_ids: Iterable[int]) -> dict[int, SpanRow]:
        """The spans with some ids; without those that the catalog does not have."""
        cached, ids = self._cached(), dict.fromkeys(span_ids)
        if unread := [i for i in ids if i not in cached.spans]:
            cached.spans |= read_spans(self.catalog, unread)
        return {i: cached.spans[i] for i in ids if i in cached.spans}

    def videos(self, video_ids: Iterable[str]) -> dict[str, VideoEntry]:
        """Some videos by id.

        Raises:
            ToolError: the library does not hold one of them.
        """
        cached, ids = self._cached(), tuple(video_ids)
        if ids not in cached.videos:
            cached.videos[ids] = {one.video_id: one for one in list_videos(self.catalog, Scope(ids))}
        return cached.videos[ids]

    @property
    def speakers(self) -> SpeakerNames:
        """What speakers are called."""
        cached = self._cached()
        if cached.speakers is None:
            cached.speakers = SpeakerNames(self.catalog)
        return cached.speakers

    def once(self, name: str, inputs: object, make: Callable[[], ValueT]) -> ValueT:
        """What `make` gives, made again where the inputs are not equal to the last ones of that name.

        Args:
            name: of the value.
            inputs: that it is made of, beside the catalog; they must not be changed afterwards.
            make: makes it; errors are passed on.
        """
        values = self._cached().values
        if name not in values or values[name][0] != inputs:
            values[name] = (inputs, make())
        value: ValueT = values[name][1]
        return value

    def _cached(self) -> _Cached:
        cached: _Cached | None = getattr(self._local, "cached", None)
        key = self.catalog.change_key
        if cached is None or cached.key != key:
            cached = self._local.cached = _Cached(key)
        return cached
