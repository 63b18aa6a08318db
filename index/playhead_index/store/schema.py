"""The schema of the catalog, as the migrations that make it; an applied migration is never changed."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

LIVE = "video_id NOT IN (SELECT video_id FROM retired)"
"""SQL condition: the video is not an earlier version of a file that holds other content now."""

migrations = Migrations("playhead")


@migrations()
def m001_first(db: Database) -> None:
    """The first shape of a library."""
    for statement in _FIRST.split(";;"):
        db.execute(statement)


_FIRST = """
CREATE TABLE video (
    video_id TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    duration_s REAL NOT NULL CHECK (duration_s > 0),
    origin_s REAL NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    rotation_deg INTEGER NOT NULL,
    codec TEXT NOT NULL,
    average_fps REAL NOT NULL,
    is_variable_rate INTEGER NOT NULL,
    n_frames INTEGER NOT NULL,
    has_audio INTEGER NOT NULL,
    warnings TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;;
CREATE TABLE place (
    path TEXT PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
) STRICT;;
CREATE INDEX place_video ON place (video_id);;
CREATE TABLE stage (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'off', 'failed')),
    position_s REAL NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    recipe TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (video_id, name)
) STRICT;;
CREATE TABLE failure (
    path TEXT PRIMARY KEY,
    error TEXT NOT NULL,
    failed_at TEXT NOT NULL
) STRICT;;
CREATE TABLE segment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    UNIQUE (video_id, ordinal)
) STRICT;;
CREATE TABLE frame (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    row INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    segment_id INTEGER REFERENCES segment ON DELETE SET NULL,
    UNIQUE (video_id, row)
) STRICT;;
CREATE INDEX frame_segment ON frame (segment_id);;
CREATE TABLE span (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('speech', 'screen', 'caption')),
    source TEXT NOT NULL,
    language TEXT,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    text TEXT NOT NULL,
    confidence REAL,
    row INTEGER
) STRICT;;
CREATE INDEX span_video ON span (video_id, kind, start_s);;
CREATE VIRTUAL TABLE span_fts USING fts5 (
    text, content='span', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);;
CREATE TRIGGER span_insert AFTER INSERT ON span BEGIN
    INSERT INTO span_fts (rowid, text) VALUES (new.id, new.text);
END;;
CREATE TRIGGER span_delete AFTER DELETE ON span BEGIN
    INSERT INTO span_fts (span_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;;
CREATE TRIGGER span_update AFTER UPDATE OF text ON span BEGIN
    INSERT INTO span_fts (span_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO span_fts (rowid, text) VALUES (new.id, new.text);
END;;
CREATE TABLE reading (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    row INTEGER NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (video_id, row)
) STRICT;;
CREATE TABLE space (
    name TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    revision TEXT NOT NULL,
    width INTEGER NOT NULL CHECK (width > 0)
) STRICT
"""


@migrations()
def m002_summaries(db: Database) -> None:
    """Summaries of whole intervals, made of captions when first needed."""
    db.execute(_SUMMARY)


_SUMMARY = """
CREATE TABLE summary (
    id INTEGER PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    level TEXT NOT NULL CHECK (level IN ('chapter', 'video')),
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    text TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_from TEXT NOT NULL,
    UNIQUE (video_id, level, start_s)
) STRICT
"""


@migrations()
def m003_recordings(db: Database) -> None:
    """When each video was recorded; NULL where its file does not tell."""
    db.execute(_RECORDING)


_RECORDING = """
CREATE TABLE recording (
    video_id TEXT PRIMARY KEY REFERENCES video ON DELETE CASCADE,
    recorded_at REAL,
    said_by TEXT NOT NULL CHECK (said_by IN ('file', 'person'))
) STRICT
"""


@migrations()
def m004_replaced_versions(db: Database) -> None:
    """Which videos are earlier versions of a file, and when files last changed.

    Videos that lost their last place to another version before this was recorded become retired. A video
    that never was at a place (written by a program, not indexed) has no `subtitles` stage and stays.
    """
    for statement in _REPLACED.split(";;"):
        db.execute(statement)


_REPLACED = """
CREATE TABLE retired (
    video_id TEXT PRIMARY KEY REFERENCES video ON DELETE CASCADE,
    path TEXT NOT NULL,
    retired_at TEXT NOT NULL
) STRICT;;
CREATE TABLE file_state (
    path TEXT PRIMARY KEY REFERENCES place ON DELETE CASCADE,
    changed_ns INTEGER NOT NULL
) STRICT;;
INSERT INTO retired SELECT video_id, '', '' FROM video
WHERE video_id NOT IN (SELECT video_id FROM place)
AND video_id IN (SELECT video_id FROM stage WHERE name = 'subtitles')
"""


@migrations()
def m005_settings(db: Database) -> None:
    """The settings that a library is made with; names and JSON values."""
    db.execute("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


@migrations()
def m006_voice(db: Database) -> None:
    """Of which kind the subtitles of a video are, and how much of its voice they cover."""
    for statement in _VOICE.split(";;"):
        db.execute(statement)


_VOICE = """
CREATE TABLE subtitle_source (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    source TEXT NOT NULL,
    language TEXT,
    kinds TEXT NOT NULL,
    covers_speech INTEGER NOT NULL,
    PRIMARY KEY (video_id, source)
) STRICT;;
CREATE TABLE voice_chunk (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    voiced_s REAL NOT NULL,
    subtitled_s REAL NOT NULL,
    recognised_s REAL NOT NULL,
    PRIMARY KEY (video_id, start_s)
) STRICT
"""


@migrations()
def m007_transcripts(db: Database) -> None:
    """Who says what and when each word is said, and the sentences, passages and topics of a transcript."""
    for statement in _TRANSCRIPTS.split(";;"):
        db.execute(statement)


_TRANSCRIPTS = """
ALTER TABLE span ADD COLUMN speaker TEXT;;
CREATE TABLE span_words (
    span_id INTEGER PRIMARY KEY REFERENCES span ON DELETE CASCADE,
    times TEXT NOT NULL
) STRICT;;
CREATE TABLE speaker (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    label TEXT NOT NULL,
    name TEXT,
    named_by TEXT CHECK (named_by IN ('source', 'person')),
    voice BLOB,
    PRIMARY KEY (video_id, label)
) STRICT;;
CREATE TABLE speaker_turn (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    label TEXT NOT NULL,
    PRIMARY KEY (video_id, start_s, label)
) STRICT;;
CREATE TABLE transcript_unit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('speech', 'screen', 'caption')),
    level TEXT NOT NULL CHECK (level IN ('sentence', 'passage', 'topic')),
    language TEXT,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    text TEXT NOT NULL,
    speaker TEXT,
    span_ids TEXT NOT NULL,
    row INTEGER
) STRICT;;
CREATE INDEX transcript_unit_video ON transcript_unit (video_id, level, start_s)
"""


@migrations()
def m008_summary_sentences(db: Database) -> None:
    """The title of a summary, and its sentences with the interval that each is taken from."""
    db.execute("ALTER TABLE summary ADD COLUMN title TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE summary ADD COLUMN sentences TEXT NOT NULL DEFAULT '[]'")
