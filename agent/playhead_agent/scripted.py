"""A chat model that replays: for tests and examples without a model."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field

Reply = str | dict[str, Any] | AIMessage | BaseException


class ScriptedChatModel(BaseChatModel):
    """A LangChain chat model that gives the replies of a script, one a call, and records its messages.

    A reply that is a dict comes as the arguments of the tool that the caller bound, a string as plain
    text, an `AIMessage` as it is; an exception is raised, as a server that is away would.

    >>> model = ScriptedChatModel(replies=["hello"])
    >>> model.invoke("who is there?").content, model.seen[0][0].content
    ('hello', 'who is there?')
    """

    replies: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    tools: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Keeps the tools; the model stays the same."""
        self.tools.append(list(tools))
        return self.bind()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """The next reply.

        Raises:
            LookupError: the script is at its end.
        """
        self.seen.append(list(messages))
        if len(self.seen) > len(self.replies):
            raise LookupError(f"the script holds {len(self.replies)} replies, this is call {len(self.seen)}")
        reply: Reply = self.replies[len(self.seen) - 1]
        if isinstance(reply, BaseException):
            raise reply
        return ChatResult(generations=[ChatGeneration(message=self._message(reply))])

    def _message(self, reply: str | dict[str, Any] | AIMessage) -> AIMessage:
        if isinstance(reply, AIMessage):
            return reply
        if isinstance(reply, str):
            return AIMessage(reply)
        name = self.tools[-1][0].get("title", "answer") if self.tools else "answer"
        return AIMessage("", tool_calls=[{"name": name, "args": reply, "id": f"call_{len(self.seen)}"}])
