"""What several tests of the benches read; made once a run. Tests must not change it."""

from typing import Any

import pytest

from playhead_bench.nano.profile import FOLDERS, WEIGHTS
from playhead_bench.nano.tokenizer import make_tokenizer
from playhead_index.embed.runtime import transformers


@pytest.fixture(scope="session")
def words() -> Any:
    """The tokenizer of nano-vlm: the shipped one, or, where none is shipped, the same made anew (seconds)."""
    shipped = WEIGHTS / FOLDERS["video"]
    if (shipped / "tokenizer.json").exists():
        return transformers().AutoTokenizer.from_pretrained(shipped, local_files_only=True)
    return make_tokenizer()
