"""`ask` and `ask_over`: every kind of question about one video or several, as many of each."""

from collections.abc import Iterable, Mapping
from random import Random

from playhead_bench.world.random_scene import HELD_OUT, Pair, Part, SplitMode, pairs_of
from playhead_bench.world.random_video import part_of
from playhead_bench.world.story import Story
from playhead_bench.world.video_questions import (
    event_order,
    multi_hop,
    multi_video,
    single_object,
    speech_and_screen,
    unanswerable,
)
from playhead_bench.world.video_questions.balanced_choice import deal, positions
from playhead_bench.world.video_questions.draft import Maker, QuestionContext, QuestionDraft
from playhead_bench.world.video_questions.event_table import EventTable
from playhead_bench.world.video_questions.question import WorldQuestion
from playhead_bench.world.video_questions.wordings import Phrasing

KINDS: dict[str, Maker] = {
    "what": single_object.what,
    "which": single_object.which,
    "where": single_object.where,
    "when": single_object.when,
    "yes_no": single_object.yes_no,
    "exists": single_object.exists,
    "count": single_object.count,
    "partner": single_object.partner,
    "duration": single_object.duration,
    "longest": single_object.longest,
    "first": event_order.first,
    "last": event_order.last,
    "nth": event_order.nth,
    "before": event_order.before,
    "after": event_order.after,
    "between": event_order.between,
    "during": event_order.during,
    "order": event_order.order,
    "said": speech_and_screen.spoken_fact,
    "written": speech_and_screen.written_fact,
    "when_said": speech_and_screen.when_spoken,
    "first_said": speech_and_screen.first_spoken,
    "last_said": speech_and_screen.last_spoken,
    "count_said": speech_and_screen.count_spoken,
    "said_while": speech_and_screen.spoken_while,
    "acts_while_said": speech_and_screen.acts_while_spoken,
    "place_while_said": speech_and_screen.place_while_spoken,
    "written_while": speech_and_screen.written_while,
    "written_while_said": speech_and_screen.written_while_spoken,
    "hop_colour": multi_hop.hop_colour,
    "hop_later": multi_hop.hop_later,
    "hop_place": multi_hop.hop_place,
    "absent": unanswerable.is_absent,
    "false_premise": unanswerable.false_premise,
    "not_visible": unanswerable.not_visible,
}
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


OVER_KINDS: dict[str, multi_video.MakerOver] = {
    "in_which": multi_video.in_which, "in_which_seen": multi_video.in_which_seen,
    "in_which_said": multi_video.in_which_spoken,
    "in_which_written": multi_video.in_which_written, "count_videos": multi_video.count_videos,
    "absent_over": multi_video.absent_over,
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
    context = multi_video.MultiVideoContext(
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


def _allowed(draft: QuestionDraft, part: Part, mode: SplitMode) -> bool:
    """Whether a question may be asked in a part: the compositional test is about held-out objects alone."""
    if mode == "iid":
        return True
    held = [label in HELD_OUT_LABELS for label in draft.labels()]
    return not any(held) if part == "train" else all(held)
