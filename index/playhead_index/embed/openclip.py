"""Image-text encoders: any model that open_clip can build (CLIP, SigLIP, MobileCLIP, PE)."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed import checkpoints
from playhead_index.embed.check_weights import refuse_other_weights
from playhead_index.embed.digests import digest_of
from playhead_index.embed.preprocess import ImageArray, Preprocessing
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.runtime import autocast, open_clip, pick_device, torch
from playhead_index.embed.unpadded_text_tower import trimmed_text_tower
from playhead_index.embed.vectors import default_batch_size, no_rows, unit_rows
from playhead_index.errors import ModelUnavailable

DEFAULT = "ViT-B-32:laion2b_s34b_b79k"
CONFIG = "open_clip_config.json"
WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
)
POSITIONS = ("positional_embedding", "pos_embed")
FORMS = "MODEL:TAG as in ViT-B-32:laion2b_s34b_b79k, hf-hub:ORG/NAME or local-dir:FOLDER"


class OpenClipEncoder:
    """An `ImageTextEncoder` over one open_clip model; made by `load_open_clip`.

    `image_size_px` is the shorter side at which images are best handed in: those are only cropped.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        preprocessing: Preprocessing,
        tag: ModelTag,
        device: str,
        batch_size: int,
    ) -> None:
        self.tag = tag
        self.image_size_px = preprocessing.resize_px
        self.device = device
        self.batch_size = batch_size
        self._model, self._tokenizer, self._preprocessing = model, tokenizer, preprocessing
        self._trimmed = trimmed_text_tower(model, tokenizer, device)

    @property
    def trims_text(self) -> bool:
        """Texts are encoded without their padding, which gives the same vectors in less time."""
        return self._trimmed is not None

    def encode_images(self, images: Sequence[ImageArray]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N images, each (H, W, 3) uint8 of any size.

        Raises:
            ValueError: an image is not (H, W, 3) uint8.
            ModelError: the model gave a vector that is not finite.
        """
        return self._in_batches(images, self._image_features)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; what the context cannot hold is cut off.

        Raises:
            ModelError: the model gave a vector that is not finite.
        """
        return self._in_batches(texts, self._text_features)

    def _in_batches(self, items: Sequence[Any], features: Callable[[Any], Any]) -> NDArray[np.float32]:
        rows = [no_rows(self.tag)]
        with torch().inference_mode(), autocast(self.device):
            for batch in batches(items, self.batch_size):
                rows.append(unit_rows(features(batch), self.tag))
        return np.concatenate(rows)

    def _image_features(self, batch: Sequence[ImageArray]) -> Any:
        return self._model.encode_image(self._preprocessing.tensor(batch, self.device))

    def _text_features(self, batch: Sequence[str]) -> Any:
        tokens = self._tokenizer(list(batch)).to(self.device)
        return self._trimmed(tokens) if self._trimmed else self._model.encode_text(tokens)


@dataclass(frozen=True, slots=True)
class _Source:
    """What open_clip needs to build a model from local files alone."""

    model_name: str
    weights: Path
    revision: str
    settings: dict[str, Any] = field(default_factory=dict)


def load_open_clip(
    name: str = DEFAULT, *, device: str = "auto", batch_size: int | None = None, download: bool = False
) -> OpenClipEncoder:
    """The encoder that a name means, from files on this machine.

    Args:
        name: `MODEL:TAG` of open_clip's own list, `hf-hub:ORG/NAME`, or `local-dir:FOLDER` with
            open_clip_config.json and open_clip_model.safetensors in it.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        batch_size: images or texts a pass; by default 32 on the CPU and 256 on a GPU.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: the name is unknown, or files are missing, or they do not hold exactly the model's
            weights.
    """
    library = open_clip()
    source = _find_source(library, name, download)
    torch_device = pick_device(device)
    with checkpoints.offline(), checkpoints.map_load_errors(name, "loading"):
        model = _load_model(library, source).to(torch_device).eval()
        tokenizer = library.get_tokenizer(source.model_name)
        preprocessing = _preprocessing(model.visual.preprocess_cfg)
        width = _width(model, preprocessing, torch_device)
    tag = ModelTag(name, source.revision, width)
    return OpenClipEncoder(
        model, tokenizer, preprocessing, tag, torch_device, batch_size or default_batch_size(torch_device)
    )


def _load_model(library: Any, source: _Source) -> Any:
    """The model with every weight from its file.

    open_clip is strict too, but fits embeddings of positions of another length in without a word, and names
    hundreds of weights in one line.

    Raises:
        ValueError: the file does not hold exactly the model's weights.
        RuntimeError: a weight has another shape.
    """
    with _without_warning():
        model = library.create_model(
            source.model_name, load_weights=False, pretrained_text=False, **source.settings
        )
    shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    found = library.load_checkpoint(model, str(source.weights), strict=False)
    resized = [
        (name, shape, shapes[name])
        for name, shape in _position_shapes(source.weights).items()
        if name in shapes and tuple(shape) != shapes[name]
    ]
    refuse_other_weights(found.missing_keys, found.unexpected_keys, resized)
    return model


def _position_shapes(weights: Path) -> dict[str, list[int]]:
    """The shapes of the embeddings of positions in a file; none of a file that is no safetensors."""
    from safetensors import safe_open

    if weights.suffix != ".safetensors":
        return {}
    with safe_open(weights, framework="numpy") as file:
        names = [name for name in file.keys() if name.endswith(POSITIONS)]  # noqa: SIM118 - no mapping
        return {name: file.get_slice(name).get_shape() for name in names}


@contextmanager
def _without_warning() -> Iterator[None]:
    """Inside, open_clip does not say that a model is random, which it is until its weights are loaded."""

    def is_other(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    root = logging.getLogger()
    root.addFilter(is_other)
    try:
        yield
    finally:
        root.removeFilter(is_other)


def _find_source(library: Any, name: str, download: bool) -> _Source:
    if name.startswith(checkpoints.LOCAL_PREFIX):
        return _folder_source(name, download=False)
    if name.startswith(checkpoints.HUB_PREFIX):
        return _folder_source(name, download)
    return _listed_source(library, name, download)


def _folder_source(name: str, download: bool) -> _Source:
    found = checkpoints.find_checkpoint(name, [CONFIG], WEIGHTS, advice=_advice(name), download=download)
    weights = next(file for pattern in WEIGHTS for file in sorted(found.folder.glob(pattern)))
    return _Source(f"{checkpoints.LOCAL_PREFIX}{found.folder}", weights, found.revision)


def _listed_source(library: Any, name: str, download: bool) -> _Source:
    model_name, _, tag = name.partition(":")
    if model_name not in library.list_models():
        raise ModelUnavailable(f"open_clip has no model {model_name!r}; write {FORMS}")
    settings = library.get_pretrained_cfg(model_name, tag)
    if not settings:
        tags = ", ".join(library.list_pretrained_tags_by_model(model_name)) or "none"
        raise ModelUnavailable(f"open_clip's {model_name} has no weights {tag!r}; it has: {tags}")
    weights = _listed_weights(library, name, settings, download)
    if download:
        _fetch_tokenizer(library, name, model_name)
    in_hub_cache = "snapshots" in weights.parts
    revision = checkpoints.commit_of(weights) if in_hub_cache else digest_of([weights])
    return _Source(model_name, weights, revision, _as_trained(settings))


def _as_trained(settings: dict[str, Any]) -> dict[str, Any]:
    """The preprocessing and activation that a tag's weights were trained with.

    open_clip only warns when weights trained with QuickGELU meet a model without it; here they get it.
    """
    return {
        "force_preprocess_cfg": dict(settings),
        "force_quick_gelu": bool(settings.get("quick_gelu", False)),
    }


def _listed_weights(library: Any, name: str, settings: dict[str, Any], download: bool) -> Path:
    hub_place, url = settings.get("hf_hub", ""), settings.get("url", "")
    if not hub_place:
        return _url_weights(library, name, url, download)
    repo, _, filename = hub_place.rpartition("/")
    candidates = [f"{filename.rpartition('.')[0]}.safetensors", filename] if filename else list(WEIGHTS)
    for candidate in candidates:
        found = checkpoints.cached_file(repo, candidate)
        if found is not None:
            return found
    if not download:
        raise ModelUnavailable(
            f"picture model {name!r}: its weights ({repo}/{candidates[0]}) are not on this machine; "
            f"run: {_advice(name)}"
        )
    folder = checkpoints.fetch_repo(name, repo, candidates[:1])
    if not (folder / candidates[0]).is_file():
        return checkpoints.fetch_file(name, repo, candidates[-1])
    return folder / candidates[0]


def _url_weights(library: Any, name: str, url: str, download: bool) -> Path:
    path = Path("~/.cache/clip").expanduser() / url.rpartition("/")[2]
    if path.is_file():
        return path
    if not download:
        raise ModelUnavailable(f"picture model {name!r}: {path} is not there; run: {_advice(name)}")
    with checkpoints.map_load_errors(name, f"downloading {url}"):
        return Path(library.pretrained.download_pretrained_from_url(url))


def _fetch_tokenizer(library: Any, name: str, model_name: str) -> None:
    text = library.get_model_config(model_name).get("text_cfg", {})
    for repo in {text.get("hf_tokenizer_name"), text.get("hf_model_name")} - {None, ""}:
        checkpoints.fetch_repo(name, repo, checkpoints.SMALL_FILES)


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    size = config["size"]
    height, width = (size, size) if isinstance(size, int) else size[-2:]
    mode, interpolation = config["resize_mode"], config["interpolation"]
    if mode not in ("shortest", "squash") or interpolation not in ("bicubic", "bilinear"):
        raise ValueError(f"resize mode {mode!r} with {interpolation!r} is not supported")
    if mode == "shortest" and height != width:
        raise ValueError(f"pictures of {height} x {width} px are only supported with resize mode 'squash'")
    return Preprocessing(
        min(height, width), (height, width), tuple(config["mean"]), tuple(config["std"]), interpolation, mode
    )


def _width(model: Any, preprocessing: Preprocessing, device: str) -> int:
    grey = np.full((*preprocessing.crop_px, 3), 128, np.uint8)
    with torch().inference_mode():
        return int(model.encode_image(preprocessing.tensor([grey], device)).shape[-1])


def _advice(name: str) -> str:
    return f"playhead prepare picture --picture-model {name}"
