"""Runs strategies over samples: one line of `run.jsonl` each, taken up again where it was stopped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from playhead_bench.evaluate.answerer import AnswererReply, FrameClip
from playhead_bench.evaluate.answerer_cache import CachedAnswerer
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.manifest import RunManifest, require_same_run
from playhead_bench.evaluate.run_rows import row_of
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.protocol import EvaluationSession, EvaluationStrategy

RUN_NAME = "run.jsonl"


def run(
    folder: Path,
    samples: Sequence[Sample],
    strategies: Sequence[EvaluationStrategy],
    session: EvaluationSession,
    manifest: RunManifest,
    *,
    replay: bool = False,
    on_row: Callable[[dict[str, Any]], None] = lambda row: None,
) -> list[dict[str, Any]]:
    """Answers every sample by every strategy; the rows, those of an earlier part of the run among them.

    A row is on the disk before the next is begun, so a run that is killed goes on with the same call. A
    replay computes every row anew from cached replies and writes no file but the rows.

    Args:
        folder: of the run: `manifest.json`, `run.jsonl`, `replies.jsonl`.
        samples: with ids that differ.
        strategies: with names that differ.
        session: its answerer is called only for replies that are not cached.
        manifest: what the run is made with.
        replay: call no model; a reply that is not cached is an error.
        on_row: called with each new row.

    Raises:
        ValueError: two samples share an id, or two strategies a name.
        RunMismatch: the folder holds a run that was made with something else.
        RunDamaged: a file of the folder cannot be read.
        ReplyMissing: a replay needs a reply that is not cached.
    """
    _require_different("samples", [sample.id for sample in samples])
    _require_different("strategies", [strategy.name for strategy in strategies])
    require_same_run(folder, manifest)
    cached = replace(session, answerer=CachedAnswerer(folder, session.answerer, replay=replay))
    if replay:
        return list(_rows(samples, strategies, cached, {}, on_row))
    manifest.save(folder)
    path = folder / RUN_NAME
    keys = {(strategy.name, sample.id) for strategy in strategies for sample in samples}
    rows = {(row["strategy"], row["id"]): row for row in read_lines(path)}
    writer = LineWriter(path)
    for row in _rows(samples, strategies, cached, rows, on_row):
        writer.write(row)
        rows[row["strategy"], row["id"]] = row
    manifest.done().save(folder)
    return [row for key, row in rows.items() if key in keys]


def _rows(
    samples: Sequence[Sample],
    strategies: Sequence[EvaluationStrategy],
    session: EvaluationSession,
    done: dict[tuple[str, str], Any],
    on_row: Callable[[dict[str, Any]], None],
) -> Iterator[dict[str, Any]]:
    for strategy in strategies:
        for sample in samples:
            if (strategy.name, sample.id) in done:
                continue
            row = answer_sample(strategy, sample, session)
            yield row
            on_row(row)


def answer_sample(strategy: EvaluationStrategy, sample: Sample, session: EvaluationSession) -> dict[str, Any]:
    """The row of one sample answered by one strategy.

    Its seconds are those of everything but the answerer, as measured, and those that each reply took when
    it was made, so that cached replies change nothing. What was prepared for the whole video is not in them.
    """
    timed = _TimedSession(session)
    began = perf_counter()
    outcome = strategy.answer(sample, timed.session)
    own_s = perf_counter() - began - timed.seconds
    prepared_s = sum(call.reply.seconds for call in outcome.prepared)
    seconds = max(0.0, own_s) + timed.reply_seconds - prepared_s + outcome.cached_s
    return row_of(strategy.name, sample, outcome, seconds)


class _TimedSession:
    """A session that measures the time of its answerer: as it passes now, and as the replies state."""

    def __init__(self, session: EvaluationSession) -> None:
        self._answerer = session.answerer
        self.name, self.revision = session.answerer.name, session.answerer.revision
        self.seconds = self.reply_seconds = 0.0
        self.session = replace(session, answerer=self)

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> AnswererReply:
        """The answerer's own reply."""
        began = perf_counter()
        reply = self._answerer.answer(clip, question, options)
        self.seconds += perf_counter() - began
        self.reply_seconds += reply.seconds
        return reply


def _require_different(what: str, names: Sequence[str]) -> None:
    again = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if again:
        raise ValueError(f"{what} must have names that differ, {again[0]!r} comes more than once")
