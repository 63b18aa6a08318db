"""A question whose quoted phrases are put away, so that no rule reads inside them."""

import re
from dataclasses import dataclass

from playhead_tools.word_match import replace_quotes

_MASK = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class MaskedQuestion:
    """A text with marks in place of quotes.

    Args:
        text: with the marks.
        quotes: what stood in quotation marks.
    """

    text: str
    quotes: tuple[str, ...]

    def restore(self, text: str) -> str:
        """A part of the text with the quotes back."""
        return " ".join(_MASK.sub(lambda m: self.quotes[int(m[1])], text).split())


def mask_quoted(text: str) -> MaskedQuestion:
    """A text with its quotes put away."""
    clean = re.sub("[\ue000\ue001\x00]", " ", text)
    return MaskedQuestion(*replace_quotes(clean, lambda i: f"\ue000{i}\ue001"))
