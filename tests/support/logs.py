"""Log records in memory."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk._logs import export

InMemoryLogs = getattr(export, "InMemoryLogRecordExporter", None) or export.InMemoryLogExporter


class Logs:
    """A logger provider with an in-memory end."""

    def __init__(self) -> None:
        self.exporter = InMemoryLogs()
        self.provider = sdk_logs.LoggerProvider()
        self.provider.add_log_record_processor(export.SimpleLogRecordProcessor(self.exporter))

    @property
    def records(self) -> list[Any]:
        return [data.log_record for data in self.exporter.get_finished_logs()]


def name_of(record: Any) -> Any:
    return getattr(record, "event_name", None) or record.attributes["event.name"]
