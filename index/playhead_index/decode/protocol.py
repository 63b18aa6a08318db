"""The protocol of video readers, and their records.

Only seconds cross this boundary, never frame numbers. t = 0 is the moment at which the first frame
is shown, in a file without frames that at which its sound begins: every time is the stream's own
presentation time minus `VideoInfo.origin_s`, whatever the container starts with (a negative start, 10 s,
a wall clock). A recording ends with the last of frames and sound; the last frame is shown until then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.sound_tracks import SoundTrack
from playhead_index.short_repr import short_repr
from playhead_index.window import Window, without_gaps

EDGE_S = 1e-6
"""Times in seconds that differ by less are the same; a frame that begins so little later has begun."""
SOUND_NOT_READ = "sound that is not read: "
"""Begins a warning that a part of the sound is not read: a further track, or what precedes the frames."""
CLOCK_AHEAD = "the clock of the file jumps ahead: "
"""Begins a warning that a recording has gaps."""
NO_FRAMES = "there are no pictures in it, only sound"
CAPTIONS_NOT_READ = "closed captions in its pictures (CEA-608 or 708) are not read"
"""A warning that the frames carry captions, which no reader here takes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame, upright, with the time at which it appears.

    Args:
        pts_s: seconds on the video's presentation clock at which this frame is first shown.
        rgb: (H, W, 3) uint8.
    """

    pts_s: float
    rgb: NDArray[np.uint8]
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"a frame's rgb must be (H, W, 3) uint8, got {self.rgb.shape} {self.rgb.dtype}")


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """A subtitle stream inside a video file; image subtitles (PGS, VobSub) have `is_text` False.

    Args:
        kinds: what its flags and its title say, as `sound_tracks.track_kinds` names it: `forced`, `sdh`,
            `hearing_impaired`, `commentary`, `descriptions`, `translated` and others; and `default`.
    """

    stream_index: int
    codec: str
    language: str | None
    is_text: bool
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video or sound file holds, measured from its packets and not only from its header.

    Args:
        path: where the file was.
        duration_s: end of the recording on the presentation clock, above 0: the end of its last frame, or
            of sound that goes on for more than `packets.MIN_TAIL_S` after it.
        frames_end_s: end of the last frame; it is shown until `duration_s`. 0.0 without frames.
        origin_s: what was subtracted: the stream's own time of its first frame, or of its first sound where
            there are no frames. A player's link needs it only where the player does not start there.
        width_px: width as shown, after rotation; 0 without frames, and likewise the height.
        height_px: height as shown, after rotation.
        rotation_deg: 0, 90, 180 or 270: clockwise turn that was applied to show the frame upright.
        codec: FFmpeg's short name of what the frames are coded with, such as `h264`; without frames, the
            sound.
        average_fps: frames a second, gaps left out; 0 without frames.
        is_variable_rate: the distances between frames differ by more than a tenth.
        n_frames: frames in the stream.
        keyframes_s: (K,) float64, times of the frames that can be decoded alone, ascending.
        gop_bytes: (K,) int64, bytes of the packets from one keyframe up to the next, keyframe left out:
            how much changed, known without decoding.
        key_bytes: (K,) int64, bytes of each keyframe itself.
        has_audio: there is a sound stream that can be opened.
        subtitle_tracks: subtitle streams inside the file.
        warnings: what a person should know, such as a header that promises more than there is.
        recorded_at: when the recording began, seconds since 1970 (UTC), as the file says; None where not.
        has_frames: False for a file with sound alone, or with sound and a cover image.
        gaps: intervals in which the file holds neither frames nor sound because its clock jumps ahead, in
            time order, none at either end of the recording.
        container: FFmpeg's names of the container, such as `matroska,webm`.
        sound_tracks: sound streams inside the file, in its order.
    """

    path: Path
    duration_s: float
    frames_end_s: float
    origin_s: float
    width_px: int
    height_px: int
    rotation_deg: int
    codec: str
    average_fps: float
    is_variable_rate: bool
    n_frames: int
    keyframes_s: NDArray[np.float64]
    gop_bytes: NDArray[np.int64]
    key_bytes: NDArray[np.int64]
    has_audio: bool
    subtitle_tracks: tuple[SubtitleTrack, ...]
    warnings: tuple[str, ...] = ()
    recorded_at: float | None = None
    has_frames: bool = True
    gaps: tuple[Window, ...] = ()
    container: str = ""
    sound_tracks: tuple[SoundTrack, ...] = ()

    @property
    def window(self) -> Window:
        """The whole recording, [0, duration_s)."""
        return Window(0.0, self.duration_s)

    @property
    def recorded(self) -> tuple[Window, ...]:
        """The intervals between the gaps, in time order; the complete recording where there is no gap."""
        return without_gaps(self.window, self.gaps)


class VideoReader(Protocol):
    """Reads one file; opens it for a call and drops it after, so that holding a reader costs nothing.

    Every method raises `VideoUnreadable` when the file cannot be decoded, and those that give frames
    `NoFrames` when it holds none.
    """

    name: str
    path: Path
    decode_warnings: list[str]
    """Frames that did not decode so far, in words for a person; grows as the reader is used."""

    def probe(self) -> VideoInfo:
        """What the file holds; read once and remembered."""
        ...

    def frames_at(self, times_s: Sequence[float], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """For each time the frame that is on the screen then: the last one with pts_s <= time.

        The last frame of all is shown until the recording ends. Decodes forward inside one group of
        frames and seeks only across them, so a sorted list costs what its groups cost.

        Args:
            times_s: seconds in [0, duration_s), not descending.
            short_side_px: shrink so that the shorter side has this many pixels; never enlarges.

        Raises:
            TimestampOutOfRange: a time lies outside the video.
            ValueError: the times descend.
        """
        ...

    def frames_in(self, windows: Sequence[Window], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """Every frame that is on the screen in the windows, in time order, each once.

        One pass over the file, however many windows there are and however they overlap: no frame is
        decoded twice, and long intervals without a window are skipped.

        Args:
            windows: [start_s, end_s] in [0, duration_s], in any order. The first frame of each is the
                one on the screen at its start, the last one that on the screen at its end.
            short_side_px: as in `frames_at`.

        Raises:
            TimestampOutOfRange: a window lies outside the video.
        """
        ...

    def keyframes(self, *, short_side_px: int | None = None) -> Iterator[Frame]:
        """The frames that can be decoded alone, in time order: hundreds of times faster than all."""
        ...

    def sample(
        self, fps: float, window: Window | None = None, *, short_side_px: int | None = None
    ) -> Iterator[Frame]:
        """Frames on the screen at start, start + 1/fps, ... of the window (whole video if None).

        A frame that stays on screen over several of these times comes once.
        """
        ...

    def audio(
        self, rate_hz: int, window: Window | None = None, *, stream_index: int | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """Mono sound in [-1, 1] as (n,) float32 pieces of at most one second, from the window's start.

        Silence fills the interval before sound begins; a file without sound gives nothing.

        Args:
            rate_hz: samples a second.
            window: which part; the whole video if None.
            stream_index: of the sound track (`VideoInfo.sound_tracks`); the default one if None.
        """
        ...
