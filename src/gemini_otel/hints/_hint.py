"""What a hint is: one entry of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]  # the SEVERITIES of names.py
Retry = Literal["yes", "no", "after_change", "wait", "resume"]
AttributeValue = str | bool | int | float | tuple[str, ...]
Attributes = Mapping[str, AttributeValue]

# How a terminal shows each, in words of rich.
SEVERITY_STYLES: Mapping[str, str] = {"info": "bold cyan", "warning": "bold yellow", "error": "bold red"}
RETRIES: tuple[Retry, ...] = ("yes", "no", "after_change", "wait", "resume")


@dataclass(frozen=True, slots=True)
class Hint:
    """What went wrong with a Gemini call, why, and what to do about it.

    `when` is a predicate over a span's attributes; without one the entry is reference material that only `explain()` and the
    docs reach. Each of `evidence` is a sentence with attribute names in braces, such as
    `"{gemini.quota.id}, limit {gemini.quota.limit}"`; a sentence whose attributes are not all on the span is left out.
    """

    id: str
    severity: Severity
    summary: str
    cause: str
    remedy: tuple[str, ...]
    retry: Retry
    reference: str
    when: Callable[[Attributes], bool] | None = None
    evidence: tuple[str, ...] = ()
