"""Each change of the schema happens whole or not at all; a killed one is made good at the next opening."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database
from tests.index import indexing

from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.schema import migrations

OPEN = (
    "import sys; from pathlib import Path; from tests.index import indexing\n"
    "prefix, _, number = sys.argv[2].rpartition('#'); indexing.kill_before(prefix, int(number))\n"
    "from playhead_index.store.catalog import Catalog; Catalog(Path(sys.argv[1]))\n"
)


def schema(folder: Path) -> list[tuple[str, str]]:
    return Catalog(folder).query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")


def older(folder: Path, before: str) -> Path:
    folder.mkdir(exist_ok=True)
    database = Database(folder / CATALOG_NAME)
    database.enable_wal()
    migrations.apply(database, stop_before=before)
    database.close()
    return folder


@pytest.mark.parametrize(
    ("before", "moment"),
    [
        pytest.param("m004_replaced_versions", "CREATE TABLE file_state#1", id="between two tables"),
        pytest.param("m004_replaced_versions", "INSERT INTO retired#1", id="before its rows"),
        pytest.param("m004_replaced_versions", "COMMIT#1", id="before its end"),
        pytest.param("m005_settings", "CREATE TABLE setting#1", id="before the settings"),
        pytest.param("m005_settings", "COMMIT#1", id="before the end of the settings"),
    ],
)
def test_a_migration_that_is_killed_is_made_good_when_the_library_is_opened(
    before: str, moment: str, tmp_path: Path
) -> None:
    folder = older(tmp_path / "library", before)
    command = [sys.executable, "-c", OPEN, str(folder), moment]
    done = subprocess.run(command, env=indexing.environment(), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    Catalog(tmp_path / "new", create=True)
    assert schema(folder) == schema(tmp_path / "new")
