"""What a person is told of the captions of an indexing run: the estimate, and what they took."""

from playhead_index.caption_run import CaptionEstimate, CaptionSettings, CaptionUsage


def estimate_text(estimate: CaptionEstimate, settings: CaptionSettings) -> str:
    """What all captions are expected to take, from the first ones: two lines.

    >>> first = CaptionUsage(3, 3, 12, 1_500, 1_800, 6.0, 0.0, unpriced=3)
    >>> print(estimate_text(CaptionEstimate(first.for_windows(420), first), CaptionSettings()))
    captions: 3 of 420 segments took 6.0 s; all of them about 0:14:00
      1,680 frames, 210,000 visual tokens, price unknown
    """
    total, measured = estimate.total, estimate.measured
    of_all = f"{measured.windows} of {total.windows:,} {_windows(settings)}"
    took = f"took {measured.seconds:.1f} s; all of them about {_time(total.seconds)}"
    return f"captions: {of_all} {took}\n  {_amounts(total)}"


def usage_text(usage: CaptionUsage, num_windows: int, settings: CaptionSettings, why_ended: str) -> str:
    """What the captions of a run took: one line, and why the run ended early where it did.

    >>> usage_text(CaptionUsage(2, 2, 8, 96, 120, 1.5), 2, CaptionSettings(), "")
    'captions: 2 of 2 segments in 1.5 s, 8 frames, 96 visual tokens, no cost'
    """
    took = f"{usage.seconds:.1f} s" if usage.seconds < 60 else _time(usage.seconds)
    head = f"captions: {usage.captions:,} of {num_windows:,} {_windows(settings)} in {took}"
    ended = f"; {why_ended}: the same command continues" if why_ended else ""
    return f"{head}, {_amounts(usage)}{ended}"


def money_suffix(usage: CaptionUsage) -> str:
    """What has been spent, for the end of a line; empty where nothing has."""
    return f", cost {usage.money:.4f}" if usage.money else ""


def _windows(settings: CaptionSettings) -> str:
    return "segments" if settings.every_s is None else f"segments and steps of {settings.every_s:g} s"


def _amounts(usage: CaptionUsage) -> str:
    if usage.visual_tokens is not None:
        tokens = f"{usage.visual_tokens:,} visual tokens"
    elif usage.prompt_tokens is not None:
        tokens = f"{usage.prompt_tokens:,} prompt tokens (visual ones not counted)"
    else:
        tokens = "tokens unknown"
    return f"{usage.frames:,} frames, {tokens}, {_money(usage)}"


def _money(usage: CaptionUsage) -> str:
    if not usage.is_priced:
        return "price unknown"
    spent = f"cost {usage.money:.4f}" if usage.money else "no cost"
    return f"{spent}, the price of {usage.unpriced:,} unknown" if usage.unpriced else spent


def _time(seconds: float) -> str:
    """Hours, minutes and seconds, such as `0:14:00`."""
    minutes, left_s = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left_s:02}"
