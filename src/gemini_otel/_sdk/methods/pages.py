"""The pages of a listing: `list` makes the first request and returns a pager, which makes further requests when it is
iterated.

The listing is a span that ends with the first page. Each later page is a span below it, wherever and whenever the pager is
iterated, so a listing is one trace. A page that is fetched in another trace is linked to the span that was current there.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link

from gemini_otel._facts import names
from gemini_otel._facts.calls import UNKNOWN_START, StartFacts
from gemini_otel._facts.guard import guarded
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.methods.table import page_operation
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.rounds import Round, begin, current_round


@dataclass
class _Listing:
    """The call that returned a pager, and how many pages the pager has fetched."""

    start: StartFacts
    parent: Context | None
    pages: int = 1


_listings: weakref.WeakKeyDictionary[Any, _Listing] = weakref.WeakKeyDictionary()


def _remember_listing(
    _: Instrumentation, wrapped: Callable[..., Any], pager: Any, args: Positional, kwargs: Arguments
) -> None:
    wrapped(*args, **kwargs)
    _note_listing(pager)


@guarded
def _note_listing(pager: Any) -> None:
    call = current_round()
    if call is not None:
        span = trace.get_current_span(call.context)
        _listings[pager] = _Listing(call.start, trace.set_span_in_context(span, Context()))


@guarded
def _begin_page(instrumentation: Instrumentation, pager: Any, arguments: Arguments) -> Round | None:
    """Start the span of the next page; None if there is no further page, and so no request."""
    if not pager.config.get("page_token"):
        return None
    listing = _listings.setdefault(pager, _Listing(UNKNOWN_START, None))
    listing.pages += 1
    call = begin(
        instrumentation,
        page_operation(pager.name, listing.start),
        pager,
        arguments,
        parent=listing.parent,
        links=_links(listing.parent),
    )
    if call is not None:
        call.note({names.PAGE_NUMBER: listing.pages})
    return call


def _links(parent: Context | None) -> tuple[Link, ...]:
    """A link to the current span if it belongs to another trace than `parent`."""
    here = trace.get_current_span().get_span_context()
    if parent is None or not here.is_valid:
        return ()
    there = trace.get_current_span(parent).get_span_context()
    return () if here.trace_id == there.trace_id else (Link(here),)


_row = partial(patch, "pages of listings", "google.genai.pagers")
PATCHES = (
    _row("_BasePager.__init__", Shape.INSTEAD, _remember_listing),
    _row("Pager.next_page", Shape.CALL, _begin_page),
    _row("AsyncPager.next_page", Shape.ASYNC_CALL, _begin_page),
)
