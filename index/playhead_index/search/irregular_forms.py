"""Irregular inflections of English, which a stemmer does not join: `ran` and `run`, `children` and `child`.

Left out are forms that are as often another word (`saw`, `left`, `rose`, `felt`, `lay`, `bore`, `ground`,
`wound`, `bound`, `shot`), and verbs that are stop words in all their forms.
"""

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = """
become became, begin began begun, bend bent, bite bit bitten, bleed bled, blow blew blown, break broke
broken, breed bred, bring brought, build built, burn burnt, buy bought, catch caught, choose chose chosen,
come came, cling clung, creep crept, deal dealt, dig dug, draw drew drawn, dream dreamt, drink drank drunk,
drive drove driven, eat ate eaten, fall fallen, feed fed, fight fought, find found, flee fled, fly flew
flown, forbid forbade forbidden, forget forgot forgotten, forgive forgave forgiven, freeze froze frozen, get
got gotten, give gave given, go went gone, grow grew grown, hang hung, hear heard, hide hid hidden, hold
held, keep kept, kneel knelt, know knew known, lead led, leap leapt, learn learnt, lend lent, lose lost,
make made, mean meant, meet met, pay paid, ride rode ridden, ring rang rung, run ran, say said, seek sought,
sell sold, send sent, shake shook shaken, shine shone, show shown, shrink shrank shrunk, sing sang sung,
sink sank sunk, sit sat, sleep slept, slide slid, speak spoke spoken, speed sped, spell spelt, spend spent,
spin spun, stand stood, steal stole stolen, stick stuck, sting stung, strike struck, swear swore sworn,
sweep swept, swim swam swum, swing swung, take took taken, teach taught, tear tore torn, tell told, think
thought, throw threw thrown, understand understood, wake woke woken, wear wore worn, weep wept, win won,
withdraw withdrew withdrawn, write wrote written, analysis analyses, axis axes, basis bases, child children,
crisis crises, criterion criteria, datum data, foot feet, goose geese, half halves, hypothesis hypotheses,
index indices, knife knives, life lives, loaf loaves, man men, matrix matrices, mouse mice, ox oxen, person
people, phenomenon phenomena, shelf shelves, thesis theses, thief thieves, tooth teeth, vertex vertices,
wife wives, wolf wolves, woman women, good better best, bad worse worst
"""


def _forms() -> dict[str, tuple[str, ...]]:
    forms: dict[str, tuple[str, ...]] = {}
    for group in _TABLE.split(","):
        words = group.split()
        for word in words:
            forms[word] = (*forms.get(word, ()), *(other for other in words if other != word))
    return forms


IRREGULAR_FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(_forms())
"""The other forms of a word by each of its forms."""
