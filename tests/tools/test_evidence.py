"""Answers as JSON, and what was searched as a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from playhead_index.search.results import Coverage, LaneCoverage, ModalitySummary
from playhead_index.window import Window
from playhead_tools.confidence import confidence, evidence_ceiling
from playhead_tools.evidence import (
    Answer,
    Claim,
    Evidence,
    Interval,
    add_coverage,
    coverage_sentence,
    join_coverage,
)  # fmt: skip

SPEECH, SCREEN = LaneCoverage("speech", True, 40), LaneCoverage("screen", True, 9)
NO_PICTURE = LaneCoverage("picture", False, 0, "no image-text model is installed")
SAID = Evidence(
    "E1", "v", Window(35.0, 41.0), "speech", "supported", (7,), match=1.0, text="Bayes", lanes=("speech",)
)

NO_PICTURES_IN_IT = ModalitySummary("picture", 0, 1, 0.0, 0.0)
SENTENCES = [
    (
        Coverage(3, 90, 3730.0, (SPEECH, SCREEN, NO_PICTURE)),
        "Searched 3 videos (1:02:10) by speech and screen text; pictures were not searched:"
        " no image-text model is installed.",
    ),
    (Coverage(1, 3, 60.0, (SPEECH,)), "Searched 1 video (1:00) by speech."),
    (
        Coverage(2, 3, 60.0, (SPEECH,), ("v",)),
        "Searched 2 videos (1:00) by speech; 1 of them is not indexed to the end.",
    ),
    (Coverage(1, 3, 60.0, ()), "Looked up the stored facts of 1 video (1:00); nothing else was searched."),
    (
        Coverage(2, 3, 60.0, (LaneCoverage("layout", True, 9), NO_PICTURE)),
        "Searched 2 videos (1:00) by colour layout;"
        " pictures were not searched: no image-text model is installed.",
    ),
    (
        Coverage(2, 3, 60.0, (LaneCoverage("speech", True, 0),)),
        "Searched 2 videos (1:00): there is no speech here.",
    ),
    (
        Coverage(2, 3, 60.0, (SPEECH, LaneCoverage("picture", True, 0, "no pictures here have vectors"))),
        "Searched 2 videos (1:00) by speech; no pictures here have vectors.",
    ),
    (
        Coverage(1, 3, 60.0, (NO_PICTURE, LaneCoverage("layout", False, 0, "x"))),
        "Nothing was searched in 1 video (1:00): pictures were not searched:"
        " no image-text model is installed.",
    ),
    (
        Coverage(1, 3, 60.0, (LaneCoverage("picture", True, 0), LaneCoverage("screen", True, 0)),
                 modalities=(NO_PICTURES_IN_IT, ModalitySummary("screen", 0, 1, 0.0, 0.0))),
        "Nothing was searched in 1 video (1:00): it has no pictures.",
    ),
    (
        Coverage(1, 3, 60.0, (LaneCoverage("screen", False, 0, "reason of another video"),),
                 modalities=(ModalitySummary("screen", 1, 0, 60.0, 60.0),)),
        "Searched 1 video (1:00): there is no screen text here.",
    ),
    (
        Coverage(2, 3, 60.0, (SPEECH, LaneCoverage("picture", True, 9)),
                 modalities=(ModalitySummary("picture", 1, 1, 30.0, 30.0),)),
        "Searched 2 videos (1:00) by speech and pictures; 1 of them has no pictures.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("coverage", "sentence"), SENTENCES, ids=[row[1][:60] for row in SENTENCES])
def test_what_was_searched_in_words(coverage: Coverage, sentence: str) -> None:
    assert coverage_sentence(coverage) == sentence


def test_an_answer_survives_json() -> None:
    answer = Answer(
        text="Said at 0:35–0:41 [E1]",
        status="partial",
        reason="unknown",
        intervals=(Interval("v", Path("/a/talk.mp4"), SAID.window, "E1"),),
        claims=(Claim("Said at 0:35–0:41", ("E1",), "supported"),),
        coverage=Coverage(1, 3, 60.0, (SPEECH, NO_PICTURE)),
        confidence=0.5,
        cost={"seconds": 0.1},
        evidence=(SAID,),
        notes=("a note",),
        question="When?",
        thread_id="t",
    )
    assert Answer.from_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_only_supported_stretches_are_verified() -> None:
    held, closest = SAID, replace(SAID, id="E2", verdict="unverified")
    intervals = tuple(Interval("v", Path("/a/talk.mp4"), SAID.window, one.id) for one in (held, closest))
    answer = Answer("x", "answered", intervals=intervals, evidence=(held, closest))
    assert [interval.evidence_id for interval in answer.verified] == [held.id]


def test_the_keys_of_an_answer_are_a_contract() -> None:
    keys = ["text", "status", "reason", "intervals", "claims", "coverage", "confidence", "cost"]
    record = Answer("x", "abstained", "absent").to_json()
    assert [key for key in keys if key in record] == keys
    assert list(Interval("v", Path("p"), Window(0, 1), "E1").to_json()) == [
        "video_id", "path", "start_s", "end_s", "evidence_id",
    ]  # fmt: skip


def test_compact_evidence_leaves_its_words_to_the_catalog() -> None:
    record = SAID.to_json(compact=True)
    assert "text" not in record
    assert Evidence.from_json(record).span_ids == (7,)


@pytest.mark.parametrize(
    ("status", "reason", "sure", "why"),
    [
        ("answered", "absent", 0.5, "only an answered answer has no reason"),
        ("abstained", "", 0.5, "only an answered answer has no reason"),
        ("answered", "", 1.5, r"confidence must be within \[0, 1\], got 1.5"),
    ],
)
def test_an_answer_that_contradicts_itself_is_refused(
    status: str, reason: str, sure: float, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Answer("x", status, reason, confidence=sure)  # type: ignore[arg-type]


def test_disjoint_coverage_adds_and_repeated_coverage_does_not() -> None:
    one, two = Coverage(1, 3, 60.0, (SPEECH, NO_PICTURE)), Coverage(2, 5, 90.0, (SPEECH, NO_PICTURE), ("v",))
    added = add_coverage([one, two])
    assert (added.videos, added.duration_s, added.lanes[0].items, added.unfinished) == (3, 150.0, 80, ("v",))
    assert added.lanes[1] == NO_PICTURE
    joined = join_coverage([one, one])
    assert joined == one
    assert join_coverage([]) is None
    with pytest.raises(ValueError, match="no coverage to add"):
        add_coverage([])


def test_a_lane_that_one_part_did_not_search_was_not_searched_in_all() -> None:
    off = LaneCoverage("speech", False, 0, "off here")
    added = add_coverage([Coverage(1, 1, 1.0, (SPEECH,)), Coverage(1, 1, 1.0, (off,))])
    assert added.lanes == (LaneCoverage("speech", False, 40, "off here"),)


def test_confidence_falls_with_every_doubt() -> None:
    full = confidence([SAID])
    assert full == pytest.approx(0.9)
    assert confidence([SAID], one_of_several=True) < full
    assert confidence([SAID], partly_searched=True) < full
    assert confidence([SAID], unfinished=True) < full
    assert confidence([SAID], retained_share=0.5) == pytest.approx(full / 2)
    assert confidence([]) == 0.0


def test_what_was_only_ranked_high_is_worth_little() -> None:
    by_meaning = Evidence("E1", "v", SAID.window, "speech", "unverified", (7,), lanes=("speech",))
    unseen = Evidence("E2", "v", SAID.window, "picture", "unverified", (), 3, lanes=("picture",))
    seen = Evidence("E3", "v", SAID.window, "picture", "supported", (), 3, 1.0, lanes=("picture",))
    assert [evidence_ceiling([e]) for e in (unseen, by_meaning, seen)] == [0.30, 0.45, 0.90]
    assert evidence_ceiling([SAID, seen]) == pytest.approx(0.94)
