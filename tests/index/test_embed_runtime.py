"""Tests of the door through which torch comes in; each runs in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from playhead_index.embed.runtime import pick_device, pick_dtype, torch
from playhead_index.errors import ModelUnavailable

INDEX = Path(__file__).resolve().parents[2] / "index"
# What a torchvision without its compiled half does on import.
HALF = """
import torch

@torch.library.register_fake("torchvision::nms")
def nms(dets, scores, iou): ...

whole = True
"""


def run(code: str, *paths: Path) -> str:
    """What a fresh interpreter prints, with folders put before its own packages."""
    setup = f"import sys\nsys.path[:0] = {[str(path) for path in (*paths, INDEX)]!r}\n"
    done = subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def fake_torchvision(folder: Path, source: str) -> Path:
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text(source)
    return folder


def test_importing_every_encoder_module_loads_no_library() -> None:
    code = (
        "import playhead_index.embed.openclip, playhead_index.embed.dino, playhead_index.embed.minilm\n"
        "import playhead_index.testing, playhead_index.segment\n"
        "print([m for m in ('torch', 'transformers', 'open_clip', 'safetensors', 'av') if m in sys.modules])"
    )
    assert run(code) == "[]"


def test_the_torchvision_of_this_machine_loads_and_open_clip_after_it() -> None:
    code = (
        "from playhead_index.embed import runtime\n"
        "runtime.ensure_torchvision()\n"
        "from torchvision.transforms import Resize\n"
        "print(hasattr(runtime.open_clip(), 'create_model'), Resize(4).size)"
    )
    assert run(code) == "True 4"


def test_a_torchvision_without_its_compiled_half_is_loaded_at_the_second_try(tmp_path: Path) -> None:
    code = (
        "try:\n    import torchvision\nexcept RuntimeError as error:\n    print(error)\n"
        "from playhead_index.embed.runtime import ensure_torchvision\n"
        "print(ensure_torchvision().whole, ensure_torchvision() is sys.modules['torchvision'])"
    )
    printed = run(code, fake_torchvision(tmp_path, HALF)).splitlines()
    assert printed == ["operator torchvision::nms does not exist", "True True"]


def test_a_torchvision_that_fails_otherwise_is_reported_and_not_doctored(tmp_path: Path) -> None:
    code = (
        "from playhead_index.embed.runtime import ensure_torchvision\n"
        "from playhead_index.errors import ModelUnavailable\n"
        "try:\n    ensure_torchvision()\nexcept ModelUnavailable as error:\n    print(error)"
    )
    broken = fake_torchvision(tmp_path, "raise RuntimeError('libcudart is too old')")
    assert run(code, broken) == "torchvision does not load: libcudart is too old"


def test_the_cpu_computes_in_float32() -> None:
    assert pick_dtype(pick_device("cpu")) is torch().float32


def test_a_gpu_computes_in_bfloat16() -> None:
    assert pick_dtype("cuda:1") is torch().bfloat16


def test_a_gpu_that_is_not_there_is_said_to_be_missing() -> None:
    if torch().cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ModelUnavailable, match="torch sees no GPU; use device 'cpu'"):
        pick_device("cuda")
