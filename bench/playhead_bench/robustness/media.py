"""Short videos with real speech, written words and a subtitle track, for the runs that kill commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

RATE_HZ = 16_000
PAUSE_S = 0.6
WIDTH_PX, HEIGHT_PX = 320, 180
FPS = 4
AUDIO_SUFFIXES = frozenset({".flac", ".mp3", ".wav", ".ogg"})
_MILLISECOND = Fraction(1, 1000)
_ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
_COLOURS = ((20, 60, 120), (120, 40, 40), (30, 100, 50), (90, 60, 120), (130, 100, 20))


@dataclass(frozen=True, slots=True)
class Slide:
    """A plain image with words on it.

    Args:
        text: written in the middle; "" leaves it out.
        duration_s: how long it is shown, in seconds.
    """

    text: str
    duration_s: float


def find_utterances(folder: Path, count: int, max_s: float = 8.0) -> list[Path]:
    """The `count` shortest sound files below a folder, each at most `max_s` seconds long, by path.

    Raises:
        FileNotFoundError: the folder holds fewer.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in AUDIO_SUFFIXES:
            with av.open(str(path)) as container:
                duration_s = (container.duration or 0) / av.time_base
            if 0 < duration_s <= max_s:
                found.append((duration_s, path))
    if len(found) < count:
        raise FileNotFoundError(
            f"{folder}: {len(found)} sound files of at most {max_s:g} s, {count} are needed; "
            "name a folder of short recordings of speech with --speech-data"
        )
    return sorted(path for _, path in sorted(found)[:count])


def read_audio(path: Path) -> NDArray[np.float32]:
    """(n,) float32 mono at 16 kHz, in [-1, 1]."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float32)


def join_utterances(paths: Sequence[Path]) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
    """The recordings one behind the other with pauses: (n,) float32, and [start_s, end_s) of each."""
    pause = np.zeros(int(PAUSE_S * RATE_HZ), dtype=np.float32)
    parts, windows, at_s = [pause], [], PAUSE_S
    for path in paths:
        sound = read_audio(path)
        windows.append((at_s, at_s + len(sound) / RATE_HZ))
        at_s = windows[-1][1] + PAUSE_S
        parts += [sound, pause]
    return np.concatenate(parts), windows


def write_video(
    path: Path,
    slides: Sequence[Slide],
    sound: NDArray[np.float32] | None = None,
    subtitles: Sequence[tuple[float, float, str]] = (),
) -> Path:
    """Writes slides, sound and a subtitle track as Matroska or MP4 (by suffix); same arguments, same bytes.

    Args:
        path: of the video.
        slides: shown one after the other.
        sound: (n,) float32 mono at 16 kHz; None for no sound track.
        subtitles: (start_s, end_s, text); none for no subtitle track.
    """
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "superfast", "crf": "20"})
        video.width, video.height, video.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        video.codec_context.thread_count = 1
        packets = []
        audio = container.add_stream("aac", rate=RATE_HZ, layout="mono") if sound is not None else None
        if subtitles:
            packets += _subtitle_packets(container, path, subtitles)
        if audio is not None and sound is not None:
            packets += list(_audio_packets(audio, sound))
        packets += list(_video_packets(video, slides))
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def slide_image(number: int, text: str) -> NDArray[np.uint8]:
    """(180, 320, 3) uint8: a colour of its own, a shape, and the words."""
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _COLOURS[number % len(_COLOURS)])
    draw = ImageDraw.Draw(image)
    left = 20 + 37 * number % 200
    draw.ellipse((left, 110, left + 50, 160), fill=(230, 220, 200))
    draw.text((14, 40), text, fill=(255, 255, 255), font=ImageFont.load_default(size=26))
    return np.asarray(image)


def _video_packets(stream: av.VideoStream, slides: Sequence[Slide]) -> Iterator[av.Packet]:
    index = 0
    for number, slide in enumerate(slides):
        image = slide_image(number, slide.text)
        for _ in range(round(slide.duration_s * FPS)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            index += 1
            yield from stream.encode(frame)
    yield from stream.encode(None)


def _audio_packets(stream: av.AudioStream, sound: NDArray[np.float32]) -> Iterator[av.Packet]:
    context = stream.codec_context
    context.open(strict=False)
    resampler = av.AudioResampler(
        format=context.format, layout="mono", rate=context.rate, frame_size=context.frame_size or 1024
    )
    frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
    frame.rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        yield from stream.encode(piece)
    yield from stream.encode(None)


def _subtitle_packets(
    container: OutputContainer, path: Path, cues: Sequence[tuple[float, float, str]]
) -> list[av.Packet]:
    is_mp4 = path.suffix == ".mp4"
    stream = container.add_stream("mov_text" if is_mp4 else "subrip")
    stream.time_base = _MILLISECOND
    stream.metadata["language"] = "eng"
    stream.codec_context.subtitle_header = _ASS_HEADER
    packets = []
    for start_s, end_s, text in cues:
        data = text.encode()
        packet = av.Packet(len(data).to_bytes(2, "big") + data if is_mp4 else data)
        packet.stream, packet.time_base = stream, _MILLISECOND
        packet.pts = packet.dts = round(start_s * 1000)
        packet.duration = round((end_s - start_s) * 1000)
        packet.is_keyframe = True
        packets.append(packet)
    return packets
