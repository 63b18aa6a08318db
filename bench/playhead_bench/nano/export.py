"""Exports training states as checkpoints in stock formats, with model cards and scores."""

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playhead_bench.nano import clip_model, train_dino
from playhead_bench.nano.evaluate import evaluate_clip, evaluate_vlm, same_scene
from playhead_bench.nano.finetune import NAME as FINETUNE_NAME
from playhead_bench.nano.model_card import Training
from playhead_bench.nano.tokenizer import load_or_make_tokenizer
from playhead_bench.nano.train_clip import Scales, finished
from playhead_bench.nano.training import load_state
from playhead_bench.nano.vlm_model import make_model, make_processor
from playhead_index.embed.runtime import torch

COMMAND = "python -m playhead_bench.nano train DATA RUNS"
DATA = "12,000 crowds and 10,000 clips of random scenes, without the held-out pairs of colour and kind"
CLIP_RUNS = ("clip_held", "clip_all")
"""The first without the held-out pairs, on which it is evaluated too; the second goes on with all of them."""
DATA_OF_VLM = f"{DATA}; in later runs also up to 3,000 crowds and 4,000 clips of all pairs"
DINO_RUNS = ("dino", "dino_plain")
"""The first on frames that are moved and tinted, the second goes on with frames as they are."""
DATA_OF_CLIP = (
    "10,000 crowds and 5,000 clips of random scenes, without the held-out pairs of colour and kind; then "
    "1,000 crowds and 4,000 clips of all pairs"
)
Exporter = Callable[[Path, Path, int, str, Mapping[str, int]], Training]


def export_clip(runs: Path, out_folder: Path, clips: int, machine: str, steps: Mapping[str, int]) -> Training:
    """Writes nano-clip as trained on all pairs; its state before the held-out ones is evaluated too."""
    folder, logs = out_folder / "nano-clip", [runs / run / "clip.jsonl" for run in CLIP_RUNS]
    training = Training(
        "nano-clip", "open_clip",
        "An open_clip image-text encoder. It ends with a training on all pairs of colour and kind; scores "
        f"named `without_held_out` are those after {steps[CLIP_RUNS[0]]:,} steps, which saw none of the "
        "held-out pairs.",
        COMMAND, 0, sum(steps[run] for run in CLIP_RUNS), DATA_OF_CLIP, machine, _minutes(logs), {},
    )  # fmt: skip
    with TemporaryDirectory() as before:
        _save_clip(runs / CLIP_RUNS[0] / "clip.state", Path(before), training)
        for name, score in evaluate_clip(before, clips).items():
            training.scores[f"without_held_out_{name}"] = score
    model = _save_clip(runs / CLIP_RUNS[-1] / "clip.state", folder, training)
    training.scores.update(evaluate_clip(folder, clips))
    training.write(folder, folder / "open_clip_model.safetensors", _count(model), logs)
    return training


def _save_clip(state_path: Path, folder: Path, training: Training) -> Any:
    state, model, scales = _state(state_path), clip_model.make_model(), Scales()
    del model.logit_scale
    model.load_state_dict(state["model"])
    scales.values.load_state_dict(state["scales"])
    model = finished(model, scales)
    clip_model.save(folder, model, clip_model.make_tokenizer(), training.metadata())
    (folder / "open_clip_model.safetensors").chmod(0o644)
    return model


def export_dino(runs: Path, out_folder: Path, clips: int, machine: str, steps: Mapping[str, int]) -> Training:
    """Writes nano-dino; the same model with random weights is evaluated for comparison."""
    folder, logs = out_folder / "nano-dino", [runs / run / "dino.jsonl" for run in DINO_RUNS]
    training = Training(
        "nano-dino", "transformers",
        "A Dinov2Model, trained without labels to tell scenes apart. Scores say how often the picture "
        "nearest to the first of a scene is its last, as painted and (`changed`) moved by up to 4 pixels and "
        "tinted; those named `random` are of the same model before any training.",
        COMMAND, 0, sum(steps[run] for run in DINO_RUNS), DATA, machine, _minutes(logs), {},
    )  # fmt: skip
    with TemporaryDirectory() as before:
        _save_dino(train_dino.make_model(), Path(before), training)
        for name, score in same_scene(before, clips).items():
            training.scores[f"random_{name}"] = score
    model = train_dino.make_model()
    model.load_state_dict(_state(runs / DINO_RUNS[-1] / "dino.state")["model"])
    _save_dino(model, folder, training)
    training.scores.update(same_scene(folder, clips))
    training.write(folder, folder / "model.safetensors", _count(model), logs)
    return training


def _save_dino(model: Any, folder: Path, training: Training) -> None:
    model.save_pretrained(folder)
    _write_weights(model.state_dict(), folder, training, torch().float16)
    train_dino.make_processor().save_pretrained(folder)


def export_vlm(runs: Path, out_folder: Path, clips: int, machine: str, steps: Mapping[str, int]) -> Training:
    """Writes nano-vlm; its log is that of every run in the folder, oldest first."""
    tokenizer = load_or_make_tokenizer(runs / "vlm" / "tokenizer")
    model = make_model(tokenizer)
    last = runs / "vlm" / f"{FINETUNE_NAME}.state"
    model.load_state_dict(_state(last if last.exists() else runs / "vlm" / "joint.state")["model"])
    folder, logs = (
        out_folder / "nano-vlm",
        sorted((runs / "vlm").glob("*.jsonl"), key=lambda log: log.stat().st_mtime),
    )
    training = Training(
        "nano-vlm", "transformers",
        "A Qwen3-VL that answers questions about clips, describes them, reads the times beside pictures, and "
        "says `not visible`. Its log is that of all runs that led to it, ways that were left again among "
        "them; the command below is the recipe that came of them, and `python -m playhead_bench.nano further "
        "DATA RUNS` goes on from weights that ship.",
        COMMAND, 0, sum(_sums(log, "step") for log in logs), DATA_OF_VLM, machine, _minutes(logs), {},
    )  # fmt: skip
    model.to(torch().bfloat16).save_pretrained(folder)
    make_processor(tokenizer).save_pretrained(folder)
    weights = {k: v for k, v in model.state_dict().items() if k != "lm_head.weight"}
    _write_weights(weights, folder, training, torch().bfloat16)
    training.scores.update(evaluate_vlm(folder, clips))
    training.write(folder, folder / "model.safetensors", _count(model), logs)
    return training


EXPORTERS: Mapping[str, Exporter] = {"clip": export_clip, "dino": export_dino, "vlm": export_vlm}


def _write_weights(weights: Mapping[str, Any], folder: Path, training: Training, dtype: Any) -> None:
    """Writes weights again, with the commit and the seed among the file's facts."""
    from safetensors.torch import save_file

    halves = {name: value.detach().to(dtype).contiguous() for name, value in weights.items()}
    save_file(halves, folder / "model.safetensors", training.metadata())
    (folder / "model.safetensors").chmod(0o644)


def _state(path: Path) -> dict[str, Any]:
    state = load_state(path)
    if state is None:
        raise FileNotFoundError(f"{path} is not there; run: {COMMAND}")
    return state


def _count(model: Any) -> int:
    return sum(weight.numel() for weight in model.parameters())


def _minutes(logs: list[Path]) -> float:
    """Wall minutes of trainings."""
    return float(sum(_sums(log, "seconds") for log in logs)) / 60


def _sums(log: Path, field: str) -> Any:
    """The sum over the runs in a log of what each one ended with; a run begins where the number falls."""
    values = [json.loads(line)[field] for line in log.read_text(encoding="utf-8").splitlines()]
    ends = [one for one, after in pairwise(values) if after < one]
    return sum(ends) + values[-1]
