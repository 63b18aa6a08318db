"""Which subtitle files beside a video belong to it."""

import unicodedata
from pathlib import Path

from playhead_index.words.languages import language_tag

SUBTITLE_SUFFIXES = frozenset(
    (".srt", ".vtt", ".ass", ".ssa", ".sub", ".sbv", ".smi", ".sami", ".ttml", ".mpl")
)
_VIDEO_NAMES_END = """
    .mp4 .m4v .mov .mkv .webm .avi .ts .m2ts .mts .mpg .mpeg .flv .wmv .ogv .ogg .3gp .3g2 .asf .vob .mxf
    .y4m .divx .rm .rmvb .f4v
"""
_VIDEO_SUFFIXES = frozenset(_VIDEO_NAMES_END.split())
_KINDS = frozenset(("sdh", "cc", "forced", "default", "auto", "orig", "subs", "sub", "captions", "subtitles"))


def find_sidecars(video_path: Path) -> list[tuple[Path, str | None]]:
    """The subtitle files that stand beside a video under its name, each with its language where named.

    `talk.mp4` has `talk.srt`, `talk.en.srt`, `talk.pt-BR.vtt`, `talk.en.sdh.ass`, in any case; not
    `talk2.srt`, and not `talk.en.srt` where a video `talk.en.mp4` stands, whose file that is.

    Returns:
        (path, BCP 47 tag or None), by name. Empty when the folder cannot be read.
    """
    try:
        names = sorted(entry.name for entry in video_path.parent.iterdir() if entry.is_file())
    except OSError:
        return []
    stem = _folded(video_path.stem)
    other_videos = {_folded(Path(name).stem) for name in names if _is_video(name)} - {stem}
    found = []
    for name in names:
        beside = Path(name)
        if beside.suffix.lower() not in SUBTITLE_SUFFIXES or _folded(beside.stem) in other_videos:
            continue
        language = _language_behind(stem, _folded(beside.stem))
        if language is not None:
            found.append((video_path.parent / name, language or None))
    return found


def _language_behind(stem: str, sidecar_stem: str) -> str | None:
    """The language between a video's name and a suffix, "" when there is none; None: not its sidecar."""
    if sidecar_stem == stem:
        return ""
    if not sidecar_stem.startswith(f"{stem}."):
        return None
    language = ""
    for part in sidecar_stem[len(stem) + 1 :].split("."):
        tag = language_tag(part.removesuffix("-orig"))
        if tag is not None and not language:
            language = tag
        elif part not in _KINDS:
            return None
    return language


def _is_video(name: str) -> bool:
    return Path(name).suffix.lower() in _VIDEO_SUFFIXES


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
