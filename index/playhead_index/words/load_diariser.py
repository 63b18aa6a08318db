"""The diariser that a name means."""

from playhead_index.embed.voice_encoder import GE2E, load_speaker_encoder
from playhead_index.words.diarisation import ClusteringDiariser, Diariser


def load_diariser(name: str = GE2E, *, device: str = "auto", download: bool = False) -> Diariser:
    """Clustering of the vectors of the speaker encoder that a name means, from files on this machine.

    Args:
        name: see `load_speaker_encoder`.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: torch is not installed, or files are missing or do not fit.
    """
    return ClusteringDiariser(load_speaker_encoder(name, device=device, download=download))
