"""Encoders that are loaded when the first query needs them, and not before."""

from collections.abc import Callable
from typing import Generic, TypeVar

from playhead_index.errors import ModelUnavailable

T = TypeVar("T")


class Lazy(Generic[T]):
    """A model that is loaded once; a failure is remembered, so that a search does not try again.

    Args:
        load: loads it; None for a model that there is not.
        named: what is said when there is none.
    """

    def __init__(self, load: Callable[[], T] | None, named: str) -> None:
        self._load, self._named = load, named
        self._model: T | None = None
        self._failure: ModelUnavailable | None = None

    @property
    def given(self) -> bool:
        """There is something to load."""
        return self._load is not None

    def get(self) -> T:
        """The model.

        Raises:
            ModelUnavailable: there is none, or it does not load.
        """
        if self._failure is not None:
            raise self._failure
        if self._load is None:
            raise ModelUnavailable(f"no {self._named} model was given")
        if self._model is None:
            try:
                self._model = self._load()
            except ModelUnavailable as error:
                self._failure = error
                raise
        return self._model
