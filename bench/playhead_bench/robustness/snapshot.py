"""What a library holds, in a form in which two libraries can be compared row by row.

Surrogate keys and the times at which rows were written differ between two equal libraries: surrogate keys
are left out, foreign keys to them and lists of them are replaced by the rows that they point to, and text
columns named `*_at` are left out, as is the time at which the file system wrote a copy of a video
(`file_state.changed_ns`).
Everything else must be equal, the bytes of every vector file too.
"""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_index.store.catalog import CATALOG_NAME
from playhead_index.store.manifest import MANIFEST_NAME

Row = tuple[Any, ...]
_SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")
_WORKING_FILES = frozenset({"writer.lock", "writer.json"})
_NOT_COMPARED = ("cache/",)
_TIMES_OF_COPIES = frozenset({("file_state", "changed_ns")})
_KEY_LISTS = {"span_ids": "span"}
"""Columns with a JSON list of surrogate keys, and the table of these."""
_DATABASES = (CATALOG_NAME, "checkpoints.sqlite")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a library.

    Args:
        tables: rows of each table, with how often each row is there.
        vectors: digest of each vector file, by its path inside the library.
        manifest: the text of the manifest; "" where there is none.
        other_files: files that are neither catalog, vectors, manifest, cache nor lock.
        damage: what the integrity checks of SQLite and of the full-text indexes say; empty when all is well.
    """

    tables: Mapping[str, Counter[Row]]
    vectors: Mapping[str, str]
    manifest: str
    other_files: frozenset[str]
    damage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """In what a library differs from the one that an undisturbed run makes.

    Args:
        lost: rows that are missing, as (table, row).
        doubled: rows that are there more often than they should be.
        changed: rows that should not be there at all.
        vectors: vector files that are missing, additional or of other bytes.
        manifest: the manifest is another one.
        leftovers: additional files.
        damage: messages of the integrity checks.
    """

    lost: tuple[tuple[str, Row], ...] = ()
    doubled: tuple[tuple[str, Row], ...] = ()
    changed: tuple[tuple[str, Row], ...] = ()
    vectors: tuple[str, ...] = ()
    manifest: bool = False
    leftovers: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the two libraries hold the same; leftover files do not count."""
        return not (self.lost or self.doubled or self.changed or self.vectors or self.manifest or self.damage)


def read_snapshot(library: Path) -> Snapshot:
    """The content of the library in a folder, read from a copy of its catalog, so that nothing is changed.

    Raises:
        FileNotFoundError: there is no catalog in the folder.
    """
    with catalog_copy(library) as connection:
        tables = read_tables(connection)
        damage = tuple(_integrity_problems(connection))
    names = {path.relative_to(library).as_posix(): path for path in library.rglob("*") if path.is_file()}
    vectors = {name: _digest(path) for name, path in names.items() if name.startswith("vectors/")}
    manifest = library / MANIFEST_NAME
    known = {f"{database}{suffix}" for database in _DATABASES for suffix in _SQLITE_SUFFIXES}
    known |= _WORKING_FILES | vectors.keys() | {MANIFEST_NAME}
    others = frozenset(name for name in names.keys() - known if not name.startswith(_NOT_COMPARED))
    return Snapshot(tables, vectors, manifest.read_text() if manifest.exists() else "", others, damage)


def compare(expected: Snapshot, found: Snapshot) -> Difference:
    """In what `found` differs from `expected`."""
    lost: list[tuple[str, Row]] = []
    doubled: list[tuple[str, Row]] = []
    changed: list[tuple[str, Row]] = []
    for table in sorted(expected.tables.keys() | found.tables.keys()):
        expected_rows, found_rows = expected.tables.get(table, Counter()), found.tables.get(table, Counter())
        lost += [(table, row) for row in (expected_rows - found_rows).elements()]
        for row in (found_rows - expected_rows).elements():
            (doubled if row in expected_rows else changed).append((table, row))
    names = sorted(expected.vectors.keys() | found.vectors.keys())
    return Difference(
        tuple(lost),
        tuple(doubled),
        tuple(changed),
        tuple(name for name in names if expected.vectors.get(name) != found.vectors.get(name)),
        expected.manifest != found.manifest,
        tuple(sorted(found.other_files - expected.other_files)),
        found.damage,
    )


@contextmanager
def catalog_copy(library: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of a library's catalog with its write-ahead log.

    The library itself stays as a killed process left it: opening it would recover and check-point it.

    Raises:
        FileNotFoundError: there is no catalog.
    """
    source = library / CATALOG_NAME
    with tempfile.TemporaryDirectory(prefix="playhead-catalog-") as folder:
        for suffix in ("", "-wal"):
            file = Path(f"{source}{suffix}")
            if file.exists() or not suffix:
                shutil.copyfile(file, Path(folder) / file.name)
        with closing(sqlite3.connect(Path(folder) / CATALOG_NAME)) as connection:
            yield connection


def read_tables(connection: sqlite3.Connection) -> dict[str, Counter[Row]]:
    """Rows of all ordinary tables with what differs between equal libraries left out."""
    schema = {name: _TableSchema.read(connection, name) for name in _table_names(connection)}
    rows = {name: table.rows(connection) for name, table in schema.items()}
    return {
        name: Counter(_resolved(row, table, schema, rows) for row in rows[name].values())
        for name, table in schema.items()
    }


@dataclass(frozen=True, slots=True)
class _TableSchema:
    """The columns of a table that are compared.

    Args:
        name: of the table.
        key: its surrogate key (an INTEGER PRIMARY KEY); None where its key has a meaning.
        columns: the other columns that are compared.
        references: the table that a column points to.
    """

    name: str
    key: str | None
    columns: tuple[str, ...]
    references: Mapping[str, str]

    @classmethod
    def read(cls, connection: sqlite3.Connection, name: str) -> "_TableSchema":
        info = connection.execute(f"PRAGMA table_info([{name}])").fetchall()
        keys = [(column, kind) for _, column, kind, _, _, pk in info if pk]
        is_surrogate = len(keys) == 1 and keys[0][1].upper() == "INTEGER"
        key = keys[0][0] if is_surrogate else None
        columns = tuple(
            column
            for _, column, kind, *_ in info
            if column != key
            and not (column.endswith("_at") and kind.upper() == "TEXT")
            and (name, column) not in _TIMES_OF_COPIES
        )
        foreign = connection.execute(f"PRAGMA foreign_key_list([{name}])").fetchall()
        return cls(name, key, columns, {row[3]: row[2] for row in foreign})

    def rows(self, connection: sqlite3.Connection) -> dict[Any, Row]:
        """Rows by their surrogate key, or by their number."""
        listed = ", ".join(f"[{column}]" for column in (self.key or "rowid", *self.columns))
        found = connection.execute(f"SELECT {listed} FROM [{self.name}]").fetchall()
        return {row[0]: row[1:] for row in found}


def _resolved(
    row: Row,
    table: _TableSchema,
    schema: Mapping[str, _TableSchema],
    rows: Mapping[str, Mapping[Any, Row]],
) -> Row:
    """A row in which keys of other tables are replaced by the rows that they point to."""
    values = []
    for column, value in zip(table.columns, row, strict=True):
        target = schema.get(table.references.get(column, ""))
        if target is not None and target.key is not None and value is not None:
            pointed = rows[target.name].get(value)
            value = None if pointed is None else _resolved(pointed, target, schema, rows)
        elif (listed := schema.get(_KEY_LISTS.get(column, ""))) is not None:
            pointed_rows = (rows[listed.name].get(key) for key in json.loads(value))
            value = tuple(
                None if one is None else _resolved(one, listed, schema, rows) for one in pointed_rows
            )
        values.append(value)
    return tuple(values)


def _table_names(connection: sqlite3.Connection) -> list[str]:
    """Ordinary tables: no virtual ones, and none in which a virtual one stores its data."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    virtual = [name for name, sql in found if sql.upper().startswith("CREATE VIRTUAL")]
    return sorted(
        name
        for name, _ in found
        if name not in virtual and not name.startswith(tuple(f"{prefix}_" for prefix in virtual))
    )


def _integrity_problems(connection: sqlite3.Connection) -> Iterator[str]:
    (state,) = connection.execute("PRAGMA integrity_check").fetchone()
    if state != "ok":
        yield f"integrity_check: {state}"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"foreign_key_check: {row}"
    indexes = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'").fetchall()
    for (name,) in indexes:
        try:
            connection.execute(f"INSERT INTO [{name}] ([{name}], rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            yield f"{name}: {error}"


def _digest(path: Path) -> str:
    data = path.read_bytes()
    return f"{len(data)} bytes, blake2b {hashlib.blake2b(data, digest_size=16).hexdigest()}"
