"""Skim: one VLM call with a strip of all that is in scope and the whole frames of what a search retrieved.

The two densities of Slow-Fast video models (Shi et al., 2025, arXiv:2504.01328) for any video-LLM: many
frames at 1 to 4 tokens each say how the video goes, few whole ones show what the question names. Together
they take the tokens of one look at whole frames alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from playhead_agent.baselines.parse_reply import best_reply, read_reply, settles_question
from playhead_agent.baselines.spread_frames import frames_per_video
from playhead_agent.baselines.trial import BaselineTrial, Outcome, evidence_of_observation
from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.search_extent import SegmentRef
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.frame_sampling import (
    STRIP_FACTOR,
    STRIP_FRAMES,
    ClipRequest,
    dense_clip,
    even_times,
    sparse_clip,
    strip_clip,
)

MAX_MOMENTS = 3
"""Moments that are taken of each search."""
MAX_VIDEOS = 3
"""Videos that the VLM is asked about, one after the other, until one settles the question."""
MIN_STRIP_FRAMES = 2 * STRIP_FRAMES
"""A strip of fewer frames says no more than the whole frames that it stands for."""


def skim(trial: BaselineTrial) -> Iterator[Outcome]:
    """The reply about the video of the best moments; about the next videos where that declines or is no."""
    outcomes: list[Outcome] = []
    clip_frames, strip_frames = _num_frames(trial)
    for segment, windows in _retrieved(trial, clip_frames // 2):
        request = _clip_of(segment, windows, clip_frames)
        if strip_frames:
            request = replace(request, strip=strip_clip(*segment, strip_frames))
        observation = trial.observe_clip(request, trial.question_with_options)
        reply = read_reply(observation.text, trial.options)
        outcomes.append(Outcome(reply, _evidence(observation, windows)))
        yield outcomes[best_reply([outcome.reply for outcome in outcomes], trial.options)]
        if settles_question(reply, trial.options):
            return


def _num_frames(trial: BaselineTrial) -> tuple[int, int]:
    """Whole frames and frames of the strip of one call, fewer where the limits allow no more."""
    frames_per_call, max_frames = trial.required_vlm_client().frames, trial.context.limits.frames
    clip_frames = max(2, frames_per_call - STRIP_FRAMES)
    strip_frames = min(STRIP_FACTOR * frames_per_call, max_frames - clip_frames)
    if strip_frames >= MIN_STRIP_FRAMES:
        wanted = STRIP_FACTOR * frames_per_call
        if strip_frames < wanted:
            _note(trial, f"the strip shows {strip_frames} frames instead of {wanted}: no more are allowed")
        return clip_frames, strip_frames
    clip_frames = min(clip_frames, max(2, max_frames))
    _note(trial, f"{clip_frames} frames are shown and no strip: no more are allowed")
    return clip_frames, 0


def _note(trial: BaselineTrial, note: str) -> None:
    trial.limit_note = note
    trial.notes.append(note)


def _retrieved(trial: BaselineTrial, max_windows: int) -> list[tuple[SegmentRef, list[Window]]]:
    """The videos to be asked about, best first, each with the windows that were retrieved of it.

    The whole question and each thing that it names are searched; the best moments of each take turns. Where
    nothing is found, every video gets frames spread over it.
    """
    spec = trial.context.rules.parse(trial.question, trial.options)
    texts = dict.fromkeys((trial.question, *spec.targets))
    ranked = zip_longest(*(trial.find_moments(text, MAX_MOMENTS) for text in texts))
    windows: dict[str, list[Window]] = {}
    for moment in (one for rank in ranked for one in rank if one is not None):
        mine = windows.setdefault(moment.video_id, [])
        if len(mine) < max_windows and not any(moment.window.overlap_s(other) > 0 for other in mine):
            mine.append(moment.window)
    segments = dict(trial.segment_refs)
    if not windows:
        return [(segment, []) for segment in trial.segment_refs[:MAX_VIDEOS]]
    return [((v, segments[v]), sorted(some)) for v, some in windows.items() if v in segments][:MAX_VIDEOS]


def _clip_of(segment: SegmentRef, windows: Sequence[Window], num_frames: int) -> ClipRequest:
    """Successive frames of each window, in pairs; frames spread over the segment where there is no window."""
    video_id, inside = segment
    if not windows:
        return sparse_clip(video_id, even_times(inside, num_frames // 2), inside)
    pairs: list[tuple[float, float]] = []
    for window, num_pairs in frames_per_video(windows, num_frames // 2):
        times_s = dense_clip(video_id, window, inside, 2 * num_pairs).times_s
        pairs += [
            pair
            for pair in zip(times_s[::2], times_s[1::2], strict=True)
            if not pairs or pair[0] > pairs[-1][1]
        ]
    return ClipRequest(video_id, tuple(time_s for pair in pairs for time_s in pair), inside)


def _evidence(observation: Observation, windows: Sequence[Window]) -> tuple[Evidence, ...]:
    """The reply as evidence of each retrieved window, or of the whole scope where none was retrieved."""
    record = evidence_of_observation(observation)
    return tuple(replace(record, window=window) for window in windows) or (record,)
