"""The catalogue in order of rank, and its look-ups: by the attributes of a span, or by a code."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from gemini_otel.hints._advice import fitted, narrowed
from gemini_otel.hints._catalogue import Catalogue
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._lookup import entries_for, known_codes
from gemini_otel.hints.entries import (
    answers,
    api_errors,
    block_reasons,
    configuration,
    finish_reasons,
    function_calling,
    interactions,
    live,
    network,
    performance,
    reference,
    repetition,
    resources,
    tiers,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


@functools.cache
def _default() -> Catalogue:
    return Catalogue(
        (
            *configuration.REFUSED,
            *api_errors.NARROW,
            *tiers.TIMEOUTS,
            *network.HINTS,
            *live.CLOSES,
            *api_errors.GENERIC,
            *network.CATCH_ALL,
            *block_reasons.HINTS,
            *block_reasons.CATCH_ALL,
            *finish_reasons.HINTS,
            *finish_reasons.CATCH_ALL,
            *repetition.HINTS,
            *repetition.CATCH_ALL,
            *repetition.SAMPLING,
            *function_calling.HINTS,
            *interactions.HINTS,
            *interactions.CATCH_ALL,
            *resources.HINTS,
            *answers.HINTS,
            *api_errors.TIER,
            *configuration.NOTES,
            *live.NOTES,
            *tiers.HINTS,
            *performance.HINTS,
            *values.HINTS,
            *reference.HINTS,
        )
    )


def default_hints() -> list[Hint]:
    """All entries, the most specific ones first, as a new list that the caller may change."""
    return list(_default().hints)


def find(
    attributes: Attributes, hints: Catalogue | Iterable[Hint] | None = None, level: str = "warning"
) -> list[Hint]:
    """The hints for a span with these attributes: at most three, most specific first, none below `level`, fitted to the
    span.

    `hints` replaces the catalogue. To search several spans, make a `Catalogue`, which is indexed only once.
    """
    given = _default() if hints is None else hints
    catalogue = given if isinstance(given, Catalogue) else Catalogue(given)
    return [fitted(hint, attributes) for hint in catalogue.find(attributes, level)]


def for_code(code: str | int) -> list[Hint]:
    """Every entry for a code, the most frequent ones first; an empty list for an unknown code.

    A code is a finish or block reason, a google.rpc status, an HTTP code, a code of the Interactions API, an
    ErrorInfo.reason, a `gemini.error.kind`, the class of an exception, a kind of repetition, or an entry's id or the
    beginning of one.
    """
    found = entries_for(str(code), _default().hints)
    return [narrowed(hint, str(code).strip().lower()) for hint in found]


def codes() -> list[str]:
    """Every code that `for_code` knows, as suggestions for a mistyped one."""
    return known_codes(_default().hints)


def related(hint: Hint) -> list[Hint]:
    """The reference entries that continue where this one ends."""
    parts = hint.id.split(".")
    beginnings = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    ids = next((reference.SEE_ALSO[begin] for begin in beginnings if begin in reference.SEE_ALSO), ())
    return [other for other in reference.HINTS if other.id in ids]
