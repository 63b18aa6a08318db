"""What a run carries from node to node, and what it is given from outside.

The state holds plain JSON types, ids and windows only: it is written to disk after every node. Words
are read again from the catalog by span id, so a checkpoint stays small and can never disagree with it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from playhead_agent.limits import Limits, Meter, Thresholds
from playhead_agent.rules.components import Rules, default_rules
from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.calibration import Calibration
from playhead_tools.catalog_cache import CatalogCache
from playhead_tools.evidence import Evidence, coverage_from_json
from playhead_tools.extent import ExtentReader
from playhead_tools.extent import SegmentRef as SegmentRef
from playhead_tools.retrieval import Finder, VideoEntry
from playhead_tools.spec import QuestionSpec

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from playhead_agent.models.protocol import ChatModel
    from playhead_tools.video_llm.client import VlmClient


def added_looks(known: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The looks of a run: those that were made side by side are added, None begins a new question."""
    if new is None:
        return []
    known = known or []
    return [*known, *(row for row in new if row not in known)]


def no_eyes() -> "VlmClient | None":
    """Nothing to look with."""
    return None


class State(TypedDict, total=False):
    """One question on its way; every key is written whole by the node named behind it."""

    question: str  # caller
    options: list[str]  # caller: of a multiple choice
    language: str | None  # caller: of the answer, as a BCP 47 tag
    previous: dict[str, Any]  # run: the question before it in this thread, taken apart
    previous_question: str  # run: its words, where another strategy answered it
    scope: dict[str, Any] | None  # caller; stays for the next question of the thread
    spec: dict[str, Any]  # parse
    stretches: list[list[Any]]  # parse: [video_id, start_s, end_s], where to look
    refusal: dict[str, str] | None  # parse: reason and text when there is nothing to look for
    lookups: list[dict[str, Any]]  # plan
    round: int  # plan: 0, then 1 when other lanes are searched
    found: list[dict[str, Any]]  # retrieve; emptied by inspect
    coverage: dict[str, Any] | None  # retrieve, inspect
    looked_at: list[list[Any]]  # retrieve, inspect
    evidence: list[dict[str, Any]]  # inspect, triage: compact records
    looks: Annotated[list[dict[str, Any]], added_looks]  # watch, one row a look; emptied by parse
    wanted: list[dict[str, Any]]  # triage: looks to be made
    sight: dict[str, Any] | None  # triage: what looking told
    features: dict[str, Any] | None  # inspect: of the first passage, where passages were searched
    whole: bool  # inspect: every span that could hold the asked words was judged
    cut: bool  # inspect: there was more evidence than the table takes
    finding: dict[str, Any]  # reason
    verdict: dict[str, Any]  # verify: status, reason, confidence
    draft: dict[str, Any]  # compose: claims, who wrote them; emptied by check
    notes: list[str]  # any
    answer: dict[str, Any]  # check


@dataclass(frozen=True, slots=True)
class Context:
    """The seams: what a run works with, chosen by `app`.

    Args:
        finder: searches the library.
        catalog: the open library.
        llm: a chat model of LangChain; None for an answer made of the evidence alone.
        chat: the chat model as the agent asks it; made of `llm` where None.
        method: how `llm` is made to keep to a schema, where nothing better is known of it.
        limits: what one question may use.
        thresholds: from where on something found counts.
        meter: counts one run; every run gets its own.
        open_eyes: gives what looks at clips, opened at its first use; None where there is no video-LLM.
        calibration: what confidence comes to; fitted on questions whose answers are known.
        may_ask: the caller can answer a question back; an ambiguous question is then asked about.
        extents: reads how much of a scope can be searched; made of the catalog.
        cache: what this run has read of the catalog; every run has its own, as every `Context` has.
        rules: read a question, and decide what to look at, where no model plans.
    """

    finder: Finder
    catalog: Catalog
    llm: "BaseChatModel | None" = None
    chat: "ChatModel | None" = None
    method: Literal["json_schema", "function_calling"] = "json_schema"
    limits: Limits = field(default_factory=Limits)
    thresholds: Thresholds = field(default_factory=Thresholds)
    meter: Meter = field(default_factory=Meter)
    open_eyes: "Callable[[], VlmClient | None]" = no_eyes
    calibration: Calibration = field(default_factory=Calibration)
    may_ask: bool = False
    rules: Rules = field(default_factory=default_rules)
    extents: ExtentReader = field(init=False, repr=False, compare=False)
    cache: CatalogCache = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extents", ExtentReader(self.catalog))
        object.__setattr__(self, "cache", CatalogCache(self.catalog))
        if self.llm is not None and getattr(self.chat, "model", None) is not self.llm:
            from playhead_agent.models.chat_model import LangChainChat

            object.__setattr__(self, "chat", LangChainChat(self.llm, method=self.method))


# ---- reading the state ----


def spec_of(state: State) -> QuestionSpec:
    """The question taken apart."""
    return QuestionSpec.from_json(state["spec"])


def evidence_of(state: State) -> list[Evidence]:
    """The evidence table, without words."""
    return [Evidence.from_json(record) for record in state.get("evidence", [])]


def evidence_in(state: State, context: Context) -> tuple[Evidence, ...]:
    """The evidence table, read of the state once for nodes that leave it as it is."""
    return context.cache.once("evidence", state.get("evidence", []), lambda: tuple(evidence_of(state)))


def stretches_of(rows: Sequence[Sequence[Any]]) -> list[SegmentRef]:
    """(video_id, window) pairs from their rows in the state."""
    return [(video_id, Window(start_s, end_s)) for video_id, start_s, end_s in rows]


def rows_of(stretches: Sequence[SegmentRef]) -> list[list[Any]]:
    """Rows for the state from (video_id, window) pairs."""
    return [[video_id, window.start_s, window.end_s] for video_id, window in stretches]


def coverage_of(state: State) -> Coverage | None:
    """What was searched so far; None before the first search."""
    record = state.get("coverage")
    return None if record is None else coverage_from_json(record)


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """A scope in plain JSON types."""
    window = None if scope.window is None else [scope.window.start_s, scope.window.end_s]
    record = {"video_ids": None if scope.video_ids is None else list(scope.video_ids), "window": window}
    return record if scope.speakers is None else {**record, "speakers": list(scope.speakers)}


def scope_from_json(record: Mapping[str, Any] | None) -> Scope:
    """The scope that `scope_to_json` wrote, now or before it had speakers; the whole library for None."""
    if record is None:
        return Scope()
    window = None if record["window"] is None else Window(*record["window"])
    ids, speakers = record["video_ids"], record.get("speakers")
    return Scope(None if ids is None else tuple(ids), window, None if speakers is None else tuple(speakers))


def named_videos(videos: Sequence[VideoEntry], text: str) -> list[VideoEntry]:
    """The videos whose name, or file's name, stands in a text, with its ending or without.

    A file's name that several videos have means all of them, but where it is a part of the name of one.
    Without its ending a name counts where it is no plain word (`qm01`), or the text calls it a video.
    """
    lowered = text.lower()
    named = {video.video_id for video in videos if "." in video.name and video.name.lower() in lowered}
    for video in videos:
        if video.video_id in named:
            lowered = lowered.replace(video.name.lower(), " ")
    files = {v.video_id for v in videos if "." in v.path.name and v.path.name.lower() in lowered}
    stems = set() if named | files else {v.video_id for v in videos if _stem_pattern(v).search(text)}
    return [video for video in videos if video.video_id in named | files | stems]


def _stem_pattern(video: VideoEntry) -> re.Pattern[str]:
    """Matches the name of a video's file without its ending, as a text may call it."""
    stem = re.escape(video.path.stem)
    called = r"(?:video|file|recording|meeting|talk|lecture|film|clip|episode)\s+(?:called\s+|named\s+)?"
    lead = "" if re.search(r"[\d_\W]", video.path.stem) else called
    return re.compile(rf"(?<![\w./-])(?:{lead}){stem}(?![\w-]|\.\w)", re.IGNORECASE)


def without_names(text: str, videos: Sequence[VideoEntry]) -> str:
    """A question that says "the video" where it named a file."""
    for video in videos:
        names = f"{re.escape(video.name)}|{re.escape(video.path.name)}"
        named = rf"[\"'“‘]?(?:{names})[\"'”’]?"
        shorter = re.sub(rf"(?:\bthe\s+(?:video|file)\s+)?{named}", "the video", text, flags=re.IGNORECASE)
        text = shorter if shorter != text else _stem_pattern(video).sub("the video", text)
    return text
