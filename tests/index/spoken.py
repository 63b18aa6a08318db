"""Sound that a voice detector takes for speech, and a Whisper model that hears in it what you wrote down."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
BANDWIDTHS_HZ = (60, 90, 120)
WIDTH = 64
TIMESTAMPS = 1501
FRAMES_A_TOKEN = 20


def babble(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Syllables of a made voice: bursts of noise and vowels of three formants; (n,) float32 at 16 kHz."""
    random = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < seconds * RATE_HZ:
        burst = np.diff(random.normal(size=random.integers(500, 1300)), prepend=0.0) * 0.03
        parts += [burst * np.hanning(len(burst)), _vowel(random)]
    return np.concatenate(parts)[: round(seconds * RATE_HZ)].astype(np.float32)


def _vowel(random: np.random.Generator) -> NDArray[np.float64]:
    size = int(random.integers(2000, 4000))
    pitch_hz = random.uniform(100, 140) * np.linspace(1.05, 0.92, size)
    pulses = np.diff(np.floor(np.cumsum(pitch_hz) / RATE_HZ), prepend=0.0) + 0.003 * random.normal(size=size)
    sound = np.convolve(pulses, 0.95 ** np.arange(200))[:size]
    n = np.arange(800)
    for formant_hz, bandwidth_hz in zip(random.choice(VOWELS_HZ), BANDWIDTHS_HZ, strict=True):
        angle = 2 * np.pi * formant_hz / RATE_HZ
        ringing = np.exp(-np.pi * bandwidth_hz / RATE_HZ * n) * np.sin((n + 1) * angle) / np.sin(angle)
        sound = np.convolve(sound, ringing)[:size]
    sound = np.diff(sound, prepend=0.0)
    fade = np.minimum(1.0, np.minimum(np.arange(size), np.arange(size)[::-1]) / 320)
    return np.asarray(0.5 * fade * sound / np.abs(sound).max())


def silence(seconds: float) -> NDArray[np.float32]:
    """(n,) float32 zeros at 16 kHz."""
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def pieces_of(sound: NDArray[np.float32], size: int = RATE_HZ) -> list[NDArray[np.float32]]:
    """The sound in pieces of a second, as a reader gives it."""
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def write_tiny_whisper(folder: Path, text: str, until_s: float = 2.0) -> Path:
    """A CTranslate2 Whisper model of 64 dimensions that says one text in every stretch, whatever it hears.

    What it says hangs on the position alone: each position has a direction of its own, and the token to
    be said there is the one whose output row points that way. It attends to 0.4 s of sound a token, one
    behind the other, and takes nothing from there. In the sound itself it hears nothing.
    """
    from ctranslate2.specs.whisper_spec import WhisperSpec

    folder.mkdir(parents=True, exist_ok=True)
    words = [f"Ġ{word}" for word in text.split()]
    tokens = _write_tokenizer(folder, words)
    script = ["<|0.00|>", *words, f"<|{until_s:.2f}|>", "<|endoftext|>"]
    spec = WhisperSpec(1, 2, 1, 2)
    random = np.random.default_rng(0)
    directions = random.normal(size=(448, WIDTH)).astype(np.float32)
    output = np.zeros((len(tokens), WIDTH), np.float32)
    for position, token in enumerate(script):
        output[tokens[token]] += directions[position]
    token_of_frame = np.minimum(np.arange(1500) // FRAMES_A_TOKEN, len(words) + 2)
    _fill(spec, directions, directions[token_of_frame], output)
    spec.register_vocabulary(sorted(tokens, key=lambda token: tokens[token]))
    spec.config.suppress_ids, spec.config.suppress_ids_begin, spec.config.lang_ids = [], [], []
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.save(str(folder))
    return folder


def _write_tokenizer(folder: Path, words: Sequence[str]) -> dict[str, int]:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    plain = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *dict.fromkeys(words)]
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>"]
    special += ["<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    special += [f"<|{i * 0.02:.2f}|>" for i in range(TIMESTAMPS)]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(plain)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80}))
    return {token: tokenizer.token_to_id(token) for token in [*plain, *special]}


def _fill(
    spec: object,
    directions: NDArray[np.float32],
    sound: NDArray[np.float32],
    output: NDArray[np.float32],
) -> None:
    from ctranslate2.specs.common_spec import LayerNormSpec

    def zeros(*shape: int) -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    def linears(layers: Sequence[object], *rows: int) -> None:
        for layer, n in zip(layers, rows, strict=True):
            layer.weight, layer.bias = zeros(n, WIDTH), zeros(n)  # type: ignore[attr-defined]

    def norms(part: object) -> None:
        for value in vars(part).values():
            if isinstance(value, LayerNormSpec):
                value.gamma, value.beta = np.ones(WIDTH, np.float32), zeros(WIDTH)

    encoder, decoder = spec.encoder, spec.decoder  # type: ignore[attr-defined]
    encoder.conv1.weight, encoder.conv1.bias = zeros(WIDTH, 80, 3), zeros(WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = zeros(WIDTH, WIDTH, 3), zeros(WIDTH)
    encoder.position_encodings.encodings = sound
    decoder.position_encodings.encodings = directions
    decoder.embeddings.weight = zeros(*output.shape)
    decoder.projection.weight = output
    for half in (encoder, decoder):
        norms(half)
        for layer in half.layer:
            linears(layer.self_attention.linear, 3 * WIDTH, WIDTH)
            linears([layer.ffn.linear_0, layer.ffn.linear_1], 4 * WIDTH, WIDTH)
            layer.ffn.linear_1.weight = zeros(WIDTH, 4 * WIDTH)
            norms(layer.self_attention)
            norms(layer.ffn)
    listening = decoder.layer[0].attention
    linears(listening.linear, WIDTH, 2 * WIDTH, WIDTH)
    norms(listening)
    listening.linear[0].weight = 4 * np.eye(WIDTH, dtype=np.float32)
    listening.linear[1].weight = np.eye(2 * WIDTH, WIDTH, dtype=np.float32)
