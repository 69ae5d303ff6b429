"""Recognises most healthy spans of other instrumentations with a few lookups, which is faster than translating them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from gemini_otel._facts import names
from gemini_otel.hints._foreign.sources import ANYONE, SOURCES
from gemini_otel.hints._trigger import TOOL

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_STOPPED = (("stop",), ("STOP",))


def nothing_to_find(needed: frozenset[str] | None) -> Callable[[ReadableSpan, Mapping[str, Any]], bool]:
    """Return a function that says whether a span is of a successful call without a hint. If it is not sure, it says False.

    Successful means that the model stopped by itself after some output. A hint on such a call needs one of the `needed` attributes;
    None for them means that any call may get a hint.
    """
    if needed is None:
        return lambda _, __: False
    telling = frozenset((*needed, names.ERROR_TYPE, names.FINISH_REASON, *_other_names(needed)))

    def is_healthy(span: ReadableSpan, found: Mapping[str, Any]) -> bool:
        if found.get(names.RESPONSE_FINISH_REASONS) not in _STOPPED or not telling.isdisjoint(found):
            return False
        output, thoughts = (
            found.get(names.USAGE_OUTPUT_TOKENS),
            found.get(names.USAGE_REASONING_OUTPUT_TOKENS, 0),
        )
        if not (isinstance(output, int) and isinstance(thoughts, int) and output > thoughts):
            return False
        return (
            found.get(names.OPERATION_NAME, TOOL) != TOOL and span.status.status_code is not StatusCode.ERROR
        )

    return is_healthy


def _other_names(needed: frozenset[str]) -> Iterator[str]:
    """The names of the sources themselves for finish reasons, thinking tokens and what is `needed`."""
    for source in (*SOURCES, ANYONE):
        for ours, theirs in source.aliases.items():
            if ours in needed or ours == names.USAGE_REASONING_OUTPUT_TOKENS:
                yield from theirs
        yield from (name for name in source.finish_reasons if name != names.RESPONSE_FINISH_REASONS)
