"""Questions in English, read by code alone: the same words always give the same spec."""

from playhead_tools.question.follow_up import follow_up
from playhead_tools.question.parse import parse_question

__all__ = ["follow_up", "parse_question"]
