"""Several calls of one model at a time: in a batch where the backend takes one, else side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.video_llm.protocol import VideoLLM, VlmRequest, VlmResponse


@runtime_checkable
class BatchVideoLLM(Protocol):
    """A `VideoLLM` that answers several calls in one batch."""

    def generate_all(self, calls: Sequence[VlmRequest]) -> list[VlmResponse]:
        """A reply a call, in their order."""
        ...


class PrefetchedVideoLLM:
    """A `VideoLLM` that returns a given response to its first call; later calls go to the model."""

    def __init__(self, model: VideoLLM, response: VlmResponse) -> None:
        self.name = model.name
        self._model = model
        self._response: VlmResponse | None = response

    def generate(self, request: VlmRequest) -> VlmResponse:
        """The given response once; then the model's."""
        response, self._response = self._response, None
        return self._model.generate(request) if response is None else response


def generate_batches(
    model: VideoLLM, calls: Sequence[VlmRequest], at_once: int = 1
) -> list[VlmResponse | ModelOutputInvalid]:
    """A reply a call, in their order; the error where the model gave no text.

    Args:
        model: a batch is asked of one that `BatchVideoLLM`.
        calls: any number.
        at_once: how many calls wait for any other model at the same time; above 1 only for one that may be
            called from several threads, as a server's may.

    Raises:
        ModelUnavailable: the model cannot be asked.
        TokenBudgetExceeded: a call does not fit its budget.
    """
    if isinstance(model, BatchVideoLLM):
        try:
            return list(model.generate_all(calls))
        except ModelOutputInvalid:
            return [
                _generate_one(model, call) for call in calls
            ]  # the batch does not say which of them it was
    if at_once == 1:
        return [_generate_one(model, call) for call in calls]
    with ThreadPoolExecutor(at_once) as threads:
        try:
            return list(threads.map(lambda call: _generate_one(model, call), calls))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)  # a server that is away is not asked again
            raise


def _generate_one(model: VideoLLM, call: VlmRequest) -> VlmResponse | ModelOutputInvalid:
    try:
        return model.generate(call)
    except ModelOutputInvalid as error:
        return error
