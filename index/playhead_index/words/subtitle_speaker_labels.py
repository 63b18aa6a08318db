"""Labels of speakers in subtitle text: `MARY: ...`, `>> Project Manager: ...`, `[Mary] ...`, `(Mary): ...`.

A name in capitals before a colon is a label wherever it stands. What may as well be prose (`Remember: ...`),
a heading or a sound needs evidence in the other cues of its source.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from playhead_index.words.protocol import Words
from playhead_index.words.sound_descriptions import MUSIC, SOUNDS

MAX_LABEL_CHARS = 40
MAX_LABEL_WORDS = 4
MAX_SPEAKER_CHARS = 80
MIN_CUES_WITH_LABEL = 2
"""Cues of a source that begin with the same label before it is taken for one without being in capitals."""
MIN_LABELLED_CUES = 4
MIN_LABELLED_SHARE = 0.1
"""Cues of a source with such labels, and their share of all: a tutorial says `Remember: ...` now and then."""
MIN_ONE_SPEAKER_SHARE = 0.5
"""Their share where it is always the same label."""
MIN_FULL_SHARE = 0.8
"""Share of labelled cues from which a label that occurs once is one too: the source names every speaker."""
MIN_TURN_MARKS = 5
"""Lines of a source with `>>` before them from which every change of speaker is taken to be marked."""
MIN_CHANGES = 8
MAX_REPEATED_SHARE = 0.05
"""A source names the speaker at each change, and only then, if of at least `MIN_CHANGES` labels this share at
most is the same as the one before: of a source that names speakers for other reasons (only while they are not
in the frame) many are."""
MAX_SENTENCE_PAUSE_S = 2.0
MIN_WRAPPED_CHARS = 40
"""Length of the text of a cue that ends where its line was full: the next cue, if it begins with a small
letter, goes on with its sentence. In eleven meetings with a speaker for each cue, the speaker stays
the same in 706 of 713 such cues (even numbers) and 269 of 271 (odd ones); of all cues whose sentence has not
ended, in 1,072 of 2,332: people interrupt each other."""
MAX_TURN_PAUSE_S = 5.0
_PARTICLE_WORDS = "of de der den van von da di del della la le el bin al y e und and &"
_NAMELESS_WORDS = """
    step part chapter note notes warning tip tips example examples rule lesson ps nb fyi url pdf question
    questions answer answers q a summary result results conclusion caution important remember reminder
    agenda topic title subtitle subtitles captions caption translation transcript date time location
    source sources slide figure scene episode day week section unit level task exercise problem solution
    hint option ingredients method update today tomorrow also thus hence however first second third
    fourth finally next then otherwise therefore so but and or well now here this that these those it
    there what why how when where who which because meaning remark fact idea point goal input output yes
    no ok okay nota hinweis frage antwort schritt beispiel wichtig achtung fazit étape exemple remarque
    réponse pregunta respuesta ejemplo paso fix todo
"""
"""Words that stand before a colon and name nobody, as first or last word of what seems a label."""
_MANNER_WORDS = """
    quietly softly loudly slowly angrily continues continuing narrating offscreen off-screen voiceover
    translated subtitled silently together
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_NO_NAMES = frozenset(_NAMELESS_WORDS.split())
_MANNERS = frozenset(_MANNER_WORDS.split())
_NO_ACTORS = frozenset(("NTP", "Default"))
_MARKS = re.compile(r"[ \t]*+(?:(>{2,3})|[-–](?![-–]))?+[-–> \t]*+")
_COLON_LABEL = re.compile(
    r"(?P<name>[^:：()\[\]<>]{1,40}?)[ \t]*+(?:[(\[][^()\[\]]{0,40}[)\]])?[ \t]*+(?P<colon>[:：])"
)
_BRACKET_LABEL = re.compile(
    r"[(\[][ \t]*+(?P<name>[^()\[\],:：]{1,40}?)[ \t]*+(?:,[^()\[\]]{0,40})?[)\]][ \t]*+(?P<colon>[:：]?)"
)
_INNER_MARK = re.compile(r"(?<![ \t])[ \t]++(?=>{2,3}[ \t])")
_CLOSERS = " \t\n\"'”’»)]♪"
_OPENERS = "\"'“‘«¿¡([♪ -–…"
_ENDS = frozenset(".?!…。！？؟।")
_HEAD = 128


@dataclass(frozen=True, slots=True)
class Label:
    """A label at the beginning of a line, or what may be one.

    Args:
        name: as it is written.
        rest: the line behind it.
        is_certain: a name in capitals, or in brackets before a colon; else it needs evidence.
        is_bracket: in brackets, without a colon behind them.
    """

    name: str
    rest: str
    is_certain: bool
    is_bracket: bool = False


@dataclass(frozen=True, slots=True)
class LabelledTurn:
    """A part of a cue.

    Args:
        speaker: label of who says it; None where it is not named.
        text: what stands behind the label.
        begins: a label, a dash or `>>` says that another speaker may begin.
    """

    speaker: str | None
    text: str
    begins: bool


@dataclass(frozen=True, slots=True)
class LabelRules:
    """What the cues of one source show of its labels.

    Args:
        names: casefolded labels before a colon that are not certain by themselves.
        bracket_names: casefolded labels in brackets without a colon.
        marks_turns: every change of speaker has `>>` before it.
        names_changes: every change of speaker has a label, and nothing else has.
    """

    names: frozenset[str] = frozenset()
    bracket_names: frozenset[str] = frozenset()
    marks_turns: bool = False
    names_changes: bool = False

    def accepts(self, label: Label) -> bool:
        """Whether a label names a speaker in this source."""
        if label.is_bracket:
            return label.name.casefold() in self.bracket_names
        return label.is_certain or label.name.casefold() in self.names


def speaker_label(name: str | None) -> str | None:
    """The label of a speaker that a subtitle format names in a field of its own; None where it names nobody.

    Names without a letter are none, and neither are `NTP` and `Default`, which stand in every line of some
    SubStation Alpha scripts. Longer ones are cut at 80 characters.

    >>> speaker_label(" Ann  Lee: "), speaker_label("0000"), speaker_label("NTP")
    ('Ann Lee', None, None)
    """
    cleaned = " ".join((name or "").split()).strip(" :")[:MAX_SPEAKER_CHARS].rstrip()
    return cleaned if cleaned not in _NO_ACTORS and any(map(str.isalpha, cleaned)) else None


def read_label(line: str) -> Label | None:
    """The label at the beginning of a line, or what may be one; None where there is none.

    >>> read_label(">> MARY (whispering): Come in.")
    Label(name='MARY', rest='Come in.', is_certain=True, is_bracket=False)
    >>> read_label("Remember: it is late"), read_label("https://example.org")
    (None, None)
    """
    marks = _MARKS.match(line)
    start = marks.end() if marks else 0
    is_marked = marks is not None and marks[1] is not None
    head = line[start : start + _HEAD]
    found = _BRACKET_LABEL.match(head)
    if found is not None:
        rest = line[start + found.end() :]
        name, is_bracket = found["name"], not found["colon"]
        is_name = _is_name(name) and not _names_sound(name)
        return (
            Label(name, rest.strip(), is_certain=not is_bracket, is_bracket=is_bracket) if is_name else None
        )
    found = _COLON_LABEL.match(head)
    if found is None:
        return None
    name, rest = found["name"].strip(), line[start + found.end() :]
    if rest and found["colon"] == ":" and not rest[0].isspace():
        return None
    rest = rest.strip()
    if _is_capital_name(name):
        has_lower = not rest or rest.upper() != rest or rest.lower() == rest
        return Label(name, rest, is_certain=is_marked or has_lower)
    return Label(name, rest, is_certain=False) if _is_name(name) and _begins_sentence(rest) else None


def learn_label_rules(texts: Sequence[str], speakers: Sequence[str | None] = ()) -> LabelRules:
    """What the cues of one source, in time order, show of its labels.

    Args:
        texts: of the cues.
        speakers: whom a field of the format names for each cue; empty where the format has none.
    """
    speakers = speakers or [None] * len(texts)
    found = [[(label, line) for line in _lines(text) if (label := read_label(line))] for text in texts]
    names = _accepted_names(found)
    bracket_names = _accepted_bracket_names(texts, found)
    rules = LabelRules(names, bracket_names)
    order: list[str] = []
    for own, speaker in zip(found, speakers, strict=True):
        named = [label.name for label, _ in own if rules.accepts(label)] if speaker is None else [speaker]
        order += map(str.casefold, named)
    repeats = sum(a == b for a, b in pairwise(order))
    names_changes = (
        len(order) >= MIN_CHANGES and len(set(order)) > 1 and repeats <= MAX_REPEATED_SHARE * len(order)
    )
    marked = sum(line.lstrip().startswith(">>") for text in texts for line in _lines(text))
    return replace(rules, marks_turns=marked >= MIN_TURN_MARKS, names_changes=names_changes)


def split_turns(text: str, rules: LabelRules) -> list[LabelledTurn]:
    """The parts of a cue, at its labels, dashes and `>>`, without labels and `>>`; at least one."""
    turns: list[LabelledTurn] = []
    for line in _lines(text):
        label = read_label(line)
        if label is not None and rules.accepts(label):
            turns.append(LabelledTurn(label.name, label.rest, begins=True))
            continue
        marks = _MARKS.match(line)
        is_marked = marks is not None and marks[1] is not None
        begins = is_marked or line.lstrip().startswith(("-", "–"))
        spoken = line[marks.end() :] if marks is not None and is_marked else line
        if begins or not turns:
            turns.append(LabelledTurn(None, spoken, begins))
        else:
            before = turns[-1]
            turns[-1] = replace(before, text=f"{before.text}\n{spoken}" if before.text else spoken)
    return turns


class SpeakerTracker:
    """Gives each cue of a source its speakers, and holds a label over the cues that it is said to go on for.

    A label goes on while its sentence is wrapped over cues, at pauses up to two seconds. Where the source
    marks every change of speaker (with `>>`, or by labels that stand at changes only) it goes on until the
    next one, over pauses of up to five seconds. Otherwise it is the label of its own cue: many captions name
    only speakers who are not in the frame.
    """

    def __init__(self, rules: LabelRules) -> None:
        self._rules = rules
        self._speaker: str | None = None
        self._is_open = self._is_empty = False
        self._end_s = 0.0

    def turns_of_cue(self, cue: Words, text: str) -> list[LabelledTurn]:
        """The parts of a cue, each of another speaker than the one before; at least one.

        Args:
            cue: of the source, behind those that were given before.
            text: of the cue, which may have been shortened.
        """
        if cue.speaker is not None:
            turns = [LabelledTurn(cue.speaker, _without_own_label(text, cue.speaker), begins=True)]
        else:
            turns = split_turns(text, self._rules)
        if not turns[0].begins and self._continues(cue, turns[0].text):
            turns[0] = replace(turns[0], speaker=self._speaker)
        self._speaker, self._end_s = turns[-1].speaker, cue.window.end_s
        last_text = turns[-1].text.rstrip(_CLOSERS)
        self._is_empty = not last_text
        self._is_open = len(last_text) >= MIN_WRAPPED_CHARS and last_text[-1] not in _ENDS
        return _joined(turns)

    def _continues(self, cue: Words, text: str) -> bool:
        pause_s = cue.window.start_s - self._end_s
        if self._rules.marks_turns or self._rules.names_changes:
            return pause_s <= MAX_TURN_PAUSE_S
        same_sentence = self._is_empty or (self._is_open and text.lstrip(_OPENERS)[:1].islower())
        return same_sentence and pause_s <= MAX_SENTENCE_PAUSE_S


def with_one_spelling(words: Iterable[Words]) -> list[Words]:
    """Words whose speakers that differ in case only (`MARY`, `Mary`) have the most frequent spelling."""
    words = list(words)
    counts = Counter(one.speaker for one in words if one.speaker is not None)
    spelling: dict[str, str] = {}
    for name, _ in counts.most_common():
        spelling.setdefault(name.casefold(), name)
    return [
        one
        if one.speaker is None or spelling[one.speaker.casefold()] == one.speaker
        else replace(one, speaker=spelling[one.speaker.casefold()])
        for one in words
    ]


def _joined(turns: Sequence[LabelledTurn]) -> list[LabelledTurn]:
    """Turns, those of one speaker that follow each other joined, on lines of their own."""
    joined: list[LabelledTurn] = []
    for turn in turns:
        if joined and joined[-1].speaker == turn.speaker:
            text = "\n".join(filter(None, (joined[-1].text, turn.text)))
            joined[-1] = replace(joined[-1], text=text)
        else:
            joined.append(turn)
    return joined


def _without_own_label(text: str, speaker: str) -> str:
    label = read_label(text.split("\n", 1)[0])
    if label is None or label.name.casefold() != speaker.casefold():
        return text
    return "\n".join(filter(None, (label.rest, *text.split("\n")[1:])))


def _lines(text: str) -> list[str]:
    return _INNER_MARK.sub("\n", text).split("\n")


def _accepted_names(found: Sequence[Sequence[tuple[Label, str]]]) -> frozenset[str]:
    """Labels before a colon for which the source has evidence."""
    by_cue = [{label.name.casefold() for label, _ in own if not label.is_bracket} for own in found]
    counts = Counter(name for own in by_cue for name in own)
    frequent = {name for name, count in counts.items() if count >= MIN_CUES_WITH_LABEL}
    labelled = sum(bool(own & frequent) for own in by_cue)
    share = MIN_LABELLED_SHARE if len(frequent) > 1 else MIN_ONE_SPEAKER_SHARE
    if labelled < max(MIN_LABELLED_CUES, share * len(found)):
        return frozenset()
    is_full = sum(map(bool, by_cue)) >= MIN_FULL_SHARE * len(found)
    return frozenset(counts if is_full else frequent)


def _accepted_bracket_names(
    texts: Sequence[str], found: Sequence[Sequence[tuple[Label, str]]]
) -> frozenset[str]:
    """Labels in brackets that stand before speech in several cues, and nowhere alone, as sounds do."""
    by_colon = {label.name.casefold() for own in found for label, _ in own if not label.is_bracket}
    before_speech = Counter[str]()
    alone = set[str]()
    for text, own in zip(texts, found, strict=True):
        for label, line in own:
            name = label.name.casefold()
            if label.is_bracket and (label.rest.strip(" -–.♪") or text.partition(line)[2].strip()):
                before_speech[name] += 1
            elif label.is_bracket:
                alone.add(name)
    return frozenset(
        name
        for name, count in before_speech.items()
        if name not in alone and (count >= MIN_CUES_WITH_LABEL or name in by_colon)
    )


def _is_capital_name(name: str) -> bool:
    words = name.split()
    return (
        1 <= len(words) <= MAX_LABEL_WORDS
        and name.isupper()
        and sum(map(str.isalpha, name)) > 1
        and _has_signs_of_names(name)
        and words[0].casefold() not in _NO_NAMES
    )


def _is_name(name: str) -> bool:
    """Written as names are: capitalised words, or a few letters of a script without case."""
    words = name.split()
    if not 1 <= len(words) <= MAX_LABEL_WORDS or not _has_signs_of_names(name):
        return False
    if {words[0].casefold(), words[-1].casefold()} & _NO_NAMES or not words[0][0].isalpha():
        return False
    return sum(map(str.isalpha, name)) > 1 and all(
        not word[0].islower() or word in _PARTICLES for word in words
    )


def _has_signs_of_names(name: str) -> bool:
    return all(sign.isalnum() or sign in " .'’&-_" or "\u0300" <= sign <= "\u0dff" for sign in name)


def _names_sound(name: str) -> bool:
    words = name.casefold().split()
    return any(word in SOUNDS or word in MUSIC or word in _MANNERS for word in words)


def _begins_sentence(rest: str) -> bool:
    """What stands behind a label begins a sentence, or the line ends with the label."""
    first = rest.lstrip(_OPENERS)[:1]
    return not rest or not first.islower()
