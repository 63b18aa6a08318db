"""A real HTTP server on this machine that speaks chat completions from a script, and fails as servers do."""

import json
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import serving

FELL_OVER = b'{"error": {"message": "the model fell over"}}'
USAGE = {"prompt_tokens": 100, "completion_tokens": 7}


@dataclass(frozen=True)
class Answer:
    """One reply: text as a completion (streamed when asked for), or a failure.

    A raw body is sent as it is. A stream that is cut ends after so many words, without an end of chunks
    or (`quietly`) with one. `wait_s` passes before the first byte, `between_s` between the words.
    """

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    wait_s: float = 0.0
    between_s: float = 0.0
    cut_after: int | None = None
    quietly: bool = False
    finish: str = "stop"
    message: dict[str, Any] = field(default_factory=dict)
    choice: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=lambda: {"usage": USAGE})


class MadeServer(ThreadingHTTPServer):
    """Replies in order, the last one for ever, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.models: list[dict[str, str]] = [{"id": "made", "owned_by": "vllm"}]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: MadeServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert self.path == "/v1/models"
        self._send(Answer(), json.dumps({"object": "list", "data": self.server.models}).encode())

    def do_POST(self) -> None:
        assert self.path == "/v1/chat/completions"
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        self.server.headers.append(dict(self.headers))
        answer = self.server.answers[min(len(self.server.requests), len(self.server.answers)) - 1]
        time.sleep(answer.wait_s)
        with suppress(BrokenPipeError, ConnectionResetError):  # the client did not wait
            if answer.raw is not None or answer.status != 200:
                self._send(answer, FELL_OVER if answer.raw is None else answer.raw)
            elif request.get("stream"):
                self._stream(answer)
            else:
                self._send(answer, json.dumps(_completion(answer)).encode())

    def _send(self, answer: Answer, body: bytes) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = "Content-Length" in answer.headers  # a false one: nothing more will come

    def _stream(self, answer: Answer) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        words = [f"{word} " for word in answer.text.split(" ")]
        words[-1] = words[-1][:-1]
        self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        for number, word in enumerate(words):
            if number == answer.cut_after:
                if answer.quietly:
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection = True
                return
            time.sleep(answer.between_s)
            choice = answer.choice if number == 0 else {}
            self._event({"choices": [{"index": 0, "delta": {"content": word}, **choice}]})
        self._event({"choices": [{"index": 0, "delta": answer.message, "finish_reason": answer.finish}]})
        self._event({"choices": [], **answer.more})
        self._chunk(": as comment\n\ndata: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, event: dict[str, Any]) -> None:
        self._chunk(f"data: {json.dumps(event)}\n\n")

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def _completion(answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer.text, **answer.message}
    choice = {"index": 0, "message": message, "finish_reason": answer.finish, **answer.choice}
    return {"id": "1", "object": "chat.completion", "choices": [choice], **answer.more}


def made_server(*answers: Answer | str) -> AbstractContextManager[MadeServer]:
    """The server, running until the end of the block."""
    return serving(MadeServer([Answer(a) if isinstance(a, str) else a for a in answers]))
