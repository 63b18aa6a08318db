"""Reads the sound of a video or sound file, mono, on the clock of its frames; finds where it has sound."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.opening import demux, open_container, select_streams
from playhead_index.decode.packets import MAX_AHEAD_S
from playhead_index.decode.sound_tracks import sound_stream
from playhead_index.window import Window

PIECE_S = 1.0
_GAP_S = 0.05
_PREROLL_S = (1.0, 10.0, None)
_TRIED_PACKETS = 64
MIN_PAUSE_S = 1.0
MAX_PACKET_S = 10.0
"""A packet that claims to last longer does not: its container fills a jump of the clock with it."""

Samples = NDArray[np.float32]


class SoundExtent:
    """Where one sound stream has sound, from its packets; memory grows with its pauses, not with packets.

    Args:
        tick_s: seconds of one tick of the stream.
    """

    def __init__(self, tick_s: Fraction) -> None:
        self.clock_jumped = False
        self._tick_s = tick_s
        self._join, self._max_packet, self._max_ahead = (
            int(limit_s / tick_s) for limit_s in (MIN_PAUSE_S, MAX_PACKET_S, MAX_AHEAD_S)
        )
        self._intervals: list[list[int]] = []
        self._step = 0

    def add(self, packet: Any) -> None:
        """Takes the next packet of the stream; what follows a jump of the clock back is left out."""
        start = packet.pts if packet.pts is not None else packet.dts
        if start is None or packet.is_corrupt or packet.is_discard or self.clock_jumped:
            return
        length = packet.duration or 0
        if not 0 < length <= self._max_packet:
            length = 0
        if not self._intervals:
            self._intervals.append([start, start + length])
            self._latest = start
            return
        ahead = start - self._latest
        if not -self._join <= ahead <= self._max_ahead:
            self.clock_jumped = True
            return
        if start - self._intervals[-1][1] > self._join:
            self._close()
            self._intervals.append([start, start + length])
        elif ahead > 0:
            self._step = ahead
            self._intervals[-1][1] = max(self._intervals[-1][1], start + length)
        self._latest = max(self._latest, start)

    def _close(self) -> None:
        if self._intervals and self._intervals[-1][1] == self._latest:
            self._intervals[-1][1] += self._step

    def windows(self) -> tuple[Window, ...]:
        """Where there is sound, in seconds of the file's own clock; pauses of a second do not part it.

        A packet that does not say its length is as long as the distance between the two before it.
        """
        self._close()
        return tuple(
            Window(float(start * self._tick_s), float(end * self._tick_s))
            for start, end in self._intervals
            if end > start
        )


def why_no_sound(path: Path) -> str | None:
    """Why a file's sound cannot be read; empty when it has none, None when it can be read.

    Raises:
        VideoUnreadable: the file cannot be opened.
    """
    with open_container(path) as container:
        stream = sound_stream(container)
        if stream is None:
            return ""
        if stream.codec_context is None:
            return "its sound is of a kind that this FFmpeg cannot decode"
        select_streams(container, stream)
        for tried, packet in enumerate(demux(container, stream)):
            if _decode(packet):
                return None
            if tried >= _TRIED_PACKETS:
                break
        return f"its sound ({stream.codec_context.name}) does not decode"


def read_pieces(
    path: Path, rate_hz: int, window: Window, origin_s: float, stream_index: int | None = None
) -> Iterator[Samples]:
    """Mono pieces of one second, the last one shorter; sample 0 lies at the window's start.

    Silence stands where the file has none: before its sound begins and in gaps. The pieces end with
    the window or with the sound, whichever comes first. Memory does not grow with the length.

    Args:
        rate_hz: samples a second, above 0.
        origin_s: what the file's own clock says when the first frame is shown.
        stream_index: of the sound track; the default one if None.
    """
    line = _SampleLine(rate_hz, round(window.duration_s * rate_hz))
    start_s = window.start_s + origin_s
    for begins_s, samples in _resample(_frames_from(path, start_s, stream_index), rate_hz):
        yield from line.place(round((begins_s - start_s) * rate_hz), samples)
        if line.is_full:
            break
    yield from line.rest()


def _frames_from(path: Path, start_s: float, stream_index: int | None) -> Iterator[tuple[float, Any]]:
    """(begin in seconds of the file's clock, decoded frame), from one at or before `start_s` if there is.

    Seeks a second before it; where that lands too late ten seconds, then reads from the beginning.
    """
    for preroll_s in _PREROLL_S:
        with open_container(path) as container:
            stream = sound_stream(container, stream_index)
            if stream is None or stream.codec_context is None:
                return
            select_streams(container, stream)
            if preroll_s is not None and not _seek(container, stream, start_s - preroll_s):
                continue
            frames = _timed_frames(container, stream)
            first = next(frames, None)
            if preroll_s is not None and (first is None or first[0] > start_s):
                continue
            if first is not None:
                yield first
                yield from frames
            return


def _seek(container: Any, stream: Any, time_s: float) -> bool:
    try:
        container.seek(round(time_s / stream.time_base), stream=stream, backward=True)
    except av.error.FFmpegError:
        return False
    return True


def _timed_frames(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    end_s = 0.0
    for packet in demux(container, stream):
        for frame in _decode(packet):
            begins_s = end_s if frame.pts is None else float(frame.pts * frame.time_base)
            end_s = begins_s + frame.samples / frame.sample_rate
            yield begins_s, frame


def _decode(packet: Any) -> list[Any]:
    """The frames of one packet; a damaged packet has none, and leaves a gap."""
    try:
        frames: list[Any] = packet.decode()
    except av.error.FFmpegError:
        return []
    return [frame for frame in frames if frame.samples]


def _resample(frames: Iterator[tuple[float, Any]], rate_hz: int) -> Iterator[tuple[float, Samples]]:
    """(begin in seconds, mono samples at `rate_hz`); a gap or another format starts a new run."""
    run: _Run | None = None
    for begins_s, frame in frames:
        if run is None or not run.continues(begins_s, frame):
            if run is not None:
                yield from run.out(None)
            run = _Run(begins_s, rate_hz, _kind(frame))
        yield from run.out(frame)
    if run is not None:
        yield from run.out(None)


def _kind(frame: Any) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name


@dataclass(slots=True)
class _Run:
    """Frames of one kind that follow each other without a gap, and the resampler that they pass."""

    begins_s: float
    rate_hz: int
    kind: tuple[int, str, str]
    n_in: int = 0
    n_out: int = 0
    resampler: Any = field(init=False)

    def __post_init__(self) -> None:
        self.resampler = av.AudioResampler(format="flt", layout="mono", rate=self.rate_hz)

    def continues(self, begins_s: float, frame: Any) -> bool:
        expected_s = self.begins_s + self.n_in / self.kind[0]
        return _kind(frame) == self.kind and abs(begins_s - expected_s) <= _GAP_S

    def out(self, frame: Any | None) -> Iterator[tuple[float, Samples]]:
        if frame is not None:
            frame.pts = None
            self.n_in += frame.samples
        for mono in self.resampler.resample(frame):
            samples = mono.to_ndarray()[0]
            yield self.begins_s + self.n_out / self.rate_hz, samples
            self.n_out += len(samples)


class _SampleLine:
    """Puts samples at their places, silence where there are none, and gives them out in whole pieces."""

    def __init__(self, rate_hz: int, total: int) -> None:
        self._piece = max(1, round(PIECE_S * rate_hz))
        self._total, self._at = total, 0
        self._held: list[Samples] = []
        self._n_held = 0

    @property
    def is_full(self) -> bool:
        return self._at >= self._total

    def place(self, position: int, samples: Samples) -> Iterator[Samples]:
        """Samples that begin at a position; those before 0, already given or after the end are dropped."""
        samples = samples[max(0, self._at - position) :]
        if not len(samples):
            return
        silence = min(position, self._total) - self._at
        while silence > 0:
            n = min(silence, self._piece)
            yield from self._add(np.zeros(n, np.float32))
            silence -= n
        yield from self._add(samples[: self._total - self._at])

    def _add(self, samples: Samples) -> Iterator[Samples]:
        self._at += len(samples)
        self._n_held += len(samples)
        self._held.append(samples)
        if self._n_held >= self._piece:
            held = np.concatenate(self._held)
            num_complete = len(held) // self._piece * self._piece
            for start in range(0, num_complete, self._piece):
                yield held[start : start + self._piece]
            self._held, self._n_held = [held[num_complete:]], len(held) - num_complete

    def rest(self) -> Iterator[Samples]:
        if self._n_held:
            yield np.concatenate(self._held)
