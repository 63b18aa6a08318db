"""Limits of a run, and the meter that counts its usage."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf, isfinite
from typing import Any

from playhead_index.errors import CostLimit, StepLimit, TimeLimit


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one question.

    Args:
        steps: nodes of the graph that may run, repeats counted.
        seconds: wall time of the whole run.
        model_calls: calls of the language model, repairs counted.
        model_call_s: wall time of one call of the language model.
        evidence: records in the evidence table.
        anchors: places in a video that a relation in time is followed from.
        prompt_chars: characters of evidence in a prompt of the language model.
        looks: calls of the video-LLM.
        frames: frames that it is given, over all of these calls.
        visual_tokens: tokens that they become.
        money: cost of all calls, in the currency of their prices (US dollars in the table that comes with
            Playhead); calls without a known price are not counted.

    Raises:
        ValueError: one of them is not above 0.
    """

    steps: int = 64
    seconds: float = 120.0
    model_calls: int = 4
    model_call_s: float = 60.0
    evidence: int = 48
    anchors: int = 3
    prompt_chars: int = 12_000
    looks: int = 64
    frames: int = 400
    visual_tokens: int = 200_000
    money: float = 1.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"limits must be above 0, got {name} = {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits that a person sets; a field that is None keeps the default of the strategy.

    Args:
        looks: calls of the video-LLM.
        frames: frames over all of these calls.
        visual_tokens: tokens that they become.
        model_calls: calls of the language model, repairs counted.
        seconds: wall time of the whole run.
        money: in the currency of the price table.
        evidence: records in the evidence table.
        steps: nodes of the graph that may run.

    Raises:
        ValueError: one of them is not above 0.

    >>> Caps(looks=2).applied_to(Limits(seconds=9.0)) == Limits(seconds=9.0, looks=2)
    True
    """

    looks: int | None = None
    frames: int | None = None
    visual_tokens: int | None = None
    model_calls: int | None = None
    seconds: float | None = None
    money: float | None = None
    evidence: int | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        for name, value in self.explicit_values().items():
            if not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")

    def explicit_values(self) -> dict[str, float]:
        """The fields that are set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def applied_to(self, limits: Limits) -> Limits:
        """The limits of a strategy, with what is set here in their places."""
        changes: dict[str, Any] = self.explicit_values()
        return replace(limits, **changes)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds from which a hit counts as evidence.

    Args:
        supported: share of the target's words that a text must contain to support the answer.
        related: share from which a text counts as the closest, unverified.
        related_long: the same for a description of more than four content words.
        meaning: cosine of question and text from which a text found by meaning alone counts, unverified; it
            depends on the text encoder.
        picture: score from which a frame counts as showing the target; None when the image encoder is not
            calibrated, and then a frame is never more than the closest, unverified.
    """

    supported: float = 0.75
    related: float = 0.6
    related_long: float = 0.4
    meaning: float = 0.5
    picture: float | None = None


@dataclass(slots=True)
class Meter:
    """Counts the usage of a run, and stops it at a limit.

    Args:
        limits: the most it may use.
        clock: seconds, going up; another one in tests.
        vlm_failure: why the video-LLM could not be called; after that it is not called again in this run.
        money: what was spent, where a price is known.
        unpriced_calls: calls without a known price.
        repairs: replies that were sent back once because they did not keep to their form.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    vlm_failure: str = ""
    steps: int = 0
    searches: int = 0
    _searched: set[Hashable] = field(default_factory=set, init=False, repr=False)
    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    looks: int = 0
    frames: int = 0
    visual_tokens: int = 0
    visual_tokens_given: int = 0
    money: float = 0.0
    unpriced_calls: int = 0
    repairs: int = 0
    _started_s: float = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._started_s = self.clock()

    @property
    def seconds(self) -> float:
        """Wall time since the run began."""
        return self.clock() - self._started_s

    @property
    def remaining_s(self) -> float:
        """Wall time that is left; may be below 0."""
        return self.limits.seconds - self.seconds

    def share_s(self, share: float) -> float:
        """A share of the seconds that the run may take; 0 where they have no limit."""
        return share * self.limits.seconds if isfinite(self.limits.seconds) else 0.0

    def step(self, node: str) -> None:
        """Counts a node that begins.

        Raises:
            StepLimit: it would be one too many.
            TimeLimit: the seconds are used up.
        """
        if self.steps >= self.limits.steps:
            raise StepLimit(f"stopped before {node!r}: {self.limits.steps} steps were allowed")
        self.check_time(node)
        self.steps += 1

    def check_time(self, where: str) -> None:
        """Stops a run that has used its seconds.

        Raises:
            TimeLimit: the seconds are used up.
        """
        if self.remaining_s <= 0:
            raise TimeLimit(f"stopped at {where!r}: {self.limits.seconds:g} s were allowed")

    def model_call(self) -> None:
        """Counts a call of the language model that begins.

        Raises:
            CostLimit: it would be one too many, or the money is spent.
            TimeLimit: the seconds are used up.
        """
        self.check_time("model call")
        with self._lock:
            if self.model_calls >= self.limits.model_calls:
                raise CostLimit(f"stopped: {self.limits.model_calls} model calls were allowed")
            self.require_money()
            self.model_calls += 1

    def require_money(self) -> float:
        """The money that is left.

        Raises:
            CostLimit: there is none.
        """
        if self.money >= self.limits.money:
            raise CostLimit(f"stopped: {self.money:.4f} was spent, {self.limits.money:g} was allowed")
        return self.limits.money - self.money

    def pay(self, money: float | None) -> None:
        """Adds the cost of a call; None where its price is not known."""
        self.add_money(money or 0.0, int(money is None))

    def add_money(self, money: float, unpriced_calls: int) -> None:
        """Adds the cost of several calls, and the number of those without a known price."""
        with self._lock:
            self.money += money
            self.unpriced_calls += unpriced_calls

    def tokens(self, prompt: int, completion: int) -> None:
        """Adds the tokens that a call reported."""
        with self._lock:
            self.prompt_tokens += prompt
            self.completion_tokens += completion

    def search(self, query_key: Hashable) -> None:
        """Counts a search that was not made before in this run."""
        if query_key not in self._searched:
            self._searched.add(query_key)
            self.searches += 1

    def add_vlm_call(
        self,
        frames: int,
        visual_tokens: int,
        visual_tokens_given: int | None = None,
        money: float | None = 0.0,
    ) -> None:
        """Counts a call of the video-LLM.

        Args:
            frames: that the model was given.
            visual_tokens: after token compression.
            visual_tokens_given: before token compression; as many when None.
            money: cost of the call; None where its price is not known.
        """
        with self._lock:
            self.looks += 1
            self.frames += frames
            self.visual_tokens += visual_tokens
            self.money += money or 0.0
            self.unpriced_calls += money is None
            self.visual_tokens_given += visual_tokens if visual_tokens_given is None else visual_tokens_given

    def record_vlm_failure(self, why: str) -> str:
        """Ends the VLM calls of the run; the reason that counts, which is the first one given."""
        with self._lock:
            self.vlm_failure = self.vlm_failure or why
            return self.vlm_failure

    def vlm_calls_left(self, frames_per_call: int) -> int:
        """How many more VLM calls of so many frames the limits allow."""
        allowances = [
            self.limits.looks - self.looks,
            (self.limits.frames - self.frames) // frames_per_call,
            self._num_affordable(self.visual_tokens, self.limits.visual_tokens),
            self._num_affordable(self.money, self.limits.money),
        ]
        return max(0, min(allowances)) if self.remaining_s > 0 else 0

    def _num_affordable(self, used: float, limit: float) -> int:
        """How many more VLM calls like those so far a limit allows; `limits.looks` before the first one."""
        if not used or limit == inf:
            return self.limits.looks
        return int((limit - used) * self.looks / used)

    def restore(self, used: Mapping[str, float]) -> None:
        """Continues from the usage of an earlier process of the same run.

        Args:
            used: its `cost`; missing entries count as 0.
        """
        with self._lock:
            self._started_s = self.clock() - used.get("seconds", 0.0)
            for name in COUNTED:
                setattr(self, name, type(getattr(self, name))(used.get(name, 0)))

    def cost(self) -> dict[str, float]:
        """The usage so far, for the answer."""
        return {
            "seconds": round(self.seconds, 3),
            "steps": self.steps,
            "searches": self.searches,
            "model_calls": self.model_calls,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "looks": self.looks,
            "frames": self.frames,
            "visual_tokens": self.visual_tokens,
            "visual_tokens_given": self.visual_tokens_given,
            "money": round(self.money, 6),
            "unpriced_calls": self.unpriced_calls,
        }


COUNTED = (
    "steps", "searches", "model_calls", "prompt_tokens", "completion_tokens", "looks", "frames",
    "visual_tokens", "visual_tokens_given", "money", "unpriced_calls",
)  # fmt: skip
"""Fields of a `Meter` that count up, beside the seconds."""
