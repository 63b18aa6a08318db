"""The video-LLM of a library as the chat model that plans."""

import json
from typing import TYPE_CHECKING

from playhead.api_keys import key_for
from playhead.load_video_model import load_video_llm
from playhead.models import ModelNames
from playhead.video_model_choice import KEY, named_folder
from playhead.video_models import VideoChoice
from playhead_index.errors import ModelUnavailable

if TYPE_CHECKING:
    from playhead_agent.models.chat_model import LangChainChat


def video_chat(choice: VideoChoice, names: ModelNames) -> "LangChainChat":
    """A video-LLM as a chat model of the agent: its server, or the model in this process.

    Args:
        choice: the video-LLM.
        names: with the device, and whether only this machine may be used.

    Raises:
        ModelUnavailable: there is none, it cannot be made, or it is not on this machine and must be.
    """
    from playhead.chat_models import load_chat_model
    from playhead_agent.models.chat_model import LangChainChat
    from playhead_agent.models.video_llm_chat import VideoLLMChat

    if choice.backend == "off":
        raise ModelUnavailable(f"there is no video-LLM to plan with: {choice.reason}")
    if choice.backend == "server":
        model = load_chat_model(
            f"openai:{choice.name}", choice.url, local_only=names.local_only, key=key_for(choice.url, KEY)
        )
        return LangChainChat(model, name=choice.name)
    llm = load_video_llm(choice, names.device, loading=names.video_loading)
    chat = VideoLLMChat(llm=llm, model_name=choice.name)
    positions = num_positions(choice.name)
    return LangChainChat(chat, name=choice.name, context_tokens=positions, takes_images=False)


def num_positions(name: str) -> int:
    """Positions of the language model of a checkpoint, by its configuration; 0 where it does not say.

    Raises:
        ModelUnavailable: the checkpoint is not on this machine.
    """
    try:
        config = json.loads((named_folder(name) / "config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return 0
    parts = [config, *(config.get(key) for key in ("text_config", "llm_config", "language_config"))]
    found = [part.get("max_position_embeddings") for part in parts if isinstance(part, dict)]
    return max((one for one in found if isinstance(one, int)), default=0)
