"""Questions about speakers: which ones a question names, and when and how long they speak."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from playhead_index.store.speakers import display_name
from playhead_tools.evidence import listed, without_speakers
from playhead_tools.question.speaker_questions import (
    SpeakingQuestion,
    parse_speaking_question,
    speaker_mentions,
)
from playhead_tools.required_detail import required_detail
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.times import parse_times

_GROUPS = frozenset(
    ("group", "team", "everyone", "everybody", "people", "participants", "speakers", "group mates", "members")
)
"""Subjects of a question that mean all who speak."""
SPEAKERS_UNKNOWN = (
    "It is not known who speaks here: no subtitles name speakers, and no voices were told apart;"
    " run playhead prepare voices and index again."
)


def with_speakers(
    spec: QuestionSpec,
    question: str,
    speakers: ScopeSpeakers,
    scope_speakers: Sequence[str] | None,
    parse: Callable[[str, Sequence[str]], QuestionSpec],
) -> tuple[QuestionSpec, str, list[str]]:
    """A question with the speakers that it and the scope name, why it cannot be answered, and notes.

    Args:
        spec: the question as parsed without known speakers.
        question: its text, without names of files.
        speakers: of the videos that it is about.
        scope_speakers: names or labels of which alone speech may answer; None or empty for everybody.
        parse: parses a question with options.

    Returns:
        The question, why it cannot be answered (else empty), and notes.
    """
    spec, refusal, notes = _with_named_speakers(spec, question, speakers, parse)
    if scope_speakers:
        spec, refusal = only_speakers(spec, scope_speakers, speakers)
    return spec, refusal, notes


def _with_named_speakers(
    spec: QuestionSpec,
    question: str,
    speakers: ScopeSpeakers,
    parse: Callable[[str, Sequence[str]], QuestionSpec],
) -> tuple[QuestionSpec, str, list[str]]:
    speaking_request = parse_speaking_question(parse_times(question).rest)
    if speaking_request is not None and not _is_anyone(speaking_request.who):
        return _speaking_question(spec, speaking_request, speakers)
    if spec.by_passages:
        return _for_passages(spec, question, speakers)
    notes = _unknown_notes(speakers)
    for mention in speaker_mentions(question):
        if mention.who.casefold().removeprefix("the ") in _GROUPS:
            parsed = parse(mention.text, spec.options)
            return replace(parsed, text=spec.text), "", []
        names = _names(speakers, mention.who)
        if names:
            parsed = parse(mention.text, spec.options)
            spec = replace(parsed, text=spec.text, speaker=mention.who, speakers=names, wanted="speech")
            is_one = " and " not in mention.who
            ambiguity_notes = (
                [f"“{mention.who}” may be {' or '.join(names)}"] if is_one and len(names) > 1 else []
            )
            if spec.setting and spec.targets and speakers.match(_without_preposition(spec.targets[0])):
                spec = replace(spec, targets=(spec.setting,))  # with whom, while something is discussed
            return _with_topic_as_target(spec), "", [*ambiguity_notes, *notes]
    if required_detail(spec) == "speaker":
        return spec, "", notes
    if spec.speaker and speakers.known:
        return spec, _unknown_speaker_text(spec.speaker, speakers), []
    return spec, "", []


def only_speakers(
    spec: QuestionSpec, scope_speakers: Sequence[str], speakers: ScopeSpeakers
) -> tuple[QuestionSpec, str]:
    """A question that only speech of some speakers may answer, and why it cannot be answered (else empty).

    Args:
        spec: the question; a speaker that it names must be one of those given.
        scope_speakers: names or labels of the scope.
        speakers: of the videos that it is about.
    """
    if not speakers.known:
        return spec, SPEAKERS_UNKNOWN
    unknown = [name for name in scope_speakers if not speakers.match(name)]
    if unknown:
        return spec, _unknown_speaker_text(unknown[0], speakers)
    names = tuple(
        dict.fromkeys(display_name(label) for name in scope_speakers for label in speakers.match(name))
    )
    common_names = tuple(name for name in names if name in spec.speakers) if spec.speakers else names
    if not common_names:
        return (
            spec,
            f"The question is about {listed(list(spec.speakers))}, the scope is {listed(list(names))}.",
        )
    return replace(spec, speakers=common_names, only_speakers=True, wanted="speech"), ""


def _for_passages(
    spec: QuestionSpec, question: str, speakers: ScopeSpeakers
) -> tuple[QuestionSpec, str, list[str]]:
    """A question that passages answer: what a named speaker says counts more, and others may answer."""
    mention = next(iter(speaker_mentions(question)), None)
    if mention is None or mention.who.casefold().removeprefix("the ") in _GROUPS or _is_anyone(mention.who):
        return spec, "", []
    names = _names(speakers, mention.who)
    if names or not speakers.known:
        return (
            replace(spec, speaker=mention.who, speakers=names),
            "",
            _unknown_notes(speakers) if names else [],
        )
    return (
        replace(spec, speaker=""),
        "",
        [_unknown_speaker_text(spec.speaker, speakers)] if spec.speaker else [],
    )


def _speaking_question(
    spec: QuestionSpec, request: SpeakingQuestion, speakers: ScopeSpeakers
) -> tuple[QuestionSpec, str, list[str]]:
    spec = replace(
        spec, intent="describe", wanted="speech", targets=(), deeds=(), relation=None, of_things=False,
        speaker=request.who, speaking=request.kind, ordinal=request.ordinal, by_passages=False,
    )  # fmt: skip
    if not speakers.known:
        return spec, SPEAKERS_UNKNOWN, []
    names = _names(speakers, request.who) if request.who else ()
    if request.who and not names:
        return spec, _unknown_speaker_text(request.who, speakers), []
    return replace(spec, speakers=names), "", _unknown_notes(speakers)


def _without_preposition(target: str) -> str:
    """A target without `with the` before it."""
    return target.removeprefix("with ").removeprefix("the ")


def _with_topic_as_target(spec: QuestionSpec) -> QuestionSpec:
    """Makes the topic of a speaker the target; without a topic the question is when they speak."""
    relation = spec.relation
    if not spec.targets and relation is not None and relation.kind == "during":
        anchor = relation.anchors[0]
        if anchor.kind in ("speech", "any") and anchor.text:
            return replace(spec, targets=(anchor.text,), relation=None)
    if not spec.targets and relation is None and not spec.times and spec.ordinal is None:
        return replace(spec, speaking="when", intent="describe")
    return spec


def _names(speakers: ScopeSpeakers, name: str) -> tuple[str, ...]:
    """The speakers that a name matches; of names joined by `and`, where each matches somebody."""
    parts = [name] if speakers.match(name) else name.split(" and ")
    labels = [speakers.match(part) for part in parts]
    return (
        tuple(dict.fromkeys(display_name(label) for matches in labels for label in matches))
        if all(labels)
        else ()
    )


def _is_anyone(name: str) -> bool:
    return name.casefold() in {"he", "she", "they", "it", "i", "we", "you", "anyone", "someone", "somebody"}


def _unknown_speaker_text(name: str, speakers: ScopeSpeakers) -> str:
    return f"No speaker called “{name}” is known here; known are {speakers.listed()}."


def _unknown_notes(speakers: ScopeSpeakers) -> list[str]:
    n = speakers.num_unknown
    return [without_speakers(n, len(speakers.video_ids))] if n else []


# ---- when and how long ----
