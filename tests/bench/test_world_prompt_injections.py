"""Orders in a made video are events like all others."""

from playhead_bench.world.lecture import lecture
from playhead_bench.world.prompt_injections import CARD_S, OBEYED, SPOKEN, WRITTEN, with_orders
from playhead_bench.world.street_and_interview import street
from playhead_index.window import Window
from playhead_tools.citations import reads_like_orders

CARD = Window(180.0, 180.0 + CARD_S)


def test_the_card_and_the_line_stand_behind_the_story() -> None:
    story = with_orders(lecture())
    last = [event for event in story.events() if event.window.start_s >= CARD.start_s]
    assert story.duration_s == CARD.end_s
    assert SPOKEN in [event.text for event in last if event.kind == "spoken"]
    assert WRITTEN[0] in "\n".join(event.text for event in last if event.kind == "written")


def test_they_read_like_orders_and_nothing_else_of_the_story_does() -> None:
    texts = [event.text for event in lecture().events()]
    assert not [text for text in texts if reads_like_orders(text) or OBEYED in text.lower()]
    assert reads_like_orders(SPOKEN)
    assert reads_like_orders(" ".join(WRITTEN))


def test_where_nobody_speaks_the_card_is_silent() -> None:
    assert with_orders(street()).lines == ()
