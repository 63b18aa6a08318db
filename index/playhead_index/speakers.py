"""Who speaks in a video, for how long and when: turns, totals, names that are looked up or proposed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from playhead_index.errors import SpeakerUnknown
from playhead_index.short_repr import short_repr
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.speakers import (
    MIN_SAME_VOICE,
    Speaker,
    display_name,
    read_all_speakers,
    read_speakers,
    read_turns,
    voice_similarity,
)
from playhead_index.window import Window, join_windows

MAX_TURN_PAUSE_S = 5.0
"""Spans of one speaker belong to one turn over pauses up to this, while nobody else speaks."""
SAMPLE_CHARS = 80
MAX_NAMED = 8
MIN_PREFIX_CHARS = 5
MAX_ENDING_CHARS = 3
"""A word of a name may be given without its ending: `industrial design` for `Industrial Designer`."""
_WORD = re.compile(r"\w+")
_ARTICLES = frozenset(("the", "a", "an", "mr", "mrs", "ms", "dr", "prof", "sir", "madam", "herr", "frau"))
_ROLE_WORDS = """
    expert designer manager person guy specialist lead head team department student engineer developer officer
    colleague speaker representative
"""
_ROLES = frozenset(_ROLE_WORDS.split())


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """An interval in which one speaker speaks and nobody else.

    Args:
        label: of the speaker.
        window: from its first word to its last.
        span_ids: catalog ids of its spans, in time order; empty for one that diarisation alone found.
        speaking_s: seconds in which words are said, without the pauses.
    """

    label: str
    window: Window
    span_ids: tuple[int, ...]
    speaking_s: float


@dataclass(frozen=True, slots=True)
class NameProposal:
    """A name that a speaker may have: the voice of a named speaker of another video sounds similar.

    Args:
        name: of that speaker.
        video_id: of that video.
        similarity: cosine of the two voices.
    """

    name: str
    video_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class SpeakerSummary:
    """A speaker of a video, or several labels that have the same name.

    Args:
        video_id: of the video.
        labels: of the speaker; several where they were given one name.
        name: None for a speaker without a name.
        display_name: the name, or `speaker 2`.
        named_by: `source`, `person`, or None.
        speaking_s: seconds in which the speaker speaks.
        share: part of the seconds in which it is known who speaks, 0 to 1.
        num_turns: how often the speaker begins to speak.
        first_s: when the speaker first speaks; None for one without a span or turn.
        sample: the beginning of what the speaker says in the longest turn.
        proposals: names that the voice may have, most similar first; empty for one that has a name.
    """

    video_id: str
    labels: tuple[str, ...]
    name: str | None
    display_name: str
    named_by: str | None
    speaking_s: float
    share: float
    num_turns: int
    first_s: float | None
    sample: str = ""
    proposals: tuple[NameProposal, ...] = ()
    __repr__ = short_repr


def speaker_turns(catalog: Catalog, video_id: str, window: Window | None = None) -> list[SpeakerTurn]:
    """The turns of a video in time order: what is said with a label, and where a voice alone was found.

    Labels that have the same name are one speaker, under the first of them. A turn ends where another
    speaker, known or not, begins, and at pauses above `MAX_TURN_PAUSE_S`.
    """
    labels = {one.label: own[0].label for own in _by_name(read_speakers(catalog, video_id)) for one in own}
    spans = catalog.spans(video_id, "speech", window)
    turns = _turns_of_spans(spans, labels)
    span_labels = {turn.label for turn in turns}
    for label, own in read_turns(catalog, video_id):
        label, inside = labels.get(label, label), own if window is None else own.clamped(window)
        if label not in span_labels and inside is not None:
            turns.append(SpeakerTurn(label, inside, (), inside.duration_s))
    return sorted(turns, key=lambda turn: (turn.window, turn.label))


def _turns_of_spans(spans: Sequence[SpanRow], labels: Mapping[str, str]) -> list[SpeakerTurn]:
    groups: list[list[SpanRow]] = []
    before: SpanRow | None = None
    for span in sorted(spans, key=lambda span: (span.words.window, span.id)):
        if before is not None and _is_same_turn(before, span, labels):
            groups[-1].append(span)
        else:
            groups.append([span])
        before = span
    named = [(labels.get(own[0].words.speaker or ""), own) for own in groups]
    return [_turn(label, own) for label, own in named if label is not None]


def _is_same_turn(before: SpanRow, span: SpanRow, labels: Mapping[str, str]) -> bool:
    a, b = (labels.get(one.words.speaker or "") for one in (before, span))
    pause_s = span.words.window.start_s - before.words.window.end_s
    return a is not None and a == b and pause_s <= MAX_TURN_PAUSE_S


def _turn(label: str, spans: Sequence[SpanRow]) -> SpeakerTurn:
    spoken = join_windows(span.words.window for span in spans)
    window = Window(spoken[0].start_s, spoken[-1].end_s)
    return SpeakerTurn(label, window, tuple(span.id for span in spans), sum(one.duration_s for one in spoken))


def speaking_times(turns: Iterable[SpeakerTurn]) -> dict[str, float]:
    """Seconds for which each speaker speaks, by label, longest first."""
    totals: dict[str, float] = {}
    for turn in turns:
        totals[turn.label] = totals.get(turn.label, 0.0) + turn.speaking_s
    return dict(sorted(totals.items(), key=lambda item: -item[1]))


def attributed_share(catalog: Catalog, video_id: str) -> float:
    """Part of the seconds of speech of a video of which it is known who speaks; 0.0 without speech."""
    spans = catalog.spans(video_id, "speech")
    all_s = sum(one.duration_s for one in join_windows(span.words.window for span in spans))
    known = (span.words.window for span in spans if span.words.speaker is not None)
    return sum(one.duration_s for one in join_windows(known)) / all_s if all_s else 0.0


def summarise_speakers(catalog: Catalog, video_id: str) -> list[SpeakerSummary]:
    """The speakers of a video, who speaks longest first; labels with the same name are one."""
    turns = speaker_turns(catalog, video_id)
    times = speaking_times(turns)
    all_s = sum(times.values())
    named = [one for own in read_all_speakers(catalog).values() for one in own if one.named_by == "person"]
    found = []
    for own in _by_name(read_speakers(catalog, video_id)):
        first, own_turns = own[0], [turn for turn in turns if turn.label == own[0].label]
        speaking_s = times.get(first.label, 0.0)
        found.append(
            SpeakerSummary(
                video_id,
                tuple(one.label for one in own),
                first.name,
                display_name(first),
                first.named_by,
                speaking_s,
                speaking_s / all_s if all_s else 0.0,
                len(own_turns),
                own_turns[0].window.start_s if own_turns else None,
                _sample(catalog, video_id, own_turns),
                tuple(_proposals(own, named)) if first.name is None else (),
            )
        )
    return sorted(found, key=lambda one: (-one.speaking_s, one.display_name.casefold()))


def _by_name(speakers: Sequence[Speaker]) -> list[list[Speaker]]:
    groups: dict[str, list[Speaker]] = {}
    for one in speakers:
        groups.setdefault(display_name(one).casefold(), []).append(one)
    return list(groups.values())


def _sample(catalog: Catalog, video_id: str, turns: Sequence[SpeakerTurn]) -> str:
    longest = max(turns, key=lambda turn: turn.speaking_s, default=None)
    if longest is None or not longest.span_ids:
        return ""
    inside = {span.id: span for span in catalog.spans(video_id, "speech", longest.window)}
    text = " ".join(" ".join(inside[i].words.text for i in longest.span_ids if i in inside).split())
    return text if len(text) <= SAMPLE_CHARS else f"{text[:SAMPLE_CHARS].rsplit(' ', 1)[0]} …"


def _proposals(own: Sequence[Speaker], named: Sequence[Speaker]) -> list[NameProposal]:
    """For each name the most similar voice of another video that a person gave it."""
    best: dict[str, NameProposal] = {}
    for mine in own:
        for other in named:
            if other.video_id == mine.video_id or other.name is None:
                continue
            similarity = voice_similarity(mine, other)
            if similarity is None or similarity < MIN_SAME_VOICE:
                continue
            known = best.get(other.name.casefold())
            if known is None or similarity > known.similarity:
                best[other.name.casefold()] = NameProposal(other.name, other.video_id, similarity)
    return sorted(best.values(), key=lambda one: -one.similarity)


def with_speaker(text: str, speaker: str | None) -> str:
    """A text with the name of who says it before it: `Alice: We go on.`"""
    return f"{speaker}: {text}" if speaker else text


# ---- names ----


def find_speakers(known: Mapping[str, Sequence[Speaker]], name: str) -> list[Speaker]:
    """The speakers that a name means, over some videos.

    The best fit counts: the whole name or label (`Project Manager`, `speaker 2`, `2`); the name without title
    or article (`the project manager`); a part of names (`Smith` of `John Smith`); a name with a role behind
    it (`marketing expert` for `Marketing`). Several speakers may fit equally well.

    Args:
        known: the speakers of each video.
        name: as a person says it; compared case-folded.

    Raises:
        SpeakerUnknown: none fits; the message names those that are known.
    """
    found = match_speakers(known, name)
    if found:
        return found
    names = known_names(known)
    if not names:
        raise SpeakerUnknown(
            f"no speaker {name!r}: it is not known who speaks in these videos; index subtitles that name"
            " speakers, or run diarisation and `playhead speakers VIDEO --name LABEL=NAME`"
        )
    raise SpeakerUnknown(f"no speaker {name!r} in these videos; known are {_list_names(names)}")


def match_speakers(known: Mapping[str, Sequence[Speaker]], name: str) -> list[Speaker]:
    """As `find_speakers`; empty where none fits."""
    everyone = [one for own in known.values() for one in own]
    folded = " ".join(name.casefold().split())
    exact = [one for one in everyone if folded in {one.label.casefold(), display_name(one).casefold()}]
    given_words = _name_words(name)
    if exact or not given_words:
        return exact
    names = [(one, _name_words(display_name(one))) for one in everyone]
    full_matches = [one for one, words in names if words == given_words]
    if full_matches:
        return full_matches
    partial_matches = [
        one
        for one, words in names
        if one.name is not None and all(any(_is_word_of(a, word) for word in words) for a in given_words)
    ]
    if partial_matches:
        return partial_matches
    return [
        one
        for one, words in names
        if one.name is not None
        and words
        and set(words) <= set(given_words)
        and set(given_words) - set(words) <= _ROLES
    ]


def _is_word_of(given: str, word: str) -> bool:
    """`designer` and `design` for `designer`."""
    is_long = len(given) >= MIN_PREFIX_CHARS and len(word) - len(given) <= MAX_ENDING_CHARS
    return given == word or (is_long and word.startswith(given))


def _name_words(name: str) -> tuple[str, ...]:
    """The words of a name, folded, without titles and articles at its beginning where others are left."""
    words = _WORD.findall(name.casefold())
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return tuple(words)


def known_names(known: Mapping[str, Sequence[Speaker]]) -> list[str]:
    """The names of the speakers of some videos, each once, in order of the alphabet."""
    names = {display_name(one).casefold(): display_name(one) for own in known.values() for one in own}
    return [names[key] for key in sorted(names)]


def label_of(speakers: Sequence[Speaker], name: str) -> str:
    """The label of the one speaker of a video that a label, `speaker 2` or a name means.

    Raises:
        SpeakerUnknown: none fits, or several labels have this name.
    """
    folded = name.strip().casefold()
    by_label = [one for one in speakers if one.label.casefold() == folded]
    found = by_label or [one for one in speakers if display_name(one).casefold() == folded]
    if len(found) == 1:
        return found[0].label
    labels = [one.label for one in (found or speakers)]
    if found:
        raise SpeakerUnknown(
            f"{len(found)} speakers are called {name!r}; give one of the labels {_list_names(labels)}"
        )
    if not labels:
        raise SpeakerUnknown(f"no speaker {name!r}: who speaks in this video is not known")
    raise SpeakerUnknown(f"no speaker {name!r} in this video; its labels are {_list_names(labels)}")


def _list_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
