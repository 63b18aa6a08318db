"""`python -m playhead_bench.robustness kill|videos|subtitles|cases`: runs a robustness run, prints its table.

With `--out FILE` the record is also written as JSON. Exit code 1 when something is not as it should be.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playhead_bench.robustness import cases, kill, subtitles, videos
from playhead_bench.suite.timing import SHARED

CommandOutcome = tuple[dict[str, Any], list[str], bool]
"""The record of a run, its lines for people, and whether something is not as it should be."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for; 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m playhead_bench.robustness", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seed", type=int, default=0)
    common.add_argument("--only", type=int, metavar="N", help="run only number N of this seed again")
    common.add_argument("--out", type=Path, help="where the JSON record goes")
    common.add_argument("--work", type=Path, default=Path("bench/out/robustness"), help="folder to work in")
    common.add_argument("--jobs", type=int, default=2, help="processes at a time")

    killing = commands.add_parser("kill", parents=[common], help=kill.__doc__)
    killing.add_argument("-n", type=int, default=200, help="number of kills")
    killing.add_argument("--speech-model", type=Path, required=True, help="folder of a faster-whisper model")
    killing.add_argument("--speech-data", type=Path, default=SHARED / "speech", help="short recordings")
    killing.add_argument("--minutes", type=float, default=20.0, help="no trial begins after this long")
    killing.add_argument("--step", action="append", default=[], help="kill only this step; may be repeated")

    video = commands.add_parser("videos", parents=[common], help=videos.__doc__)
    video.add_argument("-n", type=int, default=500, help="number of mutants")
    video.add_argument("--from", dest="folders", type=Path, action="append", help="folder of videos")
    video.add_argument("--keep", type=Path, default=Path("bench/out/robustness/kept"), help="unexpected ones")

    subtitle = commands.add_parser("subtitles", parents=[common], help=subtitles.__doc__)
    subtitle.add_argument("-n", type=int, default=1000, help="number of mutants")
    subtitle.add_argument("--from", dest="folders", type=Path, action="append", help="folder of subtitles")
    subtitle.add_argument(
        "--keep", type=Path, default=Path("bench/out/robustness/kept"), help="unexpected ones"
    )

    case = commands.add_parser("cases", parents=[common], help=cases.__doc__)
    case.add_argument("--folder", type=Path, default=SHARED / "cases", help="folder of the small inputs")
    case.add_argument("--speech-model", type=Path, help="folder of a faster-whisper model")
    case.add_argument("--case", action="append", default=[], help="only those that begin with this")

    options = parser.parse_args(arguments)
    record, lines, failed = _COMMANDS[options.command](options)
    print("\n".join(lines))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(record, indent=1, ensure_ascii=False))
    return int(failed)


def _kill(options: argparse.Namespace) -> CommandOutcome:
    settings = kill.KillSettings(
        options.n,
        options.seed,
        options.speech_model,
        options.speech_data,
        options.work,
        options.jobs,
        options.only,
        tuple(options.step),
        options.minutes,
    )
    record = kill.run_kills(settings, _say)
    return record, list(kill.table(record)), bool(record["not_clean"])


def _videos(options: argparse.Namespace) -> CommandOutcome:
    folders = options.folders or [SHARED / "videos" / name for name in ("odd", "free")]
    settings = videos.VideoSettings(
        videos.find_sources(folders),
        options.n,
        options.seed,
        options.work,
        options.keep,
        options.jobs,
        options.only,
    )
    record = videos.run_videos(settings, _say)
    return record, list(videos.table(record)), bool(record["unexpected"])


def _subtitles(options: argparse.Namespace) -> CommandOutcome:
    settings = subtitles.SubtitleSettings(
        subtitles.find_sources(options.folders or [SHARED / "subtitles"]),
        options.n, options.seed, options.work, options.keep, options.jobs, options.only,
    )  # fmt: skip
    record = subtitles.run_subtitles(settings, _say)
    return record, list(subtitles.table(record)), bool(record["unexpected"])


def _cases(options: argparse.Namespace) -> CommandOutcome:
    results = cases.run_cases(
        options.folder,
        options.work,
        speech_model=options.speech_model,
        names=options.case,
        jobs=options.jobs,
        say=_say,
    )
    record = cases.report(results)
    return record, list(cases.table(record)), "WRONG" in record["verdicts"]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


_COMMANDS = {"kill": _kill, "videos": _videos, "subtitles": _subtitles, "cases": _cases}

if __name__ == "__main__":
    sys.exit(main())
