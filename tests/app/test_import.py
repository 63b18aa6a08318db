import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "transformers",
    "open_clip",
    "faiss",
    "av",
    "langgraph",
    "onnxruntime",
    "rapidocr",
    "decord",
)
PROBE = "import sys, {package}; print([name for name in {heavy} if name in sys.modules])"


@pytest.mark.parametrize(
    "package", ["playhead", "playhead_index", "playhead_tools", "playhead_agent", "playhead_bench"]
)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = PROBE.format(package=package, heavy=HEAVY)
    path = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("command", ["--help", "list"])
def test_commands_that_need_no_model_load_no_torch_and_no_graph(command: str) -> None:
    code = (
        "import sys; sys.argv = ['playhead', %r]\n"
        "from playhead.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = [name for name in ('torch', 'transformers', 'langgraph') if name in sys.modules]\n"
        "print(heavy, file=sys.stderr)"
    )
    path = {"PYTHONPATH": ":".join(sys.path), "PLAYHEAD_LIBRARY": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", code % command], env=path, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"
