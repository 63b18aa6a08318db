"""Looks through the real client at a server that replies as real video models do."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.tools.toolbox.coloured import WALL, make_wall
from tests.tools.video_llm.made_server import Answer, MadeServer, made_server

from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.video_llm.client import (
    NEW_TOKENS,
    NEW_TOKENS_THINKING,
    NEW_TOKENS_YES_NO,
    Observation,
    VlmClient,
)
from playhead_tools.video_llm.http_post import BackOff
from playhead_tools.video_llm.parse_response import LookReply
from playhead_tools.video_llm.server import ServerVideoLLM

TALK = Window(28.0, 36.0)
QUESTION = "What colour is the wall?"


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_wall(Path(tmp_path_factory.mktemp("wall")))


def vlm_client(wall: Catalog, server: MadeServer, **options: Any) -> VlmClient:
    llm = ServerVideoLLM(server.base_url, "made", back_off=BackOff(tries=1), **options)
    return VlmClient(wall, llm)


def observe_answers(
    wall: Catalog, answers: Sequence[str | Answer], question: str = QUESTION, **asked: Any
) -> Observation:
    with made_server(*answers) as server:
        return vlm_client(wall, server).observe(WALL, TALK, question, **asked)


def filled(visible: bool, answer: str) -> str:
    return LookReply(visible=visible, answer=answer).model_dump_json()


def prompt_of(request: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in request["messages"][-1]["content"] if part["type"] == "text")


def test_a_refusal_of_a_model_that_keeps_a_schema_is_a_value(wall: Catalog) -> None:
    look = observe_answers(wall, [filled(False, "One would have to come closer.")])
    assert (look.declines, look.text) == (True, "One would have to come closer.")


def test_an_answer_that_sounds_like_a_refusal_is_none_where_the_model_says_that_it_is_visible(
    wall: Catalog,
) -> None:
    look = observe_answers(wall, [filled(True, "A sign with the words “not visible”.")])
    assert (look.declines, look.text) == (False, "A sign with the words “not visible”.")


def test_a_server_that_ignores_the_schema_is_read_by_its_words_and_then_asked_freely(wall: Catalog) -> None:
    with made_server("I can't make that out.", "A red wall.", "A red wall.") as server:
        seen = vlm_client(wall, server)
        first, *_ = [seen.observe(WALL, TALK, f"{QUESTION} {i}") for i in range(3)]
        forms = ["response_format" in request for request in server.requests]
    assert (first.declines, forms) == (True, [True, True, False])


def test_thoughts_are_never_shown(wall: Catalog) -> None:
    thought = "<think>The wall could be red [2]. I cannot tell.</think>"
    look = observe_answers(wall, [thought + filled(True, "It is red.")])
    assert (look.text, look.declines) == ("It is red.", False)


@pytest.mark.parametrize(
    "cut",
    [Answer("<think>Let me look at it", finish="length"), Answer("", finish="length")],
    ids=["inline", "in a field of their own"],
)
def test_a_model_whose_thoughts_use_up_its_tokens_is_asked_with_more(wall: Catalog, cut: Answer) -> None:
    with made_server(cut, "<think>red</think>Yes.", "Yes.") as server:
        seen = vlm_client(wall, server)
        look = seen.observe(WALL, TALK, "Is the wall red?", yes_no=True)
        seen.observe(WALL, TALK, "Is the wall blue?", yes_no=True)
        tokens = [request["max_tokens"] for request in server.requests]
    assert look.text == "Yes."
    assert tokens == [NEW_TOKENS_YES_NO, NEW_TOKENS_THINKING, NEW_TOKENS_THINKING]


def test_numbers_of_frames_become_times(wall: Catalog) -> None:
    look = observe_answers(wall, [filled(True, "The wall turns red [3], as in frame 1, and blue [99].")])
    first, third = look.times_s[0], look.times_s[2]
    assert look.text == "The wall turns red (0:29), as in the frame at 0:28, and blue."
    assert (look.cited_s, look.unknown_frames) == ((first, third)[::-1] and (third, first), (99,))


def test_the_words_spoken_in_the_window_go_along_as_plain_text(wall: Catalog) -> None:
    with wall.atomic() as db:
        db.execute("UPDATE span SET text = 'It''s <green> & now.' WHERE kind = 'speech'")
    with made_server("Green.") as server:
        vlm_client(wall, server).observe(WALL, TALK, "What's next?")
        prompt = prompt_of(server.requests[0])
    assert "It's <green> & now." in prompt
    assert "What's next?" in prompt
    assert "&#" not in prompt
    assert "&amp;" not in prompt


def test_a_look_where_nobody_speaks_holds_no_words(wall: Catalog) -> None:
    with made_server("Red.") as server:
        vlm_client(wall, server).observe(WALL, Window(0.0, 8.0), QUESTION)
        assert "speech" not in prompt_of(server.requests[0])


def test_an_answer_has_room_and_a_yes_or_no_is_short(wall: Catalog) -> None:
    with made_server("Red.") as server:
        seen = vlm_client(wall, server)
        seen.observe(WALL, TALK, QUESTION)
        seen.observe(WALL, TALK, "Is it red?", yes_no=True)
        assert [request["max_tokens"] for request in server.requests] == [NEW_TOKENS, NEW_TOKENS_YES_NO]


def test_a_model_that_needs_it_is_asked_with_the_question_alone(wall: Catalog) -> None:
    with made_server("Red [1].") as server:
        llm = ServerVideoLLM(server.base_url, "made")
        look = VlmClient(wall, llm, plain_prompt=True).observe(WALL, TALK, QUESTION)
        (request,) = server.requests
    assert (prompt_of(request), look.text) == (QUESTION, "Red [1].")
    assert "response_format" not in request


LIMITS = [
    "At most 4 image(s) may be provided in one request.",
    "You may include up to 4 images in a message.",
    "Too many images: the request has 16, the limit is 4",
    "The number of images exceeds the maximum of 4 for this model",
    "request contains more than the allowed number of multi-modal items",
    "This model's maximum context length is 4096 tokens. However, your request has 9000 input tokens.",
]


@pytest.mark.parametrize("message", LIMITS)
def test_fewer_frames_are_sent_where_a_server_takes_fewer_and_that_is_remembered(
    wall: Catalog, message: str
) -> None:
    refused = Answer(status=400, raw=json.dumps({"error": {"message": message}}).encode())
    with made_server(refused, refused, "Red.", "Red.") as server:
        seen = vlm_client(wall, server)
        first = seen.observe(WALL, TALK, QUESTION)
        second = seen.observe(WALL, Window(0.0, 8.0), QUESTION)
        sent = [
            sum(part["type"] == "image_url" for part in request["messages"][-1]["content"])
            for request in server.requests
        ]
    assert sent[0] == 16
    assert sent[2] == sent[3] == first.frames == second.frames <= 4


def test_a_refusal_that_fewer_frames_do_not_help_ends_the_look_at_once(wall: Catalog) -> None:
    refused = Answer(status=400, raw=b'{"error": {"message": "this model does not support images"}}')
    with made_server(refused) as server:
        with pytest.raises(Exception, match="does not support images"):
            vlm_client(wall, server).observe(WALL, TALK, QUESTION)
        assert len(server.requests) == 1
