"""The toolbox as a whole: what is sent of it, arguments as small models write them, what is kept."""

import contextlib
import json
import re
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.made_library import LECTURE, WordFinder
from tests.tools.toolbox.coloured import wall_client

from playhead_index.errors import ToolError
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.search_extent import ExtentReader
from playhead_tools.toolbox import TOOLS, BadCall, Toolbox, ToolLimits, VlmCallCounter
from playhead_tools.toolbox.repair_arguments import repaired

BAYES = {"query": "Bayes", "kind": "speech"}
MAX_SCHEMA_TOKENS = 1_500


def num_tokens(text: str) -> int:
    """At least as many tokens as Qwen2.5 makes of JSON: its pieces of text, long ones counted twice.

    Of the eight schemas its tokenizer made 1,240 tokens when this was written, and this counts 1,428.
    """
    pieces = re.findall(r" ?[A-Za-z]+| ?\d| ?[^\sA-Za-z\d]+|\s+", text)
    return sum(1 + (len(p.strip()) > 9 if p.strip().isalpha() else len(p) // 4) for p in pieces)


def test_all_schemas_together_are_short() -> None:
    sent = json.dumps([spec.to_json() for spec in TOOLS], separators=(",", ":"))
    assert num_tokens(sent) <= MAX_SCHEMA_TOKENS


@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
def test_a_schema_describes_every_argument_and_stands_alone(spec: Any) -> None:
    sent = spec.to_json()["function"]
    assert sent["description"]
    assert all(one.get("description") for one in sent["parameters"]["properties"].values())
    assert not {"$ref", "title", "default", "anyOf"} & set(re.findall(r'"([$\w]+)":', json.dumps(sent)))


# ---- arguments ----

RANGE = {"video": "1", "range": "1:00-1:30"}
OKAY = {"description": "okay"}
BOTH = {"op": "count", "events": ["E1", "E2"]}
WRITTEN: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a list for a text": ("search", {"query": ["Bayes"], "kind": "speech"}, BAYES),
    "a text for a list": ("search", {**BAYES, "videos": "2"}, {**BAYES, "videos": ["2"]}),
    "a list in a text": ("search", {**BAYES, "videos": '["1","2"]'}, {**BAYES, "videos": ["1", "2"]}),
    "a number as a text": ("search", {**BAYES, "k": "6"}, BAYES),
    "a text as a number": ("read", {"video": 1}, {"video": "1"}),
    "null": ("search", {**BAYES, "range": None, "speaker": None}, BAYES),
    "another name": ("search", {"q": "Bayes", "modality": "transcript"}, BAYES),
    "another case": ("search", {"query": "Bayes", "kind": "Speech"}, BAYES),
    "start and end": ("read", {"video": "1", "start": 60, "end": "1:30"}, RANGE),
    "a pair": ("read", {"video": "1", "range": [60, 90]}, RANGE),
    "an object": ("read", {"range": {"video": "1", "start": 60, "end": 90}}, {"range": "1 1:00-1:30"}),
    "ids in one text": ("compute", {"op": "count", "ids": "E1, E2"}, BOTH),
    "ids in brackets": ("compute", {"op": "count", "events": "[E1], [E2]"}, BOTH),
    "all kinds": ("read", {**RANGE, "kinds": "all"}, RANGE),
    "a kind by another name": ("read", {**RANGE, "kinds": "transcript"}, {**RANGE, "kinds": ["speech"]}),
    "a place by another name": (
        "find_events",
        {**OKAY, "where": "transcript"},
        {**OKAY, "where": "speech"},
    ),
    "the tool in capitals": ("Find-Events", {"description": "okay"}, {"description": "okay"}),
}


@pytest.mark.parametrize(("name", "written", "plain"), WRITTEN.values(), ids=WRITTEN)
def test_arguments_as_small_models_write_them_are_understood(
    box: Toolbox, name: str, written: dict[str, Any], plain: dict[str, Any]
) -> None:
    box.call("search", BAYES)
    first = box.call(name.lower().replace("-", "_"), plain)
    again = box.call(name, written)
    assert again.repeated
    assert again.record["evidence"] == first.record["evidence"]


def test_arguments_that_there_are_not_are_ignored_and_noted(box: Toolbox) -> None:
    record = box.call("search", {**BAYES, "colour": "red", "reason": "why"}).record
    assert "arguments that there are not were ignored: colour, reason" in record["notes"]


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("look_harder", {}, "there is no tool 'look_harder'; there is search, read, look, browse"),
        ("look", {"ranges": ["E1"]}, "look: question: Field required; it takes ranges, question"),
        ("search", {"query": "x", "k": "many"}, "search: k: Input should be a valid integer"),
        ("search", {"query": "x", "kind": "smell"}, "kind: Input should be 'any', 'speech', 'screen'"),
        ("compute", {"op": "derive"}, "compute: op: Input should be 'count', 'first'"),
        ("finish", {}, "finish: claims: Field required"),
    ],
    ids=[
        "an unknown tool",
        "a missing argument",
        "a wrong type",
        "a wrong choice",
        "a wrong op",
        "no claims",
    ],
)
def test_a_call_that_does_not_fit_says_what_would(
    box: Toolbox, name: str, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadCall, match=says) as raised:
        box.call(name, arguments)
    assert "\n" not in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = [spec.name for spec in TOOLS]
ARGUMENTS = sorted({name for spec in TOOLS for name in spec.parameters["properties"]} | {"start", "ids"})


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(ARGUMENTS), JSON, max_size=4))
def test_any_arguments_give_a_result_or_a_tool_error(
    made: Catalog, name: str, given_: dict[str, Any]
) -> None:
    box = Toolbox(made, WordFinder(made))
    with contextlib.suppress(ToolError):
        called = box.call(name, given_)
        assert called.text.startswith("```")
        json.dumps(called.record)


def test_what_fits_a_schema_stays_as_it_is() -> None:
    schema = next(spec for spec in TOOLS if spec.name == "compute").parameters
    plain = {"op": "after", "events": ["E1", "V2"], "anchors": ["S1"], "arg": "1:15"}
    notes: list[str] = []
    assert (repaired(schema, plain, notes), notes) == (plain, [])


def test_a_number_too_large_is_brought_inside_with_a_note(box: Toolbox) -> None:
    assert "k 900 became 12" in box.call("search", {**BAYES, "k": 900}).record["notes"]


# ---- calls ----


def test_the_same_call_twice_gives_the_same_result_and_says_so(made: Catalog) -> None:
    finder = WordFinder(made)
    box = Toolbox(made, finder)
    first, second = box.call("search", BAYES), box.call("search", {**BAYES, "k": 6, "range": None})
    assert (first.repeated, second.repeated, len(finder.queries)) == (False, True, 1)
    assert second.record["evidence"] == first.record["evidence"]
    assert second.record["notes"] == ["this call was made before; this is the same result"]
    assert "note: this call was made before; this is the same result" in second.text


def test_a_full_table_gives_rows_that_cannot_be_cited(made: Catalog) -> None:
    box = Toolbox(made, WordFinder(made), limits=ToolLimits(max_evidence=1))
    called = box.call("search", BAYES)
    assert [row["id"] for row in called.record["evidence"]] == ["E1", None]
    assert "- | 1 lecture.mp4 3:01-3:07 | speech: Let us" in called.text
    assert called.record["notes"] == ["the evidence table is full: rows without an id cannot be cited"]


@pytest.mark.parametrize("name", list(ToolLimits.__slots__))
def test_a_limit_is_above_0(name: str) -> None:
    with pytest.raises(ValueError, match=f"got {name} = 0"):
        ToolLimits(**{name: 0})


def test_calls_from_several_threads_give_every_row_an_id_of_its_own(made: Catalog) -> None:
    box = Toolbox(made, WordFinder(made))
    calls = [{"video": "lecture", "range": f"{at}-{at + 30}"} for at in range(0, 300, 30)]
    threads = [threading.Thread(target=box.call, args=("read", one)) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(box.context.table.records) == sorted(f"E{n}" for n in range(1, 15))


# ---- keeping ----

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("look", {"question": "What colour is the wall?", "ranges": ["12-20"]}),
    ("find_events", {"description": "a red wall", "where": "both"}),
    ("compute", {"op": "count", "events": ["S1"]}),
    ("search", {}),
    ("look", {"question": "What colour is the door?", "ranges": ["12-20"], "region": "left"}),
]


def test_a_toolbox_goes_on_from_a_snapshot_without_looking_again(wall: Catalog) -> None:
    first = Toolbox(wall, WordFinder(wall), wall_client(wall)[0])
    was = [first.call(*call) for call in CALLS]
    kept = json.loads(json.dumps(first.snapshot()))
    vlm_client, model = wall_client(wall)
    later = Toolbox(wall, WordFinder(wall), vlm_client)
    later.restore(kept)
    for call, before in zip(CALLS, was, strict=True):
        assert later.recall(*call).text == before.text
        assert later.call(*call).repeated
    assert (model.requests, later.snapshot()) == ([], kept)


@pytest.mark.parametrize("num_looks", [1, 3, 5])
def test_what_is_read_again_is_the_same_after_looks_ran_out(wall: Catalog, num_looks: int) -> None:
    call = ("find_events", {"description": "a green wall", "where": "pictures"})
    first = Toolbox(wall, WordFinder(wall), wall_client(wall)[0], meter=VlmCallCounter(max_calls=num_looks))
    was = first.call(*call)
    kept = json.loads(json.dumps(first.snapshot()))
    vlm_client, model = wall_client(wall)
    later = Toolbox(wall, WordFinder(wall), vlm_client)
    later.restore(kept)
    assert (later.recall(*call).text, later.snapshot(), model.requests) == (was.text, kept, [])


def test_no_words_of_the_catalog_are_in_a_snapshot(box: Toolbox) -> None:
    box.call("read", {"video": "lecture"})
    box.call("find_events", {"description": "okay"})
    assert "Thomas" not in json.dumps(box.snapshot())
    assert "ninth of May" not in json.dumps(box.snapshot())


def test_a_new_question_begins_with_an_empty_table(box: Toolbox) -> None:
    box.call("search", BAYES)
    box.begin(Scope((LECTURE,)))
    assert box.context.table.records == {}
    assert not box.call("search", BAYES).repeated


def test_the_extent_says_what_was_viewed(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), wall_client(wall)[0])
    box.call("find_events", {"description": "a green wall", "where": "both"})
    extent = box.extent(ExtentReader(wall))
    assert extent.pictures_viewed
    assert extent.coverage is not None
    assert extent.coverage.viewed_s == 60.0


def test_without_a_scan_nothing_counts_as_viewed(box: Toolbox, made: Catalog) -> None:
    box.call("search", BAYES)
    assert not box.extent(ExtentReader(made)).pictures_viewed
