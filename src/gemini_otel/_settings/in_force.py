"""Which settings are in force: keyword arguments first, then environment variables, then defaults."""

# Without `from __future__ import annotations`, which would slow down the start-up: typing compiles each annotation of a
# NamedTuple that is text.

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gemini_otel._facts.guard import logger, tried
from gemini_otel._settings.parsing import parse_switch
from gemini_otel._settings.table import PREFIX, SETTINGS, Setting, Settings, shown

# The console exporter's variable, which `instrument()` does not read.
CONSOLE_PROBLEMS_ONLY = f"{PREFIX}CONSOLE_PROBLEMS_ONLY"


@functools.cache
def configuration() -> type:
    """A dataclass of the settings that a configuration file can set; an unknown setting is logged and ignored."""
    import dataclasses

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
    """A setting, its value, and its source: "keyword", an environment variable, or "default"."""

    setting: Setting
    value: Any
    source: str
    problem: str | None = None  # an environment variable that could not be read


def load(keywords: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. A bad keyword raises ValueError; a bad environment variable is logged and ignored."""
    found = resolve(keywords, environ)
    for each in found:
        if each.problem is not None:
            origin = "the default" if each.source == "default" else each.source
            logger.warning("%s; using %s, %s", each.problem, origin, shown(each.value))
    return Settings(**{each.setting.name: each.value for each in found if each.source != "default"})


def valid(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The valid keywords; the others are logged."""
    kept = {}
    for name, value in keywords.items():
        try:
            load({name: value}, environ={})
            kept[name] = value
        except ValueError as error:
            logger.warning("%s; ignored", error)
    return kept


def resolve(keywords: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> list[InForce]:
    """Every setting in force: from the keyword, else our variable, else the standard variable, else the default."""
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
    """The console exporter's switch: its argument, else its variable. A bad variable is logged and ignored, as for a
    setting.
    """
    if given is not None:
        return _switch_named("problems_only", given)
    value, problem = problems_only_variable(environ)
    if problem is not None:
        logger.warning("%s; using the default, false", problem)
    return value


def problems_only_variable(environ: Mapping[str, str]) -> tuple[bool, str | None]:
    """The value of the console exporter's variable, and what is wrong with it."""
    try:
        return _switch_named(CONSOLE_PROBLEMS_ONLY, environ.get(CONSOLE_PROBLEMS_ONLY) or False), None
    except ValueError as error:
        return False, str(error)


def _switch_named(name: str, value: Any) -> bool:
    return bool(_parse(Setting(name, "true, false", "", parse_switch), parse_switch, name, value))


def unknown_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Variables that begin like ours and are unknown, each with the one that may be meant."""
    known = [setting.name.upper() for setting in SETTINGS if setting.in_environment]
    known.append(CONSOLE_PROBLEMS_ONLY.removeprefix(PREFIX))
    given = (name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX))
    unknown = sorted(set(given).difference(known))
    if not unknown:
        return {}
    import difflib  # slower than all the rest here

    close = {name: difflib.get_close_matches(name, known, n=1) for name in unknown}
    return {PREFIX + name: PREFIX + found[0] if found else None for name, found in close.items()}


def warn_of_unknown_variables() -> None:
    """Log each variable that begins like ours and is unknown."""
    for name, meant in unknown_variables().items():
        logger.warning(
            "%s is not a setting%s", name, f"; did you mean {meant}?" if meant else " of gemini-otel"
        )


def _parse(setting: Setting, parse: Callable[[Any], Any], name: str, value: Any) -> Any:
    parsed, error = tried(parse, value)  # an object may raise anything when it is shown
    if error is None:
        return parsed
    text = str(error) if isinstance(error, ValueError) else f"it raised {type(error).__name__}"
    reason = f" ({text})" if text else ""
    raise ValueError(f"{name}={_shown(value)} is not valid; choose from: {setting.choices}{reason}")


def _shown(value: Any) -> str:
    shown, _ = tried(repr, value)
    return f"<{type(value).__name__}>" if shown is None else shown
