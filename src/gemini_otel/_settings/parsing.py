"""Parses the value of a setting, from a keyword's value or a variable's text; raises ValueError if it is not valid."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gemini_otel._facts.names import DEFAULT_PROFILE, PROFILE_NAMES
from gemini_otel._facts.outcomes import ERROR_OUTCOMES

if TYPE_CHECKING:
    from gemini_otel._settings.own_attributes import MetricAttributes, SpanAttributes

CAPTURE_MODES = ("no_content", "span_only", "event_only", "span_and_event")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def parse_outcomes(value: Any) -> frozenset[str]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
    chosen = frozenset(str(part).strip().lower() for part in parts if str(part).strip())
    if chosen == {"none"}:  # an empty variable counts as not set
        return frozenset()
    if not chosen <= set(ERROR_OUTCOMES):
        raise ValueError
    return chosen


def parse_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in _TRUE + _FALSE:
        raise ValueError
    return text in _TRUE


def parse_cost(value: Any) -> bool:
    """A switch that can be on only if the library is installed."""
    wanted = parse_switch(value)
    if wanted and importlib.util.find_spec("genai_prices") is None:
        raise ValueError("needs genai-prices. Install it with: pip install 'gemini-otel[cost]'")
    return wanted


def one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word not in choices:
            raise ValueError
        return word

    return parse


def parse_hint_ids(value: Any) -> tuple[str, ...]:
    from gemini_otel.hints import default_hints, disabled_ids

    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
    ids = tuple(str(part).strip() for part in parts if str(part).strip())
    disabled_ids(ids, default_hints())
    return ids


def parse_thresholds(value: Any) -> Mapping[str, int]:
    from gemini_otel.repetition import RepetitionDetector

    if isinstance(value, str):
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        value = {name.strip(): int(number) for name, _, number in pairs}
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
    RepetitionDetector(thresholds=value)
    return dict(value)


def callable_with(arguments: int) -> Callable[[Any], Any]:
    """Accepts a callable that takes this many arguments and is not a coroutine function."""

    def parse(value: Any) -> Any:
        if not callable(value):
            raise ValueError  # noqa: TRY004  # one kind of error for a bad value
        if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(type(value).__call__):
            raise ValueError("it is called synchronously, so it cannot be a coroutine function")
        try:
            inspect.signature(value).bind(*range(arguments))
        except TypeError:
            raise ValueError(f"it is called with {arguments} argument(s)") from None
        except ValueError:
            pass  # a built-in without a signature
        return value

    return parse


def parse_opt_in(text: str) -> str | None:
    """The profile that a list such as `http,gen_ai_latest_experimental/dup` opts in to; of two, the one with both names."""
    words = {word.strip().lower() for word in text.split(",")}
    return next((name for name in reversed(PROFILE_NAMES) if name in words and name != DEFAULT_PROFILE), None)


def parse_span_attributes(value: Any) -> SpanAttributes:
    from gemini_otel._settings.own_attributes import SpanAttributes, as_mapping

    return SpanAttributes(value if callable(value) else as_mapping(value))


def parse_metric_attributes(value: Any) -> MetricAttributes:
    from gemini_otel._settings.own_attributes import MetricAttributes, as_mapping

    return MetricAttributes(as_mapping(value))


def parse_capture_mode(value: Any) -> str:
    """A mode by name; true, as the older variable has it, means all content."""
    try:
        return "span_and_event" if parse_switch(value) else "no_content"
    except ValueError:
        return one_of(*CAPTURE_MODES)(value)


def parse_limit(value: Any) -> int:
    number = int(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError
    return number


def parse_completion_hook(value: Any) -> Any:
    if not callable(getattr(value, "on_completion", None)):
        raise ValueError("it has no method on_completion")  # noqa: TRY004  # one kind of error for a bad value
    return value
