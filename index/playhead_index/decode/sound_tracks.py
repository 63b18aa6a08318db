"""The sound tracks of a file, and which of them is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.track_kinds import KIND_WORDS

_DISPOSITIONS = {
    "comment": "commentary", "visual_impaired": "visual_impaired", "descriptions": "descriptions",
    "hearing_impaired": "hearing_impaired", "dub": "dub", "original": "original", "lyrics": "lyrics",
    "karaoke": "karaoke", "clean_effects": "clean_effects", "forced": "forced", "captions": "sdh",
}  # fmt: skip
"""Flags of FFmpeg that say of which kind a track is (libavformat/avformat.h, `AV_DISPOSITION_*`)."""
_TITLE_WORDS = KIND_WORDS | {"dub": "dub", "dubbed": "dub"}
NOT_THE_MAIN_SOUND = frozenset(("commentary", "visual_impaired", "descriptions", "karaoke", "clean_effects"))
"""Kinds of tracks that are read only where there is no other, or where they are requested."""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound stream inside a video file.

    Args:
        stream_index: of the stream in the file.
        codec: FFmpeg's short name; `unknown` for one that it cannot decode.
        language: BCP 47 tag that the file gives, or None.
        kinds: what its flags and its title say: `commentary`, `visual_impaired`, `descriptions`, `dub`,
            `original`, `hearing_impaired`, `karaoke`, `lyrics`, `clean_effects`.
        is_default: it is read where no other is requested: exactly one track of a file is.
    """

    stream_index: int
    codec: str
    language: str | None = None
    kinds: frozenset[str] = frozenset()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """The sound track that is read.

    Args:
        track: None for a file without sound.
        note: what was requested and is not there; empty when all is as requested.
    """

    track: SoundTrack | None
    note: str = ""


def track_kinds(stream: Any) -> frozenset[str]:
    """What the flags and the title of a sound or subtitle stream of PyAV say of it."""
    flags = stream.disposition
    kinds = {kind for name, kind in _DISPOSITIONS.items() if flags & getattr(type(flags), name)}
    title = str(stream.metadata.get("title", "")).lower()
    words = "".join(sign if sign.isalnum() else " " for sign in title).split()
    return frozenset(kinds | {_TITLE_WORDS[word] for word in words if word in _TITLE_WORDS})


def is_flagged_default(stream: Any) -> bool:
    """Whether a file says that a stream of PyAV is to be taken where nobody chooses."""
    return bool(stream.disposition & type(stream.disposition).default)


def read_sound_tracks(container: Any) -> tuple[SoundTrack, ...]:
    """The sound tracks of an open container of PyAV, in the order of the file.

    The default is, in this order, one that can be decoded, that is no commentary and no description for the
    blind, that the file flags as default, and that FFmpeg takes for the best; the first of several.
    """
    streams = list(container.streams.audio)
    if not streams:
        return ()
    best = container.streams.best("audio")
    default = min(streams, key=lambda stream: _rank(stream, best))
    return tuple(
        SoundTrack(
            stream.index,
            stream.codec_context.name if stream.codec_context else "unknown",
            language_tag(stream.language),
            track_kinds(stream),
            stream is default,
        )
        for stream in streams
    )


def _rank(stream: Any, best: Any) -> tuple[bool, bool, bool, bool]:
    return (
        stream.codec_context is None,
        bool(track_kinds(stream) & NOT_THE_MAIN_SOUND),
        not is_flagged_default(stream),
        best is None or stream.index != best.index,
    )


def sound_stream(container: Any, stream_index: int | None = None) -> Any:
    """The sound stream of PyAV with an index, or the default one; None where there is none."""
    tracks = read_sound_tracks(container)
    index = next((track.stream_index for track in tracks if track.is_default), None)
    if stream_index is not None and any(track.stream_index == stream_index for track in tracks):
        index = stream_index
    return None if index is None else container.streams[index]


def choose_sound_track(tracks: Sequence[SoundTrack], requested: str | None = None) -> TrackChoice:
    """The track that is read.

    Args:
        tracks: of one file.
        requested: a number from 1 on, in the order of the file, or a language; None for the default. Of
            several tracks of a language the default one is taken, then one that is no commentary.

    >>> tracks = [SoundTrack(1, "opus", "de", is_default=True), SoundTrack(2, "opus", "en")]
    >>> choose_sound_track(tracks, "en").track.stream_index, choose_sound_track(tracks, "3").note
    (2, 'there is no sound track 3: 1 (opus, de) is read')
    """
    default = next((track for track in tracks if track.is_default), None)
    if requested is None or default is None:
        return TrackChoice(default)
    if requested.isdecimal():
        if 1 <= int(requested) <= len(tracks):
            return TrackChoice(tracks[int(requested) - 1])
        return TrackChoice(
            default, f"there is no sound track {requested}: {track_name(tracks, default)} is read"
        )
    tag = language_tag(requested) or requested
    fitting = [track for track in tracks if track.language is not None and same_language(track.language, tag)]
    if fitting:
        main = min(fitting, key=lambda track: (not track.is_default, bool(track.kinds & NOT_THE_MAIN_SOUND)))
        return TrackChoice(main)
    return TrackChoice(
        default, f"there is no sound track tagged {tag}: {track_name(tracks, default)} is read"
    )


def track_name(tracks: Sequence[SoundTrack], track: SoundTrack) -> str:
    """A track for a person: its number from 1 on, its codec, language and kinds, as `2 (opus, en, dub)`."""
    about = (track.codec, *([track.language] if track.language else []), *sorted(track.kinds))
    return f"{list(tracks).index(track) + 1} ({', '.join(about)})"


def unread_tracks(tracks: Sequence[SoundTrack], read: SoundTrack | None) -> str:
    """The tracks that are not read, for a person; empty where all are.

    >>> unread_tracks([SoundTrack(1, "opus", "de"), SoundTrack(2, "opus", "en")], SoundTrack(1, "opus", "de"))
    'sound track 2 (opus, en)'
    """
    left = [track for track in tracks if track != read]
    if not left:
        return ""
    plural = "s" if len(left) > 1 else ""
    return f"sound track{plural} {', '.join(track_name(tracks, track) for track in left)}"
