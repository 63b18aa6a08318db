"""What a claim of a model stands on is found by its words, whatever id the model names."""

from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, WordFinder, make_library

from playhead_agent.planner.attribution import attribute_claims, held_shares, without_unrelated
from playhead_agent.planner.brief import spans_evidence
from playhead_index.search.results import Scope
from playhead_tools.evidence import Claim
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


def cited(box: Toolbox, conclusion: dict[str, object], *ranked: str) -> list[str]:
    ids: list[str] = attribute_claims(conclusion, box.context, ranked)["claims"][0]["evidence_ids"]
    return ids


def test_what_holds_the_words_of_a_claim_is_cited_first(box: Toolbox) -> None:
    right, wrong = id_with(box, "Thomas Bayes"), id_with(box, "goodbye")
    for named in ([wrong], [wrong, right], [right, wrong]):
        said = concluded("It is that of the man Thomas Bayes, who is dead.", *named)
        assert cited(box, said) == [right, wrong]


def ids_at_the_end(box: Toolbox, text: str, *ids: str) -> tuple[str, ...]:
    (claim,) = without_unrelated([Claim(text, ids)], box.context)
    return claim.evidence_ids


def test_an_id_that_bears_nothing_of_a_claim_is_not_cited_beside_one_that_holds_it(box: Toolbox) -> None:
    right, wrong = id_with(box, "Thomas Bayes"), id_with(box, "goodbye")
    text = "It is that of the man Thomas Bayes, who is dead."
    assert ids_at_the_end(box, text, right, wrong) == (right,)
    assert ids_at_the_end(box, text, wrong, right) == (wrong, right)


def test_what_shares_words_with_a_claim_stays_cited_behind_what_holds_it(box: Toolbox) -> None:
    right, other = id_with(box, "Thomas Bayes"), id_with(box, "goodbye")
    assert ids_at_the_end(box, "Thomas Bayes is dead; he says goodbye.", right, other) == (right, other)


def test_a_computed_claim_keeps_all_its_ids(box: Toolbox) -> None:
    right, wrong = id_with(box, "Thomas Bayes"), id_with(box, "goodbye")
    box.context.computed_values.append({"op": "count", "value": 1})
    assert ids_at_the_end(box, "It is that of Thomas Bayes.", right, wrong) == (right, wrong)


def test_a_computed_number_keeps_its_ids(box: Toolbox) -> None:
    right, wrong = id_with(box, "Thomas Bayes"), id_with(box, "goodbye")
    box.context.computed_values.append({"op": "count", "value": 1})
    said = concluded("It is that of Thomas Bayes.", wrong, right)
    assert cited(box, said) == [wrong, right]


def test_a_claim_without_ids_stays_as_it_is(box: Toolbox) -> None:
    assert cited(box, concluded("It is that of Thomas Bayes.")) == []


def test_the_rank_decides_where_words_do_not(box: Toolbox) -> None:
    first, second = id_with(box, "goodbye"), id_with(box, "Welcome")
    said = concluded("Oink oink.", first, second)
    assert cited(box, said, second, first) == [second, first]
    assert cited(box, said) == [first, second]


def test_an_ending_without_claims_stays_as_it_is(box: Toolbox) -> None:
    assert attribute_claims({"abstained": "unknown"}, box.context, ()) == {"abstained": "unknown"}
    assert attribute_claims({}, box.context, ()) == {}


def test_a_word_that_stands_in_few_texts_counts_more() -> None:
    texts = {"E1": "the shop is open", "E2": "the shop is red and open", "E3": "the shop is open today"}
    held = held_shares("The open one is red.", texts)
    assert held["E2"] == 1.0
    assert held["E1"] == held["E3"] < 0.5


def test_of_a_record_the_part_that_holds_the_quote_is_cited(box: Toolbox) -> None:
    spans = box.catalog.spans(LECTURE, "speech")[:4]
    wide = box.context.table.add(spans_evidence(box.context, spans))
    said = concluded("He welcomes everybody.", wide, quote=spans[1].words.text)
    (first,) = cited(box, said)
    assert first != wide
    assert box.context.table.records[first].window == spans[1].words.window
    assert box.context.table.records[first].span_ids == (spans[1].id,)


def test_a_quote_of_the_whole_record_leaves_it_whole(box: Toolbox) -> None:
    spans = box.catalog.spans(LECTURE, "speech")[:2]
    wide = box.context.table.add(spans_evidence(box.context, spans))
    quote = " ".join(span.words.text for span in spans)
    assert cited(box, concluded("It is said.", wide, quote=quote)) == [wide]
