"""A claim that no judge has confirmed is an answer only where the search found what fits the question."""

from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, WordFinder, make_library

from playhead_agent.planner.brief import Brief
from playhead_agent.planner.conclusion import MIN_RETRIEVAL_CONFIDENCE, POOR_RETRIEVAL, limit_by_retrieval
from playhead_agent.verification.drafts import Draft
from playhead_index.search.results import Scope
from playhead_tools.citations import CheckReport
from playhead_tools.evidence import Claim
from playhead_tools.toolbox import Toolbox

LOW, HIGH = MIN_RETRIEVAL_CONFIDENCE - 0.1, MIN_RETRIEVAL_CONFIDENCE


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    catalog = make_library(tmp_path)
    box = Toolbox(catalog, WordFinder(catalog))
    box.begin(Scope((LECTURE,)))
    box.call("read", {"video": "lecture"})
    return box


def limited(box: Toolbox, confidence: float | None, *, judged_by: str = "", by_code: bool = False) -> Draft:
    claim = Claim("It is that of Thomas Bayes.", ("E1",))
    draft = Draft((claim,), by="code" if by_code else "model")
    return limit_by_retrieval(draft, CheckReport((claim,), (), judged_by), confidence, box.context)


def test_what_fits_poorly_is_partial_with_the_confidence_of_the_search(box: Toolbox) -> None:
    draft = limited(box, LOW)
    assert (draft.status, draft.reason, draft.confidence) == ("partial", "unknown", LOW)
    assert draft.notes == (POOR_RETRIEVAL,)


@pytest.mark.parametrize("confidence", [HIGH, 1.0, None])
def test_what_fits_or_is_no_passage_stays_an_answer(box: Toolbox, confidence: float | None) -> None:
    assert limited(box, confidence).status == "answered"


def test_a_judge_or_code_needs_no_search_to_confirm_it(box: Toolbox) -> None:
    assert limited(box, LOW, judged_by="judge").status == "answered"
    assert limited(box, LOW, by_code=True).status == "answered"


def test_a_computed_answer_stands_by_itself(box: Toolbox) -> None:
    box.context.computed_values.append({"op": "count", "value": 1})
    assert limited(box, LOW).status == "answered"


def test_a_brief_of_an_earlier_version_has_no_confidence() -> None:
    record = Brief(retrieval_confidence=0.4).to_json()
    assert Brief.from_json(record).retrieval_confidence == 0.4
    del record["retrieval_confidence"]
    assert Brief.from_json(record).retrieval_confidence is None
