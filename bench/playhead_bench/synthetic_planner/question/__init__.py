"""Questions in English, read by code alone: the same words always give the same spec."""

from playhead_bench.synthetic_planner.question.follow_up import follow_up
from playhead_bench.synthetic_planner.question.parse import parse_question
from playhead_tools.spec import EVERY, QuestionSpec

__all__ = ["EVERY", "QuestionSpec", "follow_up", "parse_question"]
