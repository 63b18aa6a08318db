"""The text of `docs/python-api.md`: every public name with its signature and its docstring, from the code."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import is_dataclass
from itertools import takewhile
from typing import Any

import playhead
from playhead.library import Library
from playhead.signatures import (
    Parameter,
    assignment_of,
    class_node,
    fields_of,
    methods_of,
    one_line,
    parameters_of,
    returned_by,
    signature_text,
)

HEAD = """\
# Python API

Written by `make docs` from the code; a test fails when the two differ. Every name here is imported from the
package, as in `from playhead import Library, Limits`, and loads its module when it is first used. Terms are
those of [GLOSSARY.md](GLOSSARY.md). Times are in seconds from the first frame; a window is the half-open
interval `[start_s, end_s)`.
"""
GROUPS = {
    "Library": (
        "playhead.library",
        "playhead_index.index_settings",
        "playhead_index.caption_run",
        "playhead_index.build",
    ),
    "Questions and answers": (
        "playhead_tools.evidence",
        "playhead_agent.progress",
        "playhead_agent.clarify",
        "playhead_agent.persistence",
        "playhead_agent.strategies",
    ),
    "Limits": ("playhead_agent.limits",),
    "Search": ("playhead_index.search.results",),
    "Records": (),
    "Models": ("playhead.models", "playhead.model_choice", "playhead.video_models"),
    "Lower level": (),
    "Errors": (),
}
"""The groups of the page in order, and the modules whose names belong to them."""
ABOUT = {
    "Records": "What the methods that read a library return, and how times are read and written.",
    "Lower level": "Objects that attributes of `Library` hand out. They may change between versions.",
    "Errors": (
        "Every error of Playhead is a `PlayheadError`; the command line prints it in one line and exits\n"
        "with 1. A mistake in a call stays a `ValueError` or a `TypeError`."
    ),
}
UNTITLED = "The open catalog"
LIBRARY_SECTIONS = (
    "Indexing and maintenance",
    "Searching and asking",
    "Reading what is stored",
    "Models in use",
    UNTITLED,
)
"""The section comments of `Library` in the order of the page; above its first method stands none."""
_SECTIONS = {"Args": "Arguments", "Returns": "Returns", "Yields": "Yields", "Raises": "Raises"}
_ITEM = re.compile(r"(\w+): ")
_SECTION_COMMENT = re.compile(r"    # -+ (.+?) -+$")


def api_page() -> str:
    """The text of `docs/python-api.md` as the code is now."""
    members: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name in playhead._HOMES:
        members[group_of(name)].append(name)
    parts = [HEAD]
    for group, names in members.items():
        parts.append(f"- [{group}](#{group.lower().replace(' ', '-')}): {', '.join(map(_span, names))}")
    for group, names in members.items():
        parts.append(f"\n## {group}\n")
        if group in ABOUT:
            parts.append(f"{ABOUT[group]}\n")
        if group == "Errors":
            parts.append(_code(error_tree(), "text"))
        else:
            parts.extend(text for name in names for text in _entry(name))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip("\n") + "\n"


def group_of(name: str) -> str:
    """The group of the page to which a public name belongs."""
    home, value = playhead._HOMES[name], getattr(playhead, name)
    if isinstance(value, type) and issubclass(value, Exception):
        return "Errors"
    for group, modules in GROUPS.items():
        if any(home == module or home.startswith(f"{module}.") for module in modules):
            return group
    return "Lower level" if isinstance(value, type) and not is_dataclass(value) else "Records"


def error_tree() -> str:
    """The public errors as a tree, each with the first line of its docstring."""
    errors = [getattr(playhead, name) for name in playhead._HOMES if group_of(name) == "Errors"]
    rows = list(_branches(playhead.PlayheadError, errors))
    width = max(len(drawn) for drawn, _ in rows) + 2
    return "\n".join(f"{drawn:<{width}}{_first_line(error)}" for drawn, error in rows)


def _branches(
    error: type[Exception], errors: Sequence[type[Exception]], first: str = "", others: str = ""
) -> Iterator[tuple[str, type[Exception]]]:
    """(line of the tree, error) of an error and of those below it."""
    yield f"{first}{error.__name__}", error
    below = [one for one in errors if one.__base__ is error]
    for one in below:
        knot, line = ("└── ", "    ") if one is below[-1] else ("├── ", "│   ")
        yield from _branches(one, errors, others + knot, others + line)


def _entry(name: str) -> Iterator[str]:
    """The paragraphs of one public name."""
    value = getattr(playhead, name)
    yield f"### `{name}`\n"
    if value is Library:
        yield from _library()
    elif isinstance(value, type):
        yield from _class(value)
    elif inspect.isfunction(value):
        yield from _function(name, value)
    else:
        yield _code(assignment_of(name, playhead._HOMES[name]))


def _library() -> Iterator[str]:
    """The class `Library` and its methods, by the sections of its code."""
    yield from _class_head(Library)
    title = ""
    for section, name, function, is_property in library_methods():
        if section != title:
            yield f"### {section}\n"
            title = section
        yield f"#### `Library.{name}`\n"
        yield from _function(name, function, is_property=is_property)


def library_methods() -> list[tuple[str, str, Callable[..., Any], bool]]:
    """(section, name, function, whether it is a property) of the public members of `Library`, in order."""
    lines, first = inspect.getsourcelines(Library)
    comments = [
        (at, match[1]) for at, line in enumerate(lines, first) if (match := _SECTION_COMMENT.match(line))
    ]
    found = []
    for name, function, is_property in methods_of(Library):
        starts = inspect.getsourcelines(function)[1]
        section = next((title for at, title in reversed(comments) if at < starts), UNTITLED)
        found.append((section, name, function, is_property))
    return sorted(found, key=lambda row: LIBRARY_SECTIONS.index(row[0]))


def _class(value: type) -> Iterator[str]:
    """Signature, docstring and members of a class."""
    yield from _class_head(value)
    rows = [_member(*method) for method in methods_of(value)]
    if rows:
        yield "**Members**\n\n" + "\n".join(rows) + "\n"


def _class_head(value: type) -> Iterator[str]:
    """The signature of a class's constructor and the docstring of the class."""
    doc = inspect.getdoc(value) or ""
    if is_dataclass(value):
        parameters = fields_of(value)
        yield _code(signature_text(value.__name__, parameters))
        yield from render_docstring(doc, parameters, arguments="Fields")
    elif inspect.isfunction(constructor := vars(value).get("__init__")):
        parameters = parameters_of(constructor)
        yield _code(signature_text(value.__name__, parameters))
        yield from render_docstring(doc, parameters)
    else:
        yield _code(f"class {value.__name__}({', '.join(map(ast.unparse, class_node(value).bases))})")
        yield from render_docstring(doc)


def _function(name: str, function: Callable[..., Any], *, is_property: bool = False) -> Iterator[str]:
    """Signature and docstring of a function, a method or a property."""
    parameters, returned = parameters_of(function), returned_by(function)
    yield _code(f"{name}: {returned}" if is_property else signature_text(name, parameters, returned))
    yield from render_docstring(inspect.getdoc(function) or "", parameters)


def _member(name: str, function: Callable[..., Any], is_property: bool) -> str:
    """A method of a record as an item of a list: its signature and the first paragraph of its docstring."""
    parameters, returned = parameters_of(function), returned_by(function)
    signature = f"{name}: {returned}" if is_property else one_line(name, parameters, returned)
    about = takewhile(bool, (inspect.getdoc(function) or "").splitlines())
    return f"- {_span(signature)}: {' '.join(about)}"


# ---- docstrings ----


def render_docstring(
    doc: str, parameters: Sequence[Parameter] = (), *, arguments: str = "Arguments"
) -> Iterator[str]:
    r"""A docstring in Google's style as blocks of Markdown, each with a line break at its end.

    Args:
        doc: without its indentation.
        parameters: those of the signature; their types stand beside what the docstring says of them.
        arguments: the title of the list of arguments.

    >>> list(render_docstring("Waits.\n\nArgs:\n    wait_s: in seconds.", [Parameter("wait_s", "float")]))
    ['Waits.\n', '**Arguments**\n\n- `wait_s` (`float`): in seconds.\n']
    """
    types = {parameter.name: f" ({_span(parameter.annotation)})" for parameter in parameters}
    for section, lines in _sections(doc):
        if section is None:
            yield from _paragraphs(lines)
        elif section in ("Args", "Raises"):
            title, beside = (arguments, types) if section == "Args" else ("Raises", {})
            rows = [f"- {_span(name)}{beside.get(name, '')}: {text}" for name, text in _items(lines)]
            yield f"**{title}**\n\n" + "\n".join(rows) + "\n"
        else:
            yield f"**{_SECTIONS[section]}**: " + " ".join(line.strip() for line in lines if line) + "\n"


def _sections(doc: str) -> Iterator[tuple[str | None, list[str]]]:
    """(name, lines) of the sections of a docstring in order; the name of free text is None."""
    section: str | None = None
    lines: list[str] = []
    for line in doc.splitlines():
        title = line[:-1] if line.endswith(":") and line[:-1] in _SECTIONS else None
        if title is None and (section is None or not line or line.startswith(" ")):
            lines.append(line)
            continue
        if any(lines):
            yield section, lines
        section, lines = title, [line] if title is None else []
    if any(lines):
        yield section, lines


def _items(lines: Sequence[str]) -> list[tuple[str, str]]:
    """(name, text) of the entries of a section."""
    entries: list[list[str]] = []
    for line in textwrap.dedent("\n".join(lines)).splitlines():
        if _ITEM.match(line):
            entries.append([line])
        elif line and entries:
            entries[-1].append(line.strip())
    texts = [" ".join(entry).partition(": ") for entry in entries]
    return [(name, text) for name, _, text in texts]


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Free text: an example becomes a code block, and so does what is indented."""
    for paragraph in re.split(r"\n{2,}", "\n".join(line.rstrip() for line in lines).strip("\n")):
        if paragraph.startswith(">>>"):
            example = [line.partition("# doctest:")[0].rstrip() for line in paragraph.splitlines()]
            yield _code("\n".join(example), "pycon")
        elif paragraph.startswith("    "):
            yield _code(textwrap.dedent(paragraph), "text")
        else:
            yield f"{paragraph}\n"


def _first_line(value: type) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _code(text: str, language: str = "python") -> str:
    return f"```{language}\n{text}\n```\n"


def _span(text: str) -> str:
    return f"`{text}`"
