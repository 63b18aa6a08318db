"""The same with a real process that is really killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.agent.seen_world import World
from tests.agent.test_crash_nodes import QUESTION, answer_fields, stored_observations
from tests.tools.made_library import make_library

from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.run import ask, resume
from playhead_tools.evidence import Answer

QUESTIONS = f"""
import os, signal, sys
from pathlib import Path
from tests.agent.seen_world import World
from tests.agent.test_crash_nodes import DyingSaver, Killed
from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.run import ask
from playhead_index.store.catalog import Catalog

class KilledHere(DyingSaver):
    def _kept(self, *arguments):
        try:
            return super()._kept(*arguments)
        except Killed:
            os.kill(os.getpid(), signal.SIGKILL)

folder, place, nth, when = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
with open_checkpointer(folder) as saver:
    dying = KilledHere(saver, place, nth, when)
    ask({QUESTION!r}, context=World(Catalog(folder), moments=3).context(), checkpointer=dying, thread_id="a")
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "nth", "when"),
    [
        ("write of watch", 2, "after"),
        ("write of watch", 2, "before"),
        ("step 4", 0, "before"),
        ("write of check", 0, "after"),
    ],
)
def test_a_process_killed_by_the_system_is_gone_on_with(
    tmp_path: Path, place: str, nth: int, when: str
) -> None:
    catalog = make_library(tmp_path)
    paths = os.pathsep.join([str(ROOT), *sys.path])
    command = [sys.executable, "-c", QUESTIONS, str(tmp_path), place, str(nth), when]
    run = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, check=False, capture_output=True)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    world, unbroken = World(catalog, moments=3), World(catalog, moments=3)
    with open_checkpointer(tmp_path) as saver:
        kept = stored_observations(saver)
        *_, answer = resume("a", context=world.context(), checkpointer=saver)
    assert isinstance(answer, Answer)
    assert answer_fields(answer) == answer_fields(ask(QUESTION, context=unbroken.context()))
    assert kept.isdisjoint(world.looks)
    assert kept | set(world.looks) == set(unbroken.looks)
