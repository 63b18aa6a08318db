"""Files of one JSON object a line that survive being killed: the last line may be cut off."""

import json
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.errors import RunDamaged
from playhead_index.errors import DiskFull


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file; a last line without its end is left out. No file, no lines.

    Raises:
        RunDamaged: a line before the last is not a JSON object.
    """
    if not path.exists():
        return []
    complete_lines, _, _ = path.read_bytes().rpartition(b"\n")
    rows = []
    for number, line in enumerate(complete_lines.split(b"\n") if complete_lines else [], 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RunDamaged(f"{path}:{number}: not JSON ({error}); delete the line, run again") from error
        if not isinstance(row, dict):
            raise RunDamaged(f"{path}:{number}: expected an object, got {type(row).__name__}")
        rows.append(row)
    return rows


class LineWriter:
    """Appends rows to a file, each on the disk before the next; first cuts off what a crash left half.

    Raises:
        DiskFull: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                content = path.read_bytes()
                with path.open("r+b") as file:
                    file.truncate(content.rfind(b"\n") + 1)
        except OSError as error:
            raise DiskFull(f"{path}: cannot be written ({error.strerror})") from error

    def write(self, row: dict[str, Any]) -> None:
        """Appends one row.

        Raises:
            DiskFull: it cannot be written.
        """
        line = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise DiskFull(f"{self.path}: cannot be written ({error.strerror})") from error
