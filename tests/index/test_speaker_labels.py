"""Which labels of subtitle text name a speaker, and for how long."""

import time
from itertools import pairwise

import pytest
from tests import made_videos
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.window import Window
from playhead_index.words.protocol import Words, WordTime
from playhead_index.words.subtitle_formats import read_ass, read_ttml
from playhead_index.words.subtitle_speaker_labels import learn_label_rules, read_label, split_turns
from playhead_index.words.subtitle_speech import speech_of_sources, spoken_words
from playhead_index.words.subtitle_tracks import read_tracks
from playhead_index.words.subtitles import read_subtitle_file


def cues(*texts, pause_s=0.5, source="file:talk.srt"):
    return [
        Words("speech", source, Window(2.0 * n, 2.0 * n + 2 - pause_s), text) for n, text in enumerate(texts)
    ]


def turns_of(*texts, **options):
    return [(one.speaker, one.text) for one in speech_of_sources(cues(*texts, **options))[0]]


@pytest.mark.parametrize(
    ("text", "speaker", "rest"),
    [
        ("MARY: Open the door!", "MARY", "Open the door!"),
        ("MR. SMITH: Good morning.", "MR. SMITH", "Good morning."),
        (">> DR. O'NEIL-LEE: GOOD MORNING", "DR. O'NEIL-LEE", "GOOD MORNING"),
        ("WOMAN 2 (gasping):\nMarie!", "WOMAN 2", "Marie!"),
        ("(Mary): Come in.", "Mary", "Come in."),
        ("[MARY, whispering]: Come in.", "MARY", "Come in."),
    ],
)
def test_names_in_capitals_or_in_brackets_before_a_colon_are_speakers(text, speaker, rest):
    assert turns_of(text) == [(speaker, rest)]


@pytest.mark.parametrize(
    "text",
    [
        "Note: it is late",
        "Step 1: Open the box",
        "STEP 1: Open the box",
        "Remember: it is late",
        "THE ANSWER: NOTHING",
        "QUESTION: Who is it?",
        "https://example.org at 10:30",
        "Project Manager: That is one line of many.",
    ],
)
def test_prose_headings_and_single_lines_name_nobody(text):
    assert turns_of(text) == [(None, text)]


def test_mixed_case_labels_are_speakers_where_several_come_again():
    lines = ("Project Manager: Hello.", "Marketing: Hi.", "Project Manager: Let us start.", "Marketing: Yes.")
    assert turns_of(*lines) == [
        ("Project Manager", "Hello."),
        ("Marketing", "Hi."),
        ("Project Manager", "Let us start."),
        ("Marketing", "Yes."),
    ]


def test_a_recurring_heading_in_a_long_talk_names_nobody():
    lines = ["Then we go on with it."] * 60
    lines[10] = lines[30] = lines[40] = "Exercise: Draw a graph."
    assert {speaker for speaker, _ in turns_of(*lines)} == {None}


def test_a_speaker_who_speaks_once_is_named_where_every_cue_is_labelled():
    lines = [f"{name}: Yes." for name in ("Ann", "Bob", "Ann", "Bob", "Carl")]
    assert [speaker for speaker, _ in turns_of(*lines)] == ["Ann", "Bob", "Ann", "Bob", "Carl"]
    assert turns_of("山田：こんにちは", "鈴木：はい", "山田：では", "鈴木：はい")[0] == ("山田", "こんにちは")


def test_names_in_brackets_need_speech_behind_them_and_no_sound_stands_so_alone():
    found = turns_of("[Terrill] It is important.", "[Applause]", "[Applause] Thank you.", "[Terrill] Yes.")
    assert found == [("Terrill", "It is important."), (None, "Thank you."), ("Terrill", "Yes.")]
    assert turns_of("[MUSIC] Welcome.", "[MUSIC] Goodbye.") == [(None, "Welcome."), (None, "Goodbye.")]


def test_speakers_of_one_cue_share_its_time_by_the_length_of_what_they_say():
    words, _ = speech_of_sources(cues("MARY: Ten signs!\nJOHN: Thirty signs are three of ten.", pause_s=0))
    assert [(one.speaker, one.window) for one in words] == [
        ("MARY", Window(0.0, 0.5)),
        ("JOHN", Window(0.5, 2.0)),
    ]


def test_a_dash_or_marks_without_a_name_begin_another_speaker():
    assert turns_of("- MARY: Hi.\n- Hello.") == [("MARY", "Hi."), (None, "- Hello.")]
    assert turns_of(">> MARY: Hi. >> Hello.") == [("MARY", "Hi."), (None, "Hello.")]
    assert turns_of(">> Hi.\n>> Hello.") == [(None, "Hi.\nHello.")]


LINE = "I think that we should talk about the buttons and"


def test_a_label_holds_while_its_sentence_is_wrapped_over_cues():
    assert turns_of(f"MARY: {LINE}", "the case of it.", "Who is there?") == [
        ("MARY", LINE),
        ("MARY", "the case of it."),
        (None, "Who is there?"),
    ]
    assert turns_of("MARY:", "Come in.", "Who is there?") == [("MARY", "Come in."), (None, "Who is there?")]


def test_a_sentence_that_may_have_been_interrupted_is_not_carried_on():
    assert turns_of("MARY: I think that", "we should go.")[1][0] is None
    assert turns_of(f"MARY: {LINE}", "No.")[1][0] is None


def test_a_label_does_not_hold_over_a_long_pause_or_a_dash():
    first, second = cues(f"MARY: {LINE}", "the case of it.")
    later = Words("speech", second.source, Window(9.0, 10.0), second.text)
    assert [one.speaker for one in speech_of_sources([first, later])[0]] == ["MARY", None]
    assert turns_of(f"MARY: {LINE}", "- the case of it.")[1][0] is None


def test_a_label_holds_until_the_next_mark_where_every_change_is_marked():
    lines = [">> MARY: Hello.", "Come in.", ">> Thanks.", "Nice room.", ">> JOHN: Yes.", ">> Well.", ">> No."]
    assert [speaker for speaker, _ in turns_of(*lines)] == ["MARY", "MARY", None, None, "JOHN", None, None]


def test_a_label_holds_until_the_next_one_where_labels_stand_at_changes_only():
    changes = [line for n in range(5) for line in (f"ANN: Point {n}.", "More on it.", "BOB: Yes.", "Go on.")]
    assert [speaker for speaker, _ in turns_of(*changes)] == ["ANN", "ANN", "BOB", "BOB"] * 5
    repeats = [line for n in range(10) for line in (f"ANN: Point {n}.", "Who said that?")]
    assert [speaker for speaker, _ in turns_of(*repeats)] == ["ANN", None] * 10


def test_spellings_of_one_name_are_one_label():
    assert [
        speaker
        for speaker, _ in turns_of("MARY: One.", "Mary: Two.", "MARY: Three.", "Mary: Four.", "MARY: 5.")
    ] == (["MARY"] * 5)


def test_actors_of_substation_and_agents_of_ttml_are_speakers():
    ass = "[Events]\nFormat: Start, End, Name, Text\nDialogue: 0:00:01.00,0:00:02.00,Ann,Hi, all\n"
    assert [(cue.speaker, cue.text) for cue in read_ass(ass)] == [("Ann", "Hi, all")]
    ttml = """<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><head><metadata>
    <ttm:agent xml:id="a" type="person"><ttm:name type="full">Ann Lee</ttm:name></ttm:agent></metadata></head>
    <body><div><p begin="1s" end="2s" ttm:agent="a">Hi</p><p begin="2s" end="3s">Ho</p></div>
    <div ttm:agent="a"><p begin="4s" end="5s">Ha</p></div></body></tt>"""
    assert [(cue.speaker, cue.text) for cue in read_ttml(ttml)] == [
        ("Ann Lee", "Hi"), (None, "Ho"), ("Ann Lee", "Ha"),
    ]  # fmt: skip


def test_recognised_words_name_no_speakers_and_keep_their_word_times():
    times = (WordTime(0, 4, 1.0, 1.1, 1.0), WordTime(5, 9, 1.2, 1.3, 0.9), WordTime(10, 15, 1.3, 1.6, 0.8))
    words = Words("speech", "asr:tiny", Window(1, 2), "MAN: Open doors", word_times=times)
    (found,) = spoken_words([words]).words
    assert (found.speaker, found.text) == (None, "Open doors")
    assert found.word_times == (WordTime(0, 4, 1.2, 1.3, 0.9), WordTime(5, 10, 1.3, 1.6, 0.8))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ableplayer/deadline_captions_ar.vtt", {"المشروع", "الولد"}),
        ("ableplayer/wwa_captions_en.vtt", {"Narrator", "Terrill"}),
        ("vttjs/integration/cycle-collector-talk.vtt", {"Kyle Huey", "Chris Pearce"}),
        ("pysubs2/ttml_example_apple.ttml", {"Radiohead"}),
        ("tears_of_steel/TOS-en.srt", set()),
    ],
)
def test_speakers_of_real_subtitles(name, expected):
    words, _ = speech_of_sources(read_subtitle_file(shared(f"subtitles/{name}")))
    assert {one.speaker for one in words} - {None} == expected


def test_captions_of_a_film_name_only_the_cues_that_they_label():
    words, _ = speech_of_sources(read_subtitle_file(shared("subtitles/pycaption/example.vtt")))
    by_start = {round(one.window.start_s): one.speaker for one in words}
    assert (by_start[418], by_start[422]) == ("LITHGOW", None)
    assert all(a.window.end_s <= b.window.start_s + 0.5 for a, b in pairwise(words))


@pytest.mark.parametrize("text", ["A:", "[", "(a", ">> ", "a ", "-", "：", "[A] ", "A (", "  >> A"])
def test_reading_labels_takes_time_in_proportion(text):
    began = time.process_time()
    for repeated in (text * 30_000, "\n" * 30_000 + text):
        split_turns(repeated, learn_label_rules([repeated] * 3))
        read_label(repeated)
    assert time.process_time() - began < 4.0


@pytest.mark.parametrize(
    ("name", "codec", "named"),
    [
        ("talk.webm", "webvtt", "<v Ann>hello</v>"),
        ("talk.mkv", "ass", "0,0,Default,Ann,0,0,0,,hello"),
    ],
)
def test_a_track_in_a_file_keeps_its_speakers(tmp_path, name, codec, named):
    video = "libvpx-vp9" if name.endswith(".webm") else "libx264"
    unnamed = "1,0,Default,,0,0,0,,who" if codec == "ass" else "who"
    cues_of_track = [(0.5, 1.0, named), (1.5, 2.5, unnamed)]
    made = made_videos.counted(tmp_path / name, codec=video, subtitles=cues_of_track, subtitle_codec=codec)
    track = read_tracks(made.path, open_reader(made.path).probe())
    assert [(one.speaker, one.text) for one in track.words] == [("Ann", "hello"), (None, "who")]
