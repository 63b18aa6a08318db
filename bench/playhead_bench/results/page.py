"""The page of results: Markdown made of fragments, each section with the command that gives it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from playhead_bench.results.fragments import Fragment

PARTS = ("real", "eval", "run", "oracle", "needles", "compression", "training", "suite")
"""The order of the sections; several runs stand beside each other by their names."""
HEAD = """# Results

Written by `python -m playhead_bench.results`, from what has been run; do not edit. Each section names the
command, the commit and the machine that gave it. But for the section on real questions, all videos are made
by this project, so every answer and every window is known; the models are the bundled nano models, which know
that world and nothing else. What those numbers show is how strategies and parts compare, not how large models
would do.
"""
MARK = "<!-- part: {part} -->"
"""Stands before each section, so that one can be written anew and the others stay."""
NOTHING = "\nNothing has been run yet.\n"
DEEPEST_HEADING = 6


def page(fragments: Sequence[Fragment], pictures: str = "../docs/pictures", before: str = "") -> str:
    """The whole page.

    Args:
        fragments: in any order.
        pictures: folder of the images, relative to the page.
        before: the page as it was; its sections of parts that are not among the fragments stay.
    """
    sections = sections_of(before) | {one.part: section(one, pictures).strip() for one in fragments}
    ordered = sorted(sections, key=lambda part: (_rank(part), part))
    body = "".join(f"\n{MARK.format(part=part)}\n{sections[part]}\n" for part in ordered)
    return HEAD + (body or NOTHING)


def sections_of(written: str) -> dict[str, str]:
    """The sections of a page by their parts, without the marks before them.

    >>> sections_of("# Results\\n\\n<!-- part: run-a -->\\n## A\\n\\nx\\n\\n<!-- part: suite -->\\n## B\\n")
    {'run-a': '## A\\n\\nx', 'suite': '## B'}
    """
    pieces = re.split(MARK.format(part="([a-z0-9-]+)") + "\n", written)
    return {part: text.strip() for part, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def section(fragment: Fragment, pictures: str) -> str:
    """One fragment as a section: title, command, tables, images."""
    lasted = "" if fragment.seconds is None else f" It took {_duration(fragment.seconds)}."
    origin = f"`{fragment.command}` at commit `{fragment.commit[:12]}`, on {fragment.machine}.{lasted}"
    images = "".join(f"\n![{caption}]({pictures}/{name})\n" for name, caption in fragment.pictures.items())
    body = WRITERS[_kind(fragment.part)](fragment.data)
    return f"## {fragment.title}\n\n{origin}\n\n{body}{images}"


def _kind(part: str) -> str:
    """The sort of a part: `run-large` is a `run`."""
    return part.partition("-")[0]


def _rank(part: str) -> int:
    return PARTS.index(_kind(part))


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


# ---- a writer a part ----


def evaluation(data: Mapping[str, Any]) -> str:
    """A run of strategies: its own report, its headings one level deeper and its title left out."""
    lines = [line for line in str(data["report"]).splitlines() if not line.startswith("# ")]
    return "\n".join(_deeper(line) for line in lines).strip() + "\n"


def _deeper(line: str) -> str:
    marks = len(line) - len(line.lstrip("#"))
    return f"#{line}" if 0 < marks < DEEPEST_HEADING else line


def oracle(data: Mapping[str, Any]) -> str:
    """Recall against noise, a line a level."""
    points = data["points"]
    ranks = list(points[0]["recall_at"])
    header = ("noise", "cosine", *(f"recall@{k}" for k in ranks), "nothing found")
    rows = [
        (
            f"{p['noise']:g}",
            f"{p['cosine']:.2f}",
            *(f"{p['recall_at'][k]:.3f}" for k in ranks),
            f"{p['empty']:.3f}",
        )
        for p in points
    ]
    return f"{data['about']}\n\n{grid(header, rows)}"


def needles(data: Mapping[str, Any]) -> str:
    """Needles found, a line a kind and length, a column a depth."""
    cells = data["cells"]
    depths = sorted({cell["depth"] for cell in cells})
    places = dict.fromkeys((cell["kind"], cell["minutes"]) for cell in cells)
    rows = []
    for kind, minutes in places:
        inside = [c for c in cells if (c["kind"], c["minutes"]) == (kind, minutes)]
        by_depth = [[c for c in inside if c["depth"] == depth] for depth in depths]
        rows.append(
            (kind, f"{minutes:g}", *map(_found_share, by_depth), f"{_share(inside, 'found_at_5'):.0%}")
        )
    header = ("needle", "minutes", *(f"depth {depth:.0%}" for depth in depths), "among the first five")
    return f"{data['about']}\n\n{grid(header, rows)}"


def _found_share(cells: Sequence[Mapping[str, Any]]) -> str:
    return f"{_share(cells, 'found_at_1'):.0%} of {len(cells)}" if cells else "–"


def _share(cells: Sequence[Mapping[str, Any]], name: str) -> float:
    return sum(float(cell[name]) for cell in cells) / len(cells)


def compression(data: Mapping[str, Any]) -> str:
    """A table of accuracies and one of costs a set of clips: a line a method, a column a keep ratio."""
    parts = [f"{data['about']}\n"]
    for name, points in data["sets"].items():
        uncompressed, rest = points[0], points[1:]
        ratios = sorted({p["ratio"] for p in rest}, reverse=True)
        at = {(p["method"], p["ratio"]): p for p in rest}
        methods = dict.fromkeys(p["method"] for p in rest)
        header = ("keep ratio", "1", *(f"{ratio:g}" for ratio in ratios))
        tables = []
        for cell in (_accuracy, _cost):
            rows = [
                (
                    method,
                    cell(uncompressed),
                    *(cell(at[method, r]) if (method, r) in at else "–" for r in ratios),
                )
                for method in methods
            ]
            tables.append(grid(header, rows))
        parts.append(
            f"### {name}\n\n{uncompressed['questions']} questions answered right, %:\n\n{tables[0]}\n"
            f"Visual tokens kept, and prefill beside that of all:\n\n{tables[1]}"
        )
    return "\n".join(parts)


def _accuracy(point: Mapping[str, Any]) -> str:
    return f"{100 * point['accuracy']:.1f}"


def _cost(point: Mapping[str, Any]) -> str:
    return f"{point['visual_tokens']:.0f}, {point['prefill']:.2f}"


def training(data: Mapping[str, Any]) -> str:
    """The scores on the models' cards, a line a score."""
    rows = [
        (model, name.replace("_", " "), f"{value:.3f}")
        for model, scores in data["scores"].items()
        for name, value in scores.items()
    ]
    return grid(("model", "score on test seeds", "value"), rows)


def suite(data: Mapping[str, Any]) -> str:
    """The benchmarks of the parts: every number under its name, and what failed."""
    parts = []
    for name, record in data.items():
        if "failed" in record:
            last = (record["failed"].strip().splitlines() or ["no message"])[-1]
            parts.append(f"### {name}\n\nFailed: `{last}`\n")
            continue
        threads, load = record["threads"] or "all", record["load_before"]
        took = f"{record['seconds']:.0f} s, {threads} threads, load {load:.1f}"
        rows = list(flatten(record["result"]))
        parts.append(f"### {name}\n\n{took}\n\n{grid(('what', 'value'), rows)}")
    return "\n".join(parts)


_TIMING = {"min_s", "median_s", "p99_s", "rounds"}
_RATIO = {"min", "median"}


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf of nested records with the path to it; a timing or a ratio is one leaf.

    >>> list(flatten({"a": {"b": 0.5}, "c": [1, "x"], "d": {"min": 1.5, "median": 2.0}}))
    [('a b', '0.5'), ('c', '1, x'), ('d', '1.5, median 2')]
    """
    if isinstance(value, Mapping) and value.keys() == _RATIO:
        yield name, f"{_value_text(value['min'])}, median {_value_text(value['median'])}"
    elif isinstance(value, Mapping) and value.keys() == _TIMING:
        yield name, f"{_value_text(value['min_s'])} s, median {_value_text(value['median_s'])} s"
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flatten(inner, f"{name} {key}".strip())
    elif isinstance(value, list) and any(isinstance(one, (Mapping, list)) for one in value):
        for number, inner in enumerate(value):
            yield from flatten(inner, f"{name} {number}".strip())
    else:
        yield name, ", ".join(map(_value_text, value)) if isinstance(value, list) else _value_text(value)


def _value_text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, all columns but the first aligned to the right."""
    rule = ("---", *("---:" for _ in header[1:]))
    return "".join(
        f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in row)} |\n"
        for row in (header, rule, *rows)
    )


WRITERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "eval": evaluation, "run": evaluation, "real": evaluation, "oracle": oracle, "needles": needles,
    "training": training, "suite": suite, "compression": compression,
}  # fmt: skip
"""How a part's data are written."""
