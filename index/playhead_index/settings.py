"""The settings of a run, of a library and of each video, and how they differ.

Three sources, the first that says something counts: what is given for this run, what the video was made
with (the `recipe` of its stages in the job table), what the library is made with (`store.settings`). A
stage that was made before settings were recorded counts as made with the defaults of `IndexSettings`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from playhead_index.index_settings import IndexSettings
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, read_stages
from playhead_index.store.settings import read_settings, write_settings
from playhead_index.store.videos import has_videos
from playhead_index.words.protocol import Transcriber

OFF = "off"
SAMPLING = ("reader", "fps", "everywhere", "longest_gap_s")
LIMITS = ("min_segment_s", "max_segment_s")
READING = ("read_screen_every_s",)
SOUND = ("language", "audio_track")
DECODING = ("hotwords", "beam_size")
FORMER_BEAM_SIZE = 5
"""Beam size of all speech that was recognised before it was recorded."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    "look": SAMPLING,
    "segment": LIMITS,
    "screen": READING,
    "speech": (*SOUND, *DECODING),
    "speakers": ("num_speakers",),
}
"""The fields of `IndexSettings` that a stage is made with."""
STORED = (*SAMPLING, *LIMITS, *READING, *DECODING, "transcribe")
DEFAULTS = asdict(IndexSettings())
UNITS = {
    "fps": ("", " fps"),
    "longest_gap_s": ("longest gap ", " s"),
    "min_segment_s": ("shortest ", " s"),
    "max_segment_s": ("longest ", " s"),
    "read_screen_every_s": ("every ", " s"),
    "language": ("language ", ""),
    "audio_track": ("sound track ", ""),
    "hotwords": ("hotwords ", ""),
    "beam_size": ("beam size ", ""),
    "reader": ("reader ", ""),
    "num_speakers": ("number of speakers ", ""),
}
UNSET = {"language": "detected", "audio_track": "default", "beam_size": "the model's"}
"""The meaning of a setting that is None, in words."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The settings of a run.

    Args:
        given: fields of `IndexSettings` that are given for it; a video that was made otherwise is made again.
        library: settings of the library, for what neither the run nor the video says.

    Raises:
        ValueError: a field is unknown, or the values do not go together.
    """

    given: Values
    library: Values = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.given) - set(DEFAULTS))
        if unknown:
            raise ValueError(f"no setting {unknown[0]!r}; there are {', '.join(DEFAULTS)}")
        self.for_new_video()

    def for_new_video(self) -> IndexSettings:
        """The settings for a video that is new."""
        return _merge_settings(self.library, self.given)

    def for_video(self, catalog: Catalog, video_id: str) -> IndexSettings:
        """The settings for one video: what is given, else what it was made with, else the library's."""
        stages = read_stages(catalog, video_id)
        made = {name: values for name in FIELDS if (values := made_with(stages.get(name))) is not None}
        own = {key: value for values in made.values() for key, value in values.items()}
        try:
            return _merge_settings(self.library, own, self.given)
        except ValueError:  # a limit that is given does not go with the video's own other one
            stored = (made.get(name, {}) for name in ("look", "screen", "speech"))
            return _merge_settings(self.library, *stored, self.given)


def run_settings(given: IndexSettings | Values | None, library: Values) -> RunSettings:
    """The settings of a run over a library.

    Args:
        given: a whole `IndexSettings`, which says everything, or those of its fields that are given.
        library: settings of the library.

    Raises:
        ValueError: a field is unknown, or the values do not go together.
    """
    return RunSettings(asdict(given) if isinstance(given, IndexSettings) else dict(given or {}), library)


def remember(catalog: Catalog, settings: RunSettings, switches: Values) -> RunSettings:
    """Stores what is given for a run as the library's settings, and gives the run with them.

    What is switched off is stored only for a library that is being made; later it holds for the run alone.

    Args:
        catalog: of the library.
        settings: of the run.
        switches: other settings that are given, such as `{"screen_text": False, "speech_model": "off"}`.
    """
    is_new = not has_videos(catalog)
    given = {name: settings.given[name] for name in STORED if name in settings.given} | dict(switches)
    write_settings(catalog, {k: v for k, v in given.items() if is_new or not _is_off(k, v)})
    return RunSettings(settings.given, read_settings(catalog))


def made_with(stage: Stage | None) -> dict[str, Any] | None:
    """What a stage was made with, by name; None when it has not begun or is to be made again.

    >>> made_with(Stage("segment", "done", recipe='{"max_segment_s": 8.0, "min_segment_s": 2.0}'))
    {'max_segment_s': 8.0, 'min_segment_s': 2.0}
    >>> made_with(Stage("screen", "done", recipe="ocr:rapidocr"))
    {'model': 'ocr:rapidocr', 'read_screen_every_s': 4.0}
    """
    if stage is None:
        return None
    if stage.recipe.startswith("{"):
        values: dict[str, Any] = json.loads(stage.recipe)
        return _with_beam_size(values) if stage.name == "speech" else values
    defaults = {name: DEFAULTS[name] for name in FIELDS.get(stage.name, ())}
    if stage.name in ("look", "segment"):
        return _decoder(defaults) if stage.rows or stage.status == "done" else None
    if stage.name == "speech":
        defaults["beam_size"] = FORMER_BEAM_SIZE
    return {"model": stage.recipe} | defaults if stage.recipe else None


def _with_beam_size(values: dict[str, Any]) -> dict[str, Any]:
    """What speech was recognised with; it had one beam size before that was recorded."""
    return {"beam_size": FORMER_BEAM_SIZE} | values if values.get("model") else values


def sampling(settings: IndexSettings) -> dict[str, Any]:
    """The settings that decide which frames are sampled."""
    return _decoder({name: getattr(settings, name) for name in SAMPLING})


def segment_limits(settings: IndexSettings) -> dict[str, Any]:
    """The settings that decide where segments are cut."""
    return {name: getattr(settings, name) for name in LIMITS}


def screen_reading(settings: IndexSettings, model: str) -> dict[str, Any]:
    """The settings that decide which screen text is read."""
    return {"model": model} | {name: getattr(settings, name) for name in READING}


def recognition(transcriber: Transcriber, settings: IndexSettings, subtitles: str = "") -> dict[str, Any]:
    """The settings that decide which speech is recognised.

    Args:
        transcriber: the model.
        settings: of the video.
        subtitles: digest of the time that subtitles cover (`SubtitleCover.digest`).
    """
    tag = transcriber.tag
    return {
        "model": transcriber.name,
        "revision": tag.revision,
        "language": settings.language or tag.language,
        "audio_track": settings.audio_track,
        "hotwords": settings.hotwords or None,
        "beam_size": None if tag.beam_size is None else settings.beam_size or tag.beam_size,
        "subtitles": subtitles,
    }


def is_same_recognition(made: Values, requested: Values) -> bool:
    """Whether model, language, sound track, subtitles, hotwords and beam size are the same."""
    return is_same_sound(made, requested) and is_same_model(made, requested)


def is_same_sound(made: Values, requested: Values) -> bool:
    """Whether track, language, intervals left to subtitles, hotwords and beam size are the same."""
    is_same_beam = made.get("beam_size") is None or made["beam_size"] == requested["beam_size"]
    names = (*SOUND, "hotwords", "subtitles")
    is_same = all((made.get(name) or None) == (requested[name] or None) for name in names)
    return is_same and (is_same_beam or requested["beam_size"] is None)


def is_same_model(made: Values, requested: Values) -> bool:
    """Whether the model is the same: by the digest of the weights, or by name where that was not recorded."""
    if made.get("revision") and requested["revision"]:
        return bool(made["revision"] == requested["revision"])
    return bool(made["model"] == requested["model"])


def to_text(values: Values) -> str:
    """Settings as the job table stores them."""
    return json.dumps(values, sort_keys=True)


def describe_change(before: Values, after: Values) -> str:
    """What differs, for a person.

    >>> describe_change({"fps": 1.0, "everywhere": False}, {"fps": 4.0, "everywhere": True})
    '1 fps -> 4 fps, everywhere'
    """
    parts = []
    for name, value in after.items():
        if before.get(name) == value or (name == "subtitles" and not before.get(name) and not value):
            continue
        if name == "beam_size" and None in (before.get(name), value):
            continue
        if name == "everywhere":
            parts.append("everywhere" if value else "only where something changes")
        elif name == "subtitles":
            parts.append("other subtitles")
        elif name != "revision":
            prefix, unit = UNITS.get(name, ("", ""))
            old, new = (_text(UNSET.get(name, "none") if v is None else v) for v in (before.get(name), value))
            parts.append(f"{prefix}{old}{unit} -> {new}{unit}")
    if not parts and before.get("revision") != after.get("revision"):
        parts.append(f"{after['model']}{_revision(before, ' ')} ->{_revision(after, ' ')}")
    return ", ".join(parts)


def describe_settings(catalog: Catalog, video_id: str) -> dict[str, str]:
    """What a video was made with, for a person: a line for each of its stages that has settings."""
    stages = read_stages(catalog, video_id)
    lines = {}
    for name, label in (("look", "sampling"), ("segment", "segments"), ("screen", "screen text"),
                        ("speech", "speech"), ("speakers", "speakers"), ("caption", "captions")):  # fmt: skip
        stage = stages.get(name)
        values = made_with(stage)
        if name == "speech" and values is not None and values.get("model") is None:
            continue  # nothing was recognised: only the subtitles are noted
        if stage is not None and values is not None:
            assumed = "" if stage.recipe else " (not recorded: the defaults are assumed)"
            lines[label] = _describe_stage(name, values) + assumed
    return lines


def _describe_stage(stage: str, values: Values) -> str:
    if stage == "look":
        gap = f"at least every {values['longest_gap_s']:g} s"
        where = "everywhere" if values["everywhere"] else f"where something changes, {gap}"
        return f"{values['fps']:g} fps {where}, reader {values['reader']}"
    if stage == "segment":
        return f"{values['min_segment_s']:g} to {values['max_segment_s']:g} s"
    if stage == "screen":
        return f"{values['model']}, at most every {values['read_screen_every_s']:g} s"
    if stage == "speakers":
        number = values.get("num_speakers")
        given = f", {number} speakers as given" if number else ""
        return f"{values.get('model')}{_revision(values, ' ')}{given}"
    if "model" not in values:
        return f"{'' if values.get('subtitles') else 'no '}subtitles, no speech model"
    language = f", language {values['language']}" if values.get("language") else ""
    track = f", sound track {values['audio_track']}" if values.get("audio_track") else ""
    beam = f", beam size {values['beam_size']}" if values.get("beam_size") else ""
    hotwords = f", hotwords {values['hotwords']}" if values.get("hotwords") else ""
    return f"{values['model']}{_revision(values, ' ')}{language}{track}{beam}{hotwords}"


def _merge_settings(*sources: Values) -> IndexSettings:
    merged: dict[str, Any] = {}
    for source in sources:
        merged |= {name: value for name, value in source.items() if name in DEFAULTS}
    return IndexSettings(**merged)


def _decoder(values: dict[str, Any]) -> dict[str, Any]:
    """The same settings with the decoder that `auto` stands for."""
    return values | ({"reader": "pyav"} if values.get("reader") == "auto" else {})


def _is_off(name: str, value: object) -> bool:
    return (name, value) in (("transcribe", "never"), ("screen_text", False)) or value == OFF


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _revision(values: Values, before: str) -> str:
    revision = str(values.get("revision") or "")
    return f"{before}{revision[:12]}" if revision else ""
