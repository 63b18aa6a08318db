"""Chooses the option of a multiple choice that follows from a computed result or from the cited text."""

from collections.abc import Sequence

from playhead_agent.rules.extractive import AnswerContext
from playhead_tools import options as choose
from playhead_tools.evidence import Claim

START_SLACK_S = 2.0


def chosen_option(answer_context: AnswerContext, claims: Sequence[Claim]) -> tuple[int | None, str]:
    """The one option that the temporal result, or else the cited text, states, and by which evidence.

    Returns:
        The option, None when none or several match, and the id of the evidence whose text states it; empty
        where it was computed.
    """
    if answer_context.spec.each_video:
        return _by_video(answer_context, claims), ""
    computed = _by_computation(answer_context)
    return computed if computed is not None else _by_words(answer_context, claims)


def _by_computation(answer_context: AnswerContext) -> tuple[int | None, str] | None:
    spec, temporal_result = answer_context.spec, answer_context.temporal_result
    options = spec.options
    if temporal_result.op == "count":
        return choose.by_number(options, temporal_result.value), ""
    if temporal_result.op in ("how_long", "gap"):
        return choose.by_length(options, temporal_result.value), ""
    if temporal_result.op == "order":
        names = {f"target{i}": text for i, text in enumerate(spec.targets)}
        return choose.by_order(options, [names.get(name, name) for name in temporal_result.names]), ""
    if temporal_result.op == "compare":
        return choose.by_text(options, "yes" if temporal_result.value else "no"), ""
    if any(time_s is not None for time_s in choose.option_times_s(options)) and temporal_result.events:
        return choose.by_time(options, temporal_result.events[0].window.start_s, START_SLACK_S), ""
    return None


def _by_video(answer_context: AnswerContext, claims: Sequence[Claim]) -> int | None:
    """The option that names the one video whose text matches best, or the number of videos with such text."""
    spec = answer_context.spec
    cited = {i: answer_context.evidence[i] for claim in claims for i in claim.evidence_ids}
    max_match = max((record.match for record in cited.values()), default=0.0)
    ids = {record.video_id for record in cited.values() if record.match == max_match}
    if spec.intent == "count":
        return choose.by_number(spec.options, float(len(ids)))
    if len(ids) != 1:
        return None
    return choose.by_file(spec.options, answer_context.videos[ids.pop()].name)


def _by_words(answer_context: AnswerContext, claims: Sequence[Claim]) -> tuple[int | None, str]:
    """The option in the first cited text that contains one."""
    cited = dict.fromkeys(i for claim in claims for i in claim.evidence_ids)
    targets = [i for i in cited if not answer_context.evidence[i].role.startswith("anchor")]
    ranked = sorted(targets or cited, key=lambda i: -answer_context.evidence[i].match)
    for evidence_id in ranked:
        choice = choose.by_text(answer_context.spec.options, answer_context.texts[evidence_id])
        if choice is not None:
            return choice, evidence_id
    return None, ""
