"""What can be evaluated: made videos with questions about them, or a benchmark's file with its videos.

Either way it comes to a list of samples and where each of their videos is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from playhead_bench.evaluate.sample import Sample
from playhead_bench.world.dataclass_json import from_record, to_record
from playhead_bench.world.random_scene import Part, SplitMode
from playhead_bench.world.random_video import random_story
from playhead_bench.world.render import load_truth, render, truth_path
from playhead_bench.world.story import Story
from playhead_bench.world.video_questions import ask, ask_over, to_sample
from playhead_index.errors import VideoError
from playhead_index.find_files import find_videos


@dataclass(frozen=True, slots=True)
class Task:
    """Questions and the videos that they are about.

    Args:
        name: for the manifest.
        samples: the questions.
        videos: where each video is, by the name that samples call it by.
        notes: what a person should know, such as rows that were left out.
    """

    name: str
    samples: tuple[Sample, ...]
    videos: Mapping[str, Path]
    notes: tuple[str, ...] = ()

    def limited(self, max_questions: int | None, seed: int = 0) -> "Task":
        """The same with at most so many questions, drawn kind by kind, and their videos."""
        samples = self.samples if max_questions is None else draw_samples(self.samples, max_questions, seed)
        used = {video_id for sample in samples for video_id in sample.video_ids}
        return replace(self, samples=samples, videos={v: p for v, p in self.videos.items() if v in used})

    def opened(self) -> "Task":
        """The same without options: each question must be answered in free words.

        Questions that have an answer but whose gold is only known as an option keep that option's text.
        """
        return replace(self, samples=tuple(_without_options(sample) for sample in self.samples))


def _without_options(sample: Sample) -> Sample:
    answer = sample.answer
    if answer is None and sample.answer_index is not None and sample.answerable is not False:
        answer = sample.options[sample.answer_index]
    return replace(sample, options=(), answer_index=None, answer=answer)


def draw_samples(samples: Sequence[Sample], max_samples: int, seed: int = 0) -> tuple[Sample, ...]:
    """At most so many samples in their order, as many of each kind as there are to be had.

    Raises:
        ValueError: `max_samples` is below 1.
    """
    if max_samples < 1:
        raise ValueError(f"a limit is at least 1, got {max_samples}")
    by_kind: dict[str, list[int]] = {}
    for number in Random(seed).sample(range(len(samples)), len(samples)):
        by_kind.setdefault(samples[number].kind, []).append(number)
    order = sorted((i, kind) for kind, numbers in by_kind.items() for i in range(len(numbers)))
    numbers_drawn = sorted(by_kind[kind][i] for i, kind in order[:max_samples])
    return tuple(samples[number] for number in numbers_drawn)


def world_task(
    folder: Path,
    minutes: Sequence[float],
    *,
    part: Part = "dev",
    mode: SplitMode = "iid",
    each: int = 1,
    per_kind: int = 2,
    seed: int = 0,
    voice: bool = False,
) -> Task:
    """Made videos of some lengths, rendered into a folder where they are not there yet, and their questions.

    Args:
        folder: for the videos.
        minutes: lengths.
        part: of the data.
        mode: how the parts differ.
        each: videos of each length; of two or more, there are questions about all of them together, too.
        per_kind: most questions of each kind about a video.
        seed: of the first video; the next ones follow.
        voice: have the spoken lines read aloud (needs espeak-ng), or `False` for subtitles alone.

    Raises:
        ValueError: no lengths, or one out of range.
        VideoError: a video cannot be written.
    """
    if not minutes:
        raise ValueError("made videos need a length in minutes, got none")
    samples: list[Sample] = []
    videos: dict[str, Path] = {}
    for long in minutes:
        stories = [random_story(seed + number, long, part, mode) for number in range(each)]
        for story in stories:
            videos[story.name] = render_if_missing(story, folder, voice=voice)
            samples += map(to_sample, ask(story, part=part, mode=mode, per_kind=per_kind, seed=seed))
        if each > 1:
            together = {story.name: story for story in stories}
            questions = ask_over(together, part=part, mode=mode, per_kind=per_kind, seed=seed)
            samples += map(to_sample, questions)
    return Task(f"world-{part}-{mode}", tuple(samples), videos)


def render_if_missing(story: Story, folder: Path, *, voice: bool = False) -> Path:
    """The file of a story, written unless it is there and its truth is this very story.

    Raises:
        VideoError: it cannot be written.
    """
    path = folder / f"{story.name}.mp4"
    if truth_path(path).exists() and path.exists() and _is_rendering_of(path, story):
        return path
    return render(story, path, voice=voice).path


def _is_rendering_of(path: Path, story: Story) -> bool:
    """Whether the truth beside a file is a story; a truth that cannot be read is none."""
    try:
        rendered_story = load_truth(path).story
    except VideoError:
        return False
    return rendered_story == from_record(Story, to_record(story))


def format_task(name: str, annotations: Path, videos: Path) -> Task:
    """The questions of a benchmark's file about the videos of a folder, found by their names.

    A question whose video is not in the folder, or that is about none, is left out, with a note.

    Args:
        name: of the format, as `playhead_bench.evaluate.formats.FORMATS` has it.
        annotations: the benchmark's own file.
        videos: a folder of files, each named as the benchmark calls its video.

    Raises:
        ValueError: there is no such format.
        FormatUnreadable: the file is not of that format.
        VideoError: there is no such folder, or no video in it.
    """
    from playhead_bench.evaluate.formats import read

    dataset = read(name, annotations)
    found = find_videos([videos])
    if not found.videos and found.refused:
        raise found.refused[0]
    files = {path.stem: path for path in found.videos}
    files |= {path.name: path for path in files.values()}
    samples = [s for s in dataset.samples if s.video_ids and all(_key(v) in files for v in s.video_ids)]
    used = {video_id: files[_key(video_id)] for sample in samples for video_id in sample.video_ids}
    notes = [f"left out {bad.where}: {bad.why}" for bad in dataset.bad_rows]
    if len(samples) < len(dataset.samples):
        notes.append(
            f"left out {len(dataset.samples) - len(samples)} questions: no file of their video in {videos}"
        )
    return Task(name, tuple(samples), used, tuple(notes))


def _key(video_id: str) -> str:
    """A video's name as files have it: without folders."""
    return Path(video_id).name
