"""The `Toolbox`: all tools over one library for one question; same call, same result, and everything kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.evidence import coverage_from_json, coverage_to_json, join_coverage
from playhead_tools.look_up import Finder
from playhead_tools.toolbox import concluding, looking, reading, reckoning, scanning, searching
from playhead_tools.toolbox.kit import BadCall, Kit, Looker, Record, ToolLimits
from playhead_tools.toolbox.schema import Tool, ToolSpec
from playhead_tools.toolbox.table import Table

_FUNCTIONS: tuple[Tool, ...] = (
    reading.list_videos, reading.outline, searching.search, searching.search_by_moment,
    reading.read_transcript, reading.read_captions, reading.neighbours, looking.inspect, looking.zoom,
    scanning.scan, reckoning.temporal, reckoning.calc, concluding.note, concluding.finish, concluding.abstain,
)  # fmt: skip
TOOLS = tuple(ToolSpec(function) for function in _FUNCTIONS)
"""Every tool, the cheap ones first."""
ENDING = ("finish", "abstain")
_NOT_KEPT = (*ENDING, "note")
REPEATED = "you have asked this before; this is the same result"


@dataclass(frozen=True, slots=True)
class Called:
    """What a call gave.

    Args:
        record: plain JSON types, as the tool gave it.
        ids: of the evidence and events in it, in its order.
        repeated: the same call was made before and nothing was done again.
    """

    record: Record
    ids: tuple[str, ...]
    repeated: bool = False


class Toolbox:
    """All tools over one library, and what they share while one question is worked on.

    Args:
        catalog: the open library.
        finder: searches it.
        eyes: looks at it; None when no model looks at pictures here.
        limits: what the tools of one question may use and give.

    >>> sorted(spec.name for spec in TOOLS)[:3]
    ['abstain', 'calc', 'finish']
    """

    def __init__(
        self,
        catalog: Catalog,
        finder: Finder,
        eyes: Looker | None = None,
        *,
        limits: ToolLimits | None = None,
    ) -> None:
        self.catalog, self.finder, self.eyes, self.limits = catalog, finder, eyes, limits or ToolLimits()
        self._specs = {spec.name: spec for spec in TOOLS}
        self._memo: dict[str, Record] = {}
        self._asked: dict[str, float] = {}
        self.begin(Scope())

    def begin(self, scope: Scope) -> None:
        """Empties the table for a new question about these videos."""
        self.kit = Kit(self.catalog, self.finder, self.eyes, self.limits, scope, Table(self.limits.evidence))
        self._memo, self._asked = {}, {}

    def offered(self, *, ending: bool = False) -> list[ToolSpec]:
        """The tools to offer: those that can work here; with `ending` only those that end a question."""
        if ending:
            return [self._specs[name] for name in ENDING]
        blind = ("inspect", "zoom") if self.eyes is None else ()
        return [spec for spec in TOOLS if spec.name not in blind]

    def call(self, name: str, arguments: Mapping[str, Any]) -> Called:
        """What a tool gives; the same call a second time gives what was given the first time.

        Raises:
            BadCall: there is no such tool, or its arguments do not fit.
            ToolError: the tool cannot do what it was asked; the message says what would work.
        """
        spec, checked = self._spec(name), self._checked(name, arguments)
        key, looks = _key(name, checked), self.kit.used["looks"]
        if name in _NOT_KEPT:
            return Called(spec.run(self.kit, checked), ())
        if key not in self._asked:
            record = self._memo[key] = spec.run(self.kit, checked)
            self._asked[key] = looks
            return Called(record, _ids(record))
        record = self.recall(name, arguments)
        notes = [*record.get("notes", []), REPEATED]
        return Called({**record, "notes": notes, "cost": {}}, _ids(record), repeated=True)

    def recall(self, name: str, arguments: Mapping[str, Any]) -> Record:
        """The result of a call that was made before, read again where it is not at hand.

        Reading again changes nothing: ids stay, looks are kept, and nothing is counted as asked anew.

        Raises:
            ToolError: it cannot be read again.
        """
        spec, checked = self._spec(name), self._checked(name, arguments)
        key = _key(name, checked)
        if key not in self._memo:
            used = dict(self.kit.used)
            self.kit.used["looks"] = self._asked.get(key, used["looks"])
            self._memo[key] = spec.run(self.kit, checked)
            self.kit.used = used
        return self._memo[key]

    def _spec(self, name: str) -> ToolSpec:
        if name not in self._specs:
            raise BadCall(f"there is no tool {name!r}; there is {', '.join(self._specs)}")
        return self._specs[name]

    def _checked(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self._spec(name).arguments(arguments)

    # ---- keeping ----

    def snapshot(self) -> Record:
        """All that a later process needs to go on, in plain JSON types, without the words of the catalog."""
        kit = self.kit
        coverage = join_coverage(kit.coverage)
        return {
            "scope": _scope_row(kit.scope),
            "table": kit.table.to_json(),
            "looks": dict(kit.looks),
            "coverage": None if coverage is None else coverage_to_json(coverage),
            "computed": list(kit.computed),
            "scans": list(kit.scans),
            "reckoned": list(kit.reckoned),
            "notes": list(kit.notes),
            "used": dict(kit.used),
            "sent_back": kit.sent_back,
            "conclusion": kit.conclusion,
            "asked": dict(self._asked),
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Takes over what `snapshot` gave; nothing is lost of a toolbox that already stands there."""
        if snapshot == self.snapshot():
            return
        self.begin(_scope_of(snapshot["scope"]))
        kit = self.kit
        kit.table = Table.from_json(snapshot["table"], self.limits.evidence)
        kit.looks = dict(snapshot["looks"])
        kit.coverage = [coverage_from_json(snapshot["coverage"])] if snapshot["coverage"] else []
        kit.computed, kit.scans = list(snapshot["computed"]), list(snapshot["scans"])
        kit.reckoned, kit.notes = list(snapshot["reckoned"]), list(snapshot["notes"])
        kit.used, kit.sent_back = dict(snapshot["used"]), snapshot["sent_back"]
        kit.conclusion = snapshot["conclusion"]
        self._asked = dict(snapshot["asked"])

    def coverage(self) -> Coverage | None:
        """What was searched, read and scanned so far."""
        return join_coverage(self.kit.coverage)


def _key(name: str, checked: Mapping[str, Any]) -> str:
    """A hash of a call, the same for the same arguments however they were written."""
    plain = json.dumps([name, dict(checked)], sort_keys=True, default=lambda one: one.model_dump())
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _ids(record: Record) -> tuple[str, ...]:
    rows: Sequence[Record] = [*record["evidence"], *record.get("events", [])]
    named = [row["id"] for row in rows if row.get("id") not in (None, "-")]
    return tuple(dict.fromkeys([*named, *([record["scan_id"]] if "scan_id" in record else [])]))


def _scope_row(scope: Scope) -> Record:
    window = None if scope.window is None else [scope.window.start_s, scope.window.end_s]
    return {"video_ids": None if scope.video_ids is None else list(scope.video_ids), "window": window}


def _scope_of(row: Mapping[str, Any]) -> Scope:
    window = None if row["window"] is None else Window(*row["window"])
    return Scope(None if row["video_ids"] is None else tuple(row["video_ids"]), window)
