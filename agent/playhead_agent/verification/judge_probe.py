"""Accuracy of a chat model as a judge of claims: measured once per model on a few pairs, and stored.

A judge that is often wrong would remove true claims from answers. So claims that it calls unsupported are
dropped only where it was right on `MIN_TO_DROP` of the probe, marked from `MIN_TO_MARK` on, and below that
its verdicts, which may be no better than chance, are not used. `python -m playhead_bench.entailment` measures
the same on 120 claims.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from playhead_agent.models.capabilities import memory_path
from playhead_index.errors import AgentStopped, ModelError, TimeLimit
from playhead_tools.entailment import ClaimEvidence, Support

MIN_TO_DROP, MIN_TO_MARK = 0.75, 0.7
"""A coin is right on 17 of the 24 pairs or more in 3 of 100 trials; one that says "partly" to all, on 12."""
PROBE: tuple[tuple[str, str, bool], ...] = (
    ("Mara: I left the keys on the kitchen table.", "The keys are in the kitchen.", True),
    ("Mara: I never lock the back door.", "Mara always locks the back door.", False),
    ("The train to Lyon was an hour late.", "The train did not arrive on time.", True),
    ("We planted forty trees along the road.", "Fourteen trees were planted.", False),
    ("Joost: I would rather cook than eat out.", "Joost prefers meals at home.", True),
    ("Joost: Please thank Lena for the map.", "Lena thanks Joost for the map.", False),
    ("The shop closes at six.", "It is open until six.", True),
    ("The shop closes at six.", "The shop sells bicycles.", False),
    ("Nobody in the team speaks Finnish.", "The whole team speaks Finnish.", False),
    ("The second version is far heavier.", "The later version weighs more.", True),
    ("He had to sell his boat to pay the rent.", "He no longer has the boat.", True),
    ("He had to sell his boat to pay the rent.", "He bought a boat.", False),
    ("Ines: I'm not angry, I'm tired.", "Ines needs rest rather than an apology.", True),
    ("Ines: I'm not angry, I'm tired.", "Ines is angry.", False),
    ("The results will be out in spring.", "The results are already out.", False),
    ("The bridge is too narrow for lorries.", "Trucks cannot cross the bridge.", True),
    ("Omar taught Petra how to swim.", "Petra learned swimming from Omar.", True),
    ("Omar taught Petra how to swim.", "Petra taught Omar how to swim.", False),
    ("It costs less than the old one.", "The new one is cheaper.", True),
    ("It costs less than the old one.", "The new one is more expensive.", False),
    ("Most of the guests had left by midnight.", "Few guests stayed after midnight.", True),
    ("Most of the guests had left by midnight.", "Most guests arrived at midnight.", False),
    ("You broke my favourite cup.", "A cup was damaged.", True),
    ("Keep the window shut.", "The window should be opened.", False),
)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The score of a judge on the probe.

    Args:
        num_right: claims judged right.
        num_claims: claims judged.
    """

    num_right: int
    num_claims: int

    @property
    def may_drop(self) -> bool:
        """Whether the judge is right often enough to drop claims."""
        return self._is_right(MIN_TO_DROP)

    @property
    def may_mark(self) -> bool:
        """Whether the judge is right often enough for its verdicts to be used at all."""
        return self._is_right(MIN_TO_MARK)

    def _is_right(self, share: float) -> bool:
        return self.num_claims > 0 and self.num_right >= share * self.num_claims


def probe_judge(judge: Callable[[Sequence[ClaimEvidence]], Sequence[Support | None]]) -> ProbeResult:
    """The score of a judge on the probe; errors are those of the judge."""
    verdicts = judge([ClaimEvidence(claim, (text,)) for text, claim, _ in PROBE])
    right = sum(
        (verdict == "yes") == is_true for verdict, (_, _, is_true) in zip(verdicts, PROBE, strict=True)
    )
    return ProbeResult(right, len(PROBE))


class JudgeMemory:
    """Results of probes, stored in a file across processes.

    Args:
        path: of the file; None for one beside that of the capabilities of chat models.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or memory_path().with_suffix(".judges.json")

    def recall(self, judge: str, prompt: str) -> ProbeResult | None:
        """The result of a judge with a prompt; None where it was not probed with it."""
        record = self._read().get(judge)
        if not isinstance(record, dict) or record.get("probe") != _version(prompt):
            return None
        return ProbeResult(int(record["num_right"]), int(record["num_claims"]))

    def remember(self, judge: str, prompt: str, result: ProbeResult) -> None:
        """Stores a result; where the file cannot be written, the judge is probed again next time."""
        record = {"probe": _version(prompt), "num_right": result.num_right, "num_claims": result.num_claims}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps({**self._read(), judge: record}, indent=1), "utf-8")
            temporary.replace(self._path)
        except OSError:
            return

    def _read(self) -> dict[str, Any]:
        try:
            records = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return records if isinstance(records, dict) else {}


def _version(prompt: str) -> str:
    return blake2b(f"{prompt}{PROBE}".encode(), digest_size=8).hexdigest()


def result_of(
    name: str,
    prompt: str,
    judge: Callable[[Sequence[ClaimEvidence]], Sequence[Support | None]],
    memory: JudgeMemory,
) -> ProbeResult:
    """The result of a probe, which is remembered.

    A judge that takes too long for it gets an empty result, remembered too: it would be asked in vain in
    every run. One that cannot be asked at the moment gets an empty result that is not.
    """
    try:
        found = probe_judge(judge)
    except TimeLimit:
        found = ProbeResult(0, 0)
    except (ModelError, AgentStopped):
        return ProbeResult(0, 0)
    memory.remember(name, prompt, found)
    return found
