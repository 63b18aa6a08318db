"""Cases run the product's real command line, and their verdicts follow what is written in code."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.shared_data import shared

from playhead_bench.robustness import cases
from playhead_bench.robustness.cases import CASES, InputCase, NotRun, Result, run_cases
from playhead_bench.robustness.command_folder import Ran, Room
from playhead_bench.robustness.hostile_servers import chat_reply, key_in_error, redirect_to, serving
from playhead_bench.robustness.limited_process import ChildEnd


def post(url: str, key: str = "k") -> bytes:
    request = urllib.request.Request(
        f"{url}/chat/completions",
        b"{}",
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return bytes(reply.read())


def test_every_numbered_input_has_a_case_and_no_name_is_given_twice() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert {f"{number:02}" for number in range(1, 22)} <= {name[:2] for name in names}


def test_an_ended_command_is_described_in_one_line() -> None:
    end = ChildEnd(1, "", "error: no video\x1b[31m here\n", 0)
    assert Ran([], end).outcome == "exit 1: error: no video\\x1b[31m here"
    report = json.dumps({"path": "a.mp4", "status": "failed", "error": "a.mp4: not a video"})
    assert Ran([report], ChildEnd(1, "", "", 0)).outcome == "exit 1: failed: a.mp4: not a video"
    assert Ran([], ChildEnd(-9, "wall", "", 0)).outcome == "time-out: (no output)"


def test_the_verdict_follows_the_expectation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(room: Room) -> Result:
        raise NotRun("needs a disk")

    made = [
        InputCase("1", "", lambda room: Result("a", True)),
        InputCase("2", "", lambda room: Result("b", False)),
        InputCase("3", "", lambda room: Result("c")),
        InputCase("4", "", lacking),
    ]
    monkeypatch.setattr(cases, "CASES", tuple(made))
    found = run_cases(tmp_path, tmp_path / "work", speech_model=None, say=lambda line: None)
    assert [result.verdict for result in found] == ["right", "WRONG", "printed", "not run"]
    assert cases.report(found)["verdicts"] == {"right": 1, "WRONG": 1, "printed": 1, "not run": 1}


def test_a_case_goes_through_the_real_command_line(tmp_path: Path) -> None:
    room = Room(tmp_path.resolve(), tmp_path)
    room.video("in/a.mkv", (1.0, 3.0, "red apples"))
    assert [record["status"] for record in room.index("in").records] == ["indexed"]
    found = room.run("search", "apples", "--json").records
    assert [hit["text"] for record in found for hit in record["hits"]] == ["red apples"]


def test_a_made_server_answers_as_a_chat_model_and_notes_the_key() -> None:
    with serving(chat_reply("red apples")) as server:
        reply = json.loads(post(server.url, "secret"))
    assert reply["choices"][0]["message"]["content"] == "red apples"
    assert (server.requests, server.keys) == (["/v1/chat/completions"], ["Bearer secret"])


def test_a_made_server_repeats_the_key_in_its_error() -> None:
    with serving(key_in_error) as server, pytest.raises(urllib.error.HTTPError, match="401") as raised:
        post(server.url, "secret")
    assert b"Bearer secret" in raised.value.read()


def test_a_made_server_redirects() -> None:
    with (
        serving(redirect_to("http://127.0.0.1:9/v1")) as server,
        pytest.raises(urllib.error.HTTPError, match="307"),
    ):
        post(server.url)


def test_a_secret_is_found_in_deflated_values_of_a_database(tmp_path: Path) -> None:
    import sqlite3
    import zlib
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "checkpoints.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE kept (value BLOB)")
        connection.execute("INSERT INTO kept VALUES (?)", (b"\1" + zlib.compress(b"the key is sk-1"),))
    (tmp_path / "plain.txt").write_text("nothing")
    assert list(cases._files_with(tmp_path, b"sk-1")) == ["checkpoints.sqlite"]
    assert not list(cases._files_with(tmp_path, b"sk-2"))


def test_the_folder_of_small_inputs_is_read(tmp_path: Path) -> None:
    folder = shared("cases/README.md").parent
    found = run_cases(folder, tmp_path, speech_model=None, names=["13"], say=lambda line: None)
    assert [result.verdict for result in found] == ["right"]
    assert "segments" in found[0].outcome
