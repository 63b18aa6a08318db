"""Measures the defaults of looks: from which size on tokens are left out, and frames chosen for a server.

python -m playhead_bench.compression.measure_looks sizes --clips 12
python -m playhead_bench.compression.measure_looks frames --clips 12
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.compression.clips import PaintedClip, needle_clips
from playhead_bench.compression.encode_clips import ClipEncoders, EncodedClip
from playhead_bench.compression.generate import generate_batch, row_of
from playhead_bench.compression.methods import METHODS, TokenSelection
from playhead_bench.nano.profile import WEIGHTS
from playhead_bench.world.random_scene import Part
from playhead_index.embed.openclip import load_open_clip
from playhead_index.embed.protocol import ImageTextEncoder
from playhead_index.embed.runtime import torch
from playhead_index.window import Window
from playhead_tools.compression.frame_selection import Rule
from playhead_tools.compression.relevance import frame_scores
from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.frames_by_question import QuestionFrames
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.protocol import Clip, FrameChooser, VlmRequest
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

LOOK_FRAMES = (8, 16, 32, 64)
"""Frames of a look, at a frame a second."""
TRAINED_TOKENS = 180
"""Visual tokens of the eight frames that nano-vlm was trained on."""
SHOWN_FRAMES = (4, 8)
"""Frames that a server is sent of two minutes at a frame a second."""
RULES: tuple[Rule, ...] = ("best_and_even", "adaptive", "inverse_cdf", "best")
BATCH = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one of the two measurements as JSON, a line a row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("sizes", "frames"))
    parser.add_argument("--clips", type=int, default=12, help="number of made videos, five questions each")
    parser.add_argument("--part", choices=("dev", "test"), default="dev", help="seeds of the videos")
    given = parser.parse_args(arguments)
    rows = {"sizes": look_sizes, "frames": server_frames}[given.what](given.clips, given.part)
    for row in rows:
        print(json.dumps(row), flush=True)


def look_sizes(num_clips: int, part: Part) -> Iterator[dict[str, Any]]:
    """Right answers by the size of a look: with all tokens, and with fewer by the question or evenly."""
    encoders = ClipEncoders(WEIGHTS / "nano-vlm", WEIGHTS / "nano-clip", WEIGHTS / "nano-dino")
    for num_frames in LOOK_FRAMES:
        clips = [encoders.encode(clip) for clip in needle_clips(num_clips, part, num_frames)]
        given = clips[0].given_tokens
        budgets = sorted({given // 4, min(given, TRAINED_TOKENS)})
        for method, budget in [("all", given), *((m, b) for m in ("guided", "uniform") for b in budgets)]:
            right, total = _num_right(encoders, clips, method, budget)
            yield {
                "frames": num_frames, "tokens": given, "method": method, "kept": budget, "right": right,
                "questions": total,
            }  # fmt: skip


def _num_right(
    encoders: ClipEncoders, clips: Sequence[EncodedClip], method: str, budget: int
) -> tuple[int, int]:
    """Questions answered exactly, and how many there are."""
    select = METHODS["ours, by pictures" if method == "guided" else "uniform frames"]
    requests, answers = [], []
    for clip in clips:
        for question in clip.painted.questions:
            answers.append(question.answer)
            selection = (
                _all(clip)
                if method == "all"
                else select(clip, encoders.guidance(clip, question.text), budget)
            )
            if selection is not None:
                requests.append((row_of(encoders.loaded, clip.features, question.prompt), selection))
    if len(requests) < len(answers):  # not one whole frame fits
        return 0, len(answers)
    parts = [requests[at : at + BATCH] for at in range(0, len(requests), BATCH)]
    replies = [one.text for some in parts for one in generate_batch(encoders.loaded, some)]
    return sum(reply == answer for reply, answer in zip(replies, answers, strict=True)), len(answers)


def _all(clip: EncodedClip) -> TokenSelection:
    return TokenSelection(clip.features, torch().arange(clip.given_tokens))


def server_frames(num_clips: int, part: Part) -> Iterator[dict[str, Any]]:
    """Right answers where only some frames are shown: chosen by the question or evenly, as many of each."""
    encoder = load_open_clip(f"local-dir:{WEIGHTS / 'nano-clip'}", device="cpu")
    model = TransformersVideoLLM(WEIGHTS / "nano-vlm", loading=LoadOptions(device="cpu"), plain_prompt=True)
    clips = list(needle_clips(num_clips, part))
    vectors = [encoder.encode_images(list(clip.square)) for clip in clips]
    for shown in SHOWN_FRAMES:
        for name in ("even", *RULES):
            right = total = 0
            for clip, frames in zip(clips, vectors, strict=True):
                choose = choose_evenly if name == "even" else _chooser(encoder, clip, frames, name)
                for question in clip.questions:
                    right += (
                        _reply(model, clip, choose, question.text, question.prompt, shown) == question.answer
                    )
                    total += 1
            yield {
                "shown": shown,
                "of": len(clips[0].pts_s),
                "rule": name,
                "right": right,
                "questions": total,
            }


def _chooser(
    encoder: ImageTextEncoder, clip: PaintedClip, frames: NDArray[np.float32], rule: Any
) -> FrameChooser:
    def scores(video_id: str, pts_s: NDArray[np.float64], texts: Sequence[str], /) -> NDArray[np.float64]:
        return frame_scores(frames[np.searchsorted(clip.pts_s, pts_s)], encoder.encode_texts(texts))

    return QuestionFrames(scores, rule)


def _reply(
    model: TransformersVideoLLM, clip: PaintedClip, choose: FrameChooser, text: str, prompt: str, shown: int
) -> str:
    """The reply about the chosen frames, each given twice, as nano-vlm takes single frames."""
    window = Window(0.0, float(clip.pts_s[-1]) + 0.5)
    (at,) = choose([Clip("v", window, clip.pts_s, clip.small)], text, shown)
    twice = np.repeat(at, 2)
    return model.generate(
        VlmRequest((Clip("v", window, clip.pts_s[twice], clip.small[twice]),), prompt, plain_prompt=True)
    ).text


if __name__ == "__main__":
    main()
