"""What models cost; a price that nobody knows is None and never 0."""

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
TABLE_DATE = "November 2026"


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars for a million tokens.

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
        """What a call with these tokens costs, in US dollars.

        >>> Price(2.0, 8.0, 0.5).cost(100_000, 1_000, cached_tokens=50_000)
        0.133
        """
        cached = self.prompt if self.cached is None else self.cached
        millions = (
            (prompt_tokens - cached_tokens) * self.prompt + cached_tokens * cached + new_tokens * self.new
        )
        return round(millions / 1e6, 9)


FREE = Price(0.0, 0.0, 0.0, "runs on this machine")
_TABLE: tuple[tuple[str, tuple[float, float, float | None]], ...] = (
    (r"gpt-5(?:\.1)?-nano", (0.05, 0.40, 0.005)),
    (r"gpt-5(?:\.1)?-mini", (0.25, 2.00, 0.025)),
    (r"gpt-5-pro", (15.00, 120.00, None)),
    (r"gpt-5\.4$", (2.50, 15.00, None)),
    (r"gpt-5(?:\.1)?(?:-chat-latest|-codex|-20\d\d-.*)?$", (1.25, 10.00, 0.125)),
    (r"gpt-4\.1-nano", (0.10, 0.40, 0.025)),
    (r"gpt-4\.1-mini", (0.40, 1.60, 0.10)),
    (r"gpt-4\.1", (2.00, 8.00, 0.50)),
    (r"gpt-4o-mini", (0.15, 0.60, 0.075)),
    (r"gpt-4o(?:-20\d\d-.*)?$", (2.50, 10.00, 1.25)),
    (r"o3-mini|o4-mini", (1.10, 4.40, None)),
    (r"o3(?:-20\d\d-.*)?$", (2.00, 8.00, 0.50)),
    (r"o1(?:-20\d\d-.*)?$", (15.00, 60.00, 7.50)),
    (r"gemini-2\.5-flash-lite", (0.10, 0.40, None)),
    (r"gemini-2\.5-flash", (0.30, 2.50, None)),
    (r"gemini-2\.0-flash-lite", (0.075, 0.30, None)),
    (r"gemini-2\.0-flash", (0.10, 0.40, None)),
    (r"gemini-2\.5-pro", (2.50, 15.00, None)),
)
"""By the beginning of a name at OpenAI and Google. `gemini-2.5-pro` has two prices; that of prompts above
200,000 tokens is taken, so that a cost is never told too low."""
_HOSTS = {"api.openai.com": "OpenAI", "generativelanguage.googleapis.com": "Google"}


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
    bare = name.removeprefix("models/").casefold()
    found = next((price for pattern, price in _TABLE if re.match(pattern, bare)), None)
    return None if found is None else Price(*found, f"{_HOSTS[host]}'s price list, {TABLE_DATE}")


def _own_price(name: str) -> Price | None:
    told = os.environ.get(PRICES)
    if not told:
        return None
    if "/" in told and not Path(told).exists():
        parts = told.split("/")
        if len(parts) == 2:
            return _price(parts, told)
    try:
        table = json.loads(Path(told).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnavailable(f"{PRICES} must name a JSON file of prices; {told!r}: {error}") from error
    return _price(found, told) if (found := _listed(table, name)) is not None else None


def _listed(table: Any, name: str) -> Any:
    if not isinstance(table, Mapping):
        raise ModelUnavailable(f'{PRICES}: the file must hold {{"NAME": [prompt, new]}}')
    patterns = sorted((key for key in table if key.endswith("*") and name.startswith(key[:-1])), key=len)
    key = name if name in table else patterns[-1] if patterns else None
    return None if key is None else table[key]


def _price(values: Any, told: str) -> Price:
    try:
        prompt, new, *cached = (float(value) for value in values)
    except (ValueError, TypeError) as error:
        raise ModelUnavailable(
            f"{PRICES} must be PROMPT/NEW in US dollars for a million tokens, or a JSON file of such lists; "
            f"got {told!r}"
        ) from error
    try:
        return Price(prompt, new, cached[0] if cached else None, f"{PRICES}")
    except ValueError as error:
        raise ModelUnavailable(f"{PRICES}: {error}, in {told!r}") from error
