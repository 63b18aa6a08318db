"""Strategies without a search: nothing, frames drawn or spread over the video, and the gold clips."""

from random import Random

from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.sampling import STEP_S, ClipRequest, dense, evenly, scattered
from playhead_bench.evaluate.strategies.asking import Selecting, Selection, ask_clips
from playhead_bench.evaluate.strategies.desk import Desk, Outcome


class Blind:
    """The question alone: what can be answered without looking."""

    name = "blind"
    needs_library = False

    def answer(self, sample: Sample, desk: Desk) -> Outcome:
        """The answer to the words of the question."""
        return ask_clips(sample, [None], desk)


def select_uniform(sample: Sample, desk: Desk) -> Selection:
    """Frames spread evenly over the videos, the budget shared among them."""
    requests = []
    for video_id, many in shares(sample.video_ids, desk.budget // 2):
        whole = desk.source.whole(video_id)
        requests.append(scattered(video_id, evenly(whole, many), whole))
    return Selection(tuple(requests))


def select_random(sample: Sample, desk: Desk) -> Selection:
    """Frames drawn from the videos, the budget shared among them; the same for the same seed and sample."""
    rng, requests = Random(f"{desk.seed}/{sample.id}"), list[ClipRequest]()
    for video_id, many in shares(sample.video_ids, desk.budget // 2):
        whole = desk.source.whole(video_id)
        slots = [i * STEP_S for i in range(max(1, int(whole.end_s / STEP_S)))]
        requests.append(scattered(video_id, rng.sample(slots, min(many, len(slots))), whole))
    return Selection(tuple(requests))


def select_gold(sample: Sample, desk: Desk) -> Selection:
    """The gold windows, the budget shared among them: the ceiling of every search.

    A sample without gold windows (nothing shows what is asked for) gets frames spread evenly, which show
    as little of it.
    """
    if not sample.windows:
        return select_uniform(sample, desk)
    video_id = sample.video_ids[0]
    whole = desk.source.whole(video_id)
    windows = [w for window in sample.windows if (w := window.clamped(whole)) is not None]
    kept = windows[: max(1, desk.budget // 2)]
    each = max(2, desk.budget // max(1, len(kept)) // 2 * 2)
    found = tuple((video_id, window) for window in kept)
    return Selection(tuple(dense(video_id, window, whole, each) for window in kept), found)


def shares(video_ids: tuple[str, ...], many: int) -> list[tuple[str, int]]:
    """How many of some frames each video gets: as even as can be, the first ones one more.

    >>> shares(("a", "b", "c"), 8)
    [('a', 3), ('b', 3), ('c', 2)]
    """
    each, more = divmod(many, len(video_ids))
    split = [(video_id, each + (i < more)) for i, video_id in enumerate(video_ids)]
    return [(video_id, count) for video_id, count in split if count]


BLIND = Blind()
UNIFORM = Selecting("uniform", select_uniform)
RANDOM = Selecting("random", select_random)
GOLD = Selecting("gold", select_gold)
