"""A question whose quoted phrases are put away, so that no rule reads inside them."""

import re
from dataclasses import dataclass

from playhead_tools.word_match import replace_quotes

_MASK = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text with marks in place of quotes.

    Args:
        text: with the marks.
        quotes: what stood in quotation marks.
    """

    text: str
    quotes: tuple[str, ...]

    def restore(self, text: str, mark: str = "") -> str:
        """A part of the text with the quotes back, each between two marks."""
        return " ".join(_MASK.sub(lambda m: f"{mark}{self.quotes[int(m[1])]}{mark}", text).split())


def mask_quotes(text: str) -> MaskedText:
    """A text with its quotes put away."""
    clean = re.sub("[\ue000\ue001\x00]", " ", text)
    return MaskedText(*replace_quotes(clean, lambda i: f"\ue000{i}\ue001"))
