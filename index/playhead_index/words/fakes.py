"""Stand-ins for models of this room, for tests and for trying out what is built on it."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window
from playhead_index.words.protocol import SegmentPictures, TranscriberTag, Words


class ScriptedTranscriber:
    """A `Transcriber` that hears what was written down for it.

    Args:
        spans: what is said, in the time of the whole video, ascending.
        total_s: length of the whole sound in seconds. Sound that is shorter is taken for its end, as
            when an indexing run goes on where it stopped; None: whatever comes begins at 0 s.
        name: what it calls itself.
        tag: which model it stands for.
    """

    def __init__(
        self,
        spans: Sequence[Words],
        total_s: float | None = None,
        name: str = "asr:script",
        tag: TranscriberTag | None = None,
    ) -> None:
        self.tag = tag or TranscriberTag()
        self.spans = tuple(spans)
        self.total_s = total_s
        self.name = name
        self.heard_s = 0.0

    def transcribe(
        self, pieces: Iterator[NDArray[np.float32]], rate_hz: int, duration_s: float
    ) -> Iterator[Words]:
        """The spans that lie in the sound, from the sound's start; takes all of it, counted in `heard_s`."""
        from_s = 0.0 if self.total_s is None else self.total_s - duration_s
        within = Window(0.0, duration_s)
        for piece in pieces:
            self.heard_s += len(piece) / rate_hz
        for span in self.spans:
            window = Window(span.window.start_s - from_s, span.window.end_s - from_s).clamped(within)
            if window is not None and span.window.start_s >= from_s:
                yield Words(span.kind, span.source, window, span.text, span.language, span.confidence)


class ScriptedScreenReader:
    """A `ScreenReader` that reads by a rule of yours, such as the mean colour of the picture.

    Args:
        says: (H, W, 3) uint8 picture -> the lines that it reads there, all with confidence 1.
        name: what it calls itself.
    """

    def __init__(self, says: Callable[[NDArray[np.uint8]], Sequence[str]], name: str = "ocr:script") -> None:
        self.says = says
        self.name = name
        self.pictures_read = 0

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """What the rule says of the picture."""
        self.pictures_read += 1
        return [(line, 1.0) for line in self.says(rgb)]


class ScriptedCaptioner:
    """A `Captioner` that says of a segment what a rule of yours gives, such as its window.

    Args:
        says: a segment's pictures -> its caption; empty when it says nothing.
        name: what it calls itself.
        batch: segments at a time.
    """

    def __init__(
        self, says: Callable[[SegmentPictures], str], name: str = "caption:script", batch: int = 4
    ) -> None:
        self.says = says
        self.name = name
        self.batch = batch
        self.batches: list[int] = []

    def caption(self, segments: Sequence[SegmentPictures]) -> list[str]:
        """What the rule says of each; `batches` keeps how many came at a time."""
        self.batches.append(len(segments))
        return [self.says(segment) for segment in segments]
