"""Meetings summarised by the product and from a truncated transcript; one row a query and system."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from playhead import Library
from playhead.models import ModelNames
from playhead.video_models import OFF
from playhead_bench.evaluate.caching_proxy import CachingProxy, open_proxy
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.manifest import make_manifest, require_same_run
from playhead_bench.evaluate.meeting_summaries.data import SummaryQuery
from playhead_bench.evaluate.metrics.rouge import rouge_l
from playhead_bench.evaluate.real_questions.answer_question import answer_record
from playhead_bench.evaluate.real_questions.chat_systems import (
    SYSTEMS as QUESTION_SYSTEMS,
)
from playhead_bench.evaluate.real_questions.chat_systems import (
    TRANSCRIPT,
    ChatProduct,
    ChatServer,
    WholeTranscript,
)
from playhead_bench.evaluate.real_questions.run_evaluation import REPLIES, product_digest
from playhead_bench.evaluate.tables import Grid
from playhead_index.embed.minilm import OFFLINE
from playhead_index.errors import ModelUnavailable, PlayheadError
from playhead_index.index_settings import IndexSettings

ROWS = "summaries.jsonl"
REPLY_TOKENS = 400
SYSTEM_PROMPT = "You write summaries of meetings. Reply with one paragraph of plain text."
NO_MODEL = "no model"
CHAPTERS, CHAPTERS_CHAT = "chapters, no model", "chapters"
SYSTEMS: Mapping[str, str] = {
    NO_MODEL: "`ask` without a chat model",
    CHAPTERS: "the video's summary of `Library.chapters`, extracted from the transcript",
    TRANSCRIPT: "one prompt with the transcript, cut where it does not fit",
    "planner": "`ask` with the chat model as planner",
    CHAPTERS_CHAT: "the video's summary of `Library.chapters`, worded by the chat model",
}
"""In the order in which they are run; the first two need no chat model."""
_CITATION = re.compile(r"\s*\[E\d{1,6}(?:, E\d{1,6})*\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\s\[])")
COLUMNS = ("system", "n", "ROUGE-L", "precision", "recall", "words", "cited", "declined", "prompt", "s p50")
LEGEND = (
    "ROUGE-L: F1 against the person's summary, in percent, mean over queries, with its precision and recall "
    "(no stemming); a declined query counts 0. words: mean length. cited: share of sentences with a "
    "citation. prompt: tokens a query, as the server reports them; s p50: median seconds of the server. "
    "Systems: " + "; ".join(f"{name}: {meaning}" for name, meaning in SYSTEMS.items()) + "."
)


@dataclass(frozen=True, slots=True)
class SummarySettings:
    """How summaries are made.

    Args:
        folder: of the run.
        chat: the chat model; without a name only the systems that need none are run.
        words_model: sentence encoder of the library; `off` for none.
        device: `auto`, `cpu`, `cuda`, `mps`.
        systems: some of `SYSTEMS`.
        max_minutes: after which no summary is begun; None for no limit.
    """

    folder: Path
    chat: ChatServer
    words_model: str = OFFLINE
    device: str = "auto"
    systems: tuple[str, ...] = tuple(SYSTEMS)
    max_minutes: float | None = None


def evaluate_summaries(
    queries: Sequence[SummaryQuery], settings: SummarySettings, *, say: Callable[[str], None]
) -> tuple[Grid, bool]:
    """Runs what has no row yet; the table, and whether every query was put to every system.

    Raises:
        RunMismatch: the folder holds a run that was made with something else.
        ModelUnavailable: the model's server failed; the same call goes on.
        PlayheadError: a meeting cannot be indexed.
    """
    manifest = make_manifest(
        queries,
        {"words": settings.words_model, "chat": settings.chat.name or OFF},
        {"product": product_digest(), "server": settings.chat.base_url or ""},
        0,
    )
    require_same_run(settings.folder, manifest)
    manifest.save(settings.folder)
    deadline_s = None if settings.max_minutes is None else time.monotonic() + 60 * settings.max_minutes
    writer = LineWriter(settings.folder / ROWS)
    with open_proxy(settings.chat.cache or settings.folder / REPLIES, settings.chat.base_url or "") as proxy:
        for row in _new_rows(queries, settings, proxy, deadline_s, say):
            writer.write(row)
            say(_in_words(row))
    rows = read_lines(settings.folder / ROWS)
    is_complete = {(one.id, system) for one in queries for system in _systems(settings)} <= {
        (row["id"], row["system"]) for row in rows
    }
    grid = Grid(COLUMNS, tuple(_cells(name, rows) for name in SYSTEMS if _of(name, rows)), LEGEND)
    (settings.folder / "report.md").write_text(f"# Summaries of meetings\n\n{grid.markdown}", "utf-8")
    (settings.folder / "report.json").write_text(json.dumps(scores(rows), indent=1) + "\n", "utf-8")
    return grid, is_complete


def _systems(settings: SummarySettings) -> list[str]:
    return [one for one in settings.systems if settings.chat.name or one in (NO_MODEL, CHAPTERS)]


def _new_rows(
    queries: Sequence[SummaryQuery],
    settings: SummarySettings,
    proxy: CachingProxy,
    deadline_s: float | None,
    say: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """A row for each query and system that has none, until the deadline of the monotonic clock."""
    done = {(row["id"], row["system"]) for row in read_lines(settings.folder / ROWS)}
    library = _index(queries, settings, say)
    product = ChatProduct(proxy, settings.chat, settings.folder)
    for query in queries:
        video_id = library.video_id(str(query.video))
        names = library.speaker_names().get(video_id, {})
        baseline = WholeTranscript(proxy, settings.chat, library.catalog.spans(video_id, "speech"), names)
        for system in _systems(settings):
            if deadline_s is not None and time.monotonic() >= deadline_s:
                return
            if (query.id, system) not in done:
                yield _row(query, video_id, system, library, baseline, product)


def _index(queries: Sequence[SummaryQuery], settings: SummarySettings, say: Callable[[str], None]) -> Library:
    names = ModelNames(OFF, OFF, settings.words_model, OFF, OFF, settings.device, OFF)
    library = Library(settings.folder / "library", names)
    for report in library.index(
        list(dict.fromkeys(query.video for query in queries)), IndexSettings(transcribe="never")
    ):
        say(f"{report.status} {report.path.name} in {report.seconds:.1f} s")
        if report.status == "failed":
            raise PlayheadError(f"{report.path}: cannot be indexed: {report.error}")
    return library


def _row(
    query: SummaryQuery,
    video_id: str,
    system: str,
    library: Library,
    baseline: WholeTranscript,
    product: ChatProduct,
) -> dict[str, Any]:
    usage = baseline.proxy.start_usage()
    text, num_sentences, num_cited, notes = _summary(query, video_id, system, library, baseline, product)
    if usage.failure:
        raise ModelUnavailable(
            f"the chat model failed at {query.id} ({usage.failure}); run the same command to go on"
        )
    found = rouge_l(text, query.reference)
    return {
        "id": query.id,
        "system": system,
        "query": query.text,
        "text": text,
        "sentences": num_sentences,
        "cited_sentences": num_cited,
        "notes": notes,
        "precision": found.precision,
        "recall": found.recall,
        "f1": found.f1,
        "usage": asdict(usage),
    }


def _summary(
    query: SummaryQuery,
    video_id: str,
    system: str,
    library: Library,
    baseline: WholeTranscript,
    product: ChatProduct,
) -> tuple[str, int, int, list[str]]:
    """(text, sentences, cited sentences, notes) of one system; an empty text where it declined."""
    if system == TRANSCRIPT:
        reply = baseline.complete(SYSTEM_PROMPT, query.text, REPLY_TOKENS)
        return reply.text, len(split_sentences(reply.text)), 0, reply.record()["notes"]
    if system in (CHAPTERS, CHAPTERS_CHAT):
        chat: dict[str, Any] = {}
        if system == CHAPTERS_CHAT:
            chat = {"llm": baseline.server.name, "base_url": baseline.proxy.base_url}
        _, summary = library.chapters(video_id, **chat)
        sentences = () if summary is None else summary.sentences
        text = " ".join(one.text for one in sentences)
        return text, len(sentences), len(sentences), [] if summary is None else [summary.made_by]
    if system == NO_MODEL:
        answer = answer_record(lambda: library.ask(query.text, videos=[video_id]))
    else:
        one = QUESTION_SYSTEMS[system]
        answer = answer_record(lambda: product.ask(library, video_id, query.text, one))
    if answer["status"] == "abstained":
        return "", 0, 0, [answer["reason"], *answer["notes"]]
    sentences_of = split_sentences(answer["text"])
    num_cited = sum(bool(_CITATION.search(one)) for one in sentences_of)
    return without_citations(answer["text"]), len(sentences_of), num_cited, answer["notes"]


def split_sentences(text: str) -> list[str]:
    """Sentences of a text; citations behind the full stop belong to the sentence before.

    >>> split_sentences("They met [E1]. It was late. [E2, E3] Nobody spoke.")
    ['They met [E1].', 'It was late. [E2, E3]', 'Nobody spoke.']
    """
    parts = _SENTENCE.split(text.strip())
    return [piece for part in parts for piece in re.split(r"(?<=\])\s+(?=[A-Z])", part) if piece]


def without_citations(text: str) -> str:
    """A text without its markers of evidence.

    >>> without_citations("They met [E1] [E2]. It was late. [E3]")
    'They met. It was late.'
    """
    return _CITATION.sub("", text)


def scores(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean ROUGE-L and share of cited sentences of each system."""
    return {
        name: {
            "queries": len(own),
            "f1": float(np.mean([row["f1"] for row in own])),
            "precision": float(np.mean([row["precision"] for row in own])),
            "recall": float(np.mean([row["recall"] for row in own])),
            "cited": _cited(own),
        }
        for name in SYSTEMS
        if (own := _of(name, rows))
    }


def _of(system: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["system"] == system]


def _cited(rows: Sequence[Mapping[str, Any]]) -> float:
    total = sum(row["sentences"] for row in rows)
    return sum(row["cited_sentences"] for row in rows) / total if total else 0.0


def _cells(system: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    own = _of(system, rows)
    means = [float(np.mean([row[name] for row in own])) for name in ("f1", "precision", "recall")]
    return (
        system,
        str(len(own)),
        *(f"{100 * value:.1f}" for value in means),
        f"{np.mean([len(row['text'].split()) for row in own]):.0f}",
        f"{100 * _cited(own):.0f} %",
        str(sum(not row["text"] for row in own)),
        f"{np.mean([row['usage']['prompt_tokens'] for row in own]):,.0f}",
        f"{np.median([row['usage']['seconds'] for row in own]):.1f}",
    )


def _in_words(row: Mapping[str, Any]) -> str:
    usage = row["usage"]
    return (
        f"{row['system']} {row['id']}: ROUGE-L {100 * row['f1']:.1f}, {row['cited_sentences']} of "
        f"{row['sentences']} sentences cited, {usage['calls']} calls, {usage['prompt_tokens']:,} prompt "
        f"tokens, {usage['seconds']:.0f} s"
    )
