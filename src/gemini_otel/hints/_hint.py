"""The type of one entry of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]  # the SEVERITIES of names.py
Retry = Literal["yes", "no", "after_change", "wait", "resume"]
AttributeValue = str | bool | int | float | tuple[str, ...]
Attributes = Mapping[str, AttributeValue]

# The terminal's style for each, in rich's words.
SEVERITY_STYLES: Mapping[str, str] = {"info": "bold cyan", "warning": "bold yellow", "error": "bold red"}
RETRIES: tuple[Retry, ...] = ("yes", "no", "after_change", "wait", "resume")


@dataclass(frozen=True, slots=True)
class Hint:
    """What went wrong with a Gemini call, why, and what to do about it.

    `id` is a dotted name, `severity` is "info", "warning" or "error", `remedy` has one step for each item, and `retry` is
    "yes", "wait", "after_change", "resume" or "no". `reference` is a URL. `when` is a predicate over a span's attributes; an
    entry without one is reference material that only `explain()` and the docs show. Each item of `evidence` is a sentence
    with attribute names in braces, such as `"{gemini.quota.id}, limit {gemini.quota.limit}"`; a sentence is left out if the
    span lacks one of its attributes.
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
