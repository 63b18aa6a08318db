"""What a made video shows and says, before a single pixel is drawn.

A `Story` is a row of scenes that touch. A scene has a place, things that act in it and words written in
it; the story's lines are spoken over the scenes. `Story.events` tells all of it as one exact table.
Places in the picture are shares of its width and height, (0, 0) top left; times are seconds from the
first picture. Stories are laid out for 16:9 pictures: there, a thing that starts to enter touches the
border from outside.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import pi, sin
from typing import Literal

from playhead_bench.world.kinds import AnswerKind, Colour, PlaceKind, Shape
from playhead_index.window import Window

ActionKind = Literal["enter", "leave", "cross", "move", "jump"]
EventKind = Literal["scene", "shown", ActionKind, "written", "spoken"]
Style = Literal["slide", "sign", "display", "plate"]
Point = tuple[float, float]
ARRIVALS = frozenset({"enter", "cross"})
DEPARTURES = frozenset({"leave", "cross"})
JUMP_HEIGHT = 0.12
JUMPS_PER_S = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is true of a made video.

    Args:
        kind: `scene`, `shown` (a thing is in the picture), one of the actions, `written` or `spoken`.
        window: exactly when.
        what: the thing, the scene's name, the style of what is written, or who speaks.
        text: the words that are written or spoken; else empty.
        place: name of the scene in which it happens.
        participants: things or people that take part.
    """

    kind: EventKind
    window: Window
    what: str
    text: str = ""
    place: str = ""
    participants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One movement of a thing in a straight line at even speed; a `jump` hops on the spot."""

    kind: ActionKind
    window: Window
    start: Point
    end: Point

    def at(self, time_s: float) -> Point:
        """Where the middle of the thing is at a time inside the window."""
        share = (time_s - self.window.start_s) / self.window.duration_s
        x, y = (a + (b - a) * share for a, b in zip(self.start, self.end, strict=True))
        if self.kind == "jump":
            y -= JUMP_HEIGHT * abs(sin(pi * JUMPS_PER_S * (time_s - self.window.start_s)))
        return x, y


@dataclass(frozen=True, slots=True)
class Thing:
    """A coloured shape, or a person, that acts in one scene.

    Args:
        shape: which; a `person` opens the mouth while a line of its name is spoken.
        colour: by name; of a person, the clothes.
        size: height as a share of the picture's height.
        at: where its middle is from the scene's start; None when its first action brings it in.
        actions: in time order.
        name: what it is called; empty for its colour and shape.

    Raises:
        ValueError: the actions overlap, or `at` and the first action do not fit.
    """

    shape: Shape
    colour: Colour
    size: float
    at: Point | None = None
    actions: tuple[Action, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        brought = bool(self.actions) and self.actions[0].kind in ARRIVALS
        if (self.at is None) != brought:
            raise ValueError(f"{self.label}: give `at`, or begin with an enter or a cross; not both")
        for before, after in pairwise(self.actions):
            if before.window.end_s > after.window.start_s:
                raise ValueError(f"{self.label}: {before.kind} and {after.kind} overlap")

    @property
    def label(self) -> str:
        """Its name, or its colour and shape: `red circle`."""
        return self.name or f"{self.colour} {self.shape}"

    def position(self, time_s: float) -> Point | None:
        """Where its middle is at a time of its scene; None while it is not there."""
        place = self.at
        for action in self.actions:
            if time_s < action.window.start_s:
                break
            if time_s in action.window:
                return action.at(time_s)
            place = None if action.kind in DEPARTURES else action.end
        return place

    def seen(self, scene: Window) -> list[Window]:
        """The stretches of its scene in which it is in the picture."""
        stretches: list[Window] = []
        since_s = None if self.at is None else scene.start_s
        for action in self.actions:
            since_s = action.window.start_s if since_s is None else since_s
            if action.kind in DEPARTURES:
                stretches.append(Window(since_s, action.window.end_s))
                since_s = None
        return stretches if since_s is None else [*stretches, Window(since_s, scene.end_s)]


@dataclass(frozen=True, slots=True)
class Writing:
    """Words in the picture.

    Args:
        style: a whole `slide` (its first line is the title), a road `sign`, a lit `display` such as a
            counter or a clock, or a name `plate` at the bottom.
        lines: from top to bottom; characters that the built-in font has, which are those of ASCII.
        window: when they are there.
        at: the middle of a sign, display or plate; a slide fills the picture.
        height: of one line of a sign, display or plate, as a share of the picture's height.
        colour: of the sign's face.

    Raises:
        ValueError: no lines, an empty one, or a character outside ASCII.
    """

    style: Style
    lines: tuple[str, ...]
    window: Window
    at: Point = (0.5, 0.3)
    height: float = 0.12
    colour: Colour = "green"

    def __post_init__(self) -> None:
        if not self.lines or not all(line.strip() and line.isascii() for line in self.lines):
            raise ValueError(f"written lines must be non-empty ASCII, got {self.lines!r}")

    @property
    def text(self) -> str:
        """The lines, one under the other."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Scene:
    """One place, seen without a cut; a scene of the same name shows the same houses and trees."""

    name: str
    place: PlaceKind
    window: Window
    night: bool = False
    things: tuple[Thing, ...] = ()
    writings: tuple[Writing, ...] = ()

    def events(self) -> list[Event]:
        """Everything that is true of this scene, spoken lines left out."""
        told = [
            Event("scene", self.window, f"{self.name} at night" if self.night else self.name, "", self.name)
        ]
        for writing in self.writings:
            told.append(Event("written", writing.window, writing.style, writing.text, self.name))
        for thing in self.things:
            who = (thing.label,)
            told += [Event("shown", w, thing.label, "", self.name, who) for w in thing.seen(self.window)]
            told += [Event(a.kind, a.window, thing.label, "", self.name, who) for a in thing.actions]
        return told


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence that someone speaks."""

    window: Window
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A question that the words of a story answer: wherever `needle` is written or spoken."""

    question: str
    answer: str
    needle: str
    kind: AnswerKind = "what"


@dataclass(frozen=True, slots=True)
class Story:
    """A whole made video.

    Args:
        name: a short name, used for file names.
        seed: what it was written with.
        scenes: in time order; the first starts at 0 and each starts where the one before ends.
        lines: in time order, none overlapping another.
        terms: spoken terms worth asking for.
        facts: questions that its words answer.

    Raises:
        ValueError: scenes that do not touch, or something that happens outside its scene.
    """

    name: str
    seed: int
    scenes: tuple[Scene, ...]
    lines: tuple[Line, ...] = ()
    terms: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        clock_s = 0.0
        for scene in self.scenes:
            if scene.window.start_s != clock_s:
                raise ValueError(f"scene {scene.name!r} starts at {scene.window.start_s}, expected {clock_s}")
            clock_s = scene.window.end_s
            for event in scene.events():
                _check_inside(event.window, scene.window, f"{event.kind} of {event.what} in {scene.name!r}")
        said_until_s = 0.0
        for line in self.lines:
            _check_inside(line.window, Window(said_until_s, clock_s), f"the line {line.text!r}")
            said_until_s = line.window.end_s

    @property
    def duration_s(self) -> float:
        """Length of the video in seconds."""
        return self.scenes[-1].window.end_s

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in the order of their first lines."""
        return tuple(dict.fromkeys(line.speaker for line in self.lines))

    def scene_at(self, time_s: float) -> Scene:
        """The scene on the screen at a time.

        Raises:
            ValueError: the time lies outside the story.
        """
        if not 0.0 <= time_s < self.duration_s:
            raise ValueError(f"asked for {time_s} s, the story has [0, {self.duration_s}) s")
        return self.scenes[bisect_right(self.scenes, time_s, key=lambda scene: scene.window.start_s) - 1]

    def line_at(self, time_s: float) -> Line | None:
        """The line that is being spoken at a time, if any."""
        at = bisect_right(self.lines, time_s, key=lambda line: line.window.start_s) - 1
        return self.lines[at] if at >= 0 and time_s in self.lines[at].window else None

    def subtitle(self, line: Line) -> str:
        """A line as the subtitle track has it: with the speaker's name where several people speak."""
        return f"{line.speaker}: {line.text}" if len(self.speakers) > 1 else line.text

    def events(self) -> list[Event]:
        """The exact table of everything that happens, in time order."""
        told = [event for scene in self.scenes for event in scene.events()]
        for line in self.lines:
            place = self.scene_at(line.window.start_s).name
            told.append(Event("spoken", line.window, line.speaker, line.text, place, (line.speaker,)))
        return sorted(told, key=lambda event: (event.window, event.kind, event.what))


def _check_inside(inner: Window, outer: Window, what: str) -> None:
    if inner.start_s < outer.start_s or inner.end_s > outer.end_s:
        raise ValueError(f"{what} happens in [{inner.start_s}, {inner.end_s}), outside {outer}")
