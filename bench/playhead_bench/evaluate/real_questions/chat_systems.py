"""What answers with a chat model: the product by strategy, and the whole transcript as one prompt."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from playhead import Library
from playhead.chat_models import load_chat_model
from playhead_agent.limits import Limits
from playhead_agent.models.capabilities import CapabilityMemory
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.models.transports import TRANSPORTS
from playhead_agent.planner.state import PLANNER_LIMITS, Switches
from playhead_agent.planner.strategy import PlannerStrategy
from playhead_agent.question import Question
from playhead_agent.rules.strategy import RulesStrategy
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.strategy import Strategy
from playhead_bench.evaluate.caching_proxy import TIMEOUT_S, CachingProxy
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window
from playhead_tools.calibration import Calibration
from playhead_tools.evidence import Answer
from playhead_tools.reasoning_content import split_thoughts

CONTEXT_TOKENS = 16_384
CHARS_PER_TOKEN = 3.5
"""Of a transcript with line numbers and names: 2.84 to 3.67 with Qwen2.5's tokenizer over eleven meetings.
What the server then still refuses as too long is cut again."""
CUT = 0.85
"""What is left of a prompt that the server refused as too long, each time."""
REPLY_TOKENS = 400
MIN_CHARS = 200
"""Of a transcript in a prompt."""
MEMORY = "chat_models.json"
"""In the run's folder: what was found out about its chat model."""
LIMITS = Limits(seconds=TIMEOUT_S, model_call_s=TIMEOUT_S / 2)
"""Of one question: calls are limited, not the clock, for a busy machine must not change what is answered."""


@dataclass(frozen=True, slots=True)
class ChatServer:
    """The chat model of a run.

    Args:
        name: as `--llm` takes it, such as `openai:chat`; None where a run has none.
        base_url: of its OpenAI-compatible server, up to and with `/v1`.
        cache: SQLite file of its replies; None for one in the folder of the run.
        context_tokens: what a prompt and its reply may have together.
    """

    name: str | None = None
    base_url: str | None = None
    cache: Path | None = None
    context_tokens: int = CONTEXT_TOKENS

    @property
    def model(self) -> str:
        """The model's name as its server knows it."""
        return (self.name or "").partition(":")[2] or (self.name or "")


@dataclass(frozen=True, slots=True)
class ChatSystem:
    """One way of answering with the chat model.

    Args:
        name: in the tables and for `--strategies`.
        strategy: of `Library.ask`; empty for the whole transcript as one prompt.
        meaning: what it does, for the legend.
        without: parts of the planner that are switched off (`planner.state.Switches`).
        transport: of tool calls; that which the model is found to take where empty.
    """

    name: str
    strategy: str
    meaning: str
    without: tuple[str, ...] = ()
    transport: str = ""


TRANSCRIPT = "transcript"
SYSTEMS: Mapping[str, ChatSystem] = {
    one.name: one
    for one in (
        ChatSystem(TRANSCRIPT, "", "the whole transcript in one prompt, cut where it does not fit"),
        ChatSystem("planner", "planner", "`ask` with the chat model as planner"),
        ChatSystem("rules", "rules", "`ask --strategy rules`, the chat model words what was found"),
        ChatSystem("planner-brief", "planner", "planner without its brief", ("brief",)),
        ChatSystem("planner-entailment", "planner", "planner without entailment", ("entailment",)),
        ChatSystem("planner-browse", "planner", "planner without the tool `browse`", ("browse",)),
        *(
            ChatSystem(f"planner:{how}", "planner", f"planner with tool calls by {how}", transport=how)
            for how in TRANSPORTS
        ),
    )
}
"""In the order in which a video's questions are put to them; the names of ablations say what is left out."""
DEFAULT_SYSTEMS = tuple(one.name for one in SYSTEMS.values() if not one.transport)
ABSENT_SYSTEMS = (TRANSCRIPT, "planner", "rules")


@dataclass(frozen=True, slots=True)
class TranscriptReply:
    """What the model made of the whole transcript.

    Args:
        window: from the first line that it names to the last; None where it names none.
        text: its answer.
        num_lines: lines of the transcript in the prompt.
        num_cut: lines that did not fit.
        error: why the reply could not be used; empty when it could.
    """

    window: Window | None
    text: str
    num_lines: int
    num_cut: int
    error: str = ""

    def record(self) -> dict[str, Any]:
        """The columns that an answer of the product has."""
        cited = [] if self.window is None else [[self.window.start_s, self.window.end_s]]
        cut = f"the transcript was cut: {self.num_cut} of {self.num_lines + self.num_cut} lines did not fit"
        return {
            "status": "answered" if cited else "abstained",
            "reason": "" if cited else "error" if self.error else "absent",
            "error": self.error,
            "cited": cited,
            "confidence": 0.0,
            "text": self.text,
            "notes": [cut] if self.num_cut else [],
            "fallback": "",
            "claims": [],
            "ended_by": "" if self.error else "finish" if cited else "abstain",
        }


SYSTEM_PROMPT = """You answer a question about a recording from its transcript. Each line of it is
NUMBER|SPEAKER|TEXT. Reply with a JSON object: first_line and last_line, the numbers of the first and the
last line of the passage that answers the question, and answer, one or two sentences."""
MAY_DECLINE = "If the transcript does not answer it, give 0 for both lines."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "first_line": {"type": "integer"},
        "last_line": {"type": "integer"},
        "answer": {"type": "string", "maxLength": 600},
    },
    "required": ["first_line", "last_line", "answer"],
    "additionalProperties": False,
}


def transcript_lines(spans: Sequence[SpanRow], names: Mapping[str, str]) -> list[str]:
    """`N|speaker|text` of each span in time order, counted from 1; the speaker is empty where unknown.

    Args:
        spans: of speech.
        names: of the speakers by label.
    """
    return [
        f"{number}|{names.get(span.words.speaker or '', span.words.speaker or '')}|"
        f"{' '.join(span.words.text.split())}"
        for number, span in enumerate(spans, 1)
    ]


@dataclass
class WholeTranscript:
    """The baseline: one prompt with the transcript, then the question, so that servers reuse the prefix.

    Args:
        proxy: between the benchmark and the server.
        server: the chat model.
        spans: of speech of one video, in time order.
        names: of its speakers by label.
    """

    proxy: CachingProxy
    server: ChatServer
    spans: Sequence[SpanRow]
    names: Mapping[str, str]
    _max_chars: int = field(init=False)

    def __post_init__(self) -> None:
        room = self.server.context_tokens - REPLY_TOKENS
        self._max_chars = int(room * CHARS_PER_TOKEN) - len(SYSTEM_PROMPT) - 1000

    def answer(self, question: str, *, may_decline: bool = False) -> TranscriptReply:
        """The model's passage and sentence.

        A reply that does not fit the schema is an error of this question: no request is repeated.

        Raises:
            ModelUnavailable: the server cannot be reached.
        """
        task = f"Question: {question}" + (f"\n{MAY_DECLINE}" if may_decline else "")
        form = {"type": "json_schema", "json_schema": {"name": "passage", "schema": SCHEMA, "strict": True}}
        reply = self.complete(SYSTEM_PROMPT, task, REPLY_TOKENS, response_format=form)
        if reply.error:
            return TranscriptReply(None, "", reply.num_lines, reply.num_cut, reply.error)
        return self._read(reply.text, reply.num_lines, reply.num_cut)

    def complete(self, system: str, task: str, max_tokens: int, **options: Any) -> TranscriptReply:
        """The model's plain reply to a task about the transcript, which stands before it.

        A prompt that the server refuses as too long is cut and sent again.

        Args:
            system: message of the system.
            task: what stands after the transcript.
            max_tokens: of the reply.
            options: further fields of the request.

        Raises:
            ModelUnavailable: the server cannot be reached.
        """
        lines = transcript_lines(self.spans, self.names)
        while True:
            fitting = _fitting_lines(lines, self._max_chars)
            body = "\n".join(fitting)
            messages = [
                {"role": "system", "content": system},
                {"role": "user", "content": f"Transcript:\n{body}\n\n{task}"},
            ]
            num_cut = len(lines) - len(fitting)
            try:
                text = complete(self.proxy, self.server, messages, max_tokens, **options)
            except ModelOutputInvalid as error:
                return TranscriptReply(None, error.raw_text, len(fitting), num_cut, str(error))
            if text is not None:
                return TranscriptReply(None, text, len(fitting), num_cut)
            self._max_chars = int(sum(len(line) + 1 for line in fitting) * CUT)
            if self._max_chars < MIN_CHARS:
                raise ModelUnavailable(
                    f"{self.server.base_url} refuses even a prompt of {len(body)} characters as too long"
                )

    def _read(self, text: str, num_lines: int, num_cut: int) -> TranscriptReply:
        try:
            record = json.loads(text)
            first, last, answer = int(record["first_line"]), int(record["last_line"]), str(record["answer"])
        except (ValueError, KeyError, TypeError) as error:
            why = f"the reply is no {{first_line, last_line, answer}} ({type(error).__name__}): {text[:200]}"
            return TranscriptReply(None, "", num_lines, num_cut, why)
        first, last = sorted((first, last))
        first, last = max(first, 1), min(last, num_lines)
        if first > last:
            return TranscriptReply(None, answer, num_lines, num_cut)
        start_s = self.spans[first - 1].words.window.start_s
        end_s = max(span.words.window.end_s for span in self.spans[first - 1 : last])
        return TranscriptReply(Window(start_s, end_s), answer, num_lines, num_cut)


def complete(
    proxy: CachingProxy,
    server: ChatServer,
    messages: list[dict[str, str]],
    max_tokens: int,
    **options: Any,
) -> str | None:
    """What the model replies to a plain request at temperature 0; None where the prompt is too long for it.

    Args:
        proxy: between the benchmark and the server.
        server: the chat model.
        messages: of the request.
        max_tokens: of the reply.
        options: further fields of the request.

    Raises:
        ModelUnavailable: the server cannot be reached, or refuses for another reason.
        ModelOutputInvalid: the reply is no completion, or was cut off.
    """
    record = {"model": server.model, "messages": messages, "max_tokens": max_tokens, "temperature": 0}
    request = Request(
        f"{proxy.base_url}/chat/completions",
        json.dumps({**record, **options}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT_S) as reply:
            body = reply.read()
    except HTTPError as error:
        message = error.read().decode("utf-8", "replace")
        if error.code in (400, 413) and is_too_long(message):
            return None
        raise ModelUnavailable(f"the chat model refused (HTTP {error.code}): {message[:300]}") from error
    except (URLError, OSError) as error:
        raise ModelUnavailable(f"the chat model could not be reached: {error}") from error
    try:
        choice = json.loads(body)["choices"][0]
        text, finish = str(choice["message"]["content"] or ""), choice.get("finish_reason")
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelOutputInvalid(f"the server answered no completion: {body[:200]!r}", "") from error
    if finish == "length":
        raise ModelOutputInvalid(f"the reply was cut off at {max_tokens} tokens", text)
    return split_thoughts(text)[1].strip()


def is_too_long(message: str) -> bool:
    """Whether an error of a server says that the prompt does not fit its context.

    >>> is_too_long("the request exceeds the available context size"), is_too_long("unknown field")
    (True, False)
    """
    lowered = message.lower()
    return "context" in lowered and any(word in lowered for word in ("exceed", "length", "too long", "size"))


def _fitting_lines(lines: Sequence[str], max_chars: int) -> list[str]:
    """The first lines that have room; the rest is left out."""
    room, fitting = max_chars, list[str]()
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        fitting.append(line)
    return fitting


class ChatProduct:
    """The product with the chat model of a run, for several strategies.

    The capabilities of the model are stored in the run's folder, so that other runs of this machine, and
    what they found, are of no weight.

    Args:
        proxy: in front of the model's server.
        server: the chat model.
        folder: of the run.
    """

    def __init__(self, proxy: CachingProxy, server: ChatServer, folder: Path) -> None:
        self._proxy, self._server, self._folder = proxy, server, folder
        self._chats: dict[str, LangChainChat] = {}

    def chat(self, transport: str = "") -> LangChainChat:
        """The model, by one transport of tool calls or by the one that is found out at its first use.

        Raises:
            ModelUnavailable: it cannot be made.
        """
        if transport not in self._chats:
            model = load_chat_model(self._server.name or "", self._proxy.base_url)
            memory = CapabilityMemory(self._folder / MEMORY)
            given: Any = {"transport": transport} if transport else {}
            self._chats[transport] = LangChainChat(model, memory=memory, **given)
        return self._chats[transport]

    def ask(self, library: Library, video_id: str, question: str, system: ChatSystem) -> Answer:
        """The answer of a system to a question about one video.

        Raises:
            ModelUnavailable: the model cannot be used.
            LibraryError: the library cannot be read.
        """
        strategy = _strategy(system)
        chat = self.chat(system.transport)
        context = Context(
            library.searcher, library.catalog, chat.model, chat=chat, limits=strategy.limits,
            calibration=Calibration.load(library.folder),
        )  # fmt: skip
        if missing := strategy.missing(context):
            raise ModelUnavailable(missing)
        return ask(Question(question, scope=library.scope([video_id])), context=context, strategy=strategy)


def _strategy(system: ChatSystem) -> Strategy:
    """A strategy with the limits of a benchmark, its parts switched off as the system says."""
    if system.strategy == "rules":
        return RulesStrategy(limits=LIMITS)
    switches = Switches(**dict.fromkeys(system.without, False))
    limits = replace(PLANNER_LIMITS, seconds=LIMITS.seconds, model_call_s=LIMITS.model_call_s)
    return PlannerStrategy(limits=limits, switches=switches)
