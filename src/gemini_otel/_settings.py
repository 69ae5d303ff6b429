"""Every switch: keyword arguments first, then environment variables, then defaults."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from gemini_otel._guard import logger
from gemini_otel._outcome import OUTCOMES
from gemini_otel._own_attributes import (
    MetricAttributes,
    SpanAttributes,
    parse_metric_attributes,
    parse_span_attributes,
)
from gemini_otel._semconv import DEFAULT_PROFILE, PROFILES

PREFIX = "GEMINI_OTEL_"
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
CONSOLE_PROBLEMS_ONLY = (
    f"{PREFIX}CONSOLE_PROBLEMS_ONLY"  # of the console exporter, which `instrument()` knows nothing of
)
HINT_LEVELS = ("info", "warning", "error")
HINT_SIGNALS = ("span", "logs", "both")
CAPTURE_MODES = ("no_content", "span_only", "event_only", "span_and_event")

Hook = Callable[[Any, Any], object]


class Settings(NamedTuple):
    """The values in force."""

    error_outcomes: frozenset[str] = frozenset()
    hints: bool = True
    hint_level: str = "warning"
    hint_signal: str = "span"
    disabled_hints: tuple[str, ...] = ()
    repetition: bool = True
    repetition_thresholds: Mapping[str, int] | None = None
    on_repetition: Callable[[Any], object] | None = None
    quiet_exporters: bool = True
    semconv: str = DEFAULT_PROFILE
    request_hook: Hook | None = None
    response_hook: Hook | None = None
    error_hook: Hook | None = None
    span_attributes: SpanAttributes | None = None
    metric_attributes: MetricAttributes | None = None
    capture_content: str = "no_content"
    content_limit: int = 65_536
    capture_bytes: bool = False
    redact: Callable[[str], str] | None = None
    completion_hook: object = None

    @property
    def wants_content(self) -> bool:
        """Whether anything asks for what was said."""
        return self.capture_content != "no_content" or self.completion_hook is not None


class Setting(NamedTuple):
    """One row of the settings table: `parse` takes a keyword's value or an environment variable's text.

    `standard` is a variable of OpenTelemetry's own that says the same, weaker than ours; where its text is of another form,
    `read_standard` reads it, and gives None where it says nothing of this setting.
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
        """The environment variable of our own; None for what only a program can give."""
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
        return getattr(Settings(), self.name)


def _outcomes(value: Any) -> frozenset[str]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
    chosen = frozenset(str(part).strip().lower() for part in parts if str(part).strip())
    if not chosen <= set(OUTCOMES):
        raise ValueError
    return chosen


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in _TRUE + _FALSE:
        raise ValueError
    return text in _TRUE


def _one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word not in choices:
            raise ValueError
        return word

    return parse


def _hint_ids(value: Any) -> tuple[str, ...]:
    from gemini_otel.hints import default_hints, disabled_ids

    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
    ids = tuple(str(part).strip() for part in parts if str(part).strip())
    disabled_ids(ids, default_hints())
    return ids


def _thresholds(value: Any) -> Mapping[str, int]:
    from gemini_otel.repetition import RepetitionDetector

    if isinstance(value, str):
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        value = {name.strip(): int(number) for name, _, number in pairs}
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
    RepetitionDetector(thresholds=value)
    return dict(value)


def _callable_with(arguments: int) -> Callable[[Any], Any]:
    """Takes what can be called, here and now, with so many arguments."""

    def parse(value: Any) -> Any:
        if not callable(value):
            raise ValueError  # noqa: TRY004  # one kind of error for a bad value
        if inspect.iscoroutinefunction(value):
            raise ValueError("it is called synchronously, so it cannot be a coroutine function")
        try:
            inspect.signature(value).bind(*range(arguments))
        except TypeError:
            raise ValueError(f"it is called with {arguments} argument(s)") from None
        except ValueError:
            pass  # built in, without a signature
        return value

    return parse


def _opt_in(text: str) -> str | None:
    """The profile that a list such as `http,gen_ai_latest_experimental/dup` opts in to; of two, the one that loses nothing."""
    words = {word.strip().lower() for word in text.split(",")}
    return next(
        (name for name in reversed(tuple(PROFILES)) if name in words and name != DEFAULT_PROFILE), None
    )


def _capture_mode(value: Any) -> str:
    """A mode by name; the older variable's true asked for everything."""
    try:
        return "span_and_event" if _switch(value) else "no_content"
    except ValueError:
        return _one_of(*CAPTURE_MODES)(value)


def _limit(value: Any) -> int:
    number = int(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError
    return number


def _completion_hook(value: Any) -> Any:
    if not callable(getattr(value, "on_completion", None)):
        raise ValueError("it has no method on_completion")  # noqa: TRY004  # one kind of error for a bad value
    return value


SETTINGS = (
    Setting(
        "error_outcomes",
        f"any of {', '.join(OUTCOMES)}; comma-separated or a list",
        "outcomes that give the span status ERROR although the caller got no exception",
        _outcomes,
    ),
    Setting("hints", "true, false", "add the hint processor to the tracer provider", _switch),
    Setting(
        "hint_level",
        ", ".join(HINT_LEVELS),
        "the least severity of a hint that is shown",
        _one_of(*HINT_LEVELS),
    ),
    Setting(
        "hint_signal",
        ", ".join(HINT_SIGNALS),
        "where hints go: events of the span, log events of the same name, or both",
        _one_of(*HINT_SIGNALS),
    ),
    Setting(
        "disabled_hints",
        "ids of hints and beginnings of them, such as cfg or http.429; comma-separated or a list",
        "hints that are never shown",
        _hint_ids,
    ),
    Setting("repetition", "true, false", "look for loops in the answers of sampled calls", _switch),
    Setting(
        "repetition_thresholds",
        "numbers by name (see docs/repetition.md); name=number, comma-separated, or a dict",
        "how long a run must be before it counts as a loop",
        _thresholds,
    ),
    Setting(
        "on_repetition",
        "a callable",
        "called with the `Repetition`, once for each answer that loops; what it raises is logged",
        _callable_with(1),
        in_environment=False,
    ),
    Setting(
        "quiet_exporters",
        "true, false",
        "log what goes wrong in OpenTelemetry's exporters once in ten minutes, not with every batch",
        _switch,
    ),
    Setting(
        "semconv",
        ", ".join(PROFILES),
        "names of the GenAI conventions: those of today's dashboards, those of the conventions' newest draft, or both",
        _one_of(*PROFILES),
        standard="OTEL_SEMCONV_STABILITY_OPT_IN",
        read_standard=_opt_in,
    ),
    Setting(
        "request_hook",
        "a callable",
        "called with the span and the request before it is sent; see [hooks](hooks.md)",
        _callable_with(2),
        in_environment=False,
    ),
    Setting(
        "response_hook",
        "a callable",
        "called with the span and the response, of a stream with each chunk",
        _callable_with(2),
        in_environment=False,
    ),
    Setting(
        "error_hook",
        "a callable",
        "called with the span and the exception that the program gets",
        _callable_with(2),
        in_environment=False,
    ),
    Setting(
        "span_attributes",
        "name=value, comma-separated; a dict whose values may be callables; or a callable that gives one",
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
        _capture_mode,
        standard="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    ),
    Setting(
        "content_limit",
        "a number from 1",
        "the most characters of captured content in one attribute; what is cut is said there",
        _limit,
    ),
    Setting(
        "capture_bytes",
        "true, false",
        "record inline data as base64 instead of its size, where content is captured",
        _switch,
    ),
    Setting(
        "redact",
        "a callable",
        "given each text before it is recorded; gives the text to record instead",
        _callable_with(1),
        in_environment=False,
    ),
    Setting(
        "completion_hook",
        "an object with on_completion; in the environment the name of one",
        "the hook of opentelemetry-util-genai that is given what was said, for example to upload it",
        _completion_hook,
        in_environment=False,
        standard="OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK",
        read_standard=str,
    ),
)


def shown(value: Any) -> str:
    """A setting's value for people."""
    if value is None or value in ((), frozenset()):
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={shown(each)}" for name, each in value.items())
    if isinstance(value, (tuple, frozenset)):
        return ", ".join(sorted(map(str, value)))
    if callable(value):
        return str(getattr(value, "__qualname__", type(value).__qualname__))
    return str(value).lower() if isinstance(value, bool) else str(value)


@functools.cache
def configuration() -> type:
    """A dataclass of the settings that a file can give; what it does not know is logged and left out."""
    fields = [setting.name for setting in SETTINGS if setting.in_environment]

    def take(self: Any, **options: Any) -> None:
        for name in sorted(set(options) - set(fields)):
            logger.warning(
                "unknown setting %r in OTEL_CONFIG_FILE; ignored. The settings are %s",
                name,
                ", ".join(fields),
            )
        for name in fields:
            setattr(self, name, options.get(name))

    return dataclasses.make_dataclass(
        "Configuration", [(name, Any, None) for name in fields], init=False, namespace={"__init__": take}
    )


class InForce(NamedTuple):
    """A setting, its value, and what gave it: "keyword", an environment variable, or "default"."""

    setting: Setting
    value: Any
    source: str
    problem: str | None = None  # of an environment variable that could not be read


def load(keywords: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. A bad keyword raises ValueError; a bad environment variable is logged and passed over."""
    found = resolve(keywords, environ)
    for each in found:
        if each.problem is not None:
            origin = "the default" if each.source == "default" else each.source
            logger.warning("%s; using %s, %s", each.problem, origin, each.value)
    return Settings(**{each.setting.name: each.value for each in found})


def resolve(keywords: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> list[InForce]:
    """Every setting as it is in force: a keyword, else our variable, else the standard one, else the default."""
    names = [setting.name for setting in SETTINGS]
    unknown = sorted(set(keywords) - set(names))
    if unknown:
        raise ValueError(f"unknown setting {unknown[0]!r}; the settings are {', '.join(names)}")
    return [_in_force(setting, keywords, environ) for setting in SETTINGS]


def _in_force(setting: Setting, keywords: Mapping[str, Any], environ: Mapping[str, str]) -> InForce:
    name, problem = setting.name, None
    if keywords.get(name) is not None:
        return InForce(setting, _parse(setting, setting.parse, name, keywords[name]), "keyword")
    for variable, parse in setting.variables.items():
        text = environ.get(variable)
        if not text:
            continue
        try:
            value = _parse(setting, parse, variable, text)
        except ValueError as error:
            problem = str(error)
        else:
            if value is not None:
                return InForce(setting, value, variable, problem)
    return InForce(setting, setting.default, "default", problem)


def problems_only(given: Any = None, environ: Mapping[str, str] = os.environ) -> bool:
    """The console exporter's own switch: its argument, else its variable. A bad one is treated as that of a setting is."""
    if given is not None:
        return _switch_named("problems_only", given)
    value, problem = problems_only_variable(environ)
    if problem is not None:
        logger.warning("%s; using the default, false", problem)
    return value


def problems_only_variable(environ: Mapping[str, str]) -> tuple[bool, str | None]:
    """What the console exporter's variable says, and what is wrong with it."""
    try:
        return _switch_named(CONSOLE_PROBLEMS_ONLY, environ.get(CONSOLE_PROBLEMS_ONLY) or False), None
    except ValueError as error:
        return False, str(error)


def _switch_named(name: str, value: Any) -> bool:
    return bool(_parse(Setting(name, "true, false", "", _switch), _switch, name, value))


def unknown_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Variables that look like ours and are not, each with the one that may be meant."""
    import difflib

    known = [setting.name.upper() for setting in SETTINGS if setting.in_environment]
    known.append(CONSOLE_PROBLEMS_ONLY.removeprefix(PREFIX))
    given = sorted(name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX))
    close = {name: difflib.get_close_matches(name, known, n=1) for name in given if name not in known}
    return {PREFIX + name: PREFIX + found[0] if found else None for name, found in close.items()}


def warn_of_unknown_variables() -> None:
    """Log each variable that looks like ours and is not."""
    for name, meant in unknown_variables().items():
        logger.warning("%s is no setting%s", name, f"; did you mean {meant}?" if meant else " of gemini-otel")


def _parse(setting: Setting, parse: Callable[[Any], Any], name: str, value: Any) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        reason = f" ({error})" if str(error) else ""
        raise ValueError(f"{name}={value!r} is not valid; choose from: {setting.choices}{reason}") from None
