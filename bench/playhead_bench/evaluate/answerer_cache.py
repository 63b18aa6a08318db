"""Cache of replies on disk, so that scores can be computed again without the model."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from playhead_bench.evaluate.answerer import AnswererReply, ClipAnswerer, FrameClip, LazyClip
from playhead_bench.evaluate.errors import ReplyMissing
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_tools.video_llm.parse_response import with_options

REPLIES_NAME = "replies.jsonl"


def reply_key(revision: str, prompt: str, frames: str) -> str:
    """Hexadecimal cache key of a reply: hash of model revision, prompt and clip key."""
    key_text = "\x1f".join((revision, prompt, frames))
    return hashlib.blake2b(key_text.encode(), digest_size=16).hexdigest()


class RecordedAnswerer:
    """The `ClipAnswerer` of a run that is replayed: its name and revision; it cannot answer.

    Args:
        named: `name@revision`, as a run's manifest has it.
    """

    def __init__(self, name_and_revision: str) -> None:
        self.name, _, self.revision = name_and_revision.rpartition("@")

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> AnswererReply:
        """Nothing.

        Raises:
            ReplyMissing: always.
        """
        raise ReplyMissing(f"{self.name} is only a name here and cannot answer {question!r}")


class CachedAnswerer:
    """A `ClipAnswerer` that caches the replies of another one.

    A cached reply has the seconds that it took originally. It is found by the name of its clip, before
    anything is decoded; replies of older runs are found by the pixels.

    Args:
        folder: of the cache, `replies.jsonl`.
        answerer: is called for what is not cached; its name and revision are this one's.
        replay: never call it.

    Raises:
        RunDamaged: the file of replies cannot be read.
    """

    def __init__(self, folder: Path, answerer: ClipAnswerer, *, replay: bool = False) -> None:
        self.name, self.revision = answerer.name, answerer.revision
        self._answerer, self._replay, self._path = answerer, replay, folder / REPLIES_NAME
        rows = read_lines(self._path)
        self._cached = {row["key"]: AnswererReply(**row["reply"]) for row in rows}
        self._by_pixels = any(row["reply"]["frames"] and not row.get("named") for row in rows)
        self._writer = None if replay else LineWriter(self._path)
        self.num_calls = 0

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> AnswererReply:
        """The cached reply, or a new one, which is cached before it is returned.

        Raises:
            ReplyMissing: it is a replay and the reply is not cached.
        """
        prompt = with_options(question, options)
        key = reply_key(self.revision, prompt, _clip_key(clip))
        cached = self._cached.get(key) or self._cached_by_pixels(clip, prompt)
        if cached is not None:
            return cached
        if self._writer is None:
            raise ReplyMissing(
                f"{self._path} keeps no reply of {self.name} {self.revision} to {question!r} "
                f"({'no frames' if clip is None else f'{len(clip)} frames'}); run without --replay"
            )
        reply = self._answerer.answer(clip, question, options)
        self.num_calls += 1
        is_named = isinstance(clip, LazyClip)
        self._writer.write({"key": key, "named": is_named, "prompt": prompt, "reply": asdict(reply)})
        self._cached[key] = reply
        return reply

    def _cached_by_pixels(self, clip: FrameClip | None, prompt: str) -> AnswererReply | None:
        """A reply that an older run cached by the pixels of its clip."""
        if not self._by_pixels or not isinstance(clip, LazyClip):
            return None
        return self._cached.get(reply_key(self.revision, prompt, clip.digest))


def _clip_key(clip: FrameClip | None) -> str:
    """The part of a cache key that stands for a clip."""
    if clip is None:
        return ""
    return clip.name if isinstance(clip, LazyClip) else clip.digest
