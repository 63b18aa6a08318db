"""Which option of a multiple choice follows from words that were found, or from what was reckoned of them."""

from collections.abc import Sequence

from playhead_agent.rules.extractive import AnswerContext
from playhead_tools import options as choose
from playhead_tools.evidence import Claim

START_SLACK_S = 2.0


def chosen_option(answer_context: AnswerContext, kept: Sequence[Claim]) -> tuple[int | None, str]:
    """The one option that a finding, or else the words that are cited, say, and by which evidence.

    Returns:
        The option, None when none or several are said, and the id of the evidence whose words say it; empty
        where it was reckoned.
    """
    if answer_context.spec.each_video:
        return _by_video(answer_context, kept), ""
    reckoned = _reckoned(answer_context)
    return reckoned if reckoned is not None else _by_words(answer_context, kept)


def _reckoned(answer_context: AnswerContext) -> tuple[int | None, str] | None:
    spec, finding = answer_context.spec, answer_context.finding
    options = spec.options
    if finding.op == "count":
        return choose.by_number(options, finding.value), ""
    if finding.op in ("how_long", "gap"):
        return choose.by_length(options, finding.value), ""
    if finding.op == "order":
        names = {f"target{i}": text for i, text in enumerate(spec.targets)}
        return choose.by_order(options, [names.get(name, name) for name in finding.names]), ""
    if finding.op == "compare":
        return choose.by_text(options, "yes" if finding.value else "no"), ""
    if any(time_s is not None for time_s in choose.option_times_s(options)) and finding.events:
        return choose.by_time(options, finding.events[0].window.start_s, START_SLACK_S), ""
    return None


def _by_video(answer_context: AnswerContext, kept: Sequence[Claim]) -> int | None:
    """The option that names the one video whose words fit best, or says how many videos have such words."""
    spec = answer_context.spec
    cited = {i: answer_context.evidence[i] for claim in kept for i in claim.evidence_ids}
    most = max((record.match for record in cited.values()), default=0.0)
    ids = {record.video_id for record in cited.values() if record.match == most}
    if spec.intent == "count":
        return choose.by_number(spec.options, float(len(ids)))
    if len(ids) != 1:
        return None
    return choose.by_file(spec.options, answer_context.videos[ids.pop()].name)


def _by_words(answer_context: AnswerContext, kept: Sequence[Claim]) -> tuple[int | None, str]:
    """The option that the first cited words to hold any option hold."""
    cited = dict.fromkeys(i for claim in kept for i in claim.evidence_ids)
    targets = [i for i in cited if not answer_context.evidence[i].role.startswith("anchor")]
    ranked = sorted(targets or cited, key=lambda i: -answer_context.evidence[i].match)
    for evidence_id in ranked:
        choice = choose.by_text(answer_context.spec.options, answer_context.texts[evidence_id])
        if choice is not None:
            return choice, evidence_id
    return None, ""
