"""Subtitle tracks inside a video file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playhead_index.decode.protocol import SubtitleTrack, VideoInfo
from playhead_index.window import Window
from playhead_index.words.languages import language_tag
from playhead_index.words.markup import plain_ass, webvtt_voices
from playhead_index.words.protocol import Words
from playhead_index.words.roll_up import unroll
from playhead_index.words.subtitle_formats import Cue, cues_of_voices
from playhead_index.words.subtitle_speaker_labels import speaker_label

FIELDS_BEFORE_ASS_TEXT = 8
ASS_ACTOR_FIELD = 3
UNTIMED_CUE_S = 5.0


@dataclass(frozen=True, slots=True)
class TrackWords:
    """Words of the text tracks of a file in time order, and a line for each track that gave none."""

    words: tuple[Words, ...]
    notes: tuple[str, ...]


def read_tracks(path: Path, info: VideoInfo) -> TrackWords:
    """The words of every text track inside a video file, on the video's presentation clock.

    One pass over the packets of the file; no frame or sound is decoded. Tracks of images (PGS,
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
    text_tracks = [track for track in info.subtitle_tracks if track.is_text]
    cues, failures = _demux(path, text_tracks) if text_tracks else ({}, {})
    words: list[Words] = []
    for track in text_tracks:
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


WEBVTT_CODEC = "webvtt"


def _demux(path: Path, tracks: Sequence[SubtitleTrack]) -> tuple[dict[int, list[Cue]], dict[int, str]]:
    """Cues by stream on the stream's own clock, and what went wrong by stream."""
    import av

    from playhead_index.decode.opening import demux, open_container

    cues: dict[int, list[Cue]] = {}
    failures: dict[int, str] = {}
    with open_container(path) as container:
        streams = [container.streams[track.stream_index] for track in tracks]
        codecs = {track.stream_index: track.codec for track in tracks}
        for packet in demux(container, streams):
            index = packet.stream.index
            try:
                cues.setdefault(index, []).extend(_decoded(packet, codecs[index]))
            except (av.FFmpegError, UnicodeDecodeError) as error:
                failures[index] = f"not all of it can be decoded ({error})"
    return cues, failures


def _decoded(packet: Any, codec: str) -> Iterator[Cue]:
    """The cues of one packet; their end is their start where the container does not say it.

    FFmpeg's decoder of WebVTT drops the tags of voices, so that packets of that codec are read here.
    """
    if packet.pts is None or not packet.size:
        return
    start_s = float(packet.pts * packet.time_base)
    end_s = start_s + float((packet.duration or 0) * packet.time_base)
    subtitles = packet.decode()
    if codec == WEBVTT_CODEC:
        yield from cues_of_voices(start_s, end_s, webvtt_voices(bytes(packet).decode("utf-8")))
        return
    for subtitle in subtitles:
        line = getattr(subtitle, "ass", b"").decode("utf-8")
        fields = line.split(",", FIELDS_BEFORE_ASS_TEXT)
        actor = fields[ASS_ACTOR_FIELD] if len(fields) > FIELDS_BEFORE_ASS_TEXT else None
        yield Cue(start_s, end_s, plain_ass(fields[-1]), actor)


def _spans(track: SubtitleTrack, cues: list[Cue], info: VideoInfo) -> list[Words]:
    cues = sorted((cue for cue in cues if cue.text), key=lambda cue: (cue.start_s, cue.end_s, cue.text))
    starts_s = sorted({cue.start_s for cue in cues})
    next_s = dict(pairwise(starts_s))
    spans = []
    for cue in cues:
        start_s, end_s = cue.start_s, cue.end_s
        until_s = min(next_s.get(start_s, start_s + UNTIMED_CUE_S), start_s + UNTIMED_CUE_S)
        cue_window = Window(start_s - info.origin_s, (end_s if end_s > start_s else until_s) - info.origin_s)
        window = cue_window.clamped(info.window)
        if window is not None:
            source = f"track:{track.stream_index}"
            language, speaker = language_tag(track.language), speaker_label(cue.speaker)
            spans.append(Words("speech", source, window, cue.text, language, speaker=speaker))
    return unroll(spans)
