"""The pages of documentation: files, classes and links that they name exist; the site needs no network."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.repository_paths import PACKAGES, ROOT, expanded, named_paths, page, product_code

PAGES = ("README.md", "docs/ARCHITECTURE.md", "docs/extending.md", "docs/usage.md", "docs/install.md")
COMPONENTS = tuple(f"{name}/README.md" for name in PACKAGES)
LINKED = (*PAGES, *COMPONENTS, "CONTRIBUTING.md", "docs/GLOSSARY.md", "docs/providers.md")
CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchor(heading: str) -> str:
    """The fragment of a heading, as GitHub and MkDocs make it."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip())


def broken_links(name: str) -> list[str]:
    """The links of a page to files or headings of the repository that do not exist."""
    text = CODE_BLOCK.sub("", page(name))
    found = []
    for link in LINK.findall(text):
        if link.startswith(("http://", "https://")):
            continue
        path, _, fragment = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        headings = HEADING.findall(target.read_text(encoding="utf-8")) if target.suffix == ".md" else []
        if not target.exists() or (fragment and fragment not in map(anchor, headings)):
            found.append(link)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_file_and_folder_that_a_page_names_exists(name: str) -> None:
    assert [path for path in named_paths(page(name)) if not expanded(path).exists()] == []


@pytest.mark.parametrize("name", LINKED)
def test_every_link_inside_the_repository_resolves(name: str) -> None:
    assert broken_links(name) == []


def test_the_map_in_the_readme_has_every_folder_once() -> None:
    block = re.search(r"## Map of the repository.*?```text\n(.*?)```", page("README.md"), re.DOTALL)
    assert block is not None
    paths = [line.split()[0] for line in block[1].splitlines()]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    top = sorted(path for path in paths if path.count("/") == 1)
    assert top == sorted(f"{name}/" for name in (*PACKAGES, "docs", "tests", "notebooks"))


@pytest.mark.parametrize("name", ["docs/ARCHITECTURE.md", "docs/extending.md"])
def test_every_class_and_method_that_a_page_names_is_in_the_code(name: str) -> None:
    text, code = CODE_BLOCK.sub("", page(name)), product_code()
    named = re.findall(r"`([A-Z]\w*[a-z]\w*)(?:\.(\w+))?`", text)
    assert len(named) >= 30
    classes = [owner for owner, _ in named if not re.search(rf"\b{owner}\b(\(|:| = |\[)", code)]
    members = [f"{owner}.{member}" for owner, member in named if member and not is_member(member, code)]
    assert (classes, members) == ([], [])


def is_member(name: str, code: str) -> bool:
    """Whether a method, a property or a field has this name."""
    return re.search(rf"(def {name}\(|^    {name}:)", code, re.MULTILINE) is not None


# ---- the site ----


class Assets(HTMLParser):
    """What a page of HTML loads: scripts, styles, pictures and frames; links to click are no assets."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        is_link = tag == "link" and values.get("rel") not in ("canonical", "next", "prev")
        name = "href" if is_link else "src" if tag in ("script", "img", "iframe", "source", "video") else ""
        if value := values.get(name):
            self.loaded.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a broken link or a missing page ends the build (with `--quiet` it would not)."""
    pytest.importorskip("mkdocs", reason="the extra dev is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_has_a_page_for_each_part(site: Path) -> None:
    names = "index usage ARCHITECTURE extending python-api cli GLOSSARY changelog log"
    assert [name for name in names.split() if not (site / f"{name}.html").is_file()] == []
    assert len(list((site / "decisions").glob("*.html"))) > 40


def test_no_page_of_the_site_loads_anything_from_the_network(site: Path) -> None:
    found = []
    for path in site.rglob("*.html"):
        assets = Assets()
        assets.feed(path.read_text(encoding="utf-8"))
        found += [f"{path.name}: {one}" for one in assets.loaded if re.match(r"(?:https?:)?//", one)]
    styles = "\n".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert (found, re.findall(r"url\(['\"]?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*", styles)) == ([], [])
