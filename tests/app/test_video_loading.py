"""Attention, number type and 4 bits of a video-LLM: as named, else as the environment says."""

from pathlib import Path
from typing import Any

import pytest
from tests.tiny_video_llm import make_tiny_video_llm
from tests.tools.toolbox.coloured import make_wall

from playhead import Library
from playhead.cli import main
from playhead.doctor import check_video_model
from playhead.load_video_model import load_video_llm
from playhead.models import ModelNames
from playhead.video_loading import VideoLoading
from playhead.video_models import VideoChoice
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.load_options import LoadOptions


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_video_llm(tmp_path_factory.mktemp("tiny"))


def options(**named: Any) -> LoadOptions:
    return VideoLoading(**named).load_options("cpu", four_bit=False)


def test_what_nobody_names_is_left_to_the_loader() -> None:
    assert options() == LoadOptions(device="cpu")
    assert VideoLoading().load_options("cpu", four_bit=True).four_bit


def test_the_environment_says_how_a_model_is_loaded_where_nobody_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLAYHEAD_VIDEO_ATTENTION", "eager")
    monkeypatch.setenv("PLAYHEAD_VIDEO_DTYPE", "float16")
    monkeypatch.setenv("PLAYHEAD_VIDEO_FOUR_BIT", "yes")
    assert options() == LoadOptions("cpu", "float16", "eager", four_bit=True)
    assert options(attention="sdpa", dtype="float32", four_bit=False) == LoadOptions("cpu", "float32", "sdpa")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PLAYHEAD_VIDEO_ATTENTION", "fast", "no attention 'fast'; use one of auto, sdpa"),
        ("PLAYHEAD_VIDEO_DTYPE", "int8", "no number type 'int8'; use one of auto, bfloat16"),
        ("PLAYHEAD_VIDEO_FOUR_BIT", "maybe", "PLAYHEAD_VIDEO_FOUR_BIT must be one of 1, true.*got 'maybe'"),
    ],
)
def test_the_environment_is_checked(
    variable: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ModelUnavailable, match=message):
        options()


def test_a_library_loads_its_model_as_it_was_opened(tmp_path: Path, checkpoint: Path) -> None:
    make_wall(tmp_path)
    names = ModelNames(video=str(checkpoint), device="cpu", attention="eager", dtype="float16")
    client = Library(tmp_path, names).vlm_client
    assert client is not None
    loaded = client._model.loaded  # type: ignore[attr-defined]
    assert loaded.model.config._attn_implementation == "eager"
    assert str(loaded.model.dtype) == "torch.float16"


@pytest.mark.parametrize(
    "command",
    [("ask", "what?"), ("compare", "what?"), ("index", "nothing"), ("show", "talk.mp4"), ("doctor",)],
)
@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--attention", "fast"), "there is no attention 'fast'"),
        (("--dtype", "int8"), "there is no number type 'int8'"),
    ],
)
def test_a_wrong_value_is_wrong_usage_of_the_command(
    command: tuple[str, ...],
    option: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["playhead", *command, *option])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_the_trial_of_a_model_loads_it_as_it_is_told(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_VIDEO_MODEL", str(checkpoint))
    assert check_video_model(try_video=True, loading=VideoLoading(dtype="bfloat16")).ok
    failed = check_video_model(try_video=True, loading=VideoLoading(four_bit=True))
    assert failed.detail.startswith("4-bit loading needs the package")


def test_4_bits_are_asked_for_on_the_command_line(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_wall(tmp_path)
    arguments = ("--video-model", str(checkpoint), "--strategy", "uniform", "--four-bit", "--device", "cpu")
    monkeypatch.setattr(
        "sys.argv", ["playhead", "ask", "what colour is the wall?", "-l", str(tmp_path), *arguments]
    )
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "4-bit loading needs the package" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("loading", [VideoLoading(four_bit=True), VideoLoading(dtype="float16")])
def test_options_of_loading_are_refused_for_a_server(loading: VideoLoading) -> None:
    served = VideoChoice("server", "model", "named", "http://127.0.0.1:9/v1", "other")
    with pytest.raises(ModelUnavailable, match=r"the video model is at http://127\.0\.0\.1:9/v1; leave them"):
        load_video_llm(served, loading=loading)
    assert load_video_llm(served).host == "127.0.0.1:9"
