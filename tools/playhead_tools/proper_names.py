"""Proper names that recur in a transcript, by their capitals, and which of them are names of persons.

No model and no list of names: a run of capitalised words is a name where it stands inside sentences (the
first word of any sentence has a capital), at least twice, and where its words are not written small elsewhere
in the same transcript. A text that writes many words with capitals (German, titles, a transcript in capitals)
and a script without capitals give no names.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from playhead_index.short_repr import short_repr
from playhead_index.window import Window, join_windows
from playhead_index.words.sentences import sentence_bounds
from playhead_tools.word_match import STOPWORDS

MIN_INSIDE = 2
"""Mentions inside sentences from which a run of capitalised words is a name."""
MAX_CAPITAL_SHARE = 0.15
"""Part of the words inside sentences with a capital above which capitals do not mark names.

Measured: 11 English meetings .008 to .056, 11 English tutorials .031 to .093, films and talks in eight other
languages .0 to .103; German, which writes nouns with capitals, .185, .216 and .358; descriptions in the style
of titles .2 and more."""
MAX_SMALL_SHARE = 0.1
"""A word that is written small more than this often as with a capital is an ordinary word."""
MIN_PERSON_SCORE = 2
"""A name is a person's where its mentions say so at least so much: one "Jane said", or two "Jane, could you",
less one for each "the Jane" or "in Jane"."""
MAX_NAME_WORDS = 5
_CONTEXT_CHARS = 24
_TOKEN = re.compile(r"[^\W\d_][\w'’&-]*")
_SPELLED = re.compile(r"(?:[^\W\d_]_)+(?:'?s)?\Z")
"""A word that is spelled out, as some transcripts write it: `L_C_D_`."""
_POSSESSIVE = re.compile(r"['’]s?\Z")
_OPENS = re.compile(r"[:\"“”‘«(\[–—…♪/]\s*\Z|\s-\s*\Z")
"""What a word stands behind that begins a quotation, a list or another sentence."""
_FILLERS = """
    ah aha alright anyway aye bye cause cool correct cos err exactly fair false fine god good gosh great
    ha hello hey hi hm hmm interesting kay lovely maybe mhm mm mm-hmm nah nice no nope oh ok okay ooh oops
    perfect please really right sorry sure thanks true uh uh-huh um very well whatever whoa wow yeah yep
    yes yup monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december euro euros dollar dollars pound pounds yen cent cents
    also always another because both each either even every few first instead last like many more most
    much neither never next nothing now once one only otherwise people perhaps second since someone
    something still though three two until usually
"""
_NOT_NAMES = STOPWORDS | frozenset(_FILLERS.split())
_TITLES = "mr mrs ms dr prof professor sir madam lady herr frau monsieur madame señor señora"
_TITLE_WORDS = frozenset(_TITLES.split())
_OFFICES = "chair chairman chairwoman minister president speaker secretary"
_OFFICE_WORDS = frozenset(_OFFICES.split())
"""By an office different persons may be addressed: it is nobody's name."""
_HESITATION = r"(?:(?:uh|um|also|just|actually|then|has|had|was|is|and)\s)*"
_SPEECH_VERBS = (
    "said|told|asked|thinks|thought|suggested|agreed|wrote|replied|proposed|presented|explained|wanted|"
    "says he|says she|saying|talking|asking|telling|explaining|suggesting|thinking"
)
_BEFORE_PERSON = re.compile(
    rf"(?:^|\W)(?:(?:{'|'.join(_TITLE_WORDS)})\.? |(?:hi|hello|hey|thanks|thank you|thank you very much),? |"
    r"(?:name is|name's) )\Z",
    re.IGNORECASE,
)
_AFTER_PERSON = re.compile(r"\sand (?:he|she)\b|,? who (?:is|was|has|had|said|wants)\b")
"""What stands around the name of somebody who is greeted or thanked, or of whom the next words are."""
_BEFORE_ADDRESSEE = re.compile(
    r"(?:^|\W)(?:(?:ask|asks|asked|asking|tell|tells|told|telling) |"
    r"(?:talk|talks|talked|talking|speak|spoke|speaking|listen|chat|met|meet|meeting|check) (?:to|with) |"
    r"(?:I|me) and |you think |"
    r"(?:^|[.?!] )(?:alright|okay|well|great|no|yes|yeah|wonderful|so) )(?:(?:uh|um),? )*\Z",
    re.IGNORECASE,
)
_AFTER_ADDRESSEE = re.compile(
    rf",? (?:(?:could|would|do|can|did) )?you\b|,? if you\b|\s{_HESITATION}(?:{_SPEECH_VERBS})\b"
)
"""What stands around the name of somebody who speaks (as institutions do) or is spoken to: a weak sign."""
_BEFORE_THING = re.compile(
    r"(?:^|\W)(?:the|a|an|in|into|inside|using|use|used|from|its|this|that|called|open|your|our|"
    r"for|of|at|on) \Z",
    re.IGNORECASE,
)
_BEFORE_COMMON = re.compile(r"(?:^|\W)an? \Z", re.IGNORECASE)
"""Behind an article an acronym is a common noun: "a PDA", as are its plurals, "DVDs"."""


@dataclass(frozen=True, slots=True)
class ProperName:
    """A name that recurs in a transcript.

    Args:
        label: as it is written most often.
        windows: of the spans that hold it, joined, in time order.
        num_mentions: how often it stands there.
        is_person: the words around it say that it names a person; else it may name anything.
    """

    label: str
    windows: tuple[Window, ...]
    num_mentions: int
    is_person: bool
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a span, without a possessive ending; `is_first` where it begins a sentence or a quotation."""

    text: str
    start: int
    end: int
    is_first: bool

    @property
    def key(self) -> str:
        return self.text.casefold()

    @property
    def has_capital(self) -> bool:
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class _Mention:
    key: tuple[str, ...]
    label: str
    window: Window
    is_inside: bool
    is_common: bool
    person: int


def recurring_names(spans: Sequence[tuple[Window, str]]) -> list[ProperName]:
    """The names that recur in a transcript, the most mentioned first.

    Args:
        spans: (window, text) of what is said, in time order.

    >>> said = ["So today Thomas Bayes, please.", "This is what Thomas Bayes wrote.", "Then we go on."]
    >>> [n.label for n in recurring_names([(Window(i, i + 1), text) for i, text in enumerate(said)])]
    ['Thomas Bayes']
    """
    tokens = [(window, text, _tokens(text)) for window, text in spans]
    inside = [one for _, _, own in tokens for one in own if not one.is_first and not _is_pronoun_i(one)]
    num_capitals = sum(one.has_capital for one in inside)
    if num_capitals > MAX_CAPITAL_SHARE * len(inside) and num_capitals > MIN_INSIDE * MAX_NAME_WORDS:
        return []
    small = Counter(one.key for _, _, own in tokens for one in own if not one.has_capital)
    capital = Counter(one.key for one in inside if one.has_capital)
    ordinary = {word for word, count in small.items() if count > MAX_SMALL_SHARE * capital[word]}
    mentions: dict[tuple[str, ...], list[_Mention]] = defaultdict(list)
    for window, text, own in tokens:
        for one in _mentions(window, text, own, ordinary):
            mentions[one.key].append(one)
    phrases = _small_phrases(tokens, mentions.keys())
    found = [own for key, own in mentions.items() if _is_name(key, own, ordinary, phrases)]
    return sorted((_name(own) for own in found), key=lambda one: (-one.num_mentions, one.label))


def _tokens(text: str) -> list[_Token]:
    starts = {start for start, _ in sentence_bounds(text)}
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        word = match[0].rstrip("-&")
        word = word.replace("_", "") if _SPELLED.match(word) else word
        before = text[max(0, match.start() - _CONTEXT_CHARS) : match.start()]
        is_first = not any(c.isalnum() for c in text[: match.start()]) if not found else False
        is_first = is_first or match.start() in starts or bool(_OPENS.search(before))
        found.append(_Token(_POSSESSIVE.sub("", word), match.start(), match.end(), is_first))
    return found


def _mentions(
    window: Window, text: str, tokens: Sequence[_Token], ordinary: Collection[str]
) -> Iterable[_Mention]:
    """The runs of capitalised words of a span, without the words that only begin a sentence."""
    run: list[_Token] = []
    for token in [*tokens, None]:
        if token is not None and _continues(text, run, token) and _may_be_of_name(token, ordinary):
            run.append(token)
            continue
        if run and len(run) <= MAX_NAME_WORDS and run[-1].key not in _TITLE_WORDS:
            yield _mention(window, text, run)
        run = [token] if token is not None and _may_be_of_name(token, ordinary) else []


def _is_pronoun_i(token: _Token) -> bool:
    """English `I` and its contractions, which have a capital everywhere."""
    return token.key.replace("’", "'").partition("'")[0] == "i"


def _may_be_of_name(token: _Token, ordinary: Collection[str]) -> bool:
    if not token.has_capital or len(token.text) < 2 or token.key in _NOT_NAMES:
        return False
    if "'" in token.text or "’" in token.text:
        return False
    return not (token.is_first and token.key in ordinary)


def _continues(text: str, run: Sequence[_Token], token: _Token) -> bool:
    if not run or token.is_first:
        return False
    between = text[run[-1].end : token.start]
    return between == " " or (between in (".", ". ") and run[-1].key in _TITLE_WORDS)


def _mention(window: Window, text: str, run: Sequence[_Token]) -> _Mention:
    label, key = " ".join(one.text for one in run), tuple(one.key for one in run)
    start, end = run[0].start, run[-1].end
    is_acronym = len(run) == 1 and sum(c.isupper() for c in label) > 1 and label.removesuffix("s").isupper()
    is_common = is_acronym and (
        label.endswith("s") or bool(_BEFORE_COMMON.search(text[max(0, start - 4) : start]))
    )
    person = _person_evidence(text, start, end, run)
    return _Mention(key, label, window, not run[0].is_first, is_common, person)


def _person_evidence(text: str, start: int, end: int, run: Sequence[_Token]) -> int:
    """What the words around a mention say: 2 a person, 1 perhaps a person, -1 something else, 0 nothing."""
    before, after = text[max(0, start - _CONTEXT_CHARS) : start], text[end : end + _CONTEXT_CHARS]
    if run[0].key in _TITLE_WORDS and len(run) > 1:
        return MIN_PERSON_SCORE
    if _BEFORE_THING.search(before):
        return -1
    if _BEFORE_PERSON.search(before) or _AFTER_PERSON.match(after):
        return MIN_PERSON_SCORE
    is_first_word = run[0].is_first and len(run) <= 2
    is_addressed = is_first_word and after[:1] in (",", "?")
    return int(is_addressed or bool(_BEFORE_ADDRESSEE.search(before) or _AFTER_ADDRESSEE.match(after)))


def _small_phrases(
    tokens: Iterable[tuple[Window, str, Sequence[_Token]]], wanted: Collection[tuple[str, ...]]
) -> Counter[tuple[str, ...]]:
    """How often each of some phrases of two to five words is written without any capital."""
    counts: Counter[tuple[str, ...]] = Counter()
    for _, _, own in tokens:
        keys = ["" if one.has_capital else one.key for one in own]
        for size in range(2, MAX_NAME_WORDS + 1):
            pieces = (tuple(keys[at : at + size]) for at in range(len(keys) - size + 1))
            counts.update(piece for piece in pieces if piece in wanted)
    return counts


def _is_name(
    key: tuple[str, ...],
    mentions: Sequence[_Mention],
    ordinary: Collection[str],
    phrases: Counter[tuple[str, ...]],
) -> bool:
    if sum(one.is_inside for one in mentions) < MIN_INSIDE or len({one.window for one in mentions}) < 2:
        return False
    if any(one.is_common for one in mentions) or key[-1] in _OFFICE_WORDS:
        return False
    return key[0] not in ordinary if len(key) == 1 else phrases[key] < len(mentions)


def _name(mentions: Sequence[_Mention]) -> ProperName:
    ((label, _),) = Counter(one.label for one in mentions).most_common(1)
    is_person = sum(one.person for one in mentions) >= MIN_PERSON_SCORE
    windows = tuple(join_windows(one.window for one in mentions))
    return ProperName(label, windows, len(mentions), is_person)
