"""What was said, as the readers of operations/ find it: parts and messages in the words of the GenAI conventions.

Made only where content capture is on. Values are the SDK's own; `_rendering` makes plain, bounded, redacted ones of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Part(NamedTuple):
    """One part of a message; a `text` or `reasoning` has its text under `content`."""

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
    """What a request says."""

    messages: tuple[Message, ...] = ()
    system: tuple[Part, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()


class CandidateContent(NamedTuple):
    """What one response or chunk adds to one candidate."""

    number: int
    parts: tuple[Part, ...] = ()
    finish_reason: str | None = None
    finish_message: str | None = None
