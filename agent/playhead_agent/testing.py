"""Test doubles of this package, for tests and for examples, without a model.

`ScriptedChat` is a `ChatModel` of this project, `ScriptedChatModel` a chat model of LangChain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from playhead_agent.limits import Meter
from playhead_agent.models.protocol import ModelReply, ToolCall
from playhead_tools.toolbox.schema import ToolSpec

Reply = str | dict[str, Any] | AIMessage | BaseException
Filler = Callable[[Sequence[BaseMessage], type[BaseModel]], Any]


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


def agree_with_all(messages: Sequence[BaseMessage], form: type[BaseModel]) -> dict[str, Any]:
    """A form of verdicts filled with yes."""
    return dict.fromkeys(form.model_fields, "yes")


@dataclass
class ScriptedChat:
    """A `ChatModel` that gives the replies of a script, one a call, and records messages and offered tools.

    A reply is a `ModelReply` as it is; `(tool, arguments)` or a list of them as calls; a string as prose; an
    exception is raised, as a server that is away would; a function makes one of these from the messages.

    Args:
        replies: to `call`, in order.
        fill_with: fills a form; by default it agrees with every claim.
        host: where it says that it is.
        context_tokens: see `ChatModel`.
        takes_images: see `ChatModel`.
        sent: the messages of each call.
        offered: the names of the tools of each call.
        filled: the messages of each form.

    >>> chat = ScriptedChat([("search", {"query": "Bayes"})])
    >>> chat.call([], [], Meter()).calls[0].name
    'search'
    """

    replies: list[Any]
    fill_with: Filler = agree_with_all
    host: str = ""
    context_tokens: int = 128_000
    takes_images: bool = False
    name: str = "scripted"
    sent: list[list[BaseMessage]] = field(default_factory=list)
    offered: list[list[str]] = field(default_factory=list)
    filled: list[list[BaseMessage]] = field(default_factory=list)

    def num_tokens(self, text: str) -> int:
        """A token for every three characters."""
        return len(text) // 3 + 1

    def call(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[ToolSpec],
        meter: Meter,
        *,
        reserve_s: float = 0.0,
    ) -> ModelReply:
        """The next reply.

        Raises:
            LookupError: the script is at its end.
        """
        meter.model_call()
        self.sent.append(list(messages))
        self.offered.append([tool.name for tool in tools])
        if len(self.sent) > len(self.replies):
            raise LookupError(f"the script holds {len(self.replies)} replies, this is call {len(self.sent)}")
        reply = self.replies[len(self.sent) - 1]
        meter.tokens(sum(self.num_tokens(str(one.content)) for one in messages), 10)
        return _reply_of(reply(self.sent[-1]) if callable(reply) else reply)

    def fill(
        self,
        messages: Sequence[BaseMessage],
        form: type[Any],
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> Any:
        """A form filled by `fill_with`."""
        meter.model_call()
        self.filled.append(list(messages))
        values = self.fill_with(messages, form)
        if isinstance(values, BaseException):
            raise values
        return form.model_validate(values)

    def say(
        self,
        messages: Sequence[BaseMessage],
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> ModelReply:
        """The next reply, as for `call`."""
        return self.call(messages, [], meter)


def _reply_of(reply: Any) -> ModelReply:
    if isinstance(reply, BaseException):
        raise reply
    if isinstance(reply, ModelReply):
        return reply
    if isinstance(reply, str):
        return ModelReply(reply, problem="" if not reply else "the reply holds no tool call")
    rows = [reply] if isinstance(reply, tuple) else reply
    return ModelReply("", tuple(ToolCall(name, args) for name, args in rows))
