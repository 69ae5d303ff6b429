"""Converts a span of another instrumentation to the attributes that our span would have."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from gemini_otel._facts.names import (
    BLOCK_REASON,
    ERROR_TYPE,
    FINISH_REASON,
    OPERATION_NAME,
    OUTCOME,
    PROVIDER_NAME,
    REQUEST_MODEL,
    REQUEST_STREAM,
    RESPONSE_FINISH_REASONS,
    RESPONSE_ID,
    RESPONSE_MODEL,
    USAGE_INPUT_TOKENS,
    USAGE_OUTPUT_TOKENS,
    USAGE_REASONING_OUTPUT_TOKENS,
    USAGE_TOTAL_TOKENS,
)
from gemini_otel._facts.outcomes import KNOWN_FINISH_REASONS, finish_reason_outcome, worst_finish_reason
from gemini_otel._facts.parsing import parse_json
from gemini_otel.hints._foreign.sources import ANYONE, PARAMETERS, SOURCES, Source
from gemini_otel.hints._trigger import NO_CALL

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_BY_SCOPE = {scope: source for source in SOURCES for scope in (*source.scopes, *source.shared_scopes)}
# Our name for each name of a source; if there are several for one of ours, the first counts.
_PAIRS = {
    source: {theirs: ours for ours, aliases in source.aliases.items() for theirs in aliases}
    for source in (*SOURCES, ANYONE)
}
# How most instrumentations write a reason; none of these words means anything else in any source.
_REASONS = {word: reason for reason in KNOWN_FINISH_REASONS for word in (reason, reason.lower())}
_LONGEST_JSON = 20_000
_ENDS = 4000  # characters at either end of an answer that may hold its prompt feedback
# Beginnings of attribute names that only calls have; agents have names and conversations, too.
_OF_CALLS = (
    *(
        "gen_ai.request.",
        "gen_ai.response.",
        "gen_ai.usage.",
        "gen_ai.provider.",
        "gen_ai.system",
        "gen_ai.prompt",
    ),
    *("gen_ai.completion", "gen_ai.input.", "gen_ai.output.", "llm.", "gemini."),
)
_OF_GENAI = ("gen_ai.", "llm.", "openinference.", "traceloop.")
_NO_REASON = ("", "NONE", "ERROR")  # the newest conventions write `error` if a reason was due and none came
_GOOGLE = ("gcp", "gemini", "google", "vertex")  # beginnings of provider names
_OURS = ("gemini", "gemma", "imagen", "learnlm", "lyria", "veo-")
_ELSEWHERE = ("claude", "codestral", "deepseek", "gpt-", "jamba", "llama", "mistral", "qwen")  # on Vertex AI


def translate(span: ReadableSpan, found: dict[str, Any]) -> bool:
    """Add the attributes that hints need, under our names.

    Returns False for a span that is not about a model, for the program's own errors, and for a call of a model that is not
    Google's.
    """
    scope = span.instrumentation_scope
    source = _BY_SCOPE.get(scope.name, ANYONE) if scope is not None else ANYONE
    if not _PAIRS[source].keys().isdisjoint(found):
        _rename(source, found)
    # For example, where the call failed.
    if source.parameters is not None and REQUEST_MODEL not in found:
        _add_parameters(found, found.get(source.parameters))
    provider = found.get(PROVIDER_NAME)
    model = found.get(REQUEST_MODEL) or found.get(RESPONSE_MODEL)
    if not _is_google(
        source,
        provider[:200] if isinstance(provider, str) else "",
        model[:200] if isinstance(model, str) else "",
    ):
        return False
    if source.operations:
        _add_operation(source, found)
    only_named = OPERATION_NAME not in found and not source.google_only and not _has(found, _OF_CALLS)
    if only_named and span.name not in source.calls:
        found[OPERATION_NAME] = "invoke_workflow"  # an unknown operation: a span around calls
        return _has(found, _OF_GENAI)
    if found.get(OPERATION_NAME) in NO_CALL:
        return True
    if source.parameters is not None:
        _add_parameters(found, found.get(source.parameters))
    _add_finish_reason(source, found)
    if source.leaves_out_thoughts:
        _add_thoughts(found)
    if ERROR_TYPE in found or span.status.status_code is StatusCode.ERROR:
        return _add_failure(source, span, found, only_named or source.raises_its_own)
    _add_outcome(source, found)
    return True


def _add_failure(source: Source, span: ReadableSpan, found: dict[str, Any], may_be_any: bool) -> bool:
    """Add why the call failed. Returns False if the exception `may_be_any` and does not come from the service."""
    from gemini_otel.hints._foreign.errors import add_error, is_of_the_service

    add_error(span, found)
    if source.reason_in_error is not None and _add_reason_of_error(source.reason_in_error, span, found):
        return True
    return not may_be_any or is_of_the_service(found)


def _has(found: dict[str, Any], beginnings: tuple[str, ...]) -> bool:
    return any(name.startswith(beginnings) for name in found)


def _rename(source: Source, found: dict[str, Any]) -> None:
    for theirs, ours in _PAIRS[source].items():
        if theirs in found:
            found.setdefault(ours, found[theirs])


@functools.lru_cache(maxsize=256)
def _is_google(source: Source, provider: str, model: str) -> bool:
    """Whether the call may have gone to a model of Google's, as far as the span shows."""
    provider, model = provider.lower(), model.lower()
    if not model:
        return source.google_only or not provider or provider.startswith(_GOOGLE)
    if source.google_only or provider.startswith(_GOOGLE):
        return not any(word in model for word in _ELSEWHERE)
    return any(word in model for word in _OURS)


def _add_operation(source: Source, found: dict[str, Any]) -> None:
    """Distinguish a span around calls from a call, because it has the errors of the calls inside, too."""
    kind = found.get("openinference.span.kind") or found.get("traceloop.span.kind")
    operation = source.operations.get(kind) if isinstance(kind, str) else None
    if operation is not None:
        found.setdefault(OPERATION_NAME, operation)


def _add_parameters(found: dict[str, Any], text: object) -> None:
    if not isinstance(text, str) or len(text) > _LONGEST_JSON:
        return
    given = parse_json(text)
    if not isinstance(given, Mapping):
        return
    thinking = given.get("thinking_config")
    if isinstance(thinking, Mapping):
        given = {**given, **thinking}
    for theirs, ours in PARAMETERS.items():
        if isinstance(given.get(theirs), (int, float, str)):
            found.setdefault(ours, given[theirs])


def _add_finish_reason(source: Source, found: dict[str, Any]) -> None:
    if FINISH_REASON in found:
        return
    raw: Any = None
    for name in source.finish_reasons:
        if raw := found.get(name):
            break
    word = raw[0] if isinstance(raw, tuple) and len(raw) == 1 else raw
    worst = _REASONS.get(word) if isinstance(word, str) else None
    if worst is None:
        worst = _worst(source, _words(raw))
    if worst is not None:
        found[FINISH_REASON] = worst
        return
    found.pop(RESPONSE_FINISH_REASONS, None)
    if not raw and source.answer is not None and BLOCK_REASON not in found:
        _add_block_reason(found, found.get(source.answer))


def _add_reason_of_error(words: str, span: ReadableSpan, found: dict[str, Any]) -> bool:
    """Set the finish reason if a framework raised its own exception because of one."""
    _, _, after = (span.status.description or "")[:_ENDS].partition(words)
    reason = _REASONS.get(after.partition(" ")[0])
    if reason is None:
        return False
    found.setdefault(FINISH_REASON, reason)
    found[OUTCOME] = finish_reason_outcome(reason)
    return True


def _words(raw: object) -> list[str]:
    if isinstance(raw, str):
        raw = _array(raw) if raw.startswith("[") else (raw,)
    return [str(word)[-100:] for word in raw[:100]] if isinstance(raw, (tuple, list)) else []


def _array(text: str) -> object:
    """The items of an array that is written as JSON, as Logfire does."""
    return parse_json(text[:_LONGEST_JSON])


def _worst(source: Source, words: list[str]) -> str | None:
    """Gemini's name for the worst reason of several candidates; it may be written `FinishReason.STOP` or `stop`."""
    plain = (word.rpartition(".")[2].strip().upper() for word in words)
    reasons = (source.finish_words.get(word, word) for word in plain)
    return worst_finish_reason(r for r in reasons if r not in _NO_REASON and r not in source.no_reason)


def _add_block_reason(found: dict[str, Any], answer: object) -> None:
    if isinstance(answer, str):
        match = _block_reason().search(
            answer if len(answer) <= 2 * _ENDS else answer[:_ENDS] + answer[-_ENDS:]
        )
        if match is not None:
            found[BLOCK_REASON] = match[1]


@functools.cache
def _block_reason() -> re.Pattern[str]:
    """The block reason in an answer's JSON. A quotation mark inside a text has a backslash before it, so no text can be
    mistaken for it.
    """
    return re.compile(r'(?<!\\)"(?:block_reason|blockReason)": ?"([A-Z][A-Z_]{2,60})"')


def _add_thoughts(found: dict[str, Any]) -> None:
    """Set the thoughts to the total minus input and visible output, if only the total includes them."""
    total, before = _count(found, USAGE_TOTAL_TOKENS), _count(found, USAGE_INPUT_TOKENS)
    thoughts = total - before - _count(found, USAGE_OUTPUT_TOKENS)
    if before and thoughts > 0 and USAGE_REASONING_OUTPUT_TOKENS not in found:
        found[USAGE_REASONING_OUTPUT_TOKENS] = thoughts
        found[USAGE_OUTPUT_TOKENS] = total - before


def _count(found: dict[str, Any], name: str) -> int:
    value = found.get(name)
    return value if isinstance(value, int) else 0


def _add_outcome(source: Source, found: dict[str, Any]) -> None:
    """Add the outcome if the span shows it beyond doubt: a reply that ended well, or no reply at all.

    A stream without a finish reason may simply not have been read to its end.
    """
    reason, output = found.get(FINISH_REASON), found.get(USAGE_OUTPUT_TOKENS)
    if reason == "STOP":
        thoughts = found.get(USAGE_REASONING_OUTPUT_TOKENS, 0)
        if isinstance(output, int) and isinstance(thoughts, int) and output > thoughts:
            found[OUTCOME] = "ok"
    elif reason is not None:
        found[OUTCOME] = finish_reason_outcome(reason)
    elif source.always_says_reason and output is None:
        answered = RESPONSE_ID in found and USAGE_INPUT_TOKENS in found
        if answered and not found.get(REQUEST_STREAM):
            found[OUTCOME] = "incomplete"
