"""The product asked as a person asks it: its agent, other settings of it, and its plainer baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from playhead_agent.strategies import BASELINES
from playhead_bench.evaluate.product import Way
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.session import Desk, Needs, Outcome, OutcomeStatus
from playhead_bench.synthetic_planner import rules
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.parse_response import is_abstention, normalised

RANKED = 10
"""Depth to which the ranking of a search is measured."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The product, which chooses for itself what it looks at.

    The agent's citations are those that it calls verified; a baseline verifies nothing, so all of its count.
    Of a multiple choice the answer's own choice counts: choosing to decline is declining, and no choice
    cannot be read. An open answer is right when its sentence holds the gold answer.

    Args:
        name: what it is called.
        way: how the product is asked.
        needs: what must be there.
        num_ranked: so many moments of the product's search for the question count as found, to measure its
            ranking; 0 for the windows that the answer names.
    """

    name: str
    way: Way = field(default_factory=Way)
    needs: Needs = "library"
    num_ranked: int = 0

    def answer(self, sample: Sample, session: Desk) -> Outcome:
        """The product's answer, its citations as what it found."""
        replied = session.search.ask(sample.question, sample.video_ids, sample.options, self.way)
        answer, cost = replied.answer, cost_of(replied.answer)
        choice = chosen(answer, sample.options)
        cited = found = replied.found
        if not self.way.is_baseline:
            cited = replied.cited
        elif self.num_ranked:
            found = tuple(session.search.moments(sample.question, sample.video_ids, self.num_ranked))
        return Outcome(
            standing(answer, sample.options, choice), answer.text, choice, replied.calls, found,
            is_sentence=True, model_calls=int(cost["model_calls"] - cost["looks"]), cited=cited,
            confidence=answer.confidence, cost=cost, spared_s=replied.spared_s,
        )  # fmt: skip


def standing(answer: Answer, options: Sequence[str], choice: int | None) -> OutcomeStatus:
    """Whether an answer answers, declines, or chooses none of the options that it was given."""
    if answer.status == "abstained" or (choice is not None and is_abstention(options[choice])):
        return "abstained"
    return "unparsed" if options and choice is None else "answered"


def chosen(answer: Answer, options: Sequence[str]) -> int | None:
    """The option of an answer: its choice, else the one option that its text is, word for word."""
    if answer.choice is not None or not options:
        return answer.choice
    same = [i for i, option in enumerate(options) if normalised(option) == normalised(answer.text)]
    return same[0] if len(same) == 1 else None


def cost_of(answer: Answer) -> dict[str, float]:
    """Looks, frames, visual tokens and calls of any model, as an answer tells them.

    The product counts the calls of its chat model apart from its looks; here a look is a call too.
    """
    cost = {name: answer.cost.get(name, 0) for name in ("looks", "frames", "visual_tokens", "model_calls")}
    return {**cost, "model_calls": cost["model_calls"] + cost["looks"]}


AGENT = Asking("agent")
AGENT_WORDS = Asking("agent-words", Way(looks=False))
ABLATIONS = tuple(
    one
    for one in (
        Asking("agent-no-critic", Way(switches=(("rules", rules(critic=False)),))),
        Asking("agent-no-algebra", Way(switches=(("rules", rules(algebra=False)),))),
        Asking("agent-no-pictures", Way(pictures=False)),
        Asking("agent-quarter-tokens", Way(keep_tokens=0.25)),
    )
    if one.way.possible
)
"""The agent without one of its parts, where it can be asked without it, and with the compression that it can
be given: a look keeps the quarter of its visual tokens that its question needs, where the agent keeps all."""
BASES = tuple(
    Asking(name, Way(name), num_ranked=RANKED if name == "retrieve-once" else 0) for name in BASELINES
)
"""The product's own baselines, under their own names."""
