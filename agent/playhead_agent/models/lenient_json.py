"""Lenient parsing of JSON in a model's text: fenced, followed by words, with doubled braces, and so on."""

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead_agent.models.invoke import check_depth
from playhead_agent.models.protocol import ToolCall

MAX_CHARS = 60_000
"""Maximum characters of a reply that are searched for JSON; the rest is not read."""
MAX_CALLS = 6
MAX_ARGUMENT_CHARS = 6_000
_MAX_STARTS = 16
"""Opening brackets that are tried where the text before them was no JSON."""
_MAX_LITERAL_CHARS, _MAX_LITERAL_DEPTH = 8_000, 20
_OPEN, _CLOSE = "{[", "}]"
_PAIRS = {"}": "{", "]": "["}
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]]', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,(?=\s{0,64}[}\]])', re.DOTALL)
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGS = ("args", "arguments", "parameters", "params", "input", "action_input", "tool_input")
_LISTS = ("calls", "tool_calls", "actions", "tools")


def json_values(text: str) -> list[Any]:
    """The JSON objects and lists in a text, in order; words around them are skipped.

    >>> json_values('Sure: ```json\\n{"a": 1,}\\n``` and {{"b": 2}} {\\'c\\': "it\\'s"} done')
    [{'a': 1}, {'b': 2}, {'c': "it's"}]
    """
    return [value for region in _regions(text[:MAX_CHARS]) for value in _load(region)]


def read_calls(text: str, names: Sequence[str]) -> list[ToolCall]:
    """The calls of some tools in a text, in any of the usual shapes.

    The shapes are `{"calls": [...]}`, a list, `{"name", "args"}` with the field names of the usual formats,
    and `{"TOOL": {...}}`. JSON that names no tool is no call.

    >>> read_calls('<tool_call>{"name": "search", "arguments": {"query": "a dog"}}</tool_call>', ["search"])
    [ToolCall(name='search', args={'query': 'a dog'}, problem='')]
    """
    return [call for value in json_values(text) for call in _calls(value, names, 4)]


def make_call(name: str, args: Any) -> ToolCall:
    """A call with its arguments checked for their form, depth and size."""
    if isinstance(args, str):
        found = json_values(args)
        args = found[0] if found else {} if not args.strip() else args
    if args is None:
        args = {}
    if not isinstance(args, dict):
        return ToolCall(name[:64], {}, "its arguments are no JSON object")
    try:
        check_depth(args)
    except RecursionError:
        return ToolCall(name[:64], {}, "its arguments are nested too deeply")
    size = len(json.dumps(args, default=str))
    if size > MAX_ARGUMENT_CHARS:
        why = f"its arguments have {size} characters, at most {MAX_ARGUMENT_CHARS} are taken"
        return ToolCall(name[:64], {}, why)
    return ToolCall(name[:64], args)


def _calls(value: Any, names: Sequence[str], depth: int) -> Iterator[ToolCall]:
    if depth and isinstance(value, list):
        for one in value:
            yield from _calls(one, names, depth - 1)
    if not depth or not isinstance(value, dict):
        return
    for name in _LISTS:
        if isinstance(value.get(name), list):
            yield from _calls(value[name], names, depth - 1)
            return
    if isinstance(value.get("function"), dict):
        yield from _calls(value["function"], names, depth - 1)
        return
    yield from _call(value, names)


def _call(value: Mapping[str, Any], names: Sequence[str]) -> Iterator[ToolCall]:
    key = next((k for k in _NAMES if isinstance(value.get(k), str)), None)
    args = next((k for k in _ARGS if k in value), None)
    if key is not None and (value[key] in names or args is not None):
        flat = {k: v for k, v in value.items() if k not in (key, "id", "type")}
        yield make_call(value[key], flat if args is None else value[args])
    elif key is None and len(value) == 1 and (name := next(iter(value))) in names:
        yield make_call(name, value[name])


def _regions(text: str) -> Iterator[str]:
    """The outermost bracketed regions; where brackets do not match, the search goes on after the first.

    Linear: a region that does not match is given up at most `_MAX_STARTS` times.
    """
    at, failed = 0, 0
    while failed < _MAX_STARTS:
        start = min((i for b in _OPEN if (i := text.find(b, at)) >= 0), default=-1)
        if start < 0:
            return
        end = _region_end(text, start)
        if end:
            yield text[start:end]
            at = end
        else:
            failed += 1
            at = start + 1


def _region_end(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; 0 when none does."""
    stack: list[str] = []
    for found in _STRUCTURE.finditer(text, start):
        mark = found[0]
        if mark in _OPEN:
            stack.append(mark)
        elif mark in _CLOSE:
            if not stack or stack.pop() != _PAIRS[mark]:
                return 0
            if not stack:
                return found.end()
    return 0


def _load(region: str) -> list[Any]:
    for text in _readings(region):
        try:
            return [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
    return _literal(region)


def _readings(region: str) -> Iterator[str]:
    """The region as it is, without trailing commas, and with doubled braces made single."""
    plain = _TRAILING_COMMA.sub(lambda found: found[1] or "", region)
    yield from (region, plain)
    if region.startswith("{{") and region.endswith("}}"):
        yield from (plain[1:-1], plain.replace("{{", "{").replace("}}", "}"))


def _literal(region: str) -> list[Any]:
    """An object in single quotes, read as the literal of Python that it then is; none where it is none."""
    if len(region) > _MAX_LITERAL_CHARS or "'" not in region or _depth(region) > _MAX_LITERAL_DEPTH:
        return []
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(region)
        return [json.loads(json.dumps(value))]
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return []


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char in "{[(") - (char in "}])")
        deepest = max(deepest, depth)
    return deepest
