"""The tools that a chat model is given, as plain typed functions, and the `Toolbox` that holds them.

Every tool gives plain JSON types: rows of evidence with ids, times in seconds and on the clock, the words,
and the cost; `ToolResult.text` is the same as plain lines for a model. A range that lies outside is clamped
with a note; what makes no sense is a `ToolError` that says in one line what would. The same call twice gives
the same result and says so.

    search       moments with the words there; without a query the videos
    read         all words of a window
    look         the frames of windows, by a video-LLM or by the planner itself
    browse       a question answered from all words of whole videos, with citations
    find_events  every occurrence, and how much of the scope was gone through
    compute      the temporal algebra, and arithmetic
    finish       ends with claims
    abstain      ends without an answer
"""

from playhead_tools.toolbox.context import BadCall, ToolContext, ToolLimits
from playhead_tools.toolbox.protocols import (
    CitedSentence,
    Passage,
    Reader,
    ToolImage,
    VideoObserver,
    VlmCallCounter,
    VlmMeter,
)
from playhead_tools.toolbox.schema import ToolSpec
from playhead_tools.toolbox.toolbox import ENDING_TOOLS, TOOLS, Toolbox, ToolResult

__all__ = [
    "ENDING_TOOLS",
    "TOOLS",
    "BadCall",
    "CitedSentence",
    "Passage",
    "Reader",
    "ToolContext",
    "ToolImage",
    "ToolLimits",
    "ToolResult",
    "ToolSpec",
    "Toolbox",
    "VideoObserver",
    "VlmCallCounter",
    "VlmMeter",
]
