"""A proxy on this machine in front of a model server: every reply is cached in one SQLite file.

The product is given the proxy's address, so that whatever client it uses, the same request is answered once
by the model and from then on by the file. A run that was stopped goes on, and scoring again calls no model.
"""

import hashlib
import json
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from playhead.api_keys import key_for
from playhead_bench.evaluate.errors import ReplyMissing, RunDamaged
from playhead_index.errors import DiskFull
from playhead_tools.redaction import redact

TIMEOUT_S = 3600.0
"""Of one request to the model server: a small model on a CPU reads a long prompt for minutes."""
NOT_CACHED = frozenset({401, 403, 408, 425, 429})
"""Client errors that say something of the moment, not of the request; those of the server neither."""
MAX_BODY_BYTES = 64 * 2**20
UNREACHABLE = 503
_SCHEMA = """CREATE TABLE IF NOT EXISTS reply (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, content_type TEXT NOT NULL,
    body BLOB NOT NULL, seconds REAL NOT NULL)"""


@dataclass(frozen=True, slots=True)
class CachedReply:
    """One HTTP response of a model server.

    Args:
        status: of HTTP.
        content_type: as the server wrote it.
        body: whole.
        seconds: wall time of the server at the first request.
    """

    status: int
    content_type: str
    body: bytes
    seconds: float


@dataclass(slots=True)
class ProxyUsage:
    """Requests and tokens since the last `CachingProxy.start_usage`; cached replies count in full.

    Args:
        calls: completions that were requested.
        cached_calls: of these, answered from the file.
        prompt_tokens: as the server reported them.
        completion_tokens: likewise.
        seconds: wall time of the server, of cached replies when they were made.
        calls_without_usage: completions whose tokens the server did not report.
        requests: keys of the completions in the cache, in order.
        failure: what the server said when it failed, or could not be reached; empty when it never did.
    """

    calls: int = 0
    cached_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    calls_without_usage: int = 0
    requests: list[str] = field(default_factory=list)
    failure: str = ""


class ReplyCache:
    """Replies in a SQLite file, each by the hash of its whole request.

    Args:
        path: of the file; made with its folder where it is missing.

    Raises:
        RunDamaged: the file is no cache of replies.
        DiskFull: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False)
            with self._db:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise RunDamaged(f"{path}: no cache of replies ({error}); give another --reply-cache") from error
        except OSError as error:
            raise DiskFull(f"{path}: cannot be written ({error.strerror})") from error

    def get(self, key: str) -> CachedReply | None:
        """The reply of a request; None where there is none."""
        with self._lock:
            row = self._db.execute(
                "SELECT status, content_type, body, seconds FROM reply WHERE key = ?", (key,)
            ).fetchone()
        return None if row is None else CachedReply(*row)

    def put(self, key: str, request: bytes, reply: CachedReply) -> None:
        """Stores a reply; it is on the disk when this returns.

        Args:
            key: of the request.
            request: its body, for people who read the file.
            reply: to be stored.

        Raises:
            DiskFull: it cannot be written.
        """
        text = request.decode("utf-8", "replace")
        row = (key, text, reply.status, reply.content_type, reply.body, reply.seconds)
        try:
            with self._lock, self._db:
                self._db.execute("INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.OperationalError as error:
            raise DiskFull(f"{self.path}: cannot be written ({error})") from error

    def exchange(self, key: str) -> tuple[str, str]:
        """(request, reply) of a key as texts, for people.

        Raises:
            ReplyMissing: it is not cached.
        """
        with self._lock:
            row = self._db.execute("SELECT request, body FROM reply WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise ReplyMissing(f"{self.path} has no reply {key}; give the run's own cache by --reply-cache")
        return row[0], row[1].decode("utf-8", "replace")

    def __len__(self) -> int:
        with self._lock:
            ((count,),) = self._db.execute("SELECT count(*) FROM reply")
        return int(count)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def request_key(method: str, path: str, body: bytes) -> str:
    """Hexadecimal digest of all of a request but its headers: method, path with its query, body."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (method.encode(), path.encode(), body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@dataclass
class CachingProxy:
    """The proxy; `base_url` is what the product is given instead of the server's address.

    Use `open_proxy`, which starts and stops it.

    Args:
        cache: where replies are stored.
        upstream: address of the server up to and with `/v1`; empty for a replay, where a request that is not
            cached fails with HTTP 503.
    """

    cache: ReplyCache
    upstream: str
    usage: ProxyUsage = field(default_factory=ProxyUsage)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._request_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._server = _Server(self)
        # no redirects: a key must not follow them to another host; no system proxy in front of this machine
        handlers = [_NoRedirect(), *([ProxyHandler({})] if _is_local(self.upstream) else [])]
        self._opener = build_opener(*handlers)

    @property
    def base_url(self) -> str:
        """Address of the proxy, with the path of the server's."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{urlsplit(self.upstream).path or '/v1'}"

    def start_usage(self) -> ProxyUsage:
        """Begins to count anew.

        Returns:
            The counter, which goes on until the next call of this.
        """
        self.usage = ProxyUsage()
        return self.usage

    def reply(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> CachedReply:
        """The cached reply of a request, else the server's, which is then cached.

        A request that is repeated while the first is under way, as by a client that stopped waiting, waits
        for the reply of the first.
        """
        key = request_key(method, path, body)
        with self._lock:
            request_lock = self._request_locks[key]
        with request_lock:
            found = self.cache.get(key)
            is_cached = found is not None
            if found is None:
                found = self._ask_upstream(method, path, body, headers)
                if found.status < 500 and found.status not in NOT_CACHED:
                    self.cache.put(key, body, found)
        if found.status >= 500:
            self.usage.failure = f"HTTP {found.status}: {found.body[:300].decode('utf-8', 'replace')}"
        elif method == "POST" and found.status == 200:
            self._count(key, found, is_cached)
        return found

    def _ask_upstream(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> CachedReply:
        if not self.upstream:
            return _failure("no reply is cached for this request; run without --replay")
        parts = urlsplit(self.upstream)
        url = f"{parts.scheme}://{parts.netloc}{path}"
        request = Request(url, data=body if method == "POST" else None, headers=headers, method=method)
        key = key_for(self.upstream)
        if key is not None:
            request.add_header("Authorization", f"Bearer {key}")
        began = time.perf_counter()
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                status, kind = answer.status, answer.headers.get("Content-Type", "application/json")
                content = answer.read(MAX_BODY_BYTES)
        except HTTPError as error:
            status, kind = error.code, error.headers.get("Content-Type", "application/json")
            content = error.read(MAX_BODY_BYTES)
        except (URLError, OSError, HTTPException) as error:
            return _failure(redact(f"the model server at {self.upstream} failed: {error}", [key or ""]))
        return CachedReply(status, kind, content, time.perf_counter() - began)

    def _count(self, key: str, reply: CachedReply, is_cached: bool) -> None:
        tokens = reported_tokens(reply.body)
        with self._lock:
            usage = self.usage
            usage.calls += 1
            usage.requests.append(key)
            usage.cached_calls += is_cached
            usage.seconds += reply.seconds
            usage.calls_without_usage += tokens is None
            usage.prompt_tokens += tokens[0] if tokens else 0
            usage.completion_tokens += tokens[1] if tokens else 0


@contextmanager
def open_proxy(path: Path, upstream: str) -> Iterator[CachingProxy]:
    """A proxy that runs until the end of the block.

    Args:
        path: SQLite file of its cache.
        upstream: as `CachingProxy` has it.

    Raises:
        RunDamaged: the file is no cache of replies.
        DiskFull: it cannot be written.
    """
    cache = ReplyCache(path)
    proxy = CachingProxy(cache, upstream.rstrip("/"))
    thread = threading.Thread(target=proxy._server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy._server.shutdown()
        proxy._server.server_close()
        thread.join()
        cache.close()


def reported_tokens(body: bytes) -> tuple[int, int] | None:
    """(prompt, completion) tokens that a completion reports, streamed or whole; None where it does not.

    >>> reported_tokens(b'data: {"usage": {"prompt_tokens": 5, "completion_tokens": 2}}\\n\\ndata: [DONE]\\n')
    (5, 2)
    """
    text = body.decode("utf-8", "replace")
    events = [line[5:] for line in text.splitlines() if line.startswith("data:")] or [text]
    found = None
    for event in events:
        with suppress(ValueError):
            found = _tokens(json.loads(event)) or found
    return found


def _tokens(record: Any) -> tuple[int, int] | None:
    usage = record.get("usage") if isinstance(record, dict) else None
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens", 0)
    return (prompt, completion) if isinstance(prompt, int) and isinstance(completion, int) else None


def _failure(message: str) -> CachedReply:
    body = json.dumps({"error": {"message": message, "type": "proxy_error"}}).encode()
    return CachedReply(UNREACHABLE, "application/json", body, 0.0)


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """None, so that the redirect itself is the reply."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: CachingProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, method: str, body: bytes) -> None:
        names = ("Content-Type", "Authorization", "Accept")
        headers = {name: value for name in names if (value := self.headers.get(name))}
        reply = self.server.proxy.reply(method, self.path, body, headers)
        with suppress(BrokenPipeError, ConnectionResetError):  # the client did not wait; the reply is cached
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
