"""Tools that reckon and conclude, and what a toolbox keeps."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.made_library import DEMO, LECTURE, WordFinder, make_library
from tests.tools.toolbox.coloured import wall_eyes

from playhead_index.errors import ToolError
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_index.store.recordings import set_recorded
from playhead_tools.toolbox import TOOLS, BadCall, Toolbox, ToolLimits
from playhead_tools.toolbox.arithmetic import evaluate

BAYES = {"query": "Bayes", "modality": "speech"}
SAID = {"text": "Thomas Bayes is named at 1:02.", "evidence_ids": ["E1"]}


def test_a_count_over_a_whole_scan_is_complete(box: Toolbox) -> None:
    assert box.call("scan", {"what": "okay", "video": "lecture"}).record["found"] == 3
    record = box.call("temporal", {"op": "count", "ids": ["S1"]}).record
    assert (record["value"], record["low"], record["high"], record["complete"]) == (3.0, 3.0, 3.0, True)


def test_a_count_of_a_scan_of_words_is_of_occurrences_and_leaves_other_forms_out(tmp_path: Path) -> None:
    said = [(1.0, 3.0, "Okay, okay, robotics!"), (3.5, 5.0, "Okay."), (60.0, 62.0, "robotic claws")]
    catalog = make_library(tmp_path, [(LECTURE, "speech", *cue) for cue in said])
    box = Toolbox(catalog, WordFinder(catalog))
    assert box.call("scan", {"what": "okay", "video": "lecture"}).record["found"] == 2
    record = box.call("temporal", {"op": "count", "ids": ["S1"]}).record
    assert (record["value"], len(record["events"])) == (3.0, 1)
    forms = box.call("scan", {"what": "robotics", "video": "lecture"}).record
    assert (forms["found"], "another form: “robotic”" in str(forms["notes"])) == (1, True)


def test_a_count_of_what_a_search_found_is_not_complete(box: Toolbox) -> None:
    box.call("search", BAYES)
    record = box.call("temporal", {"op": "count", "ids": ["E1", "E2"]}).record
    assert (record["value"], record["complete"], record["meaning"]) == (2.0, False, "of those found")


OPERATORS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "the first": ({"op": "first", "ids": ["E1", "E2"]}, "events", ["E1"]),
    "the last": ({"op": "last", "ids": ["E1", "E2"]}, "events", ["E2"]),
    "the second": ({"op": "nth", "ids": ["E1", "E2"], "n": 2}, "events", ["E2"]),
    "after": ({"op": "after", "ids": ["E1", "E2"], "anchors": ["E1"]}, "events", ["E2"]),
    "before": ({"op": "before", "ids": ["E1"], "anchors": ["E2"]}, "events", ["E1"]),
    "between nothing": ({"op": "between", "ids": ["E1"], "anchors": ["E1", "E2"]}, "events", []),
    "the longest": ({"op": "longest", "ids": ["E1", "E2"]}, "events", ["E2"]),
    "the shortest": ({"op": "shortest", "ids": ["E1", "E2"]}, "value", 4.0),
    "in all": ({"op": "total_duration", "ids": ["E1", "E2"]}, "value", 10.0),
    "the gap": ({"op": "gap", "ids": ["E1", "E2"]}, "value", 115.0),
    "the order": ({"op": "order", "ids": ["E2", "E1"]}, "order", ("E1", "E2")),
    "the relation": ({"op": "relation", "ids": ["E1", "E2"]}, "relation", "before"),
    "together": (
        {"op": "co_occurrences", "ids": ["E1"], "anchors": ["E2"], "within_s": 200}, "pairs", [["E1", "E2"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("known", "first"), [(True, {"demo.mp4"}), (False, {"lecture.mp4", "demo.mp4"})])
def test_times_of_several_videos_are_compared_where_it_is_known_when_they_were_recorded(
    tmp_path: Path, known: bool, first: set[str]
) -> None:
    catalog = make_library(tmp_path)
    for video_id, at in ((LECTURE, 2_000.0), (DEMO, 1_000.0)) if known else ():
        set_recorded(catalog, video_id, at)
    box = Toolbox(catalog, WordFinder(catalog))
    box.call("search", BAYES)
    box.call("search", {"query": "demo", "modality": "speech"})
    events = box.call("temporal", {"op": "first", "ids": ["E1", "E2", "E3"]}).record["events"]
    assert {event["video"] for event in events} == first


@pytest.mark.parametrize(("arguments", "key", "expected"), OPERATORS.values(), ids=OPERATORS)
def test_an_operator_reckons_with_evidence(
    box: Toolbox, arguments: dict[str, Any], key: str, expected: Any
) -> None:
    box.call("search", BAYES)  # E1 is 1:02–1:06, E2 is 3:01–3:07
    value = box.call("temporal", arguments).record[key]
    assert ([event["id"] for event in value] if key == "events" else value) == expected


def test_a_cut_event_gets_an_id_of_its_own_that_can_be_reckoned_with(box: Toolbox) -> None:
    box.call("search", {"query": "Bayes rule", "modality": "screen"})
    box.call("search", {"query": "likelihood", "modality": "speech"})
    (cut,) = box.call("temporal", {"op": "until", "ids": ["E1"], "anchors": ["E3"]}).record["events"]
    assert (cut["id"], cut["at"], cut["evidence_ids"]) == ("V1", "1:00–1:15", ["E1"])
    assert box.call("temporal", {"op": "total_duration", "ids": ["V1"]}).record["value"] == 15.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"op": "count", "ids": ["E7"]}, "no 'E7'; take ids that a tool gave"),
        ({"op": "nth", "ids": ["E1"], "n": 0}, "n is 1 for the first"),
        ({"op": "gap", "ids": ["E1"]}, "gap takes two ids, got 1 events"),
        ({"op": "during", "ids": ["E1"]}, r"during takes 1 anchor\(s\), got 0"),
    ],
    ids=["an unknown id", "the 0th", "a gap of one", "during nothing"],
)
def test_reckoning_that_makes_no_sense_says_what_would(
    box: Toolbox, arguments: dict[str, Any], says: str
) -> None:
    box.call("search", BAYES)
    with pytest.raises(ToolError, match=says):
        box.call("temporal", arguments)


# ---- arithmetic ----


@pytest.mark.parametrize(
    ("expression", "value"),
    [("1 + 2 * 3", 7.0), ("-(7 // 2) ** 2", -9.0), ("max(1, 2, 3) % 2", 1.0), ("round(2.567, 1)", 2.6)],
    ids=str,
)
def test_arithmetic_is_reckoned(expression: str, value: float) -> None:
    assert evaluate(expression).value == value


HOSTILE = [
    "__import__('os')", "().__class__", "[1][0]", "'a' * 9", "2 ** 99999", "9 ** 9 ** 9", "1 if 1 else 2",
    "lambda: 1", "E1.start.__class__", "True + 1", "1 / 0", "1e308 * 10", "(-8) ** 0.5", "x", "", "1" * 300,
]  # fmt: skip


@pytest.mark.parametrize("expression", HOSTILE)
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(ToolError):
        evaluate(expression)


@given(st.text(max_size=60))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    with contextlib.suppress(ToolError):
        assert isinstance(evaluate(text).value, float)


@given(st.integers(-99, 99), st.integers(-99, 99), st.integers(1, 99))
def test_arithmetic_is_that_of_python(a: int, b: int, c: int) -> None:
    assert evaluate(f"({a} - {b}) * {c} / 2").value == (a - b) * c / 2


def test_a_value_made_of_times_of_evidence_may_be_cited(box: Toolbox) -> None:
    box.call("search", BAYES)
    record = box.call("calc", {"expression": "(E2.start - E1.end) / 60"}).record
    assert (record["value"], record["may_be_cited"]) == (1.916667, True)


def test_a_number_that_stands_nowhere_makes_no_fact(box: Toolbox) -> None:
    box.call("search", BAYES)
    record = box.call("calc", {"expression": "42 + 0"}).record
    assert record["may_be_cited"] is False
    assert record["notes"] == ["42, 0 stands in no evidence, so the value may not stand in a claim"]
    with pytest.raises(ToolError, match="the number 42 is neither in E1 nor computed"):
        box.call("finish", {"claims": [{"text": "Bayes had 42 books.", "evidence_ids": ["E1"]}]})


# ---- the end ----


def test_claims_that_hold_end_the_question(box: Toolbox) -> None:
    box.call("search", BAYES)
    box.call("finish", {"claims": [SAID]})
    assert box.kit.conclusion == {"claims": [SAID]}


def test_claims_that_do_not_hold_are_sent_back_once(box: Toolbox) -> None:
    box.call("search", BAYES)
    wrong = {"claims": [{"text": "Bayes is named at 2:22.", "evidence_ids": ["E1"]}]}
    with pytest.raises(ToolError, match="the time 2:22 is neither in E1 nor computed"):
        box.call("finish", wrong)
    assert box.call("finish", wrong).record["finished"] is True


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ([], "at least one claim"),
        ([{"text": "x", "evidence_ids": []}], "every claim needs evidence_ids"),
        ([{"text": "x", "evidence_ids": ["E8", "S1"]}], "no evidence E8, S1; there is E1 to E2"),
    ],
    ids=["none", "no evidence", "evidence that is not there"],
)
def test_claims_need_evidence_that_is_there(box: Toolbox, claims: list[Any], says: str) -> None:
    box.call("search", BAYES)
    with pytest.raises(ToolError, match=says):
        box.call("finish", {"claims": claims})


def test_notes_are_kept_and_the_oldest_is_forgotten(made: Catalog) -> None:
    box = Toolbox(made, WordFinder(made), limits=ToolLimits(notes=2))
    for text in ("one", "two", "three"):
        record = box.call("note", {"text": text}).record
    assert (box.kit.notes, record["notes"]) == (["two", "three"], ["the oldest note was forgotten"])


# ---- calls ----


def test_the_same_call_twice_gives_the_same_result_and_says_so(made: Catalog) -> None:
    finder = WordFinder(made)
    box = Toolbox(made, finder)
    first, second = box.call("search", BAYES), box.call("search", {**BAYES, "k": 6, "start": None})
    assert (first.repeated, second.repeated, len(finder.queries)) == (False, True, 1)
    assert second.record["evidence"] == first.record["evidence"]
    assert second.record["notes"] == ["you have asked this before; this is the same result"]


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("look_harder", {}, "there is no tool 'look_harder'; there is list_videos, outline, search"),
        ("search", {}, "search: query: Field required; it takes query, modality"),
        ("search", {"query": "x", "k": "many"}, "k: Input should be a valid integer"),
        ("search", {"query": "x", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ("search", {"query": "x", "modality": "smell"}, "modality: Input should be 'any', 'speech'"),
    ],
    ids=["an unknown tool", "a missing argument", "a wrong type", "an unknown argument", "a wrong choice"],
)
def test_a_call_that_does_not_fit_says_what_would(
    box: Toolbox, name: str, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadCall, match=says):
        box.call(name, arguments)


def test_a_number_too_large_is_brought_inside_with_a_note(box: Toolbox) -> None:
    assert "k 900 became 12" in box.call("search", {**BAYES, "k": 900}).record["notes"]


def test_a_full_table_gives_rows_that_cannot_be_cited(made: Catalog) -> None:
    box = Toolbox(made, WordFinder(made), limits=ToolLimits(evidence=1))
    record = box.call("search", BAYES).record
    assert [row["id"] for row in record["evidence"]] == ["E1", None]
    assert record["notes"] == ["the evidence table is full: rows without an id cannot be cited"]


@pytest.mark.parametrize("name", list(ToolLimits.__slots__))
def test_a_limit_is_above_0(name: str) -> None:
    with pytest.raises(ValueError, match=f"got {name} = 0"):
        ToolLimits(**{name: 0})


@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
def test_a_tool_is_told_with_what_it_costs_and_every_argument(spec: Any) -> None:
    told = spec.to_json()["function"]
    assert told["name"] in ("finish", "abstain") or "Cost: " in told["description"]
    assert all(one.get("description") for one in told["parameters"]["properties"].values())
    assert "$ref" not in json.dumps(told)


# ---- keeping ----


def test_a_toolbox_goes_on_from_a_snapshot_without_looking_again(wall: Catalog) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("inspect", {"question": "What colour is the wall?", "ranges": [{"start": 12, "end": 20}]}),
        ("zoom", {"evidence_id": "E1", "what": "a blue wall"}),
        ("scan", {"what": "a red wall", "where": "both"}),
        ("temporal", {"op": "count", "ids": ["S1"]}),
    ]
    first = Toolbox(wall, WordFinder(wall), wall_eyes(wall)[0])
    given_ = [first.call(*call) for call in calls]
    kept = json.loads(json.dumps(first.snapshot()))
    eyes, model = wall_eyes(wall)
    later = Toolbox(wall, WordFinder(wall), eyes)
    later.restore(kept)
    for call, was in zip(calls, given_, strict=True):
        assert {**later.recall(*call), "cost": {}} == {**was.record, "cost": {}}
        assert later.call(*call).repeated
    assert (model.asked, later.snapshot()) == ([], kept)


def test_no_words_of_the_catalog_are_in_a_snapshot(box: Toolbox) -> None:
    box.call("read_transcript", {"video": "lecture"})
    assert "Thomas" not in json.dumps(box.snapshot())


def test_a_new_question_begins_with_an_empty_table(box: Toolbox) -> None:
    box.call("search", BAYES)
    box.begin(Scope((LECTURE,)))
    assert box.kit.table.records == {}
    assert not box.call("search", BAYES).repeated
