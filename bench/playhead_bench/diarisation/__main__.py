"""Diarisation error rate on dialogues mixed from single sentences.

python -m playhead_bench.diarisation --speech librispeech_test-other --dialogues 20 --seed 0
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from playhead_bench.diarisation.error_rate import COLLAR_S, DiarisationErrors, diarisation_errors
from playhead_bench.diarisation.mixing import Dialogue, SpokenSentence, mix_dialogue, read_voices
from playhead_index.embed.voice_encoder import GE2E, load_speaker_encoder
from playhead_index.words.diarisation import ClusteringDiariser, Diariser, SoundPart

HOUR_S = 3600.0


def main() -> None:
    """Mixes dialogues, diarises each with the number of speakers given and not given, prints the errors."""
    options = _options()
    voices = read_voices(options.speech)
    names = options.readers.split(",") if options.readers else sorted(voices)
    diariser = ClusteringDiariser(load_speaker_encoder(options.voices_model, device="cpu"))
    dialogues = mixed({name: voices[name] for name in names}, options.dialogues, options.seed, options.min_s)
    print(f"{diariser.tag}; {len(dialogues)} dialogues of {len(names)} readers from seed {options.seed} on,")
    print(f"{sum(one.duration_s for one in dialogues):.0f} s; collar {COLLAR_S} s, overlap is not scored")
    report("number given", dialogues, diariser, lambda one: one.num_speakers)
    report("number not given", dialogues, diariser, lambda one: None)


def mixed(
    voices: Mapping[str, Sequence[SpokenSentence]], num_dialogues: int, seed: int, min_duration_s: float
) -> list[Dialogue]:
    """Dialogues of two, three, ... voices in turn, up to all readers; one seed each."""
    return [
        mix_dialogue(voices, 2 + number % (len(voices) - 1), seed + number, min_duration_s)
        for number in range(num_dialogues)
    ]


def report(
    name: str,
    dialogues: Sequence[Dialogue],
    diariser: Diariser,
    number: Callable[[Dialogue], int | None],
) -> DiarisationErrors:
    """Prints a line a dialogue and one for all of them, and gives the errors of all."""
    total, num_right, began_s = DiarisationErrors(), 0, _cpu_s()
    for place, dialogue in enumerate(dialogues):
        found = diariser.diarise([SoundPart(0.0, [dialogue.sound])], number(dialogue))
        errors = diarisation_errors(dialogue.turns, found.turns)
        total += errors
        num_right += found.num_speakers == dialogue.num_speakers
        voices = f"{dialogue.num_speakers} voices, found {found.num_speakers}"
        print(f"  {place:2}: {dialogue.duration_s:4.0f} s, {voices}, DER {_percent(errors.rate)}")
    hours = sum(one.duration_s for one in dialogues) / HOUR_S
    parts = {"missed": total.missed_s, "false alarm": total.false_alarm_s, "confusion": total.confusion_s}
    rates = ", ".join(f"{part} {_percent(seconds / total.speech_s)}" for part, seconds in parts.items())
    print(f"{name}: DER {_percent(total.rate)} ({rates}), ", end="")
    print(f"number of speakers right in {num_right} of {len(dialogues)}, ", end="")
    print(f"{(_cpu_s() - began_s) / hours:.0f} CPU seconds an hour of sound")
    return total


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="playhead_bench.diarisation", description=__doc__)
    parser.add_argument("--speech", type=Path, required=True, help="folder with READER/SENTENCE.flac")
    parser.add_argument("--dialogues", type=int, default=20, help="how many (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the first dialogue (default 0)")
    parser.add_argument("--min-s", type=float, default=60.0, help="shortest dialogue in seconds (default 60)")
    parser.add_argument("--readers", default="", help="only these readers, such as 1688,2033")
    parser.add_argument("--voices-model", default=GE2E, help=f"speaker encoder (default {GE2E})")
    return parser.parse_args()


def _percent(part: float) -> str:
    return f"{100 * part:.2f} %"


def _cpu_s() -> float:
    usage = getrusage(RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
