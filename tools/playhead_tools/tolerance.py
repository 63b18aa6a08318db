"""Tolerances: how far two numbers may differ and still count as equal, in `tools` and `agent`."""

EPSILON_S = 1e-3
"""Seconds. Subtitle files and containers give times to the millisecond; a smaller difference is rounding."""
EPSILON = 1e-9
"""Of sums and products of numbers near 1 in 64-bit floating point: rounding changes them by less."""
