"""Questions about who speaks: whom a question means, and when and how long somebody speaks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from playhead_agent.rules.reasoning import TemporalResult
from playhead_agent.rules.retrieve import of_spans
from playhead_agent.state import Context, SegmentRef
from playhead_index.store.speakers import display_name
from playhead_index.window import format_time
from playhead_tools.details import required_detail
from playhead_tools.evidence import Claim, Evidence, listed, without_speakers
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.question.speaking import AskedSpeaking, asked_speaking, mentions_of_speakers
from playhead_tools.retrieval import read_spans
from playhead_tools.speaking import NamedTurn, ScopeSpeakers, speaking_totals
from playhead_tools.spec import QuestionSpec, Speaking
from playhead_tools.temporal import Event
from playhead_tools.times import parse_times

MAX_TURNS = 12
"""Turns that an answer quotes, one a line."""
MAX_TURNS_OF_TOTAL = 5
"""Turns that are cited for a total of seconds or of turns."""
_GROUPS = frozenset(
    ("group", "team", "everyone", "everybody", "people", "participants", "speakers", "group mates", "members")
)
"""Subjects of a question that mean all who speak."""
NOT_KNOWN = (
    "It is not known who speaks here: no subtitles name speakers, and no voices were told apart;"
    " run playhead prepare voices and index again."
)
_TOTALS: frozenset[Speaking] = frozenset(("most", "least", "how_long", "count", "number", "who"))


def with_speakers(
    spec: QuestionSpec,
    question: str,
    speakers: ScopeSpeakers,
    parse: Callable[[str, Sequence[str]], QuestionSpec],
) -> tuple[QuestionSpec, str, list[str]]:
    """A question with the speakers that it means, why it cannot be answered (else empty), and notes.

    Args:
        spec: as `parse` takes the question apart, which knows no speakers.
        question: its text, without names of files.
        speakers: of the videos that it is about.
        parse: takes a question with these options apart.
    """
    asked = asked_speaking(parse_times(question).rest)
    if asked is not None and not _is_anyone(asked.who):
        return _of_speaking(spec, asked, speakers)
    if spec.by_passages:
        return _for_passages(spec, question, speakers)
    notes = _unknown_notes(speakers)
    for mention in mentions_of_speakers(question):
        if mention.who.casefold().removeprefix("the ") in _GROUPS:
            parsed = parse(mention.text, spec.options)
            return replace(parsed, text=spec.text), "", []
        names = _names(speakers, mention.who)
        if names:
            parsed = parse(mention.text, spec.options)
            spec = replace(parsed, text=spec.text, speaker=mention.who, speakers=names, wanted="speech")
            is_one = " and " not in mention.who
            several = [f"“{mention.who}” may be {' or '.join(names)}"] if is_one and len(names) > 1 else []
            if spec.setting and spec.targets and speakers.match(_named_only(spec.targets[0])):
                spec = replace(spec, targets=(spec.setting,))  # with whom, while something is discussed
            return _with_something_asked(spec), "", [*several, *notes]
    if required_detail(spec) == "speaker":
        return spec, "", notes
    if spec.speaker and speakers.known:
        return spec, _unknown(spec.speaker, speakers), []
    return spec, "", []


def only_speakers(
    spec: QuestionSpec, given: Sequence[str], speakers: ScopeSpeakers
) -> tuple[QuestionSpec, str]:
    """A question that only what some speakers say may answer, and why it cannot be answered (else empty).

    Args:
        spec: the question; a speaker that it names is one of those given, or nobody's words are left.
        given: names or labels of the scope.
        speakers: of the videos that it is about.
    """
    if not speakers.known:
        return spec, NOT_KNOWN
    unknown = [name for name in given if not speakers.match(name)]
    if unknown:
        return spec, _unknown(unknown[0], speakers)
    names = tuple(dict.fromkeys(display_name(one) for name in given for one in speakers.match(name)))
    both = tuple(name for name in names if name in spec.speakers) if spec.speakers else names
    if not both:
        return (
            spec,
            f"The question is about {listed(list(spec.speakers))}, the scope is {listed(list(names))}.",
        )
    return replace(spec, speakers=both, only_speakers=True, wanted="speech"), ""


def _for_passages(
    spec: QuestionSpec, question: str, speakers: ScopeSpeakers
) -> tuple[QuestionSpec, str, list[str]]:
    """A question that passages answer: what a named speaker says counts more, and others may answer."""
    who = next(iter(mentions_of_speakers(question)), None)
    if who is None or who.who.casefold().removeprefix("the ") in _GROUPS or _is_anyone(who.who):
        return spec, "", []
    names = _names(speakers, who.who)
    if names or not speakers.known:
        return replace(spec, speaker=who.who, speakers=names), "", _unknown_notes(speakers) if names else []
    return replace(spec, speaker=""), "", [_unknown(spec.speaker, speakers)] if spec.speaker else []


def _of_speaking(
    spec: QuestionSpec, asked: AskedSpeaking, speakers: ScopeSpeakers
) -> tuple[QuestionSpec, str, list[str]]:
    spec = replace(
        spec, intent="describe", wanted="speech", targets=(), deeds=(), relation=None, of_things=False,
        speaker=asked.who, speaking=asked.kind, ordinal=asked.ordinal, by_passages=False,
    )  # fmt: skip
    if not speakers.known:
        return spec, NOT_KNOWN, []
    names = _names(speakers, asked.who) if asked.who else ()
    if asked.who and not names:
        return spec, _unknown(asked.who, speakers), []
    return replace(spec, speakers=names), "", _unknown_notes(speakers)


def _named_only(target: str) -> str:
    """A target without `with the` before it."""
    return target.removeprefix("with ").removeprefix("the ")


def _with_something_asked(spec: QuestionSpec) -> QuestionSpec:
    """What a speaker says while something is discussed is what is said of it; without a topic, all of it."""
    relation = spec.relation
    if not spec.targets and relation is not None and relation.kind == "during":
        anchor = relation.anchors[0]
        if anchor.kind in ("speech", "any") and anchor.text:
            return replace(spec, targets=(anchor.text,), relation=None)
    if not spec.targets and relation is None and not spec.times and spec.ordinal is None:
        return replace(spec, speaking="when", intent="describe")
    return spec


def _names(speakers: ScopeSpeakers, who: str) -> tuple[str, ...]:
    """The names of the speakers that a name means; of names joined by `and`, where each means somebody."""
    parts = [who] if speakers.match(who) else who.split(" and ")
    found = [speakers.match(part) for part in parts]
    return tuple(dict.fromkeys(display_name(one) for own in found for one in own)) if all(found) else ()


def _is_anyone(who: str) -> bool:
    return who.casefold() in {"he", "she", "they", "it", "i", "we", "you", "anyone", "someone", "somebody"}


def _unknown(who: str, speakers: ScopeSpeakers) -> str:
    return f"No speaker called “{who}” is known here; known are {speakers.listed()}."


def _unknown_notes(speakers: ScopeSpeakers) -> list[str]:
    n = speakers.num_unknown
    return [without_speakers(n, len(speakers.video_ids))] if n else []


# ---- when and how long ----


def add_turns(
    spec: QuestionSpec, stretches: Sequence[SegmentRef], context: Context, table: EvidenceTable
) -> None:
    """Puts the turns that an answer about who speaks stands on into the table."""
    for one in _cited(spec, _asked_turns(spec, stretches, context)):
        spans = list(read_spans(context.catalog, one.turn.span_ids).values())
        if spans:
            spans.sort(key=lambda span: (span.words.window, span.id))
            table.add(of_spans(spans, "supported", 1.0, "turn", ("speech",)))


def speaking_finding(
    spec: QuestionSpec,
    evidence: Sequence[Evidence],
    stretches: Sequence[SegmentRef],
    context: Context,
    *,
    is_heard: bool,
) -> TemporalResult:
    """Who speaks, when and how long, counted over all turns of the stretches.

    Args:
        spec: the question, with `speaking`.
        evidence: the table, with the turns that are cited.
        stretches: where.
        context: the run's seams.
        is_heard: all that is said in the stretches is known.
    """
    turns = _asked_turns(spec, stretches, context)
    by_spans = {record.span_ids: record.id for record in evidence if record.role == "turn"}
    names, seconds, events = list[str](), list[float](), list[Event]()
    if _is_total(spec):
        totals = speaking_totals(turns)
        totals = totals[::-1] if spec.speaking == "least" else totals
        for name, total_s, own in totals:
            names.append(name)
            seconds += [total_s, float(len(own))]
    for one in _cited(spec, turns):
        if one.turn.span_ids in by_spans:
            events.append(Event(one.video_id, one.turn.window, (by_spans[one.turn.span_ids],)))
            names += [] if _is_total(spec) else [one.name]
    all_s = sum(one.turn.speaking_s for one in _turns(stretches, context))
    if not events:
        return TemporalResult("none")
    is_complete = is_heard and ScopeSpeakers(context.catalog, [v for v, _ in stretches]).is_complete()
    return TemporalResult(
        "speaking", tuple(events), all_s, tuple(names), is_complete, len(turns), seconds=tuple(seconds)
    )


def speaking_claims(
    spec: QuestionSpec, finding: TemporalResult, quotes: Sequence[str], places: Sequence[str]
) -> list[Claim]:
    """The claims of an answer about who speaks.

    Args:
        spec: the question.
        finding: from `speaking_finding`.
        quotes: the beginning of what is said in each cited turn.
        places: when each cited turn is, for people.
    """
    ids = [event.evidence_ids[0] for event in finding.events]
    least = "" if finding.complete else "at least "
    if not _is_total(spec):
        which = {1: " first", -1: " last"}.get(spec.ordinal or 0, "")
        lines = [
            Claim(f"{name} speaks{which} at {place}: “{quote}”", (i,))
            for name, place, quote, i in zip(finding.names, places, quotes, ids, strict=True)
        ]
        has_more = spec.ordinal is None and finding.candidates > len(lines)
        if not has_more:
            return lines
        num_more = finding.candidates - len(lines)
        times = "once more" if num_more == 1 else f"{num_more} more times"
        names = listed(list(dict.fromkeys(finding.names)))
        return [*lines, Claim(f"{names} {'speak' if ' and ' in names else 'speaks'} {times}", (ids[-1],))]
    totals = list(zip(finding.names, finding.seconds[::2], finding.seconds[1::2], strict=True))
    if spec.speaking == "number":
        listed_names = ", ".join(name for name, _, _ in totals)
        text = f"{least.capitalize()}{len(totals)} speakers are known: {listed_names}"
        return [Claim(text, tuple(ids))]
    if spec.speaking in ("how_long", "count"):
        return [_of_one(spec, finding, total, ids, places, least) for total in totals[:1]] + [
            Claim(f"{name} speaks for {least}{_length(total_s)}", tuple(ids))
            for name, total_s, _ in totals[1:]
        ]
    lead = {"most": "speaks longest", "least": "speaks shortest"}.get(spec.speaking, "speaks")
    return [
        Claim(f"{name} {lead if n == 0 else 'speaks'} for {least}{_length(total_s)}: “{quote}”", (i,))
        for n, ((name, total_s, _), quote, i) in enumerate(zip(totals, quotes, ids, strict=False))
    ]


def _of_one(
    spec: QuestionSpec, finding: TemporalResult, total: tuple[str, float, float], ids: Sequence[str],
    places: Sequence[str], least: str,
) -> Claim:  # fmt: skip
    name, total_s, num_turns = total
    times = "once" if num_turns == 1 else f"{num_turns:.0f} times"
    shown = ("longest at " if num_turns > len(places) else "at ") + ", ".join(places)
    if spec.speaking == "count":
        return Claim(f"{name} speaks {least}{times}, {shown}", tuple(ids))
    return Claim(f"{name} speaks for {least}{_length(total_s)} in all, {times}, {shown}", tuple(ids))


def _is_total(spec: QuestionSpec) -> bool:
    """Seconds or numbers are asked for, not single turns."""
    return spec.speaking in _TOTALS and spec.ordinal not in (1, -1)


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else format_time(round(seconds))


def _turns(stretches: Sequence[SegmentRef], context: Context) -> list[NamedTurn]:
    return ScopeSpeakers(context.catalog, [video_id for video_id, _ in stretches]).turns(stretches)


def _asked_turns(spec: QuestionSpec, stretches: Sequence[SegmentRef], context: Context) -> list[NamedTurn]:
    turns = _turns(stretches, context)
    if not spec.speakers:
        return turns
    labels = ScopeSpeakers(context.catalog, [v for v, _ in stretches]).labels(spec.speakers)
    return [one for one in turns if one.turn.label in labels.get(one.video_id, ())]


def _cited(spec: QuestionSpec, turns: Sequence[NamedTurn]) -> list[NamedTurn]:
    """The turns that an answer cites: the longest of each speaker, the first ones, or the one asked for."""
    citable = [one for one in turns if one.turn.span_ids]
    if spec.ordinal in (1, -1):
        return citable[:1] if spec.ordinal == 1 else citable[-1:]
    if spec.speaking in ("most", "least", "who", "number"):
        totals = speaking_totals(citable)
        totals = totals[::-1] if spec.speaking == "least" else totals
        return [max(own, key=lambda one: one.turn.speaking_s) for _, _, own in totals[:MAX_TURNS]]
    if spec.speaking in ("how_long", "count"):
        longest = sorted(citable, key=lambda one: -one.turn.speaking_s)[:MAX_TURNS_OF_TOTAL]
        return [one for one in citable if one in longest]
    return citable[:MAX_TURNS]
