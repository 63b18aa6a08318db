"""Medical tests with whole numbers of people, so that what a lecturer says can be checked by counting."""

from dataclasses import dataclass
from random import Random

PEOPLE = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """A test for a disease, counted out for 10 000 people.

    Args:
        one_in: one person in this many is sick; divides 10 000.
        sensitivity_pct: of the sick, the percentage with a positive test.
        false_positive_pct: of the healthy, the percentage with a positive test.

    >>> Case(100, 90, 9).posterior
    '9.2%'
    """

    one_in: int
    sensitivity_pct: int
    false_positive_pct: int

    @property
    def sick(self) -> int:
        """Sick people."""
        return PEOPLE // self.one_in

    @property
    def healthy(self) -> int:
        """Healthy people."""
        return PEOPLE - self.sick

    @property
    def found(self) -> int:
        """Sick people with a positive test."""
        return self.sick * self.sensitivity_pct // 100

    @property
    def alarms(self) -> int:
        """Healthy people with a positive test."""
        return self.healthy * self.false_positive_pct // 100

    @property
    def positive(self) -> int:
        """People with a positive test."""
        return self.found + self.alarms

    @property
    def prior(self) -> str:
        """Share of sick people, such as `1%`."""
        return f"{100 // self.one_in}%"

    @property
    def posterior(self) -> str:
        """Share of sick people among those with a positive test, by Bayes' rule, such as `9.2%`."""
        return f"{100 * self.found / self.positive:.1f}%"


def draw_case(rng: Random) -> Case:
    """A case in which every number of people is whole."""
    return Case(
        rng.choice([100, 50, 25, 20, 10]), rng.choice([70, 80, 90, 95]), rng.choice([4, 6, 8, 9, 11, 12])
    )
