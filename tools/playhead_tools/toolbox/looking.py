"""Tools that look at the pictures through a video model: `inspect` for a question, `zoom` for a boundary."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from playhead_index.errors import ToolError
from playhead_index.search.results import Scope
from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.look_up import list_videos
from playhead_tools.refusals import yes_or_no
from playhead_tools.toolbox.arguments import Time, evidence_of, shortened, video_of, window_of
from playhead_tools.toolbox.kit import Kit, Record, result, row_of
from playhead_tools.toolbox.looks import Seen, look, looks_left, need_eyes, summed

MOST_QUESTION_CHARS = 400
OPEN_MATCH = 0.75
"""How far an open reply of a video model is trusted; uncalibrated."""
LEAST_PART_S, MOST_PARTS = 2.0, 8


class Range(BaseModel):
    """A stretch of a video."""

    model_config = ConfigDict(extra="forbid")

    video: str = Field("", description="name or id; may be empty when only one is in scope")
    start: Time = Field(description='seconds or a clock like "1:15"')
    end: Time = Field(description="likewise")


def inspect(
    kit: Kit,
    question: str,
    ranges: list[Range] = [],  # noqa: B006 - never changed; the model is told an empty list
    evidence_ids: list[str] = [],  # noqa: B006
) -> Record:
    """What a video model answers to a question about the pictures of one or several short stretches.

    Cost: a look a stretch, seconds each; the dearest tool together with scan and zoom. Find likely places
    with search first. The video model sees nothing but those frames: the question must stand alone, without
    "he", "then" or "the one before". Ask openly ("What does the man hold?"), not for a yes.

    Args:
        question: about what the frames show.
        ranges: the stretches, best under 30 s each.
        evidence_ids: stretches by the evidence that lies there, instead of ranges or beside them.
    """
    asked = " ".join(question.split())[:MOST_QUESTION_CHARS]
    if not asked:
        raise ToolError("inspect needs a question about what the frames show")
    need_eyes(kit, "inspect")
    notes: list[str] = []
    places = _places(kit, ranges, evidence_ids, notes)
    seen = [look(kit, video_id, window, asked) for video_id, window in places]
    rows = [_row(kit, one, asked, notes) for one in seen]
    return result(rows, notes, summed([one.cost for one in seen]))


def _places(
    kit: Kit, ranges: Sequence[Range], evidence_ids: Sequence[str], notes: list[str]
) -> list[tuple[str, Window]]:
    """The stretches to look at, each once, as many as may be looked at."""
    places = []
    for one in ranges:
        entry = video_of(kit, one.video)
        places.append((entry.video_id, window_of(kit, entry, one.start, one.end, notes)))
    places += [(record.video_id, record.window) for record in (evidence_of(kit, i) for i in evidence_ids)]
    if not places:
        raise ToolError("inspect needs ranges or evidence_ids: where to look")
    places = [(video_id, shortened(window, kit.limits.look_s, notes)) for video_id, window in places]
    places = list(dict.fromkeys(places))
    most = min(kit.limits.looks_a_call, looks_left(kit))
    if len(places) > most:
        notes.append(f"{len(places)} stretches, the first {most} were looked at")
    return places[:most]


def _row(kit: Kit, seen: Seen, question: str, notes: list[str]) -> Record:
    """The row of an open look; what was declined is no evidence and has no id."""
    verdict = "not_visible" if seen.declined else "supported"
    said = f"{question} {seen.text}" if yes_or_no(seen.text) else seen.text
    where = (seen.video_id, seen.window)
    record = Evidence("", *where, "picture", "supported", match=OPEN_MATCH, lanes=("picture",), said=said)
    if seen.strange:
        notes.append("the video model named a frame that it was not shown; that was taken out")
    if seen.declined:
        row = row_of(kit, record, seen.text, "-")
        return {**row, "id": "-", "verdict": verdict}
    row = row_of(kit, record, seen.text, kit.table.add(record, question))
    return {**row, "verdict": verdict}


def zoom(kit: Kit, evidence_id: str, what: str, edge: Literal["start", "end", "both"] = "both") -> Record:
    """When exactly something starts or ends: looks at short parts around the edges of a piece of evidence.

    Cost: up to 8 looks. Only where the boundary matters: how long, from when, until when. It looks at the
    window and half its length on either side, part by part.

    Args:
        evidence_id: where it was found, like "E3".
        what: the thing itself, to be seen or not: "a red car drives", not a question.
        edge: which boundary; the other one stays.
    """
    need_eyes(kit, "zoom")
    record, wanted = evidence_of(kit, evidence_id), " ".join(what.split())[:MOST_QUESTION_CHARS]
    if not wanted:
        raise ToolError('zoom needs what is to be seen, like "a red car drives"')
    parts = zoom_parts(record.window, _whole(kit, record), edge, looks_left(kit))
    seen = [look(kit, record.video_id, part, yes_no_question(wanted), yes_no=True) for part in parts]
    yes = [part for part, one in zip(parts, seen, strict=True) if (one.p_yes or 0.0) >= 0.5]
    cost = summed([one.cost for one in seen])
    probed = [{"at": str(p), "p_yes": one.p_yes} for p, one in zip(parts, seen, strict=True)]
    if not yes:
        note = f"no part of it shows “{wanted}”; {evidence_id} keeps its window and is in doubt"
        return result([], [note], cost, parts=probed)
    window = refined(record.window, parts, yes, edge)
    sure = max(one.p_yes or 0.0 for one in seen)
    where, said = (record.video_id, window), f"{wanted}: yes"
    found = Evidence("", *where, "picture", "supported", match=sure, lanes=("picture",), said=said)
    row = row_of(kit, found, said, kit.table.add(found, f"zoom {wanted}"))
    step_s = round(parts[0].duration_s, 2)
    return result([row], (), cost, parts=probed, exact_to_s=step_s)


def yes_no_question(what: str) -> str:
    """The question of a look that asks whether something is to be seen.

    >>> yes_no_question("a red car")
    'Does this clip show this: a red car?'
    """
    return f"Does this clip show this: {what.rstrip('.?! ')}?"


def _whole(kit: Kit, record: Evidence) -> Window:
    return kit.whole(list_videos(kit.catalog, Scope((record.video_id,)))[0])


def zoom_parts(
    window: Window, whole: Window, edge: Literal["start", "end", "both"], most: int
) -> list[Window]:
    """Equal parts of the window and half its length on either side; for one edge, of the half around it.

    Args:
        window: of the evidence.
        whole: the video.
        edge: which boundary is looked for.
        most: looks that may be made.

    >>> [str(part) for part in zoom_parts(Window(20, 28), Window(0, 60), "start", 8)]
    ['0:16–0:18', '0:18–0:20', '0:20–0:22', '0:22–0:24']
    """
    half_s, middle_s = window.duration_s / 2, (window.start_s + window.end_s) / 2
    start_s = middle_s if edge == "end" else max(whole.start_s, window.start_s - half_s)
    end_s = middle_s if edge == "start" else min(whole.end_s, window.end_s + half_s)
    n = max(1, min(MOST_PARTS, most, int((end_s - start_s) / LEAST_PART_S)))
    step_s = (end_s - start_s) / n
    return [Window(start_s + i * step_s, start_s + (i + 1) * step_s) for i in range(n)]


def refined(
    window: Window, parts: Sequence[Window], yes: Sequence[Window], edge: Literal["start", "end", "both"]
) -> Window:
    """The run of parts that show it, the one that shares most with the window; the edge not asked stays.

    >>> parts = zoom_parts(Window(20, 28), Window(0, 60), "start", 8)
    >>> refined(Window(20, 28), parts, parts[1:], "start")
    Window(start_s=18.0, end_s=28)
    """
    runs: list[Window] = []
    for part in parts:
        if part not in yes:
            continue
        if runs and abs(runs[-1].end_s - part.start_s) < 1e-6:
            runs[-1] = runs[-1].hull(part)
        else:
            runs.append(part)
    best = max(runs, key=lambda run: (run.overlap_s(window), -run.gap_s(window)))
    start_s = window.start_s if edge == "end" else best.start_s
    end_s = window.end_s if edge == "start" else best.end_s
    return Window(start_s, end_s)
