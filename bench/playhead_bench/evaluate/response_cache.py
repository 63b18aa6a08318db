"""Looks of the product's own eyes, kept on disk: a run that goes on, or is replayed, makes none twice.

The product looks by itself, at windows that it chooses, so what it saw cannot go through the answerer of the
other strategies. Its looks are kept by what was asked of which frames of which file, which is known before
anything is decoded. A kept look comes back with the cost that it once had.
"""

import hashlib
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.errors import ReplyMissing
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.frame_sampling import ClipRequest
from playhead_tools.video_llm.protocol import VideoLLM, VlmRequest, VlmResponse

LOOKS_NAME = "looks.jsonl"


class LookBook:
    """The looks of a run's folder, as `looks.jsonl`; safe to be used from several threads.

    Args:
        folder: of the run.
        revision: of the model that looks; looks of two revisions are never mixed.
        short_side_px: of the frames.
        replay: keep nothing new.

    Raises:
        RunDamaged: the file cannot be read.
        DiskFull: it cannot be written.
    """

    def __init__(self, folder: Path, revision: str, *, short_side_px: int, replay: bool = False) -> None:
        path = folder / LOOKS_NAME
        rows = read_lines(path)
        self.short_side_px = short_side_px
        self.bare = bool(rows[0]["bare"]) if rows else None
        """How the kept looks were asked for; None where none are kept."""
        self._revision, self._lock = revision, threading.Lock()
        self._kept = {row["key"]: _look(row["look"]) for row in rows}
        self._writer = None if replay else LineWriter(path)

    def key(
        self, request: ClipRequest, question: str, *, yes_no: bool, bare: bool, keep_tokens: float = 1.0
    ) -> str:
        """Hexadecimal name of a look: of model, the file's content, frames, question, and what part is kept.

        A look that keeps all of its tokens is named as it was before any could be left out.
        """
        window = (request.window.start_s, request.window.end_s)
        asked = (self._revision, bare, self.short_side_px, request.video_id, request.times_s, window)
        part = () if keep_tokens == 1 else (keep_tokens,)
        told = repr((*asked, question, yes_no, *part))
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()

    def get(self, key: str) -> Observation | None:
        """The kept look of a name."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: str, look: Observation, *, bare: bool) -> None:
        """Writes a new look down; nothing for one that is there, and in a replay.

        Raises:
            DiskFull: it cannot be written.
        """
        with self._lock:
            if key not in self._kept and self._writer is not None:
                self._writer.write({"key": key, "bare": bare, "look": asdict(look)})
            self._kept.setdefault(key, look)


def _look(record: dict[str, Any]) -> Observation:
    lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
    return Observation(**{**record, **lists, "window": Window(**record["window"])})


class KeptEyes(VlmClient):
    """The product's eyes for one question, over a book of looks.

    A look that the question asks for a second time costs nothing, as in the product; one that another
    question, or an earlier part of the run, had made costs what it cost then.

    Args:
        catalog: the open library.
        model: what looks where the book has nothing.
        book: of looks.
        bare: ask with the plain question.
        keep_tokens: the part of the visual tokens that the model keeps; looks of two parts are never mixed.
    """

    def __init__(
        self, catalog: Catalog, model: VideoLLM, book: LookBook, *, bare: bool, keep_tokens: float = 1.0
    ) -> None:
        super().__init__(catalog, model, plain_prompt=bare, short_side_px=book.short_side_px)
        self.bare = bare
        self.keep_tokens = keep_tokens
        self._book, self._mine, self._guard = book, dict[str, Observation](), threading.Lock()
        self.spared_s = 0.0
        """Seconds that the looks which came from the book once took."""

    @property
    def made(self) -> list[Observation]:
        """The looks of the question, each once, by file and time."""
        return sorted(self._mine.values(), key=lambda look: (look.video_id, look.times_s, look.question))

    def look_at(self, request: ClipRequest, question: str, *, yes_no: bool = False) -> Observation:
        """What the model says of chosen frames; errors are those of `look`."""
        key = self._book.key(request, question, yes_no=yes_no, bare=self.bare, keep_tokens=self.keep_tokens)
        with self._guard:
            if (mine := self._mine.get(key)) is not None:
                return mine.kept
        kept = self._book.get(key)
        look = kept or super().look_at(request, question, yes_no=yes_no)
        if kept is None:
            self._book.keep(key, look, bare=self.bare)
        with self._guard:
            again = self._mine.setdefault(key, look) is not look
            self.spared_s += 0.0 if kept is None or again else kept.seconds
        return look.kept if again else look


class NoModel:
    """The `VideoLLM` of a run that is replayed: a name, and nothing that could look.

    Args:
        name: of the model that the run was made with.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def watch(self, asked: VlmRequest) -> VlmResponse:
        """Nothing.

        Raises:
            ReplyMissing: always.
        """
        raise ReplyMissing(f"no look of {self.name} at {asked.question!r} is kept; run without --replay")
