"""The same questions, found by the real search engine instead of the made one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, WordFinder, make_library

from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.testing import ScriptedChatModel
from playhead_index.errors import ModelUnavailable
from playhead_index.search.engine import Searcher
from playhead_index.search.results import Query, Scope, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer

Asking = Callable[[str], Answer]


@pytest.fixture
def asking(made: Catalog) -> Asking:
    context = Context(Searcher(made.path.parent, made), made)
    return lambda question: ask(question, context=context, scope=Scope((LECTURE,)))


FOUND: list[tuple[str, str, Sequence[float]]] = [
    ("What is on the slide when he first mentions Bayes?", "answered", (60.0, 62.0)),
    ("When does he mention Bayes?", "answered", (62.0, 181.0)),
    ('How many times does he say "okay"?', "answered", (75.0, 115.0, 240.0)),
    ("How long is the slide about Bayes' rule on screen?", "answered", (60.0,)),
    ("What does he say about the likelihood?", "answered", (75.0,)),
    ("Is the exam mentioned before Bayes?", "answered", (62.0, 240.0)),
    ("When do they talk about the outline?", "partial", (20.0,)),
    ("Does he mention quantum chromodynamics?", "abstained", ()),
    ("When does a blue boat appear?", "abstained", ()),
    ("What is said at 2:12?", "answered", (130.0,)),
]


@pytest.mark.parametrize(("question", "status", "starts_s"), FOUND, ids=[row[0] for row in FOUND])
def test_questions_through_the_search_engine(
    asking: Asking, question: str, status: str, starts_s: Sequence[float]
) -> None:
    answer = asking(question)
    assert (answer.status, [i.window.start_s for i in answer.intervals]) == (status, list(starts_s))
    assert not [note for note in answer.notes if note.startswith("dropped")]


def test_pictures_without_vectors_are_no_absence(asking: Asking) -> None:
    answer = asking("When does a blue boat appear?")
    assert (answer.reason, "no pictures here have picture vectors" in answer.text) == ("unknown", True)


class _NoPictureModel:
    """A finder whose image-text model cannot be loaded, as the search engine tells it."""

    def __init__(self, catalog: Catalog) -> None:
        self.words = WordFinder(catalog)

    def search(self, query: Query) -> SearchResult:
        if query.lanes is not None and "picture" in query.lanes:
            raise ModelUnavailable("no image-text weights; run: playhead prepare picture")
        return self.words.search(query)


def test_a_picture_model_that_cannot_be_loaded_turns_its_lane_off_and_says_so(made: Catalog) -> None:
    context = Context(_NoPictureModel(made), made)
    answer = ask("When does a red car appear?", context=context)
    assert answer.text == "Captioned at 1:00–1:30 of demo.mp4: “A red car drives past a house.” [E1]"
    assert answer.coverage is not None
    assert [(line.lane, line.searched) for line in answer.coverage.lanes] == [
        ("picture", False),
        ("caption", True),
    ]
    gone = ask("When does a blue boat appear?", context=context)
    assert "pictures were not searched: no image-text weights; run: playhead prepare picture" in gone.text


def test_what_a_model_makes_of_a_mention_is_no_surer_where_pictures_were_not_searched(tmp_path: Path) -> None:
    catalog = make_library(tmp_path, [(LECTURE, "speech", 10.0, 12.0, "Look Celia, we follow our passions.")])
    claims = [{"text": "Celia never follows orders.", "evidence_ids": ["E1"]}]
    reply = {"answerable": True, "reason": "", "claims": claims}
    context = Context(_NoPictureModel(catalog), catalog, llm=ScriptedChatModel(replies=[reply]))
    answer = ask("Who is Celia?", context=context, scope=Scope((LECTURE,)))
    assert (answer.status, answer.confidence <= 0.5) == ("partial", True)
    lead = "Mentioned here; it is not said who that is:"
    assert answer.text.startswith(f"{lead}\nCelia never follows orders [E1] (unverified).")
