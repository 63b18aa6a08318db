"""One look, counted, kept and mapped to evidence: what `inspect`, `zoom` and `scan` share."""

import hashlib
from dataclasses import dataclass

from playhead_index.errors import ModelError, ModelUnavailable, ToolError, VideoError
from playhead_index.window import Window
from playhead_tools.eyes import Look
from playhead_tools.refusals import is_refusal, yes_or_no
from playhead_tools.toolbox.kit import Kit, Record

NO_EYES = (
    "no model looks at pictures here: {tool} needs one. Set PLAYHEAD_VIDEO_MODEL to a video model, or"
    " PLAYHEAD_VIDEO_SERVER to a server that has one; until then use search, read_captions, read_transcript"
)
SAID_CHARS = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look said.

    Args:
        video_id: in which video.
        window: that was shown.
        text: the reply, with the times of the frames that it names in place of their numbers.
        p_yes: probability of Yes, from the model or from its word; None when it said neither.
        declined: the model said that the clip does not show what was asked.
        strange: it named a frame that was never shown, which was taken out.
        cost: what the look used; nothing for one that was kept.
    """

    video_id: str
    window: Window
    text: str
    p_yes: float | None
    declined: bool
    strange: bool
    cost: Record


def need_eyes(kit: Kit, tool: str) -> None:
    """Nothing comes out where a model can look and looks are left.

    Raises:
        ToolError: no model looks here, it failed before, or the looks are used up; it says what to do
            instead.
    """
    if kit.eyes is None:
        raise ToolError(NO_EYES.format(tool=tool))
    if kit.look_failure:
        raise ToolError(
            f"{kit.look_failure}; it is not asked again: use search, read_captions, read_transcript"
        )
    if looks_left(kit) < 1:
        raise ToolError(f"no look is left of {kit.limits.looks}; finish with what there is, or abstain")


def looks_left(kit: Kit) -> int:
    """Looks that may still be made."""
    return kit.limits.looks - round(kit.used["looks"])


def look(kit: Kit, video_id: str, window: Window, question: str, *, yes_no: bool = False) -> Seen:
    """What the model says of a window; what was asked before is not asked again and costs nothing.

    Raises:
        ToolError: no model can look, no look is left, or the file or the model failed.
    """
    asked = f"{video_id}|{window.start_s:.3f}|{window.end_s:.3f}|{yes_no}|{question}"
    key = hashlib.sha256(asked.encode()).hexdigest()[:16]
    known = kit.looks.get(key)
    if known is not None:
        return _seen(known, {})
    need_eyes(kit, "a look")
    made = _made(kit, video_id, window, question, yes_no)
    text, strange = " ".join(made.text.split()), bool(made.unknown_frames)
    shown = [round(made.window.start_s, 3), round(made.window.end_s, 3)]
    kit.looks[key] = {"video_id": video_id, "window": shown, "text": text[:SAID_CHARS], "strange": strange}
    kit.looks[key]["p_yes"] = _p_yes(made) if yes_no else made.p_yes
    kit.looks[key]["refused"] = made.declines
    cost = kit.spent(looks=1, frames=made.frames, visual_tokens=made.visual_tokens, look_seconds=made.seconds)
    return _seen(kit.looks[key], cost)


def _made(kit: Kit, video_id: str, window: Window, question: str, yes_no: bool) -> Look:
    if kit.eyes is None:
        raise ToolError(NO_EYES.format(tool="a look"))
    try:
        return kit.eyes.look(video_id, window, question, yes_no=yes_no)
    except ModelUnavailable as error:
        kit.look_failure = f"the video model could not be used: {error}"
        raise ToolError(f"looking at {window} failed: {error}") from error
    except (ModelError, VideoError) as error:
        raise ToolError(f"looking at {window} failed: {error}") from error


def _seen(row: Record, cost: Record) -> Seen:
    text: str = row["text"]
    window = Window(*row["window"])
    refused = row.get("refused")  # rows of older snapshots do not have it
    declined = is_refusal(text, yes_no=row["p_yes"] is not None) if refused is None else bool(refused)
    return Seen(row["video_id"], window, text, row["p_yes"], declined, row["strange"], cost)


def _p_yes(made: Look) -> float | None:
    if made.p_yes is not None:
        return round(made.p_yes, 3)
    if made.declines:
        return None
    said = yes_or_no(made.text)
    return None if said is None else float(said)


def summed(costs: list[Record]) -> Record:
    """Costs of several looks together."""
    names = dict.fromkeys(name for cost in costs for name in cost)
    return {name: round(sum(cost.get(name, 0) for cost in costs), 3) for name in names}
