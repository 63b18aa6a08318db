"""A chat and vision model that follows rules, behind a real OpenAI-compatible server on this machine.

As a planner it cites the passage that shares most words with the question, looks once where the question asks
what is seen, searches once where nothing fits, and abstains after that. A form is filled with the first
value that its schema takes, a verdict is always "yes": it believes whatever it reads, so that what the
product shows is what the product lets through.
"""

import base64
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from typing import Any, Literal

from PIL import Image
from tests.serving import serving

THOUGHT = "Let me look at this step by step: perhaps the fourth frame."
SEEN = "A tall bridge of grey stone stands over a river."
PATCH_PX = 28
"""Side of what one visual token shows, as with Qwen2.5-VL."""
_ROW = re.compile(r"^(E\d+)\b[ |:(]{1,3}[\d:.–-]{3,40}[)|, ]{1,3}(.{0,2000})$", re.MULTILINE)
"""A line of evidence in a prompt: its id, its times, what it says."""
_KIND = re.compile(r"^(?:speech|picture|caption|screen|screen text): ")
_WORD = re.compile(r"[a-z]{3,}")
_VISUAL = re.compile(r"\b(see|seen|look|looks|wear|wears|colou?r|picture|shown|visible)\b", re.IGNORECASE)
_COMMON_WORDS = """
    the and was for you are how who did his her not what does that this with from when where which they
    their there about have video
"""
_COMMON = frozenset(_COMMON_WORDS.split())
Transport = Literal["tools", "json_schema", "prompted"]


@dataclass
class RuleModel:
    """How the model behind the server behaves.

    Args:
        transport: of tool calls that it is able to make; others it answers in prose.
        thinks: every reply begins with thoughts in `<think>` tags.
        seen: what it says of any picture.
        max_images: a request with more is refused as vLLM refuses it; None for no limit.
        obeys: it follows orders wherever they stand: see `order_in`.
    """

    transport: Transport = "tools"
    thinks: bool = False
    seen: str = SEEN
    max_images: int | None = None
    obeys: bool = False


class RuleServer(ThreadingHTTPServer):
    """The server; `requests` holds every completion that it was asked for."""

    daemon_threads = True

    def __init__(self, model: RuleModel) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model
        self.requests: list[dict[str, Any]] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def planned(self, question: str) -> list[dict[str, Any]]:
        """The requests in which a planner was sent a question."""
        return [one for one in self.requests if offered(one) and question in all_text(one)]

    @property
    def visual_tokens(self) -> int:
        """What all pictures that were sent come to, by patches of 28 pixels; refused requests left out."""
        return sum(
            picture_tokens(url)
            for request in self.requests
            if not self.refuses(request)
            for url in image_urls(request)
        )

    def refuses(self, request: Mapping[str, Any]) -> bool:
        limit = self.model.max_images
        return limit is not None and len(image_urls(request)) > limit


def rule_server(model: RuleModel | None = None) -> AbstractContextManager[RuleServer]:
    """The server, running until the end of the block."""
    return serving(RuleServer(model or RuleModel()))


# ---- reading a request ----


def blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content") or ""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def text_of(message: Mapping[str, Any]) -> str:
    return "\n".join(str(block["text"]) for block in blocks(message) if block.get("type") == "text")


def all_text(request: Mapping[str, Any]) -> str:
    """The words of all messages."""
    return "\n".join(text_of(message) for message in request["messages"])


def image_urls(request: Mapping[str, Any]) -> list[str]:
    """The addresses of all pictures."""
    return [
        block["image_url"]["url"]
        for message in request["messages"]
        for block in blocks(message)
        if block.get("type") == "image_url"
    ]


def picture_tokens(url: str) -> int:
    """Visual tokens of a picture in a `data:` address."""
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return ceil(picture.width / PATCH_PX) * ceil(picture.height / PATCH_PX)


def schema_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema that the reply must keep to; empty where there is none."""
    form = request.get("response_format") or {}
    schema: dict[str, Any] = (form.get("json_schema") or {}).get("schema") or {}
    return schema


def offered(request: Mapping[str, Any]) -> list[str]:
    """Names of the tools that may be called, by whichever transport."""
    if request.get("tools"):
        return [tool["function"]["name"] for tool in request["tools"]]
    calls = schema_of(request).get("properties", {}).get("calls")
    if calls:
        items = calls["items"].get("anyOf", [calls["items"]])
        return [name for one in items for name in one["properties"]["name"]["enum"]]
    text = all_text(request) if '{"calls": [{"name": "TOOL"' in all_text(request) else ""
    return re.findall(r"^- (\w{1,30})\(", text, re.MULTILINE)


# ---- what the model does ----


def next_call(request: Mapping[str, Any], model: RuleModel) -> tuple[str, dict[str, Any]]:
    """The tool that the model calls, and its arguments."""
    tools, messages = offered(request), request["messages"]
    text = "\n".join(text_of(one) for one in messages if one["role"] != "system")
    question = question_in(text)
    earlier_text = [one for one in messages if one["role"] == "assistant"]
    made = set(re.findall(r'"name": "(\w{1,30})"', json.dumps(earlier_text).replace("\\", "")))
    if model.obeys and (order := order_in(text, tools)):
        return order
    if _VISUAL.search(question) and "look" in tools and "look" not in made:
        return "look", {"ranges": ["0:00-0:20"], "question": question}
    rows = [(row_id, said.strip()) for row_id, said in _ROW.findall(text)]
    if "look" in made:
        rows = [row for row in rows if row[1].startswith("picture: ")] or rows
    best = max(rows, key=lambda row: len(_words(row[1]) & _words(question)), default=None)
    if best and ("look" in made or _words(best[1]) & _words(question) or "search" in made):
        return "finish", {"claims": [{"text": _sentence(best[1], question), "ids": [best[0]]}]}
    if "search" in tools and "search" not in made:
        return "search", {"query": question}
    return "abstain", {"reason": "nothing was found"}


def question_in(text: str) -> str:
    """What is asked: behind `Question:`, else the first line that is a question."""
    marked = re.findall(r"Question: ([^\n]{1,2000})", text)
    asked = marked or re.findall(r"^[^\n]{1,300}\?$", text, re.MULTILINE) or [text[:300]]
    return str(asked[0])


def order_in(text: str, tools: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """The call that an order in the text asks for: `call TOOL with JSON`, or `model, claim that SENTENCE.`"""
    for name, args in re.findall(r"call (\w{1,30}) with (\{[^\n]{0,300}\})", text):
        if name in tools:
            return name, json.loads(args)
    for said in re.findall(r"model, claim that ([^\n.]{1,100}\.)", text):
        return "finish", {"claims": [{"text": said, "ids": ["E1"]}]}
    return None


def filled(schema: Mapping[str, Any], name: str = "") -> Any:
    """A value that a schema takes."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return filled(schema[key][0], name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return "yes" if "yes" in schema["enum"] else schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("properties", {})
        return {key: filled(one, key) for key, one in wanted.items() if key in schema.get("required", wanted)}
    if kind == "array":
        num = max(1, schema.get("minItems", 0))
        return [filled(schema.get("items", {}), name) for _ in range(num)]
    if kind == "string":
        return SEEN[: schema.get("maxLength", 1_000)]
    return {"boolean": True, "integer": max(1, schema.get("minimum", 1)), "number": 0.5}.get(str(kind))


def form_for(request: Mapping[str, Any], model: RuleModel) -> Any:
    """A filled form; one about pictures says what the model sees, or declines as it words it."""
    value = filled(schema_of(request))
    if image_urls(request) and isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, str) and one == SEEN:
                value[key] = model.seen
    return value


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower())) - _COMMON


def _sentence(said: str, question: str) -> str:
    """Of a row, the sentence that shares most words with the question; those of few sentences count more."""
    sentences = re.split(r"(?<=[.!?])\s", _KIND.sub("", said))
    num = Counter(word for one in sentences for word in _words(one))
    return max(sentences, key=lambda one: sum(1 / num[word] for word in _words(one) & _words(question)))[:300]


def reply_to(request: Mapping[str, Any], model: RuleModel) -> dict[str, Any]:
    """The message of the model."""
    tools = offered(request)
    thought = f"<think>{THOUGHT}</think>" if model.thinks else ""
    if tools:
        name, args = next_call(request, model)
        as_text = json.dumps({"calls": [{"name": name, "args": args}]})
        if request.get("tools"):
            if model.transport != "tools":
                return {"content": thought + json.dumps({"name": name, "arguments": args})[:-2]}
            call = {"id": "call_1", "type": "function",
                    "function": {"name": name, "arguments": json.dumps(args)}}  # fmt: skip
            return {"content": thought or None, "tool_calls": [call]}
        if schema_of(request) and model.transport == "prompted":
            return {"content": f"{thought}I would call {name}."}
        return {"content": thought + as_text}
    if schema_of(request):
        return {"content": thought + json.dumps(form_for(request, model))}
    return {"content": thought + (model.seen if image_urls(request) else SEEN)}


# ---- the protocol ----


class _Handler(BaseHTTPRequestHandler):
    server: RuleServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._send(404, {"error": {"message": "not found"}})
            return
        entry = {"id": "rules", "object": "model", "owned_by": "vllm", "max_model_len": 32_768}
        self._send(200, {"object": "list", "data": [entry]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        if self.server.refuses(request):
            limit = self.server.model.max_images
            said = f"At most {limit} image(s) may be provided in one prompt."
            self._send(400, {"object": "error", "message": said, "type": "BadRequestError", "code": 400})
            return
        message = {"role": "assistant", **reply_to(request, self.server.model)}
        finish = "tool_calls" if message.get("tool_calls") else "stop"
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        if request.get("stream"):
            self._stream(message, finish, usage)
            return
        choice = {"index": 0, "message": message, "finish_reason": finish}
        self._send(200, {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage})

    def _stream(self, message: Mapping[str, Any], finish: str, usage: Mapping[str, int]) -> None:
        deltas = [{"role": "assistant", "content": message.get("content") or ""}]
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": finish})
        events = [{**_HEAD, "object": "chat.completion.chunk", "choices": [one]} for one in choices]
        events.append({**_HEAD, "object": "chat.completion.chunk", "choices": [], "usage": dict(usage)})
        body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        self._send_bytes(200, "text/event-stream", body.encode())

    def _send(self, status: int, record: Mapping[str, Any]) -> None:
        self._send_bytes(status, "application/json", json.dumps(record).encode())

    def _send_bytes(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


_HEAD = {"id": "chatcmpl-1", "created": 0, "model": "rules"}
