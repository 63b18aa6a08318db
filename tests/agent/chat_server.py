"""A real HTTP server on this machine that speaks the OpenAI chat-completions protocol from a script."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import serving

Reply = str | int | float | bytes | Callable[[dict[str, Any]], str]


class ChatServer(ThreadingHTTPServer):
    """Replies in order: text as the assistant's message (or a function of the request that gives it), bytes
    as the whole body, an int as an HTTP status, a float as seconds to wait before anything."""

    daemon_threads = True

    def __init__(self, replies: list[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = replies
        self.requests: list[dict[str, Any]] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        reply = self.server.replies[min(len(self.server.requests), len(self.server.replies)) - 1]
        if isinstance(reply, float):
            time.sleep(reply)
            reply = 503
        if isinstance(reply, int):
            self._send(reply, b'{"error": {"message": "the model fell over"}}')
        elif isinstance(reply, bytes):
            self._send(200, reply)
        else:
            self._send(200, _completion(reply if isinstance(reply, str) else reply(request)))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        with suppress(BrokenPipeError):  # the client did not wait
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def _completion(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "made",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return json.dumps(body).encode()


def chat_server(*replies: Reply) -> AbstractContextManager[ChatServer]:
    """The server, running until the end of the block."""
    return serving(ChatServer(list(replies)))
