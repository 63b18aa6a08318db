"""A checkpoint asked through the product, and what its oracle says of the same tokens and pictures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tests.tools.architectures.slow_fast.oracle import Oracle
from tests.tools.architectures.slow_fast.tiny_slow_fast import write_slow_fast
from tests.tools.video_llm.seen_clips import noise

from playhead_tools.architectures.slow_fast.processing import prepare_picture
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.prompt_rows import PrunedRow, prune_row
from playhead_tools.video_llm.protocol import Budget, Clip, PriorTurn, VlmRequest
from playhead_tools.video_llm.transformers_llm import Prompt, TransformersVideoLLM


@dataclass(frozen=True)
class Checkpoint:
    folder: Path
    weights: dict[str, torch.Tensor]
    config: dict[str, Any]

    def oracle(self, *, compat: bool = False) -> Oracle:
        return Oracle(self.weights, self.config, compat=compat)

    def llm(self, *, compat: bool = False, **how: Any) -> TransformersVideoLLM:
        loading = LoadOptions(device="cpu", dtype="float64", reference_compat=compat)
        return TransformersVideoLLM(self.folder, loading=loading, **how)


def write(folder: Path, **more: Any) -> Checkpoint:
    weights = write_slow_fast(folder, **more)
    return Checkpoint(folder, weights, json.loads((folder / "config.json").read_text("utf-8")))


def short_request(
    *clips: Clip, question: str = "What?", new_tokens: int = 6, turns: tuple[PriorTurn, ...] = ()
) -> VlmRequest:
    """The question alone: few tokens, since the oracle computes each in a loop."""
    return VlmRequest(
        clips or (noise(8),), question, Budget(new_tokens=new_tokens), turns=turns, plain_prompt=True
    )


def pictures(clip: Clip, size: int) -> list[torch.Tensor]:
    return [torch.from_numpy(prepare_picture(frame, size)).double() for frame in clip.frames]


@dataclass(frozen=True)
class Sequenced:
    """A prompt as the oracle takes it: ids, then fast and slow tokens of its clips."""

    ids: list[int]
    fast: list[torch.Tensor]
    slow: torch.Tensor
    placeholder: int

    def logits(self, oracle: Oracle) -> torch.Tensor:
        return oracle.logits(self.ids, self.fast, self.slow, placeholder=self.placeholder)

    def likeliest(self, oracle: Oracle, generated: Sequence[int]) -> list[int]:
        given = self.ids, self.fast, self.slow
        return oracle.likeliest(*given, placeholder=self.placeholder, generated=generated)


def sequenced(llm: TransformersVideoLLM, oracle: Oracle, prompt: Prompt) -> Sequenced:
    """A prompt whose tokens are all kept; the oracle makes the features of its pictures."""
    fast, slow = [], []
    for clip in prompt.request.clips:
        frames = oracle.slow_frames(pictures(clip, llm.loaded.model.config.image_size))
        slow += [frame.flatten(0, 1) for frame in frames]
        fast += [row for frame in oracle.fast_frames(frames) for row in frame.flatten(0, 1)]
    ids = pruned(prompt).ids.tolist()
    return Sequenced(ids, fast, torch.cat(slow), llm.loaded.processor.video_token_id)


def pruned(prompt: Prompt) -> PrunedRow:
    return prune_row(prompt.row, prompt.token_indices)


def logits(llm: TransformersVideoLLM, prompts: Sequence[Prompt]) -> torch.Tensor:
    with torch.inference_mode():
        return llm.loaded.model(**llm.inputs(prompts)).logits


def new_ids(llm: TransformersVideoLLM, prompts: Sequence[Prompt], new: int) -> list[list[int]]:
    """Greedily generated tokens, not ended by any."""
    inputs = llm.inputs(prompts)
    with torch.inference_mode():
        out = llm.loaded.model.generate(
            **inputs,
            max_new_tokens=new,
            min_new_tokens=new,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
    return out[:, inputs["input_ids"].shape[1] :].tolist()
