"""A video-LLM of transformers from a folder or the local cache, with the options people load them by."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playhead_index.embed.checkpoints import Checkpoint, find_checkpoint, map_load_errors, offline
from playhead_index.embed.digests import digest_of
from playhead_index.embed.runtime import pick_device, pick_dtype, torch, transformers
from playhead_index.embed.transformer import load_complete
from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.architecture import Architecture, ModelParts
from playhead_tools.architectures.registry import find_architecture, needed_files
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import known_family
from playhead_tools.video_llm.number_words import provide_number_words
from playhead_tools.video_llm.video_probe import family_without_row, probe_family

WORDS = ("*.json", "*.jinja", "*.txt", "*.model")
"""Files that say how a prompt is written and pictures are prepared."""

OTHER_PARTS = ("talker.", "token2wav.", "code2wav.")
"""Beginnings of weights of the parts that speak, in checkpoints whose other part (`thinker`) answers."""


def load(name: str, options: LoadOptions) -> LoadedModel:
    """The model and its processor; nothing is fetched. A family without a row is probed (`video_probe`).

    Raises:
        ModelUnavailable: files are missing or unfit, or do not hold exactly the model's weights; an option
            needs a package or a GPU that is not there; or the model takes no videos that a probe can follow.
    """
    architecture = find_architecture(name)
    if architecture is not None:
        return _load_architecture(architecture, name, options)
    advice = f"hf download {name}"
    checkpoint = find_checkpoint(name, ["config.json"], ["*.safetensors"], advice=advice)
    device = pick_device(options.device)
    arguments = load_options(options, device)
    with offline(), map_load_errors(name, "loading it"):
        config = transformers().AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True)
        model_type = config.model_type
        answering = getattr(config, "thinker_config", config)
        auto_class = _auto_class(name, answering)
        if model_type == "smolvlm":
            provide_number_words()
        processor = transformers().AutoProcessor.from_pretrained(checkpoint.folder, local_files_only=True)
        _leave_frame_cap_off(processor)
        family = known_family(model_type) or family_without_row(model_type, processor)
        other_parts = () if answering is config else OTHER_PARTS
        model = load_complete(
            auto_class, checkpoint.folder, may_hold=other_parts, config=answering, **arguments
        )
    _check_takes_features(name, model)
    if not options.four_bit:
        model = model.to(device)
    loaded = _loaded(checkpoint, ModelParts(model, processor, family), options, device)
    if known_family(model_type) is not None:
        return loaded
    return replace(loaded, family=probe_family(loaded, model_type))


def _leave_frame_cap_off(processor: Any) -> None:
    """Says to a processor that its default, no cap on the pixels of a frame, is meant; it warns otherwise."""
    video_processor: Any = getattr(processor, "video_processor", None)
    if getattr(video_processor, "cap_pixels_per_frame", False) is None:
        video_processor.cap_pixels_per_frame = False


def _load_architecture(architecture: Architecture, name: str, options: LoadOptions) -> LoadedModel:
    advice = f"hf download {name}"
    needed = needed_files(architecture, name)
    checkpoint = find_checkpoint(name, needed, architecture.weights, advice=advice)
    device = pick_device(options.device)
    arguments = load_options(options, device)
    with offline(), map_load_errors(name, f"loading it as {architecture.title}"):
        parts = architecture.load(checkpoint.folder, options, arguments)
    if not options.four_bit:
        parts.model.to(device)
    return _loaded(checkpoint, parts, options, device)


def _loaded(checkpoint: Checkpoint, parts: ModelParts, options: LoadOptions, device: str) -> LoadedModel:
    """The model with a processor that pads on the left, and the name of its state."""
    parts.processor.tokenizer.padding_side = "left"
    words = sorted(path for pattern in WORDS for path in Path(checkpoint.folder).glob(pattern))
    numbers = "nf4" if options.four_bit else str(parts.model.dtype).removeprefix("torch.")
    compat = "-compat" if options.reference_compat else ""
    beside = f"-{parts.revision[:16]}" if parts.revision else ""
    revision = f"{checkpoint.revision[:16]}-{digest_of(words)[:16]}{beside}-{numbers}{compat}"
    return LoadedModel(parts.model.eval(), parts.processor, parts.family, revision, device)


def _auto_class(name: str, config: Any) -> Any:
    """The auto class that makes models which answer about pictures from such a configuration.

    Raises:
        ModelUnavailable: there is none.
    """
    library = transformers()
    if type(config) in library.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        return library.AutoModelForImageTextToText
    multimodal = getattr(library, "MODEL_FOR_MULTIMODAL_LM_MAPPING", {})
    if type(config) in multimodal:
        return library.AutoModelForMultimodalLM
    raise ModelUnavailable(
        f"model {name!r}: transformers {library.__version__} has no class that answers about pictures for the"
        f" type {config.model_type!r}; name a model that takes videos, or ask this one through a server"
    )


def load_options(options: LoadOptions, device: str) -> dict[str, Any]:
    """The arguments of `from_pretrained`.

    Raises:
        ModelUnavailable: an option needs a package or a GPU that is not there.
    """
    dtype = pick_dtype(device) if options.dtype == "auto" else getattr(torch(), options.dtype, None)
    if not isinstance(dtype, torch().dtype):
        raise ModelUnavailable(
            f"torch has no number type {options.dtype!r}; use float32, bfloat16 or float16"
        )
    arguments: dict[str, Any] = {"dtype": dtype}
    if options.attention == "flash_attention_2":
        _require_package("flash_attn", "flash-attn", "attention 'flash_attention_2'", "use attention 'sdpa'")
        if not device.startswith("cuda"):
            raise ModelUnavailable(
                f"attention 'flash_attention_2' needs a GPU, got device {device!r}; use 'sdpa'"
            )
    if options.attention != "auto":
        arguments["attn_implementation"] = options.attention
    if options.four_bit:
        for module in ("bitsandbytes", "accelerate"):
            _require_package(module, module, "4-bit loading", "load without four_bit")
        arguments["device_map"] = {"": device}
        arguments["quantization_config"] = transformers().BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    return arguments


def _require_package(module: str, package: str, feature: str, alternative: str) -> None:
    if find_spec(module) is None:
        raise ModelUnavailable(
            f"{feature} needs the package {package}; run: pip install {package}, or {alternative}"
        )


def _check_takes_features(name: str, model: Any) -> None:
    from inspect import signature

    if "mm_encoder_outputs" not in signature(model.forward).parameters:
        raise ModelUnavailable(
            f"model {name!r}: transformers {transformers().__version__} does not take encoded clips;"
            " run: pip install 'transformers>=5.19'"
        )
