"""How far the scope of a question was searched, and whether what was not found stands there after all."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from playhead_index.batches import batches
from playhead_index.search.modalities import read_modalities
from playhead_index.search.results import Coverage, ModalitySummary
from playhead_index.store.catalog import MAX_IDS_IN_SQL, Catalog
from playhead_index.store.spans import read_spans, read_texts_of_videos
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.retrieval import scan_words
from playhead_tools.temporal.scan_coverage import Scan
from playhead_tools.word_match import loose_coverage, match_score

SegmentRef = tuple[str, Window]
"""A segment reference: the id of a video, and a window of it."""
MAX_COMPARED = 200_000
"""Stored texts that are compared letter by letter before something is called absent: some seconds."""
MAX_CACHED_SCOPES = 4


class ExtentReader:
    """Reads how much of a scope can be searched; the last few are cached while the catalog does not change.

    Args:
        catalog: the open library.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._cached: OrderedDict[Hashable, tuple[ModalitySummary, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def modalities(self, segments: Sequence[SegmentRef]) -> tuple[ModalitySummary, ...]:
        """The summary of each modality over a window of each video."""
        key = (threading.get_ident(), self._catalog.change_key, tuple(segments))
        with self._lock:
            if key not in self._cached:
                self._cached[key] = read_modalities(self._catalog, dict(segments))
            self._cached.move_to_end(key)
            if len(self._cached) > MAX_CACHED_SCOPES:
                self._cached.popitem(last=False)
            return self._cached[key]


def with_extent(
    coverage: Coverage | None,
    reader: ExtentReader,
    segments: Sequence[SegmentRef],
    viewed: Iterable[SegmentRef] = (),
) -> Coverage | None:
    """A coverage with how much of each video of a scope can be searched, and how much of it was viewed.

    Args:
        coverage: of the searches of a question; None before any.
        reader: of the library.
        segments: the scope: a window of each video.
        viewed: the windows of the observations in which a video-LLM did not decline to answer.
    """
    if coverage is None:
        return None
    windows = dict(segments)
    viewed_windows: dict[str, list[Window]] = {}
    for video_id, window in viewed:
        viewed_windows.setdefault(video_id, []).append(window)
    scan = Scan(windows, viewed_windows)
    viewed_s = sum(part.duration_s for video_id in windows for part in scan.scanned_windows(video_id))
    return replace(coverage, modalities=reader.modalities(segments), viewed_s=viewed_s)


@dataclass(frozen=True, slots=True)
class SpanMatches:
    """Stored words that hold something.

    Args:
        span_ids: of the spans, in the order of the catalog.
        is_complete: every stored text of the scope was compared.
    """

    span_ids: tuple[int, ...]
    is_complete: bool = True


def match_spans(
    catalog: Catalog,
    segments: Sequence[SegmentRef],
    kinds: Sequence[SpanKind],
    text: str,
    quoted: Sequence[str],
    min_match: float,
) -> SpanMatches:
    """The stored spans of a scope that hold what was asked, by a full-text query.

    Args:
        catalog: the open library.
        segments: the scope.
        kinds: of spans.
        text: what was asked.
        quoted: phrases that must stand there verbatim.
        min_match: part of the asked words that must be there, 0 to 1.
    """
    windows = dict(segments)
    ids, is_complete = scan_words(catalog, list(windows), kinds, text)
    spans = read_spans(catalog, ids)
    matching = [
        i
        for i in ids
        if i in spans
        and windows[spans[i].video_id].overlap_s(spans[i].words.window) > 0
        and match_score(text, quoted, spans[i].words.text) >= min_match
    ]
    return SpanMatches(tuple(matching), is_complete)


def match_spans_loosely(
    catalog: Catalog,
    segments: Sequence[SegmentRef],
    kinds: Sequence[SpanKind],
    text: str,
    min_match: float,
    *,
    max_matches: int = 3,
) -> SpanMatches:
    """The first stored spans of a scope that hold what was asked in another spelling (`U.S.A.` for `USA`).

    Reads every text of the scope, so it is for the moment before something is called absent.
    """
    matching = list[int]()
    for compared, (span_id, stored) in enumerate(_texts(catalog, segments, kinds)):
        if compared >= MAX_COMPARED:
            return SpanMatches(tuple(matching), False)
        if loose_coverage(text, stored) >= min_match:
            matching.append(span_id)
            if len(matching) >= max_matches:
                break
    return SpanMatches(tuple(matching))


def _texts(
    catalog: Catalog, segments: Sequence[SegmentRef], kinds: Sequence[SpanKind]
) -> Iterator[tuple[int, str]]:
    """Id and words of the spans of some kinds that lie in a scope; at most a few more than are compared."""
    windows = dict(segments)
    for chunk in batches(windows if kinds else (), MAX_IDS_IN_SQL):
        for span in read_texts_of_videos(catalog, chunk, kinds, MAX_COMPARED + 1):
            if windows[span.video_id].overlap_s(span.window) > 0:
                yield span.id, span.text
