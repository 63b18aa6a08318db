"""Probes a file: reads the packets of frames and sound, and decodes the first of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from playhead_index.decode.frame_cursor import FramesLostAtEnd, decode_frames
from playhead_index.decode.gaps import find_gaps
from playhead_index.decode.opening import demux, open_container, pick_video, select_streams, video_streams
from playhead_index.decode.orientation import Shape, shape_of
from playhead_index.decode.packets import MIN_TAIL_S, PacketTable, scan
from playhead_index.decode.protocol import (
    CAPTIONS_NOT_READ,
    CLOCK_AHEAD,
    NO_FRAMES,
    SOUND_NOT_READ,
    SubtitleTrack,
    VideoInfo,
)
from playhead_index.decode.recording_time import recorded_at
from playhead_index.decode.sound import SoundExtent, why_no_sound
from playhead_index.decode.sound_tracks import (
    SoundTrack,
    is_flagged_default,
    read_sound_tracks,
    sound_stream,
    track_kinds,
    track_name,
)
from playhead_index.errors import NoFrames, VideoUnreadable
from playhead_index.window import Window, format_time, join_windows

TEXT_CODECS = {"mov_text", "subrip", "ass", "webvtt", "text", "ttml", "microdvd", "sami", "stl", "realtext"}
_SHORT_S, _SHORT_SHARE = 1.0, 0.02
_MAX_TRIED_FRAMES = 300
_MIN_LEAD_S = 1.0
_MAX_GAPS_NAMED = 3
_STATES_LENGTH = {"mov", "matroska", "webm", "avi", "asf", "flv", "mxf", "wav", "w64", "flac", "aiff", "caf"}
"""Containers whose header says how long they are; of the others FFmpeg guesses it from the bit rate."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a reader needs of a file: the record for callers, and where the frames are.

    Args:
        info: the record for callers.
        table: when each frame is shown.
        shape: how the frames are shown.
        stream_index: the stream they are in.
        container: FFmpeg's names for the container, such as `matroska,webm`.
    """

    info: VideoInfo
    table: PacketTable
    shape: Shape
    stream_index: int
    container: str


def probe_file(path: Path, stream_index: int | None = None) -> Probe | VideoInfo:
    """A probe of a file with frames, or the record alone of one that holds only sound.

    One pass over the packets of the frames and of the sound; the first of each is decoded.

    Raises:
        VideoUnreadable: it has a video stream of which no frame can be decoded, or neither video nor sound
            that can be decoded; the message says why.
    """
    try:
        return probe(path, stream_index)
    except NoFrames:
        return _probe_sound(path)


def probe(path: Path, stream_index: int | None = None) -> Probe:
    """Reads the packets of the video stream and of the sound, and decodes the first frame.

    Raises:
        NoFrames: the file holds only sound.
        VideoUnreadable: no frame of the file can be decoded; the message says why.
    """
    with open_container(path) as container:
        if stream_index is None and sound_stream(container) is not None and not video_streams(container):
            raise NoFrames(path, NO_FRAMES)
        stream = pick_video(container, path, stream_index)
        header = _header(container, stream)
        extents = _extents(container)
        select_streams(container, stream, *(container.streams[index] for index in extents))
        table = scan(container, stream, extents)
    if table is None:
        raise VideoUnreadable(path, _why_no_frames(path, header.stream_index))
    if table.n_encrypted:
        raise VideoUnreadable(path, "its pictures are encrypted (DRM); a copy without protection is needed")
    first = _first_frame(path, header)
    shape = shape_of(first, header.pixel_aspect)
    num_lost = table.num_frames_between(table.origin, first.pts)
    table = table.starting_at(first.pts)
    why_silent = why_no_sound(path)
    origin_s = float(table.origin * table.tick_s)
    sound = _sound_windows(extents.values(), origin_s) if why_silent is None else ()
    timeline = _Timeline.of(table, sound)
    warnings = [
        *header.warnings,
        *_warnings(header, table, shape, num_lost, timeline),
        *([why_silent] if why_silent else []),
        *([CAPTIONS_NOT_READ] if _has_captions(first) else []),
    ]
    info = _info(path, header, table, shape, why_silent is None, timeline, warnings)
    return Probe(info, table, shape, header.stream_index, header.container)


def _extents(container: Any) -> dict[int, SoundExtent]:
    """What measures each sound track that has a clock, by the index of its stream."""
    return {
        stream.index: SoundExtent(stream.time_base)
        for stream in container.streams.audio
        if stream.codec_context is not None and stream.time_base
    }


def _sound_windows(extents: Iterable[SoundExtent], origin_s: float) -> tuple[Window, ...]:
    """Where some track has sound, in seconds of the presentation clock; it may begin before 0."""
    windows = join_windows(window for extent in extents for window in extent.windows())
    return tuple(window.shifted(-origin_s) for window in windows)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """When a recording ends, what it holds until then, and how long the sound is before it begins."""

    end_s: float
    frames_end_s: float
    sound_end_s: float
    gaps: tuple[Window, ...]
    sound_lead_s: float = 0.0

    @classmethod
    def of(cls, table: PacketTable, sound: Sequence[Window]) -> "_Timeline":
        frames_end_s = table.duration_s
        sound_end_s = sound[-1].end_s if sound else 0.0
        end_s = sound_end_s if sound_end_s > frames_end_s + MIN_TAIL_S else frames_end_s
        lead_s = max(0.0, -sound[0].start_s) if sound else 0.0
        return cls(end_s, frames_end_s, sound_end_s, find_gaps(table, sound), lead_s)


def _probe_sound(path: Path) -> VideoInfo:
    """The record of a file that holds only sound: t = 0 is where the sound begins."""
    if why_not := why_no_sound(path):
        raise VideoUnreadable(path, f"there are no pictures in it, and {why_not}")
    with open_container(path) as container:
        stream = sound_stream(container)
        header = _header(container, stream)
        extents = _extents(container)
        audio_streams = [container.streams[index] for index in extents]
        select_streams(container, *audio_streams)
        for packet in demux(container, audio_streams) if audio_streams else ():
            if packet.size:
                extents[packet.stream_index].add(packet)
    windows = _sound_windows(extents.values(), 0.0)
    if not windows:
        raise VideoUnreadable(
            path, "its sound carries no times; put it into a container: ffmpeg -i FILE -c copy NEW.mka"
        )
    origin_s = windows[0].start_s
    sound = [one.shifted(-origin_s) for one in windows]
    end_s = sound[-1].end_s
    gaps = find_gaps(None, sound)
    warnings = [*header.warnings, *_gap_warnings(gaps)]
    header_end_s = (header.end_s or 0.0) - origin_s
    if any(extent.clock_jumped for extent in extents.values()):
        warnings.append(_clock_jump_warning(end_s))
    elif header.states_length and header_end_s - end_s > max(_SHORT_S, _SHORT_SHARE * header_end_s):
        warnings.append(
            f"the header promises {format_time(header_end_s)}, the sound ends at {format_time(end_s)}"
        )
    empty = np.zeros(0, np.int64)
    return VideoInfo(
        path=path, duration_s=end_s, frames_end_s=0.0, origin_s=origin_s, width_px=0, height_px=0,
        rotation_deg=0, codec=header.codec, average_fps=0.0, is_variable_rate=False, n_frames=0,
        keyframes_s=empty.astype(np.float64), gop_bytes=empty, key_bytes=empty, has_audio=True,
        subtitle_tracks=header.subtitle_tracks, warnings=tuple(warnings), recorded_at=header.recorded_at,
        has_frames=False, gaps=gaps, container=header.container, sound_tracks=header.sound_tracks,
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
        end_s=_header_end_s(container, stream),
        is_end_of_stream=bool(stream.duration),
        subtitle_tracks=tracks,
        sound_tracks=sounds,
        warnings=tuple(warnings),
        recorded_at=recorded_at({**stream.metadata, **container.metadata}),
    )


def _header_end_s(container: Any, stream: Any) -> float | None:
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


def _first_frame(path: Path, header: _Header) -> Any:
    """The first frame that decodes undamaged, or the very first when none of many is undamaged."""
    with open_container(path) as container:
        stream = container.streams[header.stream_index]
        stream.thread_type = "AUTO"
        select_streams(container, stream)
        frames: list[Any] = []
        try:
            for frame in islice(decode_frames(container, stream, []), _MAX_TRIED_FRAMES):
                frames = frames[:1] or [frame]
                if not frame.is_corrupt:
                    return frame
        except FramesLostAtEnd:
            pass
    if not frames:
        raise VideoUnreadable(path, f"not one of its {header.codec} pictures decodes: the file is damaged")
    return frames[0]


def _has_captions(frame: Any) -> bool:
    """A decoded frame carries closed captions, as North American broadcasts do in every frame."""
    return any(data.type.name == "A53_CC" for data in frame.side_data)


def _why_no_frames(path: Path, stream_index: int) -> str:
    with open_container(path) as container:
        if any(packet.size for packet in demux(container, container.streams[stream_index])):
            return "its pictures carry no times; put it into a container: ffmpeg -i FILE -c copy NEW.mp4"
    return "its header promises a video, but there is no picture in it; the file seems to be cut off"


def _warnings(
    header: _Header, table: PacketTable, shape: Shape, num_lost: int, timeline: _Timeline
) -> list[str]:
    warnings = []
    header_end_s = (header.end_s or 0.0) - float(table.origin * table.tick_s)
    measured_end_s = timeline.frames_end_s if header.is_end_of_stream else timeline.end_s
    if table.clock_jump is not None:
        warnings.append(_clock_jump_warning(table.seconds(table.clock_jump)))
    elif header_end_s - measured_end_s > max(_SHORT_S, _SHORT_SHARE * header_end_s):
        ends = f"the pictures end at {format_time(timeline.frames_end_s)}"
        if timeline.end_s > timeline.frames_end_s:
            ends += f", the sound at {format_time(timeline.end_s)}"
        warnings.append(f"the header promises {format_time(header_end_s)}, {ends}")
    if timeline.sound_lead_s > _MIN_LEAD_S:
        warnings.append(
            f"{SOUND_NOT_READ}it begins {format_time(timeline.sound_lead_s)} before the first picture"
        )
    warnings += _gap_warnings(timeline.gaps)
    if table.n_damaged:
        warnings.append(f"packets that are damaged, cut off or without a time: {table.n_damaged}")
    if num_lost:
        warnings.append(f"pictures at the start that do not decode: {num_lost}; t = 0 is the first that does")
    if shape.orientation.is_mirrored:
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
    is_displayed = np.isin(table.key_ticks, table.ticks)
    gaps_s = sum(gap.duration_s for gap in timeline.gaps if gap.end_s <= timeline.frames_end_s)
    return VideoInfo(
        path=path,
        duration_s=timeline.end_s,
        frames_end_s=timeline.frames_end_s,
        origin_s=float(table.origin * table.tick_s),
        width_px=shape.width_px,
        height_px=shape.height_px,
        rotation_deg=shape.orientation.rotation_deg,
        codec=header.codec,
        average_fps=len(table.ticks) / (timeline.frames_end_s - gaps_s),
        is_variable_rate=table.is_variable_rate,
        n_frames=len(table.ticks),
        keyframes_s=table.all_seconds(table.key_ticks[is_displayed]),
        gop_bytes=table.gop_bytes[is_displayed],
        key_bytes=table.key_bytes[is_displayed],
        has_audio=has_audio,
        subtitle_tracks=header.subtitle_tracks,
        warnings=tuple(warnings),
        recorded_at=header.recorded_at,
        has_frames=True,
        gaps=timeline.gaps,
        container=header.container,
        sound_tracks=header.sound_tracks,
    )
