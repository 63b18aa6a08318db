"""Which videos a question names."""

import re
from collections.abc import Sequence

from playhead_tools.retrieval import VideoEntry


def take_video_names(question: str, videos: Sequence[VideoEntry]) -> tuple[list[VideoEntry], str]:
    """The videos that a question names, and the question with "the video" in their place."""
    named = named_videos(videos, question)
    return named, without_names(question, named)


def named_videos(videos: Sequence[VideoEntry], text: str) -> list[VideoEntry]:
    """The videos whose name, or file name, is in a text, with its extension or without.

    A file's name that several videos have means all of them, but where it is a part of the name of one.
    Without its ending a name counts where it is no plain word (`qm01`), or the text calls it a video.
    """
    lowered = text.lower()
    named = {video.video_id for video in videos if "." in video.name and video.name.lower() in lowered}
    for video in videos:
        if video.video_id in named:
            lowered = lowered.replace(video.name.lower(), " ")
    files = {v.video_id for v in videos if "." in v.path.name and v.path.name.lower() in lowered}
    stems = set() if named | files else {v.video_id for v in videos if _stem_pattern(v).search(text)}
    return [video for video in videos if video.video_id in named | files | stems]


def _stem_pattern(video: VideoEntry) -> re.Pattern[str]:
    """Matches the name of a video's file without its ending, as a text may call it."""
    stem = re.escape(video.path.stem)
    noun_pattern = (
        r"(?:video|file|recording|meeting|talk|lecture|film|clip|episode)\s+(?:called\s+|named\s+)?"
    )
    prefix = "" if re.search(r"[\d_\W]", video.path.stem) else noun_pattern
    return re.compile(rf"(?<![\w./-])(?:{prefix}){stem}(?![\w-]|\.\w)", re.IGNORECASE)


def without_names(text: str, videos: Sequence[VideoEntry]) -> str:
    """A question that says "the video" where it named a file."""
    for video in videos:
        names = f"{re.escape(video.name)}|{re.escape(video.path.name)}"
        name_pattern = rf"[\"'“‘]?(?:{names})[\"'”’]?"
        replaced = re.sub(
            rf"(?:\bthe\s+(?:video|file)\s+)?{name_pattern}", "the video", text, flags=re.IGNORECASE
        )
        text = replaced if replaced != text else _stem_pattern(video).sub("the video", text)
    return text
