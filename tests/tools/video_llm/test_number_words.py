"""Numbers in English words, as SmolVLM2's prompt has them, without the package num2words."""

import importlib
from importlib.util import find_spec

import pytest

from playhead_index.embed.runtime import transformers
from playhead_tools.video_llm.number_words import PROCESSOR, number_in_words, provide_number_words

WRITTEN = {
    0: "zero", 1: "one", 13: "thirteen", 20: "twenty", 21: "twenty-one", 64: "sixty-four",
    100: "one hundred", 101: "one hundred and one", 342: "three hundred and forty-two",
    1000: "one thousand", 1001: "one thousand and one", 1100: "one thousand, one hundred",
    2345: "two thousand, three hundred and forty-five",
    123_456: "one hundred and twenty-three thousand, four hundred and fifty-six",
}  # fmt: skip


@pytest.mark.parametrize("number", WRITTEN)
def test_a_number_is_written_in_english(number: int) -> None:
    assert number_in_words(number) == WRITTEN[number]


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"number must be from 0 to 999999, got {number}"):
        number_in_words(number)


@pytest.mark.skipif(find_spec("num2words") is None, reason="num2words is not installed to compare with")
def test_every_number_is_written_as_num2words_writes_it() -> None:
    from num2words import num2words

    numbers = [*range(1200), *range(1200, 1_000_000, 997)]
    assert [number_in_words(number) for number in numbers] == [num2words(number) for number in numbers]


def test_a_processor_without_num2words_gets_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    transformers()
    processor = importlib.import_module(PROCESSOR)
    monkeypatch.setattr(processor, "num2words", None)
    provide_number_words()
    assert processor.num2words(5) == "five"
