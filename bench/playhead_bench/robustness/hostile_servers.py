"""Servers on this machine that speak OpenAI's protocol as a broken or hostile one would."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "broken"
_CHUNK = b"x" * 65_536
MAX_ENDLESS_BYTES = 1 << 33


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Args:
        url: up to and with `/v1`.
        requests: the requested paths, in order.
        keys: the Authorization header of each.
    """

    url: str
    requests: list[str]
    keys: list[str]


HttpReply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


@contextmanager
def serving(reply: HttpReply) -> Iterator[Server]:
    """Inside, a server answers `/models` as it should and every POST with `reply`."""
    requests: list[str] = []
    keys: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.note_request()
            model = {"id": MODEL, "object": "model", "owned_by": "vllm"}
            send_json(self, {"object": "list", "data": [model]})

        def do_POST(self) -> None:
            self.note_request()
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with suppress(BrokenPipeError, ConnectionResetError):
                reply(self, json.loads(body or b"{}"))

        def note_request(self) -> None:
            requests.append(self.path)
            keys.append(self.headers.get("Authorization", ""))

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_address[1]}/v1", requests, keys)
    finally:
        server.shutdown()
        server.server_close()


def send_json(handler: BaseHTTPRequestHandler, record: dict[str, Any], status: int = 200) -> None:
    """Sends a JSON object."""
    data = json.dumps(record).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def chat_reply(content: str) -> HttpReply:
    """Answers every chat completion with the same text."""

    def reply(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        head = {"id": "c1", "object": "chat.completion", "created": 0, "model": MODEL}
        send_json(handler, {**head, "choices": [choice], "usage": usage})

    return reply


def _endless(status: int, begin: bytes) -> HttpReply:
    def reply(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.wfile.write(begin)
        for _ in range(MAX_ENDLESS_BYTES // len(_CHUNK)):
            handler.wfile.write(_CHUNK)

    return reply


endless_error = _endless(400, b'{"error": "')
"""Refuses with status 400 and an error body that does not end (8 GiB)."""
endless_reply = _endless(200, b'{"id": "')
"""Answers with status 200 and a body that does not end (8 GiB)."""


def redirect_to(url: str) -> HttpReply:
    """Sends every request on to another address (status 307)."""

    def reply(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
        handler.send_response(307)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


def key_in_error(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
    """Refuses with status 401 and repeats the API key that came with the request."""
    sent = handler.headers.get("Authorization", "no key")
    message = f"Incorrect API key provided: {sent}"
    send_json(handler, {"error": {"message": message, "type": "invalid_request_error", "code": "key"}}, 401)
