"""What the tools know of speakers: a filter of the search, and a name in every row."""

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import say

from playhead_index.errors import ToolError
from playhead_index.search.results import Scope
from playhead_tools.toolbox import Toolbox


@pytest.fixture
def box(tmp_path):
    library = MadeLibrary(tmp_path / "library")
    library.add("m")
    lines = [
        (0, 4, "Project Manager", "Buttons are cheap."),
        (4, 6, "1", "Buttons are ugly."),
        (6, 7, None, "Yes."),
        (7, 9, "Project Manager", "They stay."),
    ]
    say(library.catalog, "m", lines)
    return Toolbox(library.catalog, library.searcher())


def rows(box, tool, **arguments):
    return box.call(tool, arguments).record["evidence"]


def test_rows_of_words_have_the_speaker(box):
    speakers = [row.get("speaker") for row in rows(box, "read")]
    assert speakers == ["Project Manager", "speaker 1", None, "Project Manager"]
    assert [row["speaker"] for row in rows(box, "find_events", description="buttons")] == [
        "Project Manager",
        "speaker 1",
    ]
    assert "| speech, Project Manager: Buttons are cheap." in box.call("read", {}).text


def test_a_search_may_be_limited_to_a_speaker(box):
    found = rows(box, "search", query="buttons", speaker="the project manager")
    assert [(row["speaker"], row["words"]) for row in found] == [("Project Manager", "Buttons are cheap.")]
    with pytest.raises(
        ToolError, match="no speaker 'Eve' in these videos; known are Project Manager, speaker 1"
    ):
        box.call("search", {"query": "buttons", "speaker": "Eve"})


def test_a_speaker_alone_gives_what_that_person_says_in_time_order(box):
    record = box.call("search", {"speaker": "Project Manager", "k": 1}).record
    assert [row["words"] for row in record["evidence"]] == ["Buttons are cheap."]
    assert record["notes"] == ["Project Manager says 2 rows, the first 1 are given; give a query, or read"]


def test_the_list_of_videos_says_who_speaks_how_long(box):
    assert rows(box, "search")[0]["speaks_s"] == {"Project Manager": 6.0, "speaker 1": 2.0}
    assert "speakers: Project Manager 0:06, speaker 1 0:02" in box.call("search", {}).text


@pytest.fixture
def limited(box):
    box.begin(Scope(None, None, ("project manager",)))
    return box


def test_a_scope_of_speakers_leaves_only_what_they_say(limited):
    words = ["Buttons are cheap.", "They stay."]
    assert [row["words"] for row in rows(limited, "read")] == words
    assert [row["words"] for row in rows(limited, "find_events", description="buttons")] == words[:1]
    assert [row["words"] for row in rows(limited, "search", query="buttons")] == words[:1]


def test_another_speaker_than_those_of_the_scope_is_refused(limited):
    with pytest.raises(ToolError, match="only what project manager says is in scope, not speaker 1"):
        limited.call("search", {"query": "buttons", "speaker": "speaker 1"})


def test_pictures_are_out_of_a_scope_of_speakers(limited):
    assert "look" not in [spec.name for spec in limited.available_tools(images=True)]
    with pytest.raises(ToolError, match="only what project manager says is in scope; find it in speech"):
        limited.call("find_events", {"description": "a button", "where": "pictures"})


def test_the_speakers_of_a_scope_outlive_the_process(limited, box):
    limited.call("read", {})
    restored = Toolbox(box.catalog, box.finder)
    restored.restore(limited.snapshot())
    assert restored.context.scope.speakers == ("project manager",)
    assert restored.snapshot() == limited.snapshot()
