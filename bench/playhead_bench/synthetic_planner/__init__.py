"""A rule-based planner fitted to the synthetic videos and the templates of their questions."""

from functools import partial

from playhead_agent.rules.rule_set import Rules
from playhead_bench.synthetic_planner.perception.needs_visual import needs_visual_evidence
from playhead_bench.synthetic_planner.perception.procedures import answer_visual_question
from playhead_bench.synthetic_planner.question import follow_up, parse_question


def rules(*, critic: bool = True, algebra: bool = True) -> Rules:
    """The planner, whole or with a part switched off (see `ProcedureDesk`)."""
    looking = partial(answer_visual_question, critic=critic, algebra=algebra)
    return Rules("synthetic", parse_question, follow_up, looking, needs_visual_evidence)


RULES = rules()
