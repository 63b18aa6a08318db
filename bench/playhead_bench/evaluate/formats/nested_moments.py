"""Readers of moment search in objects by video: ActivityNet Captions and HiREST."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.moment_rows import moment_sample
from playhead_bench.evaluate.formats.records import BadRow, Dataset
from playhead_bench.evaluate.formats.row_files import LocatedRow, Row, RowOrError, keyed, read_json
from playhead_bench.evaluate.formats.samples_from_rows import gather
from playhead_bench.evaluate.sample import Sample


def read_activitynet(path: Path) -> Dataset:
    """ActivityNet Captions (Krishna et al., 2017): by video, a duration, timestamps and sentences.

    The id of a sample is the video and the number of the sentence, `v_abc_0`.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def sentences() -> Iterator[RowOrError]:
        value, doubled = read_json(path)
        yield from doubled
        for where, vid, video in keyed(path, value):
            yield from _sentences(where, vid, video)

    return gather(path, sentences(), lambda located_row: moment_sample(**located_row.row))


def _sentences(where: str, vid: str, video: Any) -> Iterator[RowOrError]:
    fields = video if isinstance(video, Mapping) else {}
    times, sentences, duration = (fields.get(key) for key in ("timestamps", "sentences", "duration"))
    if (
        not isinstance(times, list)
        or not isinstance(sentences, list)
        or len(times) != len(sentences)
        or not duration
    ):
        yield BadRow(where, "expected a duration, and as many timestamps as sentences")
        return
    for number, (window, sentence) in enumerate(zip(times, sentences, strict=True)):
        row = {"official": f"{vid}_{number}", "video": vid, "query": sentence}
        yield LocatedRow(f"{where}[{number}]", {**row, "windows": window, "duration": duration})


def read_hirest(path: Path) -> Dataset:
    """HiREST (Zala et al., 2023): by prompt and video, the moment that answers it, and its steps.

    Kinds: `moment`, a video with the part that answers; `video`, one that is relevant as a whole, without a
    window; `step`, one step of a moment, whose question is its heading.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def parts() -> Iterator[RowOrError]:
        value, doubled = read_json(path)
        yield from doubled
        for where, prompt, videos in keyed(path, value):
            if not isinstance(videos, dict):
                yield BadRow(where, f"expected an object of videos, got {type(videos).__name__}")
                continue
            for name, video in videos.items():
                yield from _hirest_video(f"{where}[{name}]", prompt, name, video)

    def make(located_row: LocatedRow) -> Sample:
        row = dict(located_row.row)
        kind = row.pop("kind")
        return replace(moment_sample(**row), kind=kind, answerable=None if kind == "video" else True)

    return gather(path, parts(), make)


def _hirest_video(where: str, prompt: str, name: str, video: Any) -> Iterator[RowOrError]:
    if not isinstance(video, Mapping) or not {"clip", "bounds", "v_duration"} <= set(video):
        yield BadRow(where, "expected 'clip', 'bounds' and 'v_duration'")
        return
    shared = {"video": name, "duration": video["v_duration"], "prompt": prompt}
    kind = {"windows": video["bounds"], "kind": "moment"} if video["clip"] else {"kind": "video"}
    yield LocatedRow(where, {**shared, "official": f"{prompt}/{name}", "query": prompt, **kind})
    steps = video.get("steps") or []
    for number, step in enumerate(steps if isinstance(steps, list) else [steps]):
        yield _hirest_step(f"{where}[{number}]", {**shared, "official": f"{prompt}/{name}/{number}"}, step)


def _hirest_step(where: str, shared: Row, step: Any) -> RowOrError:
    if not isinstance(step, Mapping):
        return BadRow(where, f"expected an object, got {type(step).__name__}")
    window = {"query": step.get("heading"), "windows": step.get("absolute_bounds")}
    return LocatedRow(where, {**shared, **window, "kind": "step"})
