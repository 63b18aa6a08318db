"""A video-LLM of transformers that is loaded, and the options people load one by."""

from dataclasses import dataclass
from typing import Any, Literal

from playhead_tools.video_llm.model_families import Family

Attention = Literal["auto", "sdpa", "flash_attention_2", "eager"]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a model is loaded.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:1`, …
        dtype: `auto` for bfloat16 on a GPU and float32 elsewhere, or torch's name of a type.
        attention: `auto` leaves it to transformers, which takes SDPA.
        four_bit: weights in 4 bits (NF4, double quantisation; Dettmers et al., 2023, arXiv:2305.14314).
    """

    device: str = "auto"
    dtype: str = "auto"
    attention: Attention = "auto"
    four_bit: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A model ready to be asked.

    Args:
        model: of the class that its configuration names.
        processor: with tokenizer and video processor; pads on the left.
        family: what is particular about it.
        revision: changes with the weights, the processor or the numbers' type.
        device: where it computes.
    """

    model: Any
    processor: Any
    family: Family
    revision: str
    device: str

    @property
    def base(self) -> Any:
        """The model below its word head, which encodes clips."""
        return self.model.base_model

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer
