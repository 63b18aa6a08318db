"""Questions about one clip of a scene, training and test data of a video-LLM.

A question is asked only where the sampled frames settle it: an object that is half gone, an action that
is cut off or a label that changes is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from random import Random

from playhead_bench.world.clip_wordings import (
    CONFUSABLE_ACTIONS,
    NOT_VISIBLE,
    PARTNER_VERBS,
    VERBS,
    ClipKind,
    place_phrase,
    third_person,
    wordings,
)
from playhead_bench.world.random_scene import PAIRS, Pair, SplitMode
from playhead_bench.world.story import Action, Scene, SceneObject
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES, OUTDOORS
from playhead_index.window import Window

MIN_ACTION_S, MIN_ACTION_SHARE = 1.5, 0.75
"""An action counts as visible when this many seconds, or this share, of it lie in the clip."""
MAX_GAP_S = 1.0
"""Frames further apart than this do not settle what an object does between them."""
MIN_VISIBLE_SHARE = 0.25
"""An object counts as visible when it is in this share of the frames."""


@dataclass(frozen=True, slots=True)
class ClipQuestion:
    """A question about a clip, with its answer.

    Args:
        kind: of the question.
        text: in natural language.
        answer: the gold answer; `not visible` where the clip does not show what is asked about.
    """

    kind: ClipKind
    text: str
    answer: str

    @property
    def visible(self) -> bool:
        """The clip shows what is asked about."""
        return self.answer != NOT_VISIBLE


@dataclass(frozen=True, slots=True)
class VisibleObject:
    """What the sampled frames of a clip show of one object of the scene.

    Args:
        scene_object: the object.
        label: what it is called in the clip; empty when its name changes in it.
        visible: it is in enough frames; None when it is in too few to say.
        action: the one thing that it does in the clip; None when it stands still.
        is_certain: whether `action` is beyond doubt.
    """

    scene_object: SceneObject
    label: str
    visible: bool | None
    action: Action | None
    is_certain: bool


def visible_objects(scene: Scene, clip: Window, times_s: Sequence[float]) -> list[VisibleObject]:
    """What frames taken at some times of a clip show of each object of its scene."""
    dense = all(later - earlier <= MAX_GAP_S for earlier, later in pairwise(times_s))
    return [_visible_object(obj, scene, clip, times_s, dense) for obj in scene.things]


def _visible_object(
    obj: SceneObject, scene: Scene, clip: Window, times_s: Sequence[float], dense: bool
) -> VisibleObject:
    poses = [pose for t in times_s if (pose := obj.pose(t)) and 0.04 < pose.at[0] < 0.96]
    labels = {label for label, window in obj.labelled_windows(scene.window) if window.overlap_s(clip) > 0}
    share = len(poses) / len(times_s)
    seen = True if share >= MIN_VISIBLE_SHARE else (False if not labels else None)
    parts = [(action, action.window.overlap_s(clip)) for action in obj.actions]
    performed = [a for a, s in parts if s >= min(MIN_ACTION_S, MIN_ACTION_SHARE * a.window.duration_s)]
    overlapping = [a for a, s in parts if s > 0]
    clear = dense and seen is True and len(overlapping) == len(performed) <= 1
    return VisibleObject(
        obj, labels.pop() if len(labels) == 1 else "", seen, performed[0] if performed else None, clear
    )


def clip_questions(
    scene: Scene,
    clip: Window,
    times_s: Sequence[float],
    printed_s: Sequence[str],
    rng: Random,
    *,
    mode: SplitMode = "iid",
    training: bool = True,
    pairs: Sequence[Pair] = PAIRS,
) -> list[ClipQuestion]:
    """Every question that the frames of a clip settle, and as many near-misses that they do not show.

    Args:
        scene: in which the clip lies.
        clip: the window from which the frames are.
        times_s: (N,) when the frames are taken, in order, on the video's clock.
        printed_s: the times that are written beside the frames, one for each `N / len(printed_s)` of
            them; the answer to a `when` is one of these.
        rng: the random generator for wordings and near-misses.
        mode: how the parts of the data are split.
        training: which wordings may be used.
        pairs: for near-misses.
    """
    builder = _QuestionBuilder(scene, clip, times_s, printed_s, rng, mode, training, pairs)
    return builder.build()


class _QuestionBuilder:
    """Builds the questions about one clip."""

    def __init__(
        self,
        scene: Scene,
        clip: Window,
        times_s: Sequence[float],
        printed_s: Sequence[str],
        rng: Random,
        mode: SplitMode,
        training: bool,
        pairs: Sequence[Pair],
    ) -> None:
        self.scene, self.clip, self.rng = scene, clip, rng
        self.times_s, self.printed_s = times_s, printed_s
        self.mode, self.training = mode, training
        self.objects = visible_objects(scene, clip, times_s)
        self.settled = all(one.visible is not None and (one.label or not one.visible) for one in self.objects)
        self.certain = [one for one in self.objects if one.visible and one.label]
        known = {
            label for one in self.objects for label, _ in one.scene_object.labelled_windows(scene.window)
        }
        self.absent = [f"{c} {s}" for c, s in pairs if f"{c} {s}" not in known]
        self.known = known
        self.questions: list[ClipQuestion] = []

    def build(self) -> list[ClipQuestion]:
        """The questions, in no particular order."""
        self._add("place", place_phrase(self.scene.place))
        if self.scene.place in OUTDOORS:
            self._add("daytime", "night" if self.scene.night else "day")
        if self.settled:
            self._add("count", str(len(self.certain)))
            self._add("caption", self._caption())
        self._ask_attributes()
        self._ask_existence()
        self._ask_actions()
        self._ask_actors()
        self._ask_sides()
        self._ask_as_of_videos()
        if self.rng.random() < 0.2:
            label = self.rng.choice([one.label for one in self.certain] or self.absent)
            self._add("unseen", NOT_VISIBLE, label=label)
        return self.questions

    def _add(self, kind: ClipKind, answer: str, *, as_: str = "", **words: str) -> None:
        """Asks in a wording of a kind; with `as_`, in one of `ALSO_OF_CLIPS` with an answer of that kind."""
        if "verb" in words:
            words["does"] = third_person(words["verb"])
        text = self.rng.choice(wordings(as_ or kind, self.mode, self.training)).format(**words)
        self.questions.append(ClipQuestion(kind, text, answer))

    def _ask_attributes(self) -> None:
        if not self.settled:
            return
        shapes = [one.label.split()[1] for one in self.certain]
        colours = [one.label.split()[0] for one in self.certain]
        for one in self.certain:
            colour, shape = one.label.split()
            if shapes.count(shape) == 1:
                self._add("colour", colour, shape=shape)
            if colours.count(colour) == 1:
                self._add("thing", f"a {shape}", colour=colour)
        known_shapes, known_colours = ({k.split()[i] for k in self.known} for i in (1, 0))
        if self.rng.random() < 0.4:
            self._add(
                "colour",
                NOT_VISIBLE,
                shape=self.rng.choice([s for s in OBJECT_SHAPES if s not in known_shapes]),
            )
        if self.rng.random() < 0.4:
            self._add(
                "thing",
                NOT_VISIBLE,
                colour=self.rng.choice([c for c in OBJECT_COLOURS if c not in known_colours]),
            )

    def _ask_existence(self) -> None:
        for one in self.certain:
            self._add("exists", "yes", label=one.label)
        for _ in range(max(1, len(self.certain))):
            self._add("exists", "no", label=self._near_miss())

    def _near_miss(self) -> str:
        """The label of nothing in the scene that shares a colour, a kind or both with what is there."""
        colours, kinds = ({k.split()[i] for k in self.known} for i in (0, 1))
        mixed = [f"{c} {k}" for c, k in product(sorted(colours), sorted(kinds))]
        both = [label for label in mixed if label in self.absent]
        one = [label for label in self.absent if label.split()[0] in colours or label.split()[1] in kinds]
        sets = [labels for labels in (both, one, one, self.absent) if labels]
        return self.rng.choice(self.rng.choice(sets))

    def _ask_actions(self) -> None:
        for one in self.objects:
            if not one.is_certain:
                continue
            label = one.label if one.action is None else one.scene_object.label_at(one.action.window.start_s)
            if not label:
                continue
            self._add("action", describe_action(one.action, one.scene_object), label=label)
            if one.action is not None and one.action.kind in VERBS:
                self._ask_about(one.action, label)
        if self.rng.random() < 0.4:
            self._add("action", NOT_VISIBLE, label=self._near_miss())
        if self.rng.random() < 0.3:
            verb = self.rng.choice([verb for kind, verb in VERBS.items() if kind not in PARTNER_VERBS])
            self._add("when", NOT_VISIBLE, label=self._near_miss(), verb=verb)
        if self.rng.random() < 0.12:
            verb = VERBS[self.rng.choice(PARTNER_VERBS)]
            self._add("partner", NOT_VISIBLE, label=self._near_miss(), verb=verb)

    def _ask_about(self, action: Action, label: str) -> None:
        verb = VERBS[action.kind]
        if action.kind in PARTNER_VERBS:
            self._add("partner", f"the {action.partner}", label=label, verb=verb)
        elif (printed := self._printed(action)) is not None:
            self._add("when", f"at {printed} seconds", label=label, verb=verb)

    def _ask_actors(self) -> None:
        """Who does what, where everybody's doing is beyond doubt; and what is there beside one object."""
        if not self.settled or not all(one.is_certain for one in self.certain):
            return
        doing = {one.label: one.action.kind for one in self.certain if one.action is not None}
        for kind, verb in VERBS.items():
            does = [label for label, performed in doing.items() if performed == kind]
            if kind in PARTNER_VERBS or "collided" in doing.values():
                continue
            if len(does) == 1:
                self._add("doer", f"the {does[0]}", verb=verb)
            elif not does and self.rng.random() < 0.05:
                self._add("doer", NOT_VISIBLE, verb=verb)
        if len(self.certain) == 2:
            for one, other in (self.certain, self.certain[::-1]):
                self._add("else", f"the {other.label}", label=one.label)

    def _ask_as_of_videos(self) -> None:
        """Questions about whole videos that one clip settles."""
        where = place_phrase(self.scene.place)
        for one in self.certain:
            if self.rng.random() < 0.2:
                self._add("place", where, as_="where_seen", label=one.label)
        if self.rng.random() < 0.2:
            self._add("place", NOT_VISIBLE, as_="where_seen", label=self._near_miss())
        for one in self.certain:
            if one.is_certain and one.action is not None and one.action.kind in VERBS:
                self._ask_of_action(one, one.action, where)

    def _ask_of_action(self, one: VisibleObject, action: Action, where: str) -> None:
        verb, likely = VERBS[action.kind], self.rng.random
        if action.kind in PARTNER_VERBS:
            if likely() < 0.5:
                colour = str(action.partner).split()[0]
                self._add("colour", colour, as_="hop_colour", label=one.label, verb=verb)
            return
        others = [
            kind
            for kind in VERBS
            if kind not in (action.kind, *CONFUSABLE_ACTIONS.get(action.kind, ()), *PARTNER_VERBS)
        ]
        if likely() < 0.3:
            self._add("place", where, as_="where", label=one.label, verb=verb)
        if likely() < 0.3:
            self._add("exists", "yes", as_="yes_no", label=one.label, verb=verb)
        if likely() < 0.3:
            self._add("exists", "no", as_="yes_no", label=one.label, verb=VERBS[self.rng.choice(others)])
        if self.settled and len(self.certain) == 2 and likely() < 0.3:
            (other,) = (two.label for two in self.certain if two is not one)
            self._add("else", f"the {other}", as_="during", label=one.label, verb=verb)

    def _printed(self, action: Action) -> str | None:
        """The time beside the first frames in which an action is under way; None if it began before."""
        if action.window.start_s < self.clip.start_s:
            return None
        each = len(self.times_s) // len(self.printed_s)
        for i, printed in enumerate(self.printed_s):
            if self.times_s[i * each + each - 1] > action.window.start_s:
                return printed
        return None

    def _ask_sides(self) -> None:
        still = [one for one in self.certain if one.action is None and one.is_certain and one.scene_object.at]
        for a in still:
            for b in still:
                across = (
                    a.scene_object.at[0] - b.scene_object.at[0]
                    if a.scene_object.at and b.scene_object.at
                    else 0.0
                )
                if abs(across) > 0.2:
                    self._add("side", "left" if across < 0 else "right", label=a.label, other=b.label)

    def _caption(self) -> str:
        where = place_phrase(self.scene.place)
        night = " at night" if self.scene.night and self.scene.place in OUTDOORS else ""
        parts = [
            f"a {one.label} {describe_action(one.action, one.scene_object).removeprefix('it ')}"
            if one.is_certain
            else f"a {one.label}"
            for one in sorted(self.certain, key=lambda one: one.label)
        ]
        return f"{where}{night}: " + (", ".join(parts) or "nothing")


def describe_action(action: Action | None, obj: SceneObject) -> str:
    """An action in words: `it moves left`, `it carries the red cup`."""
    if action is None:
        return "it stands still"
    if action.kind == "move":
        across, down = action.end[0] - action.start[0], action.end[1] - action.start[1]
        if abs(across) >= abs(down):
            return "it moves right" if across > 0 else "it moves left"
        return "it moves down" if down > 0 else "it moves up"
    if action.kind == "recolour":
        return f"it turns {action.colour}"
    if action.kind in ("carried", "chased"):
        return f"it is {action.kind} by the {action.partner}"
    if action.kind in ("collide", "collided"):
        return f"it collides with the {action.partner}"
    verb = third_person(VERBS[action.kind])
    return f"it {verb} the {action.partner}" if action.partner else f"it {verb}"
