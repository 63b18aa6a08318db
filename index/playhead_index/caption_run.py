"""The captions of one indexing run: which are made, what they take, and what stops them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from playhead_index.errors import ModelUnavailable
from playhead_index.words.protocol import GeneratedCaption

NUM_PROBED = 3
"""Windows that are captioned before the estimate of the whole run is made."""
NUM_MUTE = 8
"""After so many windows without a single caption the captioner counts as mute."""
MIN_STEP_S = 1.0
MAX_SAMPLES = 16
MAX_REPLY_CHARS = 80
StopReason = Literal["", "declined", "money"]


@dataclass(frozen=True, slots=True)
class CaptionSettings:
    """Which captions a run makes, and what they may cost.

    Args:
        every_s: a caption for each step of so many seconds as well, beside those of the segments, as LaViLa
            narrates a video (Zhao et al., 2023, arXiv:2212.04501); None for those of the segments alone.
        max_captions: segments captioned a video, the most representative first; None for all.
        samples: captions sampled for each window, of which the one that agrees best with the others is
            stored, with its agreement as confidence; 1 for one without sampling.
        max_money: that the captions of a run may cost, in the currency of the prices; None for no limit.

    Raises:
        ValueError: a step shorter than a second, or a number outside its range.
    """

    every_s: float | None = None
    max_captions: int | None = None
    samples: int = 1
    max_money: float | None = None

    def __post_init__(self) -> None:
        if self.every_s is not None and not MIN_STEP_S <= self.every_s < float("inf"):
            raise ValueError(f"every_s must be at least {MIN_STEP_S:g} s, got {self.every_s:g}")
        if self.max_captions is not None and self.max_captions < 1:
            raise ValueError(f"max_captions must be at least 1, got {self.max_captions}")
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise ValueError(f"samples must be 1 to {MAX_SAMPLES}, got {self.samples}")
        if self.max_money is not None and not 0 < self.max_money < float("inf"):
            raise ValueError(f"max_money must be above 0, got {self.max_money:g}")


@dataclass(frozen=True, slots=True)
class CaptionUsage:
    """What some captions took.

    Args:
        windows: segments and steps that the captioner was given.
        captions: captions that it gave.
        frames: that it was shown.
        visual_tokens: that they became; None where the backend does not count them.
        prompt_tokens: of all prompts, visual ones among them; None where they are not counted.
        seconds: wall time, decoding included.
        money: what is known of the cost.
        unpriced: windows of which the cost is not known.
    """

    windows: int = 0
    captions: int = 0
    frames: int = 0
    visual_tokens: int | None = 0
    prompt_tokens: int | None = 0
    seconds: float = 0.0
    money: float = 0.0
    unpriced: int = 0

    def plus(self, generated: Sequence[GeneratedCaption], seconds: float) -> "CaptionUsage":
        """With a batch added."""
        known = [one.money for one in generated if one.money is not None]
        return CaptionUsage(
            self.windows + len(generated),
            self.captions + sum(bool(one.text.strip()) for one in generated),
            self.frames + sum(one.frames for one in generated),
            _sum(self.visual_tokens, *(one.visual_tokens for one in generated)),
            _sum(self.prompt_tokens, *(one.prompt_tokens for one in generated)),
            self.seconds + seconds,
            self.money + sum(known),
            self.unpriced + len(generated) - len(known),
        )

    def for_windows(self, windows: int) -> "CaptionUsage":
        """What so many windows take at the same rate; nothing where nothing was measured.

        >>> CaptionUsage(3, 3, 12, 600, 900, 1.5, 0.03).for_windows(10).visual_tokens
        2000
        """
        if not self.windows:
            return replace(self, windows=windows)
        factor = windows / self.windows
        visual_tokens, prompt_tokens = (
            None if tokens is None else round(tokens * factor)
            for tokens in (self.visual_tokens, self.prompt_tokens)
        )
        return CaptionUsage(
            windows, round(self.captions * factor), round(self.frames * factor), visual_tokens, prompt_tokens,
            self.seconds * factor, self.money * factor, round(self.unpriced * factor),
        )  # fmt: skip

    @property
    def is_priced(self) -> bool:
        """Whether the cost of any window is known."""
        return self.unpriced < self.windows

    @property
    def money_per_window(self) -> float:
        """Mean cost of those windows of which it is known; 0 where it is of none."""
        priced = self.windows - self.unpriced
        return self.money / priced if priced else 0.0

    @property
    def spent(self) -> float:
        """The cost, with that of windows of which it is not known taken as the mean of the others."""
        return self.money + self.unpriced * self.money_per_window


@dataclass(frozen=True, slots=True)
class CaptionEstimate:
    """What the captions of a run are expected to take, from the first ones.

    Args:
        total: of all windows of the run, the first ones included.
        measured: of the first ones.
    """

    total: CaptionUsage
    measured: CaptionUsage


def confirm_always(estimate: CaptionEstimate) -> bool:
    """Goes on whatever the estimate is."""
    return True


class CaptionRun:
    """Measures the captions of a run over some videos, and stops them.

    They stop when the estimate from the first `NUM_PROBED` windows is declined, and before the batch that
    would cost more than the settings allow. Where the windows of the run are counted, a captioner that says
    nothing is an error; a detector that finds nothing in a video is none.

    Args:
        settings: which captions are made, and what they may cost.
        num_windows: that the run is to caption over all videos; None where that is not known, and then
            nothing is estimated, and no captioner counts as mute.
        confirm: called once with the estimate, where windows are left then; False stops.
        on_progress: called after each batch with what was taken so far.
    """

    def __init__(
        self,
        settings: CaptionSettings | None = None,
        *,
        num_windows: int | None = None,
        confirm: Callable[[CaptionEstimate], bool] = confirm_always,
        on_progress: Callable[[CaptionUsage], None] = lambda usage: None,
    ) -> None:
        self.settings = settings or CaptionSettings()
        self.usage = CaptionUsage()
        self.stopped: StopReason = ""
        self._num_windows, self._confirm, self._on_progress = num_windows, confirm, on_progress
        self._is_confirmed = num_windows is None

    def next_batch(self, wanted: int) -> int:
        """How many windows may be captioned next, at most `wanted`; 0 when the run has stopped."""
        if not self.stopped and not self._is_confirmed and self.usage.windows >= NUM_PROBED:
            self._is_confirmed = True
            if self._num_left and not self._confirm(self.estimate):
                self.stopped = "declined"
        if self.stopped:
            return 0
        if not self._is_confirmed:
            wanted = min(wanted, NUM_PROBED - self.usage.windows)
        return self._affordable(wanted)

    def add(self, captioner: str, generated: Sequence[GeneratedCaption], seconds: float) -> None:
        """Adds a batch.

        Args:
            captioner: its name.
            generated: a caption a window.
            seconds: wall time of the batch.

        Raises:
            ModelUnavailable: it has said nothing of the first `NUM_MUTE` windows, or of all.
        """
        self.usage = self.usage.plus(generated, seconds)
        self._on_progress(self.usage)
        if self._num_left is not None and (self.usage.windows >= NUM_MUTE or self._num_left == 0):
            self._check_not_mute(captioner, generated[-1].raw_reply)

    def _check_not_mute(self, captioner: str, raw_reply: str) -> None:
        """Nothing, where the captioner has given a caption.

        Raises:
            ModelUnavailable: it has said nothing of every window so far.
        """
        if self.usage.captions:
            return
        reply = " ".join(raw_reply.split())[:MAX_REPLY_CHARS]
        raise ModelUnavailable(
            f"{captioner} gave no caption for {self.usage.windows} of {self.usage.windows} windows"
            f" ({f'its last reply: {reply!r}' if reply else 'it replied with no text'}); no caption was"
            " stored: name another model with --video-model"
        )

    @property
    def estimate(self) -> CaptionEstimate:
        """What all windows are expected to take, from those so far."""
        return CaptionEstimate(self.usage.for_windows(self._num_windows or self.usage.windows), self.usage)

    @property
    def _num_left(self) -> int | None:
        return None if self._num_windows is None else max(0, self._num_windows - self.usage.windows)

    def _affordable(self, wanted: int) -> int:
        limit = self.settings.max_money
        if limit is None:
            return wanted
        if not self.usage.windows:
            return 1
        if not self.usage.is_priced:
            raise ModelUnavailable(
                f"captions may cost at most {limit:g}, and what they cost is not known: the server did not"
                " say how many tokens its calls use; leave out --max-money"
            )
        each = self.usage.money_per_window
        affordable = wanted if not each else min(wanted, int((limit - self.usage.spent) / each + 1e-9))
        if affordable < 1:
            self.stopped = "money"
            return 0
        return affordable


def _sum(*values: int | None) -> int | None:
    """The sum; None where one of them is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
