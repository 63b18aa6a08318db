"""Vectors on disk: one append-only file of fp16 rows a video and space."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.store.disk import cannot_write, refuse_link
from playhead_index.store.schema_check import safe_space_name, safe_video_id

ROW_DTYPE = np.dtype("<f2")
VECTORS = "vectors"


class Shards:
    """The shards of one vector space: `vectors/<space>/<video_id>.f16` under the library's folder.

    How many rows of a shard count is for the catalog to say; a crash may leave more. Names and ids are
    checked before they become part of a path, and links that lead out of the library are not followed: the
    catalog may be one that somebody else has written.

    Args:
        folder: the library's folder.
        space: name of the space.
        width: length of a vector, `D`.

    Raises:
        LibraryError: the name cannot be a folder's, or leads out of the library; likewise an id in a method.
    """

    def __init__(self, folder: Path, space: str, width: int) -> None:
        self.space = safe_space_name(space)
        self.width = width
        self._folder = refuse_link(folder / VECTORS / space, folder)
        self._row_bytes = width * ROW_DTYPE.itemsize

    def append(self, video_id: str, vectors: NDArray[np.float32]) -> int:
        """Writes rows behind the last one, onto the disk; the number of the first of them.

        Args:
            video_id: whose shard.
            vectors: (n, D) float32; stored as fp16.

        Raises:
            ValueError: the vectors are not (n, D).
            DiskFull: they do not fit; the shard is as it was.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.width:
            raise ValueError(f"vectors of {self.space} must be (n, {self.width}), got {vectors.shape = }")
        first = self.count(video_id)
        path = self._path(video_id)
        with _map_os_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.truncate(first * self._row_bytes)
                file.write(vectors.astype(ROW_DTYPE).tobytes())
                file.flush()
                os.fsync(file.fileno())
        return first

    def count(self, video_id: str) -> int:
        """Whole rows on the disk."""
        try:
            return self._path(video_id).stat().st_size // self._row_bytes
        except FileNotFoundError:
            return 0

    def truncate(self, video_id: str, rows: int) -> None:
        """Cuts off what stands behind the first `rows` rows; nothing happens to a shorter shard."""
        path = self._path(video_id)
        with _map_os_errors(path):
            if path.exists() and path.stat().st_size > rows * self._row_bytes:
                os.truncate(path, rows * self._row_bytes)

    def read(self, video_id: str) -> NDArray[np.float16]:
        """(N, D) float16 rows, read-only, mapped from the file; (0, D) when there is none."""
        path = self._path(video_id)
        with _map_os_errors(path):
            try:
                with path.open("rb") as file:
                    rows = os.fstat(file.fileno()).st_size // self._row_bytes
                    if rows:
                        return np.memmap(file, dtype=ROW_DTYPE, mode="r", shape=(rows, self.width))
            except FileNotFoundError:  # never there, or removed by another process just now
                pass
        return np.zeros((0, self.width), dtype=ROW_DTYPE)

    def read_rows(self, video_id: str, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """(n, D) float16 copies of (n,) rows, NaN for rows that are not on the disk."""
        vectors = np.full((len(rows), self.width), np.nan, dtype=ROW_DTYPE)
        if len(rows) == 0:
            return vectors
        runs = pairwise([0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)])
        path = self._path(video_id)
        with _map_os_errors(path):
            try:
                with path.open("rb", buffering=0) as file:
                    for first, last in runs:
                        file.seek(int(rows[first]) * self._row_bytes)
                        self._put(file.read((last - first) * self._row_bytes), vectors[first:last])
            except FileNotFoundError:
                pass
        return vectors

    def _put(self, read: bytes, into: NDArray[np.float16]) -> None:
        num_rows = len(read) // self._row_bytes
        rows = np.frombuffer(read, dtype=ROW_DTYPE, count=num_rows * self.width)
        into[:num_rows] = rows.reshape(num_rows, self.width)

    def remove(self, video_id: str) -> None:
        """Deletes a video's shard, if it has one."""
        path = self._path(video_id)
        with _map_os_errors(path):
            path.unlink(missing_ok=True)

    def size_bytes(self) -> int:
        """Bytes of all shards of this space."""
        return sum(file.stat().st_size for file in self._folder.glob("*.f16"))

    def _path(self, video_id: str) -> Path:
        path = self._folder / f"{safe_video_id(video_id)}.f16"
        return refuse_link(path, self._folder) if path.is_symlink() else path


@contextmanager
def _map_os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error
