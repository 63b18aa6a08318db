"""A library clock: when each video was recorded, so that events of several videos can be compared.

Without it events of different videos have no common clock, and relations hold inside one video only.
"""

from collections.abc import Iterable, Mapping

from playhead_tools.temporal.event import Event

Clock = Mapping[str, float]
"""For each video the absolute time in seconds (`recorded_at`) at which its own clock shows 0."""

NO_CLOCK = "the videos have no common clock: it is not known when each was recorded"


def offset_s(video_id: str, onto: str, clock: Clock | None) -> float | None:
    """Seconds to add to a time of one video to get the time of another; None without a common clock.

    >>> offset_s("b", "a", {"a": 100.0, "b": 160.0})
    60.0
    >>> offset_s("b", "a", None) is None
    True
    """
    if video_id == onto:
        return 0.0
    if clock is None or video_id not in clock or onto not in clock:
        return None
    return clock[video_id] - clock[onto]


def time_in(video_id: str, time_s: float, reference_id: str | None, clock: Clock | None) -> float | None:
    """A time that was asked for, on the clock of one video; None when the two cannot be compared.

    Args:
        video_id: on whose clock the answer is.
        time_s: the time asked for, on the clock of the video `reference_id`, or on the library clock.
        reference_id: the video that `time_s` belongs to; None means the library clock.
        clock: when each video was recorded.

    Raises:
        ValueError: neither a video nor a library clock is given, so that the time belongs to nothing.
    """
    if reference_id is not None:
        apart_s = offset_s(reference_id, video_id, clock)
        return None if apart_s is None else time_s + apart_s
    if clock is None:
        raise ValueError(f"{time_s} s is a time of nothing: give the video_id or the library clock")
    return time_s - clock[video_id] if video_id in clock else None


def timelines(video_ids: Iterable[str], clock: Clock | None) -> list[dict[str, float]]:
    """The videos in groups that share a clock, each with the seconds to add to its own times.

    Videos of the library clock are one group; every other video is a group alone.

    >>> timelines(["a", "b", "c"], {"a": 100.0, "b": 160.0})
    [{'a': 100.0, 'b': 160.0}, {'c': 0.0}]
    """
    ids = sorted(set(video_ids))
    shared = {video_id: clock[video_id] for video_id in ids if clock is not None and video_id in clock}
    alone = [{video_id: 0.0} for video_id in ids if video_id not in shared]
    return [shared, *alone] if shared else alone


def on_line(events: Iterable[Event], line: Clock) -> list[Event]:
    """The events that lie on a timeline, in its order of starts, then of ends."""
    return sorted(
        (e for e in events if e.video_id in line),
        key=lambda e: (
            e.window.start_s + line[e.video_id],
            e.window.end_s + line[e.video_id],
            e.video_id,
            e.evidence_ids,
        ),
    )
