"""Options that several commands share, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

from playhead_index.search.results import LANES
from playhead_index.window import parse_time

DEFAULT_LIBRARY = Path("playhead-library")
MODALITY_HELP = (
    "Search only this modality: speech (transcript), screen (text in frames), caption, picture (image-text "
    "embeddings), appearance (image embeddings) or layout (colour layout); repeatable."
)


def time_option(text: str) -> float:
    """Seconds of a time as it is typed, such as 75 or 1:15.

    Raises:
        typer.BadParameter: it is no time.
    """
    try:
        return parse_time(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def complete_video(context: typer.Context, incomplete: str) -> list[str]:
    """Names of videos of the library that begin with what was typed, for the completion of a shell."""
    from playhead.library import Library
    from playhead_index.errors import PlayheadError

    folder = context.params.get("library") or DEFAULT_LIBRARY
    try:
        names = Library(folder).names().values()
    except PlayheadError:
        return []
    return sorted(name for name in names if name.casefold().startswith(incomplete.casefold()))


LibraryOption = Annotated[
    Path,
    typer.Option("--library", "-l", envvar="PLAYHEAD_LIBRARY", help="Folder of the library.", metavar="DIR"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object per line on stdout.")]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait while another process is writing to the library.")
]
VideoOption = Annotated[
    list[str] | None,
    typer.Option(
        "--video",
        "-v",
        help="Use only this video: its id, path, file name or a unique part of the name; repeatable.",
        metavar="VIDEO",
        autocompletion=complete_video,
    ),
]
SpeakerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--speaker",
        help="Use only what this speaker says, by name or label (`playhead speakers`); repeatable.",
        metavar="NAME",
    ),
]
FromOption = Annotated[
    float | None,
    typer.Option(
        "--from", parser=time_option, help="Use only what comes after this time (75, 1:15).", metavar="TIME"
    ),
]
ToOption = Annotated[
    float | None,
    typer.Option(
        "--to", parser=time_option, help="Use only what comes before this time (75, 1:15).", metavar="TIME"
    ),
]
ModalityOption = Annotated[
    list[str] | None, typer.Option("--modality", help=MODALITY_HELP, metavar="|".join(LANES))
]
PictureModel = Annotated[
    str,
    typer.Option(
        help="Image-text encoder (CLIP), for searching frames by text: MODEL:TAG, hf-hub:ORG/NAME, "
        "local-dir:FOLDER, auto or off."
    ),
]
AppearanceModel = Annotated[
    str,
    typer.Option(
        help="Image encoder (DINOv2), for searching by image: a Hugging Face name, a folder, auto or off."
    ),
]
WordsModel = Annotated[
    str,
    typer.Option(
        help="Text-embedding model, for semantic search: a Hugging Face name, a folder, offline:, auto "
        "or off."
    ),
]
SpeechModel = Annotated[
    str,
    typer.Option(
        help="Speech recognition model (faster-whisper): a size, Hugging Face name, folder, offline: "
        "(tiny.en of the extra offline, English only), URL#MODEL of an OpenAI-compatible server, "
        "auto or off. auto: large-v3-turbo on a GPU, else small."
    ),
]
VoicesModel = Annotated[
    str,
    typer.Option(
        help="Speaker encoder, which tells voices apart: ge2e:, or a WeSpeaker ONNX model by Hugging Face "
        "name, file or folder; auto or off."
    ),
]
SpeakersOption = Annotated[
    str | None,
    typer.Option(
        help="Tell speakers apart by their voices: on, off, or a speaker encoder (WeSpeaker ONNX model by "
        "Hugging Face name, file or folder). Left out: as the library was made, else on where the model is "
        "on this machine (playhead prepare voices).",
        metavar="on|off|MODEL",
    ),
]
NumSpeakersOption = Annotated[
    int | None,
    typer.Option(
        help="How many people speak in the videos; 0 to find it out. Left out: as before, else found out.",
        metavar="N",
        min=0,
        max=50,
    ),
]
RerankModel = Annotated[
    str,
    typer.Option(
        help="Cross-encoder (reranker) that orders the best moments of speech again: a Hugging Face name, "
        "a folder, auto or off. auto: the one that PLAYHEAD_RERANK_MODEL names, else none.",
        metavar="NAME",
    ),
]
DeviceOption = Annotated[str, typer.Option(help="Device that models run on: auto, cpu, cuda, cuda:1 or mps.")]
VideoModel = Annotated[
    str,
    typer.Option(
        help="Video-LLM for clips and captions alone, in place of --model: URL of an OpenAI-compatible "
        "server (URL#MODEL for one of several), a Hugging Face name, a folder, auto or off.",
        metavar="NAME|URL|off",
    ),
]
KeepTokens = Annotated[
    float | None,
    typer.Option(
        envvar="PLAYHEAD_KEEP_TOKENS",
        help="Fraction of the visual tokens of a clip that the video-LLM is given, chosen as --compress says "
        "(with a server: fraction of the frames); default: all of a small clip, a quarter of a large one.",
        metavar="0..1",
    ),
]
CompressOption = Annotated[
    str,
    typer.Option(
        "--compress",
        help="Which visual tokens the video-LLM is given: guided (by the question), longvu (LongVU's "
        "rules), uniform (frames evenly spread) or none. ask keeps it in the library for later commands. "
        "auto: the one of PLAYHEAD_COMPRESS, else the one that the library keeps, else guided.",
        metavar="METHOD",
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        help="Chat model that plans, answers and judges, and is given frames if it takes images: "
        "openai:NAME, gemini:NAME, openrouter:NAME, ollama:NAME, or URL#NAME of an OpenAI-compatible "
        "server, such as http://localhost:8000/v1#qwen3. The library keeps it for later commands; off "
        "forgets it. auto: the one of PLAYHEAD_MODEL, else the one that the library keeps, else none.",
        metavar="MODEL|off",
    ),
]
LocalOnlyOption = Annotated[
    bool,
    typer.Option(
        "--local-only",
        envvar="PLAYHEAD_LOCAL_ONLY",
        help="Refuse every model server that is not on this machine (localhost, 127.0.0.1), before anything "
        "is sent to it.",
    ),
]
LlmOption = Annotated[
    str | None,
    typer.Option(
        envvar="PLAYHEAD_LLM",
        help="Chat model for planning and answers alone, in place of --model: PROVIDER:NAME as LangChain "
        "names it, such as anthropic:claude-sonnet-4-5.",
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        envvar="PLAYHEAD_BASE_URL", help="OpenAI-compatible server of the chat model of --llm.", metavar="URL"
    ),
]
