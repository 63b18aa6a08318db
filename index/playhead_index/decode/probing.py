"""What a file holds, measured: packets of picture and sound read, the first of each decoded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from playhead_index.decode.cursor import LostAtTheEnd, decoded
from playhead_index.decode.gaps import find_gaps
from playhead_index.decode.opening import demuxed, opened, pick_video, read_only, video_streams
from playhead_index.decode.orientation import Shape, shape_of
from playhead_index.decode.packets import MIN_TAIL_S, PacketTable, scan
from playhead_index.decode.protocol import (
    CAPTIONS_NOT_READ,
    CLOCK_AHEAD,
    NO_PICTURES,
    SOUND_NOT_READ,
    SubtitleTrack,
    VideoInfo,
)
from playhead_index.decode.recorded import recorded_at
from playhead_index.decode.sound import SoundExtent, why_no_sound
from playhead_index.decode.sound_tracks import (
    SoundTrack,
    is_flagged_default,
    read_sound_tracks,
    sound_stream,
    track_kinds,
    track_name,
)
from playhead_index.errors import NoPictures, VideoUnreadable
from playhead_index.window import Window, format_time, join_windows

TEXT_CODECS = {"mov_text", "subrip", "ass", "webvtt", "text", "ttml", "microdvd", "sami", "stl", "realtext"}
_SHORT_S, _SHORT_SHARE = 1.0, 0.02
_TRIED_PICTURES = 300
_MIN_LEAD_S = 1.0
_MAX_GAPS_NAMED = 3
_STATES_LENGTH = {"mov", "matroska", "webm", "avi", "asf", "flv", "mxf", "wav", "w64", "flac", "aiff", "caf"}
"""Containers whose header says how long they are; of the others FFmpeg guesses it from the bit rate."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a reader must know of a file: the record for callers, and where the pictures are.

    Args:
        info: the record for callers.
        table: when each picture is shown.
        shape: how the pictures are shown.
        stream_index: the stream they are in.
        container: FFmpeg's names for the container, such as `matroska,webm`.
    """

    info: VideoInfo
    table: PacketTable
    shape: Shape
    stream_index: int
    container: str


def probe_file(path: Path, stream_index: int | None = None) -> Probe | VideoInfo:
    """A probe of a file with pictures, or the record alone of one that holds only sound.

    One pass over the packets of the pictures and of the sound; the first of each is decoded.

    Raises:
        VideoUnreadable: it has a video stream of which no picture can be decoded, or neither video nor sound
            that can be decoded; the message says why.
    """
    try:
        return probe(path, stream_index)
    except NoPictures:
        return _probe_sound(path)


def probe(path: Path, stream_index: int | None = None) -> Probe:
    """Reads the packets of the video stream and of the sound, and decodes the first picture.

    Raises:
        NoPictures: the file holds only sound.
        VideoUnreadable: no picture of the file can be decoded; the message says why.
    """
    with opened(path) as container:
        if stream_index is None and sound_stream(container) is not None and not video_streams(container):
            raise NoPictures(path, NO_PICTURES)
        stream = pick_video(container, path, stream_index)
        header = _header(container, stream)
        extents = _extents(container)
        read_only(container, stream, *(container.streams[index] for index in extents))
        table = scan(container, stream, extents)
    if table is None:
        raise VideoUnreadable(path, _why_no_pictures(path, header.stream_index))
    if table.n_encrypted:
        raise VideoUnreadable(path, "its pictures are encrypted (DRM); a copy without protection is needed")
    first = _first_picture(path, header)
    shape = shape_of(first, header.pixel_aspect)
    lost = table.pictures_between(table.origin, first.pts)
    table = table.starting_at(first.pts)
    silent = why_no_sound(path)
    origin_s = float(table.origin * table.tick_s)
    sound = _on_the_clock(extents.values(), origin_s) if silent is None else ()
    timeline = _Timeline.of(table, sound)
    warnings = [
        *header.warnings,
        *_warnings(header, table, shape, lost, timeline),
        *([silent] if silent else []),
        *([CAPTIONS_NOT_READ] if _has_captions(first) else []),
    ]
    info = _info(path, header, table, shape, silent is None, timeline, warnings)
    return Probe(info, table, shape, header.stream_index, header.container)


def _extents(container: Any) -> dict[int, SoundExtent]:
    """What measures each sound track that has a clock, by the index of its stream."""
    return {
        stream.index: SoundExtent(stream.time_base)
        for stream in container.streams.audio
        if stream.codec_context is not None and stream.time_base
    }


def _on_the_clock(extents: Iterable[SoundExtent], origin_s: float) -> tuple[Window, ...]:
    """Where some track has sound, in seconds of the presentation clock; it may begin before 0."""
    stretches = join_windows(stretch for extent in extents for stretch in extent.stretches())
    return tuple(stretch.shifted(-origin_s) for stretch in stretches)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """When a recording ends, what it holds until then, and how long the sound is before it begins."""

    end_s: float
    pictures_end_s: float
    sound_end_s: float
    gaps: tuple[Window, ...]
    sound_lead_s: float = 0.0

    @classmethod
    def of(cls, table: PacketTable, sound: Sequence[Window]) -> "_Timeline":
        pictures_end_s = table.duration_s
        sound_end_s = sound[-1].end_s if sound else 0.0
        end_s = sound_end_s if sound_end_s > pictures_end_s + MIN_TAIL_S else pictures_end_s
        lead_s = max(0.0, -sound[0].start_s) if sound else 0.0
        return cls(end_s, pictures_end_s, sound_end_s, find_gaps(table, sound), lead_s)


def _probe_sound(path: Path) -> VideoInfo:
    """The record of a file that holds only sound: t = 0 is where the sound begins."""
    if why_not := why_no_sound(path):
        raise VideoUnreadable(path, f"there are no pictures in it, and {why_not}")
    with opened(path) as container:
        stream = sound_stream(container)
        header = _header(container, stream)
        extents = _extents(container)
        measured = [container.streams[index] for index in extents]
        read_only(container, *measured)
        for packet in demuxed(container, measured) if measured else ():
            if packet.size:
                extents[packet.stream_index].add(packet)
    stretches = _on_the_clock(extents.values(), 0.0)
    if not stretches:
        raise VideoUnreadable(
            path, "its sound carries no times; put it into a container: ffmpeg -i FILE -c copy NEW.mka"
        )
    origin_s = stretches[0].start_s
    sound = [one.shifted(-origin_s) for one in stretches]
    end_s = sound[-1].end_s
    gaps = find_gaps(None, sound)
    warnings = [*header.warnings, *_gap_warnings(gaps)]
    promised_s = (header.end_s or 0.0) - origin_s
    if any(extent.clock_jumped for extent in extents.values()):
        warnings.append(_clock_jump_warning(end_s))
    elif header.states_length and promised_s - end_s > max(_SHORT_S, _SHORT_SHARE * promised_s):
        warnings.append(
            f"the header promises {format_time(promised_s)}, the sound ends at {format_time(end_s)}"
        )
    none = np.zeros(0, np.int64)
    return VideoInfo(
        path=path, duration_s=end_s, pictures_end_s=0.0, origin_s=origin_s, width_px=0, height_px=0,
        rotation_deg=0, codec=header.codec, average_fps=0.0, is_variable_rate=False, n_frames=0,
        keyframes_s=none.astype(np.float64), gop_bytes=none, key_bytes=none, has_audio=True,
        subtitle_tracks=header.subtitle_tracks, warnings=tuple(warnings), recorded_at=header.recorded_at,
        has_pictures=False, gaps=gaps, container=header.container, sound_tracks=header.sound_tracks,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Header:
    """What the container says of the stream, to be checked against what is there."""

    stream_index: int
    container: str
    codec: str
    pixel_aspect: float | None
    end_s: float | None
    is_end_of_stream: bool
    subtitle_tracks: tuple[SubtitleTrack, ...]
    sound_tracks: tuple[SoundTrack, ...]
    warnings: tuple[str, ...]
    recorded_at: float | None

    @property
    def states_length(self) -> bool:
        """The end is what the header says and not an estimate."""
        return not _STATES_LENGTH.isdisjoint(self.container.split(","))


def _header(container: Any, stream: Any) -> _Header:
    tracks = tuple(_subtitle_track(track) for track in container.streams.subtitles)
    n_videos = len(video_streams(container))
    warnings = []
    if n_videos > 1:
        warnings.append(f"it holds {n_videos} video streams; stream {stream.index} is read")
    sounds = read_sound_tracks(container)
    if len(sounds) > 1:
        names = ", ".join(track_name(sounds, sound) for sound in sounds)
        warnings.append(f"{SOUND_NOT_READ}of its {len(sounds)} sound tracks, {names}, one is read")
    warnings += [
        f"subtitle stream {t.stream_index} is of an unknown kind" for t in tracks if t.codec == "unknown"
    ]
    aspect = stream.sample_aspect_ratio if stream.type == "video" else None
    return _Header(
        stream_index=stream.index,
        container=container.format.name,
        codec=stream.codec_context.codec.canonical_name,
        pixel_aspect=float(aspect) if aspect else None,
        end_s=_promised_end_s(container, stream),
        is_end_of_stream=bool(stream.duration),
        subtitle_tracks=tracks,
        sound_tracks=sounds,
        warnings=tuple(warnings),
        recorded_at=recorded_at({**stream.metadata, **container.metadata}),
    )


def _promised_end_s(container: Any, stream: Any) -> float | None:
    """When the header says that a stream ends, in seconds of the file's own clock."""
    if stream.duration:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    if container.duration:
        return float((container.start_time or 0) + container.duration) / 1_000_000
    return None


def _subtitle_track(track: Any) -> SubtitleTrack:
    codec = track.codec_context.codec.canonical_name if track.codec_context else "unknown"
    language = None if track.language in (None, "", "und") else track.language
    kinds = track_kinds(track) | ({"default"} if is_flagged_default(track) else set())
    return SubtitleTrack(track.index, codec, language, codec in TEXT_CODECS, kinds)


def _first_picture(path: Path, header: _Header) -> Any:
    """The first picture that decodes undamaged, or the first at all when none of many is undamaged."""
    with opened(path) as container:
        stream = container.streams[header.stream_index]
        stream.thread_type = "AUTO"
        read_only(container, stream)
        pictures: list[Any] = []
        try:
            for picture in islice(decoded(container, stream, []), _TRIED_PICTURES):
                pictures = pictures[:1] or [picture]
                if not picture.is_corrupt:
                    return picture
        except LostAtTheEnd:
            pass
    if not pictures:
        raise VideoUnreadable(path, f"not one of its {header.codec} pictures decodes: the file is damaged")
    return pictures[0]


def _has_captions(picture: Any) -> bool:
    """A decoded picture carries closed captions, as North American broadcasts do in every picture."""
    return any(data.type.name == "A53_CC" for data in picture.side_data)


def _why_no_pictures(path: Path, stream_index: int) -> str:
    with opened(path) as container:
        if any(packet.size for packet in demuxed(container, container.streams[stream_index])):
            return "its pictures carry no times; put it into a container: ffmpeg -i FILE -c copy NEW.mp4"
    return "its header promises a video, but there is no picture in it; the file seems to be cut off"


def _warnings(header: _Header, table: PacketTable, shape: Shape, lost: int, timeline: _Timeline) -> list[str]:
    warnings = []
    promised_s = (header.end_s or 0.0) - float(table.origin * table.tick_s)
    there_s = timeline.pictures_end_s if header.is_end_of_stream else timeline.end_s
    if table.clock_jump is not None:
        warnings.append(_clock_jump_warning(table.seconds(table.clock_jump)))
    elif promised_s - there_s > max(_SHORT_S, _SHORT_SHARE * promised_s):
        ends = f"the pictures end at {format_time(timeline.pictures_end_s)}"
        if timeline.end_s > timeline.pictures_end_s:
            ends += f", the sound at {format_time(timeline.end_s)}"
        warnings.append(f"the header promises {format_time(promised_s)}, {ends}")
    if timeline.sound_lead_s > _MIN_LEAD_S:
        warnings.append(
            f"{SOUND_NOT_READ}it begins {format_time(timeline.sound_lead_s)} before the first picture"
        )
    warnings += _gap_warnings(timeline.gaps)
    if table.n_damaged:
        warnings.append(f"packets that are damaged, cut off or without a time: {table.n_damaged}")
    if lost:
        warnings.append(f"pictures at the start that do not decode: {lost}; t = 0 is the first that does")
    if shape.turn.is_mirrored:
        warnings.append("shown mirrored, as the file asks")
    return warnings


def _clock_jump_warning(at_s: float) -> str:
    return (
        f"the clock of the file jumps at {format_time(at_s)}; what follows cannot be addressed: write the"
        " file anew with ffmpeg -i FILE NEW.mp4"
    )


def _gap_warnings(gaps: Sequence[Window]) -> list[str]:
    """One line for all gaps: where the first ones are and how long they are."""
    if not gaps:
        return []
    named = [
        f"{format_time(gap.start_s)} to {format_time(gap.end_s)} ({format_time(round(gap.duration_s))})"
        for gap in gaps[:_MAX_GAPS_NAMED]
    ]
    more = f" and {len(gaps) - _MAX_GAPS_NAMED} more" if len(gaps) > _MAX_GAPS_NAMED else ""
    return [f"{CLOCK_AHEAD}neither pictures nor sound from {', '.join(named)}{more}; that is not searched"]


def _info(
    path: Path,
    header: _Header,
    table: PacketTable,
    shape: Shape,
    has_audio: bool,
    timeline: _Timeline,
    warnings: list[str],
) -> VideoInfo:
    shown = np.isin(table.key_ticks, table.ticks)
    gaps_s = sum(gap.duration_s for gap in timeline.gaps if gap.end_s <= timeline.pictures_end_s)
    return VideoInfo(
        path=path,
        duration_s=timeline.end_s,
        pictures_end_s=timeline.pictures_end_s,
        origin_s=float(table.origin * table.tick_s),
        width_px=shape.width_px,
        height_px=shape.height_px,
        rotation_deg=shape.turn.rotation_deg,
        codec=header.codec,
        average_fps=len(table.ticks) / (timeline.pictures_end_s - gaps_s),
        is_variable_rate=table.is_variable_rate,
        n_frames=len(table.ticks),
        keyframes_s=table.all_seconds(table.key_ticks[shown]),
        gop_bytes=table.gop_bytes[shown],
        key_bytes=table.key_bytes[shown],
        has_audio=has_audio,
        subtitle_tracks=header.subtitle_tracks,
        warnings=tuple(warnings),
        recorded_at=header.recorded_at,
        has_pictures=True,
        gaps=timeline.gaps,
        container=header.container,
        sound_tracks=header.sound_tracks,
    )
