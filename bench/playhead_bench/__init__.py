"""Playhead's bench: synthetic videos with exact truth, and what is measured with them."""
