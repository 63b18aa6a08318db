"""Subtitle tracks inside a video file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playhead_index.decode.protocol import SubtitleTrack, VideoInfo
from playhead_index.window import Window
from playhead_index.words.languages import language_tag
from playhead_index.words.markup import plain_ass
from playhead_index.words.protocol import Words
from playhead_index.words.roll_up import unrolled

FIELDS_BEFORE_ASS_TEXT = 8
UNTIMED_CUE_S = 5.0


@dataclass(frozen=True, slots=True)
class TrackWords:
    """Words of the text tracks of a file in time order, and a line for each track that gave none."""

    words: tuple[Words, ...]
    notes: tuple[str, ...]


def read_tracks(path: Path, info: VideoInfo) -> TrackWords:
    """The words of every text track inside a video file, on the video's presentation clock.

    One pass over the packets of the file; no picture or sound is decoded. Tracks of pictures (PGS,
    VobSub, DVB) and tracks that cannot be decoded are named in the notes. A cue without an end lasts
    until the next one, five seconds at most.

    Args:
        path: the video.
        info: its probe; says the tracks, and `origin_s`, which is taken off every time.

    Raises:
        VideoUnreadable: the file cannot be opened.
    """
    notes = [
        f"subtitle track {track.stream_index} ({track.codec}) is not read: it holds pictures or no known text"
        for track in info.subtitle_tracks
        if not track.is_text
    ]
    wanted = [track for track in info.subtitle_tracks if track.is_text]
    cues, failures = _demux(path, wanted) if wanted else ({}, {})
    words: list[Words] = []
    for track in wanted:
        spans = _spans(track, cues.get(track.stream_index, []), info)
        words += spans
        if track.stream_index in failures:
            notes.append(
                f"subtitle track {track.stream_index} ({track.codec}): {failures[track.stream_index]}"
            )
        elif not spans:
            notes.append(f"subtitle track {track.stream_index} ({track.codec}) has no words")
    words.sort(key=lambda span: (span.window, span.source))
    return TrackWords(tuple(words), tuple(notes))


Timed = tuple[float, float, str]


def _demux(path: Path, tracks: Sequence[SubtitleTrack]) -> tuple[dict[int, list[Timed]], dict[int, str]]:
    """(start_s, end_s, text) by stream on the stream's own clock, and what went wrong by stream."""
    import av

    from playhead_index.decode.opening import demuxed, opened

    cues: dict[int, list[Timed]] = {}
    failures: dict[int, str] = {}
    with opened(path) as container:
        streams = [container.streams[track.stream_index] for track in tracks]
        for packet in demuxed(container, streams):
            index = packet.stream.index
            try:
                cues.setdefault(index, []).extend(_decoded(packet))
            except (av.FFmpegError, UnicodeDecodeError) as error:
                failures[index] = f"not all of it can be decoded ({error})"
    return cues, failures


def _decoded(packet: Any) -> Iterator[Timed]:
    """The cues of one packet; its end is its start where the container does not say it."""
    if packet.pts is None or not packet.size:
        return
    start_s = float(packet.pts * packet.time_base)
    end_s = start_s + float((packet.duration or 0) * packet.time_base)
    for subtitle in packet.decode():
        line = getattr(subtitle, "ass", b"").decode("utf-8")
        text = plain_ass(line.split(",", FIELDS_BEFORE_ASS_TEXT)[-1])
        if text:
            yield start_s, end_s, text


def _spans(track: SubtitleTrack, cues: list[Timed], info: VideoInfo) -> list[Words]:
    cues = sorted(cues)
    starts_s = sorted({start_s for start_s, _, _ in cues})
    next_s = dict(pairwise(starts_s))
    spans = []
    for start_s, end_s, text in cues:
        until_s = min(next_s.get(start_s, start_s + UNTIMED_CUE_S), start_s + UNTIMED_CUE_S)
        shown = Window(start_s - info.origin_s, (end_s if end_s > start_s else until_s) - info.origin_s)
        window = shown.clamped(info.window)
        if window is not None:
            source = f"track:{track.stream_index}"
            spans.append(Words("speech", source, window, text, language_tag(track.language)))
    return unrolled(spans)
