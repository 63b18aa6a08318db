"""Encoders that are loaded when the first query needs them, and not before."""

from collections.abc import Callable
from typing import Generic, TypeVar

from playhead_index.errors import ModelUnavailable

T = TypeVar("T")


class LazyEncoder(Generic[T]):
    """An encoder that is loaded when first used; a failure is remembered and not tried again.

    Args:
        load: loads it; None for no encoder.
        kind: of the encoder, for the message when there is none.
    """

    def __init__(self, load: Callable[[], T] | None, kind: str) -> None:
        self._load, self._named = load, kind
        self._model: T | None = None
        self._failure: ModelUnavailable | None = None

    @property
    def is_given(self) -> bool:
        """Whether there is an encoder to load."""
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
