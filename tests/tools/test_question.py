"""Questions and what they ask, sentence by sentence."""
# ruff: noqa: E501 - a sentence stays on its line

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playhead_tools.question import parse_question
from playhead_tools.spec import QuestionSpec

# sentence -> intent, wanted, targets, further fields
PLAIN: list[tuple[str, str, str, tuple[str, ...], dict[str, Any]]] = [
    ("When does he mention Bayes?", "when", "speech", ("Bayes",), {}),
    ("when is Bayes mentioned?", "when", "speech", ("Bayes",), {}),
    ("When is the slide about Bayes' rule shown?", "when", "screen", ("Bayes' rule",), {}),
    ("When does a red car appear?", "when", "picture", ("red car",), {}),
    ("When does he first mention the prior?", "when", "speech", ("prior",), {"ordinal": 1}),
    ("When does he mention Bayes for the second time?", "when", "speech", ("Bayes",), {"ordinal": 2}),
    ("When is the equation last shown?", "when", "picture", ("equation",), {"ordinal": -1}),
    ("when does the title slide appear first?", "when", "screen", (), {"ordinal": 1}),
    ("At what time does the speaker introduce Dr. Smith?", "when", "speech", ("Dr. Smith",), {}),
    ("Where do they talk about gradient descent?", "locate", "speech", ("gradient descent",), {}),
    ("Where is the cat?", "locate", "picture", ("cat",), {}),
    ("Find the part where she explains backpropagation", "locate", "speech", ("backpropagation",), {}),
    ("Can you find when the red car drives past?", "locate", "picture", ("red car drives past",), {}),
    ("Play the moment when the glass breaks", "locate", "any", ("glass breaks",), {}),
    ("Give me all mentions of entropy", "locate", "speech", ("entropy",), {"ordinal": 0}),
    ("Bayes' rule", "locate", "any", ("Bayes' rule",), {}),
    ("How long does she talk about entropy?", "how_long", "speech", ("entropy",), {}),
    ("How many minutes does he talk about entropy?", "how_long", "speech", ("entropy",), {}),
    ("How long is the title slide shown?", "how_long", "screen", (), {"ordinal": 1}),
    ("how long is the video?", "how_long", "any", (), {"of_video": True}),
    ("what is the length of the recording?", "how_long", "any", (), {"of_video": True}),
    ("How often is the prior mentioned?", "count", "speech", ("prior",), {"of_things": False}),
    ("How many times does X11 appear on a slide?", "count", "screen", ("X11",), {"of_things": False}),
    ("How many cars are shown?", "count", "picture", ("cars",), {"of_things": True}),
    ("How many people are shown?", "count", "picture", ("people",), {"of_things": True}),
    ("How many different slides are there?", "count", "screen", (), {"of_things": True}),
    ("how many videos are there?", "count", "any", (), {"of_video": True}),
    ("What does he say about the prior?", "describe", "speech", ("prior",), {}),
    ("tell me what he says about Bayes", "describe", "speech", ("Bayes",), {}),
    ("What is the first thing she says about kinetic energy?", "describe", "speech", ("kinetic energy",), {"ordinal": 1}),
    ("What was the last thing he said?", "describe", "speech", (), {"ordinal": -1}),
    ("What does the slide say about the learning rate?", "describe", "screen", ("learning rate",), {}),
    ("Which slide mentions the learning rate?", "describe", "screen", ("learning rate",), {}),
    ("What text is on the slide about entropy?", "describe", "screen", ("entropy",), {}),
    ("What is the title of the first slide?", "describe", "screen", (), {"ordinal": 1}),
    ("What colour is the car?", "describe", "picture", ("car",), {}),
    ("Who is wearing a red hat?", "describe", "picture", ("wearing a red hat",), {}),
    ("Who mentions Bayes?", "describe", "speech", ("Bayes",), {}),
    ("What does entropy mean?", "describe", "any", ("entropy",), {}),
    ("How does backpropagation work?", "describe", "any", ("backpropagation",), {}),
    ("Why does the gradient vanish?", "describe", "any", ("gradient vanish",), {}),
    ("Is there a slide about Bayes?", "yes_no", "screen", ("Bayes",), {}),
    ("Does he mention Bayes?", "yes_no", "speech", ("Bayes",), {}),
    ("Does anyone mention the word posterior?", "yes_no", "speech", ("posterior",), {}),
    ("Is Bayes mentioned on a slide?", "yes_no", "screen", ("Bayes",), {}),
    ("Is there anything about quantum chromodynamics?", "yes_no", "any", ("quantum chromodynamics",), {}),
    ("Which comes first, the demo or the proof?", "order", "any", ("demo", "proof"), {}),
    ("Which topic is discussed first, kinetic energy or potential energy?", "order", "speech",
     ("kinetic energy", "potential energy"), {}),
    ("In what order are the prior, the likelihood and the posterior mentioned?", "order", "speech",
     ("prior", "likelihood", "posterior"), {}),
    ("Summarise the video", "summarise", "any", (), {}),
    ("What is this video about?", "summarise", "any", (), {}),
    ("Summarize the whole meeting.", "summarise", "any", (), {}),
    ("Summarize the discussion about user requirements.", "describe", "any", ("user requirements",), {}),
    ("When do they mention the film?", "when", "speech", ("film",), {}),
    ("What did she think of the remote control?", "describe", "speech", ("remote control",), {}),
    ("When does Alice mention Bayes?", "when", "speech", ("Bayes",), {"speaker": "Alice"}),
    ("What does John Smith say about the merger?", "describe", "speech", ("merger",), {"speaker": "John Smith"}),
    ("", "locate", "any", (), {}),
    ("???", "locate", "any", (), {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "intent", "wanted", "targets", "more"), PLAIN, ids=[row[0] or "(nothing)" for row in PLAIN]
)
def test_what_is_asked(
    sentence: str, intent: str, wanted: str, targets: tuple[str, ...], more: dict[str, Any]
) -> None:
    spec = parse_question(sentence)
    assert (spec.intent, spec.wanted, spec.targets, spec.relation) == (intent, wanted, targets, None)
    assert {name: getattr(spec, name) for name in more} == more


# sentence -> wanted, targets, relation, anchors as (text, kind, ordinal)
RELATED: list[tuple[str, str, tuple[str, ...], str, list[tuple[str, str, int | None]]]] = [
    ("what is on the slide when he mentions Bayes?", "screen", (), "during", [("Bayes", "speech", None)]),
    ("When he mentions Bayes, what is on the screen?", "screen", (), "during", [("Bayes", "speech", None)]),
    ("What is on the slide the second time he mentions Bayes?", "screen", (), "during", [("Bayes", "speech", 2)]),
    ("What is on the slide at the moment when he mentions Bayes?", "screen", (), "during", [("Bayes", "speech", None)]),
    ("What is shown in the picture while he talks about elephants?", "picture", (), "during", [("elephants", "speech", None)]),
    ("While the slide shows the outline, what does he say?", "speech", (), "during", [("outline", "screen", None)]),
    ("What did the lady do as the man was speaking?", "picture", ("lady",), "during", [("man", "speech", None)]),
    ("What is said during the introduction?", "speech", (), "during", [("introduction", "any", None)]),
    ("What happens when the car stops?", "any", (), "during", [("car stops", "picture", None)]),
    ("What does he say after the slide shows the outline?", "speech", (), "after", [("outline", "screen", None)]),
    ("what does he say right after he mentions the exam?", "speech", (), "after", [("exam", "speech", None)]),
    ("After the break, what does she talk about?", "speech", (), "after", [("break", "any", None)]),
    ("After the break what does she talk about?", "speech", (), "after", [("break", "any", None)]),
    ("What happens as soon as the dog appears?", "any", (), "after", [("dog", "picture", None)]),
    ("What does the narrator say about lions after the storm?", "speech", ("lions",), "after", [("storm", "any", None)]),
    ("What is written on the board before he talks about the midterm?", "screen", (), "before", [("midterm", "speech", None)]),
    ("Is the prior mentioned before the posterior?", "speech", ("prior",), "before", [("posterior", "speech", None)]),
    ("Does the demo come before the proof?", "any", ("demo",), "before", [("proof", "any", None)]),
    ("What is on the screen until the demo starts?", "screen", (), "until", [("demo", "any", None)]),
    ("What happens between the introduction and the demo?", "any", (), "between",
     [("introduction", "any", None), ("demo", "any", None)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "wanted", "targets", "kind", "anchors"), RELATED, ids=[row[0] for row in RELATED]
)
def test_how_it_lies_in_time(
    sentence: str,
    wanted: str,
    targets: tuple[str, ...],
    kind: Any,
    anchors: list[tuple[str, Any, int | None]],
) -> None:
    spec = parse_question(sentence)
    assert spec.relation is not None
    found = [(anchor.text, anchor.kind, anchor.ordinal) for anchor in spec.relation.anchors]
    assert (spec.wanted, spec.targets, spec.relation.kind, found) == (wanted, targets, kind, anchors)


QUOTED: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ('How many times does he say "okay"?', ("okay",), ("okay",)),
    ("How many times does he say 'okay'?", ("okay",), ("okay",)),
    ("When do they say “thank you all”?", ("thank you all",), ("thank you all",)),
    ("When does he say Bayes' rule?", ("Bayes' rule",), ()),
    ('When does he say "what is on the slide when he mentions Bayes"?',
     ("what is on the slide when he mentions Bayes",), ("what is on the slide when he mentions Bayes",)),
    ('When does he say "see you at 12:30"?', ("see you at 12:30",), ("see you at 12:30",)),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "targets", "quoted"), QUOTED, ids=[row[0] for row in QUOTED])
def test_quoted_words_are_taken_whole(
    sentence: str, targets: tuple[str, ...], quoted: tuple[str, ...]
) -> None:
    spec = parse_question(sentence)
    assert (spec.targets, spec.quoted, spec.times, spec.relation) == (targets, quoted, (), None)


TIMED = [
    ("What is said at 12:30?", "speech", (), "at 12:30"),
    ("Who is on screen at 1:00?", "picture", (), "at 1:00"),
    ("What is on screen between 0:30 and 0:45?", "screen", (), "between 0:30 and 0:45"),
    ("tell me what he says about Bayes in the last five minutes", "speech", ("Bayes",), "in the last five minutes"),
    ("What did he say before 2:00 about the exam?", "speech", ("exam",), "before 2:00"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "wanted", "targets", "phrase"), TIMED, ids=[row[0] for row in TIMED])
def test_an_explicit_time_is_taken_out(
    sentence: str, wanted: str, targets: tuple[str, ...], phrase: str
) -> None:
    spec = parse_question(sentence)
    assert (spec.wanted, spec.targets, [t.phrase for t in spec.times]) == (wanted, targets, [phrase])


SENTENCES = [row[0] for row in PLAIN] + [row[0] for row in RELATED] + [row[0] for row in TIMED]


@pytest.mark.parametrize("sentence", SENTENCES, ids=[one or "(nothing)" for one in SENTENCES])
def test_a_spec_survives_json(sentence: str) -> None:
    spec = parse_question(sentence)
    assert QuestionSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


WORDS = st.sampled_from(
    [
        "what", "when", "how many times", "he", "says", "mentions", "slide", "screen", "before", "after", "between",
        "and", "until", "the", "first", "last", "second", "time", "Bayes", '"', "'", ",", "?", "at 1:75", "minutes",
        "five", "of", "or", "which", "order", "while", "shown", "about", "is", "does", "why", "as", "during", "in",
    ]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join)))
@example("\ue0000\ue001 what")
@example("between and")
@example("when when when")
@example("the first the last")
def test_any_text_gives_a_spec(text: str) -> None:
    spec = parse_question(text)
    assert QuestionSpec.from_json(spec.to_json()) == spec


QUICK = [
    "the first ", "when he ", "a ", "5 ", ", and ", '"', "after before ", "the thing that he ", "what is the ",
    "first a: then ", "A) B) ", "in videos tagged a, ", "what does the man do ",
]  # fmt: skip


@pytest.mark.parametrize("piece", QUICK)
def test_a_very_long_question_is_read_quickly(piece: str) -> None:
    started = time.perf_counter()
    parse_question(piece * 5_000)
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    ("question", "targets"),
    [
        ("Give me the full transcript of the video", ()),
        ("Transcript from 5:00 to 6:00", ()),
        ("Read me what is said from 0:10 to 0:30", ()),
        ("Can you write out everything that was said in the interview?", ("interview",)),
    ],
)
def test_a_transcript_is_asked_for_verbatim(question: str, targets: tuple[str, ...]) -> None:
    spec = parse_question(question)
    assert (spec.verbatim, spec.wanted, spec.targets, spec.by_passages) == (True, "speech", targets, False)


@pytest.mark.parametrize(
    "question", ["What is said about the transcript?", "When is the transcript mentioned?"]
)
def test_a_transcript_that_is_talked_about_is_not_asked_for(question: str) -> None:
    assert not parse_question(question).verbatim


@pytest.mark.parametrize(("question", "which"), [("Which video is the longest?", "longest"),
                                                 ("which meeting is shortest", "shortest")])  # fmt: skip
def test_the_longest_of_the_videos_is_a_fact_of_files(question: str, which: str) -> None:
    spec = parse_question(question)
    assert (spec.of_video, spec.superlative, spec.by_passages) == (True, which, False)
