"""Text from outside cannot leave its fence, and stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from playhead_tools.untrusted_text import MAX_LABEL_CHARS, fenced


@given(st.text(max_size=30), st.text(alphabet="`~\na \r\x1b\u2028", max_size=60))
def test_a_text_cannot_close_its_fence(label: str, text: str) -> None:
    first, *inside, last = fenced(label, text).split("\n")
    assert set(last) == {"`"}
    assert first.startswith(last)
    assert all(last not in line for line in inside)


def test_a_text_is_given_without_html_entities() -> None:
    assert fenced("speech", "it's R&D </result>") == "```speech\nit's R&D </result>\n```"


def test_control_characters_and_direction_marks_are_taken_out() -> None:
    assert fenced("a\nb`c", "\x1b[31mred\x1b[0m\u202e!") == "```a b'c\nred!\n```"


def test_a_long_label_is_cut() -> None:
    assert len(fenced("x" * 500, "").split("\n")[0]) == MAX_LABEL_CHARS + 3
