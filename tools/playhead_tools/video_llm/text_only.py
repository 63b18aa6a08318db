"""Messages without pictures, answered by the language model of a video-LLM."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from playhead_index.embed.checkpoints import map_load_errors
from playhead_tools.video_llm.chat_template import control_tokens, plain, with_system_role
from playhead_tools.video_llm.loaded_model import LoadedModel

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a conversation.

    Args:
        role: by whom.
        text: what; a control token of the model in it is written so that it is none.
    """

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class TextReply:
    """The response of a model.

    Args:
        text: as generated, special tokens left out; may be empty.
        prompt_tokens: of the messages as the template wrote them.
        new_tokens: generated.
        truncated: generation ended at its limit, not by itself.
    """

    text: str
    prompt_tokens: int
    new_tokens: int
    truncated: bool


class TextModel(Protocol):
    """A model in this process that answers messages without pictures."""

    name: str

    def chat(self, messages: Sequence[Message], new_tokens: int) -> TextReply:
        """A reply to messages, decoded greedily.

        Raises:
            ModelUnavailable: the model does not load, has no chat template, or has not enough memory.
        """
        ...


def text_prompt(loaded: LoadedModel, messages: Sequence[Message]) -> str:
    """The whole prompt as the model's own template writes it.

    Raises:
        ModelUnavailable: the checkpoint has no template, or its template refuses the messages.
    """
    processor, family = loaded.processor, loaded.family
    template = (
        {} if processor.chat_template or family.template is None else {"chat_template": family.template}
    )
    control = control_tokens(loaded)
    written = [
        {"role": message.role, "content": [{"type": "text", "text": plain(message.text, control)}]}
        for message in messages
    ]
    with map_load_errors(family.title, "writing the prompt"):
        prompt: str = processor.apply_chat_template(
            with_system_role(family, written), tokenize=False, add_generation_prompt=True, **template
        )
    return prompt
