"""Keys and passwords taken out of text that comes from model servers and their client libraries."""

import os
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

MASK = "***"
MIN_KEY_CHARS = 6
"""Shorter values are no keys but stand-ins such as `none`; replacing them would spoil ordinary words."""
_KEY_VARIABLE = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD)$")
_PATTERNS = (
    (re.compile(r"://[^/\s@]*@"), "://"),
    (re.compile(r"\b(Bearer|Basic)(\s{1,4}|%20)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1\2{MASK}"),
    (re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|ghp)[-_][\w-]{8,}|\bAIza[\w-]{20,}"), MASK),
    (
        re.compile(r"([?&][\w-]{0,24}(?:key|token|secret|password|signature)=)[^&\s\"'#]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
)
"""Passwords in addresses, authorisation headers, keys as providers write them, and tokens in queries."""


def redact(text: str, keys: Iterable[str] = ()) -> str:
    """A message without keys: those given, those of the environment, and whatever is written like one.

    Args:
        text: an error of a server or of its client library, or an address.
        keys: that were sent to the server.

    >>> redact("401: Bearer sk-abcdefgh12 is not valid at https://me:pass@host/v1?api_key=x1")
    '401: Bearer *** is not valid at https://host/v1?api_key=***'
    """
    text = redact_keys(text, keys)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_keys(text: str, keys: Iterable[str] = ()) -> str:
    """A text without the keys given and those of the environment; nothing else in it is touched.

    For what a model wrote, in which something that only looks like a key may be what a video shows.

    >>> redact_keys("it says local-key-1 and Bearer abcdefgh", ["local-key-1"])
    'it says *** and Bearer abcdefgh'
    """
    known = {key for key in (*keys, *environment_keys()) if len(key) >= MIN_KEY_CHARS}
    for key in sorted(known, key=len, reverse=True):
        text = text.replace(key, MASK)
    return text


def environment_keys() -> list[str]:
    """The values of environment variables whose names end as those of keys do."""
    return [value for name, value in os.environ.items() if _KEY_VARIABLE.search(name.upper())]


def passwords(url: str) -> tuple[str, ...]:
    """The password in an address, none where there is none or it is no address.

    >>> passwords("https://me:secret@host/v1")
    ('secret',)
    """
    try:
        password = urlsplit(url).password
    except ValueError:
        return ()
    return () if password is None else (password,)


def redact_values(value: object, keys: Iterable[str] = ()) -> object:
    """JSON values with `redact_keys` applied to every text in them, names of fields included."""
    known = tuple(keys)
    if isinstance(value, str):
        return redact_keys(value, known)
    if isinstance(value, list):
        return [redact_values(one, known) for one in value]
    if isinstance(value, dict):
        return {redact_keys(str(name), known): redact_values(one, known) for name, one in value.items()}
    return value


def safe_cause(error: BaseException, keys: Iterable[str] = ()) -> BaseException | None:
    """The error, to be chained as a cause; None where it, or what caused it, would show a key."""
    known, seen = tuple(keys), set[int]()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        if redact(str(one), known) != str(one):
            return None
        seen.add(id(one))
        one = one.__cause__ or one.__context__
    return error
