"""Fills an entry's evidence with the numbers and enums of a span."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gemini_otel._semconv import ERROR_MESSAGE, REQUEST_MODEL
from gemini_otel.hints._hint import Attributes, AttributeValue
from gemini_otel.hints._trigger import text
from gemini_otel.hints.models import OUTPUT_LIMITS, lifecycle, longest_match, model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gemini_otel.hints._hint import Hint

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
    return filled(parsed(hint.evidence), attributes)


class _Placeholder(NamedTuple):
    """One value of a sentence, and the words that follow it."""

    read: Callable[[Attributes], AttributeValue | None]
    percent: bool
    words: str


Sentence = tuple[str, tuple[_Placeholder, ...]]  # how it begins, and what follows


def filled(sentences: tuple[Sentence, ...], attributes: Attributes) -> str | None:
    """The evidence of an entry whose sentences are `parsed`."""
    said = []
    for begin, placeholders in sentences:
        line = begin
        for read, percent, words in placeholders:
            value = read(attributes)
            if value is None:
                break
            line += _formatted(value, percent) + words
        else:
            said.append(line)
    return "; ".join(said) or None


@functools.lru_cache(maxsize=1000)
def parsed(sentences: tuple[str, ...]) -> tuple[Sentence, ...]:
    """What `filled` needs to know of an entry's evidence."""
    return tuple(map(_parsed_sentence, sentences))


def _parsed_sentence(sentence: str) -> Sentence:
    # literal, name, percent sign or None, literal, ...
    begin, *pieces = re.split(r"\{([a-z0-9_.]+)(:%)?\}", sentence)
    rest = zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    return begin, tuple(_Placeholder(_reader(name), bool(sign), words) for name, sign, words in rest)


def _reader(name: str) -> Callable[[Attributes], AttributeValue | None]:
    """What reads the value that a placeholder's name stands for."""
    if name in _MESSAGE_NUMBERS:
        return functools.partial(_message_number, _MESSAGE_NUMBERS[name])
    return _DERIVED.get(name) or operator.methodcaller("get", name)


def _message_number(pattern: str, attributes: Attributes) -> str | None:
    match = _compiled(pattern).search(text(attributes, ERROR_MESSAGE)[:4000])
    return match[1] if match else None


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


def _formatted(value: AttributeValue, percent: bool) -> str:
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
