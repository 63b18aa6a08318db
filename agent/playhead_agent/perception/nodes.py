"""Two nodes of the graph: `triage` decides what must be looked at, `watch` looks at one clip."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import SURE, PerceptionResult
from playhead_agent.perception.routing import ANSWERING_ROLES, WORDS
from playhead_agent.perception.session import ObservedClip, PendingObservations, PerceptionSession
from playhead_agent.rules.read_neighbours import chosen_anchors, read_near
from playhead_agent.state import Context, SegmentRef, State, evidence_of, spec_of, stretches_of
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, VideoUnreadable
from playhead_index.search.results import Coverage
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import with_pictures
from playhead_tools.spec import QuestionSpec
from playhead_tools.video_llm.client import Observation, VlmClient

NO_PICTURES = "no recording in scope has pictures, so nothing was looked at"
UNUSED = "the video-LLM could not be used: {why}; nothing was looked at"
NOTHING_SEEN = "looking at {num} {clips} with the video-LLM did not tell it; the words answer instead"
LOOKS_USED_UP = "not everything that could show it was looked at: the budget of looks is used up"
LOOKS_PART = 0.9
"""Of the seconds that are left, what a look may take; the rest is for the answer without it."""


@dataclass(frozen=True, slots=True)
class Triage:
    """What is to be looked at next, or what looking has told.

    Args:
        wanted: looks to be made; empty when the procedure has come to its end.
        sight: what was found out; None while looks are wanted, and for questions about words.
        evidence: all records, with what was seen; empty while there is no sight.
        coverage: of the searches for candidates.
        looked_at: stretches that a model saw, or whose words were read.
        notes: for the person.
    """

    wanted: tuple[ObservationRequest, ...]
    sight: PerceptionResult | None
    evidence: tuple[Evidence, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    looked_at: tuple[SegmentRef, ...] = ()
    notes: tuple[str, ...] = ()


def triage(state: State, context: Context) -> Triage:
    """Works a question about pictures out as far as the looks that were made reach."""
    spec, evidence = spec_of(state), evidence_of(state)
    if not context.rules.needs_looks(spec, evidence):
        return Triage((), None)
    eyes = context.open_eyes()
    if eyes is None:
        return Triage((), None)
    stretches = with_pictures(context.catalog, stretches_of(state["stretches"]))
    if not stretches:
        return Triage((), None, notes=(NO_PICTURES,))
    if failed := [row["failed"] for row in state["looks"] if "failed" in row]:
        return Triage((), None, notes=(UNUSED.format(why=failed[0]),))
    seen = [ObservedClip.from_json(row) for row in state["looks"]]
    afford = context.meter.looks_left(eyes.frames)
    looks = {one.request: one.look for one in seen}
    session = PerceptionSession(context, stretches, looks, afford, eyes.plain_prompt)
    try:
        sight = context.rules.see(spec, session, _word_anchors(spec, evidence, context))
    except PendingObservations as need:
        return Triage(need.requests, None, coverage=tuple(session.coverages))
    return _done(spec, sight, session, EvidenceTable.of(evidence, context.limits.evidence), context)


def _word_anchors(spec: QuestionSpec, evidence: Sequence[Evidence], context: Context) -> list[SegmentRef]:
    """Where the one anchor of a question was said or written; none when it must be seen."""
    if spec.relation is None:
        return []
    said = [e for e in evidence if e.kind in WORDS and e.verdict == "supported"]
    chosen = chosen_anchors(spec, said, context.limits.anchors)
    return [(group[0].video_id, group[0].window) for group in chosen]


def _done(
    spec: QuestionSpec,
    sight: PerceptionResult,
    session: PerceptionSession,
    table: EvidenceTable,
    context: Context,
) -> Triage:
    """The evidence of a finished procedure, and for places to read next to, the words there."""
    role = "anchor" if sight.kind == "anchors" else "target"
    ids = []
    for i, one in enumerate(sight.sightings):
        record = Evidence(
            "", one.video_id, one.window, "picture", "supported" if one.p >= SURE else "unverified",
            match=round(one.p, 3), role=f"{role}{_slot(spec, role, i)}", lanes=("picture",),
            said=one.said[:300],
        )  # fmt: skip
        ids.append(table.add(record))
    looked = [(request.video_id, look.window) for request, look in session.used.items()]
    notes = [LOOKS_USED_UP] if session.short else []
    declined = sum(look.declines for look in session.used.values())
    if declined and not sight.sightings:
        notes.append(f"the video model declined to answer for {declined} of {len(session.used)} clips")
    if sight.kind in ("absent", "unknown") and _words_answer(spec, table.records.values()):
        num = len(session.used)
        notes += [NOTHING_SEEN.format(num=num, clips="clip" if num == 1 else "clips")] if num else []
        return Triage((), None, notes=tuple(notes))
    if role == "anchor" and sight.sightings:
        read, said = _read_beside(spec, [r for i, r in table.records.items() if i in ids], context, table)
        looked += read
        notes += said
    records = tuple(table.records.values())
    read_at = tuple(dict.fromkeys(looked))
    return Triage((), sight, records, tuple(session.coverages), read_at, tuple(notes))


def _words_answer(spec: QuestionSpec, evidence: Iterable[Evidence]) -> bool:
    """Whether there are passages to be shown where looking told nothing."""
    return bool(spec.query) and any(
        record.kind in WORDS and record.role in ANSWERING_ROLES for record in evidence
    )


def _slot(spec: QuestionSpec, role: str, number: int) -> int:
    """Which anchor a sighting is of: several of one anchor are its likely places."""
    both = spec.relation is not None and len(spec.relation.anchors) > 1
    return number if role == "anchor" and both else 0


def _read_beside(
    spec: QuestionSpec, anchors: Sequence[Evidence], context: Context, table: EvidenceTable
) -> tuple[list[SegmentRef], list[str]]:
    """Reads next to what was seen: of one anchor's likely places, to the first where words are."""
    slots = sorted({record.role for record in anchors})
    if len(slots) > 1:
        return read_near(spec, anchors, context, table)
    read, notes = list[SegmentRef](), list[str]()
    for anchor in anchors:
        known = len(table.records)
        more, said = read_near(spec, [anchor], context, table)
        read, notes = read + more, notes + said
        if len(table.records) > known:
            break
    return read, notes


def watch(request: ObservationRequest, context: Context) -> dict[str, Any]:
    """The row of one look for the state.

    A clip that cannot be read, or a reply that is none, is a look that declines: the procedure goes on. Where
    the model cannot be asked at all, the row says why, and the question is answered without looking; the
    other looks of the run then fail with the same words, without being tried.
    """
    meter = context.meter
    if meter.look_failure:
        return {"request": request.to_json(), "failed": meter.look_failure, "times_s": []}
    try:
        eyes: VlmClient | None = context.open_eyes()
        if eyes is None:
            raise ModelUnavailable("there is no video-LLM to look with")
        with call_deadline(LOOKS_PART * meter.remaining_s):
            look = request.make(eyes)
    except (ModelOutputInvalid, VideoUnreadable) as error:
        text = "no answer" if isinstance(error, ModelOutputInvalid) else "not shown"
        look = Observation(request.video_id, request.window, request.question, text, (), refused=True)
    except ModelUnavailable as error:
        return {"request": request.to_json(), "failed": meter.look_failed(str(error)), "times_s": []}
    meter.look(look.frames, look.visual_tokens, look.visual_tokens_given, look.money)
    return ObservedClip(request, look).to_json()
