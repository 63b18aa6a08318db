"""Whole-meeting summaries (QMSum's general queries): the product beside a truncated-transcript prompt."""
