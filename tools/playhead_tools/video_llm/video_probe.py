"""How a family without a row takes videos, found out by sending a short clip through its own processor.

The probe runs once, when the model is loaded: a clip of noise goes through processor and vision encoder. What
repeats in the processor's text as often as the encoder gave features is the placeholder; what stands before
it that the tokenizer did not write is the beginning of every prompt; a clip at another time shows whether
times are written; and a message through the chat template shows whether clips stay between their words.
"""

import re
from collections import Counter
from dataclasses import replace
from inspect import Parameter, signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.checkpoints import map_load_errors
from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.chat_template import with_system_role
from playhead_tools.video_llm.clip_features import (
    ClipFeatures,
    Pixels,
    encode,
    encoder_of,
    metadata_of,
    prepare_pixels,
    run_encoder,
)
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import ALONE, TITLES, Family, Modality, Packing

NUM_FRAMES = 8
"""Frames of the probe's clip: a multiple of how many a step joins in every family seen."""
HEIGHT, WIDTH = 96, 128
_LATER_S = 37.0
_RULES, _BEFORE, _AFTER = "qpx rules", "qpx before", "qpx after"


def family_without_row(model_type: str, processor: Any) -> Family:
    """A family of which only the title is known before its model is loaded.

    Raises:
        ModelUnavailable: the processor writes no videos into a prompt.
    """
    title = TITLES.get(model_type, model_type)
    if getattr(processor, "video_processor", None) is None or getattr(processor, "video_token", None) is None:
        raise ModelUnavailable(
            f"{title}: its processor ({type(processor).__name__}) writes no videos into a prompt: it has no"
            " video processor or no video token; ask it through a server"
        )
    return Family(title, batches=model_type not in ALONE)


def probe_family(loaded: LoadedModel, model_type: str) -> Family:
    """How a model takes videos.

    Args:
        loaded: the model with a family that has nothing but its title.
        model_type: of its configuration.

    Raises:
        ModelUnavailable: it takes no videos that a probe can follow; the message names what is missing.
    """
    title = loaded.family.title
    _refuse_questions_in_encoder(loaded)
    with map_load_errors(title, "probing how it takes videos"):
        frames, pts_s = _clip()
        pixels = prepare_pixels(loaded, frames, pts_s, _duration_s(pts_s))
        output = run_encoder(loaded, pixels)
        packed: Packing = "list" if isinstance(output.pooler_output, (list, tuple)) else "tensor"
        num_features = _num_rows(output.pooler_output)
        ids = _ids(loaded, pixels.expansion)
        token = _placeholder(loaded, ids, num_features)
        modality = _modality(loaded, token)
        named = loaded.processor.image_token if modality == "image" else loaded.processor.video_token
        pixels = replace(pixels, modality=modality)
        found = replace(
            loaded.family,
            modality=modality,
            packed=packed,
            mrope=hasattr(loaded.base, "get_rope_index"),
            placeholder="" if token == named else token,
            bos=_bos(loaded, pixels, ids),
            tail_tokens=_tail_tokens(pixels, token, num_features),
            own_pruning=_without_own_pruning(loaded.model),
            probed=model_type not in TITLES,
        )
        features = encode(replace(loaded, family=found), pixels)
        writes_times = _writes_times(loaded, frames, pts_s)
        found = replace(found, step_frames=_step_frames(features), writes_times=writes_times)
        found = replace(found, min_frames=_min_frames(loaded, frames, pts_s))
        found = replace(found, **_two_clips(loaded, frames, pts_s))
    return replace(found, **_template(loaded, found))


def _without_own_pruning(model: Any) -> float:
    """The part of visual tokens that the model would drop in its forward pass, which is turned off.

    Dropping there (efficient video sampling) needs the vision encoder's last hidden state, and would come on
    top of a keeper's choice.
    """
    rate = float(getattr(model, "video_pruning_rate", 0.0) or 0.0)
    if rate:
        model.video_pruning_rate = 0.0
    return rate


def _modality(loaded: LoadedModel, token: str) -> Modality:
    """As what features go in: as images where the model only encodes these and the text says so too."""
    has_videos = any(hasattr(owner, "get_video_features") for owner in (loaded.base, loaded.model))
    return "image" if not has_videos and token == loaded.processor.image_token else "video"


def _tail_tokens(pixels: Pixels, token: str, num_features: int) -> int:
    """1 for a newline after the last frame of a clip in one run, which makes its number odd; else 0."""
    in_one_run = token * num_features in pixels.expansion
    return int(in_one_run and num_features % NUM_FRAMES == 1)


def _refuse_questions_in_encoder(loaded: LoadedModel) -> None:
    """Refuses models whose vision encoder reads the question.

    Raises:
        ModelUnavailable: it does, or the model has no vision encoder that can be called alone.
    """
    encoder = encoder_of(loaded, loaded.family.modality)
    reads = [name for name in ("qformer_input_ids", "input_ids") if _needs(encoder, name)]
    if reads:
        raise ModelUnavailable(
            f"{loaded.family.title}: its vision encoder reads the question ({reads[0]}), so a clip cannot"
            " be encoded before it is asked about; ask it through a server"
        )


def _clip() -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """(8, 96, 128, 3) uint8 noise, and the times of its frames."""
    noise = np.random.default_rng(0).integers(0, 256, (NUM_FRAMES, HEIGHT, WIDTH, 3), dtype=np.uint8)
    return noise, 1.0 + np.arange(NUM_FRAMES, dtype=np.float64) * 0.5


def _duration_s(pts_s: NDArray[np.float64]) -> float:
    return len(pts_s) * 0.5


def _needs(function: Any, name: str) -> bool:
    argument = signature(function).parameters.get(name)
    return argument is not None and argument.default is Parameter.empty


def _ids(loaded: LoadedModel, text: str) -> list[int]:
    ids: list[int] = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _num_rows(output: Any) -> int:
    parts = output if isinstance(output, (list, tuple)) else [output]
    return sum(part.numel() // part.shape[-1] for part in parts)


def _placeholder(loaded: LoadedModel, ids: list[int], num_features: int) -> str:
    """The token that stands for one feature: what repeats as often as there are features."""
    counts = Counter(ids)
    repeated = [number for number, count in counts.items() if count == num_features]
    named = [getattr(loaded.processor, f"{modality}_token_id", None) for modality in ("video", "image")]
    best = next((number for number in named if number in repeated), None)
    if best is None and len(repeated) == 1:
        best = repeated[0]
    if best is None:
        often = [f"{loaded.tokenizer.decode([n])!r} {count} times" for n, count in counts.most_common(3)]
        raise ModelUnavailable(
            f"{loaded.family.title}: no token stands for one feature of a clip: the encoder gave"
            f" {num_features} features, its processor wrote {', '.join(often)}; ask it through a server"
        )
    token: str = loaded.tokenizer.convert_ids_to_tokens(best)
    return token


def _bos(loaded: LoadedModel, pixels: Pixels, ids: list[int]) -> str:
    """What the processor writes before a prompt, and the tokenizer does not."""
    whole = list(pixels.inputs["input_ids"][0])
    own = loaded.tokenizer(pixels.expansion)["input_ids"]
    extra = len(whole) - len(own)
    if extra <= 0 or whole[extra:] != own:
        return ""
    written: str = loaded.tokenizer.decode(whole[:extra])
    return written


def _step_frames(features: ClipFeatures) -> int | None:
    """Frames of one step; None where they do not divide."""
    return NUM_FRAMES // features.steps if NUM_FRAMES % features.steps == 0 else None


def _writes_times(loaded: LoadedModel, frames: NDArray[np.uint8], pts_s: NDArray[np.float64]) -> bool:
    duration_s = _duration_s(pts_s)
    early, late = (
        prepare_pixels(loaded, frames, times_s, duration_s) for times_s in (pts_s, pts_s + _LATER_S)
    )
    return early.expansion != late.expansion


def _min_frames(loaded: LoadedModel, frames: NDArray[np.uint8], pts_s: NDArray[np.float64]) -> int:
    """How many frames the processor takes at least."""
    for number in range(1, NUM_FRAMES):
        try:
            prepare_pixels(loaded, frames[:number], pts_s[:number], _duration_s(pts_s[:number]))
        except ModelUnavailable:
            continue
        return number
    return NUM_FRAMES


def _two_clips(loaded: LoadedModel, frames: NDArray[np.uint8], pts_s: NDArray[np.float64]) -> dict[str, Any]:
    """Whether a prompt takes two videos, and what is written before the number of each, if numbered."""
    video = torch().from_numpy(frames).permute(0, 3, 1, 2)
    processor = loaded.processor
    try:
        inputs = processor(
            text=[f"{processor.video_token}\n{processor.video_token}"],
            videos=[video, video],
            videos_kwargs={
                "return_tensors": "pt",
                "do_sample_frames": False,
                "return_metadata": True,
                "video_metadata": [metadata_of(pts_s, _duration_s(pts_s)) for _ in range(2)],
            },
            return_text_replacement_offsets=True,
        )
    except ValueError:
        return {"max_clips": 1}
    offsets = inputs.get("text_replacement_offsets")
    if not offsets:
        return {}
    first, second = (one["replacement"] for one in offsets[0])
    alike = 0
    while alike < min(len(first), len(second)) and first[alike] == second[alike]:
        alike += 1
    is_number = first[:alike] + "1" + first[alike + 1 :] == second and first[alike : alike + 1] == "0"
    return {"clip_number": re.escape(first[:alike])} if is_number else {}


def _template(loaded: LoadedModel, family: Family) -> dict[str, Any]:
    """Whether the chat template takes a system message, and leaves a clip between the words around it.

    Raises:
        ModelUnavailable: there is no template, or it writes no clip whichever way it is asked.
    """
    processor = loaded.processor
    if not processor.chat_template:
        raise ModelUnavailable(
            f"{family.title}: the checkpoint has no chat template, and none is known for its type; add"
            " chat_template.jinja to its folder"
        )
    reasons: list[str] = []
    for media_in_text in (False, True):
        for system_role in (True, False):
            tried = replace(family, media_in_text=media_in_text, system_role=system_role)
            reason = _unfit(processor, tried)
            if reason is None:
                return {"media_in_text": media_in_text, "system_role": system_role}
            reasons.append(reason)
    raise ModelUnavailable(
        f"{family.title}: the checkpoint's chat template does not take videos: {reasons[0]}"
    )


def _unfit(processor: Any, family: Family) -> str | None:
    """Why a template does not write rules, words, clip and words in this order; None if it does."""
    from jinja2 import TemplateError

    token = processor.video_token
    clip = {"type": "text", "text": f"{token}\n"} if family.media_in_text else {"type": "video"}
    content = [{"type": "text", "text": f"{_BEFORE}\n"}, clip, {"type": "text", "text": _AFTER}]
    if family.media_in_text:
        content = [{"type": "text", "text": "".join(part["text"] for part in content)}]
    messages = [
        {"role": "system", "content": [{"type": "text", "text": _RULES}]},
        {"role": "user", "content": content},
    ]
    try:
        text = processor.apply_chat_template(
            with_system_role(family, messages), tokenize=False, add_generation_prompt=True
        )
    except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    places = [text.find(part) for part in (_RULES, _BEFORE, token, _AFTER)]
    if -1 in places or text.count(token) != 1:
        return f"it wrote {text.count(token)} times {token!r} for one clip"
    return None if places == sorted(places) else "it does not leave a clip between the words around it"
