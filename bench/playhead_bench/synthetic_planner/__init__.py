"""A rule-based planner fitted to the synthetic videos and the templates of their questions."""

from playhead_agent.rules import Rules
from playhead_bench.synthetic_planner.question import follow_up, parse_question
from playhead_bench.synthetic_planner.seeing.procedures import see

RULES = Rules("synthetic", parse_question, follow_up, see)
