"""Downloads of models: what is missing, and what became of each; one that fails does not stop the others.

A download that was cut off is taken up where it stopped (`playhead_index.embed.downloads`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from playhead.default_models import DEFAULTS, RERANK, DefaultModel, default_model, known_model
from playhead.models import ModelNames, load_one
from playhead.video_models import AUTO, OFF
from playhead_index.embed.checkpoints import hub
from playhead_index.errors import ModelUnavailable

ALL = "all"
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
        roles: of `DEFAULTS`, or `rerank`; all of `DEFAULTS` when None, empty or with `all` among them.
        names: other models than the default ones.

    Raises:
        ValueError: there is no such role.
    """
    unknown = [role for role in roles or () if role not in (*DEFAULTS, RERANK, ALL)]
    if unknown:
        raise ValueError(f"no model role {unknown[0]!r}; there are {', '.join(DEFAULTS)}, {RERANK} and {ALL}")
    requested_roles = list(dict.fromkeys(roles or (ALL,)))
    every = (
        [*DEFAULTS, *(role for role in requested_roles if role == RERANK)]
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
        load_one(role, name)
    except ModelUnavailable as error:
        return str(error)
    return ""


def download_models(
    models: Sequence[DefaultModel], on_start: Callable[[DefaultModel], None] = lambda model: None
) -> Iterator[Download]:
    """Downloads models one after the other and loads each once, so that it is known to work.

    Args:
        models: which.
        on_start: called before each.
    """
    for model in models:
        on_start(model)
        try:
            load_one(model.role, model.name, download=True)
        except ModelUnavailable as error:
            yield Download(model, str(error))
        else:
            yield Download(model)


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


def _chosen(role: str, name: str) -> DefaultModel:
    if name in (AUTO, OFF):
        return default_model(role)
    if (known := known_model(role, name)) is not None:
        return known
    return replace(
        default_model(role), name=name, file=(name, ""), size_mb=0, licence="its licence is on its page"
    )
