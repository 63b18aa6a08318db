"""Which models a library works with: names, where they come from, and what is off without them.

This is the composition root: the only place that chooses implementations.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from playhead.default_models import (
    DEFAULTS,
    PACKAGED,
    RERANK,
    default_name,
    is_cached,
    known_model,
    packaged_speech_notice,
)
from playhead.model_plugins import find_plugin
from playhead.model_servers import is_address
from playhead.speech_servers import load_speech_server
from playhead.video_loading import VideoLoading
from playhead.video_models import AUTO, OFF
from playhead_index.embed.checkpoints import LOCAL_PREFIX
from playhead_index.embed.protocol import ImageEncoder, ImageTextEncoder, ModelTag, TextEmbedder
from playhead_index.embed.reranker import LazyReranker, Reranker
from playhead_index.embed.voice_encoder import GE2E
from playhead_index.errors import ModelUnavailable
from playhead_index.extras import missing_module
from playhead_index.index_settings import SWITCHED_OFF, Models
from playhead_index.recorded_models import (
    RecordedDiariser,
    RecordedEncoder,
    RecordedScreenReader,
    RecordedTextEmbedder,
    RecordedTranscriber,
)
from playhead_index.settings import FORMER_BEAM_SIZE
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.disk import exists
from playhead_index.store.manifest import space_tag
from playhead_index.store.settings import SPEAKER_MODEL, SPEECH_MODEL, read_settings, unrecorded_transcriber
from playhead_index.words.protocol import TranscriberTag
from playhead_index.words.screen_text import RapidOcrReader
from playhead_tools.local_hosts import require_local

ENVIRONMENT = "PLAYHEAD_{}_MODEL"
OWN_PREFIXES = (PACKAGED, GE2E)
ASR_PREFIX = "asr:"
ON = "on"
STAGE_OF = {
    "picture": "picture", "appearance": "appearance", "words": "meaning", "speech": "speech",
    "screen": "screen", "voices": "speakers",
}  # fmt: skip
"""The stage that needs the model of a role."""
OPTION_OF = {"screen": "--screen-text", "voices": "--speakers on"}
"""The option that turns a role on, where it is not that of its model."""
MODULES = {
    "picture": "open_clip", "appearance": "transformers", "words": "tokenizers", "speech": "faster_whisper",
    "voices": "torch",
}  # fmt: skip
"""The module without which a model of a role cannot be loaded."""
SCREEN_READER = RapidOcrReader.name
NO_CAPTIONS = "captions were not asked for: index again with --captions"


@dataclass(frozen=True, slots=True)
class ModelNames:
    """A name a role; `auto` takes the best that is on this machine, `off` goes without.

    With `auto` what the environment names is taken (`PLAYHEAD_PICTURE_MODEL` and so on), else what the
    library was made with, else the default below. Nothing is ever downloaded here. `off` holds for one run;
    the first run of a library makes it hold for the library.

    Args:
        picture: an image-text encoder of open_clip: `MODEL:TAG`, `hf-hub:ORG/NAME` or `local-dir:FOLDER`.
        appearance: a DINOv2 of transformers: a hub name or a folder.
        words: a sentence encoder of transformers: a hub name, a folder, or `offline:`.
        speech: a faster-whisper model: a size, a hub name, a folder, or `offline:`; or the address of a
            transcription server, `URL#MODEL`.
        screen: `auto`, `on` or `off`; with `auto` as the library was made, else on.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        video: a video-LLM: a server's address, a folder or a name on the hub; `auto` takes what
            `PLAYHEAD_VIDEO_MODEL` names, else what the machine can run (`video_models.py`). It is called only
            for captions and for questions about frames.
        rerank: a cross-encoder of transformers that ranks passages anew in a search: a hub name or a folder.
            `auto` takes what `PLAYHEAD_RERANK_MODEL` names, else none; a library does not remember it.
        keep_ratio: the part of the visual tokens that the video-LLM gets, chosen by the question, above
            0 and at most 1; behind a server the part of its frames. None takes what `PLAYHEAD_KEEP_TOKENS`
            says, else what `compress` does by default. Captions are made of all.
        compress: how visual tokens are left out: `guided`, `longvu`, `uniform` or `none`; `auto` takes what
            `PLAYHEAD_COMPRESS` says, else what the library stores, else `guided` (`token_compression.py`).
        model: the chat model that plans, answers and judges, and reads frames where it takes images:
            `openai:NAME`, `gemini:NAME`, `URL#NAME` (`model_choice.py`). `auto` takes what `PLAYHEAD_MODEL`
            names, else what the library keeps, else none; `off` goes without.
        local_only: nothing is sent to another machine: servers must be at a loopback address.
        voices: a speaker encoder: `ge2e:` (what `playhead prepare voices` fetches), or a WeSpeaker model in
            ONNX format by its file, folder or hub name.
        attention: of a video-LLM on this machine: `sdpa`, `flash_attention_2` or `eager`; `auto` takes what
            `PLAYHEAD_VIDEO_ATTENTION` says, else SDPA.
        dtype: of its numbers: `bfloat16`, `float16` or `float32`; `auto` takes what `PLAYHEAD_VIDEO_DTYPE`
            says, else bfloat16 on a GPU and float32 elsewhere.
        four_bit: load it in 4 bits; None takes what `PLAYHEAD_VIDEO_FOUR_BIT` says, else 4 bits where it
            fits the GPU in no other way.
    """

    picture: str = AUTO
    appearance: str = AUTO
    words: str = AUTO
    speech: str = AUTO
    screen: str = AUTO
    device: str = AUTO
    video: str = AUTO
    keep_ratio: float | None = None
    voices: str = AUTO
    rerank: str = AUTO
    model: str = AUTO
    local_only: bool = False
    compress: str = AUTO
    attention: str = AUTO
    dtype: str = AUTO
    four_bit: bool | None = None

    @property
    def video_loading(self) -> VideoLoading:
        """How a video-LLM on this machine is loaded.

        Raises:
            ValueError: there is no such attention or number type.
        """
        return VideoLoading(self.attention, self.dtype, self.four_bit)

    def with_profile(self, plugin: str) -> "ModelNames":
        """The same names, with the models of a plugin in every role that is still `auto` and that it has.

        Raises:
            ModelUnavailable: no such plugin is installed.
        """
        roles = find_plugin(plugin).roles
        named: dict[str, Any] = {role: f"{plugin}:" for role in roles if getattr(self, role) == AUTO}
        return replace(self, **named)


@dataclass(frozen=True, slots=True)
class LoadModels:
    """Loads the models of a library in whichever process works on it; twice gives the same ones."""

    names: ModelNames
    folder: Path
    why_no_captions: str = NO_CAPTIONS

    def __call__(self) -> Models:
        """The models that are there; why the others are not.

        Raises:
            ModelUnavailable: a model that was named cannot be loaded.
        """
        library = library_models(self.folder)
        models = load_models(resolve(self.names, library), self.why_no_captions)
        return _with_library_models(models, self.names, library)

    def recorded(self) -> Models | None:
        """The models that the library recorded, none of them loaded.

        None where that is not enough to say what a run would load: a model was named, or a model that the
        library lacks may be on this machine.
        """
        library = library_models(self.folder)
        off = {"caption": self.why_no_captions}
        for role in DEFAULTS.keys() - library.keys():
            off[STAGE_OF[role]] = _why_missing(
                role, _resolve(role, AUTO, None, self.names.device).removesuffix("?")
            )
        diariser = _recorded_diariser(library)
        if "voices" not in library and not off[STAGE_OF["voices"]]:  # it is here: used where somebody speaks
            diariser, off[STAGE_OF["voices"]] = RecordedDiariser(ModelTag(GE2E, "", 0)), GE2E
        if named_models(self.names) or not all(off.values()):
            return None
        transcriber = _recorded_transcriber(library)
        if "speech" in library and library["speech"].name != OFF and transcriber is None:
            return None
        models = Models(
            picture=_recorded_encoder(library, "picture"),
            appearance=_recorded_encoder(library, "appearance"),
            words=_recorded_text_embedder(library, self.names.device),
            transcriber=transcriber,
            diariser=diariser,
            screen_reader=None if "screen" in library else RecordedScreenReader(SCREEN_READER),
            off=off,
            is_recorded=True,
        )
        return _with_library_models(models, self.names, library)


def _recorded_encoder(library: Mapping[str, "LibraryModel"], role: str) -> RecordedEncoder | None:
    model = library.get(role)
    if model is None or model.name == OFF:
        return None
    return RecordedEncoder(ModelTag(model.name, model.revision, model.width))


def _recorded_diariser(library: Mapping[str, "LibraryModel"]) -> RecordedDiariser | None:
    model = library.get("voices")
    if model is None or model.name == OFF:
        return None
    return RecordedDiariser(ModelTag(model.name, model.revision, model.width))


def _recorded_text_embedder(
    library: Mapping[str, "LibraryModel"], device: str
) -> RecordedTextEmbedder | None:
    """The library's text embedder, which is loaded alone when only texts are to be embedded."""
    model = library.get("words")
    if model is None or model.name == OFF:
        return None
    tag = ModelTag(model.name, model.revision, model.width)
    return RecordedTextEmbedder(tag, lambda: cast(TextEmbedder, load_one("words", model.name, device)))


def _recorded_transcriber(library: Mapping[str, "LibraryModel"]) -> RecordedTranscriber | None:
    model = library.get("speech")
    if model is None or model.name == OFF or not (model.revision or is_address(model.name)):
        return None
    tag = TranscriberTag(model.name, model.revision, beam_size=model.beam_size)
    return RecordedTranscriber(f"{ASR_PREFIX}{model.label}", tag)


@dataclass(frozen=True, slots=True)
class LibraryModel:
    """The model that a library has for a role.

    Args:
        name: what it is loaded by; `off` when the library was made without one.
        label: what it is called.
        revision: of its weights; empty where that was not recorded.
        width: of its vectors; 0 for a model that makes none.
        beam_size: of a speech model; None where it takes none.
    """

    name: str
    label: str
    revision: str = ""
    width: int = 0
    beam_size: int | None = FORMER_BEAM_SIZE


def resolve(names: ModelNames, library: Mapping[str, LibraryModel]) -> ModelNames:
    """Names in which `auto` is replaced by what it means for a library (`library_models`).

    A trailing `?` marks a default name: the model may be missing. A folder is named absolutely.
    """
    chosen: dict[str, Any] = {
        role: _resolve(role, getattr(names, role), library.get(role), names.device)
        for role in ("picture", "appearance", "words", "speech", "screen", "voices")
    }
    return replace(names, **chosen)


def named_models(names: ModelNames) -> dict[str, str]:
    """The names by role that a person gave, here or in the environment."""
    named = {role: _named(role, getattr(names, role)) for role in STAGE_OF}
    return {role: name for role, name in named.items() if name is not None}


def _named(role: str, name: str) -> str | None:
    named = name if name != AUTO else os.environ.get(ENVIRONMENT.format(role.upper()), AUTO)
    return None if named == AUTO or (role == "screen" and name == AUTO) else _absolute_name(named)


def library_switches(names: ModelNames) -> dict[str, Any]:
    """The settings of a library that names of models are: what is on or off."""
    named = named_models(names)
    switches: dict[str, Any] = {f"{role}_model": OFF for role, name in named.items() if name == OFF}
    switches.pop("screen_model", None)
    return switches | ({"screen_text": named["screen"] != OFF} if "screen" in named else {})


def _resolve(role: str, name: str, library: LibraryModel | None, device: str) -> str:
    if (named := _named(role, name)) is not None:
        return AUTO if (role, named) == ("screen", ON) else named
    if library is not None:
        return OFF if library.name == OFF else f"{library.name}?"
    if role == "screen":
        return AUTO
    return f"{default_name(role, device)}?"


def speech_notice(names: ModelNames, folder: Path) -> str:
    """What to say before speech is recognised with the packaged model that nobody named; else empty."""
    library = library_models(folder)
    if resolve(names, library).speech != f"{PACKAGED}?" or find_spec(MODULES["speech"]) is None:
        return ""
    return packaged_speech_notice(names.device, is_remembered="speech" in library)


def _absolute_name(name: str) -> str:
    """A name that means the same from every working directory."""
    prefix = LOCAL_PREFIX if name.startswith(LOCAL_PREFIX) else ""
    folder = Path(name.removeprefix(prefix)).expanduser()
    return f"{prefix}{folder.resolve()}" if folder.is_dir() else name


def library_models(folder: Path) -> dict[str, LibraryModel]:
    """The models that the library in a folder was made with, by role; none where there is no library yet."""
    if not exists(folder / CATALOG_NAME):
        return {}
    with closing(Catalog(folder)) as catalog:
        settings = read_settings(catalog)
        found = {role: LibraryModel(OFF, OFF) for role in DEFAULTS if settings.get(f"{role}_model") == OFF}
        for space in ("picture", "appearance", "words"):
            if (tag := space_tag(catalog, space)) is not None:
                found[space] = LibraryModel(tag.name, tag.name, tag.revision, tag.width)
        if (speech := _speech_model(catalog, settings)) is not None:
            found["speech"] = speech
    if isinstance(voices := settings.get(SPEAKER_MODEL), dict):
        found["voices"] = LibraryModel(voices["name"], voices["name"], voices["revision"], voices["width"])
    if settings.get("screen_text") is False:
        found["screen"] = LibraryModel(OFF, OFF)
    return found


def _speech_model(catalog: Catalog, settings: Mapping[str, Any]) -> LibraryModel | None:
    """The speech model that was recorded, else the one that words of an older library are named after."""
    if isinstance(record := settings.get(SPEECH_MODEL), dict):
        label = record["name"].removeprefix(ASR_PREFIX)
        beam_size = record.get("beam_size", FORMER_BEAM_SIZE)
        return LibraryModel(record["location"] or label, label, record["revision"], beam_size=beam_size)
    if SPEECH_MODEL in settings:
        return None
    name = (unrecorded_transcriber(catalog) or "").removeprefix(ASR_PREFIX)
    return LibraryModel(name, name) if name else None


def _with_library_models(models: Models, names: ModelNames, library: Mapping[str, LibraryModel]) -> Models:
    """The same models, with the library's own where nobody named another, or why that is not there."""
    default_roles = frozenset(STAGE_OF) - set(named_models(names))
    off = dict(models.off)
    for role in default_roles & set(library):
        stage, model = STAGE_OF[role], library[role]
        if model.name == OFF:
            option = OPTION_OF.get(role, f"--{role}-model NAME")
            off[stage] = f"the library was made without it; {option} turns it on"
        elif stage in off:
            off[stage] = _missing_model_message(role, model, off[stage])
    transcriber = models.transcriber
    if transcriber is not None and "speech" in default_roles and "speech" in library:
        here = transcriber.tag.revision
        if library["speech"].revision not in ("", here):
            transcriber = None
            why = f"other weights, {here[:12]}, are there now"
            off["speech"] = _missing_model_message("speech", library["speech"], why)
    return replace(models, transcriber=transcriber, off=off, default_roles=default_roles)


def _missing_model_message(role: str, model: LibraryModel, why: str) -> str:
    revision = f" ({model.revision[:12]})" if model.revision else ""
    folder = Path(model.name.removeprefix(LOCAL_PREFIX))
    if folder.is_absolute() and not folder.is_dir():
        why = f"there is no folder {folder}"
    return (
        f"the library's {role} model {model.label}{revision} is not on this machine ({why}); "
        f"if it is elsewhere, name it with {'--speakers' if role == 'voices' else f'--{role}-model'}"
    )


@cache
def load_models(names: ModelNames, why_no_captions: str = NO_CAPTIONS) -> Models:
    """The models behind resolved names, without a captioner, cached for the life of the process.

    Args:
        names: resolved.
        why_no_captions: the reason that reports give.

    Raises:
        ModelUnavailable: a model that was named cannot be loaded.
    """
    off = {"caption": why_no_captions}

    def optional(role: str, stage: str) -> Any:
        name = getattr(names, role)
        if name == OFF:
            off[stage] = SWITCHED_OFF
            return None
        if name.endswith("?") and (why := _why_missing(role, name.removesuffix("?"))):
            off[stage] = why
            return None
        if names.local_only and role == "speech" and is_address(name):
            require_local(name.partition("#")[0], "the transcription server")
        try:
            return load_one(role, name.removesuffix("?"), names.device)
        except ModelUnavailable as error:
            if not name.endswith("?"):
                raise
            off[stage] = str(error)
            return None

    return Models(
        picture=optional("picture", "picture"),
        appearance=optional("appearance", "appearance"),
        words=optional("words", "meaning"),
        transcriber=optional("speech", "speech"),
        diariser=optional("voices", "speakers"),
        screen_reader=optional("screen", "screen"),
        off=off,
    )


def _why_missing(role: str, name: str) -> str:
    """Why a model cannot be on this machine, found out without importing what loads it; else empty."""
    if role not in MODULES:
        return ""
    known = known_model(role, name)
    is_absent = known is not None and not is_cached(known)
    if find_spec(MODULES[role]) is None:
        return missing_module(MODULES[role]) + (f", then: playhead prepare {role}" if is_absent else "")
    return f"{name} is not on this machine; run: playhead prepare {role}" if is_absent else ""


@cache
def load_one(role: str, name: str, device: str = AUTO, download: bool = False) -> Any:
    """The model of a role by its name, loaded once a process.

    Raises:
        ModelUnavailable: it is not on this machine (and `download` is False), or does not load.
    """
    from playhead_index.embed.dino import load_dino
    from playhead_index.embed.minilm import load_text_embedder
    from playhead_index.embed.openclip import load_open_clip
    from playhead_index.embed.reranker import load_reranker
    from playhead_index.words.load_diariser import load_diariser
    from playhead_index.words.packaged_speech import NAME, packaged_folder
    from playhead_index.words.whisper_transcriber import FasterWhisperTranscriber

    if role == "screen":
        return RapidOcrReader()
    if role == "voices":
        return load_diariser(name, device=device, download=download)
    loaders: dict[str, Callable[..., Any]] = {
        "picture": load_open_clip,
        "appearance": load_dino,
        "words": load_text_embedder,
        "speech": FasterWhisperTranscriber,
        RERANK: load_reranker,
    }
    plugin, colon, rest = name.partition(":")
    if role == "speech" and is_address(name):
        if find_spec(MODULES["speech"]) is None:  # it brings the voice detector
            raise ModelUnavailable(missing_module(MODULES["speech"]))
        return load_speech_server(name)
    if role == "speech" and name == PACKAGED:
        model = FasterWhisperTranscriber(str(packaged_folder()), device=device)
        model.name, model.tag = f"{ASR_PREFIX}{NAME}", replace(model.tag, location=PACKAGED)
        return model
    if colon and not rest and f"{plugin}:" not in OWN_PREFIXES:
        model = loaders[role](find_plugin(plugin).name_of(role), device=device, download=download)
        own = {"location": name} if role == "speech" else {"name": name}
        model.tag = replace(model.tag, **own)
        return model
    return loaders[role](name, device=device, download=download)


def reranker_name(names: ModelNames) -> str | None:
    """The cross-encoder that a search uses, named here or by the environment; None for none."""
    name = names.rerank if names.rerank != AUTO else os.environ.get(ENVIRONMENT.format("RERANK"), OFF)
    return None if name in (AUTO, OFF) else _absolute_name(name)


def search_reranker(names: ModelNames) -> Reranker | None:
    """The reranker of a search, loaded when it first scores a text; None where none is named."""
    name = reranker_name(names)
    return None if name is None else LazyReranker(name, lambda: load_one(RERANK, name, names.device))


def encoder_callables(names: ModelNames, folder: Path) -> "SearchEncoders":
    """Encoders for searching the library in `folder`, each loaded at its first use and not before.

    Only spaces that the library has get one: there is nothing to search in the others.
    """
    library = library_models(folder)
    chosen = resolve(names, library)

    def encoder_loader(space: str, name: str) -> Callable[[], Any] | None:
        if space not in library or name == OFF:
            return None
        return lambda: load_one(space, name.removesuffix("?"), names.device)

    return SearchEncoders(
        encoder_loader("picture", chosen.picture),
        encoder_loader("appearance", chosen.appearance),
        encoder_loader("words", chosen.words),
    )


@dataclass(frozen=True, slots=True)
class SearchEncoders:
    """Encoders of queries, each loaded when first called; None for a space that the library lacks."""

    picture: Callable[[], ImageTextEncoder] | None
    appearance: Callable[[], ImageEncoder] | None
    words: Callable[[], TextEmbedder] | None
