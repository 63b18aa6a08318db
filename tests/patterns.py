"""Every regular expression of the packages: as they are compiled, and as they stand inside a call."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGES = ("playhead_index", "playhead_tools", "playhead_agent", "playhead")
_CALLS = {"compile": True, "search": True, "sub": True, "subn": True, "findall": True, "finditer": True,
          "split": True, "match": False, "fullmatch": False}  # fmt: skip
_ANCHORED = {"match", "fullmatch"}


@dataclass(frozen=True, slots=True)
class Found:
    """A regular expression.

    Args:
        module: where it stands.
        name: the name that it is bound to, or the line of the call that it stands in.
        text: the expression; in place of what is only known at run time stands the letter x.
        flags: of `re`.
        searched: it is looked for anywhere in a text, or it is not known that it is not.
    """

    module: str
    name: str
    text: str
    flags: int
    searched: bool


def modules() -> Iterator[ModuleType]:
    """Every module of the packages."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def patterns() -> Iterator[Found]:
    """All of them, those of calls in the order of their lines."""
    loaded = list(modules())
    used = _uses(loaded)
    for module in loaded:
        for name, value in vars(module).items():
            for pattern in _compiled(value):
                if isinstance(pattern.pattern, str) and not _is_imported(module, name, value, loaded):
                    anchored = used.get((module.__name__, name), {"search"}) <= _ANCHORED
                    yield Found(module.__name__, name, pattern.pattern, pattern.flags, not anchored)
        yield from _in_calls(module)


def _compiled(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _compiled(one)
    elif isinstance(value, dict):
        yield from _compiled(list(value.items()))


def _is_imported(module: ModuleType, name: str, value: Any, loaded: list[ModuleType]) -> bool:
    tree = ast.parse(Path(module.__file__ or "").read_text())
    return any(
        isinstance(node, ast.ImportFrom) and any((one.asname or one.name) == name for one in node.names)
        for node in ast.walk(tree)
    )


def _uses(loaded: list[ModuleType]) -> dict[tuple[str, str], set[str]]:
    """The methods that are called of each name in its own module; any other use counts as a search."""
    found: dict[tuple[str, str], set[str]] = {}
    for module in loaded:
        tree = ast.parse(Path(module.__file__ or "").read_text())
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                parent = parents[node]
                use = parent.attr if isinstance(parent, ast.Attribute) else "search"
                found.setdefault((module.__name__, node.id), set()).add(use)
    return found


class _Unknown(str):
    """Stands for any value that is only known at run time: a text of one letter."""

    def __getitem__(self, key: Any) -> "_Unknown":
        return self

    def __getattr__(self, name: str) -> "_Unknown":
        return self

    def __call__(self, *arguments: Any) -> "_Unknown":
        return self


class _Names(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        builtin = getattr(__import__("builtins"), name, None)
        return _Unknown("x") if builtin is None else builtin


def _in_calls(module: ModuleType) -> Iterator[Found]:
    tree = ast.parse(Path(module.__file__ or "").read_text())
    local = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda))]
    inside = {id(child) for node in local for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) not in inside or not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func
        is_re = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        if not (is_re and function.value.id == "re" and function.attr in _CALLS):  # type: ignore[attr-defined]
            continue
        code = compile(ast.Expression(node.args[0]), "pattern", "eval")
        text = eval(code, {"__builtins__": {}}, _Names(vars(module)))
        flags = re.IGNORECASE if "IGNORECASE" in ast.dump(node) or "'I'" in ast.dump(node) else 0
        flags |= re.DOTALL if "DOTALL" in ast.dump(node) else 0
        if isinstance(text, str):
            searched = _CALLS[function.attr]  # type: ignore[attr-defined]
            yield Found(module.__name__, f"line {node.lineno}", str(text), flags, searched)
