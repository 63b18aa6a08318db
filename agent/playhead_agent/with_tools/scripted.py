"""A chat model that calls tools from a script: for tests and examples without a model."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field

from playhead_agent.scripted import ScriptedChatModel


class ScriptedToolModel(ScriptedChatModel):
    """Gives the replies of a script, one a call, and keeps what it was sent and which tools it was offered.

    A reply is an `AIMessage` as it is; one `(tool, arguments)` or a list of them as tool calls; a string as
    prose; an exception is raised, as a server that is away would; a function makes one of these from the
    messages.

    >>> model = ScriptedToolModel(replies=[("search", {"query": "Bayes"})])
    >>> model.bind_tools([]).invoke("When?").tool_calls[0]["name"]
    'search'
    """

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
        self.offered.append([tool["function"]["name"] for tool in kwargs.get("tools", ())])
        return super()._generate(messages, stop, run_manager, **kwargs)

    def _message(self, reply: Any) -> AIMessage:
        if callable(reply):
            reply = reply(self.seen[-1])
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
