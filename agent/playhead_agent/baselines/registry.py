"""All baselines by name, as strategies."""

from playhead_agent.baselines.captions import captions
from playhead_agent.baselines.confidence_loop import confidence_loop
from playhead_agent.baselines.graph import Baseline, BaselineStrategy
from playhead_agent.baselines.retrieve_once import retrieve_once
from playhead_agent.baselines.skim import skim
from playhead_agent.baselines.uniform import uniform
from playhead_agent.limits import Limits

LIMITS = Limits(
    steps=20_000, seconds=600.0, model_calls=24, looks=5_000, frames=40_000, visual_tokens=4_000_000
)
"""What fits a baseline: three rounds of the confidence loop with their repairs, or the captions and
summaries of hours; none is to lose by a limit that was set for a planner."""
_PROCEDURES: dict[str, Baseline] = {
    "uniform": uniform,
    "retrieve-once": retrieve_once,
    "captions": captions,
    "confidence-loop": confidence_loop,
    "skim": skim,
}
BASELINES = {name: BaselineStrategy(name, baseline, LIMITS) for name, baseline in _PROCEDURES.items()}
