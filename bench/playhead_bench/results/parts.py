"""The parts of the results: each runs one thing, and gives it as a fragment with its pictures drawn."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from playhead_bench.nano.card import commit
from playhead_bench.nano.profile import FOLDERS, folder_of
from playhead_bench.results import haystacks
from playhead_bench.results.drawing import draw_keeping, draw_noise, draw_training
from playhead_bench.results.fragments import Fragment, FragmentDamaged, here, machine_kind
from playhead_bench.suite.common import SHARED
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
class Places:
    """Where things go.

    Args:
        work: for videos, libraries and runs, made again where they are missing.
        pictures: for PNG files.
        benches: of the part `suite`, only those with these numbers, such as `b5s`; all for none.
    """

    work: Path
    pictures: Path
    benches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a part came to, before it is told where and when."""

    title: str
    data: Mapping[str, Any]
    pictures: Mapping[str, str]


def run_part(name: str, places: Places, say: Say) -> Fragment:
    """Runs one of `PARTS` and gives its fragment.

    Raises:
        ModelUnavailable: it needs a nano model that is not here.
        PlayheadError: a video or a folder is not as needed.
    """
    made_at, machine = here()
    began = perf_counter()
    found = PARTS[name](places, say)
    took = perf_counter() - began
    some = f" --benches {' '.join(places.benches)}" if name == "suite" and places.benches else ""
    command = f"{PROGRAM} --only {name}{some}"
    return Fragment(name, found.title, command, made_at, machine, took, found.data, found.pictures)


def of_run(folder: Path, pictures: Path, command: str = "") -> Fragment:
    """The fragment of an evaluation that lies in a folder of its own, as `playhead eval --out` writes it.

    Args:
        folder: of the run, come to its end.
        pictures: where its picture is copied to.
        command: that gave it; its settings are told where this is empty.

    Raises:
        FragmentDamaged: the folder holds no finished run.
    """
    from playhead_bench.evaluate.manifest import read_manifest

    manifest = read_manifest(folder)
    if manifest is None or not manifest.finished or not (folder / "report.md").exists():
        raise FragmentDamaged(
            f"{folder}: no finished run; give the folder of a `playhead eval` that has ended"
        )
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    where = machine_kind(*(manifest.machine.get(key, "unknown") for key in ("processor", "count", "system")))
    name = f"run-{folder.resolve().name}"
    shown = _copied(folder / "report.png", pictures, f"{name}.png")
    return Fragment(
        name,
        f"Strategies compared: {told['task']}, {told['questions']} questions",
        command or f"playhead eval --out {folder.name}",
        manifest.commit or "unknown",
        where,
        None,
        {"report": (folder / "report.md").read_text(encoding="utf-8")},
        {shown: "accuracy of each strategy"} if shown else {},
    )


def evaluation(places: Places, say: Say) -> Found:
    """All strategies on made videos of one and ten minutes."""
    from playhead.models import ModelNames
    from playhead_bench.evaluate.session import Settings, evaluate
    from playhead_bench.evaluate.strategies.registry import strategies_named
    from playhead_bench.evaluate.tasks import world_task
    from playhead_bench.evaluate.transformers_answerer import TransformersAnswerer

    folder = places.work / "eval" / commit()
    answerer = TransformersAnswerer(folder_of("video"))
    task = world_task(places.work / "videos", EVAL_MINUTES, part="test", per_kind=1)
    names = ModelNames(f"local-dir:{folder_of('picture')}", str(folder_of("appearance")), speech="off")
    evaluated = evaluate(task, strategies_named([]), Settings(folder, answerer, names), say=say)
    shown = _copied(folder / "report.png", places.pictures, "eval.png")
    return Found(
        f"Strategies compared, small: {len(task.samples)} questions over videos of 1 and 10 minutes",
        {"report": (evaluated.folder / "report.md").read_text(encoding="utf-8")},
        {shown: "accuracy of each strategy"} if shown else {},
    )


def real(places: Places, say: Say) -> Found:
    """Search, ask and baselines on questions that people asked about real recordings.

    Raises:
        PlayheadError: the folder of real questions is not on this machine.
    """
    from playhead_bench.evaluate.real_questions.data import read_sets
    from playhead_bench.evaluate.real_questions.session import RealSettings, evaluate_real, product_digest

    folder = Path(os.environ.get(REAL_ENV) or SHARED / "real_questions")
    if not folder.is_dir():
        raise PlayheadError(f"{folder}: no folder of real questions; set {REAL_ENV} to one")
    run = places.work / "real" / product_digest()
    sets = read_sets(folder)
    report = evaluate_real(sets, RealSettings(run), say=say)
    title = f"Real questions about real recordings: {sum(len(one.questions) for one in sets)} questions"
    return Found(title, {"report": (report.folder / "report.md").read_text(encoding="utf-8")}, {})


def oracle(places: Places, say: Say) -> Found:
    """The product's search with vectors made from the truth, at several levels of noise."""
    from tempfile import TemporaryDirectory

    from playhead_bench.oracle.experiment import needles, recall_against_noise
    from playhead_bench.world.wander import wander

    stories = [wander(seed, ORACLE_MINUTES, "dev") for seed in range(ORACLE_VIDEOS)]
    many = len(needles(stories))
    say(f"{many} things seen once, {len(LEVELS)} levels of noise")
    with TemporaryDirectory() as folder:
        points = recall_against_noise(Path(folder), stories, LEVELS)
    drawn = draw_noise(points, places.pictures / "oracle.png")
    about = (
        f"{many} things that are each seen once in {ORACLE_VIDEOS} made videos of {ORACLE_MINUTES:g} "
        "minutes, searched by name. The vectors are made from the truth, with a modality gap of 0.7 and "
        "noise of the length given, so what is lost without noise is lost by the search, not by an encoder."
    )
    # one trip through JSON, so that a fragment just made is the fragment that will be read
    told = json.loads(json.dumps([asdict(point) for point in points]))
    title = "The search alone: recall against the noise of its vectors"
    return Found(title, {"about": about, "points": told}, {drawn.name: "recall against noise"})


def needles(places: Places, say: Say) -> Found:
    """Needles of each kind in haystacks, found by the product's search."""
    from playhead_bench.world.needles import NEEDLE_KINDS, heat_map

    folder_of("picture")
    found = [one for kind in NEEDLE_KINDS for one in haystacks.sought(kind, places.work / "needles", say=say)]
    places.pictures.mkdir(parents=True, exist_ok=True)
    groups = {"things": [one for one in found if one.kind == "thing"]}
    groups["words"] = [one for one in found if one.kind != "thing"]
    pictures = {}
    for name, group in groups.items():
        path = places.pictures / f"needles-{name}.png"
        heat_map([one.cell() for one in group], path, f"Needles found first: {name}")
        pictures[path.name] = f"{name} found by the first moment, by depth and length"
    about = (
        "One scene hidden in a wandering: a thing that is nowhere else (searched by its name among the "
        "pictures, by nano-clip), a card with a code (searched by the question among what is read from the "
        "screen), a sentence (likewise among what is said). Found: the first moment covers at least half "
        "of the gold window."
    )
    data = {"about": about, "cells": [one.record() for one in found]}
    return Found("Needles in haystacks", data, pictures)


def compression(places: Places, say: Say, limit: int | None = None) -> Found:
    """Accuracy and prefill of nano-vlm against the visual tokens that are kept, method by method.

    Args:
        places: where the picture goes.
        say: told what is going on.
        limit: most clips of each set.
    """
    from playhead_bench.compression.clips import needle_clips, single_clips
    from playhead_bench.compression.experiment import compare
    from playhead_bench.compression.looking import Eyes
    from playhead_bench.compression.methods import LIMITED, METHODS

    eyes = Eyes(folder_of("video"), folder_of("picture"), folder_of("appearance"))
    singles, hidden = (
        many if limit is None else min(limit, many) for many in (COMPRESSION_CLIPS, COMPRESSION_NEEDLES)
    )
    sets = {
        f"Single clips: 8 frames of one scene ({singles} clips)": (single_clips(singles), METHODS),
        f"Needles: 2 seconds of 2 minutes, a frame a second ({hidden} clips)": (
            needle_clips(hidden),
            {**METHODS, **LIMITED},
        ),
    }
    points = {
        name: [one.record() for one in compare(eyes, clips, methods=methods, say=say)]
        for name, (clips, methods) in sets.items()
    }
    drawn = draw_keeping(points, places.pictures / "compression.png")
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
    return Found(title, data, {drawn.name: "accuracy of each method against the visual tokens kept"})


def training(places: Places, say: Say) -> Found:
    """How the nano models that ship were trained, from the logs and scores beside their weights."""
    pictures, scores = dict[str, str](), dict[str, dict[str, float]]()
    for role in FOLDERS:
        folder = folder_of(role)
        lines = (folder / "training.jsonl").read_text(encoding="utf-8").splitlines()
        drawn = draw_training([json.loads(line) for line in lines], places.pictures / f"{folder.name}.png")
        pictures[drawn.name] = f"the training of {folder.name}"
        scores[folder.name] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return Found("The nano models: trainings and scores", {"scores": scores}, pictures)


def suite(places: Places, say: Say) -> Found:
    """The small benchmarks of single parts, each in a process of its own."""
    from playhead_bench.suite.__main__ import benchmarks, run_alone

    report: dict[str, Any] = {}
    for name in benchmarks():
        if places.benches and name.partition("_")[0] not in places.benches:
            continue
        say(f"{name} …")
        report[name] = run_alone(name, "small")
    return Found("The parts alone: small benchmarks", report, {})


PARTS: Mapping[str, Callable[[Places, Say], Found]] = {
    "suite": suite, "training": training, "eval": evaluation, "real": real, "oracle": oracle,
    "needles": needles, "compression": compression,
}  # fmt: skip
"""What `make bench` runs, in this order."""


def _copied(picture: Path, pictures: Path, name: str) -> str:
    """The name of a picture copied beside the others; nothing where none was drawn."""
    if not picture.exists():
        return ""
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / name).write_bytes(picture.read_bytes())
    return name
