"""Caption everything, then answer from the captions alone (LLoVi: Zhang et al., 2023, arXiv:2312.17235).

Every segment is shown to the answerer once and described; questions are then answered from the words. Where
LLoVi asks a large language model, here a multiple choice is answered by the words themselves, because the
answerer need not be good at reading: the option that the captions nearest to the question speak of, and no
other. An open question is asked by words alone, with those captions written before it.
"""

from collections.abc import Sequence

from playhead_agent.baselines.words import nearest, spoken_of
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.asking import read_reply
from playhead_bench.evaluate.strategies.desk import Call, Desk, Needs, Outcome, OutcomeStatus, Place
from playhead_index.window import Window
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
        near = nearest(sample.question, captions, _text)
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


def _by_words(
    sample: Sample, near: Sequence[Captioned], found: tuple[Place, ...], prepared: tuple[Call, ...]
) -> Outcome:
    """The option that the first caption to speak of any speaks of; declined when none or several are."""
    told = spoken_of(sample.options, near, _text)
    if told is not None:
        (place, text), choice = told
        status: OutcomeStatus = "abstained" if choice is None else "answered"
        return Outcome(status, text, choice, (), found, prepared, cited=(place,))
    return Outcome("abstained", "", None, (), found, prepared, cited=())


def _text(caption: Captioned) -> str:
    return caption[1]


CAPTIONS = Captions()
