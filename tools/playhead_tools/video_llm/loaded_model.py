"""A video-LLM of transformers that is loaded."""

from dataclasses import dataclass
from typing import Any

from playhead_tools.video_llm.model_families import Family
from playhead_tools.video_llm.visual_context import VisualKeyCache


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
    def visual_keys(self) -> VisualKeyCache | None:
        """Cached keys and values of visual context; None for a model without cross-attention."""
        return getattr(self.model, "visual_keys", None)

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer
