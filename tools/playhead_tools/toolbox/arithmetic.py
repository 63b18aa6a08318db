"""Arithmetic on a text, by walking its syntax tree: numbers, names that are given, and nothing else."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from playhead_index.errors import ToolError

MAX_CHARS, MAX_NODES, MAX_POWER = 200, 80, 8
SYNTAX_HELP = (
    "calc takes numbers, + - * / // % **, parentheses, min, max, abs, round, sum,"
    " and E1.start, E1.end, E1.length"
)
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_CALLS: dict[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "max": max,
    "sum": sum,
    "abs": lambda values: abs(_single(values)),
    "round": lambda values: round(values[0], int(values[1]) if len(values) > 1 else 0),
}


@dataclass(slots=True)
class EvaluatedExpression:
    """The value of an expression, its literal numbers, and how many names it used."""

    value: float
    literals: list[float] = field(default_factory=list)
    num_names: int = 0


def evaluate(expression: str, names: Mapping[str, float] | None = None) -> EvaluatedExpression:
    """The value of an arithmetic expression; nothing in it is ever run as code.

    Args:
        expression: at most 200 characters.
        names: values of `E1.start` and the like.

    Raises:
        ToolError: it is no arithmetic, a name is unknown, or there is no finite value.

    >>> evaluate("(E2.start - E1.end) / 60", {"E1.end": 30.0, "E2.start": 90.0}).value
    1.0
    """
    if len(expression) > MAX_CHARS:
        raise ToolError(f"an expression has at most {MAX_CHARS} characters, got {len(expression)}")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ToolError(f"{expression!r} is no arithmetic; {SYNTAX_HELP}") from error
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise ToolError("the expression has too many parts; compute in steps")
    evaluated = EvaluatedExpression(0.0)
    try:
        value = _value(tree.body, names or {}, evaluated)
    except ZeroDivisionError as error:
        raise ToolError(f"{expression!r} divides by 0") from error
    except (OverflowError, TypeError, IndexError, ValueError) as error:
        raise ToolError(f"{expression!r} has no value: {error}") from error
    if isinstance(value, complex) or not isfinite(value):
        raise ToolError(f"{expression!r} has no finite value")
    evaluated.value = float(value)
    return evaluated


def _value(node: ast.expr, names: Mapping[str, float], evaluated: EvaluatedExpression) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = float(node.value)  # type: ignore[arg-type]
        evaluated.literals.append(value)
        return value
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return _name_value(f"{node.value.id}.{node.attr}", names, evaluated)
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, names, evaluated))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _binary_value(node, names, evaluated)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        if node.keywords or not node.args:
            raise ToolError(f"{node.func.id} takes numbers; {SYNTAX_HELP}")
        return _CALLS[node.func.id]([_value(one, names, evaluated) for one in node.args])
    raise ToolError(f"{ast.unparse(node)!r} is no arithmetic; {SYNTAX_HELP}")


def _binary_value(node: ast.BinOp, names: Mapping[str, float], evaluated: EvaluatedExpression) -> float:
    left, right = (_value(side, names, evaluated) for side in (node.left, node.right))
    if isinstance(node.op, ast.Pow) and (abs(right) > MAX_POWER or abs(left) > 1e6):
        raise ToolError(f"powers go up to {MAX_POWER}, of numbers up to a million")
    return _BINARY[type(node.op)](left, right)


def _name_value(name: str, names: Mapping[str, float], evaluated: EvaluatedExpression) -> float:
    if name not in names:
        raise ToolError(f"no value {name!r}; {SYNTAX_HELP}")
    evaluated.num_names += 1
    return names[name]


def _single(values: Sequence[float]) -> float:
    if len(values) != 1:
        raise ToolError(f"abs takes one number, got {len(values)}")
    return values[0]
