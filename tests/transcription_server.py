"""A server on this machine that speaks OpenAI's `/v1/audio/transcriptions`, with replies made by a test."""

import io
import json
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.serving import serving

RATE_HZ = 16_000


@dataclass(frozen=True)
class Request:
    """What arrived: the fields of the form, the sound, and the key."""

    fields: dict[str, list[str]]
    sound: NDArray[np.int16]
    authorization: str | None

    @property
    def duration_s(self) -> float:
        return len(self.sound) / RATE_HZ

    @property
    def form(self) -> str:
        return self.fields["response_format"][0]


Answer = Callable[[Request], tuple[int, Any]]


class TranscriptionServer(ThreadingHTTPServer):
    """Answers transcriptions by a function of the request, and lists some models; 404 for None."""

    daemon_threads = True

    def __init__(self, answer: Answer, models: list[str] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.models = answer, models
        self.requests: list[Request] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: TranscriptionServer

    def do_GET(self) -> None:
        if self.path != "/v1/models" or self.server.models is None:
            self._send(404, {"error": {"message": "not found"}})
        else:
            self._send(200, {"data": [{"id": name, "owned_by": "made"} for name in self.server.models]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        fields: dict[str, list[str]] = {}
        sound = np.zeros(0, np.int16)
        for part in BytesParser().parsebytes(head + body).get_payload():
            name, content = (
                part.get_param("name", header="content-disposition"),
                part.get_payload(decode=True),
            )
            if name == "file":
                with wave.open(io.BytesIO(content)) as file:
                    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
                    sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            else:
                fields.setdefault(name, []).append(content.decode())
        request = Request(fields, sound, self.headers.get("Authorization"))
        self.server.requests.append(request)
        self._send(*self.server.answer(request))

    def _send(self, status: int, reply: Any) -> None:
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def refusal(message: str, status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"message": message}}


@contextmanager
def transcription_server(answer: Answer, models: list[str] | None = None) -> Iterator[TranscriptionServer]:
    """The server, running until the end of the block."""
    with serving(TranscriptionServer(answer, models)) as server:
        yield server
