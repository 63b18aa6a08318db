"""Where in a clip something happens, asked in a hundred bins as VTimeLLM is, of any video-LLM.

VTimeLLM (Huang et al., 2023, arXiv:2311.18445) writes times as two digits, in hundredths of what it is shown.
Of an hour that is 36 s; so it is asked inside a clip that was found before, and a bin becomes
t = start + bin / 100 * length of that clip. A reply without readable bins is refused, never guessed.
"""

import re
from dataclasses import dataclass

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools.reasoning_content import split_thoughts
from playhead_tools.video_llm.frame_sampling import ClipRequest, even_times
from playhead_tools.video_llm.protocol import Budget, Clip, VideoLLM, VlmRequest
from playhead_tools.video_llm.refusals import is_refusal
from playhead_tools.video_llm.usage import Report

NUM_BINS = 100
NEW_TOKENS = 48
_NUMBER = r"(\d{1,3})\s{0,2}%?"
_BINS = re.compile(
    rf"(?<![\d.:]){_NUMBER}\s{{0,2}}(?:to|and|through|until|[-–—])\s{{0,2}}"
    rf"(?:frame |part )?{_NUMBER}(?![\d:]|\.\d)",
    re.IGNORECASE,
)
Bins = tuple[int, int]
"""First and last bin, 0 to 100; 100 is the end of the clip."""


@dataclass(frozen=True, slots=True)
class GroundedMoment:
    """Where a clip shows something, as a model says.

    Args:
        video_id: in which video.
        clip: the window that the model was shown.
        query: what was looked for.
        windows: where it is, in the order of the reply; none where the model says that it is not shown.
        text: the reply, without thoughts.
        report: what the call took.
    """

    video_id: str
    clip: Window
    query: str
    windows: tuple[Window, ...]
    text: str
    report: Report


def grounding_question(query: str) -> str:
    """The question for the bins of a query: VTimeLLM's own words, and what the numbers mean.

    >>> print(grounding_question("A dog jumps."))
    The video is divided into 100 equal parts, numbered from 00, its beginning, to 99, its end.
    During which frames can we see a dog jumps? Answer with the numbers of the parts, as in "From 17 to 34."
    """
    words = query.strip().removesuffix(".")
    return (
        f"The video is divided into {NUM_BINS} equal parts, numbered from 00, its beginning, to 99, its end."
        f"\nDuring which frames can we see {words[:1].lower()}{words[1:]}?"
        ' Answer with the numbers of the parts, as in "From 17 to 34."'
    )


def parse_bins(text: str) -> tuple[Bins, ...]:
    """The pairs of bins in a reply, in its order.

    Unlike in VTimeLLM's own script, which reads two digits wherever they stand, one digit counts ("5 to 20"),
    and a number above 100 or a pair in descending order is no pair of bins.

    Raises:
        ModelOutputInvalid: there is none, or one that cannot be.

    >>> parse_bins("From 17 to 34, and again from 80 to 100.")
    ((17, 34), (80, 100))
    """
    pairs = tuple((int(found[1]), int(found[2])) for found in _BINS.finditer(text))
    wrong = [pair for pair in pairs if not 0 <= pair[0] <= pair[1] <= NUM_BINS or pair[0] == NUM_BINS]
    if wrong or not pairs:
        got = f"{wrong[0][0]} to {wrong[0][1]}" if wrong else repr(text[:200])
        raise ModelOutputInvalid(
            f'expected bins from 0 to {NUM_BINS} such as "From 17 to 34.", got {got}', text
        )
    return pairs


def window_of_bins(bins: Bins, clip: Window) -> Window:
    """The window of a video that a pair of bins of a clip stands for.

    A pair of equal bins stands for that one bin, since a window is not empty.

    >>> window_of_bins((25, 50), Window(100.0, 140.0))
    Window(start_s=110.0, end_s=120.0)
    """
    first, last = bins[0], max(bins[1], bins[0] + 1)
    start_s, end_s = (clip.start_s + bin_ / NUM_BINS * clip.duration_s for bin_ in (first, last))
    return Window(start_s, end_s)


def bins_of_window(window: Window, clip: Window) -> Bins:
    """The bins in which a window of a video lies in a clip, as VTimeLLM was trained: rounded, at most 99.

    Raises:
        ValueError: the window does not touch the clip.

    >>> bins_of_window(Window(110.0, 120.0), Window(100.0, 140.0))
    (25, 50)
    """
    inside = window.clamped(clip)
    if inside is None:
        raise ValueError(f"{window} does not touch the clip {clip}")
    first, last = (
        min(round((time_s - clip.start_s) / clip.duration_s * NUM_BINS), NUM_BINS - 1)
        for time_s in (inside.start_s, inside.end_s)
    )
    return first, last


def grounding_clip(video_id: str, window: Window, num_frames: int) -> ClipRequest:
    """Frames in the middles of equal parts of a window.

    >>> grounding_clip("v", Window(10.0, 14.0), 2).times_s
    (11.0, 13.0)
    """
    return ClipRequest(video_id, tuple(even_times(window, num_frames)), window)


def ground_in_clip(model: VideoLLM, clip: Clip, query: str) -> GroundedMoment:
    """Where a clip shows what a query describes.

    Args:
        model: any video-LLM; it is asked with the question alone.
        clip: frames spread evenly over its window; VTimeLLM takes 100.
        query: a short description, such as "a dog jumps".

    Raises:
        ModelOutputInvalid: the reply neither holds bins nor says that nothing of it is shown.
        ModelUnavailable: the model cannot be asked.
        TokenBudgetExceeded: the call does not fit the model.
        ValueError: the query is empty.
    """
    if not query.strip():
        raise ValueError("a query is needed to look for, got none")
    budget = Budget(frames=len(clip), new_tokens=NEW_TOKENS)
    request = VlmRequest((clip,), grounding_question(query), budget, plain_prompt=True)
    response = model.generate(request)
    text = split_thoughts(response.text)[1].strip()
    windows: tuple[Window, ...] = ()
    if _BINS.search(text) is not None or not is_refusal(text):
        windows = tuple(window_of_bins(bins, clip.window) for bins in parse_bins(text))
    return GroundedMoment(clip.video_id, clip.window, query, windows, text, response.report)
