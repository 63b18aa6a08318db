"""The cost of calls of a video-LLM: nothing on this machine, unknown where a server has no price."""

from playhead_tools.local_hosts import is_loopback
from playhead_tools.video_llm.protocol import VideoLLM, host_of
from playhead_tools.video_llm.usage import Report


def call_cost(report: Report, host: str) -> float | None:
    """What a call cost; None where the price of its server is not known, 0 on this machine.

    Args:
        report: of the call.
        host: that it was sent to (`host_of`); empty for a model in this process.
    """
    if report.cost is None:
        return 0.0 if is_own(host) else None
    return report.cost


def has_known_price(model: VideoLLM) -> bool:
    """Whether the cost of a model's calls is known before any is made.

    A backend of a server says so by an attribute `prices`.
    """
    return is_own(host_of(model)) or getattr(model, "prices", None) is not None


def is_own(host: str) -> bool:
    """Whether a host is this machine, or there is none."""
    return not host or is_loopback(host)
