"""Downloads of large files from the model hub that go on where an earlier run stopped.

huggingface_hub takes a connection that was cut up again within one call, but version 2.4 deletes what has
arrived when the call fails. Here the part stays in the cache, under a name of its own, until the file is
whole; then it gets the name by which huggingface_hub finds it.
"""

import hashlib
import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from playhead_index.errors import ModelUnavailable

MIN_BYTES = 10 * 1024**2
"""Smaller files are left to huggingface_hub: it writes, and so resumes, in steps of this size."""
PART = ".playhead-part"
_SHA256 = re.compile("[0-9a-f]{64}")
_BLOCK = 1 << 20


def fetch_large_files(repo: str, patterns: Sequence[str]) -> None:
    """Downloads the large files of a hub model that fit a pattern into the hub's cache.

    Raises:
        ModelUnavailable: what arrived is not what the hub announced.
        OSError: the hub has no such model, or the disk is full; other errors of the network as they are.
    """
    from huggingface_hub import HfApi

    info = HfApi().model_info(repo)
    for sibling in info.siblings or ():
        if any(fnmatch(sibling.rfilename, pattern) for pattern in patterns):
            fetch_large_file(repo, sibling.rfilename, info.sha)


def fetch_large_file(repo: str, filename: str, revision: str | None = None) -> None:
    """Downloads one file of a hub model into the hub's cache when it is large and not there.

    Raises:
        ModelUnavailable: what arrived is not what the hub announced.
        OSError: the hub has no such file, or the disk is full; other errors of the network as they are.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import repo_folder_name

    url = hf_hub_url(repo, filename, revision=revision)
    metadata = get_hf_file_metadata(url)
    size = metadata.size or 0
    if not metadata.etag or size < MIN_BYTES:
        return
    blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model") / "blobs"
    blob = blobs / metadata.etag
    blobs.mkdir(parents=True, exist_ok=True)
    part = blob.with_name(blob.name + PART)
    with FileLock(f"{part}.lock"):
        if not blob.exists():
            _go_on(url, metadata.location, size, part)
            _check(part, metadata.etag, size, f"{repo}/{filename}")
            part.replace(blob)


def _go_on(url: str, location: str, size: int, part: Path) -> None:
    """Appends what is missing of a file to the part of it that is there."""
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    headers = build_hf_headers()
    if urlsplit(location).netloc != urlsplit(url).netloc:
        headers.pop("authorization", None)  # the address of the content is signed by itself
    with part.open("ab") as file:
        if file.tell() > size:
            file.truncate(0)
        if file.tell() < size:
            http_get(location, file, resume_size=file.tell(), headers=headers, expected_size=size)


def _check(part: Path, etag: str, size: int, name: str) -> None:
    """Nothing, when a whole file has arrived; else it is deleted, so that the next run begins anew.

    Raises:
        ModelUnavailable: its size or hash is another than the hub announced.
    """
    got = part.stat().st_size
    if got == size and (not _SHA256.fullmatch(etag) or _sha256(part) == etag):
        return
    part.unlink()
    raise ModelUnavailable(
        f"{name} arrived damaged ({got} bytes, expected {size}, or another hash); run the same command again"
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
