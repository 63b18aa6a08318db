"""A video-LLM of transformers from a folder or the local cache, with the options people load them by."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playhead_index.embed.checkpoints import find_checkpoint, map_load_errors, offline
from playhead_index.embed.digests import digest_of
from playhead_index.embed.runtime import pick_device, pick_dtype, torch, transformers
from playhead_index.embed.transformer import load_complete
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.loaded_model import LoadedModel, LoadOptions
from playhead_tools.video_llm.model_families import known_family
from playhead_tools.video_llm.number_words import provide_number_words
from playhead_tools.video_llm.video_probe import family_without_row, probe_family

__all__ = ["LoadOptions", "LoadedModel", "load", "load_options"]
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
        family = known_family(model_type) or family_without_row(model_type, processor)
        other_parts = () if answering is config else OTHER_PARTS
        model = load_complete(
            auto_class, checkpoint.folder, may_hold=other_parts, config=answering, **arguments
        )
    _check_takes_features(name, model)
    if not options.four_bit:
        model = model.to(device)
    processor.tokenizer.padding_side = "left"
    words = sorted(path for pattern in WORDS for path in Path(checkpoint.folder).glob(pattern))
    numbers = "nf4" if options.four_bit else str(model.dtype).removeprefix("torch.")
    revision = f"{checkpoint.revision[:16]}-{digest_of(words)[:16]}-{numbers}"
    loaded = LoadedModel(model.eval(), processor, family, revision, device)
    if known_family(model_type) is not None:
        return loaded
    return replace(loaded, family=probe_family(loaded, model_type))


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
        f" type {config.model_type!r}; ask it through a server"
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
