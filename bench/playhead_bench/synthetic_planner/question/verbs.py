"""Verbs of what can be seen to happen, and the forms of any English verb."""

from functools import cache

from playhead_tools.question_vocabulary import word_set

_PLAIN = """
add appear approach arrive ask attack balance bark bat bathe beat bend bite blink block blow board boil
bounce bow bowl box break bring brush build bump burn bury buy carry cast catch celebrate change
chase cheer chew chop clap clean clear click climb clip close collapse collect collide comb come cook
count cover crash crawl cross cry cuddle cut dance deal decorate deliver descend dig dip disappear dive
divide dodge drag draw dress drift drink drip drive drop dry eat embrace empty enter erase escape exit
explode extend fade fall feed fight fill fire fix flap flash flee flip float flood flow fly fold follow
gallop gesture get give glide glow go grab grill grind grip grow hammer hand handle hang hide hit hold hop
hover hug hunt hurl inflate insert join jog juggle jump kick kill kiss kneel knit knock land laugh launch
lead lean leap leave lick lie lift light limp load lock look lose lower march marry melt merge mix mount
move nod open overtake pack paint park pass pat pause pay peel perform pet pick pile pinch pitch place
plant play plug point poke polish pop pose pour press pull punch push put race raise reach read recite
release remove repair return ride ring rinse rise roll rotate row rub run sail salute score scratch scream
scrub scroll seal serve set sew shake share shave shine shoot shout shovel shrink shut sing sink sit skate
skip slam slap sleep slice slide slip slow smash smile smoke snap sneeze snow spill spin splash split
spray spread spring squat squeeze stack stand stare start steal steer step stick stir stop stretch stroke
stumble surf surround swallow sweep swerve swim swing switch tackle take talk tap tear throw tickle tie
tilt tip toss touch trip trim try tumble turn twirl twist type unfold unlock unpack unwrap vanish walk
wash watch water wave wear weave weld wink wipe wrap wrestle write yawn zoom
"""
_IRREGULAR = """
bend:bent bite:bit:bitten blow:blew:blown break:broke:broken bring:brought build:built burn:burnt
buy:bought catch:caught come:came:come cut:cut deal:dealt dig:dug do:did:done draw:drew:drawn
drink:drank:drunk drive:drove:driven eat:ate:eaten fall:fell:fallen feed:fed fight:fought flee:fled
fly:flew:flown get:got:gotten give:gave:given go:went:gone grind:ground grow:grew:grown hang:hung
hide:hid:hidden hit:hit hold:held keep:kept kneel:knelt lead:led leap:leapt leave:left lie:lay:lain
light:lit lose:lost make:made pay:paid put:put read:read ride:rode:ridden ring:rang:rung rise:rose:risen
run:ran:run set:set sew:sewed:sewn shake:shook:shaken shine:shone shoot:shot shrink:shrank:shrunk
shut:shut sing:sang:sung sink:sank:sunk sit:sat sleep:slept slide:slid spill:spilt spin:spun split:split
spread:spread spring:sprang:sprung stand:stood steal:stole:stolen stick:stuck sweep:swept swim:swam:swum
swing:swung take:took:taken tear:tore:torn throw:threw:thrown wear:wore:worn weave:wove:woven
write:wrote:written
"""
_DOUBLED = word_set(
    """
    bat chop clap clip cut dig dip drag drip drop fit flap flip get grab grin grip hit hop hug jog knit
    nod pat pet  pin plug pop put rub run scrub set shut sit skip slam slap slip snap spin split squat
    step stop swim tap tip  trim trip wrap begin win
    """
)
_ALSO_THIRD = {"is": "be", "has": "have", "does": "do", "goes": "go"}


def third_person(base: str) -> str:
    """The form behind he, she or it, of a verb alone or with words behind it.

    >>> third_person("carry"), third_person("collide with"), third_person("cross"), third_person("play")
    ('carries', 'collides with', 'crosses', 'plays')
    """
    first, space, rest = base.partition(" ")
    if first in ("be", "have", "do", "go"):
        first = {"be": "is", "have": "has", "do": "does", "go": "goes"}[first]
    elif first.endswith("y") and first[-2:-1] not in tuple("aeiou"):
        first = f"{first[:-1]}ies"
    else:
        first += "es" if first.endswith(("s", "sh", "ch", "x", "z", "o")) else "s"
    return first + space + rest


def base_form(third: str) -> str:
    """The form behind `does he`, of a verb in the third person, alone or with words behind it.

    >>> base_form("carries"), base_form("collides with"), base_form("crosses"), base_form("waltzes")
    ('carry', 'collide with', 'cross', 'waltz')
    """
    first, space, rest = third.partition(" ")
    known = _THIRD.get(first.lower())
    if known is not None:
        return known + space + rest
    if first.endswith("ies") and len(first) > 4:
        first = f"{first[:-3]}y"
    elif first.endswith(("sses", "shes", "ches", "xes", "zes")):
        first = first[:-2]
    elif first.endswith("s") and not first.endswith("ss"):
        first = first[:-1]
    return first + space + rest


def _ing(base: str) -> str:
    if base.endswith("ie"):
        return f"{base[:-2]}ying"
    if base.endswith("e") and not base.endswith("ee"):
        return f"{base[:-1]}ing"
    return f"{base}{base[-1]}ing" if base in _DOUBLED else f"{base}ing"


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2:-1] not in tuple("aeiou"):
        return f"{base[:-1]}ied"
    return f"{base}{base[-1]}ed" if base in _DOUBLED else f"{base}ed"


BASES = word_set(_PLAIN)
"""Verbs of what a picture can show, as they stand behind `to`."""
_THIRD = {**{third_person(base): base for base in BASES}, **_ALSO_THIRD}
_ING = {_ing(base): base for base in BASES}
_PAST = {_past(base): base for base in BASES}
for _line in _IRREGULAR.split():
    _base, *_forms = _line.split(":")
    _PAST.update(dict.fromkeys(_forms, _base))


def is_third(word: str) -> bool:
    """Whether a word is a known verb behind he, she or it."""
    return word.lower() in _THIRD


def is_base(word: str) -> bool:
    """Whether a word is a known verb behind `to`."""
    return word.lower() in BASES


def is_past(word: str) -> bool:
    """Whether a word is the past form or the participle of a known verb."""
    return word.lower() in _PAST


@cache
def as_third(word: str) -> str:
    """A verb in any form as it stands behind he, she or it; a word that is no known form as a base.

    >>> as_third("opened"), as_third("holding"), as_third("spun"), as_third("juggle"), as_third("strolls")
    ('opens', 'holds', 'spins', 'juggles', 'strolls')
    """
    lower = word.lower()
    if lower in _THIRD:
        return lower
    base = _ING.get(lower) or (None if lower in BASES else _PAST.get(lower))
    if base is None and lower not in BASES and lower.endswith("s") and not lower.endswith("ss"):
        return lower
    if base is None and lower.endswith("ing") and len(lower) > 5:
        base = lower[:-3]
    return third_person(base or lower)
