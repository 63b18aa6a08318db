"""Questions about who speaks, over libraries that know it, know it in part, or do not."""

import json

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import name, say

from playhead_agent.question import Question
from playhead_agent.run import ask
from playhead_agent.state import Context, scope_from_json
from playhead_agent.testing import ScriptedChatModel
from playhead_index.search.results import Scope
from playhead_index.store.transcript import TranscriptUnit, replace_units
from playhead_index.window import Window
from playhead_tools.evidence import coverage_sentence

MEETING = [
    (0.0, 4.0, "Project Manager", "Let us talk about the buttons."),
    (4.0, 8.0, "Marketing", "People like large buttons."),
    (8.0, 12.0, "Project Manager", "The buttons must be cheap."),
    (20.0, 22.0, "Marketing", "What about the budget?"),
    (22.0, 30.0, "Project Manager", "Twelve euros for each."),
    (40.0, 44.0, "Industrial Designer", "We use rubber for the case."),
]


@pytest.fixture
def library(tmp_path):
    library = MadeLibrary(tmp_path / "library")
    for video_id in ("m", "v", "x"):
        library.add(video_id)
    say(library.catalog, "m", MEETING)
    say(library.catalog, "v", [(0, 5, "1", "The budget is small."), (5, 7, "2", "The budget is large.")])
    say(library.catalog, "x", [(0, 5, None, "The budget is what we talk about.")])
    return library


@pytest.fixture
def asking(library):
    def call(question, *videos, **options):
        context = Context(library.searcher(), library.catalog, **options)
        return ask(question, context=context, scope=Scope(videos or ("m",)))

    return call


def cited(answer):
    return [(interval.window.start_s, interval.window.end_s) for interval in answer.intervals]


@pytest.mark.parametrize(
    ("question", "starts_s"),
    [
        ("What did the project manager say about buttons?", [0.0, 8.0]),
        ("What does Marketing think about the buttons?", [4.0]),
        ("What was the Project Manager's opinion on the buttons?", [0.0, 8.0]),
        ("According to the marketing expert, what about the budget?", [20.0]),
        ("Does Marketing mention the budget?", [20.0]),
        ("When does the project manager mention buttons?", [0.0, 8.0]),
        ("What did the designer recommend when discussing rubber?", [40.0]),
        ("Who mentions the budget?", [20.0]),
        ("What did Marketing and the Industrial Designer say about rubber?", [40.0]),
        ("What did the group say about rubber?", [40.0]),
    ],
)
def test_only_what_the_speaker_says_answers(asking, question, starts_s):
    answer = asking(question)
    assert (answer.status, [start for start, _ in sorted(cited(answer))]) == ("answered", starts_s)
    assert not [note for note in answer.notes if note.startswith("dropped")]


def test_a_reason_is_looked_for_in_what_the_speaker_says_of_the_topic(asking):
    answer = asking("Why did the Marketing disagree with the Project Manager when discussing the budget?")
    assert (answer.status, cited(answer)) == ("partial", [(20.0, 22.0)])
    assert answer.text.startswith("Mentioned here; it is not said why:")


def test_quotes_have_the_speaker_before_them_and_evidence_has_the_name(asking):
    answer = asking("Who mentions buttons?")
    assert answer.text.splitlines() == [
        "Said by Project Manager and Marketing [E1, E2]",
        "Said at 0:00–0:04: Project Manager: “Let us talk about the buttons.” [E1]",
        "Said at 0:04–0:08: Marketing: “People like large buttons.” [E2]",
        "Said at 0:08–0:12: Project Manager: “The buttons must be cheap.” [E3]",
    ]
    assert [record.speaker for record in answer.evidence] == [
        "Project Manager",
        "Marketing",
        "Project Manager",
    ]


def test_a_count_is_of_one_speaker(asking):
    answer = asking("How many times does the project manager mention buttons?")
    assert answer.text == "“buttons” is said 2 times, in 2 passages: 0:00–0:04 and 0:08–0:12 [E1, E2]"


def test_what_a_speaker_does_not_say_is_absent_and_where_others_say_it_is_named(asking):
    answer = asking("Does the industrial designer mention the budget?")
    assert (answer.status, answer.reason) == ("abstained", "absent")
    assert answer.text.startswith(
        "Nothing that Industrial Designer says matches “budget”; it comes up at 0:20–0:22."
    )


def test_what_others_say_close_to_a_speaker_is_cited_and_not_called_absent(asking):
    answer = asking("What did the Project Manager think about large buttons?")
    assert (answer.status, cited(answer)) == ("partial", [(4.0, 8.0)])
    assert "nothing that Project Manager says matches “large buttons”" in "; ".join(answer.notes)
    assert asking("Does the Project Manager mention large buttons?").reason == "absent"


def test_nothing_is_absent_where_it_is_not_known_of_all_who_says_it(asking):
    answer = asking("Does the industrial designer mention elephants?", "m", "x")
    assert (answer.status, answer.reason) == ("abstained", "unknown")
    assert "it is not known of all speech who says it" in answer.text
    assert "who speaks is not known in 1 of 2 videos" in coverage_sentence(answer.coverage)


def test_an_unknown_speaker_is_declined_with_the_known_ones(asking):
    answer = asking("What did Alice say about buttons?")
    assert (answer.status, answer.reason, answer.text) == (
        "abstained",
        "unknown",
        "No speaker called “Alice” is known here; known are Industrial Designer, Marketing, Project Manager.",
    )


def test_without_any_known_speaker_the_words_are_looked_for_and_a_note_says_so(asking):
    answer = asking("What did Alice say about the budget?", "x")
    assert cited(answer) == [(0.0, 5.0)]
    assert any("without “Alice”" in note for note in answer.notes)
    answer = asking("Who mentions the budget?", "x")
    assert (answer.status, answer.text.splitlines()[0]) == (
        "partial",
        "Mentioned here; it is not known who says it:",
    )


def test_who_speaks_most_is_counted_over_all_turns(asking):
    answer = asking("Who speaks most?")
    assert (answer.status, answer.text.splitlines()) == (
        "answered",
        [
            "Project Manager speaks longest for 16 s: “Twelve euros for each.” [E1]",
            "Marketing speaks for 6 s: “People like large buttons.” [E2]",
            "Industrial Designer speaks for 4 s: “We use rubber for the case.” [E3]",
        ],
    )
    assert (
        asking("Who speaks the least?").text.splitlines()[0].startswith("Industrial Designer speaks shortest")
    )


def test_how_long_and_how_often_somebody_speaks(asking):
    assert asking("How long does the project manager speak in the meeting?").text == (
        "Project Manager speaks for 16 s in all, 3 times, at 0:00–0:04, 0:08–0:12, 0:22–0:30 [E1, E2, E3]"
    )
    assert asking("How often does Marketing speak?").text == (
        "Marketing speaks 2 times, at 0:04–0:08, 0:20–0:22 [E1, E2]"
    )


def test_when_somebody_speaks_and_who_speaks_first(asking):
    assert asking("When does Marketing speak?").text.splitlines() == [
        "Marketing speaks at 0:04–0:08: “People like large buttons.” [E1]",
        "Marketing speaks at 0:20–0:22: “What about the budget?” [E2]",
    ]
    assert cited(asking("When does Marketing speak for the last time?")) == [(20.0, 22.0)]
    assert asking("Who speaks last?").text.startswith("Industrial Designer speaks last at 0:40–0:44")
    assert asking("Who is speaking at 0:25?").text.startswith("Project Manager speaks for")


def test_times_are_at_least_where_it_is_not_known_of_all_who_speaks(asking):
    answer = asking("Who speaks most?", "m", "x")
    assert (answer.status, answer.reason) == ("partial", "unknown")
    assert "Project Manager speaks longest for at least 16 s" in answer.text
    assert "who speaks is not known in 1 of 2 videos" in answer.text


def test_without_speakers_nothing_is_said_of_who_speaks(asking):
    answer = asking("Who speaks most?", "x")
    assert (answer.status, answer.reason) == ("abstained", "unknown")
    assert answer.text.startswith("It is not known who speaks here")


def test_voices_without_names_are_numbered_and_take_a_name(library, asking):
    assert (
        asking("Who mentions the budget?", "v").text.splitlines()[0]
        == "Said by speaker 1 and speaker 2 [E1, E2]"
    )
    assert cited(asking("What does speaker 2 say about the budget?", "v")) == [(5.0, 7.0)]
    name(library.catalog, "v", v1="Alice")
    assert asking("Who speaks most?", "v").text.startswith("Alice speaks longest for 5 s")
    assert cited(asking("Does Alice mention the budget?", "v")) == [(0.0, 5.0)]


def test_numbers_of_voices_in_several_videos_are_different_speakers(library, asking):
    library.add("w")
    say(library.catalog, "w", [(0, 9, "1", "Something else.")])
    assert asking("Who speaks most?", "v", "w").text.startswith("speaker 1 of w.mp4 speaks longest for 9 s")


def test_a_name_that_two_speakers_may_have_is_noted(library, asking):
    library.add("w")
    say(library.catalog, "w", [(0, 2, "Ann Smith", "I like tea."), (2, 4, "Bob Smith", "I like tea too.")])
    answer = asking("What does Smith say about tea?", "w")
    assert cited(answer) == [(0.0, 2.0), (2.0, 4.0)]
    assert "“Smith” may be Ann Smith or Bob Smith" in answer.notes


def test_the_prompt_of_a_chat_model_names_speakers(asking):
    claim = {"text": "They like large buttons", "evidence_ids": ["E1"]}
    reply = json.dumps({"answerable": True, "reason": "", "claims": [claim]})
    model = ScriptedChatModel(replies=[reply])
    answer = asking("What did Marketing say about buttons?", llm=model)
    assert 'speaker="Marketing"' in str(model.seen)
    assert answer.status == "answered"


def test_an_answer_about_a_window_counts_turns_in_it_alone(library):
    context = Context(library.searcher(), library.catalog)
    answer = ask("Who speaks most?", context=context, scope=Scope(("m",), Window(4.0, 8.0)))
    assert answer.text.startswith("Marketing speaks longest for 4 s")


def test_an_answer_quotes_the_whole_sentence_of_wrapped_cues(library, asking):
    cues = [
        (0, 4, "Ann", "The rubber buttons that we"),
        (4, 8, "Ann", "ordered are too soft."),
        (20, 24, "Ann", "Yes."),
    ]
    library.add("n")
    say(library.catalog, "n", cues)
    divide(library.catalog, "n", [(0, 2), (2, 3)])
    answer = asking("What is said about rubber buttons?", "n")
    assert "“The rubber buttons that we ordered are too soft.”" in answer.text
    assert (cited(answer), [note for note in answer.notes if "dropped" in note]) == ([(0.0, 8.0)], [])


def test_turns_that_are_not_listed_are_counted(library, asking):
    turns = [(2.0 * n, 2.0 * n + 1, ("Ann", "Bob")[n % 2], f"Word {n}.") for n in range(28)]
    library.add("n")
    say(library.catalog, "n", turns)
    answer = asking("When does Ann speak?", "n")
    assert answer.text.splitlines()[-1] == "Ann speaks 2 more times [E12]"
    assert not [note for note in answer.notes if "dropped" in note]


def divide(catalog, video_id, sentences):
    """Stores sentences of consecutive spans, each (first, after the last)."""
    spans = catalog.spans(video_id, "speech")
    units = []
    for first, after in sentences:
        own = spans[first:after]
        window = Window(own[0].words.window.start_s, own[-1].words.window.end_s)
        text = " ".join(one.words.text for one in own)
        units.append(TranscriptUnit("speech", "sentence", window, text, tuple(one.id for one in own)))
    with catalog.atomic() as db:
        replace_units(db, video_id, "speech", units)


def only(library, question, *speakers, videos=("m",)):
    context = Context(library.searcher(), library.catalog)
    return ask(question, context=context, scope=Scope(videos, None, speakers))


@pytest.mark.parametrize(
    ("question", "starts_s"),
    [
        ("When are buttons mentioned?", [4.0]),
        ("How many times are buttons mentioned?", [4.0]),
        ("What is the last thing that is said?", [20.0]),
        ("What is said about the budget?", [20.0]),
        ("What is said from 0:00 to 0:30?", [4.0, 20.0]),
        ("Give me the transcript", [4.0, 20.0]),
        ("What is this video about?", [4.0, 20.0]),
    ],
)
def test_a_scope_of_speakers_leaves_only_what_they_say(library, question, starts_s):
    answer = only(library, question, "marketing")
    assert [start for start, _ in sorted(cited(answer))] == starts_s


def test_passages_of_a_scope_of_speakers_hold_only_their_words(library):
    spans = library.catalog.spans("m", "speech")
    units = [
        TranscriptUnit("speech", level, Window(0.0, 12.0), " ".join(s.words.text for s in spans[:3]),
                       tuple(s.id for s in spans[:3]))
        for level in ("sentence", "passage")
    ]  # fmt: skip
    with library.catalog.atomic() as db:
        replace_units(db, "m", "speech", units)
    answer = only(library, "Why do they like the buttons?", "Marketing")
    assert cited(answer) == [(4.0, 8.0)]
    assert "cheap" not in answer.text


def test_a_scope_and_a_question_about_another_speaker_do_not_fit(library):
    answer = only(library, "What does Marketing say about buttons?", "Project Manager")
    assert (answer.status, answer.text) == (
        "abstained", "The question is about Marketing, the scope is Project Manager.",
    )  # fmt: skip


def test_a_question_keeps_the_speakers_of_its_scope():
    question = Question("x?", scope=Scope(("m",), Window(0.0, 5.0), ("Ann", "Bo")))
    assert Question.from_json(json.loads(json.dumps(question.to_json()))) == question


def test_a_stored_scope_without_speakers_is_read():
    assert scope_from_json({"video_ids": None, "window": None}) == Scope()
