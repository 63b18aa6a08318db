"""What a video file holds, measured: every packet read, the first picture and the first sound decoded."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from playhead_index.decode.cursor import LostAtTheEnd, decoded
from playhead_index.decode.opening import demuxed, opened, pick_video, read_only, video_streams
from playhead_index.decode.packets import PacketTable, scan
from playhead_index.decode.protocol import CAPTIONS_NOT_READ, SOUND_NOT_READ, SubtitleTrack, VideoInfo
from playhead_index.decode.recorded import recorded_at
from playhead_index.decode.sound import why_no_sound
from playhead_index.decode.sound_tracks import (
    SoundTrack,
    is_flagged_default,
    read_sound_tracks,
    track_kinds,
    track_name,
)
from playhead_index.decode.upright import Shape, shape_of
from playhead_index.errors import VideoUnreadable
from playhead_index.window import format_time

TEXT_CODECS = {"mov_text", "subrip", "ass", "webvtt", "text", "ttml", "microdvd", "sami", "stl", "realtext"}
_SHORT_S, _SHORT_SHARE = 1.0, 0.02
_TRIED_PICTURES = 300


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


def probe(path: Path, stream_index: int | None = None) -> Probe:
    """Reads the packets of the video stream and decodes its first picture.

    Raises:
        VideoUnreadable: no picture of the file can be decoded; the message says why.
    """
    with opened(path) as container:
        stream = pick_video(container, path, stream_index)
        header = _header(container, stream)
        read_only(container, stream)
        table = scan(container, stream)
    if table is None:
        raise VideoUnreadable(path, _why_no_pictures(path, header.stream_index))
    if table.n_encrypted:
        raise VideoUnreadable(path, "its pictures are encrypted (DRM); a copy without protection is needed")
    first = _first_picture(path, header)
    shape = shape_of(first, header.pixel_aspect)
    lost = table.pictures_between(table.origin, first.pts)
    table = table.starting_at(first.pts)
    silent = why_no_sound(path)
    warnings = [*header.warnings, *_warnings(header, table, shape, lost), *([silent] if silent else [])]
    warnings += [CAPTIONS_NOT_READ] if _has_captions(first) else []
    info = _info(path, header, table, shape, silent is None, warnings)
    return Probe(info, table, shape, header.stream_index, header.container)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the container says of the stream, to be checked against what is there."""

    stream_index: int
    container: str
    codec: str
    pixel_aspect: float | None
    end_s: float | None
    sound_end_s: float | None
    subtitle_tracks: tuple[SubtitleTrack, ...]
    sound_tracks: tuple[SoundTrack, ...]
    warnings: tuple[str, ...]
    recorded_at: float | None


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
    aspect = stream.sample_aspect_ratio
    return _Header(
        stream_index=stream.index,
        container=container.format.name,
        codec=stream.codec_context.codec.canonical_name,
        pixel_aspect=float(aspect) if aspect else None,
        end_s=_promised_end_s(container, stream),
        sound_end_s=_sound_end_s(container),
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


def _sound_end_s(container: Any) -> float | None:
    """When the last sound track ends by its header; None where no header says it, or there is no sound."""
    ends_s = (_promised_end_s(container, sound) for sound in container.streams.audio)
    return max((end_s for end_s in ends_s if end_s is not None), default=None)


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


def _warnings(header: _Header, table: PacketTable, shape: Shape, lost: int) -> list[str]:
    warnings = []
    promised_s = (header.end_s or 0.0) - float(table.origin * table.tick_s)
    if table.clock_jump is not None:
        warnings.append(
            f"the clock of the file jumps at {format_time(table.seconds(table.clock_jump))}; what follows"
            " cannot be addressed: write the file anew with ffmpeg -i FILE NEW.mp4"
        )
    elif promised_s - table.duration_s > max(_SHORT_S, _SHORT_SHARE * promised_s):
        ends = format_time(table.duration_s)
        warnings.append(f"the header promises {format_time(promised_s)}, the pictures end at {ends}")
    sound_s = (header.sound_end_s or 0.0) - float(table.origin * table.tick_s)
    if table.clock_jump is None and sound_s - table.duration_s > max(_SHORT_S, _SHORT_SHARE * sound_s):
        ends = format_time(table.duration_s)
        warnings.append(f"{SOUND_NOT_READ}it goes on to {format_time(sound_s)}, the pictures end at {ends}")
    if table.n_damaged:
        warnings.append(f"packets that are damaged, cut off or without a time: {table.n_damaged}")
    if lost:
        warnings.append(f"pictures at the start that do not decode: {lost}; t = 0 is the first that does")
    if shape.turn.is_mirrored:
        warnings.append("shown mirrored, as the file asks")
    return warnings


def _info(
    path: Path, header: _Header, table: PacketTable, shape: Shape, has_audio: bool, warnings: list[str]
) -> VideoInfo:
    shown = np.isin(table.key_ticks, table.ticks)
    return VideoInfo(
        path=path,
        duration_s=table.duration_s,
        origin_s=float(table.origin * table.tick_s),
        width_px=shape.width_px,
        height_px=shape.height_px,
        rotation_deg=shape.turn.rotation_deg,
        codec=header.codec,
        average_fps=len(table.ticks) / table.duration_s,
        is_variable_rate=table.is_variable_rate,
        n_frames=len(table.ticks),
        keyframes_s=table.all_seconds(table.key_ticks[shown]),
        gop_bytes=table.gop_bytes[shown],
        key_bytes=table.key_bytes[shown],
        has_audio=has_audio,
        subtitle_tracks=header.subtitle_tracks,
        warnings=tuple(warnings),
        recorded_at=header.recorded_at,
        sound_tracks=header.sound_tracks,
    )
