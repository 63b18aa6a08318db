"""Answers put to the judge, one request and one row for an answer and aspect; a stopped run goes on."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from playhead.video_models import OFF
from playhead_bench.evaluate.answer_judge.aspects import (
    ASPECTS,
    SCHEMA,
    SYSTEM_PROMPT,
    Aspect,
    Verdict,
    applies,
    messages,
)
from playhead_bench.evaluate.answer_judge.data import JudgedAnswer
from playhead_bench.evaluate.caching_proxy import CachingProxy, open_proxy
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.manifest import make_manifest, require_same_run
from playhead_bench.evaluate.real_questions.chat_systems import ChatServer, complete
from playhead_bench.evaluate.real_questions.run_evaluation import REPLIES
from playhead_bench.evaluate.tables import Grid
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_tools.video_llm.structured_output import parse_form

ROWS = "judged.jsonl"
REPLY_TOKENS = 60
NAMES = tuple(aspect.name for aspect in ASPECTS)
COLUMNS = ("system", "answers", *NAMES, "mean", "missing", "unread")
LEGEND = (
    "Mean scores of the judge from 0 to 5 on the aspects of Video-ChatGPT's benchmark (Maaz et al., 2023), "
    "asked in our words: not comparable with published scores; mean: of the aspects. An answer that is "
    "missing scores 0 without being asked about; unread: replies of the judge that hold no score, which no "
    "mean counts."
)
Row = Mapping[str, Any]
Say = Callable[[str], None]


def judge_answers(
    folder: Path,
    chat: ChatServer,
    answers: Sequence[JudgedAnswer],
    *,
    aspects: Sequence[str] = NAMES,
    has_time: Callable[[], bool] = lambda: True,
    say: Say = lambda text: None,
) -> tuple[Grid, bool]:
    """Scores what has no row yet; the table, and whether every answer has its scores.

    Args:
        folder: of the run.
        chat: the judge.
        answers: to be scored.
        aspects: some of `NAMES`.
        has_time: called before each request; False ends the run, which the same call goes on with.
        say: called with a line of progress.

    Raises:
        RunMismatch: the folder holds a run that was made with something else.
        ModelUnavailable: the judge's server failed, or an answer is too long for it; the same call goes on.
    """
    chosen = [aspect for aspect in ASPECTS if aspect.name in aspects]
    settings = {"server": chat.base_url or "", "prompt": SYSTEM_PROMPT}
    manifest = make_manifest(answers, {"judge": chat.name or OFF}, settings, 0)
    require_same_run(folder, manifest)
    manifest.save(folder)
    writer = LineWriter(folder / ROWS)
    with open_proxy(chat.cache or folder / REPLIES, chat.base_url or "") as proxy:
        for row in _new_rows(folder, proxy, chat, answers, chosen, has_time):
            writer.write(row)
            say(_progress_line(row))
    rows = read_lines(folder / ROWS)
    done = {(row["system"], row["id"], row["aspect"]) for row in rows}
    is_complete = all((one.system, one.id, aspect.name) in done for one, aspect in _pairs(answers, chosen))
    grid = Grid(
        COLUMNS, tuple(_cells(name, rows) for name in dict.fromkeys(row["system"] for row in rows)), LEGEND
    )
    (folder / "report.md").write_text(f"# Answers scored by a judge\n\n{grid.markdown}", "utf-8")
    (folder / "report.json").write_text(json.dumps(scores(rows), indent=1) + "\n", "utf-8")
    return grid, is_complete


def scores(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """By system: mean score of each aspect, of the aspects together, and how many rows were what."""
    return {
        system: _scores([row for row in rows if row["system"] == system])
        for system in dict.fromkeys(row["system"] for row in rows)
    }


def _pairs(answers: Sequence[JudgedAnswer], aspects: Sequence[Aspect]) -> list[tuple[JudgedAnswer, Aspect]]:
    return [(answer, aspect) for answer in answers for aspect in aspects if applies(aspect, answer)]


def _new_rows(
    folder: Path,
    proxy: CachingProxy,
    chat: ChatServer,
    answers: Sequence[JudgedAnswer],
    aspects: Sequence[Aspect],
    has_time: Callable[[], bool],
) -> Iterator[dict[str, Any]]:
    done = {(row["system"], row["id"], row["aspect"]) for row in read_lines(folder / ROWS)}
    for answer, aspect in _pairs(answers, aspects):
        if (answer.system, answer.id, aspect.name) in done:
            continue
        if not has_time():
            return
        yield _row(proxy, chat, answer, aspect)


def _row(proxy: CachingProxy, chat: ChatServer, answer: JudgedAnswer, aspect: Aspect) -> dict[str, Any]:
    row: dict[str, Any] = {"system": answer.system, "id": answer.id, "aspect": aspect.name, "error": ""}
    is_missing = not answer.prediction or (aspect.is_paired and not answer.second_prediction)
    if is_missing:
        return row | {"score": 0.0, "missing": True}
    usage = proxy.start_usage()
    try:
        score: float | None = _ask(proxy, chat, answer, aspect)
    except ModelOutputInvalid as error:
        score, row["error"] = None, str(error)
    if usage.failure:
        raise ModelUnavailable(
            f"the judge failed at {answer.id} ({usage.failure}); run the same command to go on"
        )
    return row | {"score": score, "missing": False, "usage": asdict(usage)}


def _ask(proxy: CachingProxy, chat: ChatServer, answer: JudgedAnswer, aspect: Aspect) -> float:
    """The score of the judge.

    Raises:
        ModelOutputInvalid: the reply holds no score.
        ModelUnavailable: the server failed, or refuses the prompt as too long.
    """
    form = {"type": "json_schema", "json_schema": {"name": "score", "schema": SCHEMA, "strict": True}}
    text = complete(proxy, chat, messages(aspect, answer), REPLY_TOKENS, response_format=form)
    if text is None:
        raise ModelUnavailable(
            f"{chat.base_url} refuses the answer {answer.id!r} as too long for its context"
        )
    return parse_form(Verdict, text).score


def _scores(rows: Sequence[Row]) -> dict[str, float]:
    found = {
        name: float(np.mean(values))
        for name in NAMES
        if (values := [row["score"] for row in rows if row["aspect"] == name and row["score"] is not None])
    }
    means = {"mean": float(np.mean(list(found.values())))} if found else {}
    counts = {
        "answers": len({row["id"] for row in rows}),
        "missing": len({row["id"] for row in rows if row["missing"]}),
        "unread": sum(row["score"] is None for row in rows),
    }
    return {**found, **means, **counts}


def _cells(system: str, rows: Sequence[Row]) -> tuple[str, ...]:
    found = scores(rows)[system]
    means = (f"{found[name]:.2f}" if name in found else "–" for name in (*NAMES, "mean"))
    counts = [f"{found[name]:.0f}" for name in ("answers", "missing", "unread")]
    return (system or "answers", counts[0], *means, *counts[1:])


def _progress_line(row: Row) -> str:
    score = "unread" if row["score"] is None else f"{row['score']:g}"
    return f"{row['system']} {row['id']} {row['aspect']}: {score}".lstrip()
