"""Servers on this machine that answer as those of model providers do, each with its own shapes and refusals.

Where the shapes come from stands at each class. What the model behind them says is a rule: it calls `search`,
then `finish`; it fills a form with the first value that its schema takes; it names the colour red of a
picture where it sees any.
"""

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "test-key-0123456789"
Answer = tuple[int, Any]


class ProviderServer(ThreadingHTTPServer):
    """OpenAI's chat completions (developers.openai.com/api/reference); base of the others."""

    daemon_threads = True
    path, model = "/v1", "gpt-4o"
    takes_tools = keeps_schema = sees = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        """Of all requests, those without a prompt too."""
        self.status: int | None = None
        """Answers every completion with this HTTP error."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.path}"

    def get(self, path: str) -> Answer:
        if path == f"{self.path}/models":
            return 200, {"object": "list", "data": [self.entry()]}
        return 404, self.error(404, "not found")

    def entry(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "created": 1715367049, "owned_by": "system"}

    def post(self, path: str, request: dict[str, Any], key: str) -> Answer:
        if path != f"{self.path}/chat/completions":
            return 404, self.error(404, "not found")
        self.requests.append(request)
        if key != f"Bearer {KEY}":
            return 401, self.error(401, f"Incorrect API key provided: {key[-12:]}.")
        if self.status is not None:
            return self.status, self.error(self.status, "as the test wants it")
        return self.refusal(request) or (200, self.completion(request))

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        return None

    def error(self, status: int, message: str) -> Any:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}

    def completion(self, request: Mapping[str, Any]) -> dict[str, Any]:
        message, finish = self.message(request)
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
            "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100},
        }

    def message(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """What the model says, and why it ends."""
        call = next_call(request["messages"])
        wanted = request.get("response_format")
        if request.get("tools") and self.takes_tools:
            if request.get("tool_choice"):
                function = request["tools"][0]["function"]
                call = function["name"], filled(function["parameters"])
            return {"content": None, "tool_calls": [tool_call(*call)]}, "tool_calls"
        if request.get("tools"):
            return {"content": as_text(*call)}, "stop"
        if wanted is not None and self.keeps_schema:
            schema = wanted["json_schema"]["schema"]
            value = called(*call) if "calls" in schema["properties"] else filled(schema)
            return {"content": json.dumps(value)}, "stop"
        return {"content": self.prose(request)}, "stop"

    def prose(self, request: Mapping[str, Any]) -> str:
        if has_image(request) and self.sees:
            return "Red."
        return "At 0:12 somebody says good morning."


class OpenAIReasoning(ProviderServer):
    """o3, gpt-5: no `max_tokens`, no `temperature` but 1; the messages are those of the issues quoted.

    github.com/decolua/9router/issues/560, github.com/johny-b/llmcomp/issues/69
    """

    model = "deployment-7"

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        said = {
            "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "temperature": "Unsupported value: 'temperature' does not support 0.0 with this model. Only the "
            "default (1) value is supported.",
        }
        found = next((text for name, text in said.items() if name in request), "")
        return (400, self.error(400, found)) if found else None


class Gemini(ProviderServer):
    """Google's OpenAI-compatible endpoint: errors are a list, a wrong key is a 400, calls need a signature.

    ai.google.dev/gemini-api/docs/openai and .../thought-signatures;
    github.com/continuedev/continue/issues/11759
    """

    path, model = "/v1beta/openai", "gemini-3-flash"

    def get(self, path: str) -> Answer:
        if path == f"/v1beta/models/{self.model}":
            return 200, {"name": f"models/{self.model}", "version": "3", "inputTokenLimit": 1_048_576,
                         "outputTokenLimit": 65_536, "thinking": True}  # fmt: skip
        return 404, self.error(404, "not found")

    def post(self, path: str, request: dict[str, Any], key: str) -> Answer:
        status, body = super().post(path, request, key)
        wrong = 400, self.error(400, "API key not valid. Please pass a valid API key.")
        return wrong if status == 401 else (status, body)

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        calls = [call for message in request["messages"] for call in message.get("tool_calls") or ()]
        if any("extra_content" not in call for call in calls):
            said = "Function call is missing a thought_signature in functionCall parts."
            return 400, self.error(400, said)
        return None

    def error(self, status: int, message: str) -> Any:
        names = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
        return [{"error": {"code": status, "message": message, "status": names.get(status, "UNKNOWN")}}]


class OpenRouter(ProviderServer):
    """openrouter.ai/docs/models and openrouter.ai/docs/errors: prices a token as text, errors with a code."""

    path, model = "/api/v1", "qwen/qwen3-vl-8b-instruct"

    def entry(self) -> dict[str, Any]:
        return {
            "id": self.model,
            "canonical_slug": self.model,
            "context_length": 131_072,
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
            "pricing": {"prompt": "0.00000018", "completion": "0.0000007", "request": "0", "image": "0"},
            "supported_parameters": ["tools", "structured_outputs", "temperature", "max_tokens"],
        }

    def error(self, status: int, message: str) -> Any:
        return {"error": {"code": status, "message": message, "metadata": {"provider_name": "Somebody"}}}


class Ollama(ProviderServer):
    """docs.ollama.com/api: `/api/show` tells abilities, `/api/ps` the context of what is loaded.

    A model without the ability refuses tools: github.com/ollama/ollama/issues/14795 and many more. Thoughts
    come in `reasoning` (docs.ollama.com/openai).
    """

    model, sees = "deepseek-r1:8b", False

    def entry(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "created": 1, "owned_by": "library"}

    def get(self, path: str) -> Answer:
        if path == "/api/ps":
            return 200, {"models": [{"name": self.model, "model": self.model, "context_length": 16_384}]}
        return super().get(path)

    def post(self, path: str, request: dict[str, Any], key: str) -> Answer:
        if path == "/api/show":
            abilities = ["completion", "thinking"]
            return 200, {"parameters": "temperature 0.6\nnum_ctx 8192", "capabilities": abilities,
                         "details": {"family": "qwen2"}}  # fmt: skip
        return super().post(path, request, key)

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        if request.get("tools"):
            return 400, self.error(400, f"registry.ollama.ai/library/{self.model} does not support tools")
        return None

    def error(self, status: int, message: str) -> Any:
        return {"error": {"message": message, "type": "api_error", "param": None, "code": None}}

    def message(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        message, finish = super().message(request)
        return {**message, "reasoning": "They greet each other."}, finish


class Vllm(ProviderServer):
    """docs.vllm.ai: `max_model_len`; tools only where the server was started for them; `reasoning_content`.

    github.com/vllm-project/vllm/issues/9986; errors: github.com/FoundationAgents/OpenManus/issues/331
    """

    model, sees = "Qwen/Qwen3-8B", False

    def entry(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "owned_by": "vllm", "root": self.model, "parent": None,
                "max_model_len": 40_960}  # fmt: skip

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        if request.get("tools"):
            said = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            return 400, self.error(400, said)
        if has_image(request):
            return 400, self.error(400, f"{self.model} is not a multimodal model")
        return None

    def error(self, status: int, message: str) -> Any:
        return {
            "object": "error",
            "message": message,
            "type": "BadRequestError",
            "param": None,
            "code": status,
        }

    def message(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        message, finish = super().message(request)
        return {**message, "reasoning_content": "They greet each other."}, finish


class LlamaCpp(ProviderServer):
    """llama-server with a model of 1.5 B, as asked in November 2026: calls in `content`, a schema is kept.

    tools/server/README.md of ggml-org/llama.cpp; github.com/ggml-org/llama.cpp/issues/19774 for the errors.
    """

    model, takes_tools, sees = "chat", False, False

    def entry(self) -> dict[str, Any]:
        return {
            "id": "/models/chat/model.gguf",
            "aliases": ["/models/chat/model.gguf"],
            "object": "model",
            "owned_by": "llamacpp",
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "meta": {"n_vocab": 151_936, "n_ctx": 16_384, "n_ctx_train": 32_768, "n_params": 1_777_088_000},
        }

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        if has_image(request):
            said = "image input is not supported - hint: you may need to provide the mmproj"
            return 500, self.error(500, said)
        return None

    def error(self, status: int, message: str) -> Any:
        return {"error": {"code": status, "message": message, "type": "server_error"}}


class Prompted(ProviderServer):
    """A server that takes neither tools nor a response format; what its model says stands in words."""

    model, takes_tools, keeps_schema, sees = "old-model", False, False, False

    def refusal(self, request: Mapping[str, Any]) -> Answer | None:
        for name in ("tools", "response_format"):
            if name in request:
                return 400, self.error(400, f"unknown field {name}")
        return None

    def prose(self, request: Mapping[str, Any]) -> str:
        last = request["messages"][-1]["content"]
        schema = last.rpartition("JSON schema:\n")[2] if "JSON schema:\n" in last else ""
        if schema:
            return f"Sure!\n```json\n{json.dumps(filled(json.loads(schema)))}\n```"
        return f"I will do that.\n{json.dumps(called(*next_call(request['messages'])))}\nDone."


def next_call(messages: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """`search`, and `finish` once something was found."""
    text = json.dumps(messages)
    if '"role": "tool"' in text or "Result of search" in text:
        return "finish", {"claims": [{"text": "Somebody says good morning.", "ids": ["E1"]}]}
    return "search", {"query": "good morning"}


def tool_call(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(args)}
    return {"id": "call_1", "type": "function", "function": function}


def called(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    return {"calls": [{"name": name, "args": args}]}


def as_text(name: str, args: Mapping[str, Any]) -> str:
    """A call as small models write it into their text; that of `finish` goes wrong."""
    if name == "finish":
        return "Somebody says good morning at 0:12."
    return f"```json\n{json.dumps({'name': name, 'arguments': args})}\n```"


def filled(schema: Mapping[str, Any]) -> Any:
    """The first value that a schema takes."""
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "anyOf" in schema:
        return filled(schema["anyOf"][0])
    kinds: dict[str, Any] = {"string": "good morning", "integer": 1, "number": 0.5, "boolean": True}
    if schema["type"] == "array":
        return [filled(schema["items"])] * max(1, schema.get("minItems", 1))
    if schema["type"] == "object":
        return {name: filled(one) for name, one in schema["properties"].items()}
    return kinds[schema["type"]]


def has_image(request: Mapping[str, Any]) -> bool:
    return '"image_url"' in json.dumps(request["messages"])


class _Handler(BaseHTTPRequestHandler):
    server: ProviderServer

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self._send(*self.server.get(self.path.partition("?")[0]))

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(*self.server.post(self.path, request, self.headers.get("Authorization", "")))

    def _send(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
