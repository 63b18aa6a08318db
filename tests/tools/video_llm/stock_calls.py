"""The call that transformers' documentation writes: processor, then forward; also with tokens cut out."""

from inspect import signature
from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.clip_features import metadata_of, placeholder, step_of
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.protocol import Clip
from playhead_tools.video_llm.transformers_llm import Prompt


def stock_inputs(loaded: LoadedModel, prompt: Prompt, *clips: Clip) -> dict[str, Any]:
    """What the processor makes of the prompt's text and the frames of its clips."""
    counts_seconds = hasattr(loaded.processor, "position_id_per_seconds")
    rate = {"fps": 1 / step_of(clips[0].pts_s, clips[0].window.duration_s)} if counts_seconds else {}
    stock = loaded.processor(
        text=[prompt_text(loaded, prompt.request, prompt.prompt_frames)],
        videos=[torch().from_numpy(clip.frames).permute(0, 3, 1, 2) for clip in clips],
        videos_kwargs={
            "do_sample_frames": False,
            "return_metadata": True,
            "return_tensors": "pt",
            **rate,
            "video_metadata": [metadata_of(clip.pts_s, clip.window.duration_s) for clip in clips],
        },
        text_kwargs={"return_tensors": "pt", **_types_where_taken(loaded)},
    )
    stock.pop("video_metadata", None)
    return dict(stock)


def cut_inputs(loaded: LoadedModel, stock: dict[str, Any], kept: list[int]) -> dict[str, Any]:
    """The stock call of one clip in which only these of its features and their tokens are left.

    The features come from the model's own encoder, the places from its own function, on the whole prompt.
    """
    base, ids = loaded.base, stock["input_ids"]
    owner = base if hasattr(base, "get_video_features") else loaded.model
    output = owner.get_video_features(**_taken(owner.get_video_features, stock), return_dict=True)
    columns = (ids[0] == loaded.tokenizer.convert_tokens_to_ids(placeholder(loaded, "video"))).nonzero()[:, 0]
    stays = torch().ones(ids.shape[1], dtype=torch().bool)
    stays[columns] = False
    stays[columns[kept]] = True
    output.pooler_output = [torch().cat([part.flatten(0, -2) for part in output.pooler_output])[kept]]
    if getattr(output, "deepstack_features", None) is not None:
        output.deepstack_features = [[torch().cat(list(layer))[kept]] for layer in output.deepstack_features]
    cut = {"input_ids": ids[:, stays], "mm_encoder_outputs": {"video": output}}
    for name in ("mm_token_type_ids", "moe_mm_token_type_ids"):
        if name in stock and name in signature(loaded.model.forward).parameters:
            cut[name] = stock[name][:, stays]
    if hasattr(base, "get_rope_index"):
        positions, _ = base.get_rope_index(**_taken(base.get_rope_index, _with_seconds(stock)))
        cut["position_ids"] = positions[..., stays]
    return cut


def _types_where_taken(loaded: LoadedModel) -> dict[str, bool]:
    takes = "mm_token_type_ids" in signature(loaded.model.forward).parameters
    return {"return_mm_token_type_ids": True} if takes else {}


def _taken(function: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: inputs[name] for name in signature(function).parameters if name in inputs}


def _with_seconds(stock: dict[str, Any]) -> dict[str, Any]:
    seconds = stock.get("video_second_per_grid")
    return stock if seconds is None else {**stock, "second_per_grids": torch().as_tensor(seconds)}
