"""What may be said of what was seen: the finding, the judgement, and the claims."""

from collections.abc import Sequence

from playhead_agent.extractive import Material
from playhead_agent.reasoning import Finding
from playhead_agent.seeing.locate import SURE
from playhead_agent.seeing.sight import Sight
from playhead_agent.state import State
from playhead_agent.verdict import Judgement
from playhead_index.search.results import Coverage
from playhead_tools.evidence import Claim, Evidence, coverage_sentence
from playhead_tools.temporal.event import Event

MOST = 0.98


def sight_of(state: State) -> Sight | None:
    """What looking told of the question in a state; None for questions that words answer."""
    record = state.get("sight")
    sight = None if record is None else Sight.from_json(record)
    return None if sight is None or sight.kind == "anchors" else sight


def seen_finding(sight: Sight, evidence: Sequence[Evidence]) -> Finding:
    """The finding of a sight, on the evidence that was made of its sightings."""
    known = {(e.video_id, e.window): e for e in evidence if e.kind == "picture" and e.said}
    records = [known[one.place] for one in sight.sightings if one.place in known]
    events = tuple(Event(e.video_id, e.window, (e.id,)) for e in records)
    negative = sight.kind == "yes_no" and not sight.value
    op = "seen" if events or negative else "none"
    names = (sight.text,) if op == "seen" else ()
    return Finding(op, events, sight.value, names, complete=sight.whole)  # type: ignore[arg-type]


def seen_judgement(sight: Sight, coverage: Coverage | None) -> Judgement:
    """What may be said of a sight; absent only when every segment was scored by its picture."""
    if sight.kind == "absent":
        return Judgement(
            "abstained", "absent" if sight.whole and _pictures_scored(coverage) else "unknown", 0.0
        )
    if sight.kind == "unknown":
        return Judgement("abstained", "unknown", 0.0)
    needs_whole = sight.kind in ("count", "length", "yes_no")
    doubt = sight.p < SURE or (needs_whole and not sight.whole)
    return Judgement("partial" if doubt else "answered", "unknown" if doubt else "", min(MOST, sight.p))


def _pictures_scored(coverage: Coverage | None) -> bool:
    lines = () if coverage is None else coverage.lanes
    return any(line.lane == "picture" and line.searched and line.items > 0 for line in lines)


def seen_claims(sight: Sight, material: Material) -> list[Claim]:
    """The claims of a sight, each with the evidence of its moments."""
    ids = material.finding.evidence_ids
    if not ids or sight.kind in ("absent", "unknown"):
        return []
    places = [material.at(e.video_id, e.window) for e in material.finding.events]
    if sight.kind == "order":
        names = sight.text.split(", ")
        lines = [f"{name} at {place}" for name, place in zip(names, places, strict=False)]
        return [Claim(f"In this order: {'; '.join(lines)}", ids)]
    if sight.kind == "count":
        many = "moment" if sight.value == 1 else "moments"
        return [Claim(f"Seen in {sight.value:.0f} {many}: {', '.join(places)}", ids)]
    if sight.kind == "length":
        return [Claim(f"Seen for {sight.value:.1f} s in all: {', '.join(places)}", ids)]
    if sight.kind == "yes_no":
        return [Claim(f"Yes, seen at {', '.join(places)}", ids)]
    if sight.kind == "when":
        return [Claim(f"Seen at {places[-1]}", ids)]
    return [Claim(f"{_sentence(sight.text)}, seen at {', '.join(places)}", ids)]


def _sentence(text: str) -> str:
    told = " ".join(text.split()).rstrip(".!? ").replace('"', "'").replace("“", "‘").replace("”", "’")
    return told[:1].upper() + told[1:]


def seen_no(coverage: Coverage | None) -> str:
    """The answer no: nothing that was looked at shows it, with what that was."""
    searched = "" if coverage is None else f"\n{coverage_sentence(coverage)}"
    return f"No: nothing that was looked at shows it.{searched}"
