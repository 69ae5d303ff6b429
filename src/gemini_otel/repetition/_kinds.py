"""Which of the six kinds a loop in text is."""

from __future__ import annotations

from ._units import is_blank

__all__ = ["in_table", "name_kind"]

_RULE = "-|:=+ \t\r\n\u2014\u2013\u2500\u2501\u2550"


def in_table(unit: str, before: str) -> bool:
    """Return whether a run of `unit` after the text `before` stands in a Markdown table."""
    line = before[before.rfind("\n") + 1 :].lstrip()
    row = line.startswith("|") or " | " in line
    if "|" in unit:
        return row or line == "" or unit.count("|") > 1 or "\n" in unit
    if row and "\n" not in unit:
        return True
    previous = before.rstrip("\n")
    return not unit.strip(_RULE) and unit.strip() != "" and "|" in previous[previous.rfind("\n") + 1 :]


def name_kind(unit: str, table: bool, structured: bool) -> str:
    """Return the kind of a loop of `unit`."""
    if structured:
        return "newlines" if is_blank(unit, True) else "structured_text"
    if table:
        return "table_hyphens" if unit.strip("| \t\n") and not unit.strip(_RULE) else "table_tokens"
    return "newlines" if not unit.strip() else "text"
