"""Large files are downloaded from a hub so that a later run goes on where an earlier one was cut off."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.model_hub import ModelHub, model_hub

pytest.importorskip("huggingface_hub")

CHUNK = 10 * 1024**2
"""What huggingface_hub writes at a time: of a cut download whole chunks are kept."""
WEIGHTS = "model.safetensors"
FETCH = """
from playhead_index.embed.checkpoints import fetch_repo
from playhead_index.errors import ModelUnavailable
try:
    print(fetch_repo("tiny/words", "tiny/words", ["*.json", "model*.safetensors"]))
except ModelUnavailable as error:
    print(f"unavailable: {error}")
"""


def fetch(hub: ModelHub, home: Path) -> str:
    """What a process prints that downloads the model `tiny/words` into the cache under `home`."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
        "PYTHONPATH": ":".join(sys.path),
    }  # fmt: skip
    command = [sys.executable, "-c", FETCH]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with weights of two and a half chunks."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(bytes(range(256)) * (CHUNK * 5 // 2 // 256))
    (folder / "config.json").write_text("{}")
    return folder


def requested_ranges(hub: ModelHub, name: str) -> list[str]:
    return [byte_range for file, byte_range in hub.asked if file == name]


@pytest.mark.slow
def test_a_download_that_was_cut_off_is_an_error_and_goes_on_in_the_next_run(
    model: Path, tmp_path: Path
) -> None:
    with model_hub({"tiny/words": model}, cut={WEIGHTS: CHUNK + 1000}) as hub:
        message = fetch(hub, tmp_path / "home")
        assert message.startswith("unavailable: model 'tiny/words': the download failed (RemoteProtocolError")
        assert message.endswith("what has arrived is kept: run the same command again")
        hub.cut.clear()
        hub.asked.clear()
        folder = Path(fetch(hub, tmp_path / "home"))
    assert requested_ranges(hub, WEIGHTS) == [f"bytes={CHUNK}-"]
    assert (folder / WEIGHTS).read_bytes() == (model / WEIGHTS).read_bytes()
    assert (folder / "config.json").read_text() == "{}"


def test_a_large_file_is_found_by_the_hub_library_and_not_asked_for_again(
    model: Path, tmp_path: Path
) -> None:
    with model_hub({"tiny/words": model}) as hub:
        folders = {fetch(hub, tmp_path / "home") for _ in range(2)}
    assert requested_ranges(hub, WEIGHTS) == [""]
    assert len(folders) == 1
    assert (Path(*folders) / WEIGHTS).stat().st_size == CHUNK * 5 // 2


def test_a_part_that_does_not_fit_the_file_is_downloaded_anew_the_next_time(
    model: Path, tmp_path: Path
) -> None:
    with model_hub({"tiny/words": model}) as hub:
        folder = Path(fetch(hub, tmp_path / "home"))
        blob = (folder / WEIGHTS).resolve()
        part = blob.with_name(f"{blob.name}.playhead-part")
        blob.unlink()
        part.write_bytes(b"other bytes")
        assert "arrived damaged" in fetch(hub, tmp_path / "home")
        assert not part.exists()
        assert (Path(fetch(hub, tmp_path / "home")) / WEIGHTS).read_bytes() == (model / WEIGHTS).read_bytes()
