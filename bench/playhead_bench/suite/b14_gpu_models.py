"""B14: models of full size on one GPU: a question about a two-hour video, LongVU, mPLUG-Owl3, indexing.

`python -m playhead_bench.suite.b14_gpu_models --out report.json` prints each part as it ends and writes the
file anew, so that a run that is stopped loses only the part that was running. Weights are random and made on
the device in bfloat16 (the encoders of frames in float32 under autocast, as the product runs them): right for
time and memory, worth nothing for accuracy. `--size small` runs the same code with tiny models anywhere.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.suite import random_encoders, random_longvu, random_owl3, random_vlms
from playhead_bench.suite.random_encoders import EncoderShapes, make_encoders
from playhead_bench.suite.random_longvu import LongVUShape, make_longvu
from playhead_bench.suite.random_owl3 import Owl3Shape, make_owl3
from playhead_bench.suite.random_vlms import ModelShape
from playhead_bench.suite.timing import Size
from playhead_bench.suite.vlm_calls import RandomWeightsVideoLLM, synchronised_time
from playhead_index.embed.runtime import pick_device, torch
from playhead_index.errors import PlayheadError
from playhead_index.window import Window
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.frame_sampling import STRIP_FACTOR, STRIP_FRAMES, even_times
from playhead_tools.video_llm.kernel_errors import is_out_of_memory
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.longvu_selection import two_grid_tokens
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.token_keepers import UniformTokens
from playhead_tools.video_llm.token_shares import LookBudget
from playhead_tools.video_llm.usage import Report

RATIO = 0.25
FPS = 1.0
KEPT_BYTES = 16 << 30
"""Of encoded clips in the computer's own memory; those of one question take below 1 GiB."""
PREFIX_BYTES, KEY_BYTES = 4 << 30, 8 << 30
"""Of keys and values on the GPU: of earlier calls' prompts, and of frames that are attended to."""
MAX_MESSAGE = 300
THINGS = ("red car", "wooden boat", "yellow dog", "tall nurse", "glass door", "steam train", "black umbrella")
"""Named by questions in turn, so that the next one chooses other tokens."""
GOALS: Mapping[tuple[str, str], tuple[float, bool]] = {
    ("two_hour_video", "guided.question_s"): (2.0, True),
    ("two_hour_video", "guided.next_question_s"): (0.5, True),
    ("longvu", "from_pixels.peak_gb"): (22.0, True),
    ("owl3", "from_pixels.peak_gb"): (22.0, True),
    ("indexing", "video_hours_per_gpu_hour"): (100.0, False),
}
"""By part and value: the goal, and whether the value may be at most that or must be at least that."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    Args:
        vlm: the model that is asked about the long video.
        longvu: LongVU.
        owl3: mPLUG-Owl3.
        encoders: of frames, for indexing.
        video_s: how long the video is.
        looks: calls with whole frames, after the one that skims.
        look_frames: frames of each.
        model_frames: of the clip that LongVU and mPLUG-Owl3 are shown, a frame a second.
        indexed_frames: frames that are encoded, after one batch that is not timed.
        batch_size: frames a pass of the encoders.
        new_tokens: of each reply.
        rounds: of each measurement; medians are given.
    """

    vlm: ModelShape
    longvu: LongVUShape
    owl3: Owl3Shape
    encoders: EncoderShapes
    video_s: float
    looks: int
    look_frames: int
    model_frames: int
    indexed_frames: int
    batch_size: int
    new_tokens: int
    rounds: int


FULL = Sizes(
    random_vlms.FULL[0], random_longvu.FULL, random_owl3.FULL, random_encoders.FULL,
    video_s=7200.0, looks=4, look_frames=32, model_frames=64, indexed_frames=4096, batch_size=256,
    new_tokens=8, rounds=3,
)  # fmt: skip
"""Three to five minutes on one H200 by estimate; such a run has not been made."""
TINY = Sizes(
    random_vlms.TINY[0],
    LongVUShape(32, 48, 2, (4, 2), 1024, 32, 2048, (16, 24, 2, 2), (24, 2, 2), (26, 26), 2),
    Owl3Shape(hidden=32, inner=48, layers=2, heads=2, words=1024, vision=(24, 32, 2, 2)),
    EncoderShapes(
        {
            "embed_dim": 16,
            "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "patch_size": 16, "head_width": 16},
            "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 2},
        },
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 14,
         "image_size": 56},
        (64, 56),
    ),
    video_s=60.0, looks=2, look_frames=4, model_frames=2, indexed_frames=16, batch_size=8, new_tokens=2,
    rounds=1,
)  # fmt: skip
SIZES: Mapping[str, Sizes] = {"small": TINY, "full": FULL}
Part = Callable[[Sizes, str], dict[str, Any]]


def run(size: Size) -> dict[str, Any]:
    """The records of all parts.

    Raises:
        SystemExit: the full size is asked for and there is no GPU.
    """
    refuse_without_gpu(size)
    return measure_parts(SIZES[size], PARTS, lambda record: None)


def refuse_without_gpu(size: Size) -> None:
    """Ends the process with one line where full size is asked for and there is no GPU."""
    if size == "full" and not torch().cuda.is_available():
        raise SystemExit("b14 --size full needs an NVIDIA GPU and torch sees none; use --size small")


def measure_parts(
    sizes: Sizes, parts: Mapping[str, Part], report: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """The records of all parts by name, with what failed and what missed its goal.

    A part that memory does not hold, or that fails otherwise, becomes a record that says so; the others
    go on.

    Args:
        sizes: how much is measured.
        parts: what is measured, by name, in this order.
        report: called with all records so far after every part.

    Returns:
        `parts` by name; `did_not_fit` and `failed`, messages by part; `missed_goals`, by part and value.
    """
    device = pick_device()
    record: dict[str, Any] = {"device": _device_name(device), "parts": {}}
    for name, part in parts.items():
        record["parts"][name] = _outcome(part, sizes, device)
        _free(device)
        record |= _summary(record["parts"])
        report(record)
    return record


def _outcome(part: Part, sizes: Sizes, device: str) -> dict[str, Any]:
    """The record of a part; its error is not passed on, since a traceback would hold the tensors."""
    began_s = perf_counter()
    try:
        outcome = part(sizes, device)
    except (RuntimeError, MemoryError, ValueError, TypeError, LookupError, PlayheadError) as error:
        kind = "did_not_fit" if _lacks_memory(error) else "failed"
        outcome = {kind: " ".join(f"{type(error).__name__}: {error}".split())[:MAX_MESSAGE]}
    return outcome | {"part_s": perf_counter() - began_s}


def _lacks_memory(error: BaseException) -> bool:
    return is_out_of_memory(error) or (isinstance(error, PlayheadError) and "not enough memory" in str(error))


def _summary(parts: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        kind: {name: record[kind] for name, record in parts.items() if kind in record}
        for kind in ("did_not_fit", "failed")
    }
    missed = {}
    for (part, path), (goal, is_maximum) in GOALS.items():
        value = _value(parts.get(part, {}), path)
        if value is not None and (value > goal if is_maximum else value < goal):
            missed[f"{part}.{path}"] = {"value": value, "goal": goal}
    return {**named, "missed_goals": missed}


def _value(record: Any, path: str) -> float | None:
    for key in path.split("."):
        record = record.get(key, {})
    return record if isinstance(record, float) else None


def _two_hour_video(sizes: Sizes, device: str) -> dict[str, Any]:
    """A skim of the whole video and looks at parts of it, from kept features, with and without the question.

    `guided` chooses a quarter of the tokens by the question, as the product does by default, so a next
    question computes their keys and values anew; `uniform` chooses them without it, so a next question goes
    on from those of the first.
    """
    loaded = random_vlms.make(sizes.vlm)
    calls = partial(_question, sizes, _SyntheticVideo(sizes.video_s, sizes.vlm.side_px))
    cache = FeatureCache(KEPT_BYTES)
    encoding_s = _seconds(lambda: _encode_all(loaded, cache, calls(0)))
    encoded_frames = sum(len(clip) for call in calls(0) for clip in call.clips)
    record: dict[str, Any] = {
        "model": sizes.vlm.record(loaded), "video_s": sizes.video_s, "calls": 1 + sizes.looks,
        "new_tokens": sizes.new_tokens, "encoded_frames": encoded_frames,
        "encoded_frames_per_s": encoded_frames / encoding_s,
        "kept_features_mb": cache.in_memory_bytes / 2**20,
    }  # fmt: skip
    guided = RandomWeightsVideoLLM(loaded, cache=cache, reuse_bytes=PREFIX_BYTES)
    guided.keep = GuidedTokens(RATIO, guided.word_vectors)
    record["guided"] = _questions(guided, calls, sizes.rounds)
    guided.prefixes.clear()
    keep = UniformTokens(LookBudget(RATIO))
    uniform = RandomWeightsVideoLLM(loaded, keep=keep, cache=cache, reuse_bytes=PREFIX_BYTES)
    record["uniform"] = _questions(uniform, calls, sizes.rounds)
    return record


def _encode_all(loaded: LoadedModel, cache: FeatureCache, calls: Sequence[VlmRequest]) -> None:
    """Encodes and ranks the clips of calls, one call at a time, into the cache."""
    llm = RandomWeightsVideoLLM(loaded, cache=cache, keep=UniformTokens(LookBudget(RATIO)))
    for call in calls:
        llm.prompt(call)


def _questions(
    llm: RandomWeightsVideoLLM, calls: Callable[[int], list[VlmRequest]], rounds: int
) -> dict[str, Any]:
    """Seconds of a first and of a next question over the same clips; one of each before is not timed.

    Returns:
        for both `..._s`, the calls whole; `..._to_first_tokens_s`, without what follows the first token of
        each; `..._model_s`, prefill and decoding alone, without choosing tokens and writing prompts; the
        medians of the rounds, and every call of the last.
    """
    firsts, nexts, peaks_gb = [], [], []
    for number in range(-1, rounds):
        llm.prefixes.clear()
        asked, following = calls(2 * number + 2), calls(2 * number + 3)
        first, peak_gb = _with_peak(partial(_ask, llm, asked))
        after, _ = _with_peak(partial(_ask, llm, following))
        if number >= 0:
            firsts.append(first)
            nexts.append(after)
            peaks_gb.append(peak_gb)
    return {
        **_sums("question", firsts), **_sums("next_question", nexts),
        "question": _reports(firsts[-1]), "next_question": _reports(nexts[-1]),
        "peak_gb": _largest(peaks_gb),
    }  # fmt: skip


def _ask(llm: RandomWeightsVideoLLM, calls: Sequence[VlmRequest]) -> list[Report]:
    return [llm.generate(call).report for call in calls]


def _sums(name: str, questions: Sequence[Sequence[Report]]) -> dict[str, float]:
    parts: dict[str, Callable[[Report], float]] = {
        f"{name}_s": lambda report: report.total_s,
        f"{name}_to_first_tokens_s": _first_token_s,
        f"{name}_model_s": lambda report: (report.prefill_s or 0.0) + (report.decode_s or 0.0),
    }
    return {part: median(sum(map(of, reports)) for reports in questions) for part, of in parts.items()}


def _first_token_s(report: Report) -> float:
    """Seconds from the call to its first token: encoding, selection and prefill."""
    return report.total_s - (report.decode_s or 0.0)


def _reports(reports: Sequence[Report]) -> list[dict[str, Any]]:
    return [_facts(report) for report in reports]


def _facts(report: Report) -> dict[str, Any]:
    names = (
        "frames_shown", "visual_tokens_given", "visual_tokens_kept", "prompt_tokens", "reused_tokens",
        "new_tokens", "encode_s", "prefill_s", "decode_s", "total_s", "notes",
    )  # fmt: skip
    return {name: getattr(report, name) for name in names}


def _longvu(sizes: Sizes, device: str) -> dict[str, Any]:
    """LongVU's first token and peak memory, its own rules choosing among the tokens of both grids."""
    llm = RandomWeightsVideoLLM(make_longvu(sizes.longvu, device=device), reuse_bytes=PREFIX_BYTES)
    llm.keep = two_grid_tokens(llm)
    return {"model": sizes.longvu.record()} | _first_token(llm, sizes, side_px=sizes.longvu.side_px[0])


def _owl3(sizes: Sizes, device: str) -> dict[str, Any]:
    """mPLUG-Owl3's first token and peak memory; every row of every frame is attended to."""
    loaded = make_owl3(sizes.owl3, device=device)
    loaded.model.visual_keys.max_bytes = KEY_BYTES
    llm = RandomWeightsVideoLLM(loaded, reuse_bytes=PREFIX_BYTES)
    return {"model": sizes.owl3.record()} | _first_token(llm, sizes, side_px=loaded.processor.side_px)


def _first_token(llm: RandomWeightsVideoLLM, sizes: Sizes, *, side_px: int) -> dict[str, Any]:
    """Seconds until the first token, and peak memory with all that is loaded, for one clip.

    `from_pixels` encodes the clip; `from_features` has it encoded; `next_question` has also what the first
    question left: its prefix and, with cross-attention, keys and values of frames.
    """
    weights_gb = _allocated_gb(llm.loaded.device)
    clip = _SyntheticVideo(sizes.video_s, side_px).clip(np.arange(sizes.model_frames) / FPS)
    questions = count()
    llm.cache = FeatureCache(KEPT_BYTES)
    keys = llm.loaded.visual_keys

    def forget_keys() -> None:
        llm.prefixes.clear()
        if keys is not None:
            keys.clear()

    def forget_all() -> None:
        llm.cache = FeatureCache(KEPT_BYTES)
        forget_keys()

    def measure(forget: Callable[[], None]) -> dict[str, Any]:
        reports, peaks_gb = [], []
        for _ in range(sizes.rounds):
            forget()
            request = _request((clip,), next(questions), new_tokens=sizes.new_tokens)
            reply, peak_gb = _with_peak(partial(llm.generate, request))
            reports.append(reply.report)
            peaks_gb.append(peak_gb)
        first_token_s = median(_first_token_s(report) for report in reports)
        return {"first_token_s": first_token_s, "peak_gb": _largest(peaks_gb), "call": _facts(reports[-1])}

    llm.generate(_request((clip,), next(questions), new_tokens=sizes.new_tokens))  # kernels are chosen
    ways = {"from_pixels": forget_all, "from_features": forget_keys, "next_question": lambda: None}
    measured = {name: measure(forget) for name, forget in ways.items()}
    held_mb = llm.cache.in_memory_bytes / 2**20
    return {"frames": len(clip), "weights_gb": weights_gb, "kept_features_mb": held_mb} | measured


def _indexing(sizes: Sizes, device: str) -> dict[str, Any]:
    """Decoded frames through the encoders of pictures and of appearance, as the index runs them.

    Frames have the shorter side that the index decodes to for both, so CLIP's are resized on the processor;
    decoding itself is left out. Hours of video an hour of the GPU are at one frame a second.
    """
    picture, appearance = make_encoders(sizes.encoders, device=device, batch_size=sizes.batch_size)
    height = max(picture.image_size_px, appearance.image_size_px)
    frames = _noise_frames(sizes.batch_size, height, height * 16 // 9)
    tasks: dict[str, Callable[[], Any]] = {
        "picture": lambda: picture.encode_images(frames),
        "appearance": lambda: appearance.encode_images(frames),
        "both": lambda: (picture.encode_images(frames), appearance.encode_images(frames)),
    }
    passes = max(1, sizes.indexed_frames // sizes.batch_size)
    speeds = {name: _frames_per_s(task, passes, sizes.batch_size) for name, task in tasks.items()}
    _, peak_gb = _with_peak(tasks["both"])
    return {
        "frames_per_s": speeds, "video_hours_per_gpu_hour": speeds["both"] / FPS,
        "frames": passes * sizes.batch_size,
        "frame_px": list(frames[0].shape[:2]), "batch_size": sizes.batch_size, "peak_gb": peak_gb,
    }  # fmt: skip


def _frames_per_s(task: Callable[[], Any], passes: int, frames: int) -> float:
    task()
    seconds = _seconds(lambda: [task() for _ in range(passes)])
    return passes * frames / seconds


PARTS: Mapping[str, Part] = {
    "two_hour_video": _two_hour_video,
    "longvu": _longvu,
    "owl3": _owl3,
    "indexing": _indexing,
}


class _SyntheticVideo:
    """A long video of noise that moves by some columns a second; a frame is made where it is asked for.

    Args:
        duration_s: how long it is.
        side_px: of its square frames.
    """

    def __init__(self, duration_s: float, side_px: int) -> None:
        self.window = Window(0.0, duration_s)
        self._noise = np.random.default_rng(0).integers(0, 256, (side_px, side_px, 3), dtype=np.uint8)

    def clip(self, times_s: Sequence[float] | NDArray[np.float64], *, strip_frames: int = 0) -> Clip:
        """The frames at some times; those of a strip stand for the whole video."""
        pts_s = np.asarray(times_s, dtype=np.float64)
        frames = np.stack([np.roll(self._noise, int(time_s), axis=1) for time_s in pts_s])
        window = self.window if strip_frames else Window(float(pts_s[0]), float(pts_s[-1]) + 1 / FPS)
        return Clip("video", window, pts_s, frames, strip_frames=strip_frames)


def _question(sizes: Sizes, video: _SyntheticVideo, number: int) -> list[VlmRequest]:
    """The calls of one question: a skim with whole frames of a part of the video, and looks at others."""
    num_strip, num_whole = STRIP_FACTOR * sizes.look_frames, sizes.look_frames - STRIP_FRAMES
    strip_times_s = np.repeat(even_times(video.window, num_strip // 2), 2)
    starts_s = np.floor(even_times(video.window, 1 + sizes.looks))
    skim = (
        video.clip(strip_times_s, strip_frames=STRIP_FRAMES),
        video.clip(starts_s[0] + np.arange(num_whole) / FPS),
    )
    looks = [(video.clip(start_s + np.arange(sizes.look_frames) / FPS),) for start_s in starts_s[1:]]
    return [_request(clips, number, new_tokens=sizes.new_tokens) for clips in (skim, *looks)]


def _request(clips: tuple[Clip, ...], number: int, *, new_tokens: int) -> VlmRequest:
    question = f"What does the {THINGS[number % len(THINGS)]} do at place number {number}?"
    return VlmRequest(clips, question, Budget(frames=None, new_tokens=new_tokens))


def _noise_frames(count: int, height_px: int, width_px: int) -> list[NDArray[np.uint8]]:
    noise = np.random.default_rng(0).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    return [np.roll(noise, 3 * number, axis=1) for number in range(count)]


def _now_s() -> float:
    """Seconds on the wall clock, once a GPU has done what it was given."""
    return synchronised_time() if torch().cuda.is_available() else perf_counter()


def _seconds(task: Callable[[], Any]) -> float:
    began_s = _now_s()
    task()
    return _now_s() - began_s


def _with_peak(task: Callable[[], Any]) -> tuple[Any, float | None]:
    """What a task returns, and the most GB allocated on the GPU during it, model and all; None without."""
    cuda = torch().cuda
    if not cuda.is_available():
        return task(), None
    cuda.synchronize()
    cuda.reset_peak_memory_stats()
    result = task()
    cuda.synchronize()
    return result, float(cuda.max_memory_allocated()) / 1e9


def _largest(peaks_gb: Sequence[float | None]) -> float | None:
    return max((peak for peak in peaks_gb if peak is not None), default=None)


def _allocated_gb(device: str) -> float | None:
    return float(torch().cuda.memory_allocated()) / 1e9 if device.startswith("cuda") else None


def _device_name(device: str) -> str:
    return str(torch().cuda.get_device_name()) if device.startswith("cuda") else device


def _free(device: str) -> None:
    """Gives back what a part left."""
    gc.collect()
    if device.startswith("cuda"):
        torch().cuda.empty_cache()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints and writes every part as it ends; 1 when a part failed or did not fit."""
    parser = argparse.ArgumentParser(
        prog="python -m playhead_bench.suite.b14_gpu_models", description=__doc__
    )
    parser.add_argument("--size", choices=tuple(SIZES), default="full")
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=list(PARTS), help="only these")
    parser.add_argument("--out", type=Path, help="where the JSON report goes, rewritten after every part")
    options = parser.parse_args(arguments)
    refuse_without_gpu(options.size)

    def report(record: dict[str, Any]) -> None:
        name = list(record["parts"])[-1]
        print(json.dumps({name: record["parts"][name]}), flush=True)
        if options.out:
            options.out.write_text(json.dumps(record, indent=1))

    chosen = {name: PARTS[name] for name in PARTS if name in options.parts}
    record = measure_parts(SIZES[options.size], chosen, report)
    print(json.dumps({name: record[name] for name in ("did_not_fit", "failed", "missed_goals")}))
    return int(bool(record["did_not_fit"] or record["failed"]))


if __name__ == "__main__":
    sys.exit(main())
