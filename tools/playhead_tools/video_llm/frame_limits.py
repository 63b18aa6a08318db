"""How many frames a server takes in one request, learnt from the words with which it refuses more."""

import re

PAYLOAD_TOO_LARGE = 413
_IMAGES = (
    r"(?:images?|image\(s\)|image_urls?|pictures?|frames?|photos?|attachments?"
    r"|multi-?modal (?:items?|inputs?|data))"
)
_LIMITS = r"(?:at most|up to|max|only|limit|exceed|more than|greater than|allow|too many)"
_STATED_LIMIT = re.compile(
    r"(?:at most|up to|max(?:imum)?(?: of| is|:)?|limit(?: of| is|:)|only(?: supports?)?|no more than"
    rf"|allows?|supports?) (\d{{1,4}}) (?:[a-z]+ )?{_IMAGES}"
)
_TOO_MANY = re.compile(rf"{_LIMITS}[^.]{{0,80}}\b{_IMAGES}|{_IMAGES}\b[^.]{{0,80}}{_LIMITS}")
_TOO_LARGE = re.compile(r"\b(?:pixels?|resolution|dimensions?|megabytes?|mb|bytes)\b")
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|maximum (?:context|number of tokens|prompt)|too many tokens|n_ctx"
    r"|(?:prompt|input) (?:is )?too long|exceeds the (?:available|maximum) (?:context|number of tokens)"
)


def max_frames_after(status: int, message: str, num_frames: int) -> int | None:
    """How many frames to send after a server refused a request; None where fewer would not help.

    Half of them, or what the message names where that is fewer.

    Args:
        status: HTTP status of the refusal.
        message: of the server, in lower case.
        num_frames: frames that the request held.

    >>> max_frames_after(400, "at most 8 image(s) may be provided in one request.", 16)
    8
    >>> max_frames_after(400, "too many images: 16 > 10", 16), max_frames_after(400, "bad api key", 16)
    (8, None)
    """
    about_images = _TOO_MANY.search(message) and not _TOO_LARGE.search(message)
    if num_frames < 2 or not (status == PAYLOAD_TOO_LARGE or about_images or _TOO_LONG.search(message)):
        return None
    named = [int(number) for number in _STATED_LIMIT.findall(message)] if about_images else []
    half = num_frames // 2
    return min([number for number in named if 0 < number < num_frames] or [half])
