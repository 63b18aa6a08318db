"""Strategies without a search: nothing, frames drawn from the video, and the gold clips."""

from random import Random

from playhead_agent.baselines.spread_frames import frames_per_video
from playhead_bench.evaluate.errors import EvaluationError
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.clip_by_clip import ClipSelection, ClipSelectionStrategy, ask_clips
from playhead_bench.evaluate.strategies.protocol import EvaluationSession, Needs, StrategyOutcome, VideoWindow
from playhead_index.window import Window
from playhead_tools.video_llm.frame_sampling import STEP_S, ClipRequest, dense_clip, even_times, sparse_clip


class Blind:
    """The question alone, without frames."""

    name = "blind"
    needs: Needs = "files"

    def answer(self, sample: Sample, session: EvaluationSession) -> StrategyOutcome:
        """The answer to the words of the question."""
        return ask_clips(sample, [None], session)


def select_random(sample: Sample, session: EvaluationSession) -> ClipSelection:
    """Frames drawn from the videos, the budget shared among them; the same for the same seed and sample."""
    rng, requests = Random(f"{session.seed}/{sample.id}"), list[ClipRequest]()
    for video_id, num_pairs in frames_per_video(sample.video_ids, session.budget // 2):
        video_window = session.source.full_window(video_id)
        slots = [i * STEP_S for i in range(max(1, int(video_window.end_s / STEP_S)))]
        requests.append(sparse_clip(video_id, rng.sample(slots, min(num_pairs, len(slots))), video_window))
    return ClipSelection(tuple(requests))


def select_gold(sample: Sample, session: EvaluationSession) -> ClipSelection:
    """The gold windows, the budget shared among them: the ceiling of every search.

    A sample without gold windows (an absent one) gets frames spread evenly, which show
    as little of it.

    Raises:
        EvaluationError: it is about several videos and does not say in which of them its windows lie.
    """
    if not sample.windows:
        return _select_evenly(sample, session)
    video_windows = {video_id: session.source.full_window(video_id) for video_id in sample.video_ids}
    inside = [(v, window.clamped(video_windows[v])) for v, window in gold_windows_of(sample)]
    gold_windows = [(v, window) for v, window in inside if window is not None][: session.budget // 2]
    num_frames = max(2, session.budget // max(1, len(gold_windows)) // 2 * 2)
    requests = tuple(dense_clip(v, window, video_windows[v], num_frames) for v, window in gold_windows)
    return ClipSelection(requests, tuple(gold_windows), tuple((place,) for place in gold_windows))


def _select_evenly(sample: Sample, session: EvaluationSession) -> ClipSelection:
    """Frames spread evenly over the videos, the budget shared among them."""
    requests = []
    for video_id, num_pairs in frames_per_video(sample.video_ids, session.budget // 2):
        video_window = session.source.full_window(video_id)
        requests.append(sparse_clip(video_id, even_times(video_window, num_pairs), video_window))
    return ClipSelection(tuple(requests))


def gold_windows_of(sample: Sample) -> list[VideoWindow]:
    """The gold windows with their videos; of several videos, as `meta["evidence"]` tells them.

    Raises:
        EvaluationError: nothing tells them.
    """
    if len(sample.video_ids) == 1:
        return [(sample.video_ids[0], window) for window in sample.windows]
    evidence = sample.meta.get("evidence")
    if not evidence:
        raise EvaluationError(f"{sample.id}: its gold windows do not say in which of its videos they lie")
    return list(dict.fromkeys((one["video"], Window(*one["window"])) for one in evidence))


BLIND = Blind()
RANDOM = ClipSelectionStrategy("random", select_random)
GOLD = ClipSelectionStrategy("gold", select_gold)
