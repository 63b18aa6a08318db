"""Loads the video-LLM of a choice, for questions and for captions."""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playhead.api_keys import key_for
from playhead.video_model_choice import KEY, named_folder
from playhead.video_models import AUTO, OFF, VideoChoice
from playhead_index.errors import ModelUnavailable

if TYPE_CHECKING:
    from playhead_tools.captions.captioner import VideoCaptioner
    from playhead_tools.video_llm.protocol import VideoLLM
    from playhead_tools.video_llm.server import Prices

PRICES = "PLAYHEAD_VIDEO_PRICES"
"""What a server charges for a million tokens of prompt and a million generated ones: `0.15/0.60`."""
KEEP_TOKENS = "PLAYHEAD_KEEP_TOKENS"
MAX_PARALLEL_CALLS = 4


def resolve_keep_ratio(requested_ratio: float | None = None) -> float:
    """The share of visual tokens to keep: as requested, else as the environment sets it, else 1.

    Raises:
        ValueError: the requested share is not above 0 and at most 1.
        ModelUnavailable: that of the environment is not.
    """
    if requested_ratio is None and (env_value := os.environ.get(KEEP_TOKENS)):
        try:
            return resolve_keep_ratio(float(env_value))
        except ValueError as error:
            raise ModelUnavailable(
                f"{KEEP_TOKENS} must be above 0 and at most 1, such as 0.25; got {env_value!r}"
            ) from error
    part = 1.0 if requested_ratio is None else requested_ratio
    if not 0 < part <= 1:
        raise ValueError(f"the part of the tokens to keep must be above 0 and at most 1, got {part}")
    return part


def load_video_llm(choice: VideoChoice, device: str = AUTO, keep_ratio: float = 1.0) -> "VideoLLM":
    """The model of a choice; weights are loaded, and the server is called, at the first request.

    Args:
        choice: the model.
        device: as `ModelNames` names it.
        keep_ratio: the share of the visual tokens of a call that is retained, selected by the words of the
            question (`GuidedTokens`); behind a server the part of the frames, evenly spread.

    Raises:
        ModelUnavailable: the choice is no model, or its plugin has none.
        ValueError: the part is not above 0 and at most 1.
    """
    part = resolve_keep_ratio(keep_ratio)
    if choice.backend == OFF:
        raise ModelUnavailable(f"there is no video-LLM: {choice.reason}")
    if choice.backend == "server":
        from playhead_tools.video_llm.server import ServerVideoLLM

        return ServerVideoLLM(
            choice.url, choice.name, choice.kind, api_key=key_for(choice.url, KEY),
            prices=_prices() or _known_prices(choice),
            keep_frames=part,
        )  # fmt: skip
    from playhead_tools.video_llm.load_model import LoadOptions
    from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

    name: Path | str = named_folder(choice.name) if choice.backend == "plugin" else choice.name
    model = TransformersVideoLLM(
        name,
        loading=LoadOptions(device=device, four_bit=choice.four_bit),
        plain_prompt=choice.plain_prompt,
    )
    if part < 1:
        from playhead_tools.video_llm.text_guided_selection import GuidedTokens

        model.keep = GuidedTokens(part, model.word_vectors)
    return model


def load_captioner(choice: VideoChoice, device: str = AUTO, samples: int = 1) -> "VideoCaptioner":
    """The captioner that indexing uses; a server's captions are stored by its model's name alone.

    Args:
        choice: the model.
        device: as `ModelNames` names it.
        samples: captions sampled for each segment, of which the one that agrees best is taken.

    Raises:
        ModelUnavailable: the choice is no model, its plugin has none, or it does not sample.
    """
    from playhead_tools.captions.captioner import VideoCaptioner

    at_once = MAX_PARALLEL_CALLS if choice.backend == "server" else 1
    name = Path(choice.name).name if choice.backend == "local" else choice.name.removesuffix(":")
    model = load_video_llm(choice, device)
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
    """What the server of a choice charges, by the table of known prices; None where nobody knows."""
    from playhead_agent.models.prices import price_of
    from playhead_tools.video_llm.server import Prices

    price = price_of(urlsplit(choice.url).netloc.rpartition("@")[2], choice.name)
    return None if price is None else Prices(price.prompt, price.new, price.cached)
