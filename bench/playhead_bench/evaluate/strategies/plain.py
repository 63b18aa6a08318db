"""Strategies without a search: nothing, frames drawn from the video, and the gold clips."""

from random import Random

from playhead_agent.baselines.spreading import shares
from playhead_bench.evaluate.errors import EvaluationError
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.asking import Selecting, Selection, ask_clips
from playhead_bench.evaluate.strategies.session import Desk, Needs, Outcome, Place
from playhead_index.window import Window
from playhead_tools.video_llm.frame_sampling import STEP_S, ClipRequest, dense, evenly, scattered


class Blind:
    """The question alone: what can be answered without looking."""

    name = "blind"
    needs: Needs = "files"

    def answer(self, sample: Sample, session: Desk) -> Outcome:
        """The answer to the words of the question."""
        return ask_clips(sample, [None], session)


def select_random(sample: Sample, session: Desk) -> Selection:
    """Frames drawn from the videos, the budget shared among them; the same for the same seed and sample."""
    rng, requests = Random(f"{session.seed}/{sample.id}"), list[ClipRequest]()
    for video_id, many in shares(sample.video_ids, session.budget // 2):
        whole = session.source.whole(video_id)
        slots = [i * STEP_S for i in range(max(1, int(whole.end_s / STEP_S)))]
        requests.append(scattered(video_id, rng.sample(slots, min(many, len(slots))), whole))
    return Selection(tuple(requests))


def select_gold(sample: Sample, session: Desk) -> Selection:
    """The gold windows, the budget shared among them: the ceiling of every search.

    A sample without gold windows (nothing shows what is asked for) gets frames spread evenly, which show
    as little of it.

    Raises:
        EvaluationError: it is about several videos and does not say in which of them its windows lie.
    """
    if not sample.windows:
        return _spread(sample, session)
    wholes = {video_id: session.source.whole(video_id) for video_id in sample.video_ids}
    inside = [(v, window.clamped(wholes[v])) for v, window in gold_places(sample)]
    kept = [(v, window) for v, window in inside if window is not None][: session.budget // 2]
    each = max(2, session.budget // max(1, len(kept)) // 2 * 2)
    requests = tuple(dense(v, window, wholes[v], each) for v, window in kept)
    return Selection(requests, tuple(kept), tuple((place,) for place in kept))


def _spread(sample: Sample, session: Desk) -> Selection:
    """Frames spread evenly over the videos, the budget shared among them."""
    requests = []
    for video_id, many in shares(sample.video_ids, session.budget // 2):
        whole = session.source.whole(video_id)
        requests.append(scattered(video_id, evenly(whole, many), whole))
    return Selection(tuple(requests))


def gold_places(sample: Sample) -> list[Place]:
    """The gold windows with their videos; of several videos, as `meta["evidence"]` tells them.

    Raises:
        EvaluationError: nothing tells them.
    """
    if len(sample.video_ids) == 1:
        return [(sample.video_ids[0], window) for window in sample.windows]
    told = sample.meta.get("evidence")
    if not told:
        raise EvaluationError(f"{sample.id}: its gold windows do not say in which of its videos they lie")
    return list(dict.fromkeys((one["video"], Window(*one["window"])) for one in told))


BLIND = Blind()
RANDOM = Selecting("random", select_random)
GOLD = Selecting("gold", select_gold)
