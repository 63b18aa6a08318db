"""Questions that are asked of each of several videos, on two videos of which it is known what they show."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.bench.synthetic_planner.truth import TruthfulVlmClient
from tests.tools.made_library import DEMO, LECTURE, make_library

from playhead_agent.limits import Limits
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_bench.synthetic_planner import RULES
from playhead_bench.synthetic_planner.question import parse_question
from playhead_index.search.results import Coverage, Hit, LaneCoverage, Moment, Query, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_index.store.recordings import set_recorded
from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation

SHOWN = {
    LECTURE: {"red dog": "jumps", "blue cup": "stands still", "green boat": "turns"},
    DEMO: {"red dog": "stands still", "white swan": "jumps", "green boat": "turns"},
}
"""What each video shows, and what that does, all the time."""
NAMES = ("lecture", "demo", "in several of them", "in none of them")
QUESTION = re.compile(r"(?:Is there a|Does it happen that the|What does the) (\w+ \w+)(?: (.+?))?\?")


class Shelf:
    """Finds two moments in each video that is asked for."""

    def search(self, query: Query) -> SearchResult:
        """Moments of the picture lane."""
        inside = query.scope.video_ids or tuple(SHOWN)
        places = [(video_id, Window(at, at + 8.0)) for at in (0.0, 10.0) for video_id in inside]
        moments = [
            Moment(v, Path(f"{v}.mp4"), w, 1.0, (Hit("picture", "vector", v, w, 1.0, 1, f"frame:{i}"),))
            for i, (v, w) in enumerate(places)
        ]
        lanes = (LaneCoverage("picture", True, 60),)
        found = Coverage(len(inside), 20, 300.0, lanes, ())
        return SearchResult(query, moments[: query.limit], found, 0.0)


class ShelfVlmClient(TruthfulVlmClient):
    """Sees what `SHOWN` says."""

    def observe(
        self, video_id: str, window: Window, question: str, *, options: tuple[str, ...] = (),
        yes_no: bool = False, frames: int | None = None,
    ) -> Observation:  # fmt: skip
        """An observation without frames."""
        self.requests.append((window, question))
        if question == "Which thing jumps?":
            return Observation(video_id, window, question, "not visible", (1.0,), None, 8, 180)
        found = QUESTION.match(question)
        assert found is not None, question
        action = SHOWN[video_id].get(found[1])
        is_visible = action is not None and found[2] in (None, action)
        if question.startswith("What"):
            return Observation(
                video_id, window, question, f"it {action}" if action else "not visible", (1.0,)
            )
        return Observation(
            video_id,
            window,
            question,
            "yes" if is_visible else "no",
            (1.0,),
            0.95 if is_visible else 0.05,
            8,
            180,
        )


def answer_to(made: Catalog, question: str, options: Sequence[str] = (), looks: int = 60):  # type: ignore[no-untyped-def]
    vlm_client = ShelfVlmClient()
    context = Context(
        Shelf(), made, open_vlm_client=lambda: vlm_client, limits=Limits(looks=looks), rules=RULES
    )  # type: ignore[arg-type,return-value]
    return ask(question, context=context, options=options), vlm_client


@pytest.fixture
def dated(tmp_path: Path) -> Catalog:
    """The same videos, of which the demo was recorded before the lecture."""
    catalog = make_library(tmp_path)
    set_recorded(catalog, LECTURE, 2_000.0)
    set_recorded(catalog, DEMO, 1_000.0)
    return catalog


WHICH = [
    ("In which video does the red dog jump?", "lecture"),
    ("In which of the videos does the red dog jump?", "lecture"),
    ("Name the video in which the white swan jumps.", "demo"),
    ("Which video shows a blue cup?", "lecture"),
    ("Which video shows the blue cup first?", "lecture"),
    ("In which video is there a green boat?", "in several of them"),
    ("In which video does the white swan turn?", "in none of them"),
    ("Which video shows a pink fish?", "in none of them"),
]


@pytest.mark.parametrize(("question", "right"), WHICH, ids=[question for question, _ in WHICH])
def test_the_video_that_shows_it_is_chosen(made: Catalog, question: str, right: str) -> None:
    answer, _ = answer_to(made, question, NAMES)
    assert answer.choice is not None
    assert (answer.status, NAMES[answer.choice]) == ("answered", right)


HOW_MANY = [
    ("How many videos show a green boat?", "2"),
    ("In how many of the videos is there a blue cup?", "1"),
    ("Count the videos in which a pink fish can be seen.", "0"),
    ("In how many of the videos does the red dog jump?", "1"),
]


@pytest.mark.parametrize(("question", "right"), HOW_MANY, ids=[question for question, _ in HOW_MANY])
def test_videos_are_counted_not_moments(made: Catalog, question: str, right: str) -> None:
    answer, _ = answer_to(made, question, ("0", "1", "2", "3"))
    assert (answer.status, answer.choice) == ("answered", int(right))


def test_an_open_answer_names_the_video_and_cites_the_moment(made: Catalog) -> None:
    answer, _ = answer_to(made, "In which video does the red dog jump?")
    assert answer.text.startswith("In lecture.mp4, seen at 0:")
    assert {one.video_id for one in answer.intervals} == {LECTURE}


def test_an_open_count_says_in_how_many_videos(made: Catalog) -> None:
    answer, _ = answer_to(made, "How many videos show a green boat?")
    assert answer.text.startswith("In 2 videos, seen at 0:00–0:08 of lecture.mp4, 0:00–0:08 of demo.mp4")
    assert answer_to(made, "How many videos show a pink fish?")[0].text.startswith(
        "None: nothing that was looked at"
    )


def test_which_comes_first_is_not_said_where_nobody_knows_when_videos_were_recorded(made: Catalog) -> None:
    answer, _ = answer_to(made, "Which video shows the green boat first?", NAMES)
    assert (answer.status, answer.reason, answer.choice) == ("abstained", "unknown", None)
    assert answer.text.startswith("No answer: the videos have no common clock: it is not known when each was")


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("Which video shows the green boat first?", "demo"),
        ("Which video shows the green boat last?", "lecture"),
        ("Which video is the second to show the green boat?", "lecture"),
        ("In which video does the green boat turn for the first time?", "demo"),
    ],
)
@pytest.mark.parametrize("options", [(), NAMES])
def test_the_first_video_is_the_one_recorded_first(
    dated: Catalog, question: str, right: str, options: Sequence[str]
) -> None:
    answer, _ = answer_to(dated, question, options)
    assert f"n {right}.mp4, seen at" in answer.text
    assert answer.choice == (NAMES.index(right) if options else None)


@pytest.mark.parametrize(
    "question",
    [
        "Which video is the third to show the green boat?",
        "In which video does the green boat turn for the second time?",
    ],
)
def test_one_detection_a_video_does_not_answer_such_questions(dated: Catalog, question: str) -> None:
    assert answer_to(dated, question)[0].status == "abstained"


@pytest.mark.parametrize(("lecture_at", "first"), [(2_000.0, "white swan"), (0.0, "red dog")])
def test_who_is_first_over_several_videos_hangs_on_the_clock(
    dated: Catalog, lecture_at: float, first: str
) -> None:
    set_recorded(dated, LECTURE, lecture_at)
    options = ("the red dog", "the white swan")
    answer, _ = answer_to(dated, "Which thing is the first to jump?", options)
    assert answer.choice is not None
    assert options[answer.choice] == f"the {first}"


@pytest.mark.parametrize(("lecture_at", "first"), [(2_000.0, "white swan"), (0.0, "red dog")])
def test_the_order_over_several_videos_hangs_on_the_clock(
    dated: Catalog, lecture_at: float, first: str
) -> None:
    set_recorded(dated, LECTURE, lecture_at)
    answer, _ = answer_to(dated, "In what order: the red dog jumps, the white swan jumps?")
    assert answer.text.lower().startswith(f"in this order: {first}"), answer.text


def test_without_a_clock_nobody_is_first_over_several_videos(made: Catalog) -> None:
    answer, _ = answer_to(made, "Which thing is the first to jump?", ("the red dog", "the white swan"))
    assert (answer.status, answer.choice) == ("abstained", None)
    assert "no common clock" in answer.text


def test_an_object_detected_in_the_first_moments_needs_no_more_vlm_calls(made: Catalog) -> None:
    _, vlm_client = answer_to(made, "How many videos show a green boat?")
    assert len(vlm_client.requests) == 4


def test_with_too_few_vlm_calls_a_count_is_partial(made: Catalog) -> None:
    answer, vlm_client = answer_to(made, "How many videos show a pink fish?", ("0", "1", "2"), looks=2)
    assert (len(vlm_client.requests), answer.status) == (2, "partial")
    assert answer_to(made, "Which video shows a pink fish?", NAMES, looks=2)[0].status == "partial"


def test_words_name_their_video(made: Catalog) -> None:
    answer, vlm_client = answer_to(
        made, 'In which video is it said that "A prior is what you believe"?', NAMES
    )
    assert (answer.status, answer.choice, vlm_client.requests) == ("answered", 0, [])
    counted, _ = answer_to(made, "In how many videos does he mention Bayes?", ("0", "1", "2", "3"))
    assert counted.choice == 1


def test_how_many_videos_there_are_is_asked_of_the_library() -> None:
    spec = parse_question("How many videos are there?")
    assert (spec.of_video, spec.each_video) == (True, False)
