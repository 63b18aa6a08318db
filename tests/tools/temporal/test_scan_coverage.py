"""Where was looked."""

from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import SCOPE, scans, unhurried, with_more

from playhead_index.window import Window
from playhead_tools.temporal.scan_coverage import Scan


@unhurried
@given(scans(), st.integers(0, 80), st.integers(0, 80))
def test_a_stretch_is_covered_when_each_second_was_scanned(scan: Scan, a: int, b: int) -> None:
    seconds = [any(s in w for w in scan.scanned["v"]) for s in range(min(a, b), max(a, b))]
    assert scan.covers("v", min(a, b), max(a, b)) == all(seconds)


@unhurried
@given(scans())
def test_seen_and_unseen_make_up_the_scope(scan: Scan) -> None:
    assert scan.scanned_s + sum(w.duration_s for v in SCOPE for w in scan.unscanned_windows(v)) == 160.0


@unhurried
@given(scans(), scans())
def test_more_scanned_is_never_less_covered(scan: Scan, more: Scan) -> None:
    both = with_more(scan, more)
    assert both.fraction >= max(scan.fraction, more.fraction)
    assert both.is_complete or not (scan.is_complete or more.is_complete)


def test_a_hair_between_scanned_windows_is_no_hole() -> None:
    scan = Scan({"v": Window(0, 10)}, {"v": [Window(0, 4.9999), Window(5, 10)]})
    assert scan.is_complete
    assert not Scan({"v": Window(0, 10)}, {"v": [Window(0, 4), Window(5, 10)]}).is_complete


def test_a_video_out_of_scope_is_not_covered() -> None:
    assert not Scan(SCOPE, {"x": [Window(0, 80)]}).covers("x")
