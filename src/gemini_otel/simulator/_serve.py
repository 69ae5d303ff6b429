"""How users start the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, final

from ._errors import unknown_scenario_message
from ._playback import Playback
from ._request import Request
from ._scenario import Scenario
from ._server import Server
from .scenarios import SCENARIOS


@final
class Simulator(str):
    """A running simulator; as a string, its address (``http://127.0.0.1:PORT``).

    Close it with ``close()`` or use it in a ``with`` statement.
    """

    __slots__ = ("_server",)

    _server: Server

    def __new__(cls, server: Server) -> Simulator:
        simulator = super().__new__(cls, f"http://127.0.0.1:{server.port}")
        simulator._server = server
        return simulator

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def requests(self) -> list[Request]:
        """What was received so far, oldest first; of more than 10,000 requests only the latest."""
        return self._server.requests

    def wait(self, seconds: float) -> bool:
        """Waits at most *seconds* for the server to close; whether it has."""
        return self._server.wait(seconds)

    def close(self) -> None:
        """Stops serving; answers under way, hanging ones too, end at once."""
        self._server.close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # Copies are plain addresses: the SDK copies its options deeply.
        return str, (str(self),)

    def __deepcopy__(self, _memo: dict[int, Any]) -> str:
        return str(self)


def serve(scenario: str | Scenario = "ok", *, port: int = 0, scenarios: Iterable[Scenario] = ()) -> Simulator:
    """Starts a local Gemini API and returns its address, which is also its context manager.

    *scenario* answers every request that names none; a prompt names one by the text ``simulate:NAME``. *scenarios* are
    known by name besides those of ``SCENARIOS``, and replace them. Port 0 is a free port.
    """
    known = SCENARIOS | {each.name: each for each in scenarios}
    if isinstance(scenario, str):
        if scenario not in known:
            raise ValueError(_choices(scenario, known))
        scenario = known[scenario]
    known[scenario.name] = scenario
    return Simulator(Server(Playback(scenario, known), port))


def _choices(name: str, known: dict[str, Scenario]) -> str:
    message = unknown_scenario_message(name, known)
    return message if "Choose one of" in message else f"{message} Choose one of: {', '.join(sorted(known))}."


def serve_forever(
    scenario: str | Scenario = "ok",
    *,
    port: int = 8000,
    scenarios: Iterable[Scenario] = (),
    on_start: Callable[[str], object] | None = None,
) -> None:
    """Serves until Ctrl-C; *on_start* is called with the address once requests are accepted."""
    with serve(scenario, port=port, scenarios=scenarios) as url, suppress(KeyboardInterrupt):
        if on_start is not None:
            on_start(str(url))
        # Bounded waits keep Ctrl-C working where a wait without end cannot be interrupted.
        while not url.wait(1.0):
            pass
