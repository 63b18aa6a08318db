"""Training of nano-vlm's language half on answers, alone and then together with the vision half."""

from pathlib import Path
from random import Random
from typing import Any

from playhead_bench.nano.answer_loss import (
    BlocksBySource,
    answer_loss,
    draw_rows,
    run_language_model,
    training_blocks,
)
from playhead_bench.nano.attention_guidance import attention_loss, time_loss
from playhead_bench.nano.batched_vision import features
from playhead_bench.nano.cached_features import VisualFeatureCache
from playhead_bench.nano.token_labels import labels_of
from playhead_bench.nano.tokenizer import PAD
from playhead_bench.nano.track_targets import LAYER, TrackHeads, tracks_of
from playhead_bench.nano.train_vision import WordHeads, losses
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.nano.training_samples import RowWriter, batch_of
from playhead_bench.world.random_scene import SplitMode, pairs_of
from playhead_index.embed.runtime import torch

EVERY = 50
VISION_WEIGHT = 0.5
ATTENTION_WEIGHT = 0.2
TRACK_WEIGHT = 0.5


def train_answers(
    model: Any, tokenizer: Any, data: Path, out: Path, *, steps: int, name: str, heads_from: str,
    clips: int = 6, crowds: int = 0, mode: SplitMode = "compositional", seed: int = 0, rate: float = 0.006,
    vision_rate: float = 0.0, hard: int = 0, guide_every: int = 1,
    feature_cache: VisualFeatureCache | None = None,
) -> Any:  # fmt: skip
    """Trains the language half on painted frames, and the vision half too where it has a rate; resumes.

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
        mode: of the painted frames.
        seed: of the order of frames and questions.
        rate: height of the learning rate of the language half's matrices.
        vision_rate: likewise of the vision half's; at 0 it is frozen. Much above a tenth of `rate` it
            forgets how objects move while the language half is still guessing.
        hard: least number of hard questions of a clip, as in `draw_rows`.
        guide_every: attention is guided in every nth step, with a higher weight.
        feature_cache: visual tokens of the vision half, where it is frozen.

    Raises:
        FileNotFoundError: `heads_from` has left no state.
        ValueError: a feature cache for a vision half that is trained.
    """
    if feature_cache is not None and vision_rate:
        raise ValueError(f"sight is kept, so the vision half cannot learn; got sight_rate={vision_rate}")
    language, visual = model.model.language_model, model.model.visual
    writer, heads = RowWriter(tokenizer), WordHeads(tokenizer, language.embed_tokens)
    tracks = TrackHeads(tokenizer, language.config.hidden_size)
    matrices, others = split(language, ("embed_tokens",))
    optimiser = Optimiser(matrices, [*others, *tracks.linear.parameters()], steps, rate, rate / 5)
    if vision_rate:
        matrices, others = split(visual, ("pos_embed", "patch_embed"))
        optimiser.add(matrices, [*others, *heads.parameters()], vision_rate, vision_rate / 5)
    path, log = out / f"{name}.state", Log(out / f"{name}.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load(state["optimiser"])
    before = state or load_state(out / f"{heads_from}.state")
    heads.load(before)
    if before is not None and "tracks" in before:
        tracks.linear.load_state_dict(before["tracks"])
    word_ids = torch().cat(list(heads.ids.values()))
    frozen_embeddings = language.embed_tokens.weight.detach()[word_ids]
    digits = torch().tensor(tokenizer.convert_tokens_to_ids(list("0123456789")))
    pad, known = tokenizer.convert_tokens_to_ids(PAD), pairs_of("train", mode)
    found: BlocksBySource = {}
    captured, hook = capture_output(language.layers[LAYER])
    while optimiser.steps_done < steps:
        if not found or not optimiser.steps_done % EVERY:  # more may have been painted meanwhile
            found = training_blocks(data, mode, clips, crowds)
        rng = Random(f"{name}/{seed}/{optimiser.steps_done}")
        question_batch = draw_rows(found, writer, rng, {"clips": clips, "crowds": crowds}, known, "iid", hard)
        batch = batch_of(question_batch.rows, pad, writer.pad)
        labels = [labels_of(clip, pair) for clip, pair in question_batch.labelled_pairs]
        with torch().set_grad_enabled(bool(vision_rate)):
            visual_tokens, deepstack = (
                features(visual, question_batch.pairs)
                if feature_cache is None
                else feature_cache.of(question_batch)
            )
        loss, exact = answer_loss(
            language, run_language_model(model, batch, visual_tokens, deepstack), batch, question_batch.rows
        )
        track, tracked = tracks.loss(captured[0], batch, [tracks_of(clip) for clip in question_batch.clips])
        total_loss = loss + TRACK_WEIGHT * track
        parts = {"loss": loss, "track": track}
        if not optimiser.steps_done % guide_every:
            missed = attention_loss(language, heads, batch, visual_tokens, labels)
            untimed = time_loss(language, batch, visual_tokens, digits)
            total_loss = total_loss + ATTENTION_WEIGHT * guide_every**0.5 * (missed + untimed)
            parts |= {"missed": missed, "untimed": untimed}
        if vision_rate:
            vision_loss, right = losses(heads, visual_tokens, labels)
            vision_loss = vision_loss + 0.3 * losses(heads, deepstack, labels)[0]
            total_loss = total_loss + VISION_WEIGHT * vision_loss
            parts["sight"] = vision_loss
            exact |= {f"seen_{head}": right[head] for head in ("kind", "motion", "where")}
        if not optimiser.steps_done % EVERY:
            values = {part: float(value.detach()) for part, value in parts.items()}
            log(step=optimiser.steps_done, **values, **tracked, **exact)
        optimiser.step(total_loss)
        if not vision_rate:  # the vision half is frozen, and so are the embeddings of its words
            with torch().no_grad():
                language.embed_tokens.weight[word_ids] = frozen_embeddings
        if not optimiser.steps_done % EVERY or optimiser.steps_done == steps:
            beside = {**heads.state(), "tracks": tracks.linear.state_dict()}
            save_state(path, model=model.state_dict(), optimiser=optimiser.state(), **beside)
    hook.remove()
    return model


def capture_output(layer: Any) -> tuple[list[Any], Any]:
    """A list with the latest output of a layer, and the hook that fills it, to be removed."""
    frozen_embeddings: list[Any] = []

    def store(_module: Any, _given: Any, hidden: Any) -> None:
        frozen_embeddings[:] = [hidden]

    return frozen_embeddings, layer.register_forward_hook(store)
