"""Training of the nano models, from scratch to exported checkpoints: paint, train, ship.

python -m playhead_bench.nano paint DATA         # frames; about 13 GB
python -m playhead_bench.nano train DATA RUNS    # nano-vlm's two halves, nano-clip, nano-dino; resumes
python -m playhead_bench.nano further DATA RUNS  # fine-tunes exported weights of nano-vlm; resumes
python -m playhead_bench.nano ship RUNS          # weights, model cards, scores on test seeds
"""

from pathlib import Path
from typing import Annotated

import typer

from playhead_bench.nano.model_card import Training
from playhead_bench.nano.profile import WEIGHTS
from playhead_bench.nano.tokenizer import load_or_make_tokenizer
from playhead_bench.world.random_scene import SplitMode
from playhead_index.embed.runtime import torch

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
BLOCK = 1000
MODE: SplitMode = "compositional"
SEED = 0
STEPS = {
    "sight": 900, "sharper": 2000, "look_up": 500, "answers": 3000, "joint": 1000,
    "sharper_still": 1400, "further": 2700,
    "clip_held": 1300, "clip_all": 340, "dino": 400, "dino_plain": 300,
}  # fmt: skip
Data = Annotated[Path, typer.Argument(help="Folder of the painted pictures.", metavar="DATA")]
Runs = Annotated[Path, typer.Argument(help="Folder of logs and states.", metavar="RUNS")]


@app.command()
def paint(data: Data, clips: int = 10_000, crowds: int = 12_000, tested: int = 1_000) -> None:
    """Paint the frames for training and evaluation; existing blocks are not painted again."""
    from playhead_bench.nano.paint_frames import paint_block

    plan = [
        ("crowds", "train", crowds, MODE), ("clips", "train", clips, MODE),
        ("crowds", "train", crowds // 4, "iid"), ("clips", "train", clips // 4, "iid"),
        ("clips", "dev", tested, "iid"), ("clips", "test", tested, "iid"),
    ]  # fmt: skip
    for source, part, count, mode in plan:
        for start in range(0, count, BLOCK):
            paint_block(data, source, start, min(count, start + BLOCK), part, mode)  # type: ignore[arg-type]
            print(f"{part} {source}: {min(count, start + BLOCK)} of {count}", flush=True)


@app.command()
def train(data: Data, runs: Runs, threads: Annotated[int, typer.Option(help="Of torch.")] = 2) -> None:
    """Train all models one after the other; each resumes where it stopped."""
    from playhead_bench.nano.train_answers import train_answers
    from playhead_bench.nano.train_clip import train_clip
    from playhead_bench.nano.train_dino import train_dino
    from playhead_bench.nano.train_vision import train_vision

    torch().set_num_threads(threads)
    tokenizer = load_or_make_tokenizer(runs / "vlm" / "tokenizer")
    model = train_vision(data, runs / "vlm", tokenizer, steps=STEPS["sight"], mode=MODE, seed=SEED)
    train_clip(data, runs / "clip_held", steps=STEPS["clip_held"], mode=MODE, seed=SEED)
    train_clip(
        data, runs / "clip_all", steps=STEPS["clip_all"], mode="iid", seed=SEED,
        begin=runs / "clip_held" / "clip.state",
    )  # fmt: skip
    vlm = runs / "vlm"
    train_vision(
        data, vlm, tokenizer, steps=STEPS["sharper"], mode=MODE, seed=SEED, model=model,
        name="sharper", rate=0.005,
    )  # fmt: skip
    train_answers(
        model, tokenizer, data, vlm, steps=STEPS["look_up"], name="look_up", heads_from="sharper",
        clips=1, crowds=8, mode=MODE, seed=SEED,
    )  # fmt: skip
    train_answers(
        model, tokenizer, data, vlm, steps=STEPS["answers"], name="answers", heads_from="sharper",
        clips=5, crowds=1, mode="iid", seed=SEED,
    )  # fmt: skip
    train_answers(
        model, tokenizer, data, vlm, steps=STEPS["joint"], name="joint", heads_from="sharper",
        mode="iid", seed=SEED, rate=0.003, vision_rate=0.0005,
    )  # fmt: skip
    train_dino(data, runs / "dino", steps=STEPS["dino"], mode=MODE, seed=SEED)
    train_dino(
        data, runs / "dino_plain", steps=STEPS["dino_plain"], mode=MODE, seed=SEED,
        begin=runs / "dino" / "dino.state", augment=False,
    )  # fmt: skip


@app.command("further")
def finetune(
    data: Data,
    runs: Runs,
    steps: Annotated[int, typer.Option(help="Of the language half.")] = STEPS["further"],
    vision_steps: Annotated[int, typer.Option("--sight-steps", help="Of the vision half, if any.")] = STEPS[
        "sharper_still"
    ],
    rate: Annotated[float, typer.Option(help="Height of the learning rate of matrices.")] = 0.006,
    begin: Annotated[Path, typer.Option(help="Weights to go on from.")] = WEIGHTS / "nano-vlm",
    threads: Annotated[int, typer.Option(help="Of torch.")] = 2,
) -> None:
    """Fine-tune exported weights of nano-vlm: its vision half, then its language half."""
    from playhead_bench.nano.finetune import finetune_vlm

    torch().set_num_threads(threads)
    finetune_vlm(
        begin, data, runs / "vlm", steps=steps, vision_steps=vision_steps, rate=rate, mode="iid", seed=SEED
    )


@app.command("ship")
def export(
    runs: Runs,
    into: Annotated[Path, typer.Option(help="Where the folders go.")] = WEIGHTS,
    clips: Annotated[int, typer.Option(help="Test clips for the scores.")] = 400,
    machine: Annotated[str, typer.Option(help="Kind of machine, for the card.")] = "2 x86-64 cores, no GPU",
    only: Annotated[str, typer.Option(help="clip, dino or vlm; all when empty.")] = "",
) -> None:
    """Export the trained models, evaluate them as exported, and write their model cards."""
    from playhead_bench.nano import export as exporting

    for name in ("clip", "dino", "vlm"):
        if only in ("", name):
            training: Training = exporting.EXPORTERS[name](runs, into, clips, machine, STEPS)
            print(training.name, training.scores, flush=True)


if __name__ == "__main__":
    app()
