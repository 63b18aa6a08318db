"""How servers that speak OpenAI's chat completions differ: one row a kind, no code a kind."""

from dataclasses import dataclass
from typing import Any, Literal

VideoForm = Literal["images", "frames", "clip", "input_video"]
"""How a clip is sent: pictures with their times between them; all pictures as one video by the frame
(`video/jpeg`); an MP4 by `video_url`; an MP4 by llama.cpp's `input_video`."""
Structured = Literal[
    "json_schema", "structured_outputs", "guided_json", "json_object_schema", "json_object", "prompt"
]
"""How a reply is held to a schema; `prompt` means by words alone."""


@dataclass(frozen=True, slots=True)
class ServerKind:
    """What a kind of server takes.

    Args:
        name: `vllm`, `sglang`, …
        video_forms: how clips can be sent; the first is the default.
        structured: ways to hold a reply to a schema, best first; the next is taken when one is refused.
        new_tokens_field: what the limit of new tokens is called.
        strict: a schema must be marked strict, and keep to what that allows, to be held to.
    """

    name: str
    video_forms: tuple[VideoForm, ...]
    structured: tuple[Structured, ...]
    new_tokens_field: str = "max_tokens"
    strict: bool = False


KINDS: dict[str, ServerKind] = {
    kind.name: kind
    for kind in (
        ServerKind(
            "vllm",
            ("images", "frames", "clip"),
            ("json_schema", "structured_outputs", "guided_json", "prompt"),
        ),
        ServerKind("sglang", ("images", "clip"), ("json_schema", "prompt")),
        ServerKind("llama.cpp", ("images", "input_video"), ("json_schema", "json_object_schema", "prompt")),
        ServerKind("ollama", ("images",), ("json_schema", "json_object", "prompt")),
        ServerKind(
            "openai",
            ("images",),
            ("json_schema", "json_object", "prompt"),
            new_tokens_field="max_completion_tokens",
            strict=True,
        ),
        ServerKind("other", ("images", "clip"), ("json_schema", "json_object", "prompt")),
    )
}


def structured_fields(way: Structured, name: str, schema: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """The fields of a request that hold its reply to a schema in this way."""
    if way == "json_schema":
        json_schema: dict[str, Any] = {"name": name, "schema": schema}
        if strict and is_strict(schema):
            json_schema["strict"] = True
        return {"response_format": {"type": "json_schema", "json_schema": json_schema}}
    if way == "structured_outputs":
        return {"structured_outputs": {"json": schema}}
    if way == "guided_json":
        return {"guided_json": schema}
    if way == "json_object_schema":
        return {"response_format": {"type": "json_object", "schema": schema}}
    return {"response_format": {"type": "json_object"}} if way == "json_object" else {}


def is_strict(schema: Any) -> bool:
    """Every object in a JSON schema requires all its properties and allows no others, as OpenAI's strict
    mode demands.

    >>> is_strict({"type": "object", "properties": {"a": {}}, "required": ["a"]})
    False
    """
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        named = set(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False or named != set(schema.get("required", [])):
            return False
    return all(map(is_strict, schema.values()))
