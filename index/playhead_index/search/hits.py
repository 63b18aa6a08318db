"""Makes hits of ranked ids: their rows are read from the catalog; rows that are gone are left out."""

from collections.abc import Mapping, Sequence

from playhead_index.search.results import Hit, How, Lane
from playhead_index.store.catalog import Catalog
from playhead_index.store.frames import read_ranked_frames
from playhead_index.store.spans import read_ranked_spans
from playhead_index.store.speakers import name_of_label
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind

Ranked = Sequence[tuple[int, float]]
"""Catalog ids with their scores, best first."""


def span_hits(catalog: Catalog, ranked: Mapping[SpanKind, Ranked], how: How) -> dict[SpanKind, list[Hit]]:
    """The hits of some lists of spans, ranked from 1."""
    ids = sorted({span_id for one in ranked.values() for span_id, _ in one})
    found = read_ranked_spans(catalog, ids)
    hits: dict[SpanKind, list[Hit]] = {}
    for kind, one in ranked.items():
        present = [(span_id, score) for span_id, score in one if span_id in found]
        hits[kind] = []
        for rank, (span_id, score) in enumerate(present, start=1):
            _, video_id, start_s, end_s, text, confidence, label, name = found[span_id]
            window, speaker = Window(start_s, end_s), name_of_label(label, name)
            ref = f"span:{span_id}"
            hits[kind].append(Hit(kind, how, video_id, window, score, rank, ref, text, speaker, confidence))
    return hits


def frame_hits(catalog: Catalog, ranked: Ranked, lane: Lane) -> list[Hit]:
    """The hits of a list of frames, ranked from 1."""
    found = read_ranked_frames(catalog, [frame_id for frame_id, _ in ranked])
    present = [(frame_id, score) for frame_id, score in ranked if frame_id in found]
    hits = []
    for rank, (frame_id, score) in enumerate(present, start=1):
        _, video_id, start_s, end_s = found[frame_id]
        window = Window(start_s, end_s)
        hits.append(Hit(lane, "vector", video_id, window, score, rank, f"frame:{frame_id}"))
    return hits
