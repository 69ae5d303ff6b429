"""Finds the reply to a request: the scenario, and the position in its sequence."""

from __future__ import annotations

import threading

from ._choice import Choice, NoScenarioError
from ._errors import bad_request, not_found
from ._request import UNREADABLE, Call, Request
from ._routes import find_route
from ._scenario import Reply, Scenario

_MOST_SEQUENCES = 10_000  # sequences that have begun and not ended


class Playback:
    """Plays scenarios; identical requests continue one sequence."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._lock = threading.Lock()
        self._next: dict[tuple[str, int], int] = {}

    def answer(self, request: Request) -> tuple[Reply, Call | None]:
        """The reply to *request*, ready to be sent, and the variables in its path."""
        found = find_route(request)
        if found is None:
            return not_found(request), None
        call, endpoint, area = found
        if request.raw_body and not isinstance(request.body, dict) and not request.uploads:
            return bad_request("Invalid JSON payload received. Expected a JSON object."), call
        name = call.scenario()
        try:
            scenario = self._choice.default(area) if name is None else self._choice.named(name, area)
            return endpoint(call, self._reply(call, scenario)), call
        except NoScenarioError as error:
            return bad_request(str(error)), call
        except UNREADABLE as error:
            return bad_request(f"The simulator cannot read this request: {type(error).__name__}."), call

    def _reply(self, call: Call, scenario: Scenario) -> Reply:
        if scenario.resumed and call.resumes:
            return scenario.resumed[0]
        if scenario.after_tools and call.tool_rounds:
            return scenario.after_tools[min(call.tool_rounds, len(scenario.after_tools)) - 1]
        replies = _replies(call, scenario)
        if len(replies) == 1:
            return replies[0]
        key = (scenario.name, hash((call.request.path, call.request.raw_body)))
        with self._lock:
            position = self._next.pop(key, 0)
            if position + 1 < len(replies):
                self._next[key] = position + 1
            if len(self._next) > _MOST_SEQUENCES:
                del self._next[next(iter(self._next))]
        return replies[position]


def _replies(call: Call, scenario: Scenario) -> tuple[Reply, ...]:
    return scenario.vertex if scenario.vertex and call.vertex else scenario.replies
