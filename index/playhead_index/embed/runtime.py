"""The one door through which torch, and what stands on it, comes in.

Nothing here is loaded before it is requested. The module exists because of a trap: beside a CPU build of
torch, pip installs a torchvision whose compiled half wants CUDA. Its Python half then fails on import
with "operator torchvision::nms does not exist", and with it open_clip, timm and half of transformers.
Only box suppression lives in the compiled half, and nobody here uses it, so the two missing operators
are declared (declared, not written) and the import is tried again. A healthy torchvision is not touched.
"""

import importlib
import re
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

from playhead_index.errors import ModelUnavailable
from playhead_index.extras import install_command, missing_module, models_extra

_MISSING_OPERATOR = re.compile(r"operator torchvision::q?nms does not exist")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_lock = threading.RLock()
_declared: list[Any] = []  # torch forgets the operators when their Library is collected


def torch() -> ModuleType:
    """torch itself.

    Raises:
        ModelUnavailable: it is not installed or does not load.
    """
    return _load("torch")


def ensure_torchvision() -> ModuleType:
    """torchvision, whole or with its compiled half missing.

    Raises:
        ModelUnavailable: it is not installed, or fails for any reason other than the one above.
    """
    with _lock:
        try:
            return importlib.import_module("torchvision")
        except ImportError as error:
            raise ModelUnavailable(_why_not("torchvision", error)) from error
        except RuntimeError as error:
            if not is_missing_operator(str(error)):
                raise ModelUnavailable(f"torchvision does not load: {error}") from error
        _declare_operators()
        return importlib.import_module("torchvision")


def is_missing_operator(message: str) -> bool:
    """Whether an error is that of a torchvision without its compiled half, which is worked around here."""
    return _MISSING_OPERATOR.search(message) is not None


def open_clip() -> ModuleType:
    """open_clip, after torchvision has been seen to.

    Raises:
        ModelUnavailable: it is not installed or does not load.
    """
    ensure_torchvision()
    return _load("open_clip")


def transformers() -> ModuleType:
    """transformers, after torchvision has been seen to, without its progress bars.

    Raises:
        ModelUnavailable: it is not installed or does not load.
    """
    ensure_torchvision()
    library = _load("transformers")
    library.utils.logging.disable_progress_bar()
    return library


def pick_device(name: str = "auto") -> str:
    """The device to compute on: the GPU where there is one, else the CPU; or the one that is named.

    Raises:
        ModelUnavailable: a GPU is named and torch sees none.
    """
    has_gpu = torch().cuda.is_available()
    if name == "auto":
        return "cuda" if has_gpu else "cpu"
    if name.startswith("cuda") and not has_gpu:
        raise ModelUnavailable(f"device {name!r} was asked for and torch sees no GPU; use device 'cpu'")
    return name


def pick_dtype(device: str) -> Any:
    """The number type to compute in: bfloat16 on a GPU, float32 elsewhere."""
    return torch().bfloat16 if device.startswith("cuda") else torch().float32


def autocast(device: str) -> AbstractContextManager[Any]:
    """Inside, matrix products run in `pick_dtype(device)`; weights stay as they are."""
    if not device.startswith("cuda"):
        return nullcontext()
    context: AbstractContextManager[Any] = torch().autocast("cuda", dtype=pick_dtype(device))
    return context


def _load(name: str) -> ModuleType:
    with _lock:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise ModelUnavailable(_why_not(name, error)) from error


def _why_not(name: str, error: ImportError) -> str:
    """Why a module does not load, with the command that installs it, or installs it again."""
    if isinstance(error, ModuleNotFoundError) and error.name == name:
        return missing_module(name)
    return f"{name} does not load ({error}); run: {install_command(models_extra())}"


def _declare_operators() -> None:
    for module in [m for m in sys.modules if m == "torchvision" or m.startswith("torchvision.")]:
        del sys.modules[module]
    library = torch().library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(operator + _SCHEMA)
    _declared.append(library)
