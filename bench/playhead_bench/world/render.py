"""Renders a story as a video file, with its ground truth beside it."""

import heapq
import json
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from playhead_bench.world.dataclass_json import from_record, to_record
from playhead_bench.world.painter import Painter
from playhead_bench.world.speech_synthesis import (
    RATE_HZ,
    blocks,
    espeak_available,
    require_espeak,
    synthesise,
)
from playhead_bench.world.story import Line, Story, StoryEvent
from playhead_index.errors import VideoError

GOP_FRAMES = 250
X264 = {"preset": "superfast", "crf": "20", "x264-params": "mbtree=1:rc-lookahead=10"}
"""Looking ten frames ahead makes files of flat objects less than half as large, at no cost in time."""
SOUND_BITS_PER_S = 48_000
TRACK_CLOCK = Fraction(1, 1000)
TRACK_STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, BackColour, Bold, Italic, Underline, Alignment
Style: Default,Arial,16,&Hffffff,&H0,0,0,0,2
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one rendered video.

    Args:
        path: the video file.
        story: what it shows and says.
        size: (width, height) in pixels.
        fps: frames a second.
        seed: of the painting.
        voice: the spoken lines can be heard.
    """

    path: Path
    story: Story
    size: tuple[int, int]
    fps: int
    seed: int
    voice: bool = False

    @property
    def events(self) -> list[StoryEvent]:
        """The exact table of what happens, in time order."""
        return self.story.events()

    def save(self) -> Path:
        """Writes it beside the video, as `<name>.truth.json`, and says where."""
        record = {
            "video": self.path.name,
            "size": list(self.size),
            "fps": self.fps,
            "seed": self.seed,
            "voice": self.voice,
            "duration_s": self.story.duration_s,
            "events": to_record(self.events),
            "story": to_record(self.story),
        }
        path = truth_path(self.path)
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        return path


def truth_path(video: Path | str) -> Path:
    """Where the truth of a rendered video lies: `talk.truth.json` beside `talk.mp4`."""
    return Path(video).with_suffix(".truth.json")


def load_truth(video: Path | str) -> Truth:
    """The truth beside a rendered video.

    Raises:
        VideoError: there is none, or it is not what `render` writes.
    """
    path = truth_path(video)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        width, height = record["size"]
        story = from_record(Story, record["story"])
        voice = record.get("voice", False)  # truths written before there were voices do not say
        return Truth(Path(video), story, (width, height), record["fps"], record["seed"], voice)
    except OSError as error:
        raise VideoError(f"{path}: no truth there ({error.strerror}); render the story again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise VideoError(f"{path}: not a truth file ({error}); render the story again") from error


def render(
    story: Story,
    path: Path | str,
    *,
    size: tuple[int, int] = (320, 180),
    fps: int = 8,
    seed: int = 0,
    speech_track: bool = True,
    voice: bool | Literal["auto"] = False,
) -> Truth:
    """Writes a story as an MP4 (H.264, what is spoken as subtitles and sound) and its truth beside it.

    One frame is in memory at a time. The file appears whole or not at all, the truth after it. Same
    arguments, same bytes, on one build of FFmpeg and Pillow
    (with a voice: and of espeak-ng).

    Args:
        story: what to show and say.
        path: of the video; folders are made, an older file is replaced.
        size: (width, height) in pixels, even numbers.
        fps: frames a second; times of a story are multiples of half a second, so any even number shows
            everything exactly on time.
        seed: of streets, textures and faces.
        speech_track: put the spoken lines into the file as a mov_text track.
        voice: have espeak-ng speak them on an AAC track; `"auto"`: where there is an espeak-ng. The truth
            says whether it was done; a story without lines has no sound.

    Raises:
        VideoError: the file cannot be written, or a line cannot be spoken within its window.
        ModelUnavailable: `voice` is true and there is no espeak-ng.
        ValueError: the size or the rate cannot be encoded.
    """
    if fps < 1:
        raise ValueError(f"fps must be at least 1, got {fps}")
    if voice is True:
        require_espeak()
    with_sound = bool(story.lines) and (espeak_available() if voice == "auto" else voice)
    painter = Painter(story, size, seed)
    truth = Truth(Path(path), story, size, fps, seed, with_sound)
    part = truth.path.with_name(f"{truth.path.name}.{os.getpid()}.part")  # two may render the same
    try:
        truth.path.parent.mkdir(parents=True, exist_ok=True)
        _encode(painter, part, fps, story.lines if speech_track else (), with_sound)
        part.replace(truth.path)
        truth.save()
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: cannot be written ({error})") from error
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            part.unlink()
    return truth


def _encode(painter: Painter, part: Path, fps: int, lines: tuple[Line, ...], with_sound: bool) -> None:
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(part), "w", format="mp4", options=options) as container:
        video = _video_stream(container, painter.size, fps)
        tracks = [_sound(_sound_stream(container), painter.story)] if with_sound else []
        tracks += [_subtitles(_subtitle_stream(container), painter.story, lines)] if lines else []
        packets = heapq.merge(*tracks, key=_time)
        container.start_encoding()
        converter = VideoReformatter()  # one for all: making its tables takes longer than a frame
        waiting, last_image, frame = next(packets, None), None, None
        for index in range(round(painter.story.duration_s * fps)):
            while waiting is not None and _time(waiting) <= Fraction(index, fps):
                container.mux(waiting)
                waiting = next(packets, None)
            image = painter.paint(index / fps)
            if frame is None or image is not last_image:
                last_image = image
                rgb_frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame = converter.reformat(rgb_frame, format="yuv420p", threads=1)
            frame.pts, frame.time_base = index, Fraction(1, fps)
            _mux(container, video, frame)
        for packet in (waiting, *packets) if waiting is not None else ():
            container.mux(packet)
        _mux(container, video, None)


def _time(packet: av.Packet) -> Fraction:
    return Fraction(packet.pts * packet.time_base)


def _video_stream(container: OutputContainer, size: tuple[int, int], fps: int) -> VideoStream:
    video = container.add_stream("libx264", rate=fps)
    video.width, video.height = size
    video.pix_fmt = "yuv420p"
    video.codec_context.gop_size = GOP_FRAMES
    video.codec_context.thread_count = 1  # another number of threads gives another stream
    video.codec_context.options = X264
    return video


def _mux(container: OutputContainer, video: VideoStream, frame: av.VideoFrame | None) -> None:
    for packet in video.encode(frame):
        packet.duration = 1  # in 1/fps; the encoder leaves it open, and players then guess
        container.mux(packet)


def _subtitle_stream(container: OutputContainer) -> SubtitleStream:
    track = container.add_stream("mov_text")
    track.codec_context.subtitle_header = TRACK_STYLE
    track.time_base = TRACK_CLOCK
    track.metadata["language"] = "eng"
    return track


def _subtitles(track: SubtitleStream, story: Story, lines: tuple[Line, ...]) -> Iterator[av.Packet]:
    """One packet a line: its length in bytes, then its text (3GPP TS 26.245, timed text)."""
    for line in lines:
        text = story.subtitle(line).encode("utf-8")
        packet = av.Packet(struct.pack(">H", len(text)) + text)
        packet.stream, packet.time_base = track, TRACK_CLOCK
        packet.pts = packet.dts = round(line.window.start_s / TRACK_CLOCK)
        packet.duration = round(line.window.duration_s / TRACK_CLOCK)
        yield packet


def _sound_stream(container: OutputContainer) -> AudioStream:
    sound = container.add_stream("aac", rate=RATE_HZ)
    sound.codec_context.layout, sound.codec_context.format = "mono", "fltp"
    sound.codec_context.bit_rate = SOUND_BITS_PER_S
    sound.codec_context.thread_count = 1  # handing 20 ms to another thread takes longer than encoding them
    sound.codec_context.options = {"aac_coder": "fast"}
    sound.metadata["language"] = "eng"
    return sound


def _sound(sound: AudioStream, story: Story) -> Iterator[av.Packet]:
    """The AAC packets of everything that is spoken."""
    at = 0
    for block in blocks(synthesise(story), story.duration_s):
        share = block.astype(np.float32)[None] / 32768
        frame = av.AudioFrame.from_ndarray(share, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, at, Fraction(1, RATE_HZ)
        at += block.size
        yield from sound.encode(frame)
    yield from sound.encode(None)
