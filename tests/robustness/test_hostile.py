"""Answers that a hostile or broken service may send: what they do to spans, metrics, and time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import gemini_otel
from gemini_otel import simulator
from gemini_otel._sdk.methods.resources import resource_name
from gemini_otel.simulator._live_scenario import Burst
from support import Telemetry, event_loop, make_client, send
from support.canned import OK, canned, error
from support.live import live_client
from support.steps import steps

pytestmark = pytest.mark.filterwarnings("ignore:.*is not a valid", "ignore:.*([Ee]xperimental|deprecated)")


class Service:
    """A service whose next answers are given; the last one is repeated."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.url = ""

    def answer(self, _: str) -> tuple[int, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def ask(self, *answers: tuple[int, Any], contents: Any = "hi") -> None:
        """One call for each answer."""
        client = make_client(self.url)
        for each in answers:
            self.answers = [each]
            send(client, "call", contents)


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    with canned(found.answer) as found.url:
        yield found
    gemini_otel.uninstrument()


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    found = Telemetry()
    gemini_otel.instrument(**found.providers)
    yield found
    gemini_otel.uninstrument()


def size(telemetry: Telemetry) -> int:
    """Characters on the last span."""
    span = telemetry.spans[-1]
    return sum(len(str(value)) for value in (span.attributes or {}).values()) + len(
        span.status.description or ""
    )


@pytest.mark.parametrize("count", [3, 1000, 100_000])
def test_names_of_resources_take_linear_time(count: int) -> None:
    """A name that could be read in many ways is refused, as is one that is too long to be one."""
    assert resource_name("upload/" * count + "!") is None
    assert resource_name("files/" * count + "!") is None
    assert resource_name("files/" + "a" * count + "!") is None


@pytest.mark.parametrize("capture", [None, "span_only"])
def test_a_page_beside_a_picture(service: Service, capture: str | None) -> None:
    """The page of a gateway costs the same beside a picture of a megabyte as beside a small one."""
    gemini_otel.instrument(**Telemetry().providers, **({"capture_content": capture} if capture else {}))
    service.answers = [
        (400, b"<html>" + b" ".join(b"word%d" % number for number in range(2500)) + b"</html>")
    ]
    client = make_client(service.url)

    def ask(kilobytes: int) -> int:
        picture = types.Part.from_bytes(data=os.urandom(kilobytes * 1000), mime_type="image/png")
        return steps(lambda: send(client, "call", [picture]))

    ask(1)
    small, large = ask(1), ask(1000)
    assert large < small * 1.5 + 50_000


def test_a_number_beyond_64_bits(service: Service, telemetry: Telemetry) -> None:
    """Metrics can be sent after a count that no exporter can send."""
    for tokens in (5, 10**30, 5, 5):
        service.ask((200, {**OK, "usageMetadata": {"promptTokenCount": 5, "thoughtsTokenCount": tokens}}))
        data = telemetry.reader.get_metrics_data()
        assert data is not None
        encode_metrics(data)
    encode_spans(telemetry.spans)


def test_half_a_surrogate_pair(service: Service, telemetry: Telemetry) -> None:
    """A status that is no text takes no other span with it."""
    service.ask((200, OK), error(status="\ud800"), error(message="a\ud800b"), (200, OK))
    encode_spans(telemetry.spans)
    assert len(telemetry.spans) == 4
    assert (telemetry.spans[1].attributes or {})["gemini.error.status"] == "_OTHER"


def test_a_flood_of_modalities(service: Service, telemetry: Telemetry, caplog: Any) -> None:
    """Operation and model stay on the span, whatever comes after them."""
    details = [{"modality": f"M{number}", "tokenCount": 1} for number in range(200)]
    service.ask((200, {**OK, "usageMetadata": {"promptTokensDetails": details}}))
    attributes = telemetry.attributes
    assert attributes["gen_ai.operation.name"] == "generate_content"
    assert attributes["gen_ai.request.model"]
    assert attributes["gemini.usage.other.input_tokens"] == 200
    assert "Attributes dict is full" not in caplog.text


def test_a_status_of_a_megabyte(service: Service, telemetry: Telemetry) -> None:
    """A span has some kilobytes."""
    service.ask(error(status="X" * 1_000_000))
    assert size(telemetry) < 4000
    service.ask(error(message="word " * 200_000))
    assert size(telemetry) < 4000


PROSE = "Cannot process my Zyqxv prompt"


@pytest.mark.parametrize(
    "answer",
    [
        (200, {**OK, "candidates": [{"finishReason": PROSE}]}),
        (200, {"promptFeedback": {"blockReason": PROSE}}),
        (
            200,
            {
                "promptFeedback": {
                    "blockReason": "SAFETY",
                    "safetyRatings": [{"category": PROSE, "probability": PROSE, "blocked": True}],
                }
            },
        ),
        (200, {**OK, "usageMetadata": {"promptTokensDetails": [{"modality": PROSE, "tokenCount": 1}]}}),
        (200, {**OK, "responseId": PROSE}),
        (200, {**OK, "modelVersion": PROSE}),
        (200, {**OK, "modelStatus": {"modelStage": PROSE}}),
        error(status=PROSE),
        error(details=[{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": PROSE}]),
        error(
            "x",
            "RESOURCE_EXHAUSTED",
            429,
            [
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": PROSE, "quotaMetric": PROSE, "quotaValue": "9" * 5000}],
                }
            ],
        ),
    ],
)
def test_prose_where_a_code_is_due(service: Service, telemetry: Telemetry, answer: tuple[int, Any]) -> None:
    """What has not the form of a name from a list is on no span, in no event and in no metric."""
    service.ask(answer)
    assert "Zyqxv" not in telemetry.span.to_json()
    assert "Zyqxv" not in str(telemetry.reader.get_metrics_data())
    encode_spans(telemetry.spans)


needs_interactions = pytest.mark.skipif(
    not hasattr(genai.Client, "interactions"), reason="this SDK has no interactions"
)


def _asking_interactions(service: Service, answer: tuple[int, Any], **more: Any) -> Any:
    service.answers = [answer]
    client = make_client(service.url)
    answered = client.interactions.create(model="m", input="my Zyqxv prompt", **more)
    return list(answered) if more else answered


@needs_interactions
def test_an_interaction_that_failed(service: Service, telemetry: Telemetry) -> None:
    """What it reports is masked like what an exception says, in an answer and in an event."""
    reported = {"code": "invalid_request", "message": PROSE}
    _asking_interactions(service, (200, {"id": "i", "status": "failed", "errors": [reported]}))
    events = [{"event_type": "error", "error": reported}]
    _asking_interactions(service, (200, events), stream=True)
    for span in telemetry.spans:
        assert (span.attributes or {})["gemini.error.message"] == "Cannot process my <masked> prompt"


def test_a_file_that_failed(service: Service, telemetry: Telemetry) -> None:
    """Nobody knows which words are of the file: those that messages have stay."""
    failed = {
        "name": "files/x",
        "state": "FAILED",
        "error": {"code": 3, "message": "Cannot decode zyqxv-holiday.mov"},
    }
    service.answers = [(200, failed)]
    client = make_client(service.url)
    client.files.get(name="files/x")
    assert telemetry.attributes["gemini.failure.message"] == "Cannot decode <masked>"


def test_a_live_session_that_is_closed(telemetry: Telemetry) -> None:
    """The reason of a close frame may quote what was said in the session."""
    mine = simulator.LiveScenario(
        "mine", "", (Burst(close=(1007, "Request has an invalid argument: my Zyqxv words")),)
    )

    async def talk(url: simulator.Simulator) -> None:
        client = live_client(url)
        config: Any = {"response_modalities": ["TEXT"]}
        async with client.aio.live.connect(model="m", config=config) as session:
            await session.send_client_content(turns=types.UserContent("my Zyqxv words"))
            async for _ in session.receive():
                pass

    with simulator.serve(mine) as url, pytest.raises(Exception, match="1007"):
        event_loop().run_until_complete(talk(url))
    messages = [dict(span.attributes or {}).get("gemini.error.message") for span in telemetry.spans]
    assert "Request has an invalid argument: my <masked>" in messages
    assert not any("Zyqxv" in span.to_json() for span in telemetry.spans)
