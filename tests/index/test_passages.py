"""Passages and topics: lengths, where they close, and that nothing is left out."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_index.words.cohesion import depths, term_vectors
from playhead_index.words.passages import MAX_PASSAGE_S, MIN_PASSAGE_S, cheapest_division, divide_passages
from playhead_index.words.sentence_units import Sentence
from playhead_index.words.topics import MAX_TOPIC_S, MIN_TOPIC_S, divide_topics

BATTERIES = "The battery of the remote control lasts for years, and batteries are cheap."
BUTTONS = "Large buttons in yellow rubber make the case look like a fruit."


def sentences_of(texts: list[str], length_s: float = 6.0, start_s: float = 0.0) -> list[Sentence]:
    return [
        Sentence(Window(start_s + i * length_s, start_s + (i + 1) * length_s), text, (i,), len(text.split()))
        for i, text in enumerate(texts)
    ]


def lengths_s(sentences: list[Sentence], found: list[range]) -> list[float]:
    return [sentences[r.stop - 1].window.end_s - sentences[r.start].window.start_s for r in found]


def test_passages_hold_every_sentence_once_and_have_20_to_60_s() -> None:
    sentences = sentences_of([BATTERIES, BUTTONS, "So.", "What else?"] * 60)
    found = divide_passages(sentences)
    assert [i for one in found for i in one] == list(range(240))
    assert all(MIN_PASSAGE_S <= length_s <= MAX_PASSAGE_S for length_s in lengths_s(sentences, found))


def test_a_passage_closes_where_the_words_change() -> None:
    sentences = sentences_of([BATTERIES] * 7 + [BUTTONS] * 7)
    assert divide_passages(sentences) == [range(7), range(7, 14)]


def test_a_silence_closes_a_passage_however_short_it_is() -> None:
    sentences = [*sentences_of([BATTERIES] * 2), *sentences_of([BATTERIES] * 2, start_s=30.0)]
    assert divide_passages(sentences) == [range(2), range(2, 4)]


def test_a_change_of_speaker_is_a_better_end_than_none() -> None:
    speakers = ["Ann"] * 5 + ["Bob"] * 6
    sentences = [
        Sentence(one.window, one.text, one.span_ids, one.num_words, speaker)
        for one, speaker in zip(sentences_of([BATTERIES] * 11), speakers, strict=True)
    ]
    assert divide_passages(sentences) == [range(5), range(5, 11)]


def test_no_sentences_make_no_passage() -> None:
    assert divide_passages([]) == []


@given(st.lists(st.tuples(st.floats(0.01, 80), st.floats(0, 15)), max_size=40))
def test_passages_divide_any_sentences_in_order(parts: list[tuple[float, float]]) -> None:
    at_s, sentences = 0.0, []
    for length_s, gap_s in parts:
        sentences.append(Sentence(Window(at_s + gap_s, at_s + gap_s + length_s), "word", (1,), 1))
        at_s += gap_s + length_s
    found = divide_passages(sentences)
    assert [i for one in found for i in one] == list(range(len(sentences)))
    assert all(
        length_s <= MAX_PASSAGE_S or len(one) == 1
        for one, length_s in zip(found, lengths_s(sentences, found), strict=True)
    )


def test_thousands_of_words_in_one_second_take_linear_time() -> None:
    def seconds(count: int) -> float:
        sentences = [Sentence(Window(i * 1e-4, i * 1e-4 + 1.0), "no", (i,), 1) for i in range(count)]
        began = time.process_time()
        divide_passages(sentences)
        return time.process_time() - began

    seconds(100)
    assert seconds(4000) < 3 * max(seconds(2000), 0.05) + 0.2


def test_the_cheapest_division_of_all_is_found() -> None:
    prices = {(0, 2): 1.0, (2, 3): 1.0, (0, 1): 2.0, (1, 2): 2.0, (1, 3): 0.5}
    assert cheapest_division(3, lambda first, last: prices.get((first, last), float("inf"))) == [
        (0, 2),
        (2, 3),
    ]


def test_cohesion_is_lowest_between_two_subjects() -> None:
    texts = [BATTERIES, BATTERIES, BATTERIES, BUTTONS, BUTTONS, BUTTONS]
    starts_s = np.arange(6) * 10.0
    assert int(np.argmax(depths(term_vectors(texts), starts_s, starts_s + 10))) == 2


def test_a_word_of_one_text_only_weighs_nothing() -> None:
    assert not term_vectors(["alpha beta", "gamma delta"]).any()


def test_topics_close_where_the_vectors_change() -> None:
    windows = [Window(40.0 * i, 40.0 * (i + 1)) for i in range(9)]
    vectors = np.array([[1, 0, 0]] * 3 + [[0, 1, 0]] * 4 + [[0, 0, 1]] * 2, dtype=np.float32)
    assert divide_topics(windows, vectors) == [range(3), range(3, 7), range(7, 9)]


def test_topics_have_one_to_five_minutes() -> None:
    windows = [Window(30.0 * i, 30.0 * (i + 1)) for i in range(100)]
    vectors = np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)
    found = divide_topics(windows, vectors)
    found_s = [windows[one.stop - 1].end_s - windows[one.start].start_s for one in found]
    assert [i for one in found for i in one] == list(range(100))
    assert all(MIN_TOPIC_S <= length_s <= MAX_TOPIC_S for length_s in found_s)


def test_a_transcript_of_half_a_minute_is_one_topic() -> None:
    assert divide_topics([Window(0, 30)], np.zeros((1, 4), dtype=np.float32)) == [range(1)]


def test_topics_need_a_vector_for_each_passage() -> None:
    with pytest.raises(ValueError, match="expected a vector for each of 1 passages"):
        divide_topics([Window(0, 30)], np.zeros((2, 4), dtype=np.float32))
