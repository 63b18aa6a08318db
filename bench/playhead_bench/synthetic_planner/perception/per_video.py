"""Questions that are asked of each of several videos: in which of them something is seen, or in how many.

Every video is searched and looked at for itself, so that one in which much fits leaves room for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.perception.session import MOST_MOMENTS
from playhead_bench.synthetic_planner.perception.grounding import SURE, locate, narrowed
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_tools import options as choose
from playhead_tools.evidence import listed
from playhead_tools.retrieval import list_videos
from playhead_tools.spec import EVERY, ActionTriple, QuestionSpec
from playhead_tools.temporal.clock import NO_CLOCK
from playhead_tools.video_llm.parse_response import normalised

MOST_VIDEOS = 24
"""So many videos are looked at each for itself; of more, those that one search over all puts first."""
FIRST, MOST = 2, 6
"""Candidates of a video that are looked at; a thing that is seen in the first needs no more."""
AS_LIKELY = 0.15
"""Of several videos in which it is seen, those that are less likely by no more count as well."""
LIKELY = 0.35
"""Where the question takes it for granted, the likeliest video counts from here on."""
UNSEEN = 0.7
"""How sure it is that what was seen nowhere is in none of them."""
_SEVERAL, _NONE = ("several", "more than one", "both", "all"), ("none", "no video", "neither")


@dataclass(frozen=True, slots=True)
class Seen:
    """A video in which it may be.

    Args:
        name: of its file.
        best: its likeliest sighting.
    """

    name: str
    best: Detection

    def option(self, options: Sequence[str]) -> int | None:
        """The option that is its name, with or without the ending."""
        return choose.by_file(options, self.name)


def see_videos(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    """In which of the videos, or in how many of them, a deed or a thing is seen.

    Raises:
        NeedLooks: looks are wanted.
    """
    deed, video_ids = spec.deeds[0], _videos(spec.deeds[0], session)
    whole = len(video_ids) == len({video_id for video_id, _ in session.stretches})
    found = _in_each(deed, video_ids, session)
    if spec.intent == "count":
        return _how_many(spec, session, [one for one in found if one.best.p >= SURE], whole=whole)
    return _which(spec, session, found, whole=whole)


def _videos(deed: ActionTriple, session: ProcedureDesk) -> list[str]:
    every = list(dict.fromkeys(video_id for video_id, _ in session.stretches))
    if len(every) <= MOST_VIDEOS:
        return every
    return list(dict.fromkeys(video_id for video_id, _ in session.places_of(deed, MOST_MOMENTS)))


def _in_each(deed: ActionTriple, video_ids: Sequence[str], session: ProcedureDesk) -> list[Seen]:
    """The videos with their likeliest sighting, where there is any; the looks of all are wanted at once."""
    videos = {video.video_id: video for video in list_videos(session.context.catalog)}
    desks = []
    for video_id in video_ids:
        part = [stretch for stretch in session.stretches if stretch[0] == video_id]
        desks.append(
            ProcedureDesk(
                session.context, part, session.seen, session.afford, coverages=session.coverages, used=session.used,
                openly=session.openly, sharing=len(video_ids), critic=session.critic, algebra=session.algebra,
            )
        )  # fmt: skip
    found = session.at_once([partial(_best, deed, one) for one in desks])
    for one in desks:
        one.hand_over(session)
    return [
        Seen(videos[video_id].name, best)
        for video_id, best in zip(video_ids, found, strict=True)
        if best is not None
    ]


def _best(deed: ActionTriple, session: ProcedureDesk) -> Detection | None:
    """The likeliest sighting in one video, however unlikely; None where the thing is not there at all."""
    most = MOST if deed.verb else FIRST
    found = locate(session, deed, most, surely_happens=True)
    if not deed.verb and not (found and found[0].p >= SURE):
        found = locate(session, deed, MOST, surely_happens=True)
    return found[0] if found else None


def _which(
    spec: QuestionSpec, session: ProcedureDesk, found: Sequence[Seen], *, whole: bool
) -> PerceptionResult:
    ranked = sorted(found, key=lambda one: -one.best.p)
    deed, least = spec.deeds[0], SURE if not spec.deeds[0].verb else LIKELY
    sure = [one for one in ranked if one.best.p >= SURE]
    together = [one for one in sure if one.best.p >= sure[0].best.p - AS_LIKELY]
    if spec.ordinal not in (None, EVERY) and len(sure) > 1:
        return _nth(spec, session, sure, spec.ordinal)
    if len(together) > 1:
        choice = _saying(spec.options, _SEVERAL)
        if choice is not None or not spec.options:
            places = tuple(session.at_once([partial(narrowed, session, deed, one.best) for one in together]))
            names = listed([one.name for one in together])
            return PerceptionResult(
                "chosen", f"in {names}", places, choice, p=together[-1].best.p, whole=whole
            )
    if not ranked or ranked[0].best.p < least:
        choice = _saying(spec.options, _NONE)
        whole = whole and session.whole
        if choice is None:
            return PerceptionResult("absent", whole=whole)
        return PerceptionResult(
            "chosen", spec.options[choice], (), choice, p=UNSEEN if whole else SURE / 2, whole=whole
        )
    first, rest = ranked[0], [one.best.p for one in ranked[1:2]]
    p = min(1.0, first.best.p * (0.7 + first.best.p - max(rest, default=0.0)))
    place, choice = narrowed(session, deed, first.best), first.option(spec.options)
    return PerceptionResult("chosen", f"in {first.name}", (place,), choice, p=p, whole=whole)


def _nth(spec: QuestionSpec, session: ProcedureDesk, seen: Sequence[Seen], ordinal: int) -> PerceptionResult:
    """The video in which it is seen as the nth, by when the videos were recorded."""
    line = session.line(one.best.video_id for one in seen)
    if line is None:
        return PerceptionResult("unknown", NO_CLOCK, whole=False)
    if abs(ordinal) > 1 and spec.deeds[0].verb:  # the second time may well be in the first video
        return PerceptionResult("unknown", whole=False)
    ordered = sorted(seen, key=lambda one: line[one.best.video_id] + one.best.window.start_s)
    if abs(ordinal) > len(ordered):
        return PerceptionResult("unknown", whole=session.whole)
    counted = ordered[:ordinal] if ordinal > 0 else ordered[ordinal:][::-1]
    places = session.at_once([partial(narrowed, session, spec.deeds[0], one.best) for one in counted])
    name, p = counted[-1].name, min(one.best.p for one in counted)
    choice = counted[-1].option(spec.options)
    return PerceptionResult("chosen", f"in {name}", tuple(places), choice, p=p, whole=session.whole)


def _how_many(
    spec: QuestionSpec, session: ProcedureDesk, seen: Sequence[Seen], *, whole: bool
) -> PerceptionResult:
    value, whole = float(len(seen)), whole and session.whole
    choice = choose.by_number(spec.options, value)
    if not seen and spec.options and choice is None:
        return PerceptionResult("absent", whole=whole)
    p = min((one.best.p for one in seen), default=UNSEEN) * (0.9 if whole else SURE)
    text, places = f"in {value:.0f} video{'' if value == 1 else 's'}", tuple(one.best for one in seen)
    return PerceptionResult("chosen", text, places, choice, value, p, whole=whole)


def _saying(options: Sequence[str], words: Sequence[str]) -> int | None:
    """The one option that says that it is in several videos, or in none."""
    said = [f" {normalised(option)} " for option in options]
    found = [i for i, text in enumerate(said) if any(f" {word} " in text for word in words)]
    return found[0] if len(found) == 1 else None
