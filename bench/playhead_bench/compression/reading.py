"""nano-vlm asked about what was kept: the same prompt and the same greedy decoding for every method."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import process_time
from typing import Any

from playhead_bench.compression.methods import Kept
from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.assembling import Row, batch_inputs, cut_row, write_row
from playhead_tools.video_llm.encoded import ClipFeatures
from playhead_tools.video_llm.loading import Loaded
from playhead_tools.video_llm.transformers_llm import greedy_config

NEW_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Told:
    """A reply and what it took.

    Args:
        text: of the reply.
        visual_tokens: that the encoder made and the model saw.
        clip_tokens: these, and the times and marks written around them.
        prefill_s: processor seconds until the first word, its share of the batch's; unlike those of the wall
            they stay true where others use the machine too.
    """

    text: str
    visual_tokens: int
    clip_tokens: int
    prefill_s: float


@dataclass(slots=True)
class _Prefill:
    """A logits processor that changes nothing and knows what was spent until it was first asked."""

    began_s: float = field(default_factory=process_time)
    took_s: float | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self.took_s is None:
            self.took_s = process_time() - self.began_s
        return scores


def read(loaded: Loaded, asked: Sequence[tuple[Row, Kept]]) -> list[Told]:
    """Replies to prompts about what is kept of clips, in one batch.

    Args:
        loaded: nano-vlm.
        asked: the whole prompt and what is shown of its clip, for each.
    """
    cuts = [cut_row(_with_features(row, kept), [kept.indices]) for row, kept in asked]
    how = greedy_config(loaded.model.generation_config, loaded.tokenizer, NEW_TOKENS)
    inputs = batch_inputs(loaded, cuts)
    first = _Prefill()
    with torch().inference_mode():
        out = loaded.model.generate(
            **inputs, generation_config=how, logits_processor=transformers().LogitsProcessorList([first])
        )
    prefill_s = (first.took_s or 0.0) / len(asked)
    replies = loaded.processor.batch_decode(out[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return [
        Told(text.strip(), len(kept.indices), cut.visual_tokens, prefill_s)
        for text, (_, kept), cut in zip(replies, asked, cuts, strict=True)
    ]


def row_of(loaded: Loaded, features: ClipFeatures, prompt: str) -> Row:
    """A prompt about a clip with nothing left out, as the stock template writes it.

    Raises:
        ModelUnavailable: the checkpoint's template or tokenizer does not fit it.
    """
    said = [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": prompt}]}]
    text = loaded.processor.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
    return write_row(loaded, text, [(features, features.expansion)])


def _with_features(row: Row, kept: Kept) -> Row:
    return replace(row, clips=tuple(replace(placed, features=kept.features) for placed in row.clips))
