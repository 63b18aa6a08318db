"""The settings and the models of an indexing run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from playhead_index.caption_run import CaptionRun
from playhead_index.decode import READERS
from playhead_index.embed.protocol import ImageEncoder, ImageTextEncoder, TextEmbedder
from playhead_index.words.diarisation import Diariser
from playhead_index.words.languages import language_tag
from playhead_index.words.protocol import Captioner, ScreenReader, Transcriber

SWITCHED_OFF = "it was switched off"
"""Why a model is missing that was switched off for the run."""
DETECTED = "auto"
"""The language setting under which the model detects it, whatever the file says."""
TRANSCRIBE = ("without_subtitles", "always", "never")
MAX_BEAM_SIZE = 20
MAX_SPEAKERS = 50
MAX_HOTWORDS_CHARS = 600
"""The prompt of Whisper holds 223 tokens of hotwords, about three characters each; the rest is cut off."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """The settings of an indexing run.

    Args:
        reader: `auto`, `pyav` or `decord`.
        fps: frames a second that are sampled where the image changes.
        everywhere: sample at that rate also where nothing changes.
        longest_gap_s: where nothing changes, sample at least this often.
        min_segment_s: no segment is shorter, but for a video that is.
        max_segment_s: no segment is longer.
        batch_size: frames embedded and committed at a time: the most that a crash can lose.
        read_screen_every_s: screen text is read at most this often, cuts aside.
        transcribe: recognise speech `without_subtitles` (where voice is detected that no subtitles cover),
            `always` (also where they do) or `never`.
        language: BCP 47 tag of what is spoken; `auto` to detect it whatever the file says; None to take the
            tag of the sound track unless another language is detected with high probability.
        audio_track: the sound track to read: its number from 1 on in the order of the file, or a language;
            None for the default one (`decode.sound_tracks`).
        hotwords: names and terms that are likely to be said, separated by commas; None or empty for none.
        beam_size: hypotheses of the beam search in speech recognition, 1 to 20; None for the model's own
            number.
        num_speakers: how many people speak; None or 0 to find it out by their voices.

    Raises:
        ValueError: there is no such reader, way to transcribe, language or sound track, a number is not above
            0 or beyond its limit, the hotwords are too long, or the longest segment is not at least three
            times the shortest.
    """

    reader: str = "auto"
    fps: float = 1.0
    everywhere: bool = False
    longest_gap_s: float = 10.0
    min_segment_s: float = 2.0
    max_segment_s: float = 30.0
    batch_size: int = 32
    read_screen_every_s: float = 4.0
    transcribe: Literal["without_subtitles", "always", "never"] = "without_subtitles"
    language: str | None = None
    audio_track: str | None = None
    hotwords: str | None = None
    beam_size: int | None = None
    num_speakers: int | None = None

    def __post_init__(self) -> None:
        for name, known in (("reader", READERS), ("transcribe", TRANSCRIBE)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        for name in (
            "fps",
            "longest_gap_s",
            "min_segment_s",
            "max_segment_s",
            "batch_size",
            "read_screen_every_s",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.language not in (None, DETECTED) and language_tag(self.language) is None:
            raise ValueError(
                f"language must be a tag such as en, de or pt-BR, or {DETECTED}; got {self.language!r}"
            )
        track = self.audio_track
        if track is not None and language_tag(track) is None and not (track.isdecimal() and int(track) > 0):
            raise ValueError(
                f"audio_track must be a number from 1 on, or a language such as en; got {track!r}"
            )
        if self.beam_size is not None and not 1 <= self.beam_size <= MAX_BEAM_SIZE:
            raise ValueError(f"beam_size must be 1 to {MAX_BEAM_SIZE}, got {self.beam_size}")
        if self.num_speakers is not None and not 0 <= self.num_speakers <= MAX_SPEAKERS:
            raise ValueError(f"num_speakers must be 0 to {MAX_SPEAKERS}, got {self.num_speakers}")
        if len(self.hotwords or "") > MAX_HOTWORDS_CHARS:
            raise ValueError(
                f"hotwords must have at most {MAX_HOTWORDS_CHARS} characters, got {len(self.hotwords or '')}"
            )
        if self.min_segment_s * 3 > self.max_segment_s:
            raise ValueError(
                "max_segment_s must be at least three times min_segment_s, "
                f"got {self.max_segment_s:g} s and {self.min_segment_s:g} s"
            )


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a run; one that is None is off, and `off` says why and how to turn it on.

    Args:
        off: a reason for each of `picture`, `appearance`, `meaning`, `speech`, `speakers`, `screen` and
            `caption` that is None.
        default_roles: roles whose model nobody named for this run, so that what another model made is left.
        is_recorded: none is loaded; they are those that the library recorded (`recorded_models`).
        caption_run: which captions are made, and what stops them; None for one a segment, all of them.
    """

    picture: ImageTextEncoder | None = None
    appearance: ImageEncoder | None = None
    words: TextEmbedder | None = None
    transcriber: Transcriber | None = None
    screen_reader: ScreenReader | None = None
    captioner: Captioner | None = None
    off: Mapping[str, str] = field(default_factory=dict)
    default_roles: frozenset[str] = frozenset()
    is_recorded: bool = False
    diariser: Diariser | None = None
    caption_run: CaptionRun | None = None

    def why_off(self, name: str) -> str:
        """Why a model is not there."""
        return self.off.get(name, f"no {name} model was given")


LoadModels = Callable[[], Models]
"""Loads the models in the process that works with them; a top-level function or a frozen dataclass."""
RecordedModels = Callable[[], Models | None]
"""The models that a library recorded, not loaded; None where it takes more than that to know them."""


def no_recorded_models() -> None:
    """Models are loaded for every video, also for one of which nothing is left to do."""
