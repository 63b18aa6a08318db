"""One question put to the product without a chat model and to the baselines: a row of the run."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from playhead import Library
from playhead_bench.evaluate.real_questions.baselines import TOP_K, TranscriptBaselines
from playhead_bench.evaluate.real_questions.data import RealQuestion
from playhead_index.errors import LibraryError, ModelUnavailable, PlayheadError
from playhead_index.search.question_topic import question_topic
from playhead_index.search.results import Query
from playhead_index.window import Window
from playhead_tools.evidence import Answer


def answer_question(
    library: Library, video_id: str, question: RealQuestion, baselines: TranscriptBaselines
) -> dict[str, Any]:
    """The row of one question: windows of search, of ask and of each baseline, in plain JSON types.

    What `ask` raises is this question's failure: it is stored in `ask.error` and counts as declined.

    Args:
        library: holds the video.
        video_id: the only video searched.
        question: with its gold windows.
        baselines: over the same video.

    Raises:
        ModelUnavailable: a model cannot be used, so that no question could be answered.
        LibraryError: the library cannot be used.
    """
    began = perf_counter()
    moments = library.search(question.text, videos=[video_id], limit=TOP_K).moments
    search_s = perf_counter() - began
    without = Query(question.text, scope=library.scope([video_id]), limit=TOP_K, use_speakers=False)
    return {
        "id": question.id,
        "set": question.set_name,
        "video": question.video,
        "question": question.text,
        "gold": _pairs(question.gold),
        "duration_s": question.duration_s,
        "search": _pairs(moment.window for moment in moments),
        "search_s": round(search_s, 4),
        "names_speaker": _names_speaker(library, video_id, question.text),
        "search_without_speakers": _pairs(one.window for one in library.searcher.search(without).moments),
        "ask": answer_record(lambda: library.ask(question.text, videos=[video_id])),
        "baselines": {name: _pairs(windows) for name, windows in baselines.rankings(question.text).items()},
    }


def _names_speaker(library: Library, video_id: str, text: str) -> bool:
    names = library.speaker_names().get(video_id, {}).values()
    return bool(question_topic(text, list(names)).speakers)


def answer_record(answer: Callable[[], Answer]) -> dict[str, Any]:
    """What a question came to, in plain JSON types: status, windows, claims, confidence, cost.

    What the call raises is this question's failure: it stands in `error`, and the status is `abstained`.

    Raises:
        ModelUnavailable: a model cannot be used, so that no question could be answered.
        LibraryError: the library cannot be used.
    """
    began = perf_counter()
    try:
        found, error = answer(), ""
    except (ModelUnavailable, LibraryError):
        raise
    except PlayheadError as failure:
        found, error = None, f"{type(failure).__name__}: {failure}"
    seconds = round(perf_counter() - began, 4)
    if found is None:
        empty: dict[str, Any] = {
            "cited": [], "confidence": 0.0, "text": "", "notes": [], "model_calls": 0, "fallback": "",
            "claims": [], "ended_by": "",
        }  # fmt: skip
        return {"status": "abstained", "reason": "error", "error": error, "seconds": seconds, **empty}
    return {
        "status": found.status,
        "reason": found.reason,
        "error": "",
        "seconds": seconds,
        "cited": _pairs(interval.window for interval in found.intervals),
        "confidence": found.confidence,
        "text": found.text,
        "notes": list(found.notes),
        "model_calls": found.cost.get("model_calls", 0),
        "fallback": found.fallback,
        "ended_by": found.ended_by,
        "claims": [[claim.text, claim.status] for claim in found.claims],
    }


def _pairs(windows: Iterable[Window]) -> list[list[float]]:
    return [[window.start_s, window.end_s] for window in windows]
