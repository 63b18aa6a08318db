"""Turns, totals and names of speakers, and searching what one of them says."""

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import name, say

from playhead_index.errors import SpeakerUnknown
from playhead_index.search.results import Query, Scope
from playhead_index.speakers import (
    attributed_share,
    find_speakers,
    label_of,
    match_speakers,
    speaker_turns,
    summarise_speakers,
)
from playhead_index.store.speakers import Speaker, display_name, read_all_speakers, read_speakers
from playhead_index.window import Window

MEETING = [
    (0.0, 4.0, "Project Manager", "Let us talk about the buttons."),
    (4.0, 6.0, "Project Manager", "There are too many."),
    (6.0, 9.0, "Marketing", "People like buttons."),
    (9.0, 10.0, "Project Manager", "Do they?"),
    (30.0, 32.0, "Project Manager", "Next point, the budget."),
]


@pytest.fixture
def library(tmp_path):
    library = MadeLibrary(tmp_path / "library")
    for video_id in ("m", "n", "o"):
        library.add(video_id)
    say(library.catalog, "m", MEETING)
    say(
        library.catalog,
        "n",
        [(0.0, 2.0, "1", "Red buttons are fine."), (2.0, 5.0, "2", "Blue buttons are not.")],
        {"1": (1.0, 0.0), "2": (0.0, 1.0)},
    )
    return library


def speakers(library):
    return read_all_speakers(library.catalog)


def test_turns_end_at_other_speakers_and_at_long_pauses(library):
    turns = speaker_turns(library.catalog, "m")
    assert [(turn.label, turn.window, turn.speaking_s) for turn in turns] == [
        ("Project Manager", Window(0.0, 6.0), 6.0),
        ("Marketing", Window(6.0, 9.0), 3.0),
        ("Project Manager", Window(9.0, 10.0), 1.0),
        ("Project Manager", Window(30.0, 32.0), 2.0),
    ]


def test_a_speaker_of_whom_nothing_is_known_ends_a_turn(library):
    library.add("p")
    say(library.catalog, "p", [(0, 1, "Ann", "One."), (1, 2, None, "Who?"), (2, 3, "Ann", "Two.")])
    assert [turn.window for turn in speaker_turns(library.catalog, "p")] == [Window(0, 1), Window(2, 3)]
    assert attributed_share(library.catalog, "p") == pytest.approx(2 / 3)


def test_a_summary_has_time_share_turns_and_a_sample(library):
    first, second = summarise_speakers(library.catalog, "m")
    assert (first.display_name, first.speaking_s, first.share, first.num_turns, first.first_s) == (
        "Project Manager", 9.0, 0.75, 3, 0.0,
    )  # fmt: skip
    assert first.sample == "Let us talk about the buttons. There are too many."
    assert (second.display_name, second.share) == ("Marketing", 0.25)


def test_labels_with_one_name_are_one_speaker(library):
    name(library.catalog, "n", v1="Alice", v2="alice")
    (one,) = summarise_speakers(library.catalog, "n")
    assert (one.labels, one.speaking_s, one.num_turns) == (("1", "2"), 5.0, 1)


def test_the_name_of_a_voice_is_only_proposed_to_other_videos(library):
    library.add("q")
    say(library.catalog, "q", [(0, 1, "1", "Hi."), (1, 2, "2", "Ho.")], {"1": (0.0, 2.0), "2": (-1.0, 0.1)})
    name(library.catalog, "n", v2="Alice")
    by_label = {one.labels[0]: one for one in summarise_speakers(library.catalog, "q")}
    (proposal,) = by_label["1"].proposals
    assert (proposal.name, proposal.video_id, proposal.similarity) == ("Alice", "n", pytest.approx(1.0))
    assert (by_label["1"].display_name, by_label["2"].proposals) == ("speaker 1", ())


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("project manager", ["Project Manager"]),
        ("the Project Manager", ["Project Manager"]),
        ("manager", ["Project Manager"]),
        ("the marketing expert", ["Marketing"]),
        ("speaker 2", ["speaker 2"]),
        ("2", ["speaker 2"]),
        ("project manage", ["Project Manager"]),
        ("Marketing's mother", []),
        ("speaker 3", []),
        ("the lecturer", []),
    ],
)
def test_a_name_means_the_speakers_that_fit_best(library, given_name, expected):
    assert [display_name(one) for one in match_speakers(speakers(library), given_name)] == expected


def test_a_last_name_that_two_speakers_have_means_both():
    known = {"v": [Speaker("v", one, one, "source") for one in ("John Smith", "Ann Smith", "Bob")]}
    assert [one.label for one in match_speakers(known, "Mr. Smith")] == ["John Smith", "Ann Smith"]


def test_a_role_that_several_speakers_have_means_all_of_them():
    known = {"v": [Speaker("v", one, one, "source") for one in ("Professor A", "Professor B", "Grad A")]}
    assert [one.label for one in match_speakers(known, "the professor")] == ["Professor A", "Professor B"]


def test_an_unknown_speaker_is_refused_with_the_known_ones(library):
    with pytest.raises(
        SpeakerUnknown, match=r"no speaker 'Eve' in these videos; known are Marketing, Project"
    ):
        find_speakers(speakers(library), "Eve")
    with pytest.raises(SpeakerUnknown, match="it is not known who speaks in these videos"):
        find_speakers({"o": []}, "Eve")
    with pytest.raises(SpeakerUnknown, match="no speaker '7' in this video; its labels are 1, 2"):
        label_of(read_speakers(library.catalog, "n"), "7")


def test_a_search_finds_only_what_the_speakers_say(library):
    searcher = library.searcher()
    scope = Scope(speakers=("marketing", "2"))
    result = searcher.search(Query("buttons", scope=scope))
    assert {(hit.speaker, hit.text) for moment in result.moments for hit in moment.hits} == {
        ("Marketing", "People like buttons."),
        ("speaker 2", "Blue buttons are not."),
    }
    assert [line.lane for line in result.coverage.lanes] == ["speech"]
    assert result.coverage.num_without_speakers == 1


def test_a_speaker_filter_holds_within_the_other_limits_of_a_scope(library):
    scope = Scope(("m",), Window(5.0, 60.0), ("project manager",))
    result = library.searcher().search(Query("buttons budget", scope=scope))
    assert {hit.text for moment in result.moments for hit in moment.hits} == {"Next point, the budget."}


def test_a_name_that_is_given_later_is_searched_for(library):
    searcher = library.searcher()
    with pytest.raises(SpeakerUnknown, match="no speaker 'Alice'"):
        searcher.search(Query("buttons", scope=Scope(speakers=("Alice",))))
    name(library.catalog, "n", v2="Alice")
    result = searcher.search(Query("buttons", scope=Scope(speakers=("Alice",))))
    assert [hit.speaker for moment in result.moments for hit in moment.hits][:1] == ["Alice"]


def test_named_lanes_other_than_speech_are_not_searched_for_a_speaker(library):
    query = Query("buttons", scope=Scope(speakers=("Marketing",)), lanes=("speech", "screen"))
    lines = {
        line.lane: (line.searched, line.why_not) for line in library.searcher().search(query).coverage.lanes
    }
    assert lines["screen"] == (False, "only speech is searched for what a speaker says")
    assert lines["speech"][0]
