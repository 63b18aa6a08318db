"""`python -m playhead_bench.suite --size small --only b2 b3 --out report.json`: runs benchmarks.

Each runs in a process of its own, with as many threads as it asks for (`THREADS`; all when it says
nothing). Its record is written as it ends, so a later failure loses nothing.
"""

import argparse
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import playhead_bench.suite as suite

_RUN = """
import importlib, json, sys
from playhead_bench.suite.timing import load_recorded, timed
record = {}
with load_recorded(record):
    module = importlib.import_module(sys.argv[1])
    record["seconds"], record["result"] = timed(lambda: module.run(sys.argv[2]))
print(json.dumps(record))
"""
_THREADS = """
import importlib, sys
print(getattr(importlib.import_module(sys.argv[1]), "THREADS", 0))
"""
_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the requested benchmarks; 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m playhead_bench.suite", description=suite.__doc__)
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--full", action="store_const", const="full", dest="size", help="as --size full")
    parser.add_argument("--only", nargs="*", metavar="B", help="such as b2 b3; all by default")
    parser.add_argument("--out", type=Path, help="where the JSON report goes; standard output by default")
    options = parser.parse_args(arguments)
    report: dict[str, Any] = {}
    for name in benchmarks():
        if not options.only or name.split("_")[0] in options.only:
            print(f"{name} ({options.size}) ...", file=sys.stderr, flush=True)
            report[name] = run_alone(name, options.size)
            if options.out:
                options.out.write_text(json.dumps(report, indent=1))
    if not options.out:
        print(json.dumps(report, indent=1))
    return int(any("failed" in record for record in report.values()))


def benchmarks() -> list[str]:
    """The names of the benchmark modules, in the order of their numbers."""
    names = [module.name for module in pkgutil.iter_modules(suite.__path__)]
    numbered = {name: found for name in names if (found := re.match(r"b(\d+)([a-z]*)_", name))}
    return sorted(numbered, key=lambda name: (int(numbered[name][1]), numbered[name][2]))


def run_alone(name: str, size: str) -> dict[str, Any]:
    """The record of one benchmark, run in a process of its own."""
    module = f"{suite.__name__}.{name}"
    threads = _python(_THREADS, module).stdout.strip()
    limits = dict.fromkeys(_LIMITS, threads) if threads not in ("", "0") else {}
    run = _python(_RUN, module, size, environment=os.environ | limits)
    if run.returncode:
        return {"failed": run.stderr[-4000:]}
    record: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return record | {"size": size, "threads": int(threads or 0)}


def _python(
    code: str, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


if __name__ == "__main__":
    sys.exit(main())
