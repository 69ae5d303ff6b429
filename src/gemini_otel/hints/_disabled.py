"""Resolves the setting `disabled_hints` to ids."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gemini_otel.hints._hint import Hint


def disabled_ids(names: Iterable[str], hints: Collection[Hint]) -> frozenset[str]:
    """The ids that `names` stand for: an id, or a beginning of ids up to a dot (`cfg`, `http.429`).

    Raises ValueError for a name that fits no entry; the message has similar ids.
    """
    known = [hint.id for hint in hints]
    found: set[str] = set()
    for name in names:
        beginning = name.strip().rstrip("*").rstrip(".")
        fitting = [hint_id for hint_id in known if f"{hint_id}.".startswith(f"{beginning}.")]
        if not fitting or not beginning:
            raise ValueError(f"no hint is named {name!r}.{_close(beginning, known)}")
        found.update(fitting)
    return frozenset(found)


def _close(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3)
    return f" Close: {', '.join(close)}." if close else " docs/hints.md lists them all."
