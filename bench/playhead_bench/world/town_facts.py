"""Facts about towns that do not exist, as spoken sentences, written notes and questions.

No model can know any of it from elsewhere, so an answer can only come from the video.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from playhead_bench.world.story import Fact
from playhead_bench.world.vocabulary import AnswerKind

STARTS = ("Nor", "East", "Wester", "Sund", "Alder", "Brack", "Cold", "Dun",
          "Elm", "Fal", "Grim", "Hol", "Ives", "Kel", "Lang", "Marl",
          "Oster", "Pen", "Quar", "Raven", "Stan", "Thorn", "Under", "Wyn")  # fmt: skip
ENDS = ("haven", "by", "ford", "mouth", "wick", "stead", "ness", "dale",
        "holm", "minster", "field", "port", "gate", "well", "moor", "cliff")  # fmt: skip
TOWNS: tuple[str, ...] = tuple(start + end for start, end in product(STARTS, ENDS))
SPOKEN_TOWNS = TOWNS[::5] + TOWNS[2::5] + TOWNS[3::5]
"""The towns that random videos speak of."""
WRITTEN_TOWNS = TOWNS[1::5]
"""The towns that their slides mention."""
RESERVED_TOWNS = TOWNS[4::5]
"""The towns that they never mention."""
NUMBERS = ("twelve", "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
YEARS = tuple(str(year) for year in range(1703, 1990, 7))
NAMES = ("Ada Crane", "Bo Larsen", "Cora Finch", "Dov Amir", "Elif Kaya", "Femi Ojo",
         "Greta Holm", "Hugo Blanc", "Ines Rocha", "Jun Mori")  # fmt: skip
GOODS = ("plum cake", "rye bread", "honey rolls", "fish pies", "almond tarts", "cheese buns", "ginger snaps")
RIVERS = ("Ouzel", "Tamble", "Wend", "Lorn", "Sarrow", "Ister", "Pell", "Arken")
MONTHS = ("March", "April", "May", "June", "July", "August", "September", "October")


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of fact about a town.

    Args:
        spoken: the sentence, with `{town}` and `{value}`.
        question: the question that it answers.
        note: the fact as a line of a slide.
        values: possible values.
        kind: of the answer.
    """

    spoken: str
    question: str
    note: str
    values: tuple[str, ...]
    kind: AnswerKind = "what"


TOPICS: tuple[Topic, ...] = (
    Topic("The lighthouse of {town} is {value} high.", "How high is the lighthouse of {town}?",
          "{town} lighthouse: {value}", tuple(f"{n} metres" for n in NUMBERS)),
    Topic("The bridge of {town} was built in {value}.", "In which year was the bridge of {town} built?",
          "{town} bridge: {value}", YEARS),
    Topic("The mayor of {town} is called {value}.", "What is the mayor of {town} called?",
          "{town} mayor: {value}", NAMES),
    Topic("The baker of {town} sells {value}.", "What does the baker of {town} sell?",
          "{town} baker: {value}", GOODS),
    Topic("The ferry to {town} takes {value}.", "How long does the ferry to {town} take?",
          "{town} ferry: {value}", tuple(f"{n} minutes" for n in NUMBERS)),
    Topic("The river near {town} is called the {value}.", "What is the river near {town} called?",
          "{town} river: {value}", RIVERS),
    Topic("The museum of {town} keeps {value}.", "How many clocks does the museum of {town} keep?",
          "{town} museum: {value}", tuple(f"{n} clocks" for n in NUMBERS)),
    Topic("The fair of {town} is held in {value}.", "In which month is the fair of {town} held?",
          "{town} fair: {value}", MONTHS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TownFact:
    """One fact about one town."""

    town: str
    topic: Topic
    value: str

    @property
    def spoken(self) -> str:
        """As a sentence."""
        return self.topic.spoken.format(town=self.town, value=self.value)

    @property
    def note(self) -> str:
        """As a line of a slide."""
        return self.topic.note.format(town=self.town, value=self.value)

    @property
    def question(self) -> str:
        """The question that it answers."""
        return self.topic.question.format(town=self.town)

    def fact(self, *, written: bool) -> Fact:
        """The question with its answer and the words in which the video gives it."""
        return Fact(self.question, self.value, self.note if written else self.spoken, self.topic.kind)


def town_facts(rng: Random, towns: tuple[str, ...]) -> Iterator[TownFact]:
    """Facts about towns in random order, each pair of town and topic at most once."""
    for town, topic in rng.sample(list(product(towns, TOPICS)), len(towns) * len(TOPICS)):
        yield TownFact(town, topic, rng.choice(topic.values))
