"""Last parts of nano-vlm's training: the language half learns to answer, alone and then beside the other."""

from pathlib import Path
from random import Random
from typing import Any

from playhead_bench.nano.answers import Painted, answer_loss, draw_rows, painted, read
from playhead_bench.nano.attend import attention_loss, time_loss
from playhead_bench.nano.cached_features import KeptSight
from playhead_bench.nano.labels import labels_of
from playhead_bench.nano.see import features
from playhead_bench.nano.tokens import PAD
from playhead_bench.nano.tracks import LAYER, TrackHeads, tracks_of
from playhead_bench.nano.train_vision import WordHeads, losses
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.nano.training_samples import Writer, batch_of
from playhead_bench.world.stage import SplitMode, pairs_of
from playhead_index.embed.runtime import torch

EVERY = 50
SIGHT_WEIGHT = 0.5
ATTENTION_WEIGHT = 0.2
TRACK_WEIGHT = 0.5


def train_answers(
    model: Any, tokenizer: Any, data: Path, out: Path, *, steps: int, name: str, heads_from: str,
    clips: int = 6, crowds: int = 0, mode: SplitMode = "compositional", seed: int = 0, rate: float = 0.006,
    sight_rate: float = 0.0, hard: int = 0, guide_every: int = 1, kept: KeptSight | None = None,
) -> Any:  # fmt: skip
    """Trains the language half on painted pictures, and the vision half too where it has a rate; resumes.

    Args:
        model: with a trained vision half, as `train_sight` leaves it.
        tokenizer: its own.
        data: folder of painted clips and crowds.
        out: folder of the log and the states.
        steps: of the whole run.
        name: of the log and the state.
        heads_from: name of the run in `out` whose scorer of visual tokens this one goes on with.
        clips: a step.
        crowds: a step.
        mode: of the painted pictures.
        seed: of the order of pictures and questions.
        rate: height of the learning rate of the language half's matrices.
        sight_rate: likewise of the vision half's; at 0 it stands still. Much above a tenth of `rate` it
            forgets how things move while the language half is still guessing.
        hard: clips that settle fewer hard questions are not drawn, as in `draw_rows`.
        guide_every: attention is guided in one of so many steps, and there the more.
        kept: where what the vision half sees is kept; only for one that stands still.

    Raises:
        FileNotFoundError: `heads_from` has left no state.
        ValueError: a vision half that is to learn has its sight kept.
    """
    if kept is not None and sight_rate:
        raise ValueError(f"sight is kept, so the vision half cannot learn; got sight_rate={sight_rate}")
    language, visual = model.model.language_model, model.model.visual
    writer, heads = Writer(tokenizer), WordHeads(tokenizer, language.embed_tokens)
    tracks = TrackHeads(tokenizer, language.config.hidden_size)
    matrices, others = split(language, ("embed_tokens",))
    optimiser = Optimiser(matrices, [*others, *tracks.linear.parameters()], steps, rate, rate / 5)
    if sight_rate:
        matrices, others = split(visual, ("pos_embed", "patch_embed"))
        optimiser.add(matrices, [*others, *heads.parameters()], sight_rate, sight_rate / 5)
    path, log = out / f"{name}.state", Log(out / f"{name}.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load(state["optimiser"])
    before = state or load_state(out / f"{heads_from}.state")
    heads.load(before)
    if before is not None and "tracks" in before:
        tracks.linear.load_state_dict(before["tracks"])
    spoken = torch().cat(list(heads.ids.values()))
    held = language.embed_tokens.weight.detach()[spoken]
    digits = torch().tensor(tokenizer.convert_tokens_to_ids(list("0123456789")))
    pad, known = tokenizer.convert_tokens_to_ids(PAD), pairs_of("train", mode)
    found: Painted = {}
    behind, hook = keep_output(language.layers[LAYER])
    while optimiser.done < steps:
        if not found or not optimiser.done % EVERY:  # more may have been painted meanwhile
            found = painted(data, mode, clips, crowds)
        rng = Random(f"{name}/{seed}/{optimiser.done}")
        drawn = draw_rows(found, writer, rng, {"clips": clips, "crowds": crowds}, known, "iid", hard)
        put = batch_of(drawn.rows, pad, writer.pad)
        told = [labels_of(clip, pair) for clip, pair in drawn.told]
        with torch().set_grad_enabled(bool(sight_rate)):
            seen, deep = features(visual, drawn.pairs) if kept is None else kept.of(drawn)
        loss, exact = answer_loss(language, read(model, put, seen, deep), put, drawn.rows)
        track, tracked = tracks.loss(behind[0], put, [tracks_of(clip) for clip in drawn.clips])
        whole = loss + TRACK_WEIGHT * track
        parts = {"loss": loss, "track": track}
        if not optimiser.done % guide_every:
            missed = attention_loss(language, heads, put, seen, told)
            untimed = time_loss(language, put, seen, digits)
            whole = whole + ATTENTION_WEIGHT * guide_every**0.5 * (missed + untimed)
            parts |= {"missed": missed, "untimed": untimed}
        if sight_rate:
            sight, right = losses(heads, seen, told)
            sight = sight + 0.3 * losses(heads, deep, told)[0]
            whole = whole + SIGHT_WEIGHT * sight
            parts["sight"] = sight
            exact |= {f"seen_{head}": right[head] for head in ("kind", "motion", "where")}
        if not optimiser.done % EVERY:
            values = {part: float(value.detach()) for part, value in parts.items()}
            log(step=optimiser.done, **values, **tracked, **exact)
        optimiser.step(whole)
        if not sight_rate:  # the vision half stands still, and so do the words that it speaks
            with torch().no_grad():
                language.embed_tokens.weight[spoken] = held
        if not optimiser.done % EVERY or optimiser.done == steps:
            beside = {**heads.state(), "tracks": tracks.linear.state_dict()}
            save_state(path, model=model.state_dict(), optimiser=optimiser.state(), **beside)
    hook.remove()
    return model


def keep_output(layer: Any) -> tuple[list[Any], Any]:
    """A list that always holds what a layer gave last, and the hook that sees to it, to be removed."""
    held: list[Any] = []

    def keep(_module: Any, _given: Any, hidden: Any) -> None:
        held[:] = [hidden]

    return held, layer.register_forward_hook(keep)
