"""Who speaks, as subtitles name it: voice tags, labels before a colon, fields of a format."""

import pytest
from tests.index.indexing import index
from tests.made_videos import colours

from playhead_index.store.catalog import Catalog
from playhead_index.store.speakers import name_speaker, read_speakers
from playhead_index.words.subtitle_formats import Cue, read_webvtt


@pytest.fixture
def three(tmp_path):
    return colours(tmp_path / "three.mp4", [((220, 20, 20), 8.0)])


@pytest.fixture
def library(tmp_path):
    return tmp_path / "library"


def webvtt(*cues):
    blocks = (f"00:{2 * n:02}.000 --> 00:{2 * n + 2:02}.000\n{text}" for n, text in enumerate(cues))
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def test_a_voice_tag_names_the_speaker_with_classes_and_entities():
    cues = read_webvtt(webvtt("<v.loud.first  Mr. B&amp;W >Yes.</v>", "<v Ann\nLee>No.", "<v>Who?", "Me."))
    assert [(cue.speaker, cue.text) for cue in cues] == [
        ("Mr. B&W", "Yes."), ("Ann Lee", "No."), (None, "Who?"), (None, "Me."),
    ]  # fmt: skip


def test_voices_of_one_cue_share_its_time_by_the_length_of_what_they_say():
    cues = read_webvtt(webvtt("<v Ann>Ten signs!</v>\n<v Bob>Thirty signs are three of ten.</v>"))
    assert cues == [
        Cue(0.0, 0.5, "Ten signs!", "Ann"),
        Cue(0.5, 2.0, "Thirty signs are three of ten.", "Bob"),
    ]


def test_parts_of_one_voice_stay_one_cue():
    assert read_webvtt(webvtt("<v Ann>One.</v>\n<v Ann>Two.</v>")) == [Cue(0.0, 2.0, "One.\nTwo.", "Ann")]


def test_speakers_of_subtitles_are_stored_and_a_given_name_outlives_another_reading(library, three):
    subtitles = three.path.with_suffix(".vtt")
    subtitles.write_text(webvtt("<v Ann>Welcome.</v>", "<v Bob>Thanks.</v>"))
    (report,) = index(library, three.path)
    catalog = Catalog(library)
    name_speaker(catalog, report.video_id, "Ann", "Ann Lee")
    subtitles.write_text(webvtt("<v Ann>Welcome.</v>", "<v Carl>Thanks.</v>"))
    before = catalog.spans(report.video_id, "speech")
    index(library, three.path)
    after = catalog.spans(report.video_id, "speech")
    assert [one.words.speaker for one in after] == ["Ann", "Carl"]
    assert [one.id for one in after] == [one.id for one in before]  # the words are the same: no new vectors
    assert [(one.label, one.name) for one in read_speakers(catalog, report.video_id)] == [
        ("Ann", "Ann Lee"),
        ("Carl", "Carl"),
    ]


def test_a_given_name_that_fits_nobody_in_new_subtitles_is_reported(library, three):
    subtitles = three.path.with_suffix(".vtt")
    subtitles.write_text(webvtt("<v Ann>Welcome.</v>"))
    (report,) = index(library, three.path)
    name_speaker(Catalog(library), report.video_id, "Ann", "Ann Lee")
    subtitles.write_text(webvtt("<v Carl>Welcome.</v>"))
    (report,) = index(library, three.path)
    assert "speakers: nobody in the subtitles fits any more that was named Ann Lee" in report.warnings


def test_subtitles_that_were_read_under_older_rules_gain_speakers(library, three):
    three.path.with_suffix(".vtt").write_text(webvtt("<v Ann>Welcome.</v>"))
    (report,) = index(library, three.path)
    catalog = Catalog(library)
    with catalog.atomic() as db:
        db.execute("UPDATE span SET speaker = NULL")
        db.execute("DELETE FROM speaker")
        db.execute("UPDATE stage SET recipe = replace(recipe, 'rules 3;', 'rules 2;')")
    index(library, three.path)
    assert [one.label for one in read_speakers(catalog, report.video_id)] == ["Ann"]
    assert [one.words.speaker for one in catalog.spans(report.video_id, "speech")] == ["Ann"]
