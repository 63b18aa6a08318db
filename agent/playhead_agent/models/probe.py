"""Finds out how a model makes tool calls, and whether it sees pictures, by two small questions each."""

import base64
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playhead_agent.models.protocol import ModelReply, ToolCall, Transport
from playhead_agent.models.transports import TRANSPORTS
from playhead_index.errors import ModelOutputInvalid
from playhead_tools.toolbox.context import Record, ToolContext
from playhead_tools.toolbox.schema import ToolSpec

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

PROBE_TOKENS = 120
RULES = "You answer questions about a video by calling tools. Never answer without a tool call."
QUESTION = "When does somebody say good morning?"
FOUND = "E1: 0:12-0:15, speech: Good morning, everybody."


def search(tool_context: ToolContext, query: str) -> Record:
    """Finds moments of the video.

    Args:
        query: words to look for.
    """
    raise NotImplementedError


def finish(tool_context: ToolContext, claims: list[dict[str, Any]]) -> Record:
    """Gives the answer.

    Args:
        claims: sentences, each with the ids of its evidence.
    """
    raise NotImplementedError


@dataclass(frozen=True)
class _FinishSpec(ToolSpec):
    @property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of the arguments, as deep as those of the real tools."""
        ids = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        claim = {
            "type": "object",
            "properties": {"text": {"type": "string"}, "ids": ids},
            "required": ["text", "ids"],
            "additionalProperties": False,
        }
        claims = {"type": "array", "items": claim, "minItems": 1, "maxItems": 3,
                  "description": "sentences, each with the ids of its evidence, such as E1"}  # fmt: skip
        return {"type": "object", "properties": {"claims": claims}, "required": ["claims"],
                "additionalProperties": False}  # fmt: skip


TOOLS: tuple[ToolSpec, ...] = (ToolSpec(search), _FinishSpec(finish))
Send = Callable[["Sequence[BaseMessage]", Sequence[ToolSpec], Transport], ModelReply]


def probe_transport(
    send: Send, first: Sequence[Transport] = TRANSPORTS
) -> tuple[Transport, Mapping[str, str]]:
    """The first transport in which both questions are answered by a call that can be used.

    Where none is, the one in which most of them were: a reply that keeps a schema can be repaired.

    Args:
        send: sends messages with tools by a transport.
        first: transports in the order in which they are tried.

    Returns:
        The transport, and for each one that was tried why it is not taken.
    """
    scores: dict[Transport, int] = {}
    problems: dict[str, str] = {}
    for transport in first:
        scores[transport], problems[transport] = _score(send, transport)
        if scores[transport] == 2:
            return transport, problems
    return max(scores, key=lambda one: scores[one]), problems


def _score(send: Send, transport: Transport) -> tuple[int, str]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    messages: list[BaseMessage] = [SystemMessage(RULES), HumanMessage(QUESTION)]
    reply = send(messages, TOOLS, transport)
    if not _is_search(reply):
        return 0, _problem(reply, "search")
    call = reply.calls[0]
    made = AIMessage("", tool_calls=[{"name": call.name, "args": dict(call.args), "id": "probe-1"}])
    found = ToolMessage(f"{FOUND}\nNow call finish.", tool_call_id="probe-1")
    reply = send([*messages, made, found], TOOLS, transport)
    return (2, "") if _is_finish(reply) else (1, _problem(reply, "finish"))


def _is_search(reply: ModelReply) -> bool:
    return any(
        call.name == "search" and not call.problem and isinstance(call.args.get("query"), str)
        for call in reply.calls
    )


def _is_finish(reply: ModelReply) -> bool:
    return any(call.name == "finish" and _claims_hold(call) for call in reply.calls)


def _claims_hold(call: ToolCall) -> bool:
    claims = call.args.get("claims")
    return isinstance(claims, list) and bool(claims) and all(
        isinstance(one, dict) and isinstance(one.get("text"), str) and isinstance(one.get("ids"), list)
        for one in claims
    )  # fmt: skip


def _problem(reply: ModelReply, name: str) -> str:
    if reply.problem:
        return reply.problem
    calls = ", ".join(call.name for call in reply.calls) or "no call"
    return f"expected a call of {name}, got {calls}"


def probe_images(ask: Callable[["Sequence[BaseMessage]"], ModelReply]) -> bool:
    """Whether a model names the colour of a picture; a server that refuses pictures raises before."""
    from langchain_core.messages import HumanMessage

    url = f"data:image/png;base64,{base64.b64encode(plain_png((220, 20, 20), 64)).decode()}"
    content: list[Any] = [
        {"type": "text", "text": "What colour is this picture? Answer with one word."},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    try:
        return "red" in ask([HumanMessage(content)]).text.casefold()
    except ModelOutputInvalid:
        return False


def plain_png(colour: tuple[int, int, int], side_px: int) -> bytes:
    """A square PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * side_px) * side_px
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
