"""The product's own agent, asked as a person asks it."""

from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.desk import Desk, Needs, Outcome, OutcomeStatus
from playhead_tools.replies import normalised, says


class Agent:
    """`Library.ask`, which chooses for itself what it looks at.

    It is not told the options. Its answer is a sentence, so an option counts as chosen when the sentence
    holds its words and those of no other option, and an open answer is right when the sentence holds it.
    """

    name = "agent"
    needs: Needs = "library"

    def answer(self, sample: Sample, desk: Desk) -> Outcome:
        """The agent's answer, its citations as what it found."""
        answer, cited = desk.search.ask(sample.question, sample.video_ids)
        calls = int(answer.cost.get("model_calls", 0))
        if answer.status == "abstained":
            return Outcome("abstained", answer.text, found=tuple(cited), model_calls=calls)
        choice = named_option(answer.text, sample.options)
        unread = bool(sample.options) and choice is None
        status: OutcomeStatus = "unparsed" if unread else "answered"
        return Outcome(status, answer.text, choice, (), tuple(cited), (), True, calls)


def named_option(sentence: str, options: tuple[str, ...]) -> int | None:
    """The one option whose words a sentence holds; None for none or several.

    An option that is a part of another one that is held does not count: of `star` and `red star` a sentence
    about the red star holds the latter.
    """
    held = [i for i, option in enumerate(options) if says(sentence, option)]
    whole = [i for i in held if not any(i != j and _is_part(options[i], options[j]) for j in held)]
    return whole[0] if len(whole) == 1 else None


def _is_part(short: str, long: str) -> bool:
    return normalised(short) != normalised(long) and says(long, short)


AGENT = Agent()
