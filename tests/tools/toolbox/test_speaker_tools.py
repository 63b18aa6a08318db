"""What the tools of the agent know of speakers: a filter of the search, and a name in every row."""

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import say

from playhead_index.errors import ToolError
from playhead_tools.toolbox import Toolbox


@pytest.fixture
def box(tmp_path):
    library = MadeLibrary(tmp_path / "library")
    library.add("m")
    lines = [
        (0, 4, "Project Manager", "Buttons are cheap."),
        (4, 6, "1", "Buttons are ugly."),
        (6, 7, None, "Yes."),
    ]
    say(library.catalog, "m", lines)
    return Toolbox(library.catalog, library.searcher())


def rows(box, tool, **arguments):
    return box.call(tool, arguments).record["evidence"]


def test_rows_of_words_have_the_speaker(box):
    assert [row.get("speaker") for row in rows(box, "read_transcript")] == [
        "Project Manager",
        "speaker 1",
        None,
    ]
    assert [row["speaker"] for row in rows(box, "scan", what="buttons")] == ["Project Manager", "speaker 1"]


def test_a_search_may_be_limited_to_a_speaker(box):
    found = rows(box, "search", query="buttons", speaker="the project manager")
    assert [(row["speaker"], row["words"]) for row in found] == [("Project Manager", "Buttons are cheap.")]
    with pytest.raises(
        ToolError, match="no speaker 'Eve' in these videos; known are Project Manager, speaker 1"
    ):
        box.call("search", {"query": "buttons", "speaker": "Eve"})


def test_the_list_of_videos_says_who_speaks_how_long(box):
    assert rows(box, "list_videos")[0]["speaks_s"] == {"Project Manager": 4.0, "speaker 1": 2.0}
