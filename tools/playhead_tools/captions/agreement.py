"""The caption that agrees best with other samples of the same clip, and how far it does.

A caption of which much recurs when the model is asked again is more likely to be seen than made up
(SelfCheckGPT: Manakul et al., 2023, arXiv:2303.08896), and the sample that is nearest to all others is the
best one to take (minimum Bayes risk decoding: Eikema and Aziz, 2020, arXiv:2005.10283).
"""

from collections.abc import Sequence

from playhead_tools.captions.caption import Caption


def best_sample(samples: Sequence[Caption | None], num_asked: int) -> tuple[Caption, float] | None:
    """The sample that agrees best with the others, and its agreement; None where no sample holds.

    The agreement is the share of its content words that recur in another sample, the mean over the others. A
    sample that does not hold counts as one in which nothing recurs.

    Args:
        samples: of one clip; None for a reply that did not hold.
        num_asked: how many samples were requested, at least 2.

    >>> dog, cat = Caption("A dog runs."), Caption("A cat sleeps.")
    >>> best_sample([dog, cat, Caption("The dog runs away.")], 3)
    (Caption(text='A dog runs.', keywords=()), 0.5)
    """
    terms = [frozenset(() if sample is None else sample.terms) for sample in samples]
    best: tuple[Caption, float] | None = None
    for i, sample in enumerate(samples):
        if sample is None:
            continue
        shares = [
            len(terms[i] & other) / len(terms[i]) for j, other in enumerate(terms) if j != i and terms[i]
        ]
        agreement = sum(shares) / (num_asked - 1)
        if best is None or agreement > best[1]:
            best = sample, agreement
    return best
