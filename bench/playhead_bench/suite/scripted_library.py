"""A library of rows alone, with a scripted search and video-LLM of negligible cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playhead_agent.state import Context
from playhead_index.search.results import Coverage, Hit, LaneCoverage, Moment, Query, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.window import Window
from playhead_tools.testing import BlankFrameClient, ScriptedFinder, ScriptedReply, ScriptedVideoLLM
from playhead_tools.video_llm.protocol import PromptFrame, VlmRequest, YesNo

VIDEO, LENGTH_S = "v0", 3600.0
MOMENT_S, APART_S = 8.0, 60.0
QUESTIONS = {
    "words": "When does he mention Bayes?",
    "many_words": "When does he mention the exam?",
    "when": "When does the dog jump?",
    "what": "What does the dog do?",
    "count": "How often does the dog jump?",
}
"""Two answered from words alone, with 6 and with 40 pieces of evidence; then some that need VLM calls."""


def _sentence(n: int) -> str:
    """The nth spoken sentence: Bayes comes 6 times, the exam 40 times."""
    if n % 20 == 0:
        return "Today we come to the rule of Bayes."
    return "The exam is in May." if n % 3 == 1 else "So much for that."


def _respond(request: VlmRequest, frames: tuple[PromptFrame, ...]) -> ScriptedReply:
    """The dog jumps in every third moment."""
    jumps = int(request.clips[0].window.end_s // APART_S) % 3 == 1
    if request.yes_no:
        return YesNo(yes=-0.1, no=-2.4) if jumps else YesNo(yes=-3.0, no=-0.05)
    return "The dog jumps over the fence." if jumps else "The dog stands still."


@contextmanager
def agent_rig() -> Iterator[tuple[Path, Context]]:
    """The folder of a temporary library, and a run context of it."""
    with TemporaryDirectory() as name:
        catalog = Catalog(Path(name), create=True)
        _fill(catalog)
        vlm_client = BlankFrameClient(catalog, ScriptedVideoLLM(_respond))
        yield (
            Path(name),
            Context(ScriptedFinder(_Moments(catalog)), catalog, open_vlm_client=lambda: vlm_client),
        )


def _fill(catalog: Catalog) -> None:
    with catalog.atomic() as db:
        video = (VIDEO, 1, LENGTH_S, 0.0, 320, 180, 0, "h264", 25.0, 0, 90_000, 1, "[]", "2026-01-01")
        db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
        db.execute("INSERT INTO place VALUES ('/nowhere/long.mp4', ?, 1, 1)", (VIDEO,))
        for stage in ("speech", "screen", "picture", "finish"):
            write_stage(db, VIDEO, Stage(stage, "done", LENGTH_S))
        spans = [(VIDEO, 30.0 * n, 30.0 * n + 5.0, _sentence(n)) for n in range(120)]
        db.conn.executemany(
            "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
            " VALUES (?, 'speech', 'track:2', ?, ?, ?)",
            spans,
        )


class _Moments:
    """A text query finds the sentences with its last word, a visual query one moment a minute."""

    def __init__(self, catalog: Catalog) -> None:
        self._speech_hits: dict[str, list[Hit]] = {"bayes": [], "exam": []}
        for span in catalog.spans(VIDEO):
            for word, hits in self._speech_hits.items():
                if word in span.words.text.lower():
                    where = (VIDEO, span.words.window, 1.0, len(hits) + 1)
                    hits.append(Hit("speech", "lexical", *where, f"span:{span.id}", span.words.text))
        starts = [n * APART_S for n in range(24)]
        windows = [Window(start_s, start_s + MOMENT_S) for start_s in starts]
        self._visual_hits = [
            Hit("picture", "vector", VIDEO, window, 1.0 - n / 100, n + 1, f"frame:{n}")
            for n, window in enumerate(windows)
        ]

    def __call__(self, query: Query) -> SearchResult:
        lanes = query.lanes or ("picture", "speech")
        word = (query.text or "").lower().split()[-1]
        speech_hits = self._speech_hits.get(word, []) if "speech" in lanes else []
        hits = [*(self._visual_hits if "picture" in lanes else ()), *speech_hits]
        moments = [Moment(VIDEO, Path("/nowhere/long.mp4"), h.window, h.score, (h,)) for h in hits]
        lines = tuple(LaneCoverage(lane, True, 60) for lane in lanes)
        return SearchResult(query, moments[: query.limit], Coverage(1, 120, LENGTH_S, lines), 0.0)
