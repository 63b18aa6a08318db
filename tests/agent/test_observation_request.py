"""A look that is wanted, as a row of a run's state."""

import pytest

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_index.window import Window

WINDOW = Window(1.0, 3.5)


@pytest.mark.parametrize(
    "request_",
    [
        ObservationRequest("v", WINDOW, "Who is it?", ("Ann", "Bob"), yes_no=True, frames=8),
        ObservationRequest("v", WINDOW, "Who is it?", times_s=(1.0, 2.5)),
    ],
)
def test_a_request_is_read_as_it_was_written(request_: ObservationRequest) -> None:
    again = ObservationRequest.from_json(request_.to_json())
    assert (again, again.key) == (request_, request_.key)


def test_a_request_of_an_earlier_version_has_fewer_fields() -> None:
    row = {"video_id": "v", "window": [1.0, 3.5], "question": "Who?", "yes_no": False}
    assert ObservationRequest.from_json({**row, "times_s": [2.0]}) == ObservationRequest(
        "v", WINDOW, "Who?", times_s=(2.0,)
    )
    by_rules = {**row, "options": ["Ann"], "frames": 4}
    assert ObservationRequest.from_json(by_rules) == ObservationRequest(
        "v", WINDOW, "Who?", ("Ann",), frames=4
    )
