"""Small inputs on which the product was once wrong, through its real command line, each with a verdict.

A case whose right outcome is written here in code is `right` or `WRONG`. A case of a later piece of work is
run and printed as it comes out (`printed`). A case is `not run` where this machine lacks what it needs.
"""

import math
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from playhead_bench.nano.profile import folder_of
from playhead_bench.robustness.command_folder import (
    LIMITS,
    MODELS_OFF,
    SHELL_PRODUCT,
    Ran,
    Room,
    as_nobody,
    can_mount,
)
from playhead_bench.robustness.hostile_servers import (
    MODEL,
    HttpReply,
    chat_reply,
    endless_error,
    endless_reply,
    key_in_error,
    redirect_to,
    serving,
)
from playhead_bench.robustness.limited_process import LimitedChild, ProcessLimits
from playhead_bench.robustness.media import Slide, write_video

KEY = "sk-robustness-0123456789abcdefghijklmnop"
MAX_QUESTION_CPU_S = 8.0
"""Of which most is what `ask` takes to start; a question that takes exponential time takes minutes."""
MAX_DECODED_SHARE = 1.2
"""Maximum number of decoded frames over frames in the file, to find all boundaries."""
MIN_SAME_FRAME_SCORE = 0.99
"""Minimum score of an image query that is a frame of the video itself."""
MIN_WHITE = 235.0
"""Minimum mean of an HDR frame that shows white."""
_APPLES = "what is said about apples?"
_WHALE, _TREASURE = "what is said about the whale?", "what is said about the treasure?"


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a case.

    Args:
        outcome: one line.
        is_right: None where no expectation is written here.
    """

    outcome: str
    is_right: bool | None = None


class NotRun(Exception):
    """This machine lacks what a case needs; the message says what."""


@dataclass(frozen=True, slots=True)
class InputCase:
    """A case.

    Args:
        name: its number or letter and what it is about.
        expected: what is right, for people.
        run: tries it in a room.
    """

    name: str
    expected: str
    run: Callable[[Room], Result]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case with its result."""

    case: InputCase
    outcome: str
    verdict: str
    seconds: float


def run_cases(
    cases: Path,
    work: Path,
    *,
    speech_model: Path | None,
    names: Sequence[str] = (),
    jobs: int = 2,
    say: Callable[[str], None] = print,
) -> list[CaseResult]:
    """Runs cases, each in a folder of its own.

    Args:
        cases: folder of the small inputs.
        work: where the folders are made.
        speech_model: folder of a faster-whisper model, for the cases about speech.
        names: only cases whose name begins with one of these.
        jobs: cases at a time.
        say: called with a line as each ends.
    """
    chosen = [case for case in CASES if not names or case.name.startswith(tuple(names))]
    work.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="cases-", dir=work) as folder,
        ThreadPoolExecutor(jobs) as pool,
    ):
        Path(folder).chmod(0o755)  # some cases are run by another user
        room = Room(Path(folder).resolve(), cases.resolve(), speech_model and speech_model.resolve())
        results = []
        for result in pool.map(partial(_run_case, room), chosen):
            say(f"{result.verdict:8} {result.case.name}: {result.outcome}")
            results.append(result)
        return results


def _run_case(room: Room, case: InputCase) -> CaseResult:
    folder = room.folder / case.name.replace(" ", "_").replace("/", "_")
    folder.mkdir()
    began = time.monotonic()
    try:
        result = case.run(replace(room, folder=folder))
    except (NotRun, FileNotFoundError) as error:
        return CaseResult(case, str(error), "not run", 0.0)
    verdict = {None: "printed", True: "right", False: "WRONG"}[result.is_right]
    return CaseResult(case, result.outcome, verdict, time.monotonic() - began)


def report(results: Sequence[CaseResult]) -> dict[str, Any]:
    """The record of a run, for JSON."""
    return {
        "verdicts": dict(Counter(result.verdict for result in results)),
        "cases": [
            {
                "case": result.case.name,
                "expected": result.case.expected,
                "outcome": result.outcome,
                "verdict": result.verdict,
                "seconds": round(result.seconds, 1),
            }
            for result in results
        ],
    }


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """The record as lines for people (Markdown)."""
    yield "| case | what comes out | what is right | verdict |"
    yield "|---|---|---|---|"
    for one in record["cases"]:
        outcome = one["outcome"].replace("|", "\\|")
        yield f"| {one['case']} | {outcome} | {one['expected']} | {one['verdict']} |"
    yield ""
    yield ", ".join(f"{verdict} {count}" for verdict, count in record["verdicts"].items())


# ---- files of the folder that are printed as they come out ----


def _ask_of(room: Room, question: str, *files: tuple[str, str | None], speech: bool = False) -> Result:
    """Indexes some inputs and asks one question."""
    for name, new_name in files:
        room.take(name, new_name)
    indexed = _index_with_speech(room) if speech else room.index("in")
    if not indexed.is_orderly:
        return Result(indexed.outcome)
    answer = room.run("ask", question, "--json")
    return Result(f"{_words_of(indexed)}; {_answer(answer)}")


def _treasure(room: Room, name: str) -> Result:
    """Asks for what is said at 0:20 of a recording whose frames end before."""
    found = _ask_of(room, _TREASURE, (name, None), speech=True)
    return Result(found.outcome, "answered" in found.outcome and "0:2" in found.outcome)


def _whale(room: Room) -> Result:
    """Asks for what is said at 0:01 of a video with one forced subtitle at 0:07."""
    found = _ask_of(room, _WHALE, ("03_forced_track_only.mkv", None), speech=True)
    return Result(found.outcome, "answered" in found.outcome and "0:0" in found.outcome)


def _telemetry(room: Room) -> Result:
    room.take("04_drone.srt")
    room.take("04_drone.mp4")
    indexed = room.index("in")
    listed = room.run("list", "--json").records
    spans = sum(int(record["counts"].get("speech", 0)) for record in listed)
    warnings = " ".join(str(warning) for record in indexed.records for warning in record.get("warnings", ()))
    return Result(
        f"{_words_of(indexed)}; {spans} spans; {warnings[:160]}", not spans and "telemetry" in warnings
    )


def _signs(room: Room) -> Result:
    """Asks for signed words that are not said, in a video where their letters and digits are."""
    room.take("05_punctuation_is_meaning.mp4")
    room.take("05_punctuation_is_meaning.srt")
    room.index("in")
    questions = [f"What is said about {word}?" for word in ("C++", "C#", ".NET")]
    questions += ["When is 3.14 mentioned?", "How often is -5 mentioned?"]
    answers = [_answer(room.run("ask", question, "--json")) for question in questions]
    return Result(
        "; ".join(answer[:80] for answer in answers),
        all(answer.startswith("abstained") for answer in answers),
    )


def _spellings(room: Room) -> Result:
    room.take("06_words_of_many_kinds.mp4")
    room.take("06_words_of_many_kinds.srt")
    room.index("in")
    words = ("USA", "UK", "strasse", "ежиках", "Ελληνικα", "obrien", "dont", "covid19", "nodejs", "1299")
    missed = [word for word in words if not room.run("search", word, "--json").records]
    answer = room.run("ask", "Is the USA mentioned?", "--json")
    outcome = f"search misses {', '.join(missed) or 'none'} of {len(words)}; {_answer(answer)}"
    return Result(outcome, not missed and _answer(answer).startswith("answered"))


def _two_tracks(room: Room) -> Result:
    """Of two sound tracks the first is read and the other named; with --audio-track the other is read."""
    room.take("08_german_then_english_sound.mkv")
    first = _index_with_speech(room)
    warnings = [str(warning) for record in first.records for warning in record.get("warnings", ())]
    unread = next((one for one in warnings if "sound that is not read" in one), "")
    options = [*MODELS_OFF]
    options[options.index("--speech-model") + 1] = str(room.speech_model)
    room.run("index", "in", *options, "--audio-track", "en", "--json")
    answer = _answer(room.run("ask", _WHALE, "--json"))
    is_right = "en" in unread and answer.startswith("answered")
    return Result(f"{unread[:120]}; with --audio-track en: {answer}", is_right)


def _index_with_speech(room: Room) -> Ran:
    if room.speech_model is None:
        raise NotRun("needs --speech-model")
    options = [*MODELS_OFF]
    options[options.index("--speech-model") + 1] = str(room.speech_model)
    return room.run("index", "in", *options, "--json")


def _words_of(indexed: Ran) -> str:
    statuses = Counter(record["status"] for record in indexed.records if "status" in record)
    return "index " + ", ".join(f"{status} {count}" for status, count in statuses.items())


def _answer(ran: Ran) -> str:
    if not ran.records:
        return ran.outcome
    answer = ran.records[-1]
    reason = f" ({answer['reason']})" if answer["reason"] else ""
    return f"{answer['status']}{reason}: {' '.join(answer['text'].split())[:160]}"


def _spans(room: Room, *files: tuple[str, str | None], video: str) -> Result:
    """Indexes some inputs and prints the words with their times."""
    for name, new_name in files:
        room.take(name, new_name)
    indexed = room.index("in")
    output = room.run("show", video)
    words = [" ".join(line.split()) for line in output.lines if " speech " in f" {line} "]
    return Result(f"{_words_of(indexed)}; {len(words)} spans: {'; '.join(words[:3])[:200]}")


def _case_07(room: Room) -> Result:
    found = _spans(room, ("07_hls.ts", None), ("07_hls.vtt", None), video="07_hls.ts")
    return Result(found.outcome, all(time in found.outcome for time in ("0:06–0:08", "0:16–0:18")))


def _case_09(room: Room) -> Result:
    video, counter = room.take("09_one_keyframe.mp4"), room.take("09_count.py")
    lines, end = LimitedChild([sys.executable, str(counter), str(video)], LIMITS).run()
    times = re.search(r"([\d.]+) times", lines[-1]) if lines else None
    outcome = lines[-1].partition(": ")[2] if lines else end.last_line
    return Result(outcome, times is not None and float(times[1]) <= MAX_DECODED_SHARE)


def _case_10(room: Room) -> Result:
    """A photo with an EXIF orientation finds its upright frame; 16 bits find what 8 bits find."""
    from PIL import Image

    room.take("10_grad.mp4")
    room.index("in")
    photo, deep = (room.take(name, folder="queries") for name in ("10_exif6.jpg", "10_grey16.png"))
    with Image.open(deep) as image:
        levels = image.point(lambda level: level / 256).convert("L")
    levels.save(shallow := deep.with_name("grey8.png"))
    rotated, in_16, in_8 = (_best_score(room, query) for query in (photo, deep, shallow))
    is_right = rotated >= MIN_SAME_FRAME_SCORE and abs(in_16 - in_8) <= 1 - MIN_SAME_FRAME_SCORE
    return Result(f"EXIF 6: {rotated:.3f}; grey of 16 bit {in_16:.3f}, of 8 bit {in_8:.3f}", is_right)


def _best_score(room: Room, image: Path) -> float:
    """The score of the first hit of an image query; NaN without one."""
    ran = room.run("search", "--image", image, "--json")
    return next((float(hit["score"]) for record in ran.records for hit in record["hits"]), math.nan)


def _case_12(room: Room) -> Result:
    video = room.take("12_hdr_pq_white203.mp4")
    code = (
        "import sys; from pathlib import Path; from playhead_index.decode import open_reader\n"
        "frame = next(iter(open_reader(Path(sys.argv[1])).frames_at([0.0], short_side_px=32)))\n"
        "print(frame.rgb.mean().round())"
    )
    lines, end = LimitedChild([sys.executable, "-c", code, str(video)], LIMITS).run()
    is_white = bool(lines) and float(lines[0]) >= MIN_WHITE
    return Result(f"mean RGB {lines[0]}" if lines else end.last_line, is_white)


def _case_13(room: Room) -> Result:
    room.take("13_clock_jumps_an_hour_ahead.ts")
    indexed = room.index("in")
    listed = room.run("list", "--json").records
    facts = [f"{r['duration_s']} s, {r['counts'].get('segments')} segments, {r['warnings']}" for r in listed]
    is_right = all(r["counts"].get("segments") == 2 and "jumps ahead" in str(r["warnings"]) for r in listed)
    return Result(f"{_words_of(indexed)}; {'; '.join(facts)}", bool(listed) and is_right)


def _case_11(room: Room) -> Result:
    room.video("in/film.mp4", length_s=24.0)
    for suffix in ("en.srt", "en.sdh.srt"):
        room.take(f"11_film.{suffix}", f"film.{suffix}")
    room.index("in")
    answer = _answer(room.run("ask", "how many times is door said?", "--json"))
    return Result(answer, "2 times" in answer)


# ---- files of the folder whose right outcome is written here ----


def _one_bad_file(room: Room, name: str, new_name: str, *, must_be: str = "") -> Result:
    """One input between two good videos: both must be in, and the input must have a line of its own."""
    room.take(name, new_name)
    for good in ("in/a_good.mkv", "in/z_good.mkv"):
        room.video(good, (1.0, 3.0, f"apples in {good}"))
    indexed = room.index("in")
    statuses = {Path(record["path"]).name: record for record in indexed.records if "status" in record}
    bad = statuses.get(new_name)
    goods = all(statuses.get(good, {}).get("status") == "indexed" for good in ("a_good.mkv", "z_good.mkv"))
    if bad is None:
        outcome = f"no line for it; {indexed.outcome}"
    else:
        outcome = bad["status"] + (f": {bad['error']}" if bad["error"] else "")
    is_right = (
        indexed.exit_code == 0
        and goods
        and bad is not None
        and "\n" not in str(bad["error"])
        and bad["status"] in (must_be or "indexed failed").split()
    )
    return Result(f"{outcome[:200]}; the good files {'are in' if goods else 'are NOT in'}", is_right)


def _case_17(room: Room) -> Result:
    room.video("in/film.mkv", length_s=24.0)
    room.take("17_escape_and_markup.srt", "film.srt")
    room.index("in")
    output = room.run("show", "film.mkv")
    raw = sorted({repr(sign) for sign in "\n".join(output.lines) if _is_control(sign)})
    found = room.run("search", "penguins", "--json").records
    is_right = output.exit_code == 0 and not raw and bool(found)
    return Result(
        f"control characters shown: {', '.join(raw) or 'none'}; `penguins` found {len(found)}", is_right
    )


def _is_control(sign: str) -> bool:
    return (ord(sign) < 0x20 and sign not in "\n\t") or 0x7F <= ord(sign) < 0xA0


def _case_18(room: Room) -> Result:
    room.video("in/film.mkv", length_s=6.0)
    text = room.take("18_line_of_20000_blanks.srt", "film.srt").read_text()
    longer = room.folder / "longer"
    shutil.copytree(room.folder / "in", longer)
    (longer / "film.srt").write_text(text.replace(" " * 1000, " " * 8000))
    short_s, long_s = (_cpu_of_index(room, folder) for folder in ("in", "longer"))
    outcome = f"20,000 blanks {_seconds(short_s)}, 160,000 {_seconds(long_s)}"
    return Result(outcome, short_s is not None and long_s is not None and long_s < short_s + 2.0)


def _cpu_of_index(room: Room, folder: str) -> float | None:
    """Processor seconds of indexing a folder; None when it does not end within twenty."""
    command = [sys.executable, "-c", _MEASURED, "index", folder, "-l", f"library-{folder}", *MODELS_OFF]
    child = LimitedChild(command, replace(LIMITS, cpu_s=20.0), folder=room.folder)
    lines, end = child.run()
    return None if end.exceeded or not lines else float(lines[-1])


_MEASURED = (
    "import time\nfrom playhead.cli import main\n"
    "try: main()\nexcept SystemExit: pass\nprint(time.process_time(), flush=True)"
)


def _seconds(value: float | None) -> str:
    return "over 20 CPU s" if value is None else f"{value:.1f} CPU s"


def _case_19(room: Room) -> Result:
    room.video("in/z_good.mkv", (1.0, 3.0, "apples"))
    room.take("19_ffconcat_of_a_fifo.mp4.txt", "list.mp4")
    os.mkfifo(room.folder / "in" / "segfifo.ts")
    indexed = room.run("index", "in", *MODELS_OFF, "--json", limits=_SHORT)
    statuses = {Path(record["path"]).name: record for record in indexed.records if "status" in record}
    good = statuses.get("z_good.mkv", {}).get("status") == "indexed"
    refused = statuses.get("list.mp4", {}).get("status") == "failed"
    outcome = statuses.get("list.mp4", {}).get("error") or indexed.outcome
    return Result(str(outcome)[:200], indexed.exit_code == 0 and good and refused)


_SHORT = ProcessLimits(cpu_s=20.0, wall_s=30.0, memory_bytes=2 << 30)


def _case_21(room: Room) -> Result:
    text = room.take("21_text_taken_for_video.txt")
    indexed = room.index(text)
    listed = room.run("list", "--json").records
    return Result(indexed.outcome, indexed.exit_code == 1 and indexed.is_orderly and not _indexed(listed))


def _indexed(listed: Sequence[Mapping[str, Any]]) -> list[str]:
    return [record["video_id"] for record in listed if record.get("finished")]


# ---- cases that are made ----


def _edited(room: Room) -> Result:
    room.video("in/edit.mkv", (2.0, 4.0, "the quick draft mentions bananas"))
    room.index("in")
    time.sleep(0.05)
    room.video("in/edit.mkv", (2.0, 4.0, "the final cut mentions bananas"), length_s=9.0)
    room.index("in")
    return _newest_only(room, "bananas", "final")


def _growing(room: Room) -> Result:
    complete = room.video(
        "whole.mkv", (1.0, 3.0, "a walrus comes"), (12.0, 14.0, "the walrus goes"), length_s=16.0
    )
    data = complete.read_bytes()
    target = room.folder / "in" / "rec.mkv"
    target.parent.mkdir()
    target.write_bytes(data[: 2 * len(data) // 3])
    room.index("in")
    time.sleep(0.05)
    target.write_bytes(data)
    room.index("in")
    searched = room.run("search", "walrus", "--json")
    answer = room.run("ask", "how many times is walrus mentioned?", "--json")
    videos = {record["video_id"] for record in searched.records}
    table = room.run("search", "walrus")
    is_right = table.is_orderly and len(videos) == 1 and "2 times" in _answer(answer)
    return Result(f"search: {table.outcome}; {_answer(answer)}", is_right)


def _newest_only(room: Room, word: str, newest: str) -> Result:
    table = room.run("search", word)
    texts = [hit["text"] for record in room.run("search", word, "--json").records for hit in record["hits"]]
    answer = room.run("ask", f"how many times is {word} mentioned?", "--json")
    is_right = table.is_orderly and bool(texts) and all(newest in text for text in texts)
    is_right = is_right and "said once" in _answer(answer)
    return Result(f"search: {table.outcome}; {_answer(answer)}", is_right)


def _names_not_utf8(room: Room) -> Result:
    for name in ("in/a.mkv", "in/z.mkv", "in/middle.mkv"):
        room.video(name, (1.0, 3.0, f"apples {name}"))
    folder = os.fsencode(room.folder / "in")
    os.rename(os.path.join(folder, b"middle.mkv"), os.path.join(folder, b"caf\xe9.mkv"))  # noqa: PTH104, PTH118
    indexed = room.index("in")
    statuses = [record["status"] for record in indexed.records if "status" in record]
    listed = room.run("list")
    found = room.run("search", "apples", "--json").records
    is_right = indexed.exit_code == 0 and len(statuses) == 3 and listed.exit_code == 0
    outcome = f"{_words_of(indexed)}; {indexed.outcome if not indexed.is_orderly else ''}"
    return Result(f"{outcome} found in {len(found)} videos", is_right and len(found) >= 2)


_IN_HOME = "d=$(mktemp -d); cd $d; export HOME=$d; "
_EXIT = re.compile(r"\d+/\d+ ")


def _commands(room: Room, script: str, exit_code: int = 0) -> Result:
    """Runs commands in a mount namespace; right when all end with one exit code and no traceback."""
    if not can_mount():
        raise NotRun("needs root and mount namespaces")
    ran = room.in_namespace(SHELL_PRODUCT + script)
    codes = [line for line in ran.lines if _EXIT.match(line)]
    bad = [line for line in codes if not line.startswith(f"{exit_code}/0 ")]
    if not codes:
        return Result(ran.outcome, False)
    good = f"{len(codes) - len(bad)} of {len(codes)} commands exit {exit_code} without a traceback"
    return Result(f"{good}; {'; '.join(bad)[:240]}", not bad)


_READERS = (
    "P list -l {lib}; P search apples -l {lib}; P show a.mkv -l {lib}; P verify -l {lib}; "
    'P ask "what is said about apples?" -l {lib}'
)


def _library_of_apples(room: Room) -> None:
    room.video("in/a.mkv", (1.0, 3.0, "red apples"))
    room.index("in")


def _read_only_mount(room: Room) -> Result:
    _library_of_apples(room)
    readers = _READERS.format(lib="library")
    script = f"mount --bind library library && mount -o remount,ro,bind library && {{ {readers}; }}"
    return _commands(room, script)


def _writing_read_only(room: Room) -> Result:
    _library_of_apples(room)
    script = (
        "mount --bind library library && mount -o remount,ro,bind library && "
        f"{{ P index in -l library {' '.join(MODELS_OFF)}; P remove a.mkv -l library; P gc -l library; "
        "P clock a.mkv 2024-05-17T14:30:12 -l library; }"
    )
    return _commands(room, script, exit_code=1)


def _other_user(room: Room) -> Result:
    _library_of_apples(room)
    readers = _READERS.format(lib=room.library)
    return _commands(room, as_nobody(SHELL_PRODUCT + _IN_HOME + readers))


def _full_disk(room: Room) -> Result:
    _library_of_apples(room)
    readers = _READERS.format(lib="full/library")
    script = (
        "mkdir full && mount -t tmpfs -o size=3m none full && cp -r library full/ && "
        "cat /dev/zero > full/fill 2>/dev/null; "
        f"{readers}; P remove a.mkv -l full/library; P gc -l full/library"
    )
    return _commands(room, script)


def _unreadable_folder(room: Room) -> Result:
    if not can_mount():
        raise NotRun("needs root and mount namespaces")
    room.video("in/good.mkv", (1.0, 3.0, "apples"))
    room.video("in/locked/other.mkv", (1.0, 3.0, "apples"))
    (room.folder / "in/locked").chmod(0o700)
    index = f"P index {room.folder}/in -l $d/library {' '.join(MODELS_OFF)}"
    script = f"{_IN_HOME} {index}; P search apples -l $d/library; grep -c good out.txt"
    ran = room.in_namespace(as_nobody(SHELL_PRODUCT + script))
    is_right = bool(ran.lines) and ran.lines[0].startswith("0/0 ") and ran.lines[-1] == "1"
    return Result("; ".join(ran.lines)[:240] or ran.outcome, is_right)


def _links_only(room: Room) -> Result:
    room.video("elsewhere/a.mkv", (1.0, 3.0, "apples"))
    (room.folder / "in").mkdir()
    (room.folder / "in" / "a.mkv").symlink_to("../elsewhere/a.mkv")
    indexed = room.index("in")
    return Result(
        indexed.outcome, indexed.exit_code == 1 and indexed.is_orderly and bool(indexed.end.last_line)
    )


def _sound_only(room: Room) -> Result:
    (room.folder / "in").mkdir()
    (room.folder / "in" / "notes.txt").write_text("nothing to see")
    indexed = room.index("in")
    return Result(
        indexed.outcome, indexed.exit_code == 1 and indexed.is_orderly and bool(indexed.end.last_line)
    )


def _output_encoding(room: Room) -> Result:
    room.video("in/日本 – dash.mkv", (1.0, 3.0, "apples – and naïve pears"))
    room.index("in")
    outcomes = []
    is_right = True
    for encoding in ("latin-1", "ascii"):
        environment = {
            "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": encoding
        }  # fmt: skip
        for arguments in (("search", "apples"), ("search", "apples", "--json"), ("list",), ("show", "日本")):
            ran = room.run(*arguments, environment=environment)
            is_right = is_right and ran.exit_code in ((0, 1) if arguments[0] == "show" else (0,))
            is_right = is_right and ran.is_orderly
            if not ran.is_orderly or ran.exit_code:
                outcomes.append(f"{encoding} {' '.join(arguments)}: {ran.outcome}")
    return Result("; ".join(outcomes)[:240] or "all commands exit 0", is_right)


def _sidecar_names(room: Room) -> Result:
    names = ("en.hi", "en.1", "en.full", "en.commentary", "English (SDH)", "mkv.en", "und", "chs")
    room.video("in/a.mkv", length_s=6.0)
    for name in names:
        text = "1\n00:00:02,000 --> 00:00:04,000\n" + f"apples {name}\n"
        (room.folder / "in" / f"a.{name}.srt").write_text(text)
    room.index("in")
    output = "\n".join(room.run("show", "a.mkv").lines)
    read_names = [name for name in names if f"apples {name}" in output]
    return Result(
        f"{len(read_names)} of {len(names)} names taken: {', '.join(read_names)}",
        len(read_names) == len(names),
    )


def _question(room: Room, question: str) -> Result:
    _library_of_apples(room)
    ran = room.run("ask", question, "--json", limits=replace(LIMITS, cpu_s=MAX_QUESTION_CPU_S))
    return Result(_answer(ran), ran.exit_code == 0 and bool(ran.records))


def _link_loop(room: Room) -> Result:
    room.video("in/a.mkv", (1.0, 3.0, "apples"))
    (room.folder / "in" / "loop.mp4").symlink_to("loop.mp4")
    indexed = room.index("in")
    is_in = any(record.get("status") == "indexed" for record in indexed.records)
    return Result(f"{_words_of(indexed)}; {indexed.outcome}"[:240], indexed.exit_code == 0 and is_in)


def _named_directly(room: Room, make: Callable[[Path], Path]) -> Result:
    path = make(room.folder)
    indexed = room.run("index", path, *MODELS_OFF, "--json", limits=_SHORT)
    failed = [record["error"] for record in indexed.records if record.get("status") == "failed"]
    outcome = str(failed[0]) if failed else indexed.outcome
    return Result(outcome[:200], indexed.exit_code == 1 and indexed.is_orderly)


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo.mp4")
    return folder / "fifo.mp4"


def _zeros(folder: Path) -> Path:
    return Path("/dev/zero")


def _lone_surrogate(room: Room) -> Result:
    room.video("in/a.mkv", (1.0, 3.0, "red apples"))
    options = [*MODELS_OFF]
    options[options.index("--words-model") + 1] = "offline:"
    indexed = room.run("index", "in", *options, "--json")
    if not indexed.records:
        raise NotRun(f"needs the sentence encoder of the extra `offline`: {indexed.end.last_line}")
    ran = room.run("ask", os.fsdecode(b"what is said about apples \xff?"))
    return Result(ran.outcome, ran.exit_code == 0)


def _bad_chat(room: Room, reply: HttpReply, *, limits: ProcessLimits = LIMITS) -> tuple[Ran, str]:
    _library_of_apples(room)
    with serving(reply) as server:
        ran = room.run(
            "ask", _APPLES, "--llm", f"openai:{MODEL}", "--base-url", server.url, "--json",
            environment={"OPENAI_API_KEY": KEY, "PLAYHEAD_API_KEY": KEY}, limits=limits,
        )  # fmt: skip
        return ran, f"{len(server.requests)} requests"


def _deep_json(room: Room) -> Result:
    ran, requests = _bad_chat(room, chat_reply("[" * 100_000))
    return Result(f"{_answer(ran)}; {requests}", ran.exit_code == 0 and "apples" in _answer(ran))


def _large_reply(room: Room) -> Result:
    ran, requests = _bad_chat(room, chat_reply("apples " * (100_000_000 // 7)))
    peak = ran.end.peak_bytes / 2**20
    is_right = ran.exit_code == 0 and peak < 1024
    return Result(f"{_answer(ran)}; {requests}; peak {peak:.0f} MiB", is_right)


def _key_echoed(room: Room) -> Result:
    ran, requests = _bad_chat(room, key_in_error)
    is_printed = KEY in ran.text
    stored = sorted(_files_with(room.library, KEY.encode()))
    is_right = ran.exit_code == 0 and not is_printed and not stored
    where = ", ".join([*(["the output"] if is_printed else []), *stored]) or "nowhere"
    return Result(f"key found in: {where}; {requests}; {_answer(ran)[:100]}", is_right)


def _files_with(folder: Path, secret: bytes) -> Iterator[str]:
    """Files that hold a secret, in plain bytes or in deflated values of a SQLite table."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        if secret in path.read_bytes() or (path.suffix == ".sqlite" and _in_values(path, secret)):
            yield path.name


def _in_values(database: Path, secret: bytes) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM [{table.decode()}]"):
                values = [value for value in row if isinstance(value, bytes)]
                if any(secret in data for value in values for data in (value, *_inflated(value))):
                    return True
    return False


def _inflated(value: bytes) -> Iterator[bytes]:
    """Everything that a value holds deflated, with or without header, at any of its first places."""
    for start in range(min(len(value), 16)):
        for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
            try:
                yield zlib.decompressobj(bits).decompress(value[start:])
            except zlib.error:
                continue


def _endless_error(room: Room) -> Result:
    room.video("in/a.mkv", (1.0, 3.0, "apples"))
    with serving(endless_error) as server:
        ran = room.run(
            "index", "in", *MODELS_OFF, "--captions", "--video-model", f"{server.url}#{MODEL}", "--json",
            limits=ProcessLimits(60.0, 100.0, 2 << 30),
        )  # fmt: skip
    return Result(ran.outcome, ran.is_orderly and not ran.end.exceeded)


def _endless_reply(room: Room) -> Result:
    ran, requests = _bad_chat(room, endless_reply, limits=replace(LIMITS, wall_s=200.0))
    peak = ran.end.peak_bytes / 2**20
    is_right = ran.exit_code == 0 and "apples" in _answer(ran) and peak < 1024
    return Result(f"{_answer(ran)}; {requests}; peak {peak:.0f} MiB", is_right)


def _redirected(room: Room) -> Result:
    with serving(chat_reply("apples")) as other:
        ran, requests = _bad_chat(room, redirect_to(f"{other.url}/chat/completions"))
        followed = len(other.requests)
    is_right = ran.exit_code == 0 and followed == 0
    return Result(f"{followed} requests at the other host; {_answer(ran)[:120]}; {requests}", is_right)


def _key_at_other_host(room: Room) -> Result:
    _library_of_apples(room)
    with serving(chat_reply("apples")) as server:
        ran = room.run(
            "ask", _APPLES, "--llm", f"openai:{MODEL}", "--base-url", server.url, "--json",
            environment={"OPENAI_API_KEY": KEY},
        )  # fmt: skip
        sent = any(KEY in key for key in server.keys)
    outcome = "the key was sent" if sent else "the key was not sent"
    return Result(
        f"{outcome}; {len(server.requests)} requests", bool(server.requests) and not sent and ran.is_orderly
    )


def _missing_weights(room: Room, role: str) -> Result:
    """A copy of a nano model without one of its tensors: the key must be named."""
    from safetensors.torch import load_file, save_file

    room.video("in/a.mkv", (1.0, 3.0, "apples"))
    folder = room.folder / role
    shutil.copytree(folder_of(role), folder)
    file = next(path for path in sorted(folder.glob("*.safetensors")))
    tensors = load_file(file)
    key = sorted(tensors)[len(tensors) // 2]
    del tensors[key]
    save_file(tensors, file, metadata={"format": "pt"})
    name = f"local-dir:{folder}" if role == "picture" else str(folder)
    options = [*MODELS_OFF, f"--{role}-model", name, *(["--captions"] if role == "video" else [])]
    ran = room.run("index", "in", *options)
    is_named = key in ran.text or key.split(".", 1)[-1] in ran.text
    return Result(f"without {key}: {ran.outcome}", ran.exit_code == 1 and ran.is_orderly and is_named)


def _like(room: Room) -> Result:
    _library_of_apples(room)
    ran = room.run("search", "--like", "a.mkv@0:01")
    output = " ".join(" ".join(ran.lines).split())
    return Result(
        output[output.find("Searched") :][:200], "by colour layout" in output and "nothing" not in output
    )


def _compare(room: Room) -> Result:
    _library_of_apples(room)
    strategies = ("--strategy", "rules", "--strategy", "retrieve-once")
    ran = room.run("compare", "what is said about apples?", *strategies, "--json")
    is_right = ran.exit_code == 0 and len(ran.records) == 2
    return Result(f"{len(ran.records)} rows; {ran.outcome}", is_right)


def _server_down(room: Room) -> Result:
    _library_of_apples(room)
    ran = room.run(
        "ask",
        "what is said about apples?",
        "--llm",
        "openai:x",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--json",
    )
    fallback = str(ran.records[-1].get("fallback", "")) if ran.records else ""
    return Result(f"{fallback[:120]}; {_answer(ran)}", "could not be reached" in fallback)


def _film_question(room: Room, question: str, must: str) -> Result:
    """Asks about a film; `must` is a regular expression that fits the whole of a right answer."""
    room.video("in/film.mkv", length_s=20.0)
    room.take("20_said_three_times.srt", "film.srt")
    room.index("in")
    answer = _answer(room.run("ask", question, "--json"))
    return Result(answer, re.search(must, answer) is not None)


def _missing_paths(room: Room) -> Result:
    _library_of_apples(room)
    outcomes, codes = [], []
    for path in ("/no/such/file.mp4", "https://example.org/video.mp4"):
        indexed = room.run("index", path, *MODELS_OFF, "--json")
        outcomes.append(indexed.outcome)
        codes.append(indexed.exit_code)
    verified = room.run("verify")
    stored = "verify exits 0" if verified.exit_code == 0 else f"verify: {verified.outcome}"
    return Result(f"{outcomes[0][:80]}; {stored}", codes == [1, 1] and verified.exit_code == 0)


def _remove_failure(room: Room) -> Result:
    room.video("in/a.mkv", (1.0, 3.0, "apples"))
    (room.folder / "in" / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(300))
    room.index("in")
    removed = room.run("remove", "broken.mp4")
    verified = room.run("verify")
    return Result(f"{removed.outcome}; verify exit {verified.exit_code}", verified.exit_code == 0)


def _empty_search(room: Room) -> Result:
    _library_of_apples(room)
    ran = room.run("search", "")
    return Result(ran.outcome, ran.exit_code == 2)


def _lane_off(room: Room) -> Result:
    _library_of_apples(room)
    ran = room.run("search", "apples", "--lane", "picture")
    return Result(ran.outcome, ran.exit_code == 1 and ran.is_orderly)


def _other_settings(room: Room) -> Result:
    room.video("in/a.mkv", (1.0, 3.0, "apples"), length_s=40.0)
    room.index("in")
    before = _segments(room)
    again = room.run("index", "in", *MODELS_OFF, "--fps", "4", "--everywhere", "--max-segment", "8", "--json")
    after = _segments(room)
    return Result(f"{_words_of(again)}; {before} segments, then {after}", after > before)


def _segments(room: Room) -> int:
    return sum(int(record["counts"]["segments"]) for record in room.run("list", "--json").records)


def _speech_model_remembered(room: Room) -> Result:
    if room.speech_model is None:
        raise NotRun("needs --speech-model")
    first = room.take("01_sound_outlasts_pictures.webm", "first.webm")
    options = [
        "--no-screen-text",
        "--words-model",
        "off",
        "--picture-model",
        "off",
        "--appearance-model",
        "off",
    ]
    room.run("index", first, *options, "--speech-model", room.speech_model, "--json")
    room.take("08_german_then_english_sound.mkv", "second.mkv")
    room.run("index", "in", *options, "--json")
    counts = {
        Path(r["paths"][0]).name: r["counts"].get("speech", 0) for r in room.run("list", "--json").records
    }
    is_right = counts.get("first.webm", 0) > 0 and counts.get("second.mkv", 0) > 0
    return Result(f"speech spans: {counts}", is_right)


def _traversal(room: Room) -> Result:
    _library_of_apples(room)
    victim = room.folder / "victim.f16"
    victim.write_bytes(b"keep me")
    catalog = next(room.library.glob("catalog.sqlite"))
    with closing(sqlite3.connect(catalog)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for name in ("video", "place", "stage", "segment", "frame", "span", "recording"):
            connection.execute(f"UPDATE [{name}] SET video_id = '../../../victim'")
    removed = room.run("remove", "a.mkv")
    collected = room.run("gc")
    is_right = victim.exists() and removed.is_orderly and collected.is_orderly
    return Result(
        f"{removed.outcome}; the file outside {'stands' if victim.exists() else 'is GONE'}", is_right
    )


def _mixed_coverage(room: Room) -> Result:
    room.video("in/subtitled.mkv", (1.0, 3.0, "red apples"))
    room.take("01_sound_outlasts_pictures.webm")
    room.index("in")
    ran = room.run("ask", "does anyone mention penguins?", "--json")
    answer = ran.records[-1] if ran.records else {}
    is_right = answer.get("status") == "abstained" and answer.get("reason") == "unknown"
    return Result(_answer(ran), is_right)


def _no_verdict_without_vlm_call(room: Room) -> Result:
    path = room.folder / "in" / "slides.mp4"
    path.parent.mkdir()
    write_video(path, [Slide("", 5.0), Slide("", 5.0)])
    room.index("in")
    ran = room.run("ask", "Are two men arm wrestling?", "--video-model", "nano:", "--json")
    answer = ran.records[-1] if ran.records else {}
    num_looks = answer.get("cost", {}).get("looks", 0)
    is_right = bool(answer) and (answer["status"] != "answered" or num_looks > 0)
    return Result(f"{_answer(ran)}; {num_looks} looks", is_right)


def _two_of_one_name(room: Room) -> Result:
    room.video("in/x/lecture.mkv", (1.0, 3.0, "red apples"))
    room.video("in/y/lecture.mkv", (1.0, 3.0, "green apples"), length_s=9.0)
    room.index("in")
    lines = room.run("search", "apples", environment={"COLUMNS": "160"}).lines
    rows = [line.split(None, 1)[1] for line in lines if "lecture" in line]
    distinct_rows = {" ".join(re.sub(r"#\d+|\bred\b|\bgreen\b", "", row).split()) for row in rows}
    return Result(
        "; ".join(" ".join(row.split()) for row in rows)[:200], len(rows) == len(distinct_rows) == 2
    )


def _part_of_a_name(room: Room) -> Result:
    room.video("in/one-by-one-person-detection.mkv", (1.0, 3.0, "apples"))
    room.index("in")
    ran = room.run("show", "One-By-One")
    return Result(ran.outcome, ran.exit_code == 0)


CASES: tuple[InputCase, ...] = (
    InputCase("01 sound outlasts pictures", "words up to 0:25",
              lambda room: _treasure(room, "01_sound_outlasts_pictures.webm")),
    InputCase("02 one picture with sound", "as 01",
              lambda room: _treasure(room, "02_one_picture_with_25s_of_sound.mp4")),
    InputCase("03 forced subtitles only", "speech recognised beside them", _whale),
    InputCase("04 drone telemetry", "not speech, and said", _telemetry),
    InputCase("05 signs are meaning", "abstains five times", _signs),
    InputCase("06 words of many kinds", "all found", _spellings),
    InputCase("07 X-TIMESTAMP-MAP", "0:06 and 0:16", _case_07),
    InputCase("08 two sound tracks", "unread track named, read by --audio-track", _two_tracks),
    InputCase("09 one keyframe", "at most 1.2 times", _case_09),
    InputCase("10 picture queries", "as the upright 8-bit picture", _case_10),
    InputCase("11 sound descriptions", "2 times", _case_11),
    InputCase("12 HDR", "near 255", _case_12),
    InputCase("13 clock jumps an hour ahead", "hole not filled, and said", _case_13),
    InputCase("14 late streams", "the file has one line, the rest go on",
              partial(_one_bad_file, name="14_streams_appear_late.ts", new_name="m_late.ts")),
    InputCase("15 mutated ASS track", "the file has one line, the rest go on",
              partial(_one_bad_file, name="15_mutated_ass_subtitles.mkv", new_name="m_ass.mkv")),
    InputCase("16 Latin-1 title", "indexed",
              partial(_one_bad_file, name="16_latin1_title_and_subtitles.mkv", new_name="m_latin1.mkv",
                 must_be="indexed")),
    InputCase("17 escape sequences", "no control characters; penguins found", _case_17),
    InputCase("18 line of blanks", "linear", _case_18),
    InputCase("19 ffconcat of a FIFO", "refused, the good file is in", _case_19),
    InputCase("20 said three times", "3 times",
              partial(_film_question, question="how many times do they say freaked out?", must="3 times")),
    InputCase("21 text named as a video", "refused, exit 1", _case_21),
    InputCase("A edited in place", "only the newest version, no traceback", _edited),
    InputCase("A growing recording", "2 times, no traceback", _growing),
    InputCase("B name that is not UTF-8", "three lines, exit 0", _names_not_utf8),
    InputCase("C read-only mount", "all reading commands exit 0", _read_only_mount),
    InputCase("C writing on a read-only mount", "one line, exit 1", _writing_read_only),
    InputCase("C library of another user", "all reading commands exit 0", _other_user),
    InputCase("C full disk", "reading, remove and gc exit 0", _full_disk),
    InputCase("D folder of links only", "a line, exit 1", _links_only),
    InputCase("D folder without videos", "a line, exit 1", _sound_only),
    InputCase("E output not UTF-8", "exit 0, characters replaced", _output_encoding),
    InputCase("F subtitle names", "all taken", _sidecar_names),
    InputCase("G question `1 h and` 24 times", "linear time",
              partial(_question, question="what is said " + "1 h and " * 24 + "1 h?")),
    InputCase("G question `a few seconds` 24 times", "linear time",
              partial(_question, question="what is said " + "a few seconds " * 24 + "?")),
    InputCase("G question `half an hour and a half` 24 times", "linear time",
              partial(_question, question="what is said " + "half an hour and a half " * 24 + "?")),
    InputCase("H link to itself", "one line for it, the rest indexed", _link_loop),
    InputCase("H FIFO named", "refused, exit 1", partial(_named_directly, make=_fifo)),
    InputCase("H /dev/zero named", "refused, exit 1", partial(_named_directly, make=_zeros)),
    InputCase("H unreadable sub-folder", "one line for it, the rest indexed", _unreadable_folder),
    InputCase("I lone surrogate in a question", "answered", _lone_surrogate),
    InputCase("I deep JSON from a chat model", "the evidence answer", _deep_json),
    InputCase("I chat reply of 100 MB", "the evidence answer, below 1 GiB", _large_reply),
    InputCase("I endless error of a video model", "ends in one line", _endless_error),
    InputCase("I API key in an error", "the key is nowhere", _key_echoed),
    InputCase("I endless reply of a chat model", "the evidence answer, below 1 GiB", _endless_reply),
    InputCase("I redirect to another host", "not followed", _redirected),
    InputCase("I OpenAI key at another host", "not sent", _key_at_other_host),
    InputCase("J missing file and URL", "exit 1, not stored", _missing_paths),
    InputCase("J remove of a failed file", "its failure is cleared", _remove_failure),
    InputCase("J empty search", "usage error, exit 2", _empty_search),
    InputCase("J search of a lane that is off", "a line, exit 1", _lane_off),
    InputCase("K index with other settings", "done again", _other_settings),
    InputCase("K index without the speech model", "the library's model is used", _speech_model_remembered),
    InputCase("L id with a path in it", "nothing outside is touched", _traversal),
    InputCase("M library of which part was heard", "unknown, not absent", _mixed_coverage),
    InputCase("M yes or no without a look", "no verdict without looking", _no_verdict_without_vlm_call),
    InputCase("N missing weights: picture model", "exit 1, names the key",
              partial(_missing_weights, role="picture")),
    InputCase("N missing weights: appearance model", "exit 1, names the key",
              partial(_missing_weights, role="appearance")),
    InputCase("N missing weights: video model", "exit 1, names the key",
              partial(_missing_weights, role="video")),
    InputCase("O two videos of one name", "told apart in the table", _two_of_one_name),
    InputCase("O part of a name in another case", "found", _part_of_a_name),
    InputCase("P who is Celia", "partial at most",
              partial(_film_question, question="who is Celia?", must="^(partial|abstained)")),
    InputCase("P when do they say robotics", "0:09, the other form named apart",
              partial(_film_question, question="when do they say robotics?", must="^answered: Said at 0:09")),
    InputCase("P search by example", "by colour layout", _like),
    InputCase("P compare without a video model", "a row each, exit 0", _compare),
    InputCase("P chat server that is down", "said first", _server_down),
)  # fmt: skip
