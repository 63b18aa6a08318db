"""The scope rules know every place that the tools can go through."""

from typing import get_args

from playhead_agent.verification.ledger import ScannedLane
from playhead_agent.verification.scope_rules import SCANNED_MODALITIES
from playhead_tools.toolbox.find_events_tool import Where


def test_every_place_of_find_events_has_its_modalities() -> None:
    assert set(SCANNED_MODALITIES) == set(get_args(Where)) == set(get_args(ScannedLane))
