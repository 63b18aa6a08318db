"""Tests of looks that are kept, of the product asked in its ways, and of clips named before decoding."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bench.made_eval import session_of, three_colours
from tests.tiny_video_llm import make_tiny_video_llm

from playhead import Library
from playhead.models import ModelNames
from playhead_bench.evaluate.answerer_cache import CachedAnswerer, reply_key
from playhead_bench.evaluate.decode_frames import FrameSource
from playhead_bench.evaluate.errors import ReplyMissing
from playhead_bench.evaluate.library_finder import LibraryFinder
from playhead_bench.evaluate.observation_cache import CachedVlmClient, NoModel, ObservationCache
from playhead_bench.evaluate.product_variants import CachedVlm, Product, ProductVariant
from playhead_bench.evaluate.run_evaluation import Settings, load_cached_vlm
from playhead_bench.testing import ScriptedAnswerer
from playhead_index.errors import ModelUnavailable
from playhead_index.index_settings import IndexSettings
from playhead_index.window import Window
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.frame_sampling import ClipRequest
from playhead_tools.video_llm.parse_response import with_options

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


def client_of(library: Library, folder: Path, *replies: str) -> CachedVlmClient:
    cache = ObservationCache(folder, "1", short_side_px=32)
    return CachedVlmClient(library.catalog, ScriptedVideoLLM(list(replies)), cache, plain_prompt=True)


def test_a_cached_observation_keeps_its_cost_and_calls_no_model(library: Library, tmp_path: Path) -> None:
    video_id = library.videos()[0].video.video_id
    first = client_of(library, tmp_path, "green").observe(video_id, WINDOW, "Which colour?")
    client = client_of(library, tmp_path)
    assert client.observe(video_id, WINDOW, "Which colour?") == first
    assert (first.text, first.frames, client.cached_s) == ("green", 8, first.seconds)


def test_a_repeated_call_within_one_question_costs_nothing(library: Library, tmp_path: Path) -> None:
    client, video_id = client_of(library, tmp_path, "green"), library.videos()[0].video.video_id
    observations = [client.observe(video_id, WINDOW, "Which colour?") for _ in range(2)]
    assert [one.frames for one in observations] == [8, 0]
    assert [one.text for one in client.question_observations] == ["green"]


def test_a_replay_makes_no_vlm_call(library: Library, tmp_path: Path) -> None:
    cache = ObservationCache(tmp_path, "1", short_side_px=32, replay=True)
    client = CachedVlmClient(library.catalog, NoModel("nano-vlm"), cache, plain_prompt=True)
    with pytest.raises(ReplyMissing, match="no response of nano-vlm to 'Which colour\\?' is cached"):
        client.observe(library.videos()[0].video.video_id, WINDOW, "Which colour?")
    assert not list(tmp_path.iterdir())


def test_observations_of_two_keep_ratios_are_cached_apart(library: Library, tmp_path: Path) -> None:
    video_id, cache = library.videos()[0].video.video_id, ObservationCache(tmp_path, "1", short_side_px=32)
    model = ScriptedVideoLLM(["green", "grey", "blue"])

    def reply_text(part: float) -> str:
        client = CachedVlmClient(library.catalog, model, cache, plain_prompt=True, keep_ratio=part)
        return client.observe(video_id, WINDOW, "Which colour?").text

    assert [reply_text(part) for part in (1.0, 0.25, 0.5, 1.0, 0.25, 0.5)] == ["green", "grey", "blue"] * 2
    assert len(model.requests) == len((tmp_path / "looks.jsonl").read_text().splitlines()) == 3


def test_the_key_of_an_uncompressed_observation_is_that_of_older_runs(tmp_path: Path) -> None:
    cache, options = (
        ObservationCache(tmp_path, "1", short_side_px=32),
        {"yes_no": False, "plain_prompt": True},
    )
    assert cache.key(REQUEST, "Which?", **options) == "5c3882706915a7905c01a68cab6c71fc"
    assert cache.key(REQUEST, "Which?", keep_ratio=1.0, **options) == cache.key(REQUEST, "Which?", **options)


def test_a_variant_sets_the_keep_ratio(library: Library, tmp_path: Path) -> None:
    made = make_tiny_video_llm(tmp_path / "tiny")
    opened = Library(library.folder, replace(OFF, video=str(made), device="cpu"))
    settings = Settings(tmp_path, ScriptedAnswerer([]), opened.models)
    product = Product(opened, load_cached_vlm(opened, settings))
    video_ids = [opened.videos()[0].video.video_id]
    observations = {
        part: one
        for part in (1.0, 0.25)
        for one in product.ask(
            "Which?", video_ids, (), ProductVariant("uniform", keep_ratio=part)
        ).observations
    }
    assert (
        observations[1.0].visual_tokens
        == observations[1.0].visual_tokens_given
        == observations[0.25].visual_tokens_given
        > 0
    )
    assert (
        0.15 * observations[1.0].visual_tokens
        < observations[0.25].visual_tokens
        <= 0.25 * observations[1.0].visual_tokens
    )


def test_a_baseline_is_asked_by_the_benchmarks_names(library: Library, video: Path, tmp_path: Path) -> None:
    model = ScriptedVideoLLM(["B"])
    vlm = CachedVlm(lambda part: model, True, ObservationCache(tmp_path, "1", short_side_px=32))
    finder = LibraryFinder(library, {"v": video}, product=Product(library, vlm))
    replied = finder.ask("Which colour?", ["v"], ["red", "green"], ProductVariant("uniform"))
    assert (replied.answer.text, replied.answer.cost["looks"]) == ("green", 1)
    assert {call.request.video_id for call in replied.calls if call.request} == {"v"}
    assert {video_id for video_id, _ in replied.found} == {"v"}


def test_a_baseline_needs_a_vlm(library: Library) -> None:
    with pytest.raises(ModelUnavailable, match="uniform needs a video-LLM, and there is none"):
        Product(library).ask("Which?", ["three-colours.mp4"], (), ProductVariant("uniform"))


def test_a_clip_is_named_by_its_file_and_times_before_it_is_decoded(video: Path) -> None:
    clips = [FrameSource({"v": video}, 32).lazy_clip(REQUEST) for _ in range(2)]
    other = FrameSource({"v": video}, 48).lazy_clip(REQUEST)
    assert clips[0].name == clips[1].name != other.name
    assert (len(clips[0]), "frames" in vars(clips[0]), clips[0].frames.shape[0]) == (2, False, 2)


def test_a_kept_reply_is_found_without_decoding(video: Path, tmp_path: Path) -> None:
    session = session_of({"v": video})
    first = CachedAnswerer(tmp_path, session.answerer).answer(
        session.source.lazy_clip(REQUEST), "Which?", ("green",)
    )
    clip = session.source.lazy_clip(REQUEST)
    again = CachedAnswerer(tmp_path, ScriptedAnswerer([]), replay=True).answer(clip, "Which?", ("green",))
    assert (again, "frames" in vars(clip)) == (first, False)


def test_a_reply_of_an_older_run_is_found_by_its_pixels(video: Path, tmp_path: Path) -> None:
    clip = FrameSource({"v": video}, 32).lazy_clip(REQUEST)
    key = reply_key("1", with_options("Which?"), clip.digest)
    (tmp_path / "replies.jsonl").write_text(f'{{"key": "{key}", "reply": {{"text": "old", "frames": 2}}}}\n')
    cached = CachedAnswerer(tmp_path, ScriptedAnswerer([]), replay=True)
    assert cached.answer(FrameSource({"v": video}, 32).lazy_clip(REQUEST), "Which?").text == "old"
