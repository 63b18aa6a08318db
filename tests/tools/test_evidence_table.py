"""The one table of evidence: ids, identity, a cap, and what is kept."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.temporal import Event


def seen(video: str = "a", start_s: float = 1.0, **fields: object) -> Evidence:
    return replace(Evidence("", video, Window(start_s, start_s + 1.0), "picture", "supported"), **fields)  # type: ignore[arg-type]


def test_the_same_seconds_of_two_videos_are_two_pieces_of_evidence() -> None:
    table = EvidenceTable(9)
    assert [table.add(seen(video)) for video in ("a", "b", "a")] == ["E1", "E2", "E1"]


def test_two_questions_about_one_window_are_two_pieces_of_evidence() -> None:
    table = EvidenceTable(9)
    assert [table.add(seen(), question) for question in ("red?", "blue?", "red?")] == ["E1", "E2", "E1"]
    assert table.questions == {"E1": "red?", "E2": "blue?"}


def test_what_was_looked_for_in_another_role_is_another_record() -> None:
    table = EvidenceTable(9)
    assert [table.add(seen(role=role)) for role in ("target0", "anchor0", "target0")] == ["E1", "E2", "E1"]


def test_a_record_that_comes_again_takes_the_better_match() -> None:
    table = EvidenceTable(9)
    for match in (0.5, 0.9, 0.7):
        table.add(seen(match=match))
    assert table.records["E1"].match == 0.9


def test_a_full_table_knows_its_records_and_counts_what_it_left_out() -> None:
    table = EvidenceTable(1)
    assert [table.add(seen(video)) for video in ("a", "b", "a")] == ["E1", "", "E1"]
    assert (table.is_cut, table.num_left_out) == (True, 1)


def test_a_table_that_begins_with_records_goes_on_with_their_numbers() -> None:
    table = EvidenceTable.of([seen(id="E1"), seen("b", id="E2")], 9)
    assert [table.add(seen("b")), table.add(seen("c"))] == ["E2", "E3"]


def test_an_event_that_is_one_unchanged_record_keeps_its_id() -> None:
    table = EvidenceTable(9)
    table.add(seen())
    whole, part = Event("a", Window(1.0, 2.0), ("E1",)), Event("a", Window(1.0, 1.5), ("E1",))
    assert [table.add_event(one) for one in (whole, part, part)] == ["E1", "V1", "V1"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from(["", "q"])), max_size=20)
)
def test_a_table_read_back_goes_on_as_the_one_that_was_kept(rows: list[tuple[str, int, str]]) -> None:
    table = EvidenceTable(5)
    for video, start_s, question in rows:
        table.add(seen(video, float(start_s), said="x"), question)
    again = EvidenceTable.from_json(json.loads(json.dumps(table.to_json())), 5)
    assert again == table
    later = [again.add(seen(v, float(s), said="x"), q) for v, s, q in rows]
    assert later == [table.add(seen(v, float(s), said="x"), q) for v, s, q in rows]
