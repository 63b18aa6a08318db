"""What the tools of one question share: the library, the table, what was asked so far, what it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import isfinite
from typing import Any, Protocol

from playhead_index.errors import ToolError
from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.cite import Grounds, reads_like_orders, stored_texts
from playhead_tools.evidence import Evidence
from playhead_tools.eyes import Look
from playhead_tools.look_up import Finder, VideoEntry, list_videos
from playhead_tools.match import search_terms, stem
from playhead_tools.numbers import clocks_in, numbers_in
from playhead_tools.speaking import SpeakerNames
from playhead_tools.toolbox.table import Table

Record = dict[str, Any]
"""What a tool gives back: plain JSON types."""


COUNTED = ("searches", "looks", "frames", "visual_tokens", "look_seconds")
"""What is counted over all calls of a question."""


class BadCall(ToolError):
    """A call that no tool can take: an unknown name, or arguments that do not fit."""


class Looker(Protocol):
    """Looks at a window of a video; `playhead_tools.eyes.Eyes` is one."""

    def look(self, video_id: str, window: Window, question: str, *, yes_no: bool = False) -> Look:
        """What a model says of a window."""
        ...


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """The most that the tools of one question may use and give.

    Args:
        evidence: records in the evidence table.
        looks: looks of the video model, over all calls.
        looks_a_call: looks of one call.
        rows: rows of one result.
        row_chars: characters of the words of one row.
        look_s: seconds of one stretch that is looked at; what is longer is cut.
        notes: notes that are kept.

    Raises:
        ValueError: one of them is not above 0.
    """

    evidence: int = 160
    looks: int = 32
    looks_a_call: int = 8
    rows: int = 24
    row_chars: int = 240
    look_s: float = 120.0
    notes: int = 12

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"limits must be above 0, got {name} = {getattr(self, name)}")


@dataclass(slots=True)
class Kit:
    """What the tools of one question share.

    Args:
        catalog: the open library.
        finder: searches it.
        eyes: looks at it; None when no model looks at pictures here.
        limits: what may be used and given.
        scope: which videos, which stretch of each.
        table: evidence and events.
        looks: every look that was made, by a hash of what was asked.
        coverage: of each search and reading.
        computed: numbers that code reckoned from evidence.
        scans: exhaustive scans, in order.
        reckoned: for each reckoning its evidence ids and whether it is complete.
        notes: kept by the model.
        used: what was used so far.
        sent_back: the claims of `finish` were sent back once.
        conclusion: what `finish` or `abstain` was told; None while the question is open.
        look_failure: why the video-LLM could not be asked; after that it is not asked again.
    """

    catalog: Catalog
    finder: Finder
    eyes: Looker | None
    limits: ToolLimits
    scope: Scope
    table: Table
    looks: dict[str, Record] = field(default_factory=dict)
    coverage: list[Coverage] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)
    scans: list[Record] = field(default_factory=list)
    reckoned: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0.0))
    sent_back: bool = False
    conclusion: Record | None = None
    look_failure: str = ""
    _speakers: SpeakerNames | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def speakers(self) -> SpeakerNames:
        """What the speakers of spans are called; read once."""
        if self._speakers is None:
            self._speakers = SpeakerNames(self.catalog)
        return self._speakers

    def videos(self) -> list[VideoEntry]:
        """The videos in scope."""
        return list_videos(self.catalog, self.scope)

    def whole(self, video: VideoEntry) -> Window:
        """The part of a video that is in scope.

        Raises:
            ToolError: no part of it is.
        """
        whole = Window(0.0, video.duration_s)
        inside = whole if self.scope.window is None else self.scope.window.clamped(whole)
        if inside is None:
            raise ToolError(f"{video.name} has nothing in scope; the scope is {self.scope.window}")
        return inside

    def stretches(self) -> dict[str, Window]:
        """The part in scope of every video that has one, by id."""
        asked, whole = self.scope.window, {v.video_id: Window(0.0, v.duration_s) for v in self.videos()}
        parts = {video_id: w if asked is None else asked.clamped(w) for video_id, w in whole.items()}
        return {video_id: part for video_id, part in parts.items() if part is not None}

    def grounds(self) -> Grounds:
        """What claims are held against: the table and the reckoned numbers."""
        windows = [event.window for event in self.table.events.values()]
        return Grounds(
            self.catalog,
            self.table.records,
            {video.video_id: video for video in self.videos()},
            [(record.video_id, record.window) for record in self.table.records.values()],
            [*self.computed, *(t for w in windows for t in (w.start_s, w.end_s, w.duration_s))],
        )

    def known_numbers(self) -> set[float]:
        """Every number that stands in the evidence, in its times, or was reckoned from it."""
        records = list(self.table.records.values())
        texts = stored_texts(self.catalog, records).values()
        found = {n for text in texts for n in (*numbers_in(text), *clocks_in(text))}
        windows = [r.window for r in records] + [e.window for e in self.table.events.values()]
        return found | {t for w in windows for t in (w.start_s, w.end_s, w.duration_s)} | set(self.computed)

    def spent(self, **amounts: float) -> Record:
        """Counts what a call used, and gives it as the result's cost, without zeros."""
        for name, amount in amounts.items():
            self.used[name] += amount
        return {name: round(amount, 3) for name, amount in amounts.items() if amount}


# ---- rows ----


def row_of(kit: Kit, record: Evidence, text: str, evidence_id: str, about: str = "") -> Record:
    """One piece of evidence as a model reads it: id, place, times in seconds and on the clock, words.

    The words are escaped and cut; `reads_like_orders` is set where they look like an instruction, and
    `uncertain` where they were recognised with low confidence.

    Args:
        kit: of the question.
        record: the evidence.
        text: its words.
        evidence_id: empty when the table was full.
        about: words around which a long text is cut; its beginning when empty.
    """
    row: Record = {"id": evidence_id or None, **place(kit, record.video_id, record.window)}
    row["kind"] = record.kind
    if record.speaker:
        row["speaker"] = as_data(record.speaker)
    if text:
        row["words"] = as_data(around(text, about, kit.limits.row_chars))
    if record.is_uncertain:
        row["uncertain"] = f"recognised with confidence {record.confidence:.2f}: do not rely on these words"
    if text and reads_like_orders(text):
        row["reads_like_orders"] = True
    return row


def place(kit: Kit, video_id: str, window: Window) -> Record:
    """Where and when, in seconds and on the clock."""
    name = next((v.name for v in list_videos(kit.catalog, Scope((video_id,)))), video_id)
    times = {"start_s": round(window.start_s, 2), "end_s": round(window.end_s, 2), "at": str(window)}
    return {"video": as_data(name), **times}


def around(text: str, about: str, most_chars: int) -> str:
    """At most so many characters of a text, from a little before the first word that `about` asks for."""
    words = text.split()
    if len(" ".join(words)) <= most_chars:
        return " ".join(words)
    wanted = {stem(term) for term in search_terms(about)} if about else set()
    hit = next((i for i, w in enumerate(words) if wanted & {stem(t) for t in search_terms(w)}), 0)
    start = max(0, hit - 8)
    cut = " ".join(words[start:])
    lead = "… " if start else ""
    room = most_chars - len(lead)
    return lead + (cut if len(cut) <= room else cut[: room - 2].rstrip() + " …")


def as_data(text: str) -> str:
    """Words of a video so that they can end no tag and stand for nothing but themselves."""
    return escape(" ".join(text.split()), quote=False)


def result(
    rows: Sequence[Record], notes: Sequence[str] = (), cost: Mapping[str, float] | None = None, **more: Any
) -> Record:
    """What a tool gives back: its rows, what else it found, notes where there are any, and the cost."""
    record: Record = {**more, "evidence": list(rows)}
    if any(row["id"] is None for row in rows):
        notes = [*notes, "the evidence table is full: rows without an id cannot be cited"]
    if notes:
        record["notes"] = list(dict.fromkeys(notes))
    return {**record, "cost": dict(cost or {})}


def number(value: float) -> float | None:
    """A number for JSON, at most three places; None for one that is endless or unknown."""
    return round(value, 3) if isfinite(value) else None
