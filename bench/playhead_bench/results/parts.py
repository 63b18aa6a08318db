"""The parts of the results: each runs one experiment and returns a fragment with its plots."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from playhead_bench.nano.model_card import commit
from playhead_bench.nano.profile import FOLDERS, folder_of
from playhead_bench.results import haystacks
from playhead_bench.results.fragments import Fragment, FragmentDamaged, here, machine_kind
from playhead_bench.results.plots import draw_compression, draw_noise, draw_training
from playhead_bench.suite.timing import SHARED
from playhead_index.errors import PlayheadError

PROGRAM = "python -m playhead_bench.results"
EVAL_MINUTES = (1.0, 10.0)
LEVELS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
ORACLE_VIDEOS, ORACLE_MINUTES = 6, 10.0
COMPRESSION_CLIPS, COMPRESSION_NEEDLES = 12, 6
REAL_ENV = "PLAYHEAD_REAL_QUESTIONS"
"""Environment variable: folder of real questions, in place of the one beside the checkout."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class OutputFolders:
    """Output folders of a run.

    Args:
        work: for videos, libraries and runs, made again where they are missing.
        images: for PNG files.
        benches: of the part `suite`, only those with these numbers, such as `b5s`; all for none.
    """

    work: Path
    images: Path
    benches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartResult:
    """The result of a part, without command, commit and machine."""

    title: str
    data: Mapping[str, Any]
    pictures: Mapping[str, str]


def run_part(name: str, places: OutputFolders, say: Say) -> Fragment:
    """Runs one of `PARTS` and gives its fragment.

    Raises:
        ModelUnavailable: it needs a nano model that is not here.
        PlayheadError: a video or a folder is not as needed.
    """
    made_at, machine = here()
    began = perf_counter()
    result = PARTS[name](places, say)
    took = perf_counter() - began
    some = f" --benches {' '.join(places.benches)}" if name == "suite" and places.benches else ""
    command = f"{PROGRAM} --only {name}{some}"
    return Fragment(name, result.title, command, made_at, machine, took, result.data, result.pictures)


def of_run(folder: Path, pictures: Path, command: str = "") -> Fragment:
    """The fragment of an evaluation that lies in a folder of its own, as `playhead eval --out` writes it.

    Args:
        folder: of the run, come to its end.
        pictures: folder to which its plot is copied.
        command: that gave it; `playhead eval` where this is empty.

    Raises:
        FragmentDamaged: the folder holds no finished run.
    """
    from playhead_bench.evaluate.manifest import read_manifest

    manifest = read_manifest(folder)
    if manifest is None or not manifest.finished or not (folder / "report.md").exists():
        raise FragmentDamaged(
            f"{folder}: no finished run; give the folder of a `playhead eval` that has ended"
        )
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    machine = machine_kind(
        *(manifest.machine.get(key, "unknown") for key in ("processor", "count", "system"))
    )
    name = f"run-{folder.resolve().name}"
    image_name = _copy_image(folder / "report.png", pictures, f"{name}.png")
    return Fragment(
        name,
        f"Strategies compared: {report['task']}, {report['questions']} questions",
        command or f"playhead eval --out {folder.name}",
        manifest.commit or "unknown",
        machine,
        None,
        {"report": (folder / "report.md").read_text(encoding="utf-8")},
        {image_name: "accuracy of each strategy"} if image_name else {},
    )


def evaluation(places: OutputFolders, say: Say) -> PartResult:
    """All strategies on made videos of one and ten minutes."""
    from playhead.models import ModelNames
    from playhead_bench.evaluate.run_evaluation import Settings, evaluate
    from playhead_bench.evaluate.strategies.registry import strategies_named
    from playhead_bench.evaluate.tasks import world_task
    from playhead_bench.evaluate.transformers_answerer import TransformersAnswerer

    folder = places.work / "eval" / commit()
    answerer = TransformersAnswerer(folder_of("video"))
    task = world_task(places.work / "videos", EVAL_MINUTES, part="test", per_kind=1)
    names = ModelNames(f"local-dir:{folder_of('picture')}", str(folder_of("appearance")), speech="off")
    evaluated = evaluate(task, strategies_named([]), Settings(folder, answerer, names), say=say)
    image_name = _copy_image(folder / "report.png", places.images, "eval.png")
    return PartResult(
        f"Strategies compared, small: {len(task.samples)} questions over videos of 1 and 10 minutes",
        {"report": (evaluated.folder / "report.md").read_text(encoding="utf-8")},
        {image_name: "accuracy of each strategy"} if image_name else {},
    )


def real(places: OutputFolders, say: Say) -> PartResult:
    """Search, ask and baselines on questions that people asked about real recordings.

    Raises:
        PlayheadError: the folder of real questions is not on this machine.
    """
    from playhead_bench.evaluate.real_questions.data import read_sets
    from playhead_bench.evaluate.real_questions.run_evaluation import (
        RealSettings,
        evaluate_real,
        product_digest,
    )

    folder = Path(os.environ.get(REAL_ENV) or SHARED / "real_questions")
    if not folder.is_dir():
        raise PlayheadError(f"{folder}: no folder of real questions; set {REAL_ENV} to one")
    run = places.work / "real" / product_digest()
    sets = read_sets(folder)
    report = evaluate_real(sets, RealSettings(run), say=say)
    title = f"Real questions about real recordings: {sum(len(one.questions) for one in sets)} questions"
    return PartResult(title, {"report": (report.folder / "report.md").read_text(encoding="utf-8")}, {})


def oracle(places: OutputFolders, say: Say) -> PartResult:
    """The product's search with vectors made from the truth, at several levels of noise."""
    from tempfile import TemporaryDirectory

    from playhead_bench.oracle.experiment import needles, recall_against_noise
    from playhead_bench.world.random_video import random_story

    stories = [random_story(seed, ORACLE_MINUTES, "dev") for seed in range(ORACLE_VIDEOS)]
    num_needles = len(needles(stories))
    say(f"{num_needles} things seen once, {len(LEVELS)} levels of noise")
    with TemporaryDirectory() as folder:
        points = recall_against_noise(Path(folder), stories, LEVELS)
    plot = draw_noise(points, places.images / "oracle.png")
    about = (
        f"{num_needles} things that are each seen once in {ORACLE_VIDEOS} made videos of {ORACLE_MINUTES:g} "
        "minutes, searched by name. The vectors are made from the truth, with a modality gap of 0.7 and "
        "noise of the length given, so what is lost without noise is lost by the search, not by an encoder."
    )
    # one trip through JSON, so that a fragment just made is the fragment that will be read
    point_records = json.loads(json.dumps([asdict(point) for point in points]))
    title = "The search alone: recall against the noise of its vectors"
    return PartResult(title, {"about": about, "points": point_records}, {plot.name: "recall against noise"})


def needles(places: OutputFolders, say: Say) -> PartResult:
    """Needles of each kind in haystacks, found by the product's search."""
    from playhead_bench.world.needles import NEEDLE_KINDS, heat_map

    folder_of("picture")
    found = [
        one
        for kind in NEEDLE_KINDS
        for one in haystacks.search_needles(kind, places.work / "needles", say=say)
    ]
    places.images.mkdir(parents=True, exist_ok=True)
    groups = {"things": [one for one in found if one.kind == "thing"]}
    groups["words"] = [one for one in found if one.kind != "thing"]
    pictures = {}
    for name, group in groups.items():
        path = places.images / f"needles-{name}.png"
        heat_map([one.cell() for one in group], path, f"Needles found first: {name}")
        pictures[path.name] = f"{name} found by the first moment, by depth and length"
    about = (
        "One scene hidden in a wandering: a thing that is nowhere else (searched by its name among the "
        "pictures, by nano-clip), a card with a code (searched by the question among what is read from the "
        "screen), a sentence (likewise among what is said). Found: the first moment covers at least half "
        "of the gold window."
    )
    data = {"about": about, "cells": [one.record() for one in found]}
    return PartResult("Needles in haystacks", data, pictures)


def compression(places: OutputFolders, say: Say, limit: int | None = None) -> PartResult:
    """Accuracy and prefill of nano-vlm against the keep ratio, method by method.

    Args:
        places: output folders.
        say: called with a line of progress.
        limit: most clips of each set.
    """
    from playhead_bench.compression.clips import needle_clips, single_clips
    from playhead_bench.compression.encode_clips import ClipEncoders
    from playhead_bench.compression.experiment import compare
    from playhead_bench.compression.methods import LIMITED, METHODS

    models = ClipEncoders(folder_of("video"), folder_of("picture"), folder_of("appearance"))
    singles, hidden = (
        num_clips if limit is None else min(limit, num_clips)
        for num_clips in (COMPRESSION_CLIPS, COMPRESSION_NEEDLES)
    )
    sets = {
        f"Single clips: 8 frames of one scene ({singles} clips)": (single_clips(singles), METHODS),
        f"Needles: 2 seconds of 2 minutes, a frame a second ({hidden} clips)": (
            needle_clips(hidden),
            {**METHODS, **LIMITED},
        ),
    }
    points = {
        name: [one.record() for one in compare(models, clips, methods=methods, say=say)]
        for name, (clips, methods) in sets.items()
    }
    plot = draw_compression(points, places.images / "compression.png")
    about = (
        "nano-vlm is asked the same questions, of test seeds, with the same prompt and greedy decoding; what "
        "differs is which visual tokens it is shown. A reply counts when it is exactly right. The keep ratio "
        "counts visual tokens; the times and marks around the tokens of a frame come on top, and go where a "
        "frame keeps none. Nano-vlm joins two frames into 45 tokens. Nothing shown: no whole frame, or not "
        "one token of each, fits. Prefill is in processor time, words around the tokens included. LongVU "
        "prunes frames by nano-dino; as released its cases are told apart by the cells of its own grids. "
        "Nano-vlm was trained on 8 frames; of needles two methods never show it more."
    )
    data = json.loads(json.dumps({"about": about, "sets": points}))
    title = "Fewer visual tokens: accuracy against the keep ratio"
    return PartResult(title, data, {plot.name: "accuracy of each method against the visual tokens kept"})


def training(places: OutputFolders, say: Say) -> PartResult:
    """How the nano models that ship were trained, from the logs and scores beside their weights."""
    pictures, scores = dict[str, str](), dict[str, dict[str, float]]()
    for role in FOLDERS:
        folder = folder_of(role)
        lines = (folder / "training.jsonl").read_text(encoding="utf-8").splitlines()
        plot = draw_training([json.loads(line) for line in lines], places.images / f"{folder.name}.png")
        pictures[plot.name] = f"the training of {folder.name}"
        scores[folder.name] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return PartResult("The nano models: trainings and scores", {"scores": scores}, pictures)


def suite(places: OutputFolders, say: Say) -> PartResult:
    """The small benchmarks of single parts, each in a process of its own."""
    from playhead_bench.suite.__main__ import benchmarks, run_alone

    report: dict[str, Any] = {}
    for name in benchmarks():
        if places.benches and name.partition("_")[0] not in places.benches:
            continue
        say(f"{name} …")
        report[name] = run_alone(name, "small")
    return PartResult("The parts alone: small benchmarks", report, {})


PARTS: Mapping[str, Callable[[OutputFolders, Say], PartResult]] = {
    "suite": suite, "training": training, "eval": evaluation, "real": real, "oracle": oracle,
    "needles": needles, "compression": compression,
}  # fmt: skip
"""What `make bench` runs, in this order."""


def _copy_image(image: Path, pictures: Path, name: str) -> str:
    """Copies an image beside the others; its name, empty where there is none."""
    if not image.exists():
        return ""
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / name).write_bytes(image.read_bytes())
    return name
