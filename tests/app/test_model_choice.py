"""`--model` names one model for everything, which the library keeps; `--local-only` refuses others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent import provider_servers as providers
from tests.agent.provider_servers import KEY, ProviderServer
from tests.serving import serving
from tests.tools.made_library import make_library
from typer.testing import CliRunner

from playhead.cli import app
from playhead.library import Library
from playhead.model_choice import ModelChoice, library_model, parse_model
from playhead.models import ModelNames, load_models
from playhead_index.errors import ModelUnavailable
from playhead_tools.local_hosts import NotLocal

pytest.importorskip("langchain_openai")

QUESTION = "When does he mention Bayes?"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai"
FORMS = [
    ("openai:gpt-5", ModelChoice("openai:gpt-5", "openai:gpt-5", "https://api.openai.com/v1")),
    ("gemini:gemini-2.5-pro", ModelChoice("gemini:gemini-2.5-pro", "openai:gemini-2.5-pro", GEMINI)),
    ("http://h:1/v1/#a/b:c", ModelChoice("http://h:1/v1/#a/b:c", "openai:a/b:c", "http://h:1/v1")),
    ("anthropic:claude", ModelChoice("anthropic:claude", "anthropic:claude", None)),
]


@pytest.fixture
def seeing(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderServer]:
    monkeypatch.setenv("PLAYHEAD_API_KEY", KEY)
    with serving(ProviderServer()) as server:
        yield server


def named(server: ProviderServer) -> str:
    return f"{server.base_url}#{server.model}"


def ask(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["ask", QUESTION, "--library", str(folder), *options])
    assert result.exit_code == 0, result.output
    return str(result.output)


@pytest.mark.parametrize(("text", "choice"), FORMS)
def test_a_model_is_named_by_provider_or_by_address(text: str, choice: ModelChoice) -> None:
    assert parse_model(text) == choice


@pytest.mark.parametrize(
    "text", ["gpt-5", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1#", "openai:", ":x"]
)
def test_what_names_no_model_is_refused_with_the_forms_that_do(text: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"--model .* names no .*; write openai:NAME"):
        parse_model(text)


def test_a_model_that_cannot_be_reached_is_not_kept(tmp_path: Path) -> None:
    make_library(tmp_path)
    output = ask(tmp_path, "--model", "http://127.0.0.1:9/v1#gone")
    assert "the model is not kept by the library: it gave no answer" in " ".join(output.split())
    assert library_model(tmp_path) == ""


def test_the_library_keeps_the_model_until_it_is_switched_off(tmp_path: Path, seeing: ProviderServer) -> None:
    make_library(tmp_path)
    ask(tmp_path, "--model", named(seeing))
    assert library_model(tmp_path) == named(seeing)
    count = len(seeing.requests)
    ask(tmp_path)
    assert len(seeing.requests) > count > 0
    ask(tmp_path, "--model", "off")
    assert (library_model(tmp_path), Library(tmp_path).chat_choice) == ("", None)


def test_a_model_with_a_password_in_its_address_is_used_and_not_kept(
    tmp_path: Path, seeing: ProviderServer
) -> None:
    make_library(tmp_path)
    output = ask(tmp_path, "--model", named(seeing).replace("//", "//me:password-123456@"))
    assert "not kept by the library: its address holds a password" in " ".join(output.split())
    assert (library_model(tmp_path), "password-123456" in output) == ("", False)


def test_the_environment_names_a_model_that_is_not_kept(
    tmp_path: Path, seeing: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path)
    monkeypatch.setenv("PLAYHEAD_MODEL", named(seeing))
    ask(tmp_path)
    assert (len(seeing.requests) > 0, library_model(tmp_path)) == (True, "")


def test_a_model_that_takes_images_looks_as_well(tmp_path: Path, seeing: ProviderServer) -> None:
    make_library(tmp_path)
    choice = Library(tmp_path, model=named(seeing)).video_choice
    assert (choice.backend, choice.url, choice.name) == ("server", seeing.base_url, seeing.model)
    assert choice.reason == "the model that answers takes pictures"


def test_a_model_that_takes_no_images_does_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_library(tmp_path)
    monkeypatch.setenv("PLAYHEAD_API_KEY", KEY)
    with serving(providers.LlamaCpp()) as server:
        assert Library(tmp_path, model=named(server)).video_choice.url == ""


def test_roles_are_split_by_their_own_options(tmp_path: Path, seeing: ProviderServer) -> None:
    make_library(tmp_path)
    opened = Library(tmp_path, ModelNames(model=named(seeing), video="off"))
    assert opened.video_choice.backend == "off"
    chat = opened.chat_model("openai:other", "http://127.0.0.1:9/v1")
    assert (chat.name if chat else "", opened.chat_model().host) == ("openai:other", seeing.base_url[7:-3])


def test_the_same_model_summarises_chapters(tmp_path: Path, seeing: ProviderServer) -> None:
    make_library(tmp_path)
    assert Library(tmp_path, model=named(seeing))._summariser(None, None) is not None


# ---- only this machine ----

REMOTE = {
    "a provider": ["--model", "openai:gpt-5"],
    "another provider": ["--llm", "anthropic:claude-sonnet-4-5"],
    "a server": ["--model", "{url}#gpt-4o"],
    "a server of --llm": ["--llm", "openai:x", "--base-url", "{url}"],
    "a video server": ["--video-model", "{url}#gpt-4o", "--strategy", "uniform"],
}


@pytest.mark.parametrize("name", REMOTE)
def test_only_this_machine_is_asked_where_the_person_says_so(
    tmp_path: Path, seeing: ProviderServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    make_library(tmp_path)
    elsewhere = seeing.base_url.replace("127.0.0.1", "0.0.0.0")
    options = [one.format(url=elsewhere) for one in REMOTE[name]]
    result = CliRunner().invoke(app, ["ask", QUESTION, "--library", str(tmp_path), "--local-only", *options])
    assert isinstance(result.exception, NotLocal)
    assert (seeing.paths, seeing.requests) == ([], [])


def test_a_video_server_of_the_environment_is_refused_as_well(
    tmp_path: Path, seeing: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path)
    monkeypatch.setenv("PLAYHEAD_VIDEO_SERVER", seeing.base_url.replace("127.0.0.1", "0.0.0.0"))
    with pytest.raises(NotLocal, match="the video model was not asked"):
        _ = Library(tmp_path, local_only=True).video_choice
    assert seeing.paths == []


def test_a_transcription_server_is_refused_as_well(seeing: ProviderServer) -> None:
    speech = seeing.base_url.replace("127.0.0.1", "0.0.0.0") + "#whisper"
    names = ModelNames("off", "off", "off", speech, "off", voices="off", local_only=True)
    with pytest.raises(NotLocal, match="the transcription server was not asked"):
        load_models(names)
    assert seeing.paths == []


def test_a_server_on_this_machine_is_asked(tmp_path: Path, seeing: ProviderServer) -> None:
    make_library(tmp_path)
    ask(tmp_path, "--model", named(seeing), "--local-only")
    assert seeing.requests


def test_an_answer_says_that_its_price_is_unknown(tmp_path: Path, seeing: ProviderServer) -> None:
    make_library(tmp_path)
    assert "price unknown" in ask(tmp_path, "--model", named(seeing))
    assert "price unknown" not in ask(tmp_path, "--model", "off")


# ---- the video-LLM plans ----


def test_a_video_server_with_enough_context_that_makes_calls_plans(
    tmp_path: Path, seeing: ProviderServer
) -> None:
    make_library(tmp_path)
    answer = Library(tmp_path, ModelNames(video=named(seeing))).ask(QUESTION)
    assert f"strategy planner: the video-LLM {seeing.model} plans" in answer.notes
    assert any(request.get("tools") for request in seeing.requests)


def test_a_video_server_that_makes_no_calls_leaves_the_rules(
    tmp_path: Path, seeing: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path)
    monkeypatch.setattr(seeing, "message", lambda request: ({"content": "I see a red wall."}, "stop"))
    answer = Library(tmp_path, ModelNames(video=named(seeing))).ask(QUESTION)
    assert not any("plans" in note for note in answer.notes)


def test_a_video_server_of_unknown_context_leaves_the_rules_and_says_so(
    tmp_path: Path, seeing: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path)
    monkeypatch.setattr(seeing, "model", "some-model")
    answer = Library(tmp_path, ModelNames(video=named(seeing))).ask(QUESTION)
    assert any(note.startswith("strategy rules: some-model has an unknown context") for note in answer.notes)
    assert not any(request.get("tools") for request in seeing.requests)


@pytest.mark.parametrize("variable", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"])
def test_a_tracing_service_elsewhere_is_refused_as_well(
    tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path)
    monkeypatch.setenv(variable, "true")
    with pytest.raises(NotLocal, match=f"{variable} sends every prompt to a tracing service"):
        Library(tmp_path, local_only=True).ask(QUESTION)
