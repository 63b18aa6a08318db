"""How families of video-LLMs in transformers differ: one row a family, no code a family.

A family without a row is probed when it is loaded (`video_probe`); rows are needed only for what a probe
cannot find out: how many frames were trained, which template the checkpoints lack, how frames are relabelled.
"""

from dataclasses import dataclass
from typing import Literal

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
        max_frames: frames that a clip may show; more were not trained.
        min_frames: frames that the processor takes at least; the last one is repeated where there are fewer.
        media_in_text: placeholders are written into the text of the message, a newline after each, instead
            of by the template; templates that put all media first would tear clips from their times.
        opens: regular expression for what the processor writes before each frame's tokens.
        closes: the same for what comes after them.
        label: the part of `opens` that names a frame, replaced when times are written between frames.
        between: times can be written between frames; not where their places are computed as one block.
        relabel: they always are, because the model's own numbers would begin anew with every clip.
        tail_tokens: features after the last frame, such as a newline; always kept.
        one_is_image: a clip of one frame goes in as an image, as the model was trained.
        image_beside_video: an image given with the question goes in through the model's own image path; such
            prompts were compared with the stock call.
        image_as_clip: an image given with the question is shown as a clip of one frame, as such models do.
        template: for checkpoints that bring none.
        prunes_tokens: the processor leaves out tokens that did not change, and writes as many placeholders
            as are left of each frame; all are written here, and its selection is the default.
        fits_context: the model's own selection keeps no more tokens than its context holds, however many
            frames there are.
        context_reach: for models with cross-attention. With `after` a step's placeholder stands for its
            context and goes with it when no row is kept; with `all` placeholders stay whatever is kept.
        context_is_owned: rows of context are no tokens of their own; each goes with a placeholder.
        placeholder: the token that stands for one feature of a clip; empty for the one that the processor
            names after the modality. GLM-4V writes videos with its image token.
        bos: what the processor writes before every prompt, beside what the tokenizer does.
        clip_number: what the processor writes before the number of a clip in its prompt; empty for no number.
        max_clips: videos that the processor takes in one prompt; more were not trained.
        step_frames: frames that one step joins, where a probe counted them.
        writes_times: the processor writes the times of the frames; None where it was not probed.
        system_role: the template takes a system message; else the rules stand before the user's text.
        own_pruning: part of a clip's tokens that the stock forward pass drops, which is not done here.
        batches: prompts of unequal length may be answered in one padded batch.
        probed: found out by a probe, not known from a row or compared with the stock call.
    """

    title: str
    modality: Modality = "video"
    packed: Packing = "list"
    mrope: bool = False
    max_frames: int | None = None
    min_frames: int = 1
    media_in_text: bool = False
    opens: str = ""
    closes: str = ""
    label: str = ""
    between: bool = False
    relabel: bool = False
    tail_tokens: int = 0
    one_is_image: bool = False
    image_beside_video: bool = False
    image_as_clip: bool = False
    template: str | None = None
    prunes_tokens: bool = False
    fits_context: bool = False
    context_reach: ContextReach = "after"
    context_is_owned: bool = False
    placeholder: str = ""
    bos: str = ""
    clip_number: str = ""
    max_clips: int | None = None
    step_frames: int | None = None
    writes_times: bool | None = None
    system_role: bool = True
    own_pruning: float = 0.0
    batches: bool = True
    probed: bool = False


_QWEN3 = Family(
    "Qwen3-VL",
    mrope=True,
    image_beside_video=True,
    min_frames=2,
    opens=r"<[\d.]+ seconds><\|vision_start\|>",
    closes=r"<\|vision_end\|>",
)
FAMILIES: dict[str, Family] = {
    "qwen3_vl": _QWEN3,
    "qwen3_vl_moe": _QWEN3,
    "qwen2_5_vl": Family("Qwen2.5-VL", mrope=True, image_beside_video=True),
    "qwen2_vl": Family("Qwen2-VL", mrope=True, image_beside_video=True),
    "smolvlm": Family(
        "SmolVLM2",
        image_beside_video=True,
        modality="image",
        label=r"\nFrame from \d+:\d+:",
        opens=rf"(?:\nFrame from \d+:\d+:|{FRAME_LABEL})<fake_token_around_image><global-img>",
        closes=r"<fake_token_around_image>",
        between=True,
    ),
    "video_llava": Family(
        "Video-LLaVA",
        packed="tensor",
        image_beside_video=True,
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
        image_beside_video=True,
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
        image_beside_video=True,
        modality="image",
        packed="tensor",
        label=r"Frame\d+: ",
        opens=rf"(?:Frame\d+: |{FRAME_LABEL})<img>",
        closes=r"</img>\n?",
        between=True,
        relabel=True,
    ),
    "perception_lm": Family("PerceptionLM", packed="tensor", opens=f"(?:{FRAME_LABEL})?", between=True),
    "video_llama_3": Family(
        "VideoLLaMA3", max_frames=180, opens=r",?Time [\d.]+s:", prunes_tokens=True, image_beside_video=True
    ),
}
"""By `model_type`."""


TITLES: dict[str, str] = {
    "cohere_compass": "North Vision",
    "cosmos3_edge": "Cosmos 3 Edge",
    "cosmos3_omni": "Cosmos 3 Omni",
    "dots3_note": "dots3 Note",
    "ernie4_5_vl_moe": "ERNIE-4.5-VL",
    "exaone4_5": "EXAONE 4.5",
    "gemma4": "Gemma 4",
    "gemma4_unified": "Gemma 4 Unified",
    "glm46v": "GLM-4.6V",
    "glm4v": "GLM-4.1V",
    "glm4v_moe": "GLM-4.5V",
    "glm5_next": "GLM-5.3",
    "glmga": "GLM-GA",
    "hy_v4_vl": "Hy4-VL",
    "hyperclovax_vision_v2": "HyperCLOVA X Vision 2",
    "kimi_k25": "Kimi K2.5",
    "lfm3_vl": "LFM3-VL",
    "minicpm_ocr": "MiniCPM-OCR",
    "minicpmv4_6": "MiniCPM-V 4.6",
    "minicpmv4_7": "MiniCPM-V 4.7",
    "minimax_m3_vl": "MiniMax-M3-VL",
    "molmo2": "Molmo2",
    "muse_glimmer": "Muse Glimmer",
    "muse_spark": "Muse Spark",
    "nemotron_h_omni": "Nemotron Omni",
    "qwen2_5_omni": "Qwen2.5-Omni",
    "qwen3_5": "Qwen3.5",
    "qwen3_5_moe": "Qwen3.5-MoE",
    "qwen3_omni_moe": "Qwen3-Omni",
    "qwen4_exp": "Qwen4-Exp",
}
"""Titles by `model_type` of families that are probed and whose calls were compared with the stock ones."""

TAKE_IMAGES = frozenset({
    "cohere_compass", "cosmos3_edge", "cosmos3_omni", "ernie4_5_vl_moe", "exaone4_5", "gemma4",
    "gemma4_unified", "glm5_next", "hy_v4_vl", "hyperclovax_vision_v2", "kimi_k25", "lfm3_vl",
    "minimax_m3_vl", "muse_glimmer", "muse_spark", "qwen2_5_omni", "qwen3_5", "qwen3_5_moe", "qwen4_exp",
})  # fmt: skip
"""Types without a row whose prompts of an image and a video were compared with the stock call."""

ALONE = frozenset({"dots3_note"})
"""Types whose attention also selects padding (transformers 5.24): their prompts are answered one by one."""


WHOLE_PROMPT = {"dots3_note": "its indexed attention chooses among equal tokens by the length of the prompt"}
"""Types whose scores depend on whether a prompt is computed whole (transformers 5.24), and why."""


def known_family(model_type: str) -> Family | None:
    """The row of a model type; None for one that must be probed."""
    return FAMILIES.get(model_type)
