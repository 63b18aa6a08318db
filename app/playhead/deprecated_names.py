"""Old names of methods, properties and arguments, which work for one more release and warn of the new one."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_GOES = "the old name goes with the next release"


class RenamedAttribute:
    """The old name of a method or a property of a class.

    Args:
        new: the name under which it stands now.

    >>> class Clip:
    ...     num_frames = 8
    ...     frames = RenamedAttribute("num_frames")
    >>> with warnings.catch_warnings(record=True, action="always") as found:
    ...     Clip().frames
    8
    >>> str(found[0].message)
    'Clip.frames is now Clip.num_frames; the old name goes with the next release'
    """

    def __init__(self, new: str) -> None:
        self._new = new
        self._text = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._text = f"{owner.__name__}.{name} is now {owner.__name__}.{self._new}; {_GOES}"

    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        warnings.warn(self._text, DeprecationWarning, stacklevel=2)
        return getattr(instance, self._new)

    def __set__(self, instance: object, value: Any) -> None:
        warnings.warn(self._text, DeprecationWarning, stacklevel=2)
        setattr(instance, self._new, value)


def renamed_argument(old: str, new: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator of functions whose keyword argument has a new name.

    Args:
        old: what the argument was called.
        new: what it is called now.

    Raises:
        TypeError: a call gives both.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **options: P.kwargs) -> R:
            if old in options:
                if new in options:
                    raise TypeError(f"{function.__qualname__} got {new} and, under its old name, {old}")
                warnings.warn(
                    f"the argument {old} of {function.__qualname__} is now {new}; {_GOES}",
                    DeprecationWarning,
                    stacklevel=2,
                )
                options[new] = options.pop(old)
            return function(*args, **options)

        return call

    return decorate
