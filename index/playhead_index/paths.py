"""Paths as text: what is stored and written of a path, whatever bytes its names hold.

A name on disk is bytes, and need not be UTF-8 (old archives, FAT, NFS). SQLite and JSON take Unicode only.
So every path that is stored or written passes `path_to_text`, every stored one is read by `text_to_path`,
and what a person reads is `display_path`.
"""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

BYTES_PREFIX = "bytes://"
"""Begins the text of a path that is not UTF-8. No path's own text holds `//` behind its first sign."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATE_ESCAPES = range(0xDC80, 0xDD00)
_C1_CONTROLS = range(0x80, 0xA0)


def path_to_text(path: Path) -> str:
    """The text that stands for a path in the catalog and in JSON; always valid Unicode.

    A path that is valid UTF-8 is its own text. Any other is `bytes://` and its bytes, those that are no plain
    ASCII as percent escapes (RFC 3986).

    Raises:
        UnicodeEncodeError: the path holds surrogates that stand for no byte; no file can have that name.

    >>> path_to_text(Path("/talks/café.mkv")), path_to_text(Path(os.fsdecode(b"/talks/caf\\xe9.mkv")))
    ('/talks/café.mkv', 'bytes:///talks/caf%E9.mkv')
    """
    raw = os.fsencode(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return BYTES_PREFIX + quote_from_bytes(raw)


def text_to_path(text: str) -> Path:
    """The path for which `path_to_text` gave this text."""
    if text.startswith(BYTES_PREFIX):
        raw = unquote_to_bytes(text.removeprefix(BYTES_PREFIX))
    else:
        raw = text.encode("utf-8", "surrogateescape")
    return Path(os.fsdecode(raw))


def display_path(path: Path | str) -> str:
    r"""A path on one line for people: bytes that are not UTF-8 and control characters are escaped.

    >>> print(display_path(os.fsdecode(b"caf\xe9\n.mkv")))
    caf\xe9\n.mkv
    """
    return _UNPRINTABLE.sub(_escaped, str(path))


def shell_path(path: Path | str) -> str:
    r"""A path as one word of a shell command; names that cannot be typed become `$'...'` (bash, zsh).

    >>> print(shell_path("my talk.mkv"), shell_path(os.fsdecode(b"caf\xe9.mkv")))
    'my talk.mkv' $'caf\xe9.mkv'
    """
    text = str(path)
    if not _UNPRINTABLE.search(text):
        return shlex.quote(text)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{display_path(quoted)}'"


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code in _SURROGATE_ESCAPES:
        return f"\\x{code - 0xDC00:02x}"
    if code in _C1_CONTROLS:  # `\\x85` is the byte, `\\u0085` the sign
        return f"\\u{code:04x}"
    return match.group().encode("unicode_escape").decode("ascii")


def resolve_path(path: Path) -> Path:
    """The absolute path with links followed; links that lead in a circle stay as they are.

    `Path.resolve` raises `RuntimeError` for them before Python 3.13. What can be no path, for it holds a zero
    byte, is given back as it is.
    """
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        return path


def expand_path(path: Path | str) -> Path:
    """The path with `~` and `~user` replaced; left as it is where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def path_exists(path: Path) -> bool:
    """Whether something can be reached at a path; False also where a folder above it may not be entered."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def path_is_gone(path: Path) -> bool:
    """Whether nothing stands at a path, not even a broken link; False where that cannot be known."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False
