"""A local video-LLM as the chat model that plans: a tiny checkpoint of the real classes, really loaded."""

import json
from pathlib import Path

import pytest
from tests.tiny_video_llm import make_tiny_video_llm

from playhead.models import ModelNames
from playhead.video_chat import num_positions, video_chat
from playhead.video_models import VideoChoice
from playhead_agent.limits import Meter
from playhead_index.errors import TokenBudgetExceeded

pytest.importorskip("transformers")
messages = pytest.importorskip("langchain_core.messages")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_video_llm(tmp_path_factory.mktemp("tiny"))


def test_positions_are_those_of_the_language_model(checkpoint: Path, tmp_path: Path) -> None:
    said = json.loads((checkpoint / "config.json").read_text())["text_config"]["max_position_embeddings"]
    assert num_positions(str(checkpoint)) == said > 0
    (tmp_path / "config.json").write_text('{"model_type": "x"}')
    assert num_positions(str(tmp_path)) == 0


def test_messages_without_pictures_are_answered_by_the_model(checkpoint: Path) -> None:
    chat = video_chat(VideoChoice("local", str(checkpoint), "named", forms=True), ModelNames(device="cpu"))
    meter = Meter()
    reply = chat.say([messages.SystemMessage("Be short."), messages.HumanMessage("Who is there?")], meter,
                     max_tokens=5)  # fmt: skip
    assert (chat.host, chat.takes_images, chat.transport(meter)) == ("", False, "prompted")
    assert (reply.is_cut, meter.completion_tokens, meter.prompt_tokens > 20) == (True, 5, True)
    assert (meter.money, meter.unpriced_calls) == (0.0, 0)


def test_the_same_messages_get_the_same_reply_from_what_is_held_of_their_beginning(checkpoint: Path) -> None:
    chat = video_chat(VideoChoice("local", str(checkpoint), "named", forms=True), ModelNames(device="cpu"))
    asked = [messages.HumanMessage("Who is there?")]
    first, second = (chat.say(asked, Meter(), max_tokens=8).text for _ in range(2))
    assert first == second


def test_random_weights_make_no_calls(checkpoint: Path) -> None:
    chat = video_chat(VideoChoice("local", str(checkpoint), "named", forms=True), ModelNames(device="cpu"))
    assert not chat.makes_calls()


def test_a_prompt_longer_than_the_positions_is_refused_before_it_is_computed(checkpoint: Path) -> None:
    chat = video_chat(VideoChoice("local", str(checkpoint), "named", forms=True), ModelNames(device="cpu"))
    words = "word " * chat.context_tokens
    with pytest.raises(TokenBudgetExceeded, match=rf"takes {chat.context_tokens} with its reply"):
        chat.say([messages.HumanMessage(words)], Meter())
