"""A mention is not an answer to who, where, why, how, in which language or colour."""

import pytest

from playhead_tools.evidence import Claim
from playhead_tools.question import parse_question
from playhead_tools.required_detail import Detail, claim_states_detail, required_detail, states_detail
from playhead_tools.verdict_rules import missing_detail

ASKED: list[tuple[str, Detail | None]] = [
    ("Who is Celia?", "identity"), ("who was the man with the robot hand", "identity"),
    ("who says the robot hand?", "speaker"), ("Who is talking about Bayes?", "speaker"),
    ("who said 'whatever'?", "speaker"), ("Who won the relay?", "person"), ("Who is mentioned first?", None),
    ("Whom does he quote?", None), ("Where is the robot?", "place"), ("Where did they meet?", "place"),
    ("Where is Bayes mentioned?", None), ("Where in the video is the robot?", None),
    ("where does she talk about priors?", None), ("Why is the road closed?", "reason"),
    ("How does the robot work?", "manner"), ("How is the prior defined?", None),
    ("How often is Bayes said?", None),
    ("How many times does he say okay?", None), ("What language is spoken?", "language"),
    ("what language is best for beginners", None), ("What colour is the wire?", "colour"),
    ("When does he mention Bayes?", None), ("What is said about Bayes?", None), ("Is Bayes mentioned?", None),
    ("What is a prior?", None), ("please tell me who is Celia", "identity"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "detail"), ASKED, ids=[row[0] for row in ASKED])
def test_the_detail_that_a_question_asks_for(question: str, detail: Detail | None) -> None:
    assert required_detail(parse_question(question)) == detail


def test_options_are_chosen_by_other_rules() -> None:
    assert required_detail(parse_question("Who is Celia?", ["the captain", "the cook"])) is None


STATED = [
    ("Who is Celia?", "Celia is the captain of the ship.", True),
    ("Who is Celia?", "This is Celia, the captain.", True),
    ("Who is Celia?", "Look Celia, we have to follow our passions;", False),
    ("Who is Dr. Evil?", "Dr. Evil is Austin's brother.", True),
    ("Who is the captain?", "Celia is the captain of the ship.", True),
    ("Who is the captain?", "Celia is not the captain.", False),
    ("Who is the captain?", "Nobody is the captain.", False),
    ("Who is the captain?", "This is the captain speaking.", False),
    ("who says the robot hand?", "THOM: You hate my robot hand.", True),
    ("who says the robot hand?", "You're freaked out by my robot hand?", False),
    ("Who won the relay?", "The U.S.A. won the relay.", True),
    ("Who won the relay?", "It was won by the home team, the relay.", True),
    ("Who won the relay?", "We won the relay.", False),
    ("Where is the treasure?", "The treasure is hidden under the old bridge.", True),
    ("Where is the robot?", "Robot's memory synced and locked!", False),
    ("Why is the road closed?", "The road is closed because of the snow.", True),
    ("Why is the road closed?", "The road is closed today.", False),
    ("How does the robot work?", "The robot works by reading memories.", True),
    ("How does the robot work?", "The robot works.", False),
    ("What colour is the wire?", "Don't touch the red wire.", True),
    ("What colour is the wire?", "Don't touch the wire.", False),
]


@pytest.mark.parametrize(("question", "text", "is_stated"), STATED, ids=[f"{r[0]} {r[1]}" for r in STATED])
def test_whether_a_text_states_what_is_asked(question: str, text: str, is_stated: bool) -> None:
    spec = parse_question(question)
    detail = required_detail(spec)
    assert detail is not None
    assert states_detail(detail, spec, [text]) is is_stated


CLAIMED = [
    ("Who is Celia?", "Celia is the captain.", "Celia, captain of this ship", True),
    ("Who is Celia?", "Celia is mentioned at 0:25.", "Look Celia, we have to follow our passions", False),
    ("Who is Celia?", "Celia is a pilot.", "Look Celia, we have to follow our passions", False),
    ("Who is Celia?", "Celia is someone with passions.", "Look Celia, we have to follow our passions", False),
    ("Who is Celia?", "“Look Celia, we have to follow our passions”", "Look Celia, we have to follow", False),
    ("Why is he freaked out?", "He has nightmares of claws.", "I'm freaked out! I have nightmares", True),
    ("who says the robot hand?", "Thom says it.", "You're a jerk, Thom. My robot hand", False),
]


@pytest.mark.parametrize(("question", "claim", "text", "is_stated"), CLAIMED, ids=[r[1] for r in CLAIMED])
def test_a_claim_of_a_model_counts_where_its_own_words_stand_in_what_it_cites(
    question: str, claim: str, text: str, is_stated: bool
) -> None:
    spec = parse_question(question)
    detail = required_detail(spec)
    assert detail is not None
    assert claim_states_detail(detail, spec, claim, text) is is_stated


def test_a_claim_that_code_wrote_counts_by_what_it_cites_alone() -> None:
    spec, texts = parse_question("Who is Celia?"), {"E1": "Celia, captain of this ship"}
    claims = [Claim("Celia is the captain.", ("E1",))]
    assert missing_detail(spec, claims, texts, by_model=True) is None
    assert missing_detail(spec, claims, texts, by_model=False) == "identity"
