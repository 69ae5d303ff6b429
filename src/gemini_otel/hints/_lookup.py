"""Finds the entries for a code in any spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gemini_otel._facts.errors.kinds import SIGNATURES, error_kind
from gemini_otel.hints._trigger import Trigger
from gemini_otel.hints.entries.values import EXPLAINED, HEALTHY, UNSPECIFIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gemini_otel.hints._hint import Hint

# For a status: its generic entry and the entries for all narrower causes, by the beginnings of their ids.
_STATUSES = {
    "INVALID_ARGUMENT": ("http.400",),
    "FAILED_PRECONDITION": ("http.400.location", "http.400.failed_precondition"),
    "OUT_OF_RANGE": ("http.416", "http.400.param_range"),
    "UNAUTHENTICATED": ("http.401",),
    "PERMISSION_DENIED": ("http.403",),
    "NOT_FOUND": ("http.404",),
    "ABORTED": ("http.409",),
    "ALREADY_EXISTS": ("http.409",),
    "RESOURCE_EXHAUSTED": ("http.429", "http.402"),
    "CANCELLED": ("http.499", "net.cancelled"),
    "INTERNAL": ("http.500",),
    "UNKNOWN": ("http.500", "http.unknown"),
    "DATA_LOSS": ("http.500",),
    "UNIMPLEMENTED": ("http.501",),
    "UNAVAILABLE": ("http.503", "http.504.deadline"),
    "DEADLINE_EXCEEDED": ("http.504",),
    # The Interactions API: https://ai.google.dev/gemini-api/docs/api-errors
    "INVALID_REQUEST": ("http.400",),
    "AUTHENTICATION": ("http.401", "http.400.api_key_invalid", "http.403.key"),
    "TOO_MANY_REQUESTS": ("http.429",),
    "CONTENT_BLOCKED": ("http.400.content_policy", "block.other"),
    "MALFORMED_TOOL_CALL": ("finish.malformed_call",),
}
# Entries that have the HTTP code of a status, but belong to another status.
_OF_ANOTHER_STATUS = dict.fromkeys(
    ("INVALID_ARGUMENT", "INVALID_REQUEST"), ("http.400.location", "http.400.failed_precondition")
)
# Of the entries for one code, the most frequent ones come first, in this order.
_EVERYDAY = (
    *(
        "http.400.invalid_argument",
        "http.400.api_key_invalid",
        "http.400.input_too_long",
        "http.400.unknown_field",
    ),
    *("http.403.permission", "http.403.service_disabled", "http.403.iam", "http.403.key_restricted"),
    *("http.404.model", "http.404.model_retired", "http.404.not_found"),
    *("http.429.rate_minute", "http.429.rate_day", "http.429.unspecified", "http.429.shared_capacity"),
    *("http.429.zero_limit", "http.429.free_tier_on_paid"),
    *("http.500.internal", "http.503.overloaded", "http.504.deadline"),
)
_SPECIAL = (
    "finish.unexpected_tool",
    "finish.no_image",
    "finish.no_sound",
    "net.timeout.flex",
)  # STOP has more specific entries
_OF_MANY = ("finish.some_candidates",)  # it covers every reason, and explains none
_NUMBERS = {
    # The close codes of Live.
    "1000": ("live.closed",),
    "1001": ("live.closed",),
    "1006": ("live.lost", "live.keepalive"),
    "1007": ("live.invalid_argument", "live.modality", "http.400.api_key_invalid"),
    "1008": ("live.unsupported", "live.resumption", "live.not_found", "live.time_limit", "http.404.model"),
    "1011": ("live.internal", "http.503.overloaded", "http.429.help_only"),
    "413": ("http.400.payload_too_large",),
    "429": ("http.429", "http.402.payment"),
    "503": ("http.503", "http.504.deadline"),
}


def entries_for(code: str, hints: Iterable[Hint]) -> list[Hint]:
    """The entries for a code: the most frequent ones, then the others in the order of `hints`."""
    word = code.strip().rpartition("FinishReason.")[2].rpartition("BlockedReason.")[2].strip()
    beginnings = {word.lower(), *_NUMBERS.get(word, (f"http.{word}",)), *_STATUSES.get(word.upper(), ())}
    beginnings.update(EXPLAINED.get(_value(word), ()))
    named = {value.lower() for value in _values(word)}
    others = _OF_ANOTHER_STATUS.get(word.upper(), ())
    found = [
        hint
        for hint in hints
        if (_begins(hint.id, beginnings) and not _begins(hint.id, others)) or _waits_for(hint, named)
    ]
    return sorted(found, key=_rarity) or _generic(word, hints)


def is_healthy(code: str) -> bool:
    """Whether a code is a value of the SDK that means nothing is wrong."""
    return _value(code) in HEALTHY


def _value(code: str) -> str:
    """The value of an enum in the tables' spelling, from a text with or without the enum's name before it."""
    return code.strip().rpartition(".")[2].upper()


def _rarity(hint: Hint) -> int:
    if hint.id in _SPECIAL:
        return len(_EVERYDAY) + 1
    return _EVERYDAY.index(hint.id) if hint.id in _EVERYDAY else len(_EVERYDAY)


def known_codes(hints: Iterable[Hint]) -> list[str]:
    """Every word that finds entries, as suggestions for a mistyped one."""
    words = {
        *_STATUSES,
        *_NUMBERS,
        *EXPLAINED,
        *(hint.id for hint in hints),
        *(reason for sig in SIGNATURES for reason in sig.reasons),
    }
    words.update(status for signature in SIGNATURES for status in signature.statuses)
    words.update(value for hint in hints if isinstance(hint.when, Trigger) for value in hint.when.values)
    words.update(hint.id[5:8] for hint in hints if hint.id.startswith("http.") and hint.id[5].isdecimal())
    return sorted(words)


def _values(word: str) -> Iterator[str]:
    """The trigger values that a word may stand for: itself, a class without its module, the kind of a reason or status."""
    yield word
    yield word.rpartition(".")[2]
    upper = word.upper()
    for signature in SIGNATURES:
        if upper in signature.reasons or (upper in signature.statuses and upper not in _STATUSES):
            yield signature.kind


def _begins(hint_id: str, beginnings: Iterable[str]) -> bool:
    return any(_is_under(hint_id, begin) for begin in beginnings if begin)


def _is_under(hint_id: str, beginning: str) -> bool:
    return hint_id == beginning or hint_id.startswith((f"{beginning}.", f"{beginning}_"))


def _waits_for(hint: Hint, named: set[str]) -> bool:
    if not isinstance(hint.when, Trigger) or hint.id in _OF_MANY:
        return False
    return any(value.lower() in named for value in hint.when.values)


def _generic(word: str, hints: Iterable[Hint]) -> list[Hint]:
    """The general entry, for an HTTP error or an unspecific value that has no entry of its own."""
    if _value(word).endswith("UNSPECIFIED"):
        return [hint for hint in hints if hint.id == UNSPECIFIED]
    if len(word) != 3 or not word.isascii() or not word.isdecimal() or word[0] not in "45":
        return []
    kind = error_kind(code=int(word))
    return [hint for hint in hints if _waits_for(hint, {kind})]
