"""Stories: the full description of a synthetic video, from which it is rendered.

A `Story` is a row of scenes that touch. A scene has a place, things that act in it and words written in
it; the story's lines are spoken over the scenes. `Story.events` gives all of it as one exact table.
Places in the frame are shares of its width and height, (0, 0) top left; times are seconds from the
first frame. Stories are laid out for 16:9 frames: there, an object that starts to enter touches the
border from outside.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import pi, sin
from typing import Literal

from playhead_bench.world.vocabulary import AnswerKind, Colour, PlaceKind, Shape
from playhead_index.window import Window

ActionKind = Literal[
    "enter", "leave", "cross", "move", "jump", "spin", "blink", "grow", "shrink", "recolour",
    "carry", "carried", "collide", "collided", "chase", "chased",
]  # fmt: skip
EventKind = Literal["scene", "shown", ActionKind, "written", "spoken"]
Style = Literal["slide", "sign", "display", "plate", "card"]
Move = Literal["still", "pan", "zoom"]
Point = tuple[float, float]
ARRIVALS = frozenset({"enter", "cross", "chase", "chased"})
DEPARTURES = frozenset({"leave", "cross", "chase", "chased"})
PASSIVE_ACTIONS = frozenset({"carried", "collided", "chased"})
"""Actions of the passive object of two; only the active one has an event."""
JUMP_HEIGHT = 0.12
JUMPS_PER_S = 1.0
SPIN_S = 2.0
"""One turn takes this long."""
BLINK_S = 1.5
"""An object that blinks is gone for the second and third third of so many seconds."""


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One fact about a synthetic video.

    Args:
        kind: `scene`, `shown` (an object is in the frame), one of the actions, `written` or `spoken`.
        window: exactly when.
        what: the object, the scene's name, the style of what is written, or who speaks.
        text: the words that are written or spoken; of a `move`, to which side (`left`, `right`, `up`,
            `down`); of a `recolour`, the new colour; else empty.
        place: name of the scene in which it happens.
        participants: objects or people that take part.
    """

    kind: EventKind
    window: Window
    what: str
    text: str = ""
    place: str = ""
    participants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an object, from one place to another in a straight line at constant speed.

    Args:
        kind: a `jump` hops, a `spin` turns, a `blink` goes and comes on the spot.
        window: when.
        start: where its middle is at the start.
        end: where its middle is at the end.
        scale: of a `grow` or `shrink`, its size afterwards beside its size before.
        colour: of a `recolour`, the colour that it has from the middle of the window on.
        partner: label of the other thing where two take part (`carry`, `collide`, `chase` and their
            other halves).
    """

    kind: ActionKind
    window: Window
    start: Point
    end: Point
    scale: float = 1.0
    colour: Colour | None = None
    partner: str = ""

    def share(self, time_s: float) -> float:
        """How much of it is over at a time inside the window, from 0 to 1."""
        return (time_s - self.window.start_s) / self.window.duration_s

    def at(self, time_s: float) -> Point:
        """Where the middle of the object is at a time inside the window."""
        share = self.share(time_s)
        if self.kind in ("collide", "collided"):
            share = min(share, 1.0 - share) * 2  # there and back again
        x, y = (a + (b - a) * share for a, b in zip(self.start, self.end, strict=True))
        if self.kind == "jump":
            y -= JUMP_HEIGHT * abs(sin(pi * JUMPS_PER_S * (time_s - self.window.start_s)))
        return x, y

    @property
    def rest(self) -> Point:
        """Where the object is when it is over."""
        return self.start if self.kind in ("collide", "collided") else self.end


@dataclass(frozen=True, slots=True)
class Pose:
    """How an object looks at one time.

    Args:
        at: where its middle is.
        size: height as a share of the frame's height.
        colour: by name.
        fade: while it changes colour, how much of `into` it has, from 0 to 1.
        into: the colour that it is turning into.
        turn_deg: turned clockwise by so many degrees.
    """

    at: Point
    size: float
    colour: Colour
    fade: float = 0.0
    into: Colour | None = None
    turn_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class SceneObject:
    """A coloured shape, or a person, that acts in one scene.

    Args:
        shape: which; a `person` opens the mouth while a line of its name is spoken.
        colour: by name; of a person, the clothes.
        size: height as a share of the frame's height.
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
        enters_first = bool(self.actions) and self.actions[0].kind in ARRIVALS
        if (self.at is None) != enters_first:
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
            place = None if action.kind in DEPARTURES else action.rest
        return place

    def pose(self, time_s: float) -> Pose | None:
        """How it looks at a time of its scene; None while it is not there or has blinked away."""
        at = self.position(time_s)
        if at is None:
            return None
        size, colour, current = self.size, self.colour, None
        for action in self.actions:
            if time_s in action.window:
                current = action
            if action.window.end_s <= time_s:
                size *= action.scale
                colour = action.colour or colour
        if current is None:
            return Pose(at, size, colour)
        past_s = time_s - current.window.start_s
        if current.kind == "blink" and past_s % BLINK_S >= BLINK_S / 3:
            return None
        size *= 1.0 + (current.scale - 1.0) * current.share(time_s)
        turn_deg = 360.0 * past_s / SPIN_S if current.kind == "spin" else 0.0
        return Pose(
            at, size, colour, current.share(time_s) if current.colour else 0.0, current.colour, turn_deg
        )

    def visible_windows(self, scene: Window) -> list[Window]:
        """The windows of its scene in which it is in the frame (one that blinks counts as visible)."""
        windows: list[Window] = []
        since_s = None if self.at is None else scene.start_s
        for action in self.actions:
            since_s = action.window.start_s if since_s is None else since_s
            if action.kind in DEPARTURES:
                windows.append(Window(since_s, action.window.end_s))
                since_s = None
        return windows if since_s is None else [*windows, Window(since_s, scene.end_s)]

    def labelled_windows(self, scene: Window) -> list[tuple[str, Window]]:
        """Its label in each window in which it is visible; a recolour changes the label."""
        changes = [
            (a.window.start_s + a.window.duration_s / 2, a.colour)
            for a in self.actions
            if a.colour is not None
        ]
        events: list[tuple[str, Window]] = []
        for visible in self.visible_windows(scene):
            since_s, label = visible.start_s, self.label_at(visible.start_s)
            for time_s, colour in changes:
                if since_s < time_s < visible.end_s:
                    events.append((label, Window(since_s, time_s)))
                    since_s, label = time_s, self.name or f"{colour} {self.shape}"
            events.append((label, Window(since_s, visible.end_s)))
        return events

    def label_at(self, time_s: float) -> str:
        """Its label at a time: after a recolour with its new colour."""
        colour = self.colour
        for action in self.actions:
            if action.colour is not None and action.window.start_s + action.window.duration_s / 2 <= time_s:
                colour = action.colour
        return self.name or f"{colour} {self.shape}"


@dataclass(frozen=True, slots=True)
class Writing:
    """Words in the frame.

    Args:
        style: a whole `slide` (its first line is the title), a road `sign`, a lit `display` such as a
            counter or a clock, a name `plate` at the bottom, or a title `card` over everything.
        lines: from top to bottom; characters that the built-in font has, which are those of ASCII.
        window: when they are there.
        at: the middle of a sign, display, plate or card; a slide fills the frame.
        height: of one line of a sign, display or plate, as a share of the frame's height.
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
    """One place, seen without a cut; a scene of the same name shows the same houses and trees.

    Args:
        name: of the place.
        place: which kind.
        window: when.
        night: outdoors, dark.
        things: its objects, painted in this order.
        writings: words in the frame.
        camera: the place passes by (`pan`) or comes nearer (`zoom`) behind objects and words.
        fade_s: it comes out of black and goes into black for so long; 0 is a hard cut.
        clutter: so many grey odds and ends lie about behind the objects.
        posts: so many thin posts stand before the objects and hide a part of them.
        noise: standard deviation of the grain of its frames, of 255.
    """

    name: str
    place: PlaceKind
    window: Window
    night: bool = False
    things: tuple[SceneObject, ...] = ()
    writings: tuple[Writing, ...] = ()
    camera: Move = "still"
    fade_s: float = 0.0
    clutter: int = 0
    posts: int = 0
    noise: float = 0.0

    def events(self) -> list[StoryEvent]:
        """All events of this scene except spoken lines."""
        events = [
            StoryEvent(
                "scene", self.window, f"{self.name} at night" if self.night else self.name, "", self.name
            )
        ]
        for writing in self.writings:
            events.append(StoryEvent("written", writing.window, writing.style, writing.text, self.name))
        for obj in self.things:
            events += [
                StoryEvent("shown", w, label, "", self.name, (label,))
                for label, w in obj.labelled_windows(self.window)
            ]
            events += [self._act(obj, action) for action in obj.actions if action.kind not in PASSIVE_ACTIONS]
        return events

    def _act(self, obj: SceneObject, action: Action) -> StoryEvent:
        label = obj.label_at(action.window.start_s)
        who = (label, action.partner) if action.partner else (label,)
        text = action.colour or _direction(action)
        return StoryEvent(action.kind, action.window, label, text, self.name, who)


def _direction(action: Action) -> str:
    """`left`, `right`, `up` or `down` of a `move`; of anything else nothing."""
    if action.kind != "move":
        return ""
    across, down = action.end[0] - action.start[0], action.end[1] - action.start[1]
    if abs(across) >= abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"


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
    """A complete synthetic video.

    Args:
        name: a short name, used for file names.
        seed: what it was written with.
        scenes: in time order; the first starts at 0 and each starts where the one before ends.
        lines: in time order, none overlapping another.
        terms: spoken terms that questions may be about.
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
        spoken_until_s = 0.0
        for line in self.lines:
            _check_inside(line.window, Window(spoken_until_s, clock_s), f"the line {line.text!r}")
            spoken_until_s = line.window.end_s

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

    def events(self) -> list[StoryEvent]:
        """The exact table of everything that happens, in time order."""
        events = [event for scene in self.scenes for event in scene.events()]
        for line in self.lines:
            place = self.scene_at(line.window.start_s).name
            events.append(StoryEvent("spoken", line.window, line.speaker, line.text, place, (line.speaker,)))
        return sorted(events, key=lambda event: (event.window, event.kind, event.what))


def _check_inside(inner: Window, outer: Window, description: str) -> None:
    if inner.start_s < outer.start_s or inner.end_s > outer.end_s:
        raise ValueError(f"{description} happens in [{inner.start_s}, {inner.end_s}), outside {outer}")
