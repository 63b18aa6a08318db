"""Questions about whole made videos: gold that a slow second opinion shares, kinds and places in balance."""

import re
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench.world_oracle import KINDS_OF, Oracle, asked_for, matches, pattern

from playhead_bench.world.clip_wordings import NOT_IN_VIDEO, WORDINGS
from playhead_bench.world.lecture import lecture
from playhead_bench.world.random_scene import HELD_OUT
from playhead_bench.world.random_video import random_story
from playhead_bench.world.story import Story
from playhead_bench.world.street_and_interview import interview, street
from playhead_bench.world.video_questions import KINDS, OVER_KINDS, WorldQuestion, ask, ask_over, to_sample
from playhead_bench.world.video_questions.wordings import OF_CLIPS, VIDEO_WORDINGS, wordings_of
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES
from playhead_index.window import Window

HELD_OUT_LABELS = {f"{colour} {shape}" for colour, shape in HELD_OUT}
LABELS = [f"{colour} {shape}" for colour in OBJECT_COLOURS for shape in OBJECT_SHAPES]
HOUR = random_story(1, 60)
ASKED_OF_HOUR = ask(HOUR, per_kind=12)
WALKS = {f"walk {number}": random_story(number, 4) for number in range(5)}
ORACLES = {name: Oracle(story) for name, story in WALKS.items()}
ASKED_OF_WALKS = ask_over(WALKS, per_kind=8)


@cache
def asked_of(seed: int, minutes: float) -> tuple[Oracle, list[WorldQuestion]]:
    story = random_story(seed, minutes)
    return Oracle(story), ask(story, per_kind=12, seed=seed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_search_of_the_story_gives_the_same_answer(kind):
    for oracle, questions in (asked_of(0, 1), asked_of(1, 6), asked_of(2, 15)):
        for question in (question for question in questions if question.kind == kind):
            if question.answerable:
                assert matches(question, oracle.answers(question)), (question, oracle.answers(question))
            else:
                assert oracle.missing(question) in (question.why, ""), question


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 100_000),
    st.floats(0.2, 4),
    st.sampled_from(["iid", "compositional"]),
    st.sampled_from(["train", "dev", "test"]),
)
def test_any_question_about_any_video_is_sound(seed, minutes, mode, part):
    story = random_story(seed, minutes, part, mode)
    oracle = Oracle(story)
    for question in ask(story, part=part, mode=mode, per_kind=2, seed=seed):
        check_evidence(question, {story.name: story})
        if question.answerable:
            assert matches(question, oracle.answers(question)), question


@pytest.mark.parametrize(
    "story", [lecture(0, 6), street(3, 4), interview()], ids=["lecture", "street", "interview"]
)
def test_the_other_stories_can_be_asked_about_too(story):
    questions = ask(story, per_kind=3)
    assert len(questions) >= 6
    for question in questions:
        check_evidence(question, {story.name: story})


def check_evidence(question: WorldQuestion, stories: dict[str, Story]) -> None:
    """Windows lie inside the videos and are those of the evidence, which is in the tables."""
    longest = Window(0, max(story.duration_s for story in stories.values()))
    assert all(window.overlap_s(longest) == window.duration_s for window in question.windows)
    assert list(question.windows) == sorted({one.window for one in question.evidence})
    for one in question.evidence:
        event = stories[one.video].events()[one.index]
        assert (event.kind, event.window) == (one.kind, one.window)
    assert bool(question.windows) or not question.answerable or question.answer in ("no", "0")


def test_the_answer_is_the_right_option_and_no_option_comes_twice():
    for question in (*ASKED_OF_HOUR, *ASKED_OF_WALKS):
        right = question.options[question.answer_index]
        assert len(set(question.options)) == 4
        assert right == NOT_IN_VIDEO if question.answer is None else right.startswith(question.answer)


def test_every_kind_is_asked_as_often_about_an_hour():
    kinds = Counter(question.kind for question in ASKED_OF_HOUR)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 3
    assert sum(many == 12 for many in kinds.values()) >= 28


def test_the_right_option_stands_in_every_place_as_often():
    places = Counter(question.answer_index for question in ASKED_OF_HOUR)
    assert max(places.values()) - min(places.values()) <= 1


@pytest.mark.parametrize("kind", ["yes_no", "exists"])
def test_half_of_the_yes_or_no_questions_are_answered_yes(kind):
    answers = Counter(question.answer for question in ASKED_OF_HOUR if question.kind == kind)
    assert answers == {"yes": 6, "no": 6}


def test_that_the_video_does_not_show_it_is_offered_where_it_does_and_where_it_does_not():
    offered = [question for question in ASKED_OF_HOUR if NOT_IN_VIDEO in question.options]
    assert 0.3 <= sum(question.answerable for question in offered) / len(offered) <= 0.9


def test_unanswerable_questions_are_of_three_kinds_without_answer_or_windows():
    missing = [question for question in ASKED_OF_HOUR if not question.answerable]
    assert Counter(question.why for question in missing) == {
        "absent": 12,
        "false_premise": 12,
        "not_visible": 12,
    }
    assert not any(question.windows or question.answer for question in missing)


def test_no_two_questions_share_an_id_or_a_text():
    questions = (*ASKED_OF_HOUR, *ASKED_OF_WALKS)
    assert len({question.id for question in questions}) == len(questions)
    assert len({question.text for question in questions}) == len(questions)


def test_every_sense_is_needed_by_some_question():
    senses = {question.modalities for question in ASKED_OF_HOUR}
    assert {("picture",), ("speech",), ("screen",), ("picture", "speech"), ("picture", "screen")} <= senses


def test_the_same_seed_asks_the_same_and_another_one_something_else():
    story = random_story(3, 4)
    assert ask(story, seed=1) == ask(story, seed=1)
    assert ask(story, seed=1) != ask(story, seed=2)


@pytest.mark.parametrize("seed", range(3))
def test_compositional_training_names_no_held_out_thing_in_question_or_options(seed):
    for question in ask(
        random_story(seed, 12, "train", "compositional"), part="train", mode="compositional", per_kind=9
    ):
        words = " ".join((question.text, *question.options, *question.object_labels))
        assert not [label for label in HELD_OUT_LABELS if label in words], question


@pytest.mark.parametrize("part", ["dev", "test"])
def test_compositional_dev_and_test_ask_about_held_out_things_alone(part):
    questions = ask(random_story(1, 20, part, "compositional"), part=part, mode="compositional", per_kind=9)
    assert len([question for question in questions if question.object_labels]) >= 60
    for question in questions:
        named = [label for label in LABELS if label in question.text]
        assert {*named, *question.object_labels} <= HELD_OUT_LABELS, question


def test_compositional_training_and_test_share_no_wording():
    wordings = {"train": set(), "test": set()}
    for part, found in wordings.items():
        for question in ask(random_story(1, 15, part, "compositional"), part=part, mode="compositional"):
            found.add(wording_of(question))
    assert wordings["train"] & wordings["test"] == {""}
    assert min(len(found) for found in wordings.values()) >= 20


def wording_of(question: WorldQuestion) -> str:
    """The longest wording of its kind that gives the question; none where its kind has none of its own."""
    kinds = KINDS_OF.get(question.kind, (question.kind,)) if question.why in ("", "not_visible") else ()
    wordings = [wording for kind in kinds for wording in wordings_of(kind)]
    found = [wording for wording in wordings if re.fullmatch(pattern(wording), question.text)]
    return max(found, key=len, default="")


def test_a_wandering_of_another_part_is_refused():
    with pytest.raises(ValueError, match="belongs to the train part, asked for test"):
        ask(random_story(0, 1, "train"))


def test_wordings_of_clips_are_used_where_a_question_is_like_one_about_a_clip():
    (question, *_) = ask(HOUR, per_kind=1, kinds=("what",))
    (label,) = question.object_labels[:1]
    assert question.text in {wording.format(label=label) for wording in WORDINGS["action"]}


@pytest.mark.parametrize("kind", VIDEO_WORDINGS)
def test_every_kind_can_be_put_in_three_ways_or_more(kind):
    assert len(set(VIDEO_WORDINGS[kind])) >= 3
    assert kind not in OF_CLIPS


# ---- several videos ----


def test_every_kind_of_question_about_several_videos_is_asked():
    assert Counter(question.kind for question in ASKED_OF_WALKS) == dict.fromkeys(OVER_KINDS, 8)


@pytest.mark.parametrize("question", ASKED_OF_WALKS, ids=lambda question: question.id.rpartition("+")[2])
def test_a_slow_search_of_all_videos_gives_the_same(question):
    check_evidence(question, WALKS)
    having = {name for name, oracle in ORACLES.items() if shows(oracle, question)}
    if question.kind == "count_videos":
        assert question.answer == str(len(having))
    else:
        assert having == ({question.answer} if question.answerable else set())


def shows(oracle: Oracle, question: WorldQuestion) -> bool:
    """Whether one video has what a question for the one among several asks about."""
    questions, story = asked_for(question), oracle.story
    if question.kind == "in_which":
        return bool(oracle._mine(questions["label"], questions.get("does") or questions["verb"]))
    if question.kind == "in_which_said":
        return any(line.text.rstrip(".") == questions["said"] for line in story.lines)
    if question.kind == "in_which_written":
        return questions["said"] in oracle.writings(Window(0, story.duration_s))
    return bool(oracle.times_s(questions["label"]))


def test_one_video_is_not_several():
    with pytest.raises(ValueError, match="expected two videos or more, got 1"):
        ask_over({"a": HOUR})


def test_two_videos_give_four_options():
    questions = ask_over({"a": random_story(0, 2), "b": random_story(1, 2)}, per_kind=3)
    assert {question.kind for question in questions} == set(OVER_KINDS)


# ---- as a sample ----


def test_a_sample_keeps_all_that_is_known():
    question = next(question for question in ASKED_OF_HOUR if question.kind == "said_while")
    sample = to_sample(question)
    assert (sample.id, sample.question, sample.answer) == (question.id, question.text, question.answer)
    assert sample.options[sample.answer_index] == question.answer
    assert (sample.video_ids, sample.duration_s, sample.windows) == ((HOUR.name,), 3600.0, question.windows)
    assert sample.meta["senses"] == ["picture", "speech"]
    assert [row["index"] for row in sample.meta["evidence"]] == [one.index for one in question.evidence]


def test_a_sample_without_an_answer_says_why():
    question = next(question for question in ASKED_OF_HOUR if question.kind == "false_premise")
    sample = to_sample(question)
    assert (sample.answer, sample.answerable, sample.meta["why"]) == (None, False, "false_premise")
    assert sample.options[sample.answer_index] == "the video does not show it"
