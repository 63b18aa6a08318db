"""Questions about several videos: in which of them something is, or in how many."""

from playhead_tools.question_vocabulary import VIDEO, re_any_case

_OF_THEM = r"(?:\s+of)?(?:\s+(?:all|the|these|those|my|our|your))*"
_EACH = re_any_case(
    rf"^(?:(?:(?:in|on)\s+)?(?:what|which|how\s+many)(?:\s+one)?{_OF_THEM}\s+{VIDEO}\b|",
    rf"(?:name|list|count|give|find|tell)(?:\s+me)?(?:\s+(?:all|the|every|each))*\s+{VIDEO}",
    r"\s+(?:in\s+which|where|that|which|with|showing|saying)\b)",
)
_ONE_OF = re_any_case(
    rf"^(?P<front>(?:in\s+|on\s+)?(?:what|which))(?:\s+one)?\s+of(?:\s+(?:all|the|these|those|my|our|your))+\s+{VIDEO}\b"
)


def of_each_video(body: str) -> bool:
    """Whether the answer is a video, or a number of them.

    >>> of_each_video("In how many of the videos is there a red star"), of_each_video("how many stars jump")
    (True, False)
    """
    return _EACH.match(body) is not None


def one_of_them(body: str) -> str:
    """A question that says `which video` where it said `which of the videos`.

    >>> one_of_them("In which of these videos does the red dog jump")
    'In which video does the red dog jump'
    """
    return _ONE_OF.sub(r"\g<front> video", body)
