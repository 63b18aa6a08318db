"""A video-LLM behind a server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, Ollama, clouds.

Compression is by the frame here: the server decides what a frame costs, and `choose` which frames are sent.
Nothing is sent before `generate`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, TokenBudgetExceeded
from playhead_tools.redaction import passwords, redact, redact_keys
from playhead_tools.tolerance import EPSILON
from playhead_tools.video_llm.chat_completion import (
    CompletionResult,
    Usage,
    read_complete,
    read_stream,
    yes_no_of,
)
from playhead_tools.video_llm.choose_frames import choose_evenly, frames_to_show, max_frames_in_budget
from playhead_tools.video_llm.contact_sheets import with_contact_sheets
from playhead_tools.video_llm.frame_limits import max_frames_after
from playhead_tools.video_llm.http_post import BackOff, Poster, PostRefused, PostResult, Timeouts
from playhead_tools.video_llm.images import num_images
from playhead_tools.video_llm.jpeg_and_mp4 import fitted_size
from playhead_tools.video_llm.protocol import (
    FrameChooser,
    PromptFrame,
    ThoughtsCutOff,
    VlmRequest,
    VlmResponse,
)
from playhead_tools.video_llm.request_body import RequestFormat, notes_on, request_body
from playhead_tools.video_llm.server_kinds import KINDS, VideoForm
from playhead_tools.video_llm.usage import Report

_ABOUT_FORM = ("response_format", "json_schema", "json_object", "structured", "guided", "grammar", "schema")
_ABOUT_LOGPROBS = ("logprob",)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a server charges, in the user's own currency.

    Args:
        prompt_per_million: for a million tokens of prompt.
        new_per_million: for a million generated tokens.
        cached_per_million: for a million tokens of prompt that the server had cached; None when as others.
        per_call: for each call.

    Raises:
        ValueError: one of them is below 0, or is no finite number.
    """

    prompt_per_million: float
    new_per_million: float
    cached_per_million: float | None = None
    per_call: float = 0.0

    def __post_init__(self) -> None:
        parts = (self.prompt_per_million, self.new_per_million, self.cached_per_million or 0.0, self.per_call)
        for value in parts:
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"a price must be a number of 0 or more, got {value}")

    def cost(self, usage: Usage) -> float:
        """What a call with these tokens costs.

        >>> Prices(2.0, 10.0).cost(Usage(prompt_tokens=500_000, completion_tokens=100_000))
        2.0
        """
        cached = self.prompt_per_million if self.cached_per_million is None else self.cached_per_million
        fresh = usage.prompt_tokens - usage.cached_tokens
        millions = fresh * self.prompt_per_million + usage.cached_tokens * cached
        return self.per_call + (millions + usage.completion_tokens * self.new_per_million) / 1e6


@dataclass(slots=True)
class ServerVideoLLM:
    """Asks a model over HTTP.

    Args:
        base_url: up to and with `/v1`.
        model: its name at the server.
        kind: `vllm`, `sglang`, `llama.cpp`, `ollama`, `openai` or `other`: what the server takes.
        api_key: sent as a bearer token; never shown.
        video_form: how clips are sent; None for the kind's default, pictures with their times.
        long_side_px: pictures are shrunk to this; None leaves them.
        tokens_per_frame: visual tokens of a picture by its width and height in pixels, as the model counts
            them; needed to keep a budget of visual tokens.
        choose: chooses frames when there are more than the budget allows.
        keep_frames: the part of a call's frames that is shown, at least one: a server can be spared frames,
            not tokens.
        prices: for the cost of a call.
        timeouts: how long a call may take.
        back_off: how often a failed call is made again.
        stream: take the reply as it is made, which shows prefill and decode apart.
        temperature: None leaves it to the server.
        top_logprobs: likeliest tokens listed when Yes or No is asked.
        system: the model takes a system message.
        detail: OpenAI's `detail` of a picture.
        extra: more fields for every request.
        max_bytes: of a reply with all that comes around it; None for what `BoundedClient` allows.

    Raises:
        ValueError: the address, the kind or the video form is none that is known, or the part is not above 0
            and at most 1.
    """

    base_url: str
    model: str
    kind: str = "other"
    api_key: str | None = field(default=None, repr=False)
    video_form: VideoForm | None = None
    long_side_px: int | None = 768
    tokens_per_frame: Callable[[int, int], int] | None = None
    choose: FrameChooser = choose_evenly
    keep_frames: float = 1.0
    prices: Prices | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    back_off: BackOff = field(default_factory=BackOff)
    stream: bool = True
    temperature: float | None = 0.0
    top_logprobs: int = 20
    system: bool = True
    detail: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    max_bytes: int | None = None
    name: str = field(init=False)
    max_frames: int | None = field(default=None, init=False)
    """Frames that the server has been found to take in one request; None while none was refused."""
    look_note: str = field(default="", init=False)
    """What a person should know of how the frames of the last call were chosen; empty for nothing."""
    _request_format: RequestFormat = field(init=False, repr=False)
    _poster: Poster = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must begin with http:// or https://, got {self.base_url!r}")
        if not 0 < self.keep_frames <= 1:
            raise ValueError(f"keep_frames must be above 0 and at most 1, got {self.keep_frames}")
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        form = self.video_form or kind.video_forms[0]
        if form not in kind.video_forms:
            raise ValueError(f"{kind.name} takes clips as {' or '.join(kind.video_forms)}, got {form!r}")
        self.name = f"{self.model} at {redact(self.base_url, self._keys)}"
        self._request_format = RequestFormat(
            self.model, kind, form, kind.structured[0], self.long_side_px, self.temperature, self.stream,
            self.top_logprobs, self.system, self.detail, self.extra,
        )  # fmt: skip
        key = {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        self._poster = Poster(url, key, self.timeouts, self.back_off, self.max_bytes)

    @property
    def host(self) -> str:
        """Host and port of the server."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    @property
    def can_sample(self) -> bool:
        """Every server of chat completions samples."""
        return True

    @property
    def keeps_schema(self) -> bool:
        """Whether the server is asked to hold replies to a schema, and has not refused to."""
        return self._request_format.structured not in ("json_object", "prompt")

    @property
    def _keys(self) -> tuple[str, ...]:
        return (*([] if self.api_key is None else [self.api_key.strip()]), *passwords(self.base_url))

    def generate(self, request: VlmRequest) -> VlmResponse:
        """One reply to one call, after as many tries as the back-off allows.

        Raises:
            ModelUnavailable: the server is away, refuses, fails, is too slow, or speaks something else.
            ModelOutputInvalid: it gave no text, or far too much.
            TokenBudgetExceeded: not one frame fits, or visual tokens cannot be counted.
        """
        given, request = request, with_contact_sheets(request)
        per_frame = self._tokens_per_frame(request)
        images = num_images(request)
        num_frames = sum(len(clip) for clip in request.clips) - images
        frame_limit = images + max(1, int(self.keep_frames * num_frames + EPSILON))
        if per_frame is not None:
            frame_limit = min(frame_limit, max_frames_in_budget(request, per_frame) or frame_limit)
        notes: list[str] = []
        began_s = self._poster.clock()
        post_result, prompt_frames = self._post(request, frame_limit, notes)
        is_thinned = len(prompt_frames) < sum(len(clip) for clip in request.clips)
        self.look_note = str(getattr(self.choose, "note", "")) if is_thinned else ""
        notes += [self.look_note] if self.look_note else []
        notes += notes_on(request, prompt_frames, self._request_format)
        completion = post_result.value
        completion.text, completion.refusal = (
            redact_keys(text, self._keys) for text in (completion.text, completion.refusal)
        )
        yes_no = yes_no_of(completion.tokens) if request.yes_no else None
        if request.yes_no and yes_no is None:
            notes.append("the server gave no log-probabilities of Yes and No")
        report = self._report(given, prompt_frames, per_frame, completion)
        took_s = self._poster.clock() - began_s
        report = replace(report, total_s=took_s, retries=post_result.retries, notes=tuple(notes))
        self._check(completion, report)
        return VlmResponse(
            completion.text, prompt_frames, report, yes_no, truncated=completion.finish == "length"
        )

    def close(self) -> None:
        """Lets go of the connections that are kept for the next call; a later call opens new ones."""
        self._poster.close()

    def _post(
        self, request: VlmRequest, frame_limit: int, notes: list[str]
    ) -> tuple[PostResult[CompletionResult], tuple[PromptFrame, ...]]:
        """The reply and the frames shown; what a server refuses is left out, with a note."""
        parse = read_stream if self.stream else read_complete
        while True:
            allowed = frame_limit if self.max_frames is None else min(frame_limit, self.max_frames)
            prompt_frames = frames_to_show(request, self.choose, allowed)
            try:
                return self._poster.post(
                    request_body(request, prompt_frames, self._request_format), parse
                ), prompt_frames
            except PostRefused as error:
                simplification = self._simplify(request, error.message.lower()) or self._fewer_frames(
                    error, len(prompt_frames)
                )
                if simplification is None:
                    raise ModelUnavailable(
                        f"{self.name} refused: {error}; are the key, the model's name and the form of the"
                        f" clips ({self._request_format.video_form}) right?"
                    ) from error
                notes.append(
                    f"{self._request_format.kind.name} refused ({error.message[:100]}); {simplification}"
                )

    def _simplify(self, request: VlmRequest, message: str) -> str | None:
        """Asks for less from now on where the server's message names it; what is left out, in words."""
        request_format = self._request_format
        if (
            request.yes_no
            and request_format.top_logprobs is not None
            and any(word in message for word in _ABOUT_LOGPROBS)
        ):
            self._request_format = replace(request_format, top_logprobs=None)
            return "log-probabilities are no longer asked for"
        ways = request_format.kind.structured
        here = ways.index(request_format.structured)
        if request.form is None or here + 1 == len(ways) or not any(word in message for word in _ABOUT_FORM):
            return None
        self._request_format = replace(request_format, structured=ways[here + 1])
        return f"forms are asked for by {ways[here + 1]} instead of {request_format.structured}"

    def _fewer_frames(self, error: PostRefused, num_frames: int) -> str | None:
        """Sends fewer frames from now on where that is what the server refused; how many, in words."""
        allowed = max_frames_after(error.status, error.message.lower(), num_frames)
        if allowed is None:
            return None
        self.max_frames = allowed if self.max_frames is None else min(allowed, self.max_frames)
        return f"at most {self.max_frames} frames are sent from now on"

    def _tokens_per_frame(self, request: VlmRequest) -> int | None:
        """Visual tokens of the largest frame as it is sent; None where they cannot be counted."""
        if self.tokens_per_frame is not None:
            sizes = {clip.frames.shape[2:0:-1] for clip in request.clips}
            return max(self.tokens_per_frame(*fitted_size(w, h, self.long_side_px)) for w, h in sizes)
        if request.budget.visual_tokens is None:
            return None
        raise TokenBudgetExceeded(
            f"{self.name} does not say how many tokens a frame takes; give tokens_per_frame, or leave"
            " budget.visual_tokens open and limit budget.frames"
        )

    def _check(self, completion: CompletionResult, report: Report) -> None:
        if completion.refusal or completion.finish == "content_filter":
            raise ModelOutputInvalid(
                f"{self.name} declined to answer:"
                f" {completion.refusal[:200] or 'its filter stopped the reply'}",
                completion.refusal or completion.text,
                report,
            )
        if not completion.text.strip():
            if completion.finish == "length":
                raise ThoughtsCutOff(
                    f"{self.name} gave no text: all new tokens went into thoughts; raise budget.new_tokens",
                    completion.text,
                    report,
                )
            raise ModelOutputInvalid(f"{self.name} gave no text", completion.text, report)

    def _report(
        self,
        request: VlmRequest,
        prompt_frames: tuple[PromptFrame, ...],
        per_frame: int | None,
        completion: CompletionResult,
    ) -> Report:
        usage, num_given = completion.usage, sum(len(clip) for clip in request.clips)
        counted = None if per_frame is None else per_frame * len(prompt_frames)
        num_visual_tokens = counted if usage is None or usage.visual_tokens is None else usage.visual_tokens
        return Report(
            model=self.name,
            frames_given=num_given,
            frames_shown=len(prompt_frames),
            total_s=0.0,
            visual_tokens_given=None
            if num_visual_tokens is None
            else round(num_visual_tokens * num_given / len(prompt_frames)),
            visual_tokens_kept=num_visual_tokens,
            prompt_tokens=None if usage is None else usage.prompt_tokens,
            new_tokens=None if usage is None else usage.completion_tokens,
            prefill_s=completion.prefill_s,
            decode_s=completion.decode_s,
            cost=None if self.prices is None or usage is None else self.prices.cost(usage),
        )
