"""The tools that a chat model is given, as plain typed functions, and the `Toolbox` that holds them.

Every tool gives plain JSON types: rows of evidence with ids, times in seconds and on the clock, words escaped
as data, and the cost. An argument that is too large is brought inside its limits with a note; one that makes
no sense is a `ToolError` that says what would. The same call twice gives the same result and says so.

    reading     list_videos, outline, read_transcript, read_captions, neighbours
    searching   search, search_by_moment
    looking     inspect, zoom
    scanning    scan
    reckoning   temporal, calc
    concluding  note, finish, abstain
"""

from playhead_tools.toolbox.kit import BadCall, Kit, Looker, ToolLimits
from playhead_tools.toolbox.schema import ToolSpec
from playhead_tools.toolbox.toolbox import ENDING, TOOLS, Called, Toolbox

__all__ = ["ENDING", "TOOLS", "BadCall", "Called", "Kit", "Looker", "ToolLimits", "ToolSpec", "Toolbox"]
