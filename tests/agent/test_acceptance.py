"""Questions to a library with a model that plans, from end to end: a real server, behind it rules.

The model believes what it reads and cites what shares words with the question (`rule_server`), so that these
tests show what the product sends and what it lets through, not how clever a model is.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.agent.rule_server import (
    THOUGHT,
    RuleModel,
    RuleServer,
    all_text,
    image_urls,
    rule_server,
)
from tests.made_videos import stills

from playhead import Library
from playhead.models import ModelNames
from playhead_tools.evidence import Answer

CUES = (
    "Good morning, and welcome aboard the ferry to the island.",
    "The ferry leaves the harbour at nine because the tide is low before that.",
    "Martha lost her ticket on the bridge, so she had to buy another.",
    "The captain keeps an old brass compass that his grandmother gave him.",
    "He says the compass is more honest than any satellite.",
    "If the wind turns north we will stop at the lighthouse instead.",
    "Thank you for listening, and mind the wet steps.",
)
"""One every ten seconds of a clip of 70 seconds, eight seconds long."""
QUESTIONS = (
    "Why does the ferry leave at nine?",
    "In the video, what did Martha have to buy?",
    "Who gave the captain his compass?",
    "Can you provide a summary of the clip?",
    "What is the mood of the speaker?",
    "Please summarize this video, including its main content.",
    "What type of video is this?",
    "Considering the whole clip, what is the relationship between the captain and his compass?",
    "Arrange the following events in order: the ticket is lost, the ferry leaves, the lighthouse is named.",
    "What happens at the end of the video?",
    "What happens at the beginning of the video?",
    "How does the speaker feel about satellites?",
    "Is the speaker convincing?",
    "Compare the ferry and the lighthouse.",
    "Which of the following is said first: the tide is low, or the steps are wet?",
    "What would change the plan of the trip?",
    "When discussing the compass, what does the captain claim about it?",
    "Give me a timeline of the trip.",
    "Warum fährt die Fähre erst um neun?",
    "¿Quién perdió su billete en el puente?",
)
REFUSALS = (
    "The frames do not show what is asked.",
    "I cannot see anything like that in these images.",
    "I'm sorry, but I can't determine that from the frames provided.",
    "There is no person with a ticket in this clip.",
    "The requested information is not visible in the video.",
    "It is not possible to tell from these frames.",
    "Unfortunately, the images do not contain that information.",
    "None of the frames show a bridge or a ticket.",
    "Based on the frames given, this cannot be determined.",
    "I am unable to identify that in the provided images.",
    "The video does not appear to show this.",
    "No such object is visible.",
    "The frames are too dark to make anything out.",
    "There isn't enough information in the images to answer.",
    "I don't see any compass in the frames.",
    "That is not shown in the clip.",
    "The provided frames only show a plain colour, so I cannot answer the question.",
    "It's unclear from the video what she is wearing.",
    "Nothing in these frames answers the question.",
    "The question cannot be answered from the images.",
    "I can't tell; the picture is just a solid colour.",
    "There is no visible evidence of that in the video.",
    "Sorry, this does not seem to be present in the footage.",
    "The clip doesn't show any person.",
    "I could not find what you are asking for in the frames.",
    "The answer is not depicted in the given frames.",
    "As an AI model, I am not able to see that in the images.",
    "No. The frames do not include anything of the kind.",
    "Not enough visual information is available.",
    "Nothing that could answer this can be made out in the images.",
)
VISUAL = "What does the captain look like?"


@pytest.fixture(scope="module")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one clip of 70 s, 640 x 360 pixels, with subtitles."""
    folder = tmp_path_factory.mktemp("ferry")
    dark, red = np.full((360, 640, 3), 20, np.uint8), np.full((360, 640, 3), (120, 20, 20), np.uint8)
    video = stills(folder / "ferry.mp4", [(dark, 35.0), (red, 35.0)])
    blocks = [f"{n + 1}\n{_clock(10 * n)} --> {_clock(10 * n + 8)}\n{text}\n" for n, text in enumerate(CUES)]
    video.path.with_suffix(".srt").write_text("\n".join(blocks))
    (report,) = _library(folder / "library").index([video.path])
    assert report.status == "indexed", report.error
    return folder / "library"


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out about a model is forgotten after the test."""
    monkeypatch.setenv("PLAYHEAD_CHAT_MODELS", str(tmp_path / "models.json"))


def _clock(seconds: int) -> str:
    return f"00:{seconds // 60:02d}:{seconds % 60:02d},000"


def _library(folder: Path, video: str = "off") -> Library:
    return Library(
        folder,
        ModelNames(picture="off", appearance="off", words="off", speech="off", screen="off", video=video),
    )


def ask(folder: Path, server: RuleServer, question: str, *, looks: bool = True, **how: Any) -> Answer:
    """The answer of the default strategy; the server is the chat model and, with `looks`, the video-LLM."""
    opened = _library(folder, server.base_url if looks else "off")
    return opened.ask(question, llm="openai:rules", base_url=server.base_url, **how)


@pytest.fixture(scope="module")
def reader() -> Iterator[RuleServer]:
    with rule_server() as server:
        yield server


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_free_form_question_reaches_the_model_word_for_word(
    ferry: Path, reader: RuleServer, question: str
) -> None:
    answer = ask(ferry, reader, question, looks=False)
    assert reader.planned(question)
    assert answer.fallback == ""


def test_the_whole_transcript_of_a_short_video_stands_in_the_first_prompt(
    ferry: Path, reader: RuleServer
) -> None:
    ask(ferry, reader, "Why is nine so late?", looks=False)
    first = all_text(reader.planned("Why is nine so late?")[0])
    assert [cue for cue in CUES if cue not in first] == []


def test_what_is_asked_of_words_is_answered_and_cited(ferry: Path, reader: RuleServer) -> None:
    answer = ask(ferry, reader, "What did Martha lose on the bridge?", looks=False)
    assert answer.status == "answered"
    assert any("Martha lost her ticket" in record.said or record.span_ids for record in answer.evidence)
    assert answer.intervals[0].window.start_s <= 20 < answer.intervals[0].window.end_s


@pytest.mark.parametrize("transport", ["tools", "json_schema", "prompted"])
def test_each_transport_of_tool_calls_ends_in_the_models_own_answer(ferry: Path, transport: Any) -> None:
    with rule_server(RuleModel(transport)) as server:
        answer = ask(ferry, server, "Who gave the captain his compass?", looks=False)
    assert (answer.status, answer.fallback) == ("answered", "")


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_to_see_is_no_answer(ferry: Path, refusal: str) -> None:
    with rule_server(RuleModel(seen=refusal)) as server:
        answer = ask(ferry, server, VISUAL)
    assert any(image_urls(request) for request in server.requests)
    assert refusal not in answer.text
    assert all(refusal.rstrip(".") not in claim.text for claim in answer.claims)


def test_what_is_seen_is_an_answer(ferry: Path) -> None:
    with rule_server(RuleModel(seen="A grey-bearded man in a blue coat holds a compass.")) as server:
        answer = ask(ferry, server, VISUAL)
    assert (answer.status, "grey-bearded man" in answer.text) == ("answered", True)


@pytest.mark.parametrize("question", [VISUAL, "Who gave the captain his compass?"])
@pytest.mark.parametrize("transport", ["tools", "json_schema", "prompted"])
def test_thoughts_are_never_shown(ferry: Path, question: str, transport: Any) -> None:
    with rule_server(RuleModel(transport, thinks=True)) as server:
        answer = ask(ferry, server, question)
    assert answer.fallback == ""
    shown = repr(answer.to_json())
    assert "<think" not in shown
    assert THOUGHT not in shown


@pytest.mark.parametrize("question", [VISUAL, "What colour is the coat of the man?", "What happens here?"])
def test_a_question_about_a_clip_of_70_s_costs_at_most_25_000_visual_tokens(
    ferry: Path, question: str
) -> None:
    with rule_server() as server:
        ask(ferry, server, question)
        assert 0 < server.visual_tokens <= 25_000


def test_a_server_that_takes_four_images_still_ends_in_an_answer(ferry: Path) -> None:
    with rule_server(RuleModel(seen="A man in a blue coat.", max_images=4)) as server:
        answer = ask(ferry, server, VISUAL)
        seen = [
            len(image_urls(one)) for one in server.requests if image_urls(one) and not server.refuses(one)
        ]
    assert (answer.status, "blue coat" in answer.text) == ("answered", True)
    assert seen
    assert max(seen) <= 4


def test_what_the_transcript_answers_takes_one_plan(ferry: Path, reader: RuleServer) -> None:
    question = "Which brass instrument does the captain keep?"
    ask(ferry, reader, question, looks=False)
    assert len(reader.planned(question)) == 1
