"""What a planner without a chat model looks at in a long video, and what it makes of the replies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE

from playhead_agent.limits import Limits
from playhead_agent.perception.needs_visual import needs_visual_evidence
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Hit, LaneCoverage, Moment, Query, Scope, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.evidence import Answer, Evidence
from playhead_tools.question import parse_question
from playhead_tools.video_llm.client import Observation

REFUSAL = "The frames do not show what is asked."
MOMENTS = [Window(40.0, 48.0), Window(200.0, 208.0), Window(100.0, 108.0)]
"""What the picture search gives for every query, best first, in a lecture of 300 s."""
Tell = Callable[[Window, str], str]


class PictureFinder:
    """Finds the same moments by their pictures, whatever is asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def search(self, query: Query) -> SearchResult:
        self.texts.append(query.text or "")
        wanted = query.lanes is None or "picture" in query.lanes
        moments = [_moment(window, i) for i, window in enumerate(MOMENTS)] if wanted else []
        lanes = (LaneCoverage("picture", True, 60),)
        return SearchResult(query, moments[: query.limit], Coverage(1, 10, 300.0, lanes, ()), 0.0)


def _moment(window: Window, number: int) -> Moment:
    hit = Hit("picture", "vector", LECTURE, window, 1.0, number + 1, f"frame:{number}")
    return Moment(LECTURE, Path("lecture.mp4"), window, 1.0, (hit,))


@dataclass
class ScriptedVlmClient:
    """Looks that say what a function says of a window; keeps what it was asked."""

    tell: Tell
    frames: int = 16
    plain_prompt: bool = False
    requests: list[tuple[Window, str, tuple[str, ...], int]] = field(default_factory=list)

    def observe(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        options: tuple[str, ...] = (),
        yes_no: bool = False,
        frames: int | None = None,
    ) -> Observation:
        """A look without pictures."""
        self.requests.append((window, question, options, frames or self.frames))
        text = self.tell(window, question)
        if text == "away":
            raise ModelUnavailable("the server is away")
        p_yes = {"Yes": 0.95, "No": 0.05}.get(text) if yes_no else None
        cited_s = (window.start_s + 2.0,) if "(" in text else ()
        return Observation(
            video_id, window, question, text, (window.start_s,), p_yes, 16, 4000, cited_s=cited_s
        )


def answer_about(
    made: Catalog, question: str, tell: Tell, options: Sequence[str] = (), limits: Limits | None = None
) -> tuple[Answer, ScriptedVlmClient]:
    vlm_client = ScriptedVlmClient(tell)
    context = Context(PictureFinder(), made, open_vlm_client=lambda: vlm_client, limits=limits or Limits())  # type: ignore[arg-type, return-value]
    return ask(question, context=context, scope=Scope((LECTURE,)), options=options), vlm_client


def holds(time_s: float) -> Tell:
    """Yes for windows that hold a time."""
    return lambda window, question: "Yes" if time_s in window else "No"


def test_the_question_is_put_to_the_best_clip_as_it_was_asked(made: Catalog) -> None:
    question = "In the video, what colour is the coat of the man?"
    answer, vlm_client = answer_about(made, question, lambda window, question: "It is red.")
    assert vlm_client.requests == [(MOMENTS[0], question, (), 16)]
    assert (answer.status, [one.window for one in answer.intervals]) == ("answered", [MOMENTS[0]])


def test_the_next_clips_are_looked_at_where_the_best_declines(made: Catalog) -> None:
    tell: Tell = lambda window, question: "A red coat." if window == MOMENTS[2] else REFUSAL  # noqa: E731
    answer, vlm_client = answer_about(made, "What colour is the coat?", tell)
    assert {window for window, *_ in vlm_client.requests} == {*MOMENTS}
    assert [one.window for one in answer.intervals] == [MOMENTS[2]]


def test_where_no_clip_tells_it_nothing_is_called_absent_that_was_not_looked_at(made: Catalog) -> None:
    answer, _ = answer_about(made, "What colour is the coat?", lambda window, question: REFUSAL)
    assert (answer.status, answer.reason) == ("abstained", "unknown")


def test_options_go_along_and_an_unreadable_reply_chooses_none(made: Catalog) -> None:
    options = ("blue", "red")
    answer, vlm_client = answer_about(made, "What colour is the coat?", lambda w, q: "It is lovely.", options)
    assert {one[2] for one in vlm_client.requests} == {options}
    assert answer.choice is None


def test_a_bare_yes_tells_nothing_of_what_or_who(made: Catalog) -> None:
    answer, _ = answer_about(made, "What does the man carry?", lambda window, question: "Yes.")
    assert answer.status == "abstained"


def test_yes_is_said_where_one_clip_shows_it(made: Catalog) -> None:
    answer, vlm_client = answer_about(made, "Does the man open the door?", holds(204.0))
    assert (answer.status, answer.text.partition(",")[0]) == ("answered", "Yes")
    assert len(vlm_client.requests) == len(MOMENTS)


def test_no_is_said_only_when_all_of_the_video_was_looked_at(made: Catalog) -> None:
    answer, vlm_client = answer_about(made, "Does the man open the door?", lambda window, question: "No")
    covered_s = sum(window.duration_s for window, *_ in vlm_client.requests[len(MOMENTS) :])
    assert (answer.status, covered_s) == ("answered", pytest.approx(300.0))
    assert answer.text.startswith("No")


def test_no_is_not_said_where_the_limits_end_the_looks(made: Catalog) -> None:
    limits = Limits(looks=5)
    answer, vlm_client = answer_about(made, "Does the man open the door?", lambda w, q: "No", limits=limits)
    assert (answer.status, answer.reason, len(vlm_client.requests)) == ("abstained", "unknown", 5)


def test_a_count_is_of_moments_in_all_of_the_video(made: Catalog) -> None:
    tell: Tell = lambda window, question: "Yes" if 50.0 in window or 250.0 in window else "No"  # noqa: E731
    answer, vlm_client = answer_about(made, "How many times does the man open the door?", tell)
    assert answer.text.startswith("Seen in 2 moments")
    assert all(
        '"How many times does the man open the door?"' in question for _, question, *_ in vlm_client.requests
    )


def test_the_last_time_is_the_last_piece_that_shows_it(made: Catalog) -> None:
    tell: Tell = lambda window, question: "Yes" if 50.0 in window or 250.0 in window else "No"  # noqa: E731
    answer, _ = answer_about(made, "When does the man open the door for the last time?", tell)
    assert 250.0 in answer.intervals[0].window


def test_when_is_narrowed_to_the_frames_that_the_reply_names(made: Catalog) -> None:
    tell: Tell = lambda window, question: (  # noqa: E731
        "He opens it (3:22)." if question.startswith("When") else holds(204.0)(window, question)
    )
    answer, _ = answer_about(made, "When does the man open the door?", tell)
    assert [one.window for one in answer.intervals] == [Window(201.0, 203.0)]


def test_a_short_stretch_is_looked_at_whole(made: Catalog) -> None:
    answer, vlm_client = answer_about(
        made, "What happens at the end of the video?", lambda window, question: "He bows."
    )
    assert [(window.end_s, frames) for window, *_, frames in vlm_client.requests] == [(300.0, 48)]
    assert "He bows" in answer.text


def test_frames_of_a_look_at_all_of_it_keep_to_the_limits(made: Catalog) -> None:
    limits = Limits(frames=20)
    _, vlm_client = answer_about(
        made, "What happens at the end of the video?", lambda w, q: "He bows.", limits=limits
    )
    assert [frames for *_, frames in vlm_client.requests] == [20]


def test_a_model_that_is_away_leaves_the_answer_that_there_is_without_it(made: Catalog) -> None:
    answer, _ = answer_about(made, "What colour is the coat?", lambda window, question: "away")
    assert any("the video-LLM could not be used: the server is away" in note for note in answer.notes)
    assert answer.status != "answered"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What colour is the coat?", True),
        ("What happens at the beginning of the video?", True),
        ("What is said at 0:30?", False),
        ("Summarise the video.", False),
        ("How long is the video?", False),
        ("How often is entropy mentioned?", False),
    ],
)
def test_pictures_are_looked_at_where_the_question_asks_for_them(question: str, expected: bool) -> None:
    assert needs_visual_evidence(parse_question(question), ()) is expected


def test_words_that_answer_need_no_look() -> None:
    spec = replace(parse_question("Why is the road closed?"), wanted="any")
    said = Evidence("E1", LECTURE, Window(0.0, 2.0), "speech", "supported", (1,), role="target0")
    assert not needs_visual_evidence(spec, [said])
