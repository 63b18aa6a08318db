"""What the commands print with `--json`: one flat object a line, times in seconds."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from playhead.answer_view import citation_numbers
from playhead.compare_strategies import Comparison
from playhead.library import VideoSummary
from playhead.output import writes_unicode
from playhead.prepare import Download
from playhead_index.build import VideoReport
from playhead_index.caption_run import CaptionUsage
from playhead_index.lifecycle import Problem, RelinkedVideo
from playhead_index.paths import path_to_text
from playhead_index.search.results import Hit, Moment
from playhead_index.speakers import SpeakerSummary
from playhead_index.store.summaries import Summary
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import parse_caption
from playhead_tools.entities import Entity
from playhead_tools.evidence import Answer
from playhead_tools.redaction import redact

if TYPE_CHECKING:
    from playhead_agent.persistence.conversations import ConversationTurn

_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What `json` leaves as it is: DEL, C1, line separators, controls of direction, surrogates."""


def line(record: dict[str, Any]) -> str:
    """One JSON object on one line, non-ASCII text readable where standard output can write it.

    What a terminal would obey and what no encoding can write is escaped, so that it reads back as it was.
    """
    text = json.dumps(record, ensure_ascii=not writes_unicode(), allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def of_report(report: VideoReport) -> dict[str, Any]:
    """A line of `index --json`."""
    return {
        "path": path_to_text(report.path),
        "video_id": report.video_id,
        "status": report.status,
        "segments": report.segments,
        "seconds": round(report.seconds, 3),
        "error": report.error,
        "error_type": report.error_type,
        "off": dict(report.off),
        "replaced": report.replaced,
        "redone": list(report.redone),
        "warnings": list(report.warnings),
    }


def of_caption_usage(usage: CaptionUsage, num_windows: int) -> dict[str, Any]:
    """The last line of `index --captions --json`; money is what is known of the cost."""
    return {
        "captions": usage.captions,
        "windows": usage.windows,
        "windows_wanted": num_windows,
        "frames": usage.frames,
        "visual_tokens": usage.visual_tokens,
        "prompt_tokens": usage.prompt_tokens,
        "seconds": round(usage.seconds, 3),
        "money": round(usage.money, 6),
        "unpriced": usage.unpriced,
    }


def of_caption(words: Words) -> dict[str, Any]:
    """A line of `captions --json`; the confidence is the agreement of samples, null where there was one."""
    caption = parse_caption(words.text)
    return {
        "start_s": round(words.window.start_s, 3),
        "end_s": round(words.window.end_s, 3),
        "text": caption.text,
        "keywords": list(caption.keywords),
        "confidence": words.confidence,
        "source": words.source,
    }


def of_moment(moment: Moment) -> dict[str, Any]:
    """A line of `search --json`."""
    return {
        "video_id": moment.video_id,
        "path": path_to_text(moment.path),
        "start_s": round(moment.window.start_s, 3),
        "end_s": round(moment.window.end_s, 3),
        "score": round(moment.score, 6),
        "lanes": list(moment.lanes),
        "hits": [of_hit(hit) for hit in moment.hits],
    }


def of_hit(hit: Hit) -> dict[str, Any]:
    """One reason for a moment."""
    return {
        "lane": hit.lane,
        "how": hit.how,
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "start_s": round(hit.window.start_s, 3),
        "end_s": round(hit.window.end_s, 3),
        "ref": hit.ref,
        "text": hit.text,
        "speaker": hit.speaker,
        "confidence": None if hit.confidence is None else round(hit.confidence, 3),
    }


def of_speaker(one: SpeakerSummary) -> dict[str, Any]:
    """A line of `speakers --json`."""
    return {
        "video_id": one.video_id,
        "labels": list(one.labels),
        "name": one.name,
        "display_name": one.display_name,
        "named_by": one.named_by,
        "speaking_s": round(one.speaking_s, 3),
        "share": round(one.share, 4),
        "num_turns": one.num_turns,
        "first_s": None if one.first_s is None else round(one.first_s, 3),
        "sample": one.sample,
        "proposals": [
            {"name": other.name, "video_id": other.video_id, "similarity": round(other.similarity, 4)}
            for other in one.proposals
        ],
    }


def of_entity(video_id: str, entity: Entity) -> dict[str, Any]:
    """A line of `show --entities --json`; `speaking_s` of speakers and `frame_s` of places, else null."""
    return {
        "video_id": video_id,
        "kind": entity.kind,
        "label": entity.label,
        "num_mentions": entity.num_mentions,
        "sources": list(entity.sources),
        "windows_s": [[round(one.start_s, 3), round(one.end_s, 3)] for one in entity.windows],
        "speaking_s": None if entity.speaking_s is None else round(entity.speaking_s, 3),
        "frame_s": None if entity.frame_s is None else round(entity.frame_s, 3),
    }


def of_answer(answer: Answer) -> dict[str, Any]:
    """The line of `ask --json`; `citation_numbers` are the numbers that a terminal shows for evidence ids."""
    return answer.to_json() | {"citation_numbers": citation_numbers(answer)}


def of_turn(turn: "ConversationTurn") -> dict[str, Any]:
    """A line of `threads ID --json`."""
    return {**turn.to_json(), "answer": None if turn.answer is None else of_answer(turn.answer)}


def of_comparison(row: Comparison) -> dict[str, Any]:
    """A line of `compare --json`: the answer of one strategy, or why it could not run."""
    if row.answer is None:
        return {"strategy": row.strategy, "error": row.error, "error_type": row.error_type}
    return {"strategy": row.strategy, **of_answer(row.answer)}


def of_video(summary: VideoSummary) -> dict[str, Any]:
    """A line of `list --json`."""
    video = summary.video
    return {
        "video_id": video.video_id,
        "name": summary.name,
        "paths": [path_to_text(path) for path in summary.paths],
        "duration_s": round(video.duration_s, 3),
        "width_px": video.width_px,
        "height_px": video.height_px,
        "codec": video.codec,
        "average_fps": round(video.average_fps, 3),
        "is_variable_rate": video.is_variable_rate,
        "has_audio": video.has_audio,
        "has_pictures": video.n_frames > 0,
        "recorded": None if summary.recorded is None else summary.recorded.isoformat(),
        "finished": summary.finished,
        "retired": None if summary.retired is None else summary.retired.path,
        "counts": summary.counts,
        "captioned_segments": summary.captioned_segments,
        "captioned_steps": summary.captioned_steps,
        "warnings": json.loads(video.warnings),
    }


def of_stages(summary: VideoSummary) -> dict[str, Any]:
    """The job table of a video, for `show --json`."""
    return {
        name: {"status": stage.status, "position_s": round(stage.position_s, 3), "note": stage.note}
        for name, stage in summary.stages.items()
    }


def of_chapters(video_id: str, chapters: Sequence[Summary], video_summary: Summary | None) -> dict[str, Any]:
    """The line of `show --chapters --json`; a null summary and no chapters without speech and captions."""
    return {
        "video_id": video_id,
        "summary": None if video_summary is None else _of_summary(video_summary),
        "chapters": [_of_summary(chapter) for chapter in chapters],
    }


def _of_summary(summary: Summary) -> dict[str, Any]:
    return {
        "start_s": round(summary.window.start_s, 3),
        "end_s": round(summary.window.end_s, 3),
        "title": summary.title,
        "text": summary.text,
        "sentences": [
            {
                "start_s": round(one.window.start_s, 3),
                "end_s": round(one.window.end_s, 3),
                "text": one.text,
            }
            for one in summary.sentences
        ],
        "made_by": summary.made_by,
    }


def of_problem(problem: Problem) -> dict[str, Any]:
    """A line of `verify --json`."""
    return {"kind": problem.kind, "what": problem.subject, "advice": problem.advice}


def of_download(done: Download) -> dict[str, Any]:
    """A line of `prepare --json`."""
    return {"role": done.model.role, "name": redact(done.model.name), "error": done.error or None}


def of_relinked(relinked: RelinkedVideo) -> dict[str, Any]:
    """A line of `relink --json`."""
    return {"video_id": relinked.video_id, "path": path_to_text(relinked.path)}
