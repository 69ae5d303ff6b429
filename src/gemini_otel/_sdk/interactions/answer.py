"""Reads an interaction, or the events of a stream in order, from both generations of the client; keeps facts, never text.

An interaction has a status instead of a finish reason. One that failed or was cut off is returned like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import (
    GIVEN_COUNTERS,
    NO_USES,
    ErrorFacts,
    RequestFacts,
    ResponseFacts,
    UsageFacts,
    Value,
)
from gemini_otel._facts.errors.exceptions import read_reported
from gemini_otel._facts.errors.kinds import rpc_status
from gemini_otel._facts.operation import Listener
from gemini_otel._facts.parsing import parse_json
from gemini_otel._facts.sendable import MAX_NUMBER, lower_code
from gemini_otel._facts.sendable import modality as known_modality
from gemini_otel._facts.tiers import tier_name
from gemini_otel._sdk.interactions.tools import read_citations, read_step, unused
from gemini_otel._sdk.reading.client import model_name
from gemini_otel._sdk.reading.fields import enum_value, identifier, items, quantity
from gemini_otel._sdk.reading.fields import fields as known_fields
from gemini_otel._sdk.reading.generated_clients import read_usage
from gemini_otel._sdk.reading.server_tools import ServerToolUse

# The outcome for each status of an interaction, https://ai.google.dev/api/interactions-api.
OUTCOMES = {
    "completed": "ok",
    "requires_action": "ok",
    "in_progress": "pending",
    "queued": "pending",
    "idle": "pending",
    "failed": "failed",
    "cancelled": "cancelled",
    # "incomplete", "budget_exceeded" and "requires_continuation" have the outcome "incomplete", and so has an unknown
    # status.
}
_ENVELOPES = frozenset({"model_output", "user_input"})  # steps that are counted by their contents
_LONGEST_ARGUMENTS = 64 * 1024  # characters of a streamed function call that are kept until it is complete


def fields(source: object) -> Mapping[str, Any]:
    """The fields of an object, including those that the service sends and an older client does not know."""
    known, unknown = known_fields(source), getattr(source, "__pydantic_extra__", None)
    return {**known, **unknown} if unknown else known


def field(source: object, name: str) -> Any:
    return fields(source).get(name)


class InteractionAnswer:
    """Reads the answer of `interactions.create`."""

    def __init__(self, request: RequestFacts) -> None:
        self._request = request
        self._tools: ServerToolUse | None = None
        self._id: str | None = None
        self._model: str | None = None
        self._status: str | None = None
        self._tier: str | None = None
        self._parts: dict[str, None] = {}  # an ordered set
        self._usable = False
        self._usages: list[Mapping[str, Any]] = []
        self._error: ErrorFacts | None = None
        self._calls: dict[
            object, tuple[str, list[str]]
        ] = {}  # for a stream, by step: the name and the pieces of the arguments

    def feed(self, answer: Any, listener: Listener | None) -> None:
        answer = with_raw_body(answer)
        get = fields(answer).get
        event = get("event_type")
        if event is None:
            self._feed_interaction(answer, listener)
        elif (interaction := get("interaction")) is not None:
            self._feed_interaction(interaction, listener)
        elif event == "interaction.status_update":
            self._status = _word(get("status"))
        elif event == "error":
            self._status = "failed"
            self._feed_error(get("error"))
        else:
            self._feed_step_event(event, fields(answer), listener)

    def facts(self) -> ResponseFacts:
        usage = self._usage()
        outcome = self._outcome(usage)
        return ResponseFacts(
            id=self._id,
            model=model_name(self._model),
            parts=tuple(self._parts),
            usable=self._usable,
            service_tier=tier_name(self._tier),
            usage=usage,
            outcome=outcome,
            measured=self._measured(usage, outcome),
            tool_uses=NO_USES if self._tools is None else self._tools.uses(),
        )

    def _feed_interaction(self, interaction: Any, listener: Listener | None) -> None:
        get = fields(interaction).get
        self._id = identifier(get("id")) or self._id
        self._model = enum_value(get("model")) or self._model
        self._status = _word(get("status")) or self._status
        self._tier = enum_value(get("service_tier")) or self._tier
        for step in items(get("steps")) or items(get("outputs")):  # named `outputs` until google-genai 1.75
            self._feed_step(step, listener)
        if (usage := get("usage")) is not None:
            self._usages.append(fields(usage))
        for error in items(get("errors")):
            self._feed_error(error)

    def _feed_step(self, step: Any, listener: Listener | None) -> None:
        get = fields(step).get
        kind = enum_value(get("type"))
        if kind == "user_input":
            return
        self._feed_error(get("error"))
        if kind == "model_output":
            for content in items(get("content")):
                self._feed_content(content, listener)
        else:
            self._feed_content(step, listener)

    def _feed_content(self, content: Any, listener: Listener | None) -> None:
        get = fields(content).get
        kind = enum_value(get("type"))
        if kind == "text":
            self._feed_text(get("text"), listener)
            if annotations := get("annotations"):
                read_citations(self._server_tools(), annotations)
        elif kind == "thought":
            self._parts["thought"] = None
            for summary in items(get("summary")):
                self._feed_text(field(summary, "text"), listener, thought=True)
        elif kind == "function_call":
            self._feed_call(get("name"), get("arguments"), listener)
        elif kind is not None:
            self._parts[kind] = None
            if kind.endswith(("_call", "_result")):
                read_step(self._server_tools(), kind, get)
            else:
                self._usable = True

    def _server_tools(self) -> ServerToolUse:
        if self._tools is None:
            self._tools = ServerToolUse()
        return self._tools

    def _feed_text(self, text: object, listener: Listener | None, *, thought: bool = False) -> None:
        if isinstance(text, str) and text:
            self._parts["thought" if thought else "text"] = None
            self._usable = self._usable or not (thought or text.isspace())
            if listener is not None:
                listener.text(0, thought, text)

    def _feed_call(self, name: object, arguments: object, listener: Listener | None) -> None:
        self._parts["function_call"] = None
        self._usable = True
        if listener is not None and isinstance(name, str) and name:
            listener.function_call(0, name, arguments)

    def _feed_step_event(self, event: object, get: Mapping[str, Any], listener: Listener | None) -> None:
        """`step.start`, `step.delta` and `step.stop`; `content.*` until google-genai 1.75."""
        index = get.get("index")
        if event in {"step.start", "content.start"}:
            step = get.get("step") or get.get("content")
            kind = enum_value(field(step, "type"))
            if kind == "function_call":
                self._calls[index] = (enum_value(field(step, "name")) or "", [])
            elif kind == "thought":
                self._parts[kind] = None
            elif kind is not None and kind not in _ENVELOPES:
                self._feed_content(step, listener)
        elif event in {"step.delta", "content.delta"}:
            self._feed_delta(index, get.get("delta"), listener)
        elif event in {"step.stop", "content.stop"} and index in self._calls:
            name, pieces = self._calls.pop(index)
            self._feed_call(name, _parsed("".join(pieces)), listener)

    def _feed_delta(self, index: object, delta: Any, listener: Listener | None) -> None:
        get = fields(delta).get
        kind = enum_value(get("type")) or ""
        if kind == "arguments_delta":
            piece = get("arguments") or get("partial_arguments")
            if index in self._calls and isinstance(piece, str):
                pieces = self._calls[index][1]
                if sum(map(len, pieces)) + len(piece) <= _LONGEST_ARGUMENTS:
                    pieces.append(piece)
        elif kind == "thought_summary":
            self._feed_text(field(get("content"), "text"), listener, thought=True)
        elif kind == "text_annotation_delta":
            read_citations(self._server_tools(), get("annotations"))
        elif kind != "thought_signature":
            self._calls.pop(index, None)  # until google-genai 1.75 a call arrives whole
            self._feed_content(delta, listener)

    def _feed_error(self, error: Any) -> None:
        """Take an error of the service; the first one counts."""
        if self._error is None and error is not None:
            self._error = read_reported(field(error, "code"), field(error, "message"))

    def _outcome(self, usage: UsageFacts) -> str:
        if self._status is None:
            return "pending"  # a raw response, which may not have been read yet
        outcome = OUTCOMES.get(self._status, "incomplete")
        if (
            self._status == "incomplete"
            and self._request.max_tokens
            and (usage.output_tokens or 0) >= self._request.max_tokens
        ):
            return "truncated"
        return "empty" if outcome == "ok" and not self._usable else outcome

    def _measured(self, usage: UsageFacts, outcome: str) -> dict[str, Value]:
        found: dict[str, Value] = {} if self._tools is None else self._tools.measured()
        if outcome == "ok" and not usage.tool_use_tokens and (idle := unused(self._request, self._parts)):
            found[names.UNUSED_TOOLS] = idle
        if self._status is not None:
            found[names.INTERACTION_STATUS] = self._status
            if OUTCOMES.get(self._status) != "pending":
                found[names.RESPONSE_FINISH_REASONS] = (self._status,)
        if self._error is not None:
            found.update(_reported(self._error))
        return found

    def _usage(self) -> UsageFacts:
        """The sum over the hops of a stream; for a plain call, the SDK adds up the hops itself."""
        counters = (counter.in_interactions for counter in GIVEN_COUNTERS)
        totals = {name: total for name in counters if (total := self._total(name)) is not None}
        return read_usage(totals)._replace(by_modality=self._by_modality())

    def _total(self, name: str) -> int | None:
        known = [tokens for usage in self._usages if (tokens := quantity(usage.get(name))) is not None]
        return min(sum(known), MAX_NUMBER) if known else None

    def _by_modality(self) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for direction, name in (("input", "input"), ("output", "output"), ("cache_read", "cached")):
            for usage in self._usages:
                for detail in items(usage.get(f"{name}_tokens_by_modality")):
                    modality, tokens = (
                        enum_value(field(detail, "modality")),
                        quantity(field(detail, "tokens")),
                    )
                    if modality and tokens is not None:
                        key = (known_modality(modality), direction)
                        counts[key] = min(counts.get(key, 0) + tokens, MAX_NUMBER)
        return counts


class FetchedAnswer(InteractionAnswer):
    """Reads the answer of `interactions.get`. Its tokens do not count as usage, because the same interaction may be fetched
    many times.

    A `fetch_response` span reports no tokens: https://github.com/open-telemetry/semantic-conventions-genai
    """

    def facts(self) -> ResponseFacts:
        facts = super().facts()
        measured = dict(facts.measured)
        if facts.usage.total_tokens is not None:
            measured[names.INTERACTION_TOTAL_TOKENS] = facts.usage.total_tokens
        return facts._replace(usage=UsageFacts(), measured=measured, tool_uses=NO_USES)


class AdministeredAnswer(InteractionAnswer):
    """Reads the answer of `interactions.cancel` and `.delete`, which are `ok` whatever state the interaction is in."""

    def facts(self) -> ResponseFacts:
        facts = super().facts()
        measured = {name: value for name, value in facts.measured.items() if name == names.INTERACTION_STATUS}
        return ResponseFacts(id=facts.id, outcome="ok", measured=measured)


def _reported(error: ErrorFacts) -> dict[str, Value]:
    """An error that came without an exception: its status, its kind, and its masked message."""
    found = (
        (names.ERROR_STATUS, None if error.status is None else rpc_status(error.status)),
        (names.ERROR_KIND, error.kind),
        (names.ERROR_MESSAGE, error.message),
    )
    return {name: value for name, value in found if value is not None}


def _word(status: object) -> str | None:
    """A status as a plain string; an unknown one is an instance of a subclass."""
    return lower_code(str(raw)) if (raw := enum_value(status)) is not None else None


def with_raw_body(answer: Any) -> Any:
    """The answer; if `with_raw_response` left it unparsed, the JSON of its body, if that has been read already."""
    response = getattr(answer, "http_response", None)
    return parse_json(response.content) if response is not None and response.is_stream_consumed else answer


def _parsed(arguments: str) -> object:
    """The arguments of a function call; their text if they are not JSON."""
    parsed = parse_json(arguments)
    return arguments if parsed is None else parsed
