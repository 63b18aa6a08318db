"""Real videos and annotations that lie beside the checkout on some machines; tests skip without them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(relative: str) -> Path:
    """The path of a real data file, or the test is skipped saying which file is not here."""
    path = FOLDER / relative
    if not path.exists():
        pytest.skip(f"real data file not on this machine: {relative}")
    return path
