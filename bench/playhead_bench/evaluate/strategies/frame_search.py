"""Strategies that choose single frames by an image-text encoder."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from playhead_agent.baselines.spread_frames import frames_per_video
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.clip_by_clip import ClipSelection, ClipSelectionStrategy
from playhead_bench.evaluate.strategies.protocol import EvaluationSession
from playhead_index.window import Window
from playhead_tools.compression.frame_selection import adaptive_frames, best_frames
from playhead_tools.video_llm.frame_sampling import STEP_S, ClipRequest, sparse_clip

Scores = NDArray[np.floating]
ChooseFrames = Callable[[Scores, int], NDArray[np.int64]]
"""Which (k,) of (N,) scored frames to take."""


def select_by(choose: ChooseFrames) -> Callable[[Sample, EvaluationSession], ClipSelection]:
    """A selection of single frames, chosen by how well they fit the question; each is given twice."""

    def select(sample: Sample, session: EvaluationSession) -> ClipSelection:
        requests: list[ClipRequest] = []
        for video_id, num_pairs in frames_per_video(sample.video_ids, session.budget // 2):
            times_s, scores = session.search.frame_scores(sample.question, video_id)
            chosen = choose(scores, min(num_pairs, len(scores)))
            if len(chosen):
                requests.append(
                    sparse_clip(video_id, times_s[chosen].tolist(), session.source.full_window(video_id))
                )
        windows_by_clip = [
            tuple((one.video_id, Window(time_s, time_s + STEP_S)) for time_s in dict.fromkeys(one.times_s))
            for one in requests
        ]
        return ClipSelection(
            tuple(requests),
            tuple(place for places in windows_by_clip for place in places),
            tuple(windows_by_clip),
        )

    return select


TOP_FRAMES = ClipSelectionStrategy("top-frames", select_by(best_frames), "pictures")
AKS = ClipSelectionStrategy("aks", select_by(adaptive_frames), "pictures")
