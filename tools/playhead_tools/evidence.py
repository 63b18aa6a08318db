"""What an answer may cite, and the answer: plain records that turn into JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from playhead_index.extras import join_install_commands
from playhead_index.paths import path_to_text, text_to_path
from playhead_index.search.results import (
    EXAMPLE_LANES,
    Coverage,
    Lane,
    LaneCoverage,
    Modality,
    ModalityCoverage,
    ModalitySummary,
)
from playhead_index.short_repr import short_repr
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window, format_time
from playhead_index.words.protocol import is_uncertain

EvidenceKind = Literal["speech", "screen", "caption", "picture", "metadata"]
Verdict = Literal["supported", "contradicted", "not_visible", "unverified"]
Status = Literal["answered", "partial", "abstained"]
Reason = Literal["", "absent", "unknown", "false_premise", "ambiguous", "out_of_scope", "budget"]
ClaimStatus = Literal["supported", "unverified"]

LANE_NAMES: dict[Lane, str] = {
    "picture": "pictures",
    "appearance": "appearance",
    "layout": "colour layout",
    "speech": "speech",
    "screen": "screen text",
    "caption": "captions",
}
CARRIER: dict[Modality, str] = {
    "speech": "sound", "screen": "pictures", "picture": "pictures", "caption": "pictures"
}  # fmt: skip
"""What a video must hold for a modality to apply to it."""
MIN_UNCERTAIN_S = 1.0
"""Less uncertain speech than this is not mentioned in a sentence."""
MAX_NAMES = 3
"""So many file names stand in a coverage sentence; the record has all."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored, checked record; the only thing that an answer may cite.

    Args:
        id: `E1`, `E2`, … in one answer.
        video_id: in which video.
        window: when, as the catalog has it.
        kind: where it stands: in speech, in screen text, in a caption, in the picture, in a file's facts.
        verdict: whether it carries what was asked.
        span_ids: catalog spans whose words it is, in time order; empty for pictures and metadata.
        frame_id: catalog frame, for a picture.
        match: part of the asked words that it holds, 0 to 1.
        role: what it was looked for as: `target0`, …, `anchor0`, `anchor1`, or `near` for what was read
            next to an anchor or at a given time.
        tied_to: id of the anchor that it was read next to.
        text: its words, verbatim from the catalog; empty in the compact form that a run's state keeps.
        lanes: the lanes that found it.
        said: what a video-LLM said of the picture; empty when no model viewed it.
        speaker: name of who says it; empty where it is not known, and in the compact form.
        confidence: the lowest of its spans, 0 to 1; None where none has one. Words below `MIN_CONFIDENCE`
            carry no claim, so that their verdict is `unverified` at best.
        sentence_s: of a passage, when the sentence that fits the question best starts and ends, in seconds.
    """

    id: str
    video_id: str
    window: Window
    kind: EvidenceKind
    verdict: Verdict
    span_ids: tuple[int, ...] = ()
    frame_id: int | None = None
    match: float = 0.0
    role: str = "target0"
    tied_to: str = ""
    text: str = ""
    lanes: tuple[Lane, ...] = ()
    said: str = ""
    speaker: str = ""
    confidence: float | None = None
    sentence_s: tuple[float, float] | None = None
    __repr__ = short_repr

    @property
    def is_uncertain(self) -> bool:
        """Whether its words were recognised with low confidence."""
        return is_uncertain(self.confidence)

    @property
    def identity(self) -> tuple[Any, ...]:
        """Two records are one only when this is equal; nearness in time never makes them one."""
        return (self.video_id, self.kind, self.window, self.span_ids, self.frame_id)

    def to_json(self, *, compact: bool = False) -> dict[str, Any]:
        """Plain JSON types; compact leaves out the words, which the catalog has, and what is usual."""
        record: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        record["window"] = [self.window.start_s, self.window.end_s]
        record["span_ids"], record["lanes"] = list(self.span_ids), list(self.lanes)
        record["sentence_s"] = None if self.sentence_s is None else list(self.sentence_s)
        if not compact:
            return record
        del record["text"]
        record["speaker"] = ""
        if self.lanes == (self.kind,):
            del record["lanes"]
        for name, usual in _USUAL.items():
            if record[name] == usual:
                del record[name]
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The record that `to_json` wrote, compact or not."""
        values = {**_USUAL, **record}
        values["window"] = Window(*values["window"])
        values["span_ids"], values["lanes"] = (
            tuple(values["span_ids"]),
            tuple(values.get("lanes", (values["kind"],))),
        )
        values["sentence_s"] = None if values["sentence_s"] is None else tuple(values["sentence_s"])
        return cls(**values)


_USUAL: dict[str, Any] = {
    "verdict": "supported",
    "span_ids": [],
    "frame_id": None,
    "match": 1.0,
    "role": "target0",
    "tied_to": "",
    "said": "",
    "speaker": "",
    "confidence": None,
    "sentence_s": None,
}


def words_evidence(spans: Sequence[SpanRow], verdict: Verdict, **fields: Any) -> Evidence:
    """One record, without an id yet, that stands on neighbouring spans of one kind.

    Words that were recognised with low confidence are `unverified`, whatever they match.

    Args:
        spans: in time order, at least one.
        verdict: by the words that they hold.
        fields: others of the record, such as `match` and `role`.
    """
    window = spans[0].words.window
    for span in spans[1:]:
        window = window.hull(span.words.window)
    confidence = min((c for span in spans if (c := span.words.confidence) is not None), default=None)
    if verdict == "supported" and is_uncertain(confidence):
        verdict = "unverified"
    kind, ids = spans[0].words.kind, tuple(span.id for span in spans)
    return Evidence("", spans[0].video_id, window, kind, verdict, ids, confidence=confidence, **fields)


def uncertainty_notes(records: Sequence[Evidence]) -> list[str]:
    """A note on the cited words that were recognised with low confidence; empty where none were."""
    uncertain = [record for record in records if record.is_uncertain]
    if not uncertain:
        return []
    return [
        _uncertainty_note(of_kind, reason)
        for is_caption, reason in (
            (False, "they were recognised with a confidence of"),
            (True, "the samples of the caption agree by"),
        )
        if (of_kind := [record for record in uncertain if (record.kind == "caption") == is_caption])
    ]


def _uncertainty_note(uncertain: Sequence[Evidence], reason: str) -> str:
    lowest = min(record.confidence or 0.0 for record in uncertain)
    prefix = "" if len(uncertain) == 1 else "at least "
    words = f"the words of {listed([record.id for record in uncertain])}"
    return f"{words} are uncertain: {reason} {prefix}{lowest:.2f}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement with the evidence that it stands on.

    Args:
        text: without ids.
        evidence_ids: what it cites.
        status: `supported` where its evidence says or shows it, else `unverified`.
        why: why it is unverified, for people; empty where nothing more is known than its evidence's verdict.
        quote: words that it rests on and that stand in its evidence; empty where none were given.
    """

    text: str
    evidence_ids: tuple[str, ...]
    status: ClaimStatus = "unverified"
    why: str = ""
    quote: str = ""
    __repr__ = short_repr

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types under the names of the fields."""
        return {
            "text": self.text,
            "evidence_ids": list(self.evidence_ids),
            "status": self.status,
            "why": self.why,
            "quote": self.quote,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The claim that `to_json` wrote; those of earlier versions have no `why` and `quote`."""
        return cls(
            record["text"],
            tuple(record["evidence_ids"]),
            record["status"],
            record.get("why", ""),
            record.get("quote", ""),
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """One cited interval: where the file is, from when to when, by which evidence."""

    video_id: str
    path: Path
    window: Window
    evidence_id: str

    def to_json(self) -> dict[str, Any]:
        """`{video_id, path, start_s, end_s, evidence_id}`."""
        return {
            "video_id": self.video_id,
            "path": path_to_text(self.path),
            "start_s": self.window.start_s,
            "end_s": self.window.end_s,
            "evidence_id": self.evidence_id,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The interval that `to_json` wrote."""
        window = Window(record["start_s"], record["end_s"])
        return cls(record["video_id"], text_to_path(record["path"]), window, record["evidence_id"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person gets: the words, when they are true, what was searched, and the confidence.

    Args:
        text: for people; evidence stands in it as `[E1]`.
        status: answered, partly answered, or not answered.
        reason: why not, or why only partly; empty when answered.
        intervals: every cited interval, in the order of the text.
        claims: the statements of the text with their evidence.
        coverage: what was searched and what was not; None when the run ended before it searched.
        confidence: 0 to 1, never above what the evidence allows; 0 when abstained.
        cost: seconds, steps, model calls, tokens.
        evidence: the records behind it.
        notes: what the person should know of how it came about.
        question: what was asked.
        thread_id: the conversation that it belongs to.
        choice: the option that it chooses, from 0; None where none was given or none follows.
        fallback: which model that was given could not be used, and why, so that a simpler method answered;
            also one of the notes. Empty when all that was given was used.
        ended_by: the call with which a model that plans ended the run; empty where a limit or code ended it,
            and for strategies in which no model plans.
    """

    text: str
    status: Status
    reason: Reason = ""
    intervals: tuple[Interval, ...] = ()
    claims: tuple[Claim, ...] = ()
    coverage: Coverage | None = None
    confidence: float = 0.0
    cost: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    question: str = ""
    thread_id: str = ""
    choice: int | None = None
    fallback: str = ""
    ended_by: Literal["", "finish", "abstain"] = ""
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must be within [0, 1], got {self.confidence}")
        if (self.status == "answered") != (self.reason == ""):
            raise ValueError(f"only an answered answer has no reason, got {self.status = }, {self.reason = }")

    @property
    def verified(self) -> tuple[Interval, ...]:
        """The cited intervals whose evidence is supported; the others are only the closest."""
        supported_ids = {record.id for record in self.evidence if record.verdict == "supported"}
        return tuple(interval for interval in self.intervals if interval.evidence_id in supported_ids)

    def to_json(self, *, compact: bool = False) -> dict[str, Any]:
        """Plain JSON types under the names of the fields; compact leaves the words of the evidence out."""
        return {
            "text": self.text,
            "status": self.status,
            "reason": self.reason,
            "intervals": [interval.to_json() for interval in self.intervals],
            "claims": [claim.to_json() for claim in self.claims],
            "coverage": None if self.coverage is None else coverage_to_json(self.coverage),
            "confidence": round(self.confidence, 4),
            "cost": dict(self.cost),
            "evidence": [record.to_json(compact=compact) for record in self.evidence],
            "notes": list(self.notes),
            "question": self.question,
            "thread_id": self.thread_id,
            "choice": self.choice,
            "fallback": self.fallback,
            "ended_by": self.ended_by,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The answer that `to_json` wrote, compact or not."""
        values = dict(record)
        values["intervals"] = tuple(Interval.from_json(one) for one in record["intervals"])
        values["claims"] = tuple(Claim.from_json(one) for one in record["claims"])
        values["coverage"] = None if record["coverage"] is None else coverage_from_json(record["coverage"])
        values["evidence"] = tuple(Evidence.from_json(one) for one in record["evidence"])
        values["notes"] = tuple(record["notes"])
        return cls(**values)


def coverage_to_json(coverage: Coverage) -> dict[str, Any]:
    """Plain JSON types, with the sentence for people as `sentence`."""
    return {
        "videos": coverage.videos,
        "segments": coverage.segments,
        "duration_s": coverage.duration_s,
        "lanes": [asdict(line) for line in coverage.lanes],
        "unfinished": list(coverage.unfinished),
        "modalities": [_summary_to_json(one) for one in coverage.modalities],
        "viewed_s": round(coverage.viewed_s, 3),
        "num_without_speakers": coverage.num_without_speakers,
        "sentence": coverage_sentence(coverage),
    }


def _summary_to_json(summary: ModalitySummary) -> dict[str, Any]:
    return {
        "modality": summary.modality,
        "num_covered": summary.num_covered,
        "num_not_applicable": summary.num_not_applicable,
        "covered_s": round(summary.covered_s, 3),
        "extent_s": round(summary.extent_s, 3),
        "uncertain_s": round(summary.uncertain_s, 3),
        "not_covered": [
            {
                "video_id": one.video_id,
                "name": one.name,
                "covered_s": round(one.covered_s, 3),
                "extent_s": round(one.extent_s, 3),
                "why_not": one.why_not,
                "uncertain_s": round(one.uncertain_s, 3),
            }
            for one in summary.not_covered
        ],
    }


def coverage_from_json(record: Mapping[str, Any]) -> Coverage:
    """The `Coverage` that `coverage_to_json` wrote, now or before it named modalities."""
    return Coverage(
        record["videos"],
        record["segments"],
        record["duration_s"],
        tuple(LaneCoverage(**line) for line in record["lanes"]),
        tuple(record["unfinished"]),
        tuple(map(_summary_from_json, record.get("modalities", ()))),
        record.get("viewed_s", 0.0),
        record.get("num_without_speakers"),
    )


def _summary_from_json(record: Mapping[str, Any]) -> ModalitySummary:
    modality: Modality = record["modality"]
    not_covered = tuple(
        ModalityCoverage(modality=modality, status="not_covered", **one) for one in record["not_covered"]
    )
    return ModalitySummary(**{**record, "not_covered": not_covered})


def join_coverage(parts: Sequence[Coverage]) -> Coverage | None:
    """One coverage for several searches of one scope: a lane was searched when any of them searched it."""
    if not parts:
        return None
    lines: dict[Lane, LaneCoverage] = {}
    for line in (line for part in parts for line in part.lanes):
        best = lines.get(line.lane)
        if best is None or (line.searched, line.items) > (best.searched, best.items):
            lines[line.lane] = line
    modalities: dict[Modality, ModalitySummary] = {}
    for summary in (summary for part in parts for summary in part.modalities):
        widest = modalities.get(summary.modality)
        if widest is None or summary.extent_s > widest.extent_s:
            modalities[summary.modality] = summary
    largest = max(parts, key=lambda part: (part.duration_s, part.videos))
    unfinished = dict.fromkeys(video for part in parts for video in part.unfinished)
    return Coverage(
        largest.videos,
        largest.segments,
        largest.duration_s,
        tuple(lines.values()),
        tuple(unfinished),
        tuple(modalities.values()),
        max(part.viewed_s for part in parts),
        max((n for part in parts if (n := part.num_without_speakers) is not None), default=None),
    )


def add_coverage(parts: Sequence[Coverage]) -> Coverage:
    """One coverage for searches of scopes that share nothing: a lane counts as searched when it was in all.

    Raises:
        ValueError: there are no parts.
    """
    if not parts:
        raise ValueError("there is no coverage to add")
    lanes: dict[Lane, LaneCoverage] = {}
    for line in (line for part in parts for line in part.lanes):
        total = lanes.get(line.lane, LaneCoverage(line.lane, True, 0))
        why_not = total.why_not or line.why_not
        lanes[line.lane] = LaneCoverage(
            line.lane, total.searched and line.searched, total.items + line.items, why_not
        )
    modalities: dict[Modality, ModalitySummary] = {}
    for one in (summary for part in parts for summary in part.modalities):
        sum_ = modalities.get(one.modality, ModalitySummary(one.modality, 0, 0, 0.0, 0.0))
        modalities[one.modality] = ModalitySummary(
            one.modality,
            sum_.num_covered + one.num_covered,
            sum_.num_not_applicable + one.num_not_applicable,
            sum_.covered_s + one.covered_s,
            sum_.extent_s + one.extent_s,
            (*sum_.not_covered, *one.not_covered),
            sum_.uncertain_s + one.uncertain_s,
        )
    return Coverage(
        sum(part.videos for part in parts),
        sum(part.segments for part in parts),
        sum(part.duration_s for part in parts),
        tuple(lanes.values()),
        tuple(dict.fromkeys(video for part in parts for video in part.unfinished)),
        tuple(modalities.values()),
        sum(part.viewed_s for part in parts),
        sum(unknown)
        if (unknown := [n for p in parts if (n := p.num_without_speakers) is not None])
        else None,
    )


def coverage_sentence(coverage: Coverage) -> str:
    """What was searched and what was not, for people; every video that was left out is named or counted.

    Left out are captions where there are none: they say nothing that the video itself does not.

    >>> lanes = (LaneCoverage("speech", True, 40), LaneCoverage("picture", False, 0, "no image model"))
    >>> coverage_sentence(Coverage(3, 90, 3730.0, lanes))
    'Searched 3 videos (1:02:10) by speech; pictures were not searched: no image model.'
    >>> trailer = ModalityCoverage("t", "speech", "not_covered", 0, 60, "no speech model", "trailer.mp4")
    >>> speech = ModalitySummary("speech", 2, 0, 3670.0, 3730.0, (trailer,))
    >>> coverage_sentence(Coverage(3, 90, 3730.0, lanes[:1], modalities=(speech,)))
    'Searched 3 videos (1:02:10): speech was searched in 2 of 3 videos, not in trailer.mp4 (no speech model).'
    """
    return join_install_commands(_coverage_sentence(coverage), "To search the rest")


def _coverage_sentence(coverage: Coverage) -> str:
    """The same, with every install command where it is needed."""
    videos = f"{coverage.videos} video{'' if coverage.videos == 1 else 's'}"
    length = format_time(round(coverage.duration_s))
    if not coverage.lanes and not coverage.viewed_s:
        return f"Looked up the stored facts of {videos} ({length}); nothing else was searched."
    lines = [line for line in coverage.lanes if _is_mentioned(line)]
    searched = [LANE_NAMES[line.lane] for line in lines if line.items and is_searched(line, coverage)]
    missing = (_missing_part(line, coverage) for line in lines)
    parts = _group_by_reason([part for part in missing if part])
    if coverage.viewed_s:
        parts.insert(0, f"a video model viewed {format_time(round(coverage.viewed_s))} of it")
    if coverage.unfinished:
        n = len(coverage.unfinished)
        which = "it is" if coverage.videos == 1 else f"{n} of them {'is' if n == 1 else 'are'}"
        parts.append(f"{which} not indexed to the end")
    parts += list(dict.fromkeys(part for line in lines if (part := _videos_without_frames(line, coverage))))
    if coverage.num_without_speakers:
        parts.append(without_speakers(coverage.num_without_speakers, coverage.videos))
    parts += [part for line in lines if (part := _uncertain(line, coverage))]
    if searched:
        return "; ".join([f"Searched {videos} ({length}) by {listed(searched)}", *parts]) + "."
    lead = (
        f"Searched {videos} ({length})"
        if is_any_searched(coverage)
        else f"Nothing was searched in {videos} ({length})"
    )
    return f"{lead}: {'; '.join(parts)}." if parts else f"{lead}."


def _group_by_reason(parts: Sequence[str]) -> list[str]:
    """What is said of each modality, those that were not searched for one reason in one part.

    >>> _group_by_reason(["pictures were not searched: off", "screen text was not searched: off", "none"])
    ['pictures and screen text were not searched: off', 'none']
    """
    by_why: dict[str, list[str]] = {}
    for part in dict.fromkeys(parts):
        subject, _, why = part.partition(" not searched: ")
        name = subject.removesuffix(" was").removesuffix(" were") if why else ""
        by_why.setdefault(why or part, []).append(name)
    joined = []
    for why, names in by_why.items():
        if not names[0]:
            joined.append(why)
            continue
        were = "were" if len(names) > 1 or names[0] in ("pictures", "captions") else "was"
        reason = "switched off when the videos were indexed" if why == "it was switched off" else why
        joined.append(f"{listed(names)} {were} not searched: {reason}")
    return joined


def _videos_without_frames(line: LaneCoverage, coverage: Coverage) -> str:
    """How many of the recordings that pictures were searched in have none; empty where all have some."""
    summary = _summary_of(line, coverage)
    if summary is None or CARRIER[summary.modality] != "pictures" or not summary.num_applicable:
        return ""
    n = summary.num_not_applicable
    return f"{n} of them {'has' if n == 1 else 'have'} no pictures" if n and line.searched else ""


def without_speakers(num_unknown: int, num_videos: int) -> str:
    """That it is not known who speaks in some videos.

    >>> without_speakers(3, 4), without_speakers(1, 1)
    ('who speaks is not known in 3 of 4 videos', 'who speaks is not known')
    """
    where = "" if num_videos == 1 else f" in {num_unknown} of {num_videos} videos"
    return f"who speaks is not known{where}"


def _uncertain(line: LaneCoverage, coverage: Coverage) -> str:
    """How much of the words was recognised with low confidence, where that is not said of single videos."""
    summary = _summary_of(line, coverage)
    if summary is None or not line.searched:
        return ""
    rest_s = summary.uncertain_s - sum(one.uncertain_s for one in summary.not_covered)
    length = format_time(round(rest_s))
    return f"{length} of the {LANE_NAMES[line.lane]} is uncertain" if rest_s >= MIN_UNCERTAIN_S else ""


def is_any_searched(coverage: Coverage) -> bool:
    """Whether anything at all was searched or viewed."""
    lines = [line for line in coverage.lanes if _is_mentioned(line)]
    return coverage.viewed_s > 0 or any(_is_partly_searched(line, coverage) for line in lines)


def _is_mentioned(line: LaneCoverage) -> bool:
    """Captions and the lanes that only an example can search are mentioned where they hold something."""
    if line.lane == "picture" or line.lane not in (*EXAMPLE_LANES, "caption"):
        return True
    return line.searched and line.items > 0


def is_searched(line: LaneCoverage, coverage: Coverage) -> bool:
    """Whether a lane was searched in all of the scope.

    Words are searched wherever they are stored, so of them the summary of the modality decides, where there
    is one; pictures need a model at the time of the search as well.
    """
    summary = _summary_of(line, coverage)
    if summary is None:
        return line.searched
    return summary.is_complete and (line.searched or line.lane != "picture" or not summary.num_applicable)


def _summary_of(line: LaneCoverage, coverage: Coverage) -> ModalitySummary | None:
    return next((one for one in coverage.modalities if one.modality == line.lane), None)


def _is_partly_searched(line: LaneCoverage, coverage: Coverage) -> bool:
    summary = _summary_of(line, coverage)
    if line.lane == "picture" and not line.searched:
        return False
    if summary is not None and CARRIER[summary.modality] == "pictures" and not summary.num_applicable:
        return False
    return line.searched if summary is None else summary.is_complete or summary.covered_s > 0


def _missing_part(line: LaneCoverage, coverage: Coverage) -> str:
    """Where a lane was not searched, and why; empty for one that was searched and holds something."""
    summary = _summary_of(line, coverage)
    is_plural = line.lane in ("picture", "caption")
    why = line.why_not.rstrip(". ")
    if summary is not None and not summary.is_complete and (line.searched or line.lane != "picture"):
        return missing_videos(summary)
    if not is_searched(line, coverage):
        not_searched = f"{LANE_NAMES[line.lane]} {'were' if is_plural else 'was'} not searched"
        return f"{not_searched}: {why or 'no reason was given'}"
    if line.items:
        return ""
    if summary is not None and summary.num_covered and not line.searched:
        return f"there {'are' if is_plural else 'is'} no {LANE_NAMES[line.lane]} here"
    if summary is not None and summary.num_not_applicable and not summary.num_applicable:
        carrier = CARRIER[summary.modality]
        return f"it has no {carrier}" if coverage.videos == 1 else f"none of them has {carrier}"
    return why or f"there {'are' if is_plural else 'is'} no {LANE_NAMES[line.lane]} here"


def missing_videos(summary: ModalitySummary) -> str:
    """In how many of the videos a modality was searched, in which not, and why; empty when in all.

    >>> talk = ModalityCoverage("t", "screen", "not_covered", 0.0, 60.0, "off", "talk.mp4")
    >>> missing_videos(ModalitySummary("screen", 0, 0, 0.0, 60.0, (talk,)))
    'screen text was not searched: off'
    """
    if summary.is_complete:
        return ""
    uncertain = [one for one in summary.not_covered if _is_searched_but_uncertain(one)]
    if uncertain and summary.num_applicable > 1:
        return _uncertain_videos(summary, uncertain)
    modality_name = LANE_NAMES[summary.modality]
    was = f"{modality_name} {'were' if summary.modality in ('picture', 'caption') else 'was'}"
    reasons = list(dict.fromkeys(one.why_not.rstrip(". ") for one in summary.not_covered if one.why_not))
    why = "; ".join(reasons[:2]) + ("; …" if len(reasons) > 2 else "")
    n = summary.num_applicable
    if n == 1 and summary.covered_s > 0:
        done, all_ = format_time(round(summary.covered_s)), format_time(round(summary.extent_s))
        return f"{was} searched in {done} of {all_}" + (f" ({why})" if why else "")
    if not summary.num_covered and not summary.covered_s and (n == 1 or len(reasons) == 1):
        with_it = f" in the videos with {CARRIER[summary.modality]}" if summary.num_not_applicable else ""
        return f"{was} not searched{with_it if n > 1 else ''}: {why or 'no reason was given'}"
    with_it = f" with {CARRIER[summary.modality]}" if summary.num_not_applicable else ""
    videos = f"{summary.num_covered} of {n} videos{with_it}"
    return f"{was} searched in {videos}, not in {_video_names(summary.not_covered)}" + (
        f" ({why})" if why else ""
    )


def _video_names(videos: Sequence[ModalityCoverage]) -> str:
    """The names of some videos, the rest counted."""
    names = [one.name or one.video_id for one in videos]
    if len(names) <= MAX_NAMES:
        return listed(names)
    return f"{', '.join(names[:MAX_NAMES])} and {len(names) - MAX_NAMES} more"


def _is_searched_but_uncertain(one: ModalityCoverage) -> bool:
    """Whether all words of a video were searched, too many of which were recognised with low confidence."""
    return one.uncertain_s > 0 and one.covered_s + one.uncertain_s >= one.extent_s - MIN_UNCERTAIN_S


def _uncertain_videos(summary: ModalitySummary, uncertain: Sequence[ModalityCoverage]) -> str:
    """What `missing_videos` says where the words of some videos were searched and are uncertain."""
    rest = tuple(one for one in summary.not_covered if one not in uncertain)
    num_searched = summary.num_covered + len(uncertain)
    lead = missing_videos(replace(summary, num_covered=num_searched, not_covered=rest))
    if not lead:
        lead = f"{LANE_NAMES[summary.modality]} was searched in all {num_searched} videos"
    length = format_time(round(sum(one.uncertain_s for one in uncertain)))
    return f"{lead}, but {length} of it in {_video_names(uncertain)} was recognised with low confidence"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; empty for none."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
