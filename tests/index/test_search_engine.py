"""Tests of a whole search over a made library."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from tests.index.made_search import MadeLibrary, plain

from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import LibraryMismatch, ModelUnavailable, TimestampOutOfRange, VideoUnknown
from playhead_index.search.results import Lane, Query, Scope, SearchResult
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.testing import FakeEmbedder, FakeTextEmbedder
from playhead_index.window import Window

BUSY = ["grey", "brown", "black", "white"] * 25

UNDIVIDED = "1 video has no passages, so that single lines are found there; index again to make them"


def colours_of(*parts: tuple[str, int]) -> list[str]:
    return [colour for colour, seconds in parts for _ in range(seconds)]


@pytest.fixture
def library(tmp_path: Path) -> MadeLibrary:
    """`car` is red from 40 to 48 s, `talk` has words, `dull` has neither."""
    library = MadeLibrary(tmp_path / "library")
    library.add("car", [*BUSY[:40], *colours_of(("red", 8)), *BUSY[:52]])
    library.add(
        "talk",
        ["blue", *BUSY[:99]],
        [
            ("speech", 30.0, 34.0, "now we look at the eigenvalues"),
            ("speech", 60.0, 64.0, "and thank you for listening"),
            ("screen", 0.0, 55.0, "Eigenvalues and eigenvectors"),
        ],
    )
    library.add("dull", BUSY)
    return library


def windows(result: SearchResult) -> list[tuple[str, Window]]:
    return [(moment.video_id, moment.window) for moment in result.moments]


def lines(result: SearchResult) -> dict[Lane, tuple[bool, int]]:
    return {line.lane: (line.searched, line.items) for line in result.coverage.lanes}


def test_a_text_finds_the_window_in_which_its_picture_is_shown(library: MadeLibrary) -> None:
    result = library.searcher().search(Query(text="a red car"))
    assert windows(result) == [("car", Window(40, 48))]
    assert result.moments[0].lanes == ("picture",)
    assert result.moments[0].path == Path("/videos/car.mp4")


def test_what_blinks_is_found_as_one_moment(library: MadeLibrary) -> None:
    blinks = colours_of(("blue", 3), ("grey", 2), ("blue", 1), ("grey", 1), ("blue", 1))
    library.add("blinks", [*BUSY[:40], *blinks, *BUSY[:52]])
    result = library.searcher().search(Query(text="something blue", scope=Scope(("blinks",))))
    assert windows(result) == [("blinks", Window(40, 48))]


def test_a_text_finds_the_sentence_and_the_slide_around_it_as_one_moment(library: MadeLibrary) -> None:
    best = library.searcher().search(Query(text="eigenvalues")).moments[0]
    assert (best.video_id, best.window, best.lanes) == ("talk", Window(30, 34), ("speech", "screen"))
    assert {(hit.lane, hit.how) for hit in best.hits} >= {("speech", "lexical"), ("screen", "lexical")}


def test_quoted_words_are_found_neither_by_meaning_nor_in_pictures(library: MadeLibrary) -> None:
    library.add("code", BUSY, [("speech", 10.0, 12.0, "it is red, in C++"), ("speech", 90.0, 92.0, "red C")])
    assert {video_id for video_id, _ in windows(library.searcher().search(Query(text="red")))} == {
        "car",
        "code",
    }
    result = library.searcher().search(Query(text='"red" "C++"'))
    assert windows(result) == [("code", Window(10, 12))]
    assert lines(result)["picture"] == (False, 0)
    named = library.searcher().search(Query(text='"red"', lanes=("picture",)))
    assert windows(named) == [("car", Window(40, 48))]


@pytest.mark.parametrize("text", ["a zebra", "pink", ""])
def test_what_is_not_there_is_not_found(library: MadeLibrary, text: str) -> None:
    assert windows(library.searcher().search(Query(text=text))) == []


@pytest.mark.parametrize("lane", ["picture", "appearance", "layout"])
def test_a_picture_finds_where_it_is_shown(library: MadeLibrary, lane: Lane) -> None:
    result = library.searcher().search(Query(image=plain("red"), lanes=(lane,)))
    assert windows(result)[0] == ("car", Window(40, 48))


@pytest.mark.parametrize("lane", ["picture", "appearance", "layout"])
def test_a_moment_finds_others_like_it_and_not_its_own_segment(library: MadeLibrary, lane: Lane) -> None:
    library.add("again", [*BUSY[:70], *colours_of(("red", 6)), *BUSY[:24]])
    result = library.searcher().search(Query(like=("car", 44.0), lanes=(lane,)))
    assert windows(result)[0] == ("again", Window(70, 76))
    assert all(
        moment.window.overlap_s(Window(40, 50)) == 0 for moment in result.moments if moment.video_id == "car"
    )


def test_only_the_scope_is_searched_and_counted(library: MadeLibrary) -> None:
    scope = Scope(("car", "dull"), Window(42, 60))
    result = library.searcher().search(Query(text="red", scope=scope))
    assert windows(result) == [("car", Window(42, 48))]
    assert (result.coverage.videos, result.coverage.segments, result.coverage.duration_s) == (2, 4, 36.0)
    assert lines(result)["picture"] == (True, 36)


def test_coverage_says_what_was_searched_and_what_was_not_and_why(library: MadeLibrary) -> None:
    library.add("unfinished", BUSY[:60], finish=False)
    searcher = library.searcher(off={"caption": "no captioner was given"})
    coverage = searcher.search(Query(text="red", lanes=("picture", "layout", "speech", "caption"))).coverage
    assert [(line.lane, line.searched, line.items) for line in coverage.lanes] == [
        ("picture", True, 360),
        ("layout", False, 0),
        ("speech", True, 2),
        ("caption", False, 0),
    ]
    assert [line.why_not for line in coverage.lanes] == [
        "",
        "layout compares images: search with an image, or with a moment of a video",
        UNDIVIDED,
        "no captioner was given",
    ]
    assert (coverage.videos, coverage.duration_s, coverage.unfinished) == (4, 360.0, ("unfinished",))


def test_a_lane_without_anything_in_scope_says_so(library: MadeLibrary) -> None:
    coverage = library.searcher().search(Query(text="red", scope=Scope(("dull",)))).coverage
    speech = next(line for line in coverage.lanes if line.lane == "speech")
    assert (speech.searched, speech.items, speech.why_not) == (
        True,
        0,
        "no speech or subtitles in these videos",
    )


def test_words_that_are_there_are_searched_also_when_recognition_is_off(library: MadeLibrary) -> None:
    searcher = library.searcher(off={"speech": "the subtitles were taken"})
    assert lines(searcher.search(Query(text="listening")))["speech"] == (True, 2)


def unavailable() -> FakeEmbedder:
    raise ModelUnavailable("no weights here: playhead doctor --download")


def test_a_model_that_is_not_there_turns_its_lane_off_and_the_reason_is_said(library: MadeLibrary) -> None:
    searcher = library.searcher(picture=unavailable, words=unavailable)
    result = searcher.search(Query(text="eigenvalues"))
    assert windows(result)[0] == ("talk", Window(30, 34))
    why = {line.lane: (line.searched, line.why_not) for line in result.coverage.lanes}
    assert why["picture"] == (False, "no weights here: playhead doctor --download")
    assert why["speech"] == (
        True,
        "by the words alone, not by their meaning: no weights here: playhead doctor --download; " + UNDIVIDED,
    )  # fmt: skip


def test_a_model_that_did_not_load_is_not_tried_again(library: MadeLibrary) -> None:
    tried = []

    def fails() -> FakeEmbedder:
        tried.append(1)
        return unavailable()

    searcher = library.searcher(picture=fails)
    for _ in range(3):
        searcher.search(Query(text="red"))
    assert len(tried) == 1


def test_a_lane_that_is_requested_alone_must_have_its_model(library: MadeLibrary) -> None:
    with pytest.raises(ModelUnavailable, match="no weights here"):
        library.searcher(picture=unavailable).search(Query(text="red", lanes=("picture",)))
    searcher = library.searcher(picture=None, off={"picture": "CLIP is not on this machine"})
    with pytest.raises(ModelUnavailable, match="CLIP is not on this machine"):
        searcher.search(Query(text="red", lanes=("picture",)))


def test_no_encoder_is_loaded_that_the_query_does_not_need(library: MadeLibrary) -> None:
    def never() -> FakeEmbedder:
        raise AssertionError("loaded")

    searcher = library.searcher(picture=never, appearance=never, words=never)
    assert searcher.search(Query(like=("car", 44.0))).moments is not None
    speech = Query(text="red", lanes=("speech",), scope=Scope(("car",)))
    assert searcher.search(speech).moments == []


@pytest.mark.parametrize("lane", ["picture", "appearance"])
def test_vectors_are_not_compared_with_those_of_another_model(library: MadeLibrary, lane: Lane) -> None:
    other = FakeEmbedder()
    other.tag = ModelTag("fake:other", "2", other.tag.width)
    searcher = library.searcher(**{lane: lambda: other})
    with pytest.raises(LibraryMismatch, match=r"made with fake:colours@1 .*, asked with fake:other@2"):
        searcher.search(Query(image=plain("red"), lanes=(lane,)))


def test_words_are_not_compared_with_those_of_another_model(library: MadeLibrary) -> None:
    other = FakeTextEmbedder()
    other.tag = ModelTag("fake:other", "2", other.tag.width)
    with pytest.raises(LibraryMismatch, match="the words vectors of this library were made with"):
        library.searcher(words=lambda: other).search(Query(text="red"))


def test_a_video_that_is_not_there_is_named(library: MadeLibrary) -> None:
    for query in (Query(text="red", scope=Scope(("nope",))), Query(like=("nope", 1.0))):
        with pytest.raises(VideoUnknown, match="no video 'nope' in this library of 3; `playhead list`"):
            library.searcher().search(query)


def test_a_moment_outside_its_video_is_refused(library: MadeLibrary) -> None:
    with pytest.raises(TimestampOutOfRange, match=r"asked for 100.000 s, the video has \[0.000, 100.000\) s"):
        library.searcher().search(Query(like=("car", 100.0)))


def test_no_more_moments_come_than_were_requested(library: MadeLibrary) -> None:
    library.add("stripes", colours_of(*[("red", 3), ("grey", 12), ("black", 15)] * 3))
    searcher = library.searcher()
    every = searcher.search(Query(text="red")).moments
    assert len(every) > 2
    assert [m.window for m in searcher.search(Query(text="red", limit=2)).moments] == [
        m.window for m in every[:2]
    ]
    lowest = searcher.search(Query(text="red", min_score=every[1].score)).moments
    assert all(moment.score >= every[1].score for moment in lowest)


def test_an_empty_library_is_searched_and_says_that_it_is_empty(tmp_path: Path) -> None:
    result = MadeLibrary(tmp_path / "empty").searcher().search(Query(text="red"))
    assert (list(result.moments), result.coverage.videos, result.coverage.duration_s) == ([], 0, 0.0)


def test_a_library_without_any_encoder_is_searched_by_its_words(library: MadeLibrary) -> None:
    result = library.searcher(picture=None, appearance=None, words=None).search(Query(text="eigenvectors"))
    assert windows(result)[0] == ("talk", Window(0, 55))
    assert lines(result)["picture"] == (False, 0)


# ---- while it is being written to ----


def test_an_open_searcher_sees_what_was_committed_since(library: MadeLibrary) -> None:
    searcher = library.searcher()
    assert windows(searcher.search(Query(text="a pink flower"))) == []
    library.add("flower", [*BUSY[:60], *colours_of(("pink", 5))], [("speech", 3, 6, "a zebra")])
    assert windows(searcher.search(Query(text="pink", lanes=("picture",)))) == [("flower", Window(60, 65))]
    assert windows(searcher.search(Query(text="zebra")))[0] == ("flower", Window(3, 6))


def test_vectors_that_are_not_committed_are_not_searched(library: MadeLibrary) -> None:
    searcher = library.searcher()
    library.add_frames("dull", colours_of(("pink", 5)), commit=False)
    assert windows(searcher.search(Query(text="pink"))) == []
    assert windows(library.searcher().search(Query(text="pink"))) == []


def test_a_batch_is_seen_once_it_is_committed(library: MadeLibrary) -> None:
    searcher = library.searcher()
    searcher.search(Query(text="pink"))
    with library.catalog.atomic() as db:
        db.execute("UPDATE video SET duration_s = 200 WHERE video_id = 'dull'")
    library.add_frames("dull", colours_of(("pink", 5)))
    assert windows(searcher.search(Query(text="pink"))) == [("dull", Window(100, 105))]


def test_a_space_that_lags_behind_its_frames_is_searched_as_far_as_it_goes(library: MadeLibrary) -> None:
    with library.catalog.atomic() as db:
        write_stage(db, "car", Stage("picture", "running", rows=44))
    result = library.searcher().search(Query(text="red"))
    assert windows(result) == [("car", Window(40, 44))]
    assert lines(result)["picture"] == (True, 244)


def test_a_video_that_is_removed_is_found_no_more(library: MadeLibrary) -> None:
    searcher = library.searcher()
    searcher.search(Query(text="red"))
    library.remove("car")
    result = searcher.search(Query(text="red"))
    assert (windows(result), result.coverage.videos) == ([], 2)


def test_a_video_that_is_removed_and_made_anew_is_searched_anew(library: MadeLibrary) -> None:
    searcher = library.searcher()
    searcher.search(Query(text="red"))
    library.remove("car")
    library.add("car", [*BUSY[:10], *colours_of(("red", 5)), *BUSY[:85]])
    with library.catalog.atomic() as db:
        db.execute("UPDATE video SET added_at = '2027' WHERE video_id = 'car'")
    assert windows(searcher.search(Query(text="red"))) == [("car", Window(10, 15))]


def test_a_shard_that_lost_its_end_is_searched_as_far_as_it_goes(library: MadeLibrary) -> None:
    library.shards["picture"].truncate("car", 44)
    assert windows(library.searcher().search(Query(text="red"))) == [("car", Window(40, 44))]


def test_searches_from_several_threads_while_videos_come_see_whole_videos(library: MadeLibrary) -> None:
    searcher = library.searcher()

    def search(_: int) -> set[tuple[str, Window]]:
        return set(windows(searcher.search(Query(text="red", limit=20))))

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(search, i) for i in range(12)]
        for number in range(4):
            library.add(f"more{number}", [*BUSY[:60], *colours_of(("red", 5))])
        found = [one.result() for one in running]
    expected = {("car", Window(40, 48))} | {(f"more{n}", Window(60, 65)) for n in range(4)}
    assert all(("car", Window(40, 48)) in one and one <= expected for one in found)
    assert search(0) == expected


# ---- above the exact limit ----


@pytest.fixture
def small(tmp_path: Path) -> MadeLibrary:
    """120 frames; red from 40 to 48 s of `car`."""
    library = MadeLibrary(tmp_path / "small")
    library.add("car", [*BUSY[:40], *colours_of(("red", 8)), *BUSY[:12]])
    library.add("dull", ["blue", *BUSY[:59]])
    return library


def test_a_large_library_is_searched_through_codes_once_it_is_prepared(small: MadeLibrary) -> None:
    exact = small.searcher()
    small.searcher(exact_limit=100).prepare(texts=["red", "blue"])
    assert (small.folder / "cache/vectors-picture.safetensors").exists()
    coded = small.searcher(exact_limit=100)
    for query in (Query(text="red"), Query(image=plain("blue")), Query(like=("car", 44.0))):
        assert windows(coded.search(query)) == windows(exact.search(query))
    assert coded._lanes["picture"].codes is not None


def test_codes_take_in_what_came_after_they_were_made(small: MadeLibrary) -> None:
    small.searcher(exact_limit=100).prepare()
    small.add("flower", [*BUSY[:60], *colours_of(("red", 5))])
    searcher = small.searcher(exact_limit=100)
    both = {("car", Window(40, 48)), ("flower", Window(60, 65))}
    assert set(windows(searcher.search(Query(text="red")))) == both
    assert searcher._lanes["picture"].codes is not None
    small.remove("car")
    assert windows(searcher.search(Query(text="red"))) == [("flower", Window(60, 65))]
    assert searcher._lanes["picture"].codes is not None


@pytest.mark.parametrize(
    "damage",
    [b"", b"no such format", save({"other": np.zeros(3)}, {"model": json.dumps(asdict(FakeEmbedder().tag))})],
    ids=["empty", "another format", "other arrays"],
)
def test_a_damaged_cache_of_codes_is_not_used(small: MadeLibrary, damage: bytes) -> None:
    small.searcher(exact_limit=100).prepare()
    (small.folder / "cache/vectors-picture.safetensors").write_bytes(damage)
    searcher = small.searcher(exact_limit=100)
    assert windows(searcher.search(Query(text="red"))) == [("car", Window(40, 48))]
    assert searcher._lanes["picture"].codes is None


def test_codes_that_cannot_be_kept_are_used_all_the_same(small: MadeLibrary) -> None:
    (small.folder / "cache").write_text("a file where the folder should be")
    searcher = small.searcher(exact_limit=100)
    searcher.prepare()
    assert searcher._lanes["picture"].codes is not None
    assert windows(searcher.search(Query(text="red"))) == [("car", Window(40, 48))]


def test_codes_without_the_copy_of_the_vectors_are_used_with_the_shards(small: MadeLibrary) -> None:
    small.searcher(exact_limit=100).prepare()
    for copy in small.folder.glob("cache/*.f16"):
        copy.unlink()
    searcher = small.searcher(exact_limit=100)
    assert windows(searcher.search(Query(text="red"))) == [("car", Window(40, 48))]
    small.shards["picture"].truncate("car", 44)
    assert windows(searcher.search(Query(text="red")))[0] == ("car", Window(40, 44))


def test_preparing_again_leaves_one_copy_of_the_vectors(small: MadeLibrary) -> None:
    small.searcher(exact_limit=100).prepare()
    small.add("more", BUSY[:60])
    small.searcher(exact_limit=100).prepare()
    assert len(list(small.folder.glob("cache/vectors-picture.*.f16"))) == 1
    assert windows(small.searcher(exact_limit=100).search(Query(text="red"))) == [("car", Window(40, 48))]


def test_a_library_that_shrank_below_the_limit_is_searched_exactly_again(small: MadeLibrary) -> None:
    searcher = small.searcher(exact_limit=100)
    searcher.prepare()
    small.remove("dull")
    assert windows(searcher.search(Query(text="red"))) == [("car", Window(40, 48))]
    assert searcher._lanes["picture"].codes is None


def test_results_do_not_depend_on_the_order_in_which_videos_came(tmp_path: Path) -> None:
    found = []
    for order in (("a", "b"), ("b", "a")):
        library = MadeLibrary(tmp_path / "".join(order))
        for video_id in order:
            library.add(video_id, [*BUSY[:50], *colours_of(("red", 5)), *BUSY[:20]])
        found.append(sorted(windows(library.searcher().search(Query(text="red")))))
    assert found[0] == found[1] == [("a", Window(50, 55)), ("b", Window(50, 55))]


def test_a_result_says_how_long_it_took(library: MadeLibrary) -> None:
    assert 0 < library.searcher().search(Query(text="red")).seconds < 10
    np.testing.assert_equal(len(library.searcher().search(Query(text="red", limit=1)).moments), 1)


# ---- frames against texts ----


def test_a_frame_is_scored_by_the_picture_on_the_screen_at_its_time(library: MadeLibrary) -> None:
    times_s = np.array([39.9, 40.0, 47.9, 48.0])
    scores = library.searcher().frame_scores(["a red car"], "car", times_s)
    assert scores is not None
    assert (scores > 0.8).tolist() == [False, True, True, False]


def test_the_best_of_several_texts_speaks_for_a_frame(library: MadeLibrary) -> None:
    searcher, times_s = library.searcher(), np.array([0.5, 44.0])
    red, grey, both = (searcher.frame_scores(t, "car", times_s) for t in (["red"], ["grey"], ["red", "grey"]))
    assert red is not None
    assert grey is not None
    np.testing.assert_allclose(both, np.maximum(red, grey))


def test_frames_of_a_video_without_picture_vectors_have_no_scores(library: MadeLibrary) -> None:
    library.add("bare")
    assert library.searcher().frame_scores(["red"], "bare", np.array([1.0])) is None


def test_frames_of_a_video_that_is_not_there_are_refused(library: MadeLibrary) -> None:
    with pytest.raises(VideoUnknown, match="no video 'nowhere' in this library"):
        library.searcher().frame_scores(["red"], "nowhere", np.array([1.0]))
