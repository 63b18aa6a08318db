"""Records of frozen dataclasses as plain JSON values, and back."""

from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from playhead_index.window import Window

T = TypeVar("T")


def to_record(value: object) -> Any:
    """A value of dataclasses, tuples, numbers and text as JSON has it; a window as [start_s, end_s].

    >>> to_record((Window(0.0, 1.5), None))
    [[0.0, 1.5], None]
    """
    if isinstance(value, Window):
        return [value.start_s, value.end_s]
    if is_dataclass(value):
        return {part.name: to_record(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, tuple | list):
        return [to_record(part) for part in value]
    return value


def from_record(kind: type[T], record: object) -> T:
    """What `to_record` was given, built again as `kind`.

    Raises:
        ValueError: the record does not have the fields of `kind`, or a value that does not fit.

    >>> from_record(tuple[Window, ...], [[0.0, 1.5]])
    (Window(start_s=0.0, end_s=1.5),)
    """
    built: T = _build(kind, record)
    return built


def _build(kind: Any, record: Any) -> Any:
    if kind is Window:
        return Window(*_list(record, "a window [start_s, end_s]"))
    if is_dataclass(kind):
        return _dataclass(kind, record)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), _list(record, "a list"))
    if get_origin(kind) in (Union, UnionType):
        inner = next(part for part in get_args(kind) if part is not type(None))
        return None if record is None else _build(inner, record)
    return _scalar(kind, record)


def _scalar(kind: Any, record: Any) -> Any:
    if get_origin(kind) is Literal:
        fits = record in get_args(kind)
    else:
        fits = isinstance(record, (int, float) if kind is float else kind)
    if fits:
        return record
    raise ValueError(f"expected {kind}, got {record!r:.200}")


def _dataclass(kind: Any, record: Any) -> Any:
    hints = get_type_hints(kind)
    if not isinstance(record, dict) or not record.keys() <= hints.keys():
        raise ValueError(f"a record of {kind.__name__} has the fields {sorted(hints)}, got {record!r:.200}")
    try:
        return kind(**{name: _build(hints[name], value) for name, value in record.items()})
    except TypeError as error:
        raise ValueError(f"a record of {kind.__name__} lacks a field: {error}") from error


def _tuple(parts: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
    if parts[-1] is Ellipsis:
        return tuple(_build(parts[0], value) for value in values)
    if len(parts) != len(values):
        raise ValueError(f"expected {len(parts)} values, got {values!r}")
    return tuple(_build(part, value) for part, value in zip(parts, values, strict=True))


def _list(record: Any, expected: str) -> list[Any]:
    if isinstance(record, list):
        return record
    raise ValueError(f"expected {expected}, got {record!r:.200}")
