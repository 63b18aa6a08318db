"""Questions that lean on the one before them, and questions that name a folder."""

from pathlib import Path

import pytest
from tests.tools.made_library import WordFinder

from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.rules.parse import in_folders
from playhead_agent.rules.video_names import named_videos, without_names
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_index.errors import ToolError
from playhead_index.store.catalog import Catalog
from playhead_tools.question import parse_question
from playhead_tools.retrieval import VideoEntry

VIDEOS = [VideoEntry("a", Path("/x/talks/a.mp4"), 10.0), VideoEntry("b", Path("/x/trips/b.mp4"), 10.0)]


def test_show_me_the_second_one_asks_for_the_second_place_of_the_question_before(
    made: Catalog, tmp_path: Path
) -> None:
    context = Context(WordFinder(made), made)
    with open_checkpointer(tmp_path) as saver:
        first = ask("When does he mention Bayes?", context=context, checkpointer=saver)
        second = ask("show me the second one", context=context, checkpointer=saver, thread_id=first.thread_id)
    assert len(first.intervals) > 1
    assert [one.window for one in second.intervals] == [first.intervals[1].window]
    assert "interpreted as" in " ".join(second.notes)


def test_a_question_that_stands_alone_is_taken_as_it_is(made: Catalog, tmp_path: Path) -> None:
    context = Context(WordFinder(made), made)
    with open_checkpointer(tmp_path) as saver:
        first = ask("When does he mention Bayes?", context=context, checkpointer=saver)
        again = ask(
            "When does he mention Bayes?", context=context, checkpointer=saver, thread_id=first.thread_id
        )
    assert [one.window for one in again.intervals] == [one.window for one in first.intervals]


def test_only_videos_of_a_named_folder_are_in_scope() -> None:
    spec = parse_question("When is Bayes mentioned in the folder talks?")
    assert [video.video_id for video in in_folders(VIDEOS, spec)] == ["a"]


def test_a_folder_without_videos_is_refused() -> None:
    spec = parse_question("When is Bayes mentioned in the folder cats?")
    with pytest.raises(ToolError, match="no video in scope lies in a folder called cats"):
        in_folders(VIDEOS, spec)


NAMED = [
    ("who speaks most in qm01?", ["qm01"]),
    ("who speaks most in QM-02.mp4?", ["qm-02"]),
    ("what is said of rain in the video storms?", ["storms"]),
    ("what is said of storms?", []),
    ("what is said in qm-023?", []),
]


@pytest.mark.parametrize(("question", "names"), NAMED, ids=[row[0] for row in NAMED])
def test_a_video_is_named_by_its_file_with_or_without_its_ending(question: str, names: list[str]) -> None:
    videos = [VideoEntry(name, Path(f"/x/{name}.mp4"), 10.0) for name in ("qm01", "qm-02", "storms")]
    assert [one.video_id for one in named_videos(videos, question)] == names
    bare = without_names(question, named_videos(videos, question))
    assert ("the video" in bare) is bool(names)


def test_the_longest_video_is_named_with_its_length(made: Catalog) -> None:
    answer = ask("Which is the longest video?", context=Context(WordFinder(made), made))
    assert answer.status == "answered"
    assert answer.text.startswith("lecture.mp4 is 5:00 long")
