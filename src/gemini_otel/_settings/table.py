"""The settings: their values, and a table that says how each is set and read."""

# Without `from __future__ import annotations`, which would slow down the start-up: typing compiles each annotation of a
# NamedTuple that is text.

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from gemini_otel._facts.names import DEFAULT_PROFILE, PROFILE_NAMES, SEVERITIES
from gemini_otel._facts.outcomes import DEFAULT_ERROR_OUTCOMES, ERROR_OUTCOMES
from gemini_otel._settings.parsing import (
    CAPTURE_MODES,
    callable_with,
    one_of,
    parse_capture_mode,
    parse_completion_hook,
    parse_cost,
    parse_hint_ids,
    parse_limit,
    parse_metric_attributes,
    parse_opt_in,
    parse_outcomes,
    parse_span_attributes,
    parse_switch,
    parse_thresholds,
)

if TYPE_CHECKING:
    from gemini_otel._settings.own_attributes import MetricAttributes, SpanAttributes

PREFIX = "GEMINI_OTEL_"
HINT_SIGNALS = ("span", "logs", "both")

Hook = Callable[[Any, Any], object]


class Settings(SimpleNamespace):
    """The values of the settings in force. Those that are not given have the defaults below."""

    error_outcomes: frozenset[str] = DEFAULT_ERROR_OUTCOMES
    hints: bool = True
    hint_level: str = "warning"
    hint_signal: str = "span"
    hint_attributes: bool = True
    disabled_hints: tuple[str, ...] = ()
    repetition: bool = True
    repetition_thresholds: Mapping[str, int] | None = None
    on_repetition: Callable[[Any], object] | None = None
    exception_events: bool = False
    quiet_exporters: bool = True
    cost: bool = False
    semconv: str = DEFAULT_PROFILE
    request_hook: Hook | None = None
    response_hook: Hook | None = None
    error_hook: Hook | None = None
    span_attributes: "SpanAttributes | None" = None
    metric_attributes: "MetricAttributes | None" = None
    capture_content: str = "no_content"
    content_limit: int = 65_536
    capture_bytes: bool = False
    redact: Callable[[str], str] | None = None
    completion_hook: object = None

    @property
    def wants_content(self) -> bool:
        """Whether a setting asks for prompts and replies."""
        return self.capture_content != "no_content" or self.completion_hook is not None


class Setting(NamedTuple):
    """One row of the settings table: `parse` takes a keyword's value or an environment variable's text.

    `standard` is OpenTelemetry's own variable for the same thing; ours wins. `read_standard` parses it if its format differs, and
    returns None if it does not apply.
    """

    name: str
    choices: str
    meaning: str
    parse: Callable[[Any], Any]
    in_environment: bool = True
    standard: str | None = None
    read_standard: Callable[[str], Any] | None = None

    @property
    def variable(self) -> str | None:
        """Our environment variable; None for a setting that only a program can give."""
        return f"{PREFIX}{self.name.upper()}" if self.in_environment else None

    @property
    def variables(self) -> dict[str, Callable[[Any], Any]]:
        """The environment variables, the strongest first, and how each is read."""
        found = {}
        if self.variable is not None:
            found[self.variable] = self.parse
        if self.standard is not None:
            found[self.standard] = self.read_standard or self.parse
        return found

    @property
    def default(self) -> Any:
        return getattr(Settings, self.name)


SETTINGS = (
    Setting(
        "error_outcomes",
        f"any of {', '.join(ERROR_OUTCOMES)}; comma-separated or a list; or none",
        "outcomes that give the span status ERROR although the caller got no exception; `repetition` is a loop in a reply, whatever its outcome",
        parse_outcomes,
    ),
    Setting("hints", "true, false", "add the hint processor to the tracer provider", parse_switch),
    Setting(
        "hint_level",
        ", ".join(SEVERITIES),
        "the lowest severity of a hint that is shown",
        one_of(*SEVERITIES),
    ),
    Setting(
        "hint_signal",
        ", ".join(HINT_SIGNALS),
        "where hints go: events of the span, log events of the same name, or both",
        one_of(*HINT_SIGNALS),
    ),
    Setting(
        "hint_attributes",
        "true, false",
        "put summary, remedy and severity of the most specific hint on the span as attributes, too",
        parse_switch,
    ),
    Setting(
        "disabled_hints",
        "ids of hints and beginnings of them, such as cfg or http.429; comma-separated or a list",
        "hints that are never shown",
        parse_hint_ids,
    ),
    Setting("repetition", "true, false", "look for loops in the answers of sampled calls", parse_switch),
    Setting(
        "repetition_thresholds",
        "numbers by name; name=number, comma-separated, or a dict",
        "how long a run must be before it counts as a loop; see [thresholds](repetition.md#thresholds)",
        parse_thresholds,
    ),
    Setting(
        "on_repetition",
        "a callable",
        "called with the `Repetition`, once for each answer that loops; what it raises is logged",
        callable_with(1),
        in_environment=False,
    ),
    Setting(
        "exception_events",
        "true, false",
        "log each exception of a sampled call as `gen_ai.client.operation.exception`, with a masked message and the stack",
        parse_switch,
    ),
    Setting(
        "quiet_exporters",
        "true, false",
        "log failures of OpenTelemetry's exporters at most once in ten minutes, not with every batch",
        parse_switch,
    ),
    Setting(
        "cost",
        "true, false",
        "count what calls cost at list price, by the library of the extra `cost`; see [costs](report.md#the-cost-as-a-metric)",
        parse_cost,
    ),
    Setting(
        "semconv",
        ", ".join(PROFILE_NAMES),
        "names of the GenAI conventions: those of today's dashboards, those of the conventions' newest draft, or both",
        one_of(*PROFILE_NAMES),
        standard="OTEL_SEMCONV_STABILITY_OPT_IN",
        read_standard=parse_opt_in,
    ),
    Setting(
        "request_hook",
        "a callable",
        "called with the span and the request before it is sent; see [hooks](hooks.md)",
        callable_with(2),
        in_environment=False,
    ),
    Setting(
        "response_hook",
        "a callable",
        "called with the span and the response; for a stream, with each chunk",
        callable_with(2),
        in_environment=False,
    ),
    Setting(
        "error_hook",
        "a callable",
        "called with the span and the exception that the program gets",
        callable_with(2),
        in_environment=False,
    ),
    Setting(
        "span_attributes",
        "name=value, comma-separated; a dict whose values may be callables; or a callable that returns a dict",
        "attributes for every span of this package; 32 at most",
        parse_span_attributes,
    ),
    Setting(
        "metric_attributes",
        "name=value, comma-separated; or a dict whose values (str, bool, int) may be callables",
        "dimensions for every metric of this package; 8 at most, and 200 combinations of their values",
        parse_metric_attributes,
    ),
    Setting(
        "capture_content",
        f"{', '.join(CAPTURE_MODES)}; true (both), false",
        "where prompts and replies are recorded; see [content](content.md)",
        parse_capture_mode,
        standard="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    ),
    Setting(
        "content_limit",
        "a number from 1",
        "maximum characters of captured content per attribute; a note replaces what was cut",
        parse_limit,
    ),
    Setting(
        "capture_bytes",
        "true, false",
        "record inline data as base64 instead of its size, where content is captured",
        parse_switch,
    ),
    Setting(
        "redact",
        "a callable",
        "called with each text before it is recorded; returns the text to record instead",
        callable_with(1),
        in_environment=False,
    ),
    Setting(
        "completion_hook",
        "an object with on_completion; in the environment the name of a registered hook",
        "the hook of opentelemetry-util-genai that gets the captured messages, for example to upload them",
        parse_completion_hook,
        in_environment=False,
        standard="OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK",
        read_standard=str,
    ),
)


def shown(value: Any) -> str:
    """A setting's value as text for people."""
    if value is None or value in ((), frozenset()):
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={shown(each)}" for name, each in value.items())
    if isinstance(value, (tuple, frozenset)):
        return ", ".join(sorted(map(str, value)))
    if callable(value):
        return str(getattr(value, "__qualname__", type(value).__qualname__))
    return str(value).lower() if isinstance(value, bool) else str(value)
