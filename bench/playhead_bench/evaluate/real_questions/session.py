"""An evaluation on real questions, from a folder to a report; a run that was stopped goes on."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from playhead import Library
from playhead.models import ModelNames, load_one
from playhead.video_models import OFF
from playhead_bench.evaluate.errors import QuestionsInvalid, ReplyMissing
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.manifest import make_manifest, read_manifest, require_same_run
from playhead_bench.evaluate.real_questions.answers import ChatModel, answer_question
from playhead_bench.evaluate.real_questions.baselines import CHUNK_LENGTHS_S, TranscriptBaselines
from playhead_bench.evaluate.real_questions.data import Half, QuestionSet, RealQuestion
from playhead_bench.evaluate.real_questions.scoring import SetScores, is_correct_window, score_sets
from playhead_bench.evaluate.real_questions.tables import markdown, record
from playhead_bench.evaluate.runner import RUN_NAME
from playhead_index.embed.minilm import OFFLINE
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.errors import PlayheadError
from playhead_index.recipe import Recipe

PRODUCT = ("playhead_index", "playhead_tools", "playhead_agent", "playhead")
ROWS_VERSION = 2
"""To be raised when `answers` or `baselines` change what a row holds; rows of two versions are not mixed."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RealSettings:
    """How an evaluation on real questions is run.

    Args:
        folder: of the run: libraries, `run.jsonl`, `manifest.json`, the report.
        words_model: sentence encoder of the library and of the baselines; `off` leaves out both.
        device: `auto`, `cpu`, `cuda`, `mps`.
        chat: words the answers of `ask`.
        half: which half of the videos.
        seed: of the bootstrap.
        replay: score the rows of the folder and answer nothing.
    """

    folder: Path
    words_model: str = OFFLINE
    device: str = "auto"
    chat: ChatModel = field(default_factory=ChatModel)
    half: Half = "all"
    seed: int = 0
    replay: bool = False


@dataclass(frozen=True, slots=True)
class RealReport:
    """A run that has come to its end: its scores, and these with the settings as plain JSON types."""

    folder: Path
    sets: tuple[SetScores, ...]
    record: dict[str, Any]


def evaluate_real(
    sets: Sequence[QuestionSet], settings: RealSettings, *, say: Say = lambda text: None
) -> RealReport:
    """Indexes the videos, answers every question by every system, scores, writes the report.

    Each row is on the disk before the next question, so that the same call goes on after a stop. Rows that
    were made by other code of the product, other models or other questions are never mixed in.

    Args:
        sets: what is asked.
        settings: how.
        say: called with a line of progress.

    Raises:
        QuestionsInvalid: nothing is left to ask.
        RunMismatch: the folder holds a run that was made with something else.
        ReplyMissing: with `replay`, a question has no row.
        PlayheadError: a video cannot be indexed, or a model cannot be used.
    """
    halves = [each for one in sets if (each := one.half(settings.half)).questions]
    questions = [question for one in halves for question in one.questions]
    if not questions:
        raise QuestionsInvalid(f"no questions are left in the half {settings.half!r}; take another half")
    rows = (
        _stored_rows(settings, questions)
        if settings.replay
        else _answered_rows(halves, questions, settings, say)
    )
    scores = score_sets(rows, settings.seed)
    held = read_manifest(settings.folder)
    about = {"task": "real", "questions": len(questions), **({} if held is None else held.settings)}
    report = RealReport(settings.folder, tuple(scores), record(scores, about))
    _write(report, f"Real questions: {len(questions)} questions, {_half_in_words(settings.half)}")
    return report


def _answered_rows(
    sets: Sequence[QuestionSet], questions: Sequence[RealQuestion], settings: RealSettings, say: Say
) -> list[dict[str, Any]]:
    encoder = (
        None if settings.words_model == OFF else load_one("words", settings.words_model, settings.device)
    )
    models = {"words": OFF if encoder is None else f"{encoder.tag.name}@{encoder.tag.revision}"}
    models["chat"] = settings.chat.name or OFF
    manifest = make_manifest(
        questions,
        models,
        {**_deciding(settings), "product": product_digest(), "rows": ROWS_VERSION},
        settings.seed,
    )
    require_same_run(settings.folder, manifest)
    manifest.save(settings.folder)
    path = settings.folder / RUN_NAME
    rows = {row["id"]: row for row in read_lines(path)}
    writer = LineWriter(path)
    for one in sets:
        for row in _new_rows(one, rows, settings, encoder, say):
            writer.write(row)
            rows[row["id"]] = row
            say(f"{len(rows)}/{len(questions)} {_in_words(row)}")
    manifest.done().save(settings.folder)
    return [rows[question.id] for question in questions]


def _new_rows(
    one: QuestionSet,
    done: Mapping[str, Any],
    settings: RealSettings,
    encoder: TextEmbedder | None,
    say: Say,
) -> Iterator[dict[str, Any]]:
    """Rows of the questions of a set that have none, video by video, so that each is chunked once."""
    left = [question for question in one.questions if question.id not in done]
    if not left:
        return
    library, video_ids = index_set(one, settings, say)
    for video in dict.fromkeys(question.video for question in left):
        spans = [row.words for row in library.catalog.spans(video_ids[video]) if row.words.kind == "speech"]
        baselines = TranscriptBaselines(spans, encoder)
        for question in left:
            if question.video == video:
                yield answer_question(library, video_ids[video], question, baselines, settings.chat)


def index_set(one: QuestionSet, settings: RealSettings, say: Say) -> tuple[Library, dict[str, str]]:
    """The library of a set's videos, with words only, and the id of each video by its name.

    Raises:
        QuestionsInvalid: two videos are the same, or one has no transcript.
        PlayheadError: a video cannot be indexed.
    """
    names = ModelNames(OFF, OFF, settings.words_model, OFF, OFF, settings.device, OFF)
    library = Library(settings.folder / "libraries" / one.name, names)
    for report in library.index(list(one.videos.values()), Recipe(transcribe="never")):
        say(f"{report.status} {one.name}/{report.path.name} in {report.seconds:.1f} s")
        if report.status == "failed":
            raise PlayheadError(f"{report.path}: cannot be indexed: {report.error}")
    video_ids = {name: library.video_id(str(path)) for name, path in one.videos.items()}
    if len(set(video_ids.values())) < len(video_ids):
        raise QuestionsInvalid(f"{one.name}: two video files have the same bytes; each needs its own content")
    for name, video_id in video_ids.items():
        if not library.catalog.spans(video_id):
            raise QuestionsInvalid(f"{one.videos[name]}: no words were found; put subtitles beside the video")
    return library, video_ids


def _stored_rows(settings: RealSettings, questions: Sequence[RealQuestion]) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in read_lines(settings.folder / RUN_NAME)}
    missing = [question.id for question in questions if question.id not in rows]
    if missing:
        raise ReplyMissing(
            f"{settings.folder} has no row for {len(missing)} questions, such as {missing[0]}; "
            "run without --replay"
        )
    return [rows[question.id] for question in questions]


def product_digest() -> str:
    """BLAKE2b hash of the product's Python files: two runs share a folder only where it is the same."""
    digest = hashlib.blake2b(digest_size=8)
    for package in PRODUCT:
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(Path(place).rglob("*.py")):
                digest.update(f"{package}/{path.relative_to(place)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _deciding(settings: RealSettings) -> dict[str, Any]:
    server = urlsplit(settings.chat.base_url or "")
    return {
        "half": settings.half,
        "chat": settings.chat.name or OFF,
        "server": f"{server.hostname or ''}:{server.port or ''}".strip(":"),
        "words": settings.words_model,
        "chunk_lengths_s": list(CHUNK_LENGTHS_S),
    }


def _half_in_words(half: Half) -> str:
    return "all videos" if half == "all" else f"{half} half of the videos"


def _in_words(row: Mapping[str, Any]) -> str:
    gold = np.array(row["gold"])

    def mark(windows: Sequence[Sequence[float]]) -> str:
        return (
            "no window"
            if not windows
            else "correct"
            if is_correct_window(np.array(windows[0]), gold)
            else "wrong"
        )

    status = " ".join(filter(None, (row["ask"]["status"], row["ask"]["reason"])))
    return f"{row['id']}: search {mark(row['search'])}, ask {mark(row['ask']['cited'])} ({status})"


def _write(report: RealReport, title: str) -> None:
    text = json.dumps(report.record, indent=1, ensure_ascii=False)
    (report.folder / "report.json").write_text(text + "\n", "utf-8")
    (report.folder / "report.md").write_text(markdown(report.sets, title), "utf-8")
