"""A LangChain chat model as the agent uses it: calls in three transports, forms, limits, mapped errors."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from playhead_agent.limits import Limits, Meter
from playhead_agent.models.capabilities import (
    DEFAULT_CONTEXT_TOKENS,
    Capabilities,
    CapabilityMemory,
    known_capabilities,
)
from playhead_agent.models.invoke import (
    RequestRefused,
    address_of,
    check_depth,
    describe_model,
    host_of,
    invoke,
    keys_of,
    name_of,
    timeout_error,
)
from playhead_agent.models.lenient_json import MAX_CALLS, json_values, make_call, read_calls
from playhead_agent.models.prices import FREE, Price, price_of
from playhead_agent.models.probe import PROBE_TOKENS, probe_images, probe_transport
from playhead_agent.models.protocol import ModelReply, ToolCall, Transport
from playhead_agent.models.server_info import server_capabilities
from playhead_agent.models.tokens import num_prompt_tokens, num_tokens
from playhead_agent.models.transports import (
    NO_CALL,
    TRANSPORTS,
    calls_schema,
    close_schema,
    correct_tool_names,
    with_schema,
    with_tools_in_text,
    without_system,
)
from playhead_index.errors import CostLimit, ModelOutputInvalid, ModelUnavailable, TokenBudgetExceeded
from playhead_tools.reasoning_content import reasoning_of, split_thoughts
from playhead_tools.redaction import redact_keys, redact_values
from playhead_tools.toolbox.schema import ToolSpec

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from pydantic import BaseModel

    FormT = TypeVar("FormT", bound=BaseModel)

NEW_TOKENS = 1_024
"""New tokens of a reply, where the caller sets no limit."""
THINKING_TOKENS = 8_192
"""The same for models that think before they answer: thoughts count as new tokens."""
MIN_NEW_TOKENS = 128
"""With less room than this for a reply a prompt does not fit."""
PROBE_LIMITS = Limits(model_calls=40, seconds=900.0, model_call_s=180.0)
"""Limits of a probe outside a run; within one those of the run."""
IMAGE_PROBE_S = 15.0
"""For one image of 64 px; a model that takes longer is given no images."""
MAX_STRIKES = 2
"""Unusable replies in a row after which the transport of tool calls is probed again."""
_MAX_RAW_CHARS = 2_000
_MAX_REFUSAL_CHARS = 300
_REFUSALS = (400, 404, 415, 422, 500, 501)
"""HTTP statuses with which servers refuse a parameter or a part of a request that they do not know."""
_SEND_TRIES = 5
_MIN_COMPARED_TOKENS = 200
"""Prompts of fewer estimated tokens do not correct the estimate: what every request adds would decide."""
_MAX_TOKEN_FACTOR = 4.0
"""The estimate is never corrected by more than this, whatever a server counts."""
Method = Literal["json_schema", "function_calling"]


@dataclass(frozen=True, slots=True)
class _RawReply:
    """A reply of the client library, parsed: text, thoughts, calls, and why there is no answer."""

    text: str
    thought: str
    calls: tuple[ToolCall, ...]
    is_cut: bool
    refusal: str = ""


class LangChainChat:
    """A `ChatModel` over any `BaseChatModel`.

    The capabilities of the model are known by its name, reported by its server, stored from before, or probed
    at the first use (`probe.py`); what turns out to be wrong is corrected and stored.

    Args:
        model: the chat model.
        name: as a person names it; its class and name when empty.
        context_tokens: of a prompt and its reply together; as known or reported by the server when 0.
        takes_images: whether it takes images; probed when None.
        transport: how it makes tool calls; probed when None.
        method: how it fills a form where nothing better is known.
        price: in US dollars; of the table when None.
        memory: capabilities from earlier probes; in the user's cache folder when None.

    >>> from playhead_agent.testing import ScriptedChatModel
    >>> from langchain_core.messages import HumanMessage
    >>> chat = LangChainChat(ScriptedChatModel(replies=["<think>hm</think>At 0:12."]))
    >>> chat.say([HumanMessage("When?")], Meter()).text
    'At 0:12.'
    """

    def __init__(
        self,
        model: "BaseChatModel",
        *,
        name: str = "",
        context_tokens: int = 0,
        takes_images: bool | None = None,
        transport: Transport | None = None,
        method: Method = "json_schema",
        price: Price | None = None,
        memory: CapabilityMemory | None = None,
    ) -> None:
        self.model, self._name, self._method = model, name, method
        self._given_capabilities = Capabilities(
            context_tokens, takes_images, transport=transport, price=price
        )
        self._memory = memory or CapabilityMemory()
        self._lock = threading.RLock()
        self._capabilities: Capabilities | None = None
        self._strikes, self._has_probed, self._token_factor = 0, False, 1.0
        self._unbilled: Meter | None = None

    def __repr__(self) -> str:
        return f"LangChainChat({describe_model(self.model)})"

    # ---- capabilities ----

    @property
    def name(self) -> str:
        """As a person names it, such as `openai:gpt-5`."""
        return self._name or name_of(self.model) or type(self.model).__name__

    @property
    def host(self) -> str:
        """The host that requests are sent to; empty for a model in this process."""
        return host_of(self.model)

    @property
    def context_tokens(self) -> int:
        """How many tokens a prompt and its reply may have together."""
        return self.capabilities.context_tokens or DEFAULT_CONTEXT_TOKENS

    @property
    def known_context_tokens(self) -> int:
        """The same without the default: 0 where the context is not known."""
        return self.capabilities.context_tokens

    def makes_calls(self, meter: Meter | None = None) -> bool:
        """Whether it makes correct tool calls in some transport; probed where that is not known."""
        with self._lock:
            if self.capabilities.calls is None:
                self._probe(meter or Meter(PROBE_LIMITS))
            return bool(self.capabilities.calls)

    @property
    def takes_images(self) -> bool:
        """Whether messages may contain images; probed once, where that is not known.

        A model that cannot be asked takes none, until the next process; so does one whose server does not
        list it, for a server that answers nothing may keep a run waiting.
        """
        with self._lock:
            if self.capabilities.takes_images is None and self.capabilities.fingerprint:
                self._probe_images()
            return bool(self.capabilities.takes_images)

    @property
    def price(self) -> Price | None:
        """The price of the model; None where it is not known."""
        return self.capabilities.price

    @property
    def capabilities(self) -> Capabilities:
        """The known capabilities; the server is queried at the first use, without a prompt."""
        with self._lock:
            if self._capabilities is None:
                self._capabilities = self._known_capabilities()
            return self._capabilities

    def num_tokens(self, text: str) -> int:
        """About how many tokens a text has; never fewer than it has."""
        return int(num_tokens(text) * self._token_factor)

    def transport(self, meter: Meter | None = None) -> Transport:
        """How the model makes tool calls; probed by two small requests where it is not known.

        Args:
            meter: counts their tokens and ends them at its limits; one of its own when None.
        """
        with self._lock:
            if self.capabilities.transport is None:
                self._probe(meter or Meter(PROBE_LIMITS))
            return self.capabilities.transport or "prompted"

    def _known_capabilities(self) -> Capabilities:
        name, address = name_of(self.model), address_of(self.model)
        known = known_capabilities(name)
        if not address:
            transport: Transport = "tools" if _binds_tools(self.model) else "prompted"
            local = Capabilities(takes_images=False, transport=transport, price=FREE)
            remembered = self._memory.recall("", name, "") if name else Capabilities()
            return self._given_capabilities.with_defaults(remembered.with_defaults(local))
        price = price_of(self.host, name)
        if not self._is_openai_client or (known.context_tokens and self.host in _PROVIDER_HOSTS):
            reported = Capabilities()
            known = replace(known, transport=known.transport or "tools")
        else:
            reported = server_capabilities(address, name, _bearer(self.model))
            if not reported.kind and self.host not in _PROVIDER_HOSTS:
                known = replace(known, transport=None)  # a name alone implies little about an unknown server
        remembered = self._memory.recall(self.host, name, reported.fingerprint)
        found = remembered.with_defaults(reported.with_defaults(replace(known, price=price)))
        if price is not None and price.source.startswith("PLAYHEAD"):
            found = replace(found, price=price)
        return self._given_capabilities.with_defaults(found)

    def _learn(self, **found: Any) -> None:
        with self._lock:
            self._capabilities = replace(self.capabilities, **found)
            if name_of(self.model):
                self._memory.remember(self.host, name_of(self.model), self._capabilities)

    def _probe(self, meter: Meter) -> None:
        """Probes the transport; its tokens and money are counted, but no call of the run."""
        meter.check_time("model call")
        self._bill_probe(meter)
        limits = replace(
            PROBE_LIMITS, seconds=meter.remaining_s, model_call_s=meter.limits.model_call_s,
            money=meter.require_money(),
        )  # fmt: skip
        probe_meter, refused_statuses = Meter(limits, meter.clock), list[int]()

        def send(
            messages: "Sequence[BaseMessage]", tools: Sequence[ToolSpec], send_transport: Transport
        ) -> ModelReply:
            budget = self._probe_tokens
            try:
                return self._call_tools(
                    messages, tools, send_transport, probe_meter, 0.0, max_tokens=budget, strict=True
                )
            except _Unsupported as error:
                return ModelReply("", problem=str(error))
            except RequestRefused as error:
                if error.status in _REFUSALS:
                    refused_statuses.append(error.status)
                    return ModelReply("", problem=str(error))
                raise

        self._has_probed = True
        try:
            known_transport = self.capabilities.transport
            transport, problems = probe_transport(
                send, TRANSPORTS if known_transport is None else (known_transport,)
            )
        finally:
            meter.tokens(probe_meter.prompt_tokens, probe_meter.completion_tokens)
            meter.add_money(probe_meter.money, probe_meter.unpriced_calls)
        schema = self.capabilities.schema or (None if transport == "tools" else transport)
        if problems[transport] and any(
            status >= 500 for status in refused_statuses
        ):  # it may be well the next time
            self._capabilities = replace(self.capabilities, transport=transport, calls=False)
        else:
            self._learn(transport=transport, calls=not problems[transport], schema=schema)

    @property
    def _probe_tokens(self) -> int:
        return THINKING_TOKENS // 4 if self.capabilities.thinks else PROBE_TOKENS

    def _bill_probe(self, meter: Meter) -> None:
        """Adds the usage of the image probe to a run's meter, once."""
        with self._lock:
            probe_meter = self._unbilled
            if probe_meter is None or probe_meter is meter:
                return
            self._unbilled = None
            meter.tokens(probe_meter.prompt_tokens, probe_meter.completion_tokens)
            meter.add_money(probe_meter.money, probe_meter.unpriced_calls)

    def _probe_images(self) -> None:
        meter = self._unbilled = Meter(replace(PROBE_LIMITS, model_call_s=IMAGE_PROBE_S))
        try:
            takes_images = probe_images(lambda m: self.say(m, meter, max_tokens=self._probe_tokens))
        except RequestRefused as error:
            takes_images = False
            if error.status not in _REFUSALS:
                self._capabilities = replace(self.capabilities, takes_images=False)
                return
        except (ModelUnavailable, TokenBudgetExceeded):
            self._capabilities = replace(self.capabilities, takes_images=False)
            return
        self._learn(takes_images=takes_images)

    # ---- requests ----

    def call(
        self,
        messages: "Sequence[BaseMessage]",
        tools: Sequence[ToolSpec],
        meter: Meter,
        *,
        reserve_s: float = 0.0,
    ) -> ModelReply:
        """A reply with tool calls; an unusable reply has a `problem` and is not an error.

        Raises:
            CostLimit: no call or money is left.
            TimeLimit: the run's seconds are used up.
            TokenBudgetExceeded: the prompt does not fit the model's context.
            ModelUnavailable: the model is away, refuses the request, fails, or takes too long.
        """
        counted = True
        for _ in TRANSPORTS:
            transport = self.transport(meter)
            try:
                reply = self._call_tools(messages, tools, transport, meter, reserve_s, counted=counted)
            except _Unsupported:
                counted = False
                self._fall_back_from(transport)
                continue
            self._count_strike(reply)
            return reply
        raise ModelUnavailable(f"{describe_model(self.model)} takes tool calls in no form that is known here")

    def fill(
        self,
        messages: "Sequence[BaseMessage]",
        form: "type[FormT]",
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> "FormT":
        """A filled form; one repair is requested where the reply does not fit it, and counted by the meter.

        Raises:
            ModelOutputInvalid: the repair does not fit either; `.raw_text` is the reply.
            CostLimit: no call or money is left.
            TimeLimit: the run's seconds are used up.
            TokenBudgetExceeded: the prompt does not fit the model's context.
            ModelUnavailable: the model is away, refuses the request, fails, or takes too long.
        """
        from langchain_core.messages import AIMessage, HumanMessage

        try:
            return self._fill(messages, form, meter, reserve_s, max_tokens)
        except ModelOutputInvalid as error:
            problem = f"That does not hold: {str(error)[:800]}\nReply again with the JSON object only."
            again = [
                *messages,
                AIMessage(error.raw_text[:_MAX_RAW_CHARS] or "(empty)"),
                HumanMessage(problem),
            ]
        meter.repairs += 1
        return self._fill(again, form, meter, reserve_s, max_tokens)

    def say(
        self,
        messages: "Sequence[BaseMessage]",
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> ModelReply:
        """A reply in plain text.

        Raises:
            CostLimit: no call or money is left.
            TimeLimit: the run's seconds are used up.
            TokenBudgetExceeded: the prompt does not fit the model's context.
            ModelUnavailable: the model is away, refuses the request, fails, or takes too long.
        """
        raw = self._send(messages, meter, _Request(max_tokens=max_tokens), reserve_s)
        problem = "" if raw.text else _problem_of_empty(raw)
        return ModelReply(raw.text, thought=raw.thought, problem=problem, is_cut=raw.is_cut)

    # ---- calls ----

    def _call_tools(
        self,
        messages: "Sequence[BaseMessage]",
        tools: Sequence[ToolSpec],
        transport: Transport,
        meter: Meter,
        reserve_s: float,
        *,
        max_tokens: int | None = None,
        strict: bool = False,
        counted: bool = True,
    ) -> ModelReply:
        """One reply with calls; `strict` takes no native calls that the model wrote into its text."""
        request = _Request(max_tokens=max_tokens, counted=counted)
        if transport == "tools":
            request = replace(request, tools=tuple(tools))
            raw = self._send(messages, meter, request, reserve_s)
        else:
            schema = calls_schema(tools) if transport == "json_schema" else None
            raw = self._send(
                with_tools_in_text(messages, tools), meter, replace(request, schema=schema), reserve_s
            )
        calls = raw.calls
        text = raw.text
        if not calls and not (strict and transport == "tools"):
            keys = keys_of(self.model)
            found = read_calls(text, [tool.name for tool in tools])
            calls = tuple(replace(call, args=_redact_args(call.args, keys)) for call in found)
            text = "" if calls else text
        calls = tuple(correct_tool_names(calls, tools))[:MAX_CALLS]
        problem = ""
        if not calls:
            problem = (
                _problem_of_empty(raw) if raw.is_cut or raw.refusal or not raw.text else NO_CALL[transport]
            )
        return ModelReply(text, calls, raw.thought, problem, raw.is_cut)

    def _fall_back_from(self, transport: Transport) -> None:
        """Takes the next transport after one that the server refused."""
        remaining = TRANSPORTS[TRANSPORTS.index(transport) + 1 :]
        if not remaining:
            raise ModelUnavailable(f"{describe_model(self.model)} refuses every form of tool calls")
        self._learn(transport=remaining[0])

    def _count_strike(self, reply: ModelReply) -> None:
        """Notes an unusable reply; after `MAX_STRIKES` in a row the model is probed again, once a process."""
        with self._lock:
            self._strikes = self._strikes + 1 if reply.problem else 0
            if (
                self._strikes >= MAX_STRIKES
                and not self._has_probed
                and self._given_capabilities.transport is None
            ):
                if address_of(self.model):
                    self._memory.forget(self.host, name_of(self.model))
                    self._capabilities = replace(self.capabilities, transport=None)
                self._strikes = 0

    # ---- forms ----

    def _fill(
        self,
        messages: "Sequence[BaseMessage]",
        form: "type[FormT]",
        meter: Meter,
        reserve_s: float,
        max_tokens: int | None,
    ) -> "FormT":
        from pydantic import ValidationError

        raw, values = self._form_values(messages, form, meter, reserve_s, max_tokens)
        try:
            return form.model_validate(values, strict=True)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, p['loc'])) or 'reply'}: {p['msg']}"
                for p in error.errors(include_url=False)[:5]
            )
            reply_text = json.dumps(values, ensure_ascii=False, default=str)
            raise ModelOutputInvalid(
                f"the reply does not keep to the schema: {problems}", raw.text or reply_text
            ) from error

    def _form_values(
        self,
        messages: "Sequence[BaseMessage]",
        form: "type[BaseModel]",
        meter: Meter,
        reserve_s: float,
        max_tokens: int | None,
    ) -> tuple[_RawReply, Any]:
        schema = form.model_json_schema()
        request = _Request(max_tokens=max_tokens, method=self._method)
        for how in self._schema_order():
            try:
                if how == "prompted":
                    raw = self._send(with_schema(messages, schema), meter, request, reserve_s)
                else:
                    schema_request = replace(request, schema=schema, method=_METHODS[how])
                    raw = self._send(messages, meter, schema_request, reserve_s)
            except _Unsupported:
                request = replace(request, counted=False)
                continue
            if self._is_openai_client and self.capabilities.schema != how:
                self._learn(schema=how)
            return raw, redact_values(_json_values(raw), keys_of(self.model))
        raise ModelUnavailable(f"{describe_model(self.model)} fills forms in no way that is known here")

    def _schema_order(self) -> tuple[Transport, ...]:
        if not self._is_openai_client:
            first: Transport = "json_schema" if self._method == "json_schema" else "tools"
            return (first,) if _binds_tools(self.model) else ("prompted",)
        known = self.capabilities.schema
        order: tuple[Transport, ...] = ("json_schema", "tools", "prompted")
        if known is None:
            return order if self._method == "json_schema" else ("tools", "json_schema", "prompted")
        return (known, *(one for one in order if one != known))

    # ---- one request ----

    @property
    def _is_openai_client(self) -> bool:
        return any(cls.__name__ == "BaseChatOpenAI" for cls in type(self.model).__mro__)

    def _send(
        self, messages: "Sequence[BaseMessage]", meter: Meter, request: "_Request", reserve_s: float
    ) -> _RawReply:
        """The reply to one request; parameters that the server refuses are left out, now and later.

        Raises:
            _Unsupported: the server refuses tools, or a schema.
        """
        for _ in range(_SEND_TRIES):
            try:
                raw, num_new_tokens = self._send_once(messages, meter, request, reserve_s)
            except RequestRefused as error:
                if not self._adapt_to(error, request):
                    raise
                request = replace(request, counted=False)
                continue
            is_starved = raw.is_cut and not raw.text and not raw.calls
            if is_starved and not self.capabilities.thinks and request.max_tokens is None:
                self._learn(thinks=True)
                if self._new_tokens(messages, request) > num_new_tokens:
                    continue
            return raw
        raise ModelUnavailable(
            f"{describe_model(self.model)} refused {_SEND_TRIES} forms of the same request"
        )

    def _send_once(
        self, messages: "Sequence[BaseMessage]", meter: Meter, request: "_Request", reserve_s: float
    ) -> tuple[_RawReply, int]:
        if self.capabilities.system_role is False:
            messages = without_system(messages)
        new_tokens = self._new_tokens(messages, request)
        self._bill_probe(meter)
        new_tokens = self._affordable_tokens(messages, request, meter, new_tokens)
        if request.counted:
            meter.model_call()
        else:
            meter.check_time("model call")
        allowed_s = min(meter.limits.model_call_s, meter.remaining_s - reserve_s)
        runnable = self._runnable(request, new_tokens)
        message_list = list(messages)
        response = invoke(self.model, lambda: runnable.invoke(message_list), allowed_s)
        if response is None:
            meter.check_time("model call")
            raise timeout_error(self.model, allowed_s)
        raw = response["raw"] if isinstance(response, dict) else response
        self._count(raw, messages, meter)
        return _read_raw_reply(raw, keys_of(self.model)), new_tokens

    def _new_tokens(self, messages: "Sequence[BaseMessage]", request: "_Request") -> int:
        """How many new tokens a request allows.

        Raises:
            TokenBudgetExceeded: the prompt leaves too little room for a reply.
        """
        max_tokens = request.max_tokens or (THINKING_TOKENS if self.capabilities.thinks else NEW_TOKENS)
        prompt = int((num_prompt_tokens(messages) + _request_tokens(request)) * self._token_factor)
        room = self.context_tokens - prompt
        if room < min(max_tokens, MIN_NEW_TOKENS):
            raise TokenBudgetExceeded(
                f"the prompt has about {prompt} tokens, {describe_model(self.model)} takes"
                f" {self.context_tokens} with its reply; shorten it, or start the server with more context"
            )
        return min(max_tokens, room)

    def _affordable_tokens(
        self, messages: "Sequence[BaseMessage]", request: "_Request", meter: Meter, new_tokens: int
    ) -> int:
        """The number of new tokens that the money left in the run pays for, after the prompt.

        Raises:
            CostLimit: it does not pay for the prompt and `MIN_NEW_TOKENS`.
        """
        price = self.price
        if price is None or price is FREE or meter.limits.money == inf:
            return new_tokens
        money_left = meter.require_money()
        tokens = int((num_prompt_tokens(messages) + _request_tokens(request)) * self._token_factor)
        prompt = price.cost(tokens, 0)
        affordable = new_tokens if not price.new else int((money_left - prompt) / price.new * 1e6)
        if prompt > money_left or affordable < min(new_tokens, MIN_NEW_TOKENS):
            needed = prompt + price.cost(0, min(new_tokens, MIN_NEW_TOKENS))
            raise CostLimit(
                f"stopped: the next call costs about {needed:.4f}, {money_left:.4f} is left of the money"
            )
        return min(new_tokens, affordable)

    def _count(self, raw: Any, messages: "Sequence[BaseMessage]", meter: Meter) -> None:
        usage = getattr(raw, "usage_metadata", None) or {}
        prompt, new = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
        cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
        meter.tokens(prompt, new)
        has_images = any(not isinstance(m.content, str) for m in messages)
        if prompt and not has_images and self._is_openai_client:
            estimate = num_prompt_tokens(messages)
            self._token_factor = (
                min(_MAX_TOKEN_FACTOR, max(self._token_factor, prompt / estimate))
                if estimate > _MIN_COMPARED_TOKENS
                else self._token_factor
            )
        price = self.price
        meter.pay(
            None if price is None or (not usage and price is not FREE) else price.cost(prompt, new, cached)
        )

    def _runnable(self, request: "_Request", new_tokens: int) -> Any:
        model = self.model
        if not self._is_openai_client:
            return self._other_runnable(request, new_tokens)
        if self.capabilities.takes_temperature is False and getattr(model, "temperature", None) is not None:
            model = model.model_copy(update={"temperature": None})
        body: dict[str, Any] = dict(getattr(model, "extra_body", None) or {})
        field = self.capabilities.max_tokens_field or "max_tokens"
        body[field] = new_tokens
        options: dict[str, Any] = {"extra_body": body}
        if request.tools:
            options["tools"] = [tool.to_json() for tool in request.tools]
        if request.schema is not None and request.method == "function_calling":
            function = {"name": _title(request.schema), "parameters": close_schema(dict(request.schema))}
            options["tools"] = [{"type": "function", "function": function}]
            options["tool_choice"] = {"type": "function", "function": {"name": function["name"]}}
        elif request.schema is not None:
            named_schema = {"name": _title(request.schema), "schema": close_schema(dict(request.schema))}
            body["response_format"] = {"type": "json_schema", "json_schema": named_schema}
        return model.bind(**options)

    def _other_runnable(self, request: "_Request", new_tokens: int) -> Any:
        """For classes that are no client of the `openai` package, by what every `BaseChatModel` has."""
        field = _MAX_TOKENS_FIELDS.get(type(self.model).__name__, "")
        options = {field: new_tokens} if field else {}
        model: Any = self.model
        try:
            if request.tools:
                return model.bind_tools([tool.to_json() for tool in request.tools], **options)
            if request.schema is not None:
                return model.with_structured_output(
                    dict(request.schema), method=request.method, include_raw=True
                )
        except NotImplementedError as error:
            raise _Unsupported(f"{describe_model(model)} takes no tools") from error
        return model.bind(**options) if options else model

    def _adapt_to(self, error: RequestRefused, request: "_Request") -> bool:
        """Whether a parameter that the server refused is left out of the next request.

        Raises:
            _Unsupported: it refuses tools, or a schema.
        """
        if error.status not in _REFUSALS or not self._is_openai_client:
            return False
        message, capabilities = str(error).casefold(), self.capabilities
        if "temperature" in message and capabilities.takes_temperature is not False:
            self._learn(takes_temperature=False)
            return True
        if "max_completion_tokens" in message and capabilities.max_tokens_field != "max_completion_tokens":
            self._learn(max_tokens_field="max_completion_tokens")
            return True
        if "system" in message and "role" in message and capabilities.system_role is not False:
            self._learn(system_role=False)
            return True
        if (request.tools or request.method == "function_calling") and any(w in message for w in _TOOL_WORDS):
            raise _Unsupported(str(error))
        if request.schema is not None and any(word in message for word in _SCHEMA_WORDS):
            raise _Unsupported(str(error))
        return False


@dataclass(frozen=True, slots=True)
class _Request:
    """The parameters of a request beside its messages."""

    tools: tuple[ToolSpec, ...] = ()
    schema: Mapping[str, Any] | None = None
    method: Method = "json_schema"
    max_tokens: int | None = None
    counted: bool = True


class _Unsupported(Exception):
    """The server refuses a transport or a schema; another one is tried."""


_PROVIDER_HOSTS = ("api.openai.com", "generativelanguage.googleapis.com", "api.anthropic.com")
_METHODS: dict[str, Method] = {"json_schema": "json_schema", "tools": "function_calling"}
_MAX_TOKENS_FIELDS = {
    "VideoLLMChat": "max_tokens",
    "ChatAnthropic": "max_tokens",
    "ChatMistralAI": "max_tokens",
    "ChatGroq": "max_tokens",
    "ChatOllama": "num_predict",
    "ChatGoogleGenerativeAI": "max_output_tokens",
}
_TOOL_WORDS = ("tool", "function call", "function_call", "thought_signature")
_SCHEMA_WORDS = ("response_format", "json_schema", "json schema", "schema", "grammar", "structured", "guided")


def _binds_tools(model: "BaseChatModel") -> bool:
    from langchain_core.language_models import BaseChatModel

    return type(model).bind_tools is not BaseChatModel.bind_tools


def _bearer(model: "BaseChatModel") -> str:
    return next((key for key in keys_of(model) if key not in ("", "none")), "")


def _title(schema: Mapping[str, Any]) -> str:
    return str(schema.get("title") or "reply")


def _request_tokens(request: _Request) -> int:
    parts: list[Any] = [tool.to_json() for tool in request.tools]
    if request.schema is not None and request.method == "function_calling":
        parts.append(request.schema)
    return sum(num_tokens(json.dumps(part)) for part in parts)


def _read_raw_reply(raw: Any, keys: Sequence[str]) -> _RawReply:
    text = redact_keys(raw.text if isinstance(raw.text, str) else str(raw.content), keys)
    thought, answer = split_thoughts(text)
    separate_thoughts = reasoning_of(getattr(raw, "additional_kwargs", None) or {}) or _thinking_blocks(
        raw.content
    )
    calls = [
        make_call(redact_keys(str(one["name"]), keys), redact_values(one["args"], keys))
        if _is_shallow(one["args"])
        else ToolCall(str(one["name"])[:64], {}, "its arguments are nested too deeply")
        for one in getattr(raw, "tool_calls", None) or ()
    ]
    for one in getattr(raw, "invalid_tool_calls", None) or ():
        calls.append(make_call(redact_keys(str(one.get("name") or "?"), keys), one.get("args") or ""))
    thoughts = "\n".join(part for part in (redact_keys(separate_thoughts, keys), thought) if part)
    return _RawReply(answer, thoughts, tuple(calls), _is_cut(raw), redact_keys(_refusal(raw), keys))


def _redact_args(args: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return cast("dict[str, Any]", redact_values(dict(args), keys))


def _is_shallow(value: Any) -> bool:
    try:
        check_depth(value)
    except RecursionError:
        return False
    return True


def _thinking_blocks(content: Any) -> str:
    """Thoughts in content blocks, as Anthropic's models send them."""
    blocks = content if isinstance(content, list) else []
    texts = (block.get("thinking") or block.get("reasoning") for block in blocks if isinstance(block, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _refusal(raw: Any) -> str:
    """Why a model, or its provider's filter, gave no answer; empty where it gave one."""
    refusal = (getattr(raw, "additional_kwargs", None) or {}).get("refusal")
    metadata = getattr(raw, "response_metadata", None) or {}
    is_filtered = metadata.get("finish_reason") == "content_filter"
    return (
        str(refusal)[:_MAX_REFUSAL_CHARS]
        if refusal
        else "its content filter stopped it"
        if is_filtered
        else ""
    )


def _is_cut(raw: Any) -> bool:
    metadata = getattr(raw, "response_metadata", None) or {}
    reasons = (metadata.get(key) for key in ("finish_reason", "stop_reason", "done_reason"))
    return any(str(reason).casefold() in ("length", "max_tokens") for reason in reasons)


def _json_values(raw: _RawReply) -> Any:
    """The JSON in a reply.

    Raises:
        ModelOutputInvalid: there is none, or it is nested too deeply.
    """
    if raw.calls and not raw.calls[0].problem:
        return dict(raw.calls[0].args)
    if raw.calls and "deeply" in raw.calls[0].problem:
        raise ModelOutputInvalid("the reply is nested too deeply", raw.text)
    try:
        try:
            return check_depth(json.loads(raw.text))
        except ValueError as error:
            found = [check_depth(value) for value in json_values(raw.text)]
            if found:
                return next((value for value in found if isinstance(value, dict)), found[0])
            why = _problem_of_empty(raw) if raw.is_cut else str(error)
    except RecursionError:
        raise ModelOutputInvalid(
            f"the reply is nested too deeply; got {raw.text[:200]!r}", raw.text
        ) from None
    raise ModelOutputInvalid(f"the reply is no JSON object: {why}; got {raw.text[:200]!r}", raw.text)


def _problem_of_empty(raw: _RawReply) -> str:
    if raw.refusal:
        return f"the model refused to answer: {raw.refusal}"
    if raw.is_cut:
        when = "before it answered" if not raw.text else "before it ended"
        return f"the reply was cut off at its limit of new tokens {when}; be shorter"
    return "the reply is empty" if not raw.thought else "the reply holds thoughts and no answer"
