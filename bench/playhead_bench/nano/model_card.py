"""The model card of a trained nano model, and the facts that its weights carry."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

CARD = """---
license: apache-2.0
library_name: {library}
---
# {name}

{what}

It was trained from nothing on pictures of the made world (`playhead_bench.world`), which this project draws
itself. It knows that world and nothing else.

| | |
|---|---|
| parameters | {parameters:,} |
| file | {megabytes:.1f} MB |
| trained at commit | `{commit}` |
| seed | {seed} |
| steps | {steps} |
| data | {data} |
| machine | {machine} |
| time | {minutes:.0f} minutes |

| score | value |
|---|---|
{scores}

Trained with `{command}`. The log of the training is in `training.jsonl`.
"""


@dataclass(frozen=True, slots=True)
class Training:
    """Facts about a training run.

    Args:
        name: of the model.
        library: that loads it.
        description: in a sentence or two.
        command: that trains it.
        seed: of weights and data.
        steps: of the training.
        data: it saw, in a few words.
        machine: kind of machine.
        minutes: of wall time.
        scores: on held-out seeds, by name.
    """

    name: str
    library: str
    description: str
    command: str
    seed: int
    steps: int
    data: str
    machine: str
    minutes: float
    scores: dict[str, float] = field(default_factory=dict)

    def metadata(self) -> dict[str, str]:
        """The facts that go into the weights' file; safetensors keeps text only."""
        return {"format": "pt", "commit": commit(), "seed": str(self.seed), "steps": str(self.steps)}

    def write(self, folder: Path, weights: Path, parameters: int, logs: list[Path]) -> None:
        """Writes the card and the log beside the weights."""
        lines = [f"| {name.replace('_', ' ')} | {value:.3f} |" for name, value in self.scores.items()]
        text = CARD.format(
            name=self.name, library=self.library, description=self.description, parameters=parameters,
            megabytes=weights.stat().st_size / 1e6, commit=commit(), seed=self.seed, steps=self.steps,
            data=self.data, machine=self.machine, minutes=self.minutes, scores="\n".join(lines),
            command=self.command,
        )  # fmt: skip
        (folder / "README.md").write_text(text, encoding="utf-8")
        lines_of_logs = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
        (folder / "training.jsonl").write_text("\n".join(lines_of_logs) + "\n", encoding="utf-8")
        (folder / "scores.json").write_text(json.dumps(self.scores, indent=1) + "\n", encoding="utf-8")


def commit() -> str:
    """The commit of the checkout that this file is in, or `unknown`."""
    try:
        lines_of_logs = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return lines_of_logs.stdout.strip()
