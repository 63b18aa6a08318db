"""What a library is made with, as far as it concerns videos that come later: names with JSON values."""

import json
from collections.abc import Mapping
from typing import Any

from playhead_index.store.catalog import Catalog

SPEECH_MODEL = "speech_model"
"""A record of the model that recognises speech, or `off`."""
CHAT_MODEL = "model"
"""The chat model that answers questions, as a person named it, or `off`."""
SPEAKER_MODEL = "voices_model"
"""A record of the encoder that distinguishes speakers, or `off`."""
COMPRESSION = "compress"
"""How the visual tokens of a look are reduced: a compression method."""


def read_settings(catalog: Catalog) -> dict[str, Any]:
    """The settings that were stored; empty for a library that was made before they were."""
    return {name: json.loads(value) for name, value in catalog.query("SELECT name, value FROM setting")}


def unrecorded_transcriber(catalog: Catalog) -> str | None:
    """What words of a library that was made before settings were stored say recognised them, as `asr:tiny`.

    None where no speech was recognised, or only since transcribers are recorded with their digest.
    """
    rows = catalog.query(
        "SELECT recipe FROM stage WHERE name = 'speech' AND recipe LIKE 'asr:%' ORDER BY rowid DESC LIMIT 1"
    )
    return str(rows[0][0]) if rows else None


def write_settings(catalog: Catalog, values: Mapping[str, Any]) -> None:
    """Stores settings over those of the same name; nothing is written when they are stored already."""
    stored = read_settings(catalog)
    changed = {name: value for name, value in values.items() if stored.get(name, ...) != value}
    if changed:
        with catalog.atomic() as db:
            for name, value in changed.items():
                db.execute(
                    "INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value, sort_keys=True))
                )
