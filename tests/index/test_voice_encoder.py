"""Speaker encoders load from the file formats of the real ones and give unit vectors of windows."""

from pathlib import Path

import numpy as np
import pytest
from tests.tiny_voices import made_voice, make_tiny_ge2e, make_tiny_wespeaker

from playhead_index.embed.voice_encoder import load_speaker_encoder
from playhead_index.errors import ModelUnavailable
from playhead_index.window import Window

WINDOWS = (Window(0.0, 1.6), Window(0.5, 2.1), Window(2.0, 2.4))


def test_the_ge2e_network_gives_what_its_layers_give_one_after_the_other(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = make_tiny_ge2e(tmp_path / "pretrained.pt")
    encoder = load_speaker_encoder(str(path), device="cpu")
    sound = made_voice(120, 3.0)
    rows = encoder.encode(sound, WINDOWS)
    assert (rows.shape, rows.dtype, encoder.tag.width) == ((3, 256), np.float32, 256)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-6)
    state = torch.load(path, weights_only=True)["model_state"]
    mel = encoder._mel(sound[:25_600])  # type: ignore[attr-defined]
    assert rows[0] == pytest.approx(_lstm_by_hand(mel, {k: v.numpy() for k, v in state.items()}), abs=1e-5)


def _lstm_by_hand(mel: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    rows = mel.astype(np.float64)
    for layer in range(3):
        h = c = np.zeros(256)
        out = []
        for row in rows:
            gates = state[f"lstm.weight_ih_l{layer}"] @ row + state[f"lstm.weight_hh_l{layer}"] @ h
            i, f, g, o = np.split(
                gates + state[f"lstm.bias_ih_l{layer}"] + state[f"lstm.bias_hh_l{layer}"], 4
            )
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        rows = np.array(out)
    vector = np.maximum(0, state["linear.weight"] @ h + state["linear.bias"])
    return vector / np.linalg.norm(vector)


def test_a_quieter_recording_gives_the_same_vectors(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    encoder = load_speaker_encoder(str(make_tiny_ge2e(tmp_path / "pretrained.pt")), device="cpu")
    loud = made_voice(120, 3.0) * 0.2
    assert encoder.encode(loud * 0.1, WINDOWS) == pytest.approx(encoder.encode(loud, WINDOWS), abs=1e-4)


def test_a_short_window_is_repeated_and_not_padded_with_silence(tmp_path: Path) -> None:
    encoder = load_speaker_encoder(str(make_tiny_wespeaker(tmp_path / "voices.onnx")))
    half = made_voice(120, 0.75)
    (short,) = encoder.encode(half, [Window(0.0, 0.75)])
    (twice,) = encoder.encode(np.concatenate([half, half]), [Window(0.0, 1.5)])
    assert short == pytest.approx(twice, abs=1e-6)


def test_an_onnx_model_gives_unit_vectors_that_tell_voices_apart(tmp_path: Path) -> None:
    encoder = load_speaker_encoder(str(make_tiny_wespeaker(tmp_path / "voices.onnx")))
    sound = np.concatenate([made_voice(110, 3.0), made_voice(230, 3.0)])
    rows = encoder.encode(sound, [Window(0.2, 1.7), Window(1.2, 2.7), Window(3.5, 5.0)])
    assert (rows.shape, encoder.tag.width) == ((3, 16), 16)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_a_folder_with_an_onnx_file_is_named_by_its_folder(tmp_path: Path) -> None:
    make_tiny_wespeaker(tmp_path / "voxceleb_resnet34_LM.onnx")
    assert load_speaker_encoder(str(tmp_path)).tag.name == str(tmp_path)


def test_files_that_do_not_fit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    damaged = tmp_path / "voices.onnx"
    damaged.write_bytes(b"no model")
    with pytest.raises(ModelUnavailable, match=r"voices\.onnx does not load"):
        load_speaker_encoder(str(damaged))
    other = tmp_path / "pretrained.pt"
    other.write_bytes(b"no checkpoint")
    with pytest.raises(ModelUnavailable, match=r"loading .*pretrained\.pt failed"):
        load_speaker_encoder(str(other))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="is not on this machine; run: playhead prepare voices"):
        load_speaker_encoder()
    with pytest.raises(ModelUnavailable, match=r"not on this machine; .* prepare voices --voices-model a/b"):
        load_speaker_encoder("a/b")


def test_another_rate_is_refused(tmp_path: Path) -> None:
    encoder = load_speaker_encoder(str(make_tiny_wespeaker(tmp_path / "voices.onnx")))
    with pytest.raises(ValueError, match="rate_hz must be 16000, got 8000"):
        encoder.encode(made_voice(120, 1.0), [Window(0, 1)], 8000)
