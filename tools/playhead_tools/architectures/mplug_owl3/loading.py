"""A folder of mPLUG-Owl3 in the released layout as a model and its processor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playhead_index.embed.runtime import transformers
from playhead_index.embed.transformer import LOCAL_ONLY, read_json
from playhead_tools.architectures.architecture import ModelParts
from playhead_tools.architectures.mplug_owl3.config import released_config
from playhead_tools.architectures.mplug_owl3.modeling import Owl3Model
from playhead_tools.architectures.mplug_owl3.processing import FAMILY, Owl3Processor, placeholder_ids
from playhead_tools.architectures.splice import load_released
from playhead_tools.video_llm.load_options import LoadOptions

RENAMES = {r"^language_model\.lm_head\.": "lm_head.", r"^language_model\.model\.": "language_model."}
"""Released names and ours; the tower and the projector are named alike."""
ENDS = ("<|im_end|>", "<|endoftext|>")


def load_mplug_owl3(folder: Path, options: LoadOptions, arguments: Mapping[str, Any]) -> ModelParts:
    """The model in a folder, of either generation.

    Args:
        folder: with `config.json`, `*.safetensors` and the tokenizer.
        options: `reference_compat` counts.
        arguments: of `from_pretrained`.

    Raises:
        ValueError: weights are missing, left over or of another shape, or do not fit the configuration.
    """
    names = weight_names(folder)
    config = released_config(
        read_json(folder / "config.json"), names, reference_compat=options.reference_compat
    )
    tokenizer = transformers().AutoTokenizer.from_pretrained(folder, config=config.text_config, **LOCAL_ONLY)
    config.placeholder_ids = placeholder_ids(tokenizer)
    processor = Owl3Processor(
        tokenizer,
        side_px=config.frame_side_px,
        rows_per_frame=config.rows_per_frame,
        num_placeholders=len(config.placeholder_ids),
        marks_videos=not config.has_gate,
    )
    config.video_token_id = processor.video_token_id
    model = load_released(Owl3Model, config, folder, RENAMES, **arguments)
    ends = [token for token in ENDS if token in tokenizer.get_vocab()]
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(ends) or None
    return ModelParts(model, processor, FAMILY)


def weight_names(folder: Path) -> frozenset[str]:
    """The names of all weights in a folder's files of safetensors."""
    from safetensors import safe_open

    names: set[str] = set()
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            names |= set(file.keys())
    return frozenset(names)
