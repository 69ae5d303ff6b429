"""One HTTP attempt of a round, from where it is sent to its answer."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from gemini_otel._guard import tried
from gemini_otel._telemetry.rounds import Round


class Attempt:
    """An attempt that has begun: failed with the exception that leaves the block, or with the refusal that its answer is."""

    settled = False
    __slots__ = ("_call", "_refusal")

    def __init__(self, call: Round) -> None:
        self._call = call
        self._refusal: Exception | None = None

    def __enter__(self) -> None:
        """Its round is current already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._call.attempt_failed(error)

    def observe(self, response: Any) -> None:
        """Look at the answer."""

    def finish(self) -> None:
        if self._refusal is None:
            self._call.attempt_succeeded()
        else:
            self._call.attempt_failed(self._refusal)


class RefusedAttemptError(Exception):
    """An attempt whose answer is a refusal that the SDK itself does not raise."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response
        self.body = None
        if hasattr(response, "status_code"):
            self.status_code = response.status_code
            # Which raises where it is not JSON, and of a stream that only the SDK may read.
            self.body, _ = tried(response.json)
        else:  # of aiohttp, whose body only a coroutine could read
            self.status_code = response.status
