"""The scenes of a random video, one after the other: random ones, and scheduled ones between them."""

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from random import Random

from playhead_bench.world.change_pace import snap
from playhead_bench.world.object_outlines import ROTATION_INVARIANT
from playhead_bench.world.random_scene import ACTS, COLUMNS, ROWS, SIZES, Pair, SceneBuilder, random_scene
from playhead_bench.world.story import Action, ActionKind, Fact, Scene, SceneObject, Writing
from playhead_bench.world.town_facts import WRITTEN_TOWNS, TownFact, town_facts
from playhead_bench.world.vocabulary import OBJECT_SHAPES, PLACES, PlaceKind
from playhead_index.window import Window

REPEATABLE_ACTIONS: dict[ActionKind, tuple[float, float]] = {
    "jump": (2.0, 1.0), "spin": (4.0, 1.0), "blink": (4.5, 1.0), "grow": (2.0, 1.5), "shrink": (2.0, 0.62),
}  # fmt: skip
"""Actions that an object repeats: the duration in seconds, and the size afterwards over the size before."""
PLANNED: dict[str, tuple[float, float]] = {
    "card": (300.0, 0.0), "slide": (200.0, 40.0), "counter": (160.0, 70.0), "quiet": (1200.0, 400.0),
}  # fmt: skip
"""Interval in seconds between scenes of a kind, and the earliest start of the first."""
MIN_ROOM_S = 24.0
"""With less time left than this, no scheduled scene begins."""
TITLES = tuple(
    f"{which} {scheduled}"
    for which in ("The old", "The last", "A quiet", "A long", "The hidden", "The second",
                  "A distant", "The open", "The lost", "A broken", "The golden", "The empty")
    for scheduled in ("harbour", "garden", "winter", "road", "letter", "island",
                 "morning", "mountain", "window", "river", "market", "song")
)  # fmt: skip
"""Of chapters."""


@dataclass(slots=True)
class SceneScheduler:
    """Builds the scenes of a random video.

    Args:
        rng: the random generator.
        end_s: of the video.
        frequent: pairs that may come in any scene.
        rare: pairs that have not come yet and may come in one scene.
    """

    rng: Random
    end_s: float
    frequent: list[Pair]
    rare: list[Pair]
    built_scenes: list[Scene] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    due: list[tuple[float, int, str, tuple[Pair, ActionKind] | None]] = field(default_factory=list)

    def scenes(self) -> tuple[Scene, ...]:
        """All scenes, from 0 to the end."""
        self._plan()
        notes = town_facts(self.rng, WRITTEN_TOWNS)
        titles = self.rng.sample(TITLES, len(TITLES))
        while (start_s := self._now_s) < self.end_s:
            scheduled, cue = "scene", None
            if self.due and self.due[0][0] <= start_s and self.end_s - start_s >= MIN_ROOM_S:
                _, _, scheduled, cue = heappop(self.due)
            if scheduled == "card":
                self.built_scenes.append(self._chapter(titles.pop()))
            elif scheduled == "slide":
                self.built_scenes.append(self._slide([next(notes) for _ in range(self.rng.randint(2, 4))]))
            elif scheduled == "quiet":
                self.built_scenes.append(self._scene(self._window(self.rng.randint(60, 180)), 0))
            elif scheduled == "counter":
                self.built_scenes.append(self._counter())
            elif cue is not None:
                self.built_scenes.append(self._repeat_action(*cue))
            else:
                self.built_scenes.append(self._random_scene())
        return tuple(self.built_scenes)

    @property
    def _now_s(self) -> float:
        return self.built_scenes[-1].window.end_s if self.built_scenes else 0.0

    # ---- what comes when ----

    def _plan(self) -> None:
        for scheduled, (every_s, first_s) in PLANNED.items():
            at_s = first_s + (self.rng.uniform(0, every_s / 2) if first_s else 0.0)
            while at_s < self.end_s - 20:
                self._schedule(at_s, scheduled)
                at_s += every_s * self.rng.uniform(0.7, 1.3)
        for _ in range(round(self.end_s / 300)):
            self._plan_repeats()

    def _plan_repeats(self) -> None:
        """Schedules one action of one object several times, and of similar objects once or twice."""
        kind = self.rng.choice(tuple(REPEATABLE_ACTIONS))
        pairs = [pair for pair in self.frequent if kind != "spin" or pair[1] not in ROTATION_INVARIANT]
        pair = self.rng.choice(pairs)
        similar = [other for other in pairs if other != pair and (other[0] == pair[0] or other[1] == pair[1])]
        for cue in [pair] * self.rng.randint(2, 6) + self.rng.sample(similar, min(2, len(similar))):
            self._schedule(self.rng.uniform(5, self.end_s), "encore", (cue, kind))

    def _schedule(self, time_s: float, scheduled: str, cue: tuple[Pair, ActionKind] | None = None) -> None:
        heappush(self.due, (time_s, len(self.due), scheduled, cue))

    # ---- scenes ----

    def _window(self, lasts_s: float) -> Window:
        start_s = self._now_s
        stop_s = start_s + lasts_s
        return Window(start_s, self.end_s if self.end_s - stop_s < 6 else stop_s)

    def _place(self) -> PlaceKind:
        """Any place but the last one, so that every cut is visible."""
        last = self.built_scenes[-1].place if self.built_scenes else None
        return self.rng.choice([place for place in PLACES if place != last])

    def _scene(self, window: Window, max_objects: int, pairs: list[Pair] | None = None) -> Scene:
        return random_scene(
            self.rng, window, pairs or self.frequent, max_objects=max_objects, place=self._place()
        )

    def _random_scene(self) -> Scene:
        """A scene of frequent objects, or one with rare ones."""
        window = self._window(self.rng.choice(range(12, 33)) / 2)
        left = (self.end_s - window.start_s) / 11
        if not self.rare or self.rng.random() > min(0.6, max(0.15, len(self.rare) / 2 / left)):
            return self._scene(window, 4)
        kinds = {self.rng.choice(self.rare)[1], *self.rng.sample(OBJECT_SHAPES, 2)}
        pairs = [pair for pair in self.rare if pair[1] in kinds] + self.rng.sample(self.frequent, 4)
        scene = self._scene(window, 4, pairs)
        self._retire_rare(scene)
        return scene

    def _retire_rare(self, scene: Scene) -> None:
        """Takes rare objects that appeared out of the pool; a few act once more later."""
        seen = {(colour, obj.shape) for obj in scene.things for colour in _colours(obj)}
        for obj in scene.things:
            is_passive = any(action.kind in ("carried", "collided", "chased") for action in obj.actions)
            if is_passive and (obj.colour, obj.shape) in self.rare and self.rng.random() < 0.7:
                later_s = scene.window.end_s + self.rng.uniform(5, min(900, self.end_s / 3))
                kinds = [k for k in REPEATABLE_ACTIONS if k != "spin" or obj.shape not in ROTATION_INVARIANT]
                self._schedule(later_s, "encore", ((obj.colour, obj.shape), self.rng.choice(kinds)))
        self.rare = [pair for pair in self.rare if pair not in seen]

    def _repeat_action(self, pair: Pair, kind: ActionKind) -> Scene:
        """A scene in which one object does one action on the spot; others may act too."""
        window = self._window(self.rng.choice(range(14, 25)) / 2)
        others = self.rng.sample([p for p in self.frequent if p != pair], len(self.frequent) - 1)
        stage = SceneBuilder(self.rng, window, others)
        row, column = self.rng.randrange(2), self.rng.randrange(3)
        stage.free.discard((row, column))
        at, (lasts_s, scale) = (COLUMNS[column], ROWS[row]), REPEATABLE_ACTIONS[kind]
        start_s = snap(self.rng.uniform(window.start_s + 0.5, window.end_s - lasts_s - 0.5))
        action = Action(kind, Window(start_s, start_s + lasts_s), at, at, scale)
        stage.objects.append(SceneObject(pair[1], pair[0], self.rng.choice(SIZES), at, (action,)))
        for act in self.rng.choices(list(ACTS), list(ACTS.values()), k=self.rng.choice((0, 1, 1, 2))):
            stage.add(act)
        return replace(self._scene(window, 0), things=tuple(stage.objects))

    def _chapter(self, title: str) -> Scene:
        """Four seconds of an empty place with a card that says the chapter's number and title."""
        number = sum(w.style == "card" for scene in self.built_scenes for w in scene.writings) + 1
        scene = self._scene(self._window(4), 0)
        heading = f"Chapter {number}"
        self.facts.append(Fact(f"What is the title of chapter {number}?", title, f"{heading}\n{title}"))
        card = Writing("card", (heading, title), scene.window, (0.5, 0.5), 0.16, "white")
        return replace(scene, writings=(card,))

    def _slide(self, facts: list[TownFact]) -> Scene:
        number = sum(scene.place == "slide" for scene in self.built_scenes) + 1
        window = self._window(self.rng.randint(8, 14))
        self.facts += [tale.fact(written=True) for tale in facts]
        lines = (f"Notes {number}", *(tale.note for tale in facts))
        return Scene(lines[0], "slide", window, writings=(Writing("slide", lines, window),))

    def _counter(self) -> Scene:
        """A scene with a counter that goes up twice."""
        window = self._window(self.rng.randint(10, 16))
        count = self.rng.randint(1, 900)
        cuts = sorted(self.rng.sample(range(4, int(window.duration_s) - 2), 2))
        times_s = [window.start_s, *(window.start_s + cut for cut in cuts), window.end_s]
        displays = tuple(
            Writing("display", (f"COUNT {count + i}",), Window(times_s[i], times_s[i + 1]), (0.5, 0.12), 0.12)
            for i in range(len(times_s) - 1)
        )
        return replace(self._scene(window, 3), writings=displays)


def _colours(obj: SceneObject) -> set[str]:
    return {obj.colour, *(action.colour for action in obj.actions if action.colour)}
