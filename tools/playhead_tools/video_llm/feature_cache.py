"""Encoded clips cached between questions: in memory up to a limit, on disk if a folder is given."""

import hashlib
import os
import tempfile
import threading
import warnings
from collections import OrderedDict
from pathlib import Path

from playhead_tools.video_llm.clip_features import ClipFeatures

SUFFIX = ".features"
_DIGEST_BYTES = 32


class FeatureCache:
    """The clips used last, by key; the one not used for longest goes first.

    A file is written beside its place and moved there whole. It begins with the hash of the rest, so that one
    that was cut or changed is noticed, reported in a warning, removed, and encoded anew. Many
    threads may share a cache, and many processes its folder.

    Args:
        max_bytes: of features in memory; a clip that is larger alone is not kept there.
        folder: where clips are written too; made when missing.
        max_disk_bytes: of files in the folder; the oldest go first. None for no limit.

    Raises:
        ValueError: a limit is negative.
    """

    def __init__(
        self, max_bytes: int = 1 << 30, folder: Path | None = None, max_disk_bytes: int | None = None
    ) -> None:
        if max_bytes < 0 or (max_disk_bytes or 0) < 0:
            raise ValueError(f"limits must not be negative, got {max_bytes} and {max_disk_bytes}")
        self.max_bytes, self.folder, self.max_disk_bytes = max_bytes, folder, max_disk_bytes
        self._clips: OrderedDict[str, ClipFeatures] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._clips)

    @property
    def in_memory_bytes(self) -> int:
        """What the clips in memory take."""
        return self._bytes

    def get(self, key: str) -> ClipFeatures | None:
        """The clip of a key, from memory or disk; None when it must be encoded."""
        with self._lock:
            if key in self._clips:
                self._clips.move_to_end(key)
                return self._clips[key]
        clip = None if self.folder is None else _read(self.folder / f"{key}{SUFFIX}")
        if clip is not None:
            self._remember(key, clip)
        return clip

    def put(self, key: str, clip: ClipFeatures) -> None:
        """Caches a clip; a disk that cannot be written to is reported in a warning."""
        self._remember(key, clip)
        if self.folder is None:
            return
        try:
            _write(self.folder / f"{key}{SUFFIX}", clip.to_bytes())
            self._thin()
        except OSError as error:
            warnings.warn(f"an encoded clip could not be kept on disk: {error}", stacklevel=2)

    def _remember(self, key: str, clip: ClipFeatures) -> None:
        with self._lock:
            old = self._clips.pop(key, None)
            self._bytes -= 0 if old is None else old.size_bytes
            if clip.size_bytes > self.max_bytes:
                return
            self._clips[key] = clip
            self._bytes += clip.size_bytes
            while self._bytes > self.max_bytes:
                _, gone = self._clips.popitem(last=False)
                self._bytes -= gone.size_bytes

    def _thin(self) -> None:
        """Removes the oldest files until the folder keeps its limit."""
        if self.folder is None or self.max_disk_bytes is None:
            return
        files = sorted((path.stat().st_mtime_ns, path) for path in self.folder.glob(f"*{SUFFIX}"))
        total = sum(path.stat().st_size for _, path in files)
        for _, path in files:
            if total <= self.max_disk_bytes:
                return
            total -= path.stat().st_size
            path.unlink(missing_ok=True)


def _write(path: Path, payload: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.blake2b(payload, digest_size=_DIGEST_BYTES).digest() + payload)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path) -> ClipFeatures | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        warnings.warn(f"{path} cannot be read ({error}); the clip is encoded again", stacklevel=3)
        return None
    digest, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.blake2b(payload, digest_size=_DIGEST_BYTES).digest() != digest:
        warnings.warn(f"{path} is damaged; it is removed and the clip encoded again", stacklevel=3)
        path.unlink(missing_ok=True)
        return None
    return ClipFeatures.from_bytes(payload)
