"""How families of video-LLMs in transformers differ: one row a family, no code a family."""

from dataclasses import dataclass
from typing import Literal

from playhead_index.errors import ModelUnavailable

Modality = Literal["video", "image"]
Packing = Literal["list", "tensor"]
"""What a forward pass takes as `pooler_output`: tensors (n, D) one after the other, or one (1, n, D)."""
ContextReach = Literal["after", "all"]
"""Which tokens attend to a clip's context: those after each step's placeholder, or all of the prompt."""

FRAME_LABEL = r"\n?Frame \d+ at [\d.]+ s: "
"""What `between` writes before the tokens of a frame."""
_USER_ASSISTANT = (
    "{% for message in messages %}"
    "{% if message.role == 'system' %}{{ message.content[0].text }} "
    "{% elif message.role == 'user' %}USER: {{ message.content[0].text }} "
    "{% else %}ASSISTANT: {{ message.content[0].text }}</s>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
"""Vicuna's template, as Video-LLaVA's and LLaVA-NeXT-Video's documentation writes it."""


@dataclass(frozen=True, slots=True)
class Family:
    """What is particular about a family of models.

    Args:
        title: for people.
        modality: as what a clip's features go into the language model, and which placeholder stands for them.
        packed: how a clip's features are handed over.
        mrope: tokens have places in time, height and width; kept ones keep theirs.
        paired: one row of features stands for `temporal_patch_size` frames.
        max_frames: frames that a clip may show; more were not trained.
        media_in_text: placeholders are written into the text of the message, a newline after each, instead
            of by the template; templates that put all media first would tear clips from their times.
        opens: regular expression for what the processor writes before each frame's tokens.
        closes: the same for what comes after them.
        label: the part of `opens` that names a frame, replaced when times are written between frames.
        between: times can be written between frames; not where their places are computed as one block.
        relabel: they always are, because the model's own numbers would begin anew with every clip.
        tail_tokens: features after the last frame, such as a newline; always kept.
        one_is_image: a clip of one frame goes in as an image, as the model was trained.
        template: for checkpoints that bring none.
        prunes_tokens: the processor leaves out tokens that did not change, and writes as many placeholders
            as are left of each frame; all are written here, and its selection is the default.
        context_reach: for models with cross-attention. With `after` a step's placeholder stands for its
            context and goes with it when no row is kept; with `all` placeholders stay whatever is kept.
        context_is_owned: rows of context are no tokens of their own; each goes with a placeholder.
    """

    title: str
    modality: Modality = "video"
    packed: Packing = "list"
    mrope: bool = False
    paired: bool = False
    max_frames: int | None = None
    media_in_text: bool = False
    opens: str = ""
    closes: str = ""
    label: str = ""
    between: bool = False
    relabel: bool = False
    tail_tokens: int = 0
    one_is_image: bool = False
    template: str | None = None
    prunes_tokens: bool = False
    context_reach: ContextReach = "after"
    context_is_owned: bool = False


_QWEN3 = Family(
    "Qwen3-VL",
    mrope=True,
    paired=True,
    opens=r"<[\d.]+ seconds><\|vision_start\|>",
    closes=r"<\|vision_end\|>",
)
FAMILIES: dict[str, Family] = {
    "qwen3_vl": _QWEN3,
    "qwen3_vl_moe": _QWEN3,
    "qwen2_5_vl": Family("Qwen2.5-VL", mrope=True, paired=True),
    "qwen2_vl": Family("Qwen2-VL", mrope=True, paired=True),
    "smolvlm": Family(
        "SmolVLM2",
        modality="image",
        label=r"\nFrame from \d+:\d+:",
        opens=rf"(?:\nFrame from \d+:\d+:|{FRAME_LABEL})<fake_token_around_image><global-img>",
        closes=r"<fake_token_around_image>",
        between=True,
    ),
    "video_llava": Family(
        "Video-LLaVA",
        packed="tensor",
        max_frames=8,
        media_in_text=True,
        opens=f"(?:{FRAME_LABEL})?",
        between=True,
        one_is_image=True,
        template=_USER_ASSISTANT,
    ),
    "llava_onevision": Family(
        "LLaVA-OneVision",
        packed="tensor",
        media_in_text=True,
        opens=f"(?:{FRAME_LABEL})?",
        between=True,
        tail_tokens=1,
    ),
    "llava_next_video": Family(
        "LLaVA-NeXT-Video",
        packed="tensor",
        max_frames=32,
        media_in_text=True,
        opens=f"(?:{FRAME_LABEL})?",
        between=True,
        template=_USER_ASSISTANT,
    ),
    "internvl": Family(
        "InternVL3",
        modality="image",
        packed="tensor",
        label=r"Frame\d+: ",
        opens=rf"(?:Frame\d+: |{FRAME_LABEL})<img>",
        closes=r"</img>\n?",
        between=True,
        relabel=True,
    ),
    "perception_lm": Family("PerceptionLM", packed="tensor", opens=f"(?:{FRAME_LABEL})?", between=True),
    "video_llama_3": Family("VideoLLaMA3", max_frames=180, opens=r",?Time [\d.]+s:", prunes_tokens=True),
}
"""By `model_type`."""


def family_of(model_type: str) -> Family:
    """The row of a model type.

    Raises:
        ModelUnavailable: it is none that is known.
    """
    if model_type not in FAMILIES:
        raise ModelUnavailable(
            f"video-LLMs of type {model_type!r} are not known here; known are {', '.join(FAMILIES)};"
            " others can be asked through a server"
        )
    return FAMILIES[model_type]
