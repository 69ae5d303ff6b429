"""From a span of another instrumentation to the attributes that a span of ours would have."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from gemini_otel import _semconv as names
from gemini_otel._foreign._sources import ANYONE, PARAMETERS, SOURCES, Source
from gemini_otel._outcome import worst_finish_reason

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span

_BY_SCOPE = {scope: source for source in SOURCES for scope in source.scopes}
_LONGEST_JSON = 20_000
_ENDS = 4000  # characters at either end of an answer, where its prompt feedback is
_NO_REASON = ("", "NONE")
_GOOGLE = ("gcp", "gemini", "google", "vertex")  # how the names of the provider begin
_OURS = ("gemini", "gemma", "imagen", "learnlm", "lyria", "veo-")
_ELSEWHERE = ("claude", "codestral", "deepseek", "gpt-", "jamba", "llama", "mistral", "qwen")  # on Vertex AI


def as_ours(span: Span) -> dict[str, Any] | None:
    """The span's attributes, and what hints need under our names; None for a call of a model that is not Google's."""
    found = _plain(span)
    if names.OUTCOME in found:
        return found
    scope = span.instrumentation_scope
    source = _BY_SCOPE.get(scope.name, ANYONE) if scope is not None else ANYONE
    for name, aliases in source.aliases.items():
        if name not in found:
            alias = next((alias for alias in aliases if alias in found), None)
            if alias is not None:
                found[name] = found[alias]
    if not _is_google(source, found):
        return None
    _add_operation(source, found)
    _add_parameters(source, found)
    _add_finish_reason(source, found)
    _add_thoughts(source, found)
    if names.ERROR_TYPE in found or span.status.status_code is StatusCode.ERROR:
        from gemini_otel._foreign._errors import add_error

        add_error(span, found)
    if source.always_says_reason:
        _add_silence(found)
    return found


def _plain(span: Span) -> dict[str, Any]:
    """A dict of its own: the SDK's mapping takes half a microsecond to say that something is missing."""
    try:
        return span._attributes._dict.copy()  # type: ignore[union-attr]  # noqa: SLF001
    except AttributeError:  # another release of the SDK
        return dict(span.attributes or {})


def _is_google(source: Source, found: Mapping[str, Any]) -> bool:
    """Whether the call may have gone to a model of Google's, as far as the span tells."""
    provider = str(found.get(names.PROVIDER_NAME) or "")[:100].lower()
    model = str(found.get(names.REQUEST_MODEL) or found.get(names.RESPONSE_MODEL) or "")[-200:].lower()
    if not model:
        return source.google_only or not provider or provider.startswith(_GOOGLE)
    if source.google_only or provider.startswith(_GOOGLE):
        return not any(word in model for word in _ELSEWHERE)
    return any(word in model for word in _OURS)


def _add_operation(source: Source, found: dict[str, Any]) -> None:
    """A span around calls is told apart from a call: the errors of the calls inside are on it, too."""
    operation = source.operations.get(str(found.get("openinference.span.kind", "")))
    if operation is not None:
        found.setdefault(names.OPERATION_NAME, operation)


def _add_parameters(source: Source, found: dict[str, Any]) -> None:
    text = found.get(source.parameters) if source.parameters is not None else None
    if not isinstance(text, str) or len(text) > _LONGEST_JSON:
        return
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(given, Mapping):
        return
    thinking = given.get("thinking_config")
    if isinstance(thinking, Mapping):
        given = {**given, **thinking}
    for theirs, ours in PARAMETERS.items():
        if isinstance(given.get(theirs), (int, float, str)):
            found.setdefault(ours, given[theirs])


def _add_finish_reason(source: Source, found: dict[str, Any]) -> None:
    if names.FINISH_REASON in found:
        return
    raw = next((found[name] for name in source.finish_reasons if found.get(name)), ())
    reasons = [_finish_reason(source, word) for word in _words(raw)]
    said = [reason for reason in reasons if reason not in _NO_REASON and reason not in source.no_reason]
    worst = worst_finish_reason(said)
    if worst is not None:
        found[names.FINISH_REASON] = worst
        return
    found.pop(names.RESPONSE_FINISH_REASONS, None)
    if not reasons and source.answer is not None and names.BLOCK_REASON not in found:
        _add_block_reason(found, found.get(source.answer))


def _words(value: object) -> Iterable[object]:
    return value if isinstance(value, (tuple, list)) else (value,)


def _finish_reason(source: Source, value: object) -> str:
    """Gemini's name; `FinishReason.STOP` and `max_tokens` are other ways to write one."""
    name = str(value)[-100:].rpartition(".")[2].strip().upper()
    return source.finish_words.get(name, name)


def _add_block_reason(found: dict[str, Any], answer: object) -> None:
    if isinstance(answer, str):
        match = _block_reason().search(answer if len(answer) <= 2 * _ENDS else answer[:_ENDS] + answer[-_ENDS:])
        if match is not None:
            found[names.BLOCK_REASON] = match[1]


@functools.cache
def _block_reason() -> re.Pattern[str]:
    """A quotation mark inside a text of the answer has a backslash before it, so no text can pass for this."""
    return re.compile(r'(?<!\\)"(?:block_reason|blockReason)": ?"([A-Z][A-Z_]{2,60})"')


def _add_thoughts(source: Source, found: dict[str, Any]) -> None:
    """Where only the total includes them, thoughts are what input and visible output leave of it."""
    if not source.leaves_out_thoughts or names.USAGE_REASONING_OUTPUT_TOKENS in found:
        return
    total, before = found.get(names.USAGE_TOTAL_TOKENS), found.get(names.USAGE_INPUT_TOKENS)
    visible = found.get(names.USAGE_OUTPUT_TOKENS, 0)
    if isinstance(total, int) and isinstance(before, int) and isinstance(visible, int):
        thoughts = total - before - visible
        if thoughts > 0:
            found[names.USAGE_REASONING_OUTPUT_TOKENS] = thoughts
            found[names.USAGE_OUTPUT_TOKENS] = visible + thoughts


def _add_silence(found: dict[str, Any]) -> None:
    """An answer without finish reason and output is incomplete; a stream may just not have been read to its end."""
    answered = names.RESPONSE_ID in found and names.USAGE_INPUT_TOKENS in found
    ended = names.FINISH_REASON in found or names.ERROR_TYPE in found or found.get(names.REQUEST_STREAM)
    if answered and not ended and names.USAGE_OUTPUT_TOKENS not in found:
        found[names.OUTCOME] = "incomplete"
