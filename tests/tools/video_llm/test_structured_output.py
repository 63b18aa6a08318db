"""A form is filled, repaired once, or refused."""

from collections.abc import Sequence

import pytest
from pydantic import BaseModel, ConfigDict
from tests.tools.video_llm.made_clips import vlm_request

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.testing import ScriptedReply, ScriptedVideoLLM
from playhead_tools.video_llm.frame_citations import cited_frames
from playhead_tools.video_llm.protocol import VlmResponse
from playhead_tools.video_llm.structured_output import ask_form, parse_form


class Seen(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: str
    frames: list[int]


GOOD = {"what": "a cup", "frames": [2]}


def cites(value: Seen, reply: VlmResponse) -> None:
    cited_frames(value.frames, reply.frames_shown)


def model(*script: ScriptedReply) -> ScriptedVideoLLM:
    return ScriptedVideoLLM(script)


def test_a_form_is_filled() -> None:
    filled = ask_form(model(GOOD), vlm_request(), Seen, cites)
    assert (filled.value, filled.repaired, filled.report.calls) == (Seen(what="a cup", frames=[2]), False, 1)


BROKEN: list[tuple[str, ScriptedReply, str]] = [
    ("no JSON", "a cup, I think", "Invalid JSON"),
    ("nothing", "", "Invalid JSON"),
    ("a field too few", {"what": "a cup"}, "frames: Field required"),
    ("a field too many", {**GOOD, "sure": 1}, "sure: Extra inputs are not permitted"),
    ("a word for a number", {"what": "a cup", "frames": ["2"]}, "frames.0: Input should be a valid integer"),
    ("a frame that was never shown", {"what": "a cup", "frames": [9]}, r"cites frames \[9\]"),
]


@pytest.mark.parametrize(("_", "reply", "why"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_reply_is_sent_back_once(_: str, reply: ScriptedReply, why: str) -> None:
    llm = model(reply, GOOD)
    filled = ask_form(llm, vlm_request(), Seen, cites)
    assert (filled.value.frames, filled.repaired, filled.report.calls) == ([2], True, 2)
    assert filled.report.notes == ("the model's first reply did not keep to the form; it was asked again",)
    with pytest.raises(ModelOutputInvalid, match=why):
        raise ModelOutputInvalid(llm.requests[1].turns[-1].text, "")


@pytest.mark.parametrize(("_", "reply", "why"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_reply_broken_twice_is_refused(_: str, reply: ScriptedReply, why: str) -> None:
    with pytest.raises(ModelOutputInvalid, match=f"asked twice for a Seen and gave none: .*{why}"):
        ask_form(model(reply, reply), vlm_request(), Seen, cites)


def test_the_refused_text_is_kept() -> None:
    with pytest.raises(ModelOutputInvalid, match="asked twice") as caught:
        ask_form(model("first", "second"), vlm_request(), Seen)
    assert caught.value.raw_text == "second"


WRAPPED: Sequence[tuple[str, str]] = [
    ("a fence", '```json\n{"what": "x", "frames": []}\n```'),
    ("thoughts", '<think>{"what": 1}</think>\n{"what": "x", "frames": []}'),
]


@pytest.mark.parametrize(("_", "text"), WRAPPED, ids=[row[0] for row in WRAPPED])
def test_what_models_put_around_json_is_taken_off(_: str, text: str) -> None:
    assert parse_form(Seen, text) == Seen(what="x", frames=[])


def test_two_objects_are_no_form() -> None:
    with pytest.raises(ModelOutputInvalid, match="trailing characters"):
        parse_form(Seen, '{"what": "x", "frames": []} {"what": "y", "frames": []}')
