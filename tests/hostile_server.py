"""A server on this machine that answers chat completions as a broken or hostile one would."""

import bz2
import json
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.serving import serving

PIECE = b"x" * 65_536
DRIP_S = 0.05
JSON = "application/json"
MAX_LIFE_S = 60.0
"""A handler that the client left behind gives up by itself."""


class HostileServer(ThreadingTCPServer):
    """Answers every request in one way, and keeps the heads of the requests that arrived."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: "Way", target: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.target = answer, target
        self.heads: list[str] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def num_prompts(self) -> int:
        """How many chat completions were asked for."""
        return sum(head.startswith("POST ") for head in self.heads)

    @property
    def authorizations(self) -> list[str | None]:
        """The `Authorization` header of every request."""
        found = []
        for head in self.heads:
            lines = [line for line in head.split("\r\n") if line.lower().startswith("authorization:")]
            found.append(lines[0].partition(":")[2].strip() if lines else None)
        return found


class _Handler(StreamRequestHandler):
    server: HostileServer

    def handle(self) -> None:
        head = ""
        while (line := self.rfile.readline().decode("latin-1")) not in ("\r\n", ""):
            head += line
        length = [
            line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length")
        ]
        self.rfile.read(int(length[0]) if length else 0)
        self.server.heads.append(head)
        with suppress(OSError):
            self.server.answer(self.wfile.write, self.server)


Write = Callable[[bytes], object]
Way = Callable[[Write, HostileServer], None]


def completion(text: str) -> bytes:
    """The body of a chat completion with this text."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "made", "choices": [choice]}
    return json.dumps(body).encode()


def head(
    status: int = 200, length: int | None = None, kind: str = "application/json", more: str = ""
) -> bytes:
    size = "" if length is None else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{size}{more}Connection: close\r\n\r\n".encode()


def body(content: bytes, status: int = 200, kind: str = JSON, more: str = "") -> Way:
    """The whole content in one piece."""
    return lambda write, server: _all(write, head(status, len(content), kind, more), content)


def _all(write: Write, *parts: bytes) -> None:
    for part in parts:
        write(part)


def _for_ever(write: Write, piece: bytes, pause_s: float = 0.0) -> None:
    until_s = time.monotonic() + MAX_LIFE_S
    while time.monotonic() < until_s:
        write(piece)
        time.sleep(pause_s)


def _endless(write: Write, server: HostileServer) -> None:
    write(head())
    _for_ever(write, PIECE)


def _endless_error(write: Write, server: HostileServer) -> None:
    write(head(400))
    _for_ever(write, PIECE)


def _endless_events(write: Write, server: HostileServer) -> None:
    write(head(kind="text/event-stream"))
    event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "made"}
    choice = {"index": 0, "delta": {"content": "word " * 4_000}, "finish_reason": None}
    _for_ever(write, b"data: " + json.dumps({**event, "choices": [choice]}).encode() + b"\n\n")


def _drip(write: Write, server: HostileServer) -> None:
    write(head())
    _for_ever(write, b" ", DRIP_S)


def _drip_error(write: Write, server: HostileServer) -> None:
    write(head(400))
    _for_ever(write, b"x", DRIP_S)


def _drip_head(write: Write, server: HostileServer) -> None:
    write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _for_ever(write, b"x", DRIP_S)


def _silent(write: Write, server: HostileServer) -> None:
    _for_ever(write, b"", DRIP_S)


def _cut(write: Write, server: HostileServer) -> None:
    _all(write, head(200, 500), b'{"choices": [')


def _huge(write: Write, server: HostileServer) -> None:
    start, end = completion("SPLIT").split(b"SPLIT")
    write(head(200, len(start) + len(end) + 1600 * len(PIECE)))
    _all(write, start, *(PIECE for _ in range(1600)), end)


@cache
def _gzipped_blanks() -> bytes:
    deflate = zlib.compressobj(1, wbits=31)
    return b"".join(deflate.compress(b" " * 2**20) for _ in range(256)) + deflate.flush()


@cache
def _packed_blanks() -> bytes:
    return bz2.compress(b" " * 2**22, 1)


def _gzip_bomb(write: Write, server: HostileServer) -> None:
    packed = _gzipped_blanks()
    _all(write, head(200, len(packed), more="Content-Encoding: gzip\r\n"), packed)


def _codec_bomb(write: Write, server: HostileServer) -> None:
    packed = _packed_blanks()
    _all(write, head(200, len(packed), kind=f"{JSON}; charset=bz2_codec"), packed)


def _redirect(write: Write, server: HostileServer) -> None:
    write(head(307, 0, more=f"Location: {server.target}/chat/completions\r\n"))


NO_COMPLETION: dict[str, Way] = {
    "deep JSON": body(b"[" * 100_000),
    "a web page": body(b"<html><body>Sign in</body></html>", kind="text/html"),
    "null": body(b"null"),
    "no choices": body(b'{"id": "1", "choices": []}'),
    "a codec as the charset": _codec_bomb,
}
TOO_MUCH: dict[str, Way] = {
    "a body that never ends": _endless,
    "100 MB": _huge,
    "a gzip bomb": _gzip_bomb,
    "events that never end": _endless_events,
}
TOO_SLOW: dict[str, Way] = {
    "a byte now and then": _drip,
    "headers byte by byte": _drip_head,
    "silence": _silent,
}
ERRORS: dict[str, Way] = {
    "an error that never ends": _endless_error,
    "an error byte by byte": _drip_error,
}
CUT: dict[str, Way] = {"a connection that breaks": _cut}
REDIRECT = _redirect


@contextmanager
def hostile_server(answer: Way, target: str = "") -> Iterator[HostileServer]:
    """The server, running until the end of the block; `target` is where a redirect leads."""
    with serving(HostileServer(answer, target)) as server:
        yield server
