"""The lanes and the kinds of spans of each modality that a question can require."""

from playhead_index.search.results import TEXT_LANES, Lane
from playhead_tools.spec import Kind

LANES_OF: dict[Kind, tuple[Lane, ...]] = {
    "speech": ("speech",),
    "screen": ("screen",),
    "picture": ("picture", "caption"),
    "any": TEXT_LANES,
}
KINDS_TO_READ: dict[Kind, tuple[Lane, ...]] = {
    "speech": ("speech",),
    "screen": ("screen",),
    "picture": ("caption", "screen"),
    "any": ("speech", "screen", "caption"),
}
