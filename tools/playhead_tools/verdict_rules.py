"""What may be stated about a scope, decided from what of it was searched: the one place for that decision.

Some statements need no more than their evidence: "it is said at 0:12". Others are about all of the scope:
that something is absent, "no", "never", a number, the first, the last, the longest. These are allowed only
where everything that could show what is asked was searched, in every video and to the end of its stretch.

What counts as searched, for each modality:
    speech, screen text   the words of every video are stored to the end, and this question searched them
    pictures              a video-LLM viewed all that could show it (`SearchedExtent.pictures_viewed`), or
                          the pictures of every video were compared with the question by a model whose
                          threshold is calibrated (`picture_threshold`): a score below it says "not there"
    captions              nothing: they are a model's words, and rule out nothing
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from playhead_index.search.results import Coverage, Lane, Modality
from playhead_tools.evidence import LANE_NAMES, Claim, Reason, Status, is_searched, missing_videos
from playhead_tools.required_detail import Detail, claim_states_detail, required_detail, states_detail
from playhead_tools.spec import EVERY, Kind, QuestionSpec

Statement = Literal["absent", "no", "never", "count", "duration", "order", "first", "last", "all"]
"""Statements about all of the scope. `no` and `never` answer a question, `absent` says that there is no
answer; `all` lists every place."""
NEGATIVE: frozenset[Statement] = frozenset({"absent", "no", "never"})

MODALITIES_OF: dict[Kind, tuple[Modality, ...]] = {
    "speech": ("speech",),
    "screen": ("screen",),
    "picture": ("picture",),
    "any": ("speech", "screen", "picture"),
}
"""The modalities that could show what is said, written or seen; `any` where a question does not tell."""

_PLAIN_NO = re.compile(r"\s*(?:no|nope|none|never|nobody|nothing|zero|0)\b(?!\s*\d)", re.IGNORECASE)
_NEVER = re.compile(
    r"\b(?:never|nowhere|nobody|no one|none of|not once|at no (?:point|time)"
    r"|not (?:mentioned|shown|said|seen))\b",
    re.IGNORECASE,
)

_NO_SUCH = re.compile(
    r"\b(?:there (?:is|are|was|were) (?:no|not (?:any|a))|(?:does|do|did) not (?:appear|occur|come up|exist)"
    r"|(?:isn|aren|wasn|weren)'t (?:any|mentioned|shown|said|seen)|without (?:any )?mention)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|without|\w+n['’]t)\b", re.IGNORECASE
)
_ASKS_COUNT = re.compile(r"\bhow (?:often|many (?:different )?times)\b|\bnumber of times\b", re.IGNORECASE)
_ASKS_NUMBER = re.compile(r"\b(?:how many|(?:total )?number of|count)\b", re.IGNORECASE)
_ASKS_RANK = re.compile(
    r"\b(first|last|final|earliest|latest)(?:ly)? (?:time|mention|appearance|occurrence|occasion"
    r"|mentioned|said|says|shown|seen|appears?|mentions?|comes? up)\b",
    re.IGNORECASE,
)
_ASKS_ORDER = re.compile(
    r"\b(?:in (?:what|which) order|(?:correct|chronological|right) order|longest)\b", re.IGNORECASE
)
_ASKS_WRITTEN = re.compile(
    r"\b(?:on[ -]?screen|slides?|captions?|subtitles?|title card|written|writes?|text)\b", re.IGNORECASE
)
_ASKS_SPOKEN = re.compile(
    r"\b(?:say|says|said|saying|mention|mentions|mentioned|tell|tells|told|talk|talks|talked|talking|speak|speaks"
    r"|spoke|discuss|discusses|discussed|discussion|explain|explains|explained|speech|think|thinks|thought)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SearchedExtent:
    """What of a scope was searched for one question.

    Args:
        coverage: lanes that were searched, and how much of each video they can search; None before any
            search.
        picture_threshold: the score of the picture search is calibrated, so that it can rule out.
        pictures_viewed: a video-LLM viewed all that could show what is asked, and did not decline to tell.
    """

    coverage: Coverage | None
    picture_threshold: bool = False
    pictures_viewed: bool = False


@dataclass(frozen=True, slots=True)
class AllowedVerdict:
    """Whether a statement about all of a scope may be made, and what was not searched for it.

    Args:
        statement: that was asked for.
        is_allowed: everything that could show it was searched.
        not_covered: for each modality that was not searched to the end, what is missing, for people.
    """

    statement: Statement
    is_allowed: bool
    not_covered: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """The status of an answer that makes the statement, as far as it is allowed.

        A negative that is not allowed is no answer at all; a number that is not allowed is one of what was
        searched.
        """
        if self.statement == "absent" or (self.statement in NEGATIVE and not self.is_allowed):
            return "abstained"
        return "answered" if self.is_allowed else "partial"

    @property
    def reason(self) -> Reason:
        """The reason that goes with the status."""
        if not self.is_allowed:
            return "unknown"
        return "absent" if self.statement == "absent" else ""

    @property
    def sentence(self) -> str:
        """What was not searched; empty when everything was."""
        return "; ".join(self.not_covered)


def allowed_verdict(statement: Statement, kinds: Iterable[Kind], extent: SearchedExtent) -> AllowedVerdict:
    """Whether a statement about all of a scope may be made.

    Args:
        statement: that would be made.
        kinds: where what is asked stands; several where a question also names anchors of other kinds.
        extent: what was searched.

    >>> from playhead_index.search.results import LaneCoverage, ModalityCoverage, ModalitySummary
    >>> clip = ModalityCoverage("c", "speech", "not_covered", 0.0, 60.0, "no speech model", "clip.mp4")
    >>> speech = ModalitySummary("speech", 2, 0, 300.0, 360.0, (clip,))
    >>> coverage = Coverage(3, 9, 360.0, (LaneCoverage("speech", True, 40),), modalities=(speech,))
    >>> verdict = allowed_verdict("absent", ["speech"], SearchedExtent(coverage))
    >>> verdict.status, verdict.reason, verdict.sentence
    ('abstained', 'unknown', 'speech was searched in 2 of 3 videos, not in clip.mp4 (no speech model)')
    """
    if extent.coverage is None or not extent.coverage.videos:
        return AllowedVerdict(statement, False, ("nothing was searched",))
    needed = dict.fromkeys(modality for kind in kinds for modality in MODALITIES_OF[kind])
    missing = tuple(why for modality in needed if (why := _why_missing(modality, extent.coverage, extent)))
    return AllowedVerdict(statement, not missing, missing)


def _why_missing(modality: Modality, coverage: Coverage, extent: SearchedExtent) -> str:
    """Why a modality was not searched to the end; empty when it was."""
    if modality == "picture" and extent.pictures_viewed:
        return ""
    lane: Lane = modality
    line = next((line for line in coverage.lanes if line.lane == lane), None)
    summary = coverage.modality(modality)
    name = LANE_NAMES[lane]
    was = "were" if modality == "picture" else "was"
    if summary is not None and not summary.num_applicable and summary.num_not_applicable:
        return ""
    if line is None:
        return f"{name} {was} not searched"
    if summary is None:
        return f"it is not known how much of the {name} can be searched"
    if not is_searched(line, coverage):
        why_not = line.why_not or "no reason was given"
        return missing_videos(summary) or f"{name} {was} not searched: {why_not}"
    if modality == "picture" and not extent.picture_threshold:
        return "pictures were ranked, and no video model viewed all that could show it"
    return ""


def missing_detail(
    spec: QuestionSpec, claims: Iterable[Claim], texts: Mapping[str, str], *, by_model: bool
) -> Detail | None:
    """The detail that a question asks for and an answer does not state; None where nothing is missing.

    A mention is not an answer: where this is not None, an answer is partial at most.

    Args:
        spec: the question.
        claims: the claims of the answer that held.
        texts: the words of each evidence by its id.
        by_model: a chat model wrote the claims, so that their own words count too.
    """
    detail = required_detail(spec)
    if detail is None:
        return None
    for claim in claims:
        cited = [texts[i] for i in claim.evidence_ids if i in texts]
        if states_detail(detail, spec, cited):
            return None
        if by_model and claim_states_detail(detail, spec, claim.text, " ".join(cited)):
            return None
    return detail


def kinds_of(spec: QuestionSpec) -> tuple[Kind, ...]:
    """Where what a question asks about stands: its target, and the anchors that it is tied to in time."""
    anchors = spec.relation.anchors if spec.relation is not None else ()
    return tuple(dict.fromkeys([spec.wanted, *(anchor.kind for anchor in anchors)]))


def requested_statement(spec: QuestionSpec) -> Statement | None:
    """The statement about all of the scope that a question asks for; None where one place answers it."""
    if spec.of_video:
        return None
    if spec.intent == "count":
        return "count"
    if spec.intent == "how_long" and not (spec.relation is not None and spec.relation.kind == "between"):
        return "duration"
    if spec.intent == "order" or spec.superlative:
        return "order"
    if spec.ordinal == EVERY:
        return "all"
    if spec.ordinal is not None:
        return "first" if spec.ordinal > 0 else "last"
    return None


def stated_in_answer(spec: QuestionSpec, text: str) -> Statement | None:
    """The statement about all of the scope that the words of an answer make; None for one that makes none.

    >>> from playhead_tools.question import parse_question
    >>> stated_in_answer(parse_question("Is there a dog?"), "No, there is no dog.")
    'no'
    >>> stated_in_answer(parse_question("What does the dog do?"), "It sleeps.") is None
    True
    """
    requested = requested_statement(spec)
    if _NEVER.search(text):
        return "never"
    if spec.intent == "yes_no" or requested is None:
        return "no" if _PLAIN_NO.match(text) else None
    return requested


# ---- without a question that was taken apart: from the words of a question and of a claim alone ----


def kinds_in_question(question: str) -> tuple[Kind, ...]:
    """Where a question says that its answer stands; anywhere where it does not say, or says two of them.

    >>> kinds_in_question("Does he mention Kafka?"), kinds_in_question("Is there a dog?")
    (('speech',), ('any',))
    """
    is_spoken, is_written = _ASKS_SPOKEN.search(question), _ASKS_WRITTEN.search(question)
    if bool(is_spoken) == bool(is_written):
        return ("any",)
    return ("speech",) if is_spoken else ("screen",)


def statement_in_question(question: str) -> Statement | None:
    """The statement about all of the scope that the words of a question ask for; None where there is none.

    >>> statement_in_question("How often does it ring?"), statement_in_question("When is it first mentioned?")
    ('count', 'first')
    >>> statement_in_question("What does he do first?") is None
    True
    """
    if _ASKS_COUNT.search(question):
        return "count"
    if found := _ASKS_RANK.search(question):
        return "first" if found[1].lower() in ("first", "earliest") else "last"
    return "order" if _ASKS_ORDER.search(question) else None


def asks_number(question: str) -> bool:
    """Whether a question asks how many of something there are."""
    return _ASKS_NUMBER.search(question) is not None


def negative_statement(claim: str, cited: str) -> Statement | None:
    """The negative statement about all of the scope that a claim makes; None where what it cites says it.

    >>> negative_statement("Kafka is never mentioned.", "we go on")
    'never'
    >>> negative_statement("He is never late.", "I am never late") is None
    True
    """
    statement: Statement | None = None
    if _NEVER.search(claim) or _NO_SUCH.search(claim):
        statement = "never"
    elif _PLAIN_NO.match(claim):
        statement = "no"
    return None if statement is None or _NEGATION.search(cited) else statement
