"""Caption everything, then answer from the captions alone (LLoVi: Zhang et al., 2023, arXiv:2312.17235).

Every segment is shown to the answerer once and described; questions are then answered from the words. Where
LLoVi asks a large language model, here a multiple choice is answered by the words themselves, because the
answerer need not be good at reading: the option that the captions nearest to the question speak of, and no
other. An open question is asked by words alone, with those captions written before it.
"""

import re
from collections.abc import Sequence

from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.asking import read_reply
from playhead_bench.evaluate.strategies.desk import Call, Desk, Needs, Outcome, OutcomeStatus, Place
from playhead_index.search.stop_words import STOP_WORDS
from playhead_index.window import Window
from playhead_tools.replies import normalised, says
from playhead_tools.sampling import dense

DESCRIBE = "Describe the clip."
NEAREST = 4
"""Captions that are written before an open question."""

Captioned = tuple[Place, str]


class Captions:
    """Captions of every segment, and answers from them."""

    name = "captions"
    needs: Needs = "library"

    def answer(self, sample: Sample, desk: Desk) -> Outcome:
        """The answer of the captions; segments not yet described are described first."""
        prepared: list[Call] = []
        captions: list[Captioned] = []
        for video_id in sample.video_ids:
            if video_id not in desk.captions:
                prepared += _describe(video_id, desk)
            captions += [((video_id, window), text) for window, text in desk.captions[video_id]]
        near = nearest(sample.question, captions)
        found = tuple(place for place, _ in near)
        if not near:
            return Outcome("abstained", prepared=tuple(prepared), cited=())
        if sample.options:
            return _by_words(sample, near, found, tuple(prepared))
        lines = [f"{window.start_s:.1f} seconds: {text}" for (_, window), text in sorted(near[:NEAREST])]
        call = Call(None, desk.answerer.answer(None, "\n".join([*lines, sample.question])))
        read = read_reply(call.reply.text, sample)
        return Outcome(read.status, read.text, None, (call,), found, tuple(prepared), cited=found[:NEAREST])


def _describe(video_id: str, desk: Desk) -> list[Call]:
    whole, told, calls = desk.source.whole(video_id), list[tuple[Window, str]](), list[Call]()
    for segment in desk.search.segments(video_id):
        calls.append(desk.call(dense(video_id, segment, whole, desk.budget), DESCRIBE))
        told.append((segment, calls[-1].reply.text))
    desk.captions[video_id] = told
    return calls


def nearest(question: str, captions: Sequence[Captioned]) -> list[Captioned]:
    """Captions that share words with a question, those with most of them first, then in their order."""
    asked = content_words(question)
    shared = [len(asked & content_words(text)) for _, text in captions]
    order = sorted(range(len(captions)), key=lambda i: -shared[i])
    return [captions[i] for i in order if shared[i]]


def content_words(text: str) -> set[str]:
    """The words of a text that say something, an `s` at their end left out.

    >>> sorted(content_words("What does the red star do?"))
    ['red', 'star']
    """
    words = re.findall(r"\w+", normalised(text))
    return {word.removesuffix("s") for word in words if word not in STOP_WORDS} - _ASKING


_ASKING = {"what", "doe", "do", "which", "how", "many", "thing", "when", "where", "happen", "clip"}


def _by_words(
    sample: Sample, near: Sequence[Captioned], found: tuple[Place, ...], prepared: tuple[Call, ...]
) -> Outcome:
    """The option that the first caption to speak of any speaks of; declined when none or several are."""
    for place, text in near:
        spoken_of = [i for i, option in enumerate(sample.options) if says(text, option)]
        if spoken_of:
            choice = spoken_of[0] if len(spoken_of) == 1 else None
            status: OutcomeStatus = "abstained" if choice is None else "answered"
            return Outcome(status, text, choice, (), found, prepared, cited=(place,))
    return Outcome("abstained", "", None, (), found, prepared, cited=())


CAPTIONS = Captions()
