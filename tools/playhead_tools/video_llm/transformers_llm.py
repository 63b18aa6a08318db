"""A video-LLM of transformers on this machine, with text-guided compression and a cache of encoded clips.

Every family goes through the stock classes: the processor prepares pictures and writes placeholders, the
vision encoder runs once a clip, whoever was given as `keep` chooses among its tokens, and `generate` takes
what is left as `mm_encoder_outputs`. Without `keep` the call equals the stock one. A call that begins like an
earlier one (another question on the same clips, a later turn) goes on from its keys and values.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch, transformers
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.clip_encoder import ClipEncoder, step_times_s, with_labels
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.contact_sheets import with_contact_sheets
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.first_token import FirstTokenProbe, yes_no_tokens
from playhead_tools.video_llm.generation import Generated, generate_reusing_prefix, generate_tokens
from playhead_tools.video_llm.load_model import LoadedModel, LoadOptions, load
from playhead_tools.video_llm.prefix_cache import PrefixCache, keeps_all
from playhead_tools.video_llm.prompt import prompt_clips
from playhead_tools.video_llm.prompt_rows import PrunedRow, Row, batch_inputs, prune_row, write_row
from playhead_tools.video_llm.protocol import FrameChooser, PromptFrame, VlmRequest, VlmResponse
from playhead_tools.video_llm.strips import StripSelection, select_strip, without_words
from playhead_tools.video_llm.text_only import Message, TextReply, text_prompt
from playhead_tools.video_llm.token_keepers import UniformTokens
from playhead_tools.video_llm.token_selection import TokenizedClip, TokenKeeper
from playhead_tools.video_llm.token_shares import LookBudget
from playhead_tools.video_llm.usage import Report

Times = Literal["native", "between"]
_UNEVEN = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A call as it is before generation.

    Args:
        request: the call.
        prompt_frames: its frames.
        row: the whole prompt.
        token_indices: for each clip the places of its tokens that are kept; None for all.
        encode_s: seconds in processor and vision encoder.
        keys: names of its clips; equal ones have equal features.
        whole_tokens: visual tokens of its shown frames, nothing left out.
    """

    request: VlmRequest
    prompt_frames: tuple[PromptFrame, ...]
    row: Row
    token_indices: tuple[Any, ...]
    encode_s: float
    keys: tuple[str, ...]
    whole_tokens: int


class TransformersVideoLLM:
    """A `VideoLLM` from a folder, or from the local cache by its name on the hub.

    Nothing is loaded before the first call, and nothing is ever fetched. One call runs at a time.

    Args:
        checkpoint: a folder with weights, processor, tokenizer and chat template, or a name in the cache.
        loading: device, number type, attention, 4 bits.
        choose: chooses frames when there are more than budget or model allow.
        keep: chooses among the visual tokens of the shown frames; None keeps all.
        cache: of encoded clips; None for one of 1 GiB in memory.
        times: `between` writes number and time before the tokens of every frame where the family allows it;
            `native` leaves the model's own way. A table of numbers and times stands before each clip anyway.
        reuse_bytes: of keys and values held from earlier calls, on the model's device; 0 for none. Those of a
            batch are neither held nor taken, nor are those of models whose layers forget tokens.
        plain_prompt: whether it must be asked with the question alone (`wants_plain_prompt`).
    """

    def __init__(
        self,
        checkpoint: Path | str,
        *,
        loading: LoadOptions | None = None,
        choose: FrameChooser = choose_evenly,
        keep: TokenKeeper | None = None,
        cache: FeatureCache | None = None,
        times: Times = "native",
        reuse_bytes: int = 1 << 30,
        plain_prompt: bool = False,
    ) -> None:
        self.plain_prompt = plain_prompt
        self.name = Path(checkpoint).name
        self.keep = keep
        self.cache = FeatureCache() if cache is None else cache
        self._checkpoint, self._loading = str(checkpoint), loading or LoadOptions()
        self._choose, self._times = choose, times
        self.prefixes = PrefixCache(reuse_bytes)
        self._lock = threading.Lock()

    @cached_property
    def loaded(self) -> LoadedModel:
        """The model, loaded at its first use.

        Raises:
            ModelUnavailable: it does not load.
        """
        return load(self._checkpoint, self._loading)

    def generate(self, request: VlmRequest) -> VlmResponse:
        """One reply to one call, decoded greedily.

        Raises:
            ModelUnavailable: the model does not load, or has not enough memory for the call.
            ModelOutputInvalid: it gave no text.
            TokenBudgetExceeded: not one frame fits.
        """
        return self.generate_all([request])[0]

    def generate_all(self, calls: Sequence[VlmRequest]) -> list[VlmResponse]:
        """Replies to several calls in one padded batch; each one's report has its share of the time.

        Raises:
            ModelUnavailable: the model does not load, or has not enough memory for the batch.
            ModelOutputInvalid: it gave no text to one of the calls.
            TokenBudgetExceeded: not one frame of a call fits.
        """
        if not calls:
            return []
        with self._lock:
            began_s = perf_counter()
            prompts = [self.prompt(request) for request in calls]
            return self._respond(prompts, began_s)

    def chat(self, messages: Sequence[Message], new_tokens: int) -> TextReply:
        """A reply to messages without pictures, decoded greedily.

        Raises:
            ModelUnavailable: the model does not load, has no chat template, or has not enough memory.
        """
        with self._lock:
            loaded = self.loaded
            pruned_row = prune_row(write_row(loaded, text_prompt(loaded, messages), []), [])
            config = greedy_config(loaded.model.generation_config, loaded.tokenizer, new_tokens)
            first_token = FirstTokenProbe(None, self._settle)
            try:
                if self._reuses:
                    done = generate_reusing_prefix(loaded, pruned_row, (), config, first_token, self.prefixes)
                else:
                    done = generate_tokens(loaded, [pruned_row], config, first_token)
            except torch().OutOfMemoryError as error:
                self.prefixes.clear()
                raise ModelUnavailable(
                    f"{self.name}: the GPU has not enough memory for a prompt of {len(pruned_row.ids)}"
                    " tokens; load it in 4 bits"
                ) from error
            numbers, is_cut = _until_end(done.new[0].tolist(), new_tokens, self._ends)
            text = loaded.tokenizer.decode(numbers, skip_special_tokens=True).strip()
            return TextReply(text, len(pruned_row.ids), len(numbers), is_cut)

    def prompt(self, request: VlmRequest) -> Prompt:
        """A call with its clips encoded and the tokens to keep chosen.

        A strip among its clips keeps 1 to 4 tokens a frame (`select_strip`), whatever `keep` is; a model that
        was trained on so many frames a clip and no more gets it as contact sheets.

        Raises:
            ModelUnavailable: the model does not load or takes no such clips.
            TokenBudgetExceeded: not one frame fits.
            ValueError: `keep` kept what is not there, or more than the budget.
        """
        began_s = perf_counter()
        if self.loaded.family.max_frames is not None:  # a strip would have more frames than it was trained on
            request = with_contact_sheets(request)
        has_strips = any(clip.strip_frames and clip.tiles == 1 for clip in request.clips)
        selects = self.keep is not None or has_strips
        encoder = ClipEncoder(self.loaded, self.cache, self._choose, rank=selects)
        prompt_frames, features = encoder.encode_request(request, fit_tokens=not selects)
        self._settle()
        encode_s = perf_counter() - began_s
        text = prompt_text(self.loaded, request, prompt_frames)
        between = self._times == "between"
        clips = [
            (clip, with_labels(self.loaded, clip, part, between))
            for clip, part in zip(features, prompt_clips(prompt_frames), strict=True)
        ]
        row = write_row(self.loaded, text, clips)
        whole_tokens = sum(placement.all_tokens for placement in row.clips)
        if selects:
            tokenized = _tokenized(request, prompt_frames, features, row)
            strips = {at: select_strip(clip) for at, clip in enumerate(tokenized) if _is_strip(clip)}
            row = without_words(row, {at: strip.bare_steps for at, strip in strips.items()})
            token_indices = self._select_tokens(request, tokenized, strips, row)
        else:
            token_indices = tuple(clip.default_indices for clip in features)
        keys = encoder.keys(request, prompt_frames)
        return Prompt(request, prompt_frames, row, token_indices, encode_s, keys, whole_tokens)

    def inputs(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        """Arguments of the model's `forward` and `generate` for these prompts, padded on the left."""
        return batch_inputs(self.loaded, [prune_row(prompt.row, prompt.token_indices) for prompt in prompts])

    def word_vectors(self, text: str) -> NDArray[np.float32]:
        """(W, D) float32: the language model's own vectors of a text's tokens, as LongVU scores frames.

        Raises:
            ModelUnavailable: the model does not load.
        """
        vectors: NDArray[np.float32] = word_rows(self.loaded, text).float().cpu().numpy()
        return vectors

    def _select_tokens(
        self,
        request: VlmRequest,
        clips: Sequence[TokenizedClip],
        strips: Mapping[int, StripSelection],
        row: Row,
    ) -> tuple[Any, ...]:
        """The places of the kept tokens of each clip; what strips leave of a budget is for the others."""
        whole = [clip for at, clip in enumerate(clips) if at not in strips]
        max_tokens = request.budget.visual_tokens
        if max_tokens is not None:
            max_tokens -= sum(strip.used_tokens for strip in strips.values())
        keep = self.keep or UniformTokens(LookBudget(1.0))
        selections = keep(whole, request.question, max_tokens)
        if len(selections) != len(whole):
            raise ValueError(
                f"expected the tokens to keep of {len(whole)} clips, got {len(selections)} lists"
            )
        selected = iter(selections)
        kept = tuple(
            (strips[at].tokens if at in strips else next(selected)).indices for at in range(len(clips))
        )
        used, max_tokens = prune_row(row, kept).visual_tokens, request.budget.visual_tokens
        if max_tokens is not None and used > max_tokens:
            raise ValueError(f"{max_tokens} visual tokens are allowed, {used} were kept")
        return kept

    def _respond(self, prompts: Sequence[Prompt], began_s: float) -> list[VlmResponse]:
        loaded, count = self.loaded, len(prompts)
        pruned_rows = [prune_row(prompt.row, prompt.token_indices) for prompt in prompts]
        tokens = yes_no_tokens(loaded.tokenizer) if any(p.request.yes_no for p in prompts) else None
        first_token = FirstTokenProbe(tokens, self._settle)
        start_s = perf_counter()
        done = self._generate(prompts, pruned_rows, first_token)
        self._settle()
        end_s = perf_counter()
        first_s = end_s if first_token.at_s is None else first_token.at_s
        replies = []
        for i, (prompt, pruned_row) in enumerate(zip(prompts, pruned_rows, strict=True)):
            numbers, cut_off = _until_end(done.new[i].tolist(), prompt.request.budget.new_tokens, self._ends)
            num_given_frames = sum(len(clip) for clip in prompt.request.clips)
            report = Report(
                model=self.name,
                frames_given=num_given_frames,
                frames_shown=len(prompt.prompt_frames),
                total_s=(end_s - began_s) / count,
                visual_tokens_given=round(prompt.whole_tokens * num_given_frames / len(prompt.prompt_frames)),
                visual_tokens_kept=pruned_row.visual_tokens,
                prompt_tokens=len(pruned_row.ids),
                new_tokens=len(numbers),
                encode_s=prompt.encode_s,
                prefill_s=(first_s - start_s) / count,
                decode_s=(end_s - first_s) / count,
                notes=tuple(self._notes(prompt, count, yes_no=bool(first_token.yes_no))),
                reused_tokens=done.reused_tokens,
            )
            text = loaded.tokenizer.decode(numbers, skip_special_tokens=True).strip()
            if not text:
                raise ModelOutputInvalid(f"{self.name} gave no text", loaded.tokenizer.decode(numbers))
            yes_no = first_token.yes_no[i] if first_token.yes_no and prompt.request.yes_no else None
            replies.append(VlmResponse(text, prompt.prompt_frames, report, yes_no, cut_off))
        return replies

    def _generate(
        self, prompts: Sequence[Prompt], pruned_rows: Sequence[PrunedRow], first_token: FirstTokenProbe
    ) -> Generated:
        loaded = self.loaded
        max_new_tokens = max(prompt.request.budget.new_tokens for prompt in prompts)
        config = greedy_config(loaded.model.generation_config, loaded.tokenizer, max_new_tokens)
        try:
            if self._reuses and len(pruned_rows) == 1:
                return generate_reusing_prefix(
                    loaded, pruned_rows[0], prompts[0].keys, config, first_token, self.prefixes
                )
            return generate_tokens(loaded, pruned_rows, config, first_token)
        except torch().OutOfMemoryError as error:
            if not len(self.prefixes):
                raise ModelUnavailable(
                    f"{self.name}: the GPU has not enough memory for {len(pruned_rows)} *"
                    f" {len(pruned_rows[0].ids)} tokens; lower budget.visual_tokens or load it in 4 bits"
                ) from error
        self.prefixes.clear()
        return self._generate(prompts, pruned_rows, first_token)

    @cached_property
    def _reuses(self) -> bool:
        return self.prefixes.max_bytes > 0 and keeps_all(self.loaded.model.config)

    @cached_property
    def _ends(self) -> frozenset[int]:
        ends = _ends_of(self.loaded.model.generation_config, self.loaded.tokenizer)
        return frozenset([ends] if isinstance(ends, int) else ends or ())

    def _settle(self) -> None:
        if self.loaded.device.startswith("cuda"):
            torch().cuda.synchronize(self.loaded.device)

    def _notes(self, prompt: Prompt, count: int, *, yes_no: bool) -> list[str]:
        notes, family = [], self.loaded.family
        if count > 1:
            notes.append(f"answered in a batch of {count}; times are its share")
        if prompt.request.yes_no and not yes_no:
            notes.append("the tokenizer does not tell Yes from No by their first tokens")
        if prompt.request.form is not None:
            notes.append("the form was asked for in words; generation was not held to it")
        parts = prompt_clips(prompt.prompt_frames)
        trained = family.max_frames
        if family.one_is_image and any(1 < len(part.frames) != trained for part in parts):
            notes.append(f"{family.title} was trained on {trained} frames a clip")
        if any(placement.features.step_s is not None for placement in prompt.row.clips) and any(
            _uneven([frame.pts_s for frame in part.frames]) for part in parts
        ):
            notes.append(
                f"{family.title} takes frames as evenly spaced; their true times stand in the prompt"
            )
        return notes


def _tokenized(
    request: VlmRequest, prompt_frames: tuple[PromptFrame, ...], features: Sequence[ClipFeatures], row: Row
) -> list[TokenizedClip]:
    """The encoded clips of a prompt for who chooses among their tokens."""
    return [
        TokenizedClip(
            request.clips[part.clip],
            part,
            ClipTokens(clip.tokens, step_times_s(clip, part)),
            placement.costs,
            clip.order,
            placement.all_tokens
            - (
                0 if clip.default_indices is None else clip.tokens[..., 0].numel() - len(clip.default_indices)
            ),
            clip.default_indices,
        )
        for part, clip, placement in zip(prompt_clips(prompt_frames), features, row.clips, strict=True)
    ]


def _is_strip(clip: TokenizedClip) -> bool:
    return clip.clip.strip_frames > 0 and clip.clip.tiles == 1


def greedy_config(config: Any, tokenizer: Any, max_new_tokens: int) -> Any:
    """Greedy decoding with the ends of the checkpoint's own generation config."""
    ends = _ends_of(config, tokenizer)
    pad = tokenizer.pad_token_id
    if pad is None:
        pad = ends if isinstance(ends, int) or ends is None else ends[0]
    return transformers().GenerationConfig(
        max_new_tokens=max_new_tokens, do_sample=False, num_beams=1, eos_token_id=ends, pad_token_id=pad,
        bos_token_id=config.bos_token_id,
    )  # fmt: skip


def word_rows(loaded: LoadedModel, text: str) -> Any:
    """(W, D) tensor on the model's device: the language model's own vectors of a text's tokens."""
    ids = loaded.tokenizer.encode(text, add_special_tokens=False)
    with torch().inference_mode():
        return loaded.model.get_input_embeddings()(
            torch().tensor(ids, dtype=torch().int64, device=loaded.device)
        )


def _ends_of(config: Any, tokenizer: Any) -> Any:
    """The id or ids that end a reply, the checkpoint's own where it names any; None without."""
    return tokenizer.eos_token_id if config.eos_token_id is None else config.eos_token_id


def _until_end(numbers: list[int], max_new_tokens: int, ends: frozenset[int]) -> tuple[list[int], bool]:
    """The tokens up to the first that ends the reply, and whether none did within the budget."""
    numbers = numbers[:max_new_tokens]
    for i, number in enumerate(numbers):
        if number in ends:
            return numbers[: i + 1], False
    return numbers, True


def _uneven(pts_s: Sequence[float]) -> bool:
    steps_s = np.diff(np.asarray(pts_s))
    return bool(steps_s.size and np.ptp(steps_s) > _UNEVEN * steps_s.mean())
