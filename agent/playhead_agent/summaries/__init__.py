"""Summaries and chapters: from captions, and from the topics of a transcript."""
