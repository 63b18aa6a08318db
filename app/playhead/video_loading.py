"""How a video-LLM of this machine is loaded: as named, else as the environment says, else by itself."""

import os
from dataclasses import dataclass
from typing import Any, get_args

from playhead.video_models import AUTO
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.load_options import Attention, LoadOptions

ATTENTION, DTYPE, FOUR_BIT = "PLAYHEAD_VIDEO_ATTENTION", "PLAYHEAD_VIDEO_DTYPE", "PLAYHEAD_VIDEO_FOUR_BIT"
ATTENTIONS: tuple[str, ...] = get_args(Attention)
DTYPES = (AUTO, "bfloat16", "float16", "float32")
_SWITCH = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)


@dataclass(frozen=True, slots=True)
class VideoLoading:
    """How the weights of a video-LLM are loaded in this process; a server has settings of its own.

    Args:
        attention: `auto` (which is SDPA), `sdpa`, `flash_attention_2` or `eager`.
        dtype: `auto` (bfloat16 on a GPU, else float32), `bfloat16`, `float16` or `float32`.
        four_bit: in 4 bits (NF4); None where it fits the GPU in no other way.

    Raises:
        ValueError: there is no such attention or number type.
    """

    attention: str = AUTO
    dtype: str = AUTO
    four_bit: bool | None = None

    def __post_init__(self) -> None:
        for what, value, known in (
            ("attention", self.attention, ATTENTIONS),
            ("number type", self.dtype, DTYPES),
        ):
            if value not in known:
                raise ValueError(f"there is no {what} {value!r}; use one of {', '.join(known)}")

    def resolved(self) -> "VideoLoading":
        """The same, with what the environment says where nothing was named.

        Raises:
            ModelUnavailable: what it says is none of the possible values.
        """
        four_bit = _four_bit_of_environment() if self.four_bit is None else self.four_bit
        named: dict[str, Any] = {}
        for field, variable in (("attention", ATTENTION), ("dtype", DTYPE)):
            own = getattr(self, field)
            named[field] = os.environ.get(variable) or AUTO if own == AUTO else own
        try:
            return VideoLoading(**named, four_bit=four_bit)
        except ValueError as error:
            raise ModelUnavailable(f"{error} ({ATTENTION} and {DTYPE} set them)") from error

    def load_options(self, device: str, *, four_bit: bool) -> LoadOptions:
        """The options of the loader.

        Args:
            device: as `ModelNames` names it.
            four_bit: what the choice of the model takes where nobody named it.
        """
        own = self.resolved()
        is_four_bit = four_bit if own.four_bit is None else own.four_bit
        attention: Any = own.attention
        return LoadOptions(device=device, dtype=own.dtype, attention=attention, four_bit=is_four_bit)


def _four_bit_of_environment() -> bool | None:
    value = os.environ.get(FOUR_BIT, "").strip().lower()
    if value and value not in _SWITCH:
        raise ModelUnavailable(f"{FOUR_BIT} must be one of {', '.join(_SWITCH)}; got {value!r}")
    return _SWITCH.get(value)


AS_CONFIGURED = VideoLoading()
"""As the environment says, else by itself."""
