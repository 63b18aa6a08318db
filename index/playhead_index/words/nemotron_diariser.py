"""End-to-end diarisation with Nemotron-3 of transformers (Sortformer: Park et al., 2024, arXiv:2409.06656).

Its checkpoint is `nvidia/Nemotron-3-Diarization`. It distinguishes up to eight speakers and has no embeddings
of voices: names that persons give follow the labels.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed import checkpoints
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.runtime import pick_device, torch, transformers
from playhead_index.embed.transformer import LOCAL_ONLY
from playhead_index.window import Window
from playhead_index.words.diarisation import Diarisation, SoundPart, VoiceTurn, join_turns
from playhead_index.words.voice_activity import RATE_HZ

MODEL_TYPE = "nemotron3_diarization"
MODE = "recording"
MIN_PROBABILITY = 0.5
MAX_PAUSE_S = 0.5
MIN_TURN_S = 0.2
NEEDED = ("config.json", "processor_config.json")
WEIGHTS = ("model*.safetensors",)


class NemotronDiariser:
    """A `Diariser` over `Nemotron3DiarizationForAudioFrameClassification`; memory is flat over hours.

    The recording goes through in the chunks, with the look-ahead and the cache sizes, that the model itself
    uses for a complete recording at once: the probabilities are the same.

    Args:
        model: of transformers, on its device.
        processor: of the same checkpoint.
        tag: name and revision; its width is the number of speakers.
    """

    def __init__(self, model: Any, processor: Any, tag: ModelTag) -> None:
        self.tag = tag
        self._model, self._processor = model, processor
        config = model.config
        processor.streaming_modes = {
            **processor.streaming_modes,
            MODE: (config.chunk_length, config.chunk_right_context),
        }
        processor.set_streaming_mode(MODE)

    def diarise(self, parts: Iterable[SoundPart], num_speakers: int | None = None) -> Diarisation:
        """See `Diariser`. Of more speakers than are given, those who speak longest are taken."""
        if num_speakers is not None and not 1 <= num_speakers <= self.tag.width:
            raise ValueError(f"num_speakers must be 1 to {self.tag.width}, got {num_speakers}")
        clock: list[tuple[int, int, float]] = []
        rows = list(self.probabilities(_join_parts(parts, clock)))
        if not rows:
            return Diarisation()
        active = np.concatenate(rows) > MIN_PROBABILITY
        if num_speakers is not None:
            quiet = np.argsort(-active.sum(axis=0), kind="stable")[num_speakers:]
            active[:, quiet] = False
        turns = sorted(self._turns(active, clock), key=lambda turn: (turn.window, turn.label))
        order = list(dict.fromkeys(turn.label for turn in turns))
        return Diarisation(tuple(VoiceTurn(turn.window, str(order.index(turn.label) + 1)) for turn in turns))

    def probabilities(self, pieces: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """(frames, speakers) float32 by chunk: the probability that each speaker speaks, every 10 ms.

        Args:
            pieces: (n,) float32 mono at 16 kHz, one behind the other.
        """
        cache_class = transformers().models.nemotron3_diarization.modeling_nemotron3_diarization
        config = self._model.config
        cache = cache_class.Nemotron3DiarizationSpeakerCache(
            config.streaming_config, config.fifo_length, config.speaker_cache_update_period
        )
        for sound, is_first, is_last in self._chunks(pieces):
            inputs = self._processor(
                sound,
                sampling_rate=RATE_HZ,
                is_streaming=True,
                is_first_audio_chunk=is_first,
                is_last_audio_chunk=is_last,
            ).to(self._model.device)
            with torch().inference_mode():
                output = self._model(**inputs, speaker_cache=cache)
            yield output.logits[0].sigmoid().float().cpu().numpy()

    def _chunks(
        self, pieces: Iterable[NDArray[np.float32]]
    ) -> Iterator[tuple[NDArray[np.float32], bool, bool]]:
        """(sound, is the first, is the last): each begins where the one before ends, but for the context."""
        buffered, buffer_start, frame, is_first = np.zeros(0, np.float32), 0, 0, True
        for piece in pieces:
            buffered = np.concatenate([buffered, piece])
            while True:
                start = 0 if is_first else self._processor.audio_chunk_start(frame)
                size = (
                    self._processor.num_samples_first_audio_chunk
                    if is_first
                    else self._processor.num_samples_per_audio_chunk
                )
                if buffer_start + len(buffered) <= start + size:
                    break
                yield buffered[start - buffer_start : start - buffer_start + size], is_first, False
                frame, is_first = frame + self._processor.num_mel_frames_per_step, False
                next_start = self._processor.audio_chunk_start(frame)
                buffered, buffer_start = buffered[next_start - buffer_start :], next_start
        if len(buffered):
            yield buffered, is_first, True

    def _turns(self, active: NDArray[np.bool_], clock: list[tuple[int, int, float]]) -> Iterator[VoiceTurn]:
        """Intervals in which each speaker speaks, inside the parts of the recording."""
        extractor = self._processor.feature_extractor
        step_s = extractor.hop_length / extractor.sampling_rate
        for first, end, start_s in clock:
            own = active[round(first / RATE_HZ / step_s) : round(end / RATE_HZ / step_s)]
            for speaker in range(own.shape[1]):
                edges = np.flatnonzero(np.diff(own[:, speaker].astype(np.int8), prepend=0, append=0))
                windows = (
                    Window(start_s + a * step_s, start_s + b * step_s) for a, b in edges.reshape(-1, 2)
                )
                turns = join_turns((VoiceTurn(window, str(speaker)) for window in windows), MAX_PAUSE_S)
                yield from (turn for turn in turns if turn.window.duration_s >= MIN_TURN_S)


def load_nemotron(name: str, *, device: str = "auto", download: bool = False) -> NemotronDiariser:
    """The diariser of a hub name or a folder in transformers' format, from files on this machine.

    Raises:
        ModelUnavailable: files are missing or do not fit, or transformers is not installed or too old.
    """
    advice = f"playhead prepare voices --voices-model {name}"
    found = checkpoints.find_checkpoint(name, NEEDED, WEIGHTS, advice=advice, download=download)
    torch_device = pick_device(device)
    with checkpoints.offline(), checkpoints.map_load_errors(name, "loading"):
        library = transformers()
        model = library.AutoModelForAudioFrameClassification.from_pretrained(found.folder, **LOCAL_ONLY)
        if model.config.model_type != MODEL_TYPE:
            raise ValueError(f"expected a model of type {MODEL_TYPE}, got {model.config.model_type}")
        processor = library.AutoProcessor.from_pretrained(found.folder, **LOCAL_ONLY)
        tag = ModelTag(name, found.revision, int(model.config.head_config.num_speakers))
        return NemotronDiariser(model.to(torch_device).eval(), processor, tag)


def _join_parts(
    parts: Iterable[SoundPart], clock: list[tuple[int, int, float]]
) -> Iterator[NDArray[np.float32]]:
    """The sound of all parts, and in `clock` (first sample, end, start in seconds) of each."""
    at = 0
    for part in parts:
        first = at
        for piece in part.pieces:
            at += len(piece)
            yield piece
        clock.append((first, at, part.start_s))
