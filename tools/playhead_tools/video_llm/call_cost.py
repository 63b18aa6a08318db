"""The cost of calls of a video-LLM: nothing on this machine, unknown where a server has no price."""

from playhead_tools.local_hosts import is_loopback
from playhead_tools.video_llm.protocol import VideoLLM, host_of
from playhead_tools.video_llm.usage import Report


def call_cost(report: Report, model: VideoLLM) -> float | None:
    """What a call cost; None where that is not known, 0 on this machine where no price was given.

    A server on this machine that was given a price, such as a proxy of a paid one, and does not say how many
    tokens a call used, has a cost that is not known.

    Args:
        report: of the call.
        model: that was called.
    """
    if report.cost is None:
        return 0.0 if is_own(host_of(model)) and _prices_of(model) is None else None
    return report.cost


def has_known_price(model: VideoLLM) -> bool:
    """Whether the cost of a model's calls is known before any is made.

    A backend of a server says so by an attribute `prices`.
    """
    return is_own(host_of(model)) or _prices_of(model) is not None


def _prices_of(model: VideoLLM) -> object | None:
    return getattr(model, "prices", None)


def is_own(host: str) -> bool:
    """Whether a host is this machine, or there is none."""
    return not host or is_loopback(host)
