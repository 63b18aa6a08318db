"""Questions in English, read by code alone: the same words always give the same spec."""

from playhead_tools.question.parse import parse_question
from playhead_tools.spec import EVERY, QuestionSpec

__all__ = ["EVERY", "QuestionSpec", "parse_question"]
