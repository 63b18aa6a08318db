"""Which server gets which key, and that none is ever shown."""

import json
import sqlite3
import zlib
from pathlib import Path

import httpx
import pytest
from tests.hostile_server import Way, body, completion, hostile_server
from tests.tools.made_library import make_library
from typer.testing import CliRunner

from playhead.api_keys import PROVIDER_KEYS, key_for
from playhead.chat_models import load_chat_model
from playhead.cli import app
from playhead.library import Library
from playhead.video_model_choice import ask_server
from playhead_agent.persistence.checkpoints import CHECKPOINTS_NAME
from playhead_index.errors import ModelUnavailable
from playhead_tools.bounded_http import _Deadline

pytest.importorskip("langchain_openai")

OPENAI, OWN, VIDEO = "sk-openai-0123456789abcdef", "own-key-0123456789abcdef", "video-key-0123456789abcdef"
QUESTION = "When does he mention Bayes?"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with OpenAI's key and our own, and no other."""
    for name in (*PROVIDER_KEYS.values(), "OPENAI_BASE_URL", "OPENAI_API_BASE", "PLAYHEAD_VIDEO_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI)
    monkeypatch.setenv("PLAYHEAD_API_KEY", OWN)
    return monkeypatch


ADDRESSES = [
    ("https://api.openai.com/v1", OPENAI),
    ("https://eu.api.openai.com/v1", OPENAI),
    ("https://API.OPENAI.COM/v1", OPENAI),
    ("http://api.openai.com/v1", OWN),
    ("https://api.openai.com:8443/v1", OWN),
    ("https://api.openai.com.evil.example/v1", OWN),
    ("https://evilapi.openai.com.example/v1", OWN),
    ("https://notapi.openai.com/v1", OWN),
    ("https://api.openai.com@evil.example/v1", OWN),
    ("https://evil.example/https://api.openai.com/v1", OWN),
    ("https://evil.example/v1?host=api.openai.com", OWN),
    ("https://evil.example#@api.openai.com/v1", OWN),
    ("http://127.0.0.1:8000/v1", OWN),
    ("https://api.groq.com/openai/v1", None),
]


@pytest.mark.parametrize(("url", "key"), ADDRESSES)
def test_a_provider_s_key_is_for_its_own_host_alone(url: str, key: str | None) -> None:
    assert key_for(url) == key


def test_the_key_of_the_video_server_counts_first_there(keys: pytest.MonkeyPatch) -> None:
    keys.setenv("PLAYHEAD_VIDEO_KEY", VIDEO)
    assert key_for("http://127.0.0.1:8000/v1", "PLAYHEAD_VIDEO_KEY") == VIDEO
    assert key_for("http://127.0.0.1:8000/v1") == OWN


@pytest.mark.parametrize("url", ["ftp://host/v1", "localhost:8000", "https://", "http://[::1"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ModelUnavailable, match="the server's address"):
        load_chat_model("made", url)


GOOD = body(completion('{"answerable": false, "reason": "unknown", "claims": []}'))


def ask_output(folder: Path, base_url: str | None, llm: str = "openai:made") -> str:
    make_library(folder)
    answer = Library(folder).ask(QUESTION, llm=llm, base_url=base_url, strategy="rules")
    return json.dumps(answer.to_json())


def test_another_host_gets_our_own_key_and_nothing_of_openai(
    tmp_path: Path, keys: pytest.MonkeyPatch
) -> None:
    keys.setenv("OPENAI_ORG_ID", "org-secret")
    keys.setenv("OPENAI_PROJECT_ID", "proj-secret")
    keys.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: header-secret")
    with hostile_server(GOOD) as server:
        ask_output(tmp_path, server.base_url)
    assert set(server.authorizations) == {f"Bearer {OWN}"}
    assert not [head for head in server.heads if "secret" in head]


def test_without_our_own_key_another_host_gets_none(tmp_path: Path, keys: pytest.MonkeyPatch) -> None:
    keys.delenv("PLAYHEAD_API_KEY")
    with hostile_server(GOOD) as server:
        ask_output(tmp_path, server.base_url)
    assert set(server.authorizations) == {None}


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
@pytest.mark.parametrize("name", ["openai:made", "gpt-oss:20b"])
def test_an_address_of_the_environment_does_not_carry_openai_s_key_elsewhere(
    tmp_path: Path, keys: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    with hostile_server(GOOD) as server:
        keys.setenv(variable, server.base_url)
        ask_output(tmp_path, None, name)
    assert set(server.authorizations) == {f"Bearer {OWN}"}


def test_openai_without_its_key_is_refused_naming_the_variable(keys: pytest.MonkeyPatch) -> None:
    keys.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelUnavailable, match=r"api\.openai\.com/v1 needs a key; set OPENAI_API_KEY"):
        load_chat_model("openai:gpt-5")


def error_text(key: str) -> str:
    claim = {"text": f"He names Bayes, {key}.", "evidence_ids": ["E1"]}
    return json.dumps({"answerable": True, "reason": "", "claims": [claim]})


ECHOES: dict[str, Way] = {
    "401": body(json.dumps({"error": {"message": f"wrong key: Bearer {OWN}"}}).encode(), status=401),
    "500": body(f"{OWN} is not known".encode(), status=500, kind="text/plain"),
    "200 with a claim": body(completion(error_text(OWN))),
    "200 with prose": body(completion(f"your key is {OWN}")),
    "200 with escapes": body(completion(error_text(OWN)).replace(b"own-key", rb"\\u006fwn-key")),
    "200 that is no completion": body(json.dumps({"key": OWN}).encode()),
}


@pytest.mark.parametrize("strategy", ["rules", "planner"])
@pytest.mark.parametrize("name", ECHOES)
def test_a_key_that_the_server_sends_back_is_nowhere(tmp_path: Path, name: str, strategy: str) -> None:
    make_library(tmp_path)
    with hostile_server(ECHOES[name]) as server:
        options = ["--llm", "openai:made", "--base-url", server.base_url, "--strategy", strategy, "--json"]
        result = CliRunner().invoke(app, ["ask", QUESTION, "--library", str(tmp_path), *options])
    assert (result.exit_code, len(server.heads) > 0) == (0, True)
    assert OWN not in result.output
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and OWN.encode() in inflated(file)]


def inflated(file: Path) -> bytes:
    """The bytes of a file; of the checkpoints also every value, inflated where it is deflated."""
    found = [file.read_bytes()]
    if file.name == CHECKPOINTS_NAME:
        with sqlite3.connect(file) as db:
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            values = [v for table in tables for row in db.execute(f"SELECT * FROM {table}") for v in row]
        for value in (str(v).encode() if not isinstance(v, bytes) else v for v in values):
            found += [value, *(_unpacked(value[start:]) for start in range(4))]
    return b"\n".join(found)


def _unpacked(value: bytes) -> bytes:
    for wbits in (15, -15, 31):
        try:
            return zlib.decompressobj(wbits).decompress(value)
        except zlib.error:
            continue
    return b""


def test_the_checkpoints_that_are_looked_through_are_inflated(tmp_path: Path) -> None:
    with hostile_server(body(b"never such a word", status=404)) as server:
        ask_output(tmp_path, server.base_url)
    assert b"was not found (HTTP 404)" in inflated(tmp_path / CHECKPOINTS_NAME)
    assert b"was not found (HTTP 404)" not in (tmp_path / CHECKPOINTS_NAME).read_bytes()


def test_a_key_with_a_line_break_is_not_shown_by_the_error_about_it(keys: pytest.MonkeyPatch) -> None:
    keys.setenv("PLAYHEAD_API_KEY", "own-key\n0123456789")
    with hostile_server(GOOD) as server:
        facts = ask_server(server.base_url)
    assert "own-key" not in facts.unavailable_reason


def test_a_list_of_models_that_echoes_the_key_does_not_show_it() -> None:
    with hostile_server(body(json.dumps({"key": OWN, "data": OWN}).encode())) as server:
        facts = ask_server(server.base_url)
    assert (OWN in facts.unavailable_reason, "does not list its models" in facts.unavailable_reason) == (
        False,
        True,
    )


def test_a_password_in_the_address_is_not_shown(tmp_path: Path) -> None:
    with hostile_server(body(b"bad password-123456", status=401)) as server:
        answer = ask_output(tmp_path, server.base_url.replace("//", "//me:password-123456@"))
    assert ("password-123456" in answer, "refused the key (HTTP 401)" in answer) == (False, True)


def test_openai_itself_is_sent_what_its_own_client_makes() -> None:
    model = load_chat_model("openai:gpt-5")
    request = httpx.Request(
        "POST", "https://api.openai.com/v1/chat/completions", headers={"OpenAI-Project": "p"}
    )
    client = model.http_client  # type: ignore[attr-defined]
    sent = client._prepare(request, _Deadline(1.0, "https://api.openai.com"))
    assert (sent.headers["OpenAI-Project"], model.openai_api_key.get_secret_value()) == ("p", OPENAI)  # type: ignore[attr-defined]
