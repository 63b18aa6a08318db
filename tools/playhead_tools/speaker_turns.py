"""Who speaks in the scope of a question: turns, seconds, and whether that is known everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from playhead_index.search.results import Coverage
from playhead_index.speakers import (
    SpeakerTurn,
    attributed_share,
    known_names,
    match_speakers,
    speaker_turns,
)
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.speakers import Speaker, name_of_label, read_all_speakers
from playhead_index.video_names import video_names
from playhead_index.window import Window

MIN_ATTRIBUTED_SHARE = 0.95
"""Part of the speech of a video of which it must be known who speaks before more than `at least` is said."""
MAX_NAMED = 8


@dataclass(frozen=True, slots=True)
class NamedTurn:
    """A turn with the video that it is in and the name of who speaks."""

    video_id: str
    name: str
    turn: SpeakerTurn


class ScopeSpeakers:
    """The speakers of the videos of a scope.

    Args:
        catalog: of the library.
        video_ids: of the scope.
    """

    def __init__(self, catalog: Catalog, video_ids: Iterable[str]) -> None:
        self._catalog = catalog
        self.video_ids = tuple(dict.fromkeys(video_ids))
        everyone = read_all_speakers(catalog)
        self.known: Mapping[str, list[Speaker]] = {v: everyone[v] for v in self.video_ids if v in everyone}

    @property
    def num_unknown(self) -> int:
        """Videos of which it is not known who speaks."""
        return len(self.video_ids) - len(self.known)

    @property
    def names(self) -> list[str]:
        """The names of all speakers, each once."""
        return known_names(self.known)

    def match(self, name: str) -> list[Speaker]:
        """The speakers that a name means (`playhead_index.speakers.find_speakers`); empty for none."""
        return match_speakers(self.known, name)

    def labels(self, names: Iterable[str]) -> dict[str, set[str]]:
        """The labels of some speakers by video."""
        found: dict[str, set[str]] = {}
        for one in (speaker for name in names for speaker in self.match(name)):
            found.setdefault(one.video_id, set()).add(one.label)
        return found

    def listed(self) -> str:
        """The names of all speakers, for people; those of many are counted."""
        more = len(self.names) - MAX_NAMED
        return ", ".join(self.names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")

    def is_complete(self) -> bool:
        """It is known who speaks in (nearly) all that is said in every video."""
        return bool(self.video_ids) and all(
            video_id in self.known and attributed_share(self._catalog, video_id) >= MIN_ATTRIBUTED_SHARE
            for video_id in self.video_ids
        )

    def turns(self, segments: Sequence[tuple[str, Window]]) -> list[NamedTurn]:
        """The turns that lie in some stretches, in time order, video by video.

        A voice without a name is called after its video where there are several: speaker 1 of one is not
        speaker 1 of another.
        """
        titles = video_names(self._catalog) if len(self.known) > 1 else {}
        found = []
        for video_id, window in segments:
            named = {one.label: one for one in self.known.get(video_id, ())}
            for turn in speaker_turns(self._catalog, video_id, window) if named else ():
                one = named[turn.label]
                name = name_of_label(one.label, one.name) or ""
                if one.name is None and video_id in titles:
                    name = f"{name} of {titles[video_id]}"
                found.append(NamedTurn(video_id, name, turn))
        return found


class SpeakerNames:
    """What the speakers of spans are called, read once."""

    def __init__(self, catalog: Catalog) -> None:
        self._names = {
            (one.video_id, one.label): one.name for own in read_all_speakers(catalog).values() for one in own
        }

    def of_span(self, span: SpanRow) -> str:
        """The name of who says a span; empty where it is not known."""
        label = span.words.speaker
        return name_of_label(label, self._names.get((span.video_id, label or ""))) or ""

    def of_spans(self, spans: Iterable[SpanRow]) -> str:
        """The name of the one who says some spans; empty where it is not known or several do."""
        names = {self.of_span(span) for span in spans}
        return names.pop() if len(names) == 1 else ""

    def named_turns(self, spans: Iterable[SpanRow]) -> list[tuple[str, str]]:
        """(name, words) of each turn of some spans in time order; the name is empty where it is not known."""
        turns: list[tuple[str, list[str]]] = []
        for span in spans:
            name = self.of_span(span)
            if not turns or turns[-1][0] != name:
                turns.append((name, []))
            turns[-1][1].append(" ".join(span.words.text.split()))
        return [(name, " ".join(words)) for name, words in turns]


def with_unknown_speakers(coverage: Coverage | None, num_unknown: int) -> Coverage | None:
    """Coverage of a question about speakers, with the videos of which it is not known who speaks."""
    return None if coverage is None else replace(coverage, num_without_speakers=num_unknown)


def speaking_totals(turns: Iterable[NamedTurn]) -> list[tuple[str, float, list[NamedTurn]]]:
    """(name, seconds, turns) of each speaker, who speaks longest first."""
    by_name: dict[str, list[NamedTurn]] = {}
    for one in turns:
        by_name.setdefault(one.name, []).append(one)
    totals = [(name, sum(one.turn.speaking_s for one in own), own) for name, own in by_name.items()]
    return sorted(totals, key=lambda one: (-one[1], one[0]))
