"""What is seen of the first generated token: when it came, and how likely Yes and No were in its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from time import perf_counter
from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.protocol import MIN_PROBABILITY, YesNo

_YES = ("Yes", " Yes", "yes", " yes", "YES", " YES")
_NO = ("No", " No", "no", " no", "NO", " NO")


@dataclass(frozen=True, slots=True)
class YesNoTokens:
    """Tokens that say yes and those that say no.

    Args:
        yes: their numbers.
        no: likewise, none of them in both.
    """

    yes: tuple[int, ...]
    no: tuple[int, ...]


def yes_no_tokens(tokenizer: Any) -> YesNoTokens | None:
    """The tokens that are a whole Yes or No; their first pieces where they are spelt in pieces.

    None when the two cannot be distinguished by their first tokens.
    """
    yes, no = (_tokens(tokenizer, words) for words in (_YES, _NO))
    both = yes & no
    if not yes - both or not no - both:
        return None
    return YesNoTokens(tuple(sorted(yes - both)), tuple(sorted(no - both)))


@dataclass(slots=True)
class FirstTokenProbe:
    """A logits processor of `generate` that changes nothing and remembers the first step.

    Args:
        tokens: of which probabilities are kept; None for none.
        settle: waits until the device has computed what it was given.
        at_s: when the first step's scores were there, on `perf_counter`'s clock.
        yes_no: for each row of the batch.
    """

    tokens: YesNoTokens | None
    settle: Callable[[], None]
    at_s: float | None = None
    yes_no: list[YesNo] = field(default_factory=list)

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores as they came."""
        if self.at_s is None:
            self.settle()
            self.at_s = perf_counter()
            if self.tokens is not None:
                logs = torch().log_softmax(scores.float(), dim=-1)
                pairs = (_summed(logs, self.tokens.yes), _summed(logs, self.tokens.no))
                self.yes_no = [YesNo(min(0.0, y), min(0.0, n)) for y, n in zip(*pairs, strict=True)]
        return scores


def _summed(logs: Any, tokens: Sequence[int]) -> list[float]:
    summed: list[float] = (
        torch().logsumexp(logs[:, list(tokens)], dim=-1).clamp_min(log(MIN_PROBABILITY)).tolist()
    )
    return summed


def _tokens(tokenizer: Any, words: Sequence[str]) -> set[int]:
    spelt = [tokenizer.encode(word, add_special_tokens=False) for word in words]
    single_tokens = {numbers[0] for numbers in spelt if len(numbers) == 1}
    return single_tokens or {numbers[0] for numbers in spelt if numbers}
