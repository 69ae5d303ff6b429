"""Fills an entry's evidence with the numbers and enums of a span."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from gemini_otel._facts.durations import duration
from gemini_otel._facts.names import (
    BLOCKED_CATEGORIES,
    ERROR_MESSAGE,
    MODEL_RETIREMENT,
    OVERWRITTEN_THRESHOLDS,
    REQUEST_MODEL,
    SAFETY_SETTINGS,
)
from gemini_otel._facts.sendable import finite
from gemini_otel.hints._hint import Attributes, AttributeValue
from gemini_otel.hints._trigger import text
from gemini_otel.hints.models import CACHE_MINIMUM, OUTPUT_LIMITS, lifecycle, longest_match, model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gemini_otel.hints._hint import Hint

# Numbers that only the service's message has; a placeholder of this name stands for the first group.
_MESSAGE_NUMBERS = {
    "message.field": r"\b((?:contents?|tools|tool_?config|generation_?config|safety_?settings|system_?instruction|requests|instances)"
    r"(?:\[\w{1,40}\]|\.[a-z_]\w{0,40}){1,12})",
    "message.input_tokens": r"token count(?: of| is)? \(?(\d+)",
    "message.input_limit": r"(?:tokens allowed(?: is)?|supports up to) \(?(\d+)",
    "message.instruction_tokens": r"user system instruction has (\d+) tokens",
    "message.payload_limit": r"limit: (\d+) bytes",
    "message.batch_limit": r"at most (\d+) [a-z ]{1,40}batch",
    "message.cached_tokens": r"total_token_count=(\d+)",
    "message.cached_minimum": r"min_total_token_count=(\d+)",
    "message.given_value": r"(?:value of|budget) \(?(-?\d+(?:\.\d+)?)",
    "message.lower_bound": r"(?:range is from|between) (-?\d+(?:\.\d+)?)",
    "message.upper_bound": r"(?:range is from|between) -?\d+(?:\.\d+)?(?: \(inclusive\))? (?:to|and) (\d+(?:\.\d+)?)",
    "message.modalities": r"combination of response modalities: ?\*? ?([A-Z, *]{3,60})",
    "message.seconds": r"no response was generated for (\d+) seconds",
}
THRESHOLDS = (
    "thresholds asked for: {safety.thresholds}",
    f"thresholds that the service set instead: {{{OVERWRITTEN_THRESHOLDS}}}",
)
_PLAIN = (str, int)
_PLURAL_OF_ONE = re.compile(
    r"(?<![\w.,-])1 (attempt|byte|call|character|image|instance|request|round|second|time|token|tool)s\b"
)
_PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+(?::[%s])?)\}")


def evidence(hint: Hint, attributes: Attributes) -> str | None:
    """The entry's evidence as one line. A sentence with an attribute that the span lacks is left out; None if all are.

    `{name}` stands for an attribute, `{name:%}` for a share written as a percentage, and
    `{name:s}` for seconds written as a duration.
    """
    return filled(parsed(hint.evidence), attributes)


# The text with a gap for each value, the names of the values, and whether some are not plain attributes.
Sentence = tuple[str, tuple[str, ...], bool]


def filled(sentences: tuple[Sentence, ...], attributes: Attributes) -> str | None:
    """The evidence of an entry from its `parsed` sentences."""
    said = []
    for words, names, derived in sentences:
        shown = []
        for name in names:
            value = _value(attributes, name) if derived else attributes.get(name)
            if value is None:
                break
            shown.append(value if type(value) in _PLAIN else _formatted(value))
        else:
            told = words % tuple(shown)
            said.append(_PLURAL_OF_ONE.sub(r"1 \1", told) if 1 in shown or "1" in shown else told)
    return "; ".join(said) or None


@functools.lru_cache(maxsize=1000)
def parsed(sentences: tuple[str, ...]) -> tuple[Sentence, ...]:
    """An entry's evidence in the form that `filled` needs."""
    return tuple(map(_parsed_sentence, sentences))


def _parsed_sentence(sentence: str) -> Sentence:
    words, names = _PLACEHOLDER.split(sentence)[::2], _PLACEHOLDER.findall(sentence)
    gap = "%.500s"  # the limit for any value
    derived = any(
        name in _MESSAGE_NUMBERS or name in _DERIVED or name.endswith((":%", ":s")) for name in names
    )
    return gap.join(word.replace("%", "%%") for word in words), tuple(names), derived


def _value(attributes: Attributes, name: str) -> AttributeValue | None:
    if name in _MESSAGE_NUMBERS:
        match = _compiled(_MESSAGE_NUMBERS[name]).search(text(attributes, ERROR_MESSAGE)[:4000])
        return match[1] if match else None
    if name in _DERIVED:
        return _DERIVED[name](attributes)
    if name.endswith(":%"):
        share = attributes.get(name[:-2])
        return f"{share:.0%}".replace("%", " %") if isinstance(share, (int, float)) else share
    if name.endswith(":s"):
        said = _value(attributes, name[:-2])
        if type(said) not in (int, float) and name[:-2] not in _MESSAGE_NUMBERS:
            return said
        seconds = finite(said)
        return duration(seconds) if seconds is not None and seconds >= 0 else None
    return attributes.get(name)


def _shutdown(attributes: Attributes) -> str | None:
    told = text(attributes, MODEL_RETIREMENT)
    row = lifecycle(text(attributes, REQUEST_MODEL))
    return told or (None if row is None else row.shutdown.isoformat())


def _thresholds(attributes: Attributes) -> tuple[str, ...] | None:
    """The requested thresholds of the categories that blocked; of all categories if none is known to have blocked."""
    asked = attributes.get(SAFETY_SETTINGS)
    if not isinstance(asked, (tuple, list)):
        return None
    known = dict(str(each)[:200].partition(":")[::2] for each in asked[:32])
    blocked = attributes.get(BLOCKED_CATEGORIES)
    named = (
        [str(each)[:200].partition(":")[0] for each in blocked[:10]]
        if isinstance(blocked, (tuple, list))
        else []
    )
    return tuple(f"{name}:{known.get(name, 'the default')}" for name in named or known)


def _replacement(attributes: Attributes) -> str | None:
    row = lifecycle(text(attributes, REQUEST_MODEL))
    return None if row is None else row.replacement


def _output_limit(attributes: Attributes) -> int | None:
    return longest_match(OUTPUT_LIMITS, model_of(attributes))


def _cache_minimum(attributes: Attributes) -> int | None:
    return longest_match(CACHE_MINIMUM, model_of(attributes))


_DERIVED: Mapping[str, Callable[[Attributes], AttributeValue | None]] = {
    "safety.thresholds": _thresholds,
    "model.shutdown": _shutdown,
    "model.replacement": _replacement,
    "model.output_limit": _output_limit,
    "model.cache_minimum": _cache_minimum,
}


def _formatted(value: AttributeValue) -> str:
    if isinstance(value, float):
        return (
            str(int(value)) if value.is_integer() else f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"
        )
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item)[:200] for item in value[:10])
    return str(value)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
