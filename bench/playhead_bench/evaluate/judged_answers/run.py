"""Predicted answers put to a judge: one row an answer and aspect, resumed where it stopped."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.caching_proxy import CachingProxy, open_proxy
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.judged_answers.judge import (
    ACCURACY,
    ASPECTS,
    MAX_SCORE,
    PredictedAnswer,
    aspect_means,
    form_of,
    judge_messages,
    parse_verdict,
)
from playhead_bench.evaluate.manifest import make_manifest, require_same_run
from playhead_bench.evaluate.real_questions.chat_systems import ChatServer, complete
from playhead_bench.evaluate.real_questions.run_evaluation import REPLIES
from playhead_bench.evaluate.tables import Grid
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable

ROWS = "judged.jsonl"
REPLY_TOKENS = 64
COLUMNS = ("aspect", "n", "score", "accuracy", "unread")
LEGEND = (
    f"score: mean points, 0 to {MAX_SCORE}, of the answers that the judge graded; accuracy: share that it "
    "calls right; unread: replies of the judge that were no verdict, in no mean. Protocol of Video-ChatGPT "
    "(Maaz et al., 2023, arXiv:2306.05424) in other words and with whole points: numbers compare only by the "
    "same judge."
)


def evaluate_judged(
    folder: Path,
    chat: ChatServer,
    predictions: Sequence[PredictedAnswer],
    *,
    aspects: Sequence[str] = tuple(ASPECTS),
    has_time: Callable[[], bool] = lambda: True,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Grid, bool]:
    """Grades what has no row yet; the table, and whether every answer was graded in every aspect that fits.

    Args:
        folder: of the run.
        chat: the judge.
        predictions: the answers.
        aspects: some of `ASPECTS`.
        has_time: called before each grade; False ends the run, which the same call goes on with.
        say: called with a line of progress.

    Raises:
        RunMismatch: the folder holds a run that was made with something else.
        ModelUnavailable: the judge's server failed; the same call goes on.
    """
    manifest = make_manifest(predictions, {"judge": chat.name or ""}, {"server": chat.base_url or ""}, 0)
    require_same_run(folder, manifest)
    manifest.save(folder)
    pairs = [(item, aspect) for aspect in aspects for item in predictions if item.fits(aspect)]
    writer = LineWriter(folder / ROWS)
    with open_proxy(chat.cache or folder / REPLIES, chat.base_url or "") as proxy:
        for row in _new_rows(folder, chat, proxy, pairs, has_time):
            writer.write(row)
            score = "no verdict" if row["score"] is None else f"{row['score']} of {MAX_SCORE}"
            say(f"{row['aspect']} {row['id']}: {score}")
    rows = read_lines(folder / ROWS)
    is_complete = {(item.id, aspect) for item, aspect in pairs} <= {(r["id"], r["aspect"]) for r in rows}
    means = aspect_means(rows)
    grid = Grid(COLUMNS, tuple(_cells(aspect, means[aspect]) for aspect in means), LEGEND)
    (folder / "report.md").write_text(f"# Judged answers\n\n{grid.markdown}", "utf-8")
    (folder / "report.json").write_text(json.dumps(means, indent=1) + "\n", "utf-8")
    return grid, is_complete


def _new_rows(
    folder: Path,
    chat: ChatServer,
    proxy: CachingProxy,
    pairs: Sequence[tuple[PredictedAnswer, str]],
    has_time: Callable[[], bool],
) -> Iterator[dict[str, Any]]:
    done = {(row["id"], row["aspect"]) for row in read_lines(folder / ROWS)}
    for item, aspect in pairs:
        if (item.id, aspect) in done:
            continue
        if not has_time():
            return
        usage = proxy.start_usage()
        score, correct, error = _verdict(chat, proxy, item, aspect)
        yield {
            "id": item.id, "aspect": aspect, "score": score, "correct": correct, "error": error,
            "usage": asdict(usage),
        }  # fmt: skip


def _verdict(
    chat: ChatServer, proxy: CachingProxy, item: PredictedAnswer, aspect: str
) -> tuple[int | None, bool | None, str]:
    """Points, whether the answer is right, and why there are none; no request is repeated.

    Raises:
        ModelUnavailable: the judge cannot be reached, or the answer does not fit its context.
    """
    schema = form_of(aspect).model_json_schema()
    form = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema, "strict": True}}
    try:
        text = complete(proxy, chat, judge_messages(item, aspect), REPLY_TOKENS, response_format=form)
        if text is None:
            raise ModelUnavailable(f"answer {item.id} does not fit the context of {chat.name}; shorten it")
        score, correct = parse_verdict(text, aspect)
    except ModelOutputInvalid as error:
        return None, None, str(error)
    return score, correct, ""


def _cells(aspect: str, means: dict[str, float]) -> tuple[str, ...]:
    accuracy = f"{100 * means['accuracy']:.1f} %" if aspect == ACCURACY else ""
    return aspect, str(int(means["graded"])), f"{means['score']:.2f}", accuracy, str(int(means["unread"]))
