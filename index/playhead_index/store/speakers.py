"""Who speaks in a video: labels of speakers, the names they were given, embeddings of their voices."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from playhead_index.batches import batches
from playhead_index.clean_text import clean_text
from playhead_index.store.catalog import MAX_IDS_IN_SQL, Catalog
from playhead_index.window import Window

SpeakerOrigin = Literal["source", "voice"]
"""Where a label comes from: a subtitle source that names its speakers, or diarisation of the sound."""

MIN_SAME_VOICE = 0.85
"""Cosine of two mean voice embeddings from which a name is carried over, or proposed, to another label.

With GE2E embeddings (Wan et al., 2018, arXiv:1710.10467) of six voices of LibriSpeech test-other, whose files
were put in two halves: 0.97 and more for the halves of one voice, 0.77 at most for halves of two voices.
"""
MAX_LABEL_CHARS = 80


@dataclass(frozen=True, slots=True)
class Speaker:
    """One speaker of one video.

    Args:
        video_id: of the video.
        label: what spans, units and turns of the video carry: the name that a subtitle source gives, or the
            number that diarisation gave the voice ("1", "2", ... in order of first appearance).
        name: how the speaker is called; None for a voice that nobody has named.
        named_by: `source` where subtitles give the name, `person` where a user gave it; None without a name.
        voice: (D,) float32 unit vector, the mean embedding of the voice; None where it was not measured.
    """

    video_id: str
    label: str
    name: str | None = None
    named_by: Literal["source", "person"] | None = None
    voice: NDArray[np.float32] | None = field(default=None, compare=False)


def is_voice_label(label: str) -> bool:
    """Whether a label was given by diarisation: it is a number. Subtitles name no speaker so."""
    return label.isdecimal()


def display_name(speaker: Speaker) -> str:
    """The name of a speaker, or `speaker 2` for one without a name.

    >>> display_name(Speaker("v", "2")), display_name(Speaker("v", "2", "Alice", "person"))
    ('speaker 2', 'Alice')
    """
    return speaker.name or f"speaker {speaker.label}"


def name_of_label(label: str | None, name: str | None) -> str | None:
    """What a speaker is called whose label a span has; None for a span without one."""
    if label is None:
        return None
    return name or (f"speaker {label}" if is_voice_label(label) else label)


def read_speakers(catalog: Catalog, video_id: str) -> list[Speaker]:
    """The speakers of a video: named by a source in alphabetical order, then voices by number."""
    rows = catalog.query(
        "SELECT video_id, label, name, named_by, voice FROM speaker WHERE video_id = ?", (video_id,)
    )
    return _in_order(_speaker(row) for row in rows)


def read_all_speakers(catalog: Catalog) -> dict[str, list[Speaker]]:
    """The speakers of every video of a library, by video; videos without any are left out."""
    by_video: dict[str, list[Speaker]] = {}
    for row in catalog.query("SELECT video_id, label, name, named_by, voice FROM speaker ORDER BY video_id"):
        by_video.setdefault(row[0], []).append(_speaker(row))
    return {video_id: _in_order(own) for video_id, own in by_video.items()}


def read_turns(catalog: Catalog, video_id: str) -> list[tuple[str, Window]]:
    """(label, window) of every turn that diarisation found in a video, in time order."""
    rows = catalog.query(
        "SELECT label, start_s, end_s FROM speaker_turn WHERE video_id = ? ORDER BY start_s, label",
        (video_id,),
    )
    return [(label, Window(start_s, end_s)) for label, start_s, end_s in rows]


def spans_of_speakers(catalog: Catalog, labels: Mapping[str, Collection[str]]) -> NDArray[np.int64]:
    """(n,) ascending ids of the spans that some speakers say, from their labels by video."""
    requested = {(video_id, label) for video_id, own in labels.items() for label in own}
    names = sorted({label for _, label in requested})
    found: list[int] = []
    for chunk in batches(names, MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        rows = catalog.query(f"SELECT id, video_id, speaker FROM span WHERE speaker IN ({marks})", chunk)
        found += [span_id for span_id, video_id, label in rows if (video_id, label) in requested]
    return np.array(sorted(found), dtype=np.int64)


def name_speaker(catalog: Catalog, video_id: str, label: str, name: str | None) -> None:
    """Gives a speaker a name, or takes away the one that a person gave: then the source's name holds again.

    Raises:
        KeyError: the video has no speaker with this label.
    """
    cleaned = " ".join(clean_text(name, MAX_LABEL_CHARS).split()) if name else ""
    new: tuple[str | None, str | None] = (cleaned, "person") if cleaned else _source_name(label)
    with catalog.atomic() as db:
        changed = db.execute(
            "UPDATE speaker SET name = ?, named_by = ? WHERE video_id = ? AND label = ?",
            (*new, video_id, label),
        ).rowcount
    if not changed:
        raise KeyError(label)


def replace_speakers(
    db: Database, video_id: str, speakers: Iterable[Speaker], origin: SpeakerOrigin = "voice"
) -> None:
    """Stores the speakers of one origin of a video instead of those before, inside the caller's `atomic()`.

    Names that a person gave stay: with the label where it comes from subtitles; with the voice that is most
    similar where both are measured (diarisation that is run again may number voices otherwise), else with the
    label. Speakers of the other origin are not touched.

    Raises:
        ValueError: a label does not fit the origin: voices are numbered, subtitle sources give names.
    """
    new = list(speakers)
    for one in new:
        if is_voice_label(one.label) != (origin == "voice"):
            raise ValueError(f"label {one.label!r} is not one of origin {origin!r}")
    rows = db.execute(
        "SELECT video_id, label, name, named_by, voice FROM speaker WHERE video_id = ?", (video_id,)
    ).fetchall()
    before = [one for one in map(_speaker, rows) if is_voice_label(one.label) == (origin == "voice")]
    for one in before:
        db.execute("DELETE FROM speaker WHERE video_id = ? AND label = ?", (video_id, one.label))
    for one in _with_given_names(new, [one for one in before if one.named_by == "person"]):
        voice = None if one.voice is None else np.ascontiguousarray(one.voice, dtype="<f4").tobytes()
        db.execute(
            "INSERT INTO speaker (video_id, label, name, named_by, voice) VALUES (?, ?, ?, ?, ?)",
            (video_id, one.label, one.name, one.named_by, voice),
        )


def names_given(catalog: Catalog, video_id: str, origin: SpeakerOrigin) -> set[str]:
    """The names that persons gave to the speakers of one origin of a video."""
    return {
        display_name(one)
        for one in read_speakers(catalog, video_id)
        if one.named_by == "person" and is_voice_label(one.label) == (origin == "voice")
    }


def voice_similarity(a: Speaker, b: Speaker) -> float | None:
    """Cosine of the voices of two speakers; None where one is not measured, or by another encoder."""
    if a.voice is None or b.voice is None or a.voice.shape != b.voice.shape:
        return None
    norms = float(np.linalg.norm(a.voice)) * float(np.linalg.norm(b.voice))
    return float(a.voice @ b.voice) / norms if norms else None


def _with_given_names(new: list[Speaker], named: list[Speaker]) -> list[Speaker]:
    """New speakers with the names that persons gave to those before; each name goes to one at most."""
    names: dict[str, Speaker] = {}
    pairs = sorted(
        (
            (similarity, before, one)
            for before in named
            for one in new
            if (similarity := _match(before, one)) >= MIN_SAME_VOICE
        ),
        key=lambda pair: -pair[0],
    )
    used = set[str]()
    for _, before, one in pairs:
        if one.label not in names and before.label not in used:
            names[one.label] = before
            used.add(before.label)
    return [
        replace(one, name=names[one.label].name, named_by="person") if one.label in names else one
        for one in new
    ]


def _match(before: Speaker, one: Speaker) -> float:
    similarity = voice_similarity(before, one)
    return similarity if similarity is not None else float(before.label == one.label)


def _source_name(label: str) -> tuple[str | None, str | None]:
    return (None, None) if is_voice_label(label) else (label, "source")


def _speaker(row: tuple[str, str, str | None, Literal["source", "person"] | None, bytes | None]) -> Speaker:
    video_id, label, name, named_by, voice = row
    return Speaker(video_id, label, name, named_by, None if voice is None else np.frombuffer(voice, "<f4"))


def _in_order(speakers: Iterable[Speaker]) -> list[Speaker]:
    def key(one: Speaker) -> tuple[bool, int, str]:
        is_voice = is_voice_label(one.label)
        return is_voice, int(one.label) if is_voice else 0, one.label.casefold()

    return sorted(speakers, key=key)
