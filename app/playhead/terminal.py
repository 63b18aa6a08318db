"""What the commands show a person: tables and panels, on a terminal or as plain text in a pipe."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich import markup
from rich.console import Console, Group
from rich.measure import Measurement
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from playhead.doctor import Finding
from playhead.library import VideoSummary
from playhead.models import NO_CAPTIONS
from playhead_index.build import VideoReport
from playhead_index.clean_text import one_line, printable_text
from playhead_index.decode.protocol import NO_PICTURES
from playhead_index.hear import NO_SOUND, SUBTITLES_TAKEN
from playhead_index.lifecycle import Problem
from playhead_index.paths import display_path
from playhead_index.search.results import Moment, SearchResult
from playhead_index.store.catalog import VideoRow
from playhead_index.store.summaries import Summary
from playhead_index.window import format_time
from playhead_tools.evidence import Answer, coverage_sentence

STATUS_STYLE = {"answered": "green", "partial": "yellow", "abstained": "red"}
SHOWN_TEXT = 160
MAX_TABLE_WIDTH = 1000
MOST_WINDOWS = 3
OFF_ADVICE = {
    "picture": "pictures cannot be searched by words",
    "appearance": "likeness is found by colour layout alone",
    "meaning": "words are found by themselves, not by what they mean",
    "speech": "speech was not recognised",
    "screen": "screen text was not read",
    "caption": "segments were not captioned",
}


def safe(text: str) -> str:
    """Text from outside, cleaned, on one line, its brackets escaped for a string with Rich markup."""
    return markup.escape(one_line(text))


def plain(text: str, style: str = "") -> Text:
    """Text from outside, cleaned, in which Rich reads no markup; its lines stay."""
    return Text(printable_text(text), style=style)


def show_report(console: Console, report: VideoReport) -> None:
    """One line a video as its indexing ends."""
    name = safe(display_path(report.path.name))
    if report.status == "failed":
        console.print(f"[red]failed [/] {name}: {safe(report.error or '')}", soft_wrap=True)
        return
    if report.status == "refused":
        console.print(f"[red]refused[/] {safe(report.error or '')}", soft_wrap=True)
        return
    word = "indexed" if report.status == "indexed" else "known  "
    plural = "" if report.segments == 1 else "s"
    took = f"{report.segments} segment{plural} in {report.seconds:.1f} s"
    console.print(f"[green]{word}[/] {name}  {took}  [dim]{safe(report.video_id or '')}[/]", soft_wrap=True)
    if report.replaced is not None:
        console.print(f"        in place of an earlier version  [dim]{safe(report.replaced)}[/]")
    if report.redone:
        console.print(f"        redone: {safe(', '.join(report.redone))}")
    for warning in report.warnings:
        console.print(f"        [yellow]warning[/] {safe(warning)}")


def show_off(console: Console, reports: Sequence[VideoReport]) -> None:
    """What was left out over a whole run, once each, with how to turn it on."""
    reasons = {(name, why) for report in reports for name, why in report.off if name in OFF_ADVICE and why}
    for name, why in sorted(reasons):
        if why not in (NO_SOUND, NO_PICTURES, SUBTITLES_TAKEN, NO_CAPTIONS.reason):
            console.print(f"[yellow]off[/]     {name}: {OFF_ADVICE[name]} ({safe(why)})")


def show_result(console: Console, result: SearchResult, summaries: dict[str, str]) -> None:
    """Moments as a table, then what was searched."""
    if not result.moments:
        console.print("Nothing found.")
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", "when", "video", "found by", "what"):
            table.add_column(column, overflow="fold", no_wrap=column == "video")
        for place, moment in enumerate(result.moments, 1):
            table.add_row(
                str(place), str(moment.window), safe(summaries[moment.video_id]), why(moment), _what(moment)
            )
        console.print(table)
    console.print(plain(coverage_sentence(result.coverage), "dim"))


def why(moment: Moment) -> str:
    """The ranks behind a moment: `speech #1, picture #4`."""
    best: dict[str, int] = {}
    for hit in moment.hits:
        label = hit.lane if hit.how != "meaning" else f"{hit.lane} (meaning)"
        best[label] = min(best.get(label, hit.rank), hit.rank)
    return ", ".join(f"{label} #{rank}" for label, rank in sorted(best.items(), key=lambda item: item[1]))


def _what(moment: Moment) -> Text:
    texts = dict.fromkeys(printable_text(hit.text).replace("\n", " / ") for hit in moment.hits if hit.text)
    joined = " … ".join(texts) or "(picture)"
    return Text(joined if len(joined) <= SHOWN_TEXT else joined[: SHOWN_TEXT - 1] + "…")


def show_answer(console: Console, answer: Answer, names: dict[str, str]) -> None:
    """The answer in a panel: words, the cited windows, notes, what was searched, what it cost."""
    parts: list[Text | Table] = [plain(answer.text)]
    if answer.intervals:
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        for is_whole in (True, True, True, False):
            table.add_column(no_wrap=is_whole, overflow="fold")
        said = {e.id: f"the model saw: “{one_line(e.said)[:SHOWN_TEXT]}”" for e in answer.evidence if e.said}
        for interval in answer.intervals:
            where = names.get(interval.video_id, display_path(interval.path.name))
            table.add_row(
                plain(f"[{interval.evidence_id}]"),
                str(interval.window),
                safe(where),
                Text(said.get(interval.evidence_id, ""), style="dim"),
            )
        parts += [Text(), table]
    parts += [plain(f"Note: {note}", "yellow") for note in answer.notes]
    searched = "" if answer.coverage is None else coverage_sentence(answer.coverage)
    if searched and searched not in answer.text:
        parts += [Text(), plain(searched, "dim")]
    bill = _bill(answer)
    reason = f": {answer.reason}" if answer.reason else ""
    title = f"[{STATUS_STYLE[answer.status]}]{answer.status}{reason}[/] · confidence {answer.confidence:.2f}"
    console.print(
        Panel(Group(*parts), title=title, subtitle=bill, title_align="left", subtitle_align="right")
    )


def _bill(answer: Answer) -> str:
    """What an answer took: `4.1 s, 6 looks at 48 frames, 2 model calls`."""
    cost = answer.cost
    made = cost.get("looks", 0)
    looks = f"{made:.0f} look{'' if made == 1 else 's'} at {cost['frames']:.0f} frames" if made else ""
    money = f"{cost['money']:.4f} in money" if cost.get("money") else ""
    calls = f"{cost.get('model_calls', 0):.0f} model calls"
    parts = [f"{cost.get('seconds', 0.0):.1f} s", looks, calls, money]
    return ", ".join(part for part in parts if part)


def show_comparison(console: Console, answers: Sequence[tuple[str, Answer]], names: dict[str, str]) -> None:
    """Strategies side by side: what each answered, where, how sure, and what it took."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("strategy", "answer", "where"):
        table.add_column(column, overflow="fold")
    for column in ("conf.", "frames", "tokens", "calls", "s"):
        table.add_column(column, justify="right", no_wrap=True)
    for strategy, answer in answers:
        cost = {"frames": 0.0, "visual_tokens": 0.0, "prompt_tokens": 0.0, "looks": 0.0, **answer.cost}
        numbers = (
            f"{answer.confidence:.2f}",
            f"{cost['frames']:.0f}",
            f"{cost['visual_tokens'] + cost['prompt_tokens']:.0f}",
            f"{cost['looks'] + cost['model_calls']:.0f}",
            f"{cost['seconds']:.1f}",
        )
        table.add_row(safe(strategy), _shortly(answer), _where(answer, names), *numbers)
    console.print(table)
    legend = "tokens: visual ones, and those of the chat model's prompts; calls: of both models"
    console.print(Text(legend, style="dim"))


def _shortly(answer: Answer) -> Text:
    """The status where it is no plain answer, and the first line."""
    reason = f": {answer.reason}" if answer.reason else ""
    line = printable_text(answer.text).strip().split("\n")[0]
    told = line if len(line) <= SHOWN_TEXT else line[: SHOWN_TEXT - 1] + "…"
    status = Text() if answer.status == "answered" else Text(f"{answer.status}{reason} ", style="yellow")
    return status + Text(told)


def _where(answer: Answer, names: dict[str, str]) -> Text:
    """The first cited windows, the file's name where there are several videos."""
    shown = answer.intervals[:MOST_WINDOWS]
    windows = [
        f"{one.window}" + (f" {one_line(names.get(one.video_id, ''))}" if len(names) > 1 else "")
        for one in shown
    ]
    more = len(answer.intervals) - len(shown)
    return Text("\n".join([*windows, *([f"and {more} more"] if more else [])]) or "–")


def show_videos(
    console: Console,
    summaries: Sequence[VideoSummary],
    failures: Sequence[tuple[Path, str]],
    retired: str = "",
) -> None:
    """The videos of a library as a table, files that could not be indexed, and a line on retired versions."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("video", "length", "segments", "speech", "screen", "picture", "state", "file"):
        table.add_column(column)
    for summary in summaries:
        counts = summary.counts
        table.add_row(
            safe(summary.video.video_id[:9]),
            format_time(round(summary.video.duration_s)),
            *(str(counts.get(kind, 0)) for kind in ("segments", "speech", "screen")),
            _picture_state(summary),
            "ready" if summary.finished else "[yellow]unfinished[/]",
            safe(summary.name),
        )
    _print_whole(console, table if summaries else "No videos yet: playhead index VIDEO_OR_FOLDER")
    for path, error in failures:
        console.print(f"[red]failed[/]  {safe(display_path(path.name))}: {safe(error)}", soft_wrap=True)
    if retired:
        console.print(plain(retired, style="dim"))


def _picture_state(summary: VideoSummary) -> str:
    """Whether the pictures of a video can be searched; `none` where there are none."""
    if not summary.video.n_frames:
        return "none"
    stage = summary.stages.get("picture")
    return "yes" if stage is not None and stage.status == "done" else "off"


def _print_whole(console: Console, shown: Table | str) -> None:
    """Prints a table in its full width, wider than the terminal if need be: names in it can be copied."""
    if isinstance(shown, Table):
        width = Measurement.get(console, console.options.update(width=MAX_TABLE_WIDTH), shown).maximum
        console.width = max(console.width, width)
    console.print(shown)


def recorded_text(recorded: datetime | None) -> str:
    """When a video was recorded, in the zone of this machine, to the second."""
    if recorded is None:
        return "not known"
    return recorded.astimezone().replace(microsecond=0).isoformat(sep=" ")


def show_clock(console: Console, summaries: Sequence[VideoSummary]) -> None:
    """The videos in the order in which they were recorded, those last of which it is not known."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("recorded", "length", "video", "file"):
        table.add_column(column)
    unknown = datetime.max.replace(tzinfo=UTC)
    for summary in sorted(summaries, key=lambda one: one.recorded or unknown):
        table.add_row(
            recorded_text(summary.recorded),
            format_time(round(summary.video.duration_s)),
            safe(summary.video.video_id[:9]),
            safe(summary.name),
        )
    _print_whole(console, table if summaries else "No videos yet: playhead index VIDEO_OR_FOLDER")


def show_video(
    console: Console, summary: VideoSummary, words: Sequence[str], settings: Mapping[str, str]
) -> None:
    """One video: facts, the job table, what it was made with, and the beginning of its outline."""
    video = summary.video
    console.print(
        f"[bold]{safe(video.video_id)}[/]  {', '.join(safe(display_path(path)) for path in summary.paths)}"
    )
    if summary.retired is not None:
        said = f"{summary.retired.sentence}; not searched, freed by playhead gc"
        console.print(f"[yellow]replaced[/] {safe(said)}")
    console.print(f"{format_time(video.duration_s)}  {_streams(video)}")
    if summary.recorded is not None:
        console.print(f"recorded {recorded_text(summary.recorded)}")
    for warning in json.loads(video.warnings):
        console.print(f"[yellow]warning[/] {safe(warning)}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("stage", "state", "note"):
        table.add_column(column, overflow="fold")
    for name, stage in summary.stages.items():
        table.add_row(safe(name), safe(stage.status), safe(stage.note))
    console.print(table)
    for name, value in settings.items():
        console.print(Text(f"{name}: {value}", style="dim"))
    for text in words:
        console.print(plain(text))


def _streams(video: VideoRow) -> str:
    """What a recording holds: size and rate of its pictures, whether it has sound."""
    if not video.n_frames:
        return f"sound only  {safe(video.codec)}"
    rate = "variable rate" if video.is_variable_rate else "constant rate"
    return (
        f"{video.width_px}x{video.height_px}  {safe(video.codec)}  {video.average_fps:.2f} fps ({rate})  "
        f"{'with' if video.has_audio else 'without'} sound"
    )


def show_chapters(console: Console, chapters: Sequence[Summary], whole: Summary | None) -> None:
    """What a video is about, and its chapters one after the other."""
    if whole is None:
        console.print("No chapters without captions: playhead index VIDEO --captions")
        return
    if len(chapters) > 1:
        console.print(plain(whole.text), Text())
    for chapter in chapters:
        console.print(Text(f"{chapter.window}  ", style="bold") + plain(chapter.text))
    makers = ", ".join(dict.fromkeys(summary.made_by for summary in (whole, *chapters)))
    console.print(plain(f"made by: {makers}", "dim"))


def show_problems(console: Console, problems: Sequence[Problem]) -> None:
    """What `verify` found, a line each with what to do."""
    for problem in problems:
        line = f"[red]{safe(problem.kind)}[/] {safe(problem.what)}\n  → {safe(problem.advice)}"
        console.print(line, soft_wrap=True)
    if not problems:
        console.print("[green]All is well.[/]")


def show_finding(console: Console, finding: Finding) -> None:
    """One line of `doctor`; what it says stands as it is, so that its commands can be copied."""
    mark = "[green]✓[/]" if finding.ok else "[yellow]–[/]"
    text = f"{mark} [bold]{safe(finding.name)}[/]  {safe(finding.detail)}"
    console.print(text, highlight=False, soft_wrap=True)
