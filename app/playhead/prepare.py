"""Downloads of models: what is missing, and what became of each; one that fails does not stop the others.

A download that was cut off is taken up where it stopped (`playhead_index.embed.downloads`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from playhead.default_models import DEFAULTS, RERANK, DefaultModel, default_model, known_model
from playhead.known_video_models import known_video_model
from playhead.model_servers import is_address
from playhead.models import ModelNames, load_one
from playhead.video_model_choice import machine_facts, prepare_command
from playhead.video_models import AUTO, OFF, Offer, offers
from playhead_index.embed.check_weights import check_files
from playhead_index.embed.checkpoints import fetch_repo, find_checkpoint, hub, local_folder
from playhead_index.errors import ModelUnavailable

ALL, VIDEO = "all", "video"
VIDEO_FILES = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")
"""What is fetched of a video-LLM: weights, configuration, tokenizer, processor and chat template."""
VIDEO_GIVES = "questions about frames, captions"
UNKNOWN_LICENCE = "its licence is on its page"
REACH_S = 5.0
"""How long the model hub may take to answer before it counts as out of reach."""


@dataclass(frozen=True, slots=True)
class Download:
    """What became of one model.

    Args:
        model: which.
        error: why it could not be downloaded or does not load; empty when it is on this machine now.
    """

    model: DefaultModel
    error: str = ""


def chosen_models(roles: Sequence[str] | None = None, names: ModelNames | None = None) -> list[DefaultModel]:
    """The models of some roles: those that are named, else the default ones.

    Args:
        roles: of `DEFAULTS`, `rerank` or `video`; all of `DEFAULTS` when None, empty or with `all` among
            them.
        names: other models than the default ones.

    Raises:
        ValueError: there is no such role, or the video-LLM is none that can be downloaded.
    """
    more = (RERANK, VIDEO)
    unknown = [role for role in roles or () if role not in (*DEFAULTS, *more, ALL)]
    if unknown:
        known = ", ".join((*DEFAULTS, *more))
        raise ValueError(f"no model role {unknown[0]!r}; there are {known} and {ALL}")
    requested_roles = list(dict.fromkeys(roles or (ALL,)))
    every = (
        [*DEFAULTS, *(role for role in requested_roles if role in more)]
        if ALL in requested_roles
        else requested_roles
    )
    return [_chosen(role, getattr(names or ModelNames(), role)) for role in every]


def missing_models(models: Sequence[DefaultModel]) -> list[DefaultModel]:
    """Those that do not load from this machine alone."""
    return [model for model in models if why_not_loadable(model.role, model.name)]


def why_not_loadable(role: str, name: str) -> str:
    """Why a model does not load from this machine alone; empty when it does."""
    try:
        _load(role, name)
    except ModelUnavailable as error:
        return str(error)
    return ""


def download_models(
    models: Sequence[DefaultModel], on_start: Callable[[DefaultModel], None] = lambda model: None
) -> Iterator[Download]:
    """Downloads models one after the other and loads each once, so that it is known to work.

    Of a video-LLM the files are checked instead: a large one may take minutes to load.

    Args:
        models: which.
        on_start: called before each.
    """
    for model in models:
        on_start(model)
        try:
            _load(model.role, model.name, download=True)
        except ModelUnavailable as error:
            yield Download(model, str(error))
        else:
            yield Download(model)


def video_offers() -> list[Offer]:
    """The video-LLMs of the hub that fit this machine, a small one first, the best second.

    Raises:
        ModelUnavailable: none fits, or no model can be loaded on this machine at all.
    """
    facts = machine_facts(asks_server=False)
    if facts.missing_extra:
        raise ModelUnavailable(facts.missing_extra)
    if found := offers(facts):
        return found
    where = "and there is no GPU" if facts.gpu_gb is None else f"on a GPU of {facts.gpu_gb:.1f} GB"
    raise ModelUnavailable(
        f"no video-LLM that is known here fits {facts.memory_gb:.1f} GB of memory {where}; use a server with"
        " --video-model URL, or name a model with --video-model"
    )


def missing_hub() -> str:
    """Why nothing can be downloaded on this machine at all: what is not installed; empty when all is."""
    try:
        hub()
    except ModelUnavailable as error:
        return str(error)
    return ""


def why_hub_unreachable() -> str:
    """Why models cannot be downloaded now; empty when the model hub answers.

    Answering is enough, whatever it answers.
    """
    import httpx

    try:
        constants = hub("huggingface_hub.constants")
    except ModelUnavailable as error:
        return str(error)
    if constants.HF_HUB_OFFLINE:
        return "the variable HF_HUB_OFFLINE is set"
    try:
        httpx.head(constants.ENDPOINT, timeout=REACH_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{constants.ENDPOINT} does not answer ({type(error).__name__}: {error})"
    return ""


def _load(role: str, name: str, *, download: bool = False) -> None:
    if role != VIDEO:
        load_one(role, name, download=download)
        return
    if download and local_folder(name) is None:
        fetch_repo(name, name, VIDEO_FILES)
    found = find_checkpoint(name, ["config.json"], ["*.safetensors"], advice=prepare_command(name))
    check_files(found.folder)


def _chosen(role: str, name: str) -> DefaultModel:
    if role == VIDEO:
        return _chosen_video(name)
    if name in (AUTO, OFF):
        return default_model(role)
    if (known := known_model(role, name)) is not None:
        return known
    return replace(default_model(role), name=name, file=(name, ""), size_mb=0, licence=UNKNOWN_LICENCE)


def _chosen_video(name: str) -> DefaultModel:
    """The video-LLM of a name; the first that fits this machine for none.

    Raises:
        ModelUnavailable: none was named, and none fits.
        ValueError: the name is a server or a plugin.
    """
    if name in (AUTO, OFF):
        name = video_offers()[0].model.name
    if is_address(name) or name.endswith(":"):
        raise ValueError(f"{name!r} is nothing to download; name a model of the hub, such as ORG/NAME")
    known = known_video_model(name)
    size_mb, licence = (0, UNKNOWN_LICENCE) if known is None else (known.weights_gb * 1e3, known.licence)
    return DefaultModel(VIDEO, name, (name, "config.json"), round(size_mb), licence, VIDEO_GIVES)
