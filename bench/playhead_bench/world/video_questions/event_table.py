"""The table of events of one story, with the indexes that questions need."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property

from playhead_bench.world.clip_wordings import VERBS, place_phrase, third_person
from playhead_bench.world.story import Story, StoryEvent
from playhead_bench.world.vocabulary import COLOURS, OBJECT_SHAPES, PLACES
from playhead_index.window import Window

ACTS = frozenset(VERBS)
UNAMBIGUOUS_ACTIONS = ("jump", "spin", "blink", "grow", "shrink", "recolour")
"""Actions on the spot that cannot be confused with others."""
CROSSING = frozenset({"cross", "chase"})
EQUIVALENT_KINDS: dict[str, frozenset[str]] = {
    **{kind: frozenset({kind}) for kind in UNAMBIGUOUS_ACTIONS},
    "enter": CROSSING | {"enter"},
    "leave": CROSSING | {"leave"},
    "cross": CROSSING | {"enter", "leave"},
    "move": ACTS - set(UNAMBIGUOUS_ACTIONS),
    "carry": frozenset({"carry"}),
    "collide": frozenset({"collide"}),
    "chase": frozenset({"chase"}),
}
"""The kinds of event that could be described as each action."""


class _IntervalIndex:
    """Events in time order that can be searched by window."""

    def __init__(self, rows: list[int], when: Callable[[int], Window]) -> None:
        self.rows = sorted(rows, key=when)
        self.windows = [when(i) for i in self.rows]
        self.starts_s = [window.start_s for window in self.windows]
        self.longest_s = max((window.duration_s for window in self.windows), default=0.0)

    def overlapping(self, window: Window) -> list[int]:
        """Those of which some part lies in a window."""
        low = bisect_left(self.starts_s, window.start_s - self.longest_s)
        high = bisect_left(self.starts_s, window.end_s)
        return [self.rows[n] for n in range(low, high) if self.windows[n].overlap_s(window) > 0]


class EventTable:
    """The events of a story in time order, found by object, by action and by time.

    Args:
        story: whose events.
        name: what the video is called in evidence.
    """

    def __init__(self, story: Story, name: str) -> None:
        self.story, self.name, self.events = story, name, story.events()
        self.actions: list[int] = []
        self.spoken: list[int] = []
        self.written: list[int] = []
        self.visible: dict[str, list[int]] = defaultdict(list)
        self.participations: dict[str, list[int]] = defaultdict(list)
        self.recoloured: set[str] = set()
        for index, event in enumerate(self.events):
            self._add(index, event)
        self._acts = _IntervalIndex(self.actions, self.span)
        self._lines, self._written = (
            _IntervalIndex(self.spoken, self.window),
            _IntervalIndex(self.written, self.window),
        )

    def _add(self, index: int, event: StoryEvent) -> None:
        if event.kind == "spoken":
            self.spoken.append(index)
        elif event.kind == "written":
            self.written.append(index)
        elif event.kind == "shown" and is_object_label(event.what):
            self.visible[event.what].append(index)
        elif event.kind in ACTS and all(map(is_object_label, event.participants)):
            self.actions.append(index)
            for label in event.participants:
                self.participations[label].append(index)
            if event.kind == "recolour":
                self.recoloured.add(f"{event.text} {event.what.split()[1]}")

    def event(self, index: int) -> StoryEvent:
        """One event."""
        return self.events[index]

    def window(self, index: int) -> Window:
        """When one event happens."""
        return self.events[index].window

    def span(self, index: int) -> Window:
        """The window in which any participant acts: what is chased runs before its chaser."""
        window, event = self.window(index), self.event(index)
        if event.kind != "chase":
            return window
        runs = (self.window(i) for i in self.visible[event.participants[1]])
        return next((window.hull(run) for run in runs if run.overlap_s(window) > 0), window)

    def place(self, index: int) -> str | None:
        """Where an event happens, in words; None where the place has none."""
        kind = self.story.scene_at(self.window(index).start_s).place
        return place_phrase(kind) if kind in PLACES else None

    def actions_of(self, label: str, kind: str) -> list[int]:
        """The events that could be described as this action of an object."""
        return [i for i in self.participations.get(label, ()) if self.event(i).kind in EQUIVALENT_KINDS[kind]]

    @cached_property
    def unique(self) -> list[int]:
        """The events that `the <thing> <does>` names and nothing else in the video does."""
        return [i for i in self.actions if self.actions_of(self.event(i).what, self.event(i).kind) == [i]]

    def scenes_of(self, rows: list[int]) -> int:
        """In how many scenes some events happen."""
        return len({self.story.scene_at(self.window(i).start_s).window for i in rows})

    def kind(self, kind: str) -> list[int]:
        """All events of one kind of action, in time order."""
        return [i for i in self.actions if self.event(i).kind == kind]

    def actions_in(self, window: Window) -> list[int]:
        """The actions of which some part lies in a window."""
        return self._acts.overlapping(window)

    def lines_in(self, window: Window) -> list[int]:
        """The spoken lines of which some part lies in a window."""
        return self._lines.overlapping(window)

    def written_in(self, window: Window) -> list[int]:
        """The written words that are there for some part of a window."""
        return self._written.overlapping(window)

    def visible_labels(self, window: Window) -> set[str]:
        """The labels of the objects that are in the frame for some part of a window."""
        scene = self.story.scene_at(window.start_s)
        return {
            label
            for t in scene.things
            for label, w in t.labelled_windows(scene.window)
            if w.overlap_s(window) > 0
        }


def is_object_label(label: str) -> bool:
    """Whether a label is a colour and a kind, such as `red star`, and no person's name."""
    colour, _, shape = label.partition(" ")
    return colour in COLOURS and (shape in OBJECT_SHAPES or shape in ("pentagon", "hexagon"))


def does(event: StoryEvent) -> str:
    """What the subject of an event does, in the third person and without the other: `collides with`."""
    return third_person(VERBS[event.kind])


def describe_event(event: StoryEvent, label: str) -> str:
    """An event from the view of one participant, worded as in clips: `it moves left`, `it is carried by`."""
    if event.kind == "move":
        return f"it moves {event.text}"
    if event.kind == "recolour":
        return f"it turns {event.text}"
    if len(event.participants) == 1:
        return f"it {does(event)}"
    actor, other = event.participants
    if label == actor:
        return f"it {does(event)} the {other}"
    if event.kind == "collide":
        return f"it collides with the {actor}"
    return f"it is {'carried' if event.kind == 'carry' else 'chased'} by the {actor}"
