"""What goes into an encoder in batches, and what leaves it: float32 rows of length 1, on the CPU."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import ModelError


def unit_rows(features: Any, tag: ModelTag) -> NDArray[np.float32]:
    """(N, D) float32 rows of length 1 from a tensor of features on any device.

    Raises:
        ModelError: a row is not finite or all zero, as broken weights give; it must not be stored.
    """
    rows = features.float()
    lengths = rows.norm(dim=-1, keepdim=True)
    if not bool(((lengths > 0) & lengths.isfinite()).all()):
        raise ModelError(f"{tag} gave a vector of no direction; its weights are damaged, fetch them again")
    return np.asarray((rows / lengths).cpu().numpy(), dtype=np.float32)


def no_rows(tag: ModelTag) -> NDArray[np.float32]:
    """(0, D) float32."""
    return np.zeros((0, tag.width), dtype=np.float32)


def default_batch_size(device: str) -> int:
    """256 on a GPU, 32 elsewhere: more gains nothing on the CPU and only takes memory."""
    return 256 if device.startswith("cuda") else 32
