"""Whether decord can be tested here: it is an extra, with wheels for Linux on x86-64 alone."""

from importlib.util import find_spec

import pytest

needs_decord = pytest.mark.skipif(
    find_spec("decord") is None, reason='decord is not installed: pip install "playhead[decord]"'
)
BOTH_READERS = ("pyav", pytest.param("decord", marks=needs_decord))
