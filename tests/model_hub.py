"""A model hub on this machine: the few addresses that huggingface_hub asks, and connections that are cut."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class ModelHub:
    """A running hub.

    Args:
        url: what `HF_ENDPOINT` is set to.
        models: folders with files, by the model's name.
        cut: the byte of a file at which every connection that sends it ends; by file name.
        asked: the file and the `Range` of each request for content, in their order.
    """

    url: str
    models: dict[str, Path]
    cut: dict[str, int]
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def model_hub(models: dict[str, Path], cut: dict[str, int] | None = None) -> Iterator[ModelHub]:
    """A hub that serves some models while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.hub = ModelHub(f"http://127.0.0.1:{server.server_port}", models, cut or {})  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *args: object) -> None:
        """Prints nothing."""

    @property
    def _hub(self) -> ModelHub:
        return self.server.hub  # type: ignore[attr-defined,no-any-return]

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/[^/]+)?", path):
            folder = self._hub.models.get(found[1])
            if folder is not None:
                names = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
                record = {"id": found[1], "sha": COMMIT, "siblings": names, "tags": [], "private": False}
                self._send(200, json.dumps(record).encode(), with_body=with_body)
                return
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/[^/]+", path):
            files = sorted(self._hub.models[found[1]].iterdir())
            rows = [{"type": "file", "path": f.name, "size": f.stat().st_size, "oid": COMMIT} for f in files]
            self._send(200, json.dumps(rows).encode(), with_body=with_body)
            return
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            folder = self._hub.models.get(found[1])
            if folder is not None and (folder / found[2]).is_file():
                self._file(folder / found[2], with_body=with_body)
                return
        self._send(404, b"{}", with_body=with_body)

    def _file(self, file: Path, *, with_body: bool) -> None:
        content = file.read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        headers["Accept-Ranges"] = "bytes"
        wanted = self.headers.get("Range", "")
        first = int(re.findall(r"bytes=(\d+)-", wanted)[0]) if with_body and wanted else 0
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        if with_body:
            self._hub.asked.append((file.name, wanted))
        part = content[first:]
        most = max(self._hub.cut.get(file.name, len(content)) - first, 0)
        self._send(206 if first else 200, part, headers, with_body=with_body, most=most)

    def _send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, with_body: bool,
        most: int | None = None,
    ) -> None:  # fmt: skip
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body[:most])
            self.wfile.flush()
        self.close_connection = most is not None and most < len(body)
