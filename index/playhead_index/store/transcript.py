"""The units of transcripts: sentences, passages of them, and topics of passages."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind

UnitLevel = Literal["sentence", "passage", "topic"]


@dataclass(frozen=True, slots=True)
class TranscriptUnit:
    """A sentence, a passage or a topic of what is said (or written, or captioned) in a video.

    Args:
        kind: which words.
        level: `sentence`, `passage` (20 to 60 s of sentences) or `topic` (1 to 5 minutes of passages).
        window: from the first word to the last.
        text: of all its spans, joined.
        span_ids: catalog ids of the spans whose words it holds, in time order; a span that ends inside a
            sentence may belong to two units.
        language: BCP 47 tag where known.
        speaker: label of the speaker, where it is one for the whole unit.
        unit_id: catalog id; 0 before it is stored.
    """

    kind: SpanKind
    level: UnitLevel
    window: Window
    text: str
    span_ids: tuple[int, ...]
    language: str | None = None
    speaker: str | None = None
    unit_id: int = 0


def replace_units(db: Database, video_id: str, kind: SpanKind, units: Iterable[TranscriptUnit]) -> None:
    """Stores the units of one kind of a video instead of those before, inside the caller's `atomic()`."""
    db.execute("DELETE FROM transcript_unit WHERE video_id = ? AND kind = ?", (video_id, kind))
    for unit in units:
        db.execute(
            "INSERT INTO transcript_unit"
            " (video_id, kind, level, language, start_s, end_s, text, speaker, span_ids)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video_id, unit.kind, unit.level, unit.language, unit.window.start_s, unit.window.end_s,
                unit.text, unit.speaker, json.dumps(unit.span_ids),
            ),
        )  # fmt: skip


def read_units(
    catalog: Catalog, video_id: str, level: UnitLevel, kind: SpanKind = "speech"
) -> list[TranscriptUnit]:
    """The units of one level of a video, in time order; none where the transcript has not been divided."""
    rows = catalog.query(
        "SELECT id, language, start_s, end_s, text, speaker, span_ids FROM transcript_unit"
        " WHERE video_id = ? AND level = ? AND kind = ? ORDER BY start_s, id",
        (video_id, level, kind),
    )
    return [
        TranscriptUnit(
            kind, level, Window(start_s, end_s), text, tuple(json.loads(ids)), language, speaker, unit_id
        )
        for unit_id, language, start_s, end_s, text, speaker, ids in rows
    ]
