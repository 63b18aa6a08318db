"""Paths of the repository as the pages of documentation name them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "index": "playhead_index", "tools": "playhead_tools", "agent": "playhead_agent", "app": "playhead",
    "bench": "playhead_bench",
}  # fmt: skip
FOLDERS = (*PACKAGES, "docs", "tests", "notebooks", ".ci")
_PATH = re.compile(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[^`\s]*)`")


def page(name: str) -> str:
    """The text of a page, such as `docs/GLOSSARY.md`."""
    return (ROOT / name).read_text(encoding="utf-8")


def named_paths(text: str) -> list[str]:
    """The paths that a page names in backticks, such as `tools/.../video_llm/client.py`."""
    return _PATH.findall(text)


def expanded(path: str) -> Path:
    """The path meant by `tools/.../video_llm/client.py`."""
    component, _, rest = path.partition("/.../")
    return ROOT / component / PACKAGES[component] / rest if rest else ROOT / path


def product_code() -> str:
    """All Python code of the five components as one text."""
    files = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)
