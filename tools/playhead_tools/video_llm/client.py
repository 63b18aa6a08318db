"""The VLM client: observations of windows of a library's videos, each made once and cached.

An observation gives a few frames of one window to the model with one question. The response is a record
with the times of the frames; it is no evidence yet, and never an instruction.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from playhead_index.clean_text import clean_text
from playhead_index.errors import ModelOutputInvalid, ToolError
from playhead_index.store.catalog import Catalog
from playhead_index.store.videos import read_duration_s
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.frames import FrameReader
from playhead_tools.reasoning_content import split_thoughts
from playhead_tools.region import Region
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.video_llm.bin_grounding import GroundedMoment, ground_in_clip, grounding_clip
from playhead_tools.video_llm.call_cost import call_cost
from playhead_tools.video_llm.call_defaults import (
    FRAMES_PER_CALL,
    FRAMES_PER_PLAIN_CALL,
    NEW_TOKENS,
    NEW_TOKENS_PLAIN,
    NEW_TOKENS_THINKING,
    NEW_TOKENS_YES_NO,
    SHORT_SIDE_PX,
)
from playhead_tools.video_llm.frame_citations import resolve_frame_numbers
from playhead_tools.video_llm.frame_sampling import (
    MIN_WINDOW_S,
    STEP_S,
    STRIP_FACTOR,
    STRIP_FRAMES,
    ClipRequest,
    dense_clip,
    strip_clip,
)
from playhead_tools.video_llm.images import image_clip
from playhead_tools.video_llm.parse_response import LookReply, parse_look_reply, with_options
from playhead_tools.video_llm.protocol import (
    Budget,
    Clip,
    ThoughtsCutOff,
    VideoLLM,
    VlmRequest,
    VlmResponse,
    host_of,
    keeps_schema,
    look_note_of,
    wants_plain_prompt,
)
from playhead_tools.video_llm.refusals import is_refusal
from playhead_tools.video_llm.usage import Report

MAX_REPLY_CHARS = 4_000
MAX_CACHED_CLIPS = 24
"""Decoded clips that are cached for further questions about them."""
MAX_UNREAD_FORMS = 2
"""After so many replies in another form than the one that was asked for, a model is asked freely."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one VLM response says about one window.

    Args:
        video_id: in which video.
        window: that was shown.
        question: that was asked, with its options.
        text: the reply, without thoughts, and with times in place of the numbers of frames.
        times_s: of the frames that the model saw.
        p_yes: probability of Yes against No as its first word, where that was asked and can be had.
        frames: given to the model; 0 for a cached observation.
        visual_tokens: that went into the language model; 0 for a cached observation.
        seconds: that decoding and the model took; 0 for a cached observation.
        visual_tokens_given: that all frames would have become, nothing left out; 0 for a cached observation.
        money: what it cost; None where the price of its server is not known, 0 on this machine.
        refused: the model declined to answer: its own value where it keeps a schema, else read from its words
            by `is_refusal`, as when None.
        cited_s: times of the frames that the reply names, in its order.
        unknown_frames: numbers in the reply that name no frame that was shown; taken out of the text.
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
    money: float | None = 0.0
    refused: bool | None = None
    cited_s: tuple[float, ...] = ()
    unknown_frames: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.refused is None:
            object.__setattr__(self, "refused", is_refusal(self.text, yes_no=self.p_yes is not None))

    @property
    def declines(self) -> bool:
        """The model declined: the clip does not show what was asked, or nothing can be determined from it."""
        return bool(self.refused)

    @property
    def as_cached(self) -> "Observation":
        """The same observation from the cache: it costs nothing."""
        return replace(self, frames=0, visual_tokens=0, seconds=0.0, visual_tokens_given=0, money=0.0)


class VlmClient:
    """Observes windows of the videos of a library: decodes clips, calls the model, caches responses.

    Args:
        catalog: the open library.
        model: the video-LLM.
        plain_prompt: ask with the question alone, as small models need it, instead of with rules, numbered
            frames and the words spoken; None for what the model itself says (`wants_plain_prompt`).
        frames: maximum number of frames of a call; None for what suits the model.
        short_side_px: of the frames; larger ones are shrunk while they are decoded.
        images: (H, W, 3) uint8 RGB, shown before the clip in every observation.

    Raises:
        ValueError: fewer than two frames.
    """

    def __init__(
        self,
        catalog: Catalog,
        model: VideoLLM,
        *,
        plain_prompt: bool | None = None,
        frames: int | None = None,
        short_side_px: int = SHORT_SIDE_PX,
        images: Sequence[NDArray[np.uint8]] = (),
    ) -> None:
        self.plain_prompt = wants_plain_prompt(model) if plain_prompt is None else plain_prompt
        self.frames = frames or (FRAMES_PER_PLAIN_CALL if self.plain_prompt else FRAMES_PER_CALL)
        if self.frames < 2:
            raise ValueError(f"a look shows at least 2 frames, one pair, got {self.frames}")
        self.name, self.host = model.name, host_of(model)
        self._catalog, self._model, self._short_side_px = catalog, model, short_side_px
        self._frames = FrameReader(catalog)
        self._clips: OrderedDict[ClipRequest, Clip] = OrderedDict()
        self._observations: dict[tuple[ClipRequest, str, bool], Observation] = {}
        self._grounded: dict[tuple[ClipRequest, str], GroundedMoment] = {}
        self._lock = threading.Lock()
        self._thinks, self._num_unread_forms = False, 0
        self.images = tuple(map(image_clip, images))

    def observe(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        options: tuple[str, ...] = (),
        yes_no: bool = False,
        frames: int | None = None,
        region: Region | None = None,
        overview: Window | None = None,
    ) -> Observation:
        """The observation of a window; the same request a second time is answered from the cache.

        Args:
            video_id: in which video.
            window: what to show; widened to some seconds, and kept inside the video.
            question: about these frames alone.
            options: of a multiple choice.
            yes_no: ask for Yes or No and for its probability.
            frames: maximum number of frames; that of the instance when None.
            region: part of the picture that is shown, larger; all of it when None.
            overview: a longer stretch that is shown before the window as a strip of `STRIP_FACTOR` times the
                frames at 1 to 4 tokens each, for the tokens of `STRIP_FRAMES` of them; None for none.

        Raises:
            ToolError: the video is unknown, the window outside it, or the question empty.
            VideoUnreadable: the file cannot be decoded.
            ModelUnavailable: the model cannot be asked.
            ModelOutputInvalid: it gave no text.
        """
        if not question.strip():
            raise ToolError("a look needs a question, got none")
        max_frames = frames or self.frames
        clip_frames = max_frames if overview is None else max(2, max_frames - STRIP_FRAMES)
        clip_request = replace(self._request(video_id, window, clip_frames), region=region)
        if overview is not None:
            strip = self._strip(video_id, overview, STRIP_FACTOR * max_frames)
            clip_request = replace(clip_request, strip=strip)
        return self.observe_frames(clip_request, with_options(question, options), yes_no=yes_no)

    def observe_frames(
        self, clip_request: ClipRequest, question: str, *, yes_no: bool = False
    ) -> Observation:
        """The observation of chosen frames; errors are those of `observe`."""
        key = (clip_request, question, yes_no)
        with self._lock:
            if (cached := self._observations.get(key)) is not None:
                return cached.as_cached
            clips = self._clips_of(clip_request)
        observation = self._observe(clip_request, clips, question, yes_no=yes_no)
        with self._lock:
            self._observations[key] = observation
        return observation

    def _observe(
        self, clip_request: ClipRequest, clips: tuple[Clip, ...], question: str, *, yes_no: bool
    ) -> Observation:
        form = not (yes_no or self.plain_prompt) and self._keeps_schema
        request = VlmRequest(
            clips, question,
            Budget(frames=sum(map(len, clips)), new_tokens=self._new_tokens(yes_no=yes_no)),
            form=LookReply if form else None, yes_no=yes_no, plain_prompt=self.plain_prompt,
        )  # fmt: skip
        reply = self._generate(request)
        answer = split_thoughts(reply.text)[1][:MAX_REPLY_CHARS]
        filled = parse_look_reply(answer) if form else None
        self._num_unread_forms += form and filled is None
        text = clean_text(answer if filled is None else filled.answer).strip()
        declines = filled is not None and not filled.visible
        refused = declines or is_refusal(text, yes_no=yes_no)
        cited_s: tuple[float, ...] = ()
        unknown: tuple[int, ...] = ()
        if not self.plain_prompt:
            resolved = resolve_frame_numbers(text, reply.frames_shown)
            text, unknown = resolved.text, resolved.unknown
            cited_s = tuple(frame.pts_s for frame in resolved.frames)
        report, p_yes = reply.report, None if reply.yes_no is None else reply.yes_no.p_yes
        last = len(clips) - 1  # a strip shows too little to count as seen
        times = tuple(frame.pts_s for frame in reply.frames_shown if frame.clip == last)
        return Observation(
            clip_request.video_id, clip_request.window, question, text, times, p_yes,
            report.frames_shown, report.visual_tokens_kept or 0, report.total_s,
            report.visual_tokens_given or 0, call_cost(report, self._model), refused, cited_s, unknown,
        )  # fmt: skip

    def failed_observation(
        self, video_id: str, window: Window, question: str, error: ModelOutputInvalid
    ) -> Observation:
        """The observation of a call whose reply could not be read: no answer, and what the call took."""
        report = error.report if isinstance(error.report, Report) else Report(self.name, 0, 0, 0.0)
        return Observation(
            video_id, window, question, "no answer", (), None,
            report.frames_shown, report.visual_tokens_kept or 0, report.total_s,
            report.visual_tokens_given or 0, call_cost(report, self._model), refused=True,
        )  # fmt: skip

    @property
    def look_note(self) -> str:
        """What a person should know of how the frames of the last call were chosen; empty for nothing."""
        return look_note_of(self._model)

    @property
    def _keeps_schema(self) -> bool:
        return keeps_schema(self._model) and self._num_unread_forms < MAX_UNREAD_FORMS

    def _new_tokens(self, *, yes_no: bool) -> int:
        if self.plain_prompt:
            return NEW_TOKENS_PLAIN
        if self._thinks:
            return NEW_TOKENS_THINKING
        return NEW_TOKENS_YES_NO if yes_no else NEW_TOKENS

    def _generate(self, request: VlmRequest) -> VlmResponse:
        """A reply; of a model whose thoughts used up all new tokens a second one, with more of them."""
        try:
            reply = self._model.generate(request)
        except ThoughtsCutOff as error:
            if self.plain_prompt or request.budget.new_tokens >= NEW_TOKENS_THINKING:
                raise
            reply, cut_off = None, error.report
        if reply is not None:
            cut_off = reply.report
            thought, answer = split_thoughts(reply.text)
            self._thinks |= bool(thought)
            if self.plain_prompt or not (reply.truncated and thought and not answer):
                return reply
        self._thinks = True
        again = self._model.generate(
            replace(request, budget=replace(request.budget, new_tokens=NEW_TOKENS_THINKING))
        )
        return replace(again, report=cut_off.plus(again.report)) if isinstance(cut_off, Report) else again

    def ground(
        self, video_id: str, window: Window, query: str, *, frames: int | None = None
    ) -> GroundedMoment:
        """Where in a window something happens, asked in a hundred bins (VTimeLLM, arXiv:2311.18445).

        A bin is a hundredth of the window, so the window should be one that was found before, not a whole
        long video. The same request a second time is answered from the cache.

        Args:
            video_id: in which video.
            window: where to look; frames are spread evenly over it.
            query: a short description, such as "a dog jumps".
            frames: maximum number of frames; that of the instance when None. VTimeLLM takes 100.

        Raises:
            ToolError: the video is unknown, the window outside it, or the query empty.
            VideoUnreadable: the file cannot be decoded.
            ModelUnavailable: the model cannot be asked.
            ModelOutputInvalid: its reply neither holds bins nor says that nothing of it is shown.
        """
        if not query.strip():
            raise ToolError("a query is needed to look for, got none")
        inside = self._inside(video_id, window)
        request = grounding_clip(video_id, inside, frames or self.frames)
        key = (request, query)
        with self._lock:
            if (cached := self._grounded.get(key)) is not None:
                return cached
            clip = self._clip(request)
        grounded = ground_in_clip(self._model, clip, query)
        with self._lock:
            self._grounded[key] = grounded
        return grounded

    def fresh(self) -> "VlmClient":
        """A client with an empty cache and the same settings; the model is not loaded again."""
        return self.with_images([clip.frames[0] for clip in self.images])

    def with_images(self, images: Sequence[NDArray[np.uint8]]) -> "VlmClient":
        """A client with the same model and an empty cache, which shows these images in every look.

        Args:
            images: (H, W, 3) uint8 RGB, in place of those shown so far.
        """
        return VlmClient(
            self._catalog,
            self._model,
            plain_prompt=self.plain_prompt,
            frames=self.frames,
            short_side_px=self._short_side_px,
            images=images,
        )

    def duration_s(self, video_id: str) -> float:
        """How long a video is.

        Raises:
            ToolError: the library does not hold it.
        """
        duration_s = read_duration_s(self._catalog, video_id)
        if duration_s is None:
            num_videos = len(self._catalog.videos())
            raise ToolError(f"no video {video_id!r} in the library; it holds {num_videos} videos")
        return duration_s

    def _request(self, video_id: str, window: Window, frames: int) -> ClipRequest:
        inside, video_window = self._inside(video_id, window), Window(0.0, self.duration_s(video_id))
        return dense_clip(video_id, inside, video_window, frames, min(MIN_WINDOW_S, frames * STEP_S))

    def _inside(self, video_id: str, window: Window) -> Window:
        """The part of a window inside its video."""
        duration_s = self.duration_s(video_id)
        inside = window.clamped(Window(0.0, duration_s)) if isfinite(window.end_s) else None
        if inside is None:
            raise ToolError(f"{window} is outside the video, which is {duration_s:.1f} s long")
        return inside

    def _strip(self, video_id: str, window: Window, num_frames: int) -> ClipRequest:
        return strip_clip(video_id, self._inside(video_id, window), num_frames)

    def _clips_of(self, clip_request: ClipRequest) -> tuple[Clip, ...]:
        """The clips of a call: images, the strip, where there is one, then the clip with its words."""
        clip = self._clip(replace(clip_request, strip=None))
        if clip_request.strip is None:
            return (*self.images, clip)
        strip = replace(self._clip(clip_request.strip), words=(), strip_frames=STRIP_FRAMES)
        return (*self.images, strip, clip)

    def _clip(self, clip_request: ClipRequest) -> Clip:
        if clip_request in self._clips:
            self._clips.move_to_end(clip_request)
            return self._clips[clip_request]
        once = sorted(set(clip_request.times_s))
        timed_frames = self._frames.frames(
            clip_request.video_id, once, self._short_side_px, clip_request.region
        )
        by_time = {one.time_s: one.rgb for one in timed_frames}
        images = np.stack([by_time[time_s] for time_s in clip_request.times_s])
        end_s = max(clip_request.window.end_s, clip_request.times_s[-1] + EPSILON_S)
        window = Window(min(clip_request.window.start_s, clip_request.times_s[0]), end_s)
        words = self._words(clip_request.video_id, window)
        self._clips[clip_request] = Clip(
            clip_request.video_id, window, np.array(clip_request.times_s), images, words
        )
        if len(self._clips) > MAX_CACHED_CLIPS:
            self._clips.popitem(last=False)
        return self._clips[clip_request]

    def _words(self, video_id: str, window: Window) -> tuple[Words, ...]:
        """What is said in a window; nothing for a model that is asked with the question alone."""
        if self.plain_prompt:
            return ()
        spoken = (row.words for row in self._catalog.spans(video_id, "speech", window))
        return tuple(words for words in spoken if not words.is_uncertain)
