"""The state of a run, carried from node to node, and its context of components and limits.

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


def add_observations(
    known: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """Reducer for the observations of a run: parallel ones are added, None begins a new question."""
    if new is None:
        return []
    known = known or []
    return [*known, *(row for row in new if row not in known)]


def no_vlm_client() -> "VlmClient | None":
    """No VLM client: the default of a context without a video-LLM."""
    return None


class State(TypedDict, total=False):
    """The state of one question; each key is replaced as a whole by the node named in its comment."""

    question: str  # caller
    options: list[str]  # caller: of a multiple choice
    language: str | None  # caller: of the answer, as a BCP 47 tag
    previous: dict[str, Any]  # run: the parsed question before it in this thread
    previous_question: str  # run: its text, where another strategy answered it
    scope: dict[str, Any] | None  # caller; stays for the next question of the thread
    spec: dict[str, Any]  # parse
    stretches: list[list[Any]]  # parse: segment references of the scope, [video_id, start_s, end_s]
    refusal: dict[str, str] | None  # parse: reason and text when there is nothing to search
    lookups: list[dict[str, Any]]  # plan
    round: int  # plan: 0, then 1 when other lanes are searched
    found: list[dict[str, Any]]  # retrieve; emptied by inspect
    coverage: dict[str, Any] | None  # retrieve, inspect
    looked_at: list[list[Any]]  # retrieve, inspect
    evidence: list[dict[str, Any]]  # inspect, triage: compact records
    looks: Annotated[
        list[dict[str, Any]], add_observations
    ]  # watch, one row an observation; emptied by parse
    wanted: list[dict[str, Any]]  # triage: pending observation requests
    sight: dict[str, Any] | None  # triage: the perception result
    features: dict[str, Any] | None  # inspect: of the first passage, where passages were searched
    whole: bool  # inspect: every span that could contain the target was scored
    cut: bool  # inspect: there was more evidence than the table takes
    finding: dict[str, Any]  # reason: the temporal result
    verdict: dict[str, Any]  # verify: status, reason, confidence
    draft: dict[str, Any]  # compose: claims, who wrote them; emptied by check
    notes: list[str]  # any
    answer: dict[str, Any]  # check


@dataclass(frozen=True, slots=True)
class Context:
    """Components and limits of a run, chosen by `app`.

    Args:
        finder: searches the library.
        catalog: the open library.
        llm: a chat model of LangChain; None for an answer made of the evidence alone.
        chat: the chat model as the agent asks it; made of `llm` where None.
        method: how `llm` is made to keep to a schema, where nothing better is known of it.
        limits: of one question.
        thresholds: from which a hit counts as evidence.
        meter: counts one run; every run gets its own.
        open_vlm_client: gives the VLM client, opened at its first use; None where there is no video-LLM.
        calibration: maps raw to calibrated confidence; fitted on questions with known answers.
        may_ask: the caller can answer a clarification; an ambiguous question then leads to one.
        extents: reads how much of a scope is indexed; made from the catalog.
        cache: rows of the catalog that this run has read; each `Context` has its own.
        rules: parse a question, and decide which clips to view, where no model plans.
    """

    finder: Finder
    catalog: Catalog
    llm: "BaseChatModel | None" = None
    chat: "ChatModel | None" = None
    method: Literal["json_schema", "function_calling"] = "json_schema"
    limits: Limits = field(default_factory=Limits)
    thresholds: Thresholds = field(default_factory=Thresholds)
    meter: Meter = field(default_factory=Meter)
    open_vlm_client: "Callable[[], VlmClient | None]" = no_vlm_client
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
    """The parsed question in a state."""
    return QuestionSpec.from_json(state["spec"])


def evidence_of(state: State) -> list[Evidence]:
    """The evidence table of a state, without texts."""
    return [Evidence.from_json(record) for record in state.get("evidence", [])]


def evidence_in(state: State, context: Context) -> tuple[Evidence, ...]:
    """The evidence table of a state, parsed once for all nodes that do not change it."""
    return context.cache.once("evidence", state.get("evidence", []), lambda: tuple(evidence_of(state)))


def segment_refs_of(rows: Sequence[Sequence[Any]]) -> list[SegmentRef]:
    """Segment references from their rows in the state."""
    return [(video_id, Window(start_s, end_s)) for video_id, start_s, end_s in rows]


def segment_ref_rows(segment_refs: Sequence[SegmentRef]) -> list[list[Any]]:
    """Rows for the state from segment references."""
    return [[video_id, window.start_s, window.end_s] for video_id, window in segment_refs]


def coverage_of(state: State) -> Coverage | None:
    """The coverage of the searches so far; None before the first search."""
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
    """The videos whose name, or file name, is in a text, with its extension or without.

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
    noun_pattern = (
        r"(?:video|file|recording|meeting|talk|lecture|film|clip|episode)\s+(?:called\s+|named\s+)?"
    )
    prefix = "" if re.search(r"[\d_\W]", video.path.stem) else noun_pattern
    return re.compile(rf"(?<![\w./-])(?:{prefix}){stem}(?![\w-]|\.\w)", re.IGNORECASE)


def without_names(text: str, videos: Sequence[VideoEntry]) -> str:
    """A question that says "the video" where it named a file."""
    for video in videos:
        names = f"{re.escape(video.name)}|{re.escape(video.path.name)}"
        name_pattern = rf"[\"'“‘]?(?:{names})[\"'”’]?"
        replaced = re.sub(
            rf"(?:\bthe\s+(?:video|file)\s+)?{name_pattern}", "the video", text, flags=re.IGNORECASE
        )
        text = replaced if replaced != text else _stem_pattern(video).sub("the video", text)
    return text
