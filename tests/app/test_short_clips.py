"""A clip of 70 s with subtitles, asked about through the library and a real client at a vision server."""

import base64
import io
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.made_videos import stills
from tests.tools.made_library import SEGMENT_SQL, SPAN_SQL, VIDEO_SQL
from tests.tools.video_llm.made_server import Answer, MadeServer, made_server

from playhead import Library
from playhead.models import ModelNames
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_tools.evidence import Answer as PlayheadAnswer
from playhead_tools.video_llm.parse_response import LookReply

CLIP, CLIP_S = "clip", 70.0
WORDS = [(2.0, 6.0, "It's a red coat & it's mine."), (60.0, 64.0, "We are leaving.")]
MAX_VISUAL_TOKENS = 25_000
PATCH_PX = 28
"""A visual token of Qwen2.5-VL stands for 28 by 28 pixels."""
GARBLED = [
    "In the video, what colour is the coat of the man?",
    "What is the mood of the scene?",
    "What happens at the end of the video?",
    "What happens at the beginning of the video?",
    "Do the robots attack?",
    "Which animal is shown?",
    "How many people are in the room?",
    "Which of the following scene sequences is correct?",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("clip")
    image = np.full((360, 640, 3), 90, np.uint8)
    stills(at / "clip.mp4", [(image, CLIP_S)], fps=2.0)
    catalog = Catalog(at, create=True)
    with catalog.atomic() as db:
        db.execute(VIDEO_SQL, (CLIP, CLIP_S, "2024-01-01"))
        db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (str(at / "clip.mp4"), CLIP))
        for stage in ("speech", "screen", "finish"):
            write_stage(db, CLIP, Stage(stage, "done", CLIP_S))
        for number in range(7):
            db.execute(SEGMENT_SQL, (CLIP, number, number * 10.0, number * 10.0 + 10.0))
        for start_s, end_s, text in WORDS:
            db.execute(SPAN_SQL, (CLIP, "speech", start_s, end_s, text))
    return at


def look_reply(answer: str = "A red coat [1].") -> str:
    return LookReply(visible=True, answer=answer).model_dump_json()


def ask(folder: Path, server: MadeServer, question: str, **more: Any) -> PlayheadAnswer:
    library = Library(folder, ModelNames(video=server.base_url))
    library.clear_observations()
    return library.ask(question, **more)


def parts(server: MadeServer, kind: str) -> list[Any]:
    return [
        part[kind]
        for request in server.requests
        for part in request["messages"][-1]["content"]
        if part["type"] == kind
    ]


def visual_tokens(server: MadeServer) -> int:
    total = 0
    for image in parts(server, "image_url"):
        data = base64.b64decode(image["url"].partition(",")[2])
        width, height = Image.open(io.BytesIO(data)).size
        total += ceil(width / PATCH_PX) * ceil(height / PATCH_PX)
    return total


@pytest.mark.parametrize("question", GARBLED)
def test_a_short_clip_is_looked_at_whole_with_the_question_as_it_was_asked(
    folder: Path, question: str
) -> None:
    with made_server(look_reply("Yes." if question.startswith("Do") else "A red coat [1].")) as server:
        ask(folder, server, question)
        texts = "\n".join(parts(server, "text"))
        assert 0 < visual_tokens(server) <= MAX_VISUAL_TOKENS
    assert f"Question: {question}" in texts
    assert "Is there a" not in texts
    assert "Does it happen" not in texts


def test_the_words_spoken_go_along_with_the_frames(folder: Path) -> None:
    with made_server(look_reply()) as server:
        ask(folder, server, "In the video, what colour is the coat of the man?")
        texts = "\n".join(parts(server, "text"))
    assert all(text in texts for _, _, text in WORDS)


def test_a_frame_that_the_reply_names_is_the_moment_that_is_cited(folder: Path) -> None:
    with made_server(look_reply("He opens the door [24].")) as server:
        answer = ask(folder, server, "What does the man do?")
    (interval,) = answer.intervals
    assert interval.window.duration_s <= 4.0
    assert "[24]" not in answer.text


REFUSED = "One would need to see his face for that."


def test_a_refusal_is_no_answer_whatever_its_words(folder: Path) -> None:
    with made_server(LookReply(visible=False, answer=REFUSED).model_dump_json()) as server:
        answer = ask(folder, server, "Who is the man with the eye patch?")
    assert answer.status != "answered"
    assert REFUSED not in answer.text


def test_thoughts_are_not_in_the_answer(folder: Path) -> None:
    with made_server(f"<think>Let me look at it.</think>{look_reply()}") as server:
        answer = ask(folder, server, "In the video, what colour is the coat of the man?")
    assert "Let me look" not in answer.text
    assert "think" not in answer.text


def test_a_server_that_takes_four_images_is_answered_by(folder: Path) -> None:
    limit = Answer(status=400, raw=b'{"error": {"message": "At most 4 image(s) may be provided."}}')
    with made_server(limit, look_reply()) as server:
        answer = ask(folder, server, "In the video, what colour is the coat of the man?")
        sent = [
            len([p for p in r["messages"][-1]["content"] if p["type"] == "image_url"])
            for r in server.requests
        ]
    assert (answer.status, sent) == ("answered", [48, 4])


def test_no_is_not_answered_without_a_vlm_call(folder: Path) -> None:
    with made_server("No.") as server:
        answer = ask(folder, server, "Are two men arm wrestling?")
        assert len(server.requests) == answer.cost["looks"] == 1
    assert (answer.status, answer.text.partition(":")[0]) == ("answered", "No")


def test_options_go_along_and_one_of_them_is_the_answer(folder: Path) -> None:
    with made_server(look_reply("B")) as server:
        answer = ask(folder, server, "What colour is his coat?", options=("blue", "red"))
        assert "A. blue\nB. red" in "\n".join(parts(server, "text"))
    assert answer.choice == 1
