"""`gemini-otel report`: what went wrong with the Gemini calls in files of traces, what it cost, and what to do first."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from gemini_otel._commands.report.bar import progress
from gemini_otel._commands.report.calls import Read, Reader
from gemini_otel._commands.report.files import STDIN, UnreadableError, pieces, size
from gemini_otel._commands.report.groups import DEFAULT_KEYS, KEYS, Report
from gemini_otel._commands.report.spans import OtherSignalError, SpanReader, UnknownFormatError
from gemini_otel._commands.report.values import NotJsonError, Values
from gemini_otel._commands.report.window import Window
from gemini_otel._facts.names import SEVERITIES

if TYPE_CHECKING:
    from gemini_otel.cost import Bill

OK, FAILED_ON, UNREADABLE, NOTHING = range(4)  # exit statuses
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMATS = "OTLP as JSON (the Collector's file exporter with format: json), Jaeger's or Tempo's trace JSON"


@dataclass(frozen=True)
class Wanted:
    """Which calls are reported: begun since a time, and with services and models that match."""

    since: float | None = None
    services: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def has(self, read: Read) -> bool:
        return (
            (self.since is None or read.start >= self.since)
            and _matches(read.service, self.services)
            and _matches(read.model, self.models)
        )


@dataclass
class Reading:
    """The result of reading: the report, notes for it, and lines about files that could not be read."""

    report: Report
    notes: list[str]
    failures: list[str]
    seen: int = 0  # spans of calls, including those that were filtered out

    @property
    def is_empty(self) -> bool:
        return self.report.first is None

    @property
    def nothing(self) -> str:
        """The reason why there is no report."""
        if self.seen:
            return f"none of the {self.seen:,} spans of Gemini calls is what --since, --service and --model ask for."
        return "there is no span of a Gemini call."

    def status(self, fail_on: str | None) -> int:
        worst = self.report.worst_severity
        if fail_on is not None and worst is not None and SEVERITIES.index(worst) >= SEVERITIES.index(fail_on):
            return FAILED_ON
        if self.failures:
            return UNREADABLE
        return NOTHING if self.is_empty else OK


def read_files(
    paths: list[str],
    *,
    by: tuple[str, ...] = DEFAULT_KEYS,
    wanted: Wanted | None = None,
    level: str = "warning",
) -> Reading:
    """Read the files, one after the other."""
    report = Report(by, _bills())
    reading = Reading(report, [], [])
    reader, window = Reader(level), Window()
    sizes = [size(path) for path in paths]
    with progress(sys.stderr, None if None in sizes else sum(filter(None, sizes))) as seen:
        for path in paths:
            for read in _read_file(path, reader, reading, seen):
                reading.seen += 1
                if wanted is None or wanted.has(read):
                    for decided in window.add(read):
                        report.add(decided)
    for decided in window.rest():
        report.add(decided)
    return reading


def _read_file(path: str, reader: Reader, reading: Reading, seen: Callable[[int], None]) -> Iterator[Read]:
    name = "standard input" if path == STDIN else path
    notes = reading.notes

    def complain(what: str) -> None:
        notes.append(f"{name}: {what}")

    try:
        values = Values(pieces(path, seen, complain), complain)
        count = _Count()
        yield from _spans(values, reader, count)
    except UnreadableError as error:
        reading.failures.append(f"{name} {error}")
        return
    except NotJsonError:
        reading.failures.append(f"{name} is not JSON. What can be read: {_FORMATS}; gzip is fine.")
        return
    except OSError as error:
        complain(f"could not be read to its end: {error.strerror}")
        return
    if values.empty:
        complain("is empty")
    if values.broken > 1:
        complain(f"{values.broken:,} places are not JSON and were left out")
    count.tell(complain)
    if count.documents == count.unknown > 0:
        reading.failures.append(f"{name} holds JSON of an unknown form. What can be read: {_FORMATS}.")


class _Count:
    """Counts what a file contains besides calls."""

    def __init__(self) -> None:
        self.spans = SpanReader()
        self.documents = 0
        self.unknown = 0
        self.other_signals = 0

    def tell(self, complain: Callable[[str], None]) -> None:
        if 0 < self.unknown < self.documents:
            complain(f"{self.unknown:,} JSON values are not traces and were left out")
        if self.other_signals:
            complain(f"{self.other_signals:,} lines with logs, metrics or profiles were left out")
        if self.spans.malformed:
            complain(f"{self.spans.malformed:,} spans are malformed and were left out")


def _spans(values: Values, reader: Reader, count: _Count) -> Iterator[Read]:
    for document in values:
        count.documents += 1
        try:
            yield from filter(None, map(reader.read, count.spans.read(document)))
        except OtherSignalError:
            count.other_signals += 1
        except UnknownFormatError:
            count.unknown += 1


def _bills() -> Callable[[], Bill] | None:
    """Creates the objects that add up costs; None without the extra `cost`."""
    from gemini_otel.cost import Bill, require

    try:
        require()
    except ImportError:
        return None
    return Bill


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def parse_since(text: str, now: datetime) -> float:
    """A date, or a time span before now such as 24h. A date without a zone is UTC. Raises ValueError for anything else."""
    number, unit = text[:-1], text[-1:]
    try:
        if unit in _UNITS and number.isdecimal():
            return (now - timedelta(**{_UNITS[unit]: int(number)})).timestamp()
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (OverflowError, ValueError):
        raise ValueError(
            f"{text[:100]!r} is not a time; give a time span such as 30m, 24h or 7d, or a date such as 2026-11-29T08:00"
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp()


def parse_by(text: str) -> tuple[str, ...]:
    """The names to group by. Raises ValueError for an unknown name."""
    keys = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in keys if name not in KEYS]
    if unknown or len(set(keys)) < len(keys):
        raise ValueError(
            f"cannot group by {text!r}; choose from: {', '.join(KEYS)}, each once, comma-separated"
        )
    return keys
