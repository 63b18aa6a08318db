"""No regular expression of the packages is ambiguous in a loop, so that all take linear time."""

from functools import cache

import pytest
from tests.pattern_ambiguity import ambiguity
from tests.patterns import Found, patterns

GRAMMAR = ("playhead_tools.question", "playhead_tools.times", "playhead_tools.question_vocabulary")
"""Their patterns are matched on `single_blanks` of a question."""
LINEAR_BY_MEASUREMENT: dict[tuple[str, str], str] = {
    ("playhead_tools.video_llm.refusals", name): "a reply is cut at 400 characters: 0.0002 s for 40,000"
    for name in ("_CANNOT_TELL", "_CONCLUSIONS", "_ABSENT")
}
"""By (module, name): a pattern that is linear although it is found, and the measurement that shows it."""


@cache
def found() -> tuple[Found, ...]:
    return tuple(dict.fromkeys(patterns()))


@pytest.mark.parametrize(
    ("pattern", "searched", "kind"),
    [
        (r"(?:a|a)*b", False, "exponential"),
        (r"(a*)*b", False, "exponential"),
        (r"(?:\s*\w+)*$", False, "exponential"),
        (r"(?:\d+\s*h\s*,?\s*)*end", False, "exponential"),
        (r"\s*(-?)\s*x", False, "polynomial"),
        (r".*a.*b", False, "polynomial"),
        (r"\s*x", True, "polynomial"),
        (r"<rt\b[^>]*>", True, "polynomial"),
        (r"\d+s", True, "polynomial"),
    ],
)
def test_ambiguous_patterns_are_found(pattern: str, searched: bool, kind: str) -> None:
    result = ambiguity(pattern, searched=searched)
    assert result is not None
    assert result[0] == kind


@pytest.mark.parametrize(
    ("pattern", "searched"),
    [
        (r"\s*+(?:(-)\s*+)?x", False),
        (r"(?>.*?a).*b", False),
        (r"(?:\s+\w+)*$", False),
        (r"(?<!\s)\s*+x", True),
        (r"\b\d+s", True),
        (r"<[^>]*(?:>|$)", True),
        (r'"([^"]*)"', True),
        (r"[^\W_]+(?:['’][^\W_]+)*", True),
    ],
)
def test_patterns_that_are_linear_are_not(pattern: str, searched: bool) -> None:
    assert ambiguity(pattern, searched=searched) is None


def test_all_patterns_are_looked_at() -> None:
    """Compiled ones, those in lists, those of calls, of strings that are put together."""
    names = {(one.module.removeprefix("playhead_"), one.name) for one in found()}
    assert len(found()) > 320
    assert {
        ("index.words.subtitle_formats", "_SRT_TIMING"),
        ("tools.times", "_COMPILED"),
        ("tools.question_vocabulary", "_NTH"),
    } <= names
    assert any(module == "agent.rules.video_names" and name.startswith("line") for module, name in names)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_pattern_is_ambiguous_in_a_loop() -> None:
    ambiguous = {}
    for one in found():
        single_blanks = one.module.startswith(GRAMMAR)
        result = ambiguity(one.text, one.flags, searched=one.searched, single_blanks=single_blanks)
        if result is not None and (one.module, one.name) not in LINEAR_BY_MEASUREMENT:
            ambiguous[one.module, one.name, one.text[:80]] = result
    assert ambiguous == {}
