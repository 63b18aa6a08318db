"""A video-LLM of transformers as the answerer: stock classes, a folder on disk, greedy decoding."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from playhead_bench.evaluate.answerer import AnswererReply, FrameClip
from playhead_index.embed.checkpoints import find_checkpoint, map_load_errors, offline
from playhead_index.embed.digests import digest_of
from playhead_index.embed.runtime import pick_device, torch, transformers
from playhead_tools.video_llm.parse_response import with_options

MAX_NEW_TOKENS = 48
WORDS = ("*.json", "*.jinja", "*.txt")
"""Files that say how a prompt is written: with other ones the same weights are another answerer."""
MILLISECONDS = 1000.0
ON_GRID_FRAMES = 1e-3
"""So near to a whole frame number a time counts as being one."""


class TransformersAnswerer:
    """A `ClipAnswerer` that asks an image-text-to-text model of transformers, such as Qwen3-VL.

    The frames are one video in the prompt; the processor writes when they are beside them, from their own
    times. Nothing is sampled, and nothing fetched from a network.

    Args:
        folder: a checkpoint with its processor, tokenizer and chat template, or a name in the local cache.
        device: `auto`, `cpu`, `cuda`, `mps`.
        max_new_tokens: most tokens of a reply.

    Raises:
        ModelUnavailable: a file is missing.
    """

    def __init__(
        self, folder: Path | str, *, device: str = "auto", max_new_tokens: int = MAX_NEW_TOKENS
    ) -> None:
        checkpoint = find_checkpoint(
            str(folder), ["config.json"], ["*.safetensors"], advice="put a checkpoint of transformers there"
        )
        self.folder, self.name = checkpoint.folder, Path(folder).name
        words = sorted(path for pattern in WORDS for path in self.folder.glob(pattern))
        self.revision = f"{checkpoint.revision[:16]}-{digest_of(words)[:16]}-{max_new_tokens}"
        self._requested_device, self._max_new_tokens = device, max_new_tokens

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> AnswererReply:
        """The model's reply, decoded greedily.

        Raises:
            ModelUnavailable: the model does not load.
        """
        began = perf_counter()
        inputs = self.inputs(clip, with_options(question, options))
        length = int(inputs["input_ids"].shape[1])
        with torch().inference_mode():
            output = self._model.generate(
                **inputs, max_new_tokens=self._max_new_tokens, do_sample=False, num_beams=1
            )
        text = self.processor.batch_decode(output[:, length:], skip_special_tokens=True)[0].strip()
        visual = int((inputs["input_ids"] == self._model.config.video_token_id).sum())
        return AnswererReply(text, 0 if clip is None else len(clip), visual, length, perf_counter() - began)

    def inputs(self, clip: FrameClip | None, text: str) -> Any:
        """The tensors of a prompt, on the model's device.

        Raises:
            ModelUnavailable: the model does not load.
        """
        video_content: list[dict[str, str]] = [] if clip is None else [{"type": "video"}]
        content = [*video_content, {"type": "text", "text": text}]
        with map_load_errors(self.name, "writing the prompt"):
            written = self.processor.apply_chat_template(
                [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
            )
        videos = {} if clip is None else _videos(clip)
        inputs = self.processor(text=[written], return_tensors="pt", **videos)
        return inputs.to(self.device)

    @cached_property
    def device(self) -> str:
        """Where it computes."""
        return pick_device(self._requested_device)

    @cached_property
    def processor(self) -> Any:
        """The model's processor, loaded at its first use.

        Raises:
            ModelUnavailable: it does not load.
        """
        with offline(), map_load_errors(self.name, "loading its processor"):
            return transformers().AutoProcessor.from_pretrained(self.folder, local_files_only=True)

    @cached_property
    def _model(self) -> Any:
        dtype = torch().float32 if self.device == "cpu" else "auto"  # processors without bfloat16 crawl in it
        with offline(), map_load_errors(self.name, "loading it"):
            model = transformers().AutoModelForImageTextToText.from_pretrained(
                self.folder, local_files_only=True, dtype=dtype
            )
        return model.to(self.device).eval()


def _videos(clip: FrameClip) -> dict[str, Any]:
    from transformers.video_utils import VideoMetadata

    indices, fps = frame_numbers(clip)
    metadata = VideoMetadata(total_num_frames=indices[-1] + 1, fps=fps, frames_indices=indices)
    frames = torch().from_numpy(np.ascontiguousarray(clip.frames)).permute(0, 3, 1, 2)
    return {"videos": [frames], "video_metadata": [metadata], "do_sample_frames": False}


def frame_numbers(clip: FrameClip) -> tuple[list[int], float]:
    """Whole frame numbers and a rate of which the quotients are the clip's times.

    The video's own where its times lie on them; else milliseconds, as in a video of variable rate.

    >>> frame_numbers(FrameClip(np.zeros((2, 1, 1, 3), np.uint8), np.array([12.0, 12.5]), 8.0))
    ([96, 100], 8.0)
    """
    numbers = clip.times_s * clip.fps
    if np.abs(numbers - numbers.round()).max() < ON_GRID_FRAMES:
        return [int(number) for number in numbers.round()], clip.fps
    return [round(float(time_s) * MILLISECONDS) for time_s in clip.times_s], MILLISECONDS
