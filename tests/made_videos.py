"""Test videos written with PyAV, of which every picture and time is known.

Each maker returns a `MadeVideo`: the path, the times at which its pictures are first shown (on the
presentation clock, so the first is 0) and the time at which the last one ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Cue = tuple[float, float, str]
WIDTH_PX, HEIGHT_PX = 160, 120
CODE_BITS = 10
TICKS = Fraction(1, 90_000)
QUICK: Mapping[str, dict[str, str]] = {
    "libx264": {"preset": "ultrafast", "crf": "18", "sc_threshold": "0"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
    "libsvtav1": {"preset": "10", "svtav1-params": "lp=1"},
    "mpeg4": {"qscale": "2"},
}
SUBTITLE_CODEC = {
    ".mp4": "mov_text",
    ".mov": "mov_text",
    ".m4v": "mov_text",
    ".mkv": "subrip",
    ".webm": "webvtt",
}


@dataclass(frozen=True, slots=True)
class MadeVideo:
    """A written video: when picture i is first shown, and when the last one ends."""

    path: Path
    times_s: tuple[float, ...]
    end_s: float

    def index_at(self, time_s: float) -> int:
        """Number of the picture on the screen at a time: the last one shown at or before it."""
        return int(np.searchsorted(np.asarray(self.times_s), time_s, side="right")) - 1


# ---- pictures ----


def solid(rgb: Sequence[int], width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Picture:
    """A picture of one colour."""
    return np.broadcast_to(np.asarray(rgb, np.uint8), (height_px, width_px, 3)).copy()


def gradient(rgb: Sequence[int], width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Picture:
    """A picture that goes from black on the left to one colour on the right."""
    ramp = np.linspace(0.0, 1.0, width_px)[None, :, None]
    return np.broadcast_to(ramp * np.asarray(rgb), (height_px, width_px, 3)).astype(np.uint8)


def coded(number: int, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Picture:
    """A picture that says its own number in black and white bars; the top left corner is dark red.

    Read it with `read_code`, upright only: turned or mirrored it says something else.
    """
    bits = [(number >> bit) & 1 for bit in range(CODE_BITS)]
    bars = np.repeat(np.array([*bits, 1 - bits[0]], np.uint8) * 255, width_px // (CODE_BITS + 1))
    picture = np.full((height_px, width_px, 3), 128, np.uint8)
    picture[height_px // 4 :, : len(bars)] = bars[None, :, None]
    picture[: height_px // 4, : width_px // 2] = (120, 0, 0)
    return picture


def read_code(rgb: Picture) -> int:
    """The number that `coded` wrote, from a decoded picture of any size."""
    height_px, width_px = rgb.shape[:2]
    bar_px = (WIDTH_PX // (CODE_BITS + 1)) * width_px / WIDTH_PX
    row = rgb[int(height_px * 0.45) : int(height_px * 0.8)].mean(axis=(0, 2))
    bits = [row[int((bar + 0.5) * bar_px)] > 127 for bar in range(CODE_BITS + 1)]
    if bits[0] == bits[-1]:
        raise AssertionError("this picture is not upright, or carries no code")
    return sum(int(bit) << place for place, bit in enumerate(bits[:-1]))


def corner_is_red(rgb: Picture) -> bool:
    """The picture stands upright: its top left corner is the dark red of `coded`."""
    corner = rgb[: rgb.shape[0] // 8, : rgb.shape[1] // 4].mean(axis=(0, 1))
    return bool(corner[0] > corner[1] + 50 and corner[0] > corner[2] + 50)


def tone(
    seconds: float, *, begins_s: float = 0.0, hz: float = 440.0, rate_hz: int = 16_000
) -> NDArray[np.float32]:
    """Mono sound: silence, then from `begins_s` a loud tone."""
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.where(at >= begins_s, 0.5 * np.sin(2 * np.pi * hz * at), 0.0).astype(np.float32)


# ---- the writer ----


def write_video(
    path: Path,
    pictures: Iterable[tuple[Picture, float]],
    *,
    end_s: float | None = None,
    codec: str = "libx264",
    gop: int = 12,
    b_frames: int = 0,
    rotation_deg: int = 0,
    display_matrix: Sequence[int] | None = None,
    pixel_aspect: Fraction | None = None,
    start_s: float = 0.0,
    audio: NDArray[np.float32] | None = None,
    audio_rate_hz: int = 16_000,
    audio_codec: str | None = None,
    audio_start_s: float = 0.0,
    audio_hole_s: tuple[float, float] | None = None,
    subtitles: Sequence[Cue] | None = None,
    subtitle_language: str = "eng",
    subtitle_codec: str | None = None,
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> MadeVideo:
    """Writes pictures, each shown from its own time on, and returns what was written.

    Args:
        path: the suffix chooses the container.
        pictures: (picture as it shall be shown, seconds at which it appears), times ascending from 0.
        end_s: when the last picture ends; by default it lasts as long as the one before it, or 0.04 s.
        gop: pictures from one keyframe to the next, at most.
        rotation_deg: 0, 90, 180 or 270: the file holds the pictures turned, and says so.
        display_matrix: nine int32 as FFmpeg has them; the pictures are then stored as they are given.
        pixel_aspect: width of a pixel divided by its height.
        start_s: added to every time inside the file, sound and subtitles too.
        audio: (n,) float32 mono in [-1, 1] that begins at `audio_start_s`.
        audio_hole_s: (from, to): sound packets that begin in there are left out.
        subtitles: (start_s, end_s, text) of one text track.
        subtitle_codec: by default the one of the container.
    """
    shown = list(pictures)
    times_s = [time_s for _, time_s in shown]
    last_s = times_s[-1] - times_s[-2] if len(times_s) > 1 else 0.04
    end_s = times_s[-1] + last_s if end_s is None else end_s
    with av.open(str(path), "w", options=dict(container_options or {})) as out:
        out.metadata.update(metadata or {})
        stored = [np.ascontiguousarray(np.rot90(picture, rotation_deg // 90)) for picture, _ in shown]
        video = _video_stream(out, stored[0].shape, codec, gop, b_frames, pixel_format, options)
        if rotation_deg:
            video.set_display_rotation(-rotation_deg)
        if display_matrix is not None:
            video.set_display_matrix(display_matrix)
        if pixel_aspect is not None:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        sound = _audio_stream(out, path, audio_rate_hz, audio_codec) if audio is not None else None
        words = None
        if subtitles is not None:
            words = _subtitle_stream(out, subtitle_codec or SUBTITLE_CODEC[path.suffix], subtitle_language)
        packets = _video_packets(video, stored, times_s, end_s, start_s)
        if sound is not None and audio is not None:
            heard = _audio_packets(sound, audio, audio_rate_hz, start_s + audio_start_s)
            low_s, high_s = audio_hole_s or (0.0, 0.0)
            packets += [p for p in heard if not low_s <= p.pts * p.time_base - start_s < high_s]
        if words is not None and subtitles is not None:
            packets += [_cue_packet(words, cue, start_s) for cue in subtitles]
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            out.mux(packet)
    return MadeVideo(path, tuple(times_s), end_s)


def _video_stream(
    out: Any,
    shape: Sequence[int],
    codec: str,
    gop: int,
    b_frames: int,
    pixel_format: str,
    options: Mapping[str, str] | None,
) -> Any:
    stream = out.add_stream(codec, rate=25, options={**QUICK.get(codec, {}), **(options or {})})
    stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], pixel_format
    ticks = Fraction(1, 30_000) if codec == "mpeg4" else TICKS
    stream.time_base = stream.codec_context.time_base = ticks
    stream.codec_context.gop_size = gop
    if b_frames:
        stream.codec_context.max_b_frames = b_frames
        stream.codec_context.options = {**stream.codec_context.options, "bf": str(b_frames)}
    return stream


def _video_packets(
    stream: Any, stored: Sequence[Picture], times_s: Sequence[float], end_s: float, start_s: float
) -> list[Any]:
    ticks = stream.codec_context.time_base
    at = [round((start_s + time_s) / ticks) for time_s in [*times_s, end_s]]
    lasts = {pts: after - pts for pts, after in pairwise(at)}
    packets = []
    for picture, pts in [*zip(stored, at, strict=False), (None, 0)]:
        frame = None
        if picture is not None:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, ticks
        for packet in stream.encode(frame):
            packet.duration = lasts[packet.pts]
            packets.append(packet)
    return packets


def _audio_stream(out: Any, path: Path, rate_hz: int, codec: str | None) -> Any:
    chosen = codec or ("libopus" if path.suffix == ".webm" else "aac")
    rate = 48_000 if chosen == "libopus" else rate_hz
    stream = out.add_stream(chosen, rate=rate, layout="mono")
    if chosen == "wmav2":
        stream.bit_rate = 32_000
    return stream


def _audio_packets(stream: Any, audio: NDArray[np.float32], rate_hz: int, start_s: float) -> list[Any]:
    context = stream.codec_context
    context.open(strict=False)
    resample = av.AudioResampler(
        format=context.format, layout="mono", rate=context.rate, frame_size=context.frame_size or 1024
    )
    first = round(start_s * context.rate)
    frame = av.AudioFrame.from_ndarray(audio[None], format="flt", layout="mono")
    frame.rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
    packets = []
    for piece in [*resample.resample(frame), *resample.resample(None), None]:
        if piece is not None:
            piece.pts, piece.time_base = first + (piece.pts or 0), Fraction(1, context.rate)
        packets += stream.encode(piece)
    return packets


def _subtitle_stream(out: Any, codec: str, language: str) -> Any:
    stream = out.add_stream(codec)
    stream.time_base = Fraction(1, 1000)
    stream.metadata["language"] = language
    stream.codec_context.subtitle_header = _ASS_HEADER
    return stream


_ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def _cue_packet(stream: Any, cue: Cue, shift_s: float) -> Any:
    start_s, end_s, text = cue
    data = text.encode()
    if stream.codec_context.name == "mov_text":
        data = len(data).to_bytes(2, "big") + data
    packet = av.Packet(data)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = round((start_s + shift_s) * 1000)
    packet.duration = round((end_s - start_s) * 1000)
    packet.is_keyframe = True
    return packet


# ---- named makers ----

_X265 = "log-level=none:pools=1:frame-threads=1:keyint=20:min-keyint=20:scenecut=0:bframes=3"
OPEN_GOP, CLOSED_GOP = f"{_X265}:open-gop=1", f"{_X265}:open-gop=0"
UNEVEN_S = (0.04, 0.04, 0.2, 0.02, 0.5, 0.04, 0.08)


def colours(
    path: Path, parts: Sequence[tuple[Sequence[int], float]], *, fps: float = 25.0, **how: Any
) -> MadeVideo:
    """Plain colours, each shown for its own number of seconds.

    >>> colours(Path("talk.mp4"), [((255, 0, 0), 2.0), ((0, 0, 255), 3.0)])  # doctest: +SKIP
    """
    pictures: list[tuple[Picture, float]] = []
    for rgb, seconds in parts:
        first = len(pictures)
        pictures += [(solid(rgb), (first + i) / fps) for i in range(round(seconds * fps))]
    return write_video(path, pictures, end_s=len(pictures) / fps, **how)


def stills(path: Path, parts: Sequence[tuple[Picture, float]], *, fps: float = 5.0, **how: Any) -> MadeVideo:
    """Pictures of your own, each shown for its own number of seconds."""
    pictures: list[tuple[Picture, float]] = []
    for picture, seconds in parts:
        first = len(pictures)
        pictures += [(picture, (first + i) / fps) for i in range(round(seconds * fps))]
    return write_video(path, pictures, end_s=len(pictures) / fps, **how)


def counted(path: Path, pictures: int = 75, *, fps: float = 25.0, **how: Any) -> MadeVideo:
    """Pictures at an even rate that say their own number (`read_code`)."""
    shown = [(coded(i), i / fps) for i in range(pictures)]
    return write_video(path, shown, end_s=pictures / fps, **how)


def uneven(path: Path, pictures: int = 75, **how: Any) -> MadeVideo:
    """The same pictures as `counted` at a variable rate: gaps from 0.02 s to 0.5 s."""
    gaps = [UNEVEN_S[i % len(UNEVEN_S)] for i in range(pictures)]
    times_s = np.concatenate([[0.0], np.cumsum(gaps)])
    shown = [(coded(i), round(float(times_s[i]), 6)) for i in range(pictures)]
    return write_video(path, shown, end_s=round(float(times_s[-1]), 6), **how)


def rotated(path: Path, degrees: int, **how: Any) -> MadeVideo:
    """Pictures stored turned, with the mark that tells a player to turn them back."""
    return counted(path, rotation_deg=degrees, **how)


def late_start(path: Path, start_s: float = 10.0, **how: Any) -> MadeVideo:
    """The stream's own first time is `start_s`."""
    return counted(path, start_s=start_s, **how)


def cut_start(path: Path, cut: int = 13, **how: Any) -> MadeVideo:
    """An MP4 whose edit list hides the first `cut` pictures: their own times are below 0.

    The first one that is shown says `cut`; `index_at(t) + cut` is the number to be read at t.
    """
    made = counted(path, start_s=-cut / 25, container_options={"avoid_negative_ts": "disabled"}, **how)
    shown = [time_s - made.times_s[cut] for time_s in made.times_s[cut:]]
    return MadeVideo(path, tuple(shown), made.end_s - made.times_s[cut])


def long_groups(path: Path, pictures: int = 150, **how: Any) -> MadeVideo:
    """H.264 with B-frames and a keyframe only every 75 pictures."""
    return counted(path, pictures, gop=75, b_frames=3, **how)


def open_groups(path: Path, pictures: int = 100, **how: Any) -> MadeVideo:
    """HEVC whose B-frames reach back across keyframes, every 20 pictures."""
    return counted(
        path, pictures, codec="libx265", gop=20, b_frames=3, options={"x265-params": OPEN_GOP}, **how
    )


def with_sound(path: Path, *, begins_s: float = 1.0, pictures: int = 75, **how: Any) -> MadeVideo:
    """Counted pictures with a tone that begins at a known second."""
    return counted(path, pictures, audio=tone(pictures / 25, begins_s=begins_s), **how)


def truncated(path: Path, keep: float = 0.6, **how: Any) -> MadeVideo:
    """A file that ends in the middle while its header promises all: what was written, not what is left."""
    options = {"movflags": "faststart"} if path.suffix in {".mp4", ".mov"} else {}
    made = counted(path, container_options=options, **how)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    return made


def headless(path: Path) -> Path:
    """An MP4 cut off before its index was written, as a recorder that lost power leaves it."""
    whole = counted(path).path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


SOUND_CODECS = {
    ".mp3": "libmp3lame",
    ".wav": "pcm_s16le",
    ".opus": "libopus",
    ".ogg": "libopus",
    ".flac": "flac",
    ".wma": "wmav2",
}


def sound_only(path: Path, seconds: float = 1.0, *, begins_s: float = 0.0, rate_hz: int = 16_000) -> Path:
    """A file with a tone that begins at a known second and no picture; the suffix chooses the codec."""
    with av.open(str(path), "w") as out:
        stream = _audio_stream(out, path, rate_hz, SOUND_CODECS.get(path.suffix))
        sound = tone(seconds, begins_s=begins_s, rate_hz=rate_hz)
        for packet in _audio_packets(stream, sound, rate_hz, 0.0):
            out.mux(packet)
    return path


def cover_only(path: Path) -> Path:
    """A sound file with a cover picture, which FFmpeg presents as a video stream; MP4 or MP3."""
    with av.open(str(path), "w") as out:
        sound = _audio_stream(out, path, 16_000, "libmp3lame" if path.suffix == ".mp3" else None)
        cover = out.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(solid((200, 0, 0)), format="rgb24").reformat(format="yuvj420p")
        frame.pts = 0
        for packet in [*cover.encode(frame), *cover.encode(None)]:
            out.mux(packet)
        for packet in _audio_packets(sound, tone(1.0), 16_000, 0.0):
            out.mux(packet)
    return path


def encrypted(path: Path) -> MadeVideo:
    """An MP4 whose pictures need a key (common encryption)."""
    key, key_id = "76a6c65c5ea762046bd749a2e632ccbb", "a7e61c373e219033c21091fa607bf3b8"
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": key, "encryption_kid": key_id}
    return counted(path, container_options=options)


def damaged(path: Path, at: float = 0.5, n_bytes: int = 200, **how: Any) -> MadeVideo:
    """A file with a stretch of zeros in the middle of its pictures."""
    made = counted(path, **how)
    whole = bytearray(path.read_bytes())
    start = int(len(whole) * at)
    whole[start : start + n_bytes] = bytes(n_bytes)
    path.write_bytes(whole)
    return made
