"""Questions about whole videos whose answers, windows and evidence follow from the table of events.

`ask` asks about one synthetic video and `ask_over` about several; each question is open and multiple choice
at once. A question is asked only when it is unambiguous over the whole video.
"""

from playhead_bench.world.video_questions.make_questions import KINDS, OVER_KINDS, ask, ask_over
from playhead_bench.world.video_questions.question import EventReference, WorldQuestion, to_sample

__all__ = ["KINDS", "OVER_KINDS", "EventReference", "WorldQuestion", "ask", "ask_over", "to_sample"]
