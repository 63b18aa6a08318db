"""Windows that start and end between sentences, each in its language, and spans that are sentences."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import shared

from playhead_index.testing import ScriptedDecoder
from playhead_index.window import Window
from playhead_index.words.protocol import Words, WordTime
from playhead_index.words.recognised_sentences import SpokenWord, sentence_spans
from playhead_index.words.recognition_windows import (
    LanguageRule,
    RecognisedChunk,
    accept_words,
    recognise_chunk,
)
from playhead_index.words.voice_activity import RATE_HZ, SoundBuffer
from playhead_index.words.voice_timeline import voice_timeline
from playhead_index.words.whisper_decoder import DecodedWindow, DecodedWord
from playhead_index.words.wrong_language import mark_other_languages, unknown_language_windows

ENGLISH = LanguageRule(given="en")


def sentences(count: int, language: str = "en") -> list[tuple[str, str]]:
    """Sentences of nine words that say their number."""
    spoken = [(f" S{i}", *(f" w{k}" for k in range(7)), " end.") for i in range(count)]
    return [(word, language) for sentence in spoken for word in sentence]


def recognised(
    decoder: ScriptedDecoder, rule: LanguageRule = ENGLISH, start: int = 0, *, is_last: bool = True
) -> RecognisedChunk:
    sound = decoder.sound()[start:]
    voice = [Window(0.0, len(sound) / RATE_HZ)]
    return recognise_chunk(decoder, sound, voice, rule, is_last=is_last, all_voice=voice)


def test_sentences_that_go_over_a_window_are_whole() -> None:
    decoder = ScriptedDecoder(sentences(20))
    spans = list(sentence_spans(recognised(decoder).words, "asr:x"))
    assert [span.text for span in spans] == [f"S{i} w0 w1 w2 w3 w4 w5 w6 end." for i in range(20)]
    assert [span.window.start_s for span in spans] == pytest.approx([4.5 * i for i in range(20)], abs=0.2)


def test_a_chunk_ends_at_a_sentence_and_the_next_one_goes_on_there() -> None:
    decoder = ScriptedDecoder(sentences(20))
    first = recognised(decoder, is_last=False)
    assert first.words[-1].text == " end."
    assert 60.0 < first.end / RATE_HZ < 90.0
    rest = recognised(decoder, start=first.end)
    joined = [word.text for word in (*first.words, *rest.words)]
    assert joined == [text for text, _ in sentences(20)]


def test_two_languages_in_one_window_are_each_decoded_in_their_own() -> None:
    decoder = ScriptedDecoder([*sentences(4), *sentences(4, "fr"), *sentences(3)])
    found = recognised(decoder, LanguageRule()).words
    texts = [text for text, _ in decoder.words]
    assert len(found) == pytest.approx(len(texts), abs=2)
    right = sum(word.language == decoder.words[round(word.start_s / 0.5)][1] for word in found)
    assert right >= len(found) - 4


def test_a_given_language_is_not_detected() -> None:
    decoder = ScriptedDecoder(sentences(8, "fr"))
    assert {word.language for word in recognised(decoder).words} == {"en"}
    assert decoder.num_detected == 0


def test_voice_that_the_model_skips_starts_the_next_window() -> None:
    words = tuple(DecodedWord(f" w{i}", i * 0.5, i * 0.5 + 0.5, 0.9) for i in range(16))
    late = DecodedWord(" late.", 20.0, 20.5, 0.9)
    assert accept_words(DecodedWindow((*words, late), False, 20.5), 30.0, is_end=False) == (16, 8.0)
    assert accept_words(DecodedWindow(words, True, 8.0), 30.0, is_end=True) == (16, 8.0)


def test_a_full_stop_near_the_end_of_a_window_is_not_trusted() -> None:
    texts = [" One", " two.", " Then", *[" on"] * 16, " off."]
    words = tuple(DecodedWord(text, 18.0 + i * 0.5, 18.5 + i * 0.5, 0.9) for i, text in enumerate(texts))
    assert accept_words(DecodedWindow(words, False, 28.0), 28.0, is_end=False) == (2, 19.0)
    assert accept_words(DecodedWindow(words, False, 28.0), 30.0, is_end=False) == (20, 28.0)


def test_word_times_are_offsets_into_the_text_of_their_span() -> None:
    words = [SpokenWord(t, i, i + 0.9, 0.5, "en") for i, t in enumerate([" Yes.", " It", " is", " so."])]
    first, second = sentence_spans(words, "asr:x")
    assert (first.text, second.text) == ("Yes.", "It is so.")
    assert [second.text[one.start : one.end] for one in second.word_times] == ["It", "is", "so."]
    assert second.word_times[0] == WordTime(0, 2, 1, 1.9, 0.5)
    assert second.confidence == pytest.approx(0.5)


def test_chinese_is_joined_without_blanks() -> None:
    words = [SpokenWord(text, i, i + 1.0, 1.0, "zh") for i, text in enumerate(["你", "好。", "再", "见。"])]
    assert [span.text for span in sentence_spans(words, "asr:x")] == ["你好。", "再见。"]


def test_a_long_sentence_is_cut_behind_a_clause() -> None:
    words = [SpokenWord(" on," if i == 22 else " on", i, i + 1.0, 1.0, "en") for i in range(40)]
    assert [len(span.word_times) for span in sentence_spans(words, "asr:x")] == [23, 17]


def test_a_long_pause_ends_a_sentence() -> None:
    words = [SpokenWord(" one", 0, 1, 1.0, "en"), SpokenWord(" two", 4.5, 5, 1.0, "en")]
    assert [span.text for span in sentence_spans(words, "asr:x")] == ["one", "two"]


def span(start_s: float, probability: float, count: int = 10) -> Words:
    times = tuple(WordTime(2 * i, 2 * i + 1, start_s, start_s + 1, probability) for i in range(count))
    text = " ".join("a" * count)
    return Words("speech", "asr:x", Window(start_s, start_s + 5), text, "en", probability, word_times=times)


def test_an_interval_of_uncertain_words_has_no_language() -> None:
    spans = [*(span(5.0 * i, 0.85) for i in range(4)), *(span(20 + 5.0 * i, 0.4) for i in range(4))]
    found = mark_other_languages(spans)
    assert [one.language for one in found] == ["en"] * 4 + [None] * 4
    assert unknown_language_windows((one.window, one.language) for one in found) == [Window(20.0, 40.0)]


def test_one_unsure_sentence_among_sure_ones_keeps_its_language() -> None:
    spans = [span(5.0 * i, 0.4 if i == 3 else 0.85) for i in range(7)]
    assert {one.language for one in mark_other_languages(spans)} == {"en"}


def test_few_unsure_words_alone_are_marked_when_they_are_very_unsure() -> None:
    assert [mark_other_languages([span(0.0, p, 6)])[0].language for p in (0.3, 0.5)] == [None, "en"]


def test_long_silences_are_left_out_and_times_are_found_again() -> None:
    sound = np.arange(1000, dtype=np.float32)
    timeline = voice_timeline(sound, [Window(1.0, 2.0), Window(8.0, 9.0)], 100)
    assert timeline.pieces == ((70, 230), (770, 930))
    assert timeline.cut(150, 170).tolist() == [*range(220, 230), *range(770, 780)]
    assert [timeline.sound_position(160), timeline.sound_position(160, is_end=True)] == [770, 230]


def test_a_buffer_holds_no_more_than_is_looked_at() -> None:
    pieces = [np.full(10, i, np.float32) for i in range(5)]
    buffer = SoundBuffer(iter(pieces), start=15)
    sound, is_last = buffer.peek(10)
    assert (sound.tolist(), is_last, buffer.at) == ([1.0] * 5 + [2.0] * 5, False, 15)
    buffer.drop(30)
    assert (buffer.at, buffer.peek(50)[1]) == (45, True)


def transcriber(size: str) -> object:
    folder = os.environ.get("PLAYHEAD_WHISPER_MODELS")
    if not folder or not (Path(folder) / size).is_dir():
        pytest.skip(f"PLAYHEAD_WHISPER_MODELS names no folder with the Whisper model {size}")
    from playhead_index.words.whisper_transcriber import FasterWhisperTranscriber

    return FasterWhisperTranscriber(str(Path(folder) / size), device="cpu")


def spoken(model: object, name: str) -> list[Words]:
    from faster_whisper.audio import decode_audio

    sound = decode_audio(str(shared(f"speech/{name}")))
    found = model.transcribe(iter([sound]), RATE_HZ, len(sound) / RATE_HZ)  # type: ignore[attr-defined]
    return [words for chunk in found for words in chunk.words]


@pytest.mark.weights
def test_a_recording_in_two_languages_comes_out_in_both() -> None:
    spans = spoken(transcriber("base"), "multilingual.mp3")
    languages = [one.language for one in spans]
    assert languages == sorted(languages, key=["en", "de"].index)
    assert min(one.window.start_s for one in spans if one.language == "de") == pytest.approx(31, abs=2.0)


@pytest.mark.weights
@pytest.mark.parametrize(("name", "language"), [("sonnet_de.mp3", None), ("sonnet_en.mp3", "en")])
def test_an_english_model_marks_german(name: str, language: str | None) -> None:
    assert {one.language for one in spoken(transcriber("tiny.en"), name)} == {language}
