"""Nothing of the rule-based planner is on the path of a model that plans."""

import subprocess
import sys
from pathlib import Path

BANNED = ("playhead_tools.question.", "playhead_agent.perception.", "playhead_agent.rules.graph.")
LOADED = f"""
import sys
import playhead_agent.planner.strategy, playhead_agent.planner.graph
found = sorted(name for name in sys.modules if (name + ".").startswith({BANNED!r}))
print(found)
"""


def test_the_planner_imports_nothing_of_the_rules() -> None:
    assert printed(LOADED) == "[]"


def test_a_whole_run_loads_nothing_of_the_rules(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.tools.made_library import LECTURE, make_library\n"
        "from tests.agent.planner.runs import finish, run_script\n"
        "from playhead_index.search.results import Scope\n"
        f"made = make_library(Path({str(tmp_path)!r}))\n"
        "reply = finish(('Thomas Bayes is mentioned.', ['E5']))\n"
        "run = run_script(made, 'When is Bayes named?', [reply, reply], scope=Scope((LECTURE,)))\n"
        "assert run.answer.claims\n"
        f"print(sorted(name for name in sys.modules if (name + '.').startswith({BANNED!r})))\n"
    )
    assert printed(script) == "[]"


def printed(script: str) -> str:
    """What another Python prints for a script."""
    env = {"PYTHONPATH": ":".join(["", *sys.path]), "PATH": "/usr/bin:/bin"}
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    return out.stdout.strip()
