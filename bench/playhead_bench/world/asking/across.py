"""Questions about several videos: in which of them something is, and in how many."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from playhead_bench.world.asking.draft import Draft
from playhead_bench.world.asking.question import Sense
from playhead_bench.world.asking.senses import short
from playhead_bench.world.asking.table import SPOT, Table
from playhead_bench.world.asking.words import Say
from playhead_bench.world.phrases import VERBS, third_person
from playhead_bench.world.stage import Pair

SEVERAL, NONE = "in several of them", "in none of them"


@dataclass(frozen=True, slots=True)
class AskOver:
    """What a kind of question about several videos is given.

    Args:
        tables: of each video, by its name.
        say: puts it into words.
        rng: the dice.
        pairs: the pairs of colour and kind that may be spoken of.
    """

    tables: Mapping[str, Table]
    say: Say
    rng: Random
    pairs: tuple[Pair, ...]

    def which(self, text: str, rows: dict[str, list[int]], senses: tuple[Sense, ...]) -> Iterator[Draft]:
        """A question for the one video that has something; nothing where several have it."""
        if len(rows) == 1:
            ((name, found),) = rows.items()
            wrong = ([other for other in self.tables if other != name], [SEVERAL, NONE])
            yield Draft(text, name, wrong=wrong, senses=senses, over=tuple((name, row) for row in found))


MakerOver = Callable[[AskOver], Iterator[Draft]]


def in_which(ask: AskOver) -> Iterator[Draft]:
    """In which video does the red star jump?"""
    labels = sorted({label for table in ask.tables.values() for label in table.shown})
    for label in labels:
        for kind in SPOT:
            rows = {name: deeds for name, table in ask.tables.items() if (deeds := table.deeds(label, kind))}
            text = ask.say("in_which", label=label, verb=VERBS[kind], does=third_person(VERBS[kind]))
            yield from ask.which(text, rows, ("picture",))


def in_which_seen(ask: AskOver) -> Iterator[Draft]:
    """In which video is there a red star?"""
    for label in sorted({label for table in ask.tables.values() for label in table.shown}):
        rows = {name: table.shown[label] for name, table in ask.tables.items() if label in table.shown}
        yield from ask.which(ask.say("in_which_seen", label=label), rows, ("picture",))


def in_which_said(ask: AskOver) -> Iterator[Draft]:
    """In which video is it said that ...?"""
    for text, rows in _by_text(ask, lambda table: table.spoken, lambda text: text.rstrip(".")).items():
        yield from ask.which(ask.say("in_which_said", said=text), rows, ("speech",))


def in_which_written(ask: AskOver) -> Iterator[Draft]:
    """In which video is EXIT 12 written?"""
    for text, rows in _by_text(ask, short, lambda text: ", ".join(text.split("\n"))).items():
        yield from ask.which(ask.say("in_which_written", said=text), rows, ("screen",))


def count_videos(ask: AskOver) -> Iterator[Draft]:
    """In how many of the videos is there a red star?"""
    for colour, shape in ask.pairs:
        label = f"{colour} {shape}"
        rows = [(name, row) for name, table in ask.tables.items() for row in table.shown.get(label, ())]
        many = len({name for name, _ in rows})
        near = [str(n) for n in range(max(0, many - 3), many + 4)]
        yield Draft(ask.say("count_videos", label=label), str(many), wrong=(near,), over=tuple(rows))


def absent_over(ask: AskOver) -> Iterator[Draft]:
    """In which video is there a red star? Where none has one."""
    seen = {label for table in ask.tables.values() for label in table.shown}
    for colour, shape in ask.pairs:
        if (label := f"{colour} {shape}") not in seen:
            wrong = (list(ask.tables), [SEVERAL])
            yield Draft(ask.say("in_which_seen", label=label), None, wrong=wrong, why="absent")


def _by_text(
    ask: AskOver, rows_of: Callable[[Table], list[int]], said: Callable[[str], str]
) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for name, table in ask.tables.items():
        for row in rows_of(table):
            found[said(table.of(row).text)][name].append(row)
    return found
