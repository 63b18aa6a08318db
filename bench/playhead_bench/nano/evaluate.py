"""What the nano models are worth on seeds that they never saw, through the loaders that the product uses."""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.pictures import CLIP_FRAMES, Clip, clip_of, paint_clip
from playhead_bench.nano.train_clip import shows
from playhead_bench.nano.train_dino import changed, to_pixels
from playhead_bench.nano.training_samples import Lesson, lessons_of
from playhead_bench.world.phrases import NOT_VISIBLE
from playhead_bench.world.stage import HELD_OUT, PAIRS, Pair, Part, SplitMode
from playhead_index.embed.openclip import load_open_clip
from playhead_index.embed.runtime import torch, transformers

FRAMES = (0, 5)
"""Which of a clip's pictures are searched."""
NATIVE_FPS = 8.0


def examine_clip(folder: Path | str, clips: int, part: Part = "test") -> dict[str, float]:
    """Text-to-image retrieval over all things in all colours: every text ranks the same test pictures.

    Pictures that may or may not show a pair (at the edge, changing colour) are left out of its ranking; pairs
    that no picture shows are left out of the mean.

    Args:
        folder: of nano-clip.
        clips: test clips, two pictures of each.
        part: of the data.

    Returns:
        mAP over all pairs, over pairs seen in training, and over held-out pairs; R@1 over all.
    """
    encoder = load_open_clip(f"local-dir:{folder}")
    pictures, truth = [], []
    for seed in range(clips):
        clip = clip_of(seed, part)
        painted = paint_clip(clip, Random(f"paint/{part}/{seed}"))[1]
        for frame in FRAMES:
            pictures.append(painted[frame])
            truth.append(shows(clip.scene, clip.times_s[frame]))
    texts = encoder.encode_texts([f"a {colour} {kind}" for colour, kind in PAIRS])
    scores = encoder.encode_images(pictures) @ texts.T
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
        "pictures": float(len(pictures)),
        "texts": float(len(precisions)),
    }


def _ranked(
    scores: NDArray[np.float32], truth: Sequence[tuple[set[Pair], set[Pair]]], pair: Pair
) -> NDArray[np.bool_] | None:
    """Whether each picture shows a pair, best score first; None when none does."""
    certain = np.array([pair not in unsure for _, unsure in truth])
    shown = np.array([pair in sure for sure, _ in truth])[certain]
    order = np.argsort(-scores[certain], kind="stable")
    return shown[order] if shown.any() else None


class Reader:
    """nano-vlm as anybody would run it: the stock processor, the stock model, greedy decoding."""

    def __init__(self, folder: Path | str) -> None:
        library = transformers()
        self.processor = library.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self.model = library.AutoModelForImageTextToText.from_pretrained(
            folder, local_files_only=True, dtype=torch().float32
        ).eval()

    def answers(self, clips: Sequence[tuple[Clip, NDArray[np.uint8], str]]) -> list[str]:
        """Replies to a question about each of some clips of equally many frames, read as one batch."""
        from transformers.video_utils import VideoMetadata

        texts, videos, metadata = [], [], []
        for clip, frames, prompt in clips:
            said = [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": prompt}]}]
            texts.append(self.processor.apply_chat_template(said, add_generation_prompt=True, tokenize=False))
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
            told = self.model.generate(**inputs)[:, inputs["input_ids"].shape[1] :]
        return [text.strip() for text in self.processor.batch_decode(told, skip_special_tokens=True)]


def examine_vlm(
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
        Reader(folder),
        defaultdict[str, list[bool]](list),
        defaultdict[bool, list[bool]](list),
    )
    waiting: list[tuple[Clip, NDArray[np.uint8], Lesson]] = []
    for seed in range(clips):
        clip = clip_of(seed, part)
        small, _ = paint_clip(clip, Random(f"paint/{part}/{seed}"))
        lessons = lessons_of(clip, Random(f"{part}/{seed}"), wording=wording, training=False)
        waiting += [(clip, small, lesson) for lesson in lessons]
    began_s = time.monotonic()
    waiting.sort(key=lambda one: len(one[2].prompt))
    for start in range(0, len(waiting), batch):
        some = waiting[start : start + batch]
        replies = reader.answers([(clip, frames, lesson.prompt) for clip, frames, lesson in some])
        for (_, _, lesson), reply in zip(some, replies, strict=True):
            right["choice" if lesson.choice else f"kind_{lesson.kind}"].append(reply == lesson.reply)
            if not lesson.choice:
                refused[lesson.reply == NOT_VISIBLE].append(reply == NOT_VISIBLE)
    scores = {kind: float(np.mean(hits)) for kind, hits in sorted(right.items())}
    kinds = [share for kind, share in scores.items() if kind.startswith("kind_") and kind != "kind_caption"]
    return {
        **scores,
        "balanced": float(np.mean(kinds)),
        "refused": float(np.mean(refused[True])),
        "wrongly_refused": float(np.mean(refused[False])),
        "questions": float(len(waiting)),
        "seconds": (time.monotonic() - began_s) / max(1, len(waiting)),
    }


def same_scene(folder: Path | str, scenes: int, part: Part = "test") -> dict[str, float]:
    """How often the picture nearest to the first of a scene is the last of that scene, by nano-dino.

    Args:
        folder: of nano-dino.
        scenes: how many are told apart.
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
    moved = changed(to_pixels(torch().from_numpy(np.stack(lasts))), Random(f"changed/{part}"))
    moved = ((moved + 1) * 127.5).round().to(torch().uint8).permute(0, 2, 3, 1).numpy()
    found = {"same_scene_recall_at_1": lasts, "changed_same_scene_recall_at_1": list(moved)}
    right = {
        name: float(((firsts @ encoder.encode_images(others).T).argmax(axis=1) == np.arange(scenes)).mean())
        for name, others in found.items()
    }
    return {**right, "scenes": float(scenes)}
