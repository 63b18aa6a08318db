"""A registry of what recurs in a video: people, places, things and names, from what a library has stored.

No model is called. People are the speakers of the video and the persons that the transcript names; places are
scenes that come back; things are what several captions name; names are proper names of which the transcript
does not say what they name. Precision by kind, counted by hand on real videos, stands in
docs/decisions/0057-registry-of-recurring-entities.md.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from playhead_index.caption_plan import segment_captions
from playhead_index.frame_vectors import read_frame_vectors
from playhead_index.short_repr import short_repr
from playhead_index.speakers import speaker_turns
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.speakers import display_name, read_speakers
from playhead_index.window import Window, join_windows
from playhead_tools.caption_phrases import recurring_things
from playhead_tools.occurrences import MIN_OVERLAP_S
from playhead_tools.proper_names import ProperName, recurring_names
from playhead_tools.recurring_scenes import recurring_scenes

EntityKind = Literal["person", "place", "thing", "name"]
EntitySource = Literal["speakers", "transcript", "captions", "appearance"]
KINDS: tuple[EntityKind, ...] = ("person", "place", "thing", "name")
PLACE_SPACE = "appearance"
"""The vector space of frames in which scenes are compared."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A person, place, thing or name that recurs in a video.

    Args:
        kind: `name` for a proper name that may name anything.
        label: a name, a phrase, or `scene 1` for a place.
        windows: in which it is seen, heard or mentioned, in time order, not overlapping, in seconds.
        num_mentions: how often it is mentioned in words, a speaker also how often it speaks; of a place, how
            often it is shown again.
        sources: where it comes from.
        speaking_s: seconds in which a speaker speaks; None for all others.
        frame_s: seconds at which the representative frame of a place begins; None for all others.
    """

    kind: EntityKind
    label: str
    windows: tuple[Window, ...]
    num_mentions: int
    sources: tuple[EntitySource, ...]
    speaking_s: float | None = None
    frame_s: float | None = None
    __repr__ = short_repr


def read_entities(catalog: Catalog, video_id: str) -> list[Entity]:
    """The registry of a video: by kind in the order of `KINDS`, within a kind the most mentioned first.

    A kind whose source the library does not hold (speakers, captions, `appearance` vectors) has no entries.

    Args:
        catalog: of the library.
        video_id: of the video.
    """
    return [*read_people_and_names(catalog, video_id, "person"), *_places(catalog, video_id),
            *_things(catalog, video_id), *read_people_and_names(catalog, video_id, "name")]  # fmt: skip


def read_people_and_names(catalog: Catalog, video_id: str, kind: EntityKind) -> list[Entity]:
    """The entities of the kind `person` or `name` alone, the most mentioned first."""
    spans = said_once(catalog.spans(video_id, "speech"))
    names = recurring_names([(span.words.window, " ".join(span.words.text.split())) for span in spans])
    return [one for one in merge_people(_speakers(catalog, video_id), names) if one.kind == kind]


def said_once(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """The spans of the source with the most, and those of others where it has none: no word is counted twice.

    Subtitles may stand beside a transcript, or beside subtitles in another language.
    """
    sources = Counter(span.words.source for span in spans)
    main = max(sources, key=lambda source: sources[source], default="")
    covered = join_windows(span.words.window for span in spans if span.words.source == main)
    ends_s = [window.end_s for window in covered]

    def is_covered(window: Window) -> bool:
        at = bisect_right(ends_s, window.start_s)
        return at < len(covered) and covered[at].overlap_s(window) > MIN_OVERLAP_S

    return [span for span in spans if span.words.source == main or not is_covered(span.words.window)]


def merge_people(speakers: Sequence[Entity], names: Sequence[ProperName]) -> list[Entity]:
    """Speakers and names as entities: a name that is a speaker's is merged with the speaker.

    So is a name of one word that is the first or the last word of exactly one longer name ("Bayes" and
    "Thomas Bayes"), if that one is a person: the longer one is kept.
    """
    merged = {one.label.casefold(): one for one in speakers}
    is_person = dict.fromkeys(merged, True) | {one.label.casefold(): one.is_person for one in names}
    for name in sorted(names, key=lambda one: -len(one.label.split())):
        key = _longer_name(name.label.casefold(), is_person)
        known = merged.get(key)
        kind: EntityKind = "person" if name.is_person else "name"
        new = Entity(kind, name.label, name.windows, name.num_mentions, ("transcript",))
        merged[key] = new if known is None else _merged(known, new)
    return sorted(merged.values(), key=lambda one: (KINDS.index(one.kind), -one.num_mentions, one.label))


def _longer_name(key: str, is_person: Mapping[str, bool]) -> str:
    """The one longer name of which a word is the first or last, if a person has it; else the word."""
    longer = [one for one in is_person if " " in one and key in (one.split()[0], one.split()[-1])]
    return longer[0] if len(longer) == 1 and is_person[longer[0]] else key


def _merged(known: Entity, new: Entity) -> Entity:
    """Two entities of one name as one: the label of the first, and a person where one of them is."""
    return Entity(
        "person" if "person" in (known.kind, new.kind) else known.kind,
        known.label,
        tuple(join_windows((*known.windows, *new.windows))),
        known.num_mentions + new.num_mentions,
        tuple(dict.fromkeys((*known.sources, *new.sources))),
        known.speaking_s,
    )


def _speakers(catalog: Catalog, video_id: str) -> list[Entity]:
    names = {one.label: display_name(one) for one in read_speakers(catalog, video_id)}
    turns = speaker_turns(catalog, video_id) if names else []
    found = []
    for name in dict.fromkeys(names.values()):
        own = [turn for turn in turns if names.get(turn.label) == name]
        if own:
            windows = tuple(join_windows(turn.window for turn in own))
            speaking_s = sum(turn.speaking_s for turn in own)
            found.append(Entity("person", name, windows, len(own), ("speakers",), speaking_s))
    return found


def _places(catalog: Catalog, video_id: str) -> list[Entity]:
    frames = read_frame_vectors(catalog, video_id, PLACE_SPACE)
    segments = [segment.window for segment in catalog.segments(video_id)]
    scenes = [] if frames is None else recurring_scenes(segments, frames)
    return [
        Entity("place", f"scene {n}", one.windows, len(one.windows), ("appearance",), frame_s=one.frame_s)
        for n, one in enumerate(scenes, start=1)
    ]


def _things(catalog: Catalog, video_id: str) -> list[Entity]:
    captions = segment_captions(catalog.spans(video_id, "caption"))
    things = recurring_things([(span.words.window, span.words.text) for span in captions])
    return [Entity("thing", one.label, one.windows, one.num_mentions, ("captions",)) for one in things]
