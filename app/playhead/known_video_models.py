"""The video-LLMs of the hub that are known by name: their sizes and licences, without any file of them."""

from dataclasses import dataclass, replace

from playhead_tools.video_llm.model_memory import ModelSize, Precision, TextSize, TowerSize

GB = 1e9


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of the hub that is taken by itself where it is in the cache, and offered where it is not.

    Args:
        name: on the hub.
        size: as its configuration states it.
        licence: as its authors state it.
    """

    name: str
    size: ModelSize
    licence: str

    @property
    def weights_gb(self) -> float:
        """Its weights in bfloat16, which are its download, in 10^9 bytes."""
        return self.size.parameters.size_bytes(Precision()) / GB


def _merger(width: int, hidden: int, count: int = 1) -> tuple[tuple[int, int], ...]:
    """Linear layers of Qwen's patch mergers, which join 2 x 2 patches."""
    return ((4 * width, 4 * width), (4 * width, hidden)) * count


def _mlp(width: int, hidden: int) -> tuple[tuple[int, int], ...]:
    """Linear layers of LLaVA's projector."""
    return ((width, hidden), (hidden, hidden))


_QWEN2_7B = TextSize(3584, 28, 18944, 28, 4, 128, 152_064, has_qkv_bias=True)
_QWEN3_8B = TextSize(4096, 36, 12288, 32, 8, 128, 151_936, has_qk_norm=True)
_QWEN3_4B = TextSize(2560, 36, 9728, 32, 8, 128, 151_936, is_tied=True, has_qk_norm=True)
_QWEN3_2B = TextSize(2048, 28, 6144, 16, 8, 128, 151_936, is_tied=True, has_qk_norm=True)
_QWEN2_3B = TextSize(2048, 36, 11008, 16, 2, 128, 151_936, is_tied=True, has_qkv_bias=True)
_LLAMA_7B = TextSize(4096, 32, 11008, 32, 32, 128, 32_064)
_SMOL_1_7B = TextSize(2048, 24, 8192, 32, 32, 64, 49_280)
_SMOL_360M = TextSize(960, 32, 2560, 15, 5, 64, 49_280)
_SMOL_135M = TextSize(576, 30, 1536, 9, 3, 64, 49_280)

_QWEN3_TOWER = TowerSize(1152, 27, 4304, 16, 16, None, 2, 2, positions=2304)
_QWEN3_SMALL_TOWER = TowerSize(1024, 24, 4096, 16, 16, None, 2, 2, positions=2304)
_QWEN2_5_TOWER = TowerSize(1280, 32, 3420, 16, 14, None, 2, 2, is_gated=True)
_SIGLIP_384 = TowerSize(1152, 27, 4304, 16, 14, 384, positions=729)
_SIGLIP_BASE_512 = TowerSize(768, 12, 3072, 12, 16, 512, merge=4, positions=1024)
_CLIP_L_224 = TowerSize(1024, 24, 4096, 16, 14, 224, positions=257)
_INTERN_300M = TowerSize(1024, 24, 4096, 16, 14, 448, merge=2, positions=1025)
_DINOV2_GIANT_378 = TowerSize(1536, 40, 4096, 24, 14, 378, positions=1370, is_gated=True)
_LONGVU_SAMPLER = (  # two tower projectors, three layers of the spatial sampler, the final projector
    (1152, 1024), (1024, 1024), (1536, 1024), (1024, 1024),
    *(((1024, 1024), (2048, 1024)) + ((1024, 1024),) * 8) * 3,
    (1024, 3584), (3584, 3584),
)  # fmt: skip

QWEN_LICENCE = "MIT, its language model under the Qwen licence"
RESEARCH_ONLY = "Qwen research licence, not for commercial use"

KNOWN = (
    KnownModel(
        "Qwen/Qwen3-VL-8B-Instruct",
        ModelSize(_QWEN3_8B, (_QWEN3_TOWER,), _merger(1152, 4096, 4)),
        "Apache-2.0",
    ),
    KnownModel(
        "Qwen/Qwen2.5-VL-7B-Instruct",
        ModelSize(_QWEN2_7B, (_QWEN2_5_TOWER,), _merger(1280, 3584)),
        "Apache-2.0",
    ),
    KnownModel(
        "OpenGVLab/InternVL3-8B-hf",
        ModelSize(replace(_QWEN2_7B, vocab=151_674), (_INTERN_300M,), _mlp(4096, 3584)),
        QWEN_LICENCE,
    ),
    KnownModel(
        "Qwen/Qwen3-VL-4B-Instruct",
        ModelSize(_QWEN3_4B, (_QWEN3_SMALL_TOWER,), _merger(1024, 2560, 4)),
        "Apache-2.0",
    ),
    KnownModel(
        "Qwen/Qwen2.5-VL-3B-Instruct",
        ModelSize(_QWEN2_3B, (_QWEN2_5_TOWER,), _merger(1280, 2048)),
        RESEARCH_ONLY,
    ),
    KnownModel(
        "Qwen/Qwen3-VL-2B-Instruct",
        ModelSize(_QWEN3_2B, (_QWEN3_SMALL_TOWER,), _merger(1024, 2048, 4)),
        "Apache-2.0",
    ),
    KnownModel(
        "HuggingFaceTB/SmolVLM2-2.2B-Instruct",
        ModelSize(_SMOL_1_7B, (replace(_SIGLIP_384, merge=3),), ((9 * 1152, 2048),)),
        "Apache-2.0",
    ),
    KnownModel(
        "llava-hf/llava-onevision-qwen2-7b-ov-hf",
        ModelSize(
            replace(_QWEN2_7B, vocab=152_000), (replace(_SIGLIP_384, layers=26),), _mlp(1152, 3584),
            frame_tokens=196,
        ),
        "Apache-2.0",
    ),
    KnownModel(
        "LanguageBind/Video-LLaVA-7B-hf",
        ModelSize(
            _LLAMA_7B, (_CLIP_L_224, _CLIP_L_224), _mlp(1024, 4096), max_frames=8, frame_tokens=257
        ),
        "Apache-2.0, its language model under the Llama 2 licence",
    ),
    KnownModel(
        "HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
        ModelSize(_SMOL_360M, (_SIGLIP_BASE_512,), ((16 * 768, 960),)),
        "Apache-2.0",
    ),
    KnownModel(
        "HuggingFaceTB/SmolVLM2-256M-Video-Instruct",
        ModelSize(_SMOL_135M, (_SIGLIP_BASE_512,), ((16 * 768, 576),)),
        "Apache-2.0",
    ),
)  # fmt: skip
"""Best first."""

NAMED = (
    KnownModel(
        "Vision-CAIR/LongVU_Qwen2_7B",
        ModelSize(
            _QWEN2_7B, (_SIGLIP_384, _DINOV2_GIANT_378), _LONGVU_SAMPLER, frame_tokens=156
        ),
        "Apache-2.0",
    ),
    KnownModel(
        "mPLUG/mPLUG-Owl3-7B-241101",
        ModelSize(
            _QWEN2_7B, (replace(_SIGLIP_384, image_px=378),), (*_mlp(1152, 3584), *((3584, 1024),) * 4),
            frame_tokens=1, cross_layers=4,
        ),
        "Apache-2.0",
    ),
)  # fmt: skip
"""Taken only when somebody names them. LongVU (Shen et al., 2024, arXiv:2410.17434): 12 x 12 tokens of a
frame and a newline a row at most. mPLUG-Owl3 (Ye et al., 2024, arXiv:2408.04840): one token of a frame in the
prompt, keys and values of all its patches in four layers."""


def known_video_model(name: str) -> KnownModel | None:
    """The known model of a name on the hub; None for any other name."""
    return next((model for model in (*KNOWN, *NAMED) if model.name == name), None)
