"""Moments of what is said: pooled evidence, windows that follow it, cited sentences, named speakers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.index.indexing import video_job
from tests.index.made_search import MadeLibrary

from playhead_index.index_settings import Models
from playhead_index.search.pooling import (
    SentenceArrays,
    evidence_windows,
    pool_evidence,
    standardise_weighted,
)
from playhead_index.search.results import Moment, Query, Scope
from playhead_index.stages.segment_transcript import divide_transcript
from playhead_index.store.speakers import Speaker, name_speaker, replace_speakers
from playhead_index.testing import FakeReranker
from playhead_index.window import Window

FILLER = ("We were late today.", "The coffee is cold again.", "Somebody closed a door.", "It rains outside.")
BATTERY = (
    "The battery must last a year.",
    "A solar battery costs too much.",
    "So we take a standard battery.",
    "Its battery cover slides open.",
)
SENTENCE_S = 6.0


def library(folder: Path, sentences: Sequence[str], speakers: Sequence[str] = ()) -> MadeLibrary:
    """A video of one spoken sentence every six seconds, divided into sentences, passages and topics."""
    made = MadeLibrary(folder)
    add_video(made, "talk", sentences, speakers)
    return made


def add_video(
    made: MadeLibrary, video_id: str, sentences: Sequence[str], speakers: Sequence[str] = ()
) -> None:
    spans = [("speech", at * SENTENCE_S, (at + 1) * SENTENCE_S, text) for at, text in enumerate(sentences)]
    made.add(video_id, spans=spans)
    with made.catalog.atomic() as db:
        db.execute(
            "UPDATE video SET duration_s = ? WHERE video_id = ?", (len(sentences) * SENTENCE_S, video_id)
        )
        for at, name in enumerate(speakers):
            db.execute(
                "UPDATE span SET speaker = ? WHERE video_id = ? AND start_s = ?",
                (name, video_id, at * SENTENCE_S),
            )
        known = [Speaker(video_id, name, name, "source") for name in sorted(set(speakers))]
        replace_speakers(db, video_id, known, "source")
    divide_transcript(video_job(made.catalog, video_id, Models(words=made.texts)))


def filler(count: int) -> list[str]:
    return [f"{FILLER[at % len(FILLER)][:-1]} number {at}." for at in range(count)]


def first(made: MadeLibrary, text: str, **changes: object) -> Moment:
    scope = Scope(None)
    return made.searcher(**changes).search(Query(text=text, scope=scope, lanes=("speech",))).moments[0]


def arrays(held: Sequence[float], seconds: float = 6.0, duration_s: float = 2400.0) -> SentenceArrays:
    """Sentences of one length; the term `battery` stands in each as often as `held` says."""
    counts = np.array(held, dtype=np.float64)
    starts_s = np.arange(len(held)) * seconds
    rows = np.flatnonzero(counts)
    return SentenceArrays(
        starts_s, starts_s + seconds, np.full(len(held), 8.0), {"battery": (rows, counts[rows])}, duration_s
    )


def first_window(held: Sequence[float]) -> Window:
    video = arrays(held)
    (evidence,) = pool_evidence([video], {"battery": 1.0}, None)
    first, last, _ = evidence_windows(video, evidence, 1)[0]
    return Window(float(video.starts_s[first]), float(video.ends_s[last]))


# ---- pooling ----


def test_a_stretch_that_stays_with_a_word_has_more_evidence_than_a_sentence_that_names_it() -> None:
    held = [0.0] * 400
    held[5] = 1.0
    held[200:220] = [1.0] * 20
    assert first_window(held).overlap_s(Window(1200.0, 1320.0)) >= 60.0


def test_a_window_is_longer_where_the_evidence_goes_on_and_never_above_its_limit() -> None:
    brief, lasting = [0.0] * 400, [0.0] * 400
    brief[100] = 1.0
    lasting[100:160] = [1.0] * 60
    assert first_window(lasting).duration_s <= 90.0
    assert first_window(brief).duration_s <= first_window(lasting).duration_s


def test_windows_are_shorter_in_short_recordings() -> None:
    held = [0.0] * 60
    held[20:40] = [1.0] * 20
    video = arrays(held, duration_s=360.0)
    (evidence,) = pool_evidence([video], {"battery": 1.0}, None)
    lengths_s = [
        video.ends_s[last] - video.starts_s[at] for at, last, _ in evidence_windows(video, evidence, 9)
    ]
    assert max(lengths_s) <= 36.0  # 90 s times the square root of 360 / 2400


def test_windows_do_not_overlap_and_come_best_first() -> None:
    held = np.random.default_rng(0).integers(0, 3, 300).astype(float)
    video = arrays(held.tolist())
    (evidence,) = pool_evidence([video], {"battery": 1.0}, None)
    found = evidence_windows(video, evidence, 10)
    sentences = [at for first_at, last, _ in found for at in range(first_at, last + 1)]
    assert len(sentences) == len(set(sentences))
    assert [score for _, _, score in found] == sorted((score for _, _, score in found), reverse=True)


def test_evidence_without_any_word_of_the_query_makes_no_window() -> None:
    video = arrays([0.0] * 50)
    (evidence,) = pool_evidence([video], {"battery": 1.0}, None)
    assert evidence_windows(video, evidence, 10) == []


def test_evidence_compares_across_videos() -> None:
    much, little = arrays([1.0] * 40 + [0.0] * 200), arrays([1.0] + [0.0] * 239)
    first_evidence, second_evidence = pool_evidence([much, little], {"battery": 1.0}, None)
    assert first_evidence.max() > second_evidence.max()


def test_sentences_that_fit_count_by_themselves_where_the_mean_of_the_stretch_hides_them() -> None:
    vectors = np.zeros((200, 2), dtype=np.float32)
    vectors[:, 1] = 1.0
    own = vectors.copy()
    own[100:103] = (1.0, 0.0)
    query = np.array([1.0, 0.0], dtype=np.float32)
    even = replace(arrays([0.0] * 200), vectors=vectors)
    with_sentences = replace(even, sentence_vectors=own)
    assert np.ptp(pool_evidence([even], {}, query)[0]) == 0.0
    evidence = pool_evidence([with_sentences], {}, query)[0]
    assert evidence[101] == evidence.max() > evidence[90]


def test_standard_values_have_mean_zero_and_deviation_one_by_their_weights() -> None:
    values = standardise_weighted(np.array([0.0, 4.0]), np.array([3.0, 1.0]))
    np.testing.assert_allclose(values, [-0.57735027, 1.73205081])
    np.testing.assert_array_equal(standardise_weighted(np.ones(3), np.ones(3)), np.zeros(3))


# ---- searching ----


def test_the_discussion_comes_before_the_agenda_that_names_its_topic(tmp_path: Path) -> None:
    agenda = ["Today we discuss the battery, the case and the buttons."]
    spoken = [*agenda, *filler(60), *BATTERY, *filler(60)]
    found = first(library(tmp_path, spoken), "Summarize the discussion about the battery.")
    assert found.window.overlap_s(Window(61 * SENTENCE_S, 65 * SENTENCE_S)) >= 12.0


def test_a_moment_cites_the_sentence_that_fits_best_inside_its_window(tmp_path: Path) -> None:
    found = first(library(tmp_path, [*filler(40), *BATTERY, *filler(40)]), "solar battery")
    spoken = found.hits[0]
    assert spoken.text == "A solar battery costs too much."
    assert spoken.window == Window(41 * SENTENCE_S, 42 * SENTENCE_S)
    assert found.window.start_s <= spoken.window.start_s < spoken.window.end_s <= found.window.end_s
    assert spoken.ref.startswith("span:")


def test_the_span_of_a_cited_sentence_is_in_the_catalog(tmp_path: Path) -> None:
    made = library(tmp_path, [*filler(20), *BATTERY, *filler(20)])
    span_id = int(first(made, "solar battery").hits[0].ref.partition(":")[2])
    ((text,),) = made.catalog.query("SELECT text FROM span WHERE id = ?", (span_id,))
    assert text == "A solar battery costs too much."


def test_without_a_text_model_the_words_alone_make_the_moment(tmp_path: Path) -> None:
    found = first(library(tmp_path, [*filler(40), *BATTERY, *filler(40)]), "solar battery", words=None)
    assert found.hits[0].text == "A solar battery costs too much."
    assert {hit.how for hit in found.hits} == {"lexical"}


def test_a_quoted_phrase_is_a_moment_of_the_span_that_holds_it(tmp_path: Path) -> None:
    found = first(library(tmp_path, [*filler(40), *BATTERY, *filler(40)]), '"solar battery"')
    assert found.window == Window(41 * SENTENCE_S, 42 * SENTENCE_S)


def test_a_video_that_is_not_divided_is_searched_by_its_spans(tmp_path: Path) -> None:
    made = MadeLibrary(tmp_path)
    made.add("old", spans=[("speech", 10, 14, "the solar battery"), ("speech", 40, 44, "it rains")])
    assert first(made, "solar battery").window == Window(10, 14)


def test_a_video_beside_one_that_is_not_divided_is_searched_by_its_passages(tmp_path: Path) -> None:
    made = library(tmp_path, [*filler(40), *BATTERY, *filler(40)])
    made.add("old", spans=[("speech", 10, 14, "one solar battery")])
    moments = made.searcher().search(Query(text="solar battery", lanes=("speech",))).moments
    assert {moment.video_id for moment in moments[:6]} == {"talk", "old"}


def test_a_window_of_the_scope_bounds_the_moment(tmp_path: Path) -> None:
    made = library(tmp_path, [*BATTERY, *filler(40), *BATTERY, *filler(10)])
    window = Window(200.0, 300.0)
    query = Query(text="solar battery", scope=Scope(window=window), lanes=("speech",))
    for moment in made.searcher().search(query).moments:
        assert moment.window.clamped(window) == moment.window


def test_a_sentence_on_the_border_of_the_scope_is_cited_inside_it(tmp_path: Path) -> None:
    made = library(tmp_path, [*filler(10), BATTERY[1], *filler(10)])
    scope = Scope(window=Window(24.0, 64.0))
    moment = made.searcher().search(Query(text="solar battery", scope=scope, lanes=("speech",))).moments[0]
    assert (moment.hits[0].text, moment.hits[0].window) == (BATTERY[1], Window(60.0, 64.0))


def test_words_that_nobody_says_find_nothing(tmp_path: Path) -> None:
    made = library(tmp_path, filler(40))
    assert made.searcher(words=None).search(Query(text="xylophone", lanes=("speech",))).moments == []


def test_single_spans_of_a_divided_video_are_no_moments_beside_its_passages(tmp_path: Path) -> None:
    made = library(tmp_path, [*filler(40), "A battery, too.", *filler(60), *BATTERY, *filler(40)])
    moments = made.searcher().search(Query(text="battery", lanes=("speech",))).moments
    assert moments[0].window.start_s <= 101 * SENTENCE_S < moments[0].window.end_s
    assert all(moment.window.duration_s > SENTENCE_S for moment in moments)


def test_a_stretch_counts_whose_sentences_are_behind_the_end_of_the_ranked_lists(tmp_path: Path) -> None:
    mentions = [one for at in range(70) for one in (f"Battery {at}.", *filler(3))]
    discussion = [f"And so the battery of our product number {at} should be replaceable." for at in range(20)]
    made = library(tmp_path, [*mentions, *discussion, *filler(20)])
    best = made.searcher().search(Query(text="battery", lanes=("speech",), limit=1)).moments[0]
    discussed = Window(len(mentions) * SENTENCE_S, (len(mentions) + 20) * SENTENCE_S)
    assert best.window.overlap_s(discussed) > 0.5 * best.window.duration_s


def test_mentions_outside_of_passages_are_moments_behind_them(tmp_path: Path) -> None:
    made = library(tmp_path, ["The battery is here."])
    add_video(made, "other", ["A battery, which is not the one of the other talk that we mean now."])
    moments = made.searcher().search(Query(text="battery", lanes=("speech",))).moments
    assert {moment.video_id for moment in moments} == {"talk", "other"}


def test_a_question_that_only_names_a_speaker_finds_what_that_speaker_says(tmp_path: Path) -> None:
    names = ["Ann"] * 30 + ["Bob"] * 5 + ["Ann"] * 30
    made = library(tmp_path, filler(65), names)
    best = made.searcher().search(Query(text="What did Bob say?", lanes=("speech",))).moments[0]
    assert Window(180, 210).hull(best.window) == Window(180, 210)


def test_a_reranker_orders_the_passages(tmp_path: Path) -> None:
    spoken = [*BATTERY, *BATTERY, *filler(40), "A cheap solar battery cover.", *filler(40)]
    found = first(library(tmp_path, spoken), "cheap solar battery cover", reranker=FakeReranker())
    assert found.window.overlap_s(Window(48 * SENTENCE_S, 49 * SENTENCE_S)) == SENTENCE_S


def test_a_transcript_is_read_again_when_its_video_has_changed(tmp_path: Path) -> None:
    made = library(tmp_path, [*filler(30), "Now we stop here.", *filler(9)])
    searcher = made.searcher()
    query = Query(text="solar battery", lanes=("speech",))
    before = searcher.search(query).moments
    made.write("talk", [("speech", 180.0, 186.0, "The solar battery works.")])
    divide_transcript(video_job(made.catalog, "talk", Models(words=made.texts)))
    after = searcher.search(query).moments
    assert all("solar" not in (hit.text or "") for moment in before for hit in moment.hits)
    assert after[0].hits[0].text == "The solar battery works."


# ---- speakers ----


def two_speakers(folder: Path) -> MadeLibrary:
    spoken = [*filler(20), *BATTERY, *filler(40), *BATTERY, *filler(20)]
    speakers = ["Bob"] * 44 + ["Project Manager"] * (len(spoken) - 44)
    return library(folder, spoken, speakers)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("What did the project manager say about the battery?", 64),
        ("What did Bob say about the battery?", 20),
    ],
)
def test_what_a_speaker_says_whom_the_question_names_comes_first(
    tmp_path: Path, text: str, start: int
) -> None:
    found = first(two_speakers(tmp_path), text)
    assert found.window.overlap_s(Window(start * SENTENCE_S, (start + 4) * SENTENCE_S)) >= 12.0


def test_a_query_can_leave_speakers_out_of_account(tmp_path: Path) -> None:
    spoken = [*filler(20), *BATTERY, *filler(20), "The project manager is not here."]
    made = library(tmp_path, spoken, ["Bob"] * 20 + ["Project Manager"] * 4 + ["Bob"] * 21)
    text = "What did the project manager say about the battery?"
    cited = [
        made.searcher().search(Query(text=text, lanes=("speech",), use_speakers=used)).moments
        for used in (True, False)
    ]
    assert cited[0][0].hits[0].text in BATTERY
    assert cited[1][0].hits[0].text == "The project manager is not here."


def test_a_scope_of_one_speaker_cites_only_that_speaker(tmp_path: Path) -> None:
    query = Query(text="battery", scope=Scope(speakers=("Bob",)), lanes=("speech",))
    moments = two_speakers(tmp_path).searcher().search(query).moments
    assert moments
    assert {hit.speaker for moment in moments for hit in moment.hits} == {"Bob"}


def test_the_cited_sentence_has_the_given_name_and_the_confidence_of_its_span(tmp_path: Path) -> None:
    made = library(tmp_path, [*filler(6), *BATTERY, *filler(6)], ["Ann"] * 16)
    with made.catalog.atomic() as db:
        db.execute("UPDATE span SET confidence = 0.31")
    name_speaker(made.catalog, "talk", "Ann", "Alice")
    hit = first(made, "battery").hits[0]
    assert (hit.speaker, hit.confidence) == ("Alice", 0.31)
