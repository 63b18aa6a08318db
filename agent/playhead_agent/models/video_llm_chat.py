"""A video-LLM in this process as a chat model of LangChain, so that it can plan."""

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

from playhead_tools.video_llm.text_only import Message, Role, TextModel

NEW_TOKENS = 1_024


class VideoLLMChat(BaseChatModel):
    """Text in, text out; it takes no tools and no pictures, which `LangChainChat` asks for in words.

    Args:
        llm: the model.
        model_name: the checkpoint's name, under which the capabilities of the model are stored.
        max_tokens: new tokens of a reply.

    >>> from playhead_tools.video_llm.text_only import TextReply
    >>> class Echo:
    ...     name = "echo"
    ...     def chat(self, messages, new_tokens):
    ...         return TextReply(messages[-1].text, 5, 1, truncated=False)
    >>> VideoLLMChat(llm=Echo(), model_name="echo").invoke("hello").content
    'hello'
    """

    llm: Any
    model_name: str
    max_tokens: int = NEW_TOKENS

    @property
    def _llm_type(self) -> str:
        return "video-llm"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One reply, decoded greedily.

        Raises:
            ModelUnavailable: the model does not load, or has not enough memory.
        """
        llm: TextModel = self.llm
        reply = llm.chat(_as_messages(messages), int(kwargs.get("max_tokens", self.max_tokens)))
        used = UsageMetadata(
            input_tokens=reply.prompt_tokens,
            output_tokens=reply.new_tokens,
            total_tokens=reply.prompt_tokens + reply.new_tokens,
        )
        reason = {"finish_reason": "length" if reply.truncated else "stop"}
        message = AIMessage(reply.text, usage_metadata=used, response_metadata=reason)
        return ChatResult(generations=[ChatGeneration(message=message)])


def _as_messages(messages: Sequence[BaseMessage]) -> list[Message]:
    return [Message(_role(message), message.text) for message in messages]


def _role(message: BaseMessage) -> Role:
    if isinstance(message, SystemMessage):
        return "system"
    return "assistant" if isinstance(message, AIMessage) else "user"
