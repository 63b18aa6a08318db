"""The node `compose`: writes the claims of an answer, by the chat model where there is one, else by code."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from playhead_agent.models.invoke import failure_of
from playhead_agent.perception.results import PerceptionResult
from playhead_agent.rules.extractive import AnswerContext, extractive_claims
from playhead_agent.rules.llm_writer import write_claims
from playhead_agent.rules.passages import sentence_of, spans_of_sentence
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.widen_to_sentences import evidence_in_complete_sentences
from playhead_agent.state import Context, State
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_tools.citations import reads_like_orders, texts_of, without_markers
from playhead_tools.evidence import Claim


def compose(state: State, runtime: Runtime[Context]) -> Update:
    """Writes the claims: the chat model where there is one, else code from the stored words."""
    view = RunView.at("compose", state, runtime)
    evidence = evidence_in_complete_sentences(view)
    draft, notes = draft_claims(view.changed(evidence=evidence))
    report_progress(
        runtime, "compose", "the chat model wrote an answer" if draft["by"] == "model" else "", evidence
    )
    return {"draft": draft, "notes": state["notes"] + notes, "evidence": evidence}


def draft_claims(view: RunView) -> tuple[dict[str, Any], list[str]]:
    """The claims of the answer, not yet checked, who wrote them, and notes.

    Raises:
        CostLimit: the model calls are used up.
        TimeLimit: the seconds are used up.
    """
    answer_context, context = answer_context_of(view), view.context
    is_counted = answer_context.temporal_result.op == "speaking"
    if context.chat is None or is_counted or view.verdict.status == "abstained":
        answer_context.notes.extend(_instruction_notes(answer_context))
        return _draft(code_claims(view.perception_result, answer_context), "code"), answer_context.notes
    try:
        claims, no_answer = write_claims(answer_context, context, answer_context.notes)
    except (ModelUnavailable, ModelOutputInvalid) as error:
        fallback = f"extractive answer: {failure_of(error)}"
        answer_context.notes.insert(0, fallback)
        claims = code_claims(view.perception_result, answer_context)
        return _draft(claims, "code", fallback=fallback), answer_context.notes
    answer_context.notes.extend(_instruction_notes(answer_context))
    return _draft(claims, "model", no_answer), answer_context.notes


def code_claims(result: PerceptionResult | None, answer_context: AnswerContext) -> list[Claim]:
    """The claims that code writes, from the perception result where there is one."""
    return extractive_claims(answer_context) if result is None else perception_claims(result, answer_context)


def perception_claims(result: PerceptionResult, answer_context: AnswerContext) -> list[Claim]:
    """The claims of a perception result, each with the evidence of its detections."""
    ids = answer_context.temporal_result.evidence_ids
    if not ids or result.kind in ("absent", "unknown"):
        return []
    places = [answer_context.place_text(e.video_id, e.window) for e in answer_context.temporal_result.events]
    if result.kind == "order":
        names = result.text.split(", ")
        lines = [f"{name} at {place}" for name, place in zip(names, places, strict=False)]
        return [Claim(f"In this order: {'; '.join(lines)}", ids)]
    if result.kind == "count":
        noun = "moment" if result.value == 1 else "moments"
        return [Claim(f"Seen in {result.value:.0f} {noun}: {', '.join(places)}", ids)]
    if result.kind == "length":
        return [Claim(f"Seen for {result.value:.1f} s in all: {', '.join(places)}", ids)]
    if result.kind == "yes_no":
        return [Claim(f"Yes, seen at {', '.join(places)}", ids)]
    if result.kind == "when":
        return [Claim(f"Seen at {places[-1]}", ids)]
    return [Claim(f"{_sentence(result.text)}, seen at {', '.join(places)}", ids)]


def _sentence(text: str) -> str:
    sentence = " ".join(text.split()).rstrip(".!? ").replace('"', "'").replace("“", "‘").replace("”", "’")
    return sentence[:1].upper() + sentence[1:]


def _draft(claims: Sequence[Claim], by: str, no_answer: str = "", fallback: str = "") -> dict[str, Any]:
    rows = [{"text": without_markers(c.text), "evidence_ids": list(c.evidence_ids)} for c in claims]
    return {"claims": rows, "by": by, "no_answer": no_answer, "fallback": fallback}


def _instruction_notes(answer_context: AnswerContext) -> list[str]:
    found = [i for i, text in answer_context.texts.items() if reads_like_orders(text)]
    return [f"{', '.join(found)} reads like an instruction to a model; it was taken as data"] if found else []


def answer_context_of(view: RunView) -> AnswerContext:
    """The answer context of a run, its texts read from the catalog; without notes."""
    state = view.state
    inputs = (state["spec"], state["finding"], state["stretches"], state.get("evidence", []))
    read = view.context.cache.once("answer_context", inputs, lambda: _read_answer_context(view))
    return replace(read, notes=[])


def _read_answer_context(view: RunView) -> AnswerContext:
    context, evidence = view.context, {record.id: record for record in view.evidence}
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
    segment_refs = tuple(view.segment_refs)
    videos = context.cache.videos(video_id for video_id, _ in segment_refs)
    return AnswerContext(
        view.spec, view.temporal_result, evidence, texts, videos, spans=spans, segment_refs=segment_refs,
        quotes=quotes,
    )  # fmt: skip
