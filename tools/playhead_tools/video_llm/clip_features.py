"""Features of a clip from the vision encoder: independent of the question, computed once."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.checkpoints import map_load_errors
from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import Family, Modality

TICKS_PER_S = 1000
"""Frames are identified by their millisecond, so that irregular times stay true."""
_SPARSE = 16
_MAX_MERGED_SIDE = 8
_PLACE = "place."
_OTHER_PLACE_INPUTS = {
    "input_ids", "attention_mask", "mm_token_type_ids", "image_grid_thw", "video_grid_thw", "kwargs",
    "second_per_grid_ts", "second_per_grids",
}  # fmt: skip
"""Arguments of `get_rope_index` that come from the whole prompt or from fields of `ClipFeatures`."""
_STEP_S_NAMES = ("second_per_grid_ts", "video_second_per_grid")


@dataclass(frozen=True, slots=True, eq=False)
class ClipFeatures:
    """What a vision encoder made of the frames of a clip.

    Of models whose rows depend on the question (`reads_question`) these are what does not; `refine` makes
    those that are spliced.

    Args:
        rows: (N * T + tail, D) floating tensor in the computer's own memory; T rows for each of N steps, a
            step being a frame or as many as the model joins.
        deep: tensors shaped like `rows` that go into deeper layers (DeepStack); mostly none.
        steps: N.
        tail: rows after the last step, such as a newline.
        expansion: what the processor writes in the place of the clip, placeholders and the words around them.
        modality: as what the features go into the language model.
        grid: (N, height, width) in patches for models whose tokens have places.
        step_s: seconds between steps as the model computes them, where it does.
        default_indices: (K,) int64 ascending places of the tokens that the model's own rule selects; None
            for all.
        order: (N, T) int64, the places of each step's tokens, those first that would be missed most; None
            until tokens of the clip were selected.
        fine_rows: how many of a step's T rows are its fine grid, the first ones; the others are the same step
            in a coarser grid, shown instead of them and never beside them. None: there is one grid.
        redundant: (N,) bool, steps that the model's own rule leaves out when there are too many of them; None
            without such a rule.
        context: (M, D) floating tensor in the computer's own memory, rows that the language model attends to
            by cross-attention and that stand nowhere in the sequence; None for models without. Such a model's
            visual tokens are these rows, so `tokens`, `default_indices` and `order` are about them.
        context_steps: of how many steps the context is, as many rows of each.
        context_keys: a name for each step of the context, equal names mean equal rows; none: not cached.
        context_owner: (M,) int64, for each row of context the row that it goes with; then rows are
            the visual tokens, and context is kept where its owner is. None: context rows are tokens.
        place_inputs: further tensors of the processor from which the model computes its tokens' places, by
            the names that it gives them.
        is_image: its place in the text is the image token.

    Raises:
        ValueError: the rows, or those of the context, are not the same number for every step.
    """

    rows: Any
    deep: tuple[Any, ...]
    steps: int
    tail: int
    expansion: str
    modality: Modality
    grid: tuple[int, int, int] | None = None
    step_s: float | None = None
    default_indices: Any = None
    order: Any = None
    fine_rows: int | None = None
    redundant: Any = None
    context: Any = None
    context_steps: int = 0
    context_keys: tuple[str, ...] = ()
    context_owner: Any = None
    place_inputs: dict[str, Any] = field(default_factory=dict)
    is_image: bool = False

    def __post_init__(self) -> None:
        num_rows = int(self.rows.shape[0]) - self.tail
        if self.rows.ndim != 2 or self.steps < 1 or num_rows < self.steps or num_rows % self.steps:
            raise ValueError(
                f"rows must be ({self.steps} * T + {self.tail}, D), got {tuple(self.rows.shape)}"
            )
        if any(deep.shape != self.rows.shape for deep in self.deep):
            raise ValueError(f"deeper features must be {tuple(self.rows.shape)} too")
        if self.context is not None and (
            self.context.ndim != 2 or self.context_steps < 1 or len(self.context) % self.context_steps
        ):
            raise ValueError(
                f"context must be ({self.context_steps} * T, D), got {tuple(self.context.shape)}"
            )
        if self.context_keys and len(self.context_keys) != self.context_steps:
            raise ValueError(
                f"context of {self.context_steps} steps needs a key each, got {len(self.context_keys)}"
            )
        if self.context_owner is not None and self.context_owner.shape != self.context.shape[:1]:
            raise ValueError(
                f"context of {len(self.context)} rows needs an owner each, got"
                f" {tuple(self.context_owner.shape)}"
            )

    @property
    def tokens_per_step(self) -> int:
        """T."""
        return (int(self.rows.shape[0]) - self.tail) // self.steps

    @property
    def tokens(self) -> Any:
        """(N, T, D) the visual tokens by step: context where it is tokens, else the rows but the tail."""
        if self.has_context_tokens:
            return self.context.unflatten(0, (self.context_steps, -1))
        return self.rows[: self.steps * self.tokens_per_step].unflatten(0, (self.steps, self.tokens_per_step))

    @property
    def token_steps(self) -> int:
        """N of `tokens`."""
        return self.context_steps if self.has_context_tokens else self.steps

    @property
    def has_context_tokens(self) -> bool:
        """Whether the visual tokens are rows of context."""
        return self.context is not None and self.context_owner is None

    @property
    def num_context_tokens(self) -> int:
        """M where rows of context are visual tokens, else 0."""
        return len(self.context) if self.has_context_tokens else 0

    @property
    def size_bytes(self) -> int:
        """What the tensors take."""
        optional = (
            self.default_indices, self.order, self.redundant, self.context, self.context_owner,
            *self.place_inputs.values(),
        )  # fmt: skip
        beside = [tensor for tensor in optional if tensor is not None]
        return sum(int(tensor.nbytes) for tensor in (self.rows, *self.deep, *beside))

    def to_bytes(self) -> bytes:
        """The clip as a file of safetensors."""
        from safetensors.torch import save

        facts = {
            "steps": self.steps, "tail": self.tail, "expansion": self.expansion, "modality": self.modality,
            "grid": self.grid, "step_s": self.step_s, "fine_rows": self.fine_rows,
            "context_steps": self.context_steps, "context_keys": self.context_keys,
            "is_image": self.is_image,
        }  # fmt: skip
        facts_tensor = torch().tensor(list(json.dumps(facts).encode()), dtype=torch().uint8)
        deep = {f"deep{i}": tensor.contiguous() for i, tensor in enumerate(self.deep)}
        places = {f"{_PLACE}{name}": tensor for name, tensor in self.place_inputs.items()}
        optional = {
            "own": self.default_indices, "order": self.order, "redundant": self.redundant,
            "context": self.context, "owner": self.context_owner, **places,
        }  # fmt: skip
        optional_tensors = {
            name: tensor.contiguous() for name, tensor in optional.items() if tensor is not None
        }
        return bytes(
            save({"facts": facts_tensor, "rows": self.rows.contiguous(), **deep, **optional_tensors})
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> "ClipFeatures":
        """The clip that `to_bytes` wrote."""
        from safetensors.torch import load

        tensors = load(content)
        facts = json.loads(tensors["facts"].numpy().tobytes())
        facts["grid"] = None if facts["grid"] is None else tuple(facts["grid"])
        deep = tuple(tensors[f"deep{i}"] for i in range(sum(name.startswith("deep") for name in tensors)))
        facts["context_keys"] = tuple(facts.get("context_keys", ()))
        names = {
            "default_indices": "own", "order": "order", "redundant": "redundant", "context": "context",
            "context_owner": "owner",
        }  # fmt: skip
        optional: dict[str, Any] = {field: tensors.get(name) for field, name in names.items()}
        places = {
            name.removeprefix(_PLACE): tensor for name, tensor in tensors.items() if name.startswith(_PLACE)
        }
        return cls(rows=tensors["rows"], deep=deep, place_inputs=places, **optional, **facts)


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Frames as a processor prepared them, before any model.

    Args:
        inputs: arguments of the encoder.
        expansion: what stands in the clip's place in the prompt.
        modality: as what it goes in.
        frames: how many there are.
        default_indices: see `ClipFeatures`.
        num_context_rows: that the encoder will give beside what goes into the sequence.
        is_image: its place in the text is the image token.
    """

    inputs: dict[str, Any]
    expansion: str
    modality: Modality
    frames: int
    default_indices: Any = None
    num_context_rows: int = 0
    is_image: bool = False

    def placeholders(self, loaded: LoadedModel) -> int:
        """How many tokens the frames become."""
        return self.expansion.count(placeholder(loaded, self.modality))


def placeholder(loaded: LoadedModel, modality: Modality) -> str:
    """The token that stands for one feature of this modality."""
    if loaded.family.placeholder and modality == loaded.family.modality:
        return loaded.family.placeholder
    token: str = loaded.processor.image_token if modality == "image" else loaded.processor.video_token
    return token


def written_as_image(loaded: LoadedModel, clip: "ClipFeatures") -> bool:
    """Whether the clip's place in the text is the image token: an image, or a frame of models trained so."""
    return clip.is_image or (loaded.family.one_is_image and clip.modality == "image")


def goes_in_as_image(family: Family, num_frames: int, *, is_image: bool) -> bool:
    """Whether frames go in as an image and not as a video."""
    return (family.one_is_image and num_frames == 1) or (is_image and not family.image_as_clip)


def check_takes_images(loaded: LoadedModel) -> None:
    """Checks that a model takes an image beside a video.

    Raises:
        ModelUnavailable: it does not.
    """
    family = loaded.family
    if not (family.image_as_clip or family.image_beside_video):
        raise ModelUnavailable(
            f"{family.title} takes no image beside a video; ask without the image, or take a model that takes"
            " both, such as Video-LLaVA or Qwen3-VL"
        )


def clip_key(
    revision: str, video_id: str, frames: NDArray[np.uint8], pts_s: NDArray[np.float64], duration_s: float
) -> str:
    """A name for what a model of this revision makes of these frames of a video.

    Args:
        revision: of model and processor.
        video_id: in which video.
        frames: (N, H, W, 3) uint8; a sparse grid of their pixels counts too, so that a frame that was cropped
            or painted on is another frame.
        pts_s: (N,) when they appear.
        duration_s: how long the clip lasts.
    """
    hash_state = hashlib.blake2b(digest_size=20)
    for part in (revision, video_id, str(frames.shape), f"{duration_s:.6f}"):
        hash_state.update(part.encode() + b"\0")
    hash_state.update(np.ascontiguousarray(pts_s).tobytes())
    hash_state.update(np.ascontiguousarray(frames[:, ::_SPARSE, ::_SPARSE]).tobytes())
    return hash_state.hexdigest()


def metadata_of(pts_s: NDArray[np.float64], duration_s: float) -> Any:
    """The video metadata that processors take: index / fps is each one's own time.

    The number of frames in all is the clip's alone, so that the rate at which it was sampled comes out true
    also late in a long video.
    """
    from transformers.video_utils import VideoMetadata

    return VideoMetadata(
        total_num_frames=max(1, round(len(pts_s) * step_of(pts_s, duration_s) * TICKS_PER_S)),
        fps=float(TICKS_PER_S),
        duration=duration_s,
        frames_indices=[max(0, round(float(time_s) * TICKS_PER_S)) for time_s in pts_s],
    )


def step_of(pts_s: NDArray[np.float64], duration_s: float) -> float:
    """Mean seconds from one frame to the next; for a single moment, how long the clip lasts."""
    spans_s = float(pts_s[-1] - pts_s[0])
    return spans_s / (len(pts_s) - 1) if spans_s > 0 else max(duration_s / len(pts_s), 1 / TICKS_PER_S)


def prepare_pixels(
    loaded: LoadedModel,
    frames: NDArray[np.uint8],
    pts_s: NDArray[np.float64],
    duration_s: float,
    *,
    is_image: bool = False,
) -> Pixels:
    """The frames resized and normalised by the model's processor, none sampled away.

    Args:
        loaded: the model.
        frames: (N, H, W, 3) uint8 RGB.
        pts_s: (N,) when they appear.
        duration_s: how long the clip lasts.
        is_image: the one frame is an image given with the question.

    Raises:
        ModelUnavailable: the processor refuses them, or the model takes no image beside a video.
    """
    processor, family = loaded.processor, loaded.family
    if is_image:
        check_takes_images(loaded)
    as_image = goes_in_as_image(family, len(frames), is_image=is_image)
    missing = 0 if as_image else max(0, family.min_frames - len(frames))
    if missing:
        frames, pts_s = (
            np.pad(frames, [(0, missing), *[(0, 0)] * 3], mode="edge"),
            np.pad(pts_s, (0, missing), "edge"),
        )
    frame_batch = torch().from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    media: dict[str, Any] = (
        {"images": [frames[0]], "images_kwargs": {"return_tensors": "pt"}}
        if as_image
        else {
            "videos": [frame_batch],
            "videos_kwargs": {
                "return_tensors": "pt",
                "do_sample_frames": False,
                "return_metadata": True,
                "video_metadata": [metadata_of(pts_s, duration_s)],
            },
        }
    )
    if not as_image and hasattr(processor, "position_id_per_seconds"):
        # places in time are counted from the rate at which frames were sampled, not from their own times
        media["videos_kwargs"]["fps"] = 1 / step_of(pts_s, duration_s)
    written = processor.image_token if as_image else processor.video_token
    with map_load_errors(family.title, f"preparing {len(frames)} frames of {frames.shape[1:3]} pixels"):
        inputs = processor(text=[written], return_text_replacement_offsets=True, **media)
        expansion = _expansion(processor, inputs)
    modality: Modality = "image" if as_image else family.modality
    if as_image or not family.prunes_tokens:
        return Pixels(
            dict(inputs), expansion, modality, len(frames), inputs.get("default_indices"),
            int(inputs.get("num_context_rows", 0)), as_image,
        )  # fmt: skip
    stays = inputs["video_compression_mask"]
    full_expansion = _all_placeholders(expansion, written, len(stays) // len(frames))
    return Pixels(dict(inputs), full_expansion, modality, len(frames), stays.nonzero()[:, 0])


def run_encoder(loaded: LoadedModel, pixels: Pixels) -> Any:
    """What the model's vision encoder returns for the frames, as it returns it."""
    encoder = encoder_of(loaded, pixels.modality)
    with torch().inference_mode():
        return encoder(**_arguments(loaded, encoder, pixels.inputs), return_dict=True)


def encode(loaded: LoadedModel, pixels: Pixels) -> ClipFeatures:
    """What the model's vision encoder makes of the frames.

    Raises:
        ModelUnavailable: the encoder gives another number of features than the processor wrote placeholders.
    """
    output = run_encoder(loaded, pixels)
    rows = _rows(output.pooler_output)
    if not reads_question(loaded) and len(rows) != pixels.placeholders(loaded):
        raise ModelUnavailable(
            f"{loaded.family.title}: the encoder gave {len(rows)} features for"
            f" {pixels.placeholders(loaded)} placeholders; processor and model do not belong together"
        )
    context = getattr(output, "context", None)
    if (0 if context is None else context[..., 0].numel()) != pixels.num_context_rows:
        raise ModelUnavailable(
            f"{loaded.family.title}: the encoder gave context"
            f" {None if context is None else tuple(context.shape)}, the processor announced"
            f" {pixels.num_context_rows} rows; processor and model do not belong together"
        )
    own = getattr(output, "default_indices", None)
    grid = _grid(pixels)
    tail = loaded.family.tail_tokens if pixels.modality == loaded.family.modality else 0
    return ClipFeatures(
        rows=rows,
        deep=tuple(_rows(layer) for layer in getattr(output, "deepstack_features", None) or ()),
        steps=_num_steps(loaded, pixels, grid, len(rows) - tail),
        tail=tail,
        expansion=pixels.expansion,
        modality=pixels.modality,
        grid=grid,
        step_s=_step_s(pixels.inputs),
        default_indices=pixels.default_indices if own is None else own,
        place_inputs=_place_inputs(loaded, pixels),
        fine_rows=getattr(output, "fine_rows", None),
        redundant=getattr(output, "redundant", None),
        context=None if context is None else _rows(context),
        context_steps=0 if context is None else len(context),
        context_owner=getattr(output, "context_owner", None),
        is_image=pixels.is_image,
    )


def reads_question(loaded: LoadedModel) -> bool:
    """Whether what the language model is shown of a clip depends on the question, as with a Q-Former."""
    return bool(getattr(loaded.base, "reads_question", False))


def refine(loaded: LoadedModel, features: ClipFeatures, question: str) -> ClipFeatures:
    """The clip as it is spliced for a question; of most models as it is.

    Rows that a Q-Former made stand for all frames together, so they are one step.

    Raises:
        ModelUnavailable: it gives another number of features than the processor wrote placeholders.
    """
    if not reads_question(loaded):
        return features
    instruction = loaded.processor.instruction_ids(question, features.steps).to(loaded.device)
    with torch().inference_mode():
        made = loaded.base.refine(features.rows.to(loaded.device), features.steps, instruction)
    rows, expected = _rows(made), features.expansion.count(placeholder(loaded, features.modality))
    if len(rows) != expected:
        raise ModelUnavailable(
            f"{loaded.family.title}: the Q-Former gave {len(rows)} features for {expected} placeholders;"
            " processor and model do not belong together"
        )
    return replace(features, rows=rows, steps=1, order=None, default_indices=None)


def _expansion(processor: Any, inputs: dict[str, Any]) -> str:
    """What the processor wrote in the place of the one clip that was its whole text."""
    if "text_replacement_offsets" in inputs:
        written: str = inputs["text_replacement_offsets"][0][0]["replacement"]
        return written
    ids = inputs["input_ids"][0]
    text: str = processor.tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    again = processor.tokenizer(text, add_special_tokens=False)["input_ids"]
    if list(again) != list(ids):
        raise ValueError("what the processor writes for a clip cannot be read back from its tokens")
    return text


def _grid(pixels: Pixels) -> tuple[int, int, int] | None:
    """Patches in time, height and width of a clip that is one block; None for other clips."""
    grids = pixels.inputs.get(f"{pixels.modality}_grid_thw")
    if grids is None or len(grids) != 1:
        return None
    time, height, width = (int(side) for side in grids[0])
    return time, height, width


def _num_steps(loaded: LoadedModel, pixels: Pixels, grid: tuple[int, int, int] | None, rows: int) -> int:
    """How many steps a clip has: frames over frames of a step, moments of its grid, or runs of placeholders.

    Raises:
        ModelUnavailable: the features are not the same number for any of these.
    """
    token = re.escape(placeholder(loaded, pixels.modality))
    runs = [len(run) for run in re.findall(f"(?:{token})+", pixels.expansion)]
    candidates: list[int] = []
    if loaded.family.step_frames:
        candidates.append(ceil(pixels.frames / loaded.family.step_frames))
    if grid is not None:
        merged = [steps for steps in (grid[0], (grid[0] + 1) // 2) if _is_merged(grid, rows / steps)]
        candidates += [*merged, grid[0]]
    if len(runs) == 1 or len(runs) % pixels.frames == 0:
        candidates.append(pixels.frames)
    if len(set(runs)) == 1:
        candidates.append(len(runs))
    steps = next((number for number in candidates if rows % number == 0), None)
    if steps is None:
        raise ModelUnavailable(
            f"{loaded.family.title}: {rows} features of {pixels.frames} frames in {len(runs)} runs of"
            " placeholders are not the same number for every step; ask it through a server"
        )
    return steps


def _is_merged(grid: tuple[int, int, int], per_step: float) -> bool:
    """Whether a step's tokens are its patches merged in squares."""
    _, height, width = grid
    return any(per_step * side * side == height * width for side in range(1, _MAX_MERGED_SIDE + 1))


def _step_s(inputs: dict[str, Any]) -> float | None:
    values = [_first_value(inputs, name) for name in _STEP_S_NAMES]
    return next((float(value) for value in values if value is not None), None)


def _place_inputs(loaded: LoadedModel, pixels: Pixels) -> dict[str, Any]:
    """Small tensors of the processor that `get_rope_index` takes, beside grid and seconds of a step."""
    if not loaded.family.mrope:
        return {}
    names = set(signature(loaded.base.get_rope_index).parameters) - _OTHER_PLACE_INPUTS
    return {
        name: torch().as_tensor(pixels.inputs[name]).cpu() for name in sorted(names) if name in pixels.inputs
    }


def _all_placeholders(expansion: str, token: str, per_frame: int) -> str:
    """The expansion with all placeholders of every frame; at least one of each stands there."""
    return re.sub(f"(?:{re.escape(token)})+", token * per_frame, expansion)


def encoder_of(loaded: LoadedModel, modality: Modality) -> Any:
    """The method that encodes clips that go in as this modality."""
    for name in ("get_video_features", "get_image_features")[modality == "image" :]:
        for owner in (loaded.base, loaded.model):
            if hasattr(owner, name):
                return getattr(owner, name)
    raise ModelUnavailable(
        f"{loaded.family.title}: {type(loaded.model).__name__} has no vision encoder that can be called alone"
        " (get_video_features or get_image_features); ask it through a server"
    )


def _arguments(loaded: LoadedModel, encoder: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The processor's tensors that the encoder takes, on the model's device."""
    takes = signature(encoder).parameters
    if "pixel_values_videos" not in takes and "pixel_values_videos" in inputs:
        inputs = {"pixel_values": inputs["pixel_values_videos"], **inputs}
    arguments = {name: inputs[name].to(loaded.device) for name in takes if name in inputs}
    return {
        name: value.to(loaded.model.dtype) if value.is_floating_point() else value
        for name, value in arguments.items()
    }


def _rows(output: Any) -> Any:
    """(n, D) all features one after the other, in the computer's own memory."""
    parts: Sequence[Any] = output if isinstance(output, (list, tuple)) else [output]
    return torch().cat([part.reshape(-1, part.shape[-1]) for part in parts]).detach().cpu().clone()


def _first_value(inputs: dict[str, Any], name: str) -> Any:
    return inputs[name][0] if name in inputs else None
