"""Digests of weight files, computed once for each state of a file and stored in the user's cache.

A model is the same model wherever its files are, and another one when other weights are put at its path:
so it is known by a digest over all bytes of its weights. Hashing a gigabyte takes seconds; the result is
stored by path, size, modification time and the system's own change time, which a copy over the file renews.
"""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from playhead_index.errors import ModelUnavailable
from playhead_index.identity import CLOCK_STEP_NS

MAX_CACHED = 1000


def digest_of(files: Sequence[Path], algorithm: str = "blake2b") -> str:
    """Hexadecimal digest over the bytes of weight files, one after the other.

    Raises:
        ModelUnavailable: a file cannot be read.
    """
    try:
        digests = [_digest(path.resolve(), algorithm) for path in files]
    except OSError as error:
        raise ModelUnavailable(f"{error.filename}: cannot be read: {error.strerror}") from error
    return digests[0] if len(digests) == 1 else hashlib.new(algorithm, "".join(digests).encode()).hexdigest()


def cache_file() -> Path:
    """The cache file of digests: under `XDG_CACHE_HOME`, else `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "playhead" / "digests.json"


def _digest(path: Path, algorithm: str) -> str:
    stat = path.stat()
    key = f"{algorithm} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {path}"
    digests = _read_cache()
    if key in digests:
        return digests[key]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, algorithm).hexdigest()
    # the digest of a younger file is not cached
    if time.time_ns() - stat.st_ctime_ns > CLOCK_STEP_NS:
        _write_cache(dict([*digests.items()][-MAX_CACHED + 1 :]) | {key: digest})
    return digest


def _read_cache() -> dict[str, str]:
    try:
        digests = json.loads(cache_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return digests if isinstance(digests, dict) else {}


def _write_cache(digests: dict[str, str]) -> None:
    """Stores digests; where the cache cannot be written they are computed again the next time."""
    temporary = cache_file().with_suffix(f".{os.getpid()}")
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(digests), "utf-8")
        temporary.replace(cache_file())
    except OSError:
        return
