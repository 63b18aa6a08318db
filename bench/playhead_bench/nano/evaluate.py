"""Evaluation of the nano models on held-out seeds, through the loaders of the product."""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.paint_frames import CLIP_FRAMES, SceneClip, clip_of, paint_clip
from playhead_bench.nano.train_clip import visible_pairs
from playhead_bench.nano.train_dino import move_and_tint, to_pixels
from playhead_bench.nano.training_samples import TrainingSample, make_samples
from playhead_bench.world.clip_wordings import NOT_VISIBLE
from playhead_bench.world.random_scene import HELD_OUT, PAIRS, Pair, Part, SplitMode
from playhead_index.embed.openclip import load_open_clip
from playhead_index.embed.runtime import torch, transformers

FRAMES = (0, 5)
"""Which of a clip's frames are searched."""
NATIVE_FPS = 8.0


def evaluate_clip(folder: Path | str, clips: int, part: Part = "test") -> dict[str, float]:
    """Text-to-image retrieval over all objects in all colours: every text ranks the same test frames.

    Frames that may or may not show a pair (at the edge, changing colour) are left out of its ranking; pairs
    that no frame shows are left out of the mean.

    Args:
        folder: of nano-clip.
        clips: test clips, two frames of each.
        part: of the data.

    Returns:
        mAP over all pairs, over pairs seen in training, and over held-out pairs; R@1 over all.
    """
    encoder = load_open_clip(f"local-dir:{folder}")
    images, truth = [], []
    for seed in range(clips):
        clip = clip_of(seed, part)
        painted = paint_clip(clip, Random(f"paint/{part}/{seed}"))[1]
        for frame in FRAMES:
            images.append(painted[frame])
            truth.append(visible_pairs(clip.scene, clip.times_s[frame]))
    texts = encoder.encode_texts([f"a {colour} {kind}" for colour, kind in PAIRS])
    scores = encoder.encode_images(images) @ texts.T
    found = {
        pair: one for i, pair in enumerate(PAIRS) if (one := _ranked(scores[:, i], truth, pair)) is not None
    }
    precisions = {
        pair: float((np.cumsum(y) / np.arange(1, len(y) + 1))[y].mean()) for pair, y in found.items()
    }
    held_out = set(HELD_OUT)
    return {
        "map_all": float(np.mean(list(precisions.values()))),
        "map_seen": float(np.mean([p for pair, p in precisions.items() if pair not in held_out])),
        "map_unseen": float(np.mean([p for pair, p in precisions.items() if pair in held_out])),
        "recall_at_1": float(np.mean([y[0] for y in found.values()])),
        "pictures": float(len(images)),
        "texts": float(len(precisions)),
    }


def _ranked(
    scores: NDArray[np.float32], truth: Sequence[tuple[set[Pair], set[Pair]]], pair: Pair
) -> NDArray[np.bool_] | None:
    """Whether each frame shows a pair, best score first; None when none does."""
    certain = np.array([pair not in uncertain_pairs for _, uncertain_pairs in truth])
    is_visible = np.array([pair in certain_pairs for certain_pairs, _ in truth])[certain]
    order = np.argsort(-scores[certain], kind="stable")
    return is_visible[order] if is_visible.any() else None


class StockVlm:
    """nano-vlm as anybody would run it: the stock processor, the stock model, greedy decoding."""

    def __init__(self, folder: Path | str) -> None:
        library = transformers()
        self.processor = library.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self.model = library.AutoModelForImageTextToText.from_pretrained(
            folder, local_files_only=True, dtype=torch().float32
        ).eval()

    def answers(self, clips: Sequence[tuple[SceneClip, NDArray[np.uint8], str]]) -> list[str]:
        """Replies to a question about each of some clips of equally many frames, read as one batch."""
        from transformers.video_utils import VideoMetadata

        texts, videos, metadata = [], [], []
        for clip, frames, prompt in clips:
            messages = [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": prompt}]}]
            texts.append(
                self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
            )
            indices = [round((time_s + clip.shift_s) * NATIVE_FPS) for time_s in clip.times_s]
            videos.append(frames)
            metadata.append(
                VideoMetadata(
                    total_num_frames=max(indices) + 1, fps=NATIVE_FPS, frames_indices=indices,
                    height=frames.shape[1], width=frames.shape[2],
                )
            )  # fmt: skip
        inputs = self.processor(
            text=texts, videos=videos, video_metadata=metadata, do_sample_frames=False, padding=True,
            return_tensors="pt",
        )  # fmt: skip
        with torch().inference_mode():
            generated = self.model.generate(**inputs)[:, inputs["input_ids"].shape[1] :]
        return [text.strip() for text in self.processor.batch_decode(generated, skip_special_tokens=True)]


def evaluate_vlm(
    folder: Path | str, clips: int, part: Part = "test", wording: SplitMode = "iid", batch: int = 8
) -> dict[str, float]:
    """The share of questions about single clips that are answered exactly, by kind and balanced over kinds.

    Args:
        folder: of nano-vlm.
        clips: test clips.
        part: of the data.
        wording: `compositional` asks only in wordings held back from training.
        batch: questions read together.

    Returns:
        `kind_<kind>` for each kind, `choice` for questions with options, `balanced` (the mean over kinds of
        open questions without captions), `refused` (of questions about what is not visible, the share that
        is refused), `wrongly_refused` (of all others), `questions`, and `seconds` a question.
    """
    reader, right, refused = (
        StockVlm(folder),
        defaultdict[str, list[bool]](list),
        defaultdict[bool, list[bool]](list),
    )
    samples_to_ask: list[tuple[SceneClip, NDArray[np.uint8], TrainingSample]] = []
    for seed in range(clips):
        clip = clip_of(seed, part)
        small, _ = paint_clip(clip, Random(f"paint/{part}/{seed}"))
        samples = make_samples(clip, Random(f"{part}/{seed}"), wording=wording, training=False)
        samples_to_ask += [(clip, small, sample) for sample in samples]
    began_s = time.monotonic()
    samples_to_ask.sort(key=lambda one: len(one[2].prompt))
    for start in range(0, len(samples_to_ask), batch):
        batch_samples = samples_to_ask[start : start + batch]
        replies = reader.answers([(clip, frames, sample.prompt) for clip, frames, sample in batch_samples])
        for (_, _, sample), reply in zip(batch_samples, replies, strict=True):
            right["choice" if sample.choice else f"kind_{sample.kind}"].append(reply == sample.reply)
            if not sample.choice:
                refused[sample.reply == NOT_VISIBLE].append(reply == NOT_VISIBLE)
    scores = {kind: float(np.mean(hits)) for kind, hits in sorted(right.items())}
    kinds = [share for kind, share in scores.items() if kind.startswith("kind_") and kind != "kind_caption"]
    return {
        **scores,
        "balanced": float(np.mean(kinds)),
        "refused": float(np.mean(refused[True])),
        "wrongly_refused": float(np.mean(refused[False])),
        "questions": float(len(samples_to_ask)),
        "seconds": (time.monotonic() - began_s) / max(1, len(samples_to_ask)),
    }


def same_scene(folder: Path | str, scenes: int, part: Part = "test") -> dict[str, float]:
    """How often the frame nearest to the first of a scene is the last of that scene, by nano-dino.

    Args:
        folder: of nano-dino.
        scenes: how many are compared.
        part: of the data.

    Returns:
        `same_scene_recall_at_1`; `changed_same_scene_recall_at_1`, where the last pictures are moved and
        tinted as in training; `scenes`.
    """
    from playhead_index.embed.dino import load_dino

    encoder: Any = load_dino(str(folder))
    painted = [paint_clip(clip_of(seed, part), Random(f"paint/{part}/{seed}"))[1] for seed in range(scenes)]
    firsts = encoder.encode_images([frames[0] for frames in painted])
    lasts = [frames[CLIP_FRAMES - 1] for frames in painted]
    moved = move_and_tint(to_pixels(torch().from_numpy(np.stack(lasts))), Random(f"changed/{part}"))
    moved = ((moved + 1) * 127.5).round().to(torch().uint8).permute(0, 2, 3, 1).numpy()
    found = {"same_scene_recall_at_1": lasts, "changed_same_scene_recall_at_1": list(moved)}
    right = {
        name: float(((firsts @ encoder.encode_images(others).T).argmax(axis=1) == np.arange(scenes)).mean())
        for name, others in found.items()
    }
    return {**right, "scenes": float(scenes)}
