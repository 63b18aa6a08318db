"""The brief of a planner before its first call: the transcript of a video where it fits, else the best of it.

Everything shown verbatim is evidence with an id at once, so that a question can be answered in the first
reply. The part that depends on the videos alone comes first and is the same for every question about them, so
that the prompt caches of providers and servers hold it; what a search for the question found comes behind it.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from playhead_agent.rules.passage_confidence import retrieval_confidence
from playhead_index.search.results import Moment, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.store.recordings import read_clock
from playhead_index.store.spans import read_spans
from playhead_index.store.transcript import TranscriptUnit, UnitLevel, read_units
from playhead_index.window import Window, format_time
from playhead_index.words.protocol import SpanKind
from playhead_tools.entities import read_people_and_names
from playhead_tools.evidence import Evidence, words_evidence
from playhead_tools.retrieval import VideoEntry, search_moments
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.untrusted_text import fenced
from playhead_tools.word_match import coverage

NumTokens = Callable[[str], int]
_KIND_SETS: tuple[tuple[SpanKind, ...], ...] = (
    ("speech", "caption", "screen"), ("speech", "caption"), ("speech",),
)  # fmt: skip
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]{4,40}(?![\w'’])")
MAX_GROUP_S = 30.0
"""Passages are shown in pieces of at most so much, each with its id, for citations that are to the point.

With 1,500 tokens, a piece that lies in the gold window is among those shown for 91 % of 67 questions about
meetings, with whole moments in one piece for 84 %; of 33 about tutorials for 94 % either way."""
MAX_REPEATED = 5
"""Passages of a transcript that is shown whole which stand once more beside the question, best first."""
MAX_BACKCHANNEL_CHARS = 8
MAX_PEOPLE = 8
"""Speakers, and as many others, whose names are shown beside an outline."""
NUM_TERMS, MAX_TERM_SHARE = 7, 0.15
REPEAT_DISCOUNT = 0.9
"""Subtracted from the count of a word in a topic: a word that occurs there once weighs 0.1, twice 1.1, so
that key terms are words that a topic repeats."""


@dataclass(frozen=True, slots=True)
class BriefLimits:
    """How large a brief may be.

    Args:
        context_share: of the model's context.
        max_tokens: whatever its context.
        outline_share: of the brief, for the outline of topics.
        max_found: moments found by the search for the question.
        max_found_of_video: of one video, where several are in scope: a question may be about all of them.
        max_videos: that are listed by name.
    """

    context_share: float = 0.125
    max_tokens: int = 24_000
    outline_share: float = 0.25
    max_found: int = 24
    max_found_of_video: int = 6
    max_videos: int = 24


@dataclass(frozen=True, slots=True)
class Brief:
    """The content of a brief as ids of evidence: the text is read from the library when the prompt is made.

    Args:
        transcript_ids: evidence ids of the complete transcript, in time order; empty where it does not fit.
        found_ids: evidence ids of what the search for the question found, best first.
        listed_video_ids: ids of the videos that are listed.
        has_outline: topics with their key terms take the place of the transcript.
        look_arguments: of the call of the tool `look` at all of a short scope; empty when there was none.
        thumbnails: (video id, time in seconds, evidence id) of small images, for a model that takes images.
        retrieval_confidence: probability that the first passage of the search answers the question, 0 to 1;
            None where the first moment is no passage of a transcript.
    """

    transcript_ids: tuple[str, ...] = ()
    found_ids: tuple[str, ...] = ()
    listed_video_ids: tuple[str, ...] = ()
    has_outline: bool = False
    look_arguments: dict[str, Any] = field(default_factory=dict)
    thumbnails: tuple[tuple[str, float, str], ...] = ()
    retrieval_confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "shown": list(self.transcript_ids),
            "found": list(self.found_ids),
            "listed": list(self.listed_video_ids),
            "has_outline": self.has_outline,
            "look": dict(self.look_arguments),
            "thumbnails": [list(row) for row in self.thumbnails],
            "retrieval_confidence": self.retrieval_confidence,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """The brief that `to_json` wrote."""
        return cls(
            tuple(record["shown"]),
            tuple(record["found"]),
            tuple(record["listed"]),
            record["has_outline"],
            record["look"],
            tuple((video_id, time_s, evidence_id) for video_id, time_s, evidence_id in record["thumbnails"]),
            record.get("retrieval_confidence"),
        )


# ---- making it ----


def make_brief(
    tool_context: ToolContext, query: str, max_tokens: int, num_tokens: NumTokens, limits: BriefLimits
) -> Brief:
    """The brief that fits a token limit: the transcript, else an outline, and what a search finds.

    All verbatim text is added to the evidence table.

    Args:
        tool_context: of the question, its table still empty.
        query: what to search for.
        max_tokens: of the brief.
        num_tokens: how many a text has.
        limits: how they are divided.

    Raises:
        ToolError: the scope names a video that the library does not hold.
    """
    videos = tool_context.videos()
    listed = tuple(video.video_id for video in videos[: limits.max_videos])
    records = _complete_transcript(tool_context, videos, max_tokens, num_tokens)
    transcript_ids = tuple(tool_context.table.add(record) for record in records)
    moments = _search(tool_context, query, limits)
    evidence = _evidence_of_moments(tool_context, query, moments)
    confidence = retrieval_confidence(moments[0], query, tool_context.catalog) if moments else None
    if transcript_ids:
        ranked = _rank_transcript_ids(tool_context, evidence, transcript_ids)
        return Brief(transcript_ids, ranked, listed, retrieval_confidence=confidence)
    outline = _outline_text(tool_context, videos, int(max_tokens * limits.outline_share), num_tokens)
    tokens_left = max_tokens - (num_tokens(outline) if outline else 0)
    ids: list[str] = []
    for record in evidence:
        tokens_left -= num_tokens(_line(tool_context, replace(record, id="E00")))
        if tokens_left < 0 and ids:
            break
        ids.append(tool_context.table.add(record))
    found_ids = tuple(dict.fromkeys(filter(None, ids)))
    return Brief((), found_ids, listed, bool(outline), retrieval_confidence=confidence)


def _complete_transcript(
    tool_context: ToolContext, videos: Sequence[VideoEntry], max_tokens: int, num_tokens: NumTokens
) -> list[Evidence]:
    """The text of the scope in time order, of as many kinds as fit; empty when not even the speech fits."""
    segment_refs = tool_context.scope_windows()
    if len(videos) > 1 or not segment_refs:
        return []
    ((video_id, window),) = segment_refs.items()
    for kinds in _KIND_SETS:
        records = passages(tool_context, video_id, window, kinds)
        if len(records) <= tool_context.table.max_records and records:
            text = "\n".join(_line(tool_context, replace(one, id="E000")) for one in records)
            if num_tokens(text) <= max_tokens:
                return records
    return []


def passages(
    tool_context: ToolContext, video_id: str, window: Window, kinds: Sequence[SpanKind]
) -> list[Evidence]:
    """The words in a window of a video as evidence, in time order: speech in passages, the rest in spans."""
    records = [
        record
        for kind in kinds
        for spans in _span_groups(tool_context, video_id, window, kind)
        if spans
        for record in [spans_evidence(tool_context, spans)]
    ]
    return sorted(records, key=lambda one: (one.window, one.kind))


def _span_groups(
    tool_context: ToolContext, video_id: str, window: Window, kind: SpanKind
) -> Iterable[list[SpanRow]]:
    in_scope = tool_context.spans_in_scope(tool_context.catalog.spans(video_id, kind, window))
    in_window = [s for s in in_scope if s.words.window.start_s in window]
    if kind != "speech":
        return ([span] for span in in_window)
    units = read_units(tool_context.catalog, video_id, "passage", kind)
    if not units:
        return group_speech(in_window)
    by_id = {span.id: span for span in in_window}
    used_ids = set[int]()
    groups = []
    for unit in units:
        groups += group_speech([by_id[i] for i in unit.span_ids if i in by_id and i not in used_ids])
        used_ids.update(unit.span_ids)
    return groups


def group_speech(spans: Sequence[SpanRow]) -> list[list[SpanRow]]:
    """Spans of one video in groups of at most `MAX_GROUP_S` each."""
    groups: list[list[SpanRow]] = []
    for span in spans:
        if groups and span.words.window.end_s - groups[-1][0].words.window.start_s <= MAX_GROUP_S:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def spans_evidence(tool_context: ToolContext, spans: Sequence[SpanRow], match: float = 1.0) -> Evidence:
    """Spans of one kind as a record, with who speaks them where that is one person."""
    record = words_evidence(spans, "supported", match=match, lanes=(spans[0].words.kind,))
    speakers = {tool_context.speakers.of_span(span) for span in spans}
    return replace(record, speaker=speakers.pop() if len(speakers) == 1 else "")


def _search(tool_context: ToolContext, query: str, limits: BriefLimits) -> list[Moment]:
    """The moments that a search for the question finds, best first, of one video no more than the limit."""
    if not query.strip():
        return []
    scope = Scope(tuple(tool_context.scope_windows()), tool_context.scope.window, tool_context.scope.speakers)
    has_several = len(scope.video_ids or ()) > 1
    limit = 2 * limits.max_found if has_several else limits.max_found
    searched = search_moments(tool_context.finder, query, scope=scope, limit=limit).result
    tool_context.coverage.append(searched.coverage)
    tool_context.count_search(("brief", query, scope.video_ids, str(scope.window), limit))
    if not has_several:
        return list(searched.moments)
    of_video: Counter[str] = Counter()
    moments = []
    for moment in searched.moments:
        of_video[moment.video_id] += 1
        if of_video[moment.video_id] <= limits.max_found_of_video:
            moments.append(moment)
    return moments


def _evidence_of_moments(tool_context: ToolContext, query: str, moments: Sequence[Moment]) -> list[Evidence]:
    """The evidence of moments, best first, each record once."""
    found: dict[Any, Evidence] = {}
    for moment in moments:
        lanes = set(moment.lanes)
        spans = tool_context.spans_in_scope(tool_context.catalog.spans(moment.video_id, None, moment.window))
        hit_ids = {int(h.ref.partition(":")[2]) for h in moment.hits if h.ref.startswith("span:")}
        speech = [s for s in spans if s.words.kind == "speech" and s.words.window.start_s in moment.window]
        pieces = group_speech(speech) if "speech" in lanes else []
        groups = sorted(pieces, key=lambda piece: _rank_key(piece, hit_ids, query), reverse=True)
        groups += [[s] for s in spans if s.id in hit_ids and s.words.kind != "speech"]
        for group in filter(None, groups):
            words = " ".join(span.words.text for span in group)
            record = spans_evidence(tool_context, group, coverage(query, words))
            found.setdefault(record.identity, record)
    return list(found.values())


def _rank_key(group: Sequence[SpanRow], hit_ids: Collection[int], query: str) -> tuple[bool, float]:
    """How a piece of a moment ranks among its pieces: by whether the search hit it, then by the words in it.

    Right first pieces of 37 questions about meetings: 13 in time order, 19 in this one; of 30 others 10 and
    10; of 33 about tutorials 18 either way.
    """
    words = " ".join(span.words.text for span in group)
    return any(span.id in hit_ids for span in group), coverage(query, words)


def _rank_transcript_ids(
    tool_context: ToolContext, evidence: Sequence[Evidence], transcript_ids: Sequence[str]
) -> tuple[str, ...]:
    """The ids of the transcript that overlap the records found, best first."""
    ids: list[str] = []
    for record in evidence:
        ids_of_kind = [i for i in transcript_ids if tool_context.table.records[i].kind == record.kind]
        overlaps = [(tool_context.table.records[i].window.overlap_s(record.window), i) for i in ids_of_kind]
        best = max(overlaps, default=(0.0, ""), key=lambda one: one[0])
        if best[0] > 0:
            ids.append(best[1])
    return tuple(dict.fromkeys(ids))


# ---- writing it out ----


def stable_text(
    brief: Brief, tool_context: ToolContext, max_outline_tokens: int, num_tokens: NumTokens
) -> str:
    """The part that depends on the videos alone: their list, and their transcript or outline."""
    videos = tool_context.videos()
    parts = [videos_text(tool_context, videos, len(brief.listed_video_ids))]
    if brief.transcript_ids:
        lines = [_line(tool_context, tool_context.table.records[i]) for i in brief.transcript_ids]
        parts.append(fenced(f"transcript of {videos[0].name}", "\n".join(lines)))
    if brief.has_outline:
        parts.append(_outline_text(tool_context, videos, max_outline_tokens, num_tokens))
    return "\n\n".join(parts)


def found_text(brief: Brief, tool_context: ToolContext) -> str:
    """The part that depends on the question: the evidence that the search for it found."""
    parts = []
    if brief.found_ids and brief.transcript_ids:
        lines = [_line(tool_context, tool_context.table.records[i]) for i in brief.found_ids[:MAX_REPEATED]]
        parts.append(fenced("of this, a search for the question ranks first, best first", "\n".join(lines)))
    elif brief.found_ids:
        has_several = (
            len({tool_context.table.records[i].video_id for i in brief.found_ids}) > 1
            or len(brief.listed_video_ids) > 1
        )
        lines = [
            _line(tool_context, tool_context.table.records[i], with_name=has_several) for i in brief.found_ids
        ]
        parts.append(fenced("evidence that a search for the question found, best first", "\n".join(lines)))
    return "\n\n".join(parts)


def videos_text(tool_context: ToolContext, videos: Sequence[VideoEntry], max_listed: int) -> str:
    """Names, lengths and recording dates of the videos, and the window in scope."""
    clock, segment_refs = read_clock(tool_context.catalog), tool_context.scope_windows()
    lines = []
    for video in videos[:max_listed]:
        line = f"{tool_context.label(video.video_id) or video.name}, {format_time(video.duration_s)} long"
        if video.video_id in clock:
            line += f", recorded {datetime.fromtimestamp(clock[video.video_id], UTC):%Y-%m-%d %H:%M} UTC"
        if tool_context.scope.window is not None and video.video_id in segment_refs:
            line += f", only {segment_refs[video.video_id]}"
        lines.append(line)
    num_more = len(videos) - len(lines)
    label = "the video" if len(videos) == 1 else f"the {len(videos)} videos"
    return fenced(label, "\n".join([*lines, *([f"and {num_more} more"] if num_more > 0 else [])]))


def _line(tool_context: ToolContext, record: Evidence, *, with_name: bool = False) -> str:
    """A record as the model reads it: id, times, who speaks, all its words."""
    name = ""
    if with_name:
        name = f"{tool_context.label(record.video_id)} "
    head = f"{record.id} ({name}{record.window})"
    if record.kind == "picture":
        return f"{head} picture: {record.said or 'not looked at yet'}"
    spans = read_spans(tool_context.catalog, record.span_ids)
    words = without_backchannels([spans[i] for i in record.span_ids if i in spans])
    turns = (
        tool_context.speakers.named_turns(words)
        if record.kind == "speech"
        else [(record.kind, _joined_text(words))]
    )
    body = "\n".join(f"{label}: {text}" if label else text for label, text in turns)
    how = "its samples disagree" if record.kind == "caption" else "recognised with low confidence"
    mark = f" ({how})" if record.is_uncertain else ""
    return f"{head}{mark} {body}"


def _joined_text(spans: Sequence[SpanRow]) -> str:
    return " ".join(" ".join(span.words.text.split()) for span in spans)


def without_backchannels(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """Spans without those that are one short word ("Mm-hmm."), where speakers are known.

    They are a fifth of what the prompts of meetings would hold. They stay evidence, and can be read.
    """
    remaining = [
        span for span in spans
        if span.words.speaker is None or len(span.words.text) > MAX_BACKCHANNEL_CHARS
        or len(span.words.text.split()) > 1
    ]  # fmt: skip
    return remaining or list(spans)


def _outline_text(
    tool_context: ToolContext, videos: Sequence[VideoEntry], max_tokens: int, num_tokens: NumTokens
) -> str:
    """The topics of one video with their key terms, and its people; empty for several videos or no topics."""
    if len(videos) != 1:
        return ""
    people = _people_text(tool_context, videos[0])
    topics = _units(tool_context, videos[0], "topic")
    texts, passages_ = (
        [one.text for one in units] for units in (topics, _units(tool_context, videos[0], "passage"))
    )
    for num_terms in (NUM_TERMS, 5, 3):
        rows = key_terms(texts, passages_, num_terms)
        lines = [f"({t.window}) {', '.join(terms)}" for t, terms in zip(topics, rows, strict=True) if terms]
        text = fenced(f"topics of {videos[0].name} by their key terms", "\n".join(lines))
        text = f"{people}\n\n{text}" if people and lines else text
        if lines and num_tokens(text) <= max_tokens:
            return text
    return ""


def _people_text(tool_context: ToolContext, video: VideoEntry) -> str:
    """Who speaks in the part of a video in scope, and who is spoken of there; empty where nobody is known.

    Of the registry of a video (`playhead_tools.entities`) only people are shown: the precision of names is
    too low, that of places and things is not measured on enough videos.
    """
    window = tool_context.scope_windows().get(video.video_id)
    people = [
        one
        for one in read_people_and_names(tool_context.catalog, video.video_id, "person")
        if window is not None and any(window.overlap_s(own) > 0 for own in one.windows)
    ]
    speaking = [one.label for one in people if one.speaking_s is not None][:MAX_PEOPLE]
    mentioned = [one.label for one in people if one.speaking_s is None][:MAX_PEOPLE]
    parts = [
        f"{what} {', '.join(own)}" for what, own in (("speaking:", speaking), ("named:", mentioned)) if own
    ]
    return fenced(f"people in {video.name}", "; ".join(parts)) if parts else ""


def _units(tool_context: ToolContext, video: VideoEntry, level: UnitLevel) -> list[TranscriptUnit]:
    """The units of one level in the part of a video that is in scope."""
    window = tool_context.scope_windows().get(video.video_id)
    units = read_units(tool_context.catalog, video.video_id, level)
    return [one for one in units if window is not None and one.window.overlap_s(window) > 0]


def key_terms(topics: Sequence[str], passages_: Sequence[str], num_terms: int) -> list[list[str]]:
    """For each topic the words that distinguish it from the rest, the strongest first.

    By count in the topic and rarity over the passages (tf-idf); words in more than `MAX_TERM_SHARE` of the
    passages are left out.

    >>> texts = [f"word{i} spoken" for i in range(20)] + ["battery battery", "case case"]
    >>> key_terms(["spoken battery battery", "spoken case case"], texts, 1)
    [['battery'], ['case']]
    """
    in_passages = Counter(word for text in passages_ for word in set(_words(text)))
    max_count = max(1.0, MAX_TERM_SHARE * len(passages_))
    rows = []
    for text in topics:
        counts = Counter(_words(text))
        weights = {
            word: (n - REPEAT_DISCOUNT) * math.log(2 * max_count / in_passages[word])
            for word, n in counts.items()
            if 0 < in_passages[word] <= max_count
        }
        rows.append(sorted(weights, key=lambda word: -weights[word])[:num_terms])
    return rows


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
