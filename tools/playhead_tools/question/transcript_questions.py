"""Questions for the words themselves: the transcript of a video, or of a stretch of it."""

from playhead_tools.question_vocabulary import is_the_video, re_any_case

_REQUEST = r"(?:(?:give|show|read|print|write|get|list|what\s+is)(?:\s+(?:me|us))?(?:\s+(?:out|down))?\s+)?"
_OF = r"(?:\s+(?:of|for|from|in)\s+(?P<of>.+))?$"
_TRANSCRIPT = re_any_case(
    rf"^{_REQUEST}(?:(?:the|a)\s+)?(?:(?:full|complete|whole|entire|exact|verbatim)\s+)*",
    rf"(?:transcript|transcription|subtitles)\b{_OF}",
)
_WHAT_IS_SAID = re_any_case(
    r"^(?:read|tell|give|show|quote|write)(?:\s+(?:me|us))?(?:\s+(?:out|down))?\s+(?:exactly\s+)?",
    r"(?:(?:everything|all)(?:\s+that)?|what)\s+(?:is|was)\s+(?:being\s+)?(?:said|spoken)",
    rf"(?:\s+word\s+for\s+word)?{_OF}",
)


def transcript_of(body: str) -> str | None:
    """What the transcript is asked of: "" for the video; None where no transcript is asked for.

    >>> transcript_of("give me the full transcript"), transcript_of("transcript of the interview")
    ('', 'interview')
    >>> transcript_of("what is said about the transcript") is None
    True
    """
    found = _TRANSCRIPT.match(body) or _WHAT_IS_SAID.match(body)
    if found is None:
        return None
    of = (found["of"] or "").strip().removeprefix("the ")
    return "" if not of or is_the_video(of) or is_the_video(f"the {of}") else of
