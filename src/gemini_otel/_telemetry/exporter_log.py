"""Logs once that a back end is down; OpenTelemetry's exporters would log it with every batch and every retry."""

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
_SECONDS = 600  # after this time, a failure is logged again
_MOST_REPORTS = 100


class OncePerOutage(logging.Filter):
    """Passes a message unless the same came in the last ten minutes; the next one has the number of suppressed ones."""

    def __init__(self) -> None:
        super().__init__()
        # When it was last logged, and how many were suppressed since.
        self._seen: dict[tuple[str, int, str], list[float]] = {}

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
            self._seen.clear()  # texts that differ each time
        self._seen[report] = [now, 0]
        if last is not None and last[1]:
            record.msg = f"{record.msg} ({last[1]:.0f} such reports since the last one)"
        return True


_installed: list[OncePerOutage] = []


def quieten() -> None:
    """Log an exporter's failure once, not with every batch."""
    restore()
    once = OncePerOutage()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(once)
    _installed.append(once)


def restore() -> None:
    """Let the exporters log as before."""
    while _installed:
        once = _installed.pop()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(once)
