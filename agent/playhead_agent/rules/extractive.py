"""Extractive answers: stored text with its times, in sentences that code writes.

This is the answer where there is no language model, and the fallback when one fails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from playhead_agent.rules.speaking_turns import speaking_claims
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.rules.word_forms import forms_of, is_about_words
from playhead_index.speakers import with_speaker
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Claim, Evidence, EvidenceKind, listed
from playhead_tools.required_detail import required_detail
from playhead_tools.retrieval import VideoEntry
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import Kind, QuestionSpec
from playhead_tools.temporal import Event
from playhead_tools.word_match import contains_quote, content_words, is_stop_word, plain, stem

MAX_QUOTE_CHARS = 240
MAX_SPOKEN_CHARS = 120
MAX_LINES = 12
MAX_FORMS = 3
"""Maximum number of listed places that hold only another form of the target word."""
_KIND_LEADS: dict[EvidenceKind, str] = {
    "speech": "Said",
    "screen": "On screen",
    "caption": "Captioned",
    "picture": "Closest picture",
    "metadata": "In the library",
}
_UNCERTAIN_KIND_LEADS: dict[EvidenceKind, str] = {
    **_KIND_LEADS,
    "speech": "Possibly said",
    "screen": "Possibly on screen",
    "caption": "Possibly shown, by its caption",
}
"""The same for text that was recognised with low confidence."""
_WHERE_BY_KIND: dict[Kind, str] = {
    "speech": "in the speech",
    "screen": "in the text on the screen",
    "picture": "in the pictures",
    "any": "in what is said, written or shown",
}
_ORDINAL_WORDS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """Evidence with its text, as an answer is written from it.

    `quotes` are the sentences by which passages are quoted, by evidence id.
    """

    spec: QuestionSpec
    temporal_result: TemporalResult
    evidence: Mapping[str, Evidence]
    texts: Mapping[str, str]
    videos: Mapping[str, VideoEntry]
    notes: list[str] = field(default_factory=list)
    spans: Mapping[int, SpanRow] = field(default_factory=dict)
    segment_refs: Sequence[SegmentRef] = ()
    quotes: Mapping[str, str] = field(default_factory=dict)

    def place_text(self, video_id: str, window: Window) -> str:
        """`0:35–0:41`, with the file's name when there are several."""
        name = f" of {self.videos[video_id].name}" if len(self.videos) > 1 and video_id in self.videos else ""
        return f"{window}{name}"


def extractive_claims(answer_context: AnswerContext) -> list[Claim]:
    """The claims of an answer in reading order; none for an empty temporal result."""
    temporal_result = answer_context.temporal_result
    if temporal_result.op == "none":
        return []
    forms = [
        _claim_of_record(answer_context, i)
        for event in temporal_result.forms[:MAX_FORMS]
        for i in event.evidence_ids
    ]
    if temporal_result.op in ("count", "how_long", "order", "compare", "gap"):
        return [_computed_claim(answer_context), *forms]
    if temporal_result.op == "fact":
        return _facts(answer_context)
    if temporal_result.op == "speaking":
        return _speaking_claims(answer_context)
    ids = _without_repeated(answer_context, temporal_result.evidence_ids)
    num_lines = len(ids) if answer_context.spec.verbatim or temporal_result.op == "outline" else MAX_LINES
    lines = [_claim_of_record(answer_context, i) for i in ids[:num_lines]]
    return [
        *_speaker_claims(answer_context, ids),
        *lines,
        *([_remaining_claim(answer_context, ids[num_lines:])] if len(ids) > num_lines else []),
        *forms,
    ]


def _without_repeated(answer_context: AnswerContext, ids: Sequence[str]) -> list[str]:
    """Evidence ids in their order, without records whose spans are all in one before them."""
    distinct: list[str] = []
    for i in ids:
        span_ids = set(answer_context.evidence[i].span_ids)
        if not span_ids or not any(span_ids <= set(answer_context.evidence[j].span_ids) for j in distinct):
            distinct.append(i)
    return distinct


def _remaining_claim(answer_context: AnswerContext, ids: Sequence[str]) -> Claim:
    """One claim for the places that get no line of their own."""
    texts = [answer_context.texts[i] for i in ids]
    subject = (
        quoted_target(_first_target(answer_context.spec), texts)
        if _first_target(answer_context.spec)
        else f"“{excerpt(texts[0], '', 40)}”"
    )
    places = [
        answer_context.place_text(answer_context.evidence[i].video_id, answer_context.evidence[i].window)
        for i in ids
    ]
    return Claim(f"Further places with {subject}: {listed(places)}", tuple(ids))


def quoted_target(target: str, texts: Sequence[str]) -> str:
    """The target without its own marks, in quotation marks when all the texts contain it word for word."""
    words = " ".join(target.replace('"', "").split())
    return f"“{words}”" if texts and all(contains_quote(text, words) for text in texts) else words


def excerpt(text: str, target: str, max_chars: int = MAX_QUOTE_CHARS) -> str:
    """At most `max_chars` characters of a text around the target words, with `…` where words are left out."""
    words = text.split()
    if len(" ".join(words)) <= max_chars:
        return _unquoted(" ".join(words))
    target_stems = content_words(target) if target else frozenset()
    first_match = next((i for i, w in enumerate(words) if stem(plain(w)) in target_stems), 0)
    start = end = max(0, first_match - 8)
    while end < len(words) and len(" ".join(words[start : end + 1])) <= max_chars:
        end += 1
    end = max(end, start + 1)
    shortened = " ".join(words[start:end])[:max_chars]
    return _unquoted(f"{'… ' if start else ''}{shortened}{' …' if end < len(words) else ''}")


def _unquoted(text: str) -> str:
    """Quotation marks inside a quotation become single ones, so that the outer pair stays a pair."""
    return text.replace("“", "‘").replace("”", "’").replace('"', "'").replace("«", "‹").replace("»", "›")


# ---- one line a piece of evidence ----


def _claim_of_record(answer_context: AnswerContext, evidence_id: str) -> Claim:
    record = answer_context.evidence[evidence_id]
    anchor = answer_context.evidence.get(record.tied_to)
    if anchor is not None:
        return _claim_near_anchor(answer_context, record, anchor)
    place = answer_context.place_text(record.video_id, record.window)
    default_lead = place if answer_context.spec.verbatim else f"{_lead_of(record)} at {place}"
    has_exact_word = all(
        evidence_id not in event.evidence_ids for event in answer_context.temporal_result.forms
    )
    lead = (_nth_lead(answer_context, record) if has_exact_word else "") or default_lead
    forms = _forms_in(answer_context, evidence_id)
    if forms:
        lead = f"In another form ({listed(forms)}): {lead[0].lower()}{lead[1:]}"
    if record.kind == "picture":
        return Claim(lead, (evidence_id,))
    words = answer_context.quotes.get(evidence_id, answer_context.texts[evidence_id])
    quote = f"“{excerpt(words, _first_target(answer_context.spec))}”"
    return Claim(f"{lead}: {with_speaker(quote, record.speaker)}", (evidence_id,))


def _speaking_claims(answer_context: AnswerContext) -> list[Claim]:
    temporal_result = answer_context.temporal_result
    quotes = [
        excerpt(answer_context.texts[event.evidence_ids[0]], "", MAX_SPOKEN_CHARS)
        for event in temporal_result.events
    ]
    places = [answer_context.place_text(event.video_id, event.window) for event in temporal_result.events]
    return speaking_claims(answer_context.spec, temporal_result, quotes, places)


def _speaker_claims(answer_context: AnswerContext, ids: Sequence[str]) -> list[Claim]:
    """One claim that names the speakers, where the question asks for them and there are several."""
    if required_detail(answer_context.spec) != "speaker":
        return []
    by_name: dict[str, list[str]] = {}
    for i in ids:
        by_name.setdefault(answer_context.evidence[i].speaker, []).append(i)
    ids_by_name = {name: evidence_ids for name, evidence_ids in by_name.items() if name}
    if len(ids_by_name) < 2:
        return []
    text = f"Said by {listed(list(ids_by_name))}" + (
        "; of other places it is not known" if "" in by_name else ""
    )
    return [Claim(text, tuple(i for evidence_ids in ids_by_name.values() for i in evidence_ids[:1]))]


def _lead_of(record: Evidence) -> str:
    return (_UNCERTAIN_KIND_LEADS if record.is_uncertain else _KIND_LEADS)[record.kind]


def _forms_in(answer_context: AnswerContext, evidence_id: str) -> list[str]:
    """The words of an evidence record, in quotation marks, that are only other forms of the target."""
    record, text = answer_context.evidence[evidence_id], answer_context.texts[evidence_id]
    forms = forms_of(answer_context.spec, record, text) if is_about_words(answer_context.spec) else ()
    return [f"“{form}”" for form in forms]


def _nth_lead(answer_context: AnswerContext, record: Evidence) -> str:
    n = answer_context.spec.ordinal
    if answer_context.temporal_result.op != "nth" or n not in _ORDINAL_WORDS:
        return ""
    place = answer_context.place_text(record.video_id, record.window)
    time = "time" if n in (1, -1) or n is None else "time there"
    return f"{_lead_of(record)} for the {_ORDINAL_WORDS[n]} {time}, at {place}" if n else ""


def _claim_near_anchor(answer_context: AnswerContext, record: Evidence, anchor: Evidence) -> Claim:
    relation = answer_context.spec.relation
    word = {"during": "While", "after": "After", "before": "Before", "until": "Until", "between": "Between"}[
        relation.kind if relation is not None else "during"
    ]
    target = relation.anchors[0].text if relation is not None else ""
    anchor_text = answer_context.texts[anchor.id]
    subject = quoted_target(target, [anchor_text])
    if anchor.kind in ("speech", "screen") and all(map(is_stop_word, content_words(target))):
        subject = f"“{excerpt(anchor_text, '', 40)}”"
    verb_by_kind = {
        "speech": "is said",
        "screen": "is on screen",
        "caption": "is shown",
        "picture": "is shown",
    }
    if relation is not None and relation.kind == "between":
        subject = f"{subject} and {quoted_target(relation.anchors[1].text, [])}"
        lead = f"Between {subject}"
    else:
        lead = f"{word} {subject} {verb_by_kind.get(anchor.kind, 'is there')} ({anchor.window})"
    subject_of_quote = {
        "speech": "what is said",
        "screen": "what is on screen",
        "caption": "the caption",
    }.get(record.kind, "this")
    quote = f"“{excerpt(answer_context.texts[record.id], '')}”"
    place = answer_context.place_text(record.video_id, record.window)
    return Claim(
        f"{lead}, {subject_of_quote} is {with_speaker(quote, record.speaker)} ({place})",
        (record.id, anchor.id),
    )


def _first_target(spec: QuestionSpec) -> str:
    return spec.targets[0] if spec.targets else ""


# ---- one sentence for a number ----


def _facts(answer_context: AnswerContext) -> list[Claim]:
    ids = answer_context.temporal_result.evidence_ids
    if answer_context.spec.intent != "count":
        return [Claim(answer_context.texts[i], (i,)) for i in ids[:MAX_LINES]]
    names = listed([answer_context.videos[answer_context.evidence[i].video_id].name for i in ids[:MAX_LINES]])
    n = len(ids)
    return [
        Claim(f"There {'is' if n == 1 else 'are'} {n} video{'' if n == 1 else 's'} in scope: {names}", ids)
    ]


def _computed_claim(answer_context: AnswerContext) -> Claim:
    temporal_result, ids = answer_context.temporal_result, answer_context.temporal_result.evidence_ids
    if temporal_result.op in ("order", "compare"):
        return _order_claim(answer_context)
    if temporal_result.op == "gap":
        first, second = temporal_result.events
        names = [_event_name(answer_context, number) for number in (0, 1)]
        ends = f"{names[0]} ({first.window}) and {names[1]} ({second.window})"
        return Claim(f"Between {ends} lie {_seconds(temporal_result.value)}", ids)
    kinds = {answer_context.evidence[i].kind for i in ids}
    verb = (
        {"speech": "is said", "screen": "is on screen"}.get(next(iter(kinds)), "is found")
        if len(kinds) == 1
        else "is found"
    )
    target, texts = _first_target(answer_context.spec), [answer_context.texts[i] for i in ids]
    subject = quoted_target(target, texts) if target else f"“{excerpt(texts[0], '', 40)}”"
    places = _places_by_video(answer_context, temporal_result.events[:MAX_LINES])
    num_more = len(temporal_result.events) - MAX_LINES
    places += f"; and {num_more} more" if num_more > 0 else ""
    at_least = "" if temporal_result.complete else "at least "
    forms = list(dict.fromkeys(form for i in ids for form in _forms_in(answer_context, i)))
    subject += f", in another form ({listed(forms)})," if forms else ""
    if temporal_result.op == "how_long":
        return Claim(
            f"{subject} {verb} for {at_least}{_seconds(temporal_result.value)} in all: {places}", ids
        )
    n, num_passages = round(temporal_result.value), len(temporal_result.events)
    times = f"{n} times, in {num_passages} passage{'' if num_passages == 1 else 's'}" if n > 1 else "once"
    return Claim(f"{subject} {verb} {at_least}{times}: {places}", ids)


def _places_by_video(answer_context: AnswerContext, events: Sequence[Event]) -> str:
    """`0:35–0:41 and 1:02–1:04 of talk.mp4; 0:10–0:12 of other.mp4`: each file is named once."""
    by_video: dict[str, list[Window]] = {}
    for event in events:
        by_video.setdefault(event.video_id, []).append(event.window)
    groups = [
        [*map(str, windows[:-1]), answer_context.place_text(video_id, windows[-1])]
        for video_id, windows in by_video.items()
    ]
    return "; ".join(map(listed, groups))


def _event_name(answer_context: AnswerContext, at: int) -> str:
    relation = answer_context.spec.relation
    if relation is None:
        return "the two"
    evidence_id = answer_context.temporal_result.events[at].evidence_ids[0]
    return quoted_target(relation.anchors[at].text, [answer_context.texts[evidence_id]])


def _seconds(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") + " s" if value < 60 else format_time(value)


def _order_claim(answer_context: AnswerContext) -> Claim:
    temporal_result, spec = answer_context.temporal_result, answer_context.spec
    labels = {"target": _first_target(spec), "anchor": spec.relation.anchors[0].text if spec.relation else ""}
    parts = []
    for event, name in zip(temporal_result.events, temporal_result.names, strict=False):
        texts = [answer_context.texts[i] for i in event.evidence_ids]
        parts.append(
            f"{quoted_target(labels.get(name, name), texts)}"
            f" at {answer_context.place_text(event.video_id, event.window)}"
        )
    lead = (
        {1.0: "Yes: first", 0.0: "No: first"}[temporal_result.value]
        if temporal_result.op == "compare"
        else "First"
    )
    return Claim(f"{lead} {', then '.join(parts)}", temporal_result.evidence_ids)


# ---- when nothing was found ----


@dataclass(frozen=True, slots=True)
class MissingTarget:
    """The target or anchor of a question that was not found.

    Args:
        text: the words that were searched; empty when the question names only a time.
        kind: the modality in which it would be found.
        is_anchor: it is the temporal anchor and not the target.
    """

    text: str
    kind: Kind
    is_anchor: bool = False


def abstention_text(
    spec: QuestionSpec,
    reason: str,
    missing: MissingTarget,
    segment_refs: Sequence[SegmentRef],
    other_places: Sequence[str] = (),
    *,
    any_searched: bool = True,
) -> str:
    """The text of an abstention, without the coverage sentence.

    Args:
        spec: the question.
        reason: `absent` when all that could show it was searched.
        missing: what was not found.
        segment_refs: the scope; named where it is a part of one video.
        other_places: where it is stored all the same, so that only how the question places it was not met.
        any_searched: something was searched or viewed.
    """
    if reason != "absent" and not any_searched:
        return f"No answer. What could show {f'“{missing.text}”' if missing.text else 'it'} was not searched."
    if not missing.text:
        place = "next to that" if spec.relation is not None else "at that time"
        statement = f"Nothing {_WHERE_BY_KIND[missing.kind]} was found {place}"
    elif other_places:
        places = listed(other_places)
        return f"No answer. “{missing.text}” comes up at {places}, but not as the question places it."
    elif reason == "absent":
        where = f"{_WHERE_BY_KIND[missing.kind]}{_scope_text(spec, segment_refs)}"
        statement = f"Nothing {where} matches “{missing.text}”"
    else:
        statement = f"Nothing that was searched{_scope_text(spec, segment_refs)} matches “{missing.text}”"
    if reason == "absent":
        return f"{statement}."
    return f"No answer. {statement}, but not everything that could show it was searched."


def _scope_text(spec: QuestionSpec, segment_refs: Sequence[SegmentRef]) -> str:
    """The part of a video that a question is about, where it is about a part."""
    return f" in {segment_refs[0][1]}" if spec.times and len(segment_refs) == 1 else ""
