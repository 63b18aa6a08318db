"""Where the sentences of a text begin and end, by rules that need no model.

Transcripts need less than edited prose and in more scripts: stops of Latin, CJK, Indic, Arabic, Armenian,
Ethiopic, Khmer and Burmese text, abbreviations, initials, decimals, ordinals and list numbers. Thai and Lao
have no stop: such a text, and any text without punctuation, is one sentence, which whoever has its times cuts
at pauses.
"""

import re
from collections.abc import Iterable

_STOPS = ".!?…。！？｡．।॥؟۔։።᙮។။‽⁇⁈⁉"
_ALWAYS = frozenset("。！？｡．।॥؟۔։።᙮។။")
"""Stops that end a sentence without a space behind them."""
_CLOSERS = "\"'”’»›)\\]}）】」』》〉］"
_STOP = re.compile(f"[{_STOPS}]+[{_CLOSERS}]*")
_GREEK_STOP = re.compile(f"[{_STOPS};\u037e]+[{_CLOSERS}]*")
_NEW_SPEAKER = re.compile(r"\n[ \t]*(?=[-–—]\s?\w)|(?=>>)")
"""A line of its own with a dash, or the `>>` of broadcast captions: somebody else speaks."""
_LAST_TOKEN = re.compile(r"[^\s(\[{\"'“‘«¿¡]{1,24}\Z")
_OPENERS = "\"'“‘«‹([{（【「『《〈［¿¡-–—>♪# \t\n"
_MAX_TOKEN_CHARS = 25
_UNSPACED_SIGN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)

_TITLES = """
mr mrs ms messrs dr prof st mt gen sen rep gov capt cpt lt col sgt maj cmdr adm rev hon pres supt insp
vs cf viz approx e.g i.e eg ie ca al incl excl est dept univ assn
hr hrn fr nr str bzw z.b d.h u.a u.ä o.ä evtl ggf sog vgl abs
mm mme mmes mlle mlles me mgr p.ex
sr sra srta sres dra ud uds d.ª dña
sig sig.ra dott dott.ssa ing avv
г-н г-жа т.е т.н ул им проф
dhr mevr bijv o.a d.w.z
"""
_NOT_LAST = frozenset(_TITLES.split())
"""Abbreviations with a name or an example behind them, whatever its case."""
_NUMBERED = "no nos nr nº fig figs eq eqs sec ch chap vol p pp art par ex ver v г c"
_BEFORE_NUMBER = frozenset(_NUMBERED.split())
"""Abbreviations when a number follows."""
_LAST = "etc inc ltd co corp jr bros a.m p.m am pm usw u.s.w ff ecc т.д т.п др и.т.д"
_MAY_BE_LAST = frozenset(_LAST.split())
"""Abbreviations that end a sentence when a capital follows."""
_FIRST_WORDS = """
the a an it he she we you they i this that these those there here but and so in on at if when what who why how
where as for to no not yes well now then after before our my his her its their is are do does did
"""
_STARTERS = frozenset(_FIRST_WORDS.split())
"""First words by which "the U.S. The ..." is distinguished from "the U.S. Government"."""
_ORDINALS = "de da nb no nn fi cs sk sl hr sr bs hu et lv is fo pl tr lb"
_ORDINAL_DOT = frozenset(_ORDINALS.split())
"""Languages that write an ordinal number with a dot."""
_MAX_ORDINAL = 31


def sentence_bounds(text: str, language: str | None = None) -> list[tuple[int, int]]:
    """Character offsets [start, end) of the sentences of a text, ascending, without the space around them.

    Together they hold every character but white space. A stop ends a sentence with the quotes and brackets
    that close behind it. A full stop does not when it belongs to an abbreviation, an initial, a decimal, an
    ordinal or a list number, or when a small letter follows in a text that writes capitals. Line breaks do
    not end a sentence (subtitles break lines anywhere), but a line that begins with a dash, and `>>`, do:
    somebody else speaks.

    Args:
        text: plain text; empty gives no sentence.
        language: BCP 47 tag; decides on ordinals ("am 3. Oktober") and the Greek question mark.

    >>> text = "Dr. Lee pays 3.50 a day. Why? No. 5 says so"
    >>> [text[start:end] for start, end in sentence_bounds(text)]
    ['Dr. Lee pays 3.50 a day.', 'Why?', 'No. 5 says so']
    >>> sentence_bounds("これは何ですか。本です。")
    [(0, 8), (8, 12)]
    """
    tag = (language or "").partition("-")[0].lower()
    stops = list((_GREEK_STOP if tag == "el" else _STOP).finditer(text))
    has_capitals = _has_capitals(text, stops)
    ends = {match.end() for match in stops if _is_end(text, match, tag, has_capitals)}
    ends |= {match.start() for match in _NEW_SPEAKER.finditer(text)}
    bounds = []
    start = 0
    for end in sorted(ends | {len(text)}):
        piece = text[start:end]
        if stripped := piece.strip():
            begin = start + len(piece) - len(piece.lstrip())
            bounds.append((begin, begin + len(stripped)))
        start = end
    return bounds


def _is_end(text: str, stop: re.Match[str], tag: str, has_capitals: bool) -> bool:
    """Whether the stops that were found end a sentence."""
    mark = stop[0].rstrip("\"'”’»›)]}）】」』》〉］")
    if mark[-1] in _ALWAYS:
        return not (len(mark) < len(stop[0]) and text[stop.end() : stop.end() + 1] == "と")
    if stop.end() < len(text) and not text[stop.end()].isspace() and not is_unspaced_sign(text[stop.end()]):
        return False
    following = _first_word(text, stop.end())
    if not following:
        return True
    if following[0].islower() and (has_capitals or mark[-1] == "…" or len(mark) > 1):
        return False
    return mark != "." or not _is_abbreviation(text, stop.start(), following, tag)


def _is_abbreviation(text: str, dot: int, following: str, tag: str) -> bool:
    """Whether the full stop at an offset belongs to what stands before it and ends no sentence."""
    match = _LAST_TOKEN.search(text[max(0, dot - _MAX_TOKEN_CHARS) : dot])
    if match is None:
        return False
    token = match[0]
    folded = token.casefold()
    if token.isdecimal():
        begins = _begins_sentence(text, dot - len(token))
        ordinal = tag in _ORDINAL_DOT and len(token) <= 2 and int(token) <= _MAX_ORDINAL
        return (begins and len(token) <= 2) or (ordinal and following[0].isalpha())
    if folded in _MAY_BE_LAST:
        return not following[0].isupper()
    if folded in _NOT_LAST:
        return True
    if folded in _BEFORE_NUMBER and following[0].isdecimal():
        return True
    if len(token) == 1 and token.isalpha():
        spaced = len(following) == 1 and following.isalpha() and following not in ("I", "A")  # "z. B."
        return spaced or (token.isupper() and token != "I" and following[0].isupper() and len(following) > 1)
    if "." in token and all(len(part) == 1 and part.isalpha() for part in token.split(".")):
        return following.casefold() not in _STARTERS
    return False


def _begins_sentence(text: str, offset: int) -> bool:
    """Whether a sentence begins at an offset: nothing stands before it, or a stop of no abbreviation."""
    before = text[max(0, offset - _MAX_TOKEN_CHARS) : offset].rstrip(_OPENERS)
    token = _LAST_TOKEN.search(before.rstrip(_STOPS))
    return not before or (before[-1] in _STOPS and not (token and token[0].casefold() in _BEFORE_NUMBER))


def _first_word(text: str, offset: int) -> str:
    """The first letters or digits behind an offset, at most a few; empty when there are none near."""
    ahead = text[offset : offset + _MAX_TOKEN_CHARS].lstrip(_OPENERS)
    match = re.match(r"\w+", ahead)
    return match[0] if match else ahead[:1]


def _has_capitals(text: str, stops: list[re.Match[str]]) -> bool:
    """Whether sentences of this text begin with capitals, judged by what follows its stops and its start."""
    firsts = [_first_word(text, 0), *(_first_word(text, stop.end()) for stop in stops)]
    capitals = sum(word[:1].isupper() for word in firsts)
    return capitals >= sum(word[:1].islower() for word in firsts)


def is_unspaced_sign(sign: str) -> bool:
    """Whether a character is of a script without spaces between words; Korean, which has them, is not.

    CJK ideographs and punctuation, kana, Thai, Lao, Burmese and Khmer.
    """
    return sign >= "\u0e00" and _UNSPACED_SIGN.match(sign) is not None


def join_sentences(texts: Iterable[str]) -> str:
    """Sentences or passages as one text, with a space between them where their script has spaces.

    >>> join_sentences(["One.", "Two."]), join_sentences(["一。", "二。"])
    ('One. Two.', '一。二。')
    """
    pieces: list[str] = []
    for text in texts:
        if pieces and not (is_unspaced_sign(pieces[-1][-1]) and is_unspaced_sign(text[0])):
            pieces.append(" ")
        pieces.append(text)
    return "".join(pieces)
