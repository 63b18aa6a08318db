"""The caption that agrees best with other samples, and its score."""

from playhead_tools.captions.agreement import best_sample
from playhead_tools.captions.caption import Caption

DOG, DOG_AWAY, CAT = Caption("A dog runs."), Caption("The dog runs away."), Caption("A cat sleeps.")


def test_samples_that_say_the_same_agree_fully() -> None:
    assert best_sample([DOG, DOG, DOG], 3) == (DOG, 1.0)


def test_the_sample_that_recurs_most_is_taken() -> None:
    assert best_sample([CAT, DOG_AWAY, DOG], 3) == (DOG, 0.5)


def test_samples_that_share_nothing_agree_not_at_all() -> None:
    found = best_sample([CAT, DOG], 2)
    assert found is not None
    assert found[1] == 0.0


def test_a_sample_that_does_not_hold_lowers_the_agreement() -> None:
    assert best_sample([DOG, None, DOG], 3) == (DOG, 0.5)
    assert best_sample([DOG, None, None], 3) == (DOG, 0.0)
    assert best_sample([None, None], 2) is None
