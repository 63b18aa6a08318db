"""Replies kept on disk, so that a score can be computed again by anybody, without the model."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from playhead_bench.evaluate.answerer import Clip, ClipAnswerer, LateClip, Reply
from playhead_bench.evaluate.errors import ReplyMissing
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_tools.video_llm.parse_response import with_options

REPLIES_NAME = "replies.jsonl"


def reply_key(revision: str, prompt: str, frames: str) -> str:
    """Hexadecimal name of a reply: of the model's revision, the words of the prompt, the frames' name."""
    told = "\x1f".join((revision, prompt, frames))
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


class RecordedAnswerer:
    """The `ClipAnswerer` of a run that is replayed: its name and revision, and nothing that could answer.

    Args:
        named: `name@revision`, as a run's manifest has it.
    """

    def __init__(self, named: str) -> None:
        self.name, _, self.revision = named.rpartition("@")

    def answer(self, clip: Clip | None, question: str, options: Sequence[str] = ()) -> Reply:
        """Nothing.

        Raises:
            ReplyMissing: always.
        """
        raise ReplyMissing(f"{self.name} is only a name here and cannot answer {question!r}")


class CachedAnswerer:
    """A `ClipAnswerer` that asks another one only for what it has not been asked before.

    A kept reply comes back with the seconds that it once took. It is found by the name of its clip, before
    anything is decoded; replies of older runs are found by the pixels.

    Args:
        folder: where replies are kept, as `replies.jsonl`.
        answerer: is asked for what is not kept; its name and revision are this one's.
        replay: never ask it.

    Raises:
        RunDamaged: the file of replies cannot be read.
    """

    def __init__(self, folder: Path, answerer: ClipAnswerer, *, replay: bool = False) -> None:
        self.name, self.revision = answerer.name, answerer.revision
        self._answerer, self._replay, self._path = answerer, replay, folder / REPLIES_NAME
        rows = read_lines(self._path)
        self._kept = {row["key"]: Reply(**row["reply"]) for row in rows}
        self._by_pixels = any(row["reply"]["frames"] and not row.get("named") for row in rows)
        self._writer = None if replay else LineWriter(self._path)
        self.asked = 0

    def answer(self, clip: Clip | None, question: str, options: Sequence[str] = ()) -> Reply:
        """The kept reply, or a new one, kept before it is returned.

        Raises:
            ReplyMissing: it is a replay and the reply is not kept.
        """
        prompt = with_options(question, options)
        key = reply_key(self.revision, prompt, _named(clip))
        kept = self._kept.get(key) or self._older(clip, prompt)
        if kept is not None:
            return kept
        if self._writer is None:
            raise ReplyMissing(
                f"{self._path} keeps no reply of {self.name} {self.revision} to {question!r} "
                f"({'no frames' if clip is None else f'{len(clip)} frames'}); run without --replay"
            )
        reply = self._answerer.answer(clip, question, options)
        self.asked += 1
        named = isinstance(clip, LateClip)
        self._writer.write({"key": key, "named": named, "prompt": prompt, "reply": asdict(reply)})
        self._kept[key] = reply
        return reply

    def _older(self, clip: Clip | None, prompt: str) -> Reply | None:
        """A reply that a run kept by the pixels of its clip."""
        if not self._by_pixels or not isinstance(clip, LateClip):
            return None
        return self._kept.get(reply_key(self.revision, prompt, clip.digest))


def _named(clip: Clip | None) -> str:
    """What a clip is called in the name of a reply."""
    if clip is None:
        return ""
    return clip.name if isinstance(clip, LateClip) else clip.digest
