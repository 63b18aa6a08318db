"""The glossary says where things are in the code: files that it names exist, and so do the classes."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
PACKAGES = {
    "index": "playhead_index", "tools": "playhead_tools", "agent": "playhead_agent", "app": "playhead",
    "bench": "playhead_bench",
}  # fmt: skip


def expanded(path: str) -> Path:
    """The path meant by `tools/.../video_llm/client.py`."""
    component, _, rest = path.partition("/.../")
    return ROOT / component / PACKAGES[component] / rest if rest else ROOT / path


def test_every_file_and_folder_that_the_glossary_names_exists() -> None:
    paths = re.findall(rf"`((?:{'|'.join(PACKAGES)})/[^`\s]+)`", GLOSSARY)
    assert len(paths) > 80
    assert [path for path in paths if not expanded(path).exists()] == []


def test_every_record_section_names_the_class_that_it_is_today() -> None:
    named = re.findall(r"today \(`(\w+)`[^|]*\)", GLOSSARY)
    code = "\n".join(p.read_text(encoding="utf-8") for name in PACKAGES for p in (ROOT / name).rglob("*.py"))
    assert len(named) >= 11
    assert [name for name in named if f"class {name}" not in code] == []
