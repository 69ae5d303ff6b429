"""Content of requests and answers, as the readers of `_sdk` return it: parts and messages in the terms of the GenAI
conventions.

It is made only if content capture is on. Values are the SDK's own; `_telemetry/content/rendering.py` turns them into plain,
bounded, redacted ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Part(NamedTuple):
    """One part of a message; the text of a `text` or `reasoning` part is its `content`."""

    type: str
    fields: Mapping[str, Any] = _NOTHING


class Message(NamedTuple):
    role: str
    parts: tuple[Part, ...]


class Binary(NamedTuple):
    """The bytes of a `blob` part, as the SDK has them or as base64."""

    data: bytes | str


class CutText(NamedTuple):
    """The beginning of a text of `length` characters."""

    beginning: str
    length: int


class RequestContent(NamedTuple):
    """The messages, instructions and tools of a request."""

    messages: tuple[Message, ...] = ()
    system: tuple[Part, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()


class CandidateContent(NamedTuple):
    """What one response or chunk adds to one candidate."""

    number: int
    parts: tuple[Part, ...] = ()
    finish_reason: str | None = None
    finish_message: str | None = None
