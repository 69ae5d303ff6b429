"""Fills an entry's evidence with the numbers and enums of a span."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from gemini_otel._semconv import ERROR_MESSAGE, REQUEST_MODEL
from gemini_otel.hints._trigger import text
from gemini_otel.hints.models import OUTPUT_LIMITS, lifecycle, longest_match, model_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gemini_otel.hints._hint import Attributes, AttributeValue, Hint

_LONGEST = 200  # characters of one value

# Numbers that only the service's message tells; a placeholder of this name stands for the first group.
_MESSAGE_NUMBERS = {
    "message.input_tokens": r"token count(?: of)? \(?(\d+)",
    "message.input_limit": r"tokens allowed(?: is)? \(?(\d+)",
    "message.payload_limit": r"limit: (\d+) bytes",
    "message.cached_tokens": r"total_token_count=(\d+)",
    "message.cached_minimum": r"min_total_token_count=(\d+)",
    "message.given_value": r"(?:value of|budget) \(?(-?\d+(?:\.\d+)?)",
    "message.lower_bound": r"(?:range is from|between) (-?\d+(?:\.\d+)?)",
    "message.upper_bound": r"(?:range is from|between) -?\d+(?:\.\d+)?(?: \(inclusive\))? (?:to|and) (\d+(?:\.\d+)?)",
}


def evidence(hint: Hint, attributes: Attributes) -> str | None:
    """The entry's evidence as one line; a sentence with an attribute that the span lacks is left out, None if all are.

    `{name}` stands for an attribute, `{name:%}` for a share written as a percentage.
    """
    sentences = (_filled(sentence, attributes) for sentence in hint.evidence)
    return "; ".join(sentence for sentence in sentences if sentence is not None) or None


def _filled(sentence: str, attributes: Attributes) -> str | None:
    literals, placeholders = _parsed(sentence)
    pieces = [literals[0]]
    for (name, percent), literal in zip(placeholders, literals[1:], strict=True):
        value = _value(name, attributes)
        if value is None:
            return None
        pieces += (_formatted(value, percent=percent), literal)
    return "".join(pieces)


@functools.lru_cache(maxsize=1000)
def _parsed(sentence: str) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """The literal pieces, and the placeholders between them: a name, and whether it is a percentage."""
    pieces = re.split(
        r"\{([a-z0-9_.]+)(:%)?\}", sentence
    )  # literal, name, percent sign or None, literal, ...
    return tuple(pieces[::3]), tuple(
        (name, bool(sign)) for name, sign in zip(pieces[1::3], pieces[2::3], strict=True)
    )


def _value(name: str, attributes: Attributes) -> AttributeValue | None:
    if name in _MESSAGE_NUMBERS:
        match = _compiled(_MESSAGE_NUMBERS[name]).search(text(attributes, ERROR_MESSAGE)[:4000])
        return match[1] if match else None
    derived = _DERIVED.get(name)
    return attributes.get(name) if derived is None else derived(attributes)


def _shutdown(attributes: Attributes) -> str | None:
    row = lifecycle(text(attributes, REQUEST_MODEL))
    return None if row is None else row.shutdown.isoformat()


def _replacement(attributes: Attributes) -> str | None:
    row = lifecycle(text(attributes, REQUEST_MODEL))
    return None if row is None else row.replacement


def _output_limit(attributes: Attributes) -> int | None:
    return longest_match(OUTPUT_LIMITS, model_of(attributes))


_DERIVED: Mapping[str, Callable[[Attributes], AttributeValue | None]] = {
    "model.shutdown": _shutdown,
    "model.replacement": _replacement,
    "model.output_limit": _output_limit,
}


def _formatted(value: AttributeValue, *, percent: bool) -> str:
    if percent and isinstance(value, (int, float)):
        return f"{value:.0%}".replace("%", " %")
    if isinstance(value, float):
        return (
            str(int(value)) if value.is_integer() else f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"
        )
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item)[:_LONGEST] for item in value[:10])
    return str(value)[:_LONGEST]


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
