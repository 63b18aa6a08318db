"""Files that may be thrown away at any time: arrays with the facts that say whether they still fit.

Written to a name of their own and renamed, so that a reader sees a whole file or none. A library on a
full or read-only disk is searched without them.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

Arrays = Mapping[str, NDArray[Any]]


def cache_path(folder: Path, name: str) -> Path:
    """The path of a cache file of a library."""
    return folder / "cache" / f"{name}.safetensors"


def write_cache(path: Path, arrays: Arrays, facts: Mapping[str, str]) -> bool:
    """Replaces a cache file; False when it cannot be written, which harms nothing but speed."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return replace_file(path, lambda temporary: save_file(contiguous, temporary, dict(facts)))


def replace_file(path: Path, write: Callable[[Path], object]) -> bool:
    """Puts what `write` writes in the place of a cache file; False when it cannot be written.

    A folder that is a link is left alone: it may lead out of the library.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    if path.parent.is_symlink():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # a link that stands there is not followed
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except (OSError, SafetensorError):
        drop_file(temporary)
        return False
    return True


def read_cache(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]] | None:
    """The arrays and the facts of a cache file; None when there is none or it is damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return arrays, dict(file.metadata() or {})
    except (OSError, SafetensorError):
        return None


DAMAGED = (KeyError, ValueError, TypeError, IndexError)
"""What arrays and facts raise that are not those of the cache file that was expected."""


def packed_names(names: tuple[str, ...]) -> NDArray[np.uint8]:
    """Names as bytes, one a line; none of them may hold a line break."""
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def unpacked_names(packed: NDArray[np.uint8]) -> tuple[str, ...]:
    """What `packed_names` was given."""
    text = packed.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


def drop_file(path: Path) -> None:
    """Deletes a file, where that is possible; a link itself, not what it leads to."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
