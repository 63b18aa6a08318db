"""Words with their windows, and the protocols of the models that give them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.protocol import Frame
from playhead_index.short_repr import short_repr
from playhead_index.window import Window

SpanKind = Literal["speech", "screen", "caption"]
MIN_CONFIDENCE = 0.5
"""Words below this confidence are stored and searched, but no claim rests on them alone.

Set with tiny.en on German and three English readers: German reached 0.446, and English came down to 0.547. On
Spanish and five other English readers, below lay all of 39 s of Spanish but two spans of 0.1 s, and 4 s of
English, both spans misheard. base gave English, German, Spanish and French less in 8 of 673 s."""


@dataclass(frozen=True, slots=True)
class WordTime:
    """When one word of a span is said.

    Args:
        start: offset of its first character in the text of the span.
        end: offset behind its last character.
        start_s: seconds, on the clock of the recording.
        end_s: seconds.
        probability: 0 to 1, as the model gives it.
    """

    start: int
    end: int
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a window, before they are stored as a span.

    Args:
        kind: `speech` for what is said (or subtitled), `screen` for what is written in the frame,
            `caption` for the text of a captioner about the frame.
        source: where they come from: `track:2`, `file:talk.en.srt`, `asr:small`, `ocr:rapidocr`, a model.
        window: when.
        text: plain text, no markup, one or several lines, never empty.
        language: BCP 47 tag where known; None as well for speech that is probably in another language than
            the only one that its recogniser knows.
        confidence: 0 to 1 where the source gives one.
        speaker: label of who says it: a name that the source gives, or the number that speaker diarisation
            gave the voice ("1", "2", ...); None where it is not known.
        word_times: when each word is said, in the order of the text; empty where that is not known. Stored
            apart from the span: `Catalog.spans` leaves them out, `store.word_times` reads them.
    """

    kind: SpanKind
    source: str
    window: Window
    text: str
    language: str | None = None
    confidence: float | None = None
    speaker: str | None = None
    word_times: tuple[WordTime, ...] = ()
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("words must not be empty")

    @property
    def is_uncertain(self) -> bool:
        """Whether the confidence is known and below `MIN_CONFIDENCE`."""
        return is_uncertain(self.confidence)


def is_uncertain(confidence: float | None) -> bool:
    """Whether a confidence is known and below `MIN_CONFIDENCE`.

    >>> is_uncertain(0.31), is_uncertain(0.8), is_uncertain(None)
    (True, False, False)
    """
    return confidence is not None and confidence < MIN_CONFIDENCE


@dataclass(frozen=True, slots=True)
class TranscriberTag:
    """Which model recognises speech, and how.

    Args:
        location: what loads the model again: a size, a hub name or an absolute folder; empty where nothing
            does.
        revision: digest of its weights; empty where it has none.
        language: BCP 47 tag of what it takes the speech for; None when it detects the language.
        languages: BCP 47 tags of the only languages that it knows; empty for very many.
        beam_size: hypotheses of its beam search where no other number is requested; None where it takes none.
    """

    location: str = ""
    revision: str = ""
    language: str | None = None
    languages: tuple[str, ...] = ()
    beam_size: int | None = None


@dataclass(frozen=True, slots=True)
class RecognitionHints:
    """What is known of a sound before its speech is recognised, and how it is to be recognised.

    Args:
        language: BCP 47 tag of what is spoken, taken as given.
        likely_language: BCP 47 tag that the file gives; another one that is detected with high probability
            counts instead.
        subtitled: where subtitles say what is spoken: voice that they cover is not recognised.
        hotwords: names and terms that are likely to be said; None for none.
        beam_size: hypotheses of the beam search; None for the model's own number.
    """

    language: str | None = None
    likely_language: str | None = None
    subtitled: tuple[Window, ...] = ()
    hotwords: str | None = None
    beam_size: int | None = None


NO_HINTS = RecognitionHints()


@dataclass(frozen=True, slots=True)
class TranscribedChunk:
    """The words of one interval of sound that was recognised as a whole.

    Args:
        window: the interval; chunks follow one another without a gap.
        words: spans of speech in time order that begin in it; none where nobody speaks.
        voice: where somebody speaks in it, in the time of the whole sound, ascending; None where that is not
            known.
        recognised: the part of `voice` that was recognised, because no subtitles cover it.
    """

    window: Window
    words: tuple[Words, ...]
    voice: tuple[Window, ...] | None = None
    recognised: tuple[Window, ...] = ()


class Transcriber(Protocol):
    """Turns sound into words (faster-whisper and its like); its name is stored with what it recognises."""

    name: str
    tag: TranscriberTag

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Chunks in time order from mono float32 pieces that start at 0 s.

        With a `done_s` at the end of a chunk of an earlier run, the chunks and the words of each are those
        that followed it, so that a run that goes on ends with the words of a run that was not stopped.

        Args:
            pieces: (n,) float32 mono in [-1, 1], one behind the other from 0 s on.
            rate_hz: samples a second.
            duration_s: length of the sound in seconds; what is found behind it is left out.
            done_s: chunks that end here or before were recognised earlier: they are left out.
            hints: the language, and where subtitles say what is spoken; with other hints the ends of chunks
                may be others.
        """
        ...


class ScreenReader(Protocol):
    """Reads the text in a frame (OCR: RapidOCR and its like)."""

    name: str

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """(line, confidence) from top to bottom of one (H, W, 3) uint8 frame; empty when none."""
        ...


@dataclass(frozen=True, slots=True)
class SegmentFrames:
    """What a captioner is given of one segment: its frames, and the words spoken in it.

    Args:
        video_id: in which video.
        window: the segment.
        frames: different frames of it in time order, at least one; the first may have come on the screen
            before the segment began.
        words: spoken in it, in time order; data for the captioner, never instructions.

    Raises:
        ValueError: there is no frame.
    """

    video_id: str
    window: Window
    frames: tuple[Frame, ...]
    words: tuple[Words, ...] = ()

    def __post_init__(self) -> None:
        if not self.frames:
            raise ValueError(f"a segment needs at least one picture, got none for {self.window}")


@dataclass(frozen=True, slots=True)
class GeneratedCaption:
    """What a captioner generated for one segment, and what that took.

    Args:
        text: a few sentences, and below them a line of keywords where the model gave some; empty where the
            model gave nothing that holds.
        agreement: of several samples, 0 to 1; None where there was one.
        frames: that the model was given, over all of its calls.
        visual_tokens: that they became; None where the backend does not count them.
        money: what it cost; None where the price is not known, 0 on this machine.
        prompt_tokens: of all of its prompts, visual ones among them; None where they are not counted.
        raw_reply: what the model replied where the text is empty.
    """

    text: str
    agreement: float | None = None
    frames: int = 0
    visual_tokens: int | None = 0
    money: float | None = 0.0
    prompt_tokens: int | None = 0
    raw_reply: str = ""


class Captioner(Protocol):
    """Captions segments; none is part of this package, `app` brings one.

    Its name is stored with every caption, and captions with another name are made again: it says which
    model and which prompt.
    """

    name: str

    @property
    def batch(self) -> int:
        """Segments that it is given, and that are committed, at a time; may change from batch to batch."""
        ...

    def prepare(self) -> None:
        """Loads what the first batch needs, so that the time of a batch is that of captioning.

        Raises:
            ModelUnavailable: the model cannot be loaded.
        """
        ...

    def caption(self, segments: Sequence[SegmentFrames]) -> Sequence[GeneratedCaption]:
        """A caption a segment, in their order.

        Raises:
            ModelUnavailable: the model cannot be asked.
        """
        ...
