"""Image embeddings by DINO (DINOv2 and DINOv3, Oquab et al., 2023, arXiv:2304.07193); no words."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed import checkpoints
from playhead_index.embed.preprocess import ImageArray, Preprocessing
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.runtime import autocast, pick_device, torch, transformers
from playhead_index.embed.transformer import LOCAL_ONLY, load_transformer
from playhead_index.embed.vectors import default_batch_size, no_rows, unit_rows

DEFAULT = "facebook/dinov2-small"
FAMILIES = ("dinov2", "dinov2_with_registers", "dinov3_vit")
NEEDED = ("config.json", "preprocessor_config.json")
WEIGHTS = ("*.safetensors",)
# PIL's numbers, as written in preprocessor_config.json.
FILTERS: dict[int, Literal["bilinear", "bicubic"]] = {
    2: "bilinear",
    3: "bicubic",
}


class DinoEncoder:
    """An `ImageEncoder` that gives the CLS token of a DINO vision transformer; made by `load_dino`.

    `image_size_px` is the shorter side at which images are best handed in: those are only cropped.
    """

    def __init__(
        self, model: Any, preprocessing: Preprocessing, tag: ModelTag, device: str, batch_size: int
    ) -> None:
        self.tag = tag
        self.image_size_px = preprocessing.resize_px
        self.device = device
        self.batch_size = batch_size
        self._model, self._preprocessing = model, preprocessing

    def encode_images(self, images: Sequence[ImageArray]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N images, each (H, W, 3) uint8 of any size.

        Raises:
            ValueError: an image is not (H, W, 3) uint8.
            ModelError: the model gave a vector that is not finite.
        """
        rows = [no_rows(self.tag)]
        with torch().inference_mode(), autocast(self.device):
            for batch in batches(images, self.batch_size):
                pixels = self._preprocessing.tensor(batch, self.device)
                states = self._model(pixel_values=pixels).last_hidden_state
                rows.append(unit_rows(states[:, 0], self.tag))
        return np.concatenate(rows)


def load_dino(
    name: str = DEFAULT, *, device: str = "auto", batch_size: int | None = None, download: bool = False
) -> DinoEncoder:
    """The DINO encoder that a name means, from files on this machine.

    Args:
        name: a name on the hub such as `facebook/dinov2-small`, or a folder in transformers' format.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        batch_size: images a pass; by default 32 on the CPU and 256 on a GPU.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: files are missing or do not fit, or it is not a DINO.
    """
    found = checkpoints.find_checkpoint(
        name,
        NEEDED,
        WEIGHTS,
        advice=f"playhead prepare appearance --appearance-model {name}",
        download=download,
    )
    torch_device = pick_device(device)
    with checkpoints.offline(), checkpoints.map_load_errors(name, "loading"):
        model = load_transformer(found, FAMILIES).to(torch_device)
        preprocessing = _preprocessing(found)
    tag = ModelTag(name, found.revision, int(model.config.hidden_size))
    return DinoEncoder(
        model, preprocessing, tag, torch_device, batch_size or default_batch_size(torch_device)
    )


def _preprocessing(found: checkpoints.Checkpoint) -> Preprocessing:
    processor = transformers().AutoImageProcessor.from_pretrained(found.folder, **LOCAL_ONLY)
    size, crop = dict(processor.size), dict(processor.crop_size or {})
    filter_name = FILTERS.get(int(processor.resample))
    if filter_name is None:
        raise ValueError(f"its resize filter {processor.resample} is not supported")
    colours = (tuple(processor.image_mean), tuple(processor.image_std))
    if "shortest_edge" in size and processor.do_center_crop:
        cropped = (int(crop["height"]), int(crop["width"]))
        return Preprocessing(int(size["shortest_edge"]), cropped, *colours, filter_name, "shortest")
    square = (int(size["height"]), int(size["width"]))
    return Preprocessing(min(square), square, *colours, filter_name, "squash")
