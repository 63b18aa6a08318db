"""Every wording of the synthetic benchmark is parsed: intent, actions and relation."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from playhead_bench.synthetic_planner.question import parse_question
from playhead_bench.world.clip_wordings import PARTNER_VERBS, VERBS, WORDINGS, third_person
from playhead_bench.world.town_facts import TOPICS
from playhead_bench.world.video_questions.wordings import VIDEO_WORDINGS
from playhead_tools.spec import ActionTriple, Hop, QuestionSpec

SAID = "The fair of Ivesport is held in May"
DOES = {kind: third_person(verb) for kind, verb in VERBS.items()}
ALONE = [kind for kind in VERBS if kind not in PARTNER_VERBS]
CAR, NOBODY = "white car", ""
ORDER = ("cyan fish leaves", "green star moves", "white car shrinks")
FOUR = ("white car", "black mushroom", "cyan fish", "green star")


def _action(kind: str, subject: str = CAR) -> ActionTriple:
    return ActionTriple(subject, DOES[kind])


@dataclass(frozen=True)
class Expected:
    """What a kind of question is: the actions and the relation by what its object does."""

    intent: str
    asks: str
    wanted: str = "picture"
    deeds: Any = ()
    relation: tuple[str, bool] | None = None
    anchors: Any = ()
    more: dict[str, Any] = field(default_factory=dict)


SEEN = (ActionTriple(CAR, ""),)
KINDS: dict[str, Expected] = {
    "colour": Expected("describe", "colour", deeds=(ActionTriple("car", ""),)),
    "thing": Expected("describe", "thing", deeds=(ActionTriple("white thing", ""),)),
    "exists": Expected("yes_no", "yes_no", deeds=SEEN),
    "action": Expected("describe", "deed", deeds=SEEN),
    "doer": Expected("describe", "thing", deeds=lambda kind: (_action(kind, NOBODY),)),
    "else": Expected("describe", "thing", deeds=SEEN),
    "place": Expected("locate", "place"),
    "daytime": Expected("describe", ""),
    "when": Expected("when", "time", deeds=lambda kind: (_action(kind),)),
    "side": Expected("describe", "", deeds=SEEN),
    "partner": Expected("describe", "thing", deeds=lambda kind: (_action(kind),)),
    "which": Expected("describe", "colour", deeds=lambda kind: (_action(kind, "car"),)),
    "where": Expected("locate", "place", deeds=lambda kind: (_action(kind),)),
    "where_seen": Expected("locate", "place", deeds=SEEN),
    "yes_no": Expected("yes_no", "yes_no", deeds=lambda kind: (_action(kind),)),
    "during": Expected(
        "describe", "thing", relation=("during", False), anchors=lambda kind: (_action(kind),)
    ),
    "hop_colour": Expected("describe", "colour", deeds=lambda kind: (_action(kind),)),
    "hop_later": Expected("describe", "deed", deeds=lambda kind: (_action(kind),)),
    "hop_place": Expected("locate", "place", deeds=lambda kind: (_action(kind),)),
    "count": Expected("count", "number", deeds=lambda kind: (_action(kind),), more={"of_things": False}),
    "first": Expected("describe", "thing", deeds=lambda kind: (_action(kind, NOBODY),), more={"ordinal": 1}),
    "last": Expected("describe", "thing", deeds=lambda kind: (_action(kind, NOBODY),), more={"ordinal": -1}),
    "nth": Expected("describe", "thing", deeds=lambda kind: (_action(kind, NOBODY),), more={"ordinal": 3}),
    "before": Expected(
        "describe",
        "thing",
        relation=("before", True),
        anchors=lambda kind: (_action(kind),),
        more={"ordinal": -1},
    ),
    "after": Expected(
        "describe",
        "thing",
        relation=("after", True),
        anchors=lambda kind: (_action(kind),),
        more={"ordinal": 1},
    ),
    "between": Expected(
        "describe",
        "thing",
        deeds=lambda kind: (_action(kind, NOBODY),),
        relation=("between", False),
        anchors=(ActionTriple("green square", "shrinks"), ActionTriple("cyan fish", "leaves")),
    ),
    "order": Expected(
        "order",
        "order",
        deeds=(
            ActionTriple("cyan fish", "leaves"),
            ActionTriple("green star", "moves"),
            ActionTriple("white car", "shrinks"),
        ),
        more={"targets": ORDER},
    ),
    "duration": Expected("how_long", "duration", deeds=SEEN),
    "longest": Expected(
        "order",
        "thing",
        deeds=tuple(ActionTriple(label, "") for label in FOUR),
        more={"superlative": "longest", "targets": FOUR},
    ),
    "when_said": Expected("when", "time", "speech", more={"targets": (SAID,), "ordinal": None}),
    "first_said": Expected("when", "time", "speech", more={"targets": (SAID,), "ordinal": 1}),
    "last_said": Expected("when", "time", "speech", more={"targets": (SAID,), "ordinal": -1}),
    "count_said": Expected("count", "number", "speech", more={"targets": (SAID,), "of_things": False}),
    "said_while": Expected(
        "describe", "words", "speech", relation=("during", False), anchors=lambda kind: (_action(kind),)
    ),
    "acts_while_said": Expected("describe", "thing", relation=("during", False), anchors=SAID),
    "place_while_said": Expected("locate", "place", relation=("during", False), anchors=SAID),
    "written_while": Expected(
        "describe", "words", "screen", relation=("during", False), anchors=lambda kind: (_action(kind),)
    ),
    "written_while_said": Expected("describe", "words", "screen", relation=("during", False), anchors=SAID),
    "in_which": Expected("locate", "", deeds=lambda kind: (_action(kind),)),
    "in_which_seen": Expected("locate", "", deeds=SEEN),
    "in_which_said": Expected("locate", "", "speech", more={"targets": (SAID,)}),
    "in_which_written": Expected("locate", "", "screen", more={"targets": (SAID,)}),
    "count_videos": Expected("count", "number", deeds=SEEN, more={"of_things": False}),
}
APART = {"count_things", "unseen", "caption", "said", "written", "not_visible"}
"""Kinds of which each wording asks something else, with tests of their own."""


def _texts(kind: str) -> tuple[str, ...]:
    return VIDEO_WORDINGS[kind] if kind in VIDEO_WORDINGS else WORDINGS[kind]  # type: ignore[index]


def _cases() -> list[tuple[str, str, str]]:
    cases = []
    for kind in KINDS:
        for text in _texts(kind):
            actions = PARTNER_VERBS if kind.startswith("hop_") or kind == "partner" else ALONE
            depends = "{does}" in text or "{verb}" in text
            cases += [(kind, text, action) for action in (actions if depends else actions[:1])]
    return cases


def _worded(text: str, action: str) -> str:
    return text.replace("{verb}s", "{does}").format(
        label=CAR, shape="car", colour="white", other="blue cup", verb=VERBS[action], does=DOES[action],
        a="green square", does_a="shrinks", b="cyan fish", does_b="leaves", said=SAID, nth="third",
        these="the white car, the black mushroom, the cyan fish or the green star" if "ongest" in text
        else ", ".join(f"the {one}" for one in ORDER),
    )  # fmt: skip


def _of(expected: Any, action: str) -> Any:
    return expected(action) if callable(expected) else expected


@pytest.mark.parametrize(("kind", "text", "action"), _cases())
def test_each_wording_is_read_as_its_kind(kind: str, text: str, action: str) -> None:
    spec, expected = parse_question(_worded(text, action)), KINDS[kind]
    assert (spec.intent, spec.asks, spec.wanted) == (expected.intent, expected.asks, expected.wanted)
    assert spec.deeds == _of(expected.deeds, action)
    assert {name: getattr(spec, name) for name in expected.more} == expected.more
    found = None if spec.relation is None else (spec.relation.kind, spec.relation.next)
    assert found == expected.relation
    assert _anchors(spec) == _of(expected.anchors, action)


def _anchors(spec: QuestionSpec) -> Any:
    """The actions of the anchors, or the words of the one that is spoken."""
    anchors = spec.relation.anchors if spec.relation is not None else ()
    spoken = [anchor.text for anchor in anchors if anchor.kind == "speech"]
    return spoken[0] if spoken else tuple(anchor.deed for anchor in anchors)


def test_no_kind_of_question_is_left_out() -> None:
    assert set(KINDS) | APART >= set(VIDEO_WORDINGS) | set(WORDINGS) - {"count"}


HOPS = [
    ("hop_colour", ("What colour is {}?", "Which colour does {} have?", "What colour is {}?"), False),
    ("hop_later", ("What does {} do?",) * 3, True),
    ("hop_place", ("Where is {} seen?", "In what place is {} seen?", "In what place is {} seen?"), True),
]


@pytest.mark.parametrize("action", PARTNER_VERBS)
@pytest.mark.parametrize(("kind", "questions", "later"), HOPS)
def test_a_hop_has_its_action_and_the_second_question(
    kind: str, questions: tuple[str, ...], later: bool, action: str
) -> None:
    found = [parse_question(_worded(text, action)).hop for text in VIDEO_WORDINGS[kind]]
    assert found == [Hop(_action(action), question, later) for question in questions]


@pytest.mark.parametrize("topic", TOPICS, ids=[topic.question for topic in TOPICS])
@pytest.mark.parametrize("kind", ["said", "written"])
def test_a_fact_is_asked_of_words(kind: str, topic: Any) -> None:
    question = topic.question.format(town="Falport")
    lower = question[0].lower() + question[1:]
    specs = [parse_question(text.format(question=question, lower=lower)) for text in VIDEO_WORDINGS[kind]]
    hinted = "speech" if kind == "said" else "screen"
    assert [(spec.intent, spec.asks, spec.wanted) for spec in specs] == [
        ("describe", "words", "any"), ("describe", "words", hinted), ("describe", "words", hinted),
    ]  # fmt: skip
    assert [spec.deeds for spec in specs] == [(), (), ()]
    assert all("Falport" in spec.targets[0] and ":" not in spec.targets[0] for spec in specs)
    assert {spec.clip_question for spec in specs} == {question}


@pytest.mark.parametrize("text", [*VIDEO_WORDINGS["not_visible"], *WORDINGS["unseen"]])
def test_of_what_no_frame_shows_the_object_itself_is_the_target(text: str) -> None:
    spec = parse_question(text.format(label=CAR))
    anchored = [] if spec.relation is None else [anchor.deed for anchor in spec.relation.anchors]
    assert [*spec.deeds, *anchored] == [ActionTriple(CAR, "")]


@pytest.mark.parametrize("text", WORDINGS["count"])
def test_things_in_a_clip_are_counted(text: str) -> None:
    spec = parse_question(text)
    assert (spec.intent, spec.asks, spec.of_things, spec.targets) == ("count", "number", True, ())


@pytest.mark.parametrize("text", WORDINGS["caption"])
def test_a_clip_to_describe_has_no_targets(text: str) -> None:
    spec = parse_question(text)
    assert (spec.intent, spec.targets, spec.deeds) == ("describe", (), ())


CLIP = {
    "first": ("Which thing jumps?", "Which thing jumps?", "Name the thing that jumps."),
    "nth": ("Which thing jumps?", "What jumps?", "Name the thing that jumps."),
    "after": ("Which thing acts?", "What acts?", "Name the thing that acts."),
    "between": ("Which thing jumps?", "What jumps?", "Name the thing that jumps."),
    "count": ("Does a white car jump?",) * 3,
    "said_while": ("What is said?", "Which sentence is spoken?", "Tell what is said."),
    "place_while_said": ("Where are we?", "Which place is shown?", "Tell the place in the picture."),
    "written_while": ("What is written in the picture?", "Which words are on the screen?",
                      "Tell what is written."),
    "last_said": (f'When is "{SAID}" said?', f'At what time is "{SAID}" said?',
                  f'Tell when somebody says "{SAID}".'),
}  # fmt: skip
SAME = ["colour", "thing", "exists", "action", "doer", "else", "place", "daytime", "when", "side", "unseen",
        "which", "where", "where_seen", "yes_no", "during", "duration", "order", "longest"]  # fmt: skip


@pytest.mark.parametrize("kind", CLIP)
def test_one_clip_is_asked_without_relation_and_ordinal(kind: str) -> None:
    assert (
        tuple(parse_question(_worded(text, "jump")).clip_question for text in VIDEO_WORDINGS[kind])
        == CLIP[kind]
    )


@pytest.mark.parametrize("kind", [*SAME, "hop_colour", "partner"])
def test_what_one_clip_answers_stays_as_it_is(kind: str) -> None:
    asked = [_worded(text, "chase" if kind in ("hop_colour", "partner") else "jump") for text in _texts(kind)]
    assert [parse_question(text).clip_question for text in asked] == asked
