"""Tests imports of packages in a subprocess, so that a crash does not end this process."""

import json
import subprocess
import sys
from collections.abc import Sequence

TIMEOUT_S = 240.0
_MAX_CHARS = 300
_CHILD = """
import importlib, json, sys
for name in sys.argv[1:]:
    print(json.dumps(["begin", name]), flush=True)
    try:
        importlib.import_module(name)
        failed = ""
    except BaseException as error:
        failed = f"{type(error).__name__}: {error}".strip()
    print("\\n" + json.dumps(["end", name, failed]), flush=True)
"""


def failed_imports(modules: Sequence[str]) -> dict[str, str]:
    """Errors of the modules that cannot be imported, by module name.

    They are imported one after the other, as in a program that uses them all. One that takes the interpreter
    down is named, and the rest are tried in a new one.
    """
    failed: dict[str, str] = {}
    remaining = list(modules)
    while remaining:
        ended, begun, exit_text = _try_imports(remaining)
        failed |= {name: why for name, why in ended.items() if why}
        if begun is None:
            return failed
        failed[begun] = f"importing it ended the interpreter ({exit_text})"
        remaining = remaining[remaining.index(begun) + 1 :]
    return failed


def _try_imports(modules: Sequence[str]) -> tuple[dict[str, str], str | None, str]:
    """Import errors ("" for none) by module, the module that ended the interpreter, and its exit text."""
    command = [sys.executable, "-c", _CHILD, *modules]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
        output, exit_text = done.stdout, f"exit status {done.returncode}"
    except subprocess.TimeoutExpired as timeout:
        output, exit_text = timeout.stdout or b"", f"it took over {TIMEOUT_S:g} s"
    ended, begun = dict[str, str](), None
    for line in output.decode("utf-8", "replace").splitlines():
        match _record(line):
            case ["begin", str(name)]:
                begun = name
            case ["end", str(name), str(why)]:
                ended[name], begun = " ".join(why.split())[:_MAX_CHARS], None
    if begun is None and len(ended) < len(modules):
        begun = next(name for name in modules if name not in ended)
    return ended, begun, exit_text


def _record(line: str) -> object:
    """The JSON record of a line; None for output that a package printed during its import."""
    try:
        return json.loads(line)
    except ValueError:
        return None
