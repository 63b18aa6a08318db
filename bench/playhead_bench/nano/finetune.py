"""Going on from weights that ship: nano-vlm's vision half learns more, then its language half.

A checkpoint holds neither the scorer of visual tokens nor the readings of tracks, so both are fitted to it
first, on a few batches. Then the vision half learns on, to say what it sees in words that stand still, and
then the language half, mostly from clips that settle hard questions, while the vision half stands still.
"""

import shutil
from pathlib import Path
from random import Random
from typing import Any

from playhead_bench.nano.answers import Drawn, draw_rows, painted, read
from playhead_bench.nano.cached_features import KeptSight
from playhead_bench.nano.labels import labels_of
from playhead_bench.nano.see import features
from playhead_bench.nano.tokens import PAD, kept_tokenizer
from playhead_bench.nano.tracks import LAYER, TrackHeads, tracks_of
from playhead_bench.nano.train_answers import keep_output, train_answers
from playhead_bench.nano.train_vision import SPREAD, WordHeads, lies, losses, train_sight
from playhead_bench.nano.training import load_state, save_state
from playhead_bench.nano.training_samples import Writer, batch_of
from playhead_bench.nano.vlm import make_model
from playhead_bench.world.stage import SplitMode, pairs_of
from playhead_index.embed.runtime import torch

NAME, SIGHT, HEADS = "further", "sharper_still", "heads"
FIT_BATCHES, FIT_ROUNDS, FIT_RATE = 6, 20, 0.02
FIT_CLIPS = 12
HARD_LEAST, GUIDE_EVERY = 3, 4
SIGHT_RATE = 0.006


def from_weights(folder: Path, tokenizer: Any) -> Any:
    """The model of a folder that ships, in float32, to be trained.

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


def train_further(
    begin: Path, data: Path, out: Path, *, steps: int, sight_steps: int, rate: float = 0.006,
    sight_batch: int = 48, clips: int = 5, crowds: int = 1, mode: SplitMode = "iid", seed: int = 0,
    fit_rounds: int = FIT_ROUNDS,
) -> Any:  # fmt: skip
    """Trains weights that ship further, the vision half and then the language half; resumes.

    Args:
        begin: folder of the weights, with tokenizer and log.
        data: of painted clips and crowds.
        out: folder of logs and states; the log of `begin` is copied there as `before.jsonl`.
        steps: of the language half.
        sight_steps: of the vision half; at 0 it stays as it is.
        rate: height of the learning rate of the language half's matrices.
        sight_batch: pairs of pictures a step of the vision half.
        clips: a step.
        crowds: a step.
        mode: of the painted pictures.
        seed: of the order of pictures and questions.
        fit_rounds: of fitting the heads.

    Raises:
        FileNotFoundError: `begin` has no weights.
        ValueError: they are of another model.
    """
    words = out / "tokenizer"
    if not (words / "tokenizer.json").exists():
        words.mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            shutil.copy(begin / name, words / name)
        shutil.copy(begin / "training.jsonl", out / "before.jsonl")
    tokenizer = kept_tokenizer(words)
    model = from_weights(begin, tokenizer)
    fit_heads(model, tokenizer, data, out / f"{HEADS}.state", mode, seed, fit_rounds)
    if sight_steps:
        train_sight(
            data, out, tokenizer, steps=sight_steps, batch=sight_batch, mode=mode, seed=seed, model=model,
            name=SIGHT, heads_from=HEADS, rate=SIGHT_RATE,
        )  # fmt: skip
        fit_heads(model, tokenizer, data, out / f"{HEADS}_of_{SIGHT}.state", mode, seed, fit_rounds)
    return train_answers(
        model, tokenizer, data, out, steps=steps, name=NAME,
        heads_from=f"{HEADS}_of_{SIGHT}" if sight_steps else HEADS, clips=clips, crowds=crowds, mode=mode,
        seed=seed, rate=rate, hard=HARD_LEAST, guide_every=GUIDE_EVERY,
        kept=KeptSight(model.model.visual, out / "seen"),
    )  # fmt: skip


def fit_heads(
    model: Any, tokenizer: Any, data: Path, path: Path, mode: SplitMode, seed: int = 0,
    rounds: int = FIT_ROUNDS,
) -> dict[str, float]:  # fmt: skip
    """Fits the scorer of visual tokens and the readings of tracks to a model that stands still, once.

    Returns:
        How often they are right in the last round, by head; nothing where they had been fitted before.
    """
    right = dict[str, float]()
    if load_state(path) is not None:
        return right
    language = model.model.language_model
    writer, rng = Writer(tokenizer), Random(f"{HEADS}/{seed}")
    heads = WordHeads(tokenizer, language.embed_tokens)
    tracks = TrackHeads(tokenizer, language.config.hidden_size)
    found, known = painted(data, mode, 1, 1), pairs_of("train", mode)
    sizes = {"clips": FIT_CLIPS, "crowds": FIT_CLIPS}
    batches = [_seen(model, draw_rows(found, writer, rng, sizes, known, "iid"), writer)
               for _ in range(FIT_BATCHES)]  # fmt: skip
    heads.directions.data.copy_(_directions(batches))
    optimiser = torch().optim.AdamW([*heads.parameters(), *tracks.linear.parameters()], lr=FIT_RATE)
    steps = FIT_BATCHES * rounds
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = FIT_RATE * (1 - step / steps)
        seen, told, hidden, put, shown = batches[step % FIT_BATCHES]
        sight, right = losses(heads, seen, told)
        track, tracked = tracks.loss(hidden, put, shown)
        optimiser.zero_grad()
        (sight + track).backward()
        optimiser.step()
        right |= tracked
    model.zero_grad(set_to_none=True)
    print(HEADS, right, flush=True)
    save_state(path, **heads.state(), tracks=tracks.linear.state_dict())
    return right


def _directions(batches: list[tuple[Any, Any, Any, Any, Any]]) -> Any:
    """(2, D) along which visual tokens say their column and their row, by least squares."""
    tokens = torch().cat([batch[0] for batch in batches])
    wanted = (SPREAD * lies()).expand(len(tokens), -1, -1).flatten(0, 1)
    return torch().linalg.lstsq(tokens.flatten(0, 1), wanted).solution.T


def _seen(model: Any, drawn: Drawn, writer: Writer) -> tuple[Any, Any, Any, Any, Any]:
    """A batch as the heads are fitted to it: visual tokens, labels, hidden vectors, rows, tracks."""
    put = batch_of(drawn.rows, writer.tokenizer.convert_tokens_to_ids(PAD), writer.pad)
    behind, hook = keep_output(model.model.language_model.layers[LAYER])
    with torch().no_grad():
        seen, deep = features(model.model.visual, drawn.pairs)
        read(model, put, seen, deep)
    hook.remove()
    told = [labels_of(clip, pair) for clip, pair in drawn.told]
    return seen, told, behind[0], put, [tracks_of(clip) for clip in drawn.clips]
