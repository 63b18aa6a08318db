"""Strategies that run the product: its agent, ablations of it, and its baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from playhead_agent.strategies import BASELINES
from playhead_bench.evaluate.product_variants import ProductVariant
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.protocol import (
    EvaluationSession,
    Needs,
    OutcomeStatus,
    StrategyOutcome,
)
from playhead_bench.synthetic_planner import rules
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.parse_response import is_abstention, normalised

NUM_RANKED = 10
"""Depth to which the ranking of a search is measured."""


@dataclass(frozen=True, slots=True)
class ProductStrategy:
    """A variant of the product, which chooses its clips itself.

    The agent's citations are those that it calls verified; a baseline verifies nothing, so all of its count.
    Of a multiple choice the answer's own choice counts: choosing to decline is declining, and no choice
    cannot be read. An open answer is right when its sentence holds the gold answer.

    Args:
        name: what it is called.
        variant: strategy and settings of the product.
        needs: what must be there.
        num_ranked: so many moments of the product's search for the question count as found, to measure its
            ranking; 0 for the windows that the answer names.
    """

    name: str
    variant: ProductVariant = field(default_factory=ProductVariant)
    needs: Needs = "library"
    num_ranked: int = 0

    def answer(self, sample: Sample, session: EvaluationSession) -> StrategyOutcome:
        """The product's answer, its citations as what it found."""
        reply = session.search.ask(sample.question, sample.video_ids, sample.options, self.variant)
        answer, cost = reply.answer, cost_of(reply.answer)
        choice = choice_of(answer, sample.options)
        cited = found = reply.found
        if not self.variant.is_baseline:
            cited = reply.cited
        elif self.num_ranked:
            found = tuple(session.search.moments(sample.question, sample.video_ids, self.num_ranked))
        return StrategyOutcome(
            outcome_status(answer, sample.options, choice), answer.text, choice, reply.calls, found,
            is_sentence=True, model_calls=int(cost["model_calls"] - cost["looks"]), cited=cited,
            confidence=answer.confidence, cost=cost, cached_s=reply.cached_s,
        )  # fmt: skip


def outcome_status(answer: Answer, options: Sequence[str], choice: int | None) -> OutcomeStatus:
    """Whether an answer answers, declines, or chooses none of the options that it was given."""
    if answer.status == "abstained" or (choice is not None and is_abstention(options[choice])):
        return "abstained"
    return "unparsed" if options and choice is None else "answered"


def choice_of(answer: Answer, options: Sequence[str]) -> int | None:
    """The option of an answer: its choice, else the one option that its text is, word for word."""
    if answer.choice is not None or not options:
        return answer.choice
    equal = [i for i, option in enumerate(options) if normalised(option) == normalised(answer.text)]
    return equal[0] if len(equal) == 1 else None


def cost_of(answer: Answer) -> dict[str, float]:
    """Numbers of VLM calls, frames, visual tokens and model calls of an answer.

    The product counts the calls of its chat model apart from its VLM calls; here `model_calls` holds both.
    """
    cost = {name: answer.cost.get(name, 0) for name in ("looks", "frames", "visual_tokens", "model_calls")}
    return {**cost, "model_calls": cost["model_calls"] + cost["looks"]}


AGENT = ProductStrategy("agent")
AGENT_WORDS = ProductStrategy("agent-words", ProductVariant(uses_vlm=False))
ABLATIONS = tuple(
    one
    for one in (
        ProductStrategy("agent-no-critic", ProductVariant(switches=(("rules", rules(critic=False)),))),
        ProductStrategy("agent-no-algebra", ProductVariant(switches=(("rules", rules(algebra=False)),))),
        ProductStrategy("agent-no-pictures", ProductVariant(uses_picture_lane=False)),
        ProductStrategy("agent-quarter-tokens", ProductVariant(keep_ratio=0.25)),
    )
    if one.variant.is_available
)
"""Ablations: the agent without one of its parts, and with token compression to a quarter of the visual
tokens."""
PRODUCT_BASELINES = tuple(
    ProductStrategy(name, ProductVariant(name), num_ranked=NUM_RANKED if name == "retrieve-once" else 0)
    for name in BASELINES
)
"""The product's own baselines, under their own names."""
