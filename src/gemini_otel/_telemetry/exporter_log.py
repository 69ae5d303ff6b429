"""A back end that is down is reported once: OpenTelemetry's exporters say so with every batch and every retry."""

from __future__ import annotations

import logging
import time

_LOGGERS = (
    "opentelemetry.exporter.otlp.proto.grpc.exporter",
    "opentelemetry.exporter.otlp.proto.http._log_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._logs._internal.export",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
    "opentelemetry.sdk.trace.export",
)
_SECONDS = 600  # after that, what still fails is reported again
_MOST_REPORTS = 100


class OncePerOutage(logging.Filter):
    """Lets a report pass unless it came in the last ten minutes; the next one says how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, int, str], list[float]] = {}  # when it passed, and how many did not since

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        report = (record.name, record.levelno, str(record.msg))
        now = time.monotonic()
        last = self._seen.get(report)
        if last is not None and now - last[0] < _SECONDS:
            last[1] += 1
            return False
        if len(self._seen) == _MOST_REPORTS:
            self._seen.clear()  # texts that are new each time
        self._seen[report] = [now, 0]
        if last is not None and last[1]:
            record.msg = f"{record.msg} ({last[1]:.0f} such reports since the last one)"
        return True


_installed: list[OncePerOutage] = []


def quieten() -> None:
    """Report what goes wrong in an exporter once, not with every batch."""
    restore()
    once = OncePerOutage()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(once)
    _installed.append(once)


def restore() -> None:
    """Let the exporters report as they did."""
    while _installed:
        once = _installed.pop()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(once)
