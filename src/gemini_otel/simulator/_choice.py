"""Chooses the scenario of a request: the one that it names, or the first of the server's scenarios that fits the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ._areas import Area, subjects
from ._errors import unknown_scenario_message
from ._live import as_live
from ._live_scenario import Burst, LiveScenario
from ._scenario import Scenario


class NoScenarioError(Exception):
    """There is no scenario for a request; the message tells the sender why."""


class Choice:
    """The scenarios that the server was started with, and all that it knows by name."""

    def __init__(
        self,
        given: Sequence[Scenario | LiveScenario],
        known: Mapping[str, Scenario],
        live: Mapping[str, object],
    ) -> None:
        self._given, self._known, self._live = given, known, live

    def named(self, name: str, area: Area) -> Scenario:
        """The scenario *name*, for a request to *area* that names it."""
        scenario = self._known.get(name)
        if scenario is None and name in self._live:
            raise NoScenarioError(_for_others(name, ["Live sessions"], area))
        if scenario is None:
            raise NoScenarioError(unknown_scenario_message(name, [*self._known, *self._live]))
        if not area.can_play(scenario):
            raise NoScenarioError(_for_others(name, subjects(scenario), area))
        return scenario

    def default(self, area: Area) -> Scenario:
        """The scenario for a request to *area* that names none. Only calls that generate content need one that fits."""
        of_http = [each for each in self._given if isinstance(each, Scenario)]
        for each in of_http:
            if area.can_play(each):
                return each
        if area.generates:
            first = self._given[0]
            what = subjects(first) if isinstance(first, Scenario) else ["Live sessions"]
            raise NoScenarioError(f"{_for_others(first.name, what, area)} {_serve_both(first.name, 'ok')}")
        return of_http[0] if of_http else self._known["ok"]


def live_default(given: Sequence[Scenario | LiveScenario], live: Mapping[str, LiveScenario]) -> LiveScenario:
    """What Live sessions play: a Live scenario; a refusal; a short answer if ``ok`` was given; or a message that says why
    there is none.
    """
    of_http = [each for each in given if isinstance(each, Scenario)]
    spoken = [each for each in given if isinstance(each, LiveScenario)]
    spoken += [refusal for each in of_http if (refusal := as_live(each)) is not None]
    spoken += [live["live_text"] for each in of_http if each.name == "ok"]
    return spoken[0] if spoken else _not_spoken(given[0].name)


def _not_spoken(name: str) -> LiveScenario:
    close = Burst(close=(1007, f"The scenario {name!r} is not one of Live. {_serve_both(name, 'live_text')}"))
    return LiveScenario("unknown", "", (close,), setup=close)


def _serve_both(*names: str) -> str:
    return f"Serve both: simulator.serve([{', '.join(map(repr, names))}])."


def _for_others(name: str, what: list[str], area: Area) -> str:
    here = area.name
    if not what:
        return f"The scenario {name!r} has a variant that {here} does not play."
    *others, last = what
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"The scenario {name!r} is for {listed}; {here} does not play it."
