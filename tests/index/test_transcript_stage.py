"""The stage that divides what is said: stored, resumed, made again, and added to older libraries."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.made_videos import solid, write_video

from playhead_index.build import VideoReport, build_library
from playhead_index.embed.protocol import ModelTag, TextEmbedder
from playhead_index.errors import LibraryMismatch, ModelUnavailable
from playhead_index.executor import InProcess
from playhead_index.index_settings import Models
from playhead_index.lifecycle import collect_garbage, remove_video, verify
from playhead_index.recorded_models import RecordedTextEmbedder
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import is_finished, read_stage
from playhead_index.store.manifest import read_manifest
from playhead_index.store.shards import Shards
from playhead_index.store.transcript import read_units, unit_arrays, unit_texts
from playhead_index.testing import FakeTextEmbedder

SUBJECTS = ("the battery of the remote control", "yellow rubber for the case", "the price of the product")


def cues(num_words: int = 5) -> str:
    """Three minutes of subtitles: each minute of another subject, sentences of two cues of 3 s."""
    lines = []
    for i in range(60):
        subject = SUBJECTS[i // 20]
        text = f"We talk of {subject}" if i % 2 == 0 else f"and of {subject} again, number {i}."
        begin, end = (f"00:{3 * k // 60:02d}:{3 * k % 60:02d},000" for k in (i, i + 1))
        lines.append(f"{i + 1}\n{begin} --> {end}\n{text}\n")
    return "\n".join(lines)


class Counting:
    """A text embedder that notes what it embeds."""

    def __init__(self, width: int = 64) -> None:
        self._embedder = FakeTextEmbedder(width)
        self.tag = self._embedder.tag
        self.texts: list[str] = []

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return self._embedder.encode_texts(texts)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    write_video(path, [(solid((i, 0, 0)), 10.0 * i) for i in range(18)], end_s=180.0)
    path.with_suffix(".srt").write_text(cues())
    return path


@pytest.fixture
def index(tmp_path: Path, video: Path) -> Callable[[TextEmbedder | None], VideoReport]:
    def run(embedder: TextEmbedder | None = None) -> VideoReport:
        models = Models(words=embedder)
        (report,) = build_library(tmp_path / "library", [video], {}, lambda: models, InProcess(), debug=True)
        return report

    return run


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "library", create=True)


def test_sentences_passages_and_topics_are_stored_in_time_order(index, catalog) -> None:
    video_id = index(Counting()).video_id
    found = {level: read_units(catalog, video_id, level) for level in ("sentence", "passage", "topic")}
    assert len(found["sentence"]) == 30
    assert found["sentence"][0].text == (
        "We talk of the battery of the remote control"
        " and of the battery of the remote control again, number 1."
    )
    assert all(20 <= one.window.duration_s <= 60 for one in found["passage"])
    assert (found["topic"][0].window.start_s, found["topic"][-1].window.end_s) == (0.0, 180.0)
    starts_s = {one.window.start_s for one in found["passage"]}
    assert all(one.window.start_s in starts_s for one in found["topic"])


def test_passages_and_sentences_have_a_vector_each_and_topics_none(index, catalog) -> None:
    embedder = Counting()
    video_id = index(embedder).video_id
    (passages,) = unit_arrays(catalog, "passage").values()
    texts = dict(unit_texts(catalog, "passage"))
    stored = Shards(catalog.path.parent, "passages", 64).read_rows(video_id, passages.rows)
    expected = embedder.encode_texts([texts[unit_id] for unit_id in passages.ids.tolist()])
    np.testing.assert_allclose(stored, expected, atol=1e-3)
    assert (unit_arrays(catalog, "topic")[video_id].rows == -1).all()
    manifest = read_manifest(catalog.path.parent)
    assert manifest is not None
    assert manifest.spaces["passages"]["count"] == len(passages.ids) + 30


def test_a_second_run_embeds_nothing_and_changes_nothing(index, catalog) -> None:
    index(Counting())
    before = unit_texts(catalog, "passage")
    again = Counting()
    assert index(again).status == "known"
    assert (again.texts, unit_texts(catalog, "passage")) == ([], before)


def test_a_unit_that_is_all_of_a_span_has_the_vector_of_the_span(index, video, catalog) -> None:
    video.with_suffix(".srt").write_text("1\n00:00:01,000 --> 00:00:04,000\nGood evening.\n")
    embedder = Counting()
    video_id = index(embedder).video_id
    assert embedder.texts == ["Good evening."]  # the span alone
    (row,) = unit_arrays(catalog, "sentence")[video_id].rows
    word = Shards(catalog.path.parent, "words", 64).read(video_id)[0]
    assert (Shards(catalog.path.parent, "passages", 64).read(video_id)[row] == word).all()


def test_units_are_made_again_when_the_subtitles_change(index, video, catalog) -> None:
    video_id = index(Counting()).video_id
    video.with_suffix(".srt").write_text(cues().replace("battery", "cable"))
    assert index(Counting()).status == "indexed"
    assert "cable" in read_units(catalog, video_id, "topic")[0].text
    ids = {span.id for span in catalog.spans(video_id, "speech")}
    assert all(set(one.span_ids) <= ids for one in read_units(catalog, video_id, "sentence"))
    rows = read_stage(catalog, video_id, "transcript").rows
    assert Shards(catalog.path.parent, "passages", 64).count(video_id) == rows


def test_without_a_text_model_units_have_no_vectors_and_get_them_later(index, catalog) -> None:
    video_id = index(None).video_id
    assert read_stage(catalog, video_id, "transcript").note == "without vectors: no meaning model was given"
    before = read_units(catalog, video_id, "passage")
    assert (unit_arrays(catalog, "passage")[video_id].rows == -1).all()
    assert index(Counting()).status == "indexed"
    assert read_units(catalog, video_id, "passage") == before
    assert (unit_arrays(catalog, "passage")[video_id].rows >= 0).all()
    assert list(verify(catalog)) == []


def as_older(catalog: Catalog) -> None:
    """The library as a version without transcript units left it."""
    with catalog.atomic() as db:
        for table, where in (("stage", "name = 'transcript'"), ("space", "name = 'passages'")):
            db.execute(f"DELETE FROM {table} WHERE {where}")
        db.execute("DELETE FROM transcript_unit")
        db.execute("DELETE FROM file_state")  # a file of a moment ago is not believed by its times
    Shards(catalog.path.parent, "passages", 64).remove(catalog.videos()[0].video_id)


def test_an_older_library_gets_units_without_its_other_models_being_loaded(
    index, video, catalog, tmp_path
) -> None:
    video_id = index(Counting()).video_id
    expected = read_units(catalog, video_id, "topic")
    as_older(catalog)
    assert not is_finished(catalog, video_id)
    embedder = Counting()
    recorded = Models(words=RecordedTextEmbedder(embedder.tag, lambda: embedder), is_recorded=True)

    def load() -> Models:
        raise AssertionError("all models are loaded")

    (report,) = build_library(
        tmp_path / "library", [video], {}, load, InProcess(), recorded_models=lambda: recorded, debug=True
    )
    assert (report.status, is_finished(catalog, video_id)) == ("indexed", True)
    windows = [one.window for one in read_units(catalog, video_id, "topic")]
    assert windows == [one.window for one in expected]
    assert len(embedder.texts) == len(read_units(catalog, video_id, "passage")) + 30


def test_an_older_library_whose_text_model_is_gone_gets_units_with_what_there_is(
    index, video, catalog, tmp_path
) -> None:
    video_id = index(Counting()).video_id
    as_older(catalog)

    def gone() -> TextEmbedder:
        raise ModelUnavailable("it is not on this machine")

    tag = Counting().tag
    recorded = Models(words=RecordedTextEmbedder(tag, gone), is_recorded=True)
    models = Models(off={"meaning": "it is not on this machine"})
    (report,) = build_library(
        tmp_path / "library", [video], {}, lambda: models, InProcess(), recorded_models=lambda: recorded
    )
    assert report.status == "indexed"
    assert read_stage(catalog, video_id, "transcript").note == "without vectors: it is not on this machine"


def test_another_text_model_is_refused(index, catalog) -> None:
    index(None)
    index(Counting())
    with pytest.raises(LibraryMismatch, match="vectors of this library were made with"):
        index(Counting(width=32))


def test_missing_vectors_of_passages_are_reported(index, catalog) -> None:
    video_id = index(Counting()).video_id
    rows = read_stage(catalog, video_id, "transcript").rows
    Shards(catalog.path.parent, "passages", 64).truncate(video_id, 3)
    assert [problem.subject for problem in verify(catalog)] == [
        f"{video_id}: passages vectors (3 of {rows} on disk)"
    ]


def test_removing_a_video_removes_its_units_and_their_vectors(index, catalog) -> None:
    video_id = index(Counting()).video_id
    remove_video(catalog, video_id)
    collect_garbage(catalog)
    assert catalog.query("SELECT count(*) FROM transcript_unit") == [(0,)]
    assert list((catalog.path.parent / "vectors" / "passages").glob("*")) == []


def test_a_recorded_text_model_of_other_weights_is_not_used() -> None:
    from playhead_index.recorded_models import ModelNeeded

    recorded = RecordedTextEmbedder(ModelTag("fake", "other", 64), Counting)
    with pytest.raises(ModelNeeded, match="is needed"):
        recorded.encode_texts(["Good evening."])
