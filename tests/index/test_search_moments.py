"""Tests of joining hits in time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_index.search.moments import MAX_JOINED_S, ExtendedHit, JoinedHits, join_hits
from playhead_index.search.results import Hit, How, Lane
from playhead_index.window import Window

LISTS: tuple[tuple[Lane, How], ...] = (
    ("picture", "vector"), ("speech", "lexical"), ("speech", "meaning"), ("screen", "lexical"),
)  # fmt: skip
FULL_WINDOWS = {"v": Window(0, 1000), "w": Window(0, 1000)}


def ranked(lane: Lane, how: How, *windows: tuple[float, float], video_id: str = "v") -> list[ExtendedHit]:
    """A list of hits, best first, each on a row of its own."""
    return [
        ExtendedHit(
            Hit(lane, how, video_id, Window(*window), 1.0 / rank, rank, f"{lane}:{video_id}{window}"),
            Window(*window),
        )
        for rank, window in enumerate(windows, start=1)
    ]


def windows_of(*lists: list[ExtendedHit]) -> list[Window]:
    return [moment.window for moment in join_hits(lists, FULL_WINDOWS)]


def test_hits_that_overlap_or_lie_close_become_one_moment() -> None:
    speech, picture = ranked("speech", "lexical", (12, 15), (17, 20)), ranked("picture", "vector", (10, 14))
    (moment,) = join_hits([speech, picture], FULL_WINDOWS)
    assert (moment.window, len(moment.hits)) == (Window(10, 20), 3)


def test_hits_further_apart_than_the_gap_are_two_moments() -> None:
    speech = ranked("speech", "lexical", (10, 15), (18.5, 20))
    assert windows_of(speech) == [Window(10, 15), Window(18.5, 20)]


def test_hits_of_two_videos_are_never_joined() -> None:
    lists = ranked("speech", "lexical", (1, 5)), ranked("speech", "meaning", (1, 5), video_id="w")
    assert [moment.video_id for moment in join_hits(lists, FULL_WINDOWS)] == ["v", "w"]


def test_what_two_lists_find_comes_before_what_one_puts_first() -> None:
    lexical = ranked("speech", "lexical", (100, 104), (10, 14))
    meaning = ranked("speech", "meaning", (200, 204), (10, 14))
    assert windows_of(lexical, meaning)[0] == Window(10, 14)


def test_a_sentence_says_when_and_the_long_slide_around_it_only_supports_it() -> None:
    speech, slide = ranked("speech", "lexical", (200, 204)), ranked("screen", "lexical", (0, 600))
    (moment,) = join_hits([speech, slide], FULL_WINDOWS)
    assert (moment.window, [hit.lane for hit in moment.hits]) == (Window(200, 204), ["speech", "screen"])


def test_a_long_slide_alone_is_a_moment_as_long_as_it_stood() -> None:
    assert windows_of(ranked("screen", "lexical", (0, 600))) == [Window(0, 600)]


def test_a_slide_that_two_lists_find_counts_for_both() -> None:
    lists = ranked("screen", "lexical", (0, 600)), ranked("screen", "meaning", (0, 600))
    (moment,) = join_hits(lists, FULL_WINDOWS)
    assert (moment.window, len(moment.hits)) == (Window(0, 600), 2)


def test_a_lecture_full_of_hits_is_cut_into_moments_no_longer_than_the_longest() -> None:
    speech = ranked("speech", "lexical", *((at * 4.0, at * 4.0 + 4.0) for at in range(50)))
    windows = windows_of(speech)
    assert len(windows) > 5
    assert all(window.duration_s <= MAX_JOINED_S for window in windows)


def test_moments_lie_inside_the_part_of_the_video_that_was_searched() -> None:
    (moment,) = join_hits([ranked("speech", "lexical", (95, 110))], {"v": Window(100, 105)})
    assert moment.window == Window(100, 105)


def test_a_hit_outside_the_searched_part_is_left_out() -> None:
    assert join_hits([ranked("speech", "lexical", (95, 99))], {"v": Window(100, 105)}) == []


@st.composite
def hit_lists(draw: st.DrawFn) -> list[list[ExtendedHit]]:
    edges = st.integers(0, 300)
    pair = st.tuples(st.sampled_from("vw"), edges, st.sampled_from([1, 3, 8, 20, 45, 200]))
    lists = []
    for lane, how in LISTS:
        drawn = draw(st.lists(pair, max_size=6, unique=True))
        lists.append(
            [
                ExtendedHit(
                    Hit(lane, how, v, Window(a, a + d), 1.0 / rank, rank, f"{lane}:{v}{a}+{d}"),
                    Window(a, a + d),
                )
                for rank, (v, a, d) in enumerate(drawn, start=1)
            ]
        )
    return lists


@given(hit_lists())
@settings(deadline=None, max_examples=50)
def test_every_hit_is_behind_exactly_one_moment_of_its_video(lists: list[list[ExtendedHit]]) -> None:
    moments = join_hits(lists, FULL_WINDOWS)
    assert sorted(map(repr, (hit for moment in moments for hit in moment.hits))) == sorted(
        repr(one.hit) for found in lists for one in found
    )
    assert all(hit.video_id == moment.video_id for moment in moments for hit in moment.hits)


@given(hit_lists())
@settings(deadline=None, max_examples=50)
def test_moments_are_in_order_and_lie_inside_their_videos(lists: list[list[ExtendedHit]]) -> None:
    moments = join_hits(lists, FULL_WINDOWS)
    keys = [(-moment.score, moment.video_id, moment.window) for moment in moments]
    assert keys == sorted(keys)
    assert all(moment.window.clamped(FULL_WINDOWS[moment.video_id]) == moment.window for moment in moments)


@given(hit_lists(), st.permutations(range(len(LISTS))))
@settings(deadline=None, max_examples=50)
def test_the_order_of_the_lists_makes_no_difference(lists: list[list[ExtendedHit]], order: list[int]) -> None:
    assert join_hits(lists, FULL_WINDOWS) == join_hits([lists[i] for i in order], FULL_WINDOWS)


@given(hit_lists())
@settings(deadline=None, max_examples=50)
def test_no_moment_is_longer_than_allowed_unless_one_hit_is(lists: list[list[ExtendedHit]]) -> None:
    for moment in join_hits(lists, FULL_WINDOWS):
        longest_s = max(hit.window.duration_s for hit in moment.hits)
        assert moment.window.duration_s <= max(MAX_JOINED_S, longest_s)


@given(hit_lists())
@settings(deadline=None, max_examples=50)
def test_no_two_moments_of_a_video_are_the_same_place(lists: list[list[ExtendedHit]]) -> None:
    short = [moment for moment in join_hits(lists, FULL_WINDOWS) if moment.window.duration_s <= MAX_JOINED_S]
    for i, one in enumerate(short):
        for other in short[i + 1 :]:
            assert not _same_place(one, other)


def _same_place(a: JoinedHits, b: JoinedHits) -> bool:
    shorter_s = min(a.window.duration_s, b.window.duration_s)
    return a.video_id == b.video_id and a.window.overlap_s(b.window) >= 0.5 * shorter_s
