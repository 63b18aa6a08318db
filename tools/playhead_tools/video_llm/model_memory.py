"""Memory that a video-LLM needs, computed from the facts of its configuration: nothing is loaded.

Four parts are summed: weights of the language model, weights of the vision towers with their projector, keys
and values of one look, and the larger of the two working sets (prefill, vision encoder), which are never held
at the same time. What else is loaded on the device is given by the caller.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from playhead_tools.video_llm.call_defaults import FRAMES_PER_CALL, NEW_TOKENS, SHORT_SIDE_PX
from playhead_tools.video_llm.model_families import FAMILIES

NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes a weight in NF4 with double quantisation: 4 bits, an 8-bit scale for 64 weights, a float32 for 256
scales (Dettmers et al., 2023, arXiv:2305.14314)."""
SCORE_BYTES = 8
"""Bytes for each score of attention that is held: in the number type, in float32 after the softmax, and once
more in the number type; two copies in float32."""
FRAME_PX = (SHORT_SIDE_PX, ceil(SHORT_SIDE_PX * 16 / 9))
"""Height and width of a frame as looks decode it, for towers that take any size."""
TEXT_KEYS = ("text_config", "llm_config", "language_config")
FULL_ATTENTION, SLIDING_ATTENTION = "full_attention", "sliding_attention"


@dataclass(frozen=True, slots=True)
class TextSize:
    """Sizes of a decoder with gated feed-forward layers (Llama, Qwen2, Qwen3, Mistral).

    Args:
        hidden: width.
        layers: how many.
        intermediate: width of the feed-forward layers.
        heads: of queries.
        kv_heads: of keys and values.
        head_dim: width of a head.
        vocab: tokens of the vocabulary.
        is_tied: the word head is the embedding.
        has_qkv_bias: queries, keys and values have biases (Qwen2).
        has_qk_norm: queries and keys are normalised per head (Qwen3).
        experts: of each feed-forward layer; 0 for one dense one. Those stay as they are in 4 bits.
        windows: for each layer how many tokens it holds keys and values of; None for all. Empty for all of
            all.
    """

    hidden: int
    layers: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    is_tied: bool = False
    has_qkv_bias: bool = False
    has_qk_norm: bool = False
    experts: int = 0
    windows: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class TowerSize:
    """Sizes of a vision transformer.

    Args:
        hidden: width.
        layers: how many.
        intermediate: width of the feed-forward layers.
        heads: of its attention.
        patch_px: side of a patch.
        image_px: side of the square that every frame is brought to; None for one that takes any size.
        merge: patches along each side that become one token.
        frames_per_patch: frames that a patch reaches over.
        positions: of learned position embeddings.
        is_gated: three matrices in a feed-forward layer instead of two.
    """

    hidden: int
    layers: int
    intermediate: int
    heads: int
    patch_px: int
    image_px: int | None = None
    merge: int = 1
    frames_per_patch: int = 1
    positions: int = 0
    is_gated: bool = False

    @property
    def patches_per_frame(self) -> int:
        """Patches of a frame, those that reach over several frames shared out among them."""
        cell = self.patch_px * self.merge
        height, width = FRAME_PX if self.image_px is None else (self.image_px, self.image_px)
        cells = max(1, height // cell) * max(1, width // cell)
        return ceil(cells * self.merge**2 / self.frames_per_patch)


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Sizes of a whole video-LLM.

    Args:
        text: its language model.
        towers: vision towers; a frame passes through each of them.
        projector: (inputs, outputs) of the linear layers between towers and language model.
        max_frames: frames that a clip may show; None for no limit.
        frame_tokens: tokens that a frame takes in the prompt; None for the patches of the first tower,
            merged.
        cross_layers: layers that hold keys and values of all merged patches beside those of the prompt.
    """

    text: TextSize
    towers: tuple[TowerSize, ...]
    projector: tuple[tuple[int, int], ...]
    max_frames: int | None = None
    frame_tokens: int | None = None
    cross_layers: int = 0

    @property
    def tokens_per_frame(self) -> int:
        """Tokens that a frame takes in the prompt."""
        return self._merged_patches if self.frame_tokens is None else self.frame_tokens

    @property
    def _merged_patches(self) -> int:
        tower = self.towers[0] if self.towers else None
        return 0 if tower is None else ceil(tower.patches_per_frame / tower.merge**2)

    @property
    def text_parameters(self) -> "Parameters":
        """Numbers of the language model."""
        return count_text_parameters(self.text)

    @property
    def tower_parameters(self) -> "Parameters":
        """Numbers of vision towers and projector."""
        towers = [count_tower_parameters(tower) for tower in self.towers]
        projector = Parameters(
            sum(inputs * outputs for inputs, outputs in self.projector),
            sum(outputs for _, outputs in self.projector),
        )
        return sum(towers, projector)

    @property
    def parameters(self) -> "Parameters":
        """All numbers."""
        return self.text_parameters + self.tower_parameters


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many numbers a model has.

    Args:
        linear: in the matrices of linear layers, which 4 bits change.
        other: embeddings, word head, biases, norms, convolutions and experts, which they do not.
    """

    linear: int
    other: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.linear + self.other

    def __add__(self, more: "Parameters") -> "Parameters":
        return Parameters(self.linear + more.linear, self.other + more.other)

    def size_bytes(self, precision: "Precision") -> int:
        """What they take in memory."""
        linear = NF4_BYTES if precision.four_bit else precision.dtype_bytes
        return ceil(self.linear * linear) + self.other * precision.dtype_bytes


@dataclass(frozen=True, slots=True)
class Precision:
    """How a model is loaded, as far as memory depends on it.

    Args:
        dtype_bytes: of a number in the type that is computed in: 2 for bfloat16 and float16, 4 for float32.
        four_bit: linear layers are held in NF4.
        is_eager: attention holds all scores (`eager`); other implementations do not.
    """

    dtype_bytes: int = 2
    four_bit: bool = False
    is_eager: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What one call shows and generates.

    Args:
        frames: that are shown.
        text_tokens: of the prompt, beside those of the frames.
        new_tokens: that may be generated.
    """

    frames: int
    text_tokens: int
    new_tokens: int

    def prompt_tokens(self, size: ModelSize) -> int:
        """Tokens of the prompt."""
        return self.shown(size) * size.tokens_per_frame + self.text_tokens

    def shown(self, size: ModelSize) -> int:
        """Frames that the model takes of these."""
        return self.frames if size.max_frames is None else min(self.frames, size.max_frames)


LARGEST_LOOK = Look(FRAMES_PER_CALL, text_tokens=2048, new_tokens=NEW_TOKENS)
"""The largest look of a question: rules, times and 6,000 characters of speech take up to 2,000 tokens."""


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """What a model takes on its device, in bytes.

    Args:
        weights: of the language model.
        towers: of vision towers and projector.
        cache: keys and values of the look.
        work: what is computed with, at its peak.
        beside: whatever else is loaded there.
    """

    weights: int
    towers: int
    cache: int
    work: int
    beside: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.towers + self.cache + self.work + self.beside


def memory_needed(
    size: ModelSize, precision: Precision, look: Look = LARGEST_LOOK, beside: int = 0
) -> MemoryNeed:
    """The memory that a model takes for a look.

    Args:
        size: of the model.
        precision: how it is loaded.
        look: what is shown and generated.
        beside: bytes of whatever else is loaded on the device.

    >>> text = TextSize(4096, 32, 11008, 32, 32, 128, 32064)
    >>> tower = TowerSize(1024, 24, 4096, 16, 14, 224, positions=257)
    >>> llava = ModelSize(text, (tower, tower), ((1024, 4096), (4096, 4096)), max_frames=8)
    >>> round(memory_needed(llava, Precision()).total / 1e9, 1)
    17.8
    """
    shown, tokens = look.shown(size), look.prompt_tokens(size)
    cache = cache_bytes(size, tokens + look.new_tokens, precision)
    cache += shown * visual_cache_bytes_per_frame(size, precision)
    towers = max((encode_bytes(tower, shown, precision) for tower in size.towers), default=0)
    return MemoryNeed(
        weights=size.text_parameters.size_bytes(precision),
        towers=size.tower_parameters.size_bytes(precision),
        cache=cache,
        work=max(prefill_bytes(size.text, tokens, precision), towers),
        beside=beside,
    )


def cache_bytes(size: ModelSize, tokens: int, precision: Precision) -> int:
    """Keys and values of so many tokens in all layers of the language model."""
    text = size.text
    held = [tokens if window is None else min(tokens, window) for window in text.windows]
    per_token = 2 * text.kv_heads * text.head_dim * precision.dtype_bytes
    return per_token * (sum(held) if text.windows else tokens * text.layers)


def visual_cache_bytes_per_frame(size: ModelSize, precision: Precision) -> int:
    """Keys and values of a frame in layers that attend to visual tokens outside of the prompt."""
    return size._merged_patches * context_row_bytes(size, precision)


def context_row_bytes(size: ModelSize, precision: Precision) -> int:
    """Keys and values of one visual token outside of the prompt, in all layers that attend to it."""
    return size.cross_layers * 2 * size.text.kv_heads * size.text.head_dim * precision.dtype_bytes


def prefill_bytes(text: TextSize, tokens: int, precision: Precision) -> int:
    """The peak of what one decoder layer computes for a prompt, in a batch of one.

    A gated feed-forward layer holds three products of its width at once beside the residual, the normed
    input and the embeddings; the causal mask has a byte for each pair of tokens.
    """
    per_token = (3 * text.intermediate + 4 * text.hidden) * precision.dtype_bytes
    scores = SCORE_BYTES * text.heads if precision.is_eager else 0
    return tokens * per_token + tokens**2 * (1 + scores)


def encode_bytes(tower: TowerSize, frames: int, precision: Precision) -> int:
    """The peak of what one layer of a vision tower computes for so many frames at once."""
    return encode_patches_bytes(tower, frames * tower.patches_per_frame, frames, precision)


def encode_patches_bytes(tower: TowerSize, patches: int, frames: int, precision: Precision) -> int:
    """The same for so many patches of so many frames, each of which attends to itself."""
    matrices = 3 if tower.is_gated else 2
    per_patch = (matrices * tower.intermediate + 4 * tower.hidden) * precision.dtype_bytes
    per_frame = ceil(patches / max(1, frames))
    scores = SCORE_BYTES * tower.heads if precision.is_eager else 0
    return patches * per_patch + patches * per_frame * scores


def largest_prompt(size: ModelSize, free: int, new_tokens: int, precision: Precision) -> int:
    """The longest prompt whose keys, values and prefill fit so many free bytes; 0 where none fits."""

    def fits(tokens: int) -> bool:
        cache = cache_bytes(size, tokens + new_tokens, precision)
        return cache + prefill_bytes(size.text, tokens, precision) <= free

    low, high = 0, 1
    while fits(high):
        low, high = high, high * 2
        if high > 1 << 24:
            return low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def count_text_parameters(text: TextSize) -> Parameters:
    """Numbers of a decoder with embedding and word head."""
    queries, keys = text.heads * text.head_dim, text.kv_heads * text.head_dim
    attention = 2 * text.hidden * (queries + keys)
    feed_forward = 3 * text.hidden * text.intermediate
    norms = 2 * text.hidden + (2 * text.head_dim if text.has_qk_norm else 0)
    biases = queries + 2 * keys if text.has_qkv_bias else 0
    embeddings = text.vocab * text.hidden * (1 if text.is_tied else 2) + text.hidden
    if text.experts:
        mixed = text.experts * (feed_forward + text.hidden)
        return Parameters(text.layers * attention, text.layers * (mixed + norms + biases) + embeddings)
    return Parameters(text.layers * (attention + feed_forward), text.layers * (norms + biases) + embeddings)


def count_tower_parameters(tower: TowerSize) -> Parameters:
    """Numbers of a vision transformer with its patch and position embeddings."""
    matrices = 3 if tower.is_gated else 2
    linear = 4 * tower.hidden**2 + matrices * tower.hidden * tower.intermediate
    small = 4 * tower.hidden + (matrices - 1) * tower.intermediate + tower.hidden + 4 * tower.hidden
    patch = 3 * tower.frames_per_patch * tower.patch_px**2 * tower.hidden
    embeddings = patch + tower.hidden + tower.positions * tower.hidden
    return Parameters(tower.layers * linear, tower.layers * small + embeddings)


def model_size(config: Mapping[str, Any]) -> ModelSize:
    """The sizes that a whole configuration states.

    Args:
        config: of a model, with all defaults written out, as `PreTrainedConfig.to_dict` gives it.

    Raises:
        ValueError: it does not state the sizes of a language model; it names what is missing.
    """
    kind = str(config.get("model_type", ""))
    part = next((config[key] for key in TEXT_KEYS if isinstance(config.get(key), Mapping)), config)
    text = _text_size(part, config)
    towers = [tower for section in _vision_sections(config) if (tower := _tower_size(section, config))]
    if kind == "video_llava":
        towers *= 2  # one for images, one for videos, both of this configuration
    family, cross_layers = FAMILIES.get(kind), len(config.get("hyper_layers") or ())
    return ModelSize(
        text,
        tuple(towers),
        _projector(config, towers[0], text.hidden) if towers else (),
        None if family is None else family.max_frames,
        frame_tokens=1 if cross_layers else None,
        cross_layers=cross_layers,
    )


def context_tokens(config: Mapping[str, Any], tokenizer_tokens: int | None = None) -> int | None:
    """Tokens of prompt and reply together that a model was made for; None where it is not stated.

    Args:
        config: of the model, whole.
        tokenizer_tokens: the maximum that its tokenizer states, counted when below 2^31: transformers
            writes 10^30 for none.

    >>> context_tokens({"text_config": {"max_position_embeddings": 4096}}, 2048)
    2048
    """
    part = next((config[key] for key in TEXT_KEYS if isinstance(config.get(key), Mapping)), config)
    stated = [part.get("max_position_embeddings"), config.get("tokenizer_model_max_length")]
    rope = part.get("rope_parameters") or part.get("rope_scaling") or {}
    original, factor = rope.get("original_max_position_embeddings"), rope.get("factor")
    if stated[0] and original and factor:
        stated[0] = max(stated[0], int(original * factor))
    found = [int(one) for one in (*stated, tokenizer_tokens) if one and 0 < one < 1 << 31]
    return min(found, default=None)


def _text_size(part: Mapping[str, Any], config: Mapping[str, Any]) -> TextSize:
    needed = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
    if missing := [name for name in needed if not isinstance(part.get(name), int)]:
        raise ValueError(f"the configuration lacks {', '.join(missing)} of its language model")
    hidden, layers, heads = part["hidden_size"], part["num_hidden_layers"], part["num_attention_heads"]
    kind = str(part.get("model_type", ""))
    experts = part.get("num_experts") or part.get("num_local_experts") or 0
    width = part.get("moe_intermediate_size") if experts else None
    is_tied = config.get("tie_word_embeddings")
    return TextSize(
        hidden=hidden,
        layers=layers,
        intermediate=width or part.get("intermediate_size") or 4 * hidden,
        heads=heads,
        kv_heads=part.get("num_key_value_heads") or heads,
        head_dim=part.get("head_dim") or hidden // heads,
        vocab=part["vocab_size"],
        is_tied=bool(part.get("tie_word_embeddings") if is_tied is None else is_tied),
        has_qkv_bias=kind.startswith("qwen2") or bool(part.get("attention_bias")),
        has_qk_norm=kind.startswith("qwen3"),
        experts=experts,
        windows=_windows(part),
    )


def _windows(part: Mapping[str, Any]) -> tuple[int | None, ...]:
    """What each layer holds keys and values of; nothing of linear attention, whose state does not grow."""
    kinds: Sequence[str] = part.get("layer_types") or ()
    if all(kind == FULL_ATTENTION for kind in kinds):
        return ()
    window = part.get("sliding_window") or None
    own = {FULL_ATTENTION: None, SLIDING_ATTENTION: window}
    return tuple(own.get(kind, 0) for kind in kinds)


def _vision_sections(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, section in config.items():
        is_visual = any(word in key for word in ("vision", "visual", "tower"))
        if is_visual and isinstance(section, Mapping):
            yield {**section, **(section.get("model_args") or {})}


def _tower_size(section: Mapping[str, Any], config: Mapping[str, Any]) -> TowerSize | None:
    """The sizes of a tower; None for a section that is none."""
    hidden = section.get("embed_dim") or section.get("hidden_size")
    layers = section.get("depth") or section.get("num_hidden_layers") or section.get("layers")
    if not isinstance(hidden, int) or not isinstance(layers, int):
        return None
    patch = _first(section.get("patch_size")) or 14
    image = _first(section.get("image_size") or section.get("img_size"))
    kind = str(config.get("model_type", ""))
    takes_any_size = "spatial_merge_size" in section or kind == "video_llama_3"
    frames = section.get("temporal_patch_size") or 1
    positions = section.get("num_position_embeddings") or (0 if image is None else (image // patch) ** 2 + 1)
    return TowerSize(
        hidden=hidden,
        layers=layers + bool(section.get("vision_use_head")),  # that head is as large as a layer
        intermediate=section.get("intermediate_size") or int(hidden * (section.get("mlp_ratio") or 4)),
        heads=section.get("num_heads") or section.get("num_attention_heads") or 16,
        patch_px=patch,
        image_px=None if takes_any_size else image,
        merge=_merge(section, config),
        frames_per_patch=frames,
        positions=0 if takes_any_size and "num_position_embeddings" not in section else positions,
        is_gated=kind.startswith("qwen2_5_vl") or bool(section.get("use_swiglu_ffn")),
    )


def _merge(section: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """Patches along each side that become one token."""
    kind = str(config.get("model_type", ""))
    if ratio := config.get("downsample_ratio"):
        return round(1 / float(ratio))
    pooled = {"llava_onevision": 2, "video_llama_3": 2}
    stated = (
        section.get("spatial_merge_size"), config.get("scale_factor"), config.get("projector_pooling_ratio"),
        config.get("spatial_pool_stride"), pooled.get(kind),
    )  # fmt: skip
    return next((int(one) for one in stated if one), 1)


def _projector(config: Mapping[str, Any], tower: TowerSize, hidden: int) -> tuple[tuple[int, int], ...]:
    kind, merged = str(config.get("model_type", "")), tower.hidden * tower.merge**2
    section = config.get("vision_config") or {}
    if "spatial_merge_size" in section:
        mergers = 1 + len(section.get("deepstack_visual_indexes") or ())
        return ((merged, merged), (merged, section.get("out_hidden_size") or hidden)) * mergers
    if kind == "smolvlm":
        return ((merged, hidden),)
    inputs = merged if kind == "internvl" else tower.hidden
    return ((inputs, hidden), (hidden, hidden))


def _first(value: Any) -> int | None:
    """A side in pixels that is given as one number or as two."""
    one = value[0] if isinstance(value, (list, tuple)) and value else value
    return one if isinstance(one, int) else None
