"""How tool calls reach a model and come back: natively, by a JSON schema of the reply, or in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playhead_agent.models.lenient_json import MAX_CALLS
from playhead_agent.models.protocol import ToolCall, Transport
from playhead_tools.toolbox.schema import ToolSpec

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

TRANSPORTS: tuple[Transport, ...] = ("tools", "json_schema", "prompted")
"""In the order in which they are tried."""
_FORM = '{"calls": [{"name": "TOOL", "args": {...}}]}'
_HOW = """Reply with one JSON object and nothing else:
{"calls": [{"name": "TOOL", "args": {"ARGUMENT": "VALUE"}}]}
Tools, with their arguments (? may be left out):"""
NO_CALL = {
    "tools": "the reply calls no tool; reply with a tool call",
    "json_schema": f"the reply calls no tool; reply with {_FORM}",
    "prompted": f"the reply calls no tool; reply with {_FORM} and nothing else",
}


def calls_schema(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """The JSON schema of a reply that calls one or several of some tools.

    Names come before arguments, so that a grammar made of the schema chooses the tool first.
    """
    choices = [
        {
            "type": "object",
            "properties": {
                "name": {"type": "string", "enum": [tool.name]},
                "args": close_schema(tool.parameters),
            },
            "required": ["name", "args"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    item = choices[0] if len(choices) == 1 else {"anyOf": choices}
    calls = {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_CALLS}
    return {
        "title": "calls",
        "type": "object",
        "properties": {"calls": calls},
        "required": ["calls"],
        "additionalProperties": False,
    }


def close_schema(schema: Any, defs: Mapping[str, Any] | None = None) -> Any:
    """A schema without references, titles and defaults, as grammars and providers take it."""
    if isinstance(schema, list):
        return [close_schema(one, defs) for one in schema]
    if not isinstance(schema, dict):
        return schema
    defs = {**(defs or {}), **schema.get("$defs", {})}
    if "$ref" in schema:
        return close_schema(defs[schema["$ref"].rpartition("/")[2]], defs)
    remaining = {
        key: value
        for key, value in schema.items()
        if key not in ("$defs", "default") and not (key == "title" and isinstance(value, str))
    }
    return {key: close_schema(value, defs) for key, value in remaining.items()}


def tools_text(tools: Sequence[ToolSpec]) -> str:
    """The tools in words, for models that are not sent them natively."""
    return "\n".join([_HOW, *(_tool_text(tool) for tool in tools)])


def _tool_text(tool: ToolSpec) -> str:
    properties = tool.parameters.get("properties", {})
    required = tool.parameters.get("required", [])
    signature = ", ".join(
        f"{name}{'' if name in required else '?'}: {type_text(schema)}" for name, schema in properties.items()
    )
    notes = [f"  {name}: {schema['description']}" for name, schema in properties.items()
             if schema.get("description")]  # fmt: skip
    return "\n".join([f"- {tool.name}({signature}): {' '.join(tool.description.split())}", *notes])


def type_text(schema: Mapping[str, Any]) -> str:
    """A JSON schema as a type in words.

    >>> type_text({"type": "array", "items": {"enum": ["speech", "screen"]}})
    '["speech" | "screen", ...]'
    """
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(type_text(one) for one in schema[key])
    kind = schema.get("type", "any")
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(type_text(one) for one in schema['prefixItems'])}]"
        return f"[{type_text(schema.get('items', {}))}, ...]"
    if kind == "object" and schema.get("properties"):
        required = schema.get("required", [])
        inside = (
            f'"{name}"{"" if name in required else "?"}: {type_text(one)}'
            for name, one in schema["properties"].items()
        )
        return f"{{{', '.join(inside)}}}"
    return {"string": "text", "null": "null"}.get(kind, str(kind))


def with_tools_in_text(messages: Sequence["BaseMessage"], tools: Sequence[ToolSpec]) -> list["BaseMessage"]:
    """The messages for a model that is not sent tools natively.

    The tools are appended to the system message, calls become the model's own JSON, and results become user
    messages.
    """
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    description = tools_text(tools)
    names: dict[str, str] = {}
    rewritten: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, AIMessage) and message.tool_calls:
            names |= {str(call["id"]): call["name"] for call in message.tool_calls}
            calls = [{"name": call["name"], "args": call["args"]} for call in message.tool_calls]
            rewritten.append(AIMessage(json.dumps({"calls": calls}, ensure_ascii=False)))
        elif isinstance(message, ToolMessage):
            name = names.get(message.tool_call_id) or message.name or "the tool"
            rewritten.append(HumanMessage(_with_text(f"Result of {name}:\n", message.content)))
        else:
            rewritten.append(message)
    if rewritten and isinstance(rewritten[0], SystemMessage):
        return merge_adjacent([SystemMessage(f"{rewritten[0].text}\n\n{description}"), *rewritten[1:]])
    return merge_adjacent([SystemMessage(description), *rewritten])


def merge_adjacent(messages: Sequence["BaseMessage"]) -> list["BaseMessage"]:
    """The messages with those of the same role in a row made one; many chat templates take no others."""
    from langchain_core.messages import AIMessage, HumanMessage

    merged: list[BaseMessage] = []
    for message in messages:
        last = merged[-1] if merged else None
        if last is not None and type(last) is type(message) and isinstance(message, HumanMessage | AIMessage):
            merged[-1] = type(message)(_joined(last.content, message.content))
        else:
            merged.append(message)
    return merged


def without_system(messages: Sequence["BaseMessage"]) -> list["BaseMessage"]:
    """The messages with the system's put before the first of the person, for models that take no system."""
    from langchain_core.messages import HumanMessage, SystemMessage

    system_text = "\n\n".join(message.text for message in messages if isinstance(message, SystemMessage))
    rest = [message for message in messages if not isinstance(message, SystemMessage)]
    return merge_adjacent([HumanMessage(system_text), *rest]) if system_text else rest


def with_schema(messages: Sequence["BaseMessage"], schema: Mapping[str, Any]) -> list["BaseMessage"]:
    """The messages with a request, in text, for a reply that keeps to a JSON schema."""
    from langchain_core.messages import HumanMessage

    form = json.dumps(close_schema(dict(schema)), ensure_ascii=False)
    instruction = f"Reply with one JSON object and nothing else, which keeps to this JSON schema:\n{form}"
    return merge_adjacent([*messages, HumanMessage(instruction)])


def correct_tool_names(calls: Sequence[ToolCall], tools: Sequence[ToolSpec]) -> Iterator[ToolCall]:
    """The calls, those of tools that are not offered marked as such."""
    names = [tool.name for tool in tools]
    for call in calls:
        if call.name in names or call.problem:
            yield call
        else:
            yield ToolCall(call.name, call.args, f"there is no such tool; there are {', '.join(names)}")


def _with_text(text: str, content: Any) -> Any:
    return text + content if isinstance(content, str) else [{"type": "text", "text": text}, *content]


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*_blocks(first), *_blocks(second)]


def _blocks(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
