"""Strategies that choose single frames by an image-text encoder."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from playhead_agent.baselines.spreading import shares
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.asking import Selecting, Selection
from playhead_bench.evaluate.strategies.session import Desk
from playhead_index.window import Window
from playhead_tools.compression.choose import adaptive_frames, best_frames
from playhead_tools.video_llm.frame_sampling import STEP_S, ClipRequest, scattered

Scores = NDArray[np.floating]
Choose = Callable[[Scores, int], NDArray[np.int64]]
"""Which (k,) of (N,) scored frames to take."""


def select_by(choose: Choose) -> Callable[[Sample, Desk], Selection]:
    """A selection of single frames, chosen by how well they fit the question; each is given twice."""

    def select(sample: Sample, session: Desk) -> Selection:
        requests: list[ClipRequest] = []
        for video_id, many in shares(sample.video_ids, session.budget // 2):
            times_s, scores = session.search.frame_scores(sample.question, video_id)
            at = choose(scores, min(many, len(scores)))
            if len(at):
                requests.append(scattered(video_id, times_s[at].tolist(), session.source.whole(video_id)))
        shown = [
            tuple((one.video_id, Window(time_s, time_s + STEP_S)) for time_s in dict.fromkeys(one.times_s))
            for one in requests
        ]
        return Selection(tuple(requests), tuple(place for places in shown for place in places), tuple(shown))

    return select


TOP_FRAMES = Selecting("top-frames", select_by(best_frames), "pictures")
AKS = Selecting("aks", select_by(adaptive_frames), "pictures")
