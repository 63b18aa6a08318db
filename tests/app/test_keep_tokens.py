"""The part of the visual tokens that a look keeps: as asked, as the environment says, and what it costs."""

from pathlib import Path

import numpy as np
import pytest
from tests.tiny_video_llm import make_tiny_video_llm
from tests.tools.toolbox.coloured import WALL, make_wall
from tests.tools.video_llm.made_server import made_server

from playhead import Library
from playhead.cli import main
from playhead.load_video_model import load_video_llm
from playhead.models import ModelNames
from playhead.token_compression import (
    LibraryFrameScores,
    resolve_compression,
    store_method,
    stored_method_note,
)
from playhead.video_model_choice import video_choice
from playhead_agent.limits import Meter
from playhead_index.errors import ModelUnavailable
from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.compression_choice import Compression
from playhead_tools.video_llm.frames_by_question import QuestionFrames
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest

QUESTION, WINDOW = "What colour is the wall?", Window(2.0, 6.0)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_video_llm(tmp_path_factory.mktemp("tiny"))


def observe(folder: Path, checkpoint: Path, part: float) -> Observation:
    model = load_video_llm(video_choice(str(checkpoint)), "cpu", Compression(ratio=part))
    return VlmClient(make_wall(folder), model, plain_prompt=True).observe(WALL, WINDOW, QUESTION)


def test_an_observation_counts_all_tokens_and_those_that_the_model_got(
    tmp_path: Path, checkpoint: Path
) -> None:
    observation = observe(tmp_path, checkpoint, 0.5)
    assert (observation.frames, observation.visual_tokens_given) == (8, 4 * (24 + 15))
    assert (
        0.4 * observation.visual_tokens_given
        < observation.visual_tokens
        <= 0.5 * observation.visual_tokens_given
    )


def test_all_tokens_are_kept_by_default(tmp_path: Path, checkpoint: Path) -> None:
    observation = observe(tmp_path, checkpoint, 1.0)
    assert observation.visual_tokens == observation.visual_tokens_given > 0
    assert (observation.as_cached.visual_tokens, observation.as_cached.visual_tokens_given) == (0, 0)


def test_a_library_uses_the_keep_ratio_that_it_was_opened_with(tmp_path: Path, checkpoint: Path) -> None:
    make_wall(tmp_path)
    library = Library(tmp_path, ModelNames(video=str(checkpoint), device="cpu", keep_ratio=0.5))
    assert library.vlm_client is not None
    observation = library.vlm_client.observe(WALL, WINDOW, QUESTION)
    assert observation.visual_tokens <= 0.5 * observation.visual_tokens_given


def test_behind_a_server_the_part_is_one_of_frames() -> None:
    pixels = np.zeros((8, 16, 24, 3), np.uint8)
    clip = Clip("v", Window(0.0, 4.0), np.arange(8) / 2, pixels)
    with made_server("Red.") as server:
        model = load_video_llm(video_choice(server.base_url), compression=Compression(ratio=0.25))
        reply = model.generate(VlmRequest((clip,), QUESTION, Budget(frames=8)))
    assert [frame.index for frame in reply.frames_shown] == [2, 6]
    assert (reply.report.frames_given, reply.report.frames_shown) == (8, 2)


def test_a_server_is_always_shown_one_frame() -> None:
    clip = Clip("v", Window(0.0, 1.0), np.zeros(1), np.zeros((1, 16, 24, 3), np.uint8))
    with made_server("Red.") as server:
        model = load_video_llm(video_choice(server.base_url), compression=Compression(ratio=0.25))
        assert model.generate(VlmRequest((clip,), QUESTION)).report.frames_shown == 1


def test_the_environment_says_the_part_where_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_compression() == Compression("guided", None)
    monkeypatch.setenv("PLAYHEAD_KEEP_TOKENS", "0.25")
    assert (resolve_compression().ratio, resolve_compression(ratio=0.5).ratio) == (0.25, 0.5)


@pytest.mark.parametrize("value", ["0", "1.5", "some"])
def test_an_invalid_keep_ratio_in_the_environment_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_KEEP_TOKENS", value)
    with pytest.raises(ModelUnavailable, match=f"PLAYHEAD_KEEP_TOKENS must be above 0.*got '{value}'"):
        resolve_compression()


def test_a_part_above_one_is_wrong_usage_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["playhead", "ask", "what?", "--keep-tokens", "2"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "must be above 0 and at most 1, got 2.0" in " ".join(capsys.readouterr().err.split())


def test_the_cost_of_an_answer_has_tokens_given_and_kept() -> None:
    meter = Meter()
    meter.add_vlm_call(8, 50, 200)
    meter.add_vlm_call(8, 30)
    assert (meter.cost()["visual_tokens"], meter.cost()["visual_tokens_given"]) == (80, 230)


# ---- the method ----


def test_the_method_is_as_named_else_of_the_environment_else_as_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert resolve_compression(stored_method="longvu").method == "longvu"
    monkeypatch.setenv("PLAYHEAD_COMPRESS", "uniform")
    assert resolve_compression(stored_method="longvu").method == "uniform"
    assert resolve_compression("none", stored_method="longvu") == Compression("none")


def test_a_part_named_for_this_run_outweighs_a_stored_none() -> None:
    assert resolve_compression(ratio=0.5, stored_method="none") == Compression("guided", 0.5)


def test_the_part_of_the_environment_does_not_contradict_the_method_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLAYHEAD_KEEP_TOKENS", "0.25")
    assert resolve_compression("none") == Compression("none")


def test_an_unknown_method_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_COMPRESS", "best")
    with pytest.raises(
        ModelUnavailable, match=r"PLAYHEAD_COMPRESS must be one of guided, longvu.*got 'best'"
    ):
        resolve_compression()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--compress", "best"), "one of guided, longvu, uniform, none, got 'best'"),
        (("--compress", "none", "--keep-tokens", "0.5"), "the method none keeps all tokens"),
    ],
)
@pytest.mark.parametrize("command", ["ask", "compare"])
def test_a_method_that_there_is_not_is_wrong_usage(
    command: str, options: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.argv", ["playhead", command, "what?", *options])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert message in " ".join(capsys.readouterr().err.replace("│", "").split())


def test_a_library_keeps_the_method_that_was_named(tmp_path: Path) -> None:
    make_wall(tmp_path)
    named = Library(tmp_path, ModelNames(video="off", compress="uniform"))
    assert (named.store_compression(), named.compression.method) == ("", "uniform")
    assert Library(tmp_path, ModelNames(video="off")).compression == Compression("uniform")
    assert Library(tmp_path, ModelNames(video="off", compress="none")).compression.keeps_all


def test_a_stored_method_is_said_where_it_is_not_the_default(tmp_path: Path) -> None:
    catalog = make_wall(tmp_path)
    assert stored_method_note(catalog, "auto") == ""
    store_method(catalog, "none")
    assert stored_method_note(catalog, "auto").startswith("compression: none, kept by the library")
    assert stored_method_note(catalog, "uniform") == ""


@pytest.mark.parametrize("method", ["guided", "longvu", "uniform"])
def test_every_method_keeps_its_part_of_an_observation(method: str, tmp_path: Path, checkpoint: Path) -> None:
    make_wall(tmp_path)
    names = ModelNames(video=str(checkpoint), device="cpu", keep_ratio=0.5, compress=method)
    client = Library(tmp_path, names).vlm_client
    assert client is not None
    observation = client.observe(WALL, WINDOW, QUESTION)
    assert 0 < observation.visual_tokens <= 0.5 * observation.visual_tokens_given


# ---- the library's own vectors ----


def test_a_library_without_picture_vectors_gives_no_scores_and_says_why(tmp_path: Path) -> None:
    make_wall(tmp_path)
    scores = LibraryFrameScores(lambda: Library(tmp_path, ModelNames(picture="off")).searcher)
    assert scores(WALL, np.array([1.0]), ["red"]) is None
    assert scores.why_not == "the video has no picture vectors"


def test_behind_a_server_an_answer_says_that_frames_were_left_out_evenly(tmp_path: Path) -> None:
    make_wall(tmp_path)
    with made_server("The wall is red.") as server:
        names = ModelNames(video=server.base_url, picture="off", keep_ratio=0.25)
        answer = Library(tmp_path, names).ask(QUESTION, strategy="uniform")
    assert answer.cost["looks"] == 1
    note = "frames were left out evenly, not by the question: the video has no picture vectors"
    assert note in answer.notes


def test_a_server_is_given_the_chooser_of_the_method() -> None:
    with made_server("Red.") as server:
        choice = video_choice(server.base_url)
        guided, even = (load_video_llm(choice, compression=Compression(m)) for m in ("guided", "uniform"))
    assert isinstance(guided.choose, QuestionFrames)  # type: ignore[attr-defined]
    assert not isinstance(even.choose, QuestionFrames)  # type: ignore[attr-defined]
