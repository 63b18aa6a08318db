"""`python -m playhead_bench.evaluate.topics val.jsonl`: Pk and WindowDiff of topics on QMSum's meetings.

Settings were chosen on the even-numbered meetings (0, 2, ...); the odd-numbered ones are the report. All 35
of the val split (31 hours at 150 words a minute) take four minutes of one core with all-MiniLM-L6-v2.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from playhead_bench.evaluate.topics.data import read_meetings
from playhead_bench.evaluate.topics.methods import divide_meeting, method_scores
from playhead_bench.evaluate.topics.scoring import SegmentationScores
from playhead_index.embed.minilm import OFFLINE, load_text_embedder

NO_MODEL = "none"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints its table; 0."""
    options = _parser().parse_args(arguments)
    embedder = None if options.words_model == NO_MODEL else load_text_embedder(options.words_model)
    divided = [divide_meeting(meeting, embedder) for meeting in read_meetings(options.annotations)]
    halves = {"even": divided[0::2], "odd": divided[1::2], "all": divided}
    scores = {name: method_scores(half) for name, half in halves.items() if half}
    if options.out is not None:
        rows = {half: {name: asdict(one) for name, one in own.items()} for half, own in scores.items()}
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    num_topics = sum(len(one.meeting.boundaries_s) + 1 for one in divided)
    hours = sum(one.meeting.duration_s for one in divided) / 3600
    print(f"{len(divided)} meetings, {hours:.1f} h, {num_topics} topics; text model: {options.words_model}")
    print(table(scores))
    return 0


def table(scores: Mapping[str, Mapping[str, SegmentationScores]]) -> str:
    """Pk, WindowDiff and the mean number of cuts of every method, for each half."""
    lines = ["method".ljust(36) + "".join(f"{half + ': Pk':>11}{'WD':>7}{'cuts':>7}" for half in scores)]
    for name in next(iter(scores.values())):
        cells = (own[name] for own in scores.values())
        lines.append(
            name.ljust(36)
            + "".join(f"{one.pk:11.3f}{one.window_diff:7.3f}{one.num_boundaries:7.1f}" for one in cells)
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="playhead_bench.evaluate.topics", description=__doc__)
    parser.add_argument("annotations", type=Path, help="a split of QMSum: val.jsonl")
    parser.add_argument(
        "--words-model", default=OFFLINE, help=f"sentence encoder; {NO_MODEL} for common words alone"
    )
    parser.add_argument("--out", type=Path, help="file for the scores as JSON")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
