"""`ask` and `ask_over`: every kind of question about one video or several, as many of each."""

from collections.abc import Iterable, Mapping
from random import Random

from playhead_bench.world.asking import across, hops, missing, senses, things, times
from playhead_bench.world.asking.deal import deal, positions
from playhead_bench.world.asking.draft import Draft, Maker, QuestionContext
from playhead_bench.world.asking.question import WorldQuestion
from playhead_bench.world.asking.table import EventTable
from playhead_bench.world.asking.words import Phrasing
from playhead_bench.world.script import Story
from playhead_bench.world.stage import HELD_OUT, Pair, Part, SplitMode, pairs_of
from playhead_bench.world.wander import part_of

KINDS: dict[str, Maker] = {
    "what": things.what, "which": things.which, "where": things.where, "when": things.when,
    "yes_no": things.yes_no, "exists": things.exists, "count": things.count, "partner": things.partner,
    "duration": things.duration, "longest": things.longest,
    "first": times.first, "last": times.last, "nth": times.nth, "before": times.before, "after": times.after,
    "between": times.between, "during": times.during, "order": times.order,
    "said": senses.spoken_fact, "written": senses.written_fact, "when_said": senses.when_spoken,
    "first_said": senses.first_spoken, "last_said": senses.last_spoken, "count_said": senses.count_spoken,
    "said_while": senses.spoken_while, "acts_while_said": senses.acts_while_spoken,
    "place_while_said": senses.place_while_spoken, "written_while": senses.written_while,
    "written_while_said": senses.written_while_spoken,
    "hop_colour": hops.hop_colour, "hop_later": hops.hop_later, "hop_place": hops.hop_place,
    "absent": missing.is_absent, "false_premise": missing.false_premise, "not_visible": missing.not_visible,
}  # fmt: skip
"""The kinds of question about one video."""
HELD_OUT_LABELS = frozenset(f"{colour} {shape}" for colour, shape in HELD_OUT)


def ask(
    story: Story,
    *,
    part: Part = "test",
    mode: SplitMode = "iid",
    per_kind: int = 4,
    seed: int = 0,
    kinds: Iterable[str] = tuple(KINDS),
) -> list[WorldQuestion]:
    """Questions about one video: up to `per_kind` of each kind, the answers of a kind spread evenly.

    Args:
        story: the video.
        part: of the data; a random video must be of that part.
        mode: in `compositional`, dev and test ask only about objects of `HELD_OUT`, in the held-out
            wordings; training never names such an object nor uses such a wording.
        per_kind: fewer where the video does not have as many.
        seed: other questions and other options for another seed.
        kinds: which, of `KINDS`.

    Raises:
        ValueError: a random video of another part.
    """
    if story.name.startswith("wander_") and part_of(story) != part:
        raise ValueError(f"{story.name} belongs to the {part_of(story)} part, asked for {part}")
    rng = Random(f"ask/{story.name}/{story.seed}/{part}/{mode}/{seed}")
    table = EventTable(story, story.name)
    context = QuestionContext(table, Phrasing(rng, mode, part == "train"), rng, _speakable(part, mode))
    found: list[WorldQuestion] = []
    places = positions(rng)
    for kind in kinds:
        drafts = [draft for draft in KINDS[kind](context) if _allowed(draft, part, mode)]
        found += deal(kind, drafts, per_kind, places, rng, {table.name: table}, (table.name,))
    return found


OVER_KINDS: dict[str, across.MakerOver] = {
    "in_which": across.in_which, "in_which_seen": across.in_which_seen,
    "in_which_said": across.in_which_spoken,
    "in_which_written": across.in_which_written, "count_videos": across.count_videos,
    "absent_over": across.absent_over,
}  # fmt: skip
"""The kinds of question about several videos."""


def ask_over(
    stories: Mapping[str, Story],
    *,
    part: Part = "test",
    mode: SplitMode = "iid",
    per_kind: int = 4,
    seed: int = 0,
) -> list[WorldQuestion]:
    """Questions about several videos together; in all else as `ask`.

    Args:
        stories: the videos by the names that questions and answers use, two or more.
        part: of the data.
        mode: how the parts are split.
        per_kind: questions of each kind.
        seed: others for another one.

    Raises:
        ValueError: fewer than two videos.
    """
    if len(stories) < 2:
        raise ValueError(f"expected two videos or more, got {len(stories)}")
    rng = Random(f"over/{'/'.join(stories)}/{part}/{mode}/{seed}")
    tables = {name: EventTable(story, name) for name, story in stories.items()}
    context = across.MultiVideoContext(
        tables, Phrasing(rng, mode, part == "train"), rng, _speakable(part, mode)
    )
    found: list[WorldQuestion] = []
    places = positions(rng)
    for kind, make in OVER_KINDS.items():
        drafts = [draft for draft in make(context) if _allowed(draft, part, mode)]
        found += deal(kind, drafts, per_kind, places, rng, tables, tuple(stories))
    return found


def _speakable(part: Part, mode: SplitMode) -> tuple[Pair, ...]:
    """The pairs of which questions may speak."""
    return HELD_OUT if mode == "compositional" and part != "train" else pairs_of(part, mode)


def _allowed(draft: Draft, part: Part, mode: SplitMode) -> bool:
    """Whether a question may be asked in a part: the compositional test is about held-out objects alone."""
    if mode == "iid":
        return True
    held = [label in HELD_OUT_LABELS for label in draft.labels()]
    return not any(held) if part == "train" else all(held)
