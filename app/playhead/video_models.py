"""Chooses the video-LLM: by name, or by the hardware, with the reason.

Nothing is downloaded and nothing is loaded here; the choice is a pure function of facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playhead_tools.redaction import redact

AUTO, OFF = "auto", "off"
"""Instead of a model's name: whatever can be had, and none."""
VlmBackend = Literal["server", "plugin", "local", "off"]
SPARE_GB = 2.0
"""GPU memory beside the weights: activations, tokens of a prompt, the desktop."""
OVERHEAD = 1.2
FOUR_BIT = 0.35
"""Part of the bfloat16 weights that NF4 takes, with the layers that stay as they are."""
CPU_MAX_GB = 1.2
"""Larger ones take minutes a clip on a CPU."""
PLAIN_GB = 0.2
"""Models with smaller bfloat16 weights get the plain prompt: they do not follow rules."""
FORM_GB = 3.0
"""Models with bfloat16 weights of this size or more use structured output; smaller ones fail at JSON."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of the hub that is taken by itself where it is in the cache.

    Args:
        name: on the hub.
        weights_gb: its weights in bfloat16, in 10^9 bytes.
    """

    name: str
    weights_gb: float


KNOWN = (
    KnownModel("Qwen/Qwen3-VL-8B-Instruct", 17.5),
    KnownModel("Qwen/Qwen2.5-VL-7B-Instruct", 16.6),
    KnownModel("OpenGVLab/InternVL3-8B-hf", 15.9),
    KnownModel("Qwen/Qwen3-VL-4B-Instruct", 8.9),
    KnownModel("Qwen/Qwen2.5-VL-3B-Instruct", 7.5),
    KnownModel("Qwen/Qwen3-VL-2B-Instruct", 4.3),
    KnownModel("HuggingFaceTB/SmolVLM2-2.2B-Instruct", 4.5),
    KnownModel("llava-hf/llava-onevision-qwen2-7b-ov-hf", 16.1),
    KnownModel("LanguageBind/Video-LLaVA-7B-hf", 14.9),
    KnownModel("HuggingFaceTB/SmolVLM2-500M-Video-Instruct", 1.0),
    KnownModel("HuggingFaceTB/SmolVLM2-256M-Video-Instruct", 0.5),
)
"""Best first."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What an OpenAI-compatible server lists.

    Args:
        url: up to and with `/v1`.
        models: what it serves; empty when it did not answer.
        kind: as `ServerVideoLLM` takes it.
        unavailable_reason: why it cannot be used; empty when it can.
    """

    url: str
    models: tuple[str, ...] = ()
    kind: str = "other"
    unavailable_reason: str = ""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What a choice is made from.

    Args:
        gpu_gb: memory of the GPU in 10^9 bytes; None without one.
        memory_gb: memory of the machine.
        cached: models of `KNOWN` that are complete in the hub's local cache.
        four_bit: the packages for loading in 4 bits are installed.
        server: the server that the environment names; None when it names none.
        missing_extra: why no model can be loaded on this machine itself; empty when one can.
    """

    gpu_gb: float | None = None
    memory_gb: float = 8.0
    cached: tuple[str, ...] = ()
    four_bit: bool = False
    server: ServerFacts | None = None
    missing_extra: str = ""


@dataclass(frozen=True, slots=True)
class VideoChoice:
    """The video-LLM that is taken, and why.

    Args:
        backend: behind a server, from a plugin, from this machine, or none.
        name: the model's name at the server, the plugin's (`nano:`), a folder or a name on the hub.
        reason: one sentence without a full stop.
        url: of the server.
        kind: of the server.
        forms: it is capable of filling a form.
        plain_prompt: it needs the question alone, without rules and words.
        four_bit: to be loaded in 4 bits.
    """

    backend: VlmBackend
    name: str
    reason: str
    url: str = ""
    kind: str = ""
    forms: bool = False
    plain_prompt: bool = False
    four_bit: bool = False

    @property
    def sentence(self) -> str:
        """The choice for people."""
        where = f" at {redact(self.url)}" if self.url else ""
        return f"video model: {self.name}{where} ({self.reason})"


def choose_video_model(facts: MachineFacts, known: Sequence[KnownModel] = KNOWN) -> VideoChoice:
    """The best video-LLM that this machine can run now, or none; nothing is ever fetched.

    A server that the environment names comes first, then the best cached model that fits the GPU as it is,
    the best that fits it in 4 bits, and without a GPU the best that a CPU can bear.

    >>> choose_video_model(MachineFacts(gpu_gb=24.0, cached=("Qwen/Qwen3-VL-4B-Instruct",))).sentence
    'video model: Qwen/Qwen3-VL-4B-Instruct (the best cached model that fits the 24.0 GB of the GPU)'
    """
    if facts.server is not None and not facts.server.unavailable_reason:
        return server_choice(facts.server, "the server that PLAYHEAD_VIDEO_SERVER names answers")
    unanswered = "" if facts.server is None else f"{facts.server.unavailable_reason}, and "
    found = _local(facts, [model for model in known if model.name in facts.cached], unanswered)
    return found or off_choice(f"{unanswered}{_why_off(facts)}; set --video-model to a model or a server")


def server_choice(server: ServerFacts, reason: str) -> VideoChoice:
    """The first model of a server that answers."""
    return VideoChoice("server", server.models[0], reason, server.url, server.kind, forms=True)


def off_choice(reason: str) -> VideoChoice:
    """No model."""
    return VideoChoice("off", "off", reason)


def _local(facts: MachineFacts, cached: Sequence[KnownModel], unanswered: str) -> VideoChoice | None:
    best = f"{unanswered}the best cached model that"
    if facts.gpu_gb is None:
        small = [model for model in cached if model.weights_gb <= CPU_MAX_GB]
        borne = [model for model in small if 4 * model.weights_gb * OVERHEAD <= facts.memory_gb]
        return _of(borne, f"{best} a CPU can bear, as there is no GPU")
    fitting_models = [model for model in cached if _needs_gb(model.weights_gb) <= facts.gpu_gb]
    in_four = [model for model in cached if _needs_gb(model.weights_gb * FOUR_BIT) <= facts.gpu_gb]
    fits = f"fits the {facts.gpu_gb:.1f} GB of the GPU"
    return _of(fitting_models, f"{best} {fits}") or (
        _of(in_four, f"{best}, in 4 bits, {fits}", four_bit=True) if facts.four_bit else None
    )


def _of(fitting: Sequence[KnownModel], reason: str, *, four_bit: bool = False) -> VideoChoice | None:
    if not fitting:
        return None
    model = fitting[0]
    forms = model.weights_gb >= FORM_GB
    return VideoChoice("local", model.name, reason, forms=forms, four_bit=four_bit)


def _needs_gb(weights_gb: float) -> float:
    return weights_gb * OVERHEAD + SPARE_GB


def _why_off(facts: MachineFacts) -> str:
    if facts.missing_extra:
        return facts.missing_extra
    if not facts.cached:
        return "no video-LLM is in the cache of this machine"
    cached = ", ".join(facts.cached)
    if facts.gpu_gb is None:
        return f"there is no GPU, and a CPU cannot bear what is cached ({cached})"
    return f"what is cached ({cached}) does not fit the {facts.gpu_gb:.1f} GB of the GPU"
