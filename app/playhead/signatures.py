"""Signatures as the code writes them: parameters, types and defaults, read from the source."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

import playhead

MAX_LINE = 100
"""Longer signatures have a line for each parameter."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function or a field of a record, as the code has it.

    Args:
        name: without a type.
        annotation: its type, as written; empty for none.
        default: its default, as written; empty for none.
        prefix: `*` before what takes the rest of the arguments.
    """

    name: str
    annotation: str = ""
    default: str = ""
    prefix: str = ""

    def __str__(self) -> str:
        typed = f"{self.prefix}{self.name}" + (f": {self.annotation}" if self.annotation else "")
        if not self.default:
            return typed
        return f"{typed} = {self.default}" if self.annotation else f"{typed}={self.default}"


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """The parameters of a function, without `self`; `*` stands before those that are given by name."""
    arguments, names = function_node(function).args, function.__globals__
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults]
    found = [_parameter(a, names, default) for a, default in zip(positional, defaults, strict=True)]
    if found and found[0].name in ("self", "cls"):
        del found[0]
    if arguments.vararg is not None:
        found.append(_parameter(arguments.vararg, names, prefix="*"))
    elif arguments.kwonlyargs:
        found.append(Parameter("*"))
    by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [_parameter(argument, names, default) for argument, default in by_name]
    if arguments.kwarg is not None:
        found.append(_parameter(arguments.kwarg, names, prefix="**"))
    return found


def returned_by(function: Callable[..., Any]) -> str:
    """The type that a function returns, as written; empty for none."""
    return annotation_text(function_node(function).returns, function.__globals__)


def _parameter(
    argument: ast.arg, names: dict[str, Any], default: ast.expr | None = None, prefix: str = ""
) -> Parameter:
    annotation = annotation_text(argument.annotation, names)
    return Parameter(argument.arg, annotation, _default(default, names), prefix)


def fields_of(value: type) -> list[Parameter]:
    """The fields of a dataclass that its constructor takes, with their types as the code writes them."""
    declared: dict[str, Parameter] = {}
    for base in reversed(value.__mro__[:-1]):
        names = vars(import_module(base.__module__))
        for line in class_node(base).body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                name, annotation = line.target.id, annotation_text(line.annotation, names)
                declared[name] = Parameter(name, annotation, _default(line.value, names))
    return [declared[field.name] for field in fields(value) if field.init]


def _default(node: ast.expr | None, names: dict[str, Any]) -> str:
    """A default as it reads in a signature: constants by their values, factories as calls."""
    if node is None:
        return ""
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), str | int | float | None):
        return _unparsed(ast.Constant(names[node.id]))
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "field":
        given = {word.arg: word.value for word in node.keywords}
        if "default_factory" in given:
            return f"{ast.unparse(given['default_factory'])}()"
        return _default(given.get("default"), names)
    return _unparsed(node)


def annotation_text(node: ast.expr | None, names: dict[str, Any]) -> str:
    """A type as the code writes it; the name of a `Literal` that is not public becomes its values."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return _unparsed(_Literals(names).visit(ast.parse(ast.unparse(node), mode="eval")))


class _Literals(ast.NodeTransformer):
    """Writes a `Literal` in the place of a name that stands for one and is not public."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The `Literal` that the name stands for, else the name."""
        value = self.names.get(node.id)
        if node.id in playhead.__all__ or get_origin(value) is not Literal:
            return node
        return ast.parse(f"Literal[{', '.join(map(repr, get_args(value)))}]", mode="eval").body


def _unparsed(node: ast.AST) -> str:
    """The code of a node, with double quotes."""
    return ast.unparse(node).replace("'", '"')


def signature_text(name: str, parameters: Sequence[Parameter], returned: str = "") -> str:
    """A signature, with a line for each parameter where it is long."""
    line = one_line(name, parameters, returned)
    if len(line) <= MAX_LINE or not parameters:
        return line
    rows = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{rows})" + (f" -> {returned}" if returned else "")


def one_line(name: str, parameters: Sequence[Parameter], returned: str = "") -> str:
    """A signature in one line."""
    return f"{name}({', '.join(map(str, parameters))})" + (f" -> {returned}" if returned else "")


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(import_module(module)))


def class_node(value: type) -> ast.ClassDef:
    """The definition of a class."""
    body = _tree(value.__module__).body
    return next(node for node in body if isinstance(node, ast.ClassDef) and node.name == value.__name__)


def function_node(function: Callable[..., Any]) -> ast.FunctionDef:
    """The definition of a function.

    Raises:
        TypeError: the source of it defines something else.
    """
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise TypeError(f"expected the definition of a function, got {ast.unparse(node)[:80]!r}")
    return node


def function_of(member: Any) -> Callable[..., Any] | None:
    """The function behind a method, a class method or a property; None for anything else."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    if isinstance(member, classmethod | staticmethod):
        return member.__func__
    return inspect.unwrap(member) if inspect.isfunction(member) else None


def methods_of(value: type) -> Iterator[tuple[str, Callable[..., Any], bool]]:
    """(name, function, whether it is a property) of the public members that a class defines."""
    for name, member in vars(value).items():
        if not name.startswith("_") and (function := function_of(member)) is not None:
            yield name, function, isinstance(member, property | cached_property)


def assignment_of(name: str, module: str) -> str:
    """The line that gives a name of a module its value, such as `Lane = Literal["speech", ...]`."""
    for node in _tree(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return _unparsed(node)
    return name
