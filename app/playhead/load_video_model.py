"""Loads the video-LLM of a choice, for questions and for captions."""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playhead.api_keys import key_for
from playhead.video_loading import AS_CONFIGURED, VideoLoading
from playhead.video_model_choice import KEY, named_folder
from playhead.video_models import AUTO, OFF, VideoChoice
from playhead_index.errors import ModelUnavailable
from playhead_tools.redaction import redact
from playhead_tools.video_llm.compression_choice import WHOLE, Compression

if TYPE_CHECKING:
    from playhead_tools.captions.captioner import VideoCaptioner
    from playhead_tools.video_llm.protocol import VideoLLM
    from playhead_tools.video_llm.server import Prices
    from playhead_tools.video_llm.text_guided_selection import FrameScores

PRICES = "PLAYHEAD_VIDEO_PRICES"
"""What a server charges for a million tokens of prompt and a million generated ones: `0.15/0.60`."""
MAX_PARALLEL_CALLS = 4


def load_video_llm(
    choice: VideoChoice,
    device: str = AUTO,
    compression: Compression = WHOLE,
    *,
    frame_scores: "FrameScores | None" = None,
    loading: VideoLoading = AS_CONFIGURED,
) -> "VideoLLM":
    """The model of a choice; weights are loaded, and the server is called, at the first request.

    Args:
        choice: the model.
        device: as `ModelNames` names it.
        compression: how the visual tokens of a look are reduced; behind a server, which frames are sent where
            not all are.
        frame_scores: how well frames fit a question, by the vectors of the library; the language model's own
            word vectors are compared without it.
        loading: attention, number type and 4 bits of a model on this machine.

    Raises:
        ModelUnavailable: the choice is no model, its plugin has none, or `loading` is given for a server.
    """
    if choice.backend == OFF:
        raise ModelUnavailable(f"there is no video-LLM: {choice.reason}")
    if choice.backend == "server":
        if loading != AS_CONFIGURED:
            raise ModelUnavailable(
                "--attention, --dtype and --four-bit load a model on this machine, and the video model is at"
                f" {redact(choice.url)}; leave them out, and set them where that server is started"
            )
        from playhead_tools.video_llm.server import ServerVideoLLM

        return ServerVideoLLM(
            choice.url, choice.name, choice.kind, api_key=key_for(choice.url, KEY),
            prices=_prices() or _known_prices(choice),
            keep_frames=compression.frame_ratio,
            choose=compression.chooser(frame_scores),
        )  # fmt: skip
    from playhead_tools.video_llm.longvu_selection import two_grid_tokens
    from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

    name: Path | str = named_folder(choice.name) if choice.backend == "plugin" else choice.name
    model = TransformersVideoLLM(
        name,
        loading=loading.load_options(device, four_bit=choice.four_bit),
        plain_prompt=choice.plain_prompt,
    )
    two_grids = two_grid_tokens(model, compression.ratio)
    model.keep = compression.keeper(model.word_vectors, frame_scores, two_grids)
    return model


def load_captioner(
    choice: VideoChoice, device: str = AUTO, samples: int = 1, *, loading: VideoLoading = AS_CONFIGURED
) -> "VideoCaptioner":
    """The captioner that indexing uses; a server's captions are stored by its model's name alone.

    Args:
        choice: the model.
        device: as `ModelNames` names it.
        samples: captions sampled for each segment, of which the one that agrees best is taken.
        loading: attention, number type and 4 bits of a model on this machine.

    Raises:
        ModelUnavailable: the choice is no model, its plugin has none, or it does not sample.
    """
    from playhead_tools.captions.captioner import VideoCaptioner

    at_once = MAX_PARALLEL_CALLS if choice.backend == "server" else 1
    name = Path(choice.name).name if choice.backend == "local" else choice.name.removesuffix(":")
    model = load_video_llm(choice, device, loading=loading)
    return VideoCaptioner(model, forms=choice.forms, at_once=at_once, model_name=name, samples=samples)


def _prices() -> "Prices | None":
    """The price table of the environment; None without one.

    Raises:
        ModelUnavailable: it is not two numbers.
    """
    from playhead_tools.video_llm.server import Prices

    env_value = os.environ.get(PRICES)
    if not env_value:
        return None
    try:
        prompt, new = (float(part) for part in env_value.split("/"))
        return Prices(prompt, new)
    except ValueError as error:
        raise ModelUnavailable(
            f"{PRICES} must be PROMPT/NEW per million tokens, got {env_value!r}"
        ) from error


def _known_prices(choice: VideoChoice) -> "Prices | None":
    """What the server of a choice charges, by the table of known prices; None where it is not known."""
    from playhead_agent.models.prices import price_of
    from playhead_tools.video_llm.server import Prices

    price = price_of(urlsplit(choice.url).netloc.rpartition("@")[2], choice.name)
    return None if price is None else Prices(price.prompt, price.new, price.cached)
