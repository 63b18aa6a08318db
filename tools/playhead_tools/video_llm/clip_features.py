"""Features of a clip from the vision encoder: independent of the question, computed once."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.checkpoints import map_load_errors
from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.load_model import LoadedModel
from playhead_tools.video_llm.model_families import Modality

TICKS_PER_S = 1000
"""Frames are identified by their millisecond, so that irregular times stay true."""
_SPARSE = 16


@dataclass(frozen=True, slots=True, eq=False)
class ClipFeatures:
    """What a vision encoder made of the frames of a clip.

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

    @property
    def tokens_per_step(self) -> int:
        """T."""
        return (int(self.rows.shape[0]) - self.tail) // self.steps

    @property
    def tokens(self) -> Any:
        """(N, T, D) the visual tokens by step: the context where there is one, else the rows but the tail."""
        if self.context is not None:
            return self.context.unflatten(0, (self.context_steps, -1))
        return self.rows[: self.steps * self.tokens_per_step].unflatten(0, (self.steps, self.tokens_per_step))

    @property
    def token_steps(self) -> int:
        """N of `tokens`."""
        return self.steps if self.context is None else self.context_steps

    @property
    def num_context_rows(self) -> int:
        """M; 0 without context."""
        return 0 if self.context is None else len(self.context)

    @property
    def size_bytes(self) -> int:
        """What the tensors take."""
        optional = (self.default_indices, self.order, self.redundant, self.context)
        beside = [tensor for tensor in optional if tensor is not None]
        return sum(int(tensor.nbytes) for tensor in (self.rows, *self.deep, *beside))

    def to_bytes(self) -> bytes:
        """The clip as a file of safetensors."""
        from safetensors.torch import save

        facts = {
            "steps": self.steps, "tail": self.tail, "expansion": self.expansion, "modality": self.modality,
            "grid": self.grid, "step_s": self.step_s, "fine_rows": self.fine_rows,
            "context_steps": self.context_steps, "context_keys": self.context_keys,
        }  # fmt: skip
        facts_tensor = torch().tensor(list(json.dumps(facts).encode()), dtype=torch().uint8)
        deep = {f"deep{i}": tensor.contiguous() for i, tensor in enumerate(self.deep)}
        optional = {
            "own": self.default_indices, "order": self.order, "redundant": self.redundant,
            "context": self.context,
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
        }  # fmt: skip
        optional: dict[str, Any] = {field: tensors.get(name) for field, name in names.items()}
        return cls(rows=tensors["rows"], deep=deep, **optional, **facts)


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
    """

    inputs: dict[str, Any]
    expansion: str
    modality: Modality
    frames: int
    default_indices: Any = None
    num_context_rows: int = 0

    def placeholders(self, loaded: LoadedModel) -> int:
        """How many tokens the frames become."""
        return self.expansion.count(placeholder(loaded, self.modality))


def placeholder(loaded: LoadedModel, modality: Modality) -> str:
    """The token that stands for one feature of this modality."""
    token: str = loaded.processor.image_token if modality == "image" else loaded.processor.video_token
    return token


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
    loaded: LoadedModel, frames: NDArray[np.uint8], pts_s: NDArray[np.float64], duration_s: float
) -> Pixels:
    """The frames resized and normalised by the model's processor, none sampled away.

    Raises:
        ModelUnavailable: the processor refuses them.
    """
    processor, family = loaded.processor, loaded.family
    as_image = family.one_is_image and len(frames) == 1
    frame_batch = torch().from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    media: dict[str, Any] = (
        {"images": [frames[0]], "images_kwargs": {"return_tensors": "pt"}}
        if as_image
        else {
            "videos": [frame_batch],
            "videos_kwargs": {
                "return_tensors": "pt",
                "do_sample_frames": False,
                "video_metadata": [metadata_of(pts_s, duration_s)],
            },
        }
    )
    written = processor.image_token if as_image else processor.video_token
    with map_load_errors(family.title, f"preparing {len(frames)} frames of {frames.shape[1:3]} pixels"):
        inputs = processor(text=[written], return_text_replacement_offsets=True, **media)
    expansion = inputs["text_replacement_offsets"][0][0]["replacement"]
    modality: Modality = "image" if as_image else family.modality
    if not family.prunes_tokens:
        return Pixels(
            dict(inputs), expansion, modality, len(frames), inputs.get("default_indices"),
            int(inputs.get("num_context_rows", 0)),
        )  # fmt: skip
    stays = inputs["video_compression_mask"]
    full_expansion = _all_placeholders(expansion, written, len(stays) // len(frames))
    return Pixels(dict(inputs), full_expansion, modality, len(frames), stays.nonzero()[:, 0])


def encode(loaded: LoadedModel, pixels: Pixels) -> ClipFeatures:
    """What the model's vision encoder makes of the frames.

    Raises:
        ModelUnavailable: the encoder gives another number of features than the processor wrote placeholders.
    """
    encoder = _encoder(loaded, pixels.modality)
    arguments = _arguments(loaded, encoder, pixels.inputs)
    with torch().inference_mode():
        output = encoder(**arguments, return_dict=True)
    rows = _rows(output.pooler_output)
    if len(rows) != pixels.placeholders(loaded):
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
    grid = _first_value(pixels.inputs, f"{pixels.modality}_grid_thw")
    step_s = _first_value(pixels.inputs, "second_per_grid_ts")
    own = getattr(output, "default_indices", None)
    return ClipFeatures(
        rows=rows,
        deep=tuple(_rows(layer) for layer in getattr(output, "deepstack_features", None) or ()),
        steps=pixels.frames if grid is None else int(grid[0]),
        tail=loaded.family.tail_tokens if pixels.modality == loaded.family.modality else 0,
        expansion=pixels.expansion,
        modality=pixels.modality,
        grid=None if grid is None else (int(grid[0]), int(grid[1]), int(grid[2])),
        step_s=None if step_s is None else float(step_s),
        default_indices=pixels.default_indices if own is None else own,
        fine_rows=getattr(output, "fine_rows", None),
        redundant=getattr(output, "redundant", None),
        context=None if context is None else _rows(context),
        context_steps=0 if context is None else len(context),
    )


def _all_placeholders(expansion: str, token: str, per_frame: int) -> str:
    """The expansion with all placeholders of every frame; at least one of each stands there."""
    return re.sub(f"(?:{re.escape(token)})+", token * per_frame, expansion)


def _encoder(loaded: LoadedModel, modality: Modality) -> Any:
    if modality == "video" and hasattr(loaded.base, "get_video_features"):
        return loaded.base.get_video_features
    return loaded.base.get_image_features


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
