"""Real questions with a chat model: the whole-transcript prompt, resumed runs, scores, absent questions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.agent.chat_server import ChatServer as FakeServer
from tests.agent.chat_server import chat_server
from tests.bench.test_real_questions import write_set
from typer.testing import CliRunner

from playhead_bench.evaluate.caching_proxy import open_proxy
from playhead_bench.evaluate.command import command
from playhead_bench.evaluate.errors import QuestionsInvalid, ReplyMissing
from playhead_bench.evaluate.json_lines import read_lines
from playhead_bench.evaluate.real_questions.absent_questions import (
    AbsentPair,
    absent_sets,
    question_hash,
    read_pairs,
)
from playhead_bench.evaluate.real_questions.chat_run import ended_by, progress_line
from playhead_bench.evaluate.real_questions.chat_scoring import score_absent, score_chat
from playhead_bench.evaluate.real_questions.chat_systems import (
    ChatServer,
    TranscriptReply,
    WholeTranscript,
    transcript_lines,
)
from playhead_bench.evaluate.real_questions.chat_tables import chat_grids
from playhead_bench.evaluate.real_questions.data import read_sets
from playhead_bench.evaluate.real_questions.prompts import exchanges
from playhead_bench.evaluate.real_questions.run_evaluation import RealReport, RealSettings, evaluate_real
from playhead_index.errors import ModelUnavailable
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window
from playhead_index.words.protocol import Words


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("real") / "talks")


def spans(*texts: tuple[str, str | None]) -> list[SpanRow]:
    return [
        SpanRow(n, "v", Words("speech", "file:a.srt", Window(4 * n, 4 * n + 4), text, speaker=who))
        for n, (text, who) in enumerate(texts)
    ]


def passage(first: int, last: int, answer: str = "Ten minutes.") -> str:
    return json.dumps({"first_line": first, "last_line": last, "answer": answer})


# ---- the whole transcript as one prompt ----


def test_a_line_of_the_prompt_is_number_speaker_text() -> None:
    found = transcript_lines(spans(("Hello\nyou", "1"), ("Bye", None)), {"1": "Ann"})
    assert found == ["1|Ann|Hello you", "2||Bye"]


def whole(tmp_path: Path, reply: Any, *, may_decline: bool = False, **server: Any) -> tuple[Any, FakeServer]:
    replies = reply if isinstance(reply, list) else [reply]
    with chat_server(*replies) as fake, open_proxy(tmp_path / "r.sqlite", fake.base_url) as proxy:
        model = ChatServer("openai:made", fake.base_url, **server)
        transcript = spans(*((f"sentence {n} " + "x" * 40, None) for n in range(60)))
        return WholeTranscript(proxy, model, transcript, {}).answer(
            "How long?", may_decline=may_decline
        ), fake


@pytest.mark.parametrize(
    ("reply", "window"),
    [
        (passage(2, 3), Window(4, 12)),
        (passage(3, 2), Window(4, 12)),
        (passage(59, 99), Window(232, 240)),
        (passage(0, 0), None),
        (passage(80, 90), None),
        (f"<think>hm</think>{passage(2, 3)}", Window(4, 12)),
    ],
)
def test_line_numbers_become_a_window(tmp_path: Path, reply: str, window: Window | None) -> None:
    assert whole(tmp_path, reply)[0].window == window


def test_the_request_has_the_transcript_first_and_temperature_0(tmp_path: Path) -> None:
    _, server = whole(tmp_path, passage(1, 1), may_decline=True)
    (request,) = server.requests
    assert (request["model"], request["temperature"]) == ("made", 0)
    prompt = request["messages"][1]["content"]
    assert prompt.startswith("Transcript:\n1||sentence 0 ")
    assert prompt.endswith(
        "Question: How long?\nIf the transcript does not answer it, give 0 for both lines."
    )


def test_what_does_not_fit_is_cut_and_said(tmp_path: Path) -> None:
    found, server = whole(tmp_path, passage(1, 1), context_tokens=1100)
    assert (found.num_lines, found.num_cut) == (21, 39)
    assert found.record()["notes"] == ["the transcript was cut: 39 of 60 lines did not fit"]
    assert "\n21||" in server.requests[0]["messages"][1]["content"]


def test_a_prompt_that_the_server_refuses_as_too_long_is_cut_again(tmp_path: Path) -> None:
    too_long = b'{"error": {"message": "the request exceeds the available context size"}}'
    with (
        _refusing(too_long, passage(1, 1)) as fake,
        open_proxy(tmp_path / "r.sqlite", fake.base_url) as proxy,
    ):
        transcript = spans(*((f"sentence {n}", None) for n in range(60)))
        found = WholeTranscript(proxy, ChatServer("m", fake.base_url), transcript, {}).answer("How long?")
    assert (found.num_lines, found.num_cut, found.window) == (51, 9, Window(0, 4))


def _refusing(body: bytes, then: str) -> Any:
    """A server that refuses its first request with HTTP 400."""
    from tests.agent.chat_server import _completion, _Handler
    from tests.serving import serving

    class Handler(_Handler):
        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            length = int(self.headers["Content-Length"])
            self.server.requests.append(json.loads(self.rfile.read(length)))
            if len(self.server.requests) == 1:
                self._send(400, body)
            else:
                self._send(200, _completion(then))

    server = FakeServer([])
    server.RequestHandlerClass = Handler
    return serving(server)


@pytest.mark.parametrize("reply", ["no JSON", '{"first_line": 1}', '{"first_line": "x", "last_line": 2}'])
def test_a_reply_without_the_lines_is_an_error_of_the_question(tmp_path: Path, reply: str) -> None:
    found = whole(tmp_path, reply)[0].record()
    assert (found["status"], found["reason"], found["cited"]) == ("abstained", "error", [])
    assert found["error"].startswith("the reply is no {first_line, last_line, answer}")


# ---- rows ----


def answer_record_of(status: str, *cited: list[float], **more: Any) -> dict[str, Any]:
    ended_by = "" if more.get("fallback") else "abstain" if status == "abstained" else "finish"
    return {
        "status": status, "reason": "" if status == "answered" else "absent", "error": "", "fallback": "",
        "cited": list(cited), "confidence": 0.5, "text": "", "notes": [], "claims": [],
        "ended_by": ended_by, **more,
    }  # fmt: skip


def row(number: int, system: str, ask: dict[str, Any], prompt: int = 100, **more: Any) -> dict[str, Any]:
    usage = {"calls": 2, "cached_calls": 0, "prompt_tokens": prompt, "completion_tokens": 9, "seconds": 3.0}
    return {
        "id": f"a/{number}", "system": system, "set": "a", "video": "v", "gold": [[10.0, 20.0]],
        "duration_s": 100.0, "is_absent": False, "ask": ask, "ended_by": ended_by(ask), "usage": usage,
        **more,
    }  # fmt: skip


ROWS = [
    row(1, "transcript", answer_record_of("answered", [10, 20]), 1000),
    row(2, "transcript", answer_record_of("answered", [50, 60]), 1000),
    row(1, "planner", answer_record_of("partial", [12, 18]), 400),
    row(2, "planner", answer_record_of("answered", [10, 20]), 600),
    row(2, "planner-brief", answer_record_of("abstained", fallback="the model is away"), 300),
]


def test_systems_are_scored_as_computed_by_hand() -> None:
    (found,) = score_chat(ROWS)
    planner = found.systems[1]
    assert [one.system for one in found.systems] == ["transcript", "planner", "planner-brief"]
    assert (planner.questions, planner.right, planner.answered, planner.answered_right) == (2, 2, 1, 1)
    assert (planner.partial_right, planner.right_called_answered, planner.prompt_share) == (1, 0.5, 0.5)
    brief = found.systems[2]
    assert (brief.declined, brief.ended_by_model, brief.right_called_answered) == (1, 0, None)
    assert brief.prompt_share == pytest.approx(0.3)


def test_the_planner_is_compared_with_the_transcript_and_ablations_with_the_planner() -> None:
    pairs = {(one.one, one.other): one for one in score_chat(ROWS)[0].comparisons}
    assert pairs["R@1 planner", "transcript"].only_one == 1
    assert pairs["R@1 planner-brief", "planner"].questions == 1


@pytest.mark.parametrize(
    ("ask", "by"),
    [
        (answer_record_of("answered", [0, 1]), "finish"),
        (answer_record_of("abstained"), "abstain"),
        (answer_record_of("abstained", ended_by="finish"), "finish"),
        (answer_record_of("partial", [0, 1], ended_by=""), "code"),
        (TranscriptReply(Window(0, 1), "x", 9, 0).record(), "finish"),
        (TranscriptReply(None, "", 9, 0).record(), "abstain"),
        (TranscriptReply(None, "", 9, 0, "no JSON").record(), "code"),
    ],
)
def test_who_ended_a_run_is_what_its_answer_says(ask: dict[str, Any], by: str) -> None:
    assert ended_by(ask) == by


def test_a_line_of_progress_names_what_came_of_the_question() -> None:
    assert progress_line(ROWS[2]) == (
        "planner a/1: correct, partial absent, ended by finish, 2 calls, 400 + 9 tokens, 3 s"
    )


def test_absent_questions_count_only_as_answered_or_not() -> None:
    (found,) = score_absent(
        {"planner": [answer_record_of("answered", [0, 1]), answer_record_of("abstained")]}
    )
    assert (found.questions, found.answered, found.partial) == (2, 1, 0)
    text = chat_grids(score_chat(ROWS), [found])["Absent questions"].markdown
    assert "| planner | 2 | 1 (50 %) | 0 | 0 |" in text


# ---- pairs of absent questions ----


def pair(**changed: Any) -> AbsentPair:
    text = "How long does the oven need?"
    return AbsentPair(
        **{"set_name": "talks", "row": 1, "digest": question_hash(text), "video": "tennis", **changed}
    )


def test_an_absent_question_is_put_to_the_other_video(talks: Path, tmp_path: Path) -> None:
    line = {"set": "talks", "row": 1, "hash": pair().digest, "video": "tennis"}
    (path := tmp_path / "absent.jsonl").write_text(json.dumps(line) + "\n")
    (one,) = absent_sets(read_sets(talks), read_pairs(path))
    assert [(q.id, q.video, q.text) for q in one.questions] == [
        ("absent/talks/tennis/1", "tennis", "How long does the oven need?")
    ]
    assert list(one.videos) == ["tennis"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"set_name": "films"}, "no set is called 'films'; there are talks"),
        ({"row": 9}, "set talks, row 9: the set has 3 questions"),
        ({"digest": "0"}, "its hash is [0-9a-f]{16}, expected 0"),
        ({"video": "chess"}, "no video is called 'chess'"),
        ({"video": "cooking"}, "cooking is the question's own video"),
    ],
)
def test_a_pair_that_does_not_fit_is_named(talks: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(QuestionsInvalid, match=message):
        absent_sets(read_sets(talks), [pair(**changed)])


def test_a_line_that_is_no_pair_is_named(tmp_path: Path) -> None:
    (path := tmp_path / "absent.jsonl").write_text('{"set": "talks"}\n')
    with pytest.raises(QuestionsInvalid, match=r"absent\.jsonl:1: KeyError: 'row'; expected"):
        read_pairs(path)


# ---- runs ----

Evaluate = Callable[..., RealReport]


@pytest.fixture
def evaluate(talks: Path, tmp_path: Path) -> Evaluate:
    def run(server: FakeServer, **how: Any) -> RealReport:
        chat = ChatServer("openai:made", server.base_url)
        how = {"systems": ("transcript",), **how}
        say = how.pop("say", lambda line: None)
        return evaluate_real(
            read_sets(talks), RealSettings(tmp_path / "run", "off", chat=chat, **how), say=say
        )

    return run


def test_a_run_has_a_row_for_each_question_and_system(evaluate: Evaluate, tmp_path: Path) -> None:
    with chat_server(passage(2, 2)) as server:
        report = evaluate(server, absent=(pair(),))
    rows = read_lines(tmp_path / "run" / "chat.jsonl")
    assert [(one["id"], one["is_absent"]) for one in rows] == [
        ("talks/cooking/1", False), ("talks/tennis/2", False), ("talks/tennis/3", False),
        ("absent/talks/tennis/1", True),
    ]  # fmt: skip
    assert (report.chat[0].systems[0].right, report.is_complete) == (1, True)
    assert [(one.system, one.questions, one.answered) for one in report.absent] == [
        ("no model", 1, 0), ("transcript", 1, 1),
    ]  # fmt: skip
    assert "## talks: with a chat model" in (tmp_path / "run" / "report.md").read_text()


def test_a_run_that_stopped_midway_goes_on_without_asking_again(evaluate: Evaluate) -> None:
    def stop(line: str) -> None:
        if line.startswith("1/3 transcript"):
            raise KeyboardInterrupt("midway")

    with chat_server(passage(2, 2)) as server:
        with pytest.raises(KeyboardInterrupt, match="midway"):
            evaluate(server, say=stop)
        assert evaluate(server).chat[0].systems[0].questions == 3
        assert len(server.requests) == 3


def test_a_server_that_fails_ends_the_run_without_a_row(evaluate: Evaluate, tmp_path: Path) -> None:
    with chat_server(passage(2, 2), 500) as server:
        with pytest.raises(ModelUnavailable, match="HTTP 500"):
            evaluate(server)
        assert len(read_lines(tmp_path / "run" / "chat.jsonl")) == 1
        server.replies = [passage(2, 2)]
        assert evaluate(server).is_complete


def test_no_question_is_begun_after_the_minutes(evaluate: Evaluate, tmp_path: Path) -> None:
    with chat_server(passage(2, 2)) as server:
        report = evaluate(server, max_minutes=0.0)
        assert (report.is_complete, report.chat, server.requests) == (False, (), [])
        assert evaluate(server).is_complete


def test_a_replay_scores_the_rows_of_the_chat_model_too(evaluate: Evaluate) -> None:
    with chat_server(passage(2, 2)) as server:
        first = evaluate(server)
        again = evaluate(server, replay=True)
    assert again.record == first.record


def test_the_prompts_of_a_question_can_be_read(evaluate: Evaluate, tmp_path: Path) -> None:
    with chat_server(passage(2, 2)) as server:
        evaluate(server)
    lines = list(exchanges(tmp_path / "run", ["talks/cooking/1"], "transcript"))
    assert lines[0].startswith("==== transcript talks/cooking/1: correct, answered")
    assert any("2||The oven needs ten minutes." in line for line in lines)
    assert lines[-1] == "[answer] Ten minutes."
    with pytest.raises(ReplyMissing, match="has no row of planner for any question"):
        list(exchanges(tmp_path / "run", [], "planner"))


def test_a_command_whose_minutes_run_out_exits_with_3_and_can_be_repeated(
    talks: Path, tmp_path: Path
) -> None:
    app = typer.Typer()
    app.command()(command)
    with chat_server(passage(2, 2)) as server:
        options = ["--llm", "openai:made", "--base-url", server.base_url, "--words-model", "off"]
        options += ["--strategies", "transcript", "--out", str(tmp_path)]
        stopped = CliRunner().invoke(app, ["real", str(talks), *options, "--max-minutes", "0"])
        done = CliRunner().invoke(app, ["real", str(talks), *options, "--json"])
    assert (stopped.exit_code, done.exit_code) == (3, 0)
    assert "run the same command to go on" in stopped.stderr
    assert json.loads(done.stdout)["chat"][0]["systems"][0]["right"] == 1


def test_the_command_of_hostile_transcripts_needs_a_chat_model(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, ["hostile", "--out", str(tmp_path)], env={"COLUMNS": "300"})
    assert done.exit_code == 2
    assert "needs --llm and --base-url" in done.stderr
