"""Jaeger as examples/jaeger configures it: its tab GenAI, which shows attributes that begin with `gen_ai.`, begins with the hint."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import needs
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from seen import JaegerBackEnd, Seen, from_sdk

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo
from gemini_otel._facts import names
from servers import JAEGER_UI, run_shipped_jaeger
from support import Telemetry

SERVICE = "page"
COPIES = {
    "gen_ai.gemini_hint": names.HINT_SUMMARY,
    "gen_ai.gemini_remedy": names.HINT_REMEDY,
}


@pytest.fixture(scope="module")
def played() -> list[ReadableSpan]:
    """The spans of every scene of the demo, as the program sends them."""
    telemetry = Telemetry(resource=Resource.create({"service.name": SERVICE}))
    gemini_otel.instrument(**telemetry.providers)
    try:
        with simulator.serve() as url:
            client = demo.simulated_client(url)
            for scene in demo.SIMULATED:
                demo.send(client, demo.MODEL, scene)
    finally:
        gemini_otel.uninstrument()
    return telemetry.spans


@pytest.fixture(scope="module")
def stored(played: list[ReadableSpan], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """The same spans as Jaeger has them, by their ids."""
    needs("jaeger")
    with run_shipped_jaeger(tmp_path_factory.mktemp("page"), {}) as jaeger:
        back_end = JaegerBackEnd(jaeger)
        exporter = OTLPSpanExporter(f"{back_end.endpoint}/v1/traces")
        assert exporter.export(played) is SpanExportResult.SUCCESS
        exporter.shutdown()  # type: ignore[no-untyped-call]  # the exporter's
        return {span.id: span for span in back_end.spans(SERVICE, len(played))}


def test_jaeger_keeps_a_copy_of_the_hint(played: list[ReadableSpan], stored: dict[str, Seen]) -> None:
    """Each span with a hint has its summary and remedy once more, a healthy one nothing; all else is as it was sent."""
    hinted = 0
    for sent in map(from_sdk, played):
        kept = stored[sent.id]
        copies = {key: sent.attributes[source] for key, source in COPIES.items() if source in sent.attributes}
        assert kept.attributes == {**sent.attributes, **copies}
        assert len(copies) in (0, 2)
        hinted += bool(copies)
    assert 0 < hinted < len(played)


def test_no_program_sends_the_copy(played: list[ReadableSpan]) -> None:
    """The prefix is that of OpenTelemetry's conventions, which have no such name."""
    assert [span.name for span in played if COPIES.keys() & (span.attributes or {}).keys()] == []


def test_the_page_begins_with_the_hint(stored: dict[str, Seen]) -> None:
    """Of the tags that begin with `gen_ai.` the copies are the first, of all tags those that were sent."""
    prefixes = json.loads(JAEGER_UI.read_text(encoding="utf-8"))
    assert prefixes.keys() == {"topTagPrefixes"}
    (span, *_) = (span for span in stored.values() if names.HINT_SUMMARY in span.attributes)
    ordered = as_jaeger_orders(span.attributes, prefixes["topTagPrefixes"])
    assert ordered[:2] == [names.HINT_SUMMARY, names.HINT_REMEDY]
    assert [key for key in ordered if key.startswith("gen_ai.")][:2] == list(COPIES)


def as_jaeger_orders(keys: Iterable[str], prefixes: list[str]) -> list[str]:
    """By the first of the prefixes that the key has, then by the alphabet."""
    return sorted(keys, key=lambda key: ([not key.startswith(prefix) for prefix in prefixes], key))


def test_the_documents_start_it_like_this() -> None:
    """The page and the playground mount the folder where the configuration looks for the page's options."""
    root = Path(JAEGER_UI).parent.parent.parent
    for page in ("docs/jaeger.md", "docs/contributing.md", "examples/playground/compose.yaml"):
        text = (root / page).read_text(encoding="utf-8")
        assert "jaeger:/etc/jaeger:ro" in text
        assert "--config=/etc/jaeger/config.yaml" in text
