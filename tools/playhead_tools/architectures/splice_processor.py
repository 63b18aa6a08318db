"""What prepares frames and writes prompts for a `SpliceModel`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import transformers

CHATML = (
    "{% if messages[0].role != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}"
    "{% if part.type == 'text' %}{{ part.text }}"
    "{% elif part.type == 'image' %}IMAGE_TOKEN\n{% else %}VIDEO_TOKEN\n{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML with Qwen's system text where none is given; `VIDEO_TOKEN` and `IMAGE_TOKEN` become placeholders."""
LLAMA_3 = (
    "{% for message in messages %}<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n"
    "{% for part in message.content %}"
    "{% if part.type == 'text' %}{{ part.text }}"
    "{% elif part.type == 'image' %}IMAGE_TOKEN\n{% else %}VIDEO_TOKEN\n{% endif %}"
    "{% endfor %}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
"""Llama 3's turns; the tokenizer writes the one BOS."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFrames:
    """Frames of a clip as a model takes them.

    Args:
        inputs: arguments of `get_video_features`, tensors.
        expansion: what stands in the clip's place in the prompt: a placeholder for every row, and the words
            around them.
        default_indices: (K,) int64 ascending, the rows that are shown without a keeper; None for all.
        num_context_rows: that `get_video_features` will give as context, over all steps.
    """

    inputs: Mapping[str, Any]
    expansion: str
    default_indices: Any = None
    num_context_rows: int = 0


class SpliceProcessor(ABC):
    """A tokenizer with the model's placeholders, its chat template, and the preparation of its frames.

    A subclass implements `prepare_frames`. It is called as the processors of transformers are.

    Args:
        tokenizer: of transformers, fast; the placeholders are added to it where they are missing.
        chat_template: Jinja, for the messages that `chat_template.messages` writes; `VIDEO_TOKEN` and
            `IMAGE_TOKEN` in it become the placeholders.
        video_token: the placeholder of one row of a video.
        image_token: the same for images.
    """

    def __init__(self, tokenizer: Any, chat_template: str, *, video_token: str, image_token: str) -> None:
        self.tokenizer = tokenizer
        self.video_token, self.image_token = video_token, image_token
        self.chat_template = chat_template.replace("VIDEO_TOKEN", video_token).replace(
            "IMAGE_TOKEN", image_token
        )
        vocabulary = tokenizer.get_vocab()
        added = [
            transformers().AddedToken(token, special=True, normalized=False)
            for token in (image_token, video_token)
            if token not in vocabulary
        ]
        tokenizer.add_tokens(added, special_tokens=True)

    @property
    def video_token_id(self) -> int:
        """The placeholder's number; above the vocabulary's size where the tokenizer did not have it."""
        return int(self.tokenizer.convert_tokens_to_ids(self.video_token))

    @property
    def image_token_id(self) -> int:
        """The same for images."""
        return int(self.tokenizer.convert_tokens_to_ids(self.image_token))

    @abstractmethod
    def prepare_frames(self, frames: NDArray[np.uint8], metadata: Any) -> PreparedFrames:
        """The frames of one clip, or one image, resized and normalised.

        Args:
            frames: (N, H, W, 3) uint8 RGB.
            metadata: `VideoMetadata` with each frame's time; None for an image.
        """

    def __call__(
        self,
        *,
        text: Sequence[str],
        videos: Sequence[Any] = (),
        images: Sequence[NDArray[np.uint8]] = (),
        videos_kwargs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """One clip or image prepared, and what stands in the place of its placeholder.

        Args:
            text: the placeholder alone.
            videos: (N, 3, H, W) uint8 frames.
            images: (H, W, 3) uint8.
            videos_kwargs: with `video_metadata`.

        Raises:
            ValueError: there is not exactly one clip or image, or the text is more than its placeholder.
        """
        token = self.video_token if len(videos) else self.image_token
        if len(videos) + len(images) != 1 or list(text) != [token]:
            raise ValueError(
                f"expected the placeholder of one clip or image, got {list(text)} for {len(videos)} clips and"
                f" {len(images)} images"
            )
        if len(videos):
            frames = np.ascontiguousarray(videos[0].permute(0, 2, 3, 1).numpy())
            prepared = self.prepare_frames(frames, (videos_kwargs or {}).get("video_metadata", [None])[0])
        else:
            prepared = self.prepare_frames(np.asarray(images[0])[None], None)
        return {
            **prepared.inputs,
            "default_indices": prepared.default_indices,
            "num_context_rows": prepared.num_context_rows,
            "text_replacement_offsets": [[{"replacement": prepared.expansion}]],
        }

    def apply_chat_template(
        self,
        conversation: Sequence[Mapping[str, Any]],
        *,
        chat_template: str | None = None,
        add_generation_prompt: bool = False,
        tokenize: bool = False,
        **_: Any,
    ) -> str:
        """The messages as the model was trained on them, one placeholder for each clip.

        Raises:
            ValueError: tokens are asked for instead of text.
        """
        if tokenize:
            raise ValueError("a prompt is written as text and tokenised later; call it with tokenize=False")
        written: str = self.tokenizer.apply_chat_template(
            list(conversation),
            chat_template=chat_template or self.chat_template,
            add_generation_prompt=add_generation_prompt,
            tokenize=False,
        )
        return written
