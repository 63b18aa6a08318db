"""Questions about several videos: in which of them something is visible, or in how many.

Every video is searched on its own, so that one with many hits leaves room for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.perception.session import MAX_MOMENTS
from playhead_bench.synthetic_planner.perception.grounding import MIN_DETECTION_P, locate, narrow
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_tools import options as choose
from playhead_tools.evidence import listed
from playhead_tools.retrieval import list_videos
from playhead_tools.spec import EVERY, ActionTriple, QuestionSpec
from playhead_tools.temporal.clock import NO_CLOCK
from playhead_tools.video_llm.parse_response import normalised

MAX_VIDEOS = 24
"""Maximal number of videos that are checked; of more, those that a search over all ranks first."""
FIRST_CANDIDATES, MAX_CANDIDATES = 2, 6
"""Candidates of a video that are checked; for an object that the first ones show, no more are needed."""
TIE_MARGIN = 0.15
"""Videos whose probability is lower than the best by no more than this count as well."""
MIN_ASSUMED_P = 0.35
"""Where the question presupposes it, the most probable video counts from this probability on."""
P_IN_NONE = 0.7
"""Probability that something is in none of the videos when it was detected in none."""
_SEVERAL, _NONE = ("several", "more than one", "both", "all"), ("none", "no video", "neither")


@dataclass(frozen=True, slots=True)
class VideoDetection:
    """A video in which it may be.

    Args:
        name: of its file.
        best: its likeliest detection.
    """

    name: str
    best: Detection

    def option(self, options: Sequence[str]) -> int | None:
        """The option that is its name, with or without the ending."""
        return choose.by_file(options, self.name)


def answer_per_video(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    """In which of the videos, or in how many of them, an action or an object is seen.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    action, video_ids = spec.deeds[0], _videos(spec.deeds[0], session)
    complete = len(video_ids) == len({video_id for video_id, _ in session.segment_refs})
    found = _in_each(action, video_ids, session)
    if spec.intent == "count":
        return _how_many(
            spec, session, [one for one in found if one.best.p >= MIN_DETECTION_P], complete=complete
        )
    return _which(spec, session, found, complete=complete)


def _videos(action: ActionTriple, session: ProcedureSession) -> list[str]:
    every = list(dict.fromkeys(video_id for video_id, _ in session.segment_refs))
    if len(every) <= MAX_VIDEOS:
        return every
    return list(dict.fromkeys(video_id for video_id, _ in session.places_of(action, MAX_MOMENTS)))


def _in_each(
    action: ActionTriple, video_ids: Sequence[str], session: ProcedureSession
) -> list[VideoDetection]:
    """The videos with their most probable detection, if any; their VLM calls are requested together."""
    videos = {video.video_id: video for video in list_videos(session.context.catalog)}
    sessions = []
    for video_id in video_ids:
        part = [stretch for stretch in session.segment_refs if stretch[0] == video_id]
        sessions.append(
            ProcedureSession(
                session.context, part, session.observations, session.observations_left,
                coverages=session.coverages, used_observations=session.used_observations,
                free_reply_first=session.free_reply_first, sharing=len(video_ids), critic=session.critic,
                algebra=session.algebra,
            )
        )  # fmt: skip
    found = session.run_together([partial(_best, action, one) for one in sessions])
    for one in sessions:
        one.hand_over(session)
    return [
        VideoDetection(videos[video_id].name, best)
        for video_id, best in zip(video_ids, found, strict=True)
        if best is not None
    ]


def _best(action: ActionTriple, session: ProcedureSession) -> Detection | None:
    """The likeliest detection in one video, however unlikely; None where the object is not there at all."""
    max_candidates = MAX_CANDIDATES if action.verb else FIRST_CANDIDATES
    found = locate(session, action, max_candidates, assume_happens=True)
    if not action.verb and not (found and found[0].p >= MIN_DETECTION_P):
        found = locate(session, action, MAX_CANDIDATES, assume_happens=True)
    return found[0] if found else None


def _which(
    spec: QuestionSpec, session: ProcedureSession, found: Sequence[VideoDetection], *, complete: bool
) -> PerceptionResult:
    ranked = sorted(found, key=lambda one: -one.best.p)
    action, min_p = spec.deeds[0], MIN_DETECTION_P if not spec.deeds[0].verb else MIN_ASSUMED_P
    confident = [one for one in ranked if one.best.p >= MIN_DETECTION_P]
    tied = [one for one in confident if one.best.p >= confident[0].best.p - TIE_MARGIN]
    if spec.ordinal not in (None, EVERY) and len(confident) > 1:
        return _nth(spec, session, confident, spec.ordinal)
    if len(tied) > 1:
        choice = _option_saying(spec.options, _SEVERAL)
        if choice is not None or not spec.options:
            places = tuple(session.run_together([partial(narrow, session, action, one.best) for one in tied]))
            names = listed([one.name for one in tied])
            return PerceptionResult(
                "chosen", f"in {names}", places, choice, p=tied[-1].best.p, is_complete=complete
            )
    if not ranked or ranked[0].best.p < min_p:
        choice = _option_saying(spec.options, _NONE)
        complete = complete and session.is_complete
        if choice is None:
            return PerceptionResult("absent", is_complete=complete)
        return PerceptionResult(
            "chosen",
            spec.options[choice],
            (),
            choice,
            p=P_IN_NONE if complete else MIN_DETECTION_P / 2,
            is_complete=complete,
        )
    first, rest = ranked[0], [one.best.p for one in ranked[1:2]]
    p = min(1.0, first.best.p * (0.7 + first.best.p - max(rest, default=0.0)))
    place, choice = narrow(session, action, first.best), first.option(spec.options)
    return PerceptionResult("chosen", f"in {first.name}", (place,), choice, p=p, is_complete=complete)


def _nth(
    spec: QuestionSpec, session: ProcedureSession, seen: Sequence[VideoDetection], ordinal: int
) -> PerceptionResult:
    """The video in which it is seen as the nth, by when the videos were recorded."""
    offsets_s = session.clock_offsets(one.best.video_id for one in seen)
    if offsets_s is None:
        return PerceptionResult("unknown", NO_CLOCK, is_complete=False)
    if abs(ordinal) > 1 and spec.deeds[0].verb:  # the second time may well be in the first video
        return PerceptionResult("unknown", is_complete=False)
    ordered = sorted(seen, key=lambda one: offsets_s[one.best.video_id] + one.best.window.start_s)
    if abs(ordinal) > len(ordered):
        return PerceptionResult("unknown", is_complete=session.is_complete)
    counted = ordered[:ordinal] if ordinal > 0 else ordered[ordinal:][::-1]
    places = session.run_together([partial(narrow, session, spec.deeds[0], one.best) for one in counted])
    name, p = counted[-1].name, min(one.best.p for one in counted)
    choice = counted[-1].option(spec.options)
    return PerceptionResult(
        "chosen", f"in {name}", tuple(places), choice, p=p, is_complete=session.is_complete
    )


def _how_many(
    spec: QuestionSpec, session: ProcedureSession, seen: Sequence[VideoDetection], *, complete: bool
) -> PerceptionResult:
    value, complete = float(len(seen)), complete and session.is_complete
    choice = choose.by_number(spec.options, value)
    if not seen and spec.options and choice is None:
        return PerceptionResult("absent", is_complete=complete)
    p = min((one.best.p for one in seen), default=P_IN_NONE) * (0.9 if complete else MIN_DETECTION_P)
    text, places = f"in {value:.0f} video{'' if value == 1 else 's'}", tuple(one.best for one in seen)
    return PerceptionResult("chosen", text, places, choice, value, p, is_complete=complete)


def _option_saying(options: Sequence[str], words: Sequence[str]) -> int | None:
    """The one option that says that it is in several videos, or in none."""
    texts = [f" {normalised(option)} " for option in options]
    found = [i for i, text in enumerate(texts) if any(f" {word} " in text for word in words)]
    return found[0] if len(found) == 1 else None
