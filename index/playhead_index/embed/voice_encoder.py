"""Speaker encoders: vectors of short intervals of speech that are near each other for the same voice.

`ge2e:` is the encoder that `playhead prepare voices` fetches (Wan et al., 2018, arXiv:1710.10467; weights of
Resemblyzer 0.1.4, Apache-2.0); a WeSpeaker model in ONNX format is named by its file, its folder or its name
on the model hub. Nothing is loaded before an encoder is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed import checkpoints
from playhead_index.embed.digests import digest_of
from playhead_index.embed.mel import kaldi_fbank, mel_power
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.runtime import pick_device, torch
from playhead_index.embed.vectors import no_rows, unit_rows
from playhead_index.embed.wheel_weights import (
    WheelWeights,
    fetch_wheel_weights,
    find_wheel_weights,
    models_folder,
)
from playhead_index.errors import ModelError, ModelUnavailable
from playhead_index.window import Window

RATE_HZ = 16_000
GE2E = "ge2e:"
GE2E_FILE = "pretrained.pt"
GE2E_WHEEL = WheelWeights(
    "Resemblyzer",
    "0.1.4",
    {f"resemblyzer/{GE2E_FILE}": "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"},
)
GE2E_MELS, GE2E_HIDDEN, GE2E_LAYERS, GE2E_WIDTH = 40, 256, 3, 256
FRAME, HOP = RATE_HZ * 25 // 1000, RATE_HZ * 10 // 1000
TARGET_LEVEL_DB = -30.0
"""Mean level, in dB of full scale, to which quieter speech is raised: the GE2E network reads power, not its
logarithm, and was trained on sound of this level."""
WESPEAKER = "Wespeaker/wespeaker-voxceleb-resnet34-LM"
WESPEAKER_MELS = 80
BATCH_SIZE = 64
ADVICE = "playhead prepare voices"


class SpeakerEncoder(Protocol):
    """Turns intervals of speech into vectors whose dot product is the similarity of two voices."""

    tag: ModelTag
    window_s: float
    """Seconds of speech that it was made for."""

    def encode(
        self, sound: NDArray[np.float32], windows: Sequence[Window], rate_hz: int = RATE_HZ
    ) -> NDArray[np.float32]:
        """Vectors of the voice in some windows of a sound.

        Args:
            sound: (n,) float32 mono in [-1, 1].
            windows: k windows, [start_s, end_s) in seconds from the start of the sound.
            rate_hz: samples a second; 16000 is the only rate that the encoders here take.

        Returns:
            (k, D) float32 rows of length 1.

        Raises:
            ValueError: another rate.
            ModelError: the model gave a vector that is not finite.
        """
        ...


class Ge2eEncoder:
    """A `SpeakerEncoder` of three LSTM layers over mel power, trained with the GE2E loss; 256 dimensions.

    Args:
        network: `ge2e_network`, with its weights.
        tag: name and digest.
        device: `cpu`, `cuda`, ...
        batch_size: windows a pass.
    """

    window_s = 1.6

    def __init__(
        self, network: Any, tag: ModelTag, device: str = "cpu", batch_size: int = BATCH_SIZE
    ) -> None:
        self.tag = tag
        self.device = device
        self._network = network.to(device).eval()
        self._batch_size = batch_size

    def encode(
        self, sound: NDArray[np.float32], windows: Sequence[Window], rate_hz: int = RATE_HZ
    ) -> NDArray[np.float32]:
        """See `SpeakerEncoder`; windows are repeated, or cut, to `window_s`."""
        _require_rate(rate_hz)
        rows = [no_rows(self.tag)]
        with torch().inference_mode(), _one_thread():
            for batch in batches(windows, self._batch_size):
                mels = np.stack([self._mel(_cut(sound, window, self.window_s)) for window in batch])
                rows.append(unit_rows(self._network(torch().from_numpy(mels).to(self.device)), self.tag))
        return np.concatenate(rows)

    def _mel(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """(frames, 40) float32 of one window, raised to the level that the network was trained on."""
        mel = mel_power(_raised(sound), RATE_HZ, num_fft=FRAME, hop=HOP, num_mels=GE2E_MELS)
        return mel[: round(self.window_s * RATE_HZ) // HOP]


class WeSpeakerEncoder:
    """A `SpeakerEncoder` over a WeSpeaker model in ONNX format (Wang et al., 2023, arXiv:2210.17016).

    ResNet34-LM has 256 dimensions. Input: 80 Kaldi log mel channels, the mean of the window subtracted.

    Args:
        session: of onnxruntime.
        tag: name and digest; `width` is that of its output.
    """

    window_s = 1.5

    def __init__(self, session: Any, tag: ModelTag) -> None:
        self.tag = tag
        self._session = session
        self._input = session.get_inputs()[0].name

    def encode(
        self, sound: NDArray[np.float32], windows: Sequence[Window], rate_hz: int = RATE_HZ
    ) -> NDArray[np.float32]:
        """See `SpeakerEncoder`; windows are repeated, or cut, to `window_s`."""
        _require_rate(rate_hz)
        rows = [no_rows(self.tag)]
        for batch in batches(windows, BATCH_SIZE):
            banks = np.stack([self._fbank(_cut(sound, window, self.window_s)) for window in batch])
            rows.append(_unit(np.asarray(self._session.run(None, {self._input: banks})[0]), self.tag))
        return np.concatenate(rows)

    def _fbank(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        bank = kaldi_fbank(sound, RATE_HZ, WESPEAKER_MELS)
        return np.asarray(bank - bank.mean(axis=0, keepdims=True), np.float32)


def load_speaker_encoder(name: str = GE2E, *, device: str = "auto", download: bool = False) -> SpeakerEncoder:
    """The speaker encoder that a name means, from files on this machine.

    Args:
        name: `ge2e:`, a `.pt` file of that network, an `.onnx` file or a folder with one, or the name of a
            WeSpeaker model on the hub.
        device: `auto`, `cpu`, `cuda`, `cuda:1`; a WeSpeaker model runs on the CPU.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: torch is not installed, or files are missing or do not fit.
    """
    if name == GE2E:
        return _load_ge2e(name, _ge2e_file(download), device)
    path = Path(name.removeprefix(checkpoints.LOCAL_PREFIX)).expanduser()
    if path.is_file() and path.suffix == ".pt":
        return _load_ge2e(str(path.resolve()), path, device)
    return _load_wespeaker(name, path if path.is_file() else _onnx_file(name, download))


def ge2e_network() -> Any:
    """The GE2E network with random weights: (k, frames, 40) float32 to (k, 256), not negative.

    Raises:
        ModelUnavailable: torch is not installed.
    """
    nn = torch().nn

    class Network(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(GE2E_MELS, GE2E_HIDDEN, GE2E_LAYERS, batch_first=True)
            self.linear = nn.Linear(GE2E_HIDDEN, GE2E_WIDTH)

        def forward(self, mels: Any) -> Any:
            _, (hidden, _) = self.lstm(mels)
            return self.linear(hidden[-1]).relu()

    return Network()


def _load_ge2e(name: str, path: Path, device: str) -> Ge2eEncoder:
    torch_device = pick_device(device)
    with checkpoints.map_load_errors(name, f"loading {path}"):
        state = torch().load(path, map_location="cpu", weights_only=True)["model_state"]
        network = ge2e_network()
        known = network.state_dict()
        network.load_state_dict({key: value for key, value in state.items() if key in known})
    tag = ModelTag(name, digest_of([path], "sha256"), GE2E_WIDTH)
    return Ge2eEncoder(network, tag, torch_device)


def ge2e_folder() -> Path:
    """Where `playhead prepare voices` stores the GE2E encoder."""
    return models_folder() / "ge2e"


def _ge2e_file(download: bool) -> Path:
    torch()  # says how to install it, before anything is fetched
    if download:
        return fetch_wheel_weights(GE2E_WHEEL, ge2e_folder())[0]
    found = find_wheel_weights(GE2E_WHEEL, ge2e_folder())
    if found is None:
        raise ModelUnavailable(f"the speaker encoder {GE2E} is not on this machine; run: {ADVICE}")
    return found[0]


def _onnx_file(name: str, download: bool) -> Path:
    """The first ONNX file of a folder, or of a hub model in the local cache."""
    folder = checkpoints.local_folder(name) or _hub_folder(
        name.removeprefix(checkpoints.HUB_PREFIX), download
    )
    found = sorted(folder.glob("*.onnx"))
    if not found:
        raise ModelUnavailable(f"speaker encoder {name!r}: there is no .onnx file in {folder}")
    return found[0]


def _hub_folder(name: str, download: bool) -> Path:
    if download:
        return checkpoints.fetch_repo(name, name, ["*.onnx"])
    with checkpoints.map_load_errors(name, "looking it up in the local cache"):
        snapshot = checkpoints.hub().snapshot_download
        try:
            return Path(snapshot(name, allow_patterns=["*.onnx"], local_files_only=True))
        except FileNotFoundError as error:
            raise ModelUnavailable(
                f"the speaker encoder {name} is not on this machine; run: {ADVICE} --voices-model {name}"
            ) from error


def _load_wespeaker(name: str, path: Path) -> WeSpeakerEncoder:
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        probe = np.zeros((1, 100, WESPEAKER_MELS), np.float32)
        (vectors, *_) = session.run(None, {session.get_inputs()[0].name: probe})
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime") and not isinstance(error, ValueError):
            raise
        reason = str(error).strip().splitlines()[0]
        raise ModelUnavailable(f"speaker encoder {name!r}: {path} does not load: {reason}") from error
    if vectors.ndim != 2:
        raise ModelUnavailable(
            f"speaker encoder {name!r}: expected one vector a window, got an output of shape {vectors.shape}"
        )
    return WeSpeakerEncoder(session, ModelTag(name, digest_of([path], "sha256"), int(vectors.shape[1])))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Inside, torch computes on one thread: a second one doubled the CPU time of this network."""
    before = torch().get_num_threads()
    torch().set_num_threads(1)
    try:
        yield
    finally:
        torch().set_num_threads(before)


def _require_rate(rate_hz: int) -> None:
    if rate_hz != RATE_HZ:
        raise ValueError(f"rate_hz must be {RATE_HZ}, got {rate_hz}")


def _cut(sound: NDArray[np.float32], window: Window, size_s: float) -> NDArray[np.float32]:
    """(size_s * 16000,) float32: the sound of a window from its start, repeated where it is shorter.

    Padded with silence, a slow reader's phrases of a second were taken for a second voice.
    """
    start, end = round(window.start_s * RATE_HZ), round(window.end_s * RATE_HZ)
    size = round(size_s * RATE_HZ)
    part = sound[max(0, start) : min(end, start + size)]
    return np.resize(part, size) if len(part) else np.zeros(size, np.float32)


def _raised(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    power = float(np.mean(np.square(sound, dtype=np.float64)))
    change_db = TARGET_LEVEL_DB - 10.0 * np.log10(max(power, 1e-12))
    return sound if change_db <= 0 else np.asarray(sound * np.float32(10 ** (change_db / 20)), np.float32)


def _unit(rows: NDArray[np.float32], tag: ModelTag) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ModelError(f"{tag} gave a vector of no direction; its weights are damaged, fetch them again")
    return np.asarray(rows / lengths, np.float32)
