"""From evidence to answer: the last nodes of the graph, and the answer of a run that was stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_agent.finalise import (
    Computation,
    Ledger,
    ScanRecord,
    check_draft,
    claims_text,
    dropped_notes,
    finalise,
)
from playhead_agent.models.invoke import failure_of
from playhead_agent.perception.conclude import (
    is_negative,
    negative_text,
    perception_claims,
    perception_result_of,
    temporal_result_of,
    verdict_on_perception,
)  # fmt: skip
from playhead_agent.perception.session import ObservedClip
from playhead_agent.question import Question
from playhead_agent.rules.choose_option import chosen_option
from playhead_agent.rules.extractive import (
    AnswerContext,
    MissingTarget,
    abstention_text,
    computed_numbers,
    extractive_claims,
)
from playhead_agent.rules.llm_writer import write_claims
from playhead_agent.rules.passage_confidence import PassageFeatures
from playhead_agent.rules.passages import sentence_of, spans_of_sentence
from playhead_agent.rules.plan import KINDS_TO_READ
from playhead_agent.rules.reasoning import TemporalResult, compute_result, temporal_result_in
from playhead_agent.rules.retrieve import SPAN_KINDS, evidence_of_spans
from playhead_agent.rules.score_evidence import speaker_labels
from playhead_agent.rules.speakers import speaking_result
from playhead_agent.rules.verdict import AnswerVerdict, decide_verdict, reason_of_absence
from playhead_agent.rules.word_forms import (
    forms_of,
    is_about_words,
    split_forms,
    with_forms,
    with_occurrences,
)
from playhead_agent.state import (
    Context,
    SegmentRef,
    State,
    coverage_of,
    evidence_in,
    evidence_of,
    segment_refs_of,
    spec_of,
)
from playhead_agent.verification.drafts import Draft
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_index.speakers import with_speaker
from playhead_index.store.catalog import SpanRow
from playhead_index.store.recordings import read_clock
from playhead_index.window import Window
from playhead_tools.citations import (
    CheckReport,
    reads_like_orders,
    texts_of,
    without_markers,
)  # fmt: skip
from playhead_tools.confidence import MENTION_ONLY, OTHER_FORM
from playhead_tools.details import NOT_STATED, Detail, required_detail
from playhead_tools.evidence import (
    Answer,
    Claim,
    Reason,
    Status,
    coverage_sentence,
    is_any_searched,
    listed,
)  # fmt: skip
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.extent import match_spans, match_spans_loosely, with_extent
from playhead_tools.options import abstaining_option
from playhead_tools.retrieval import read_spans
from playhead_tools.speaking import ScopeSpeakers, with_unknown_speakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.verdict_rules import (
    SearchedExtent,
    allowed_verdict,
    kinds_of,
    missing_detail,
    requested_statement,
    stated_in_answer,
)  # fmt: skip

MAX_PLACES = 3
NEAR_SPEAKER_S = 30.0
"""Speech of somebody else counts as near that of a speaker within so many seconds."""
NO_SEARCH_TERM = "No search term was found in the question; name one, such as: when is entropy mentioned?"
_OPS = {"count": "count", "nth": "nth", "how_long": "total_duration", "order": "order", "gap": "gap"}
"""`Computation.op` for each `TemporalResult.op` that computes a value."""
BEST_PASSAGES = "No certain answer; the passages that fit best"
NEAREST_PASSAGES = "No passage holds a word of the question; the closest in meaning"
NO_SUMMARY = "No summary was written, for which it takes a chat model (--model); sentences from each topic"
NO_CLAIM_HELD = "extractive answer: no statement of the chat model passed the citation check"


def compute_temporal_result(state: State, context: Context) -> TemporalResult:
    """The temporal result of the evidence in a state."""
    result = perception_result_of(state)
    if result is not None:
        return temporal_result_of(result, evidence_in(state, context))
    spec = spec_of(state)
    anchors = spec.relation.anchors if spec.relation is not None else ()
    kinds = [spec.wanted, *(anchor.kind for anchor in anchors if anchor.kind != "any")]
    is_complete = state["whole"] and allowed_verdict("count", kinds, extent_of(state, context)).is_allowed
    if spec.speaking:
        segment_refs = segment_refs_of(state["stretches"])
        is_speech_complete = allowed_verdict("duration", ["speech"], extent_of(state, context)).is_allowed
        return speaking_result(
            spec, evidence_in(state, context), segment_refs, context, is_speech_complete=is_speech_complete
        )
    records = {record.id: record for record in evidence_in(state, context)}
    spans = context.cache.spans_of(records.values())
    texts = texts_of(context.catalog, records.values(), spans)
    counting, forms = split_forms(spec, list(records.values()), texts)
    clock = read_clock(context.catalog)
    temporal_result = compute_result(
        spec, counting, is_complete, context.limits.anchors, is_cut=state["cut"], clock=clock
    )
    return with_forms(with_occurrences(temporal_result, spec, records, spans), forms)


def compute_verdict(state: State, context: Context) -> AnswerVerdict:
    """The verdict on the temporal result in a state."""
    result = perception_result_of(state)
    if result is not None:
        return verdict_on_perception(result, spec_of(state), extent_of(state, context))
    temporal_result = temporal_result_in(state, context)
    features = state.get("features")
    passage = None if features is None else PassageFeatures(**features)
    return decide_verdict(
        spec_of(state), temporal_result, evidence_in(state, context), extent_of(state, context), passage
    )


def extent_of(state: State, context: Context) -> SearchedExtent:
    """What of the scope of a question was searched and viewed."""
    viewed = viewed_refs(state)
    segment_refs = segment_refs_of(state["stretches"])
    result = perception_result_of(state)
    coverage = with_extent(coverage_of(state), context.extents, segment_refs, viewed)
    spec = spec_of(state)
    if spec.speakers or spec.speaking or required_detail(spec) == "speaker":
        num_unknown = ScopeSpeakers(context.catalog, [video_id for video_id, _ in segment_refs]).num_unknown
        coverage = with_unknown_speakers(coverage, num_unknown)
    return SearchedExtent(
        coverage,
        picture_threshold=context.thresholds.picture is not None,
        pictures_viewed=result is not None and result.is_complete and bool(viewed),
    )


def viewed_refs(state: State) -> list[SegmentRef]:
    """The windows of a run for which a video-LLM did not decline to answer."""
    observations = [ObservedClip.from_json(row).observation for row in state["looks"] if "failed" not in row]
    return [
        (observation.video_id, observation.window) for observation in observations if not observation.declines
    ]


def verify_verdict(state: State, context: Context) -> dict[str, Any]:
    """The verdict on a state; before absence is stated, other spellings of the target are compared.

    Returns:
        The keys of the state that change.
    """
    verdict = compute_verdict(state, context)
    missing = missing_target_of(state)
    spans_nearby = spans_near_speakers(missing, state, context) if verdict.status == "abstained" else []
    if spans_nearby:
        speakers = listed(list(spec_of(state).speakers))
        explanation = f"cited is where it comes up close to what {speakers} says"
        note = f"nothing that {speakers} says matches “{missing.text}”; {explanation}"
        return _verdict_with(spans_nearby, note, state, context)
    if verdict.status != "abstained" or verdict.reason != "absent" or perception_result_of(state) is not None:
        return {"verdict": verdict.to_json()}
    kinds = [kind for kind in SPAN_KINDS if kind in KINDS_TO_READ[missing.kind]]
    if not missing.text:
        return {"verdict": verdict.to_json()}
    segment_refs, min_match = segment_refs_of(state["stretches"]), context.thresholds.supported
    similar = match_spans_loosely(context.catalog, segment_refs, kinds, missing.text, min_match)
    if not similar.span_ids:
        reason: Reason = "absent" if similar.is_complete else "unknown"
        return {"verdict": replace(verdict, reason=reason).to_json()}
    spans = read_spans(context.catalog, similar.span_ids)
    labels = speaker_labels(spec_of(state).speakers, segment_refs, context)
    if labels is not None:
        by_speakers = {
            i: span for i, span in spans.items() if span.words.speaker in labels.get(span.video_id, ())
        }
        if not by_speakers:
            return {"verdict": verdict.to_json()}
        spans = by_speakers
    windows = ", ".join(f"{span.words.window}" for span in spans.values())
    note = f"“{missing.text}” may stand at {windows} in another spelling"
    if missing.is_anchor:
        changed = replace(verdict, reason="unknown")
        return {"verdict": changed.to_json(), "notes": [*state["notes"], note]}
    return _verdict_with(list(spans.values()), note, state, context)


def spans_near_speakers(missing: MissingTarget, state: State, context: Context) -> list[SpanRow]:
    """The first spans in which others mention the target, near speech of the speakers in the question.

    Whoever replies to a remark seldom repeats its words. None where the question is whether they say it.
    """
    spec = spec_of(state)
    applies = spec.speakers and missing.text and not missing.is_anchor and not spec.speaking
    if not applies or spec.intent != "describe" or required_detail(spec) == "speaker":
        return []
    segment_refs = segment_refs_of(state["stretches"])
    places = match_spans(
        context.catalog, segment_refs, ["speech"], missing.text, spec.quoted, context.thresholds.supported
    )
    labels = speaker_labels(spec.speakers, segment_refs, context) or {}
    found = list[SpanRow]()
    for span in read_spans(context.catalog, places.span_ids).values():
        window, speaker_labels_here = span.words.window, labels.get(span.video_id, ())
        around = Window(max(0.0, window.start_s - NEAR_SPEAKER_S), window.end_s + NEAR_SPEAKER_S)
        if any(
            other.words.speaker in speaker_labels_here
            for other in context.catalog.spans(span.video_id, "speech", around)
        ):
            found.append(span)
        if len(found) == MAX_PLACES:
            break
    return found


def _verdict_with(spans: Sequence[SpanRow], note: str, state: State, context: Context) -> dict[str, Any]:
    """The verdict with some spans as unverified evidence: the keys of the state that change."""
    min_match = context.thresholds.supported
    table = EvidenceTable.of(evidence_in(state, context), context.limits.evidence + len(spans))
    for span in spans:
        table.add(evidence_of_spans([span], "unverified", min_match, "target0", (span.words.kind,)))
    update: dict[str, Any] = {
        "evidence": [record.to_json(compact=True) for record in table.records.values()],
        "notes": [*state["notes"], note],
    }
    new_state: State = {**state, **update}  # type: ignore[typeddict-item]
    update["finding"] = compute_temporal_result(new_state, context).to_json()
    return {
        **update,
        "verdict": compute_verdict({**new_state, "finding": update["finding"]}, context).to_json(),
    }


def missing_target_of(state: State) -> MissingTarget:
    """What was not found: the target of a question, or the anchor that it is related to."""
    spec = spec_of(state)
    if spec.relation is not None and not any(e.role.startswith("anchor") for e in evidence_of(state)):
        anchor = spec.relation.anchors[0]
        return MissingTarget(anchor.text, anchor.kind, is_anchor=True)
    return MissingTarget(", ".join(spec.targets), spec.wanted)


def draft_claims(state: State, context: Context) -> tuple[dict[str, Any], list[str]]:
    """The claims of the answer, not yet checked, who wrote them, and notes.

    Raises:
        CostLimit: the model calls are used up.
        TimeLimit: the seconds are used up.
    """
    answer_context = answer_context_of(state, context)
    is_counted = answer_context.temporal_result.op == "speaking"
    if context.chat is None or is_counted or state["verdict"]["status"] == "abstained":
        answer_context.notes.extend(_instruction_notes(answer_context))
        return _draft(_code_claims(state, answer_context), "code"), answer_context.notes
    try:
        claims, no_answer = write_claims(answer_context, context, answer_context.notes)
    except (ModelUnavailable, ModelOutputInvalid) as error:
        fallback = f"extractive answer: {failure_of(error)}"
        answer_context.notes.insert(0, fallback)
        return _draft(_code_claims(state, answer_context), "code", fallback=fallback), answer_context.notes
    answer_context.notes.extend(_instruction_notes(answer_context))
    return _draft(claims, "model", no_answer), answer_context.notes


def _code_claims(state: State, answer_context: AnswerContext) -> list[Claim]:
    result = perception_result_of(state)
    return extractive_claims(answer_context) if result is None else perception_claims(result, answer_context)


def _draft(claims: Sequence[Claim], by: str, no_answer: str = "", fallback: str = "") -> dict[str, Any]:
    rows = [{"text": without_markers(c.text), "evidence_ids": list(c.evidence_ids)} for c in claims]
    return {"claims": rows, "by": by, "no_answer": no_answer, "fallback": fallback}


def _instruction_notes(answer_context: AnswerContext) -> list[str]:
    found = [i for i, text in answer_context.texts.items() if reads_like_orders(text)]
    return [f"{', '.join(found)} reads like an instruction to a model; it was taken as data"] if found else []


def answer_context_of(state: State, context: Context) -> AnswerContext:
    """The answer context of a state, its texts read from the catalog; without notes."""
    inputs = (state["spec"], state["finding"], state["stretches"], state.get("evidence", []))
    answer_context = context.cache.once(
        "answer_context", inputs, lambda: _read_answer_context(state, context)
    )
    return replace(answer_context, notes=[])


def _read_answer_context(state: State, context: Context) -> AnswerContext:
    evidence = {record.id: record for record in evidence_in(state, context)}
    spans = context.cache.spans_of(evidence.values())
    texts = texts_of(context.catalog, evidence.values(), spans)
    spans_by_evidence = {i: [spans[n] for n in one.span_ids if n in spans] for i, one in evidence.items()}
    speakers = context.cache.speakers
    speaker_by_evidence = {
        i: speakers.of_spans(spans_of_sentence(one, spans_by_evidence[i])) for i, one in evidence.items()
    }
    evidence = {
        i: one if one.speaker == speaker_by_evidence[i] else replace(one, speaker=speaker_by_evidence[i])
        for i, one in evidence.items()
    }
    quotes = {
        i: sentence_of(one, spans_by_evidence[i], context.catalog)
        for i, one in evidence.items()
        if one.sentence_s is not None
    }
    temporal_result = temporal_result_in(state, context)
    segment_refs = tuple(segment_refs_of(state["stretches"]))
    videos = context.cache.videos(video_id for video_id, _ in segment_refs)
    return AnswerContext(
        spec_of(state),
        temporal_result,
        evidence,
        texts,
        videos,
        spans=spans,
        segment_refs=segment_refs,
        quotes=quotes,
    )


@dataclass(frozen=True, slots=True)
class _CheckedClaims:
    """Checked claims, their ledger and author, the share that passed, and notes."""

    report: CheckReport
    ledger: Ledger
    by_model: bool
    share: float
    notes: tuple[str, ...]


def final_answer(state: State, context: Context) -> Answer:
    """The checked answer of a state that has a draft, or a refusal."""
    refusal = state["refusal"]
    if refusal is not None:
        reason: Any = refusal["reason"]
        return _answer_without_claims(state, context, refusal["text"], "abstained", reason)
    if state["draft"]["no_answer"]:
        return _abstain_of_model(state, context, state["draft"]["no_answer"])
    answer_context = answer_context_of(state, context)
    checked = _check_claims(state, context, answer_context)
    result = perception_result_of(state)
    if result is not None and is_negative(result) and state["verdict"]["status"] != "abstained":
        verdict = AnswerVerdict(**state["verdict"])
        coverage = extent_of(state, context).coverage
        text = negative_text(result, coverage, is_certain=verdict.status != "partial")
        draft = Draft(
            by="code",
            status=verdict.status,
            reason=verdict.reason,
            text=text,
            confidence=verdict.confidence,
            choice=result.choice,
        )
        return _finalise(state, context, draft, CheckReport((), ()), checked.notes)
    if not checked.report.retained:
        abstention = _abstain(state, context, checked.notes)
        return replace(abstention, choice=abstaining_option(answer_context.spec.options))
    choice, by = (None, "") if result is None else (result.choice, "")
    if result is None and answer_context.spec.options:
        choice, by = chosen_option(answer_context, checked.report.retained)
        declining_option = abstaining_option(answer_context.spec.options)
        if declining_option is not None and all(
            answer_context.evidence[i].verdict != "supported" for i in cited_ids(checked)
        ):
            choice, by = (
                declining_option,
                "",
            )  # only unsupported text is cited, so the option that declines is right
    answer = _answer_of_claims(state, context, answer_context, _claims_citing(checked, by))
    return replace(answer, choice=choice)


def cited_ids(checked: _CheckedClaims) -> set[str]:
    """The evidence that the claims which held cite."""
    return {i for claim in checked.report.retained for i in claim.evidence_ids}


def _claims_citing(checked: _CheckedClaims, evidence_id: str) -> _CheckedClaims:
    """Only the claims that cite the evidence which chose an option, where one did."""
    claims = tuple(claim for claim in checked.report.retained if evidence_id in claim.evidence_ids)
    if not evidence_id or not claims:
        return checked
    return replace(checked, report=replace(checked.report, retained=claims))


def _check_claims(state: State, context: Context, answer_context: AnswerContext) -> _CheckedClaims:
    ledger = _ledger(state, context, answer_context)
    draft = state["draft"]
    claims = tuple(Claim(row["text"], tuple(row["evidence_ids"])) for row in draft["claims"])
    by_model = draft["by"] == "model"
    unchecked = Draft(claims, by="model" if by_model else "code")
    report = check_draft(
        unchecked, ledger, context, use_model=False
    )  # the model only phrases what the rules found
    notes = [*state["notes"], *dropped_notes(report.dropped)]
    if report.retained or not by_model:
        return _CheckedClaims(
            report, ledger, by_model, len(report.retained) / max(1, len(claims)), tuple(notes)
        )
    notes.append(NO_CLAIM_HELD)
    by_code = Draft(tuple(_code_claims(state, answer_context)), by="code")
    return _CheckedClaims(check_draft(by_code, ledger, context), ledger, False, 1.0, tuple(notes))


def _ledger(state: State, context: Context, answer_context: AnswerContext) -> Ledger:
    """The ledger of a run of the rules: all text that could match was scored, so a search is a scan."""
    temporal_result, spec = answer_context.temporal_result, answer_context.spec
    ids = tuple(temporal_result.evidence_ids)
    targets = [one for one in answer_context.evidence.values() if one.role.startswith("target")]
    num_found = sum(one.verdict == "supported" for one in targets)
    return Ledger(
        answer_context.evidence,
        extent_of(state, context),
        segment_refs_of(state["stretches"]),
        segment_refs_of(state["looked_at"]),
        [
            Computation(n, ids, temporal_result.complete, _OPS.get(temporal_result.op, ""))
            for n in computed_numbers(temporal_result)
        ],
        scans=[ScanRecord(", ".join(spec.targets), "words", state["whole"], num_found)],
        texts={
            i: with_speaker(text, answer_context.evidence[i].speaker)
            for i, text in answer_context.texts.items()
        },
    )


def _finalise(
    state: State,
    context: Context,
    draft: Draft,
    report: CheckReport,
    notes: Sequence[str],
    ledger: Ledger | None = None,
) -> Answer:
    """The answer of a checked draft, with the notes of the run; it cites nothing without a ledger."""
    fallback, name = _fallback(state, notes), context.rules.name
    full = replace(draft, notes=tuple(notes), fallback=fallback, calibration=name)
    ledger = ledger or Ledger({}, extent_of(state, context))
    return finalise(Question(state["question"]), full, report, ledger, context)


def _answer_of_claims(
    state: State, context: Context, answer_context: AnswerContext, checked: _CheckedClaims
) -> Answer:
    verdict, claims = AnswerVerdict(**state["verdict"]), checked.report.retained
    status, reason = verdict.status, verdict.reason
    extent = checked.ledger.extent
    if status == "answered" and checked.by_model and not _is_within_extent(answer_context, claims, extent):
        status, reason = "partial", "unknown"
    text = _text_of_claims(answer_context, claims, checked.by_model)
    coverage, confidence = extent.coverage, verdict.confidence * checked.share * _form_factor(answer_context)
    missing = _missing_detail(state, answer_context, checked)
    if missing is not None and (status == "answered" or (status == "partial" and checked.by_model)):
        status, reason, confidence = "partial", "unknown", confidence * MENTION_ONLY
        text = f"Mentioned here; {NOT_STATED[missing]}:\n{text}"
    elif status == "partial":
        text = _partial_text(answer_context, verdict, text)
    if status == "partial":
        text += f"\n{coverage_sentence(coverage)}" if coverage else ""
    draft = Draft(claims, by="code", status=status, reason=reason, text=text, confidence=confidence)
    answer = _finalise(state, context, draft, checked.report, checked.notes, checked.ledger)
    evidence = tuple(replace(record, text=answer_context.texts[record.id]) for record in answer.evidence)
    return replace(answer, evidence=evidence)


def _missing_detail(state: State, answer_context: AnswerContext, checked: _CheckedClaims) -> Detail | None:
    """The detail that a question requires beyond a mention and no text states; not checked for frames."""
    cited = [answer_context.evidence[i] for i in cited_ids(checked)]
    if perception_result_of(state) is not None or any(
        record.kind in ("picture", "metadata") for record in cited
    ):
        return None
    if any(record.speaker for record in cited) and required_detail(answer_context.spec) == "speaker":
        return None
    return missing_detail(
        answer_context.spec, checked.report.retained, answer_context.texts, by_model=checked.by_model
    )


def _form_factor(answer_context: AnswerContext) -> float:
    """Factor on the confidence: less than 1 where the question is about words and only other forms match."""
    temporal_result, spec = answer_context.temporal_result, answer_context.spec
    if not is_about_words(spec) or not temporal_result.evidence_ids:
        return 1.0
    ids = temporal_result.evidence_ids
    only_forms = all(
        forms_of(spec, answer_context.evidence[i], answer_context.texts[i])
        for i in ids
        if i in answer_context.texts
    )
    return OTHER_FORM if only_forms else 1.0


def _is_within_extent(answer_context: AnswerContext, claims: Sequence[Claim], extent: SearchedExtent) -> bool:
    """Whether the claims of a model may be called an answer: one is supported, and none states more than the
    searched extent bears out."""
    if all(claim.status == "unverified" for claim in claims):
        return False
    statement = stated_in_answer(answer_context.spec, " ".join(claim.text for claim in claims))
    if statement is None or statement == requested_statement(
        answer_context.spec
    ):  # `decide_verdict` has checked a requested number
        return True
    return allowed_verdict(statement, kinds_of(answer_context.spec), extent).is_allowed


def _text_of_claims(answer_context: AnswerContext, claims: Sequence[Claim], by_model: bool) -> str:
    """The claims with their markers: the model's as prose, those of code a line each."""
    if by_model:
        return claims_text(claims, "model")
    supported = any(answer_context.evidence[i].verdict == "supported" for c in claims for i in c.evidence_ids)
    is_statement = answer_context.temporal_result.op not in ("compare", "none", "seen", "passages")
    answers_yes_no = answer_context.spec.intent == "yes_no" and is_statement
    return ("Found. " if answers_yes_no and supported else "") + claims_text(claims, "code")


def _partial_text(answer_context: AnswerContext, verdict: AnswerVerdict, text: str) -> str:
    temporal_result, spec = answer_context.temporal_result, answer_context.spec
    cited = [answer_context.evidence[i] for i in temporal_result.evidence_ids]
    if temporal_result.op == "passages":
        has_words = any(e.match > 0 or e.kind == "picture" for e in cited)
        return f"{BEST_PASSAGES if has_words else NEAREST_PASSAGES}:\n{text}"
    if temporal_result.op == "seen":
        return f"Nothing certain; the likeliest is:\n{text}"
    if verdict.widened:
        return f"Found in another modality than the question asks about:\n{text}"
    if spec.of_things:
        return f"Objects cannot be counted from text alone; they are mentioned here:\n{text}"
    if temporal_result.op == "outline":
        return f"{NO_SUMMARY}:\n{text}"
    if cited and all(e.verdict != "supported" for e in cited):
        return f"Nothing certain; the closest is:\n{text}"
    if spec.wanted == "picture":
        return f"No model has inspected the frames; the text there is:\n{text}"
    return f"In what was searched:\n{text}"


def _abstain(state: State, context: Context, notes: Sequence[str]) -> Answer:
    verdict, answer_context = AnswerVerdict(**state["verdict"]), answer_context_of(state, context)
    spec, extent = spec_of(state), extent_of(state, context)
    coverage, missing = extent.coverage, missing_target_of(state)
    if spec.of_things and not spec.targets:
        text = "Counting objects needs a video-LLM, and there is none; see --video-model."
        return _answer_without_claims(state, context, text, "abstained", "out_of_scope", notes)
    if required_detail(spec) == "language":
        text = "Which language is spoken is not known: only the words that are spoken are searched."
        return _answer_without_claims(state, context, text, "abstained", "unknown", notes)
    names_nothing = not missing.text and not (spec.times or spec.relation or spec.speaking or spec.verbatim)
    if not state["lookups"] or (names_nothing and spec.ordinal is None and spec.intent != "summarise"):
        return _answer_without_claims(state, context, NO_SEARCH_TERM, "abstained", "ambiguous", notes)
    reason: Reason = verdict.reason if verdict.status == "abstained" else "unknown"
    result = perception_result_of(state)
    reason_text = result.text if result is not None and result.kind == "unknown" else ""
    other_places = [] if result is not None else _stored_places(missing, state, context)
    if other_places and not spec.speakers and reason == "absent" and spec.ordinal is None:
        reason = "unknown"
    if spec.speakers and missing.text:
        text, reason = _speaker_abstention(spec, missing.text, answer_context, context, other_places, reason)
        text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
        return _answer_without_claims(state, context, text, "abstained", reason, notes)
    any_searched = coverage is not None and is_any_searched(coverage)
    text = (
        f"No answer: {reason_text}."
        if reason_text
        else abstention_text(
            spec, reason, missing, answer_context.segment_refs, other_places, any_searched=any_searched
        )
    )
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer_without_claims(state, context, text, "abstained", reason, notes)


def _speaker_abstention(
    spec: QuestionSpec,
    target: str,
    answer_context: AnswerContext,
    context: Context,
    other_places: Sequence[str],
    reason: Reason,
) -> tuple[str, Reason]:
    """Text and reason of an abstention where the speakers that a question names do not mention the target."""
    is_known = ScopeSpeakers(context.catalog, [v for v, _ in answer_context.segment_refs]).is_complete()
    is_absent = reason == "absent" and is_known
    speakers = listed(list(spec.speakers))
    text = f"Nothing that {speakers} says matches “{target}”"
    text += f"; it comes up at {listed(other_places)}" if other_places else ""
    if is_absent:
        return f"{text}.", "absent"
    explanation = (
        "it is not known of all speech who says it" if not is_known else "not everything was searched"
    )
    return f"No answer. {text}, but {explanation}.", "unknown"


def _stored_places(missing: MissingTarget, state: State, context: Context) -> list[str]:
    """Places, as text, where the missing target is stored all the same."""
    kinds = [kind for kind in SPAN_KINDS if kind in KINDS_TO_READ[missing.kind]]
    if not missing.text:
        return []
    places = match_spans(
        context.catalog, segment_refs_of(state["stretches"]), kinds, missing.text, spec_of(state).quoted,
        context.thresholds.supported,
    )  # fmt: skip
    spans, answer_context = (
        read_spans(context.catalog, places.span_ids[:MAX_PLACES]),
        answer_context_of(state, context),
    )
    place_texts = [answer_context.place_text(span.video_id, span.words.window) for span in spans.values()]
    num_more = len(places.span_ids) - len(place_texts)
    return [*place_texts, *([f"{num_more} more places"] if num_more else [])]


def _abstain_of_model(state: State, context: Context, model_reason: str) -> Answer:
    """The model's own "not there" counts only as far as the search bears it out."""
    extent = extent_of(state, context)
    coverage = extent.coverage
    absence_reason = reason_of_absence(spec_of(state), evidence_in(state, context), extent)
    reason_of: dict[str, Reason] = {
        "false_premise": "false_premise",
        "ambiguous": "ambiguous",
        "absent": absence_reason,
    }
    text = "What was found does not answer the question."
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer_without_claims(
        state, context, text, "abstained", reason_of.get(model_reason, "unknown"), state["notes"]
    )


def _answer_without_claims(
    state: State,
    context: Context,
    text: str,
    status: Status,
    reason: Reason,
    notes: Sequence[str] | None = None,
) -> Answer:
    """An answer that cites nothing."""
    abstained: Reason = reason if status == "abstained" else ""
    draft = Draft(by="code", abstained=abstained, status=status, reason=reason, text=text, confidence=0.0)
    return _finalise(state, context, draft, CheckReport((), ()), state["notes"] if notes is None else notes)


def _fallback(state: State, notes: Sequence[str]) -> str:
    """Why a chat model that was given did not write the answer; empty when it did, or none was given."""
    failed: str = state["draft"].get("fallback", "")
    return failed or (NO_CLAIM_HELD if NO_CLAIM_HELD in notes else "")


def best_so_far(state: State, context: Context, why: str) -> Answer:
    """The answer that a stopped run can still give, from what it had; never `answered`."""
    if not state.get("spec"):
        question = state.get("question", "")
        return Answer(
            why + ".", "abstained", "budget", cost=context.meter.cost(), notes=(why,), question=question
        )
    new_state: State = {**state, "notes": [*state["notes"], why]}
    if new_state["refusal"] is None:
        new_state["finding"] = compute_temporal_result(new_state, context).to_json()
        new_state["verdict"] = compute_verdict(new_state, context).to_json()
        new_state["draft"], more_notes = draft_claims(new_state, replace(context, llm=None, chat=None))
        new_state["notes"] += more_notes
    answer = final_answer(new_state, context)
    if answer.status == "abstained":
        text = (
            answer.text
            if new_state["refusal"] is not None
            else f"Nothing was found before the run ended: {why}."
        )
        return replace(answer, text=text, reason="budget")
    return replace(
        answer, status="partial", reason="budget", text=f"{answer.text}\nThe run ended early: {why}."
    )
