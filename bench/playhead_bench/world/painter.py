"""Paints the frame of a story at any time and in any size; `render` encodes these."""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from playhead_bench.world import camera_effects
from playhead_bench.world.backgrounds import background
from playhead_bench.world.clutter import posts
from playhead_bench.world.people import person_sprite
from playhead_bench.world.sprites import RGB, SUPERSAMPLING, Sprite, card, panel, shape_sprite, slide
from playhead_bench.world.story import Pose, Scene, SceneObject, Story, Writing
from playhead_bench.world.vocabulary import COLOURS, OUTDOORS

Pixels = NDArray[np.uint8]
"""(H, W, 3)."""
StaticView = tuple[int, tuple[Writing, ...]]
"""How far the camera has come, and what is written now."""
PlacedObject = tuple[SceneObject, Pose, bool]
"""An object, how it looks, and whether its mouth is open."""
TURN_DEG = 15
"""Objects that turn are painted at every so many degrees."""
NIGHT_LIGHT = 0.9
"""How bright objects are outdoors at night."""
FOREGROUND_STYLES = frozenset({"plate", "card"})
"""Styles of writing that nothing stands before."""
MIN_SIDE_PX = 36
MOUTH_S = 0.25
"""A speaker's mouth is open and shut for this long by turns."""


class Painter:
    """Paints a story; keeps the standing parts of the scene it is in, and nothing of the others.

    Args:
        story: what to paint.
        size: (width, height) in pixels; even, and 16:9 to look as laid out.
        seed: other streets, textures and faces for another seed.

    Raises:
        ValueError: a side is odd, which H.264 with 4:2:0 colour cannot hold, or below `MIN_SIDE_PX`.
    """

    def __init__(self, story: Story, size: tuple[int, int], seed: int = 0) -> None:
        if any(side < MIN_SIDE_PX or side % 2 for side in size):
            raise ValueError(f"size must be two even numbers from {MIN_SIDE_PX}, got {size}")
        self.story, self.size, self.seed = story, size, seed
        self._scene: Scene | None = None
        self._place: Pixels = np.empty(0, np.uint8)
        self._posts: list[tuple[int, Sprite]] = []
        self._static: tuple[StaticView, Pixels] | None = None
        self._rendered: tuple[tuple[StaticView, list[PlacedObject]], Pixels] | None = None
        self._last_frame: tuple[tuple[int, int | None], Pixels] | None = None

    def paint(self, time_s: float) -> Pixels:
        """The (H, W, 3) uint8 frame at a time, read-only; the same array while nothing changes.

        Raises:
            ValueError: the time lies outside the story.
        """
        scene = self.story.scene_at(time_s)
        self._go_to(scene)
        sharp = self._with_objects(scene, time_s)
        brightness = camera_effects.brightness_at(scene, time_s)
        if brightness == 255 and scene.noise == 0.0:
            return sharp
        key = (brightness, round(time_s * 1000) if scene.noise else None)
        if self._last_frame is None or self._last_frame[0] != key:
            image = sharp
            if scene.noise:
                image = camera_effects.add_grain(image, scene.noise, self._seed_of("grain"), time_s)
            if brightness < 255:
                image = camera_effects.dim(image, brightness)
            image.flags.writeable = False
            self._last_frame = key, image
        return self._last_frame[1]

    def _go_to(self, scene: Scene) -> None:
        """Paints the empty place of a scene, unless it is there already."""
        if scene is self._scene:
            return
        self._scene, self._static, self._rendered, self._last_frame = scene, None, None, None
        seed, size = self._seed_of(scene.name), camera_effects.painted_size(scene, self.size)
        self._place = background(scene.place, size, seed, scene.night, scene.clutter)
        self._posts = posts(scene.posts, self.size, seed, scene.night)

    def _with_objects(self, scene: Scene, time_s: float) -> Pixels:
        """The scene with its objects and all writing, before the camera's light and grain."""
        static, background_image = self._with_writing(scene, time_s)
        placed_objects = [
            (obj, pose, self._mouth_is_open(obj, time_s))
            for obj in scene.things
            if (pose := obj.pose(time_s)) is not None
        ]
        key = (static, placed_objects)
        if self._rendered is None or self._rendered[0] != key:
            image = background_image.copy()
            for obj, pose, mouth_open in placed_objects:
                self._draw_object(image, obj, pose, mouth_open, scene.night)
            for left, post in self._posts:
                post.stamp(image, left, 0)
            for writing in (writing for writing in static[1] if writing.style in FOREGROUND_STYLES):
                self._write(image, writing, scene)
            image.flags.writeable = False
            self._rendered, self._last_frame = (key, image), None
        return self._rendered[1]

    def _with_writing(self, scene: Scene, time_s: float) -> tuple[StaticView, Pixels]:
        """The place as the camera sees it, with what is written in it; painted when either changes."""
        written = tuple(writing for writing in scene.writings if time_s in writing.window)
        key = (camera_effects.camera_offset(scene, self.size, time_s), written)
        if self._static is None or self._static[0] != key:
            leftwards = self._seed_of(scene.name) % 2 == 1
            background_image = camera_effects.view(self._place, scene, self.size, key[0], leftwards)
            for writing in (writing for writing in written if writing.style not in FOREGROUND_STYLES):
                self._write(background_image, writing, scene)
            self._static = key, background_image
        return self._static

    def _write(self, image: Pixels, writing: Writing, scene: Scene) -> None:
        if writing.style == "slide":
            image[:] = np.asarray(slide(writing.lines, self.size))
            return
        width, height = self.size
        if writing.style == "card":
            card(writing.lines, self.size).stamp(image, 0, 0)
            return
        sprite = panel(writing.lines, round(writing.height * height), *_panel_style(writing))
        x, y = round(writing.at[0] * width), round(writing.at[1] * height)
        if writing.style == "sign" and scene.place in OUTDOORS:
            post = max(1, round(height * 0.008))
            image[y : round(height * 0.68), x - post : x + post] = (74, 78, 84)
        sprite.stamp(image, x - sprite.alpha.shape[1] // 2, y - sprite.alpha.shape[0] // 2)

    def _draw_object(
        self, image: Pixels, obj: SceneObject, pose: Pose, mouth_open: bool, night: bool
    ) -> None:
        width, height = self.size
        left, dx = divmod(round(pose.at[0] * width * SUPERSAMPLING), SUPERSAMPLING)
        top, dy = divmod(round(pose.at[1] * height * SUPERSAMPLING), SUPERSAMPLING)
        height_px = max(3, round(pose.size * height))
        if obj.shape == "person":
            sprite = person_sprite(pose.colour, height_px, self._seed_of(obj.label), mouth_open)
        else:
            turn_deg = round(pose.turn_deg / TURN_DEG) * TURN_DEG % 360
            light = NIGHT_LIGHT if night else 1.0
            sprite = shape_sprite(obj.shape, _paint_of(pose), height_px, dx, dy, turn_deg, light)
        sprite.stamp(image, left - sprite.alpha.shape[1] // 2, top - sprite.alpha.shape[0] // 2)

    def _mouth_is_open(self, obj: SceneObject, time_s: float) -> bool:
        line = self.story.line_at(time_s)
        return line is not None and line.speaker == obj.label and int(time_s / MOUTH_S) % 2 == 0

    def _seed_of(self, name: str) -> int:
        return crc32(f"{self.seed}/{self.story.seed}/{name}".encode())


def _paint_of(pose: Pose) -> RGB:
    """The colour of an object, on its way to another while it changes; in eighths, so that sprites repeat."""
    before = COLOURS[pose.colour]
    if pose.into is None:
        return before
    share = round(pose.fade * 8) / 8
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(before, COLOURS[pose.into], strict=True))
    return (red, green, blue)


def _panel_style(writing: Writing) -> tuple[RGB, RGB, RGB, int]:
    """Face, ink, rim and opacity of a panel."""
    if writing.style == "display":
        return (16, 20, 18), (255, 190, 60), (92, 98, 100), 255
    if writing.style == "plate":
        return (18, 30, 58), (250, 250, 250), (90, 150, 230), 215
    face = COLOURS[writing.colour]
    bright = sum(face) > 480
    return (
        face,
        ((24, 24, 28) if bright else (252, 252, 252)),
        ((24, 24, 28) if bright else (252, 252, 252)),
        255,
    )
