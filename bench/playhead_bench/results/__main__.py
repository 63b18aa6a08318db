"""`python -m playhead_bench.results`: runs parts, keeps their fragments, writes `bench/RESULTS.md`.

A part that cannot be run (a missing model) is reported and left out; the others are written. What the page
says of parts that were not run this time stays.

    python -m playhead_bench.results                       # every part
    python -m playhead_bench.results --only oracle needles # these
    python -m playhead_bench.results --run DIR             # include a finished `playhead eval`
    python -m playhead_bench.results --page                # write the page again and run nothing
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from playhead_bench.results.fragments import Fragment, read_fragments
from playhead_bench.results.page import page
from playhead_bench.results.parts import PARTS, OutputFolders, of_run, run_part
from playhead_index.errors import PlayheadError

BENCH = Path(__file__).resolve().parents[2]
PICTURES = "docs/pictures"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the requested parts and writes the page; 1 when a part could not be run."""
    options = _parser().parse_args(arguments)
    err = Console(stderr=True)
    places = OutputFolders(options.out / "work", options.pictures, tuple(options.benches))
    fragments = options.out / "results"
    failed, fragments_made = 0, list[Fragment]()

    def say(text: str, style: str = "dim") -> None:
        err.print(text, style=style, markup=False, highlight=False)

    for name in [] if options.page or options.run else options.only or PARTS:
        say(f"{name} …", "bold")
        try:
            fragments_made.append(run_part(name, places, say))
            fragments_made[-1].save(fragments)
        except PlayheadError as error:
            say(f"{name} is left out: {error}", "yellow")
            failed += 1
    try:
        for folder in options.run:
            fragments_made.append(of_run(folder, options.pictures, options.command))
            fragments_made[-1].save(fragments)
        before = options.page_file.read_text(encoding="utf-8") if options.page_file.exists() else ""
        written = page(read_fragments(fragments) if options.page else fragments_made, before=before)
    except PlayheadError as error:
        say(str(error), "red")
        return 1
    options.page_file.write_text(written, encoding="utf-8")
    say(f"{options.page_file} is written")
    return int(bool(failed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m playhead_bench.results", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", choices=tuple(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    parser.add_argument(
        "--benches", nargs="+", default=[], metavar="B", help="of the suite only these, such as b5 b10"
    )
    parser.add_argument("--run", nargs="+", type=Path, default=[], metavar="DIR", help="finished evaluations")
    parser.add_argument("--command", default="", help="with --run: the command that gave it")
    parser.add_argument("--page", action="store_true", help="write the page from what is kept, run nothing")
    parser.add_argument("--out", type=Path, default=BENCH / "out", help="for fragments, videos, libraries")
    parser.add_argument("--pictures", type=Path, default=BENCH.parent / PICTURES, help="for PNG files")
    parser.add_argument("--page-file", type=Path, default=BENCH / "RESULTS.md", help="the page")
    return parser


if __name__ == "__main__":
    sys.exit(main())
