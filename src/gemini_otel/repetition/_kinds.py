"""Determines which of the six kinds a loop in text is."""

from __future__ import annotations

import re

from ._units import is_blank

__all__ = ["in_table", "name_kind"]

_RULE = "-|:=+ \t\r\n\u2014\u2013\u2500\u2501\u2550"
_OUTER_PIPE = re.compile(r"\n[ \t]*\||\|[ \t]*\n")
_TOKEN = re.compile(r"<\|[^|<>]*\|?>?|^[^|<>]*\|>")  # a model's control token, perhaps cut in two
_RULE_LINE = re.compile(r"-[ \t:]*\||\|[ \t:]*-")


def in_table(unit: str, before: str) -> bool:
    """Return whether a run of `unit` after the text `before` is inside a Markdown table."""
    if "<|" in unit + unit:
        unit, before = _TOKEN.sub("", unit), _TOKEN.sub("", before)
    line = before[before.rfind("\n") + 1 :].lstrip()
    row = line.startswith("|") or (line.count("|") > 1 and " | " in line)
    if "\n" in unit or not row:
        lines = unit.split("\n")
        if "|" in unit and len(lines) > 1:
            return sum("|" in each for each in lines) * 2 >= len(lines) and _is_ruled(unit, before)
        if "|" in unit and unit.count("|") * 2 > len(unit.split()):
            return True
        previous = before.rstrip("\n")
        rule = not unit.strip(_RULE) and unit.strip() != ""
        return rule and "|" in previous[previous.rfind("\n") + 1 :]
    return True


def _is_ruled(unit: str, before: str) -> bool:
    """Return whether lines begin or end with a pipe, or a separator line is above; `a | b` in code has neither."""
    return _OUTER_PIPE.search(unit + unit) is not None or _RULE_LINE.search(before) is not None


def name_kind(unit: str, table: bool, structured: bool) -> str:
    """Return the kind of a loop of `unit`."""
    if structured:
        return "newlines" if is_blank(unit, True) else "structured_text"
    if table:
        return "table_hyphens" if unit.strip("| \t\n") and not unit.strip(_RULE) else "table_tokens"
    return "newlines" if "\n" in unit and not unit.strip() else "text"
