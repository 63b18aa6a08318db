"""Queries and results of a search, as plain records.

A *lane* is what was searched: `picture` (an image-text encoder), `appearance` (DINOv2) and `layout`
(colours and their places, no learned model) are of frames; `speech`, `screen` and `caption` are words.
A words lane is ranked twice, by the words themselves (`lexical`) and by what they mean (`meaning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from playhead_index.clean_text import clean_text
from playhead_index.short_repr import short_repr
from playhead_index.window import Window

Lane = Literal["picture", "appearance", "layout", "speech", "screen", "caption"]
How = Literal["vector", "lexical", "meaning"]
LANES: tuple[Lane, ...] = ("picture", "appearance", "layout", "speech", "screen", "caption")
TEXT_LANES: tuple[Lane, ...] = ("picture", "speech", "screen", "caption")
EXAMPLE_LANES: tuple[Lane, ...] = ("picture", "appearance", "layout")
Modality = Literal["speech", "screen", "picture", "caption"]
CoverageStatus = Literal["covered", "not_covered", "not_applicable"]
MODALITIES: tuple[Modality, ...] = ("speech", "screen", "picture", "caption")
"""Where a question may be answered. Captions are a model's words about the frames: they help to find
something and can rule out nothing."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search: some videos or all (None), an interval of each or the whole (None).

    `speakers` limits what is said to some speakers, by names or labels compared case-folded
    (`playhead_index.speakers.find_speakers`): then only speech is searched. `span_ids` are the (n,) int64
    ascending ids of their spans, which the search fills in.
    """

    video_ids: tuple[str, ...] | None = None
    window: Window | None = None
    speakers: tuple[str, ...] | None = None
    span_ids: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class Query:
    """One search: by text, by image, or by an example moment of the library.

    Args:
        text: words to search for; cleaned, as text encoders refuse lone surrogates.
        image: (H, W, 3) uint8 image to search for.
        like: (video_id, time_s): search for what is on the screen there.
        scope: where.
        lanes: which lanes; None for all that fit the query.
        limit: maximum number of moments to return, above 0.
        min_score: moments below this fused score are not returned.
        use_speakers: what a speaker whom the text names says counts more, and the name is not searched for.

    Raises:
        ValueError: not exactly one of text, image and like is given, or limit is not above 0.
    """

    text: str | None = None
    image: NDArray[np.uint8] | None = None
    like: tuple[str, float] | None = None
    scope: Scope = field(default_factory=Scope)
    lanes: tuple[Lane, ...] | None = None
    limit: int = 10
    min_score: float = 0.0
    use_speakers: bool = True
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if sum(x is not None for x in (self.text, self.image, self.like)) != 1:
            raise ValueError("a query is exactly one of text, image and like")
        if self.limit < 1:
            raise ValueError(f"limit must be above 0, got {self.limit}")
        if self.text is not None:
            object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True)
class Hit:
    """One scored frame or span in one ranked list.

    Args:
        lane: what was searched.
        how: by vector, by words, by meaning.
        video_id: in which video.
        window: the frame's or the span's own window.
        score: the list's own score; compare only inside one list of one query.
        rank: 1 for the best of its list.
        ref: `frame:12` or `span:7`, the catalog row it stands on.
        text: the span's words; None for a frame.
        speaker: name of who says it, `speaker 2` for one without a name; None where it is not known.
        confidence: of recognised words and of text read on the screen, 0 to 1; None where none is known.
    """

    lane: Lane
    how: How
    video_id: str
    window: Window
    score: float
    rank: int
    ref: str
    text: str | None = None
    speaker: str | None = None
    confidence: float | None = None
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class PassageFit:
    """How well a passage of a transcript fits a query.

    Args:
        evidence: how far the words and the meaning around it stand out from the rest of the transcript, in
            standard deviations (`pooling.evidence_windows`).
        cosine: mean cosine of the query and the three sentences of it that are nearest; None without a text
            model.
        agreement: part of it that it shares with the best passage by words alone, 0 to 1.
    """

    evidence: float
    cosine: float | None
    agreement: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A window that answers a query, with the hits behind it, best first.

    `score` is a fused rank score: it orders the moments of one query and means nothing beyond it. `fit` is
    None for a moment that is no passage of a transcript.
    """

    video_id: str
    path: Path
    window: Window
    score: float
    hits: tuple[Hit, ...]
    fit: PassageFit | None = None
    __repr__ = short_repr

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes that found it, in the order of `LANES`."""
        found = {hit.lane for hit in self.hits}
        return tuple(lane for lane in LANES if lane in found)


@dataclass(frozen=True, slots=True)
class LaneCoverage:
    """What one lane could search.

    Args:
        lane: which.
        searched: it was searched at all.
        items: frames or spans of the scope that it holds and were scored.
        why_not: when it was not searched, why, and how to turn it on; else empty.
    """

    lane: Lane
    searched: bool
    items: int
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ModalityCoverage:
    """How much of one video can be searched in one modality.

    Args:
        video_id: of the video.
        modality: speech, screen text, frames or captions.
        status: all of the interval can be searched (`covered`), not all of it (`not_covered`), or there is
            nothing of this modality in the video, such as speech in one without sound (`not_applicable`).
        covered_s: seconds of the interval that can be searched.
        extent_s: seconds of the interval.
        why_not: why not all of it can be searched; empty otherwise.
        name: of the video, for people (`video_names`); empty where the record is not a part of a summary.
        uncertain_s: seconds of speech that were recognised with a confidence below `MIN_CONFIDENCE`.
    """

    video_id: str
    modality: Modality
    status: CoverageStatus
    covered_s: float
    extent_s: float
    why_not: str = ""
    name: str = ""
    uncertain_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ModalitySummary:
    """How much of all videos in scope can be searched in one modality.

    Args:
        modality: speech, screen text, frames or captions.
        num_covered: videos that are covered to the end of their interval.
        num_not_applicable: videos that have nothing of it.
        covered_s: seconds covered, over the videos that have it.
        extent_s: seconds in scope of those videos.
        not_covered: a record for each video that is not covered, in the order of the scope.
        uncertain_s: seconds of speech that were recognised with a confidence below `MIN_CONFIDENCE`.
    """

    modality: Modality
    num_covered: int
    num_not_applicable: int
    covered_s: float
    extent_s: float
    not_covered: tuple[ModalityCoverage, ...] = ()
    uncertain_s: float = 0.0
    __repr__ = short_repr

    @property
    def num_applicable(self) -> int:
        """Videos that have something of the modality."""
        return self.num_covered + len(self.not_covered)

    @property
    def is_complete(self) -> bool:
        """Every video that has something of the modality is covered."""
        return not self.not_covered


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was searched and what was not: what every answer and every "not there" must say.

    Args:
        videos: videos in scope.
        segments: segments in scope.
        duration_s: seconds of video in scope.
        lanes: a line a lane.
        unfinished: videos in scope whose indexing has not ended, so that parts may be missing.
        modalities: how much of the videos can be searched, a summary for each modality; empty in records
            that were written before there was one.
        viewed_s: seconds of the scope that a video-LLM has viewed.
        num_without_speakers: videos of which it is not known who speaks; None where the scope names no
            speaker.
    """

    videos: int
    segments: int
    duration_s: float
    lanes: tuple[LaneCoverage, ...]
    unfinished: tuple[str, ...] = ()
    modalities: tuple[ModalitySummary, ...] = ()
    viewed_s: float = 0.0
    num_without_speakers: int | None = None
    __repr__ = short_repr

    def modality(self, name: Modality) -> ModalitySummary | None:
        """The summary of one modality; None where nothing is known of it."""
        return next((one for one in self.modalities if one.modality == name), None)

    @property
    def searched_lanes(self) -> tuple[Lane, ...]:
        """Lanes that were searched."""
        return tuple(line.lane for line in self.lanes if line.searched)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Moments, best first, and what was searched to find them."""

    query: Query
    moments: Sequence[Moment]
    coverage: Coverage
    seconds: float
    __repr__ = short_repr
