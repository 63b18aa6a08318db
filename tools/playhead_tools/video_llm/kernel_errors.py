"""Errors of the kernels that a model computes with, as one line that says what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playhead_index.errors import ModelUnavailable, PlayheadError

MAX_CHARS = 200
_OUT_OF_MEMORY_TYPES = frozenset({"OutOfMemoryError", "MemoryError"})
_OUT_OF_MEMORY = re.compile(
    r"out of memory|can't allocate memory|not enough memory|CUBLAS_STATUS_ALLOC_FAILED", re.IGNORECASE
)
_ADVICE = tuple(
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (
            r"block_n|bitsandbytes|bnb|4bit|quant_state",
            "the kernels for 4 bits do not take this model on this device: load it without 4 bits"
            " (--no-four-bit), or run it on a GPU",
        ),
        (
            r"flash_?attn|flash_?attention|scaled_dot_product|mem(ory)?[ _-]efficient",
            "load it with another attention (--attention sdpa, or eager)",
        ),
        (
            r"no kernel image|not compiled with",
            "the installed torch has no kernels for this GPU: install a build of torch for it, or use"
            " --device cpu",
        ),
        (
            r"device-side assert|illegal memory access|launch failure|misaligned address|CUDNN_STATUS"
            r"|CUBLAS_STATUS",
            "the GPU cannot be used by this process any more: start it again, and if it comes back use"
            " --attention eager or --device cpu",
        ),
        (
            r"not implemented for '|same dtype|expected scalar type|dtype",
            "load it in another number type (--dtype float32)",
        ),
        (r"triton|inductor|dynamo", "a compiled kernel failed: load it with --attention eager"),
    )
)
_OTHER = "try another attention (--attention eager), number type (--dtype float32) or --device cpu"
_KERNEL_MODULES = ("torch", "triton", "bitsandbytes", "flash_attn", "kernels")
_KERNEL_ERRORS = (RuntimeError, AssertionError, ImportError)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised from, says that the device has not enough memory.

    Recognised by the name of its type, so that torch need not be installed, or by the words of its libraries.
    """
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ in _OUT_OF_MEMORY_TYPES:
            return True
        if isinstance(cause, RuntimeError) and _OUT_OF_MEMORY.search(str(cause)) is not None:
            return True
        cause = cause.__cause__
    return False


def out_of_memory_text(error: BaseException) -> str:
    """The sentence of an error that says that memory ran out; its type where it has no words.

    >>> out_of_memory_text(RuntimeError("err == 0. DefaultCPUAllocator: can't allocate memory"))
    "DefaultCPUAllocator: can't allocate memory"
    """
    sentences = " ".join(str(error).split()).split(". ")
    found = next((one for one in sentences if _OUT_OF_MEMORY.search(one)), "")
    return found[:MAX_CHARS] or type(error).__name__


@contextmanager
def map_kernel_errors(name: str, doing: str) -> Iterator[None]:
    """Inside, what a kernel raises becomes one `ModelUnavailable`; being out of memory stays as it is.

    Args:
        name: of the model.
        doing: what is computed, for the message.

    Raises:
        ModelUnavailable: naming the type of the error, its first words, and what to do.
    """
    try:
        yield
    except PlayheadError:
        raise
    except Exception as error:
        is_kernels = type(error).__module__.partition(".")[0] in _KERNEL_MODULES
        if is_out_of_memory(error) or not (is_kernels or isinstance(error, _KERNEL_ERRORS)):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_CHARS]
        raise ModelUnavailable(f"{name}: {doing} failed ({reason}); {advice_for(error)}") from error


def advice_for(error: BaseException) -> str:
    """What to do about an error of a kernel, by its words.

    >>> advice_for(RuntimeError("FlashAttention only supports Ampere GPUs or newer."))
    'load it with another attention (--attention sdpa, or eager)'
    """
    text = f"{type(error).__module__} {error}"
    return next((advice for pattern, advice in _ADVICE if pattern.search(text)), _OTHER)
