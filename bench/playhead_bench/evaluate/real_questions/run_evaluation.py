"""An evaluation on real questions, from a folder to a report; a run that was stopped goes on."""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from playhead import Library
from playhead.models import ModelNames, load_one
from playhead.video_models import OFF
from playhead_bench.evaluate.caching_proxy import open_proxy
from playhead_bench.evaluate.errors import QuestionsInvalid, ReplyMissing
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.manifest import make_manifest, read_manifest, require_same_run
from playhead_bench.evaluate.real_questions.absent_questions import AbsentPair, absent_sets
from playhead_bench.evaluate.real_questions.answer_question import answer_question, answer_record
from playhead_bench.evaluate.real_questions.baselines import CHUNK_LENGTHS_S, TranscriptBaselines
from playhead_bench.evaluate.real_questions.chat_run import CHAT_ROWS, ChatQuestion, ChatRun
from playhead_bench.evaluate.real_questions.chat_scoring import (
    AbsentScores,
    ChatSetScores,
    score_absent,
    score_chat,
)
from playhead_bench.evaluate.real_questions.chat_systems import (
    ABSENT_SYSTEMS,
    DEFAULT_SYSTEMS,
    SYSTEMS,
    ChatServer,
)
from playhead_bench.evaluate.real_questions.chat_tables import chat_grids
from playhead_bench.evaluate.real_questions.data import Half, QuestionSet, RealQuestion
from playhead_bench.evaluate.real_questions.scoring import SetScores, is_correct_window, score_sets
from playhead_bench.evaluate.real_questions.tables import markdown, record
from playhead_bench.evaluate.runner import RUN_NAME
from playhead_index.embed.minilm import OFFLINE
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.errors import PlayheadError
from playhead_index.index_settings import IndexSettings

PRODUCT = ("playhead_index", "playhead_tools", "playhead_agent", "playhead")
ROWS_VERSION = 3
"""To be raised when `answers` or `baselines` change what a row holds; rows of two versions are not mixed."""
ABSENT_ROWS = "absent.jsonl"
REPLIES = "replies.sqlite"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RealSettings:
    """How an evaluation on real questions is run.

    Args:
        folder: of the run: libraries, `run.jsonl`, `manifest.json`, the report.
        words_model: sentence encoder of the library and of the baselines; `off` leaves out both.
        device: `auto`, `cpu`, `cuda`, `mps`.
        chat: the chat model that the systems of `systems` answer with, beside `ask` without one.
        half: which half of the videos.
        seed: of the bootstrap.
        replay: score the rows of the folder and answer nothing.
        every: only every n-th question of a set, in file order (`QuestionSet.sample`).
        limit: at most so many questions of a set; None for no limit.
        systems: names of `chat_systems.SYSTEMS`.
        absent: pairs of a question and a video that does not answer it.
        max_minutes: after which no further question is put to the chat model; None for no limit.
    """

    folder: Path
    words_model: str = OFFLINE
    device: str = "auto"
    chat: ChatServer = field(default_factory=ChatServer)
    half: Half = "all"
    seed: int = 0
    replay: bool = False
    every: int = 1
    limit: int | None = None
    systems: tuple[str, ...] = DEFAULT_SYSTEMS
    absent: tuple[AbsentPair, ...] = ()
    max_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class RealReport:
    """The scores of a run.

    Args:
        folder: of the run.
        sets: `search`, `ask` without a chat model, and the baselines.
        record: all scores with the settings, in plain JSON types.
        chat: the systems with a chat model, as far as they have rows.
        absent: the same at questions that their video does not answer, `ask` without a chat model first.
        is_complete: every question was put to every system.
    """

    folder: Path
    sets: tuple[SetScores, ...]
    record: dict[str, Any]
    chat: tuple[ChatSetScores, ...] = ()
    absent: tuple[AbsentScores, ...] = ()
    is_complete: bool = True


def evaluate_real(
    sets: Sequence[QuestionSet], settings: RealSettings, *, say: Say = lambda text: None
) -> RealReport:
    """Indexes the videos, answers every question by every system, scores, writes the report.

    Each row is on the disk before the next question, so that the same call goes on after a stop. Rows that
    were made by other code of the product, other models or other questions are never mixed in.

    Args:
        sets: the complete question sets.
        settings: how.
        say: called with a line of progress.

    Raises:
        QuestionsInvalid: nothing is left to ask, or a pair of an absent question does not fit the sets.
        RunMismatch: the folder holds a run that was made with something else.
        ReplyMissing: with `replay`, a question has no row.
        PlayheadError: a video cannot be indexed, or a model cannot be used.
    """
    halves = [one.half(settings.half) for one in sets]
    sampled = [each for one in halves if (each := one.sample(settings.every, settings.limit)).questions]
    questions = [question for one in sampled for question in one.questions]
    if not questions:
        raise QuestionsInvalid(f"no questions are left in the half {settings.half!r}; take another half")
    absent = absent_sets(sets, settings.absent)
    is_complete = settings.replay or _answer_all(sampled, absent, settings, say)
    rows = _stored_rows(settings, questions)
    scores = score_sets(rows, settings.seed)
    chat_rows = read_lines(settings.folder / CHAT_ROWS)
    chat = score_chat(chat_rows, rows, settings.seed)
    absent_scores = score_absent(_absent_answers(settings.folder, chat_rows))
    manifest = read_manifest(settings.folder)
    about = {"task": "real", "questions": len(questions), **({} if manifest is None else manifest.settings)}
    report_record = record(scores, about) | {
        "chat": [one.record() for one in chat],
        "absent": [asdict(one) for one in absent_scores],
    }
    report = RealReport(
        settings.folder, tuple(scores), report_record, tuple(chat), tuple(absent_scores), is_complete
    )
    _write(report, f"Real questions: {len(questions)} questions, {_half_in_words(settings.half)}")
    return report


def _answer_all(
    sets: Sequence[QuestionSet], absent: Sequence[QuestionSet], settings: RealSettings, say: Say
) -> bool:
    """Makes every row that is missing; False when the minutes of the chat model ran out before."""
    encoder = (
        None if settings.words_model == OFF else load_one("words", settings.words_model, settings.device)
    )
    questions = [question for one in sets for question in one.questions]
    manifest = make_manifest(
        questions,
        {
            "words": OFF if encoder is None else f"{encoder.tag.name}@{encoder.tag.revision}",
            "chat": settings.chat.name or OFF,
        },
        {**_deciding(settings), "product": product_digest(), "rows": ROWS_VERSION},
        settings.seed,
    )
    require_same_run(settings.folder, manifest)
    manifest.save(settings.folder)
    libraries = _Libraries([*sets, *absent], settings, say)
    _write_plain_rows(sets, libraries, encoder, settings.folder, say)
    _write_absent_rows(absent, libraries, settings.folder, say)
    is_complete = settings.chat.name is None or _write_chat_rows(sets, absent, libraries, settings, say)
    if is_complete:
        manifest.done().save(settings.folder)
    return is_complete


class _Libraries:
    """The library of each set, with all of its videos that have questions, indexed at its first use."""

    def __init__(self, sets: Sequence[QuestionSet], settings: RealSettings, say: Say) -> None:
        self._sets: dict[str, QuestionSet] = {}
        for one in sets:
            videos = {**self._sets.get(one.name, one).videos, **one.videos}
            self._sets[one.name] = replace(one, videos=videos)
        self._settings, self._say = settings, say
        self._opened: dict[str, tuple[Library, dict[str, str]]] = {}

    def open(self, name: str) -> tuple[Library, dict[str, str]]:
        if name not in self._opened:
            self._opened[name] = index_set(self._sets[name], self._settings, self._say)
        return self._opened[name]


def _write_plain_rows(
    sets: Sequence[QuestionSet],
    libraries: _Libraries,
    encoder: TextEmbedder | None,
    folder: Path,
    say: Say,
) -> None:
    """Rows of `search`, `ask` without a chat model and the baselines, for questions that have none."""
    path = folder / RUN_NAME
    done, total = {row["id"] for row in read_lines(path)}, sum(len(one.questions) for one in sets)
    writer = LineWriter(path)
    for one in sets:
        for row in _new_rows(one, done, libraries, encoder):
            writer.write(row)
            done.add(row["id"])
            say(f"{len(done)}/{total} {_in_words(row)}")


def _new_rows(
    one: QuestionSet, done: Collection[str], libraries: _Libraries, encoder: TextEmbedder | None
) -> Iterator[dict[str, Any]]:
    """Rows of the questions of a set that have none, video by video, so that each is chunked once."""
    left = [question for question in one.questions if question.id not in done]
    if not left:
        return
    library, video_ids = libraries.open(one.name)
    for video in dict.fromkeys(question.video for question in left):
        spans = [row.words for row in library.catalog.spans(video_ids[video]) if row.words.kind == "speech"]
        baselines = TranscriptBaselines(spans, encoder)
        for question in left:
            if question.video == video:
                yield answer_question(library, video_ids[video], question, baselines)


def _write_absent_rows(absent: Sequence[QuestionSet], libraries: _Libraries, folder: Path, say: Say) -> None:
    """What `ask` without a chat model says to questions that their video does not answer."""
    path = folder / ABSENT_ROWS
    done = {row["id"] for row in read_lines(path)}
    writer = LineWriter(path)
    left = [question for one in absent for question in one.questions if question.id not in done]
    for question in left:
        library, video_ids = libraries.open(question.set_name)
        answer = answer_record(partial(library.ask, question.text, videos=[video_ids[question.video]]))
        writer.write({"id": question.id, "ask": answer})
        say(f"{question.id}: ask {answer['status']} {answer['reason']}".rstrip())


def _write_chat_rows(
    sets: Sequence[QuestionSet],
    absent: Sequence[QuestionSet],
    libraries: _Libraries,
    settings: RealSettings,
    say: Say,
) -> bool:
    """Rows of every system with a chat model; False when the minutes ran out before all were made."""
    systems = [SYSTEMS[name] for name in settings.systems]
    absent_systems = [one for one in systems if one.name in ABSENT_SYSTEMS]
    counts = [
        len(own) * sum(len(one.questions) for one in group)
        for own, group in ((systems, sets), (absent_systems, absent))
    ]
    deadline_s = None if settings.max_minutes is None else time.monotonic() + 60 * settings.max_minutes
    cache = settings.chat.cache or settings.folder / REPLIES
    with open_proxy(cache, settings.chat.base_url or "") as proxy:
        for group, own in ((sets, systems), (absent, absent_systems)):
            run = ChatRun(settings.folder, proxy, settings.chat, own, say, deadline_s)
            for one in group:
                library, video_ids = libraries.open(one.name)
                chat_questions = [
                    ChatQuestion(question, video_ids[question.video], is_absent=group is absent)
                    for question in one.questions
                ]
                if not run.answer(library, chat_questions, sum(counts)):
                    return False
    return True


def _absent_answers(folder: Path, chat_rows: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Answers to absent questions by system, `ask` without a chat model first."""
    plain = [row["ask"] for row in read_lines(folder / ABSENT_ROWS)]
    by_system: dict[str, list[dict[str, Any]]] = {"no model": plain}
    for row in chat_rows:
        if row["is_absent"]:
            by_system.setdefault(row["system"], []).append(row["ask"])
    return by_system


def index_set(one: QuestionSet, settings: RealSettings, say: Say) -> tuple[Library, dict[str, str]]:
    """The library of a set's videos, with words only, and the id of each video by its name.

    Raises:
        QuestionsInvalid: two videos are the same, or one has no transcript.
        PlayheadError: a video cannot be indexed.
    """
    names = ModelNames(OFF, OFF, settings.words_model, OFF, OFF, settings.device, OFF)
    library = Library(settings.folder / "libraries" / one.name, names)
    for report in library.index(list(one.videos.values()), IndexSettings(transcribe="never")):
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
    more = chat_grids(report.chat, report.absent)
    (report.folder / "report.md").write_text(markdown(report.sets, title, more), "utf-8")
