"""Arguments that may differ between two runs of one function call: values about the request, not about its subject.

The name of an argument decides, not the look of its value: six commits are six calls, six request ids are one call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["without_passing"]

# Arguments that number or mark the request, in lower case without separators.
_REQUEST = re.compile(
    r"(?:request|call|toolcall|trace|span|correlation|invocation|idempotency|attempt|retry)(?:id|key|uuid|token)"
    r"|(?:attempt|retry|try|iteration|thought)(?:s|number|count|counter|index|no)|nonce|attempt|retry|retries|iteration"
)
_MARK = re.compile(r"[0-9a-fTZ:. +-]{9,64}", re.IGNORECASE)  # an id or a time
_REMARK = re.compile(r"description|comment|explanation|reason|rationale|note|remark|purpose|justification")
# A remark is ignored only beside the action: the description of a ticket is its subject.
_DONE = frozenset({"command", "cmd", "code", "script", "query", "sql", "url", "expression"})
# Windows of time move on; ids of objects identify objects.
_SUBJECT = re.compile(
    r"page|cursor|token|offset|after|before|since|until|start|end|from|^to$|continu|next|(?:^|_)id$|[a-z]I[dD]$",
    re.IGNORECASE,
)
_NAME_BREAK = re.compile(r"[^a-z]+")
_COUNT = re.compile(r"\d+")
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d[T ]\d\d):\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_EPOCH = re.compile(r"1[5-9]\d{8}(?:\d{3}|\.\d+)?")
_HOUR = 3_600
_LONGEST_NAME = 200
_LONGEST_VALUE = 2_000  # characters; a longer text is a subject


def without_passing(value: object) -> object:
    """Return the arguments with values that only mark the request masked, and times cut to the hour."""
    if isinstance(value, Mapping):
        names = {str(name).lower() for name in value}
        return {name: _masked(str(name), item, names) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_passing(item) for item in value]
    return value


def _masked(name: str, value: object, names: set[str]) -> object:
    if isinstance(value, Mapping | list | tuple):
        return without_passing(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or _is_long(name, value):
        return value
    bare = _NAME_BREAK.sub("", name.lower())
    if _REQUEST.fullmatch(bare) or (bare == "request" and _MARK.fullmatch(str(value))):
        return "*"
    if _SUBJECT.search(name):
        return value
    if isinstance(value, str) and _REMARK.fullmatch(bare) and names & _DONE:
        return _COUNT.sub("0", value)
    return _to_the_hour(value)


def _is_long(name: str, value: str | float) -> bool:
    return len(name) > _LONGEST_NAME or (isinstance(value, str) and len(value) > _LONGEST_VALUE)


def _to_the_hour(value: str | float) -> object:
    text = str(value)
    if _EPOCH.fullmatch(text):
        digits = text.partition(".")[0]
        return f"hour {int(digits[:10]) // _HOUR}"
    return _TIME.sub(r"\1", text) if isinstance(value, str) else value
