"""Chooses drafts and makes questions of them, balanced over answers and positions of the right option."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from random import Random

from playhead_bench.world.video_questions.draft import QuestionDraft, has_options, options_of
from playhead_bench.world.video_questions.event_table import EventTable
from playhead_bench.world.video_questions.question import EventReference, WorldQuestion


def positions(rng: Random) -> Iterator[int]:
    """Positions for the right option, each of the four equally often."""
    while True:
        yield from rng.sample(range(4), 4)


def deal(
    kind: str,
    drafts: list[QuestionDraft],
    max_questions: int,
    places: Iterator[int],
    rng: Random,
    tables: Mapping[str, EventTable],
    videos: tuple[str, ...],
) -> list[WorldQuestion]:
    """Up to `max_questions` of one kind, no two with the same text, balanced over answers.

    Args:
        kind: of the drafts.
        drafts: any number.
        max_questions: questions.
        places: of the right options, in the order in which they are used.
        rng: the random generator.
        tables: of each video that evidence may lie in.
        videos: that the questions are about.
    """
    found: list[WorldQuestion] = []
    texts: set[str] = set()
    for draft in _interleave_answers(drafts, rng):
        if len(found) == max_questions:
            break
        if draft.text in texts or not has_options(draft):
            continue
        texts.add(draft.text)
        options, right = options_of(draft, rng, next(places))
        id_ = f"{'+'.join(videos)}/{kind}/{len(found)}"
        found.append(make_question(id_, kind, draft, options, right, tables, videos))
    return found


def _interleave_answers(drafts: list[QuestionDraft], rng: Random) -> Iterator[QuestionDraft]:
    """Drafts in any order, one of each answer before a second one of any."""
    groups: dict[str, list[QuestionDraft]] = {}
    for draft in rng.sample(drafts, len(drafts)):
        groups.setdefault(draft.answer or "", []).append(draft)
    for turn in zip_longest(*groups.values()):
        yield from (draft for draft in turn if draft is not None)


def make_question(
    id_: str,
    kind: str,
    draft: QuestionDraft,
    options: tuple[str, ...],
    right: int,
    tables: Mapping[str, EventTable],
    videos: tuple[str, ...],
) -> WorldQuestion:
    """A draft as a question with its options, evidence and windows."""
    rows = draft.evidence_by_video or tuple((videos[0], row) for row in draft.evidence)
    evidence = tuple(
        EventReference(name, row, tables[name].event(row).kind, tables[name].window(row))
        for name, row in rows
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
        draft.modalities,
        not draft.why,
        draft.why,
        draft.labels(),
        tables[videos[0]].story.duration_s if len(videos) == 1 else None,
    )
