"""The functions with which users start the simulator."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeAlias, final

from ._choice import Choice, live_default
from ._errors import unknown_scenario_message
from ._live import LivePlayer, as_live
from ._live_scenario import LiveScenario
from ._playback import Playback
from ._request import Request
from ._scenario import Scenario
from ._server import Server
from .scenarios import LIVE_SCENARIOS, SCENARIOS

Choosable: TypeAlias = str | Scenario | LiveScenario
"""A scenario, or the name of one."""


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
        """The received requests, oldest first; if there are more than 10,000, or 256 MiB, only the latest."""
        return self._server.requests

    def ssl_context(self) -> ssl.SSLContext:
        """The SSL context that a Live connection needs: the SDK opens these over TLS only, and it trusts the simulator's
        certificate.

        ``Client(http_options={"base_url": url, "async_client_args": {"ssl": url.ssl_context()}})``. Raises RuntimeError
        without the package ``trustme``.
        """
        return self._server.certificate.client_context()

    @property
    def certificate(self) -> str:
        """The path of a PEM file, for ``SSL_CERT_FILE`` in another process; deleted when the simulator closes."""
        return self._server.certificate.path

    def wait(self, seconds: float) -> bool:
        """Wait at most *seconds* for the server to close; return whether it has."""
        return self._server.wait(seconds)

    def close(self) -> None:
        """Stop serving; answers in progress end at once, hanging ones included."""
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


def serve(
    scenario: Choosable | Sequence[Choosable] = "ok",
    *,
    port: int = 0,
    scenarios: Iterable[Scenario | LiveScenario] = (),
) -> Simulator:
    """Start a local Gemini API and return its address, which is also its context manager.

    *scenario* answers every request that names none; a prompt names one by the text ``simulate:NAME``. If there are several,
    the first one that fits a request answers it. A scenario of files, of jobs or of Live does not fit ``generate_content``,
    which gets a 400 if there is no other. *scenarios* are known by name in addition to those of ``SCENARIOS`` and
    ``LIVE_SCENARIOS``, and replace them. Port 0 is a free port. Raises ValueError for an unknown name or if no scenario is
    given, and OSError if the port is in use.
    """
    own = tuple(scenarios)
    known = SCENARIOS | {each.name: each for each in own if isinstance(each, Scenario)}
    live = LIVE_SCENARIOS | {each.name: each for each in own if isinstance(each, LiveScenario)}
    names = [scenario] if isinstance(scenario, str) or not isinstance(scenario, Sequence) else [*scenario]
    given = [_chosen(each, known, live) for each in names]
    if not given:
        raise ValueError("No scenario was given. Give at least one, such as 'ok'.")
    known |= {each.name: each for each in given if isinstance(each, Scenario)}
    live |= {each.name: each for each in given if isinstance(each, LiveScenario)}
    refusals = {name: each for name, every in known.items() if (each := as_live(every)) is not None}
    player = LivePlayer(live_default(given, live), refusals | live)
    return Simulator(Server(Playback(Choice(given, known, live)), player, port))


def _chosen(
    scenario: Choosable, known: Mapping[str, Scenario], live: Mapping[str, LiveScenario]
) -> Scenario | LiveScenario:
    if isinstance(scenario, (Scenario, LiveScenario)):
        return scenario
    if not isinstance(scenario, str):
        raise ValueError(  # noqa: TRY004  # as every other bad value
            f"{scenario!r} is not a scenario. Give a name, a Scenario, a LiveScenario, or a list of them."
        )
    if scenario not in known and scenario not in live:
        raise ValueError(_choices(scenario, [*known, *live]))
    return live[scenario] if scenario in live else known[scenario]


def _choices(name: str, known: Collection[str]) -> str:
    message = unknown_scenario_message(name, known)
    return message if "Choose one of" in message else f"{message} Choose one of: {', '.join(sorted(known))}."


def serve_forever(
    scenario: Choosable | Sequence[Choosable] = "ok",
    *,
    port: int = 8000,
    scenarios: Iterable[Scenario | LiveScenario] = (),
    on_start: Callable[[Simulator], object] | None = None,
) -> None:
    """Serve until Ctrl-C; *on_start* is called with the address once requests are accepted. The other arguments are those of
    `serve`.
    """
    with serve(scenario, port=port, scenarios=scenarios) as url, suppress(KeyboardInterrupt):
        if on_start is not None:
            on_start(url)
        # Bounded waits keep Ctrl-C working on platforms where an unbounded wait cannot be interrupted.
        while not url.wait(1.0):
            pass
