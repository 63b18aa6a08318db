"""Pages that MkDocs builds besides those in `docs/`: the README as home, the log, a list of decisions.

Links in the files are those of the repository, so that they work there; here each becomes a link to the page
of the site.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "LOG.md": "log.md",
    "CONTRIBUTING.md": "contributing.md",
    "bench/RESULTS.md": "results.md",
    **{f"{name}/README.md": f"components/{name}.md" for name in ("index", "tools", "agent", "app", "bench")},
}
"""Files of the repository outside of `docs/`, and the pages that they become."""
FOLDERS = {
    "docs/decisions": "decisions/index.md",
    **{name: f"components/{name}.md" for name in ("index", "tools", "agent", "app", "bench")},
}
"""Folders that a page may link to, and the page that says what is in them."""
SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s#]*)(#[^)\s]*)?\)")
_CODE_BLOCK = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that do not stand in `docs/`."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    files.append(File.generated(config, "decisions/index.md", content=decisions_page()))
    return files


def decisions_page() -> str:
    """A list of all decisions by their titles."""
    rows = []
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        title = re.sub(r"^# *\d+[.:]? *", "", path.read_text(encoding="utf-8").partition("\n")[0])
        rows.append(f"- {path.name[:4]}: [{title[:1].upper()}{title[1:]}]({path.name})")
    head = ["# Decisions", "", "Choices that somebody may want to undo, each with its reasons.", ""]
    return "\n".join([*head, *rows, ""])


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The text of a page with links to pages of the site; a file that is no page stands as text."""
    at = page.file.src_uri
    source = SOURCES.get(at, f"docs/{at}")
    parts = _CODE_BLOCK.split(markdown)
    parts[::2] = [_LINK.sub(lambda link: _rewritten(link, source, at), part) for part in parts[::2]]
    return "".join(parts)


def _rewritten(link: re.Match[str], source: str, at: str) -> str:
    label, target, fragment = link[1], link[2], link[3] or ""
    if not target or re.match(r"[a-z]+:", target):
        return link[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    page = PAGES.get(path) or FOLDERS.get(path)
    if page is None and path.startswith("docs/"):
        page = path.removeprefix("docs/")
    if page is None:
        return label.strip("[]") if (ROOT / path).exists() else link[0]
    return f"{label}({posixpath.relpath(page, posixpath.dirname(at) or '.')}{fragment})"
