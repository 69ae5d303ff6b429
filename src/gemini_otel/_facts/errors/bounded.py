"""Makes an error safe to show: the service's numbers and names are bounded, whatever it sends instead of them."""

from __future__ import annotations

import re
from http import HTTPStatus

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.sendable import OTHER, finite, text, whole_number

_STATUS = re.compile(r"[A-Za-z0-9_]{1,64}")
_PHRASES = frozenset(status.phrase for status in HTTPStatus)
_QUOTA = re.compile(r"[\w./-]{1,256}", re.ASCII)


def bounded(error: ErrorFacts) -> ErrorFacts:
    """`error` with only values that can be sent; a status, reason or quota that does not look like a name is `_OTHER`."""
    return error._replace(
        type=text(error.type, 256),
        code=whole_number(error.code),
        status=error.status if error.status in _PHRASES else _formed(_STATUS, error.status),
        reason=_formed(_STATUS, error.reason),
        message=None if error.message is None else text(error.message),
        quota_id=_formed(_QUOTA, error.quota_id),
        quota_metric=_formed(_QUOTA, error.quota_metric),
        quota_limit=whole_number(error.quota_limit),
        retry_delay=finite(error.retry_delay),
    )


def _formed(form: re.Pattern[str], value: str | None) -> str | None:
    return value if value is None or form.fullmatch(value) else OTHER
