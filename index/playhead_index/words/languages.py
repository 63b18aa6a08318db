"""Language tags: one spelling (BCP 47) for the many that files and containers use."""

import re

_TAG = re.compile(r"([a-z]{2,3}|[a-z]{4,})((?:[-_][a-z0-9]{2,8})*)$", re.IGNORECASE)

# BCP 47 wants the two-letter code where there is one; containers write ISO 639-2, both of its forms.
_OTHER_NAMES = """
aa aar|ab abk|ae ave|af afr afrikaans|ak aka|am amh amharic|an arg|ar ara arabic|as asm assamese|av ava
ay aym|az aze azerbaijani|ba bak|be bel belarusian|bg bul bulgarian|bi bis|bm bam|bn ben bengali
bo bod tib tibetan|br bre breton|bs bos bosnian|ca cat catalan|ce che|ch cha|co cos|cr cre|cs ces cze czech
cu chu|cv chv|cy cym wel welsh|da dan danish|de deu ger german deutsch|dv div|dz dzo|ee ewe
el ell gre greek|en eng english|eo epo esperanto|es spa esp spanish espanol castilian|et est estonian
eu eus baq basque|fa fas per persian farsi|ff ful|fi fin finnish|fj fij|fo fao faroese
fr fra fre french francais|fy fry|ga gle irish|gd gla|gl glg galician|gn grn|gu guj gujarati|gv glv
ha hau hausa|he heb iw hebrew|hi hin hindi|ho hmo|hr hrv scr croatian|ht hat haitian|hu hun hungarian
hy hye arm armenian|hz her|ia ina|id ind in indonesian|ie ile|ig ibo igbo|ii iii|ik ipk|io ido
is isl ice icelandic|it ita italian italiano|iu iku|ja jpn jp japanese|jv jav jw javanese
ka kat geo georgian|kg kon|ki kik|kj kua|kk kaz kazakh|kl kal|km khm khmer|kn kan kannada|ko kor korean
kr kau|ks kas|ku kur kurdish|kv kom|kw cor|ky kir kyrgyz|la lat latin|lb ltz luxembourgish|lg lug|li lim
ln lin|lo lao|lt lit lithuanian|lu lub|lv lav latvian|mg mlg malagasy|mh mah|mi mri mao maori
mk mkd mac macedonian|ml mal malayalam|mn mon mongolian|mr mar marathi|ms msa may malay|mt mlt maltese
my mya bur burmese|na nau|nb nob|nd nde|ne nep nepali|ng ndo|nl nld dut dutch|nn nno|no nor norwegian
nr nbl|nv nav|ny nya|oc oci occitan|oj oji|om orm|or ori odia|os oss|pa pan punjabi|pi pli
pl pol polish|ps pus pashto|pt por portuguese|qu que quechua|rm roh|rn run|ro ron rum mo romanian
ru rus russian|rw kin|sa san|sc srd|sd snd sindhi|se sme|sg sag|si sin sinhala|sk slk slo slovak
sl slv slovenian|sm smo samoan|sn sna shona|so som somali|sq sqi alb albanian|sr srp scc sh serbian|ss ssw
st sot|su sun sundanese|sv swe swedish|sw swa swahili|ta tam tamil|te tel telugu|tg tgk tajik|th tha thai
ti tir|tk tuk turkmen|tl tgl fil tagalog filipino|tn tsn|to ton|tr tur turkish|ts tso|tt tat tatar|tw twi
ty tah|ug uig uyghur|uk ukr ukrainian|ur urd urdu|uz uzb uzbek|ve ven|vi vie vietnamese|vo vol|wa wln
wo wol|xh xho xhosa|yi yid ji yiddish|yo yor yoruba|yue cantonese|za zha|zh zho chi chinese mandarin
zu zul zulu
zh-Hans chs zhs|zh-Hant cht zht|pt-BR pob ptbr|ast asturian|ceb cebuano|haw hawaiian|sco scots|gsw|nds|hsb
dsb|szl|scn|lmo|kab|hmn hmong|ilo|mai|bho|awa|mni|chr cherokee|kok|lus
"""
_ROWS = [row.split() for row in re.split(r"[|\n]", _OTHER_NAMES) if row.strip()]
_TAGS = frozenset(row[0] for row in _ROWS)
_TO_TAG = {name: row[0] for row in _ROWS for name in row[1:]}


def language_tag(text: str | None) -> str | None:
    """The BCP 47 tag that a text means, or None when it names no language that is known here.

    Knows every two-letter code of ISO 639-1 with both of its three-letter forms (ISO 639-2), withdrawn codes
    (`iw`, `in`, `ji`, `mo`, `scr`), some languages that have three letters only, the codes of players for
    Chinese in two scripts and for Brazil (`chs`, `cht`, `pob`), and English names of the languages that
    subtitles are mostly in. `und` and `mul` name no language.

    >>> language_tag("eng"), language_tag("pt_br"), language_tag("zh-hans"), language_tag("part2")
    ('en', 'pt-BR', 'zh-Hans', None)
    """
    match = _TAG.match((text or "").strip())
    if match is None:
        return None
    first = match[1].lower()
    tag = _TO_TAG.get(first, first)
    if tag not in _TAGS:
        return None
    return "-".join([tag, *map(_subtag, re.split(r"[-_]", match[2])[1:])])


def same_language(a: str | None, b: str | None) -> bool:
    """Two tags may be of one language: their first parts agree, or one is not known."""
    return a is None or b is None or a.split("-")[0].lower() == b.split("-")[0].lower()


def _subtag(text: str) -> str:
    if len(text) == 4 and text.isalpha():
        return text.capitalize()
    return text.upper() if len(text) in (2, 3) else text.lower()
