"""Every benchmark that can be scored, by name."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from playhead_bench.evaluate import scoring_choices, scoring_grounded, scoring_moments

Scorer = Callable[[Path, Path], dict[str, float]]

SCORERS: Mapping[str, Scorer] = {
    "qvhighlights": scoring_moments.score_qvhighlights,
    "charades-sta": scoring_moments.score_charades,
    "timechat": scoring_moments.score_timechat,
    "activitynet": scoring_moments.score_activitynet,
    "na-vmr": scoring_moments.score_negatives,
    "tvr": scoring_moments.score_tvr,
    "nextqa": partial(scoring_choices.score_choices, "nextqa"),
    "nextgqa": scoring_grounded.score_nextgqa,
    "cg-bench": scoring_grounded.score_cgbench,
    "egoschema": partial(scoring_choices.score_choices, "egoschema"),
    "video-mme": partial(scoring_choices.score_choices, "videomme"),
    "lvbench": partial(scoring_choices.score_choices, "lvbench"),
    "longvideobench": partial(scoring_choices.score_choices, "longvideobench"),
    "mlvu": partial(scoring_choices.score_choices, "mlvu"),
    "hourvideo": partial(scoring_choices.score_choices, "hourvideo"),
}
"""What reads predictions and truth of a benchmark and gives its metrics."""
