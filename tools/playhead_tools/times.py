"""Explicit times in a question, read by a grammar: "at 12:30", "in the last five minutes", "second half"."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playhead_index.window import parse_time
from playhead_tools.numbers import ORDINAL_PATTERN, WORD_PATTERN, number_value, ordinal_value
from playhead_tools.question_vocabulary import re_any_case, single_blanks
from playhead_tools.time_phrase import TimeKind, TimePhrase, resolve_times

__all__ = ["ParsedTimes", "TimePhrase", "parse_times", "resolve_times"]
FEW = 3
MAX_MORE_LENGTHS = 5
"""Lengths that may follow one and belong to it: "1 h 2 min and 3 s" has two.

A row of them is tried from every one of its members; the limit keeps the time linear."""
_UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class ParsedTimes:
    """The times of a question and the question without them."""

    times: tuple[TimePhrase, ...]
    rest: str


# ---- the grammar: the pieces ----

_PLAIN_NUMBER = rf"(?:\d+(?:\.\d+)?|{WORD_PATTERN})"
_N = rf"(?:{_PLAIN_NUMBER}|an?(?!\s+second\b)|(?:a\s+)?few|(?:a\s+)?couple(?:\s+of)?|half\s+an?)"
_U = r"(?:hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])"
_ONE = rf"{_N}[\s-]*{_U}(?:\s+and\s+a\s+half)?|{_N}\s+and\s+a\s+half\s+{_U}"
_LENGTH = rf"(?:{_ONE})(?:(?:\s?,)?\s?(?:and\s+)?(?:{_ONE})){{0,{MAX_MORE_LENGTHS}}}"
_CLOCK = r"\d{1,3}(?::\d{2}){1,2}(?:\.\d+)?(?!\d|:\d)"
_NTH_UNIT = rf"(?:minute|second|hour)\s+(?:\d+(?:\.\d+)?|{WORD_PATTERN})(?!\s*{_U})"
_MARK = rf"(?:the\s+)?(?:{_LENGTH}|{_CLOCK})[\s-]+mark"
_STAMP = r"(?:(?:the\s+)?time\s*stamp\s+|time\s+|t\s*=\s*)"
_POINT = rf"{_STAMP}?(?:{_MARK}|{_CLOCK}|{_NTH_UNIT}|{_LENGTH})|t\s*=\s*\d+(?:\.\d+)?s?"
_FILM = r"(?:video|talk|lecture|film|movie|recording|clip|file|footage|episode|presentation)"
_THE_FILM = rf"\s+(?:of|in|into|through)\s+(?:the|this|that)\s+{_FILM}"
_VIDEO = rf"(?:{_THE_FILM})?"
_IN = r"(?:(?:in|during|within|over|for|throughout|of|from)\s+)?(?:the\s+)?(?:very\s+)?"
_ORD = rf"(?:{ORDINAL_PATTERN})"
_LENGTH_PART = re.compile(
    rf"(?<!\d)({_N})(\s+and\s+a\s+half)?[\s-]*({_U})(\s+and\s+a\s+half)?", re.IGNORECASE
)


def _number(text: str) -> float:
    words = re.sub(r"\s+", " ", text.strip().lower())
    if words.startswith("half"):
        return 0.5
    if "few" in words:
        return float(FEW)
    if "couple" in words:
        return 2.0
    return 1.0 if words in ("a", "an") else number_value(words)


def _length_s(text: str) -> float:
    """Seconds of "2 minutes and 30 seconds", "1h 2m 3s", "two and a half minutes"."""
    total_s = 0.0
    for number, half_before, unit, half_after in _LENGTH_PART.findall(text):
        half = 0.5 if half_before or half_after else 0.0
        total_s += (_number(number) + half) * _UNIT_S[unit[0].lower()]
    return total_s


def _nth_unit(text: str) -> tuple[float, float] | None:
    found = re.search(rf"(minute|second|hour)\s+(\d+(?:\.\d+)?|{WORD_PATTERN})$", text.strip(), re.IGNORECASE)
    if found is None:
        return None
    unit_s = _UNIT_S[found[1][0].lower()]
    return number_value(found[2]) * unit_s, unit_s


def _point_s(text: str) -> float:
    """Seconds of one point in time.

    Raises:
        ValueError: it looks like a clock and is none.
    """
    plain = re.sub(rf"^\s*{_STAMP}", "", text.strip(), flags=re.IGNORECASE)
    clock = re.search(_CLOCK, plain)
    if clock is not None:
        return parse_time(clock[0])
    nth = _nth_unit(plain)
    if nth is not None:
        return nth[0]
    if re.search(r"[a-z]", plain.rstrip("s"), re.IGNORECASE):
        return _length_s(plain)
    return float(plain.rstrip("s"))


# ---- the grammar: the rules, the first that fits wins ----

_Build = Callable[[re.Match[str]], TimePhrase]


def _range(m: re.Match[str]) -> TimePhrase:
    second_s = _point_s(m["b"])
    if re.search(r"[a-z:]", m["a"], re.IGNORECASE) and not re.fullmatch(WORD_PATTERN, m["a"], re.IGNORECASE):
        return TimePhrase("stretch", m[0], _point_s(m["a"]), second_s)
    units = re.findall(_U, m["b"], re.IGNORECASE)
    unit_s = _UNIT_S[units[0][0].lower()] if units else 1.0
    return TimePhrase("stretch", m[0], number_value(m["a"]) * unit_s, second_s)


def _unit_range(m: re.Match[str]) -> TimePhrase:
    unit_s = _UNIT_S[m["u"][0].lower()]
    return TimePhrase("stretch", m[0], number_value(m["a"]) * unit_s, number_value(m["b"]) * unit_s)


def _edge_length(m: re.Match[str]) -> TimePhrase:
    kind: TimeKind = "first" if m["edge"].lower() in ("first", "opening", "initial") else "last"
    return TimePhrase(kind, m[0], _length_s(m["len"]))


def _ordinal_unit(m: re.Match[str]) -> TimePhrase:
    n, unit_s = ordinal_value(m["ord"]), _UNIT_S[m["u"][0].lower()]
    if n < 0:
        return TimePhrase("last", m[0], unit_s)
    return TimePhrase("stretch", m[0], (n - 1) * unit_s, n * unit_s)


def _part(m: re.Match[str]) -> TimePhrase:
    parts = {"half": 2, "third": 3, "quarter": 4}[m["part"].lower()]
    n = ordinal_value(m["ord"])
    n = parts if n < 0 else n
    if n > parts:
        return TimePhrase("nonsense", m[0])
    return TimePhrase("fraction", m[0], (n - 1) / parts, n / parts)


def _percent(m: re.Match[str]) -> TimePhrase:
    share = number_value(m["n"]) / 100
    if share > 1:
        return TimePhrase("nonsense", m[0])
    first = m["edge"].lower() == "first"
    return TimePhrase("fraction", m[0], 0.0 if first else 1 - share, share if first else 1.0)


def _at(m: re.Match[str]) -> TimePhrase:
    nth = _nth_unit(m["p"])
    if nth is not None:
        return TimePhrase("stretch", m[0], nth[0], nth[0] + nth[1])
    return TimePhrase("at", m[0], _point_s(m["p"]))


def _from_end(m: re.Match[str]) -> TimePhrase:
    return TimePhrase("from_end", m[0], _length_s(m["p"]))


def _point(kind: TimeKind) -> _Build:
    return lambda m: TimePhrase(kind, m[0], _point_s(m["p"]))


def _fixed(kind: TimeKind, a: float = 0.0, b: float = 0.0) -> _Build:
    return lambda m: TimePhrase(kind, m[0], a, b)


_QUESTION_WORD = r"(?:what|who|which|where|when|how|why|is|are|was|were|does|do|did)"
_SIDE_END = rf"(?:{_THE_FILM}|(?=\s*[,.;:?!]|\s*$|\s+{_QUESTION_WORD}\b))"
_STOP = r"(?=\s*[,.;?!]|\s*$)"
_TO = r"(?:to|and|until|till|through|-|–|—)"
_ROUGHLY = r"(?:about|roughly|approximately|around)"
_INTO = rf"(?:\s+in(?:to)?{_STOP}|{_THE_FILM})"
_RULES: list[tuple[str, _Build]] = [
    # two ends
    (rf"\b(?:from|between)\s+(?P<a>{_POINT}|{_PLAIN_NUMBER})\s*{_TO}\s*(?P<b>{_POINT})", _range),
    (
        rf"\b(?:(?:from|between|in|during)\s+)?(?P<u>minute|second|hour)s?\s+(?P<a>{_PLAIN_NUMBER})\s*{_TO}\s*"
        rf"(?:(?P=u)s?\s+)?(?P<b>{_PLAIN_NUMBER})\b(?!\s*{_U})",
        _unit_range,
    ),
    (rf"(?:\b(?:in|during|at)\s+)?(?P<a>(?<![\d:.]){_CLOCK})\s*{_TO}\s*(?P<b>{_CLOCK})", _range),
    # parts of the whole
    (rf"\b(?:at\s+)?(?P<p>{_LENGTH})\s+(?:before|from)\s+the\s+end\b{_VIDEO}", _from_end),
    (
        rf"\b{_IN}(?P<edge>first|opening|initial|last|final|closing)\s+(?P<len>{_LENGTH}){_VIDEO}",
        _edge_length,
    ),
    (rf"\b{_IN}(?P<edge>first|last)\s+(?P<n>{_PLAIN_NUMBER})\s*(?:%|percent|per\s+cent){_VIDEO}", _percent),
    (rf"\b{_IN}(?P<ord>{_ORD})\s+(?P<part>half|third|quarter)\b{_VIDEO}", _part),
    (rf"\b{_IN}(?P<ord>{_ORD})\s+(?P<u>minute|hour)\b{_VIDEO}", _ordinal_unit),
    (rf"\b(?:at\s+)?half[\s-]?way(?:\s+through(?:\s+the\s+{_FILM})?)?\b", _fixed("fraction", 0.45, 0.55)),
    (rf"\b(?:in|around|near|at)\s+the\s+middle{_SIDE_END}", _fixed("fraction", 1 / 3, 2 / 3)),
    # one end
    (
        rf"\b(?:after|past|since|beyond|starting\s+(?:at|from))\s+(?P<p>{_POINT})(?:\s+on(?:wards?)?\b)?(?!\s+of\b)",
        _point("after"),
    ),
    (
        rf"\bfrom\s+(?P<p>{_POINT})\s+(?:on(?:wards?)?\b|to\s+the\s+end\b{_VIDEO})",
        _point("after"),
    ),
    (rf"\b(?:before|until|till|up\s+to|prior\s+to|by)\s+(?P<p>{_POINT})", _point("before")),
    # one point
    (rf"\b(?:at\s+)?{_ROUGHLY}\s+(?P<p>{_STAMP}?{_CLOCK})", _point("around")),
    (rf"\b(?:around|at\s+{_ROUGHLY}|near|close\s+to|circa)\s+(?P<p>{_POINT})", _point("around")),
    (rf"\bat\s+(?:exactly\s+|precisely\s+)?(?P<p>{_POINT})(?:{_INTO})?", _at),
    (rf"@\s*(?P<p>{_CLOCK})", _at),
    (rf"\b(?:in|during)\s+(?P<p>{_NTH_UNIT})", _at),
    (rf"\b(?P<p>{_LENGTH}){_INTO}", _at),
    # the ends
    (
        rf"\b(?:at|in|near|by|towards?|from)\s+(?:the\s+)?(?:very\s+)?(?:beginning|start){_SIDE_END}",
        _fixed("beginning"),
    ),
    (rf"\b(?:at|near|by|towards?)\s+the\s+(?:very\s+)?end{_SIDE_END}", _fixed("end")),
]
_COMPILED = [(re_any_case(pattern), build) for pattern, build in _RULES]


def _read_one(match: re.Match[str], build: _Build) -> TimePhrase:
    try:
        phrase = build(match)
    except ValueError:
        phrase = TimePhrase("nonsense", match[0])
    return TimePhrase(phrase.kind, " ".join(phrase.phrase.split()), phrase.a, phrase.b)


def parse_times(text: str) -> ParsedTimes:
    """The explicit times of a question in the order of its words, and the question without them.

    >>> read = parse_times("what is on the slide between 3 and 4 minutes?")
    >>> read.times[0].a, read.times[0].b, read.rest
    (180.0, 240.0, 'what is on the slide?')
    """
    found: list[tuple[int, TimePhrase]] = []
    rest = single_blanks(text.replace("\x00", " "))
    for pattern, build in _COMPILED:
        pieces, at = [], 0
        for match in pattern.finditer(rest):
            found.append((match.start(), _read_one(match, build)))
            pieces += [rest[at : match.start()], "\x00" * len(match[0])]
            at = match.end()
        rest = "".join([*pieces, rest[at:]])
    times = tuple(phrase for _, phrase in sorted(found, key=lambda pair: pair[0]))
    return ParsedTimes(times, _tidy(rest.replace("\x00", " ")) if times else text)


def _tidy(text: str) -> str:
    """What is left of a sentence, without blanks before its marks, and no comma or "and" at either end."""
    joined = re.sub(r" ([?.!,;:])", r"\1", single_blanks(text))
    joined = re.sub(r"^(?:[,;:]\s*|(?:and|but)\b\s*)+", "", joined)
    mark = joined[-1:] if joined.endswith(("?", ".", "!")) else ""
    return f"{joined[: _end_of_words(joined, len(joined) - len(mark))]}{mark}".strip()


def _end_of_words(text: str, end: int) -> int:
    """Where the words of text[:end] end, commas and the like and a last "and" left out."""
    full_end = end
    while True:
        at = end
        while at and text[at - 1] == " ":
            at -= 1
        if at and text[at - 1] in ",;:":
            end = at - 1
        elif text[max(0, at - 3) : at] in ("and", "but") and not _is_word(text[at - 4 : at - 3]):
            end = at - 3
        else:
            return full_end if end == full_end else at


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
