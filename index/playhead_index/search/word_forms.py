"""The words of a text as a search index holds them: folded, beside the form in which they are written.

A folded word is found under every spelling of it, and the written form lets the exact spelling rank first: a
search for `año` finds `ano` too, below. Folding goes by script and follows the normalisers of Lucene
(org.apache.lucene.analysis.{ar,fa,hi}):

    all        NFKC (full-width and half-width forms, ligatures, presentation forms), case, decimal digits
    Latin      accents, ø/o, ł/l, đ/d, æ/ae, œ/oe, ß/ss, ı/i
    Greek      accents, final sigma
    Cyrillic   ё/е
    Hebrew     points
    Arabic     vowel marks, tatweel, hamza on alef, ة/ه, ى/ي, Persian ک and ی, the article with its prefixes
               (Larkey et al., 2002, doi:10.1145/564376.564425)
    Devanagari nukta, candrabindu/anusvara, a nasal before a consonant/anusvara (Larkey et al., 2003,
               doi:10.1145/974740.974746)
    Thai, Lao  the order of a tone mark and the parts of sara am

Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese words are not separated here: `terms` looks up pairs
of their letters.
"""

import re
from itertools import combinations, groupby

from playhead_index.literal import LETTER, fold_text, is_unspaced

MAX_PIECE_CHARS = 8_000
MAX_UMLAUTS = 3
"""So many places of a word are read as spelled-out umlauts, in any combination."""
_RUN = re.compile(f"{LETTER}+")
_ARABIC = re.compile("[\u0600-\u06ff]")
_ARABIC_LETTERS = str.maketrans("ةىیېکڪٱ", "هيييككا")
_ARABIC_ARTICLE = re.compile("(?:[وف]?[بك]?ال|[وف]?لل)(?=\\w{3})")
"""The article with the conjunctions and prepositions that are written together with it."""
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_NASAL = re.compile("[ङञणनम]\u094d(?=[क-म])")
_DEVANAGARI_MARKS = {0x093C: None, 0x0901: 0x0902}
_UMLAUT_SPELLING = {"ä": "ae", "ö": "oe", "ü": "ue"}
_SPELLED_OUT = re.compile("[aou]e")
_UMLAUTS = str.maketrans(_UMLAUT_SPELLING)
_UMLAUT_OF = {spelled: letter for letter, spelled in _UMLAUT_SPELLING.items()}


def word_forms(text: str) -> tuple[tuple[str, str], ...]:
    """(folded word, written form) of each word of a text; the form is empty where it is the folded word.

    Runs of scripts without spaces are words of their own, without a form.

    >>> word_forms("Müller—Schule"), word_forms("iPhoneを買う")
    ((('muller', 'müller'), ('schule', '')), (('iphone', ''), ('を買う', '')))
    """
    if text.isascii():
        return tuple((word, "") for word in _RUN.findall(text.lower().replace("_", " ")))
    found: list[tuple[str, str]] = []
    for run in _RUN.findall(fold_text(text, keep_marks=True)):
        for unspaced, letters in groupby(run, key=is_unspaced):
            word = "".join(letters)
            folded = fold_word(word)[:MAX_PIECE_CHARS]
            found.append((folded, "" if unspaced or folded == word else word))
    return tuple((folded, form) for folded, form in found if folded)


def fold_word(word: str) -> str:
    """The form under which all spellings of a word are found.

    >>> fold_word("Ελληνικά"), fold_word("والمدرسة"), fold_word("हिन्दी") == fold_word("हिंदी")
    ('ελληνικα', 'مدرسه', True)
    """
    folded = fold_text(word)
    if _ARABIC.search(folded) is not None:
        folded = folded.translate(_ARABIC_LETTERS)
        article = _ARABIC_ARTICLE.match(folded)
        folded = folded if article is None else folded[article.end() :]
    if _DEVANAGARI.search(folded) is not None:
        folded = _NASAL.sub("\u0902", folded.translate(_DEVANAGARI_MARKS))
    return folded


def umlaut_forms(word: str) -> tuple[str, ...]:
    """The written forms with umlauts that a word may spell out: `müller` for `mueller`.

    >>> umlaut_forms("mueller"), umlaut_forms("abc")
    (('müller',), ())
    """
    places = [found.span() for found in _SPELLED_OUT.finditer(word)][:MAX_UMLAUTS]
    forms = []
    for num in range(1, len(places) + 1):
        for chosen in combinations(places, num):
            form = word
            for start, end in reversed(chosen):
                form = form[:start] + _UMLAUT_OF[form[start:end]] + form[end:]
            forms.append(form)
    return tuple(forms)


def spelled_out(form: str) -> str | None:
    """A written form with its umlauts spelled out, `mueller` for `müller`; None for one without umlauts."""
    spelled = form.translate(_UMLAUTS)
    return spelled if spelled != form else None
