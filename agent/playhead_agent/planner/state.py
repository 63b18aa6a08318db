"""The state of a planner's run: calls, ids and windows, never the text of a video."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypedDict

from playhead_agent.limits import Limits

PLANNER_LIMITS = Limits(
    steps=96, seconds=300.0, model_calls=20, model_call_s=120.0, evidence=240, prompt_chars=96_000
)
"""Limits of one question when a model plans."""
MAX_TURNS = 6
"""Earlier questions of a thread that the prompt contains."""
MAX_TURN_CHARS = 600


@dataclass(frozen=True, slots=True)
class Switches:
    """Parts of the planner that a benchmark turns off for ablations.

    Args:
        brief: the model starts from the transcript or an outline with the passages that a search found;
            off, it starts from the names and lengths of the videos.
        entailment: claims are judged by a model; off, by code and shared words alone.
        browse: the tool `browse` is offered.
    """

    brief: bool = True
    entailment: bool = True
    browse: bool = True

    def to_json(self) -> dict[str, bool]:
        """Plain JSON types."""
        return asdict(self)


def append_rows(known: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Reducer for results of calls that run in parallel; None empties the list."""
    return [] if new is None else [*(known or []), *new]


class PlannerState(TypedDict, total=False):
    """The state of one question; each key is replaced as a whole by the node named in its comment.

    The text of results is read again from the library for the next call of the model; responses of a VLM are
    stored in the toolbox's snapshot, since the library does not have them.
    """

    question: str  # caller
    options: list[str]  # caller: of a multiple choice
    language: str | None  # caller: of the answer
    scope: dict[str, Any] | None  # caller; stays for the next question of the thread
    switches: dict[str, bool]  # caller: `Switches.to_json`
    turns: list[dict[str, str]]  # caller: earlier questions of the thread and their answers
    brief: dict[str, Any]  # brief: `Brief.to_json`
    box: dict[str, Any]  # brief, collect, restate: `Toolbox.snapshot`
    rounds: list[dict[str, Any]]  # collect, check: calls of a reply, the ids of their results, or an error
    pending: dict[str, Any]  # plan: the calls of the last reply; emptied by collect
    made: Annotated[
        list[dict[str, Any]], append_rows
    ]  # act: what calls that use a model gave; emptied by collect
    trouble: dict[str, str]  # plan: the last reply that could not be used, and what is wrong with it
    num_unusable: int  # plan, collect: replies in a row that could not be used
    num_stale: int  # collect: rounds in a row that brought nothing new
    sent_back: bool  # check: claims were sent back to the model once
    draft: dict[str, Any]  # collect: what the model ended with; check: emptied when it is sent back
    report: dict[str, Any]  # check: what was found of the draft
    weak: list[str]  # check: texts of claims that are to be written again; emptied by restate
    best: dict[str, Any]  # check: draft and report that were sent back, for a run that ends without another
    given_up: dict[str, Any]  # brief, plan, collect: why the model cannot end the run, and whether by a limit
    notes: list[str]  # any
    answer: dict[str, Any]  # answer
