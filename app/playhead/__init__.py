"""Playhead answers questions over libraries of hour-long videos, finds moments, and shows where.

>>> import playhead
>>> library = playhead.Library("talks")                                      # doctest: +SKIP
>>> library.ask("what is on the slide when he mentions Bayes?").text         # doctest: +SKIP
>>> library.search("false alarm").moments[0].window                          # doctest: +SKIP

Every name here is imported from its module when it is first used, so that `import playhead` stays fast. The
reference is `docs/python-api.md`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playhead.library import Library, VideoSummary
    from playhead.model_choice import ModelChoice
    from playhead.models import ModelNames
    from playhead.video_models import VideoChoice
    from playhead_agent.clarify import Clarify
    from playhead_agent.limits import Caps, Limits
    from playhead_agent.models.chat_model import LangChainChat
    from playhead_agent.persistence.conversations import ConversationTurn, Thread
    from playhead_agent.progress import Progress
    from playhead_agent.strategies import strategy_names
    from playhead_index.build import VideoReport
    from playhead_index.caption_run import CaptionEstimate, CaptionSettings, CaptionUsage
    from playhead_index.decode.protocol import Frame
    from playhead_index.errors import (
        AgentStopped,
        CostLimit,
        DiskFull,
        ImageUnreadable,
        LibraryError,
        LibraryLocked,
        LibraryMismatch,
        LibraryMissing,
        LibraryReadOnly,
        LibraryUnfinished,
        ModelError,
        ModelOutputInvalid,
        ModelUnavailable,
        NoFrames,
        PlayheadError,
        SpeakerUnknown,
        StepLimit,
        SubtitlesUnreadable,
        TimeLimit,
        TimestampOutOfRange,
        TokenBudgetExceeded,
        ToolError,
        VideoError,
        VideoUnknown,
        VideoUnreadable,
        WordsError,
    )
    from playhead_index.index_settings import IndexSettings
    from playhead_index.lifecycle import Problem, RelinkedVideo
    from playhead_index.search.engine import Searcher
    from playhead_index.search.results import (
        Coverage,
        Hit,
        Lane,
        LaneCoverage,
        Modality,
        ModalityCoverage,
        ModalitySummary,
        Moment,
        PassageFit,
        Query,
        Scope,
        SearchResult,
    )
    from playhead_index.speakers import NameProposal, SpeakerSummary
    from playhead_index.store.catalog import Catalog, SegmentRow, SpanRow, VideoRow
    from playhead_index.store.job_table import Stage
    from playhead_index.store.manifest import Manifest
    from playhead_index.store.places import RetiredVersion
    from playhead_index.store.summaries import Summary, SummarySentence
    from playhead_index.store.transcript import TranscriptUnit, UnitLevel
    from playhead_index.video_names import VideoNames
    from playhead_index.window import Window, format_time, parse_time
    from playhead_index.words.protocol import Words, WordTime
    from playhead_tools.entities import Entity
    from playhead_tools.evidence import Answer, Claim, Evidence, Interval
    from playhead_tools.video_llm.client import VlmClient
    from playhead_tools.video_llm.compression_choice import Compression
    from playhead_tools.video_llm.text_guided_selection import FrameScores

__version__ = "0.5.0"
__all__ = [
    "AgentStopped",
    "Answer",
    "Caps",
    "CaptionEstimate",
    "CaptionSettings",
    "CaptionUsage",
    "Catalog",
    "Claim",
    "Clarify",
    "Compression",
    "ConversationTurn",
    "CostLimit",
    "Coverage",
    "DiskFull",
    "Entity",
    "Evidence",
    "Frame",
    "FrameScores",
    "Hit",
    "ImageUnreadable",
    "IndexSettings",
    "Interval",
    "Lane",
    "LaneCoverage",
    "LangChainChat",
    "Library",
    "LibraryError",
    "LibraryLocked",
    "LibraryMismatch",
    "LibraryMissing",
    "LibraryReadOnly",
    "LibraryUnfinished",
    "Limits",
    "Manifest",
    "Modality",
    "ModalityCoverage",
    "ModalitySummary",
    "ModelChoice",
    "ModelError",
    "ModelNames",
    "ModelOutputInvalid",
    "ModelUnavailable",
    "Moment",
    "NameProposal",
    "NoFrames",
    "PassageFit",
    "PlayheadError",
    "Problem",
    "Progress",
    "Query",
    "RelinkedVideo",
    "RetiredVersion",
    "Scope",
    "SearchResult",
    "Searcher",
    "SegmentRow",
    "SpanRow",
    "SpeakerSummary",
    "SpeakerUnknown",
    "Stage",
    "StepLimit",
    "SubtitlesUnreadable",
    "Summary",
    "SummarySentence",
    "Thread",
    "TimeLimit",
    "TimestampOutOfRange",
    "TokenBudgetExceeded",
    "ToolError",
    "TranscriptUnit",
    "UnitLevel",
    "VideoChoice",
    "VideoError",
    "VideoNames",
    "VideoReport",
    "VideoRow",
    "VideoSummary",
    "VideoUnknown",
    "VideoUnreadable",
    "VlmClient",
    "Window",
    "WordTime",
    "Words",
    "WordsError",
    "format_time",
    "parse_time",
    "strategy_names",
]

_HOMES = {
    "Library": "playhead.library",
    "VideoSummary": "playhead.library",
    "IndexSettings": "playhead_index.index_settings",
    "VideoReport": "playhead_index.build",
    "CaptionSettings": "playhead_index.caption_run",
    "CaptionEstimate": "playhead_index.caption_run",
    "CaptionUsage": "playhead_index.caption_run",
    "Answer": "playhead_tools.evidence",
    "Claim": "playhead_tools.evidence",
    "Interval": "playhead_tools.evidence",
    "Entity": "playhead_tools.entities",
    "Evidence": "playhead_tools.evidence",
    "Progress": "playhead_agent.progress",
    "Clarify": "playhead_agent.clarify",
    "Thread": "playhead_agent.persistence.conversations",
    "ConversationTurn": "playhead_agent.persistence.conversations",
    "strategy_names": "playhead_agent.strategies",
    "Caps": "playhead_agent.limits",
    "Compression": "playhead_tools.video_llm.compression_choice",
    "FrameScores": "playhead_tools.video_llm.text_guided_selection",
    "Limits": "playhead_agent.limits",
    "SearchResult": "playhead_index.search.results",
    "Moment": "playhead_index.search.results",
    "Hit": "playhead_index.search.results",
    "PassageFit": "playhead_index.search.results",
    "Query": "playhead_index.search.results",
    "Scope": "playhead_index.search.results",
    "Lane": "playhead_index.search.results",
    "Coverage": "playhead_index.search.results",
    "ModalitySummary": "playhead_index.search.results",
    "ModalityCoverage": "playhead_index.search.results",
    "LaneCoverage": "playhead_index.search.results",
    "Modality": "playhead_index.search.results",
    "Window": "playhead_index.window",
    "format_time": "playhead_index.window",
    "parse_time": "playhead_index.window",
    "VideoRow": "playhead_index.store.catalog",
    "SegmentRow": "playhead_index.store.catalog",
    "SpanRow": "playhead_index.store.catalog",
    "Catalog": "playhead_index.store.catalog",
    "Words": "playhead_index.words.protocol",
    "WordTime": "playhead_index.words.protocol",
    "TranscriptUnit": "playhead_index.store.transcript",
    "UnitLevel": "playhead_index.store.transcript",
    "Summary": "playhead_index.store.summaries",
    "SummarySentence": "playhead_index.store.summaries",
    "SpeakerSummary": "playhead_index.speakers",
    "NameProposal": "playhead_index.speakers",
    "Frame": "playhead_index.decode.protocol",
    "Stage": "playhead_index.store.job_table",
    "RetiredVersion": "playhead_index.store.places",
    "Manifest": "playhead_index.store.manifest",
    "Problem": "playhead_index.lifecycle",
    "RelinkedVideo": "playhead_index.lifecycle",
    "ModelNames": "playhead.models",
    "ModelChoice": "playhead.model_choice",
    "VideoChoice": "playhead.video_models",
    "VideoNames": "playhead_index.video_names",
    "Searcher": "playhead_index.search.engine",
    "VlmClient": "playhead_tools.video_llm.client",
    "LangChainChat": "playhead_agent.models.chat_model",
    "AgentStopped": "playhead_index.errors",
    "CostLimit": "playhead_index.errors",
    "DiskFull": "playhead_index.errors",
    "ImageUnreadable": "playhead_index.errors",
    "LibraryError": "playhead_index.errors",
    "LibraryLocked": "playhead_index.errors",
    "LibraryMismatch": "playhead_index.errors",
    "LibraryMissing": "playhead_index.errors",
    "LibraryReadOnly": "playhead_index.errors",
    "LibraryUnfinished": "playhead_index.errors",
    "ModelError": "playhead_index.errors",
    "ModelOutputInvalid": "playhead_index.errors",
    "ModelUnavailable": "playhead_index.errors",
    "NoFrames": "playhead_index.errors",
    "PlayheadError": "playhead_index.errors",
    "SpeakerUnknown": "playhead_index.errors",
    "StepLimit": "playhead_index.errors",
    "SubtitlesUnreadable": "playhead_index.errors",
    "TimeLimit": "playhead_index.errors",
    "TimestampOutOfRange": "playhead_index.errors",
    "TokenBudgetExceeded": "playhead_index.errors",
    "ToolError": "playhead_index.errors",
    "VideoError": "playhead_index.errors",
    "VideoUnknown": "playhead_index.errors",
    "VideoUnreadable": "playhead_index.errors",
    "WordsError": "playhead_index.errors",
}
"""The module of each public name, in the order of the reference."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'playhead' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
