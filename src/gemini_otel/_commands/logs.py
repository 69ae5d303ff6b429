"""Finds and counts every error in a text of any length, such as a log, in one pass and bounded memory."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TextIO

from gemini_otel._commands.explain import body_attributes, text_attributes
from gemini_otel._facts.errors.kinds import HTTP_CODES
from gemini_otel.hints import Hint, find

if TYPE_CHECKING:
    from gemini_otel.hints import Attributes

_PIECE = 65_536  # characters of a long line that are read at once
_HALF = 32_000  # characters that are kept of the beginning and of the end of a record
_MOST_LINES = 400  # lines of one record
# What a log writes before the message: the time, the level, the container.
_PREFIX = re.compile(
    r"(?:\x1b\[[0-9;]{0,20}m)?(?:[\w.-]{1,60} {1,20}\| ?)?\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ]?[\d:.,]{0,20}Z?\]?(?:[+-]\d\d:?\d\d)? ?)?"
)
_BEGINS = re.compile(
    r"(?:\[?(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b|<\d|(?:[A-Za-z_][\w.]{0,200}\.)?[A-Z]\w{0,80}(?:Error|Exception)\b)"
)
_NAMES_AN_ERROR = re.compile(r"\b(?:[A-Z]\w{0,80})?(?:Error|Exception)\b")
_CHAINS = ("The above exception was", "During handling of the above")
_TRACEBACK = "Traceback (most recent call last)"


class Record:
    """Lines that belong together: one message, with its traceback or its body."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._head, self._tail = "", ""
        self._lines = self._open = 0
        self._awaits_exception = self._ended = self._raised = self._chained = False

    def text(self) -> str:
        """The part of the record that is kept."""
        return self._head + self._tail

    def takes(self, line: str) -> bool:
        """Whether the line belongs to this record."""
        if self._lines == 0 or not self._ended:
            return True
        if self._lines >= _MOST_LINES:
            return False
        prefix = _PREFIX.match(line)
        content = line[prefix.end() :] if prefix is not None else line
        if not content.strip() or content[0] in " \t}])\"',*" or content.startswith(_CHAINS):
            return True
        if content.startswith(_TRACEBACK):
            return self._chained or not self._raised
        if prefix is not None and prefix.end() > 0:
            return False
        return self._awaits_exception or self._goes_on(content)

    def _goes_on(self, content: str) -> bool:
        """Whether a line without indentation continues an open body or an exception's text."""
        says = self._raised and _NAMES_AN_ERROR.search(content) is None
        return (self._open > 0 or says) and not _BEGINS.match(content)

    def add(self, line: str) -> None:
        room = _HALF - len(self._head)
        if room > 0:
            self._head += line[:room]
        if len(line) > room:
            self._tail = (self._tail + line[max(room, 0) :])[-_HALF:]
        self._lines += 1
        self._ended = line.endswith("\n")
        self._open = max(0, self._open + line.count("{") - line.count("}"))
        if _TRACEBACK in line:
            self._awaits_exception, self._chained = True, False
        elif line.startswith(_CHAINS):
            self._chained = True
        elif line[:1].strip() and (
            self._awaits_exception or _NAMES_AN_ERROR.search(line) is not None or _BEGINS.match(line)
        ):
            self._awaits_exception, self._raised = False, True


class Beginning:
    """Reads like `read`, and keeps the beginning of the text."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self.text = ""
        self.is_all = True

    def read(self, size: int) -> str:
        piece = self._read(size)
        if self.is_all:
            self.is_all = len(self.text) + len(piece) <= _PIECE
            self.text = self.text + piece if self.is_all else ""
        return piece


class Hit(NamedTuple):
    """An error in a text, the attributes that describe it, its hints, and how often it occurred."""

    hints: list[Hint]
    attributes: Attributes
    times: int


def records(read: Callable[[int], str], seen: Callable[[int], None] = lambda _: None) -> Iterator[str]:
    """The records of a text. `read` returns a line or a piece of one, and "" at the end. `seen` is called with each length."""
    record = Record()
    while line := read(_PIECE):
        seen(len(line))
        if not record.takes(line):
            yield record.text()
            record.clear()
        record.add(line)
    if text := record.text():
        yield text


def read_errors(read: Callable[[int], str], seen: Callable[[int], None] = lambda _: None) -> list[Hit]:
    """Each kind of error in a text, the most frequent first. A text that is one JSON body is read as such."""
    begun = Beginning(read)
    all_records = records(begun.read, seen)
    first, second = next(all_records, ""), next(all_records, "")
    if not second and (attributes := _body(first)) is not None:
        return [Hit(find(attributes, level="info"), attributes, 1)]
    hits = errors(itertools.chain((first, second), all_records))
    # An error may be spread over unconnected lines, such as a wrapped message; a short text is also read as a whole.
    return hits or (errors(iter((begun.text,))) if begun.is_all and second else [])


def _body(text: str) -> Attributes | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return body_attributes(json.loads(text))
    except (ValueError, RecursionError):
        return None


@contextlib.contextmanager
def progress(stream: TextIO) -> Iterator[Callable[[int], None]]:
    """Shows how much was read, in a line that is removed at the end; only on a terminal, and after a second."""
    read, last = 0, time.monotonic() + 0.5
    shown = stream.isatty()

    def seen(length: int) -> None:
        nonlocal read, last
        read += length
        if shown and (now := time.monotonic()) - last > _BETWEEN:
            last = now
            stream.write(f"\r{read / 1e6:,.0f} MB read")
            stream.flush()

    try:
        yield seen
    finally:
        if shown:
            stream.write("\r" + " " * 30 + "\r")
            stream.flush()


_BETWEEN = 0.5  # seconds


def errors(texts: Iterator[str]) -> list[Hit]:
    """Each kind of error, the most frequent first."""
    hits: dict[tuple[str, ...], Hit] = {}
    for text in texts:
        if not _may_tell(text) or (attributes := text_attributes(text)) is None:
            continue
        hints = find(attributes, level="info")
        key = tuple(hint.id for hint in hints)
        hit = hits.get(key) or Hit(hints, attributes, 0)
        hits[key] = hit._replace(times=hit.times + 1)
    return sorted(hits.values(), key=lambda hit: -hit.times)


# Words of which an error has at least one; only parts of words, where their beginnings differ.
_SIGNS = (
    *(
        "rror",
        "ERROR",
        "xception",
        "Timeout",
        "Cancelled",
        "aise",
        "ailed",
        "StatusCode",
        "tatus:",
        "xhausted",
        "lose",
        "CLOSE",
    ),
    *("Denied", "nvalidArgument", "BadRequest", "NotFound", "Unavailable", "DeadlineExceeded"),
    *("received 1", " None.", '"code', "'code", *HTTP_CODES),
)


def _may_tell(text: str) -> bool:
    """Whether a record is worth a closer look; most lines of a log are not."""
    return any(sign in text for sign in _SIGNS)
