"""What the commands show a person: tables and panels, on a terminal or as plain text in a pipe."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from playhead.answer_view import plain as plain
from playhead.answer_view import safe, shortened
from playhead.doctor import DoctorCheck
from playhead.library import VideoSummary
from playhead.models import NO_CAPTIONS
from playhead_index.build import VideoReport
from playhead_index.clean_text import one_line, printable_text
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.extras import InstallAdvice
from playhead_index.lifecycle import Problem
from playhead_index.paths import display_path
from playhead_index.search.results import Hit, Moment, SearchResult
from playhead_index.speakers import SpeakerSummary, with_speaker
from playhead_index.stages.transcribe import NO_SOUND, SUBTITLES_TAKEN
from playhead_index.store.catalog import VideoRow
from playhead_index.store.job_table import STAGES
from playhead_index.store.summaries import Summary
from playhead_index.window import format_time
from playhead_index.words.protocol import is_uncertain
from playhead_tools.entities import Entity
from playhead_tools.evidence import coverage_sentence, is_any_searched

MAX_TABLE_WIDTH = 1000
MIN_TEXT_WIDTH = 48
"""A table of moments that leaves less than this for their texts is printed as blocks of lines instead."""
MIN_ID_CHARS = 9
MAX_ENTITY_TIMES = 8
"""Times of an entity that are written out; the rest is counted."""
GAP = 2
"""Spaces between columns."""
STAGE_NAMES = {
    "subtitles": "subtitles",
    "speech": "speech recognition",
    "look": "frame sampling",
    "layout": "colour layout",
    "picture": "image-text embeddings",
    "appearance": "image embeddings",
    "segment": "segmentation",
    "screen": "screen text (OCR)",
    "meaning": "text embeddings",
    "caption": "captions",
    "speakers": "speakers by voice (diarisation)",
    "transcript": "transcript segmentation",
    "finish": "finished",
}
"""What the stages of indexing are called on a terminal; JSON has their names as they are stored."""
OFF_ADVICE = {
    "picture": "frames cannot be searched by text",
    "appearance": "image search falls back to colour layout",
    "meaning": "keyword search only (no text embeddings)",
    "speech": "speech was not transcribed",
    "screen": "text in frames was not read",
    "caption": "segments are without captions",
    "speakers": "voices were not told apart",
}


def show_report(console: Console, report: VideoReport) -> None:
    """One line a video as its indexing ends."""
    name = safe(display_path(report.path.name))
    if report.status == "failed":
        console.print(
            f"[red]failed [/] {name}: {safe(_without_path(report.path, report.error))}", soft_wrap=True
        )
        return
    if report.status == "refused":
        console.print(f"[red]refused[/] {safe(report.error or '')}", soft_wrap=True)
        return
    word = "indexed" if report.status == "indexed" else "known  "
    plural = "" if report.segments == 1 else "s"
    took = f"{report.segments} segment{plural} in {report.seconds:.1f} s"
    console.print(f"[green]{word}[/] {name}  {took}  [dim]{safe(report.video_id or '')}[/]", soft_wrap=True)
    if report.replaced is not None:
        console.print(f"        replaces an earlier version  [dim]{safe(report.replaced)}[/]", soft_wrap=True)
    if report.redone:
        console.print(f"        indexed again: {safe(', '.join(report.redone))}", soft_wrap=True)
    for warning in report.warnings:
        console.print(f"        [yellow]warning[/] {safe(warning)}", soft_wrap=True)


def _without_path(path: Path, error: str | None) -> str:
    """An error message without the file's path before it, for a line that names the file."""
    return (error or "").removeprefix(f"{path}: ")


def show_off(console: Console, reports: Sequence[VideoReport]) -> None:
    """What was left out over a whole run, once each, with how to turn it on."""
    reasons = {(name, why) for report in reports for name, why in report.off if name in OFF_ADVICE and why}
    advice = InstallAdvice()
    for name, why in sorted(reasons):
        if why not in (NO_SOUND, NO_FRAMES, SUBTITLES_TAKEN, NO_CAPTIONS.reason):
            line = f"[yellow]off[/]     {name}: {OFF_ADVICE[name]} ({safe(advice.shorten(why))})"
            console.print(line, highlight=False, soft_wrap=True)
    if advice.command:
        line = f"        to switch {'it' if advice.num_commands == 1 else 'them'} on, run: {advice.command}"
        console.print(plain(line), soft_wrap=True)


def show_result(console: Console, result: SearchResult, names: Mapping[str, str]) -> None:
    """Moments as a table, or as blocks of lines where names leave too little room, then what was searched."""
    if not result.moments:
        console.print("Nothing found." if is_any_searched(result.coverage) else "Nothing could be searched.")
    rows = [
        (
            str(place),
            str(moment.window),
            one_line(names[moment.video_id]),
            matched_lanes(moment),
            _moment_text(moment),
        )
        for place, moment in enumerate(result.moments, 1)
    ]
    used_width = sum(max((len(row[column]) for row in rows), default=0) + GAP for column in range(3))
    if console.width - used_width >= MIN_TEXT_WIDTH:
        _print_moments(console, rows)
    else:
        for place, when, name, found_by, text in rows:
            console.print(plain(f"{place}  {when}  {name}"), soft_wrap=True)
            console.print(Padding(Text(f"{found_by}: ") + text, (0, 0, 0, len(place) + GAP)))
    console.print(plain(coverage_sentence(result.coverage), "dim"))


def _print_moments(console: Console, rows: Sequence[tuple[str, str, str, str, Text]]) -> None:
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "when", "video", "found by", "what"):
        table.add_column(column, overflow="fold", no_wrap=column in ("when", "video"))
    for place, when, name, found_by, text in rows:
        table.add_row(place, when, plain(name), found_by, text)
    console.print(table)


MIN_WINDOW_RATIO = 2.0
"""A moment that is this many times as long as its best sentence shows the time of that sentence, too."""


def matched_lanes(moment: Moment) -> str:
    """The ranks behind a moment: `speech #1, speech (semantic) #2, picture #4`."""
    best: dict[str, int] = {}
    for hit in moment.hits:
        label = hit.lane if hit.how != "meaning" else f"{hit.lane} (semantic)"
        best[label] = min(best.get(label, hit.rank), hit.rank)
    return ", ".join(f"{label} #{rank}" for label, rank in sorted(best.items(), key=lambda item: item[1]))


def _moment_text(moment: Moment) -> Text:
    """The text of a moment; a long moment begins with its best sentence and the time of that."""
    words = [hit for hit in moment.hits if hit.text]
    cited = (words[0].text or "") if words else ""
    words = [hit for n, hit in enumerate(words) if not n or (hit.text or "") not in cited]
    texts = dict.fromkeys(
        printable_text(with_speaker(hit.text or "", hit.speaker)).replace("\n", " / ") for hit in words
    )
    if words and moment.window.duration_s >= MIN_WINDOW_RATIO * words[0].window.duration_s:
        first, *rest = texts
        first, mark = f"{words[0].window}: {first}", uncertainty(words[:1])
        # the mark follows the words that it is about
        texts_before_mark = (first,) if mark else (first, *rest)
        return Text(shortened(" … ".join(texts_before_mark))).append(mark, style="yellow")
    text = Text(shortened(" … ".join(texts) or "(frame)"))
    return text.append(uncertainty(words), style="yellow")


def uncertainty(hits: Sequence[Hit]) -> str:
    """That all of these words were recognised with low confidence, with the highest; else empty."""
    known = [hit.confidence for hit in hits if hit.confidence is not None and is_uncertain(hit.confidence)]
    if not known or len(known) < len(hits):
        return ""
    if all(hit.lane == "caption" for hit in hits):
        return f" (uncertain: the samples of the caption agree by {max(known):.2f})"
    return f" (uncertain: recognised with confidence {max(known):.2f})"


def show_videos(
    console: Console,
    summaries: Sequence[VideoSummary],
    failures: Sequence[tuple[Path, str]],
    retired: str = "",
) -> None:
    """The videos of a library, files that could not be indexed, and a line on retired versions."""
    ids = short_ids([summary.video.video_id for summary in summaries])
    columns = ("id", "length", "segments", "captions", "speech", "screen", "picture", "state")
    rows = [
        (
            summary.name,
            (
                ids[summary.video.video_id],
                format_time(round(summary.video.duration_s)),
                str(summary.counts.get("segments", 0)),
                str(summary.captioned_segments),
                *(str(summary.counts.get(kind, 0)) for kind in ("speech", "screen")),
                _frame_state(summary),
                "ready" if summary.finished else "unfinished",
            ),
        )
        for summary in summaries
    ]
    _print_videos(console, columns, rows)
    for path, error in failures:
        line = f"[red]failed[/]  {safe(display_path(path.name))}: {safe(_without_path(path, error))}"
        console.print(line, soft_wrap=True)
    if retired:
        console.print(plain(retired, style="dim"), soft_wrap=True)


def _frame_state(summary: VideoSummary) -> str:
    """Whether the frames of a video can be searched; `none` where it has none."""
    if not summary.video.n_frames:
        return "none"
    stage = summary.stages.get("picture")
    return "yes" if stage is not None and stage.status == "done" else "off"


def short_ids(video_ids: Sequence[str]) -> dict[str, str]:
    """The beginnings of ids, as long as it takes to tell each from the others, but at least `MIN_ID_CHARS`.

    >>> short_ids(["v0123456789a", "v0123456789b", "vff"])
    {'v0123456789a': 'v0123456789a', 'v0123456789b': 'v0123456789b', 'vff': 'vff'}
    """
    length = MIN_ID_CHARS
    while len({video_id[:length] for video_id in video_ids}) < len(set(video_ids)):
        length += 1
    return {video_id: video_id[:length] for video_id in video_ids}


def _print_videos(
    console: Console, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]
) -> None:
    """Prints (name, cells) of videos so that each name stands whole on one line and can be copied.

    A table with the names last; on a terminal that is too narrow for it, a line with the name and one with
    the cells for each video.
    """
    if not rows:
        console.print("No videos yet: playhead index VIDEO_OR_FOLDER")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (*columns, "file"):
        table.add_column(column)
    for name, cells in rows:
        table.add_row(*map(safe, cells), safe(name))
    width = Measurement.get(console, console.options.update(width=MAX_TABLE_WIDTH), table).maximum
    if width <= console.width or not console.is_terminal:
        console.width = max(console.width, width)
        console.print(table)
        return
    for name, cells in rows:
        console.print(plain(name, "bold"), soft_wrap=True)
        facts = " · ".join(f"{column} {cell}" for column, cell in zip(columns, cells, strict=True))
        console.print(plain(f"  {facts}"), soft_wrap=True)


def recorded_text(recorded: datetime | None) -> str:
    """When a video was recorded, in the zone of this machine, to the second."""
    if recorded is None:
        return "not known"
    return recorded.astimezone().replace(microsecond=0).isoformat(sep=" ")


def show_clock(console: Console, summaries: Sequence[VideoSummary]) -> None:
    """The videos in the order in which they were recorded, those last of which it is not known."""
    unknown = datetime.max.replace(tzinfo=UTC)
    ids = short_ids([summary.video.video_id for summary in summaries])
    rows = [
        (
            summary.name,
            (
                recorded_text(summary.recorded),
                format_time(round(summary.video.duration_s)),
                ids[summary.video.video_id],
            ),
        )
        for summary in sorted(summaries, key=lambda one: one.recorded or unknown)
    ]
    _print_videos(console, ("recorded", "length", "id"), rows)


def show_video(
    console: Console, summary: VideoSummary, words: Sequence[str], settings: Mapping[str, str]
) -> None:
    """One video: facts, the job table, what it was made with, and the beginning of its outline."""
    video = summary.video
    console.print(
        f"[bold]{safe(video.video_id)}[/]  {', '.join(safe(display_path(path)) for path in summary.paths)}",
        soft_wrap=True,
    )
    if summary.retired is not None:
        retired_text = f"{summary.retired.sentence}; not searched, freed by playhead gc"
        console.print(f"[yellow]replaced[/] {safe(retired_text)}")
    console.print(f"{format_time(video.duration_s)}  {_streams(video)}")
    if summary.recorded is not None:
        console.print(f"recorded {recorded_text(summary.recorded)}")
    for warning in json.loads(video.warnings):
        console.print(f"[yellow]warning[/] {safe(warning)}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("stage", "state", "note"):
        table.add_column(column, overflow="fold")
    advice = InstallAdvice()
    for name, stage in sorted(summary.stages.items(), key=lambda item: STAGES.index(item[0])):
        note = safe(advice.shorten(stage.note))
        table.add_row(safe(STAGE_NAMES.get(name, name)), safe(stage.status), note)
    console.print(table)
    if advice.command:
        console.print(plain(f"To switch on what is not installed, run: {advice.command}"), soft_wrap=True)
    for name, value in settings.items():
        console.print(Text(f"{name}: {value}", style="dim"))
    if summary.captioned_segments or summary.captioned_steps:
        steps = f", and {summary.captioned_steps:,} fixed steps" if summary.captioned_steps else ""
        of_segments = f"{summary.captioned_segments:,} of {summary.counts.get('segments', 0):,} segments"
        console.print(Text(f"captioned: {of_segments}{steps}", style="dim"))
    for text in words:
        console.print(plain(text))


def _streams(video: VideoRow) -> str:
    """What a recording holds: size and rate of its frames, whether it has sound."""
    if not video.n_frames:
        return f"sound only  {safe(video.codec)}"
    rate = "variable rate" if video.is_variable_rate else "constant rate"
    return (
        f"{video.width_px}x{video.height_px}  {safe(video.codec)}  {video.average_fps:.2f} fps ({rate})  "
        f"{'with' if video.has_audio else 'without'} sound"
    )


def show_speakers(console: Console, speakers: Sequence[SpeakerSummary], names: Mapping[str, str]) -> None:
    """Who speaks in a video, and which names voices may have."""
    if not speakers:
        console.print(
            "Who speaks is not known: no subtitles name speakers, and no voices were told apart. To tell them"
            " apart by their sound, run playhead prepare voices and index the video again."
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("label", "speaker", "speaks", "share", "turns", "first", "says"):
        table.add_column(column, overflow="fold", no_wrap=column in ("speaks", "share", "turns", "first"))
    for one in speakers:
        table.add_row(
            safe(", ".join(one.labels)),
            safe(one.display_name),
            format_time(round(one.speaking_s)),
            f"{one.share:.0%}",
            str(one.num_turns),
            "" if one.first_s is None else format_time(round(one.first_s)),
            safe(one.sample),
        )
    console.print(table)
    for one in speakers:
        if one.proposals:
            best = one.proposals[0]
            proposal = f"{one.display_name} may be {best.name} (as in {names[best.video_id]})"
            line = f"{proposal}; to name it: playhead speakers VIDEO --name {one.labels[0]}={best.name!r}"
            console.print(plain(one_line(line)), soft_wrap=True)


def show_entities(console: Console, entities: Sequence[Entity]) -> None:
    """The people, places, things and names that recur in a video, a row each."""
    if not entities:
        console.print(
            "Nothing recurs that is known: no speaker, no name in the transcript, no thing in captions, no"
            " scene. Scenes need appearance vectors: playhead prepare appearance; things need captions:"
            " playhead index VIDEO --captions"
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("kind", "label", "mentions", "from", "speaks", "times"):
        table.add_column(column, overflow="fold", no_wrap=column in ("kind", "mentions", "speaks"))
    for one in entities:
        times = [format_time(round(window.start_s)) for window in one.windows[:MAX_ENTITY_TIMES]]
        more = len(one.windows) - len(times)
        table.add_row(
            one.kind,
            safe(one.label),
            str(one.num_mentions),
            ", ".join(one.sources),
            "" if one.speaking_s is None else format_time(round(one.speaking_s)),
            ", ".join(times) + (f" and {more} more" if more > 0 else ""),
        )
    console.print(table)


def show_chapters(console: Console, chapters: Sequence[Summary], video_summary: Summary | None) -> None:
    """What a video is about, and its chapters one after the other, each sentence with its time."""
    if video_summary is None:
        console.print(
            "No chapters: little is said in this video, and it has no captions; "
            "to make some: playhead index VIDEO --captions"
        )
        return
    if len(chapters) > 1:
        console.print(_summary_text(video_summary), Text())
    for chapter in chapters:
        lead = f"{chapter.window}  " + (f"{one_line(chapter.title)}\n" if chapter.title else "")
        console.print(Text(lead, style="bold") + _summary_text(chapter))
    makers = ", ".join(dict.fromkeys(summary.made_by for summary in (video_summary, *chapters)))
    console.print(plain(f"made by: {makers}", "dim"))


def _summary_text(summary: Summary) -> Text:
    """The sentences of a summary with their times, else its text."""
    if not summary.sentences:
        return plain(summary.text)
    times = (format_time(round(one.window.start_s)) for one in summary.sentences)
    lines = (f"  {at}  {one_line(one.text)}" for at, one in zip(times, summary.sentences, strict=True))
    return plain("\n".join(lines))


def show_problems(console: Console, problems: Sequence[Problem]) -> None:
    """What `verify` found, a line each with what to do."""
    for problem in problems:
        line = f"[red]{safe(problem.kind)}[/] {safe(problem.subject)}\n  → {safe(problem.advice)}"
        console.print(line, soft_wrap=True)
    if not problems:
        console.print("[green]No problems found.[/]")


def show_check(console: Console, check: DoctorCheck) -> None:
    """Prints one line of `doctor`; its text is not wrapped, so that commands can be copied."""
    mark = "[green]✓[/]" if check.ok else "[yellow]–[/]"
    text = f"{mark} [bold]{safe(check.name)}[/]  {safe(check.detail)}"
    console.print(text, highlight=False, soft_wrap=True)
