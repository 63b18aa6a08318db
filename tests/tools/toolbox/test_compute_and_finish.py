"""`compute`, `finish` and `abstain`."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tools.made_library import DEMO, LECTURE, WordFinder, make_library

from playhead_index.errors import ToolError
from playhead_index.store.recordings import set_recorded
from playhead_tools.toolbox import Toolbox, ToolLimits
from playhead_tools.toolbox.arithmetic import evaluate
from playhead_tools.toolbox.schema import ToolSpec

BAYES = {"query": "Bayes", "kind": "speech"}
SAID = {"text": "Thomas Bayes is named at 1:02.", "ids": ["E1"]}


def test_a_count_over_a_whole_scan_is_complete(box: Toolbox) -> None:
    box.call("find_events", {"description": "okay", "videos": ["lecture"]})
    called = box.call("compute", {"op": "count", "events": ["S1"]})
    record = called.record
    assert (record["value"], record["low"], record["high"], record["complete"]) == (3.0, 3.0, 3.0, True)
    assert "count = 3; complete" in called.text
    assert box.context.computed_values == [3.0]


def test_a_count_of_words_is_of_occurrences_and_leaves_other_forms_out(tmp_path: Path) -> None:
    said = [(1.0, 3.0, "Okay, okay, robotics!"), (3.5, 5.0, "Okay."), (60.0, 62.0, "robotic claws")]
    catalog = make_library(tmp_path, [(LECTURE, "speech", *cue) for cue in said])
    box = Toolbox(catalog, WordFinder(catalog))
    assert box.call("find_events", {"description": "okay", "videos": ["lecture"]}).record["found"] == 2
    record = box.call("compute", {"op": "count", "events": ["S1"]}).record
    assert (record["value"], len(record["events"])) == (3.0, 1)
    forms = box.call("find_events", {"description": "robotics", "videos": ["lecture"]}).record
    assert (forms["found"], "another form: “robotic”" in str(forms["notes"])) == (1, True)


def test_a_count_of_several_wordings_counts_each_of_them(tmp_path: Path) -> None:
    said = [(1.0, 3.0, "Okay, fine."), (60.0, 62.0, "Fine, fine."), (90.0, 92.0, "No.")]
    catalog = make_library(tmp_path, [(LECTURE, "speech", *cue) for cue in said])
    box = Toolbox(catalog, WordFinder(catalog))
    box.call("find_events", {"description": "okay | fine"})
    assert box.call("compute", {"op": "count", "events": ["S1"]}).record["value"] == 4.0


def test_a_count_of_what_a_search_found_is_not_complete(box: Toolbox) -> None:
    box.call("search", BAYES)
    called = box.call("compute", {"op": "count", "events": ["E1", "E2"]})
    record = called.record
    assert (record["value"], record["complete"], record["meaning"]) == (2.0, False, "of those found")
    assert "not complete: there may be more where nobody looked" in called.text


OPERATORS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "the first": ({"op": "first", "events": ["E1", "E2"]}, "events", ["E1"]),
    "the last": ({"op": "last", "events": ["E1", "E2"]}, "events", ["E2"]),
    "the second": ({"op": "nth", "events": ["E1", "E2"], "arg": "2"}, "events", ["E2"]),
    "the second in words": ({"op": "nth", "events": ["E1", "E2"], "n": "second"}, "events", ["E2"]),
    "after": ({"op": "after", "events": ["E1", "E2"], "anchors": ["E1"]}, "events", ["E2"]),
    "before": ({"op": "before", "events": ["E1"], "anchors": ["E2"]}, "events", ["E1"]),
    "between nothing": ({"op": "between", "events": ["E1"], "anchors": ["E1", "E2"]}, "events", []),
    "at a time": ({"op": "at", "events": ["E1", "E2"], "arg": "1:04"}, "events", ["E1"]),
    "the longest": ({"op": "longest", "events": ["E1", "E2"]}, "events", ["E1"]),
    "the shortest": ({"op": "shortest", "events": ["E1", "E2"]}, "value", 6.0),
    "in all": ({"op": "duration", "events": ["E1", "E2"]}, "value", 14.0),
    "the gap": ({"op": "gap", "events": ["E1", "E2"]}, "value", 111.0),
    "the order": ({"op": "order", "events": ["E2", "E1"]}, "order", ["E1", "E2"]),
    "ids in small letters": ({"op": "count", "events": "[e1], e2"}, "value", 2.0),
}


@pytest.mark.parametrize(("arguments", "key", "expected"), OPERATORS.values(), ids=OPERATORS)
def test_an_operator_computes_with_evidence(
    box: Toolbox, arguments: dict[str, Any], key: str, expected: Any
) -> None:
    box.call("search", BAYES)  # E1 is 1:02-1:10, E2 is 3:01-3:07
    value = box.call("compute", arguments).record[key]
    assert ([event["id"] for event in value] if key == "events" else value) == expected


def test_a_frequency_is_of_the_time_that_was_gone_through(box: Toolbox) -> None:
    box.call("find_events", {"description": "okay", "videos": ["lecture"]})
    record = box.call("compute", {"op": "frequency", "events": ["S1"]}).record
    assert (record["value"], record["complete"]) == (0.6, True)


@pytest.mark.parametrize(
    ("known", "first"), [(True, {"2 demo.mp4"}), (False, {"1 lecture.mp4", "2 demo.mp4"})]
)
def test_times_of_several_videos_are_compared_where_it_is_known_when_they_were_recorded(
    tmp_path: Path, known: bool, first: set[str]
) -> None:
    catalog = make_library(tmp_path)
    for video_id, at in ((LECTURE, 2_000.0), (DEMO, 1_000.0)) if known else ():
        set_recorded(catalog, video_id, at)
    box = Toolbox(catalog, WordFinder(catalog))
    box.call("search", {})
    events = box.call("compute", {"op": "first", "events": ["E1", "E2"]}).record["events"]
    assert {event["video"] for event in events} == first


def test_events_after_the_last_of_several_anchors(box: Toolbox) -> None:
    box.call("find_events", {"description": "okay", "videos": ["lecture"]})
    box.call("search", {"query": "goodbye", "kind": "speech"})
    record = box.call("compute", {"op": "after", "events": ["E4"], "anchors": ["S1"]}).record
    assert [event["id"] for event in record["events"]] == ["E4"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"op": "count", "events": ["E7"]}, "no E7; take ids that a tool gave"),
        ({"op": "count"}, "count needs events: ids that a tool gave, like E1, V1 or S1"),
        ({"op": "nth", "events": ["E1"], "arg": "0"}, "n is 1 for the first"),
        ({"op": "nth", "events": ["E1"]}, "nth needs a number in arg"),
        ({"op": "gap", "events": ["E1"]}, "gap takes two events, got 1"),
        ({"op": "during", "events": ["E1"]}, r"during takes 1 anchor\(s\), got 0"),
        ({"op": "frequency", "events": ["E1"]}, r"give the id of a find_events \(S1\)"),
        ({"op": "at", "events": ["E1"], "arg": "soon"}, "no range 'soon'"),
        ({"op": "calc"}, "calc needs an expression in arg"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_what_makes_no_sense_says_what_would(box: Toolbox, arguments: dict[str, Any], says: str) -> None:
    box.call("search", BAYES)
    with pytest.raises(ToolError, match=says):
        box.call("compute", arguments)


# ---- arithmetic ----


@pytest.mark.parametrize(
    ("expression", "value"),
    [("1 + 2 * 3", 7.0), ("-(7 // 2) ** 2", -9.0), ("max(1, 2, 3) % 2", 1.0), ("round(2.567, 1)", 2.6)],
    ids=str,
)
def test_arithmetic_has_the_value_of_python(expression: str, value: float) -> None:
    assert evaluate(expression).value == value


HOSTILE = [
    "__import__('os')", "().__class__", "[1][0]", "'a' * 9", "2 ** 99999", "9 ** 9 ** 9", "1 if 1 else 2",
    "lambda: 1", "E1.start.__class__", "True + 1", "1 / 0", "1e308 * 10", "(-8) ** 0.5", "x", "", "1" * 300,
]  # fmt: skip


@pytest.mark.parametrize("expression", HOSTILE)
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(ToolError, match=r"\w"):
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
    record = box.call("compute", {"op": "calc", "arg": "(E2.start - E1.end) / 60"}).record
    assert (record["value"], record["may_be_cited"]) == (1.85, True)


def test_a_number_that_stands_nowhere_makes_no_fact(box: Toolbox) -> None:
    box.call("search", BAYES)
    called = box.call("compute", {"op": "calc", "arg": "42 + 0"})
    assert (called.record["may_be_cited"], box.context.computed_values) == (False, [])
    assert "note: 42, 0 stands in no evidence, so the value may not stand in a claim" in called.text


# ---- the end ----


def test_claims_end_the_question(box: Toolbox) -> None:
    box.call("search", BAYES)
    box.call("finish", {"claims": [SAID], "choice": "B"})
    said = {"text": SAID["text"], "quote": "", "evidence_ids": ["E1"]}
    assert box.context.conclusion == {"claims": [said], "choice": "B"}


def test_ids_of_events_and_scans_stand_for_their_evidence(box: Toolbox) -> None:
    box.call("find_events", {"description": "okay", "videos": ["lecture"]})
    box.call("finish", {"claims": [{"text": "He says okay three times.", "ids": ["S1"]}]})
    assert box.context.conclusion["claims"][0]["evidence_ids"] == ["E1", "E2", "E3"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ([], "finish needs at least one claim with ids; abstain ends without an answer"),
        ([{"text": "x", "ids": []}], "no ids in the claim x; there is E1 to E2. Cite what says it"),
        ([{"text": "x", "ids": ["E8", "S1"]}], "no evidence E8; no evidence S1; .*there is E1 to E2"),
    ],
    ids=["none", "no evidence", "evidence that is not there"],
)
def test_claims_need_evidence_that_is_there(box: Toolbox, claims: list[Any], says: str) -> None:
    box.call("search", BAYES)
    with pytest.raises(ToolError, match=says):
        box.call("finish", {"claims": claims})
    assert box.context.conclusion is None


def test_an_id_that_is_not_there_beside_one_that_is_costs_no_repair(box: Toolbox) -> None:
    box.call("search", BAYES)
    claims = {"claims": [{"text": "Bayes is named.", "ids": ["E1", "E9"]}]}
    assert box.call("finish", claims).record["notes"] == ["no evidence E9"]
    said = {"text": "Bayes is named.", "quote": "", "evidence_ids": ["E1"]}
    assert box.context.conclusion == {"claims": [said]}


def test_markers_in_the_sentence_are_its_citations_where_no_ids_are_given(box: Toolbox) -> None:
    box.call("search", BAYES)
    box.call("finish", {"claims": ["Bayes is named twice [E1, E2]."]})
    assert box.context.conclusion["claims"][0]["evidence_ids"] == ["E1", "E2"]  # type: ignore[index]


def test_no_answer_has_a_reason(box: Toolbox) -> None:
    box.call("abstain", {"reason": "not found"})
    assert box.context.conclusion == {"abstained": "absent"}


CUES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["okay", "okay okay", "fine, okay", "okay. okay fine"])),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CUES)
def test_a_count_does_not_depend_on_how_many_finds_have_ids(
    tmp_path_factory: pytest.TempPathFactory, cues: list[tuple[int, str]]
) -> None:
    spans = [(LECTURE, "speech", 3.0 * at, 3.0 * at + 2.5, text) for at, text in sorted(set(cues))]
    catalog = make_library(tmp_path_factory.mktemp("cues"), spans)
    counts = []
    for max_evidence in (1, 400):
        box = Toolbox(catalog, WordFinder(catalog), limits=ToolLimits(max_evidence=max_evidence))
        box.call("find_events", {"description": "okay"})
        counts.append(box.call("compute", {"op": "count", "events": ["S1"]}).record["value"])
    catalog.close()
    assert counts[0] == counts[1]


def test_a_quote_says_which_evidence_is_cited_first(box: Toolbox) -> None:
    found = box.call("read", {"video": "lecture"})
    words = {row["id"]: row["words"] for row in found.record["evidence"]}
    second = list(words)[1]
    claim = {"quote": words[second][:60], "ids": [next(iter(words))], "text": "It is said."}
    box.call("finish", {"claims": [claim]})
    assert box.context.conclusion is not None
    assert box.context.conclusion["claims"][0]["evidence_ids"] == [second, next(iter(words))]


def test_a_quote_that_stands_nowhere_changes_nothing(box: Toolbox) -> None:
    first = box.call("read", {"video": "lecture"}).ids[0]
    claim = {"quote": "the walrus sold his bicycle yesterday", "ids": [first], "text": "It is said."}
    box.call("finish", {"claims": [claim]})
    assert box.context.conclusion is not None
    assert box.context.conclusion["claims"][0]["evidence_ids"] == [first]


def test_the_form_of_a_claim_asks_for_the_quote_before_the_sentence(box: Toolbox) -> None:
    (finish,) = (tool for tool in box.available_tools() if tool.name == "finish")
    item = finish.parameters["properties"]["claims"]["items"]
    assert (list(item["properties"]), item["required"]) == (
        ["quote", "ids", "text"],
        ["quote", "ids", "text"],
    )


def test_a_hidden_argument_is_not_in_the_schema(box: Toolbox) -> None:
    whole = next(tool for tool in box.available_tools() if tool.name == "finish")
    short = ToolSpec(whole.function, frozenset({"choice"}))
    assert (set(whole.parameters["properties"]), set(short.parameters["properties"])) == (
        {"claims", "choice"},
        {"claims"},
    )
