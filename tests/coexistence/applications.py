"""Runs an application of a framework twice, without us and with us, and compares what it saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gemini_otel
from gemini_otel import simulator
from support import Telemetry

# What differs from run to run: times and ids.
_VARIES = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|\+00:00)?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"""|(?<=response_id": ")[\w-]+|(?<=response_id=')[\w-]+"""
)
# An application: it is given the address of the service, and notes what it sees, in order.
Application = Callable[[str, Callable[..., None]], None]


def run(application: Application, scenario: str = "ok") -> list[tuple[str, ...]]:
    """What the application sees of a service of its own; an exception that leaves it is the last."""
    seen: list[tuple[str, ...]] = []
    with simulator.serve(scenario) as url:

        def note(what: str, *values: Any) -> None:
            seen.append((what, *(_VARIES.sub("*", str(value).replace(str(url), "URL")) for value in values)))

        try:
            application(str(url), note)
        except Exception as error:
            note("raised", type(error).__qualname__, error, *causes(error))
    return seen


def causes(error: BaseException) -> list[str]:
    """The classes of what an exception was raised from."""
    found = []
    while (cause := error.__cause__ or error.__context__) is not None:
        found.append(type(cause).__qualname__)
        error = cause
    return found


def same_with_us(
    telemetry: Telemetry, application: Application, scenario: str = "ok"
) -> list[tuple[str, ...]]:
    """What the application sees, which is the same without us; `telemetry` then has the run with us."""
    alone = run(application, scenario)
    telemetry.exporter.clear()
    gemini_otel.instrument(**telemetry.providers)
    try:
        seen = run(application, scenario)
    finally:
        gemini_otel.uninstrument()
    assert seen == alone
    return seen
