"""A chat model that calls tools from a script: for tests and examples without a model."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field

Call = tuple[str, dict[str, Any]]
Reply = AIMessage | Call | list[Call] | str | BaseException


class ScriptedToolModel(BaseChatModel):
    """Gives the replies of a script, one a call, and keeps what it was sent and which tools it was offered.

    A reply is an `AIMessage` as it is; one `(tool, arguments)` or a list of them as tool calls; a string as
    prose; an exception is raised, as a server that is away would; a function makes one of these from the
    messages.

    >>> model = ScriptedToolModel(replies=[("search", {"query": "Bayes"})])
    >>> model.bind_tools([]).invoke("When?").tool_calls[0]["name"]
    'search'
    """

    replies: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    offered: list[list[str]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted-tools"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Keeps the names of the tools with every call."""
        return self.bind(tools=list(tools))

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
        self.offered.append([tool["function"]["name"] for tool in kwargs.get("tools", ())])
        if len(self.seen) > len(self.replies):
            raise LookupError(f"the script holds {len(self.replies)} replies, this is call {len(self.seen)}")
        reply = self.replies[len(self.seen) - 1]
        message = self._message(reply(messages) if callable(reply) else reply)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _message(self, reply: Reply) -> AIMessage:
        if isinstance(reply, BaseException):
            raise reply
        if isinstance(reply, AIMessage):
            return reply
        if isinstance(reply, str):
            return AIMessage(reply)
        calls = [reply] if isinstance(reply, tuple) else reply
        at = len(self.seen)
        rows = [{"name": name, "args": args, "id": f"{at}.{i}"} for i, (name, args) in enumerate(calls)]
        return AIMessage("", tool_calls=rows)
