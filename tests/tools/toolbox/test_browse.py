"""`browse`: parts, citations, what stops it, and what is kept."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.tools.made_library import DEMO, LECTURE, WordFinder, make_library

from playhead_index.errors import CostLimit, ModelOutputInvalid, ToolError
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_index.store.transcript import TranscriptUnit, replace_topics
from playhead_index.window import Window
from playhead_tools.toolbox import CitedSentence, Passage, Toolbox, ToolLimits


class ScriptedReader:
    """Cites the first passage of each call, or raises what the script says for the call of that number."""

    def __init__(self, **script: Exception | list[CitedSentence]) -> None:
        self.script = {int(name.removeprefix("call")): value for name, value in script.items()}
        self.asked: list[tuple[str, list[Passage]]] = []

    def answer(self, question: str, passages: Sequence[Passage], /) -> list[CitedSentence]:
        self.asked.append((question, list(passages)))
        said = self.script.get(len(self.asked))
        if isinstance(said, Exception):
            raise said
        if said is not None:
            return said
        return [CitedSentence(f"It is about number {len(self.asked)}.", (passages[0].id,))]


ASKED = {"question": "What is it about?"}


def browsing(made: Catalog, reader: ScriptedReader, max_part_chars: int = 12_000) -> Toolbox:
    return Toolbox(made, WordFinder(made), limits=ToolLimits(max_part_chars=max_part_chars), reader=reader)


def test_a_short_scope_is_read_in_one_call_and_cited(made: Catalog) -> None:
    reader = ScriptedReader()
    box = browsing(made, reader)
    called = box.call("browse", {**ASKED, "videos": ["demo"]})
    assert [len(reader.asked), reader.asked[0][0]] == [1, "What is it about?"]
    assert reader.asked[0][1][0].text == "2 demo.mp4 0:02-0:06 | speech: Here is a short demo of the program."
    assert "It is about number 1. [E1]" in called.text
    assert box.context.table.records["E1"].video_id == DEMO
    assert (called.record["complete"], "read 100% of the words in scope, 1 of 1 parts" in called.text) == (
        True,
        True,
    )


def test_many_parts_are_read_one_by_one_and_their_findings_joined(made: Catalog) -> None:
    reader = ScriptedReader()
    box = browsing(made, reader, 400)
    called = box.call("browse", ASKED)
    *parts, last = reader.asked
    assert len(parts) > 3
    assert [one.id for one in last[1]] == [f"P{n}" for n in range(1, len(parts) + 1)]
    said = {"text": f"It is about number {len(parts) + 1}.", "evidence_ids": ["E1"]}
    assert called.record["findings"] == [said]
    assert called.record["complete"] is True


def test_every_row_of_words_is_read_exactly_once(made: Catalog) -> None:
    reader = ScriptedReader()
    box = browsing(made, reader, 500)
    box.begin(Scope((LECTURE,)))
    box.call("browse", ASKED)
    read = [passage.text for _, passages in reader.asked[:-1] for passage in passages]
    assert len(read) == len(set(read)) == 14


def test_parts_are_cut_between_topics_where_these_are_known(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    topics = [
        TranscriptUnit("speech", "topic", Window(start_s, end_s), "", ())
        for start_s, end_s in ((0.0, 100.0), (115.0, 140.0), (181.0, 296.0))
    ]
    with catalog.atomic() as db:
        replace_topics(db, LECTURE, "speech", topics)
    reader = ScriptedReader()
    box = browsing(catalog, reader, 700)
    box.call("browse", {**ASKED, "videos": ["lecture"]})
    firsts = [passages[0].text.split(" | ")[0] for _, passages in reader.asked[:-1]]
    assert firsts == ["1 lecture.mp4 0:00-0:12", "1 lecture.mp4 1:55-2:01"]


def test_no_part_is_longer_than_one_call_may_read(made: Catalog) -> None:
    for max_part_chars in (150, 300, 500, 900, 12_000):
        reader = ScriptedReader()
        browsing(made, reader, max_part_chars).call("browse", ASKED)
        sizes = [sum(len(one.text) for one in passages) for q, passages in reader.asked if "one part" in q]
        assert all(size <= max_part_chars for size in sizes)


def test_a_sentence_that_cites_nothing_that_was_given_is_left_out(made: Catalog) -> None:
    reader = ScriptedReader(call1=[CitedSentence("Invented.", ("P99",)), CitedSentence("Bare.", ())])
    called = browsing(made, reader).call("browse", {**ASKED, "videos": ["demo"]})
    assert called.record["findings"] == []
    assert "nothing in what was read answers the question" in called.text


def test_a_cap_that_is_reached_keeps_what_was_read_and_says_how_far_it_came(made: Catalog) -> None:
    reader = ScriptedReader(call3=CostLimit("4 model calls were allowed"))
    called = browsing(made, reader, 400).call("browse", {**ASKED, "videos": ["lecture"]})
    assert len(called.record["findings"]) == 2
    assert called.record["complete"] is False
    assert "reading stopped after 2 of" in called.text
    assert "4 model calls were allowed" in called.text


def test_nothing_read_is_an_error(made: Catalog) -> None:
    reader = ScriptedReader(call1=ModelOutputInvalid("no JSON", raw_text="x"))
    with pytest.raises(ToolError, match=r"browse could not read: no JSON.*; use search and read"):
        browsing(made, reader).call("browse", ASKED)


def test_more_parts_than_may_be_read_are_counted(made: Catalog) -> None:
    limits = ToolLimits(max_part_chars=400, max_parts=2)
    box = Toolbox(made, WordFinder(made), limits=limits, reader=ScriptedReader())
    called = box.call("browse", {**ASKED, "videos": ["lecture"]})
    assert called.record["complete"] is False
    assert "the first 2 were read; browse the rest by range or video" in called.text


def test_what_was_browsed_is_not_asked_again_after_a_restart(made: Catalog) -> None:
    first = browsing(made, ScriptedReader(), 400)
    was = first.call("browse", ASKED)
    kept = json.loads(json.dumps(first.snapshot()))
    reader = ScriptedReader()
    later = browsing(made, reader, 400)
    later.restore(kept)
    assert later.recall("browse", ASKED).text == was.text
    assert later.call("browse", ASKED).repeated
    assert (reader.asked, later.snapshot()) == ([], kept)


def test_without_a_chat_model_it_is_not_offered(box: Toolbox) -> None:
    assert "browse" not in [spec.name for spec in box.available_tools()]
    with pytest.raises(ToolError, match="browse needs a chat model; use read"):
        box.call("browse", ASKED)
