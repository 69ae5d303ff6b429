"""Records a call that the SDK refuses before anything is sent; otherwise the span of its round is enough."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from gemini_otel._facts.operation import Arguments, TurnOperation
from gemini_otel._guard import guarded
from gemini_otel._telemetry.begin import begin
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.lifecycle import Observation, outcome_of

_DRIVERS = "gemini_otel._sdk.drivers"


class RefusalWatch(Observation):
    """Watches for an exception, and nothing else."""

    __slots__ = ("_arguments", "_instance", "_instrumentation", "_operation")

    def __init__(
        self, instrumentation: Instrumentation, operation: TurnOperation, instance: Any, arguments: Arguments
    ) -> None:
        self._instrumentation, self._operation = instrumentation, operation
        self._instance, self._arguments = instance, arguments

    def __enter__(self) -> None:
        """The caller's context stays."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and not _came_through_a_round(traceback):
            tell_refusal(self._instrumentation, self._operation, self._instance, self._arguments, error)

    def finish(self, error: BaseException | None = None) -> None:
        """Its round has ended."""


@guarded
def tell_refusal(
    instrumentation: Instrumentation,
    operation: TurnOperation,
    instance: Any,
    arguments: Arguments,
    error: BaseException,
    *,
    stream: bool = False,
) -> None:
    """Give a call that failed before a round began what it would have had as a round: a span, and its metrics."""
    if outcome_of(error) != "error":
        return
    models, of_round = operation.read_round(instance, arguments)
    call = begin(instrumentation, operation.round, models, of_round, stream=stream)
    if call is not None:
        call.finish(error)


def _came_through_a_round(traceback: TracebackType | None) -> bool:
    """Whether a driver of ours is among the frames that the exception left, below the one that caught it."""
    while traceback is not None and (traceback := traceback.tb_next) is not None:
        if traceback.tb_frame.f_globals.get("__name__") == _DRIVERS:
            return True
    return False
