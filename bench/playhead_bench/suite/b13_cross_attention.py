"""B13: mPLUG-Owl3 with visual keys and values computed once a frame: ratios on the processor.

Random weights, 256 wide, 8 layers of which the first attends to frames (released: every eighth), 729 rows a
frame, float32, one thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from playhead_bench.suite.random_owl3 import Owl3Shape, make_owl3
from playhead_bench.suite.timing import Size, compare
from playhead_bench.suite.vlm_calls import RandomWeightsVideoLLM, clock, make_request, moving_clip
from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.protocol import Clip, VlmRequest
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM
from playhead_tools.video_llm.visual_context import PackedContext

Way = Literal["kept", "recomputed", "released"]
THREADS = 1
ROUNDS = 7
STEPS = 8
"""Decoded tokens a measurement."""
FRAMES, SIDE_PX = 64, 378
CLIPS, CLIP_FRAMES = 8, 8
SPLICED_FRAMES = {"small": 8, "full": 16}
GOALS = {
    "kept_64_over_kept_1": 1.3,
    "spliced_over_attended": 6.0,
    "released_64_over_kept_64": 10.0,
    "second_over_first": 0.2,
}


def run(size: Size) -> dict[str, Any]:
    """Ratios of decoding, first token and second question, for both generations.

    Returns:
        by generation; `decoding` with 64 frames and with 1, kept and recomputed keys (see `_Decoder`);
        `first_token` against the same frames spliced into the sequence; `questions`, a second one over the
        clips of the first in another order, with the question alone as the released examples ask it, and with
        the rules and tables of frames that Playhead writes; the first from pixels and from encoded clips.
    """
    shapes = {"241101": Owl3Shape(), "240728": Owl3Shape(has_gate=True)}
    found = {name: _measure(shape, SPLICED_FRAMES[size]) for name, shape in shapes.items()}
    return found | {"goal": GOALS}


def _measure(shape: Owl3Shape, spliced_frames: int) -> dict[str, Any]:
    loaded = make_owl3(shape)
    return {
        "model": shape.record(),
        "decoding": _decoding(loaded),
        "first_token": _first_token(loaded, spliced_frames),
        "questions": _questions(loaded, plain_prompt=True),
        "questions_with_rules": _questions(loaded, plain_prompt=False),
    }


class _Decoder:
    """A prompt whose next tokens are decoded again and again.

    Args:
        loaded: the model.
        frames: of the prompt.
        way: of keys and values of the rows: `kept` from step to step; `recomputed` in each; or `released`,
            recomputed as the released code does, which then copies them for every head of queries and joins
            the copies with the text's.
    """

    def __init__(self, loaded: LoadedModel, frames: int, way: Way = "kept") -> None:
        self.model, self.way = loaded.model, way
        llm = RandomWeightsVideoLLM(loaded)
        prompt = llm.prompt(make_request(moving_clip(frames, SIDE_PX)))
        inputs = llm.inputs([prompt])
        self.context, self.length = inputs["visual_context"], inputs["input_ids"].shape[1]
        self.rows = prompt.row.clips[0].features.context
        self.num_heads = self.model.config.text_config.num_attention_heads
        with torch().inference_mode():
            output = self.model(**inputs, use_cache=True, logits_to_keep=1)
        self.cache = output.cache if "cache" in output else output.past_key_values

    def __call__(self, number: int) -> Any:
        """(1, 1, V) scores after the last of the steps."""
        with torch().inference_mode():
            for step in range(STEPS):
                if self.way != "kept":
                    self._project()
                at = self.length + step
                output = self.model(
                    input_ids=torch().tensor([[100]]),
                    attention_mask=torch().ones(1, at + 1, dtype=torch().int64),
                    position_ids=torch().tensor([[at]]),
                    past_key_values=self.cache,
                    visual_context=self.context,
                    use_cache=True,
                )
            self.cache.crop(-STEPS)
        return output.logits

    def _project(self) -> None:
        """Keys with their phase and values of all rows."""
        known = self.context.packed
        layers = [(keys[None], values[None]) for keys, values in self.model.project_rows(self.rows)]
        packed = PackedContext(tuple(layers), known.columns, known.positions)
        self.context.packed = self.model.call_keys(packed, self.length)
        if self.way == "released":
            for layer, rows in self.context.packed.layers.items():
                self.context.packed.layers[layer] = _for_every_head(rows, self.num_heads)


def _for_every_head(rows: Any, num_heads: int) -> Any:
    """Keys and values copied for every head of queries; joined with the text's where they share a softmax."""
    from playhead_tools.architectures.mplug_owl3.modeling import JointKeys

    class Copies(JointKeys):
        """Joined anew in every step."""

        copies: tuple[Any, ...] = ()

        def with_text(self, keys: Any, values: Any, num_new: int) -> tuple[Any, Any]:
            """(B, heads, M + L, D) keys and values."""
            text = (keys.repeat_interleave(num_heads, 1), values.repeat_interleave(num_heads, 1))
            joined = [torch().cat(pair, dim=2) for pair in zip(self.copies, text, strict=True)]
            return joined[0], joined[1]

    is_joint = isinstance(rows, JointKeys)
    own = tuple(block[:, :, : rows.num_rows] for block in rows.blocks) if is_joint else rows
    copies = tuple(tensor.repeat_interleave(num_heads, 1) for tensor in own)
    if not is_joint:
        return copies
    joint = Copies(own[0][:, :, :1], own[1][:, :, :1], 0)
    joint.copies, joint.num_rows = copies, rows.num_rows
    return joint


def _decoding(loaded: LoadedModel) -> dict[str, Any]:
    tasks: dict[str, Callable[[int], object]] = {
        "kept_1": _Decoder(loaded, 1),
        "kept_64": _Decoder(loaded, FRAMES),
        "recomputed_64": _Decoder(loaded, FRAMES, "recomputed"),
        "released_64": _Decoder(loaded, FRAMES, "released"),
    }
    timed = compare(tasks, ROUNDS, clock())
    pairs = [("kept_64", "kept_1"), ("recomputed_64", "kept_64"), ("released_64", "kept_64")]
    return timed.record(*pairs) | {"tokens": STEPS}


def _first_token(loaded: LoadedModel, frames: int) -> dict[str, Any]:
    """From encoded clips to the first token; keys and values of the frames are part of it."""
    clips, cache = [moving_clip(frames, SIDE_PX)], FeatureCache()
    RandomWeightsVideoLLM(loaded, cache=cache).prompt(make_request(*clips))
    vectors = _spliced_vectors(loaded, RandomWeightsVideoLLM(loaded, cache=cache), clips[0])

    def attended(number: int) -> None:
        _forget(loaded)
        RandomWeightsVideoLLM(loaded, cache=cache).generate(make_request(*clips, question=number))

    def spliced(number: int) -> None:
        with torch().inference_mode():
            loaded.model(inputs_embeds=vectors, use_cache=True, logits_to_keep=1)

    timed = compare({"attended": attended, "spliced": spliced}, ROUNDS, clock())
    return timed.record(("spliced", "attended")) | {"frames": frames, "spliced_tokens": vectors.shape[1]}


def _spliced_vectors(loaded: LoadedModel, llm: TransformersVideoLLM, clip: Clip) -> Any:
    """(1, L, H) the same prompt with all rows of a frame in the place of its token."""
    row = llm.prompt(make_request(clip)).row
    vectors = loaded.model.get_input_embeddings().weight.detach()
    pieces, done = [], 0
    for column, rows in zip(row.clips[0].columns.tolist(), row.clips[0].features.tokens, strict=True):
        pieces += [vectors[row.ids[done:column]], rows]
        done = column + 1
    return torch().cat([*pieces, vectors[row.ids[done:]]])[None]


def _questions(loaded: LoadedModel, *, plain_prompt: bool) -> dict[str, Any]:
    """A first question over eight clips, then another one over them in another order."""
    clips = [moving_clip(CLIP_FRAMES, SIDE_PX, number=number) for number in range(CLIPS)]
    others = [clips[number] for number in (5, 2, 7, 0, 6, 1, 4, 3)]
    encoded = FeatureCache()
    llm = RandomWeightsVideoLLM(loaded, cache=encoded)

    def request(shown: Sequence[Clip], question: int) -> VlmRequest:
        return replace(make_request(*shown, question=question), plain_prompt=plain_prompt)

    prompt_tokens = len(llm.prompt(request(clips, 0)).row.ids)

    def first(number: int) -> None:
        _forget(loaded)
        RandomWeightsVideoLLM(loaded).generate(request(clips, 2 * number))

    def first_encoded(number: int) -> None:
        _forget(loaded)
        RandomWeightsVideoLLM(loaded, cache=encoded).generate(request(clips, 2 * number))

    def second(number: int) -> None:
        llm.prefixes.clear()  # the keys of frames alone serve another order
        llm.generate(request(others, 2 * number + 1))

    tasks = {"first": first, "first_encoded": first_encoded, "second": second}
    timed = compare(tasks, ROUNDS, clock())
    keys = loaded.visual_keys
    return timed.record(("second", "first"), ("second", "first_encoded")) | {
        "frames": CLIPS * CLIP_FRAMES,
        "prompt_tokens": prompt_tokens,
        "kept_mb": None if keys is None else keys.in_memory_bytes / 2**20,
    }


def _forget(loaded: LoadedModel) -> None:
    """Drops the keys and values of all frames."""
    if loaded.visual_keys is not None:
        loaded.visual_keys.clear()
