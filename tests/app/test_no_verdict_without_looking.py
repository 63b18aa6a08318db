"""Whatever is asked and whatever was not indexed: nothing is stated of what was not searched."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from tests.tools.made_library import SEGMENT_SQL, SPAN_SQL, VIDEO_SQL

from playhead import Library
from playhead.models import ModelNames
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_tools.evidence import Answer, coverage_sentence
from playhead_tools.testing import BlankFrameClient, ScriptedVideoLLM

Asking = Callable[[str, str, str], Answer]
LONG, SHORT = "long.mp4", "short.mp4"
LENGTHS = {LONG: 30.0, SHORT: 20.0}
WORDS = [
    (LONG, "speech", 1.0, 4.0, "Welcome to the harbour."),
    (LONG, "speech", 8.0, 12.0, "The ferry leaves at noon."),
    (LONG, "screen", 0.0, 9.0, "Harbour tour"),
    (LONG, "speech", 20.0, 24.0, "Here comes the ferry again."),
]
"""All that is stored stands in the long video; the short one is what is indexed in part."""

Modality = str
QUESTIONS: dict[str, Modality] = {
    "Does anyone mention penguins?": "speech",
    "Does he ever say \"penguins\"?": "speech",
    "Do they never mention penguins?": "speech",
    "How many times do they say ferry?": "speech",
    "When is the ferry first mentioned?": "speech",
    "When is the ferry last mentioned?": "speech",
    "What is said about penguins?": "speech",
    "What is said first?": "speech",
    "Who mentions the penguins?": "speech",
    "When is penguin said?": "speech",
    "Is \"penguins\" written on the screen?": "screen",
    "What is written about penguins?": "screen",
    "How many times is \"harbour\" written on the screen?": "screen",
    "Are two men arm wrestling?": "picture",
    "Is there a penguin?": "picture",
    "Is a kitchen shown?": "picture",
    "How many times does the penguin jump?": "picture",
    "When does the penguin first jump?": "picture",
    "When does the penguin appear?": "picture",
    "What does the penguin do?": "picture",
    "Who opens the door?": "picture",
    "Does the man jump after the door opens?": "any",
}  # fmt: skip


@dataclass(frozen=True)
class Gap:
    """What of the short video is not indexed.

    Args:
        missing: modalities without their stage.
        everywhere: the long video lacks them too.
        status: of the missing stages.
    """

    missing: tuple[Modality, ...] = ()
    everywhere: bool = False
    status: str = "off"


GAPS = {
    "nothing missing": Gap(),
    "no speech in one": Gap(("speech",)),
    "no screen text in one": Gap(("screen",)),
    "no pictures": Gap(("picture",), everywhere=True),
    "one unfinished": Gap(("speech", "screen", "picture"), status="running"),
    "one not indexed": Gap(("speech", "screen", "picture")),
    "nothing indexed": Gap(("speech", "screen", "picture"), everywhere=True),
}
VLM_REPLIES = {
    "no video-LLM": None,
    "always no": "No.",
    "always declines": "The frames do not show what is asked.",
}


def _make(folder: Path, gap: Gap) -> Library:
    catalog = Catalog(folder, create=True)
    with catalog.atomic() as db:
        for name, duration_s in LENGTHS.items():
            db.execute(VIDEO_SQL, (name, duration_s, f"2024-01-01 {name}"))
            db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (str(folder / name), name))
            db.execute(SEGMENT_SQL, (name, 0, 0.0, duration_s))
            for stage in ("subtitles", "speech", "screen", "picture", "finish"):
                lacks = stage in gap.missing and (gap.everywhere or name == SHORT)
                running = lacks and gap.status == "running"
                status = gap.status if lacks else "done"
                position_s = 5.0 if running else 0.0 if lacks else duration_s
                write_stage(db, name, Stage(stage, status, position_s, note="" if running else "not there"))
        for video_id, kind, start_s, end_s, text in WORDS:
            if not (gap.everywhere and kind in gap.missing):
                db.execute(SPAN_SQL, (video_id, kind, start_s, end_s, text))
        db.execute("UPDATE span SET source = 'asr:made' WHERE kind = 'speech'")
    return Library(folder, ModelNames(video="off"))


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    libraries = {name: _make(tmp_path_factory.mktemp("gap"), gap) for name, gap in GAPS.items()}

    def ask(question: str, gap: str, vlm: str) -> Answer:
        library, reply = libraries[gap], VLM_REPLIES[vlm]
        model = ScriptedVideoLLM(lambda request, frames: reply or "")
        library.vlm_client = None if reply is None else BlankFrameClient(library.catalog, model)
        return library.ask(question)

    return ask


def _is_covered(question: str, gap: str, vlm: str) -> bool:
    """Whether all that could show what is asked was searched; a model that answers can view it all."""
    modality, missing = QUESTIONS[question], GAPS[gap].missing
    if modality == "any":
        return vlm == "always no" and not {"speech", "screen"} & {*missing}
    return vlm == "always no" if modality == "picture" else modality not in missing


def _states_all(question: str, answer: Answer) -> bool:
    """Whether an answer speaks of all of the scope: it is a no, a number, a first, a last, a never."""
    asks = re.search(r"\b(?:how many|first|last|never)\b", question, re.IGNORECASE)
    return bool(asks or re.match(r"(?:No\b|None\b|Never\b|Nothing\b)", answer.text))


EVERY_CASE = list(product(QUESTIONS, GAPS, VLM_REPLIES))


def _expect_no_verdict_without_vlm_call(ask: Asking, cases: Sequence[tuple[str, str, str]]) -> None:
    for question, gap, vlm in cases:
        answer = ask(question, gap, vlm)
        verdict = answer.reason == "absent" or (answer.status == "answered" and _states_all(question, answer))
        assert not verdict or _is_covered(question, gap, vlm), (question, gap, vlm, answer.text)


@pytest.mark.slow
def test_no_verdict_is_given_of_what_was_not_searched(asking: Asking) -> None:
    _expect_no_verdict_without_vlm_call(asking, EVERY_CASE)


def test_no_verdict_is_given_of_what_was_not_searched_in_part(asking: Asking) -> None:
    _expect_no_verdict_without_vlm_call(asking, [EVERY_CASE[i] for i in range(0, len(EVERY_CASE), 5)])


@pytest.mark.parametrize("gap", ["no speech in one", "no screen text in one", "one unfinished"])
def test_the_video_that_was_not_searched_is_named(asking: Asking, gap: str) -> None:
    for question, modality in QUESTIONS.items():
        if modality in GAPS[gap].missing and modality != "picture":
            answer = asking(question, gap, "no video-LLM")
            assert SHORT in coverage_sentence(answer.coverage), question  # type: ignore[arg-type]
            assert (answer.status, answer.reason) in {("abstained", "unknown"), ("partial", "unknown")}


@pytest.mark.parametrize(
    ("question", "status", "reason"),
    [
        ("Does anyone mention penguins?", "abstained", "absent"),
        ("How many times do they say ferry?", "answered", ""),
        ("When is the ferry first mentioned?", "answered", ""),
        ("Is \"penguins\" written on the screen?", "abstained", "absent"),
        ("Are two men arm wrestling?", "answered", ""),
        ("When does the penguin appear?", "abstained", "absent"),
    ],
)  # fmt: skip
def test_what_was_searched_to_the_end_is_said(
    asking: Asking, question: str, status: str, reason: str
) -> None:
    answer = asking(question, "nothing missing", "always no")
    assert (answer.status, answer.reason) == (status, reason)


def test_without_picture_vectors_a_no_is_said_only_behind_looks(
    asking: Asking,
) -> None:
    answer = asking("Are two men arm wrestling?", "no pictures", "always no")
    assert (answer.status, answer.text.split(":")[0]) == ("answered", "No")
    assert answer.cost["looks"] >= 6  # 50 s in pieces of at most 8 s
    assert "a video model viewed 0:50 of it" in answer.text


@pytest.mark.parametrize("question", ["What does the penguin do?", "Who opens the door?"])
def test_words_that_decline_are_no_answer_to_an_open_question(asking: Asking, question: str) -> None:
    answer = asking(question, "no pictures", "always declines")
    assert (answer.status, answer.reason, answer.intervals) == ("abstained", "unknown", ())
    assert "the video model declined to answer for 7 of 7 clips" in answer.notes


def test_a_model_that_declines_every_look_has_not_said_no(asking: Asking) -> None:
    answer = asking("Are two men arm wrestling?", "no pictures", "always declines")
    assert (answer.status, answer.reason, answer.confidence) == ("abstained", "unknown", 0.0)
    assert answer.cost["looks"] > 0
