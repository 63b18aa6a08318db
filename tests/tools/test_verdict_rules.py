"""What may be stated about a scope, for each modality that may be missing."""

from itertools import product

import pytest

from playhead_index.search.results import (
    Coverage,
    LaneCoverage,
    Modality,
    ModalityCoverage,
    ModalitySummary,
)
from playhead_tools.evidence import coverage_from_json, coverage_sentence, coverage_to_json, missing_videos
from playhead_tools.question import parse_question
from playhead_tools.spec import Kind
from playhead_tools.verdict_rules import (
    MODALITIES_OF,
    SearchedExtent,
    Statement,
    allowed_verdict,
    requested_statement,
    stated_in_answer,
)

WORDS_AND_PICTURES: tuple[Modality, ...] = ("speech", "screen", "picture")


def _summary(modality: Modality, names: tuple[str, ...] = (), *, covered: int = 2) -> ModalitySummary:
    missing = tuple(
        ModalityCoverage(name, modality, "not_covered", 0.0, 60.0, "no model", name) for name in names
    )
    extent_s = 60.0 * (covered + len(missing))
    return ModalitySummary(modality, covered, 0, 60.0 * covered, extent_s, missing)


def _coverage(*missing: Modality, lanes: tuple[Modality, ...] = WORDS_AND_PICTURES) -> Coverage:
    lines = tuple(LaneCoverage(lane, True, 9) for lane in lanes)
    summaries = tuple(_summary(m, ("clip.mp4",) if m in missing else ()) for m in WORDS_AND_PICTURES)
    return Coverage(3, 9, 180.0, lines, modalities=summaries)


STATEMENTS: tuple[Statement, ...] = ("absent", "no", "never", "count", "first", "last", "order", "all")


@pytest.mark.parametrize(("statement", "kind", "missing"), product(STATEMENTS, MODALITIES_OF, MODALITIES_OF))
def test_a_statement_is_allowed_only_where_every_modality_that_could_show_it_is_covered(
    statement: Statement, kind: Kind, missing: Kind
) -> None:
    extent = SearchedExtent(_coverage(*MODALITIES_OF[missing]), picture_threshold=True)
    allowed = allowed_verdict(statement, [kind], extent)
    assert allowed.is_allowed == (not set(MODALITIES_OF[kind]) & set(MODALITIES_OF[missing]))
    assert allowed.is_allowed or "clip.mp4" in allowed.sentence


@pytest.mark.parametrize(
    ("statement", "is_allowed", "status", "reason"),
    [
        ("absent", True, "abstained", "absent"), ("absent", False, "abstained", "unknown"),
        ("no", True, "answered", ""), ("no", False, "abstained", "unknown"),
        ("never", True, "answered", ""), ("never", False, "abstained", "unknown"),
        ("count", True, "answered", ""), ("count", False, "partial", "unknown"),
        ("first", True, "answered", ""), ("last", False, "partial", "unknown"),
    ],
)  # fmt: skip
def test_a_negative_is_withheld_and_a_number_is_partial(
    statement: Statement, is_allowed: bool, status: str, reason: str
) -> None:
    extent = SearchedExtent(_coverage() if is_allowed else _coverage("speech"))
    allowed = allowed_verdict(statement, ["speech"], extent)
    assert (allowed.status, allowed.reason) == (status, reason)


@pytest.mark.parametrize(
    ("threshold", "viewed", "is_allowed"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_pictures_rule_out_by_a_calibrated_search_or_by_a_model_that_viewed_all(
    threshold: bool, viewed: bool, is_allowed: bool
) -> None:
    extent = SearchedExtent(_coverage(), picture_threshold=threshold, pictures_viewed=viewed)
    assert allowed_verdict("no", ["picture"], extent).is_allowed == is_allowed


def test_what_is_stored_and_was_not_searched_for_this_question_does_not_count() -> None:
    allowed = allowed_verdict("absent", ["speech"], SearchedExtent(_coverage(lanes=("screen",))))
    assert (allowed.is_allowed, allowed.sentence) == (False, "speech was not searched")


@pytest.mark.parametrize("coverage", [None, Coverage(0, 0, 0.0, ())])
def test_without_any_search_nothing_may_be_stated(coverage: Coverage | None) -> None:
    assert allowed_verdict("no", ["speech"], SearchedExtent(coverage)).sentence == "nothing was searched"


def test_a_coverage_of_an_older_version_allows_nothing() -> None:
    record = coverage_to_json(_coverage())
    for name in ("modalities", "viewed_s"):
        del record[name]
    old = coverage_from_json(record)
    assert old.modalities == ()
    assert not allowed_verdict("absent", ["speech"], SearchedExtent(old)).is_allowed


def test_a_coverage_survives_json_with_every_video_that_is_missing() -> None:
    names = tuple(f"clip{i}.mp4" for i in range(9))
    coverage = Coverage(
        11, 9, 660.0, (LaneCoverage("speech", True, 9),), (), (_summary("speech", names),), 4.0
    )
    record = coverage_to_json(coverage)
    assert coverage_from_json(record) == coverage
    assert "speech was searched in 2 of 11 videos, not in clip0.mp4, clip1.mp4, clip2.mp4 and 6 more" in (
        coverage_sentence(coverage)
    )
    assert len(record["modalities"][0]["not_covered"]) == 9


def test_in_a_video_without_sound_nothing_can_be_said() -> None:
    silent = ModalitySummary("speech", 0, 1, 0.0, 0.0)
    coverage = Coverage(1, 1, 60.0, (LaneCoverage("speech", False, 0, "no sound"),), modalities=(silent,))
    assert allowed_verdict("absent", ["speech"], SearchedExtent(coverage)).is_allowed
    assert coverage_sentence(coverage) == "Searched 1 video (1:00): it has no sound."


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("How many times do they say ferry?", "count"), ("When is the ferry first mentioned?", "first"),
        ("When is the ferry last mentioned?", "last"), ("What does the man do?", None),
        ("How long is the video?", None), ("Is there a dog?", None),
    ],
)  # fmt: skip
def test_a_question_asks_for_a_statement_about_all(question: str, statement: Statement | None) -> None:
    assert requested_statement(parse_question(question)) == statement


@pytest.mark.parametrize(
    ("question", "text", "statement"),
    [
        ("Is there a dog?", "No.", "no"), ("Is there a dog?", "no, only a cat", "no"),
        ("Is there a dog?", "Yes, at the door.", None), ("Is there a dog?", "It is never shown.", "never"),
        ("What is on the table?", "Nothing", "no"), ("What is on the table?", "A cup", None),
        ("How many dogs are there?", "3 dogs", "count"), ("Who speaks?", "Nobody", "never"),
    ],
)  # fmt: skip
def test_an_answer_makes_a_statement_about_all(question: str, text: str, statement: Statement | None) -> None:
    assert stated_in_answer(parse_question(question), text) == statement


def test_words_of_low_confidence_were_searched_and_are_not_said_to_be_left_out() -> None:
    unsure = ModalityCoverage(
        "d", "speech", "not_covered", 40.0, 60.0, "uncertain", "de.mp3", uncertain_s=20.0
    )
    off = ModalityCoverage("o", "speech", "not_covered", 0.0, 60.0, "no speech model", "off.mp3")
    two, three = ModalitySummary("speech", 1, 0, 100.0, 120.0, (unsure,)), ModalitySummary(
        "speech", 1, 0, 100.0, 180.0, (unsure, off)
    )  # fmt: skip
    low = "but 0:20 of it in de.mp3 was recognised with low confidence"
    assert missing_videos(two) == f"speech was searched in all 2 videos, {low}"
    assert (
        missing_videos(three)
        == f"speech was searched in 2 of 3 videos, not in off.mp3 (no speech model), {low}"
    )
