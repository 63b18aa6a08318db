"""Arguments of a tool call brought into the form of its schema, as far as what they mean is plain."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any

from playhead_index.window import format_time

Schema = Mapping[str, Any]
MAX_TEXT_CHARS = 4_000
MAX_ITEMS = 64
MAX_DEPTH = 6
_MAX_PLAIN_NUMBER = 1e15
"""Numbers above this are written out: a 64-bit float holds every whole number below it."""
NAMES: dict[str, tuple[str, ...]] = {
    "query": ("q", "text", "queries", "search", "what", "keywords"),
    "question": ("query", "prompt", "q"),
    "description": ("what", "event", "query", "target", "text"),
    "kind": ("kinds", "modality", "type", "lane"),
    "kinds": ("kind", "modality", "type"),
    "video": ("videos", "video_id", "file", "name"),
    "videos": ("video", "video_id", "video_ids", "files"),
    "range": ("ranges", "time_range", "window", "time", "segment"),
    "ranges": ("range", "time_ranges", "windows", "time", "evidence_ids", "ids"),
    "ids": ("evidence_ids", "evidence", "id", "evidence_id", "cited", "citations"),
    "events": ("ids", "event_ids", "evidence_ids", "evidence", "event", "args"),
    "anchors": ("anchor", "anchor_ids", "others", "reference"),
    "arg": ("args", "n", "expression", "expr", "time", "value"),
    "claims": ("claim", "answer", "statements"),
    "text": ("claim", "statement", "sentence", "answer"),
    "k": ("limit", "top_k", "n"),
    "where": ("modality", "kind", "kinds", "in"),
}
"""What models call an argument that has another name here; used where the call leaves the argument out."""
WORDS: dict[str, tuple[str, ...]] = {
    "transcript": ("speech",), "transcripts": ("speech",), "audio": ("speech",), "spoken": ("speech",),
    "said": ("speech",), "text": ("screen",), "ocr": ("screen",), "screen_text": ("screen",),
    "slide": ("screen",), "slides": ("screen",), "written": ("screen",), "visual": ("picture", "pictures"),
    "image": ("picture", "pictures"), "images": ("picture", "pictures"), "frames": ("picture", "pictures"),
    "video": ("picture", "pictures"), "shown": ("picture", "pictures"), "all": ("any", "both"),
    "everything": ("any", "both"), "both": ("any",), "any": ("both",), "words": ("any",),
    "calculate": ("calc",), "math": ("calc",), "total_duration": ("duration",), "how_many": ("count",),
    "not_found": ("absent",), "not found": ("absent",), "unsure": ("unknown",), "none": ("absent",),
    "dense": ("high",), "sparse": ("low",), "medium": ("normal",), "default": ("normal",),
}  # fmt: skip
"""What models write for a choice that has another name here."""

_ALL = frozenset(("all", "any", "everything", "words", "both"))


def repaired(schema: Schema, given: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """Arguments in the form of a schema; what cannot be brought into it stays for the check that follows.

    Args:
        schema: JSON schema of an object.
        given: as the model wrote them.
        notes: take what was left out or cut.

    >>> texts = {"type": "array", "items": {"type": "string"}}
    >>> repaired({"properties": {"k": {"type": "integer"}, "ids": texts}}, {"k": "3", "ids": "E1"}, [])
    {'k': 3, 'ids': ['E1']}
    """
    return _object(schema, given, notes, 0)


def _object(schema: Schema, given: Mapping[str, Any], notes: list[str], depth: int) -> dict[str, Any]:
    fields: Mapping[str, Schema] = schema.get("properties", {})
    rest = {str(name): value for name, value in given.items() if name not in fields}
    arguments = {name: given[name] for name in fields if given.get(name) is not None}
    _range_of_edges(fields, arguments, rest)
    for name in fields:
        if name in arguments and arguments[name] != "" and arguments[name] != []:
            continue
        alias = next((one for one in NAMES.get(name, ()) if rest.get(one) not in (None, "", [])), None)
        if alias is not None:
            arguments[name] = rest.pop(alias)
    ignored = [name for name, value in rest.items() if value not in (None, "", [])]
    if ignored:
        notes.append(f"arguments that there are not were ignored: {', '.join(ignored[:5])[:120]}")
    return {name: _value(fields[name], value, notes, depth + 1) for name, value in arguments.items()}


def _range_of_edges(fields: Mapping[str, Schema], arguments: dict[str, Any], rest: dict[str, Any]) -> None:
    """`start` and `end` as one range, where a tool takes a range and they are given."""
    edges = [("start", "end"), ("start_s", "end_s"), ("from", "to"), ("start_time", "end_time")]
    for start, end in edges:
        if start in rest or end in rest:
            low, high = _edge(rest.pop(start, None)), _edge(rest.pop(end, None))
            name = next((one for one in ("range", "ranges") if one in fields), None)
            if name is not None and not arguments.get(name) and (low or high):
                arguments[name] = f"{low or 'start'}-{high or 'end'}"


def _edge(value: Any) -> str:
    """An end of a range as text; JSON readers take `NaN` and `1e999`, which no clock shows."""
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return format_time(value)
    return str(value or "")


def _value(schema: Schema, value: Any, notes: list[str], depth: int) -> Any:
    if depth > MAX_DEPTH:
        return value
    make: Callable[..., Any] | None = _BY_TYPE.get(str(schema.get("type")))
    return value if make is None else make(schema, value, notes, depth)


def _text(schema: Schema, value: Any, notes: list[str], depth: int) -> Any:
    if isinstance(value, list | tuple):
        if _is_pair(value):
            value = f"{_edge(value[0])}-{_edge(value[1])}"
        elif len(value) == 1:
            return _text(schema, value[0], notes, depth + 1) if depth <= MAX_DEPTH else value
        elif value and all(isinstance(one, str | int | float) for one in value):
            value = " ".join(map(str, value))
        elif not value:
            value = ""
    if isinstance(value, Mapping):
        value = _range_text(value) or value
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}" if abs(value) < _MAX_PLAIN_NUMBER else str(value)
    if not isinstance(value, str):
        return value
    if len(value) > MAX_TEXT_CHARS:
        notes.append(f"only the first {MAX_TEXT_CHARS} characters of a text were taken")
        value = value[:MAX_TEXT_CHARS]
    choices = schema.get("enum")
    return value if choices is None else _choice(value, choices)


def _is_pair(value: Sequence[Any]) -> bool:
    return len(value) == 2 and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in value
    )


def _range_text(value: Mapping[str, Any]) -> str:
    """`{"video": "a", "start": 3, "end": 9}` as `a 0:03-0:09`; empty where it is no such thing."""
    keys = {str(key).casefold(): one for key, one in value.items()}
    low = next((keys[k] for k in ("start", "start_s", "from", "start_time", "begin") if k in keys), None)
    high = next((keys[k] for k in ("end", "end_s", "to", "end_time") if k in keys), None)
    video = next((str(keys[k]) for k in ("video", "video_id", "name") if keys.get(k)), "")
    inner = next((str(keys[k]) for k in ("range", "time", "window", "id", "evidence_id") if keys.get(k)), "")
    span = inner if low is None and high is None else f"{_edge(low) or 'start'}-{_edge(high) or 'end'}"
    return f"{video} {span}".strip()


def _choice(value: str, choices: Sequence[str]) -> str:
    """The choice that a word means; the word itself where it means none."""
    word = value.strip().casefold().replace("-", "_")
    if word in choices:
        return word
    for other in (*WORDS.get(word, ()), word.removesuffix("s"), f"{word}s", word.replace(" ", "_")):
        if other in choices:
            return other
    return next(iter(get_close_matches(word[:40], choices, n=1, cutoff=0.8)), value)


def _whole_number(schema: Schema, value: Any, notes: list[str], depth: int) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d{1,9}(?:\.0{1,6})?\s*", value):
        return int(float(value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _list(schema: Schema, value: Any, notes: list[str], depth: int) -> Any:
    if isinstance(value, str):
        value = _split(value, schema)
    elif isinstance(value, Mapping) or not isinstance(value, list | tuple):
        value = [value]
    elif _is_pair(value) and schema["items"].get("type") == "string":
        value = [list(value)]  # [75, 90] is one range
    items = list(value)
    if "enum" in schema["items"]:  # all kinds are what an empty list means
        items = [one for one in items if str(one).strip().casefold() not in _ALL]
    if len(items) > MAX_ITEMS:
        notes.append(f"only the first {MAX_ITEMS} of {len(items)} items were taken")
    return [_value(schema["items"], one, notes, depth + 1) for one in items[:MAX_ITEMS] if one is not None]


def _split(value: str, schema: Schema) -> list[Any]:
    text = value.strip()
    if text[:1] in ("[", "{"):
        try:
            loaded = json.loads(text)
        except (ValueError, RecursionError):
            loaded = None
        if isinstance(loaded, list):
            return loaded
        if isinstance(loaded, dict):
            return [loaded]
    if not text:
        return []
    inner = re.sub(r"[][()\"']", " ", text).strip()
    if schema["items"].get("type") == "string" and re.fullmatch(
        r"[\w:.\s-]{1,40}(?:[,;][\w:.\s-]{1,40}){1,30}", inner
    ):
        return [part.strip() for part in re.split(r"[,;]", inner) if part.strip()]
    return [text]


def _form(schema: Schema, value: Any, notes: list[str], depth: int) -> Any:
    if isinstance(value, str) and len(schema.get("properties", {})) > 1:
        names = list(schema["properties"])
        value = {"text" if "text" in names else names[0]: value}  # a claim that is only its sentence
    if not isinstance(value, Mapping):
        return value
    made = _object(schema, value, notes, depth)
    lists = [name for name, one in schema.get("properties", {}).items() if one.get("type") == "array"]
    return {**{name: [] for name in lists}, **made}  # what a missing list means, the tool says


_BY_TYPE: dict[str, Callable[..., Any]] = {
    "string": _text, "integer": _whole_number, "array": _list, "object": _form,
}  # fmt: skip
