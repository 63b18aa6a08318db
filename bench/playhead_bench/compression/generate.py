"""Runs nano-vlm on selected tokens: the same prompt and the same greedy decoding for every method."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import process_time
from typing import Any

from playhead_bench.compression.methods import TokenSelection
from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.prompt_rows import Row, batch_inputs, prune_row, write_row
from playhead_tools.video_llm.transformers_llm import greedy_config

NEW_TOKENS = 24


@dataclass(frozen=True, slots=True)
class CompressedResponse:
    """A response and its cost.

    Args:
        text: of the reply.
        visual_tokens: that the encoder made and the model saw.
        clip_tokens: these, and the times and marks written around them.
        prefill_s: processor seconds until the first token, a share of the batch; not affected by other load.
    """

    text: str
    visual_tokens: int
    clip_tokens: int
    prefill_s: float


@dataclass(slots=True)
class _PrefillTimer:
    """A logits processor that changes nothing and measures the time until its first call."""

    began_s: float = field(default_factory=process_time)
    took_s: float | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self.took_s is None:
            self.took_s = process_time() - self.began_s
        return scores


def generate_batch(
    loaded: LoadedModel, requests: Sequence[tuple[Row, TokenSelection]]
) -> list[CompressedResponse]:
    """Responses to prompts about the selected tokens of clips, in one batch.

    Args:
        loaded: nano-vlm.
        requests: the complete prompt and the selected tokens of its clip, for each.
    """
    pruned_rows = [
        prune_row(_with_features(row, selection), [selection.indices]) for row, selection in requests
    ]
    config = greedy_config(loaded.model.generation_config, loaded.tokenizer, NEW_TOKENS)
    inputs = batch_inputs(loaded, pruned_rows)
    prefill_timer = _PrefillTimer()
    with torch().inference_mode():
        out = loaded.model.generate(
            **inputs,
            generation_config=config,
            logits_processor=transformers().LogitsProcessorList([prefill_timer]),
        )
    prefill_s = (prefill_timer.took_s or 0.0) / len(requests)
    replies = loaded.processor.batch_decode(out[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return [
        CompressedResponse(text.strip(), len(selection.indices), pruned.visual_tokens, prefill_s)
        for text, (_, selection), pruned in zip(replies, requests, pruned_rows, strict=True)
    ]


def row_of(loaded: LoadedModel, features: ClipFeatures, prompt: str) -> Row:
    """A prompt about a clip with nothing left out, as the stock template writes it.

    Raises:
        ModelUnavailable: the checkpoint's template or tokenizer does not fit it.
    """
    messages = [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": prompt}]}]
    text = loaded.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return write_row(loaded, text, [(features, features.expansion)])


def _with_features(row: Row, selection: TokenSelection) -> Row:
    return replace(row, clips=tuple(replace(clip, features=selection.features) for clip in row.clips))
