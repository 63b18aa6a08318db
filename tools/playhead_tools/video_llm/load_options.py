"""The options that people load a video-LLM with."""

from dataclasses import dataclass
from typing import Literal

Attention = Literal["auto", "sdpa", "flash_attention_2", "eager"]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a model is loaded.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:1`, …
        dtype: `auto` for bfloat16 on a GPU and float32 elsewhere, or torch's name of a type.
        attention: `auto` leaves it to transformers, which takes SDPA.
        four_bit: weights in 4 bits (NF4, double quantisation; Dettmers et al., 2023, arXiv:2305.14314).
        reference_compat: models of `architectures` compute as their released code does, its faults included.
    """

    device: str = "auto"
    dtype: str = "auto"
    attention: Attention = "auto"
    four_bit: bool = False
    reference_compat: bool = False
