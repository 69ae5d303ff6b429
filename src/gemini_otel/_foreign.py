"""Reads spans of other instrumentations into the attribute names that hints are looked up by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gemini_otel import _semconv as names

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span

# Where others keep what the conventions (or an older release of them) call otherwise. The first that is present is taken.
_ALIASES = {
    names.REQUEST_MODEL: ("llm.model_name", "llm.request.model"),
    names.USAGE_INPUT_TOKENS: ("llm.token_count.prompt", "gen_ai.usage.prompt_tokens"),
    names.USAGE_OUTPUT_TOKENS: ("llm.token_count.completion", "gen_ai.usage.completion_tokens"),
    names.USAGE_REASONING_OUTPUT_TOKENS: (
        "llm.token_count.completion_details.reasoning",
        "gen_ai.usage.reasoning_tokens",
    ),
    names.USAGE_TOTAL_TOKENS: (
        "llm.token_count.total",
        "llm.usage.total_tokens",
        "gen_ai.usage.total_tokens",
    ),
    names.REQUEST_MAX_TOKENS: ("llm.request.max_tokens",),
    names.PROVIDER_NAME: (names.SYSTEM,),
    names.BLOCK_REASON: ("google_genai.response.block_reason",),
}
_FINISH_REASONS = (names.RESPONSE_FINISH_REASONS, "llm.finish_reason", "gen_ai.response.finish_reason")
_MAPPED = {"LENGTH": "MAX_TOKENS"}  # the one OpenAI-style word that stands for a single Gemini reason
_NO_REASON = ("", "NONE", "ERROR", "TOOL_CALL", "TOOL_CALLS", "CONTENT_FILTER")
# `str(APIError)` begins so: "429 RESOURCE_EXHAUSTED. {'error': ...}"
_API_ERROR = re.compile(r"\b([45]\d\d) ([A-Z][A-Z_]{3,})\b")


def as_ours(span: Span) -> Mapping[str, Any]:
    """The span's attributes, and what hints need under our names where somebody else wrote it under his."""
    attributes = span.attributes or {}
    if names.OUTCOME in attributes:
        return attributes
    found = dict(attributes)
    for name, aliases in _ALIASES.items():
        alias = next((alias for alias in aliases if alias in found), None)
        if alias is not None:
            found.setdefault(name, found[alias])
    _add_finish_reason(found)
    _add_error(found, span)
    return found


def _add_finish_reason(found: dict[str, Any]) -> None:
    from gemini_otel._outcome import worst_finish_reason

    if names.FINISH_REASON in found:
        return
    raw = next((found[name] for name in _FINISH_REASONS if found.get(name)), ())
    reasons = [_finish_reason(value) for value in ([raw] if isinstance(raw, str) else raw)]
    worst = worst_finish_reason([reason for reason in reasons if reason not in _NO_REASON])
    if worst is None:
        found.pop(names.RESPONSE_FINISH_REASONS, None)
    else:
        found[names.FINISH_REASON] = worst


def _finish_reason(value: object) -> str:
    name = str(value).rpartition(".")[2].upper()
    return _MAPPED.get(name, name)


def _add_error(found: dict[str, Any], span: Span) -> None:
    """Code, status and kind of an API error, from `error.type` and from the texts that other instrumentations leave."""
    text = _error_text(span)
    match = _API_ERROR.search(text[:200]) if text else None
    code = found.get(names.HTTP_STATUS_CODE) or found.get(names.ERROR_TYPE)
    if str(code).isdecimal():
        found.setdefault(names.HTTP_STATUS_CODE, int(str(code)))
    elif match is not None:
        found[names.HTTP_STATUS_CODE] = int(match[1])
    if match is None and names.ERROR_TYPE not in found:
        return
    status_code = found.get(names.HTTP_STATUS_CODE)
    if match is not None:
        found.setdefault(names.ERROR_TYPE, match[1])
        found.setdefault(names.ERROR_STATUS, match[2])
    if isinstance(status_code, int):
        from gemini_otel._error_kinds import error_kind

        found.setdefault(
            names.ERROR_KIND,
            error_kind(code=status_code, status=found.get(names.ERROR_STATUS), message=text or None),
        )


def _error_text(span: Span) -> str:
    """The exception's text: of the `exception` event, else of the status."""
    for event in reversed(span.events):
        if event.name == "exception" and event.attributes:
            return str(event.attributes.get("exception.message", ""))
    return span.status.description or ""
