"""A tool as a model is told of it: name, docstring, JSON schema of the arguments, all from the function."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from playhead_tools.toolbox.kit import BadCall, Kit, Record

Tool = Callable[..., Record]


@dataclass(frozen=True)
class ToolSpec:
    """A tool: its function, whose first parameter is the `Kit`, and what is told of it."""

    function: Tool

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
        """A form of the arguments; unknown ones are refused."""
        said = _arguments_said(inspect.getdoc(self.function) or "")
        fields: dict[str, Any] = {}
        signature = inspect.signature(self.function, eval_str=True)
        for name, parameter in list(signature.parameters.items())[1:]:
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[name] = (parameter.annotation, Field(default, description=said.get(name)))
        return create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of the arguments, without references and titles."""
        schema = self.form.model_json_schema()
        plain: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
        return plain

    def to_json(self) -> dict[str, Any]:
        """The tool as chat models take it: `{"type": "function", "function": {...}}`."""
        about = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": about}

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments, checked, with their defaults.

        Raises:
            BadCall: they do not fit; the message says what would.
        """
        try:
            form = self.form.model_validate(dict(given))
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, p['loc'])) or 'arguments'}: {p['msg']}"
                for p in error.errors(include_url=False)[:5]
            )
            takes = ", ".join(self.form.model_fields)
            raise BadCall(f"{self.name}: {problems}; it takes {takes or 'nothing'}") from error
        return {name: getattr(form, name) for name in self.form.model_fields}

    def run(self, kit: Kit, arguments: Mapping[str, Any]) -> Record:
        """What the tool gives for checked arguments."""
        return self.function(kit, **arguments)


def _arguments_said(text: str) -> dict[str, str]:
    """What a Google-style docstring says of each argument."""
    said: dict[str, str] = {}
    block = re.search(r"\nArgs:\n(.*?)(?:\n\S|\Z)", text, re.DOTALL)
    name = ""
    for line in block[1].splitlines() if block else ():
        found = re.match(r" {4}(\w+): (.*)", line)
        if found:
            name = found[1]
            said[name] = found[2].strip()
        elif name:
            said[name] += " " + line.strip()
    return said


def _inlined(node: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {k: v for k, v in node.items() if k != "$ref"}
        return _inlined({**defs[node["$ref"].rpartition("/")[2]], **rest}, defs)
    kept = {k: v for k, v in node.items() if not (k == "title" and isinstance(v, str))}
    return {k: _inlined(v, defs) for k, v in kept.items()}
