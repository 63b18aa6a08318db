"""Needle-in-a-haystack tests: one scene that a question is about, at a given depth of a long random video.

After Kamradt's test of long contexts (2023) and its video twin (Zhao et al., 2024, arXiv:2406.09367): the
needle's subject is nowhere else in the video; similar objects are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from playhead_bench.world.change_pace import snap
from playhead_bench.world.clip_wordings import VERBS, third_person
from playhead_bench.world.object_outlines import ROTATION_INVARIANT
from playhead_bench.world.random_scene import COLUMNS, PAIRS, ROWS, Pair, random_scene
from playhead_bench.world.random_video import SPEAKER, random_story
from playhead_bench.world.scene_schedule import REPEATABLE_ACTIONS
from playhead_bench.world.story import Action, Fact, Line, Scene, SceneObject, Story, Writing
from playhead_bench.world.town_facts import RESERVED_TOWNS, TOPICS, town_facts
from playhead_bench.world.video_questions.balanced_choice import make_question
from playhead_bench.world.video_questions.draft import QuestionDraft, options_of
from playhead_bench.world.video_questions.event_table import EventTable, does
from playhead_bench.world.video_questions.question import WorldQuestion
from playhead_bench.world.video_questions.wordings import Phrasing
from playhead_index.errors import ModelUnavailable
from playhead_index.window import Window

NeedleKind = Literal["thing", "card", "speech"]
NEEDLE_KINDS: tuple[NeedleKind, ...] = get_args(NeedleKind)
T = TypeVar("T")
CODE_WORDS = (
    "AMBER",
    "COBALT",
    "FALCON",
    "GRANITE",
    "JUNIPER",
    "MERCURY",
    "ORCHID",
    "SAFFRON",
    "TUNDRA",
    "WALNUT",
)
MIN_NEEDLE_S = 6.0


def needle_story(
    kind: NeedleKind, depth: float, haystack_minutes: float, needle_s: float = 8.0, seed: int = 0
) -> tuple[Story, WorldQuestion]:
    """A random video with one more scene in it, and the question that only this scene answers.

    Args:
        kind: a `thing` that acts, a `card` with a code, or a sentence of `speech`.
        depth: where the scene is put, 0 at the start and 1 at the end of the haystack; at the cut that is
            nearest.
        haystack_minutes: of random video around it.
        needle_s: how long the scene is, at least `MIN_NEEDLE_S`.
        seed: of the haystack and of the needle.

    Raises:
        ValueError: a depth outside [0, 1] or a needle too short.
    """
    if not 0 <= depth <= 1 or needle_s < MIN_NEEDLE_S:
        raise ValueError(
            f"expected a depth from 0 to 1 and {MIN_NEEDLE_S} s or more, got {depth = }, {needle_s = }"
        )
    rng = Random(f"needle/{kind}/{seed}")
    pair = rng.choice(PAIRS)
    haystack = random_story(seed, haystack_minutes, without=(pair,) if kind == "thing" else ())
    cuts_s = [0.0, *(scene.window.end_s for scene in haystack.scenes)]
    start_s = min(cuts_s, key=lambda cut_s: abs(cut_s - depth * haystack.duration_s))
    window = Window(start_s, start_s + snap(needle_s))
    name = f"needle_{kind}_{seed}_{haystack.duration_s:g}s_{depth:g}"
    story = _insert_scene(replace(haystack, name=name), *_needle(rng, kind, window, pair))
    return story, _question(rng, kind, story, window)


def _needle(
    rng: Random, kind: NeedleKind, window: Window, pair: Pair
) -> tuple[Scene, Line | None, Fact | None]:
    """An empty place with the needle in it, the line spoken there, and the fact that either states."""
    empty = replace(random_scene(rng, window, max_objects=0), writings=())
    if kind == "thing":
        return replace(empty, things=(_acting_object(rng, window, pair),)), None, None
    if kind == "card":
        code = f"{rng.choice(CODE_WORDS)} {rng.randint(100, 999)}"
        card = Writing("card", ("The code is", code), window, (0.5, 0.5), 0.16, "white")
        return replace(empty, writings=(card,)), None, Fact("What is the code on the card?", code, card.text)
    tale = next(town_facts(rng, RESERVED_TOWNS))
    start_s = window.start_s + 1.0
    line = Line(Window(start_s, min(window.end_s, start_s + 4.0)), SPEAKER, tale.spoken)
    return empty, line, tale.fact(written=False)


def _acting_object(rng: Random, window: Window, pair: Pair) -> SceneObject:
    kind = rng.choice([k for k in REPEATABLE_ACTIONS if k != "spin" or pair[1] not in ROTATION_INVARIANT])
    at, (lasts_s, scale) = (rng.choice(COLUMNS), rng.choice(ROWS)), REPEATABLE_ACTIONS[kind]
    start_s = snap(window.start_s + (window.duration_s - lasts_s) / 2)
    return SceneObject(
        pair[1], pair[0], 0.28, at, (Action(kind, Window(start_s, start_s + lasts_s), at, at, scale),)
    )


def _insert_scene(haystack: Story, scene: Scene, line: Line | None, fact: Fact | None) -> Story:
    """The story with one more scene; what comes after is later, a line over the cut is left out."""
    cut_s, by_s = scene.window.start_s, scene.window.duration_s
    before = [one for one in haystack.scenes if one.window.end_s <= cut_s]
    after = [shift_windows(one, by_s) for one in haystack.scenes[len(before) :]]
    earlier = [one for one in haystack.lines if one.window.end_s <= cut_s]
    following = [shift_windows(one, by_s) for one in haystack.lines if one.window.start_s >= cut_s]
    spoken = (*earlier, *([line] if line else []), *following)
    facts = (*([fact] if fact else []), *haystack.facts)
    return replace(haystack, scenes=(*before, scene, *after), lines=spoken, facts=facts)


def _question(rng: Random, kind: NeedleKind, story: Story, window: Window) -> WorldQuestion:
    table = EventTable(story, story.name)
    rows = {"thing": table.actions, "card": table.written, "speech": table.spoken}[kind]
    (row,) = (i for i in rows if table.window(i).overlap_s(window) > 0)
    draft = _object_draft(rng, table, row) if kind == "thing" else _fact_draft(rng, table, row)
    options, right = options_of(draft, rng, rng.randrange(4))
    kind_name = f"needle_{kind}"
    return make_question(
        f"{story.name}/{kind_name}", kind_name, draft, options, right, {table.name: table}, (table.name,)
    )


def _object_draft(rng: Random, table: EventTable, row: int) -> QuestionDraft:
    event = table.event(row)
    wrong = [f"it {third_person(VERBS[kind])}" for kind in REPEATABLE_ACTIONS if kind != event.kind]
    return QuestionDraft(
        Phrasing(rng, "iid", False)("what", label=event.what), f"it {does(event)}", (row,), (wrong,)
    )


def _fact_draft(rng: Random, table: EventTable, row: int) -> QuestionDraft:
    """A question about what is written or spoken; wrong answers are other values and other cards."""
    event, fact = table.event(row), table.story.facts[0]
    if event.kind == "spoken":
        values = next(list(topic.values) for topic in TOPICS if fact.answer in topic.values)
        return QuestionDraft(fact.question, fact.answer, (row,), (values,), ("speech",))
    codes = [f"{word} {rng.randint(100, 999)}" for word in CODE_WORDS if word not in fact.answer]
    cards = [
        table.event(i).text.split("\n")[-1]
        for i in table.written
        if table.event(i).what == "card" and i != row
    ]
    return QuestionDraft(fact.question, fact.answer, (row,), (codes[:2], cards, codes), ("screen",))


def shift_windows(value: T, by_s: float) -> T:
    """The same record with every window in it later by so many seconds."""
    shifted: T = _shift_windows(value, by_s)
    return shifted


def _shift_windows(value: Any, by_s: float) -> Any:
    if isinstance(value, Window):
        return value.shifted(by_s)
    if is_dataclass(value):
        kind: Any = type(value)
        return kind(**{part.name: _shift_windows(getattr(value, part.name), by_s) for part in fields(value)})
    if isinstance(value, tuple):
        return tuple(_shift_windows(part, by_s) for part in value)
    return value


@dataclass(frozen=True, slots=True)
class HeatMapCell:
    """How well needles are found at one depth of one length.

    Args:
        minutes: of the haystack.
        depth: from 0 to 1.
        accuracy: share of the questions that are answered right; of one question 0 or 1.
    """

    minutes: float
    depth: float
    accuracy: float


def heat_map(cells: Iterable[HeatMapCell], path: Path | str, title: str = "Needles found") -> Path:
    """Writes a PNG of the mean accuracy at each depth (downwards) and length (to the right), and its path.

    Args:
        cells: any number, those of one depth and length averaged; a place without any stays grey.
        path: of the image.
        title: above it.

    Raises:
        ModelUnavailable: matplotlib is not installed.
        ValueError: no cells.
    """
    means = _means(cells)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModelUnavailable(
            f'a heat map needs matplotlib ({error}); pip install "playhead[notebook]"'
        ) from error
    minutes, depths = (sorted({place[i] for place in means}) for i in (0, 1))
    grid = np.array([[means.get((m, d), np.nan) for m in minutes] for d in depths])
    figure = Figure(figsize=(1.6 + 0.9 * len(minutes), 1.4 + 0.5 * len(depths)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_facecolor("0.85")
    heat = axes.imshow(grid, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(minutes)), [f"{m:g}" for m in minutes])
    axes.set_yticks(range(len(depths)), [f"{d:.0%}" for d in depths])
    axes.set(xlabel="length of the haystack (minutes)", ylabel="depth of the needle", title=title)
    for (row, column), mean in np.ndenumerate(grid):
        if not np.isnan(mean):
            axes.text(
                column, row, f"{mean:.0%}", ha="center", va="center", color="white" if mean > 0.6 else "0.15"
            )
    figure.colorbar(heat, label="accuracy")
    figure.savefig(path, dpi=150)
    return Path(path)


def _means(cells: Iterable[HeatMapCell]) -> dict[tuple[float, float], float]:
    accuracies: dict[tuple[float, float], list[float]] = {}
    for cell in cells:
        accuracies.setdefault((cell.minutes, cell.depth), []).append(cell.accuracy)
    if not accuracies:
        raise ValueError("a heat map needs at least one cell, got none")
    return {place: sum(values) / len(values) for place, values in accuracies.items()}
