"""An answer made of the evidence alone: the stored words with their times, in sentences that code writes.

It is what a library without a language model answers, and what is left when a model fails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from playhead_agent.rules.reasoning import MERGE_GAP_S, TemporalResult
from playhead_agent.rules.speakers import speaking_claims
from playhead_agent.rules.word_forms import asks_for_words, forms_of
from playhead_agent.state import SegmentRef
from playhead_index.speakers import with_speaker
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.details import required_detail
from playhead_tools.evidence import Claim, Evidence, EvidenceKind, listed
from playhead_tools.match import content_words, plain, says, stem
from playhead_tools.retrieval import VideoEntry
from playhead_tools.spec import Kind, QuestionSpec
from playhead_tools.temporal import Event

QUOTE_CHARS = 240
SPOKEN_CHARS = 120
MOST_LINES = 12
MAX_FORMS = 3
"""So many places that hold only another form of the asked word are named."""
_SAID: dict[EvidenceKind, str] = {
    "speech": "Said",
    "screen": "On screen",
    "caption": "Captioned",
    "picture": "Closest picture",
    "metadata": "In the library",
}
_UNCERTAIN: dict[EvidenceKind, str] = {**_SAID, "speech": "Possibly said", "screen": "Possibly on screen"}
"""The same of words that were recognised with low confidence."""
_PLACES: dict[Kind, str] = {
    "speech": "in the speech",
    "screen": "in the text on the screen",
    "picture": "in the pictures",
    "any": "in what is said, written or shown",
}
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What sentences are made of: the question, the finding, the evidence, its words and spans.

    `quotes` are the sentences of passages, by evidence id, that stand for them.
    """

    spec: QuestionSpec
    finding: TemporalResult
    evidence: Mapping[str, Evidence]
    texts: Mapping[str, str]
    videos: Mapping[str, VideoEntry]
    notes: list[str] = field(default_factory=list)
    spans: Mapping[int, SpanRow] = field(default_factory=dict)
    stretches: Sequence[SegmentRef] = ()
    quotes: Mapping[str, str] = field(default_factory=dict)

    def at(self, video_id: str, window: Window) -> str:
        """`0:35–0:41`, with the file's name when there are several."""
        name = f" of {self.videos[video_id].name}" if len(self.videos) > 1 and video_id in self.videos else ""
        return f"{window}{name}"


def extractive_claims(answer_context: AnswerContext) -> list[Claim]:
    """The claims of an answer, in the order in which they are to be read; none for an empty finding."""
    finding = answer_context.finding
    if finding.op == "none":
        return []
    forms = [_line(answer_context, i) for event in finding.forms[:MAX_FORMS] for i in event.evidence_ids]
    if finding.op in ("count", "how_long", "order", "compare", "gap"):
        return [_reckoned(answer_context), *forms]
    if finding.op == "fact":
        return _facts(answer_context)
    if finding.op == "speaking":
        return _speaking(answer_context)
    ids = _without_repeated(answer_context, finding.evidence_ids)
    num_lines = len(ids) if answer_context.spec.verbatim or finding.op == "outline" else MOST_LINES
    lines = [_line(answer_context, i) for i in ids[:num_lines]]
    return [
        *_who_says_it(answer_context, ids),
        *lines,
        *([_rest(answer_context, ids[num_lines:])] if len(ids) > num_lines else []),
        *forms,
    ]


def _without_repeated(answer_context: AnswerContext, ids: Sequence[str]) -> list[str]:
    """The evidence, in its order, without records whose spans one before them holds all."""
    found: list[str] = []
    for i in ids:
        own = set(answer_context.evidence[i].span_ids)
        if not own or not any(own <= set(answer_context.evidence[j].span_ids) for j in found):
            found.append(i)
    return found


def _rest(answer_context: AnswerContext, ids: Sequence[str]) -> Claim:
    """One claim for the places that get no line of their own."""
    texts = [answer_context.texts[i] for i in ids]
    subject = (
        named(_asked(answer_context.spec), texts)
        if _asked(answer_context.spec)
        else f"“{excerpt(texts[0], '', 40)}”"
    )
    places = [
        answer_context.at(answer_context.evidence[i].video_id, answer_context.evidence[i].window) for i in ids
    ]
    return Claim(f"Further places with {subject}: {listed(places)}", tuple(ids))


def computed_numbers(finding: TemporalResult) -> list[float]:
    """The numbers that code reckoned and that an answer may therefore say."""
    windows = [event.window for event in finding.events]
    bounds = [t for w in windows for t in (w.start_s, w.end_s)]
    values = [finding.value] if finding.op in ("count", "how_long", "gap", "fact", "seen", "speaking") else []
    if finding.op == "speaking":
        values += [*finding.seconds, len(finding.seconds) / 2, finding.candidates - len(finding.events)]
    values += [float(len(finding.events))] if finding.op == "count" else []
    return [*values, *bounds, MERGE_GAP_S]


def named(asked: str, texts: Sequence[str]) -> str:
    """What was asked for, in quotation marks when it stands word for word in all the texts."""
    return f"“{asked}”" if texts and all(says(text, asked) for text in texts) else asked.replace('"', "")


def excerpt(text: str, asked: str, most_chars: int = QUOTE_CHARS) -> str:
    """At most so many characters of a text, around the asked words, with `…` where words are left out."""
    words = text.split()
    if len(" ".join(words)) <= most_chars:
        return _unquoted(" ".join(words))
    wanted = content_words(asked) if asked else frozenset()
    hit = next((i for i, w in enumerate(words) if stem(plain(w)) in wanted), 0)
    start = end = max(0, hit - 8)
    while end < len(words) and len(" ".join(words[start : end + 1])) <= most_chars:
        end += 1
    end = max(end, start + 1)
    cut = " ".join(words[start:end])[:most_chars]
    return _unquoted(f"{'… ' if start else ''}{cut}{' …' if end < len(words) else ''}")


def _unquoted(text: str) -> str:
    """Quotation marks inside a quotation become single ones, so that the outer pair stays a pair."""
    return text.replace("“", "‘").replace("”", "’").replace('"', "'").replace("«", "‹").replace("»", "›")


# ---- one line a piece of evidence ----


def _line(answer_context: AnswerContext, evidence_id: str) -> Claim:
    record = answer_context.evidence[evidence_id]
    anchor = answer_context.evidence.get(record.tied_to)
    if anchor is not None:
        return _tied_line(answer_context, record, anchor)
    where = answer_context.at(record.video_id, record.window)
    said = where if answer_context.spec.verbatim else f"{_said(record)} at {where}"
    counts = all(evidence_id not in event.evidence_ids for event in answer_context.finding.forms)
    lead = (_nth_lead(answer_context, record) if counts else "") or said
    forms = _forms_in(answer_context, evidence_id)
    if forms:
        lead = f"In another form ({listed(forms)}): {lead[0].lower()}{lead[1:]}"
    if record.kind == "picture":
        return Claim(lead, (evidence_id,))
    words = answer_context.quotes.get(evidence_id, answer_context.texts[evidence_id])
    quote = f"“{excerpt(words, _asked(answer_context.spec))}”"
    return Claim(f"{lead}: {with_speaker(quote, record.speaker)}", (evidence_id,))


def _speaking(answer_context: AnswerContext) -> list[Claim]:
    finding = answer_context.finding
    quotes = [
        excerpt(answer_context.texts[event.evidence_ids[0]], "", SPOKEN_CHARS) for event in finding.events
    ]
    places = [answer_context.at(event.video_id, event.window) for event in finding.events]
    return speaking_claims(answer_context.spec, finding, quotes, places)


def _who_says_it(answer_context: AnswerContext, ids: Sequence[str]) -> list[Claim]:
    """One claim that names those who say it, where that is asked and several do."""
    if required_detail(answer_context.spec) != "speaker":
        return []
    by_name: dict[str, list[str]] = {}
    for i in ids:
        by_name.setdefault(answer_context.evidence[i].speaker, []).append(i)
    named = {name: own for name, own in by_name.items() if name}
    if len(named) < 2:
        return []
    said = f"Said by {listed(list(named))}" + ("; of other places it is not known" if "" in by_name else "")
    return [Claim(said, tuple(i for own in named.values() for i in own[:1]))]


def _said(record: Evidence) -> str:
    return (_UNCERTAIN if record.is_uncertain else _SAID)[record.kind]


def _forms_in(answer_context: AnswerContext, evidence_id: str) -> list[str]:
    """The words of an evidence, in quotation marks, that are only forms of what the question asks for."""
    record, text = answer_context.evidence[evidence_id], answer_context.texts[evidence_id]
    forms = forms_of(answer_context.spec, record, text) if asks_for_words(answer_context.spec) else ()
    return [f"“{form}”" for form in forms]


def _nth_lead(answer_context: AnswerContext, record: Evidence) -> str:
    n = answer_context.spec.ordinal
    if answer_context.finding.op != "nth" or n not in _NTH:
        return ""
    where = answer_context.at(record.video_id, record.window)
    time = "time" if n in (1, -1) or n is None else "time there"
    return f"{_said(record)} for the {_NTH[n]} {time}, at {where}" if n else ""


def _tied_line(answer_context: AnswerContext, record: Evidence, anchor: Evidence) -> Claim:
    relation = answer_context.spec.relation
    word = {"during": "While", "after": "After", "before": "Before", "until": "Until", "between": "Between"}[
        relation.kind if relation is not None else "during"
    ]
    asked = relation.anchors[0].text if relation is not None else ""
    subject = named(asked, [answer_context.texts[anchor.id]])
    how = {"speech": "is said", "screen": "is on screen", "caption": "is shown", "picture": "is shown"}
    if relation is not None and relation.kind == "between":
        subject = f"{subject} and {named(relation.anchors[1].text, [])}"
        lead = f"Between {subject}"
    else:
        lead = f"{word} {subject} {how.get(anchor.kind, 'is there')} ({anchor.window})"
    what = {"speech": "what is said", "screen": "what is on screen", "caption": "the caption"}.get(
        record.kind, "this"
    )
    quote = f"“{excerpt(answer_context.texts[record.id], '')}”"
    where = answer_context.at(record.video_id, record.window)
    return Claim(f"{lead}, {what} is {with_speaker(quote, record.speaker)} ({where})", (record.id, anchor.id))


def _asked(spec: QuestionSpec) -> str:
    return spec.targets[0] if spec.targets else ""


# ---- one sentence for a number ----


def _facts(answer_context: AnswerContext) -> list[Claim]:
    ids = answer_context.finding.evidence_ids
    if answer_context.spec.intent != "count":
        return [Claim(answer_context.texts[i], (i,)) for i in ids[:MOST_LINES]]
    names = listed(
        [answer_context.videos[answer_context.evidence[i].video_id].name for i in ids[:MOST_LINES]]
    )
    n = len(ids)
    return [
        Claim(f"There {'is' if n == 1 else 'are'} {n} video{'' if n == 1 else 's'} in scope: {names}", ids)
    ]


def _reckoned(answer_context: AnswerContext) -> Claim:
    finding, ids = answer_context.finding, answer_context.finding.evidence_ids
    if finding.op in ("order", "compare"):
        return _order_claim(answer_context)
    if finding.op == "gap":
        first, second = finding.events
        ends = f"{_event(answer_context, 0)} ({first.window}) and {_event(answer_context, 1)} ({second.window})"
        return Claim(f"Between {ends} lie {_seconds(finding.value)}", ids)
    kinds = {answer_context.evidence[i].kind for i in ids}
    how = (
        {"speech": "is said", "screen": "is on screen"}.get(next(iter(kinds)), "is found")
        if len(kinds) == 1
        else "is found"
    )
    asked, texts = _asked(answer_context.spec), [answer_context.texts[i] for i in ids]
    subject = named(asked, texts) if asked else f"“{excerpt(texts[0], '', 40)}”"
    shown = _places_by_video(answer_context, finding.events[:MOST_LINES])
    more = len(finding.events) - MOST_LINES
    shown += f"; and {more} more" if more > 0 else ""
    least = "" if finding.complete else "at least "
    forms = list(dict.fromkeys(form for i in ids for form in _forms_in(answer_context, i)))
    subject += f", in another form ({listed(forms)})," if forms else ""
    if finding.op == "how_long":
        return Claim(f"{subject} {how} for {least}{_seconds(finding.value)} in all: {shown}", ids)
    n, num_passages = round(finding.value), len(finding.events)
    times = f"{n} times, in {num_passages} passage{'' if num_passages == 1 else 's'}" if n > 1 else "once"
    return Claim(f"{subject} {how} {least}{times}: {shown}", ids)


def _places_by_video(answer_context: AnswerContext, events: Sequence[Event]) -> str:
    """`0:35–0:41 and 1:02–1:04 of talk.mp4; 0:10–0:12 of other.mp4`: each file is named once."""
    by_video: dict[str, list[Window]] = {}
    for event in events:
        by_video.setdefault(event.video_id, []).append(event.window)
    groups = [
        [*map(str, windows[:-1]), answer_context.at(video_id, windows[-1])]
        for video_id, windows in by_video.items()
    ]
    return "; ".join(map(listed, groups))


def _event(answer_context: AnswerContext, at: int) -> str:
    relation = answer_context.spec.relation
    if relation is None:
        return "the two"
    evidence_id = answer_context.finding.events[at].evidence_ids[0]
    return named(relation.anchors[at].text, [answer_context.texts[evidence_id]])


def _seconds(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") + " s" if value < 60 else format_time(value)


def _order_claim(answer_context: AnswerContext) -> Claim:
    finding, spec = answer_context.finding, answer_context.spec
    labels = {"target": _asked(spec), "anchor": spec.relation.anchors[0].text if spec.relation else ""}
    parts = []
    for event, name in zip(finding.events, finding.names, strict=False):
        texts = [answer_context.texts[i] for i in event.evidence_ids]
        parts.append(f"{named(labels.get(name, name), texts)} at {answer_context.at(event.video_id, event.window)}")
    said = {1.0: "Yes: first", 0.0: "No: first"}[finding.value] if finding.op == "compare" else "First"
    return Claim(f"{said} {', then '.join(parts)}", finding.evidence_ids)


# ---- when there is nothing to say ----


@dataclass(frozen=True, slots=True)
class Lost:
    """What a question asked for and was not found.

    Args:
        text: the words that were looked for; empty when everything at a time was wanted.
        kind: where it would stand.
        is_anchor: it is not the target but what the target is tied to in time.
    """

    text: str
    kind: Kind
    is_anchor: bool = False


def abstention(
    spec: QuestionSpec,
    reason: str,
    lost: Lost,
    stretches: Sequence[SegmentRef],
    elsewhere: Sequence[str] = (),
    *,
    any_searched: bool = True,
) -> str:
    """What is said instead of an answer, without the coverage sentence.

    Args:
        spec: the question.
        reason: `absent` when all that could show it was searched.
        lost: what was not found.
        stretches: the scope; named where it is a part of one video.
        elsewhere: where it is stored all the same, so that only how the question places it was not met.
        any_searched: something was searched or viewed.
    """
    if reason != "absent" and not any_searched:
        return f"No answer. What could show {f'“{lost.text}”' if lost.text else 'it'} was not searched."
    if not lost.text:
        near = "next to that" if spec.relation is not None else "at that time"
        what = f"Nothing {_PLACES[lost.kind]} was found {near}"
    elif elsewhere:
        return f"No answer. “{lost.text}” comes up at {listed(elsewhere)}, but not as the question places it."
    elif reason == "absent":
        what = f"Nothing {_PLACES[lost.kind]}{_within(spec, stretches)} matches “{lost.text}”"
    else:
        what = f"Nothing that was searched{_within(spec, stretches)} matches “{lost.text}”"
    if reason == "absent":
        return f"{what}."
    return f"No answer. {what}, but not everything that could show it was searched."


def _within(spec: QuestionSpec, stretches: Sequence[SegmentRef]) -> str:
    """The part of a video that a question is about, where it is about a part."""
    return f" in {stretches[0][1]}" if spec.times and len(stretches) == 1 else ""
