"""Needles in haystacks: one scene that a question is about, hidden at a depth of hours of wandering.

After Kamradt's test of long contexts (2023) and its video twin (Zhao et al., 2024, arXiv:2406.09367): the
needle's subject is nowhere else in the video, while its likes are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from playhead_bench.world.asking.deal import posed
from playhead_bench.world.asking.draft import Draft, options_of
from playhead_bench.world.asking.question import WorldQuestion
from playhead_bench.world.asking.table import Table, does
from playhead_bench.world.asking.words import Say
from playhead_bench.world.lore import KEPT_BACK, TOPICS, tales
from playhead_bench.world.outlines import NEVER_TURNED
from playhead_bench.world.pace import snap
from playhead_bench.world.phrases import VERBS, third_person
from playhead_bench.world.script import Action, Fact, Line, Scene, Story, Thing, Writing
from playhead_bench.world.stage import COLUMNS, PAIRS, ROWS, Pair, random_scene
from playhead_bench.world.walk import ENCORES
from playhead_bench.world.wander import SPEAKER, wander
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
LEAST_S = 6.0


def needle_story(
    kind: NeedleKind, depth: float, haystack_minutes: float, needle_s: float = 8.0, seed: int = 0
) -> tuple[Story, WorldQuestion]:
    """A wandering with one more scene in it, and the question that only this scene answers.

    Args:
        kind: a `thing` that acts, a `card` with a code, or a sentence of `speech`.
        depth: where the scene is put, 0 at the start and 1 at the end of the haystack; at the cut that is
            nearest.
        haystack_minutes: of wandering around it.
        needle_s: how long the scene is, at least `LEAST_S`.
        seed: of the haystack and of the needle.

    Raises:
        ValueError: a depth outside [0, 1] or a needle too short.
    """
    if not 0 <= depth <= 1 or needle_s < LEAST_S:
        raise ValueError(
            f"expected a depth from 0 to 1 and {LEAST_S} s or more, got {depth = }, {needle_s = }"
        )
    rng = Random(f"needle/{kind}/{seed}")
    pair = rng.choice(PAIRS)
    hay = wander(seed, haystack_minutes, without=(pair,) if kind == "thing" else ())
    cuts_s = [0.0, *(scene.window.end_s for scene in hay.scenes)]
    start_s = min(cuts_s, key=lambda cut_s: abs(cut_s - depth * hay.duration_s))
    window = Window(start_s, start_s + snap(needle_s))
    name = f"needle_{kind}_{seed}_{hay.duration_s:g}s_{depth:g}"
    story = _put_in(replace(hay, name=name), *_needle(rng, kind, window, pair))
    return story, _question(rng, kind, story, window)


def _needle(
    rng: Random, kind: NeedleKind, window: Window, pair: Pair
) -> tuple[Scene, Line | None, Fact | None]:
    """An empty place with the needle in it, the line that is spoken there, and what either tells."""
    empty = replace(random_scene(rng, window, most=0), writings=())
    if kind == "thing":
        return replace(empty, things=(_acting(rng, window, pair),)), None, None
    if kind == "card":
        code = f"{rng.choice(CODE_WORDS)} {rng.randint(100, 999)}"
        card = Writing("card", ("The code is", code), window, (0.5, 0.5), 0.16, "white")
        return replace(empty, writings=(card,)), None, Fact("What is the code on the card?", code, card.text)
    tale = next(tales(rng, KEPT_BACK))
    start_s = window.start_s + 1.0
    line = Line(Window(start_s, min(window.end_s, start_s + 4.0)), SPEAKER, tale.spoken)
    return empty, line, tale.fact(written=False)


def _acting(rng: Random, window: Window, pair: Pair) -> Thing:
    kind = rng.choice([k for k in ENCORES if k != "spin" or pair[1] not in NEVER_TURNED])
    at, (lasts_s, scale) = (rng.choice(COLUMNS), rng.choice(ROWS)), ENCORES[kind]
    start_s = snap(window.start_s + (window.duration_s - lasts_s) / 2)
    return Thing(
        pair[1], pair[0], 0.28, at, (Action(kind, Window(start_s, start_s + lasts_s), at, at, scale),)
    )


def _put_in(hay: Story, scene: Scene, line: Line | None, fact: Fact | None) -> Story:
    """The story with one more scene; what comes after is later, a line over the cut is left out."""
    cut_s, by_s = scene.window.start_s, scene.window.duration_s
    before = [one for one in hay.scenes if one.window.end_s <= cut_s]
    after = [later(one, by_s) for one in hay.scenes[len(before) :]]
    said = [one for one in hay.lines if one.window.end_s <= cut_s]
    then = [later(one, by_s) for one in hay.lines if one.window.start_s >= cut_s]
    spoken = (*said, *([line] if line else []), *then)
    facts = (*([fact] if fact else []), *hay.facts)
    return replace(hay, scenes=(*before, scene, *after), lines=spoken, facts=facts)


def _question(rng: Random, kind: NeedleKind, story: Story, window: Window) -> WorldQuestion:
    table = Table(story, story.name)
    wanted = {"thing": table.acts, "card": table.written, "speech": table.spoken}[kind]
    (row,) = (i for i in wanted if table.window(i).overlap_s(window) > 0)
    draft = _of_thing(rng, table, row) if kind == "thing" else _of_fact(rng, table, row)
    options, right = options_of(draft, rng, rng.randrange(4))
    kind_name = f"needle_{kind}"
    return posed(
        f"{story.name}/{kind_name}", kind_name, draft, options, right, {table.name: table}, (table.name,)
    )


def _of_thing(rng: Random, table: Table, row: int) -> Draft:
    event = table.of(row)
    wrong = [f"it {third_person(VERBS[kind])}" for kind in ENCORES if kind != event.kind]
    return Draft(Say(rng, "iid", False)("what", label=event.what), f"it {does(event)}", (row,), (wrong,))


def _of_fact(rng: Random, table: Table, row: int) -> Draft:
    """A question for what is written or said; among the wrong answers are other values and other cards."""
    event, fact = table.of(row), table.story.facts[0]
    if event.kind == "spoken":
        values = next(list(topic.values) for topic in TOPICS if fact.answer in topic.values)
        return Draft(fact.question, fact.answer, (row,), (values,), ("speech",))
    codes = [f"{word} {rng.randint(100, 999)}" for word in CODE_WORDS if word not in fact.answer]
    cards = [
        table.of(i).text.split("\n")[-1] for i in table.written if table.of(i).what == "card" and i != row
    ]
    return Draft(fact.question, fact.answer, (row,), (codes[:2], cards, codes), ("screen",))


def later(value: T, by_s: float) -> T:
    """The same record with every window in it later by so many seconds."""
    moved: T = _later(value, by_s)
    return moved


def _later(value: Any, by_s: float) -> Any:
    if isinstance(value, Window):
        return value.shifted(by_s)
    if is_dataclass(value):
        kind: Any = type(value)
        return kind(**{part.name: _later(getattr(value, part.name), by_s) for part in fields(value)})
    if isinstance(value, tuple):
        return tuple(_later(part, by_s) for part in value)
    return value


@dataclass(frozen=True, slots=True)
class Cell:
    """How well needles are found at one depth of one length.

    Args:
        minutes: of the haystack.
        depth: from 0 to 1.
        accuracy: share of the questions that are answered right; of one question 0 or 1.
    """

    minutes: float
    depth: float
    accuracy: float


def heat_map(cells: Iterable[Cell], path: Path | str, title: str = "Needles found") -> Path:
    """Writes a PNG of the mean accuracy at each depth (downwards) and length (to the right), and its path.

    Args:
        cells: any number, those of one depth and length averaged; a place without any stays grey.
        path: of the picture.
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
    picture = axes.imshow(grid, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(minutes)), [f"{m:g}" for m in minutes])
    axes.set_yticks(range(len(depths)), [f"{d:.0%}" for d in depths])
    axes.set(xlabel="length of the haystack (minutes)", ylabel="depth of the needle", title=title)
    for (row, column), mean in np.ndenumerate(grid):
        if not np.isnan(mean):
            axes.text(
                column, row, f"{mean:.0%}", ha="center", va="center", color="white" if mean > 0.6 else "0.15"
            )
    figure.colorbar(picture, label="accuracy")
    figure.savefig(path, dpi=150)
    return Path(path)


def _means(cells: Iterable[Cell]) -> dict[tuple[float, float], float]:
    found: dict[tuple[float, float], list[float]] = {}
    for cell in cells:
        found.setdefault((cell.minutes, cell.depth), []).append(cell.accuracy)
    if not found:
        raise ValueError("a heat map needs at least one cell, got none")
    return {place: sum(values) / len(values) for place, values in found.items()}
