"""The benchmark of entailment judges: its data, its calls, its scores."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.shared_data import shared

from playhead_bench.entailment.__main__ import calls_of, judge_claims, main
from playhead_bench.entailment.data import PAIRS, LabelledClaim, read_claims
from playhead_bench.entailment.scoring import judge_scores
from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_tools.entailment import ClaimEvidence, Support

CLAIMS = [
    LabelledClaim(number // 2, "negation", number % 2 == 0, ClaimEvidence(f"claim {number}", ("words",)))
    for number in range(60)
]


class CountingJudge:
    """Says yes, and counts its calls."""

    name, may_drop = "counting", False

    def __init__(self) -> None:
        self.calls: list[int] = []

    def judge(self, pairs: Sequence[ClaimEvidence]) -> list[Support | None]:
        self.calls.append(len(pairs))
        return ["yes"] * len(pairs)


def test_there_are_60_pairs_of_two_sources_with_no_words_of_them() -> None:
    rows = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    assert len(rows) == 60
    assert sum(row["source"] == "tears_of_steel" for row in rows) == 30
    assert {tuple(row) for row in rows} == {("source", "cues", "true", "false", "kind")}


def test_the_words_of_every_pair_are_found_and_none_is_copied_into_a_claim() -> None:
    folder = shared("subtitles/tears_of_steel/TOS-en.srt").parents[2]
    claims = read_claims(folder)
    assert len(claims) == 120
    for claim in claims:
        (words,) = claim.evidence.evidence
        assert words
        assert claim.evidence.claim.rstrip(".").lower() not in words.lower()


def test_the_halves_share_no_pair_and_hold_both_sources() -> None:
    folder = shared("subtitles/tears_of_steel/TOS-en.srt").parents[2]
    tune, report = (read_claims(folder, half) for half in ("tune", "report"))
    assert len(tune) == len(report) == 60
    assert not {claim.pair for claim in tune} & {claim.pair for claim in report}


def test_the_claims_of_a_pair_are_never_judged_in_one_call() -> None:
    calls = calls_of(CLAIMS)
    assert sorted(at for call in calls for at in call) == list(range(60))
    assert all(len({CLAIMS[at].pair for at in call}) == len(call) for call in calls)
    assert all(len({CLAIMS[at].is_true for at in call}) == 2 for call in calls)


def test_a_run_that_was_stopped_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    judge, cache = CountingJudge(), tmp_path / "verdicts.jsonl"
    judge_claims(judge, CLAIMS, cache)
    num_calls = len(judge.calls)
    cache.write_text("".join(cache.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert judge_claims(judge, CLAIMS, cache) == ["yes"] * 60
    assert len(judge.calls) == num_calls + 1


def test_what_a_judge_gets_wrong_is_counted_by_kind() -> None:
    verdicts: list[Support | None] = ["yes", "yes", "partly", "no"]
    scores = judge_scores(CLAIMS[:4], verdicts)
    assert (scores.accuracy, scores.false_accept_rate, scores.false_reject_rate) == (0.5, 0.5, 0.5)
    assert scores.num_false_accepts_by_kind == {"negation": 1}


def test_scores_need_a_verdict_for_each_claim() -> None:
    with pytest.raises(ValueError, match="a verdict for each claim"):
        judge_scores(CLAIMS[:2], ["yes"])


def test_without_the_words_the_benchmark_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(QuestionsInvalid, match="give the folder of the shared data with --data"):
        read_claims(tmp_path)


def test_shared_words_keep_at_most_a_tenth_of_the_false_claims(capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared("subtitles/tears_of_steel/TOS-en.srt").parents[2]
    for half in ("tune", "report"):
        assert main(["--data", str(folder), "--half", half]) == 0
    output = capsys.readouterr().out
    shares = [float(part.split("%")[0]) for part in output.split("false kept ")[1:] if part[0].isdigit()]
    assert len(shares) == 2
    assert sum(shares) / 2 <= 10.0
