"""The nano models as a profile of the product: `playhead index --profile nano`.

They know only the synthetic benchmark, so they are never used unless they are named.
"""

from dataclasses import dataclass
from pathlib import Path

from playhead_index.errors import ModelUnavailable

WEIGHTS = Path(__file__).parent / "weights"
FOLDERS = {"picture": "nano-clip", "appearance": "nano-dino", "video": "nano-vlm"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What the entry point `nano` of `playhead.models` gives."""

    roles: tuple[str, ...] = ("picture", "appearance", "video")

    def name_of(self, role: str) -> str:
        """The name of a role's model, as its loader takes it.

        Raises:
            ModelUnavailable: the weights are not beside this file.
        """
        prefix = "local-dir:" if role == "picture" else ""
        return f"{prefix}{folder_of(role)}"


def folder_of(role: str) -> Path:
    """The folder of a nano model: `picture` (nano-clip), `appearance` (nano-dino) or `video` (nano-vlm).

    Raises:
        ModelUnavailable: the weights are not beside this file.
    """
    folder = WEIGHTS / FOLDERS[role]
    if not any(folder.glob("*.safetensors")):
        raise ModelUnavailable(f"{FOLDERS[role]} is not in {folder}; train it: python -m playhead_bench.nano")
    return folder


PROFILE = Profile()
