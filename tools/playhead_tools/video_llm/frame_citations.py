"""Numbers of frames become times: those that were shown, and no others."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window, format_time
from playhead_tools.video_llm.protocol import Clip, PromptFrame

MAX_RANGE_FRAMES = 10_000
"""No call gives a model as many frames: of a longer range only its two ends count."""
_BRACKET = re.compile(
    r"\[\s*(?:frames?\s*)?(\d{1,9}(?:\s*(?:[,;–-]|and)\s*(?:frames?\s*)?\d{1,9})*)\s*\]", re.IGNORECASE
)
_IN_TEXT = re.compile(
    r"\b(the )?frames?[ #]{1,2}(?:no\. |number )?"
    r"(\d{1,9}(?: ?(?:[,;–-]|and|to|through|or) ?(?:and )?(?:frames? )?\d{1,9})*)(?![\w.]{0,12}\d)",
    re.IGNORECASE,
)
_TO = re.compile(r"\b(?:to|through)\b")
_ITEM = re.compile(r"(\d{1,9})(?:\s*[–-]\s*(?:frames?\s*)?(\d{1,9}))?", re.IGNORECASE)
_SPACED_BRACKET = re.compile(rf"(?<!\s)\s{{0,8}}{_BRACKET.pattern}", re.IGNORECASE)


def number_frames(
    clips: Sequence[Clip], frame_indices: Sequence[NDArray[np.int64]]
) -> tuple[PromptFrame, ...]:
    """The chosen frames of all clips, numbered from 1 in the order in which they are shown.

    Images have number 0. A frame's window ends where the next shown frame with a later time appears, or with
    its clip.

    Args:
        clips: the clips of a call.
        frame_indices: for each clip the (K,) int64 indices of its frames to show, ascending.

    Raises:
        ValueError: there is not one list a clip, indices do not ascend or lie outside, or none is kept.
    """
    if len(frame_indices) != len(clips):
        raise ValueError(f"expected the frames to keep of {len(clips)} clips, got {len(frame_indices)} lists")
    prompt_frames: list[PromptFrame] = []
    num_cited = 0
    for c, (clip, indices) in enumerate(zip(clips, frame_indices, strict=True)):
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.size and (chosen[0] < 0 or chosen[-1] >= len(clip) or bool((np.diff(chosen) <= 0).any())):
            raise ValueError(f"indices of frames must ascend within [0, {len(clip)}), got {chosen.tolist()}")
        for i in chosen.tolist():
            window = _frame_window(clip, i, chosen)
            num_cited += not clip.is_image
            number = 0 if clip.is_image else num_cited
            prompt_frames.append(PromptFrame(number, c, i, clip.video_id, float(clip.pts_s[i]), window))
    if not prompt_frames:
        raise ValueError("at least one frame must be shown, got none")
    return tuple(prompt_frames)


def _by_number(prompt_frames: Sequence[PromptFrame]) -> dict[int, PromptFrame]:
    """The frames that can be cited."""
    return {frame.number: frame for frame in prompt_frames if frame.number}


def _frame_window(clip: Clip, index: int, chosen: NDArray[np.int64]) -> Window:
    start_s = max(float(clip.pts_s[index]), clip.window.start_s)
    later = clip.pts_s[chosen][clip.pts_s[chosen] > start_s]
    return Window(start_s, float(later[0]) if later.size else clip.window.end_s)


def cited_frames(numbers: Iterable[int], prompt_frames: Sequence[PromptFrame]) -> tuple[PromptFrame, ...]:
    """The frames that these numbers name, in the order given, each once.

    Raises:
        ModelOutputInvalid: a number was never shown; nothing is guessed in its place.
    """
    by_number = _by_number(prompt_frames)
    distinct = list(dict.fromkeys(numbers))
    unknown = [number for number in distinct if number not in by_number]
    if unknown:
        raise ModelOutputInvalid(
            f"the reply cites frames {unknown}; frames 1 to {len(by_number)} were shown, cite only those",
            raw_text=str(distinct),
        )
    return tuple(by_number[number] for number in distinct)


def cited_window(first: int, last: int, prompt_frames: Sequence[PromptFrame]) -> tuple[str, Window]:
    """The video and the window from one frame to another, both with the time that they stand for.

    Raises:
        ModelOutputInvalid: a number was never shown, the frames are of two clips, or the last comes first.
    """
    a, b = (cited_frames((number,), prompt_frames)[0] for number in (first, last))
    if a.clip != b.clip or a.number > b.number:
        raise ModelOutputInvalid(
            f"frames {first} to {last} are no stretch of one clip; give a first and a last frame of one clip,"
            " in the order shown",
            raw_text=f"{first}-{last}",
        )
    return a.video_id, Window(a.window.start_s, b.window.end_s)


def numbers_in(text: str) -> tuple[int, ...]:
    """The numbers of frames that a text cites in square brackets, in its order, each once.

    >>> numbers_in("A dog [3] runs [frames 5-7, 2]; it is 12 s long.")
    (3, 5, 6, 7, 2)
    """
    found: list[int] = []
    for replace_bracket in _BRACKET.finditer(text):
        for item in _ITEM.finditer(replace_bracket[1]):
            first, last = int(item[1]), int(item[2] or item[1])
            found += range(first, last + 1) if last - first < MAX_RANGE_FRAMES else (first, last)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class ResolvedText:
    """A reply with times in place of the numbers of frames.

    Args:
        text: for people.
        frames: that it names, in its order, each once.
        unknown: numbers that name no frame that was shown, in its order, each once.
    """

    text: str
    frames: tuple[PromptFrame, ...]
    unknown: tuple[int, ...] = ()


def resolve_frame_numbers(text: str, prompt_frames: Sequence[PromptFrame]) -> ResolvedText:
    """A reply in which every number of a frame is the time at which that frame appears.

    `[3]` and `[frames 3-5]` become times in round brackets, `frame 3` becomes `the frame at 0:12`. A number
    that was never shown is taken out: nothing is guessed in its place.

    Args:
        text: as the model gave it.
        prompt_frames: the frames of its call.
    """
    by_number = _by_number(prompt_frames)
    frames: dict[int, PromptFrame] = {}
    unknown: dict[int, None] = {}

    def times_of(items: str) -> list[str]:
        times = []
        for item in _ITEM.finditer(_TO.sub("–", items)):
            numbers = [int(number) for number in item.groups() if number is not None]
            known_frames = [by_number[number] for number in numbers if number in by_number]
            unknown.update(dict.fromkeys(number for number in numbers if number not in by_number))
            frames.update({frame.number: frame for frame in known_frames})
            if known_frames:
                times.append("–".join(dict.fromkeys(format_time(frame.pts_s) for frame in known_frames)))
        return list(dict.fromkeys(times))

    def replace_bracket(match: re.Match[str]) -> str:
        times = times_of(match[1])
        return f" ({', '.join(times)})" if times else ""

    def replace_named(match: re.Match[str]) -> str:
        times = times_of(match[2])
        article = "The" if match[0][0].isupper() else "the"
        if not times:
            return f"{article} frame"
        plural = "s" if len(times) > 1 or "–" in times[0] else ""
        return f"{article} frame{plural} at {listed_times(times)}"

    resolved = _IN_TEXT.sub(replace_named, _SPACED_BRACKET.sub(replace_bracket, text)).lstrip()
    return ResolvedText(resolved, tuple(frames.values()), tuple(unknown))


def listed_times(times: Sequence[str]) -> str:
    """Times as words: `0:12`, `0:12 and 0:14`, `0:12, 0:14 and 0:16`."""
    return times[0] if len(times) == 1 else f"{', '.join(times[:-1])} and {times[-1]}"
