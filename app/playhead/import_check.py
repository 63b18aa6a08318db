"""Which packages import, tried in another interpreter: one that crashes takes nothing else down."""

import json
import subprocess
import sys
from collections.abc import Sequence

PATIENCE_S = 240.0
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
    """Why modules do not import, by their names; those that do are not in it.

    They are imported one after the other, as in a program that uses them all. One that takes the interpreter
    down is named, and the rest are tried in a new one.
    """
    failed: dict[str, str] = {}
    left = list(modules)
    while left:
        ended, begun, how = _tried(left)
        failed |= {name: why for name, why in ended.items() if why}
        if begun is None:
            return failed
        failed[begun] = f"importing it ended the interpreter ({how})"
        left = left[left.index(begun) + 1 :]
    return failed


def _tried(modules: Sequence[str]) -> tuple[dict[str, str], str | None, str]:
    """What became of each module, and the one that was not got past, with how the interpreter ended."""
    command = [sys.executable, "-c", _CHILD, *modules]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
        output, how = done.stdout, f"exit status {done.returncode}"
    except subprocess.TimeoutExpired as late:
        output, how = late.stdout or b"", f"it took over {PATIENCE_S:g} s"
    ended, begun = dict[str, str](), None
    for line in output.decode("utf-8", "replace").splitlines():
        match _record(line):
            case ["begin", str(name)]:
                begun = name
            case ["end", str(name), str(why)]:
                ended[name], begun = " ".join(why.split())[:_MAX_CHARS], None
    if begun is None and len(ended) < len(modules):
        begun = next(name for name in modules if name not in ended)
    return ended, begun, how


def _record(line: str) -> object:
    """What a line says; None for one that a package printed while it was imported."""
    try:
        return json.loads(line)
    except ValueError:
        return None
