"""Numbers in texts: digits of any script, English words, Chinese signs."""

import pytest

from playhead_tools.numbers import citable_numbers, numbers_in


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("three of them", [3]), ("twenty-five", [25]), ("twenty five", [25]), ("a dozen eggs", [12]),
        ("two dozen", [24]), ("one hundred and twenty", [120]), ("seventeen hundred", [1700]),
        ("two hundred thousand", [200_000]), ("two three four", [2, 3, 4]), ("five, six", [5, 6]),
        ("ninety nine", [99]), ("twice", [2]), ("one of us", []), ("one hundred", [100]),
        ("at 0:35 there are 1,024", [1024]), ("-2.5 degrees", [2.5]),
        ("٣ people", [3]), ("२५", [25]), ("１２", [12]), ("二十五个人", [25]), ("一个人", []),
        ("三百", [300]),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(text: str, numbers: list[float]) -> None:
    assert numbers_in(text) == numbers


def test_a_text_can_be_cited_for_each_word_of_its_numbers_too() -> None:
    assert citable_numbers("channel fifty one") == {51.0, 50.0, 1.0}
