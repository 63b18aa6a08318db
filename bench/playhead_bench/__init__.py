"""Playhead's bench: a made world with exact truth, and what is measured with it."""
