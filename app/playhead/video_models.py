"""Chooses the video-LLM: by name, or by the hardware, with the reason; and what a machine can be offered.

Nothing is downloaded and nothing is loaded here; the choice is a pure function of facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playhead.default_models import loaded_beside_gb
from playhead.known_video_models import KNOWN, KnownModel
from playhead_tools.redaction import redact
from playhead_tools.video_llm.model_memory import LARGEST_LOOK, ModelSize, Precision, memory_needed

AUTO, OFF = "auto", "off"
"""Instead of a model's name: whatever can be had, and none."""
VlmBackend = Literal["server", "plugin", "local", "off"]
GPU_CONTEXT_GB, SYSTEM_GB = 0.6, 1.0
"""Taken beside all models: CUDA's context and libraries on a GPU, the system on a CPU. Estimates; what is
free when a call is made is measured."""
SMALL_DOWNLOAD_GB = 5.0
"""A model of at most this download is offered first."""
CPU_MAX_GB = 1.2
"""Larger ones take minutes a clip on a CPU."""
PLAIN_GB = 0.2
"""Models with smaller bfloat16 weights get the plain prompt: they do not follow rules."""
FORM_GB = 3.0
"""Models with bfloat16 weights of this size or more use structured output; smaller ones fail at JSON."""


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
        wants_four_bit: 4 bits were asked for, or refused; None for neither.
        server: the server that the environment names; None when it names none.
        missing_extra: why no model can be loaded on this machine itself; empty when one can.
    """

    gpu_gb: float | None = None
    memory_gb: float = 8.0
    cached: tuple[str, ...] = ()
    four_bit: bool = False
    server: ServerFacts | None = None
    missing_extra: str = ""
    wants_four_bit: bool | None = None


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
    the best that fits it in 4 bits, and without a GPU the best that a CPU can bear. A model fits with the
    largest look of a question and the default encoders and recogniser beside it (`memory_gb_needed`).

    >>> choose_video_model(MachineFacts(gpu_gb=24.0, cached=("Qwen/Qwen3-VL-4B-Instruct",))).sentence
    'video model: Qwen/Qwen3-VL-4B-Instruct (the best cached model that fits the 24.0 GB of the GPU)'
    """
    if facts.server is not None and not facts.server.unavailable_reason:
        return server_choice(facts.server, "the server that PLAYHEAD_VIDEO_SERVER names answers")
    unanswered = "" if facts.server is None else f"{facts.server.unavailable_reason}, and "
    found = _local(facts, [model for model in known if model.name in facts.cached], unanswered)
    return found or off_choice(f"{unanswered}{_why_off(facts)}; set --video-model to a model or a server")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of the hub that fits a machine.

    Args:
        model: which.
        four_bit: it fits in 4 bits alone.
        memory_gb: that it takes with the largest look of a question and all that is loaded beside it, in 10^9
            bytes.
        context: tokens of that look, prompt and reply.
    """

    model: KnownModel
    four_bit: bool
    memory_gb: float
    context: int

    @property
    def sentence(self) -> str:
        """The offer for people: name, download, licence, memory."""
        how = ", in 4 bits (needs: pip install bitsandbytes accelerate)" if self.four_bit else ""
        return (
            f"{self.model.name}: {self.model.weights_gb:.1f} GB to download, {self.model.licence};"
            f" {self.memory_gb:.1f} GB of memory with a context of {self.context:,} tokens{how}"
        )


def offers(facts: MachineFacts, known: Sequence[KnownModel] = KNOWN) -> list[Offer]:
    """What fits a machine: the best of the small downloads first, then the best, then the others, best first.

    >>> [offer.model.name for offer in offers(MachineFacts(gpu_gb=24.0))][:2]
    ['Qwen/Qwen3-VL-2B-Instruct', 'Qwen/Qwen3-VL-8B-Instruct']
    """
    fitting = [offer for model in known if (offer := _offer(model, facts)) is not None]
    small = [offer for offer in fitting if offer.model.weights_gb <= SMALL_DOWNLOAD_GB]
    first = [*small[:1], *fitting[:1]]
    return list({offer.model.name: offer for offer in (*first, *fitting)}.values())


def _offer(model: KnownModel, facts: MachineFacts) -> Offer | None:
    for four_bit in _precisions(facts, may_install=True):
        if _fits(model, facts, four_bit=four_bit):
            needed_gb = memory_gb_needed(model.size, on_gpu=facts.gpu_gb is not None, four_bit=four_bit)
            context = LARGEST_LOOK.prompt_tokens(model.size) + LARGEST_LOOK.new_tokens
            return Offer(model, four_bit, needed_gb, context)
    return None


def memory_gb_needed(size: ModelSize, *, on_gpu: bool, four_bit: bool = False) -> float:
    """What a model takes with the largest look of a question and all that is loaded beside it, in 10^9 bytes.

    Args:
        size: of the model.
        on_gpu: it computes in bfloat16 there, in float32 on a CPU.
        four_bit: its linear layers are held in 4 bits.
    """
    precision = Precision(2 if on_gpu else 4, four_bit)
    beside = int(loaded_beside_gb(on_gpu=on_gpu) * 1e9)
    return memory_needed(size, precision, beside=beside).total / 1e9


def fits_gpu(size: ModelSize, gpu_gb: float, *, four_bit: bool) -> bool:
    """Whether a model fits a GPU of so much memory, with the context of CUDA beside it."""
    return memory_gb_needed(size, on_gpu=True, four_bit=four_bit) + GPU_CONTEXT_GB <= gpu_gb


def _fits(model: KnownModel, facts: MachineFacts, *, four_bit: bool) -> bool:
    if facts.gpu_gb is not None:
        return fits_gpu(model.size, facts.gpu_gb, four_bit=four_bit)
    needed_gb = memory_gb_needed(model.size, on_gpu=False)
    return model.weights_gb <= CPU_MAX_GB and needed_gb + SYSTEM_GB <= facts.memory_gb


def _precisions(facts: MachineFacts, *, may_install: bool = False) -> list[bool]:
    """In which order a model is tried as it is (False) and in 4 bits (True)."""
    if facts.gpu_gb is None or facts.wants_four_bit is False:
        return [False]
    if facts.wants_four_bit:
        return [True]
    return [False, True] if facts.four_bit or may_install else [False]


def server_choice(server: ServerFacts, reason: str) -> VideoChoice:
    """The first model of a server that answers."""
    return VideoChoice("server", server.models[0], reason, server.url, server.kind, forms=True)


def off_choice(reason: str) -> VideoChoice:
    """No model."""
    return VideoChoice("off", "off", reason)


def _local(facts: MachineFacts, cached: Sequence[KnownModel], unanswered: str) -> VideoChoice | None:
    best = f"{unanswered}the best cached model that"
    for four_bit in _precisions(facts):
        fitting = [model for model in cached if _fits(model, facts, four_bit=four_bit)]
        if facts.gpu_gb is None:
            return _of(fitting, f"{best} a CPU can bear, as there is no GPU")
        how = ", in 4 bits, " if four_bit else " "
        if found := _of(fitting, f"{best}{how}fits the {facts.gpu_gb:.1f} GB of the GPU", four_bit=four_bit):
            return found
    return None


def _of(fitting: Sequence[KnownModel], reason: str, *, four_bit: bool = False) -> VideoChoice | None:
    if not fitting:
        return None
    model = fitting[0]
    forms = model.weights_gb >= FORM_GB
    return VideoChoice("local", model.name, reason, forms=forms, four_bit=four_bit)


def _why_off(facts: MachineFacts) -> str:
    if facts.missing_extra:
        return facts.missing_extra
    if not facts.cached:
        return "no video-LLM is in the cache of this machine, playhead prepare video fetches one"
    cached = ", ".join(facts.cached)
    if facts.gpu_gb is None:
        return f"there is no GPU, and a CPU cannot bear what is cached ({cached})"
    return f"what is cached ({cached}) does not fit the {facts.gpu_gb:.1f} GB of the GPU"
