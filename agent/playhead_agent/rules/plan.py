"""The node `plan`: the look-ups for a question, what to search and what to read, in plain JSON types."""

from typing import Any

from langgraph.runtime import Runtime

from playhead_agent.rules.modalities import KINDS_TO_READ, LANES_OF
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.state import Context, State
from playhead_index.search.results import TEXT_LANES
from playhead_tools.evidence import listed
from playhead_tools.required_detail import required_detail
from playhead_tools.spec import EVERY, Anchor, Kind, QuestionSpec

FEW_MOMENTS, ALL_MOMENTS = 12, 100
MAX_PASSAGES = 10
MAX_ROUNDS = 2


def plan(state: State, runtime: Runtime[Context]) -> Update:
    """Decides what to search and what to read; in the second round, the lanes not named."""
    spec = RunView.at("plan", state, runtime).spec
    is_second = bool(state["verdict"])
    by_passages = is_second and ends_with_passages(spec, state["verdict"].get("reason", ""))
    lookups = plan_lookups(spec, is_second, by_passages=by_passages)
    names = [f"“{text}”" for lookup in lookups if (text := lookup.get("text"))]
    report_progress(runtime, "plan", f"searching for {listed(names)}" if names else "")
    return {"lookups": lookups, "round": state["round"] + 1}


def route(state: State) -> str:
    """Back to the plan once when nothing was found in the modalities of the question, else on.

    The second round searches passages, or for literal targets the lanes that the question does not name.
    """
    if state["verdict"]["status"] != "abstained" or state["round"] >= MAX_ROUNDS:
        return "compose"
    spec = QuestionSpec.from_json(state["spec"])
    if ends_with_passages(spec, state["verdict"].get("reason", "")):
        return "plan"
    has_searched = any(lookup["do"] == "search" for lookup in state["lookups"])
    modalities = {spec.wanted, *(anchor.kind for anchor in (spec.relation.anchors if spec.relation else ()))}
    has_other_lanes = has_searched and not spec.speakers and modalities != {"any"}
    return "plan" if has_other_lanes else "compose"


def ends_with_passages(spec: QuestionSpec, reason: str) -> bool:
    """Whether passages are searched where look-ups found nothing: unless words are known to be absent.

    Args:
        spec: the question.
        reason: of the verdict.
    """
    is_absent = spec.is_literal and reason == "absent"
    return bool(spec.query) and not (
        is_absent or spec.speaking or spec.of_video or spec.intent == "summarise"
    )


def plan_lookups(spec: QuestionSpec, widened: bool, *, by_passages: bool = False) -> list[dict[str, Any]]:
    """The look-ups for a question.

    Kinds: `passages` (text, limit), `search` (role, text, lanes, limit, keep), `read` (the text of the
    scope), `edge` (its first or last text), `transcript` (all speech in it), `turns` (who speaks when),
    `facts` (of the files) and `outline`.

    Args:
        spec: the question.
        widened: the lanes that the question names held nothing; search the others.
        by_passages: nothing was found so far; search passages.
    """
    if spec.query and (spec.by_passages or by_passages):
        return [_passages(spec)]
    if spec.of_video:
        return [{"do": "facts", "lanes": []}]
    if spec.speaking:
        return [{"do": "turns", "lanes": ["speech"]}]
    if spec.verbatim:
        return [{"do": "transcript", "lanes": ["speech"]}]
    if spec.intent == "summarise":
        return [{"do": "outline", "lanes": list(TEXT_LANES)}]
    steps = [_search("target", i, text, spec.wanted, spec, widened) for i, text in enumerate(spec.targets)]
    anchors = spec.relation.anchors if spec.relation is not None else ()
    steps += [_search("anchor", i, a.text, a.kind, spec, widened, a) for i, a in enumerate(anchors)]
    if steps:
        return steps
    kinds = list(KINDS_TO_READ[spec.wanted])
    lanes = list(dict.fromkeys([*LANES_OF[spec.wanted], *kinds]))
    if spec.ordinal not in (None, EVERY):
        return [{"do": "edge", "n": spec.ordinal, "kinds": kinds, "lanes": lanes}]
    return [{"do": "read", "kinds": kinds, "lanes": lanes}] if spec.times else []


def _passages(spec: QuestionSpec) -> dict[str, Any]:
    speakers: dict[str, Any] = {"speakers": list(spec.speakers)} if spec.speakers else {}
    speakers |= {"only_speakers": True} if spec.only_speakers else {}
    return {"do": "passages", "text": spec.query, "limit": MAX_PASSAGES, **speakers}


def _search(
    role: str,
    slot: int,
    text: str,
    kind: Kind,
    spec: QuestionSpec,
    widened: bool,
    anchor: Anchor | None = None,
) -> dict[str, Any]:
    lanes = LANES_OF[kind]
    speakers = list(spec.speakers) if anchor is None or spec.only_speakers else []
    if speakers:
        lanes = ("speech",)
    elif widened and kind != "any":  # a ranking of frames has a first place for every query
        lanes = tuple(lane for lane in TEXT_LANES if lane not in lanes and lane != "picture")
    wants_all_targets = spec.intent != "describe" or required_detail(spec) == "speaker"
    wants_all = anchor is not None or spec.ordinal is not None or wants_all_targets
    ordinal = spec.ordinal if anchor is None else anchor.ordinal
    keep = ("late" if (ordinal or 0) < 0 else "early") if wants_all else "best"
    lookup: dict[str, Any] = {"role": f"{role}{slot}", "text": text, "lanes": list(lanes)}
    lookup |= {"speakers": speakers} if speakers else {}
    return {"do": "search", **lookup, "limit": ALL_MOMENTS if wants_all else FEW_MOMENTS, "keep": keep}
