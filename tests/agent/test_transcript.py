"""Questions for the words themselves, and for what a video is about, without a chat model."""

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import say

from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_index.search.results import Scope
from playhead_index.store.transcript import TranscriptUnit, replace_units
from playhead_index.window import Window

TALK = [
    (0.0, 4.0, "Ann", "Welcome to the talk."),
    (4.0, 8.0, "Ann", "It is about glass furnaces."),
    (8.0, 9.0, "Bo", "Mm."),
    (20.0, 24.0, "Ann", "A glass furnace melts sand in one day."),
    (40.0, 44.0, "Ann", "The price of sand doubles in winter."),
    (50.0, 54.0, "Bo", "Thank you all, goodbye."),
]


@pytest.fixture
def library(tmp_path):
    library = MadeLibrary(tmp_path / "library")
    for video_id in ("m", "v"):
        library.add(video_id)
    say(library.catalog, "m", TALK)
    return library


def asking(library, question, *videos, window=None):
    context = Context(library.searcher(), library.catalog)
    return ask(question, context=context, scope=Scope(videos or ("m",), window))


@pytest.mark.parametrize(
    "question",
    ["transcript of the video from 0:00 to 0:10", "Read me what is said from 0:00 to 0:10",
     "Could you give me the full transcript of m.mp4 from 0:00 to 0:10?"],
)  # fmt: skip
def test_a_transcript_has_the_words_of_its_range_with_times_and_speakers(library, question):
    answer = asking(library, question)
    assert answer.status == "answered"
    assert answer.text.splitlines() == [
        "0:00–0:08: Ann: “Welcome to the talk. It is about glass furnaces.” [E1]",
        "0:08–0:09: Bo: “Mm.” [E2]",
    ]


def test_a_transcript_of_one_of_several_videos_needs_its_name(library):
    answer = asking(library, "transcript", "m", "v")
    assert (answer.status, answer.reason) == ("abstained", "ambiguous")
    assert answer.text.startswith("This fits 2 videos: ")
    assert asking(library, "transcript of m", "m", "v").intervals[0].video_id == "m"


def test_a_range_in_which_nothing_is_said_has_no_transcript(library):
    answer = asking(library, "transcript from 0:10 to 0:15")
    assert answer.status == "abstained"
    assert "was found at that time" in answer.text


def test_a_long_transcript_says_where_it_goes_on(library):
    say(library.catalog, "v", [(n, n + 0.5, str(n % 2), f"Word {n}.") for n in range(50)])
    answer = asking(library, "transcript", "v")
    assert len(answer.intervals) == 40
    assert "the transcript goes on at 0:40: ask again with --from 0:40" in answer.notes


def divide(library):
    spans = library.catalog.spans("m", "speech")
    topics = [spans[:4], spans[4:]]
    groups = [("sentence", [[one] for one in spans]), ("topic", topics)]
    units = [
        TranscriptUnit(
            "speech", level, Window(own[0].words.window.start_s, own[-1].words.window.end_s),
            " ".join(one.words.text for one in own), tuple(one.id for one in own),
        )
        for level, some in groups
        for own in some
    ]  # fmt: skip
    with library.catalog.atomic() as db:
        replace_units(db, "m", "speech", units)


def test_a_summary_of_a_video_quotes_full_sentences_of_its_topics(library):
    divide(library)
    answer = asking(library, "What is this video about?")
    assert answer.text.startswith(
        "No summary was written, for which it takes a chat model (--model); sentences from each topic:"
    )
    assert "A glass furnace melts sand in one day." in answer.text
    assert "The price of sand doubles in winter." in answer.text
    assert "Mm." not in answer.text


def test_a_summary_of_a_part_of_a_video_quotes_that_part(library):
    divide(library)
    answer = asking(library, "Summarise the video from 0:35 to 0:45")
    assert [(one.window.start_s, one.window.end_s) for one in answer.intervals] == [(40.0, 44.0)]
    assert not answer.notes
