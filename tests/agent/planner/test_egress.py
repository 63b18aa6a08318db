"""The line that says what leaves the machine."""

import pytest

from playhead_agent.planner.egress import egress_line


@pytest.mark.parametrize(
    ("chat", "sends_images", "viewer", "line"),
    [
        ("", False, "", "nothing leaves this machine"),
        ("localhost:8899", True, "http://127.0.0.1:9/v1", "nothing leaves this machine"),
        ("api.openai.com", False, "", "sends text to api.openai.com; no frames"),
        ("api.openai.com", True, "", "sends text and frames to api.openai.com"),
        ("api.openai.com", False, "vision.test", "sends text to api.openai.com; frames to vision.test"),
        ("api.openai.com", True, "vision.test",
         "sends text to api.openai.com; frames to api.openai.com and vision.test"),
        ("0.0.0.0:8000", False, "", "sends text to 0.0.0.0:8000; no frames"),
        ("", False, "vision.test", "no text is sent; frames to vision.test"),
    ],
)  # fmt: skip
def test_the_line_names_what_is_sent_and_to_which_host(
    chat: str, sends_images: bool, viewer: str, line: str
) -> None:
    assert egress_line(chat, sends_images, viewer) == line
