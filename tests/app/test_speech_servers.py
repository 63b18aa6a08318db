"""A transcription server as the speech model of a library: named, remembered, and said when it is away."""

from pathlib import Path
from typing import Any

import pytest
from tests.app.test_library_models import PLAIN, forget_loaded_models, index, made, spoken
from tests.transcription_server import Request, transcription_server

from playhead import Library
from playhead.models import ModelNames, load_one
from playhead.prepare import why_not_loadable
from playhead_index.errors import ModelUnavailable
from playhead_index.store.settings import read_settings

pytest.importorskip("faster_whisper", reason="the extra asr is not installed")
__all__ = ["made"]
KEY = "a-key-of-a-server-1"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLAYHEAD_SPEECH_KEY", "PLAYHEAD_API_KEY", "PLAYHEAD_SPEECH_MODEL"):
        monkeypatch.delenv(name, raising=False)
    forget_loaded_models()


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    for n in range(2):
        (tmp_path / f"{n}.mkv").write_bytes((made / f"{n}.mkv").read_bytes())
    return tmp_path


def says(text: str) -> Any:
    def answer(request: Request) -> tuple[int, Any]:
        return 200, {"text": text, "segments": [{"start": 0.0, "end": 1.0, "text": text}]}

    return answer


def test_a_library_remembers_its_server_and_sends_nothing_twice(folder: Path) -> None:
    with transcription_server(says("red apples"), ["whisper-1"]) as server:
        index(folder, 0, speech=f"{server.base_url}#whisper-1")
        assert index(folder, 0).status == "known"
        assert len(server.requests) == 1
        index(folder, 1)
    assert (spoken(folder, 0), spoken(folder, 1)) == (["red apples"], ["red apples"])
    record = read_settings(Library(folder / "library").catalog)["speech_model"]
    assert (record["name"], record["location"]) == (
        "asr:whisper-1 (server)", f"{server.base_url}#whisper-1",
    )  # fmt: skip


def test_a_remembered_server_that_is_away_leaves_the_words_and_is_named(folder: Path) -> None:
    with transcription_server(says("red apples"), ["whisper-1"]) as server:
        index(folder, 0, speech=f"{server.base_url}#whisper-1")
    off = dict(index(folder, 1).off)["speech"]
    assert off.startswith("the library's speech model whisper-1 (server) is not on this machine (http://127")
    assert "does not answer" in off
    assert (spoken(folder, 0), spoken(folder, 1)) == (["red apples"], [])


def test_a_video_whose_server_fails_is_taken_up_again(folder: Path) -> None:
    fails = [True]

    def answer(request: Request) -> tuple[int, Any]:
        return (413, {"error": {"message": "too large"}}) if fails[0] else says("red apples")(request)

    with transcription_server(answer, ["whisper-1"]) as server:
        report = index(folder, 0, speech=f"{server.base_url}#whisper-1")
        assert report.status == "failed"
        assert "refused: HTTP 413" in (report.error or "")
        fails[0] = False
        assert index(folder, 0).status == "indexed"
    assert spoken(folder, 0) == ["red apples"]


def test_the_key_goes_to_the_server_and_into_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_SPEECH_KEY", KEY)
    with transcription_server(says(f"it says {KEY}"), ["whisper-1"]) as server:
        index(folder, 0, speech=server.base_url)
    assert server.requests[0].authorization == f"Bearer {KEY}"
    assert spoken(folder, 0) == ["it says ***"]
    files = [file for file in (folder / "library").rglob("*") if file.is_file()]
    assert not [file for file in files if KEY.encode() in file.read_bytes()]


def test_hotwords_go_to_the_server_as_its_prompt(folder: Path) -> None:
    with transcription_server(says("ComfyUI"), ["whisper-1"]) as server:
        names = ModelNames(**(PLAIN | {"speech": server.base_url}))  # type: ignore[arg-type]
        given = {"hotwords": "ComfyUI", "beam_size": 2}
        list(Library(folder / "library", names).index(folder / "0.mkv", given))
    assert server.requests[0].fields["prompt"] == ["ComfyUI"]


@pytest.mark.parametrize(
    ("models", "name", "says_"),
    [
        (["a", "b"], "", r"serves 2 models \(a, b\); name one: --speech-model http://127.*/v1#MODEL"),
        (["a", "b"], "#c", r"does not serve 'c'; it serves a, b"),
        (None, "", r"does not list its models; name one: --speech-model http://127.*/v1#MODEL"),
        ([], "", r"serves 0 models"),
    ],
)
def test_a_model_that_is_not_clear_is_refused(models: list[str] | None, name: str, says_: str) -> None:
    with (
        transcription_server(says("x"), models) as server,
        pytest.raises(ModelUnavailable, match=says_),
    ):
        load_one("speech", f"{server.base_url}{name}")


def test_a_server_without_a_list_is_taken_by_the_model_that_is_named() -> None:
    with transcription_server(says("x")) as server:
        assert load_one("speech", f"{server.base_url}#whisper-1").name == "asr:whisper-1 (server)"


def test_a_server_that_is_away_says_so_without_its_password() -> None:
    with transcription_server(says("x"), ["a"]) as server:
        address = server.base_url.replace("http://", "http://me:secret-password@")
    why = why_not_loadable("speech", f"{address}#a")
    assert "does not answer" in why
    assert "secret-password" not in why
