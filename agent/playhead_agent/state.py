"""The state of a run, carried from node to node, and its context of components and limits.

The state holds plain JSON types, ids and windows only: it is written to disk after every node. Words
are read again from the catalog by span id, so a checkpoint stays small and can never disagree with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from playhead_agent.limits import Limits, Meter, Thresholds
from playhead_agent.rules.rule_set import Rules, default_rules
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.calibration import Calibration
from playhead_tools.catalog_cache import CatalogCache
from playhead_tools.retrieval import Finder
from playhead_tools.search_extent import ExtentReader, SegmentRef

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
        may_clarify: the caller can answer a clarification; an ambiguous question then leads to one.
        images: paths of the images that the VLM client shows in every look; stored with the run.
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
    may_clarify: bool = False
    rules: Rules = field(default_factory=default_rules)
    images: tuple[str, ...] = ()
    extents: ExtentReader = field(init=False, repr=False, compare=False)
    cache: CatalogCache = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extents", ExtentReader(self.catalog))
        object.__setattr__(self, "cache", CatalogCache(self.catalog))
        if self.llm is not None and getattr(self.chat, "model", None) is not self.llm:
            from playhead_agent.models.chat_model import LangChainChat

            object.__setattr__(self, "chat", LangChainChat(self.llm, method=self.method))


# ---- records of the state ----


def segment_refs_of(rows: Sequence[Sequence[Any]]) -> list[SegmentRef]:
    """Segment references from their rows in the state."""
    return [(video_id, Window(start_s, end_s)) for video_id, start_s, end_s in rows]


def segment_ref_rows(segment_refs: Sequence[SegmentRef]) -> list[list[Any]]:
    """Rows for the state from segment references."""
    return [[video_id, window.start_s, window.end_s] for video_id, window in segment_refs]


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
