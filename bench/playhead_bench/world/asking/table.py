"""The table of events of one story, with the indexes that questions need."""

from bisect import bisect_left
from collections import defaultdict
from functools import cached_property

from playhead_bench.world.kinds import COLOURS, PLACES, THINGS
from playhead_bench.world.phrases import VERBS, said_place, third_person
from playhead_bench.world.script import Event, Story
from playhead_index.window import Window

ACTS = frozenset(VERBS)
SPOT = ("jump", "spin", "blink", "grow", "shrink", "recolour")
"""What is done on the spot and cannot be taken for anything else."""
CROSSING = frozenset({"cross", "chase"})
LIKE: dict[str, frozenset[str]] = {
    **{kind: frozenset({kind}) for kind in SPOT},
    "enter": CROSSING | {"enter"},
    "leave": CROSSING | {"leave"},
    "cross": CROSSING | {"enter", "leave"},
    "move": ACTS - set(SPOT),
    "carry": frozenset({"carry"}),
    "collide": frozenset({"collide"}),
    "chase": frozenset({"chase"}),
}
"""By which kinds of event somebody could say that a thing does it."""


class _Row:
    """Some events in time order, found by the times at which they are under way."""

    def __init__(self, rows: list[int], events: list[Event]) -> None:
        self.rows, self.windows = rows, [events[i].window for i in rows]
        self.starts_s = [window.start_s for window in self.windows]
        self.longest_s = max((window.duration_s for window in self.windows), default=0.0)

    def overlapping(self, window: Window) -> list[int]:
        """Those of which some part lies in a window."""
        low = bisect_left(self.starts_s, window.start_s - self.longest_s)
        high = bisect_left(self.starts_s, window.end_s)
        return [self.rows[n] for n in range(low, high) if self.windows[n].overlap_s(window) > 0]


class Table:
    """The events of a story in time order, found by thing, by deed and by time.

    Args:
        story: whose events.
        name: what the video is called in evidence.
    """

    def __init__(self, story: Story, name: str) -> None:
        self.story, self.name, self.events = story, name, story.events()
        self.acts: list[int] = []
        self.spoken: list[int] = []
        self.written: list[int] = []
        self.shown: dict[str, list[int]] = defaultdict(list)
        self.part_in: dict[str, list[int]] = defaultdict(list)
        self.turned: set[str] = set()
        for index, event in enumerate(self.events):
            self._file(index, event)
        self._acts, self._lines, self._written = (
            _Row(rows, self.events) for rows in (self.acts, self.spoken, self.written)
        )

    def _file(self, index: int, event: Event) -> None:
        if event.kind == "spoken":
            self.spoken.append(index)
        elif event.kind == "written":
            self.written.append(index)
        elif event.kind == "shown" and is_thing(event.what):
            self.shown[event.what].append(index)
        elif event.kind in ACTS and all(map(is_thing, event.participants)):
            self.acts.append(index)
            for label in event.participants:
                self.part_in[label].append(index)
            if event.kind == "recolour":
                self.turned.add(f"{event.text} {event.what.split()[1]}")

    def of(self, index: int) -> Event:
        """One event."""
        return self.events[index]

    def window(self, index: int) -> Window:
        """When one event happens."""
        return self.events[index].window

    def place(self, index: int) -> str | None:
        """Where an event happens, in words; None where the place has none."""
        kind = self.story.scene_at(self.window(index).start_s).place
        return said_place(kind) if kind in PLACES else None

    def deeds(self, label: str, kind: str) -> list[int]:
        """The events by which somebody could say that a thing does that."""
        return [i for i in self.part_in.get(label, ()) if self.of(i).kind in LIKE[kind]]

    @cached_property
    def unique(self) -> list[int]:
        """The events that `the <thing> <does>` names and nothing else in the video does."""
        return [i for i in self.acts if self.deeds(self.of(i).what, self.of(i).kind) == [i]]

    def scenes_of(self, rows: list[int]) -> int:
        """In how many scenes some events happen."""
        return len({self.story.scene_at(self.window(i).start_s).window for i in rows})

    def kind(self, kind: str) -> list[int]:
        """All events of one kind of deed, in time order."""
        return [i for i in self.acts if self.of(i).kind == kind]

    def acts_in(self, window: Window) -> list[int]:
        """The deeds of which some part lies in a window."""
        return self._acts.overlapping(window)

    def lines_in(self, window: Window) -> list[int]:
        """The spoken lines of which some part lies in a window."""
        return self._lines.overlapping(window)

    def written_in(self, window: Window) -> list[int]:
        """The written words that are there for some part of a window."""
        return self._written.overlapping(window)

    def seen_in(self, window: Window) -> set[str]:
        """The labels of the things that are in the picture for some part of a window."""
        scene = self.story.scene_at(window.start_s)
        return {
            label for t in scene.things for label, w in t.coloured(scene.window) if w.overlap_s(window) > 0
        }


def is_thing(label: str) -> bool:
    """Whether a label is a colour and a kind, such as `red star`, and no person's name."""
    colour, _, shape = label.partition(" ")
    return colour in COLOURS and (shape in THINGS or shape in ("pentagon", "hexagon"))


def does(event: Event) -> str:
    """What the doer of an event does, in the third person and without the other: `collides with`."""
    return third_person(VERBS[event.kind])


def said_deed(event: Event, label: str) -> str:
    """What an event says of one that takes part, as clips have it: `it moves left`, `it is carried by`."""
    if event.kind == "move":
        return f"it moves {event.text}"
    if event.kind == "recolour":
        return f"it turns {event.text}"
    if len(event.participants) == 1:
        return f"it {does(event)}"
    doer, other = event.participants
    if label == doer:
        return f"it {does(event)} the {other}"
    if event.kind == "collide":
        return f"it collides with the {doer}"
    return f"it is {'carried' if event.kind == 'carry' else 'chased'} by the {doer}"
