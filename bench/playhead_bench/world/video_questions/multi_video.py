"""Questions about several videos: in which of them something is, and in how many."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from playhead_bench.world.clip_wordings import VERBS, third_person
from playhead_bench.world.random_scene import Pair
from playhead_bench.world.video_questions.draft import QuestionDraft
from playhead_bench.world.video_questions.event_table import UNAMBIGUOUS_ACTIONS, EventTable
from playhead_bench.world.video_questions.question import QuestionModality
from playhead_bench.world.video_questions.speech_and_screen import short_writings
from playhead_bench.world.video_questions.wordings import Phrasing

SEVERAL, NONE = "in several of them", "in none of them"


@dataclass(frozen=True, slots=True)
class MultiVideoContext:
    """What a kind of question about several videos is given.

    Args:
        tables: of each video, by its name.
        say: puts it into words.
        rng: the random generator.
        pairs: the pairs of colour and kind that may be spoken of.
    """

    tables: Mapping[str, EventTable]
    say: Phrasing
    rng: Random
    pairs: tuple[Pair, ...]

    def which(
        self, text: str, rows: dict[str, list[int]], senses: tuple[QuestionModality, ...]
    ) -> Iterator[QuestionDraft]:
        """A question for the one video that has something; nothing where several have it."""
        if len(rows) == 1:
            ((name, found),) = rows.items()
            wrong = ([other for other in self.tables if other != name], [SEVERAL, NONE])
            yield QuestionDraft(
                text,
                name,
                wrong=wrong,
                modalities=senses,
                evidence_by_video=tuple((name, row) for row in found),
            )


MakerOver = Callable[[MultiVideoContext], Iterator[QuestionDraft]]


def in_which(context: MultiVideoContext) -> Iterator[QuestionDraft]:
    """Asks `In which video does the red star jump?`."""
    labels = sorted({label for table in context.tables.values() for label in table.visible})
    for label in labels:
        for kind in UNAMBIGUOUS_ACTIONS:
            rows = {
                name: actions
                for name, table in context.tables.items()
                if (actions := table.actions_of(label, kind))
            }
            text = context.say("in_which", label=label, verb=VERBS[kind], does=third_person(VERBS[kind]))
            yield from context.which(text, rows, ("picture",))


def in_which_seen(context: MultiVideoContext) -> Iterator[QuestionDraft]:
    """Asks `In which video is there a red star?`."""
    for label in sorted({label for table in context.tables.values() for label in table.visible}):
        rows = {
            name: table.visible[label] for name, table in context.tables.items() if label in table.visible
        }
        yield from context.which(context.say("in_which_seen", label=label), rows, ("picture",))


def in_which_spoken(context: MultiVideoContext) -> Iterator[QuestionDraft]:
    """Asks `In which video is it said that ...?`."""
    for text, rows in _by_text(context, lambda table: table.spoken, lambda text: text.rstrip(".")).items():
        yield from context.which(context.say("in_which_said", said=text), rows, ("speech",))


def in_which_written(context: MultiVideoContext) -> Iterator[QuestionDraft]:
    """Asks `In which video is EXIT 12 written?`."""
    for text, rows in _by_text(context, short_writings, lambda text: ", ".join(text.split("\n"))).items():
        yield from context.which(context.say("in_which_written", said=text), rows, ("screen",))


def count_videos(context: MultiVideoContext) -> Iterator[QuestionDraft]:
    """Asks `In how many of the videos is there a red star?`."""
    for colour, shape in context.pairs:
        label = f"{colour} {shape}"
        rows = [(name, row) for name, table in context.tables.items() for row in table.visible.get(label, ())]
        count = len({name for name, _ in rows})
        nearby = [str(n) for n in range(max(0, count - 3), count + 4)]
        yield QuestionDraft(
            context.say("count_videos", label=label),
            str(count),
            wrong=(nearby,),
            evidence_by_video=tuple(rows),
        )


def absent_over(context: MultiVideoContext) -> Iterator[QuestionDraft]:
    """Asks `In which video is there a red star?` where none has one."""
    seen = {label for table in context.tables.values() for label in table.visible}
    for colour, shape in context.pairs:
        if (label := f"{colour} {shape}") not in seen:
            wrong = (list(context.tables), [SEVERAL])
            yield QuestionDraft(context.say("in_which_seen", label=label), None, wrong=wrong, why="absent")


def _by_text(
    context: MultiVideoContext, rows_of: Callable[[EventTable], list[int]], text_of: Callable[[str], str]
) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for name, table in context.tables.items():
        for row in rows_of(table):
            found[text_of(table.event(row).text)][name].append(row)
    return found
