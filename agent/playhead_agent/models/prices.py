"""Prices of models; an unknown price is None and never 0."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from playhead_index.errors import ModelUnavailable

PRICES = "PLAYHEAD_PRICES"
"""A JSON file `{"NAME": [prompt, new, cached]}` of US dollars for a million tokens; names may end in `*`."""
PRICE_UNKNOWN = "price unknown"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model, in US dollars for a million tokens.

    Args:
        prompt: of the prompt.
        new: generated; thoughts count as such.
        cached: of the prompt that the provider had in its cache; None when as others.
        source: where the price comes from.

    Raises:
        ValueError: one of them is below 0, or is no finite number.
    """

    prompt: float
    new: float
    cached: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for value in (self.prompt, self.new, self.cached or 0.0):
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"a price must be a number of 0 or more, got {value}")

    def cost(self, prompt_tokens: int, new_tokens: int, cached_tokens: int = 0) -> float:
        """The cost of a call with these tokens, in US dollars.

        >>> Price(2.0, 8.0, 0.5).cost(100_000, 1_000, cached_tokens=50_000)
        0.133
        """
        cached = self.prompt if self.cached is None else self.cached
        millions = (
            (prompt_tokens - cached_tokens) * self.prompt + cached_tokens * cached + new_tokens * self.new
        )
        return round(millions / 1e6, 9)


FREE = Price(0.0, 0.0, 0.0, "runs on this machine")
_NANO = "https://developers.openai.com/api/docs/models/gpt-5-nano, as stored in November 2026"
_OPENAI = "https://github.com/simonw/llm-prices data/openai.json at commit 0838d1a, of 2026 before GPT-5.6"
_O3 = "https://deploybase.ai/articles/openai-pricing of March 2026"
_OLD_4O = "https://hex.pm/packages/openai_responses/0.4.1 pricing.ex of 2025-06-03"
_GOOGLE = "https://github.com/simonw/llm-prices data/google.json at commit 014a62d, of 2026"
_TABLE: dict[str, tuple[float, float, float | None, str]] = {
    "gpt-5": (1.25, 10.00, 0.125, _OPENAI),
    "gpt-5-mini": (0.25, 2.00, 0.025, _OPENAI),
    "gpt-5-nano": (0.05, 0.40, 0.005, _NANO),
    "gpt-5-pro": (15.00, 120.00, None, _OPENAI),
    "gpt-5.1": (1.25, 10.00, 0.125, _OPENAI),
    "gpt-5.2": (1.75, 14.00, 0.175, _OPENAI),
    "gpt-5.4": (5.00, 22.50, 0.50, _OPENAI),
    "gpt-5.4-mini": (0.75, 4.50, 0.075, _OPENAI),
    "gpt-5.4-nano": (0.20, 1.25, 0.02, _OPENAI),
    "gpt-4.1": (2.00, 8.00, 0.50, _OPENAI),
    "gpt-4.1-mini": (0.40, 1.60, 0.10, _OPENAI),
    "gpt-4.1-nano": (0.10, 0.40, 0.025, _OPENAI),
    "gpt-4o": (2.50, 10.00, 1.25, _OPENAI),
    "gpt-4o-2024-05-13": (5.00, 15.00, None, _OLD_4O),
    "gpt-4o-mini": (0.15, 0.60, 0.075, _OPENAI),
    "o1": (15.00, 60.00, 7.50, _OPENAI),
    "o3": (2.00, 8.00, None, _O3),
    "o3-mini": (1.10, 4.40, 0.55, _OPENAI),
    "o4-mini": (1.10, 4.40, 0.275, _OPENAI),
    "gemini-2.0-flash": (0.10, 0.40, None, _GOOGLE),
    "gemini-2.0-flash-lite": (0.075, 0.30, None, _GOOGLE),
    "gemini-2.5-flash": (0.30, 2.50, 0.03, _GOOGLE),
    "gemini-2.5-flash-lite": (0.10, 0.40, 0.01, _GOOGLE),
    "gemini-2.5-pro": (2.50, 15.00, 0.25, _GOOGLE),
}
"""By whole name at OpenAI and Google, each with the stored copy of a public page that it comes from (most are
not the providers' own); it may have changed since. Where the length of a prompt makes two prices (`gpt-5.4`
above 272,000 tokens, `gemini-2.5-pro` above 200,000) the higher is taken, so that no cost comes out too low.
Variants (audio, image, deep research) cost otherwise than their base: what is not here has no known price."""
_DATED = re.compile(r"-(?:20\d\d-\d\d-\d\d|\d{3})$")
"""Behind the name of a model, the version of which it is the price too."""
_HOSTS = frozenset(("api.openai.com", "generativelanguage.googleapis.com"))


def price_of(host: str, name: str) -> Price | None:
    """The price of a model: the user's own, else that of the table for the provider's own host; None else.

    Args:
        host: that requests go to.
        name: of the model, as the server knows it.

    Raises:
        ModelUnavailable: the user's file of prices cannot be read.
    """
    own = _own_price(name)
    if own is not None or host not in _HOSTS:
        return own
    full = name.removeprefix("models/").casefold()
    found = _TABLE.get(full) or _TABLE.get(_DATED.sub("", full))
    return None if found is None else Price(*found)


def _own_price(name: str) -> Price | None:
    setting = os.environ.get(PRICES)
    if not setting:
        return None
    if "/" in setting and not Path(setting).exists():
        parts = setting.split("/")
        if len(parts) == 2:
            return _price(parts, setting)
    try:
        table = json.loads(Path(setting).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnavailable(f"{PRICES} must name a JSON file of prices; {setting!r}: {error}") from error
    return _price(found, setting) if (found := _price_in_table(table, name)) is not None else None


def _price_in_table(table: Any, name: str) -> Any:
    if not isinstance(table, Mapping):
        raise ModelUnavailable(f'{PRICES}: the file must hold {{"NAME": [prompt, new]}}')
    patterns = sorted((key for key in table if key.endswith("*") and name.startswith(key[:-1])), key=len)
    key = name if name in table else patterns[-1] if patterns else None
    return None if key is None else table[key]


def _price(values: Any, setting: str) -> Price:
    try:
        prompt, new, *cached = (float(value) for value in values)
    except (ValueError, TypeError) as error:
        raise ModelUnavailable(
            f"{PRICES} must be PROMPT/NEW in US dollars for a million tokens, or a JSON file of such lists; "
            f"got {setting!r}"
        ) from error
    try:
        return Price(prompt, new, cached[0] if cached else None, f"{PRICES}")
    except ValueError as error:
        raise ModelUnavailable(f"{PRICES}: {error}, in {setting!r}") from error
