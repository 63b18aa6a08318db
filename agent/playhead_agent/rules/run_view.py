"""The state of a run of the rules as typed records: a node makes one view and hands records down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from langgraph.runtime import Runtime

from playhead_agent.perception.observation_request import observation_of_row
from playhead_agent.perception.results import PerceptionResult
from playhead_agent.progress import Progress
from playhead_agent.rules.passage_confidence import PassageFeatures
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.rules.verdict import AnswerVerdict
from playhead_agent.state import Context, State, segment_refs_of
from playhead_index.search.results import Coverage
from playhead_tools.evidence import Evidence, coverage_from_json, coverage_to_json, join_coverage
from playhead_tools.required_detail import required_detail
from playhead_tools.search_extent import SegmentRef, with_extent
from playhead_tools.speaker_turns import ScopeSpeakers, with_unknown_speakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.verdict_rules import SearchedExtent

Row = dict[str, Any]
Update = dict[str, Any]
"""The keys that a node writes, and their new values."""


@dataclass(frozen=True)
class RunView:
    """The state as typed records, each read from its JSON once.

    Args:
        state: as the graph hands it to a node.
        context: components and limits of the run.
    """

    state: State
    context: Context

    @classmethod
    def at(cls, node: str, state: State, runtime: Runtime[Context]) -> "RunView":
        """The view of a node that begins, which counts as a step.

        Raises:
            StepLimit: no step is left.
            TimeLimit: the seconds are used up.
        """
        runtime.context.meter.step(node)
        return cls(state, runtime.context)

    def changed(self, **update: Any) -> "RunView":
        """The view of the state with other values of some keys."""
        return RunView(cast("State", {**self.state, **update}), self.context)

    @cached_property
    def spec(self) -> QuestionSpec:
        """The parsed question."""
        return QuestionSpec.from_json(self.state["spec"])

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """The evidence table without texts; parsed once for all nodes that do not change it."""
        rows = self.state.get("evidence", [])
        return self.context.cache.once("evidence", rows, lambda: tuple(map(Evidence.from_json, rows)))

    @cached_property
    def segment_refs(self) -> list[SegmentRef]:
        """The scope of the question."""
        return segment_refs_of(self.state["stretches"])

    @cached_property
    def inspected_refs(self) -> list[SegmentRef]:
        """Segments that were searched, read or viewed."""
        return segment_refs_of(self.state["looked_at"])

    @cached_property
    def coverage(self) -> Coverage | None:
        """The coverage of the searches so far; None before the first search."""
        record = self.state.get("coverage")
        return None if record is None else coverage_from_json(record)

    @cached_property
    def perception_result(self) -> PerceptionResult | None:
        """What the observations gave; None where text answers, also text near a visual anchor."""
        record = self.state.get("sight")
        result = None if record is None else PerceptionResult.from_json(record)
        return None if result is None or result.kind == "anchors" else result

    @cached_property
    def viewed_refs(self) -> list[SegmentRef]:
        """The windows for which the video-LLM did not decline to answer."""
        rows = [row for row in self.state["looks"] if "failed" not in row]
        observations = [observation_of_row(row)[1] for row in rows]
        return [(one.video_id, one.window) for one in observations if not one.declines]

    @cached_property
    def temporal_result(self) -> TemporalResult:
        """What the node `reason` computed; parsed once for all nodes that do not change it."""
        row = self.state["finding"]
        return self.context.cache.once("temporal_result", row, lambda: TemporalResult.from_json(row))

    @cached_property
    def passage_features(self) -> PassageFeatures | None:
        """Features of the best passage; None where no passages were searched."""
        features = self.state.get("features")
        return None if features is None else PassageFeatures(**features)

    @cached_property
    def verdict(self) -> AnswerVerdict:
        """What the node `verify` decided."""
        return AnswerVerdict(**self.state["verdict"])

    @cached_property
    def extent(self) -> SearchedExtent:
        """What of the scope was searched and viewed."""
        coverage = with_extent(self.coverage, self.context.extents, self.segment_refs, self.viewed_refs)
        spec, result = self.spec, self.perception_result
        if spec.speakers or spec.speaking or required_detail(spec) == "speaker":
            speakers = ScopeSpeakers(self.context.catalog, [video_id for video_id, _ in self.segment_refs])
            coverage = with_unknown_speakers(coverage, speakers.num_unknown)
        return SearchedExtent(
            coverage,
            picture_threshold=self.context.thresholds.picture is not None,
            pictures_viewed=result is not None and result.is_complete and bool(self.viewed_refs),
        )

    def joined_coverage_row(self, parts: Iterable[Coverage]) -> dict[str, Any] | None:
        """The row of the coverage so far and of some more searches; None where there is none.

        Coverage per video is read at the end and not stored in the state.
        """
        joined = join_coverage([*([self.coverage] if self.coverage is not None else []), *parts])
        return None if joined is None else coverage_to_json(replace(joined, modalities=()))


def report_progress(
    runtime: Runtime[Context], node: str, message: str = "", evidence: Sequence[Row] = ()
) -> None:
    """Reports that a node has ended, with a message for people if any; the evidence is rows of the state."""
    seconds = round(runtime.context.meter.seconds, 3)
    runtime.stream_writer(Progress(node, message, tuple(evidence), seconds).to_json())
