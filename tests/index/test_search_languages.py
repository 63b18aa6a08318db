"""Tests of searching words in many scripts: what is found, and that written forms rank before folded ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.made_search import MadeLibrary
from tests.shared_data import shared

from playhead_index.search import lexical
from playhead_index.search.lexical import LexicalIndex
from playhead_index.search.lexical_cache import load_postings, save_postings
from playhead_index.search.query_terms import Tokenizer, parse_query_words
from playhead_index.search.results import Scope
from playhead_index.search.word_forms import fold_word, word_forms
from playhead_index.store.change_detection import ChangeDetector
from playhead_index.store.spans import read_texts
from playhead_index.words.subtitles import read_subtitle_file

OTHER_TEXTS = (
    "nothing here one",
    "filler two text",
    "padding three words",
    "four more lines",
    "five rows here",
)


@pytest.fixture
def library(tmp_path: Path) -> MadeLibrary:
    return MadeLibrary(tmp_path / "library")


def index_of(library: MadeLibrary) -> LexicalIndex:
    index = LexicalIndex(library.catalog)
    index.refresh(ChangeDetector(library.catalog).signatures())
    return index


def found(index: LexicalIndex, text: str, limit: int = 10) -> list[str]:
    return [str(hit.text) for hit in index.hits(text, ["speech"], Scope(), limit)["speech"]]


def add(library: MadeLibrary, video_id: str, *texts: str) -> None:
    library.add(video_id, spans=[("speech", i * 3.0, i * 3.0 + 3.0, text) for i, text in enumerate(texts)])


def first_two(library: MadeLibrary, query: str, *texts: str) -> list[str]:
    add(library, "v", *texts, *OTHER_TEXTS)
    return found(index_of(library), query)[:2]


@pytest.mark.parametrize(
    ("query", "exact", "folded"),
    [
        ("año", "el año nuevo", "el ano"), ("ano", "el ano nuevo", "el año"),
        ("schön", "das ist schön", "schon gut"), ("schon", "das ist schon da", "schön"),
        ("Müller", "Herr Müller kommt", "Muller"), ("Müller", "Herr Müller kommt", "Mueller"),
        ("Mueller", "Herr Mueller kommt", "Müller"), ("Straße", "in der Straße", "Strasse"),
        ("été", "L’ÉTÉ arrive", "ete"), ("får", "jag får gå", "far"), ("Łódź", "do Łódź", "Lodz"),
        ("ёжик", "наш ёжик в тумане", "ежик"), ("все", "все люди", "всё"),
        ("νόμος", "ο νόμος είναι", "νομός"), ("λογος", "ΛΟΓΟΣ και έργο", "λόγος"),
        ("ışık", "Işık açık", "isik"), ("mã", "mã số này", "má"), ("đường", "đường phố này", "duong"),
        ("أحمد", "جاء أحمد هنا", "احمد"), ("المدرسة", "إلى المدرسة اليوم", "مدرسة"),
        ("مدرسة", "هذه مدرسة كبيرة", "والمدرسة"), ("مدرسة", "هذه مدرسة كبيرة", "مدرسه"),
        ("हिन्दी", "यह हिन्दी भाषा", "हिंदी"), ("हिंदी", "यह हिंदी भाषा", "हिन्दी"),
    ],
)  # fmt: skip
def test_the_written_form_ranks_before_a_folded_one_in_a_shorter_text(
    library: MadeLibrary, query: str, exact: str, folded: str
) -> None:
    assert first_two(library, query, folded, exact) == [exact, folded]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("天", "今天我们讨论"), ("天气", "今天天气很好"), ("人工智能", "今天我们讨论人工智能的未来"),
        ("メートル", "高さは333ﾒｰﾄﾙです"), ("ﾒｰﾄﾙ", "高さは333メートルです"), ("333", "高さは３３３メートル"),
        ("ＡＢＣ１２３", "the code ABC123"), ("abc123", "the code ＡＢＣ１２３"), ("人々", "人々の声"),
        ("iPhone", "iPhoneを買う"), ("iphones", "新しいiPhone講座"), ("講座", "新しいiPhone講座"),
        ("날씨", "오늘 날씨가 좋다"), ("정말 좋습니다", "날씨가 정말 좋습니다"), ("ดี", "วันนี้อากาศดีมาก"),
        ("อากาศ", "วันนี้อากาศดีมาก"), ("น้ำ", "ดื่มนํ้าเย็น"), ("ພາສາ", "ພາສາລາວ"), ("ភាសា", "ភាសាខ្មែរ"),
        ("مدرسة", "مَدْرَسَة كبيرة"), ("مدرسة", "ﻣﺪﺭﺳﺔ كبيرة"), ("کتاب", "هذا كتاب"), ("المدرسة", "بالمدرسة"),
        ("١٢٣", "قناة 123"), ("محمد", "محمـــد"), ("שלום", "שָׁלוֹם לכולם"), ("שָׁלוֹם", "שלום רב"),
        ("क़लम", "यह कलम है"), ("குழந்தை", "ஒரு குழந்தை"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_another_spelling_or_inside_a_run(
    library: MadeLibrary, query: str, text: str
) -> None:
    assert first_two(library, query, text) == [text]


@pytest.mark.parametrize(
    ("query", "text"),
    [("हिंदी", "हुँ"), ("किताब", "कताब"), ("วัน", "น้ำตาล"), ("ดี", "เขาไปตลาด"), ("工人", "人工智能"),
     ("мой", "мои"), ("か", "が"), ("குழந்தை", "குழந்த")],
)  # fmt: skip
def test_vowel_signs_and_letters_are_not_lost(library: MadeLibrary, query: str, text: str) -> None:
    assert first_two(library, query, text) == []


@pytest.mark.parametrize(
    ("query", "text", "others"),
    [
        ('"schön"', "wie schön", "schon gut"), ('"schon"', "schon gut", "wie schön"),
        ('"mã"', "mã số", "má ma"),
        ('"ano"', "el ano", "el año"), ('"всё"', "всё хорошо", "все люди"), ('"νόμος"', "ο νόμος", "ο νομός"),
        ('"мой"', "мой дом", "мои"), ('"東京塔"', "東京塔だ", "京塔と東京"), ('"किताब"', "यह किताब", "कताब"),
        ('"مدرسة"', "مَدْرَسَة", "المدرسة"), ('"날씨"', "오늘 날씨가", "날 씨"), ('"น้ำตาล"', "นํ้าตาล", "ตาลน้ำ"),
    ],
)  # fmt: skip
def test_quoted_words_that_differ_by_a_mark_are_not_the_same(
    library: MadeLibrary, query: str, text: str, others: str
) -> None:
    assert first_two(library, query, others, text) == [text]


def test_quoted_words_are_found_with_ss_for_sharp_s_and_without_vowel_points(library: MadeLibrary) -> None:
    add(library, "v", "die STRASSE", "die Straße", "שָׁלוֹם רב", *OTHER_TEXTS)
    index = index_of(library)
    assert set(found(index, '"Straße"')) == {"die STRASSE", "die Straße"}
    assert found(index, '"שלום"') == ["שָׁלוֹם רב"]


@pytest.mark.parametrize("is_merged", [True, False])
def test_written_forms_are_distinguished_across_the_parts_of_an_index(
    library: MadeLibrary, is_merged: bool
) -> None:
    add(library, "a", *OTHER_TEXTS, "el ano")
    index, watch = LexicalIndex(library.catalog), ChangeDetector(library.catalog)
    index.refresh(watch.signatures())
    add(library, "b", *["one more line"] * (2 if is_merged else 0), "el año nuevo", "el ano viejo")
    index.refresh(watch.signatures())
    assert (len(index._parts) == 1) is is_merged
    assert found(index, "año") == ["el año nuevo", "el ano", "el ano viejo"]
    assert found(index, "ano") == ["el ano", "el ano viejo", "el año nuevo"]


@pytest.mark.parametrize(
    ("query", "text"),
    [("run", "she ran"), ("ran", "we run"), ("went", "they go"), ("gone", "he went"), ("children", "a child"),
     ("child", "the children"), ("bought", "buy it"), ("men", "a man"), ("mouse", "the mice")],
)  # fmt: skip
def test_an_irregular_form_is_found_and_ranks_after_the_form_of_the_query(
    library: MadeLibrary, query: str, text: str
) -> None:
    exact = f"here is {query} in a text"
    assert first_two(library, query, text, exact) == [exact, text]


def test_written_forms_do_not_change_the_scores_where_every_text_has_the_same(library: MadeLibrary) -> None:
    add(library, "v", "mi escuela", "una école", *OTHER_TEXTS)
    (plain,) = index_of(library).hits("escuela", ["speech"], Scope(), 5)["speech"]
    (marked,) = index_of(library).hits("école", ["speech"], Scope(), 5)["speech"]
    assert marked.score == plain.score


def test_postings_of_another_version_of_the_terms_are_made_anew(
    library: MadeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(library, "v", "el año")
    (part,) = index_of(library)._parts
    assert save_postings(tmp_path / "words", part, {"v": "1"})
    assert load_postings(tmp_path / "words") is not None
    monkeypatch.setattr("playhead_index.search.lexical_cache.TERMS", "0")
    assert load_postings(tmp_path / "words") is None


def test_every_text_of_a_quoted_phrase_is_read_once(
    library: MadeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "MIN_QUOTED_DEPTH", 2)
    monkeypatch.setattr(lexical, "COMPARED_AT_ONCE", 3)
    add(library, "v", *["el ano"] * 40, "el año nuevo y otras muchas cosas")
    index, read = index_of(library), list[int]()
    monkeypatch.setattr(lexical, "read_texts", lambda *given: read.extend(given[1]) or read_texts(*given))
    assert found(index, '"año" ano', limit=1) == ["el año nuevo y otras muchas cosas"]
    assert len(read) == len(set(read)) <= 41


@given(st.text(max_size=40))
def test_a_folded_word_is_its_own_fold_and_is_found_by_the_query_of_its_text(text: str) -> None:
    tokenizer = Tokenizer("porter unicode61 remove_diacritics 2")
    for folded, form in word_forms(text):
        assert not form or fold_word(form) == folded
    assert set(parse_query_words(text, tokenizer).required) <= set(parse_query_words(text, tokenizer).terms)


@pytest.mark.parametrize(
    "name",
    [
        *(
            f"captions/elephantsdream/video.js__captions.{language}.vtt"
            for language in ("ar", "ja", "ru", "sv")
        ),
        *(f"subtitles/tears_of_steel/TOS-{language}.srt" for language in ("de", "es", "fr-Goofy", "ru")),
    ],
)
def test_every_cue_of_real_subtitles_is_found_first_by_its_own_text(library: MadeLibrary, name: str) -> None:
    texts = list(dict.fromkeys(words.text for words in read_subtitle_file(shared(name))))
    add(library, "v", *texts)
    index = index_of(library)
    queries = [text for text in texts if any(map(str.isalpha, text)) and '"' not in text]
    assert sum(found(index, text, 1) == [text] for text in queries) >= 0.95 * len(queries) > 20
