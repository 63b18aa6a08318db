"""One version everywhere; a dated changelog and log in order; a summary whose links lead to sections."""

import re
import tomllib
from pathlib import Path

import pytest

import playhead

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
LOG = (ROOT / "LOG.md").read_text(encoding="utf-8")
RELEASE = re.compile(r"^## (\d+)\.(\d+)\.(\d+) \((\d{4}-\d{2}-\d{2})\): \S", re.MULTILINE)
DATED = re.compile(
    r"(?:\d{4}-\d{2}-\d{2} to )?(\d{4}-\d{2}-\d{2}): .+ \((kept|rejected|negative|mixed|open)\)"
)
SUMMARY = "What we know"
HEADS = re.findall(r"^## (.+)$", LOG, re.MULTILINE)


def anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_the_version_is_the_same_everywhere() -> None:
    newest = ".".join(RELEASE.findall(CHANGELOG)[0][:3])
    files = [tomllib.loads((ROOT / name).read_text()) for name in ("pyproject.toml", "bench/pyproject.toml")]
    assert [file["project"]["version"] for file in files] == [newest, newest]
    assert f"playhead=={newest}" in files[1]["project"]["dependencies"]
    assert playhead.__version__ == newest


def test_every_heading_of_the_changelog_is_a_version_with_its_date_newest_first() -> None:
    heads = re.findall(r"^## (?!Unreleased$).+$", CHANGELOG, re.MULTILINE)
    found = RELEASE.findall(CHANGELOG)
    assert len(found) == len(heads) >= 5
    assert found == sorted(found, key=lambda one: (one[3], *map(int, one[:3])), reverse=True)


def test_every_section_of_the_log_has_a_date_and_a_verdict_newest_first() -> None:
    found = [DATED.fullmatch(title) for title in HEADS if title != SUMMARY]
    assert all(found)
    dates = [match[1] for match in found if match]
    assert dates == sorted(dates, reverse=True)


def test_the_summary_of_the_log_fits_a_screen_and_its_links_lead_to_sections() -> None:
    assert HEADS[0] == SUMMARY
    lines = LOG.partition(f"## {SUMMARY}\n")[2].partition("\n## ")[0].strip().splitlines()
    assert len(lines) <= 40
    links = re.findall(r"\(#([^)]+)\)", "\n".join(lines))
    assert len(links) == len(lines)
    assert set(links) <= {anchor(title) for title in HEADS}


@pytest.mark.parametrize("text", [LOG, CHANGELOG], ids=["LOG.md", "CHANGELOG.md"])
def test_bullets_are_short(text: str) -> None:
    bullets = re.split(r"\n(?=- |\n|#|\|)", text)
    assert [one[:60] for one in bullets if one.startswith("- ") and len(" ".join(one.split())) > 700] == []
