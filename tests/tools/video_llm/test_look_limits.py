"""Looks are cut to context and free memory; memory that runs out halves them once."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from tests.tools.video_llm.checkpoints import write_checkpoint
from tests.tools.video_llm.seen_clips import exact, noise, vlm_request
from tests.tools.video_llm.tiny_models import video_llava

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable, TokenBudgetExceeded
from playhead_tools.testing import FixedMemory
from playhead_tools.video_llm.device_memory import available_bytes
from playhead_tools.video_llm.look_limits import USABLE
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.text_only import Message
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

Checkpoint = Callable[[str], Path]


def with_context(folder: Path, tokens: int, family: str = "llava_next_video") -> Path:
    """A checkpoint of which the configuration states a context."""
    write_checkpoint(family, folder)
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["max_position_embeddings"] = tokens
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def text_tokens(llm: TransformersVideoLLM, frames: int) -> int:
    """Tokens of the prompt of so many frames without those in their places."""
    prompt = llm.prompt(vlm_request(noise(frames)))
    return len(prompt.row.ids) - sum(clip.all_tokens for clip in prompt.row.clips)


class OutOfMemoryAbove:
    """The `generate` of a model on a device that holds so many prompts of so many tokens."""

    def __init__(
        self, llm: TransformersVideoLLM, max_tokens: int = 10_000, max_rows: int = 100,
        error: Exception | None = None,
    ) -> None:  # fmt: skip
        self.generate, self.max_tokens, self.max_rows = llm.loaded.model.generate, max_tokens, max_rows
        self.rows, self.lengths = list[int](), list[int]()
        message = "CUDA out of memory. Tried to allocate 2.00 GiB."
        self.error = error or torch().OutOfMemoryError(message)
        llm.loaded.model.generate = self

    def __call__(self, **inputs: Any) -> Any:
        rows, length = inputs["input_ids"].shape
        self.rows.append(rows)
        self.lengths.append(length)
        if length > self.max_tokens or rows > self.max_rows:
            raise self.error
        return self.generate(**inputs)


def test_so_few_frames_are_shown_that_free_memory_holds_them(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    needed = llm.limits.prompt_bytes(text_tokens(llm, 8) + 13, 3)
    llm.memory = FixedMemory(ceil(needed / USABLE))
    reply = llm.generate(vlm_request(noise(8)))
    assert len(reply.frames_shown) == 3
    assert reply.report.notes == ("3 of 8 frames are shown: 3 MB of free memory holds no more",)


def test_one_frame_is_tried_where_memory_seems_to_hold_none(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"), memory=FixedMemory(1000))
    assert len(llm.generate(vlm_request(noise(8))).frames_shown) == 1


def test_memory_that_nobody_knows_limits_nothing(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"), memory=FixedMemory(None))
    assert llm.generate(vlm_request(noise(8))).report.notes == ()


def test_a_batch_that_memory_does_not_hold_is_made_in_parts(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    needed = llm.limits.prompt_bytes(text_tokens(llm, 8) + 32, 3)
    llm.memory = FixedMemory(ceil(needed / USABLE))
    replies = llm.generate_all([vlm_request(noise(8)), vlm_request(noise(8, 30.0))])
    assert [(len(one.frames_shown), one.report.notes) for one in replies] == [(8, ()), (8, ())]
    llm.memory = FixedMemory(3 * ceil(needed / USABLE))
    (first, _) = llm.generate_all([vlm_request(noise(8)), vlm_request(noise(8, 30.0))])
    assert first.report.notes == ("answered in a batch of 2; times are its share",)


def test_a_batch_for_which_memory_runs_out_is_made_in_parts(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"), memory=FixedMemory(None))
    device = OutOfMemoryAbove(llm, max_rows=2)
    replies = llm.generate_all([vlm_request(noise(4, 10.0 * i)) for i in range(5)])
    assert [len(one.frames_shown) for one in replies] == [4] * 5
    assert device.rows == [5, 2, 3, 1, 2]


def test_a_keeper_keeps_fewer_tokens_where_memory_holds_no_more(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    llm.keep = GuidedTokens(1.0, llm.word_vectors)
    needed = llm.limits.prompt_bytes(text_tokens(llm, 8) + 13, 3)
    llm.memory = FixedMemory(ceil(needed / USABLE))
    report = llm.generate(vlm_request(noise(8))).report
    assert (report.frames_shown, report.visual_tokens_kept) == (8, 13)
    note = "at most 13 of 32 visual tokens are kept: 3 MB of free memory holds no more"
    assert report.notes == (note,)


def test_the_vision_encoder_gets_no_more_frames_than_it_has_memory_for(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    llm.keep = GuidedTokens(0.1, llm.word_vectors)
    llm.memory = FixedMemory(200_000)
    assert len(llm.prompt(vlm_request(noise(8))).prompt_frames) == 3


def test_so_few_frames_are_shown_that_the_context_holds_prompt_and_reply(tmp_path: Path) -> None:
    tokens = text_tokens(exact(with_context(tmp_path / "long", 8192)), 8)
    llm = exact(with_context(tmp_path / "short", tokens + 13 + 3))
    reply = llm.generate(vlm_request(noise(8)))
    assert len(reply.frames_shown) == 3
    note = f"3 of 8 frames are shown: the context of {tokens + 16} tokens holds no more"
    assert reply.report.notes == (note,)
    assert llm.look_note == note
    llm.generate(vlm_request(noise(2)))
    assert llm.look_note == ""


def test_a_context_that_holds_not_one_frame_is_an_error(tmp_path: Path) -> None:
    llm = exact(with_context(tmp_path, 200))
    with pytest.raises(TokenBudgetExceeded, match="the context of 200 tokens leaves 0 tokens for frames"):
        llm.generate(vlm_request(noise(8)))


def test_words_between_frames_count_towards_the_context(tmp_path: Path) -> None:
    whole = exact(with_context(tmp_path / "long", 8192), times="between").prompt(vlm_request(noise(8)))
    context = len(whole.row.ids) + 3 - 1
    llm = exact(with_context(tmp_path / "short", context), times="between")
    prompt = llm.prompt(vlm_request(noise(8)))
    assert len(prompt.prompt_frames) == 7
    assert len(prompt.row.ids) + 3 <= context


def test_a_reply_ends_with_the_context(tmp_path: Path) -> None:
    tokens = len(exact(with_context(tmp_path / "long", 8192)).prompt(vlm_request(noise(2))).row.ids)
    llm = exact(with_context(tmp_path / "short", tokens * 4 // 3))
    report = llm.generate(vlm_request(noise(2), new_tokens=4096)).report
    assert report.new_tokens is not None
    assert (report.prompt_tokens or 0) + report.new_tokens <= tokens * 4 // 3


def test_two_clips_of_8_frames_are_cut_to_the_4096_tokens_of_video_llava(tmp_path: Path) -> None:
    model, processor = video_llava(image_px=224, context=4096)
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    reply = exact(tmp_path).generate(vlm_request(noise(8), noise(8, 30.0)))
    assert reply.report.frames_given == 16
    assert reply.report.notes[0].endswith("of 16 frames are shown: the context of 4096 tokens holds no more")
    assert (reply.report.prompt_tokens or 0) + 3 <= 4096


def test_messages_longer_than_the_context_are_an_error(tmp_path: Path) -> None:
    llm = exact(with_context(tmp_path, 100))
    with pytest.raises(TokenBudgetExceeded, match=r"take 2\d\d tokens, its context has 100; shorten"):
        llm.chat([Message("user", "x" * 200)], new_tokens=10)


def test_memory_that_runs_out_halves_the_look_once(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    device = OutOfMemoryAbove(llm, text_tokens(llm, 4) + 16)
    reply = llm.generate(vlm_request(noise(8)))
    assert (len(device.lengths), len(reply.frames_shown)) == (2, 4)
    assert reply.report.notes == ("4 of 8 frames are shown: memory ran out with all of them",)


def test_memory_that_runs_out_with_half_the_look_is_one_line(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    device = OutOfMemoryAbove(llm, 10)
    with pytest.raises(
        ModelUnavailable, match=r"for 4 frames \(CUDA out of memory\); show less .*--four-bit"
    ):
        llm.generate(vlm_request(noise(8)))
    assert len(device.lengths) == 2


def test_keys_and_values_of_earlier_calls_go_before_the_look_is_halved(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"), memory=FixedMemory(None))
    llm.generate(vlm_request(noise(4)))
    device = OutOfMemoryAbove(llm, 10)
    with pytest.raises(ModelUnavailable, match="for 4 frames"):
        llm.generate(vlm_request(noise(8)))
    assert [length > text_tokens(llm, 8) + 20 for length in device.lengths] == [True, True, False]
    assert len(llm.prefixes) == 0


def test_a_second_question_needs_no_memory_for_what_is_known(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    first = llm.generate(vlm_request(noise(4))).report
    tokens = first.prompt_tokens or 0
    llm.memory = FixedMemory(llm.limits.prompt_bytes(tokens, 3) - llm.prefixes.in_memory_bytes // 2)
    second = vlm_request(noise(4), question="Who is it?")
    assert (llm.generate(second).report.reused_tokens or 0) > tokens // 2
    llm.memory = FixedMemory(1000)
    assert llm.generate(second).report.reused_tokens == 0


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=str,
)
def test_memory_runs_out_in_several_words(error: Exception, checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    OutOfMemoryAbove(llm, text_tokens(llm, 4) + 16, error=error)
    assert len(llm.generate(vlm_request(noise(8))).frames_shown) == 4


def test_memory_that_runs_out_in_the_vision_encoder_halves_the_look(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    encoder, shown = llm.loaded.base.get_video_features, list[int]()

    def encode(pixel_values_videos: Any, **more: Any) -> Any:
        shown.append(pixel_values_videos.shape[1])
        if shown[-1] > 4:
            raise torch().OutOfMemoryError("CUDA out of memory.")
        return encoder(pixel_values_videos=pixel_values_videos, **more)

    llm.loaded.base.get_video_features = encode
    assert len(llm.generate(vlm_request(noise(8))).frames_shown) == 4
    assert shown == [8, 4]


def test_a_model_that_memory_does_not_hold_is_one_line(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to(self: Any, *place: Any) -> Any:
        raise torch().OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(torch().nn.Module, "to", to)
    with pytest.raises(ModelUnavailable, match=r"not enough memory for it; load it in 4 bits .*prepare v"):
        exact(checkpoint("llava_next_video")).generate(vlm_request())


def test_the_memory_that_linux_counts_as_available_is_free(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:  2000 kB\n")
    assert available_bytes(meminfo) == 2_048_000
    assert available_bytes(tmp_path / "none") is None


WITH_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from tests.tools.video_llm.seen_clips import noise, vlm_request
from playhead_index.errors import ModelUnavailable
from playhead_tools.testing import FixedMemory
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

loading = LoadOptions(device="cpu", dtype="float32", attention="eager")
llm = TransformersVideoLLM(sys.argv[1], loading=loading, memory=FixedMemory(None))
llm.generate(vlm_request(noise(1)))
llm.prompt(vlm_request(noise(8)))
size = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize")]
limit = int(size[0].split()[1]) * 1024 + int(sys.argv[2]) * 1_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    print(len(llm.generate(vlm_request(noise(8))).frames_shown))
except ModelUnavailable as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a process is read as Linux gives it")
@pytest.mark.parametrize(
    ("free_mb", "expected"),
    [
        (1000, "^8$"),
        (180, "^4$"),
        (50, r"not enough memory for 4 frames \(DefaultCPUAllocator"),
    ],
)
def test_a_process_whose_memory_runs_out_shows_half_or_says_so(
    free_mb: int, expected: str, tmp_path: Path
) -> None:
    model, processor = video_llava(image_px=224)
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WITH_LITTLE_MEMORY, str(tmp_path), str(free_mb)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.search(expected, done.stdout.strip()), done.stdout + done.stderr


def failing(llm: TransformersVideoLLM, error: Exception) -> TransformersVideoLLM:
    OutOfMemoryAbove(llm, 0, error=error)
    return llm


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (AssertionError("N must be divisible by block_n"), "load it without 4 bits"),
        (RuntimeError("FlashAttention only supports Ampere GPUs or newer."), "--attention sdpa"),
        (RuntimeError("CUDA error: no kernel image is available"), "install a build of torch for it"),
        (RuntimeError("CUDA error: device-side assert triggered"), "start it again"),
        (RuntimeError("\"addmm_impl_cpu_\" not implemented for 'Half'"), "--dtype float32"),
        (RuntimeError("something else"), "--attention eager"),
    ],
    ids=str,
)
def test_an_error_of_a_kernel_is_one_line_that_says_what_to_do(
    error: Exception, advice: str, checkpoint: Checkpoint
) -> None:
    llm = failing(exact(checkpoint("llava_next_video")), error)
    with pytest.raises(ModelUnavailable, match=f"generating failed .{type(error).__name__}: .*{advice}"):
        llm.generate(vlm_request(noise(8)))


def test_other_errors_stay_as_they_are(checkpoint: Checkpoint) -> None:
    llm = failing(exact(checkpoint("llava_next_video")), ValueError("a mistake of ours"))
    with pytest.raises(ValueError, match="a mistake of ours"):
        llm.generate(vlm_request(noise(8)))
