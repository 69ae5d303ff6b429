"""`generate_content` and `generate_content_stream`, also as used by `chats` and automatic function calling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import NO_USES, NOTHING, Measured, RequestFacts, ResponseFacts, Value
from gemini_otel._facts.operation import Listener, Operation
from gemini_otel._facts.tiers import tier_name, tier_of_traffic
from gemini_otel._sdk.generate_content.content import read_candidates, read_request_content
from gemini_otel._sdk.generate_content.function_calls import FunctionCalls
from gemini_otel._sdk.generate_content.request import read_history, read_request
from gemini_otel._sdk.generate_content.tools import ToolUse
from gemini_otel._sdk.reading.client import model_name, read_start
from gemini_otel._sdk.reading.fields import (
    decimal,
    enum_code,
    enum_value,
    field,
    fields,
    identifier,
    items,
    with_body,
)
from gemini_otel._sdk.reading.usage import UsageReader

# The fields that are read of an answer and of a candidate. Every chunk of a stream has them, and most are None.
_ANSWER = ("candidates", "usage_metadata", "prompt_feedback", "response_id", "model_version", "model_status")
_CANDIDATE = (
    "index",
    "content",
    "finish_reason",
    "avg_logprobs",
    "grounding_metadata",
    "url_context_metadata",
)
# Fields of a part that describe it. Every other field that is set names the kind of the part, known to us or not.
_NOT_A_KIND = frozenset(
    {"text", "thought", "thought_signature", "video_metadata", "media_resolution", "part_metadata"}
)
_WORDS = frozenset({"text", "thought"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LIKELY = ("MEDIUM", "HIGH")
# httpx writes header names in lower case, aiohttp unchanged.
_TIER_HEADER = ("x-gemini-service-tier", "X-Gemini-Service-Tier")


class GenerateContentAnswer:
    """Reads a response, or the chunks of a stream in order; keeps facts, never text."""

    # Until an answer says so.
    _fed = 0
    _http_response: object = None
    _id: str | None = None
    _model: str | None = None
    _model_status: str | None = None
    _retirement: str | None = None
    _parsed: bool | None = None
    _tools: ToolUse | None = None
    _calls: FunctionCalls | None = None
    _block_reason: str | None = None
    _usable = False

    def __init__(self, request: RequestFacts) -> None:
        self._request = request
        self._logprobs: dict[int, float] = {}
        self._finish_reasons: dict[int, str] = {}
        # Ordered sets.
        self._blocked_categories: dict[str, None] = {}
        self._overwritten: dict[str, None] = {}
        self._parts: dict[str, None] = {}
        self._usage = UsageReader()

    def feed(self, response: Any, listener: Listener | None) -> None:
        answer = fields(response)
        if answer.get("candidates") is None:
            answer = with_body(answer)
        candidates, usage, feedback, identity, model, status = map(answer.get, _ANSWER)
        for position, candidate in enumerate(candidates or ()):
            self._feed_candidate(fields(candidate), position, listener)
        if usage is not None:
            self._usage.feed(usage)
        if feedback is not None:
            self._feed_prompt_feedback(fields(feedback))
        if identity:
            self._id = identity
        if model:
            self._model = model
        if status is not None:
            self._feed_status(fields(status))
        if self._fed == 0:
            self._http_response = answer.get("sdk_http_response")
        self._fed += 1
        if self._request.response_schema:
            self._parsed = True if answer.get("parsed") is not None else _unparsed(candidates)

    def _feed_status(self, status: Mapping[str, Any]) -> None:
        self._model_status = enum_code(status.get("model_stage"))
        self._retirement = _date(status.get("retirement_time"))

    def facts(self) -> ResponseFacts:
        reasons = tuple(self._finish_reasons.values())
        if len(reasons) > 1:
            reasons = tuple(reason for _, reason in sorted(self._finish_reasons.items()))
        usage, traffic = self._usage.facts(), None
        if "traffic_type" in self._usage.last:
            traffic = self._usage.traffic_type()
        measured, uses = NOTHING, NO_USES
        if self._tools is not None or self._request.tools:
            measured = self._tool_use().measured(self._request, reasons, self._parts, usage)
            uses = self._tool_use().uses(self._request)
        if self._logprobs or self._retirement or self._overwritten:
            measured = {**measured, **self._rarely_told()}
        return ResponseFacts(
            id=identifier(self._id),
            model=model_name(self._model),
            finish_reasons=reasons,
            block_reason=self._block_reason,
            blocked_categories=tuple(self._blocked_categories),
            parts=tuple(self._parts),
            usable=self._usable and not (self._request.only_media and self._parts.keys() <= _WORDS),
            # The SDK parses a whole answer, but not the chunks of a stream.
            parsed=self._parsed if self._fed == 1 else None,
            model_status=self._model_status,
            service_tier=self._service_tier() or (traffic and tier_of_traffic(traffic)),
            traffic_type=traffic,
            usage=usage,
            outcome="malformed" if names.UNDECLARED_CALLS in measured and set(reasons) == {"STOP"} else None,
            measured=measured,
            tool_uses=uses,
        )

    def _rarely_told(self) -> Measured:
        found: dict[str, Value] = {}
        if self._logprobs:
            found[names.AVG_LOGPROBS] = min(self._logprobs.values())
        if self._retirement is not None:
            found[names.MODEL_RETIREMENT] = self._retirement
        if self._overwritten:
            found[names.OVERWRITTEN_THRESHOLDS] = tuple(self._overwritten)
        return found

    def _service_tier(self) -> str | None:
        """The tier that served the request, from the usage or from the header of a whole answer."""
        tier = self._usage.last.get("service_tier")
        if tier is None and self._http_response is not None:
            headers = field(self._http_response, "headers")
            if isinstance(headers, dict):
                tier = headers.get(_TIER_HEADER[0]) or headers.get(_TIER_HEADER[1])
                return tier_name(tier) if isinstance(tier, str) else None
        return None if tier is None else tier_name(enum_value(tier))

    def _tool_use(self) -> ToolUse:
        if self._tools is None:
            self._tools = ToolUse()
        return self._tools

    def _feed_candidate(self, candidate: Mapping[str, Any], position: int, listener: Listener | None) -> None:
        index, content, reason, average, grounding, visited = map(candidate.get, _CANDIDATE)
        if index is None:
            index = position
        for part in fields(content).get("parts") or ():
            self._feed_part(fields(part), index, listener)
        if grounding or visited:
            self._tool_use().feed(candidate)
        if average is not None and (known := decimal(average)) is not None:
            self._logprobs[index] = known
        if reason is not None:
            self._finish_reasons[index] = raw = enum_code(reason) or ""
            if self._calls is not None:
                self._calls.finish(index, listener)
            if raw != "STOP":
                self._feed_ratings(candidate.get("safety_ratings"), blocked_by_safety=raw == "SAFETY")

    def _feed_part(self, part: Mapping[str, Any], index: int, listener: Listener | None) -> None:
        thought = bool(part.get("thought"))
        text = part.get("text")
        if text:
            self._parts["thought" if thought else "text"] = None
            if not (self._usable or thought or text.isspace()):
                self._usable = True
            if listener is not None:
                listener.text(index, thought, text)
        else:
            for name, value in part.items():
                if value is not None and name not in _NOT_A_KIND:
                    self._parts["thought" if thought else name] = None
                    self._usable = self._usable or not thought
                    self._feed_kind(name, value, index, listener)

    def _feed_kind(self, name: str, value: Any, index: int, listener: Listener | None) -> None:
        if name == "function_call":
            self._tool_use().call(field(value, "name"))
            if listener is not None:
                self._calls = self._calls or FunctionCalls()
                self._calls.feed(index, value, listener)
        elif name == "executable_code":
            self._tool_use().server.ran_code()
            if listener is not None and (code := field(value, "code")):
                listener.code(code)
        elif name == "code_execution_result":
            self._tool_use().server.code_ended(field(value, "outcome"))

    def _feed_prompt_feedback(self, feedback: Mapping[str, Any]) -> None:
        reason = enum_code(feedback.get("block_reason"))
        if reason is not None:
            self._block_reason = reason
            self._feed_ratings(feedback.get("safety_ratings"), blocked_by_safety=reason == "SAFETY")

    def _feed_ratings(self, ratings: object, *, blocked_by_safety: bool) -> None:
        """Take the categories marked as blocking; if a safety block marks none, those rated MEDIUM or HIGH.

        Also take the thresholds that the service used instead of the requested ones.
        """
        for rating in items(ratings):
            if (threshold := enum_code(field(rating, "overwritten_threshold"))) is not None:
                self._overwritten[f"{enum_code(field(rating, 'category'))}:{threshold}"] = None
        blocking = [rating for rating in items(ratings) if field(rating, "blocked")]
        if not blocking and blocked_by_safety:
            blocking = [r for r in items(ratings) if enum_value(field(r, "probability")) in _LIKELY]
        for rating in blocking:
            category, probability = (
                enum_code(field(rating, "category")),
                enum_code(field(rating, "probability")),
            )
            self._blocked_categories[f"{category}:{probability}" if probability else f"{category}"] = None


def _unparsed(candidates: Any) -> bool | None:
    """False if the first candidate, which is the one that the SDK parses, is text; None for a function call and for `null`.

    `null` may be what an optional schema asks for, and is parsed as None.
    """
    parts = [
        fields(part) for part in field(field(next(iter(candidates or ()), None), "content"), "parts") or ()
    ]
    texts = [part["text"] for part in parts if part.get("text") and not part.get("thought")]
    calls = any(part.get("function_call") is not None for part in parts)
    return None if calls or not texts or (len(texts) == 1 and texts[0].strip() == "null") else False


def _date(moment: object) -> str | None:
    """The day of a point in time."""
    if isinstance(moment, str):  # in JSON form
        return moment[:10] if _DAY.fullmatch(moment[:10]) else None
    return moment.date().isoformat() if isinstance(moment, datetime) else None


GENERATE_CONTENT = Operation(
    name="generate_content",
    read_start=read_start,
    read_request=read_request,
    read_history=read_history,
    answer=GenerateContentAnswer,
    read_content=read_request_content,
    read_candidates=read_candidates,
)
