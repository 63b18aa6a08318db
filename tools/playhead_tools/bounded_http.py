"""The HTTP client that model servers are asked by: bounded in time and in bytes, never redirected.

A server may be broken or hostile: a body that never ends, one that comes byte by byte, a gzip stream that
inflates to gigabytes, a redirect that would carry the prompt to another host. httpx limits the silence
between two packets, not the whole call, and inflates whatever comes.
"""

import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from typing import Any
from urllib.parse import urlsplit

import httpx

from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import remaining_s
from playhead_tools.redaction import redact

MAX_RESPONSE_BYTES = 4 * 2**20
"""Decoded. A streamed reply of 1,000 tokens with 20 listed log-probabilities each has 2 MB; a reply of 100 MB
took 7 GB in the client libraries behind."""
MAX_ERROR_BYTES = 64 * 2**10
"""Of the body of an error; the rest is not read."""
MAX_ERROR_BODY_S = 5.0
_INFLATED_STEP_BYTES = 64 * 2**10
_EARLY_S = 0.05
"""A socket's timeout may fire this much before the timer of the whole call."""
_MIN_WAIT_S = 0.001
"""A timeout of 0 would mean none to some clients."""
_CODINGS = ("gzip", "x-gzip", "deflate")
_PLAIN_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"}
)


class DeadlineExceeded(ModelUnavailable):
    """A call was not over when its time was; `.seconds` says how much it had."""

    seconds: float = 0.0


class BoundedClient(httpx.Client):
    """An `httpx.Client` whose responses are bounded; for the `openai` package as well as for our own.

    It works in the deadline of `call_deadline`, follows no redirect, takes no compression that it did not
    inflate itself step by step, and reads text as UTF-8 whatever the server declares (Python knows codecs
    that decompress). Every call has a connection of its own, which is shut down when its time is over.
    Proxies of the environment are used as by httpx.

    Args:
        max_bytes: of a decoded response.
        total_s: for one request with its whole response; `call_deadline` may leave less.
        bearer: the key for the `Authorization` header, "" for none; None leaves all headers as they come.
            With a key or "", only what every chat completion needs goes out beside it: a client library adds
            the organisation, the project and custom headers of its own provider to every request.
    """

    def __init__(
        self,
        *,
        max_bytes: int = MAX_RESPONSE_BYTES,
        total_s: float = inf,
        bearer: str | None = None,
    ) -> None:
        super().__init__(follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0))
        self._max_bytes, self._total_s, self._bearer = max_bytes, total_s, bearer

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """The response, read whole unless it is to be streamed.

        Raises:
            DeadlineExceeded: the time was over first.
            ModelOutputInvalid: the response is larger than allowed.
            ModelUnavailable: it is a redirect, or compressed in a way that cannot be bounded.
            httpx.TransportError: the server cannot be reached, or broke off.
        """
        deadline = _Deadline(min(self._total_s, remaining_s()), _place(request.url))
        try:
            sent = self._prepare(request, deadline)
            response = super().send(sent, stream=True, **{**options, "follow_redirects": False})
        except httpx.TransportError as error:
            deadline.end()
            raise deadline.explained(error) from error
        except BaseException:
            deadline.end()
            raise
        response.request = request
        try:
            self._bound(response, deadline)
            if not stream:
                response.read()
        except BaseException:
            response.close()
            deadline.end()
            raise
        return response

    def _prepare(self, request: httpx.Request, deadline: "_Deadline") -> httpx.Request:
        """The request as it goes out; a client library finds its own headers again on the one it made."""
        headers = request.headers.copy()
        headers["Accept-Encoding"] = "identity"
        if self._bearer is not None:
            for name in [name for name in headers if name.lower() not in _PLAIN_HEADERS]:
                del headers[name]
            if self._bearer:
                headers["Authorization"] = f"Bearer {self._bearer}"
        extensions = {
            **request.extensions,
            "trace": deadline.trace,
            "timeout": self._timeouts(request, deadline.seconds),
        }
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=extensions
        )

    def _timeouts(self, request: httpx.Request, left_s: float) -> dict[str, float | None]:
        defaults = request.extensions.get("timeout") or self.timeout.as_dict()
        timeouts = {name: min(inf if wait_s is None else wait_s, left_s) for name, wait_s in defaults.items()}
        return {
            name: None if wait_s == inf else max(wait_s, _MIN_WAIT_S) for name, wait_s in timeouts.items()
        }

    def _bound(self, response: httpx.Response, deadline: "_Deadline") -> None:
        """Puts the bounds between the connection and whoever reads the response.

        Raises:
            ModelUnavailable: the response is a redirect, or compressed as it must not be.
        """
        if response.has_redirect_location:
            where = _target(response.headers["location"][:1_000])
            raise ModelUnavailable(
                f"{deadline.place} redirects to {redact(where)} (HTTP {response.status_code}), which is not"
                " followed; give that address instead if it is the server that you mean"
            )
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        is_error = response.is_error
        if coding not in ("", "identity", *_CODINGS) and not is_error:
            raise ModelUnavailable(
                f"{deadline.place} compressed its response as {coding[:20]!r}, expected none"
            )
        for name in ("content-encoding", "content-length"):
            response.headers.pop(name, None)
        response.encoding = "utf-8"
        if is_error:
            deadline.shorten(MAX_ERROR_BODY_S)
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if coding in _CODINGS else None
        max_bytes = MAX_ERROR_BYTES if is_error else self._max_bytes
        response.stream = _BoundedStream(response.stream, deadline, max_bytes, inflate, cut=is_error)


class _BoundedStream(httpx.SyncByteStream):
    """The decoded bytes of a response; what is too much or too late raises, or with `cut` ends it."""

    def __init__(
        self, source: Any, deadline: "_Deadline", max_bytes: int, inflate: Any, *, cut: bool
    ) -> None:
        self._source, self._deadline, self._max_bytes = source, deadline, max_bytes
        self._inflate, self._cut = inflate, cut

    def __iter__(self) -> Iterator[bytes]:
        left = self._max_bytes
        try:
            for piece in self._decoded():
                if len(piece) > left and not self._cut:
                    raise ModelOutputInvalid(
                        f"{self._deadline.place} sent more than {self._max_bytes / 2**20:g} MiB, which no"
                        " reply needs; it was not read further",
                        "",
                    )
                yield piece[:left]
                left -= len(piece)
                if left <= 0 and self._cut:
                    return
            self._deadline.check()
        except httpx.TransportError as error:
            if self._cut:
                return
            raise self._deadline.explained(error) from error
        except DeadlineExceeded:
            if not self._cut:
                raise
        finally:
            self.close()

    def close(self) -> None:
        self._deadline.end()
        self._source.close()

    def _decoded(self) -> Iterator[bytes]:
        for piece in self._source:
            self._deadline.check()
            if self._inflate is None:
                yield piece
            else:
                yield from self._inflated(piece)

    def _inflated(self, piece: bytes) -> Iterator[bytes]:
        while True:
            try:
                out: bytes = self._inflate.decompress(piece, _INFLATED_STEP_BYTES)
            except zlib.error as error:
                raise ModelUnavailable(
                    f"{self._deadline.place} sent a compressed response that is broken: {error}"
                ) from error
            yield out
            self._deadline.check()
            piece = self._inflate.unconsumed_tail
            if not piece and len(out) < _INFLATED_STEP_BYTES:
                return


class _Deadline:
    """Shuts the connection of one call down when its time is over, in whichever phase the call is.

    httpx measures the silence between two packets. A server that sends a byte a second is never silent, and
    the headers of a response are read without a pause in which a clock could be looked at.
    """

    def __init__(self, seconds: float, place: str) -> None:
        self.seconds, self.place = seconds, place
        self._until_s = time.monotonic() + seconds
        self._is_over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._start(seconds)

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """Called by httpcore as a request goes on; takes hold of the connection when it stands."""
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")):
            with self._lock:
                self._socket = facts["return_value"].get_extra_info("socket")
                if self._is_over:
                    self._shut_down()

    def shorten(self, seconds: float) -> None:
        """Leaves at most so many seconds from now on, and at most half of what is left.

        Half, so that whoever waits for the whole call still learns the status that came.
        """
        self._stop()
        now_s = time.monotonic()
        self._until_s = now_s + min(seconds, max(0.0, self._until_s - now_s) / 2)
        self._start(self._until_s - now_s)

    def check(self) -> None:
        """Nothing while there is time.

        Raises:
            DeadlineExceeded: there is none.
        """
        if self._is_over:
            raise self._exceeded()

    def explained(self, error: httpx.TransportError) -> Exception:
        """The error, or that the time was over where that is why the connection broke."""
        timed_out = isinstance(error, httpx.TimeoutException) and time.monotonic() >= self._until_s - _EARLY_S
        if self._is_over or timed_out:
            return self._exceeded()
        return error

    def end(self) -> None:
        """The call is over."""
        self._stop()
        with self._lock:
            self._socket = None

    def _exceeded(self) -> DeadlineExceeded:
        error = DeadlineExceeded(f"{self.place} did not finish within {self.seconds:.1f} s")
        error.seconds = self.seconds
        return error

    def _start(self, seconds: float) -> None:
        if seconds < threading.TIMEOUT_MAX:
            self._timer = threading.Timer(seconds, self._expire)
            self._timer.daemon = True
            self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        with self._lock:
            self._is_over = True
            self._shut_down()

    def _shut_down(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _place(url: httpx.URL) -> str:
    """The server's address for people: no password, no path, no query."""
    return f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port else "")


def _target(location: str) -> str:
    """Scheme, host and port of a redirect, without user and password.

    >>> _target("http://me:pass@localhost:8001/v1")
    'http://localhost:8001'
    """
    try:
        target = urlsplit(location)
    except ValueError:
        return "something that is no address"
    place = target.netloc.rpartition("@")[2]
    return f"{target.scheme}://{place}" if target.hostname else "another address there"
