"""Reads the lines of a quota's message: `* Quota exceeded for metric: NAME, limit: 0, model: NAME`.

JSON of a proto leaves out zeros, so a limit of 0 is in the message and not in the QuotaFailure.
"""

from __future__ import annotations

import re

_LINE = re.compile(
    r"quota exceeded for (?:metric: )?([\w./-]{1,200})(?:[^\n*]{0,200}?\blimit: (\d{1,18})(?![\d.]*\d))?",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"\blimit: (\d{1,18})(?![\d.]*\d)", re.IGNORECASE)
_SERVICE = ".googleapis.com/"


def metric_in(message: str) -> str | None:
    """The metric of the first line that names one."""
    if _SERVICE not in message:
        return None
    metrics = (match[1].rstrip(".") for match in _LINE.finditer(message))
    return next((metric for metric in metrics if _SERVICE in metric), None)


def limit_in(message: str, metric: str | None) -> int | None:
    """The limit in the lines for this metric, or in all lines if none is for it; None if they differ or give no limit."""
    if "limit: " not in message.lower():
        return None
    lines = [(match[1].lower(), match[2]) for match in _LINE.finditer(message)]
    of_metric = [limit for name, limit in lines if metric is not None and name == metric.lower()]
    limits = set(of_metric or [limit for _, limit in lines] or _LIMIT.findall(message))
    limit = limits.pop() if len(limits) == 1 else None
    return None if limit is None else int(limit)
