"""One POST to a server that may be busy, slow or broken: timeouts, back-off, and the errors mapped once."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from playhead_index.errors import ModelError, ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import call_deadline, remaining_s
from playhead_tools.redaction import passwords, redact, safe_cause

if TYPE_CHECKING:
    import httpx

    from playhead_tools.bounded_http import BoundedClient

T = TypeVar("T")
_TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MAX_ERROR_CHARS = 400
_EARLY_S = 0.05


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may take.

    Args:
        connect_s: until the connection stands.
        first_byte_s: until the first byte of the reply, and the longest silence after it. A reply that is
            not streamed begins when it is whole.
        total_s: for everything, retries and waiting between them included, bodies of errors too. A
            `call_deadline` that is earlier counts instead.

    Raises:
        ValueError: one of them is not above 0.
    """

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    total_s: float = 600.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"timeouts must be above 0, got {name} = {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class BackOff:
    """How often a failed call is made again, and after how long.

    The n-th wait is `first_s * factor**(n - 1)`, at most `max_s`, made up to `jitter` longer at random. A
    server that says how long to wait (Retry-After) is waited for that long instead.

    Args:
        tries: calls in all, the first one counted.
        first_s: the first wait.
        factor: how much longer each next one is.
        max_s: the longest.
        jitter: 0 for none, 0.25 for up to a quarter longer.

    Raises:
        ValueError: tries is below 1, or a time is negative.
    """

    tries: int = 4
    first_s: float = 0.5
    factor: float = 2.0
    max_s: float = 30.0
    jitter: float = 0.25

    def __post_init__(self) -> None:
        if self.tries < 1 or min(self.first_s, self.max_s, self.jitter) < 0 or self.factor < 1:
            raise ValueError(f"a back-off needs at least one try and no negative times, got {self}")

    def wait_s(self, failures: int, random: float) -> float:
        """Seconds to wait after so many failures, with a number in [0, 1) for the jitter.

        >>> [BackOff(first_s=1, max_s=5).wait_s(n, random=0.0) for n in (1, 2, 3, 4)]
        [1.0, 2.0, 4.0, 5.0]
        """
        wait_s: float = min(self.first_s * self.factor ** (failures - 1), self.max_s)
        return wait_s * (1 + self.jitter * random)


class PostRefused(Exception):
    """The server understood and said no (HTTP 4xx): asking the same again is no use."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.status, self.message = status, message


class ReplyInterrupted(Exception):
    """The reply was cut off or the server failed in the middle of it: asking again may help."""


class _Busy(Exception):
    def __init__(self, status: int, message: str, retry_after_s: float | None) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is sent with a form (`multipart/form-data`).

    Args:
        field: name of its field.
        name: of the file.
        content: its bytes.
        kind: media type.
    """

    field: str
    name: str
    content: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a reply as they arrive, and the clock by which they are timed.

    Args:
        lines: without their ends.
        began_s: when the request was sent, by the same clock.
        clock: seconds, going up.
    """

    lines: Iterator[str]
    began_s: float
    clock: Callable[[], float]

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was sent."""
        return self.clock() - self.began_s


@dataclass(frozen=True, slots=True)
class PostResult(Generic[T]):
    """What a POST gave, and how many tries failed before."""

    value: T
    retries: int


@dataclass(slots=True)
class Poster:
    """Posts JSON to one address.

    Args:
        url: whole address.
        headers: sent with every request; where the key stands, so never shown.
        timeouts: how long a call may take.
        back_off: how often a failed one is made again.
        max_bytes: of a response; None for what `BoundedClient` allows.
        advice: what to do, beside a longer timeout, where a call takes too long.
        sleep: waits; another one in tests.
        clock: seconds, going up.
        random: for the jitter.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)
    back_off: BackOff = field(default_factory=BackOff)
    max_bytes: int | None = None
    advice: str = "ask for fewer frames or new tokens"
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    random: Random = field(default_factory=Random, repr=False)
    _client: "BoundedClient | None" = field(default=None, init=False, repr=False)

    @property
    def place(self) -> str:
        """The address for people, without a password or a key."""
        return redact(self.url, self.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """What is sent and must never be shown."""
        sent = [value.removeprefix("Bearer ").strip() for value in self.headers.values()]
        return (*sent, *passwords(self.url))

    def post(
        self, body: Mapping[str, Any], parse: Callable[[Lines], T], upload: Upload | None = None
    ) -> PostResult[T]:
        """What `parse` makes of the reply; a call that fails in passing is made again.

        Args:
            body: sent as JSON; with an upload as the fields of a form, of which each value is a text or a
                list of texts.
            parse: takes the lines of a reply; raises `ReplyInterrupted` when it was cut off.
            upload: a file that is sent too.

        Raises:
            PostRefused: HTTP 4xx other than those that pass.
            ModelUnavailable: all tries failed, the time is used up, or the address redirects elsewhere.
            ModelOutputInvalid: the response is larger than allowed.
        """
        deadline_s = self.clock() + self.timeouts.total_s
        failures = 0
        while True:
            try:
                with call_deadline(deadline_s - self.clock()), self._errors_redacted(deadline_s):
                    return PostResult(self._post_once(body, parse, upload), failures)
            except (_Busy, ReplyInterrupted) as error:
                failures += 1
                self._wait(error, failures, deadline_s)

    def close(self) -> None:
        """Lets go of the connections that are kept for the next call; a later call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @contextmanager
    def _errors_redacted(self, deadline_s: float) -> Iterator[None]:
        """Inside, no error shows a key; one of the deadline says which timeout to raise."""
        from playhead_tools.bounded_http import DeadlineExceeded

        try:
            yield
        except DeadlineExceeded as error:
            is_own = self.clock() >= deadline_s - _EARLY_S
            allowed = f"{self.timeouts.total_s:g}" if is_own else f"the {error.seconds:.1f}"
            advice = "raise the timeout total_s, or" if is_own else "raise the seconds of the run, or"
            raise DeadlineExceeded(
                f"{self.place} did not finish within {allowed} s{'' if is_own else ' that were left'};"
                f" {advice} {self.advice}"
            ) from safe_cause(error, self.keys)
        except ModelOutputInvalid as error:
            message, raw_text = redact(str(error), self.keys), redact(error.raw_text, self.keys)
            raise ModelOutputInvalid(message, raw_text) from safe_cause(error, self.keys)
        except (ModelError, ReplyInterrupted) as error:
            raise type(error)(redact(str(error), self.keys)) from safe_cause(error, self.keys)

    def _post_once(self, body: Mapping[str, Any], parse: Callable[[Lines], T], upload: Upload | None) -> T:
        import httpx

        from playhead_tools.bounded_http import MAX_RESPONSE_BYTES, BoundedClient

        began_s = self.clock()
        client = self._client or BoundedClient(max_bytes=self.max_bytes or MAX_RESPONSE_BYTES)
        self._client = client
        timeout = httpx.Timeout(self.timeouts.first_byte_s, connect=self.timeouts.connect_s)
        sent: dict[str, Any] = {"json": dict(body)}
        if upload is not None:
            file = (upload.name, upload.content, upload.kind)
            sent = {"data": dict(body), "files": {upload.field: file}}
        try:
            with client.stream(
                "POST", self.url, headers=dict(self.headers), timeout=timeout, **sent
            ) as response:
                self._check_status(response)
                return parse(Lines(_lines(response.iter_text()), began_s, self.clock))
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ModelUnavailable(f"{self.place} is no address of a server: {error}") from error
        except httpx.TimeoutException as error:
            raise ReplyInterrupted(f"{type(error).__name__} after {self.clock() - began_s:.1f} s") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise ReplyInterrupted(f"{type(error).__name__}: {error}") from error

    def _check_status(self, response: "httpx.Response") -> None:
        if response.status_code < 300:
            return
        response.read()
        message = redact(" ".join(response.text.split()), self.keys)[:_MAX_ERROR_CHARS] or "no message"
        if response.status_code in _TRANSIENT:
            raise _Busy(response.status_code, message, retry_after_s(response.headers))
        raise PostRefused(response.status_code, message)

    def _wait(self, error: _Busy | ReplyInterrupted, failures: int, deadline_s: float) -> None:
        """Waits before the next try, or raises when there is none."""
        if failures >= self.back_off.tries:
            times = "once" if failures == 1 else f"{failures} times"
            raise ModelUnavailable(f"{self.place} was asked {times}: {error}; is it up?") from error
        server_wait_s = error.retry_after_s if isinstance(error, _Busy) else None
        wait_s = (
            self.back_off.wait_s(failures, self.random.random()) if server_wait_s is None else server_wait_s
        )
        if self.clock() + wait_s >= deadline_s or wait_s >= remaining_s():
            raise ModelUnavailable(
                f"{self.place}: {error}; the next try would come in {wait_s:.1f} s, after the"
                f" {self.timeouts.total_s:g} s of the timeout total_s"
            ) from error
        self.sleep(wait_s)


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """Lines without their ends; however small the pieces are, each character is copied twice at most."""
    begun: list[str] = []
    for piece in pieces:
        first, *more = piece.split("\n")
        begun.append(first)
        for line in more:
            yield "".join(begun).rstrip("\r")
            begun = [line]
    if rest := "".join(begun):
        yield rest


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a server asks to wait, from Retry-After (seconds or a date, RFC 9110 10.2.3) or
    retry-after-ms; None where it says nothing that can be read.

    >>> retry_after_s({"retry-after": "1.5"}), retry_after_s({"retry-after": "soon"})
    (1.5, None)
    """
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if value.replace(".", "", 1).isdecimal():
            return float(value) * unit_s
    value = headers.get("retry-after", "")
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
