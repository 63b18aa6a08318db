"""Looking at stretches of a library's videos through a video-LLM: each look is made once and kept.

A look shows a few frames of one window and asks one question about them. What the model says is a record
with the times of the frames that it saw; it is no evidence yet, and never an order to anybody.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoReader, open_reader
from playhead_index.errors import ToolError
from playhead_index.paths import path_exists
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.refusals import is_refusal
from playhead_tools.region import Region
from playhead_tools.replies import with_options
from playhead_tools.sampling import EDGE_S, LEAST_S, STEP_S, ClipRequest, dense
from playhead_tools.video_llm.protocol import Asked, Budget, Clip, VideoLLM

FRAMES_A_LOOK, FRAMES_A_LOOK_BARE = 16, 8
SHORT_SIDE_PX = 336
NEW_TOKENS, NEW_TOKENS_BARE = 160, 48
CLIPS_KEPT = 24
"""Decoded clips that wait for a second question about them."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a model said of one window.

    Args:
        video_id: in which video.
        window: the stretch that was shown.
        question: that was asked, with its options.
        text: the reply, as generated.
        times_s: of the frames that the model saw.
        p_yes: probability of Yes against No as its first word, where that was asked and can be had.
        frames: given to the model; 0 for a look that was kept.
        visual_tokens: that went into the language model; 0 for a look that was kept.
        seconds: that decoding and the model took; 0 for a look that was kept.
        visual_tokens_given: that all frames would have become, nothing left out; 0 for a look that was kept.
        money: what it cost by the price table of a server; 0 without one.
        refused: the model declined to answer; read from the reply by `is_refusal` when None.
    """

    video_id: str
    window: Window
    question: str
    text: str
    times_s: tuple[float, ...]
    p_yes: float | None = None
    frames: int = 0
    visual_tokens: int = 0
    seconds: float = 0.0
    visual_tokens_given: int = 0
    money: float = 0.0
    refused: bool | None = None

    def __post_init__(self) -> None:
        if self.refused is None:
            object.__setattr__(self, "refused", is_refusal(self.text, yes_no=self.p_yes is not None))

    @property
    def declines(self) -> bool:
        """The model declined: the clip does not show what was asked, or nothing can be told from it."""
        return bool(self.refused)

    @property
    def kept(self) -> "Look":
        """The same look, given a second time: it costs nothing."""
        return replace(self, frames=0, visual_tokens=0, seconds=0.0, visual_tokens_given=0, money=0.0)


class Eyes:
    """Looks at windows of the videos of a library.

    Args:
        catalog: the open library.
        model: what looks.
        bare: ask with the plain question, as small models need it; else with rules and numbered frames.
        frames: most frames of a look; None for what suits the model.
        short_side_px: of the frames; larger ones are shrunk while they are decoded.

    Raises:
        ValueError: fewer than two frames.
    """

    def __init__(
        self,
        catalog: Catalog,
        model: VideoLLM,
        *,
        bare: bool = False,
        frames: int | None = None,
        short_side_px: int = SHORT_SIDE_PX,
    ) -> None:
        self.frames = frames or (FRAMES_A_LOOK_BARE if bare else FRAMES_A_LOOK)
        if self.frames < 2:
            raise ValueError(f"a look shows at least 2 frames, one pair, got {self.frames}")
        self.name, self.bare = model.name, bare
        self._catalog, self._model, self._short_side_px = catalog, model, short_side_px
        self._readers: dict[str, VideoReader] = {}
        self._clips: OrderedDict[ClipRequest, Clip] = OrderedDict()
        self._looks: dict[tuple[ClipRequest, str, bool], Look] = {}
        self._lock = threading.Lock()

    def look(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        options: tuple[str, ...] = (),
        yes_no: bool = False,
        frames: int | None = None,
        region: Region | None = None,
    ) -> Look:
        """What the model says of a window; the same look a second time is the first one's record.

        Args:
            video_id: in which video.
            window: what to show; widened to some seconds, and kept inside the video.
            question: about these frames alone.
            options: of a multiple choice.
            yes_no: ask for Yes or No and for its probability.
            frames: most frames; those of the instance when None.
            region: part of the picture that is shown, larger; all of it when None.

        Raises:
            ToolError: the video is unknown, the window outside it, or the question empty.
            VideoUnreadable: the file cannot be decoded.
            ModelUnavailable: the model cannot be asked.
            ModelOutputInvalid: it gave no text.
        """
        if not question.strip():
            raise ToolError("a look needs a question, got none")
        request = replace(self._request(video_id, window, frames or self.frames), region=region)
        return self.look_at(request, with_options(question, options), yes_no=yes_no)

    def look_at(self, request: ClipRequest, question: str, *, yes_no: bool = False) -> Look:
        """What the model says of chosen frames; errors are those of `look`."""
        key = (request, question, yes_no)
        with self._lock:
            if (known := self._looks.get(key)) is not None:
                return known.kept
            clip = self._clip(request)
        new_tokens = NEW_TOKENS_BARE if self.bare else NEW_TOKENS
        budget = Budget(frames=len(clip), new_tokens=new_tokens)
        reply = self._model.watch(Asked((clip,), question, budget, yes_no=yes_no, bare=self.bare))
        report, p_yes = reply.report, None if reply.yes_no is None else reply.yes_no.p_yes
        times = tuple(frame.pts_s for frame in reply.shown)
        look = Look(
            request.video_id, request.window, question, clean_text(reply.text).strip(), times, p_yes,
            report.frames_shown, report.visual_tokens_kept or 0, report.total_s,
            report.visual_tokens_given or 0, report.cost or 0.0, is_refusal(reply.text, yes_no=yes_no),
        )  # fmt: skip
        with self._lock:
            self._looks[key] = look
        return look

    def fresh(self) -> "Eyes":
        """The same eyes with nothing seen yet; the model is not loaded again."""
        return Eyes(
            self._catalog, self._model, bare=self.bare, frames=self.frames, short_side_px=self._short_side_px
        )

    def duration_s(self, video_id: str) -> float:
        """How long a video is.

        Raises:
            ToolError: the library does not hold it.
        """
        rows = self._catalog.query("SELECT duration_s FROM video WHERE video_id = ?", (video_id,))
        if not rows:
            raise ToolError(f"no video {video_id!r} in the library; list_videos names those that it holds")
        return float(rows[0][0])

    def _request(self, video_id: str, window: Window, frames: int) -> ClipRequest:
        whole = Window(0.0, self.duration_s(video_id))
        inside = window.clamped(whole) if isfinite(window.end_s) else None
        if inside is None:
            raise ToolError(f"{window} is outside the video, which is {whole.duration_s:.1f} s long")
        return dense(video_id, inside, whole, frames, min(LEAST_S, frames * STEP_S))

    def _clip(self, request: ClipRequest) -> Clip:
        if request in self._clips:
            self._clips.move_to_end(request)
            return self._clips[request]
        once = sorted(set(request.times_s))
        reader = self._reader(request.video_id)
        part, side_px = request.region, self._short_side_px
        if part is not None:
            side_px = round(side_px * part.max_zoom)
        pictures = dict(zip(once, reader.frames_at(once, short_side_px=side_px), strict=True))
        whole = [pictures[time_s].rgb for time_s in request.times_s]
        shown = np.stack(whole if part is None else [part.cut(rgb) for rgb in whole])
        end_s = max(request.window.end_s, request.times_s[-1] + EDGE_S)
        window = Window(min(request.window.start_s, request.times_s[0]), end_s)
        self._clips[request] = Clip(request.video_id, window, np.array(request.times_s), shown)
        if len(self._clips) > CLIPS_KEPT:
            self._clips.popitem(last=False)
        return self._clips[request]

    def _reader(self, video_id: str) -> VideoReader:
        if video_id not in self._readers:
            paths = self._catalog.places(video_id)
            if not paths:
                raise ToolError(f"no file holds video {video_id!r} any more: it was replaced or removed")
            self._readers[video_id] = open_reader(next(filter(path_exists, paths), paths[0]))
        return self._readers[video_id]
