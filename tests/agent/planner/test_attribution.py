"""What a claim of a model stands on is found by its words, whatever id the model names."""

from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, WordFinder, make_library

from playhead_agent.planner.attribution import attributed, held_shares
from playhead_index.search.results import Scope
from playhead_tools.toolbox import Toolbox


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    catalog = make_library(tmp_path)
    box = Toolbox(catalog, WordFinder(catalog))
    box.begin(Scope((LECTURE,)))
    box.call("read", {"video": "lecture"})
    return box


def id_with(box: Toolbox, words: str) -> str:
    rows = box.call("read", {"video": "lecture"}).record["evidence"]
    return next(row["id"] for row in rows if words in row["words"])


def concluded(text: str, *ids: str, quote: str = "") -> dict[str, object]:
    return {"claims": [{"text": text, "quote": quote, "evidence_ids": list(ids)}]}


def cited(box: Toolbox, question: str, conclusion: dict[str, object], *ranked: str) -> list[str]:
    ids: list[str] = attributed(conclusion, question, box.kit, ranked)["claims"][0]["evidence_ids"]
    return ids


def test_what_holds_the_words_of_a_claim_is_cited_first(box: Toolbox) -> None:
    right, wrong = id_with(box, "Thomas Bayes"), id_with(box, "goodbye")
    said = concluded("The idea is that of Thomas Bayes.", wrong)
    assert cited(box, "Whose idea is it?", said) == [right, wrong]
    both = concluded("The idea is that of Thomas Bayes.", wrong, right)
    assert cited(box, "Whose idea is it?", both) == [right, wrong]


def test_words_of_the_question_tell_nothing_and_the_rank_decides(box: Toolbox) -> None:
    first, second = id_with(box, "goodbye"), id_with(box, "Welcome")
    said = concluded("He speaks of Thomas Bayes.", first, second)
    assert cited(box, "Does he speak of Thomas Bayes?", said, second, first) == [second, first]
    assert cited(box, "Does he speak of Thomas Bayes?", said) == [first, second]


def test_an_ending_without_claims_stays_as_it_is(box: Toolbox) -> None:
    assert attributed({"abstained": "unknown"}, "Who?", box.kit, ()) == {"abstained": "unknown"}
    assert attributed({}, "Who?", box.kit, ()) == {}


def test_a_word_that_stands_in_few_texts_counts_more() -> None:
    texts = {"E1": "the shop is open", "E2": "the shop is red and open", "E3": "the shop is open today"}
    held = held_shares("The open one is red.", "Which shop?", texts)
    assert held["E2"] == 1.0
    assert held["E1"] == held["E3"] < 0.5
