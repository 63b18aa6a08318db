"""The compression of a library's video-LLM: as named, else by the environment, else as stored."""

import os
from typing import TYPE_CHECKING

from playhead.video_models import AUTO
from playhead_index.errors import LibraryError, LibraryMismatch, ModelUnavailable, VideoUnknown
from playhead_index.store.catalog import Catalog
from playhead_index.store.settings import COMPRESSION, read_settings, write_settings
from playhead_tools.video_llm.compression_choice import (
    DEFAULT_METHOD,
    METHODS,
    Compression,
    CompressionMethod,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from playhead_index.search.engine import Searcher

COMPRESS, KEEP_TOKENS = "PLAYHEAD_COMPRESS", "PLAYHEAD_KEEP_TOKENS"


def resolve_compression(
    method: str = AUTO, ratio: float | None = None, *, stored_method: str = ""
) -> Compression:
    """The compression of a run.

    Args:
        method: as named; `auto` for what `PLAYHEAD_COMPRESS` says, else the stored method, else
            `guided`.
        ratio: the part of the tokens to keep; None for what `PLAYHEAD_KEEP_TOKENS` says, else the default of
            `Compression`. With the method `none` named and no ratio, the environment's is not read.
        stored_method: that the library stores; empty where it stores none.

    Raises:
        ValueError: what was named is no method, or no part above 0 and at most 1.
        ModelUnavailable: what the environment says is none.
    """
    if method != AUTO:
        return Compression(_method(method), _ratio(ratio, is_needed=method != "none"))
    if named := os.environ.get(COMPRESS, "").strip():
        if named not in METHODS:
            raise ModelUnavailable(f"{COMPRESS} must be one of {', '.join(METHODS)}; got {named!r}")
        return Compression(_method(named), _ratio(ratio, is_needed=named != "none"))
    chosen = stored_method or DEFAULT_METHOD
    if chosen == "none" and (ratio is not None or os.environ.get(KEEP_TOKENS)):
        chosen = DEFAULT_METHOD  # a part to keep was asked for later than the library stored `none`
    return Compression(_method(chosen), _ratio(ratio))


def _method(name: str) -> CompressionMethod:
    if name not in METHODS:
        raise ValueError(f"a compression method is one of {', '.join(METHODS)}, got {name!r}")
    return name


def _ratio(ratio: float | None, *, is_needed: bool = True) -> float | None:
    """The part of the tokens to keep as given, else as the environment says; None where neither does."""
    if ratio is not None or not is_needed or not (text := os.environ.get(KEEP_TOKENS)):
        return ratio
    try:
        return Compression(ratio=float(text)).ratio
    except ValueError as error:
        raise ModelUnavailable(
            f"{KEEP_TOKENS} must be above 0 and at most 1, such as 0.25; got {text!r}"
        ) from error


def stored_method(catalog: Catalog) -> str:
    """The compression method that a library stores; empty where it stores none that is known."""
    found = read_settings(catalog).get(COMPRESSION)
    return found if found in METHODS else ""


def stored_method_note(catalog: Catalog, method: str) -> str:
    """That a run takes the compression that an earlier command stored; empty where it takes the default.

    Args:
        catalog: of the library.
        method: as somebody named it for this run; `auto` for none.
    """
    if method != AUTO or os.environ.get(COMPRESS, "").strip():
        return ""
    found = stored_method(catalog)
    if found in ("", DEFAULT_METHOD):
        return ""
    return f"compression: {found}, kept by the library; --compress {DEFAULT_METHOD} is the default"


def store_method(catalog: Catalog, method: str) -> str:
    """Stores a method as the default of a library; nothing for `auto`.

    Returns:
        Why it is not stored, for a note; empty where it is.
    """
    if method == AUTO:
        return ""
    try:
        write_settings(catalog, {COMPRESSION: method})
    except LibraryError as error:
        return f"the compression is not kept by the library: {error}"
    return ""


class LibraryFrameScores:
    """`FrameScores` by the picture vectors of a library; the image-text encoder is loaded at the first use.

    Args:
        searcher: gives the search engine of the library.
    """

    def __init__(self, searcher: "Callable[[], Searcher]") -> None:
        self._searcher = searcher
        self.why_not = ""
        """Why the last frames had no scores; empty where they had."""

    def __call__(
        self, video_id: str, pts_s: "NDArray[np.float64]", texts: "Sequence[str]", /
    ) -> "NDArray[np.float64] | None":
        """(N,) for the picture on the screen at each time, its fit to the best of the texts.

        Returns:
            None where the video has no picture vectors, or the encoder that made them is not on this machine.
        """
        try:
            scores = self._searcher().frame_scores(texts, video_id, pts_s)
        except (ModelUnavailable, LibraryMismatch, VideoUnknown) as error:
            self.why_not = str(error)
            return None
        self.why_not = "" if scores is not None else "the video has no picture vectors"
        return scores
