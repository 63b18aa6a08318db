"""Fine-tuning of exported weights: the vision half of nano-vlm, then its language half.

A checkpoint holds neither the scorer of visual tokens nor the readings of tracks, so both are fitted to it
first, on a few batches. Then the vision half is trained with frozen word embeddings, and
then the language half, mostly from clips that settle hard questions, while the vision half is frozen.
"""

import shutil
from pathlib import Path
from random import Random
from typing import Any

from playhead_bench.nano.answer_loss import QuestionBatch, draw_rows, run_language_model, training_blocks
from playhead_bench.nano.batched_vision import features
from playhead_bench.nano.cached_features import VisualFeatureCache
from playhead_bench.nano.token_labels import labels_of
from playhead_bench.nano.tokenizer import PAD, load_or_make_tokenizer
from playhead_bench.nano.track_targets import LAYER, TrackHeads, tracks_of
from playhead_bench.nano.train_answers import capture_output, train_answers
from playhead_bench.nano.train_vision import SPREAD, WordHeads, losses, token_positions, train_vision
from playhead_bench.nano.training import load_state, save_state
from playhead_bench.nano.training_samples import RowWriter, batch_of
from playhead_bench.nano.vlm_model import make_model
from playhead_bench.world.random_scene import SplitMode, pairs_of
from playhead_index.embed.runtime import torch

NAME, VISION_NAME, HEADS = "further", "sharper_still", "heads"
FIT_BATCHES, FIT_ROUNDS, FIT_RATE = 6, 20, 0.02
FIT_CLIPS = 12
MIN_HARD_SAMPLES, GUIDE_EVERY = 3, 4
VISION_RATE = 0.006


def from_weights(folder: Path, tokenizer: Any) -> Any:
    """The model of an exported folder, in float32, to be trained.

    Raises:
        FileNotFoundError: the folder has no weights.
        ValueError: they are of another model.
    """
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    model = make_model(tokenizer)
    missing, unknown = model.load_state_dict({k: v.float() for k, v in weights.items()}, strict=False)
    if unknown or set(missing) - {"lm_head.weight"}:
        raise ValueError(f"{folder} holds another model: missing {missing}, unknown {unknown}")
    return model


def finetune_vlm(
    begin: Path, data: Path, out: Path, *, steps: int, vision_steps: int, rate: float = 0.006,
    vision_batch: int = 48, clips: int = 5, crowds: int = 1, mode: SplitMode = "iid", seed: int = 0,
    fit_rounds: int = FIT_ROUNDS,
) -> Any:  # fmt: skip
    """Fine-tunes exported weights, the vision half and then the language half; resumes.

    Args:
        begin: folder of the weights, with tokenizer and log.
        data: of painted clips and crowds.
        out: folder of logs and states; the log of `begin` is copied there as `before.jsonl`.
        steps: of the language half.
        vision_steps: of the vision half; at 0 it stays as it is.
        rate: height of the learning rate of the language half's matrices.
        vision_batch: pairs of frames a step of the vision half.
        clips: a step.
        crowds: a step.
        mode: of the painted frames.
        seed: of the order of frames and questions.
        fit_rounds: of fitting the heads.

    Raises:
        FileNotFoundError: `begin` has no weights.
        ValueError: they are of another model.
    """
    tokenizer_folder = out / "tokenizer"
    if not (tokenizer_folder / "tokenizer.json").exists():
        tokenizer_folder.mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            shutil.copy(begin / name, tokenizer_folder / name)
        shutil.copy(begin / "training.jsonl", out / "before.jsonl")
    tokenizer = load_or_make_tokenizer(tokenizer_folder)
    model = from_weights(begin, tokenizer)
    fit_heads(model, tokenizer, data, out / f"{HEADS}.state", mode, seed, fit_rounds)
    if vision_steps:
        train_vision(
            data, out, tokenizer, steps=vision_steps, batch=vision_batch, mode=mode, seed=seed, model=model,
            name=VISION_NAME, heads_from=HEADS, rate=VISION_RATE,
        )  # fmt: skip
        fit_heads(model, tokenizer, data, out / f"{HEADS}_of_{VISION_NAME}.state", mode, seed, fit_rounds)
    return train_answers(
        model, tokenizer, data, out, steps=steps, name=NAME,
        heads_from=f"{HEADS}_of_{VISION_NAME}" if vision_steps else HEADS, clips=clips, crowds=crowds,
        mode=mode, seed=seed, rate=rate, hard=MIN_HARD_SAMPLES, guide_every=GUIDE_EVERY,
        feature_cache=VisualFeatureCache(model.model.visual, out / "seen"),
    )  # fmt: skip


def fit_heads(
    model: Any, tokenizer: Any, data: Path, path: Path, mode: SplitMode, seed: int = 0,
    rounds: int = FIT_ROUNDS,
) -> dict[str, float]:  # fmt: skip
    """Fits the scorer of visual tokens and the readings of tracks to a frozen model, once.

    Returns:
        How often they are right in the last round, by head; nothing where they had been fitted before.
    """
    right = dict[str, float]()
    if load_state(path) is not None:
        return right
    language = model.model.language_model
    writer, rng = RowWriter(tokenizer), Random(f"{HEADS}/{seed}")
    heads = WordHeads(tokenizer, language.embed_tokens)
    tracks = TrackHeads(tokenizer, language.config.hidden_size)
    found, known = training_blocks(data, mode, 1, 1), pairs_of("train", mode)
    sizes = {"clips": FIT_CLIPS, "crowds": FIT_CLIPS}
    batches = [_seen(model, draw_rows(found, writer, rng, sizes, known, "iid"), writer)
               for _ in range(FIT_BATCHES)]  # fmt: skip
    heads.directions.data.copy_(_directions(batches))
    optimiser = torch().optim.AdamW([*heads.parameters(), *tracks.linear.parameters()], lr=FIT_RATE)
    steps = FIT_BATCHES * rounds
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = FIT_RATE * (1 - step / steps)
        visual_tokens, labels, hidden, batch, batch_tracks = batches[step % FIT_BATCHES]
        vision_loss, right = losses(heads, visual_tokens, labels)
        track, tracked = tracks.loss(hidden, batch, batch_tracks)
        optimiser.zero_grad()
        (vision_loss + track).backward()
        optimiser.step()
        right |= tracked
    model.zero_grad(set_to_none=True)
    print(HEADS, right, flush=True)
    save_state(path, **heads.state(), tracks=tracks.linear.state_dict())
    return right


def _directions(batches: list[tuple[Any, Any, Any, Any, Any]]) -> Any:
    """(2, D) along which visual tokens say their column and their row, by least squares."""
    tokens = torch().cat([batch[0] for batch in batches])
    targets = (SPREAD * token_positions()).expand(len(tokens), -1, -1).flatten(0, 1)
    return torch().linalg.lstsq(tokens.flatten(0, 1), targets).solution.T


def _seen(model: Any, question_batch: QuestionBatch, writer: RowWriter) -> tuple[Any, Any, Any, Any, Any]:
    """A batch as the heads are fitted to it: visual tokens, labels, hidden vectors, rows, tracks."""
    batch = batch_of(question_batch.rows, writer.tokenizer.convert_tokens_to_ids(PAD), writer.pad)
    captured, hook = capture_output(model.model.language_model.layers[LAYER])
    with torch().no_grad():
        visual_tokens, deepstack = features(model.model.visual, question_batch.pairs)
        run_language_model(model, batch, visual_tokens, deepstack)
    hook.remove()
    labels = [labels_of(clip, pair) for clip, pair in question_batch.labelled_pairs]
    return visual_tokens, labels, captured[0], batch, [tracks_of(clip) for clip in question_batch.clips]
