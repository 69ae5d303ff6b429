"""The description of a simulated answer: plain, frozen data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]

Ending: TypeAlias = Literal["complete", "cut", "error", "bad_json", "hang", "no_answer"]
"""How an answer ends.

``complete``: as the protocol wants. ``cut``: the connection closes in mid-chunk (unary: in mid-body). ``error``: the
error in ``body`` follows the chunks inside the 200 (unary: it is the answer). ``bad_json``: the last event (unary: the
body) is not JSON. ``hang``: silence after the chunks (unary: from the start), then the connection closes.
``no_answer``: the connection closes without a byte.
"""

FIRST_DECLARED = "<first declared function>"
"""As the name of a function call: the first function that the request declares, with arguments that fit it."""


@dataclass(frozen=True)
class Reply:
    """One answer to one HTTP request.

    ``chunks`` are the chunks of a generate answer in wire form; a unary call gets them merged. Model, ids and token counts
    are filled in for the request; a count given in a chunk's ``usageMetadata`` wins, and ``None`` there leaves usage out.
    Endpoints that generate nothing answer with their own data instead. ``first_delay`` and ``delay`` are seconds.

    Without chunks, ``body`` is the answer. In a dict or list, ``{model}``, ``{version}`` and ``{method}`` stand for what was
    requested; text and bytes are sent unchanged.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json | list[Any] | str | bytes | None = None
    chunks: tuple[Json, ...] = ()
    ending: Ending = "complete"
    first_delay: float = 0.0
    """Seconds before the first byte."""
    delay: float = 0.0
    """Seconds between two chunks."""
    variant: str = ""
    """What other endpoints than those that generate content answer instead of their usual data, such as ``failed``."""
    structured: bool = False
    """Answer with JSON that fits the request's schema, if the request asks for JSON."""

    def __post_init__(self) -> None:
        if self.ending == "error" and not isinstance(self.body, dict):
            raise ValueError('A Reply with ending="error" needs the error body as a dict.')


@dataclass(frozen=True)
class Scenario:
    """A named situation. Its replies are played in order for identical requests, then from the start again."""

    name: str
    description: str
    replies: tuple[Reply, ...]
    after_tools: tuple[Reply, ...] = ()
    """Played instead if the request ends with function responses: the n-th after n rounds of them, the last from then on."""
    resumed: tuple[Reply, ...] = ()
    """Played instead if the request carries a continuation token."""
    vertex: tuple[Reply, ...] = ()
    """Played instead on the paths of Vertex AI."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            raise ValueError(
                f"{self.name!r} is not a scenario name. Use lower-case letters, digits and underscores."
            )
        if not self.replies:
            raise ValueError(f"The scenario {self.name!r} has no replies. Give it at least one.")

    @property
    def variants(self) -> frozenset[str]:
        """The variants of its replies; a scenario with a variant is only for certain endpoints."""
        every = (*self.replies, *self.after_tools, *self.resumed, *self.vertex)
        return frozenset(reply.variant for reply in every if reply.variant)
