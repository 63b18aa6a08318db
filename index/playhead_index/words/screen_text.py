"""OCR of frames with RapidOCR (PP-OCRv6, whose weights come in its wheel)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import ModelUnavailable
from playhead_index.extras import install_command
from playhead_index.window import Window
from playhead_index.words.merge_screen_text import merge_screen_text
from playhead_index.words.protocol import ScreenReader, Words

MAX_SIDE_PX = 640
MIN_CONFIDENCE = 0.6
MIN_CONFIDENCE_OF_ONE_SIGN = 0.9
MIN_IMAGE_PX = 16
ROW_SHARE = 0.5


class RapidOcrReader:
    """A `ScreenReader` on the CPU that works offline.

    Text is searched for in the frame shrunk to 640 px (never enlarged) and read at full size: the stock
    settings search in one enlarged to at least 736 px, which took four times as long and found no line
    more. Text turned by 180 degrees is not read.

    Args:
        threads: of ONNX Runtime; None for one a core.
        longest_side_px: of the frame in which text is searched for.
        min_confidence: lines below are left out. A single sign needs 0.9: edges and shadows are often
            read as one.

    Raises:
        ModelUnavailable: rapidocr is not installed, or its weights do not load.
    """

    name = "ocr:rapidocr"

    def __init__(
        self,
        threads: int | None = None,
        *,
        longest_side_px: int = MAX_SIDE_PX,
        min_confidence: float = MIN_CONFIDENCE,
    ) -> None:
        self._engine = _load(threads, longest_side_px, min_confidence)

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """(row of text, confidence) from top to bottom; what stands on one row is one text.

        Args:
            rgb: (H, W, 3) uint8, upright; nothing is read in one of fewer than 16 px a side.
        """
        if min(rgb.shape[:2]) < MIN_IMAGE_PX:
            return []
        found = self._engine(np.ascontiguousarray(rgb[..., ::-1]))
        if found.boxes is None or found.txts is None or found.scores is None:
            return []
        boxes = [
            _Box.around(corners, text, float(score))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            if is_readable(text, float(score))
        ]
        return [_joined(row) for row in _rows(boxes)]


def is_readable(text: str, confidence: float) -> bool:
    """Whether a text holds a letter or a digit, and its confidence is high enough for its length."""
    signs = [sign for sign in text if not sign.isspace()]
    if not any(sign.isalnum() for sign in signs):
        return False
    return len(signs) > 1 or confidence >= MIN_CONFIDENCE_OF_ONE_SIGN


def read_screen(reader: ScreenReader, frames: Iterable[tuple[Window, NDArray[np.uint8]]]) -> Iterator[Words]:
    """Spans of screen text, merged over time, in time order.

    Args:
        reader: reads one frame.
        frames: (window that the reading stands for, (H, W, 3) uint8), ascending; one is held at a time.

    Raises:
        ValueError: the windows descend or overlap.
    """
    readings = ((window, reader.read(rgb)) for window, rgb in frames)
    yield from merge_screen_text(readings, source=reader.name)


@dataclass(frozen=True, slots=True)
class _Box:
    """A piece of text and the upright rectangle around it, in pixels."""

    left_px: float
    top_px: float
    bottom_px: float
    text: str
    confidence: float

    @classmethod
    def around(cls, corners: Any, text: str, confidence: float) -> "_Box":
        points = np.asarray(corners, dtype=np.float64)
        (left, top), bottom = points.min(axis=0), points[:, 1].max()
        return cls(float(left), float(top), float(bottom), " ".join(text.split()), confidence)

    def is_beside(self, other: "_Box") -> bool:
        """Whether the two share more than half of the lower one's height: they stand on one row."""
        shared = min(self.bottom_px, other.bottom_px) - max(self.top_px, other.top_px)
        return shared > ROW_SHARE * min(self.bottom_px - self.top_px, other.bottom_px - other.top_px)


def _rows(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """Boxes by row, top to bottom, each row from left to right."""
    rows: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda box: (box.top_px + box.bottom_px, box.left_px)):
        if rows and all(box.is_beside(other) for other in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left_px) for row in rows]


def _joined(row: Sequence[_Box]) -> tuple[str, float]:
    signs = [max(1, len(box.text)) for box in row]
    confidence = sum(box.confidence * n for box, n in zip(row, signs, strict=True)) / sum(signs)
    return " ".join(box.text for box in row), confidence


def _load(threads: int | None, longest_side_px: int, min_confidence: float) -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise ModelUnavailable(
            f"reading screen text needs rapidocr ({error}); run: {install_command()}"
        ) from error
    runtime = "EngineConfig.onnxruntime"
    settings = {
        "Global.log_level": "critical",
        "Global.text_score": min_confidence,
        "Global.use_cls": False,
        "Det.limit_type": "max",
        "Det.limit_side_len": longest_side_px,
        f"{runtime}.intra_op_num_threads": threads or -1,
        f"{runtime}.inter_op_num_threads": 1,
    }
    engine = RapidOCR(params=settings)
    # Its models load at its first call: here, so that missing weights are noticed at once.
    try:
        engine(np.zeros((64, 64, 3), np.uint8))
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelUnavailable(f"the weights of rapidocr do not load ({error}); reinstall it") from error
    return engine
