"""Cache of the VLM observations of the product on disk, for runs that are continued or replayed.

The product chooses its windows itself, so its VLM calls cannot go through the answerer of the other
strategies. The cache key is made of question, frame times and file content, which are known before anything
is decoded. A cached observation has the cost of the original call.
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

OBSERVATIONS_NAME = "looks.jsonl"


class ObservationCache:
    """The observations of a run, stored as `looks.jsonl`; thread-safe.

    Args:
        folder: of the run.
        revision: of the model, a part of the cache key.
        short_side_px: of the frames.
        replay: store nothing.

    Raises:
        RunDamaged: the file cannot be read.
        DiskFull: it cannot be written.
    """

    def __init__(self, folder: Path, revision: str, *, short_side_px: int, replay: bool = False) -> None:
        path = folder / OBSERVATIONS_NAME
        rows = read_lines(path)
        self.short_side_px = short_side_px
        self.plain_prompt = bool(rows[0]["bare"]) if rows else None
        """Whether the stored calls used the plain prompt; None where nothing is stored."""
        self._revision, self._lock = revision, threading.Lock()
        self._stored = {row["key"]: _read_observation(row["look"]) for row in rows}
        self._writer = None if replay else LineWriter(path)

    def key(
        self,
        request: ClipRequest,
        question: str,
        *,
        yes_no: bool,
        plain_prompt: bool,
        keep_ratio: float = 1.0,
    ) -> str:
        """Hexadecimal cache key: hash of model, file content, frame times, question and keep ratio.

        Without token compression the key is that of runs made before it existed.
        """
        window = (request.window.start_s, request.window.end_s)
        request_key = (
            self._revision,
            plain_prompt,
            self.short_side_px,
            request.video_id,
            request.times_s,
            window,
        )
        part: tuple[object, ...] = () if keep_ratio == 1 else (keep_ratio,)
        part += () if request.strip is None else (request.strip.times_s,)
        key_text = repr((*request_key, question, yes_no, *part))
        return hashlib.blake2b(key_text.encode(), digest_size=16).hexdigest()

    def get(self, key: str) -> Observation | None:
        """The stored observation of a key."""
        with self._lock:
            return self._stored.get(key)

    def store(self, key: str, observation: Observation, *, plain_prompt: bool) -> None:
        """Stores a new observation; does nothing for a known key, and in a replay.

        Raises:
            DiskFull: it cannot be written.
        """
        with self._lock:
            if key not in self._stored and self._writer is not None:
                self._writer.write({"key": key, "bare": plain_prompt, "look": asdict(observation)})
            self._stored.setdefault(key, observation)


def _read_observation(record: dict[str, Any]) -> Observation:
    lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
    return Observation(**{**record, **lists, "window": Window(**record["window"])})


class CachedVlmClient(VlmClient):
    """The VLM client of one question, with the cache of its run.

    A call that the question repeats costs nothing, as in the product; one that another question, or an
    earlier part of the run, has made costs what it cost then.

    Args:
        catalog: the open library.
        model: is called for what is not cached.
        cache: of observations.
        plain_prompt: give the question alone.
        keep_ratio: the share of visual tokens that the model gets, a part of the cache key.
    """

    def __init__(
        self,
        catalog: Catalog,
        model: VideoLLM,
        cache: ObservationCache,
        *,
        plain_prompt: bool,
        keep_ratio: float = 1.0,
    ) -> None:
        super().__init__(catalog, model, plain_prompt=plain_prompt, short_side_px=cache.short_side_px)
        self.keep_ratio = keep_ratio
        self._cache, self._own, self._guard = cache, dict[str, Observation](), threading.Lock()
        self.cached_s = 0.0
        """Seconds that the cached calls took originally."""

    @property
    def question_observations(self) -> list[Observation]:
        """The observations of the question, each once, by file and time."""
        return sorted(
            self._own.values(),
            key=lambda observation: (observation.video_id, observation.times_s, observation.question),
        )

    def observe_frames(self, request: ClipRequest, question: str, *, yes_no: bool = False) -> Observation:
        """The observation of chosen frames; errors are those of `observe`."""
        key = self._cache.key(
            request, question, yes_no=yes_no, plain_prompt=self.plain_prompt, keep_ratio=self.keep_ratio
        )
        with self._guard:
            if (own := self._own.get(key)) is not None:
                return own.as_cached
        cached = self._cache.get(key)
        observation = cached or super().observe_frames(request, question, yes_no=yes_no)
        if cached is None:
            self._cache.store(key, observation, plain_prompt=self.plain_prompt)
        with self._guard:
            is_repeated = self._own.setdefault(key, observation) is not observation
            self.cached_s += 0.0 if cached is None or is_repeated else cached.seconds
        return observation.as_cached if is_repeated else observation


class NoModel:
    """The `VideoLLM` of a run that is replayed: it has a name and cannot generate.

    Args:
        name: of the model that the run was made with.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def generate(self, request: VlmRequest) -> VlmResponse:
        """Nothing.

        Raises:
            ReplyMissing: always.
        """
        raise ReplyMissing(
            f"no response of {self.name} to {request.question!r} is cached; run without --replay"
        )
