"""Labelled claim pairs, and the words that they are about, which lie beside the checkout.

The pairs name their evidence by cue: cue numbers of the English subtitles of Tears of Steel (Blender
Foundation, CC BY 3.0), and turns of QMSum's `val.jsonl` (Zhong et al., 2021, arXiv:2104.05938). The words
themselves are not part of this package.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_index.words.subtitle_formats import read_subrip
from playhead_tools.entailment import ClaimEvidence

PAIRS = Path(__file__).with_name("pairs.jsonl")
SUBTITLES = Path("subtitles/tears_of_steel/TOS-en.srt")
MEETINGS = Path("annotations/qmsum/val.jsonl")
Half = Literal["tune", "report", "all"]


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim, its evidence, and whether the evidence says it.

    Args:
        pair: number of the pair that it is of.
        kind: how the pair's false claim differs, such as `negation` or `swap`.
        is_true: the evidence says it.
        evidence: the claim and the words that it cites.
    """

    pair: int
    kind: str
    is_true: bool
    evidence: ClaimEvidence


def read_claims(folder: Path, half: Half = "all") -> list[LabelledClaim]:
    """The claims of all pairs or of one half of them, the true one of a pair before the false one.

    Args:
        folder: that holds the subtitles and the meetings.
        half: two pairs in turn are in `tune` and in `report`, one of either source.

    Raises:
        QuestionsInvalid: a file is missing, or a cue is not in it.
    """
    claims = []
    sources: dict[str, dict[int, str]] = {}
    for number, line in enumerate(PAIRS.read_text("utf-8").splitlines()):
        if half != "all" and (number // 2 % 2 == 0) != (half == "tune"):
            continue
        row = json.loads(line)
        words = sources.setdefault(row["source"], {}) or _read_source(folder, row["source"])
        sources[row["source"]] = words
        evidence = (" ".join(_cues(words, row["cues"], row["source"])),)
        for is_true in (True, False):
            claim = row["true" if is_true else "false"]
            claims.append(LabelledClaim(number, row["kind"], is_true, ClaimEvidence(claim, evidence)))
    return claims


def _cues(words: dict[int, str], cues: Sequence[int], source: str) -> list[str]:
    missing = [cue for cue in cues if cue not in words]
    if missing:
        raise QuestionsInvalid(f"{source}: cues {missing} are not there; it has {len(words)}")
    return [words[cue] for cue in cues]


def _read_source(folder: Path, source: str) -> dict[int, str]:
    name, _, number = source.rpartition("/")
    path = folder / (MEETINGS if name else SUBTITLES)
    if not path.is_file():
        raise QuestionsInvalid(f"{path} is not there; give the folder of the shared data with --data")
    if not name:
        return {n: cue.text for n, cue in enumerate(read_subrip(path.read_text("utf-8-sig")), 1)}
    meeting = json.loads(path.read_text("utf-8").splitlines()[int(number)])
    turns = meeting["meeting_transcripts"]
    return {n: f"{turn['speaker']}: {turn['content']}" for n, turn in enumerate(turns)}
