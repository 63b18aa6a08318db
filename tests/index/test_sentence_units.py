"""Sentences with times out of cues and recognised words, and one transcript for each language."""

from collections.abc import Sequence

import pytest

from playhead_index.window import Window
from playhead_index.words.protocol import Words, WordTime
from playhead_index.words.sentence_units import MAX_SENTENCE_S, Sentence, divide_sentences
from playhead_index.words.transcripts import Transcript, TranscriptSpan, transcripts


def span(
    span_id: int,
    start_s: float,
    end_s: float,
    text: str,
    *,
    language: str | None = "en",
    source: str = "file:a.srt",
    speaker: str | None = None,
    times: Sequence[WordTime] = (),
) -> TranscriptSpan:
    window = Window(start_s, end_s)
    return TranscriptSpan(
        span_id, Words("speech", source, window, text, language, None, speaker, tuple(times))
    )


def sentences(*spans: TranscriptSpan) -> list[Sentence]:
    return divide_sentences(Transcript(spans[0].words.language, spans))


def texts(found: Sequence[Sentence]) -> list[str]:
    return [one.text for one in found]


def test_cues_that_break_a_sentence_are_joined_and_one_with_two_is_cut() -> None:
    found = sentences(span(1, 0, 2, "The blue"), span(2, 2, 4, "whale. It\nsings"), span(3, 4, 5, "songs."))
    assert texts(found) == ["The blue whale.", "It sings songs."]
    assert [one.span_ids for one in found] == [(1, 2), (2, 3)]


def test_without_word_times_a_sentence_begins_at_its_share_of_the_cue() -> None:
    first, second = sentences(span(1, 10, 20, "One two. Three four."))
    assert (first.window.start_s, second.window.end_s) == (10.0, 20.0)
    assert first.window.end_s == pytest.approx(10 + 10 * 8 / 20)
    assert second.window.start_s == pytest.approx(10 + 10 * 9 / 20)


def test_word_times_say_when_a_sentence_begins_and_ends() -> None:
    times = [WordTime(0, 4, 1.0, 1.4, 1.0), WordTime(5, 8, 1.6, 2.0, 1.0), WordTime(9, 12, 5.5, 6.0, 1.0)]
    found = sentences(span(1, 0, 10, "Stop it. Now", times=times))
    assert [one.window for one in found] == [Window(1.0, 2.0), Window(5.5, 6.0)]


def test_a_change_of_speaker_ends_a_sentence() -> None:
    found = sentences(span(1, 0, 2, "I think", speaker="Ann"), span(2, 2, 4, "you are wrong.", speaker="Bob"))
    assert [(one.text, one.speaker) for one in found] == [("I think", "Ann"), ("you are wrong.", "Bob")]


def test_a_long_pause_ends_a_sentence_between_cues_and_between_words() -> None:
    times = [WordTime(0, 3, 5.0, 5.5, 1.0), WordTime(4, 9, 8.0, 8.5, 1.0)]
    found = sentences(span(1, 0, 2, "so I"), span(2, 4.5, 9, "saw Mary", times=times))
    assert texts(found) == ["so I", "saw", "Mary"]


def test_a_short_pause_does_not_end_a_sentence() -> None:
    assert texts(sentences(span(1, 0, 2, "so I"), span(2, 3, 4, "saw Mary."))) == ["so I saw Mary."]


def test_captions_without_punctuation_are_cut_at_about_sixteen_words_where_they_pause() -> None:
    cues = [span(i, 3 * i, 3 * i + (2 if i % 4 == 3 else 3), f"cue {i} has four words") for i in range(40)]
    found = sentences(*cues)
    assert [one.num_words for one in found] == [20] * 10
    assert [one.span_ids[-1] % 4 for one in found] == [3] * 10  # the cue before the pause of a second


def test_a_sentence_of_more_than_a_minute_is_cut() -> None:
    found = sentences(span(1, 0, 200, ", ".join(["and so on"] * 10) + "."))
    assert all(one.window.duration_s <= MAX_SENTENCE_S for one in found)
    assert " ".join(texts(found)).count("and so on") == 10


def test_chinese_cues_are_joined_without_a_space() -> None:
    found = sentences(span(1, 0, 2, "我是", language="zh"), span(2, 2, 4, "老师。你呢？", language="zh"))
    assert texts(found) == ["我是老师。", "你呢？"]


def test_chinese_cues_without_stops_are_cut_between_cues_and_not_inside_them() -> None:
    cues = ["价格太高了", "我们今天讨论遥控器的电池", "按钮应该更大", "你觉得呢朋友们"] * 6
    found = sentences(*(span(i, 4 * i, 4 * i + 4, text, language="zh") for i, text in enumerate(cues)))
    assert "".join(texts(found)) == "".join(cues)
    assert len(found) > 1
    assert all(one.text == "".join(cues[i] for i in one.span_ids) for one in found)


def test_thai_sentences_are_not_cut_before_a_mark_or_behind_a_leading_vowel() -> None:
    found = sentences(span(1, 0, 60, "ปุ่มควรจะใหญ่กว่านี้เราจะพูดถึงแบตเตอรี่" * 8, language="th"))
    assert len(found) > 1
    assert not any(one.text[0] in "ุ่ี้ึาะ" or one.text[-1] in "เใแ" for one in found)


def test_a_caption_of_few_words_that_stays_for_minutes_is_one_sentence() -> None:
    (found,) = sentences(span(1, 0, 300, "The battery is dear."))
    assert (found.text, found.window) == ("The battery is dear.", Window(0, 300))


def test_two_languages_are_two_transcripts() -> None:
    english = [span(1, 0, 2, "Good evening."), span(3, 3, 5, "Sit down, please.")]
    german = [span(2, 0, 2, "Guten Abend.", language="de", source="track:3")]
    found = transcripts([*english, *german])
    assert [(one.language, [s.span_id for s in one.spans]) for one in found] == [("en", [1, 3]), ("de", [2])]


def test_recognised_speech_is_taken_only_where_no_cue_says_it() -> None:
    cues = [span(1, 0, 4, "Good evening, ladies."), span(2, 20, 24, "Good night, everybody.")]
    recognised = [span(3, 0.5, 3.5, "good evening ladies", source="asr:tiny"),
             span(4, 10, 12, "who is that", source="asr:tiny")]  # fmt: skip
    (found,) = transcripts([*recognised, *cues])
    assert [one.span_id for one in found.spans] == [1, 4, 2]


def test_a_second_track_of_one_language_says_nothing_twice() -> None:
    plain = [span(i, 4 * i, 4 * i + 3, f"This is line {i}.") for i in range(5)]
    deaf = [
        span(10 + i, 4 * i + 0.2, 4 * i + 3, f"ANN: This is line {i}.", source="track:2") for i in range(5)
    ]
    (found,) = transcripts([*plain, *deaf])
    assert {one.words.source for one in found.spans} == {"track:2"}  # it has more text


def test_spans_of_an_unknown_language_belong_to_the_only_known_one() -> None:
    (found,) = transcripts(
        [span(1, 0, 2, "Hello there."), span(2, 3, 4, "Bye", language=None, source="asr:x")]
    )
    assert (found.language, len(found.spans)) == ("en", 2)


def test_regions_of_one_language_are_one_transcript() -> None:
    (found,) = transcripts([span(1, 0, 2, "Olá.", language="pt-BR"), span(2, 3, 4, "Adeus.", language="pt")])
    assert found.language == "pt"
