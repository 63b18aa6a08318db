"""Drafts chosen and made into questions: answers in turns, right options in all places alike."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from random import Random

from playhead_bench.world.asking.draft import Draft, has_options, options_of
from playhead_bench.world.asking.question import Evidence, WorldQuestion
from playhead_bench.world.asking.table import Table


def positions(rng: Random) -> Iterator[int]:
    """Places for the right option, each of the four as often as the others."""
    while True:
        yield from rng.sample(range(4), 4)


def deal(
    kind: str,
    drafts: list[Draft],
    most: int,
    places: Iterator[int],
    rng: Random,
    tables: Mapping[str, Table],
    videos: tuple[str, ...],
) -> list[WorldQuestion]:
    """Up to so many questions of one kind, no two with the same text, answers taken in turns.

    Args:
        kind: of the drafts.
        drafts: any number.
        most: questions.
        places: of the right options, in the order in which they are used.
        rng: the dice.
        tables: of each video that evidence may lie in.
        videos: that the questions are about.
    """
    found: list[WorldQuestion] = []
    asked: set[str] = set()
    for draft in _in_turns(drafts, rng):
        if len(found) == most:
            break
        if draft.text in asked or not has_options(draft):
            continue
        asked.add(draft.text)
        options, right = options_of(draft, rng, next(places))
        id_ = f"{'+'.join(videos)}/{kind}/{len(found)}"
        found.append(posed(id_, kind, draft, options, right, tables, videos))
    return found


def _in_turns(drafts: list[Draft], rng: Random) -> Iterator[Draft]:
    """Drafts in any order, one of each answer before a second one of any."""
    groups: dict[str, list[Draft]] = {}
    for draft in rng.sample(drafts, len(drafts)):
        groups.setdefault(draft.fixed[draft.right] if draft.fixed else draft.answer or "", []).append(draft)
    for turn in zip_longest(*groups.values()):
        yield from (draft for draft in turn if draft is not None)


def posed(
    id_: str,
    kind: str,
    draft: Draft,
    options: tuple[str, ...],
    right: int,
    tables: Mapping[str, Table],
    videos: tuple[str, ...],
) -> WorldQuestion:
    """A draft as a question with its options, evidence and windows."""
    rows = draft.over or tuple((videos[0], row) for row in draft.evidence)
    evidence = tuple(
        Evidence(name, row, tables[name].of(row).kind, tables[name].window(row)) for name, row in rows
    )
    return WorldQuestion(
        id_,
        kind,
        draft.text,
        draft.answer,
        options,
        right,
        tuple(sorted({e.window for e in evidence})),
        evidence,
        videos,
        draft.senses,
        not draft.why,
        draft.why,
        draft.labels(),
        tables[videos[0]].story.duration_s if len(videos) == 1 else None,
    )
