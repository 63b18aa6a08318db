"""Slow-Fast (Shi et al., 2025, arXiv:2504.01328): few tokens in the sequence, all of them attended to.

The frames of a clip become slow tokens, 81 a frame. Averaged over time they are the fast tokens, which stand
in the sequence as those of other models do; the slow ones stand nowhere in it, and text attends to them in
some layers.
"""
