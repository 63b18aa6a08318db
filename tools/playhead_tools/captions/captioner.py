"""The index's `Captioner` made of any `VideoLLM`: a caption and keywords a segment.

A capable model fills a form that is checked; a small one, which would fail at JSON, says it freely. The words
spoken in the segment stand in the prompt. They and what stands in the pictures are data: the rules of the
prompt say so, and the reply is stored as text.
"""

import hashlib
import json
from collections.abc import Sequence

import numpy as np

from playhead_index.errors import ModelOutputInvalid
from playhead_index.words.protocol import SegmentFrames
from playhead_tools.captions.caption import Caption, CaptionForm, complete_sentences, make_caption
from playhead_tools.captions.generate_batches import PrefetchedVideoLLM, generate_batches
from playhead_tools.reasoning_content import split_thoughts
from playhead_tools.video_llm.prompt import RULES, form_text
from playhead_tools.video_llm.protocol import (
    Budget,
    Clip,
    VideoLLM,
    VlmRequest,
    VlmResponse,
    wants_plain_prompt,
)
from playhead_tools.video_llm.structured_output import ask_form

FREE_PROMPT = "Describe the clip."
FORM_PROMPT = """\
Say in one to three sentences what the clip shows: who or what is there, what they do, where, and
what changes. Where words are spoken, take names of people, places and things from them and say what is talked
about, but do not repeat them. Give as keywords the people, things, actions and places that it shows, in words
that somebody would search for."""
NEW_TOKENS, NEW_TOKENS_FREE, NEW_TOKENS_PLAIN = 1024, 256, 96


class VideoCaptioner:
    """Captions segments with a video-LLM.

    Its name holds the model's and a hash of the prompt: captions of another model or prompt are made again.

    Args:
        model: the video-LLM.
        forms: it is capable of filling a form; else it is asked freely, for plain text without keywords.
        batch: segments asked about, and committed, at a time.
        at_once: calls made at the same time, for a model that may be called so and takes no batches.
        model_name: stored instead of the model's own name, for one whose name holds an address.
    """

    def __init__(
        self,
        model: VideoLLM,
        *,
        forms: bool,
        batch: int = 8,
        at_once: int = 1,
        model_name: str | None = None,
    ) -> None:
        self.batch = batch
        self._plain = not forms and wants_plain_prompt(model)
        self.name = f"caption:{model_name or model.name}#{prompt_hash(forms=forms, plain=self._plain)}"
        self._model, self._forms, self._at_once = model, forms, at_once

    def caption(self, segments: Sequence[SegmentFrames]) -> list[str]:
        """A caption a segment as it is stored; empty where the reply, and its repair, did not hold.

        Raises:
            ModelUnavailable: the model cannot be asked.
        """
        calls = [_make_request(segment, forms=self._forms, plain=self._plain) for segment in segments]
        replies = generate_batches(self._model, calls, self._at_once)
        captions = [self._caption(call, reply) for call, reply in zip(calls, replies, strict=True)]
        return ["" if caption is None else caption.stored for caption in captions]

    def _caption(self, request: VlmRequest, reply: VlmResponse | None) -> Caption | None:
        if reply is None:
            return None
        if not self._forms:
            text = split_thoughts(reply.text)[1]
            return make_caption(complete_sentences(text) if reply.truncated else text)
        try:
            form = ask_form(PrefetchedVideoLLM(self._model, reply), request, CaptionForm).value
        except ModelOutputInvalid:
            return None
        return make_caption(form.caption, form.keywords)


def prompt_hash(*, forms: bool, plain: bool = False) -> str:
    """Eight hexadecimal digits that change with anything that a captioning prompt is made of.

    Captions of a version with another prompt, such as one without the words spoken, thus have another source
    and are made again when captions are asked for.
    """
    parts = [
        "" if plain else RULES,
        FORM_PROMPT if forms else FREE_PROMPT,
        form_text(CaptionForm) if forms else "",
        _budget(forms=forms, plain=plain).new_tokens,
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
