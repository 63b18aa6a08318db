"""The stage that captions segments, and fixed steps, where a captioner was given."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from time import perf_counter

from playhead_index.batches import batches
from playhead_index.caption_plan import CaptionPlan, CaptionTarget, is_step_source, plan_captions
from playhead_index.caption_run import CaptionRun
from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoReader
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.errors import ModelUnavailable
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import SpanRow
from playhead_index.store.job_table import Stage, read_stage, switch_off, write_stage
from playhead_index.store.spans import delete_span, insert_words
from playhead_index.window import Window
from playhead_index.words.protocol import Captioner, GeneratedCaption, SegmentFrames, Words

CAPTION_FRAMES = 4
CAPTION_SHORT_SIDE_PX = 720
SEEK_CHUNK = 32
"""Targets out of time order that are put in time order and read in one pass over the file."""
GO_ON = "index --captions goes on"


def caption_segments(job: VideoJob) -> None:
    """Stores the captions that the run is to make and that are missing; a batch is committed at a time.

    Captions of another captioner are replaced as new ones of the same time are made, and what is left of them
    goes when every segment has been captioned; those of fixed steps only by a run that makes steps. Without a
    captioner those that are there stay, and a run that has one goes on with them. A file without frames has
    none.

    Raises:
        ModelUnavailable: the model cannot be asked, or has said nothing of every window.
    """
    if not job.info.has_frames:
        switch_off(job.catalog, job.video_id, "caption", NO_FRAMES)
        return
    captioner, stage = job.models.captioner, read_stage(job.catalog, job.video_id, "caption")
    if captioner is None:
        _leave_out(job, stage, job.models.why_off("caption"))
        return
    run = job.models.caption_run or CaptionRun()
    plan = plan_captions(job.catalog, job.video_id, captioner.name, run.settings)
    stale = _replaceable_captions(job, captioner.name, with_steps=run.settings.every_s is not None)
    try:
        num_attempted = _caption(job, captioner, run, plan, stale)
    except ModelUnavailable as error:
        if not run.usage.captions and stage.status != "done":
            with job.catalog.atomic() as db:
                write_stage(db, job.video_id, replace(stage, status="off", note=str(error)))
        raise
    was_whole = stage.status == "done" and stage.recipe == captioner.name
    is_whole = num_attempted == len(plan.pending) and (plan.is_whole or was_whole)
    new = _finished_stage(job, captioner, run, plan, is_whole=is_whole)
    with job.catalog.atomic() as db:
        if is_whole:
            for span in stale:
                delete_span(db, span.id)
        write_stage(db, job.video_id, new)


def _leave_out(job: VideoJob, stage: Stage, why: str) -> None:
    """Notes that nothing is captioned now, and leaves how far captioning had come."""
    if not stage.recipe:
        switch_off(job.catalog, job.video_id, "caption", why)
    elif stage.status == "running":
        with job.catalog.atomic() as db:
            write_stage(db, job.video_id, replace(stage, status="off", note=why))


def _replaceable_captions(job: VideoJob, captioner: str, *, with_steps: bool) -> list[SpanRow]:
    """Stored captions of other captioners, and of this one of segments that the video no longer has.

    Args:
        job: of the video.
        captioner: name of the captioner of this run.
        with_steps: the run captions fixed steps, so that those of other captioners are replaced too.
    """
    name = clean_text(captioner)
    windows = {segment.window for segment in job.catalog.segments(job.video_id)}

    def is_current(words: Words) -> bool:
        if is_step_source(words.source):
            return not with_steps or words.source.startswith(f"{name}@")
        return words.source == name and words.window in windows

    return [span for span in job.catalog.spans(job.video_id, "caption") if not is_current(span.words)]


def _caption(
    job: VideoJob, captioner: Captioner, run: CaptionRun, plan: CaptionPlan, stale: list[SpanRow]
) -> int:
    """Captions what is pending until the run stops; how many windows the captioner was given."""
    if not plan.pending:
        return 0
    captioner.prepare()
    speech = [row.words for row in job.catalog.spans(job.video_id, "speech") if not row.words.is_uncertain]
    left = set(plan.pending)
    num_attempted = 0
    for ordered in _passes(plan.pending):
        frames = _segment_frames(job.reader, job.video_id, ordered, speech)
        targets = iter(ordered)
        while size := run.next_batch(captioner.batch):
            began_s = perf_counter()
            batch = list(islice(frames, size))
            if not batch:
                break
            captions = captioner.caption(batch)
            if len(captions) != len(batch):
                raise ValueError(f"{captioner.name} gave {len(captions)} captions for {len(batch)} segments")
            run.add(captioner.name, captions, perf_counter() - began_s)
            of_batch = list(islice(targets, len(batch)))
            num_attempted += len(batch)
            left -= set(of_batch)
            if run.usage.captions:
                _commit(job, captioner, of_batch, captions, stale, left)
    return num_attempted


def _passes(pending: Sequence[CaptionTarget]) -> Iterator[list[CaptionTarget]]:
    """The targets in groups that are each in time order, as one pass over the file reads them."""
    ordered = sorted(pending, key=lambda one: (is_step_source(one.source), one.window))
    if list(pending) == ordered:
        for is_step in (False, True):
            if group := [one for one in ordered if is_step_source(one.source) == is_step]:
                yield group
        return
    steps = [one for one in ordered if is_step_source(one.source)]
    for chunk in batches([one for one in pending if not is_step_source(one.source)], SEEK_CHUNK):
        yield sorted(chunk, key=lambda one: one.window)
    if steps:
        yield steps


def _commit(
    job: VideoJob,
    captioner: Captioner,
    targets: Sequence[CaptionTarget],
    captions: Sequence[GeneratedCaption],
    stale: list[SpanRow],
    left: Collection[CaptionTarget],
) -> None:
    """Stores a batch in the place of older captions of the same time."""
    found = [
        Words("caption", target.source, target.window, one.text, confidence=one.agreement)
        for target, one in zip(targets, captions, strict=True)
        if one.text.strip()
    ]
    replaced = [
        span
        for span in stale
        if any(
            is_step_source(words.source) == is_step_source(span.words.source)
            and words.window.overlap_s(span.words.window) > 0
            for words in found
        )
    ]
    position_s = min((one.window.start_s for one in left), default=job.info.duration_s)
    with job.catalog.atomic() as db:
        for span in replaced:
            delete_span(db, span.id)
        insert_words(db, job.video_id, found)
        write_stage(db, job.video_id, Stage("caption", "running", position_s, recipe=captioner.name))
    for span in replaced:
        stale.remove(span)


def _finished_stage(
    job: VideoJob, captioner: Captioner, run: CaptionRun, plan: CaptionPlan, *, is_whole: bool
) -> Stage:
    """The stage behind the run: done only where every segment and step was captioned."""
    segments = {segment.window for segment in job.catalog.segments(job.video_id)}
    name = clean_text(captioner.name)
    captioned = {
        span.words.window for span in job.catalog.spans(job.video_id, "caption") if span.words.source == name
    }
    num_captioned = len(segments & captioned)
    if is_whole:
        without = plan.num_segments - num_captioned
        note = f"{without} of {plan.num_segments} segments have none: what the model said did not hold"
        return Stage(
            "caption", "done", job.info.duration_s, recipe=captioner.name, note=note if without else ""
        )
    why = {
        "": f"{run.settings.max_captions} were asked for",
        "declined": "the run was declined after its estimate",
        "money": f"{run.usage.spent:.4g} of at most {run.settings.max_money or 0:g} was spent",
    }[run.stopped]
    note = f"{num_captioned} of {plan.num_segments} segments have captions: {why}; {GO_ON}"
    return Stage("caption", "off", recipe=captioner.name if num_captioned else "", note=note)


def _segment_frames(
    reader: VideoReader, video_id: str, targets: Sequence[CaptionTarget], speech: Sequence[Words]
) -> Iterator[SegmentFrames]:
    """The different frames of each target, read in one pass over the file for all of them, and its words.

    Args:
        reader: of the file.
        video_id: of the video.
        targets: in time order.
        speech: of the video, in time order; words that begin or end in a target are its words.
    """
    times_s = [time_s for target in targets for time_s in _times_s(target.window)]
    frames = batches(reader.frames_at(times_s, short_side_px=CAPTION_SHORT_SIDE_PX), CAPTION_FRAMES)
    for target, of_target in zip(targets, frames, strict=True):
        different = {frame.pts_s: frame for frame in of_target}
        words = tuple(one for one in speech if one.window.overlap_s(target.window) > 0)
        yield SegmentFrames(video_id, target.window, tuple(different.values()), words)


def _times_s(window: Window) -> list[float]:
    """The middles of equal parts of a window."""
    step_s = window.duration_s / CAPTION_FRAMES
    return [window.start_s + (i + 0.5) * step_s for i in range(CAPTION_FRAMES)]
