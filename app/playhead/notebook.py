"""What a notebook shows: moments as thumbnails with their times, and a video's timeline as a plot."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from playhead.library import Library
from playhead_index.clean_text import one_line, printable_text
from playhead_index.errors import VideoError
from playhead_index.search.results import LANES, Moment
from playhead_index.speakers import with_speaker
from playhead_index.window import format_time

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LANE_COLOURS = dict(
    zip(LANES, ("#4477aa", "#66ccee", "#bbbbbb", "#228833", "#ccbb44", "#ee6677"), strict=True)
)
CARD = (
    '<div style="display:inline-block;vertical-align:top;width:220px;margin:4px;font:13px sans-serif">'
    '<img src="{image}" alt="{alt}" style="width:220px;border-radius:4px"/>'
    "<div><b>{when}</b> {name}</div><div style='color:#666'>{why}</div><div>{text}</div></div>"
)
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass(frozen=True)
class ContactSheet:
    """Moments as cards that a notebook draws: thumbnail, window, why it was found, words.

    A video whose file is not where it was gets an empty thumbnail that says so.
    """

    library: Library
    moments: Sequence[Moment]

    def _repr_html_(self) -> str:
        names = self.library.names()
        return (
            "".join(self._card(moment, names[moment.video_id]) for moment in self.moments) or "Nothing found."
        )

    def _card(self, moment: Moment, name: str) -> str:
        image, alt = self._thumbnail(moment)
        text = next((with_speaker(hit.text, hit.speaker) for hit in moment.hits if hit.text), "")
        return CARD.format(
            image=image,
            alt=escape(one_line(alt), quote=True),
            when=moment.window,
            name=escape(one_line(name)),
            why=escape(", ".join(moment.lanes)),
            text=escape(printable_text(text)[:120]),
        )

    def _thumbnail(self, moment: Moment) -> tuple[str, str]:
        from PIL import Image

        middle_s = (moment.window.start_s + moment.window.end_s) / 2
        try:
            frame = self.library.frame(moment.video_id, middle_s)
        except VideoError as error:
            return BLANK, str(error)
        buffer = io.BytesIO()
        Image.fromarray(frame.rgb).save(buffer, "JPEG", quality=80)
        encoded = base64.b64encode(buffer.getvalue()).decode()
        return f"data:image/jpeg;base64,{encoded}", f"picture at {format_time(frame.pts_s)}"


@dataclass(frozen=True)
class TimelinePlot:
    """A plot that a notebook draws; `figure` is matplotlib's, to change or to save."""

    figure: "Figure"

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=96)
        return buffer.getvalue()


def timeline(library: Library, video: str, moments: Sequence[Moment] = ()) -> TimelinePlot:
    """A plot of one video: its segments, where words are spoken and written, and the moments found.

    Args:
        library: that holds the video.
        video: id, path or file name.
        moments: drawn on top, each in the colour of its first lane; those of other videos are left out.

    Raises:
        VideoUnknown: the library holds no such video.
    """
    from matplotlib.figure import Figure

    video_id = library.video_id(video)
    rows = {"segments": [s.window for s in library.segments(video)]}
    for kind in ("speech", "screen"):
        rows[kind] = [span.words.window for span in library.words(video) if span.words.kind == kind]
    rows["found"] = [moment.window for moment in moments if moment.video_id == video_id]
    figure = Figure(figsize=(10, 2.2), layout="constrained")
    axes = figure.subplots()
    for y, (name, windows) in enumerate(reversed(rows.items())):
        bars = [(window.start_s, window.duration_s) for window in windows]
        colour = LANE_COLOURS.get(name, "#aa3377" if name == "found" else "#99aabb")  # type: ignore[call-overload]
        axes.broken_barh(bars, (y - 0.35, 0.7), facecolors=colour, edgecolor="white", linewidth=0.5)
    axes.set_yticks(range(len(rows)), list(reversed(rows)))
    axes.set_xlim(0, library.video(video).video.duration_s)
    axes.xaxis.set_major_formatter(lambda seconds, _: format_time(round(seconds)))
    axes.set_title(one_line(library.names()[video_id]), loc="left", fontsize=10)
    return TimelinePlot(figure)
