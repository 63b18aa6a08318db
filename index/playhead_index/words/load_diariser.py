"""The diariser that a name means."""

import json
from pathlib import Path

from playhead_index.embed.checkpoints import LOCAL_PREFIX
from playhead_index.embed.voice_encoder import GE2E, load_speaker_encoder
from playhead_index.words.diarisation import ClusteringDiariser, Diariser
from playhead_index.words.nemotron_diariser import MODEL_TYPE, load_nemotron


def load_diariser(name: str = GE2E, *, device: str = "auto", download: bool = False) -> Diariser:
    """The diariser that a name means, from files on this machine.

    Args:
        name: a Nemotron-3 diarisation model of transformers, by its folder or its name on the hub; any other
            is a speaker encoder (`load_speaker_encoder`), whose vectors are clustered.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: torch is not installed, or files are missing or do not fit.
    """
    if _is_nemotron(name):
        return load_nemotron(name, device=device, download=download)
    return ClusteringDiariser(load_speaker_encoder(name, device=device, download=download))


def _is_nemotron(name: str) -> bool:
    """Whether a name means a Nemotron-3 model: by the configuration in a folder, else by the hub name."""
    folder = Path(name.removeprefix(LOCAL_PREFIX)).expanduser()
    if not folder.is_dir():
        return "nemotron" in name.lower() and not folder.exists()
    config = folder / "config.json"
    try:
        found = json.loads(config.read_text("utf-8")) if config.is_file() else {}
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("model_type") == MODEL_TYPE
