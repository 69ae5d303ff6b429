"""Finds what the service says about an error in any wrapping: a JSON body, or JSON inside any text.

In a text the JSON may be Python's repr, escaped once or twice more, cut off, pretty-printed, or have time stamps between its
lines. So it is not parsed. Its fields are found by their names, which all have the same quotation marks. This is linear in
the text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gemini_otel._facts.errors.kinds import HTTP_CODES, STATUSES
from gemini_otel._facts.errors.quotas import limit_in, metric_in

LONGEST = 64_000  # characters of a text that are read
_LONGEST_BODY = 20_000
_LONGEST_VALUE = 8_000
_MOST_BODIES = 20
_DEEPEST = 4  # how many times a text may be escaped

_QUOTE = r"""(\\{0,15}["'])"""
_GAP = r"(?:\s|\\{1,16}[nrt]){0,200}"
_ENVELOPE = re.compile(rf"{_QUOTE}error\1{_GAP}:{_GAP}(?=\{{)")
_BARE = re.compile(rf"(?=\{{{_GAP}{_QUOTE}(?:code|message|status)\1{_GAP}:)")
_FIELD = re.compile(
    rf"{_QUOTE}(code|status|message|reason|quotaId|quotaMetric|quotaValue|retryDelay|quota_limit|quota_metric|quota_limit_value)\1"
    rf"{_GAP}:{_GAP}(?:{_QUOTE}|(\d{{1,18}})\b)"
)
_BRACE = re.compile(r"[{}]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_DOUBLED = re.compile(r"(?<!\\)\\\\[\"n]")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_WORD = re.compile(r"[A-Za-z_]{1,64}")
_REASON = re.compile(r"[A-Z][A-Z0-9_]{2,80}")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s?")


class Said(NamedTuple):
    """What the service says about an error; `code` is the HTTP status."""

    code: int | None = None
    status: str | None = None
    message: str | None = None
    reason: str | None = None
    quota_id: str | None = None
    quota_metric: str | None = None
    quota_limit: int | None = None
    retry_delay: float | None = None

    @property
    def is_of_google(self) -> bool:
        """Whether it has a status of google.rpc, which no other service uses."""
        return (self.status or "").upper() in HTTP_CODES

    def beside(self, other: Said) -> Said:
        """The same, with the values of `other` for the fields that are None here."""
        silent = {
            name: value
            for name, value in zip(self._fields, other, strict=True)
            if getattr(self, name) is None
        }
        return self._replace(**silent)  # type: ignore[arg-type]  # each value belongs to its own field


def said_by(body: object) -> Said:
    """What a parsed body says: `{"error": {...}}`, a list with one of these, or the inner object. An empty `Said` for
    anything else.
    """
    if isinstance(body, list):
        body = body[0] if body else None
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    if not isinstance(inner, Mapping):
        return Said()
    message = text(inner.get("message"))
    details = [detail for detail in items(inner.get("details")) if isinstance(detail, Mapping)]
    info = next((detail for detail in details if _is(detail, "ErrorInfo")), {})
    code, status = _code_and_status(inner.get("code"), text(inner.get("status")))
    said = Said(code, status, message, text(info.get("reason")), *_quota(details, info), _delay(details))
    return complete(_innermost(said))


def said_in(message: str) -> Said | None:
    """What the best body in a text says: the innermost of Google's bodies, if there is one. None if the text has no body."""
    found = [*_bodies(message[:LONGEST])] if "{" in message else []
    if not found:
        return None
    _, _, best = max(
        ((said.is_of_google, depth, -place), depth, said) for place, (depth, said) in enumerate(found)
    )
    return complete(best)


def said_loosely(message: str) -> Said | None:
    """What the fields of a text say that should be a body but is broken or cut off."""
    message = message[:LONGEST]
    first = _FIELD.search(message)
    said = _said(message, 0, first[1], len(message)) if first is not None else None
    return None if said is None else complete(said)


def _innermost(said: Said) -> Said:
    """Gateways put the body that they received into their own message."""
    inner = said_in(said.message) if said.message and "{" in said.message else None
    return inner.beside(said) if inner is not None and (inner.is_of_google or not said.is_of_google) else said


def complete(said: Said) -> Said:
    """The same, with the quota's metric and limit from the lines of the message."""
    if not said.message:
        return said
    message = said.message[:_LONGEST_VALUE]
    metric = said.quota_metric or metric_in(message)
    limit = said.quota_limit if said.quota_limit is not None else limit_in(message, metric)
    return said._replace(quota_metric=metric, quota_limit=limit)


def _code_and_status(code: object, status: str | None) -> tuple[int | None, str | None]:
    """HTTP status and google.rpc status. Codes below 100 are google.rpc's, as in batches; words are those of the
    Interactions API.
    """
    number = integer(code)
    if number is None:
        return None, status or code_word(code)
    if 0 < number < len(STATUSES):
        status = status or STATUSES[number]
        return HTTP_CODES.get(status.upper()), status
    return number, status


# --- a body that is parsed


def _quota(
    details: list[Mapping[str, Any]], info: Mapping[str, Any]
) -> tuple[str | None, str | None, int | None]:
    """Id, metric and limit of the exceeded quota: from QuotaFailure, else from ErrorInfo's metadata (older answers, and
    Vertex AI).
    """
    violations = [
        violation
        for detail in details
        if _is(detail, "QuotaFailure")
        for violation in items(detail.get("violations"))
        if isinstance(violation, Mapping)
    ]
    metadata = info.get("metadata")
    return _hit(violations) or _of_metadata(metadata if isinstance(metadata, Mapping) else {})


def _hit(violations: Sequence[Mapping[str, Any]]) -> tuple[str | None, str | None, int | None] | None:
    """If several quotas were exceeded, the daily one, because waiting does not help against it."""
    if not violations:
        return None
    violation = next((v for v in violations if "PerDay" in str(v.get("quotaId"))[:200]), violations[0])
    return (
        text(violation.get("quotaId")),
        text(violation.get("quotaMetric")),
        integer(violation.get("quotaValue")),
    )


def _of_metadata(metadata: Mapping[str, Any]) -> tuple[str | None, str | None, int | None]:
    return (
        text(metadata.get("quota_limit")),
        text(metadata.get("quota_metric")),
        integer(metadata.get("quota_limit_value")),
    )


def _delay(details: list[Mapping[str, Any]]) -> float | None:
    return next((seconds(detail.get("retryDelay")) for detail in details if _is(detail, "RetryInfo")), None)


def _is(detail: Mapping[str, Any], name: str) -> bool:
    return str(detail.get("@type", ""))[:200].endswith(f"google.rpc.{name}")


# --- a body in a text


def _bodies(message: str) -> Iterator[tuple[int, Said]]:
    """Each body with the length of its quotation marks, which grows each time that it is escaped."""
    enveloped = [] if "error" not in message else [*_first(_ENVELOPE, message)]
    for match in enveloped or _first(_BARE, message):
        said = _said(message, match.end(), match[1])
        if said is not None and (
            enveloped or said.is_of_google or (said.message and 400 <= (said.code or 0) < 600)
        ):
            yield len(match[1]), said


def _first(pattern: re.Pattern[str], message: str) -> Iterator[re.Match[str]]:
    return (match for match, _ in zip(pattern.finditer(message), range(_MOST_BODIES), strict=False))


def _said(message: str, begin: int, quote: str, end: int | None = None) -> Said | None:
    """The fields of the object that begins here; None if it has none."""
    fields = [*_fields(message, begin, _end(message, begin) if end is None else end, quote)]
    first = dict(reversed(fields))
    if not first:
        return None
    reasons = (value for name, value in fields if name == "reason" and _REASON.fullmatch(value))
    quota = _hit(_violations(fields)) or _of_metadata(first)
    code, status = _code_and_status(first.get("code"), text(first.get("status")))
    return Said(
        code,
        status,
        text(first.get("message")),
        next(reasons, None),
        *quota,
        seconds(first.get("retryDelay")),
    )


def _end(message: str, begin: int) -> int:
    """Where the object ends. Braces inside its texts are counted, too, because they mostly come in pairs."""
    depth, last = 0, min(len(message), begin + _LONGEST_BODY)
    for brace in _BRACE.finditer(message, begin, last):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return last


def _fields(message: str, begin: int, end: int, quote: str) -> Iterator[tuple[str, str]]:
    place = begin
    while (match := _FIELD.search(message, place, end)) is not None:
        place = match.end()
        if match[1] != quote:
            continue
        if match[4] is not None:
            yield match[2], match[4]
            continue
        last = min(end, place + _LONGEST_VALUE)
        closing = _closing(match[3]).search(message, place, last)
        stop = closing.start() if closing else last
        yield match[2], _unescaped(message[place:stop], match[3])
        # The text of a message may contain another body; its fields have other quotation marks and do not belong to this
        # one.
        place = closing.end() if closing else last


@functools.lru_cache(maxsize=64)
def _closing(quote: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\\)" + re.escape(quote))


def _unescaped(value: str, quote: str) -> str:
    # The repr of bytes doubles the backslashes of the JSON in it, but not its quotation marks.
    times = len(quote).bit_length() + (_DOUBLED.search(value) is not None)
    for _ in range(min(times, _DEEPEST)):
        if "\\" not in value:
            break
        value = _ESCAPE.sub(_meant, value)
    return value


def _meant(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])


def _violations(fields: list[tuple[str, str]]) -> list[dict[str, str]]:
    """The fields of each quota; a repeated name begins the next one."""
    found: list[dict[str, str]] = []
    for name, value in fields:
        if name in ("quotaId", "quotaMetric", "quotaValue"):
            if not found or name in found[-1]:
                found.append({})
            found[-1][name] = value
    return found


# --- values


def text(value: object) -> str | None:
    """A text that is not empty, cut to what is read of it; None for anything else."""
    return value[:LONGEST] if isinstance(value, str) and value else None


def integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    is_number = isinstance(value, str) and len(value) <= 18 and value.isascii() and value.isdecimal()
    return int(value) if is_number else None  # type: ignore[call-overload]


def items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def seconds(value: object) -> float | None:
    match = _SECONDS.fullmatch(value[:40]) if isinstance(value, str) else None
    return float(match[1]) if match else None


def code_word(code: object) -> str | None:
    """A word of the Interactions API, found where other services have a status, or at the end of a URI."""
    word = re.split(r"[/#]", code[:500])[-1] if isinstance(code, str) else ""
    return word if _WORD.fullmatch(word) else None
