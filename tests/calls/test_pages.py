"""Listings: the first page is the listing, later pages are below it, wherever the pager is iterated."""

from __future__ import annotations

import asyncio
import threading

import pytest
from google import genai
from opentelemetry import trace

import gemini_otel
from gemini_otel import simulator
from support import Telemetry, make_client

TWO = {"page_size": 2}


def spans(telemetry: Telemetry) -> list[tuple[str, object, object]]:
    """Name, page and count of each span, in the order of their ends."""
    found = [(span.name, dict(span.attributes or {})) for span in telemetry.spans]
    return [(name, a.get("gemini.page.number"), a.get("gemini.resource.count")) for name, a in found]


def check_tree(telemetry: Telemetry, name: str = "list_files") -> None:
    """Five items in pages of two: the listing and two pages below it."""
    assert spans(telemetry) == [(name, None, 2), (name, 2, 2), (name, 3, 1)]
    listing, *pages = telemetry.spans
    assert listing.parent is None
    assert [page.parent.span_id if page.parent else None for page in pages] == [listing.context.span_id] * 2
    for span in telemetry.spans:
        attributes = dict(span.attributes or {})
        assert attributes["gemini.page.size"] == 2
        assert attributes["http.response.status_code"] == 200
        assert attributes["gemini.response.outcome"] == "ok"
        assert attributes["server.address"] == "127.0.0.1"


def test_a_listing(telemetry: Telemetry, client: genai.Client) -> None:
    """Iterating a pager makes a span for each page, below that of the listing."""
    assert len(list(client.files.list(config=TWO))) == 5
    check_tree(telemetry)


async def test_an_async_listing(telemetry: Telemetry, client: genai.Client) -> None:
    """The same for async pagers."""
    pager = await client.aio.files.list(config=TWO)
    assert len([item async for item in pager]) == 5
    check_tree(telemetry)
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


def test_documents_are_listed_alike(telemetry: Telemetry, client: genai.Client) -> None:
    """A listing whose pager fetches through a partial function."""
    if not hasattr(client, "file_search_stores"):
        pytest.skip("this SDK has no stores")
    documents = client.file_search_stores.documents
    assert len(list(documents.list(parent="fileSearchStores/s", config=TWO))) == 5
    check_tree(telemetry, "list_documents")


def test_one_page(telemetry: Telemetry, client: genai.Client) -> None:
    """A listing of one page is one span: asking for what follows makes no request."""
    pager = client.files.list()
    assert len(list(pager)) == 5
    with pytest.raises(IndexError):
        pager.next_page()
    assert spans(telemetry) == [("list_files", None, 5)]


def test_iterated_in_another_thread(telemetry: Telemetry, client: genai.Client) -> None:
    """Later pages stay in the listing's trace where another thread iterates."""
    pager = client.files.list(config=TWO)
    thread = threading.Thread(target=lambda: list(pager))
    thread.start()
    thread.join()
    check_tree(telemetry)


def test_iterated_in_another_trace(telemetry: Telemetry, client: genai.Client) -> None:
    """A page that is fetched in another trace stays in the listing's and is linked to what was current."""
    pager = client.files.list(config=TWO)
    with telemetry.tracer_provider.get_tracer("app").start_as_current_span("elsewhere") as elsewhere:
        list(pager)
        assert trace.get_current_span() is elsewhere
    page = next(span for span in telemetry.spans if (span.attributes or {}).get("gemini.page.number") == 2)
    assert [link.context.span_id for link in page.links] == [elsewhere.get_span_context().span_id]


def test_in_the_same_trace_there_is_no_link(telemetry: Telemetry, client: genai.Client) -> None:
    """A listing inside of a span that is still open there has no links."""
    with telemetry.tracer_provider.get_tracer("app").start_as_current_span("request"):
        list(client.files.list(config=TWO))
    assert len({span.context.trace_id for span in telemetry.spans}) == 1
    assert not any(span.links for span in telemetry.spans)


def test_a_page_that_fails(telemetry: Telemetry) -> None:
    """A page that cannot be fetched ends its span with the error, and the caller gets it."""
    with simulator.serve() as url:
        client = make_client(str(url))
        pager = client.files.list(config=TWO)
        url.close()
        with pytest.raises(Exception, match="onnect"):
            pager.next_page()
    page = dict(telemetry.spans[-1].attributes or {})
    assert (page["gemini.page.number"], page["gemini.response.outcome"]) == (2, "error")


def test_a_pager_from_before(client: genai.Client) -> None:
    """The pages of a listing that was made before instrument() are traced as well, without a listing above them."""
    telemetry = Telemetry()
    pager = client.files.list(config=TWO)
    gemini_otel.instrument(**telemetry.providers)
    try:
        list(pager)
    finally:
        gemini_otel.uninstrument()
    assert spans(telemetry) == [("list_files", 2, 2), ("list_files", 3, 1)]
    assert all(span.parent is None for span in telemetry.spans)


def test_a_pager_holds_nothing_alive(telemetry: Telemetry, client: genai.Client) -> None:
    """What is remembered of a listing goes with its pager."""
    import gc

    from gemini_otel._sdk.methods import pages as _pages

    gc.collect()  # pagers of other tests
    before = len(_pages._listings)
    pager = client.files.list(config=TWO)
    assert len(_pages._listings) == before + 1
    del pager
    gc.collect()
    assert len(_pages._listings) == before


def test_asyncio_tasks(telemetry: Telemetry, client: genai.Client) -> None:
    """An async pager that another task iterates keeps its listing's trace."""

    async def run() -> None:
        pager = await client.aio.files.list(config=TWO)

        async def iterate() -> None:
            async for _ in pager:
                pass

        await asyncio.create_task(iterate())
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()

    asyncio.run(run())
    check_tree(telemetry)
