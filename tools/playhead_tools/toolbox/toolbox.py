"""The `Toolbox`: all tools over one library for one question; equal calls give equal results."""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.evidence import coverage_from_json, coverage_to_json, join_coverage
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import Finder
from playhead_tools.search_extent import ExtentReader, with_extent
from playhead_tools.temporal import Scan
from playhead_tools.toolbox import (
    browse_tool,
    compute_tool,
    find_events_tool,
    finish_tools,
    look_tool,
    read_tool,
    search_tool,
)
from playhead_tools.toolbox.context import BadCall, Record, ToolContext, ToolLimits
from playhead_tools.toolbox.protocols import Reader, ToolImage, VideoObserver, VlmCallCounter, VlmMeter
from playhead_tools.toolbox.result_rows import result_text
from playhead_tools.toolbox.schema import Tool, ToolSpec
from playhead_tools.verdict_rules import SearchedExtent

_FUNCTIONS: tuple[Tool, ...] = (
    search_tool.search,
    read_tool.read,
    look_tool.look,
    browse_tool.browse,
    find_events_tool.find_events,
    compute_tool.compute,
    finish_tools.finish,
    finish_tools.abstain,
)
TOOLS = tuple(ToolSpec(function) for function in _FUNCTIONS)
"""Every tool, the cheap ones first."""
ENDING_TOOLS = ("finish", "abstain")
REPEATED = "this call was made before; this is the same result"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call.

    Args:
        record: plain JSON types, as the tool gave it.
        ids: of the evidence and events in it, in its order.
        repeated: the same call was made before and nothing was done again.
        text: the result for a model: plain lines in a fence, bounded.
        images: frames for a planner that takes pictures.
    """

    record: Record
    ids: tuple[str, ...]
    repeated: bool = False
    text: str = ""
    images: tuple[ToolImage, ...] = ()


class Toolbox:
    """All tools over one library, and what they share while one question is worked on.

    Calls from several threads run one after the other.

    Args:
        catalog: the open library.
        finder: searches it.
        vlm_client: answers questions about frames; None without a video-LLM.
        limits: what one call may do and give.
        meter: counts searches and VLM calls, and limits the VLM calls; only counts when None.
        reader: reads passages for `browse`; None without a chat model.

    >>> [spec.name for spec in TOOLS]
    ['search', 'read', 'look', 'browse', 'find_events', 'compute', 'finish', 'abstain']
    """

    def __init__(
        self,
        catalog: Catalog,
        finder: Finder,
        vlm_client: VideoObserver | None = None,
        *,
        limits: ToolLimits | None = None,
        meter: VlmMeter | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.catalog, self.finder, self.vlm_client, self.limits = (
            catalog,
            finder,
            vlm_client,
            limits or ToolLimits(),
        )
        self.meter: VlmMeter = meter if meter is not None else VlmCallCounter()
        self.reader = reader
        self._specs = {spec.name: spec for spec in TOOLS}
        self._lock = threading.RLock()
        self.begin(Scope())

    def begin(self, scope: Scope) -> None:
        """Empties the table for a new question about these videos."""
        with self._lock:
            table = EvidenceTable(self.limits.max_evidence)
            self.context = ToolContext(
                self.catalog, self.finder, self.vlm_client, self.limits, scope, table, self.meter, self.reader
            )
            self._results: dict[str, ToolResult] = {}
            self._call_keys: list[str] = []

    def available_tools(self, *, ending: bool = False, images: bool = False) -> list[ToolSpec]:
        """The tools to offer: those that can work here.

        Args:
            ending: only those that end a question.
            images: the planner takes images, so that it needs no video-LLM.
        """
        if ending:
            return [self._with_useful_arguments(self._specs[name]) for name in ENDING_TOOLS]
        is_speech_only = self.context.scope.speakers is not None  # frames have no speaker
        unavailable = {"look"} if is_speech_only or (self.vlm_client is None and not images) else set()
        unavailable |= {"browse"} if self.reader is None else set()
        return [self._with_useful_arguments(spec) for spec in TOOLS if spec.name not in unavailable]

    def _with_useful_arguments(self, spec: ToolSpec) -> ToolSpec:
        """A tool without the arguments that choose where there is one thing alone."""
        hidden = set[str]()
        if len(self.context.videos()) < 2:
            hidden |= {"video", "videos"}
        if not self.context.has_speakers:
            hidden |= {"speaker"}
        if len({lane.lane for one in self.context.coverage for lane in one.lanes if lane.items}) == 1:
            hidden |= {"kind", "kinds"}
        return replace(spec, hidden=spec.hidden | hidden)

    def call(self, name: str, arguments: Mapping[str, Any], *, images: bool = False) -> ToolResult:
        """What a tool gives; the same call a second time gives what was given the first time.

        Args:
            name: of the tool.
            arguments: as a model wrote them; what is plain of them is brought into form, with a note.
            images: the planner takes pictures: `look` gives it frames instead of a video-LLM's reply.

        Raises:
            BadCall: there is no such tool, or its arguments do not fit.
            ToolError: the tool cannot do this; the message says what would work.
        """
        with self._lock:
            spec = self._spec(name)
            checked, notes = spec.arguments(arguments)
            if spec.name in ENDING_TOOLS:
                return self._tool_result(spec, spec.run(self.context, checked), notes)
            key = _key(spec.name, checked, images)
            if key in self._call_keys:
                tool_result = self.recall(name, arguments, images=images)
                notes = [*tool_result.record.get("notes", ()), *notes, REPEATED]
                record = {**tool_result.record, "notes": list(dict.fromkeys(notes)), "cost": {}}
                text = self._text(spec, record)
                return replace(tool_result, record=record, repeated=True, text=text)
            tool_result = self._results[key] = self._run(spec, checked, images)
            self._call_keys.append(key)
            return (
                tool_result
                if not notes
                else self._tool_result(spec, tool_result.record, notes, tool_result.images)
            )

    def recall(self, name: str, arguments: Mapping[str, Any], *, images: bool = False) -> ToolResult:
        """The result of a call that was made before, read again where it is not at hand.

        Reading again changes nothing: ids stay, cached observations are reused, nothing is counted.

        Raises:
            ToolError: it cannot be read again.
        """
        with self._lock:
            spec = self._spec(name)
            checked, _ = spec.arguments(arguments)
            key = _key(spec.name, checked, images)
            if key not in self._results:
                coverage = list(self.context.coverage)
                with self.context.replaying():
                    tool_result = self._run(spec, checked, images)
                self.context.coverage = coverage
                self._results[key] = replace(tool_result, record={**tool_result.record, "cost": {}})
            return self._results[key]

    def _run(self, spec: ToolSpec, checked: Mapping[str, Any], images: bool) -> ToolResult:
        self.context.images, self.context.planner_takes_images = [], images
        record = spec.run(self.context, checked)
        images_of_call, self.context.images = tuple(self.context.images), []
        return self._tool_result(spec, record, (), images_of_call)

    def _tool_result(
        self, spec: ToolSpec, record: Record, notes: Sequence[str] = (), images: tuple[ToolImage, ...] = ()
    ) -> ToolResult:
        if notes:
            record = {**record, "notes": list(dict.fromkeys([*record.get("notes", ()), *notes]))}
        text = self._text(spec, record)
        return ToolResult(record, _ids(record), text=text, images=images)

    def _text(self, spec: ToolSpec, record: Record) -> str:
        several = len(self.context.videos()) > 1
        return result_text(spec.name, record, self.limits.max_text_chars, name_videos=several)

    def _spec(self, name: str) -> ToolSpec:
        plain = name.strip().casefold().replace("-", "_")
        if plain not in self._specs:
            raise BadCall(f"there is no tool {name[:40]!r}; there is {', '.join(self._specs)}")
        return self._specs[plain]

    # ---- snapshots ----

    def snapshot(self) -> Record:
        """All that a later process needs to go on, in plain JSON types, without the words of the catalog."""
        with self._lock:
            context = self.context
            coverage = join_coverage(context.coverage)
            return {
                "scope": _scope_row(context.scope),
                "table": context.table.to_json(),
                "looks": dict(context.observations),
                "browsed": dict(context.browse_results),
                "coverage": None if coverage is None else coverage_to_json(coverage),
                "computed": list(context.computed_values),
                "scans": list(context.scans),
                "results": list(context.computations),
                "sent_back": context.is_finish_refused,
                "conclusion": context.conclusion,
                "made": list(self._call_keys),
            }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Takes over what `snapshot` gave; nothing is lost of a toolbox that already stands there."""
        with self._lock:
            if snapshot == self.snapshot():
                return
            self.begin(_scope_of(snapshot["scope"]))
            context = self.context
            context.table = EvidenceTable.from_json(snapshot["table"], self.limits.max_evidence)
            context.observations, context.browse_results = dict(snapshot["looks"]), dict(snapshot["browsed"])
            context.coverage = [coverage_from_json(snapshot["coverage"])] if snapshot["coverage"] else []
            context.computed_values, context.scans = list(snapshot["computed"]), list(snapshot["scans"])
            context.computations, context.is_finish_refused = list(snapshot["results"]), snapshot["sent_back"]
            context.conclusion = snapshot["conclusion"]
            self._call_keys = list(snapshot["made"])

    def coverage(self) -> Coverage | None:
        """What was searched, read and gone through so far."""
        return join_coverage(self.context.coverage)

    def extent(self, reader: ExtentReader) -> SearchedExtent:
        """What of the scope the tools have searched, gone through and viewed.

        Args:
            reader: of the library; cached from question to question.
        """
        context = self.context
        segments = list(context.scope_windows().items())
        viewed = [
            (video_id, Window(*window))
            for scan in context.scans
            if scan["where"] in find_events_tool.VISUAL_WHERE
            for video_id, windows in scan["seen"].items()
            for window in windows
        ]
        coverage = with_extent(self.coverage(), reader, segments, viewed)
        scan = Scan(dict(segments), {v: [w for u, w in viewed if u == v] for v, _ in viewed})
        return SearchedExtent(coverage, pictures_viewed=bool(viewed) and scan.is_complete)


def _key(name: str, checked: Mapping[str, Any], images: bool) -> str:
    """A hash of a call, the same for the same arguments however they were written."""
    plain = json.dumps([name, images, dict(checked)], sort_keys=True, default=lambda one: one.model_dump())
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _ids(record: Record) -> tuple[str, ...]:
    rows: Sequence[Record] = [*record["evidence"], *record.get("events", [])]
    named = [row["id"] for row in rows if row.get("id") not in (None, "-")]
    return tuple(dict.fromkeys([*named, *([record["scan_id"]] if "scan_id" in record else [])]))


def _scope_row(scope: Scope) -> Record:
    window = None if scope.window is None else [scope.window.start_s, scope.window.end_s]
    row: Record = {"video_ids": None if scope.video_ids is None else list(scope.video_ids), "window": window}
    return row if scope.speakers is None else {**row, "speakers": list(scope.speakers)}


def _scope_of(row: Mapping[str, Any]) -> Scope:
    window = None if row["window"] is None else Window(*row["window"])
    ids, speakers = row["video_ids"], row.get("speakers")
    return Scope(None if ids is None else tuple(ids), window, None if speakers is None else tuple(speakers))
