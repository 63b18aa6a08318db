"""A video-LLM of transformers on this machine, with text-guided compression and a cache of encoded clips.

Every family goes through the stock classes: the processor prepares pictures and writes placeholders, the
vision encoder runs once a clip, the `TokenKeeper` in `keep` chooses among its tokens, and `generate` takes
what is left as `mm_encoder_outputs`. Without `keep` the call equals the stock one. A call that begins like an
earlier one (another question on the same clips, a later turn) goes on from its keys and values.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch, transformers
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, TokenBudgetExceeded
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.clip_encoder import ClipEncoder, step_times_s, with_labels
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.contact_sheets import with_contact_sheets
from playhead_tools.video_llm.device_memory import DeviceMemory, FreeMemory
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.first_token import FirstTokenProbe, yes_no_tokens
from playhead_tools.video_llm.generation import (
    Generated,
    PrefixReuse,
    generate_reusing_prefix,
    generate_tokens,
    prefix_reuse,
)
from playhead_tools.video_llm.images import num_images
from playhead_tools.video_llm.kernel_errors import is_out_of_memory, map_kernel_errors, out_of_memory_text
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.look_limits import USABLE, LookLimits, ModelLimits, TokenLimit
from playhead_tools.video_llm.prefix_cache import PrefixCache, columns_of
from playhead_tools.video_llm.prompt import prompt_clips
from playhead_tools.video_llm.prompt_rows import PrunedRow, Row, batch_inputs, prune_row, write_row
from playhead_tools.video_llm.protocol import FrameChooser, PromptFrame, VlmRequest, VlmResponse
from playhead_tools.video_llm.sampling import common_sampling, seeded, set_sampling
from playhead_tools.video_llm.strips import StripSelection, select_strip, without_words
from playhead_tools.video_llm.text_only import Message, TextReply, text_prompt
from playhead_tools.video_llm.token_keepers import UniformTokens
from playhead_tools.video_llm.token_selection import PromptWords, TokenizedClip, TokenKeeper
from playhead_tools.video_llm.token_shares import LookBudget
from playhead_tools.video_llm.usage import Report
from playhead_tools.video_llm.visual_context import VisualKeyCache

Times = Literal["native", "between"]
_UNEVEN = 0.1
_FEWER = "show less (--keep-tokens 0.25), load it in 4 bits (--four-bit), or take a smaller model"


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
        notes: on what was left out because it did not fit.
    """

    request: VlmRequest
    prompt_frames: tuple[PromptFrame, ...]
    row: Row
    token_indices: tuple[Any, ...]
    encode_s: float
    keys: tuple[str, ...]
    whole_tokens: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The memory of the device did not suffice for a call.

    Args:
        frames: that it showed.
        message: of the library that ran out of it.
    """

    frames: int
    message: str


class TransformersVideoLLM:
    """A `VideoLLM` from a folder, or from the local cache by its name on the hub.

    Nothing is loaded before the first call, and nothing is ever fetched. One call runs at a time. A look is
    cut to the model's context and to the memory that is free; where memory runs out all the same, it is
    halved once. The notes of the report say so.

    Args:
        checkpoint: a folder with weights, processor, tokenizer and chat template, or a name in the cache.
        loading: device, number type, attention, 4 bits.
        choose: chooses frames when there are more than budget or model allow.
        keep: chooses among the visual tokens of the shown frames; None keeps all.
        cache: of encoded clips; None for one of 1 GiB in memory.
        times: `between` writes number and time before the tokens of every frame where the family allows it;
            `native` leaves the model's own way. A table of numbers and times stands before each clip anyway.
        reuse_bytes: of keys and values held from earlier calls, on the model's device; 0 for none. Those of a
            batch are neither held nor taken, nor those of a sampled call: what is drawn does not depend on
            earlier calls. Of models with layers that forget or sum up tokens, the state at the end of the
            clips is held.
        context_bytes: of keys and values of visual context held from earlier calls, for models with
            cross-attention, on the model's device; 0 for none. A frame's serve any later call that shows it,
            batches too.
        plain_prompt: whether it must be asked with the question alone (`wants_plain_prompt`).
        memory: says what is free on the model's device; None for torch's own account of it.
    """

    can_sample = True

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
        context_bytes: int = 1 << 30,
        plain_prompt: bool = False,
        memory: FreeMemory | None = None,
    ) -> None:
        self.plain_prompt = plain_prompt
        self.name = Path(checkpoint).name
        self.keep = keep
        self.cache = FeatureCache() if cache is None else cache
        self._checkpoint, self._loading = str(checkpoint), loading or LoadOptions()
        self._choose, self._times, self._context_bytes = choose, times, context_bytes
        self.prefixes = PrefixCache(reuse_bytes)
        self.memory: FreeMemory = DeviceMemory() if memory is None else memory
        self._lock = threading.RLock()
        self._loaded: LoadedModel | None = None
        self._look_notes: list[str] = []

    @property
    def look_note(self) -> str:
        """Why the last call showed less than it was given; empty when it did not."""
        return "; ".join(dict.fromkeys(self._look_notes))

    @property
    def loaded(self) -> LoadedModel:
        """The model, loaded once, at its first use.

        Raises:
            ModelUnavailable: it does not load, or its device has not enough memory for it.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> LoadedModel:
        try:
            with map_kernel_errors(self.name, "loading it"):
                loaded = load(self._checkpoint, self._loading)
        except (RuntimeError, MemoryError, ModelUnavailable) as error:
            if not is_out_of_memory(error):
                raise
            raise ModelUnavailable(
                f"{self.name}: its device has not enough memory for it; load it in 4 bits (--four-bit),"
                " take a smaller model (playhead prepare video), or use --device cpu"
            ) from error
        if loaded.visual_keys is not None:
            loaded.visual_keys.max_bytes = self._context_bytes
        return loaded

    @cached_property
    def limits(self) -> ModelLimits:
        """The model's context, and its sizes for the arithmetic of memory.

        Raises:
            ModelUnavailable: it does not load.
        """
        return ModelLimits.of(self.loaded)

    def generate(self, request: VlmRequest) -> VlmResponse:
        """One reply to one call, decoded greedily unless the request says how to sample.

        Raises:
            ModelUnavailable: the model does not load, or has not enough memory for the call.
            ModelOutputInvalid: it gave no text.
            TokenBudgetExceeded: not one frame fits.
        """
        return self.generate_all([request])[0]

    def generate_all(self, calls: Sequence[VlmRequest]) -> list[VlmResponse]:
        """Replies to several calls in one padded batch; each one's report has its share of the time.

        Families that cannot be padded answer one call after the other; a batch that memory does not hold is
        made in parts.

        Raises:
            ModelUnavailable: the model does not load, or has not enough memory for the batch.
            ModelOutputInvalid: it gave no text to one of the calls.
            TokenBudgetExceeded: not one frame of a call fits.
        """
        if not calls:
            return []
        common_sampling(calls)
        with self._lock:
            self._look_notes = []
            if self.loaded.family.batches:
                return self._respond_in_batches(calls)
            return [reply for call in calls for reply in self._respond_in_batches([call])]

    def chat(self, messages: Sequence[Message], new_tokens: int) -> TextReply:
        """A reply to messages without pictures, decoded greedily.

        Raises:
            ModelUnavailable: the model does not load, has no chat template, or has not enough memory.
            TokenBudgetExceeded: the messages leave no room for a reply in its context.
        """
        with self._lock:
            loaded = self.loaded
            pruned_row = prune_row(write_row(loaded, text_prompt(loaded, messages), []), [])
            num_tokens, context = len(pruned_row.ids), self.limits.context
            if context is not None and num_tokens >= context:
                raise TokenBudgetExceeded(
                    f"{self.name}: the messages take {num_tokens} tokens, its context has {context};"
                    " shorten them"
                )
            new_tokens = self.limits.new_tokens(new_tokens, num_tokens)
            config = greedy_config(loaded.model.generation_config, loaded.tokenizer, new_tokens)
            first_token = FirstTokenProbe(None, self._settle)
            try:
                done = self._generate([pruned_row], () if self._reuses else None, config, first_token)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._release()
                raise ModelUnavailable(
                    f"{self.name}: its device has not enough memory for a prompt of {num_tokens} tokens;"
                    " load it in 4 bits (--four-bit), or take a smaller model"
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
        if self.loaded.family.max_frames is not None:  # a strip would have more frames than it was trained on
            request = with_contact_sheets(request)
        spare_tokens = 0
        while True:
            limits = LookLimits(
                self.loaded, self.limits, self._free_bytes(), fit_tokens=not self._selects(request),
                spare_tokens=spare_tokens,
            )  # fmt: skip
            prompt = self._prompt_within(request, limits)
            max_tokens = self.limits.max_prompt_tokens(request.budget.new_tokens)
            if max_tokens is None or len(prompt.row.ids) <= max_tokens:
                return prompt
            num_tokens = len(prune_row(prompt.row, prompt.token_indices).ids)
            if num_tokens <= max_tokens:
                return prompt
            if not limits.in_sequence:  # frames take almost no place there: the text is too long
                raise TokenBudgetExceeded(
                    f"{self.name}: the prompt takes {num_tokens} tokens, its context holds {max_tokens}"
                    " beside a reply; shorten the text, or show fewer frames"
                )
            spare_tokens += num_tokens - max_tokens  # words between frames, which the limits do not count

    def _prompt_within(self, request: VlmRequest, limits: LookLimits) -> Prompt:
        began_s = perf_counter()
        encoder = self._encoder(request)
        with map_kernel_errors(self.name, "encoding frames"):
            encoded = encoder.encode_request(request, limits)
        prompt_frames, features = encoded.prompt_frames, encoded.features
        self._settle()
        encode_s = perf_counter() - began_s
        text = prompt_text(self.loaded, request, prompt_frames)
        between = self._times == "between"
        clips = [
            (clip, with_labels(self.loaded, clip, part, between))
            for clip, part in zip(features, prompt_clips(prompt_frames), strict=True)
        ]
        row = write_row(self.loaded, text, clips)
        whole_tokens = sum(placement.given_tokens for placement in row.clips)
        keys = encoder.keys(request, prompt_frames)
        if not self._selects(request):
            indices = tuple(clip.default_indices for clip in features)
            notes: tuple[str, ...] = (encoded.note,) if encoded.note else ()
            return Prompt(request, prompt_frames, row, indices, encode_s, keys, whole_tokens, notes)
        tokenized = _tokenized(request, prompt_frames, features, row)
        strips = {at: select_strip(clip) for at, clip in enumerate(tokenized) if _is_strip(clip)}
        row = without_words(row, {at: strip.bare_steps for at, strip in strips.items()})
        limit = limits.kept_tokens(request, prompt_frames, whole_tokens)
        indices = self._select_tokens(request, tokenized, strips, row, limit)
        notes = tuple(note for note in (encoded.note, "" if limit is None else limit.note) if note)
        return Prompt(request, prompt_frames, row, indices, encode_s, keys, whole_tokens, notes)

    def _selects(self, request: VlmRequest) -> bool:
        """Whether tokens of a call are chosen, not only frames."""
        return self.keep is not None or any(clip.strip_frames and clip.tiles == 1 for clip in request.clips)

    def _encoder(self, request: VlmRequest) -> ClipEncoder:
        return ClipEncoder(self.loaded, self.cache, self._choose, rank=self._selects(request))

    def inputs(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        """Arguments of the model's `forward` and `generate` for these prompts, padded on the left."""
        return batch_inputs(self.loaded, [prune_row(prompt.row, prompt.token_indices) for prompt in prompts])

    def word_vectors(self, text: str) -> NDArray[np.float32]:
        """(W, D) float32: the language model's own vectors of a text's tokens, as LongVU scores frames.

        Raises:
            ModelUnavailable: the model does not load.
        """
        with map_kernel_errors(self.name, "reading word vectors"):
            vectors: NDArray[np.float32] = word_rows(self.loaded, text).float().cpu().numpy()
        return vectors

    def token_vectors(self, ids: Any) -> Any:
        """(W, D) tensor in the computer's own memory: the language model's own vectors of (W,) int64 tokens.

        Raises:
            ModelUnavailable: the model does not load.
        """
        with torch().inference_mode():
            return self.loaded.model.get_input_embeddings()(ids.to(self.loaded.device)).cpu()

    def _respond_in_batches(self, calls: Sequence[VlmRequest]) -> list[VlmResponse]:
        """Replies to a batch; to its parts, or to half of a look, where memory does not hold it.

        Raises:
            ModelUnavailable: memory does not hold half of a look.
        """
        outcome = self._attempt(calls)
        if isinstance(outcome, OutOfMemory) and len(calls) > 1:
            self._release()
            middle = len(calls) // 2
            return [*self._respond_in_batches(calls[:middle]), *self._respond_in_batches(calls[middle:])]
        if isinstance(outcome, OutOfMemory) and self._has_computed:
            self._release()
            outcome = self._attempt(calls)
        if isinstance(outcome, OutOfMemory) and outcome.frames - num_images(calls[0]) > 1:
            self._release()
            outcome = self._attempt_half(calls[0], outcome.frames)
        if isinstance(outcome, OutOfMemory):
            self._release()
            raise ModelUnavailable(
                f"{self.name}: its device has not enough memory for {outcome.frames} frames"
                f" ({outcome.message}); {_FEWER}"
            )
        return outcome

    def _attempt(self, calls: Sequence[VlmRequest]) -> list[VlmResponse] | OutOfMemory:
        """Replies to a batch, or that memory does not hold it.

        An error is not passed on: its traceback would hold the tensors that took the memory.
        """
        began_s = perf_counter()
        prompts: list[Prompt] = []
        try:
            for request in calls:
                prompts.append(self.prompt(request))
            if len(calls) > 1 and not self._holds_batch(prompts):
                return OutOfMemory(len(prompts[0].prompt_frames), "by its free memory")
            return self._respond(prompts, began_s)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            message = out_of_memory_text(error)
        shown = len(prompts[0].prompt_frames) if prompts else self._encoder(calls[0]).num_frames(calls[0])
        return OutOfMemory(shown, message)

    def _attempt_half(self, request: VlmRequest, frames: int) -> list[VlmResponse] | OutOfMemory:
        """The reply to a call with half of the frames that it showed."""
        outcome = self._attempt([half_look(request, frames)])
        if isinstance(outcome, OutOfMemory):
            return outcome
        (reply,) = outcome
        note = f"{len(reply.frames_shown)} of {frames} frames are shown: memory ran out with all of them"
        self._look_notes.append(note)
        return [replace(reply, report=reply.report.with_note(note))]

    def _holds_batch(self, prompts: Sequence[Prompt]) -> bool:
        """Whether free memory holds several prompts at once, as far as it is known."""
        free = self._free_bytes()
        pruned_rows = [prune_row(prompt.row, prompt.token_indices) for prompt in prompts]
        new_tokens = max(prompt.request.budget.new_tokens for prompt in prompts)
        return free is None or self._batch_bytes(pruned_rows, new_tokens) <= free * USABLE

    def _release(self) -> None:
        """Frees what earlier calls left in memory."""
        for cache in self._computed:
            cache.clear()
        self.memory.release(self.loaded.device)

    @property
    def _computed(self) -> list[PrefixCache | VisualKeyCache]:
        """What holds keys and values of earlier calls."""
        visual_keys = self.loaded.visual_keys
        return [self.prefixes] if visual_keys is None else [self.prefixes, visual_keys]

    @property
    def _has_computed(self) -> bool:
        return any(len(cache) for cache in self._computed)

    def _free_bytes(self) -> int | None:
        """The memory that a call may take, what earlier calls left counted as free."""
        free = self.memory.free_bytes(self.loaded.device)
        return None if free is None else free + sum(cache.in_memory_bytes for cache in self._computed)

    def _make_room(
        self, pruned_rows: Sequence[PrunedRow], clip_keys: Sequence[str] | None, max_new_tokens: int
    ) -> None:
        """Frees what earlier calls left in memory where the prompts do not fit beside it."""
        free = self.memory.free_bytes(self.loaded.device)
        if free is None or not self._has_computed:
            return
        known = 0 if clip_keys is None else self.prefixes.num_known(columns_of(pruned_rows[0], clip_keys))
        if self._batch_bytes(pruned_rows, max_new_tokens, known) > free:
            self._release()

    def _batch_bytes(self, pruned_rows: Sequence[PrunedRow], max_new_tokens: int, known: int = 0) -> int:
        """What prompts padded to the longest take in memory, with what they attend to beside their tokens."""
        longest = max(len(pruned_row.ids) for pruned_row in pruned_rows)
        num_context_rows = max(pruned_row.num_context_rows for pruned_row in pruned_rows)
        prompt_bytes = self.limits.prompt_bytes(longest, max_new_tokens, known)
        return len(pruned_rows) * (prompt_bytes + num_context_rows * self.limits.context_row_bytes)

    def _select_tokens(
        self,
        request: VlmRequest,
        clips: Sequence[TokenizedClip],
        strips: Mapping[int, StripSelection],
        row: Row,
        limit: TokenLimit | None,
    ) -> tuple[Any, ...]:
        """The places of the kept tokens of each clip; images keep all of theirs.

        What strips and images leave of a limit is for the others.

        Raises:
            TokenBudgetExceeded: images and strips alone take the limit.
        """
        images = {at: clip.default_indices for at, clip in enumerate(clips) if clip.clip.is_image}
        whole = [clip for at, clip in enumerate(clips) if at not in strips and at not in images]
        max_tokens = None if limit is None else limit.tokens
        if max_tokens is not None:
            image_tokens = sum(row.clips[at].given_tokens for at in images)
            strip_tokens = sum(strip.used_tokens for strip in strips.values())
            if (image_tokens or strip_tokens) and image_tokens + strip_tokens >= max_tokens:
                raise TokenBudgetExceeded(
                    f"{max_tokens} visual tokens are allowed, {len(images)} images take {image_tokens} and"
                    f" {len(strips)} strips {strip_tokens}; give fewer or smaller images, leave out the"
                    " overview, or raise budget.visual_tokens"
                )
            max_tokens -= image_tokens + strip_tokens
        keep = self.keep or UniformTokens(LookBudget(1.0))
        selections = keep(whole, request.question, max_tokens) if whole else []
        if len(selections) != len(whole):
            raise ValueError(
                f"expected the tokens to keep of {len(whole)} clips, got {len(selections)} lists"
            )
        selected = iter(selections)
        kept = tuple(
            images[at] if at in images else (strips[at].tokens if at in strips else next(selected)).indices
            for at in range(len(clips))
        )
        used, max_tokens = prune_row(row, kept).visual_tokens, None if limit is None else limit.tokens
        if max_tokens is not None and used > max_tokens:
            raise ValueError(f"{max_tokens} visual tokens are allowed, {used} were kept")
        return kept

    def _respond(self, prompts: Sequence[Prompt], began_s: float) -> list[VlmResponse]:
        loaded, count = self.loaded, len(prompts)
        pruned_rows = [prune_row(prompt.row, prompt.token_indices) for prompt in prompts]
        tokens = yes_no_tokens(loaded.tokenizer) if any(p.request.yes_no for p in prompts) else None
        first_token = FirstTokenProbe(tokens, self._settle)
        sampling = common_sampling([prompt.request for prompt in prompts])
        max_new_tokens = max(
            self.limits.new_tokens(prompt.request.budget.new_tokens, len(pruned_row.ids))
            for prompt, pruned_row in zip(prompts, pruned_rows, strict=True)
        )
        config = greedy_config(loaded.model.generation_config, loaded.tokenizer, max_new_tokens)
        set_sampling(config, sampling)
        reuses = count == 1 and sampling is None and self._reuses
        start_s = perf_counter()
        with seeded(sampling, loaded.device):
            done = self._generate(pruned_rows, prompts[0].keys if reuses else None, config, first_token)
        self._look_notes += [note for prompt in prompts for note in prompt.notes]
        self._settle()
        end_s = perf_counter()
        first_s = end_s if first_token.at_s is None else first_token.at_s
        replies = []
        for i, (prompt, pruned_row) in enumerate(zip(prompts, pruned_rows, strict=True)):
            new_tokens = self.limits.new_tokens(prompt.request.budget.new_tokens, len(pruned_row.ids))
            numbers, cut_off = _until_end(done.new[i].tolist(), new_tokens, self._ends)
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
                raise ModelOutputInvalid(
                    f"{self.name} gave no text", loaded.tokenizer.decode(numbers), report
                )
            yes_no = first_token.yes_no[i] if first_token.yes_no and prompt.request.yes_no else None
            replies.append(VlmResponse(text, prompt.prompt_frames, report, yes_no, cut_off))
        return replies

    def _generate(
        self,
        pruned_rows: Sequence[PrunedRow],
        clip_keys: Sequence[str] | None,
        config: Any,
        first_token: FirstTokenProbe,
    ) -> Generated:
        """The tokens that follow each prompt.

        Args:
            pruned_rows: the prompts.
            clip_keys: of the clips of one prompt that goes on from what earlier calls computed; None where
                nothing of these is taken or held.
            config: a `GenerationConfig`.
            first_token: records the first of the new tokens.
        """
        loaded = self.loaded
        self._make_room(pruned_rows, clip_keys, config.max_new_tokens)
        with map_kernel_errors(self.name, "generating"):
            if clip_keys is None:
                return generate_tokens(loaded, pruned_rows, config, first_token)
            (pruned_row,) = pruned_rows
            room = self._snapshot_bytes(len(pruned_row.ids), config.max_new_tokens)
            return generate_reusing_prefix(
                loaded, pruned_row, clip_keys, config, first_token, self.prefixes, room
            )

    def _snapshot_bytes(self, prompt_tokens: int, max_new_tokens: int) -> int | None:
        """What a call leaves free for a snapshot of its state; None where it is not known."""
        free = self.memory.free_bytes(self.loaded.device)
        return (
            None if free is None else max(0, free - self.limits.prompt_bytes(prompt_tokens, max_new_tokens))
        )

    def prepare(self) -> None:
        """Loads the model now, so that the first call takes no longer than others.

        Raises:
            ModelUnavailable: it does not load.
        """
        with self._lock:
            _ = self.loaded

    @property
    def memory_headroom(self) -> float | None:
        """How many times the memory that the largest call so far took is free; None but on a CUDA device."""
        device = self.loaded.device
        if not device.startswith("cuda"):
            return None
        cuda = torch().cuda
        allocated = cuda.memory_allocated(device)
        used = cuda.max_memory_allocated(device) - allocated
        free = cuda.mem_get_info(device)[0] + cuda.memory_reserved(device) - allocated
        return free / used if used > 0 else None

    @property
    def _reuses(self) -> bool:
        return self.prefixes.max_bytes > 0 and self.reuse.kind != "none"

    @cached_property
    def reuse(self) -> PrefixReuse:
        """How the model goes on from earlier calls.

        Raises:
            ModelUnavailable: it does not load.
        """
        return prefix_reuse(self.loaded)

    @cached_property
    def _ends(self) -> frozenset[int]:
        ends = _ends_of(self.loaded.model.generation_config, self.loaded.tokenizer)
        return frozenset([ends] if isinstance(ends, int) else ends or ())

    def _settle(self) -> None:
        if self.loaded.device.startswith("cuda"):
            torch().cuda.synchronize(self.loaded.device)

    def _notes(self, prompt: Prompt, count: int, *, yes_no: bool) -> list[str]:
        notes, family = list(prompt.notes), self.loaded.family
        if count > 1:
            notes.append(f"answered in a batch of {count}; times are its share")
        elif self.prefixes.max_bytes > 0 and self.reuse.reason:
            notes.append(f"nothing is reused of earlier calls: {self.reuse.reason}")
        if prompt.request.yes_no and not yes_no:
            notes.append("the tokenizer does not tell Yes from No by their first tokens")
        if prompt.request.form is not None:
            notes.append("the form was asked for in words; generation was not held to it")
        parts = prompt_clips(prompt.prompt_frames)
        if family.probed:
            notes.append(f"how models of type {family.title} take videos was found out by a probe")
        if family.own_pruning:
            notes.append(
                f"{family.title} drops {family.own_pruning:.0%} of a clip's tokens by itself; here all stay"
                " that no keeper left out"
            )
        num_videos = len(parts) - num_images(prompt.request)
        if family.max_clips is not None and num_videos > family.max_clips:
            notes.append(f"{family.title} takes {family.max_clips} video a prompt; it was given {num_videos}")
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


def words_around(row: Row) -> PromptWords:
    """The words of a whole prompt, without features and what is written around the steps of clips."""
    is_word = torch().ones(len(row.ids), dtype=torch().bool)
    for placement in row.clips:
        around = [column for columns in placement.around for column in columns]
        is_word[torch().cat([placement.columns, torch().tensor(around, dtype=torch().int64)])] = False
    after = max((int(placement.columns[-1]) + 1 for placement in row.clips), default=0)
    return PromptWords(row.ids[:after][is_word[:after]], row.ids[after:])


def _tokenized(
    request: VlmRequest, prompt_frames: tuple[PromptFrame, ...], features: Sequence[ClipFeatures], row: Row
) -> list[TokenizedClip]:
    """The encoded clips of a prompt for a `TokenKeeper`."""
    words = words_around(row)
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
            clip.fine_rows,
            clip.redundant,
            words,
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


def half_look(request: VlmRequest, frames: int) -> VlmRequest:
    """The call with half of the frames, and of the visual tokens where these are limited; at least one.

    Args:
        request: the call.
        frames: that it showed, its images among them, which stay.
    """
    tokens, images = request.budget.visual_tokens, num_images(request)
    half = replace(
        request.budget,
        frames=images + max(1, (frames - images) // 2),
        visual_tokens=None if tokens is None else max(1, tokens // 2),
    )
    return replace(request, budget=half)


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
