"""Models as judges of claims: one call for all, may drop only after a probe, looks for claims on pictures."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from tests.agent.chat_server import ChatServer, chat_server
from tests.tools.made_library import WordFinder
from tests.tools.toolbox.coloured import WALL, make_wall, wall_client

from playhead_agent.limits import Limits, Meter
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.state import Context
from playhead_agent.verification.check_draft import check_draft
from playhead_agent.verification.drafts import Draft
from playhead_agent.verification.judge_probe import (
    MIN_TO_DROP,
    MIN_TO_MARK,
    PROBE,
    JudgeMemory,
    ProbeResult,
    result_of,
)
from playhead_agent.verification.judges import ChatJudge, VideoJudge, verdict_form
from playhead_agent.verification.ledger import Ledger
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, TimeLimit
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.citations import CheckReport
from playhead_tools.entailment import ClaimEvidence, Support
from playhead_tools.evidence import Claim, Evidence
from playhead_tools.verdict_rules import SearchedExtent

PAIRS = [
    ClaimEvidence("It is late.", ("It is past midnight.",)),
    ClaimEvidence("It rains.", ("The sun shines.",)),
]


def chat_at(server: ChatServer) -> LangChainChat:
    model = ChatOpenAI(model="made", base_url=server.base_url, api_key=SecretStr("none"), max_retries=0)
    return LangChainChat(model, name="made", context_tokens=8_000, takes_images=False)


def verdicts(*values: str) -> str:
    return json.dumps({f"verdict_{number}": value for number, value in enumerate(values, 1)})


def test_all_claims_are_judged_in_one_call(tmp_path: Path) -> None:
    with chat_server(verdicts("yes", "no")) as server:
        meter = Meter()
        assert ChatJudge(chat_at(server), meter, JudgeMemory(tmp_path / "m")).judge(PAIRS) == ["yes", "no"]
    assert (len(server.requests), meter.model_calls) == (1, 1)
    sent = json.dumps(server.requests[0]["messages"])
    assert "It is past midnight." in sent
    assert "It rains." in sent


def test_a_reply_without_a_verdict_for_each_claim_is_repaired_once(tmp_path: Path) -> None:
    with chat_server(verdicts("yes"), verdicts("yes", "no")) as server:
        assert ChatJudge(chat_at(server), Meter()).judge(PAIRS) == ["yes", "no"]
    with chat_server(verdicts("yes")) as server, pytest.raises(ModelOutputInvalid, match="verdict_2"):
        ChatJudge(chat_at(server), Meter()).judge(PAIRS)


def reads_well(is_right: Callable[[int], bool]) -> Callable[[dict[str, Any]], str]:
    """A reply that judges the probe, right where a function of the claim's number says so."""

    def reply(request: dict[str, Any]) -> str:
        text = request["messages"][-1]["content"]
        given = [(text.find(f"Statement: {claim}"), number) for number, (_, claim, _) in enumerate(PROBE)]
        order = [number for at, number in sorted(given) if at >= 0]
        return verdicts(*("yes" if PROBE[n][2] == is_right(n) else "no" for n in order))

    return reply


@pytest.mark.parametrize(
    ("num_wrong", "may_drop", "may_mark"),
    [
        (0, True, True),
        (6, True, True),
        (7, False, True),
        (8, False, False),
        (12, False, False),
        (24, False, False),
    ],
)
def test_a_judge_may_drop_or_mark_as_it_does_on_the_probe(
    tmp_path: Path, num_wrong: int, may_drop: bool, may_mark: bool
) -> None:
    with chat_server(reads_well(lambda number: number >= num_wrong)) as server:
        judge = ChatJudge(chat_at(server), Meter(), JudgeMemory(tmp_path / "judges.json"))
        assert (judge.may_drop, judge.may_mark) == (may_drop, may_mark)
    assert (MIN_TO_DROP * len(PROBE), MIN_TO_MARK * len(PROBE)) == (18, pytest.approx(16.8))


def checked_by(server: ChatServer, catalog: Catalog) -> CheckReport:
    """What a claim that shares no word with its evidence comes to with a judge."""
    said = Evidence("E1", WALL, Window(30.0, 34.0), "speech", "supported", (4,))
    whole = [(WALL, Window(0.0, 60.0))]
    context = Context(WordFinder(catalog), catalog, chat=chat_at(server))
    ledger = Ledger({"E1": said}, SearchedExtent(None), whole, whole)
    return check_draft(Draft((Claim("Something leafy arrives.", ("E1",)),)), ledger, context)


@pytest.mark.parametrize(("num_wrong", "judged_by"), [(0, "made"), (12, "")])
def test_verdicts_are_used_only_of_a_judge_that_is_better_than_a_coin(
    tmp_path: Path, num_wrong: int, judged_by: str
) -> None:
    catalog = make_wall(tmp_path)
    probe = reads_well(lambda number: number >= num_wrong)
    with chat_server(verdicts("partly"), probe, probe, verdicts("partly")) as server:
        reports = [checked_by(server, catalog) for _ in range(2)]
    assert [(one.retained[0].status, one.judged_by) for one in reports] == [("unverified", judged_by)] * 2
    assert len(server.requests) == (4 if judged_by else 3)


def test_a_judge_that_finds_nothing_wrong_is_not_probed(tmp_path: Path) -> None:
    with chat_server(verdicts("yes")) as server:
        report = checked_by(server, make_wall(tmp_path))
    assert (report.retained[0].status, len(server.requests)) == ("supported", 1)


def test_the_probe_is_made_once_a_model_and_counts_no_call_of_the_run(tmp_path: Path) -> None:
    memory, meter = JudgeMemory(tmp_path / "judges.json"), Meter()
    with chat_server(reads_well(lambda number: True)) as server:
        assert ChatJudge(chat_at(server), meter, memory).may_drop
        num_requests = len(server.requests)
        assert ChatJudge(chat_at(server), Meter(), memory).may_drop
        assert len(server.requests) == num_requests
    assert (meter.model_calls, meter.prompt_tokens) == (0, 11 * num_requests)


def test_a_judge_that_cannot_be_probed_may_not_drop_and_that_is_not_remembered(tmp_path: Path) -> None:
    memory = JudgeMemory(tmp_path / "judges.json")
    with chat_server(500) as server:
        judge = ChatJudge(chat_at(server), Meter(), memory)
        assert not judge.may_drop
        assert memory.recall(f"{chat_at(server).host} made", "") is None
    late = Meter(Limits(seconds=30.0))
    assert not ChatJudge(chat_at(server), late, memory).may_drop


@pytest.mark.parametrize(
    ("error", "is_remembered"), [(TimeLimit("late"), True), (ModelUnavailable("away"), False)]
)
def test_a_judge_that_is_too_slow_for_the_probe_is_remembered_as_such(
    tmp_path: Path, error: Exception, is_remembered: bool
) -> None:
    def fail(pairs: Sequence[ClaimEvidence]) -> list[Support | None]:
        raise error

    memory = JudgeMemory(tmp_path / "judges.json")
    assert not result_of("slow", "prompt", fail, memory).may_mark
    assert (memory.recall("slow", "prompt") == ProbeResult(0, 0)) is is_remembered


def test_a_memory_that_is_no_json_is_read_as_empty(tmp_path: Path) -> None:
    (tmp_path / "judges.json").write_text("[1", "utf-8")
    memory = JudgeMemory(tmp_path / "judges.json")
    assert memory.recall("a", "p") is None
    memory.remember("a", "p", ProbeResult(20, 24))
    assert memory.recall("a", "p") == ProbeResult(20, 24)
    assert memory.recall("a", "another prompt") is None


def test_a_form_needs_a_pair() -> None:
    with pytest.raises(ValueError, match="at least one pair"):
        verdict_form(0)


def test_the_video_model_judges_what_is_shown_by_the_cited_frames(tmp_path: Path) -> None:
    vlm_client, meter = wall_client(make_wall(tmp_path))[0], Meter()
    pairs = [
        ClaimEvidence(f"The wall is {colour}.", ("",), ((WALL, Window(12.0, 20.0)),))
        for colour in ("blue", "red")
    ]
    judge = VideoJudge(vlm_client, meter)
    assert judge.judge([*pairs, PAIRS[0]]) == ["yes", "no", None]
    assert meter.looks == 2
    assert not judge.may_drop


def test_a_video_model_judges_no_more_than_the_looks_that_are_left(tmp_path: Path) -> None:
    vlm_client, meter = wall_client(make_wall(tmp_path))[0], Meter(Limits(looks=1))
    pairs = [ClaimEvidence(f"It is {c}.", ("",), ((WALL, Window(12.0, 20.0)),)) for c in ("blue", "red")]
    assert VideoJudge(vlm_client, meter).judge(pairs) == ["yes", None]


def test_a_claim_on_a_picture_is_checked_by_looking_where_there_is_no_chat_model(tmp_path: Path) -> None:
    catalog = make_wall(tmp_path)
    vlm_client = wall_client(catalog)[0]
    shown = Evidence("E1", WALL, Window(12.0, 20.0), "picture", "supported", said="A blue wall.")
    whole = [(WALL, Window(0.0, 60.0))]
    ledger = Ledger({"E1": shown}, SearchedExtent(None), whole, whole)
    context = Context(WordFinder(catalog), catalog, open_vlm_client=lambda: vlm_client)
    report = check_draft(
        Draft((Claim("The wall is blue.", ("E1",)), Claim("The wall is red.", ("E1",)))), ledger, context
    )
    assert [(one.status, one.why) for one in report.retained] == [
        ("supported", ""), ("unverified", "the evidence does not say it")
    ]  # fmt: skip
    assert report.judged_by == "video model"
