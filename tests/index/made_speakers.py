"""A library of which it is known who says what, written straight into the catalog."""

from collections.abc import Sequence

import numpy as np

from playhead_index.store.catalog import Catalog
from playhead_index.store.spans import insert_words
from playhead_index.store.speakers import Speaker, name_speaker, replace_speakers
from playhead_index.window import Window
from playhead_index.words.protocol import Words

Line = tuple[float, float, str | None, str]


def say(
    catalog: Catalog, video_id: str, lines: Sequence[Line], voices: dict[str, Sequence[float]] | None = None
) -> None:
    """Stores (start_s, end_s, label, text) lines as speech of a video that the catalog holds.

    Labels that are numbers are voices of a diarisation, whose embeddings may be given; others are names that
    subtitles give.
    """
    labels = dict.fromkeys(label for _, _, label, _ in lines if label is not None)
    named = [Speaker(video_id, label, label, "source") for label in labels if not label.isdecimal()]
    speakers = [
        Speaker(
            video_id,
            label,
            voice=np.array(voice, np.float32) if (voice := (voices or {}).get(label)) else None,
        )
        for label in labels
        if label.isdecimal()
    ]
    words = [
        Words("speech", "file:talk.vtt", Window(start_s, end_s), text, "en", speaker=label)
        for start_s, end_s, label, text in lines
    ]
    with catalog.atomic() as db:
        insert_words(db, video_id, words)
        replace_speakers(db, video_id, named, "source")
        replace_speakers(db, video_id, speakers)


def name(catalog: Catalog, video_id: str, **names: str) -> None:
    """Gives voices names: `name(catalog, "a", v2="Alice")` names label 2."""
    for label, given in names.items():
        name_speaker(catalog, video_id, label.removeprefix("v"), given)
