"""Every switch: keyword arguments first, then environment variables, then defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from gemini_otel._guard import logger
from gemini_otel._outcome import OUTCOMES

_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
HINT_LEVELS = ("info", "warning", "error")
HINT_SIGNALS = ("span", "logs", "both")


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


class Setting(NamedTuple):
    """One row of the settings table: `parse` takes a keyword's value or an environment variable's text."""

    name: str
    choices: str
    meaning: str
    parse: Callable[[Any], Any]
    in_environment: bool = True

    @property
    def variable(self) -> str | None:
        """The environment variable; None for what only a program can give."""
        return f"GEMINI_OTEL_{self.name.upper()}" if self.in_environment else None

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


def _callable(value: Any) -> Any:
    if not callable(value):
        raise ValueError  # noqa: TRY004  # one kind of error for a bad value
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
        _callable,
        in_environment=False,
    ),
)


def load(keywords: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. A bad keyword raises ValueError; a bad environment variable is logged and left at its default."""
    unknown = sorted(set(keywords) - {setting.name for setting in SETTINGS})
    if unknown:
        choices = ", ".join(setting.name for setting in SETTINGS)
        raise ValueError(f"unknown setting {unknown[0]!r}; the settings are {choices}")
    values = {}
    for setting in SETTINGS:
        if keywords.get(setting.name) is not None:
            values[setting.name] = _parse(setting, setting.name, keywords[setting.name])
        elif setting.variable is not None and environ.get(setting.variable):
            try:
                values[setting.name] = _parse(setting, setting.variable, environ[setting.variable])
            except ValueError as error:
                logger.warning("%s; using the default, %s", error, setting.default)
    return Settings(**values)


def _parse(setting: Setting, name: str, value: Any) -> Any:
    try:
        return setting.parse(value)
    except ValueError as error:
        reason = f" ({error})" if str(error) else ""
        raise ValueError(f"{name}={value!r} is not valid; choose from: {setting.choices}{reason}") from None
