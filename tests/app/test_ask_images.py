"""Images given with a question, through the library and the command line."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.made_videos import colours
from tests.tools.architectures.slow_fast.tiny_slow_fast import write_slow_fast
from tests.tools.made_library import VIDEOS, make_library
from tests.tools.video_llm.checkpoints import write_checkpoint
from tests.tools.video_llm.made_server import made_server
from typer.testing import CliRunner

from playhead.cli import app
from playhead.library import Library
from playhead.models import ModelNames
from playhead.question_run import NOT_SHOWN, LibraryVlm
from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.run import images_of
from playhead_index.errors import ImageUnreadable, ModelUnavailable
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.client import VlmClient
from playhead_tools.video_llm.protocol import PromptFrame, VlmRequest
from playhead_tools.video_llm.server import Prices, ServerVideoLLM

SLIDE = "Is Bayes beside a red slide?"
SHOWN = "Which colour is it?"


class Recorder:
    """Replies that it is red, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[VlmRequest] = []

    def __call__(self, request: VlmRequest, frames: tuple[PromptFrame, ...]) -> str:
        self.requests.append(request)
        return "It is red."


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("RGB", (32, 24), (10, 200, 10)).save(tmp_path / "green.png")
    return tmp_path / "green.png"


@pytest.fixture
def library(tmp_path: Path, recorder: Recorder) -> Library:
    make_library(tmp_path)
    for name, duration_s in VIDEOS.values():
        colours(tmp_path / name, [((200, 30, 30), duration_s)], fps=1.0)
    opened = Library(tmp_path, ModelNames(video="off"))
    model = ScriptedVideoLLM(recorder)
    opened.__dict__["vlm_client"] = VlmClient(opened.catalog, model, plain_prompt=True)
    return opened


@pytest.mark.parametrize("strategy", ["uniform", "retrieve-once", "confidence-loop", "skim", "rules"])
def test_every_look_of_every_strategy_shows_the_image_before_the_clip(
    strategy: str, library: Library, recorder: Recorder, image: Path
) -> None:
    question, videos = ("What does the woman hold?", ["demo.mp4"]) if strategy == "rules" else (SLIDE, None)
    library.ask(question, videos=videos, strategy=strategy, images=[image])
    assert recorder.requests
    for request in recorder.requests:
        first, *rest = request.clips
        assert (first.is_image, first.frames[0, 0, 0].tolist()) == (True, [10, 200, 10])
        assert rest
        assert not any(clip.is_image for clip in rest)


def test_the_next_question_without_an_image_shows_none(
    library: Library, recorder: Recorder, image: Path
) -> None:
    library.ask(SHOWN, videos=["demo.mp4"], strategy="uniform", images=image)
    library.ask(SHOWN, videos=["demo.mp4"], strategy="uniform")
    assert [len(request.clips) for request in recorder.requests] == [2, 1]


def test_a_resumed_run_knows_the_images_of_its_question(library: Library, image: Path) -> None:
    answer = library.ask(SHOWN, videos=["demo.mp4"], strategy="uniform", images=[image])
    with open_checkpointer(library.folder) as saver:
        assert images_of(answer.thread_id, saver) == (str(image),)
    image.unlink()
    with pytest.raises(ImageUnreadable, match=r"green\.png"):
        library.resume(answer.thread_id)


def test_an_answer_without_a_look_says_that_the_image_was_not_shown(library: Library, image: Path) -> None:
    answer = library.ask("When is Bayes mentioned?", strategy="rules", images=[image])
    assert NOT_SHOWN in answer.notes


def test_an_image_without_a_video_llm_is_refused(tmp_path: Path, image: Path) -> None:
    make_library(tmp_path)
    with pytest.raises(ModelUnavailable, match="an image is shown to a video-LLM, and there is none: "):
        Library(tmp_path, ModelNames(video="off")).ask(SHOWN, images=[image])


def test_five_images_are_refused(library: Library, image: Path) -> None:
    with pytest.raises(ValueError, match="at most 4 images are shown with a question, got 5"):
        library.ask(SHOWN, images=[image] * 5)


def test_the_images_of_a_run_are_opened_once(library: Library, image: Path) -> None:
    vlm = LibraryVlm(library)
    vlm.show_images((library.frame("demo.mp4", 1.0).rgb,))
    assert vlm.open_client() is vlm.open_client()


def test_a_missing_image_is_one_line_on_the_command_line(library: Library) -> None:
    arguments = ["ask", SHOWN, "--library", str(library.folder), "--image", "nowhere.png"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, ImageUnreadable | SystemExit)
    assert "nowhere.png" in f"{result.output}{result.exception}"


def test_resume_takes_no_image(library: Library) -> None:
    arguments = ["ask", "--thread", "x", "--resume", "--library", str(library.folder), "--image", "a.png"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "leave out" in result.output


def test_a_real_video_llava_is_asked_with_an_image_from_the_command_line(
    library: Library, image: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = write_checkpoint("video_llava", tmp_path_factory.mktemp("model") / "llava")
    command = ["ask", SHOWN, "--library", str(library.folder), "--video", "demo.mp4", "--strategy", "uniform"]
    command += ["--video-model", str(model), "--max-frames", "9", "--device", "cpu", "--json"]
    plain, with_image = (
        json.loads(CliRunner().invoke(app, [*command, *more]).stdout)
        for more in ([], ["--image", str(image)])
    )
    assert [answer["cost"]["frames"] for answer in (plain, with_image)] == [8, 9]
    extra = with_image["cost"]["visual_tokens"] - plain["cost"]["visual_tokens"]
    assert extra == 4  # 2 x 2 patches; the class token of an image is dropped


def test_a_model_without_images_beside_videos_is_one_line_on_the_command_line(
    library: Library, image: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = tmp_path_factory.mktemp("model") / "slow-fast"
    write_slow_fast(model)
    opened = Library(library.folder, ModelNames(video=str(model), device="cpu"))
    with pytest.raises(ModelUnavailable, match="Slow-Fast takes no image beside a video"):
        opened.ask(SHOWN, videos=["demo.mp4"], strategy="uniform", images=[image])


@pytest.mark.parametrize("strategy", ["uniform", "skim", "rules"])
def test_a_look_without_a_reply_is_counted(strategy: str, tmp_path: Path, library: Library) -> None:
    question, videos = ("What does the woman hold?", ["demo.mp4"]) if strategy == "rules" else (SLIDE, None)
    with made_server("") as server:
        paid = ServerVideoLLM(server.base_url, "made", prices=Prices(1.0, 10.0))
        library.__dict__["vlm_client"] = VlmClient(library.catalog, paid)
        answer = library.ask(question, videos=videos, strategy=strategy)
    assert answer.cost["looks"] == len(server.requests) > 0
    assert answer.cost["money"] == pytest.approx(len(server.requests) * 0.00017)
