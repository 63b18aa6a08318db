"""The job table: how far each stage of each video has come."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from playhead_index.clean_text import clean_text
from playhead_index.store.catalog import Catalog
from playhead_index.store.schema import LIVE
from playhead_index.store.video_stages import TIMELINE
from playhead_index.text_limits import LIMITS

Status = Literal["running", "done", "off", "failed"]
STAGES = (
    TIMELINE, "subtitles", "speech", "speakers", "look", "layout", "picture", "appearance", "segment",
    "screen", "meaning", "caption", "transcript", "finish",
)  # fmt: skip
STAGES_OF_EACH_VIDEO = tuple(name for name in STAGES if name != TIMELINE)
"""All but the timeline, which is noted only for a recording with gaps."""

STAGE_OF_SPACE = {"words": "meaning", "passages": "transcript"}
"""The stage that fills a vector space, where it has another name."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the job table.

    Args:
        name: one of `STAGES`.
        status: `off` when the model for it is not there; `note` says why.
        position_s: everything before this time is committed.
        rows: vectors committed, for a stage that fills a vector space; for `look` the sampled times done.
        recipe: the settings and the model that it was made with; with others it is done again.
        note: for people.
    """

    name: str
    status: Status = "running"
    position_s: float = 0.0
    rows: int = 0
    recipe: str = ""
    note: str = ""


def read_stages(catalog: Catalog, video_id: str) -> dict[str, Stage]:
    """The stages of a video that have begun, by name."""
    rows = catalog.query(
        "SELECT name, status, position_s, rows, recipe, note FROM stage WHERE video_id = ?", (video_id,)
    )
    return {row[0]: Stage(*row) for row in rows}


def read_stage(catalog: Catalog, video_id: str, name: str) -> Stage:
    """One stage; a running one at 0 s when it has not begun."""
    return read_stages(catalog, video_id).get(name, Stage(name))


def committed_rows(catalog: Catalog, video_id: str, name: str) -> int | None:
    """The vectors that a stage of a video has committed; None where it has not begun."""
    rows = catalog.query("SELECT rows FROM stage WHERE video_id = ? AND name = ?", (video_id, name))
    return int(rows[0][0]) if rows else None


def has_vectors(catalog: Catalog, name: str) -> bool:
    """Whether a stage has committed vectors of any video."""
    return bool(catalog.query("SELECT 1 FROM stage WHERE name = ? AND rows > 0 LIMIT 1", (name,)))


def read_reasons_off(catalog: Catalog) -> list[tuple[str, str]]:
    """(stage, why) of the stages that are off for some video that is not retired; each pair once."""
    return catalog.query(f"SELECT name, note FROM stage WHERE status = 'off' AND {LIVE} GROUP BY name, note")


def is_finished(catalog: Catalog, video_id: str, besides: Collection[str] = ()) -> bool:
    """Whether no stage of a video is left to do: each is done, or off for want of a model.

    Only a recording whose clock jumps has a line for its timeline.

    Args:
        catalog: of the library.
        video_id: of a video in it.
        besides: stages that do not count.
    """
    stages = {name: one for name, one in read_stages(catalog, video_id).items() if name not in besides}
    is_complete = stages.keys() >= set(STAGES_OF_EACH_VIDEO) - set(besides)
    return is_complete and {one.status for one in stages.values()} <= {"done", "off"}


def write_stage(db: Database, video_id: str, stage: Stage) -> None:
    """Puts a line into the job table, inside the caller's `atomic()`."""
    note = clean_text(stage.note, LIMITS.note_chars)
    db.execute(
        "INSERT INTO stage (video_id, name, status, position_s, rows, recipe, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (video_id, name) DO UPDATE SET status = excluded.status,"
        " position_s = excluded.position_s, rows = excluded.rows, recipe = excluded.recipe,"
        " note = excluded.note",
        (video_id, stage.name, stage.status, stage.position_s, stage.rows, stage.recipe, note),
    )


def delete_stage(db: Database, video_id: str, name: str) -> None:
    """Deletes a line of the job table, inside the caller's `atomic()`."""
    db.execute("DELETE FROM stage WHERE video_id = ? AND name = ?", (video_id, name))


def switch_off(catalog: Catalog, video_id: str, name: str, why: str) -> None:
    """Notes that a stage is left out and why, unless an earlier run has done it."""
    if read_stage(catalog, video_id, name).status != "done":
        with catalog.atomic() as db:
            write_stage(db, video_id, Stage(name, "off", note=why))
