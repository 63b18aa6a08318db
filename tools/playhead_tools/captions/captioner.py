"""The index's `Captioner` made of any `VideoLLM`: a caption and keywords a segment.

A capable model fills a form that is checked; a small one, which would fail at JSON, says it freely. The words
spoken in the segment stand in the prompt. They and what stands in the pictures are data: the rules of the
prompt say so, and the reply is stored as text.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_index.words.protocol import GeneratedCaption, SegmentFrames
from playhead_tools.captions.agreement import best_sample
from playhead_tools.captions.caption import Caption, CaptionForm, complete_sentences, make_caption
from playhead_tools.captions.generate_batches import BatchVideoLLM, PrefetchedVideoLLM, generate_batches
from playhead_tools.captions.growing_batch import GrowingBatch, memory_headroom
from playhead_tools.reasoning_content import split_thoughts
from playhead_tools.video_llm.call_cost import call_cost, has_known_price
from playhead_tools.video_llm.kernel_errors import is_out_of_memory
from playhead_tools.video_llm.prompt import RULES, form_text
from playhead_tools.video_llm.protocol import (
    Budget,
    Clip,
    Sampling,
    VideoLLM,
    VlmRequest,
    VlmResponse,
    can_sample,
    wants_plain_prompt,
)
from playhead_tools.video_llm.structured_output import ask_form
from playhead_tools.video_llm.usage import Report

FREE_PROMPT = "Describe the clip."
FORM_PROMPT = """\
Say in one to three sentences what the clip shows: who or what is there, what they do, where, and
what changes. Where words are spoken, take names of people, places and things from them and say what is talked
about, but do not repeat them. Give as keywords the people, things, actions and places that it shows, in words
that somebody would search for."""
NEW_TOKENS, NEW_TOKENS_FREE, NEW_TOKENS_PLAIN = 1024, 256, 96


@dataclass(frozen=True, slots=True)
class _Sample:
    """One reply for one segment: what holds of it, and what it took."""

    caption: Caption | None
    report: Report | None
    raw_reply: str = ""


class VideoCaptioner:
    """Captions segments with a video-LLM.

    Its name holds the model's and a hash of the prompt: captions of another model or prompt are made again.
    A model that takes batches is given larger ones while its memory allows.

    Args:
        model: the video-LLM.
        forms: it is capable of filling a form; else it is asked freely, for plain text without keywords.
        batch: segments asked about, and committed, at a time; of a model that takes batches the first ones.
        at_once: calls made at the same time, for a model that may be called so and takes no batches.
        model_name: stored instead of the model's own name, for one whose name holds an address.
        samples: captions sampled for each segment, of which the one that agrees best with the others is taken
            (`best_sample`); 1 for greedy decoding.

    Raises:
        ModelUnavailable: several samples are wanted of a model that does not sample.
    """

    def __init__(
        self,
        model: VideoLLM,
        *,
        forms: bool,
        batch: int = 8,
        at_once: int = 1,
        model_name: str | None = None,
        samples: int = 1,
    ) -> None:
        if samples > 1 and not can_sample(model):
            raise ModelUnavailable(
                f"{model.name} decodes greedily, so that {samples} samples would be equal; ask for 1"
            )
        self._plain = not forms and wants_plain_prompt(model)
        digest = prompt_hash(forms=forms, plain=self._plain, samples=samples)
        self.name = f"caption:{model_name or model.name}#{digest}"
        self._model, self._forms, self._at_once, self._samples = model, forms, at_once, samples
        self._calls = GrowingBatch(batch * samples)

    @property
    def batch(self) -> int:
        """Segments asked about, and committed, at a time."""
        return max(1, self._calls.size // self._samples)

    @property
    def has_known_price(self) -> bool:
        """Whether what it costs is known before the first call."""
        return has_known_price(self._model)

    def prepare(self) -> None:
        """Loads the model, where it is one of this machine.

        Raises:
            ModelUnavailable: it does not load.
        """
        load = getattr(self._model, "prepare", None)
        if load is not None:
            load()

    def caption(self, segments: Sequence[SegmentFrames]) -> list[GeneratedCaption]:
        """A caption a segment as it is stored; empty where the reply, and its repair, did not hold.

        Raises:
            ModelUnavailable: the model cannot be asked.
        """
        calls = [
            replace(_make_request(segment, forms=self._forms, plain=self._plain), sampling=sampling)
            for segment in segments
            for sampling in self._samplings
        ]
        replies = self._generate(calls)
        samples = [self._sample(call, reply) for call, reply in zip(calls, replies, strict=True)]
        return [
            self._generated(samples[at : at + self._samples]) for at in range(0, len(samples), self._samples)
        ]

    @property
    def _samplings(self) -> list[Sampling | None]:
        return [None] if self._samples == 1 else [Sampling(seed=seed) for seed in range(self._samples)]

    def _generate(self, calls: Sequence[VlmRequest]) -> list[VlmResponse | ModelOutputInvalid]:
        """A reply a call, or why there is none; a batch for which memory runs out is halved."""
        if not isinstance(self._model, BatchVideoLLM):
            return generate_batches(self._model, calls, self._at_once)
        replies: list[VlmResponse | ModelOutputInvalid] = []
        while len(replies) < len(calls):
            part = calls[len(replies) : len(replies) + self._calls.size]
            try:
                replies += generate_batches(self._model, part)
            except ModelUnavailable as error:
                if len(part) == 1 or not is_out_of_memory(error):
                    raise
                self._calls.shrink(len(part))
            else:
                self._calls.grow(len(part), memory_headroom(self._model))
        return replies

    def _sample(self, request: VlmRequest, reply: VlmResponse | ModelOutputInvalid) -> _Sample:
        if isinstance(reply, ModelOutputInvalid):
            return _failed_sample(reply)
        if not self._forms:
            text = split_thoughts(reply.text)[1]
            caption = make_caption(complete_sentences(text) if reply.truncated else text)
            return _Sample(caption, reply.report, reply.text)
        try:
            filled = ask_form(PrefetchedVideoLLM(self._model, reply), request, CaptionForm)
        except ModelOutputInvalid as error:
            return _failed_sample(error)
        return _Sample(make_caption(filled.value.caption, filled.value.keywords), filled.report, reply.text)

    def _generated(self, samples: Sequence[_Sample]) -> GeneratedCaption:
        reports = [sample.report for sample in samples if sample.report is not None]
        costs = [call_cost(report, self._model) for report in reports]
        visual_tokens = [report.visual_tokens_kept for report in reports]
        prompt_tokens = [report.prompt_tokens for report in reports]
        is_known = len(reports) == len(samples) and None not in costs
        captions = [sample.caption for sample in samples]
        best = best_sample(captions, len(samples)) if self._samples > 1 else None
        caption = best[0] if best is not None else captions[0] if self._samples == 1 else None
        return GeneratedCaption(
            "" if caption is None else caption.stored,
            agreement=None if best is None else round(best[1], 4),
            frames=sum(report.frames_shown for report in reports),
            visual_tokens=None if None in visual_tokens else sum(one or 0 for one in visual_tokens),
            prompt_tokens=None if None in prompt_tokens else sum(one or 0 for one in prompt_tokens),
            money=sum(one or 0.0 for one in costs) if is_known else None,
            raw_reply="" if caption is not None else samples[-1].raw_reply,
        )


def _failed_sample(error: ModelOutputInvalid) -> _Sample:
    """No caption, and what the calls took that gave none."""
    return _Sample(None, error.report if isinstance(error.report, Report) else None, error.raw_text)


def prompt_hash(*, forms: bool, plain: bool = False, samples: int = 1) -> str:
    """Eight hexadecimal digits that change with anything that a captioning prompt is made of.

    Captions of a version with another prompt, such as one without the words spoken, thus have another source
    and are made again when captions are asked for.
    """
    parts = [
        "" if plain else RULES,
        FORM_PROMPT if forms else FREE_PROMPT,
        form_text(CaptionForm) if forms else "",
        _budget(forms=forms, plain=plain).new_tokens,
        *([] if samples == 1 else [samples, Sampling().temperature, Sampling().top_p]),
    ]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=4).hexdigest()


def _make_request(segment: SegmentFrames, *, forms: bool, plain: bool) -> VlmRequest:
    clip = Clip(
        segment.video_id,
        segment.window,
        np.array([frame.pts_s for frame in segment.frames]),
        np.stack([frame.rgb for frame in segment.frames]),
        () if plain else segment.words,
    )
    form = CaptionForm if forms else None
    return VlmRequest(
        (clip,),
        FORM_PROMPT if forms else FREE_PROMPT,
        _budget(forms=forms, plain=plain),
        form,
        plain_prompt=plain,
    )


def _budget(*, forms: bool, plain: bool) -> Budget:
    return Budget(new_tokens=NEW_TOKENS if forms else NEW_TOKENS_PLAIN if plain else NEW_TOKENS_FREE)
