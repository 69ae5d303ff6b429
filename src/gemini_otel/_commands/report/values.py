"""Reads the JSON values of a stream of bytes, one after the other, in bounded memory.

A value on one line, as the Collector writes them, is parsed at once. A longer one, or one on several lines as Jaeger and
Tempo write it, is split into documents of the same form with a few spans each.
"""

from __future__ import annotations

import codecs
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

loads: Callable[[bytes], Any] = json.loads
with contextlib.suppress(ImportError):  # the extra `report`
    from orjson import loads

LONGEST_LINE = 4 << 20  # bytes of a line that is parsed at once
LONGEST_VALUE = 64 << 20  # characters of one span, or of one trace of Jaeger's
_BATCH = 100  # spans in a document that was split
# A span of a model call contains at least one of these.
_SIGNS = (b"gen_ai.", b"gemini", b"llm.", b"openinference.", b"traceloop.")
_BLANK = b" \t\r\n"
_OPENING = (b"{", b"[")
# The keys whose values are read step by step instead of at once, and the keys that hold spans.
_OUTER = frozenset(
    {"resourceSpans", "batches", "scopeSpans", "instrumentationLibrarySpans", "trace", "result", "data"}
)
_SPANS = "spans"
_DEEPEST = 16
_ENDS = frozenset('}]"')
# Near the end of the bytes read so far, an error may be due to missing bytes; this many characters count as near.
_NEAR = 16
_decode = json.JSONDecoder(strict=True).raw_decode


class NotJsonError(Exception):
    """The input is not JSON from its first byte on."""


class Values:
    """Reads values; `broken` counts the places that are not JSON, and `complain` is called for the first of them."""

    def __init__(self, pieces: Iterable[bytes], complain: Callable[[str], None]) -> None:
        self._pieces = iter(pieces)
        self._data = b""
        self._at = 0
        self._ended = False
        self._line = 1
        self._complain = complain
        self._value = 0  # values that were begun
        self.broken = 0
        self.empty = True

    def __iter__(self) -> Iterator[Any]:
        while self._skip_blanks():
            self._value += 1
            end, whole = self._end_of_line()
            if not whole:
                yield from self._taken_apart(None)
                continue
            line = self._data[self._at : end]
            if not line.startswith(_OPENING):
                self._give_up(end, "is not JSON")
            elif line.rstrip(_BLANK)[-1:] in (b"}", b"]") and not any(sign in line for sign in _SIGNS):
                self._pass(end)  # no span of a model call, so it is not parsed
            else:
                yield from self._of_line(line, end)

    def _of_line(self, line: bytes, end: int) -> Iterator[Any]:
        try:
            value = loads(line)
        except (ValueError, RecursionError):
            yield from self._taken_apart(end)
            return
        self._pass(end)
        yield value

    def _skip_blanks(self) -> bool:
        """Skip blanks; return whether anything follows."""
        while True:
            rest = self._data[self._at : self._at + 64].lstrip(_BLANK)
            if rest:
                skipped = min(64, len(self._data) - self._at) - len(rest)
                if self._value == 0 and self._data.startswith(codecs.BOM_UTF8, self._at + skipped):
                    skipped += len(codecs.BOM_UTF8)
                self._pass(self._at + skipped)
                self.empty = False
                return True
            self._pass(min(self._at + 64, len(self._data)))
            if self._at == len(self._data) and not self._more():
                return False

    def _more(self) -> bool:
        """Read another piece; return whether there was one. What has been processed is dropped."""
        piece = next(self._pieces, None)
        if piece is None:
            self._ended = True
            return False
        self._data, self._at = self._data[self._at :] + piece, 0
        return True

    def _end_of_line(self) -> tuple[int, bool]:
        """The end of the line, and whether it was found without reading too much."""
        looked = self._at
        while (end := self._data.find(b"\n", looked)) < 0:
            if self._ended:
                return len(self._data), True
            if len(self._data) - self._at > LONGEST_LINE:
                return len(self._data), False
            looked = len(self._data) - self._at
            if not self._more():
                return len(self._data), True
        return end, end - self._at <= LONGEST_LINE

    def _pass(self, end: int) -> None:
        self._line += self._data.count(b"\n", self._at, end)
        self._at = end

    def _give_up(self, end: int, why: str) -> None:
        if self._value == 1:
            raise NotJsonError(why)
        self._tell(why)
        self._pass(end)

    def _tell(self, why: str) -> None:
        if self.broken == 0:
            self._complain(f"line {self._line:,} {why}")
        self.broken += 1

    def _taken_apart(self, end: int | None) -> Iterator[Any]:
        """The documents of a value that is longer than a line. If it is cut off, reading continues after its first line."""
        text = _Text(self._data[self._at :], self._pieces, None if end is None else end - self._at)
        try:
            yield from _walk(text, [], 0)
        except _BrokenError as error:
            self._tell(str(error))
            text.skip_line()
        self._line += text.lines
        self._data, self._at = text.rest(), 0


class _BrokenError(Exception):
    pass


class _Text:
    """The text that is being split, and the current position. `line_end` is the end of the first line, if known."""

    def __init__(self, data: bytes, pieces: Iterator[bytes], line_end: int | None) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._pieces = pieces
        self._kept = data if line_end is not None else b""  # to return to if the value is broken
        self._line_end = line_end
        self.text = self._decoder.decode(data)
        self.at = 0
        self.lines = 0

    def more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        if self._line_end is not None:
            self._kept += piece
            if len(self._kept) > 2 * LONGEST_LINE:
                self._kept, self._line_end = b"", None  # too far for a line that was cut off
        self.lines += self.text.count("\n", 0, self.at)
        self.text, self.at = self.text[self.at :] + self._decoder.decode(piece), 0
        return True

    def peek(self) -> str:
        """The next character that is not a blank."""
        while True:
            while self.at < len(self.text):
                if (character := self.text[self.at]) not in " \t\r\n":
                    return character
                self.at += 1
            if not self.more():
                raise _BrokenError("ends in the middle of a value")

    def take(self, characters: str) -> str:
        character = self.peek()
        if character not in characters:
            raise _BrokenError("is broken JSON")
        self.at += 1
        return character

    def value(self) -> Any:
        """The next value."""
        self.peek()
        while True:
            try:
                value, end = _decode(self.text, self.at)
            except json.JSONDecodeError as error:
                early = error.pos < len(self.text) - _NEAR and not error.msg.startswith("Unterminated string")
                if early or not self._may_read_on():
                    raise _BrokenError(
                        "is broken JSON" if early else "ends in the middle of a value"
                    ) from None
                continue
            except RecursionError:
                raise _BrokenError("is nested too deeply") from None
            if end == len(self.text) and self.text[end - 1] not in _ENDS and self._may_read_on():
                continue  # a number, whose digits may go on in the next piece
            self.at = end
            return value

    def _may_read_on(self) -> bool:
        if len(self.text) - self.at > LONGEST_VALUE:
            raise _BrokenError("has a value that is too long")
        return self.more()

    def skip_line(self) -> None:
        """Go to the end of the line; to the end of the first one, if that is known."""
        if self._line_end is not None:
            self.text, self.at = "", 0
            self._decoder.reset()
            self._kept = self._kept[self._line_end :]
            return
        while (end := self.text.find("\n", self.at)) < 0:
            self.at = len(self.text)
            if not self.more():
                return
        self.at = end

    def rest(self) -> bytes:
        """The bytes that were read and not used."""
        if self._line_end is not None and not self.text:
            return self._kept
        self.lines += self.text.count("\n", 0, self.at)
        return self.text[self.at :].encode("utf-8", "surrogateescape") + self._decoder.getstate()[0]


# The object that is being read, and the key in it whose value is being read.
_Frame = tuple[dict[str, Any], str]


def _walk(text: _Text, frames: list[_Frame], depth: int) -> Iterator[Any]:
    """The documents in the next value."""
    if depth > _DEEPEST:
        raise _BrokenError("is nested too deeply")
    opening = text.peek()
    if opening == "{":
        yield from _walk_object(text, frames, depth + 1)
    elif opening == "[":
        yield from _walk_array(text, frames, depth + 1)
    else:
        yield _document(frames, text.value())


def _walk_object(text: _Text, frames: list[_Frame], depth: int) -> Iterator[Any]:
    text.take("{")
    read: dict[str, Any] = {}
    inside = False
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        name = text.value()
        text.take(":")
        if name in _OUTER or (name == _SPANS and frames):
            inside = True
            yield from _walk(text, [*frames, (read, name)], depth)
        else:
            read[name] = text.value()
        if text.take(",}") == "}":
            break
    if not inside:
        yield _document(frames, read)


def _walk_array(text: _Text, frames: list[_Frame], depth: int) -> Iterator[Any]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    name = frames[-1][1] if frames else ""
    batch: list[Any] = []
    while True:
        if name in {_SPANS, "data"}:  # one of Jaeger's traces has its services at the end
            batch.append(text.value())
        else:
            yield from _walk(text, frames, depth)
        last = text.take(",]") == "]"
        if batch and (last or name == "data" or len(batch) >= _BATCH):
            yield _document(frames, batch)
            batch = []
        if last:
            return


def _document(frames: list[_Frame], value: Any) -> Any:
    """The value inside the objects around it, as far as they have been read."""
    for read, name in reversed(frames):
        listed = isinstance(value, list) or name in {"trace", "result"}
        value = {**read, name: value if listed else [value]}
    return value
