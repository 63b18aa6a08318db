"""LongVU's configuration, from the flat `config.json` of its releases."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from playhead_index.embed.runtime import transformers
from playhead_tools.architectures.splice import SpliceConfig

TEXT_TYPES = {"cambrian_qwen": "qwen2", "cambrian_llama": "llama"}
"""The stock text model of each released `model_type`."""
_TAKEN: Mapping[str, Any] = {
    "mm_projector_type": "sva", "connector_only": True, "highres": True, "frame_pos": False,
    "num_query_group": 1, "mm_use_im_start_end": False, "is_image_newline": True,
}  # fmt: skip
"""Settings that the releases have and that this implementation stands for; a missing one counts as these."""
_OLD_ROPE = ("rope_theta", "rope_scaling")


class LongVUConfig(SpliceConfig):
    """Sizes and thresholds of a LongVU model.

    Args:
        vision_hidden_size: width of the aggregator.
        image_token_len: cells of the fine grid, a square number.
        lowres_token: cells along a side of the coarse grid.
        tower_tokens: cells to which each tower's patches are interpolated, a square number.
        connector_depth: layers of the aggregator.
        dino_threshold: mean similarity from which a frame is redundant.
        drop_threshold: cosine from which a token repeats the first frame of its window.
        tokenizer_model_max_length: tokens that the model was trained on, visual ones too.
        inference_max_length: of these, how many are left for the answer.
        siglip_hidden_size: width of SigLIP.
        dinov2_hidden_size: width of DINOv2.
        reference_compat: compute as the released code does, its accidents included.
    """

    model_type = "longvu"

    vision_hidden_size: int = 1024
    image_token_len: int = 144
    lowres_token: int = 8
    tower_tokens: int = 576
    connector_depth: int = 3
    dino_threshold: float = 0.83
    drop_threshold: float = 0.7
    tokenizer_model_max_length: int = 8192
    inference_max_length: int = 16
    siglip_hidden_size: int = 1152
    dinov2_hidden_size: int = 1536
    reference_compat: bool = False

    @property
    def fine_side(self) -> int:
        """Cells along a side of the fine grid."""
        return int(self.image_token_len**0.5)

    @property
    def tower_side(self) -> int:
        """Cells along a side of each tower's grid."""
        return int(self.tower_tokens**0.5)

    @property
    def room_tokens(self) -> int:
        """Tokens for a prompt with its clip."""
        return self.tokenizer_model_max_length - self.inference_max_length


def longvu_config(settings: Mapping[str, Any], **more: Any) -> LongVUConfig:
    """The configuration of a release.

    Args:
        settings: of its `config.json`.
        more: fields that stand elsewhere, such as the widths of the towers.

    Raises:
        ValueError: the release is of another kind; the setting is named.
    """
    others = {
        name: settings[name]
        for name, value in _TAKEN.items()
        if settings.get(name, value) not in (value, None)
    }
    if others:
        raise ValueError(f"its config.json has {others}; LongVU is loaded with {dict(_TAKEN)}")
    lengths = settings.get("mm_vision_tower_aux_token_len_list", [576, 576])
    cells = int(settings.get("image_token_len", 144))
    side, tower_side = int(cells**0.5), int(lengths[0] ** 0.5)
    queries = settings.get("query_num_list", [cells])
    if queries != [cells] or len(set(lengths)) != 1 or side**2 != cells or tower_side % side:
        raise ValueError(
            f"its config.json has query_num_list {queries}, image_token_len {cells} and towers of {lengths}"
            " tokens; video models have as many queries as tokens, on a grid that divides the towers' grid"
        )
    names = {field.name for field in fields(LongVUConfig)} - {field.name for field in fields(SpliceConfig)}
    text = _text_config(settings)
    return LongVUConfig(
        text_config=text,
        tie_word_embeddings=text.tie_word_embeddings,
        tower_tokens=lengths[0],
        **{name: settings[name] for name in names if settings.get(name) is not None and name not in more},
        **more,
    )


def _text_config(settings: Mapping[str, Any]) -> Any:
    model_type = TEXT_TYPES[settings["model_type"]]
    known = {field.name for field in fields(type(transformers().AutoConfig.for_model(model_type)))}
    mine = {
        name: value
        for name, value in settings.items()
        if (name in known or name in _OLD_ROPE) and name != "architectures" and value is not None
    }
    return transformers().AutoConfig.for_model(model_type, **mine)
