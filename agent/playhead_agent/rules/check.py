"""The node `check`: claims are checked, and the answer is made from those that pass or is an abstention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langgraph.runtime import Runtime

from playhead_agent.finalise import (
    Computation,
    Ledger,
    ScanRecord,
    check_draft,
    claims_text,
    finalise,
)
from playhead_agent.perception.results import PerceptionResult
from playhead_agent.question import Question
from playhead_agent.rules.choose_option import chosen_option
from playhead_agent.rules.compose import answer_context_of, code_claims, draft_claims
from playhead_agent.rules.extractive import AnswerContext, MissingTarget, abstention_text
from playhead_agent.rules.reason import compute_temporal_result
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.search_spans import span_kinds_of
from playhead_agent.rules.verdict import AnswerVerdict, reason_of_absence
from playhead_agent.rules.verify import MAX_PLACES, compute_verdict, missing_target
from playhead_agent.rules.word_forms import forms_of, is_about_words
from playhead_agent.state import Context, State
from playhead_agent.verification.drafts import Draft
from playhead_index.search.results import Coverage
from playhead_index.speakers import with_speaker
from playhead_index.store.spans import read_spans
from playhead_tools.citations import CheckReport
from playhead_tools.confidence import MENTION_ONLY, OTHER_FORM
from playhead_tools.evidence import Answer, Claim, Reason, Status, coverage_sentence, is_any_searched, listed
from playhead_tools.options import abstaining_option
from playhead_tools.required_detail import NOT_STATED, Detail, required_detail
from playhead_tools.search_extent import match_spans
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.verdict_rules import (
    SearchedExtent,
    allowed_verdict,
    kinds_of,
    missing_detail,
    requested_statement,
    stated_in_answer,
)  # fmt: skip

NO_SEARCH_TERM = "No search term was found in the question; name one, such as: when is entropy mentioned?"
_OPS = {"count": "count", "nth": "nth", "how_long": "total_duration", "order": "order", "gap": "gap"}
"""`Computation.op` for each `TemporalResult.op` that computes a value."""
BEST_PASSAGES = "No certain answer; the passages that fit best"
NEAREST_PASSAGES = "No passage holds a word of the question; the closest in meaning"
NO_SUMMARY = "No summary was written, for which it takes a chat model (--model); sentences from each topic"
NO_CLAIM_HELD = "extractive answer: no statement of the chat model passed the citation check"


def check(state: State, runtime: Runtime[Context]) -> Update:
    """Checks every citation against the catalog and makes the answer from the claims that pass."""
    answer = final_answer(RunView.at("check", state, runtime)).to_json(compact=True)
    report_progress(runtime, "check", "", answer["evidence"])
    return {"answer": answer, "draft": {}}


@dataclass(frozen=True, slots=True)
class _CheckedClaims:
    """Checked claims, their ledger and author, the share that passed, and notes."""

    report: CheckReport
    ledger: Ledger
    by_model: bool
    retained_share: float
    notes: tuple[str, ...]


def final_answer(view: RunView) -> Answer:
    """The answer of a run: from its refusal where it has one, else from its draft."""
    state = view.state
    refusal = state["refusal"]
    if refusal is not None:
        reason: Any = refusal["reason"]
        return _answer_without_claims(view, refusal["text"], "abstained", reason)
    if state["draft"]["no_answer"]:
        return _abstain_of_model(view, state["draft"]["no_answer"])
    answer_context = answer_context_of(view)
    checked = _check_claims(view, answer_context)
    result = view.perception_result
    if result is not None and result.is_negative and view.verdict.status != "abstained":
        verdict = view.verdict
        text = negative_text(result, view.extent.coverage, is_certain=verdict.status != "partial")
        draft = Draft(
            by="code",
            status=verdict.status,
            reason=verdict.reason,
            text=text,
            confidence=verdict.confidence,
            choice=result.choice,
        )
        return _finalise(view, draft, CheckReport((), ()), checked.notes)
    if not checked.report.retained:
        abstention = _abstain(view, checked.notes)
        return replace(abstention, choice=abstaining_option(answer_context.spec.options))
    choice, chosen_by_id = (None, "") if result is None else (result.choice, "")
    if result is None and answer_context.spec.options:
        choice, chosen_by_id = chosen_option(answer_context, checked.report.retained)
        declining = abstaining_option(answer_context.spec.options)
        cited = [answer_context.evidence[i] for i in cited_ids(checked)]
        # where only unsupported text is cited, the option that declines is right
        if declining is not None and all(one.verdict != "supported" for one in cited):
            choice, chosen_by_id = declining, ""
    answer = _answer_of_claims(view, answer_context, _claims_citing(checked, chosen_by_id))
    return replace(answer, choice=choice)


def negative_text(result: PerceptionResult, coverage: Coverage | None, *, is_certain: bool) -> str:
    """The text of a negative answer, with the coverage; uncertain where not all of the scope was viewed."""
    if not is_certain:
        text = "Nothing certain: nothing that was viewed shows it, and not everything could be viewed."
    else:
        text = f"{'None' if result.is_in_no_video else 'No'}: nothing that was looked at shows it."
    return text if coverage is None else f"{text}\n{coverage_sentence(coverage)}"


def cited_ids(checked: _CheckedClaims) -> set[str]:
    """The evidence that the claims which held cite."""
    return {i for claim in checked.report.retained for i in claim.evidence_ids}


def _claims_citing(checked: _CheckedClaims, evidence_id: str) -> _CheckedClaims:
    """Only the claims that cite the evidence which chose an option, where one did."""
    claims = tuple(claim for claim in checked.report.retained if evidence_id in claim.evidence_ids)
    if not evidence_id or not claims:
        return checked
    return replace(checked, report=replace(checked.report, retained=claims))


def _check_claims(view: RunView, answer_context: AnswerContext) -> _CheckedClaims:
    ledger, draft, context = _ledger(view, answer_context), view.state["draft"], view.context
    claims = tuple(Claim(row["text"], tuple(row["evidence_ids"])) for row in draft["claims"])
    by_model = draft["by"] == "model"
    unchecked = Draft(claims, by="model" if by_model else "code")
    # the model only phrases what the rules found, so that it is no judge of it
    report = check_draft(unchecked, ledger, context, use_model=False)
    notes = [*view.state["notes"], *report.notes]
    if report.retained or not by_model:
        return _CheckedClaims(
            report, ledger, by_model, len(report.retained) / max(1, len(claims)), tuple(notes)
        )
    notes.append(NO_CLAIM_HELD)
    by_code = Draft(tuple(code_claims(view.perception_result, answer_context)), by="code")
    return _CheckedClaims(check_draft(by_code, ledger, context), ledger, False, 1.0, tuple(notes))


def _ledger(view: RunView, answer_context: AnswerContext) -> Ledger:
    """The ledger of a run of the rules: all text that could match was scored, so a search is a scan."""
    temporal_result, spec = answer_context.temporal_result, answer_context.spec
    ids = tuple(temporal_result.evidence_ids)
    targets = [one for one in answer_context.evidence.values() if one.role.startswith("target")]
    num_found = sum(one.verdict == "supported" for one in targets)
    return Ledger(
        answer_context.evidence,
        view.extent,
        view.segment_refs,
        view.inspected_refs,
        [
            Computation(n, ids, temporal_result.complete, _OPS.get(temporal_result.op, ""))
            for n in temporal_result.computed_numbers
        ],
        scans=[ScanRecord(", ".join(spec.targets), "words", view.state["whole"], num_found)],
        texts={
            i: with_speaker(text, answer_context.evidence[i].speaker)
            for i, text in answer_context.texts.items()
        },
    )


def _finalise(
    view: RunView,
    draft: Draft,
    report: CheckReport,
    notes: Sequence[str],
    ledger: Ledger | None = None,
) -> Answer:
    """The answer of a checked draft, with the notes of the run; it cites nothing without a ledger."""
    fallback, calibration_name = _fallback(view.state["draft"], notes), view.context.rules.name
    full = replace(draft, notes=tuple(notes), fallback=fallback, calibration=calibration_name)
    ledger = ledger or Ledger({}, view.extent)
    return finalise(Question(view.state["question"]), full, report, ledger, view.context)


def _answer_of_claims(view: RunView, answer_context: AnswerContext, checked: _CheckedClaims) -> Answer:
    verdict, claims = view.verdict, checked.report.retained
    status, reason = verdict.status, verdict.reason
    extent = checked.ledger.extent
    if status == "answered" and checked.by_model and not _is_within_extent(answer_context, claims, extent):
        status, reason = "partial", "unknown"
    text = _text_of_claims(answer_context, claims, checked.by_model)
    coverage, confidence = (
        extent.coverage,
        verdict.confidence * checked.retained_share * _form_factor(answer_context),
    )
    missing = _missing_detail(view.perception_result, answer_context, checked)
    if missing is not None and (status == "answered" or (status == "partial" and checked.by_model)):
        status, reason, confidence = "partial", "unknown", confidence * MENTION_ONLY
        text = f"Mentioned here; {NOT_STATED[missing]}:\n{text}"
    elif status == "partial":
        text = _partial_text(answer_context, verdict, text)
    if status == "partial":
        text += f"\n{coverage_sentence(coverage)}" if coverage else ""
    draft = Draft(claims, by="code", status=status, reason=reason, text=text, confidence=confidence)
    answer = _finalise(view, draft, checked.report, checked.notes, checked.ledger)
    evidence = tuple(replace(record, text=answer_context.texts[record.id]) for record in answer.evidence)
    return replace(answer, evidence=evidence)


def _missing_detail(
    result: PerceptionResult | None, answer_context: AnswerContext, checked: _CheckedClaims
) -> Detail | None:
    """The detail that a question requires beyond a mention and no text states; not checked for frames."""
    cited = [answer_context.evidence[i] for i in cited_ids(checked)]
    if result is not None or any(record.kind in ("picture", "metadata") for record in cited):
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


def _abstain(view: RunView, notes: Sequence[str]) -> Answer:
    verdict, answer_context, context = view.verdict, answer_context_of(view), view.context
    spec, coverage = view.spec, view.extent.coverage
    missing = missing_target(spec, view.evidence)
    if spec.of_things and not spec.targets:
        text = "Counting objects needs a video-LLM, and there is none; see --video-model."
        return _answer_without_claims(view, text, "abstained", "out_of_scope", notes)
    if required_detail(spec) == "language":
        text = "Which language is spoken is not known: only the words that are spoken are searched."
        return _answer_without_claims(view, text, "abstained", "unknown", notes)
    names_nothing = not missing.text and not (spec.times or spec.relation or spec.speaking or spec.verbatim)
    if not view.state["lookups"] or (names_nothing and spec.ordinal is None and spec.intent != "summarise"):
        return _answer_without_claims(view, NO_SEARCH_TERM, "abstained", "ambiguous", notes)
    reason: Reason = verdict.reason if verdict.status == "abstained" else "unknown"
    result = view.perception_result
    reason_text = result.text if result is not None and result.kind == "unknown" else ""
    other_places = [] if result is not None else _stored_places(missing, view, answer_context)
    if other_places and not spec.speakers and reason == "absent" and spec.ordinal is None:
        reason = "unknown"
    if spec.speakers and missing.text:
        text, reason = _speaker_abstention(spec, missing.text, answer_context, context, other_places, reason)
        text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
        return _answer_without_claims(view, text, "abstained", reason, notes)
    any_searched = coverage is not None and is_any_searched(coverage)
    text = (
        f"No answer: {reason_text}."
        if reason_text
        else abstention_text(
            spec, reason, missing, answer_context.segment_refs, other_places, any_searched=any_searched
        )
    )
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer_without_claims(view, text, "abstained", reason, notes)


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


def _stored_places(missing: MissingTarget, view: RunView, answer_context: AnswerContext) -> list[str]:
    """Places, as text, where the missing target is stored all the same."""
    kinds = span_kinds_of(missing.kind)
    if not missing.text:
        return []
    places = match_spans(
        view.context.catalog, view.segment_refs, kinds, missing.text, view.spec.quoted,
        view.context.thresholds.supported,
    )  # fmt: skip
    spans = read_spans(view.context.catalog, places.span_ids[:MAX_PLACES])
    place_texts = [answer_context.place_text(span.video_id, span.words.window) for span in spans.values()]
    num_more = len(places.span_ids) - len(place_texts)
    return [*place_texts, *([f"{num_more} more places"] if num_more else [])]


def _abstain_of_model(view: RunView, model_reason: str) -> Answer:
    """The model's own "not there" counts only as far as the search bears it out."""
    coverage = view.extent.coverage
    absence_reason = reason_of_absence(view.spec, view.evidence, view.extent)
    reason_of: dict[str, Reason] = {
        "false_premise": "false_premise",
        "ambiguous": "ambiguous",
        "absent": absence_reason,
    }
    text = "What was found does not answer the question."
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer_without_claims(
        view, text, "abstained", reason_of.get(model_reason, "unknown"), view.state["notes"]
    )


def _answer_without_claims(
    view: RunView,
    text: str,
    status: Status,
    reason: Reason,
    notes: Sequence[str] | None = None,
) -> Answer:
    """An answer that cites nothing."""
    abstained: Reason = reason if status == "abstained" else ""
    draft = Draft(by="code", abstained=abstained, status=status, reason=reason, text=text, confidence=0.0)
    return _finalise(view, draft, CheckReport((), ()), view.state["notes"] if notes is None else notes)


def _fallback(draft: Mapping[str, Any], notes: Sequence[str]) -> str:
    """Why a chat model that was given did not write the answer; empty when it did, or none was given."""
    failed: str = draft.get("fallback", "")
    return failed or (NO_CLAIM_HELD if NO_CLAIM_HELD in notes else "")


def best_so_far(state: State, context: Context, why: str) -> Answer:
    """The answer that a stopped run can still give, from what it had; never `answered`."""
    if not state.get("spec"):
        question = state.get("question", "")
        return Answer(
            why + ".", "abstained", "budget", cost=context.meter.cost(), notes=(why,), question=question
        )
    view = RunView(state, context).changed(notes=[*state["notes"], why])
    is_refused = view.state["refusal"] is not None
    if not is_refused:
        view = view.changed(finding=compute_temporal_result(view).to_json())
        view = view.changed(verdict=compute_verdict(view).to_json())
        without_chat = RunView(view.state, replace(context, llm=None, chat=None))
        draft, more_notes = draft_claims(without_chat)
        view = view.changed(draft=draft, notes=[*view.state["notes"], *more_notes])
    answer = final_answer(view)
    if answer.status == "abstained":
        text = answer.text if is_refused else f"Nothing was found before the run ended: {why}."
        return replace(answer, text=text, reason="budget")
    return replace(
        answer, status="partial", reason="budget", text=f"{answer.text}\nThe run ended early: {why}."
    )
