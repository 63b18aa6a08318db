"""The stage of speaker diarisation: by voice, and by the names that subtitles give."""

from collections.abc import Iterator
from dataclasses import replace

from playhead_index.errors import ModelUnavailable
from playhead_index.index_settings import Models
from playhead_index.recorded_models import ModelNeeded
from playhead_index.settings import Values, made_with, to_text
from playhead_index.stages.transcribe import NO_SOUND, SPEECH_RATE_HZ, SpeechPlan
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import SpanRow
from playhead_index.store.job_table import Stage, read_stage, write_stage
from playhead_index.store.settings import SPEAKER_MODEL, read_settings, write_settings
from playhead_index.store.spans import delete_span, insert_words, set_span_speaker
from playhead_index.store.speakers import (
    Speaker,
    is_voice_label,
    names_given,
    read_speakers,
    read_turns,
    replace_speakers,
)
from playhead_index.store.speech_spans import replace_turns, speech_digest, speech_spans
from playhead_index.words.assign_speakers import TurnIndex, names_of_voices, split_by_speaker
from playhead_index.words.diarisation import Diarisation, Diariser, SoundPart, VoiceTurn
from playhead_index.words.protocol import Words

STAGE = "speakers"
NO_SPEECH = "nobody speaks"


def identify_speakers(job: VideoJob, speech: SpeechPlan) -> str:
    """Stores the turns of the voices of a video and gives spans of speech their speaker.

    The sound is read once, and again only for another encoder, number of speakers or sound track; speakers
    are given to spans again when the spans have changed. Recognised words get the voice that says them, and a
    span in which two speak is split between its words. Subtitles that name their speaker stay; others get the
    voice that speaks longest in them. A voice takes a name that subtitles give only where both fit nearly
    always (`names_of_voices`). Without an encoder, what an earlier run found stays.

    Returns:
        What a person should know, such as names that fit no voice any more; else empty.

    Raises:
        ModelNeeded: sound is to be diarised, or spans are to be split, and the models are not loaded.
    """
    diariser, stage = job.models.diariser, read_stage(job.catalog, job.video_id, STAGE)
    before = made_with(stage) or {}
    why_not = job.models.why_off(STAGE) if diariser is None else ""
    why_not = why_not if job.info.has_audio else NO_SOUND
    if diariser is None or why_not:
        return _keep_speakers(job, stage, why_not)
    _store_encoder(job, diariser)
    made = {
        "revision": diariser.tag.revision,
        "model": diariser.tag.name,
        "num_speakers": job.settings.num_speakers or None,
        "audio_track": job.settings.audio_track,
    }
    is_current = stage.status == "done" and _is_same_diarisation(before, made, job.models)
    lost_names: list[str] = []
    if not is_current:
        if job.models.is_recorded:
            raise ModelNeeded("who speaks is to be found out")
        try:
            found = diariser.diarise(_sound(job, speech), job.settings.num_speakers or None)
        except ModelUnavailable as error:
            return _keep_speakers(job, stage, str(error))
        lost_names = _store(job, found, made)
    else:
        made = {name: before.get(name) for name in made}
        if before.get("spans") == speech_digest(job.catalog, job.video_id):
            return ""
        if job.models.is_recorded:
            raise ModelNeeded("spans of speech have changed")
    _give_speakers(job, made, job.info.duration_s)
    return f"speakers: no voice fits any more that was named {', '.join(lost_names)}" if lost_names else ""


def _is_same_diarisation(before: Values, made: Values, models: Models) -> bool:
    """Whether turns that are there are those that would be found now."""
    names = ["num_speakers", "audio_track"]
    names += [] if "voices" in models.default_roles else ["revision"]
    return all(before.get(name) == made[name] for name in names)


def _store_encoder(job: VideoJob, diariser: Diariser) -> None:
    """Stores which encoder distinguishes the library's speakers: one that was named, or the first one."""
    if "voices" not in job.models.default_roles or not isinstance(
        read_settings(job.catalog).get(SPEAKER_MODEL), dict
    ):
        tag = diariser.tag
        record = {"name": tag.name, "revision": tag.revision, "width": tag.width}
        write_settings(job.catalog, {SPEAKER_MODEL: record})


def _keep_speakers(job: VideoJob, stage: Stage, why_not: str) -> str:
    if stage.status == "done":
        before = made_with(stage) or {}
        if before.get("spans") != speech_digest(job.catalog, job.video_id):
            if job.models.is_recorded:
                raise ModelNeeded("spans of speech have changed")
            made = {name: value for name, value in before.items() if name != "spans"}
            _give_speakers(job, made, stage.position_s)
        return ""
    _register_recognised(job)
    if (stage.status, stage.note) != ("off", why_not):
        with job.catalog.atomic() as db:
            write_stage(db, job.video_id, Stage(STAGE, "off", note=why_not))
    return ""


def _register_recognised(job: VideoJob) -> None:
    """Stores the voices that a speech recogniser distinguished, where no diarisation did."""
    labels = dict.fromkeys(
        label
        for span in speech_spans(job.catalog, job.video_id)
        if span.words.source.startswith("asr:") and (label := span.words.speaker) and is_voice_label(label)
    )
    stored = {one.label for one in read_speakers(job.catalog, job.video_id)}
    if set(labels) != set(filter(is_voice_label, stored)):
        with job.catalog.atomic() as db:
            replace_speakers(db, job.video_id, [Speaker(job.video_id, label) for label in labels])


def _sound(job: VideoJob, speech: SpeechPlan) -> Iterator[SoundPart]:
    """The sound of the parts between gaps, one after the other."""
    stream = speech.track.stream_index if speech.track is not None else None
    for part in job.info.recorded:
        yield SoundPart(part.start_s, job.reader.audio(SPEECH_RATE_HZ, part, stream_index=stream))


def _store(job: VideoJob, found: Diarisation, made: Values) -> list[str]:
    """Stores turns and voices; the names that persons gave and that no voice has any more."""
    before = names_given(job.catalog, job.video_id, "voice")
    speakers = [
        Speaker(job.video_id, label, voice=found.voices.get(label))
        for label in dict.fromkeys(turn.label for turn in found.turns)
    ]
    with job.catalog.atomic() as db:
        replace_turns(db, job.video_id, found.turns)
        replace_speakers(db, job.video_id, speakers)
        write_stage(db, job.video_id, Stage(STAGE, "running", recipe=to_text(made)))
    after = names_given(job.catalog, job.video_id, "voice")
    return sorted(before - after)


def _give_speakers(job: VideoJob, made: Values, duration_s: float) -> None:
    """Gives spans their speakers and voices the names of subtitles, by the stored turns."""
    turns = TurnIndex([VoiceTurn(window, label) for label, window in read_turns(job.catalog, job.video_id)])
    spans = speech_spans(job.catalog, job.video_id)
    named = [
        (speaker, span.words.window)
        for span in spans
        if (speaker := span.words.speaker) is not None
        and not is_voice_label(speaker)
        and not span.words.source.startswith("asr:")
    ]
    names = names_of_voices(named, turns)
    voices = [one for one in read_speakers(job.catalog, job.video_id) if is_voice_label(one.label)]
    with job.catalog.atomic() as db:
        for span in spans:
            pieces = _with_speakers(span, turns)
            if len(pieces) > 1:
                delete_span(db, span.id)
                insert_words(db, job.video_id, pieces)
            elif pieces[0].speaker != span.words.speaker:
                set_span_speaker(db, span.id, pieces[0].speaker)
        replace_speakers(db, job.video_id, [_named(one, names) for one in voices])
    recipe = to_text({**made, "spans": speech_digest(job.catalog, job.video_id)})
    num_voices = len(voices)
    note = f"{num_voices} {'voice' if num_voices == 1 else 'voices'}" if num_voices else NO_SPEECH
    with job.catalog.atomic() as db:
        write_stage(db, job.video_id, Stage(STAGE, "done", duration_s, recipe=recipe, note=note))


def _with_speakers(span: SpanRow, turns: TurnIndex) -> list[Words]:
    """The words of a span with their speaker; a speaker that a subtitle source names stays."""
    words = span.words
    if words.source.startswith("asr:"):
        return split_by_speaker(words, turns)
    if words.speaker is not None and not is_voice_label(words.speaker):
        return [words]
    return [replace(words, speaker=turns.of_window(words.window))]


def _named(speaker: Speaker, names: dict[str, str]) -> Speaker:
    """A voice with the name that subtitles give it; one that a person gave stays (`replace_speakers`)."""
    name = names.get(speaker.label)
    return replace(speaker, name=name, named_by="source" if name else None)
