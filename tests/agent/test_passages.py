"""Questions about a divided transcript: passages answer what no exact look-up understands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tools.made_library import DEMO, LECTURE, make_library

from playhead_agent.rules.check import BEST_PASSAGES, NEAREST_PASSAGES, _partial_text
from playhead_agent.rules.extractive import AnswerContext
from playhead_agent.rules.passage_confidence import PassageFeatures, passage_confidence
from playhead_agent.rules.passages import _with_neighbours
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.rules.verdict import AnswerVerdict
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_index.search.engine import Searcher
from playhead_index.search.results import Query, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.store.transcript import TranscriptUnit, replace_units
from playhead_index.window import Window
from playhead_tools.evidence import Answer, Evidence
from playhead_tools.question.parse import parse_question
from playhead_tools.temporal import Event

HARBOUR = [
    "Good morning, we talk about the harbour and the lighthouse today.",
    "First the weather was bad all week.",
    "Nobody went out to fish.",
    "The lighthouse was built by Grandfather Olsen.",
    "He carried each stone of the lighthouse up the hill.",
    "The lamp of the lighthouse turns once a minute.",
    "Sailors see the lighthouse from far away.",
    "Now to the fish market.",
    "Cod and herring are sold every morning.",
    "The price of herring has doubled.",
    "Thank you and goodbye.",
]
SECONDS = 20.0


def divided_library(folder: Path) -> Catalog:
    """A library of one talk, a sentence every 20 s, divided into sentences and passages of three."""
    rows = [(LECTURE, "speech", n * SECONDS, n * SECONDS + 19.0, text) for n, text in enumerate(HARBOUR)]
    catalog = make_library(folder, rows)
    spans = catalog.spans(LECTURE, "speech")
    groups = (
        [spans[n : n + 1] for n in range(len(spans))],
        [spans[n : n + 3] for n in range(0, len(spans), 3)],
    )
    units = [
        TranscriptUnit(
            "speech", level, Window(own[0].words.window.start_s, own[-1].words.window.end_s),
            " ".join(one.words.text for one in own), tuple(one.id for one in own),
        )
        for level, some in zip(("sentence", "passage"), groups, strict=True)
        for own in some
    ]  # fmt: skip
    with catalog.atomic() as db:
        replace_units(db, LECTURE, "speech", units)
    return catalog


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return divided_library(tmp_path_factory.mktemp("divided"))


@pytest.fixture
def asking(catalog: Catalog) -> Callable[[str], Answer]:
    context = Context(Searcher(catalog.path.parent, catalog), catalog)
    return lambda question: ask(question, context=context, scope=Scope((LECTURE,)))


@pytest.mark.parametrize(
    "question",
    [
        "Who built the lighthouse?",
        "What did the group think of the lighthouse when discussing the hill?",
        "what's the purpose of the lamp?",
        "how is the herring sold during the discussion of the market?",
    ],
)
def test_the_first_window_is_the_first_moment_of_the_search(
    catalog: Catalog, asking: Callable[[str], Answer], question: str
) -> None:
    found = Searcher(catalog.path.parent, catalog).search(Query(question, scope=Scope((LECTURE,))))
    answer = asking(question)
    assert answer.intervals[0].window == found.moments[0].window
    assert not [note for note in answer.notes if note.startswith("dropped")]


def test_a_passage_is_quoted_with_the_sentence_that_fits_best(asking: Callable[[str], Answer]) -> None:
    answer = asking("Who built the lighthouse?")
    assert "“The lighthouse was built by Grandfather Olsen.” [E1]" in answer.text


def test_what_is_not_understood_is_shown_and_never_absent(asking: Callable[[str], Answer]) -> None:
    for question in ("lighthouse hill or what", "Warum der lighthouse?", "Is the herring any good there?"):
        answer = asking(question)
        assert answer.status != "abstained"
        assert "matches" not in answer.text


def test_a_word_that_is_never_said_is_absent(asking: Callable[[str], Answer]) -> None:
    answer = asking("When is the word submarine said?")
    assert (answer.status, answer.reason) == ("abstained", "absent")
    assert answer.text.startswith("Nothing in the speech matches “submarine”.")


def test_how_often_a_word_is_said_is_counted_over_all_that_is_said(asking: Callable[[str], Answer]) -> None:
    assert asking("How often is the lighthouse mentioned?").text.startswith("“lighthouse” is said 5 times")


def test_an_exact_question_without_an_exact_answer_shows_passages(asking: Callable[[str], Answer]) -> None:
    answer = asking("What happens right after the purple lighthouse explodes in the harbour at noon?")
    assert (answer.status, answer.reason) == ("partial", "unknown")
    assert answer.text.startswith("No certain answer; the passages that fit best:\nSaid at ")


def test_a_question_about_nothing_in_the_talk_is_no_answer(asking: Callable[[str], Answer]) -> None:
    assert asking("What did the committee decide about nuclear fusion?").status != "answered"


def test_questions_about_videos_without_passages_are_judged_by_their_words(catalog: Catalog) -> None:
    context = Context(Searcher(catalog.path.parent, catalog), catalog)
    answer = ask("What did she say about penguins?", context=context, scope=Scope((DEMO,)))
    assert (answer.status, answer.intervals) == ("abstained", ())


def test_confidence_grows_with_every_sign_that_a_passage_answers() -> None:
    usual = PassageFeatures(3.0, 0.5, 0.5, 0.5, asks_why=False)
    better = [
        PassageFeatures(4.0, 0.5, 0.5, 0.5, asks_why=False),
        PassageFeatures(3.0, 0.6, 0.5, 0.5, asks_why=False),
        PassageFeatures(3.0, 0.5, 1.0, 0.5, asks_why=False),
    ]
    assert all(passage_confidence(one) > passage_confidence(usual) for one in better)
    assert passage_confidence(PassageFeatures(3.0, 0.5, 0.5, 0.5, asks_why=True)) < passage_confidence(usual)


def test_without_a_text_model_the_words_count() -> None:
    few, all_ = (PassageFeatures(3.0, None, 1.0, words, asks_why=False) for words in (0.2, 1.0))
    assert passage_confidence(few) < 0.5 < passage_confidence(all_)


def test_only_the_quoted_sentence_must_be_recognised_with_confidence(tmp_path: Path) -> None:
    catalog = divided_library(tmp_path)
    with catalog.atomic() as db:
        db.execute("UPDATE span SET confidence = CASE WHEN start_s = 60 THEN 0.9 ELSE 0.3 END")
    context = Context(Searcher(catalog.path.parent, catalog), catalog)
    answer = ask("Who built the lighthouse?", context=context, scope=Scope((LECTURE,)))
    assert (answer.evidence[0].confidence, answer.evidence[0].is_uncertain) == (0.9, False)


def test_a_long_description_that_is_not_found_word_for_word_is_shown_in_passages(
    asking: Callable[[str], Answer],
) -> None:
    answer = asking("When does he say that the stones were carried uphill one after the other by one man?")
    assert (answer.status, answer.reason) == ("partial", "unknown")


def test_an_unknown_speaker_is_no_reason_to_refuse(catalog: Catalog, asking: Callable[[str], Answer]) -> None:
    answer = asking("What did Alice say about the lighthouse?")
    assert answer.status != "abstained"
    assert any("without “Alice”" in note for note in answer.notes)


def test_a_sentence_of_a_few_words_is_quoted_with_its_neighbours_of_one_speaker() -> None:
    def unit(n: int, text: str, speaker: str) -> TranscriptUnit:
        return TranscriptUnit("speech", "sentence", Window(n, n + 1), text, (n,), speaker=speaker)

    said = [
        ("We had a plan.", "Ann"), ("The battery.", "Ann"), ("It lasts for a year.", "Ann"), ("Mm.", "Bo"),
        ("A battery that lasts for a year is what all of us wanted to have.", "Bo"),
    ]  # fmt: skip
    units = [unit(n, text, speaker) for n, (text, speaker) in enumerate(said)]
    inside = frozenset(range(5))
    assert _with_neighbours(units, 1, inside) == "We had a plan. The battery. It lasts for a year."
    assert _with_neighbours(units, 1, frozenset((1, 2))) == "The battery. It lasts for a year."
    assert _with_neighbours(units, 4, inside) == units[4].text


def test_behind_a_passage_with_words_of_the_question_none_without_is_cited(
    asking: Callable[[str], Answer],
) -> None:
    answer = asking("Why is the price of herring high?")
    assert all("herring" in one.text.lower() for one in answer.evidence)


def test_a_text_that_names_nothing_is_no_absence(asking: Callable[[str], Answer]) -> None:
    answer = asking("Who says that?")
    assert answer.reason != "absent"


@pytest.mark.parametrize(("match", "lead"), [(0.5, BEST_PASSAGES), (0.0, NEAREST_PASSAGES)])
def test_passages_without_a_word_of_the_question_are_said_to_be_the_closest_in_meaning(
    match: float, lead: str
) -> None:
    window = Window(0.0, 9.0)
    record = Evidence("E1", LECTURE, window, "speech", "unverified", (1,), match=match, role="passage")
    finding = TemporalResult("passages", (Event(LECTURE, window, ("E1",)),))
    answer_context = AnswerContext(
        parse_question("What about penguins?"), finding, {"E1": record}, {"E1": "We like pens."}, {}
    )
    judgement = AnswerVerdict("partial", "unknown", 0.3)
    assert _partial_text(answer_context, judgement, "Said.") == f"{lead}:\nSaid."
