"""Frames, prompts and instructions for VideoChat2."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.splice_processor import PreparedFrames, SpliceProcessor
from playhead_tools.architectures.video_chat2.config import VideoChat2Config
from playhead_tools.architectures.video_chat2.pixels import views_of
from playhead_tools.video_llm.model_families import Family

VIDEO_TOKEN, IMAGE_TOKEN = "<|video|>", "<|image|>"
FAMILY = Family(
    "VideoChat2",
    max_frames=16,
    opens=r"<(?:Video|Image)>",
    closes=r"</(?:Video|Image)>",
    image_as_clip=True,
)
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'system' %}{{ message.content[0].text }}\n"
    "{% elif message.role == 'user' %}"
    "{% if message.content | length > 1 %}"
    "{% set shown %}{% for part in message.content[:-1] %}"
    "{% if part.type == 'text' %}{{ part.text }}{% else %}VIDEO_TOKEN{% endif %}"
    "{% endfor %}{% endset %}"
    "[INST] {{ shown | trim }} [/INST] "
    "{% endif %}"
    "[INST] {{ message.content[-1].text }} [/INST]"
    "{% else %} {{ message.content[0].text }}</s> {% endif %}"
    "{% endfor %}"
)
"""What is shown stands in a turn of its own, before the question; a reply ends in `</s>`."""


class VideoChat2Processor(SpliceProcessor):
    """Prepares frames, writes prompts, and reads instructions for the Q-Former.

    Args:
        tokenizer: of the language model, fast.
        instruction_tokenizer: BERT's, of which the Q-Former has the words.
        config: of the model.
    """

    turn_marks = ("[INST]", "[/INST]")
    """They are no tokens of Mistral's vocabulary; words of a video must not pass for them."""

    def __init__(self, tokenizer: Any, instruction_tokenizer: Any, config: VideoChat2Config) -> None:
        super().__init__(
            SegmentTokenizer(tokenizer, (IMAGE_TOKEN, VIDEO_TOKEN)),
            TEMPLATE,
            video_token=VIDEO_TOKEN,
            image_token=IMAGE_TOKEN,
        )
        instruction_tokenizer.truncation_side = "left"
        self.instruction_tokenizer, self.config = instruction_tokenizer, config

    def prepare_frames(self, frames: NDArray[np.uint8], metadata: Any) -> PreparedFrames:
        """The views of a clip: the frames whole, or tiles and a global view.

        Args:
            frames: (N, H, W, 3) uint8 RGB.
            metadata: not used, the model takes no times.
        """
        config = self.config
        views = views_of(
            frames, config.vision_config.image_size, config.max_tiles, config.image_mean, config.image_std
        )
        num_rows = len(views) * (config.num_query_tokens + config.num_extra_query_tokens)
        kind = "Image" if len(frames) == 1 else "Video"
        return PreparedFrames(
            {"pixel_values_videos": views}, f"<{kind}>{self.video_token * num_rows}</{kind}>"
        )

    def instruction(self, question: str, num_frames: int) -> str:
        """The text that the Q-Former reads beside a clip of so many frames."""
        config = self.config
        template = config.image_instruction if num_frames == 1 else config.video_instruction
        return template.replace("{question}", question)

    def instruction_ids(self, question: str, num_frames: int) -> Any:
        """(W,) int64 tokens of the instruction; of a long one the last words are read."""
        encoded = self.instruction_tokenizer(
            self.instruction(question, num_frames),
            truncation=True,
            max_length=self.config.max_instruction_tokens,
        )
        return torch().tensor(encoded["input_ids"], dtype=torch().int64)


class SegmentTokenizer:
    """A tokenizer that reads the text between placeholders piece by piece, each as if it stood alone.

    The released code tokenises what stands before and after the visual features apart from each other, so
    that every piece begins with the space that a sentencepiece tokenizer puts before a text. In all else it
    is the tokenizer that it is made from.

    Args:
        tokenizer: of transformers, fast.
        marks: placeholders.
    """

    def __init__(self, tokenizer: Any, marks: tuple[str, ...]) -> None:
        self.__dict__["tokenizer"] = tokenizer
        self.__dict__["_marks"] = re.compile(f"((?:{'|'.join(map(re.escape, marks))})+)")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["tokenizer"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["tokenizer"], name, value)

    def __len__(self) -> int:
        return len(self.__dict__["tokenizer"])

    def __call__(self, text: str, *, add_special_tokens: bool = True, **options: Any) -> dict[str, list[Any]]:
        """Ids, and with `return_offsets_mapping` the characters of each token in the whole text.

        Args:
            text: one text.
            add_special_tokens: write them before the first piece.
            options: of the tokenizer.
        """
        joined: dict[str, list[Any]] = {}
        start = 0
        for number, piece in enumerate(self.__dict__["_marks"].split(text)):
            encoded = self.__dict__["tokenizer"](
                piece, add_special_tokens=add_special_tokens and number == 0, **options
            )
            for name, values in encoded.items():
                moved = [(a + start, b + start) for a, b in values] if name == "offset_mapping" else values
                joined.setdefault(name, []).extend(moved)
            start += len(piece)
        return joined
