"""Visual questions, sentence by sentence: the action, the kind of answer, follow-ups."""

import pytest

from playhead_bench.synthetic_planner.question import follow_up, parse_question
from playhead_tools.spec import ActionTriple as Triple
from playhead_tools.spec import Hop, QuestionSpec

# sentence -> intent, asks, actions
SHOWN: list[tuple[str, str, str, tuple[Triple, ...]]] = [
    ("When does the man in the blue shirt open the door?", "when", "time",
     (Triple("man in the blue shirt", "opens", "door"),)),
    ("How many times does she pick up the knife?", "count", "number", (Triple("she", "picks up", "knife"),)),
    ("How many cars does he wash?", "count", "number", (Triple("he", "washes", "cars"),)),
    ("What is the woman holding?", "describe", "thing", (Triple("woman", "holds"),)),
    ("Which player scores first?", "describe", "thing", (Triple("player", "scores"),)),
    ("Who is the first person to enter the room?", "describe", "thing", (Triple("", "enters", "room"),)),
    ("Does the cat jump onto the table?", "yes_no", "yes_no", (Triple("cat", "jumps onto", "table"),)),
    ("When is the door opened by the man?", "when", "time", (Triple("man", "opens", "door"),)),
    ("When do the dogs chase the cat?", "when", "time", (Triple("dogs", "chase", "cat"),)),
    ("find the scene where the car explodes", "locate", "time", (Triple("car", "explodes"),)),
    ("Where does the man put the cup?", "locate", "place", (Triple("man", "puts", "cup"),)),
    ("Put these in order: the man opens the door, the woman sits down", "order", "order",
     (Triple("man", "opens", "door"), Triple("woman", "sits down"))),
    ("Did the person take the cup before or after opening the door?", "order", "order",
     (Triple("person", "takes", "cup"), Triple("person", "opens", "door"))),
    ("Does he mention Bayes?", "yes_no", "yes_no", ()),
    ("What does the baker of Dover sell?", "describe", "words", ()),
    ("How long does the ferry to Dover take?", "describe", "words", ()),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "intent", "asks", "actions"), SHOWN, ids=[row[0] for row in SHOWN])
def test_who_does_what(sentence: str, intent: str, asks: str, actions: tuple[Triple, ...]) -> None:
    spec = parse_question(sentence)
    assert (spec.intent, spec.asks, spec.deeds) == (intent, asks, actions)


# sentence -> kind of relation, only the nearest, actions of the anchors
TIED: list[tuple[str, str, bool, tuple[Triple | None, ...]]] = [
    ("What happens right after the goal?", "after", True, (None,)),
    ("What happens next after the woman falls?", "after", True, (Triple("woman", "falls"),)),
    ("What does the boy do before he leaves the house?", "before", False,
     (Triple("boy", "leaves", "house"),)),
    ("What does the man do after opening the door?", "after", False, (Triple("man", "opens", "door"),)),
    ("What is the last thing the man does before leaving?", "before", True, (Triple("man", "leaves"),)),
    ("Who runs after the dog barks and before the man falls?", "between", False,
     (Triple("dog", "barks"), Triple("man", "falls"))),
    ("The dog barks: who enters the room meanwhile?", "during", False, (Triple("dog", "barks"),)),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "kind", "nearest", "actions"), TIED, ids=[row[0] for row in TIED])
def test_what_it_is_tied_to(
    sentence: str, kind: str, nearest: bool, actions: tuple[Triple | None, ...]
) -> None:
    relation = parse_question(sentence).relation
    assert relation is not None
    assert (relation.kind, relation.next) == (kind, nearest)
    assert tuple(anchor.deed for anchor in relation.anchors) == actions


def test_a_hop_later_says_what_to_ask_once_the_thing_is_known() -> None:
    spec = parse_question("Where is the man who steals the bag seen later?")
    assert spec.hop == Hop(Triple("man", "steals", "bag"), "Where is {} seen?", later=True)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("What colour is the car? A) red B) blue", ("red", "blue")),
        ("What colour is the car?\nA. red\nB. dark blue\nC. green", ("red", "dark blue", "green")),
        ("What does plan B) say?", ()),
    ],
)
def test_options_behind_a_question_are_split_off(text: str, options: tuple[str, ...]) -> None:
    assert parse_question(text).options == options


def test_options_given_apart_go_before_those_in_the_text() -> None:
    assert parse_question("Red or blue? A) x B) y", options=("red", "blue")).options == ("red", "blue")


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("In the folder holiday, when does the dog bark?", ("holiday",)),
        ("When does the dog bark in folder trips/2023?", ("trips/2023",)),
    ],
)
def test_folders_leave_the_question(text: str, folders: tuple[str, ...]) -> None:
    spec = parse_question(text)
    assert (spec.scope_folders, spec.deeds) == (folders, (Triple("dog", "barks"),))


ON: list[tuple[str, str, str | None]] = [
    ("When does the man open the door?", "and before that?",
     "What happens right before the man opens the door?"),
    ("What happens right after the goal?", "and before that?", "What happens right before the goal?"),
    ("What happens right after the goal?", "and after that?",
     "What is the second thing that happens after the goal?"),
    ("When does he mention Bayes?", "show me the second one", "When is Bayes mentioned for the second time?"),
    ('When does he say "thank you"?', "what about the last one?",
     'When is "thank you" said for the last time?'),
    ("Which thing jumps first?", "and the second one?", "Which thing is the second to jump?"),
    ("When does the man open the door?", "and the woman?", "When does the woman open the door?"),
    ("When does the man fall?", "and in the other video?", "When does the man fall in the other video?"),
    ("Where is the white car?", "when?", "When is the white car seen?"),
    ("Where is the white car?", "What colour is it?", "What colour is the white car?"),
    ("Where is the white car?", "Where is the red car?", None),
    ("When does he mention Bayes?", "What does he say about priors?", None),
    ("When does he mention Bayes?", "Thanks!", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "text", "meant"), ON, ids=[f"{row[0]} {row[1]}" for row in ON])
def test_asking_on_means_a_whole_question(before: str, text: str, meant: str | None) -> None:
    assert follow_up(text, parse_question(before)) == meant


def test_a_spec_without_actions_is_still_read() -> None:
    relation = {"kind": "after", "anchors": [{"text": "goal", "kind": "any", "ordinal": None}]}
    old = {
        "text": "x", "intent": "when", "wanted": "any", "targets": ["y"], "quoted": [], "relation": relation,
        "ordinal": None, "times": [], "of_things": False, "of_video": False, "speaker": "",
    }  # fmt: skip
    spec = QuestionSpec.from_json(old)
    assert (spec.targets, spec.deeds, spec.options, spec.hop) == (("y",), (), (), None)
    assert spec.relation is not None
    assert (spec.relation.next, spec.relation.anchors[0].deed) == (False, None)


@pytest.mark.parametrize("sentence", [row[0] for row in SHOWN] + [row[0] for row in TIED])
def test_a_spec_with_actions_survives_json(sentence: str) -> None:
    spec = parse_question(sentence, options=("a", "b"))
    assert QuestionSpec.from_json(spec.to_json()) == spec


def test_between_one_thing_and_nothing_is_no_relation() -> None:
    assert parse_question("between and what what").relation is None
