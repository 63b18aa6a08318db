"""The page of results from fragments that are made up."""

import json
from dataclasses import replace

import pytest

from playhead_bench.evaluate.manifest import RunManifest
from playhead_bench.oracle.experiment import NoisePoint
from playhead_bench.results.__main__ import BENCH, main
from playhead_bench.results.fragments import Fragment, FragmentDamaged, read_fragments
from playhead_bench.results.page import NOTHING, flatten, page, section, sections_of
from playhead_bench.results.parts import of_run
from playhead_bench.results.plots import draw_compression, draw_noise, draw_training

POINT = {"noise": 2.0, "cosine": 0.45, "recall_at": {"1": 0.5, "5": 0.75}, "empty": 0.0}
ORACLE = Fragment(
    "oracle", "The search alone", "make it", "0123456789abcdef", "x86_64, 2 cores, Linux", 24.2,
    {"about": "Two things.", "points": [POINT]}, {"oracle.png": "recall"},
)  # fmt: skip
CELL = {"kind": "thing", "minutes": 2.0, "depth": 0.1, "found_at_1": 1.0, "found_at_5": 1.0}
WHOLE = {
    "method": "", "ratio": 1.0, "accuracy": 0.8, "questions": 10, "visual_tokens": 180.0, "prefill": 1.0,
}  # fmt: skip
COMPRESSION_POINTS = {
    "s": [WHOLE, WHOLE | {"method": "by lot", "ratio": 0.1, "accuracy": 0.5, "visual_tokens": 18.0}]
}
REPORT = (
    "# world: 3 questions\n\n| strategy | accuracy |\n| --- | ---: |\n| gold | 90.0 |\n\n## By kind\n\nx\n"
)


def run_folder(folder, finished=True):
    """A folder as a finished evaluation leaves it."""
    machine = {"processor": "x86_64", "count": 16, "system": "Linux"}
    RunManifest({}, "p", {}, {}, 0, "f" * 40, {}, machine, finished=finished).save(folder)
    (folder / "report.md").write_text(REPORT)
    (folder / "report.json").write_text(json.dumps({"task": "world-test-iid", "questions": 3}))
    (folder / "report.png").write_bytes(b"a picture")
    return folder


def test_a_fragment_that_was_saved_is_read_again(tmp_path):
    ORACLE.save(tmp_path)
    assert read_fragments(tmp_path) == [ORACLE]


def test_where_nothing_has_been_run_there_are_no_fragments(tmp_path):
    assert read_fragments(tmp_path / "nowhere") == []
    assert page([]).endswith(NOTHING)


@pytest.mark.parametrize("text", ["{", "[]", '{"part": "oracle"}'])
def test_a_file_that_is_no_fragment_is_refused(tmp_path, text):
    (tmp_path / "oracle.json").write_text(text)
    with pytest.raises(FragmentDamaged, match="not what a part of the results writes"):
        read_fragments(tmp_path)


def test_a_section_says_command_commit_machine_and_time():
    lines = section(ORACLE, "pictures").splitlines()
    assert lines[0] == "## The search alone"
    assert lines[2] == "`make it` at commit `0123456789ab`, on x86_64, 2 cores, Linux. It took 24 seconds."
    assert lines[-1] == "![recall](pictures/oracle.png)"


def test_recall_against_noise_is_a_line_a_level():
    assert "| 2 | 0.45 | 0.500 | 0.750 | 0.000 |" in section(ORACLE, "p")


def test_needles_are_averaged_by_length_and_depth():
    cells = [CELL, CELL | {"found_at_1": 0.0}, CELL | {"depth": 0.9}]
    needles = replace(ORACLE, part="needles", data={"about": "", "cells": cells})
    assert "| thing | 2 | 50% of 2 | 100% of 1 | 100% |" in section(needles, "p")


def test_a_depth_without_a_needle_stays_empty():
    cells = [CELL, CELL | {"depth": 0.9, "minutes": 10.0}]
    needles = replace(ORACLE, part="needles", data={"about": "", "cells": cells})
    assert "| thing | 10 | – | 100% of 1 | 100% |" in section(needles, "p")


def test_a_timing_and_a_ratio_take_one_line_each():
    timing = {"rounds": 7, "p99_s": 3.0, "median_s": 2.0, "min_s": 1.5}
    rows = list(flatten({"timings": {"stock": timing}, "ours_over_stock": {"median": 0.5, "min": 0.25}}))
    assert rows == [("timings stock", "1.5 s, median 2 s"), ("ours_over_stock", "0.25, median 0.5")]


def test_the_suite_shows_every_number_and_what_failed():
    good = {"seconds": 3.2, "threads": 0, "load_before": 0.5, "result": {"search": {"p50_ms": 1.25}}}
    data = {"b2_search": good, "b3_lexical": {"failed": "Traceback\nValueError: no\n"}}
    text = section(replace(ORACLE, part="suite", data=data), "p")
    assert "| search p50_ms | 1.25 |" in text
    assert "Failed: `ValueError: no`" in text


def test_a_runs_own_report_keeps_its_tables_and_moves_its_headings_down():
    text = section(replace(ORACLE, part="run-large", data={"report": REPORT}), "p")
    assert "# world: 3 questions" not in text
    assert "\n### By kind\n" in text


def test_evaluations_come_first_whatever_the_order_of_the_files():
    run = replace(ORACLE, part="run-large", title="The large one", data={"report": REPORT})
    text = page([ORACLE, run])
    assert text.index("## The large one") < text.index("## The search alone")


def test_a_section_written_anew_leaves_the_others_as_they_were():
    run = replace(ORACLE, part="run-world", title="Strategies", data={"report": REPORT})
    before = page([ORACLE, run])
    after = page([replace(ORACLE, title="The search again")], before=before)
    assert sections_of(after)["run-world"] == sections_of(before)["run-world"]
    assert after.count("## The search") == 1
    assert "## The search again" in after
    assert page([], before=before) == before


def test_the_page_of_this_project_can_be_written_again_section_by_section():
    stored_page = (BENCH / "RESULTS.md").read_text(encoding="utf-8")
    assert page([], before=stored_page) == stored_page
    assert len(sections_of(stored_page)) == stored_page.count("\n## ")


def test_a_finished_run_becomes_a_fragment_with_its_commit_machine_and_picture(tmp_path):
    found = of_run(run_folder(tmp_path / "large"), tmp_path / "pictures", "playhead eval world")
    assert (found.part, found.commit, found.command) == ("run-large", "f" * 40, "playhead eval world")
    assert found.machine == "x86_64, 16 cores, Linux"
    assert (tmp_path / "pictures" / "run-large.png").read_bytes() == b"a picture"


def test_a_run_that_has_not_ended_is_refused(tmp_path):
    with pytest.raises(FragmentDamaged, match="no finished run"):
        of_run(run_folder(tmp_path, finished=False), tmp_path)


def test_including_a_run_writes_the_page_and_runs_nothing(tmp_path):
    run = run_folder(tmp_path / "large")
    where = ["--out", str(tmp_path), "--pictures", str(tmp_path), "--page-file", str(tmp_path / "R.md")]
    assert main(["--run", str(run), *where]) == 0
    assert "| gold | 90.0 |" in (tmp_path / "R.md").read_text()


def test_a_part_without_its_model_is_left_out_and_the_page_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("playhead_bench.nano.profile.WEIGHTS", tmp_path)
    (tmp_path / "R.md").write_text(page([ORACLE]))
    where = ["--out", str(tmp_path), "--pictures", str(tmp_path), "--page-file", str(tmp_path / "R.md")]
    assert main(["--only", "eval", *where]) == 1
    assert "## The search alone" in (tmp_path / "R.md").read_text()


def test_the_plot_of_noise_is_a_picture(tmp_path):
    points = [NoisePoint(0.0, 1.0, {1: 1.0}, 0.0), NoisePoint(8.0, 0.1, {1: 0.2}, 0.0)]
    assert draw_noise(points, tmp_path / "oracle.png").read_bytes()[:4] == b"\x89PNG"


def test_a_plot_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one level"):
        draw_noise([], tmp_path / "oracle.png")


def test_a_training_of_two_runs_is_drawn_from_its_log(tmp_path):
    runs = [[{"step": 50 * i, "loss": 4.0 / (i + 1), "kind": i / 8} for i in range(8)] for _ in "ab"]
    path = draw_training([*runs[0], *runs[1]], tmp_path / "nano.png")
    assert path.read_bytes()[:4] == b"\x89PNG"


def test_scores_of_models_stand_a_line_each():
    text = section(replace(ORACLE, part="training", data={"scores": {"nano-x": {"map_all": 0.5}}}), "p")
    assert "| nano-x | map all | 0.500 |" in text


def test_accuracy_and_cost_stand_in_a_line_a_method_beside_those_of_all_tokens():
    text = section(replace(ORACLE, part="compression", data={"about": "", "sets": COMPRESSION_POINTS}), "p")
    assert "| keep ratio | 1 | 0.1 |" in text
    assert "| by lot | 80.0 | 50.0 |" in text
    assert "| by lot | 180, 1.00 | 18, 1.00 |" in text


def test_a_ratio_at_which_a_method_shows_nothing_stays_empty():
    other = COMPRESSION_POINTS["s"][1] | {"method": "frames", "ratio": 0.5}
    data = {"about": "", "sets": {"s": [*COMPRESSION_POINTS["s"], other]}}
    assert "| by lot | 80.0 | – | 50.0 |" in section(replace(ORACLE, part="compression", data=data), "p")


def test_the_plot_of_what_is_kept_is_a_picture(tmp_path):
    assert draw_compression(COMPRESSION_POINTS, tmp_path / "kept.png").read_bytes()[:4] == b"\x89PNG"


def test_a_plot_of_no_clips_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one set of clips"):
        draw_compression({}, tmp_path / "kept.png")
