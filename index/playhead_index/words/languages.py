"""Language tags: one spelling (BCP 47) for the many that files and containers use."""

import re

_TAG = re.compile(r"([a-z]{2,3}|[a-z]{4,})((?:[-_][a-z0-9]{2,8})*)$", re.IGNORECASE)

# BCP 47 wants the two-letter code where there is one; containers write ISO 639-2, both of its forms.
_OTHER_NAMES = """
ar ara arabic|bg bul bulgarian|bn ben bengali|ca cat catalan|cs ces cze czech|cy cym wel welsh
da dan danish|de deu ger german deutsch|el ell gre greek|en eng english|es spa spanish espanol
et est estonian|eu eus baq basque|fa fas per persian|fi fin finnish|fr fra fre french francais
ga gle irish|gl glg galician|he heb hebrew|hi hin hindi|hr hrv croatian|hu hun hungarian
hy hye arm armenian|id ind indonesian|is isl ice icelandic|it ita italian italiano|ja jpn japanese
ka kat geo georgian|kk kaz kazakh|ko kor korean|lt lit lithuanian|lv lav latvian
mk mkd mac macedonian|ml mal malayalam|mr mar marathi|ms msa may malay|nb nob|nl nld dut dutch
nn nno|no nor norwegian|pl pol polish|pt por portuguese|ro ron rum romanian|ru rus russian
sk slk slo slovak|sl slv slovenian|sq sqi alb albanian|sr srp serbian|sv swe swedish|sw swa swahili
ta tam tamil|te tel telugu|th tha thai|tl tgl fil tagalog|tr tur turkish|uk ukr ukrainian|ur urd urdu
vi vie vietnamese|zh zho chi chinese
"""
_ISO_639_1 = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik
    io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml
    mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd
    se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi
    vo wa wo xh yi yo za zh zu
"""
_TWO_LETTERS = frozenset(_ISO_639_1.split())
_TO_TWO_LETTERS = {
    name: row.split()[0] for row in re.split(r"[|\n]", _OTHER_NAMES) for name in row.split()[1:]
}


def language_tag(text: str | None) -> str | None:
    """The BCP 47 tag that a text means, or None when it names no language that is known here.

    Knows all two-letter codes, both three-letter forms and the English name of the languages that
    subtitles are mostly in. `und` and `mul` name no language.

    >>> language_tag("eng"), language_tag("pt_br"), language_tag("zh-hans"), language_tag("part2")
    ('en', 'pt-BR', 'zh-Hans', None)
    """
    match = _TAG.match((text or "").strip())
    if match is None:
        return None
    first = match[1].lower()
    language = _TO_TWO_LETTERS.get(first, first)
    if language not in _TWO_LETTERS:
        return None
    return "-".join([language, *map(_subtag, re.split(r"[-_]", match[2])[1:])])


def same_language(a: str | None, b: str | None) -> bool:
    """Two tags may be of one language: their first parts agree, or one is not known."""
    return a is None or b is None or a.split("-")[0].lower() == b.split("-")[0].lower()


def _subtag(text: str) -> str:
    if len(text) == 4 and text.isalpha():
        return text.capitalize()
    return text.upper() if len(text) in (2, 3) else text.lower()
