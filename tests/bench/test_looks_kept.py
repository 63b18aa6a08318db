"""Tests of looks that are kept, of the product asked in its ways, and of clips named before decoding."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bench.made_eval import desk_of, three_colours
from tests.tiny_video_llm import make_tiny_video_llm

from playhead import Library
from playhead.models import ModelNames
from playhead_bench.evaluate.answerer import ScriptedAnswerer
from playhead_bench.evaluate.errors import ReplyMissing
from playhead_bench.evaluate.finder import LibraryFinder
from playhead_bench.evaluate.product import Product, Watching, Way
from playhead_bench.evaluate.reply_cache import CachedAnswerer, reply_key
from playhead_bench.evaluate.response_cache import KeptEyes, LookBook, NoModel
from playhead_bench.evaluate.sampling import FrameSource
from playhead_bench.evaluate.session import Settings, watching
from playhead_index.errors import ModelUnavailable
from playhead_index.recipe import IndexSettings
from playhead_index.window import Window
from playhead_tools.video_llm.frame_sampling import ClipRequest
from playhead_tools.video_llm.parse_response import with_options
from playhead_tools.video_llm.scripted import ScriptedVideoLLM

OFF = ModelNames("off", "off", "off", "off", "off", video="off")
WINDOW = Window(7.0, 11.0)
REQUEST = ClipRequest("v", (7.0, 7.5), Window(7.0, 8.0))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_colours(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="module")
def library(video: Path) -> Library:
    made = Library(video.parent / "library", OFF)
    list(made.index([video], IndexSettings(transcribe="never")))
    return made


def eyes_of(library: Library, folder: Path, *said: str) -> KeptEyes:
    book = LookBook(folder, "1", short_side_px=32)
    return KeptEyes(library.catalog, ScriptedVideoLLM(list(said)), book, bare=True)


def test_a_kept_look_costs_what_it_cost_and_asks_no_model(library: Library, tmp_path: Path) -> None:
    video_id = library.videos()[0].video.video_id
    first = eyes_of(library, tmp_path, "green").look(video_id, WINDOW, "Which colour?")
    eyes = eyes_of(library, tmp_path)
    assert eyes.look(video_id, WINDOW, "Which colour?") == first
    assert (first.text, first.frames, eyes.spared_s) == ("green", 8, first.seconds)


def test_the_same_look_of_one_question_costs_nothing_the_second_time(
    library: Library, tmp_path: Path
) -> None:
    eyes, video_id = eyes_of(library, tmp_path, "green"), library.videos()[0].video.video_id
    looks = [eyes.look(video_id, WINDOW, "Which colour?") for _ in range(2)]
    assert [look.frames for look in looks] == [8, 0]
    assert [look.text for look in eyes.made] == ["green"]


def test_a_replay_makes_no_look(library: Library, tmp_path: Path) -> None:
    book = LookBook(tmp_path, "1", short_side_px=32, replay=True)
    eyes = KeptEyes(library.catalog, NoModel("nano-vlm"), book, bare=True)
    with pytest.raises(ReplyMissing, match="no look of nano-vlm at 'Which colour\\?' is kept"):
        eyes.look(library.videos()[0].video.video_id, WINDOW, "Which colour?")
    assert not list(tmp_path.iterdir())


def test_a_look_that_keeps_a_part_is_not_one_that_keeps_all(library: Library, tmp_path: Path) -> None:
    video_id, book = library.videos()[0].video.video_id, LookBook(tmp_path, "1", short_side_px=32)
    model = ScriptedVideoLLM(["green", "grey", "blue"])

    def said(part: float) -> str:
        eyes = KeptEyes(library.catalog, model, book, bare=True, keep_tokens=part)
        return eyes.look(video_id, WINDOW, "Which colour?").text

    assert [said(part) for part in (1.0, 0.25, 0.5, 1.0, 0.25, 0.5)] == ["green", "grey", "blue"] * 2
    assert len(model.asked) == len((tmp_path / "looks.jsonl").read_text().splitlines()) == 3


def test_a_look_that_keeps_all_has_the_name_that_older_runs_gave_it(tmp_path: Path) -> None:
    book, how = LookBook(tmp_path, "1", short_side_px=32), {"yes_no": False, "bare": True}
    assert book.key(REQUEST, "Which?", **how) == "5c3882706915a7905c01a68cab6c71fc"
    assert book.key(REQUEST, "Which?", keep_tokens=1.0, **how) == book.key(REQUEST, "Which?", **how)


def test_a_way_sets_the_part_of_the_tokens_that_a_look_keeps(library: Library, tmp_path: Path) -> None:
    made = make_tiny_video_llm(tmp_path / "tiny")
    asked = Library(library.folder, replace(OFF, video=str(made), device="cpu"))
    settings = Settings(tmp_path, ScriptedAnswerer([]), asked.models)
    product = Product(asked, watching(asked, settings))
    video_ids = [asked.videos()[0].video.video_id]
    looks = {
        part: look
        for part in (1.0, 0.25)
        for look in product.ask("Which?", video_ids, (), Way("uniform", keep_tokens=part)).looks
    }
    assert looks[1.0].visual_tokens == looks[1.0].visual_tokens_given == looks[0.25].visual_tokens_given > 0
    assert 0.15 * looks[1.0].visual_tokens < looks[0.25].visual_tokens <= 0.25 * looks[1.0].visual_tokens


def test_a_baseline_is_asked_by_the_benchmarks_names(library: Library, video: Path, tmp_path: Path) -> None:
    model = ScriptedVideoLLM(["B"])
    watching = Watching(lambda part: model, True, LookBook(tmp_path, "1", short_side_px=32))
    finder = LibraryFinder(library, {"v": video}, product=Product(library, watching))
    replied = finder.ask("Which colour?", ["v"], ["red", "green"], Way("uniform"))
    assert (replied.answer.text, replied.answer.cost["looks"]) == ("green", 1)
    assert {call.request.video_id for call in replied.calls if call.request} == {"v"}
    assert {video_id for video_id, _ in replied.found} == {"v"}


def test_a_baseline_needs_something_to_look_with(library: Library) -> None:
    with pytest.raises(ModelUnavailable, match="uniform needs a video-LLM, and there is none"):
        Product(library).ask("Which?", ["three-colours.mp4"], (), Way("uniform"))


def test_a_clip_is_named_by_its_file_and_times_before_it_is_decoded(video: Path) -> None:
    clips = [FrameSource({"v": video}, 32).later(REQUEST) for _ in range(2)]
    other = FrameSource({"v": video}, 48).later(REQUEST)
    assert clips[0].name == clips[1].name != other.name
    assert (len(clips[0]), "frames" in vars(clips[0]), clips[0].frames.shape[0]) == (2, False, 2)


def test_a_kept_reply_is_found_without_decoding(video: Path, tmp_path: Path) -> None:
    session = desk_of({"v": video})
    first = CachedAnswerer(tmp_path, session.answerer).answer(
        session.source.later(REQUEST), "Which?", ("green",)
    )
    clip = session.source.later(REQUEST)
    again = CachedAnswerer(tmp_path, ScriptedAnswerer([]), replay=True).answer(clip, "Which?", ("green",))
    assert (again, "frames" in vars(clip)) == (first, False)


def test_a_reply_of_an_older_run_is_found_by_its_pixels(video: Path, tmp_path: Path) -> None:
    clip = FrameSource({"v": video}, 32).later(REQUEST)
    key = reply_key("1", with_options("Which?"), clip.digest)
    (tmp_path / "replies.jsonl").write_text(f'{{"key": "{key}", "reply": {{"text": "old", "frames": 2}}}}\n')
    kept = CachedAnswerer(tmp_path, ScriptedAnswerer([]), replay=True)
    assert kept.answer(FrameSource({"v": video}, 32).later(REQUEST), "Which?").text == "old"
