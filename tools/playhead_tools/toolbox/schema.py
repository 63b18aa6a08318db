"""A tool as a model is given it: name, description, JSON schema of the arguments, all from the function."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model

from playhead_tools.toolbox.context import BadCall, Record, ToolContext
from playhead_tools.toolbox.repair_arguments import repaired

Tool = Callable[..., Record]
MAX_PROBLEMS = 3


@dataclass(frozen=True)
class ToolSpec:
    """A tool: its function, whose first parameter is the `ToolContext`, and what a model is given of it.

    Args:
        function: that does it.
        hidden: arguments that are left out of the schema, for they mean nothing to the question.
    """

    function: Tool
    hidden: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @cached_property
    def description(self) -> str:
        """The docstring up to its arguments, one paragraph a line."""
        text = inspect.getdoc(self.function) or ""
        prose = re.split(r"\n(?:Args|Returns|Raises):\n", text)[0]
        return "\n".join(" ".join(part.split()) for part in prose.split("\n\n"))

    @cached_property
    def form(self) -> type[BaseModel]:
        """A form of the arguments."""
        return _form(self.function, self.hidden)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of the arguments, without references, titles and defaults."""
        schema = self.form.model_json_schema()
        plain: dict[str, Any] = _compact(schema, schema.pop("$defs", {}))
        plain.pop("description", None)
        return plain

    def to_json(self) -> dict[str, Any]:
        """The tool as chat models take it: `{"type": "function", "function": {...}}`."""
        about = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": about}

    def arguments(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The arguments, checked, with their defaults; and notes on what was changed to make them fit.

        Small models write one thing for a list, numbers as text, and arguments that there are not: such is
        understood. What cannot be is refused.

        Raises:
            BadCall: they do not fit; the message says what would.
        """
        notes: list[str] = []
        try:
            form = self.form.model_validate(repaired(self.parameters, given, notes))
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, p['loc'])) or 'arguments'}: {p['msg']}"
                for p in error.errors(include_url=False)[:MAX_PROBLEMS]
            )
            takes = ", ".join(self.form.model_fields)
            raise BadCall(f"{self.name}: {problems}; it takes {takes}") from error
        return {name: getattr(form, name) for name in self.form.model_fields}, notes

    def run(self, context: ToolContext, arguments: Mapping[str, Any]) -> Record:
        """What the tool gives for checked arguments."""
        return self.function(context, **arguments)


@cache
def _form(function: Tool, hidden: frozenset[str]) -> type[BaseModel]:
    """A form of the arguments of a tool but the hidden ones; made once, for specs are made each turn."""
    described = _argument_descriptions(inspect.getdoc(function) or "")
    fields: dict[str, Any] = {}
    signature = inspect.signature(function, eval_str=True)
    for name, parameter in list(signature.parameters.items())[1:]:
        if name in hidden:
            continue
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (parameter.annotation, Field(default, description=described.get(name)))
    return create_model(function.__name__, **fields)


def _argument_descriptions(text: str) -> dict[str, str]:
    """What a Google-style docstring says of each argument."""
    found: dict[str, str] = {}
    block = re.search(r"\nArgs:\n(.*?)(?:\n\S|\Z)", text, re.DOTALL)
    name = ""
    for line in block[1].splitlines() if block else ():
        entry = re.match(r" {4}(\w+): (.*)", line)
        if entry:
            name = entry[1]
            found[name] = entry[2].strip()
        elif name:
            found[name] += " " + line.strip()
    return found


def _compact(node: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_compact(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {k: v for k, v in node.items() if k != "$ref"}
        inner = {k: v for k, v in defs[node["$ref"].rpartition("/")[2]].items() if k != "description"}
        return _compact({**inner, **rest}, defs)
    entries = {k: v for k, v in node.items() if k != "default" and not (k == "title" and isinstance(v, str))}
    return {k: _compact(v, defs) for k, v in entries.items()}
