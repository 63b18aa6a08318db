"""Vectors for pictures and words."""
