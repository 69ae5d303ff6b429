"""A client's request, and the parts of it on which the simulated answers depend."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from ._scenario import Json

_MOST_CANDIDATES = 8
# What code raises if a field has another type than it expects.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
MARKER = re.compile(r"simulate:([\w-]+)")


@dataclass(frozen=True)
class Request:
    """A request as it was received. Headers and query may hold credentials and are not in its repr."""

    method: str
    path: str
    body: Any = None
    """The JSON body; ``None`` if there is none or it is not JSON."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By lower-case name."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    raw_body: bytes = field(default=b"", repr=False)

    @property
    def uploads(self) -> bool:
        """Whether it carries a piece of a file."""
        return "upload" in self.headers.get("x-goog-upload-command", "")


@dataclass(frozen=True)
class Call:
    """A request to a known route."""

    request: Request
    version: str
    model: str
    method: str
    """The custom method of the path, such as ``generateContent``."""
    vertex: bool
    resource: str = ""
    """The id that the path names, such as that of a file."""

    @cached_property
    def body(self) -> Json:
        return self.request.body if isinstance(self.request.body, dict) else {}

    @property
    def streaming(self) -> bool:
        return self.method.startswith("stream")

    @property
    def sse(self) -> bool:
        return self.request.query.get("alt") == "sse"

    @property
    def config(self) -> Json:
        return object_of(field_of(self.body, "generationConfig"))

    @property
    def tier(self) -> str:
        """The service tier that the request asks for."""
        asked = field_of(self.body, "serviceTier")
        return asked if asked in ("flex", "priority") else "standard"

    @property
    def candidate_count(self) -> int:
        count = field_of(self.config, "candidateCount")
        return min(count, _MOST_CANDIDATES) if isinstance(count, int) and count > 0 else 1

    @property
    def contents(self) -> list[Json]:
        return objects_of(self.body.get("contents"))

    @property
    def functions(self) -> list[Json]:
        """The functions that the request declares, in order."""
        tools = objects_of(self.body.get("tools"))
        return [function for tool in tools for function in objects_of(field_of(tool, "functionDeclarations"))]

    @property
    def tool_rounds(self) -> int:
        """How many consecutive contents at the end of the request answer function calls."""
        rounds = 0
        for content in reversed(self.contents):
            if content.get("role") == "model":
                continue
            if not any(field_of(part, "functionResponse") is not None for part in parts(content)):
                break
            rounds += 1
        return rounds

    @property
    def resumes(self) -> bool:
        """Whether the request continues an earlier answer, which ended with a continuation token."""
        return any(field_of(holder, "continuationToken") for holder in (self.body, self.config))

    def scenario(self) -> str | None:
        """The name after ``simulate:`` in the last user content that has text; anywhere in a request without contents."""
        text = self._last_user_text() if "contents" in self.body else self._everything()
        marker = MARKER.search(text)
        return marker[1] if marker else None

    def _everything(self) -> str:
        request = self.request
        return " ".join((request.path, *request.query.values(), request.raw_body.decode(errors="replace")))

    def _last_user_text(self) -> str:
        for content in reversed(self.contents):
            text = " ".join(texts(content)) if content.get("role", "user") == "user" else ""
            if text:
                return text
        return ""


def field_of(message: Json, name: str) -> Any:
    """The field *name* of *message*, in lowerCamelCase or in snake_case, as the service accepts it."""
    return message[name] if name in message else message.get(_snake(name))


@cache
def _snake(name: str) -> str:
    return re.sub("([A-Z])", lambda letter: f"_{letter[0].lower()}", name)


def read_json(raw: bytes) -> Any:
    """The JSON in *raw*, or ``None``."""
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError):  # it may be nested too deeply
        return None


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """A request target as decoded path and query."""
    path, _, query = target.partition("?")
    return unquote(path), dict(parse_qsl(query, keep_blank_values=True))


def parts(content: Json) -> list[Json]:
    return objects_of(content.get("parts"))


def texts(content: Json) -> Iterator[str]:
    for part in parts(content):
        text = part.get("text")
        if isinstance(text, str):
            yield text


def object_of(value: object) -> Json:
    """*value* if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_of(value: object) -> list[Json]:
    """The JSON objects in the list *value*, or *value* itself."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]


def at_most(value: object, most: int, default: int) -> int:
    """*value* if it is a whole number, but not more than *most*."""
    return min(value, most) if isinstance(value, int) else default
