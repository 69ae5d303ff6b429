"""Makes plain values of captured content: redacted first, then cut to a size, with a note of what is left out."""

from __future__ import annotations

import base64
import enum
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple

from gemini_otel._facts.content import Binary, CutText, Message, Part
from gemini_otel._facts.guard import call_back

# A text is redacted with this many characters more than are kept, so that the cut does not split what would be redacted.
MARGIN = 4096
MAX_DEPTH = 32
REDACTION_FAILED = "[left out: the redact function failed]"

Plain = None | bool | int | float | str | list[Any] | dict[str, Any]


class Rules(NamedTuple):
    """How content is recorded: at most `limit` characters for one attribute."""

    limit: int
    redact: Callable[[str], str] | None = None
    with_bytes: bool = False


class Rendering:
    """Renders one attribute: all of its texts count towards one limit."""

    def __init__(self, rules: Rules) -> None:
        self._redact, self._with_bytes = rules.redact, rules.with_bytes
        self._left = rules.limit
        self.truncated = False

    def messages(self, messages: Iterable[Message]) -> list[Any]:
        """The newest messages for which there is room, in their order."""
        given = list(messages)
        kept: list[Any] = []
        while given and self._left > 0:
            kept.append(self._message(given.pop()))
        if given:
            note = {"type": "omitted", "content": f"[{len(given)} earlier messages left out]"}
            kept.append({"role": given[-1].role, "parts": [note]})
            self.truncated = True
        return kept[::-1]

    def parts(self, parts: Iterable[Part]) -> list[Any]:
        given = list(parts)
        kept = []
        for number, part in enumerate(given):
            if self._left <= 0:
                note = f"[{len(given) - number} more parts left out]"
                kept.append({"type": "omitted", "content": note})
                self.truncated = True
                break
            kept.append(self.part(part))
        return kept

    def value(self, value: Any, depth: int = 0) -> Plain:
        """Any value in JSON form. A value that JSON cannot represent becomes a note with its class."""
        self._left -= 1
        if isinstance(value, enum.Enum):
            value = value.value
        if value is None or isinstance(value, bool):
            return value
        for kinds, render in _SCALARS:
            if isinstance(value, kinds):
                return render(self, value)
        if depth >= MAX_DEPTH:
            return self._note("nested too deeply")
        if isinstance(value, list | tuple | set | frozenset):
            return self._list(list(value), depth)
        return self._object(value, depth)

    def text(self, text: str | CutText) -> str:
        """The text as it may be recorded, and the number of characters that were cut."""
        beginning, length = text if isinstance(text, CutText) else (text, len(text))
        room = max(self._left, 0)
        seen = beginning[: room + MARGIN]
        shown = self._redacted(seen)
        if not shown.isascii():
            # Half a surrogate pair would make the export fail.
            shown = shown.encode("utf-8", "replace").decode()
        # If the text was not read to its end, its last part may hold the first half of something to redact.
        keep = min(room, len(shown) - MARGIN if len(seen) < length else room)
        if keep >= len(shown):
            self._left -= len(shown)
            return shown
        keep = max(keep, 0)
        self._left -= keep
        left_out = max(length - keep, len(shown) - keep)
        return f"{shown[:keep]}{self._note(f'{left_out} characters left out')}"

    def _message(self, message: Message) -> dict[str, Any]:
        return {"role": message.role, "parts": self.parts(message.parts)}

    def texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        """A list of texts for an attribute that holds such a list."""
        return tuple(map(self.text, texts))

    def part(self, part: Part) -> dict[str, Any]:
        """A part with its type and its known fields."""
        rendered: dict[str, Any] = {"type": part.type}
        for name, value in part.fields.items():
            if isinstance(value, Binary):
                rendered |= self._blob(value)
            elif value is not None:
                rendered[name] = self.value(value)
        return rendered

    def _blob(self, binary: Binary) -> dict[str, Any]:
        """Size of the data, and the data itself if it was asked for and there is room."""
        data = binary.data
        size = len(data) if isinstance(data, bytes) else len(data.rstrip("=")) * 3 // 4
        return {"size": size, "content": self.binary(data)} if self._with_bytes else {"size": size}

    def binary(self, data: bytes | bytearray | str) -> str:
        size = len(data)
        encoded = size if isinstance(data, str) else (size + 2) // 3 * 4
        if not self._with_bytes:
            return f"[{size} bytes]"
        if encoded > self._left:
            return self._note(f"{size} bytes left out")
        self._left -= encoded
        return data if isinstance(data, str) else base64.b64encode(data).decode()

    def number(self, value: float) -> Plain:
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        text = str(value)
        shown = self._redacted(text)
        self._left -= len(shown)
        return value if shown == text else shown

    def _list(self, values: list[Any], depth: int) -> list[Plain]:
        kept: list[Plain] = []
        for number, value in enumerate(values):
            if self._left <= 0:
                kept.append(self._note(f"{len(values) - number} items left out"))
                break
            kept.append(self.value(value, depth + 1))
        return kept

    def _object(self, value: Any, depth: int) -> Plain:
        given = value if isinstance(value, Mapping) else getattr(value, "__dict__", None)
        if callable(value) or not isinstance(given, Mapping):
            return self._note(f"a {type(value).__name__} that JSON cannot represent")
        model = not isinstance(value, Mapping)
        entries = [
            (name, each)
            for name, each in given.items()
            if not (model and (each is None or str(name).startswith("_")))
        ]
        kept: dict[str, Plain] = {}
        for number, (name, each) in enumerate(entries):
            if self._left <= 0:
                kept["..."] = self._note(f"{len(entries) - number} entries left out")
                break
            kept[self._key(name)] = self.value(each, depth + 1)
        return kept

    def _key(self, name: Any) -> str:
        return str(self.value(name, MAX_DEPTH))

    def _redacted(self, text: str) -> str:
        if self._redact is None or not text:
            return text
        shown = call_back("redact", _redact, self._redact, text)
        return REDACTION_FAILED if shown is None else shown

    def _note(self, what: str) -> str:
        self.truncated = True
        return f"[{what}]"


_SCALARS: tuple[tuple[tuple[type, ...], Callable[[Rendering, Any], Plain]], ...] = (
    ((str,), lambda rendering, value: rendering.text(value)),
    ((int, float), lambda rendering, value: rendering.number(value)),
    ((Part,), lambda rendering, value: rendering.part(value)),
    ((bytes, bytearray), lambda rendering, value: rendering.binary(value)),
    ((datetime, date, time), lambda rendering, value: rendering.text(value.isoformat())),
)


def _redact(redact: Callable[[str], str], text: str) -> str:
    shown = redact(text)
    if not isinstance(shown, str):
        raise TypeError(f"redact gives a {type(shown).__qualname__}, and a str is needed")
    return shown
