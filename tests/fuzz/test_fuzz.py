"""Anything that a service, a program or another instrumentation may hand us: no exception of ours, nothing that cannot be sent, no end of steps."""

from __future__ import annotations

import contextlib
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import gemini_otel
from gemini_otel._facts import names, sendable
from gemini_otel._facts.errors.echo import mask_bytes, mask_echo, mask_unusual
from gemini_otel._facts.errors.masking import mask
from gemini_otel._facts.parsing import parse_json
from gemini_otel.hints import find
from support import Telemetry, make_client
from support.canned import OK, canned
from support.logs import Logs
from support.steps import steps

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

_MOST_STEPS = 400_000
SOURCES = Path(gemini_otel.__file__).parent

texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["\ud800", "[" * 3000, "upload/" * 40 + "!", "A" * 5000, "9" * 5000, "my Zyqxv", "a@" * 500]
    ),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**63, 10**30, -(10**30)]),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
counts = st.one_of(st.integers(0, 100), st.sampled_from([10**30, 2**63, -5]), scalars)
parts = st.one_of(
    st.fixed_dictionaries({"text": texts}),
    st.fixed_dictionaries(
        {
            "functionCall": st.fixed_dictionaries(
                {"name": texts, "args": st.dictionaries(texts, values, max_size=3)}
            )
        }
    ),
    st.dictionaries(texts, values, max_size=2),
)
candidates = st.fixed_dictionaries(
    {},
    optional={
        "content": st.fixed_dictionaries({"parts": st.lists(parts, max_size=3)}),
        "finishReason": texts | st.sampled_from(["STOP", "SAFETY"]),
        "index": counts,
        "safetyRatings": st.lists(
            st.fixed_dictionaries({"category": texts, "probability": texts, "blocked": st.just(True)}),
            max_size=2,
        ),
    },
)
details = st.lists(st.fixed_dictionaries({"modality": texts, "tokenCount": counts}), max_size=5)
answers = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(candidates, max_size=3),
        "usageMetadata": st.fixed_dictionaries(
            {},
            optional={
                "promptTokenCount": counts,
                "thoughtsTokenCount": counts,
                "promptTokensDetails": details,
            },
        ),
        "responseId": texts,
        "modelVersion": texts,
        "promptFeedback": st.fixed_dictionaries({"blockReason": texts}),
    },
)
failures = st.fixed_dictionaries(
    {
        "error": st.fixed_dictionaries(
            {},
            optional={
                "code": counts,
                "status": texts,
                "message": texts,
                "details": st.lists(
                    st.dictionaries(st.sampled_from(["@type", "reason", "violations"]), values), max_size=3
                ),
            },
        )
    }
)
raw = st.binary(max_size=60) | st.sampled_from([b"[" * 5000, b'{"error":' * 3000, b"\xff" * 100, b""])


class Service:
    """What the next request gets."""

    status, body = 200, b""

    def __init__(self) -> None:
        self.telemetry, self.logs = Telemetry(), Logs()
        self.client: genai.Client | None = None

    def answer(self, _: str) -> tuple[int, Any]:
        return self.status, self.body

    def instrument(self) -> None:
        """With all that writes something."""
        gemini_otel.instrument(
            **self.telemetry.providers,
            logger_provider=self.logs.provider,
            capture_content="span_and_event",
            exception_events=True,
            hint_signal="both",
            hint_level="info",
        )


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    found = Service()
    with canned(found.answer) as url:
        found.client = make_client(url)
        yield found


@pytest.fixture(scope="module")
def foreign() -> Telemetry:
    """The hint processor beside an instrumentation that is not ours."""
    found = Telemetry()
    found.tracer_provider.add_span_processor(gemini_otel.HintSpanProcessor(all_spans=True, hint_level="info"))
    find({})  # the first look makes the index
    return found


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING)
    return caplog


def _is_ours(error: BaseException | None) -> bool:
    """Whether code of this package raised it, or what it was raised from, rather than passed it on."""
    while error is not None:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        if frames and Path(frames[-1].f_code.co_filename).is_relative_to(SOURCES):
            return True
        error = error.__cause__ or error.__context__
    return False


def _call(service: Service, status: int, body: Any, stream: bool = False, **arguments: Any) -> None:
    """One call, without us and with us: the caller sees the same, and what we make of it can be sent."""
    service.status, service.body = status, body
    bare, _ = _seen(service, stream, arguments)
    service.telemetry.exporter.clear()
    service.logs.exporter.clear()
    service.instrument()
    try:
        ours, raised = _seen(service, stream, arguments)
        _sendable(service)
    finally:
        gemini_otel.uninstrument()
    assert not _is_ours(raised), "an exception of ours reached the caller"
    assert ours == bare


def _seen(service: Service, stream: bool, arguments: Any) -> tuple[list[str], Exception | None]:
    """What a caller gets, as text, and the exception where there is one."""
    client = service.client
    assert client is not None
    method = client.models.generate_content_stream if stream else client.models.generate_content
    request = {"model": "gemini-2.5-flash", "contents": "my Zyqxv prompt", **arguments}
    found: list[str] = []
    try:
        answered: Any = method(**request)
        found.extend(map(_plain, answered if stream else [answered]))
    except Exception as error:
        return [*found, f"{type(error).__name__} {error}"], error
    return found, None


def _plain(response: Any) -> str:
    return repr(response.model_dump(exclude={"sdk_http_response"}, warnings=False))


def _sendable(service: Service) -> None:
    spans = service.telemetry.spans
    for span in spans:
        assert (span.attributes or {})[names.OPERATION_NAME]
        for value in (span.attributes or {}).values():
            assert not isinstance(value, int) or abs(value) < 2**63
    encode_spans(spans)
    encode_logs(service.logs.exporter.get_finished_logs())
    data = service.telemetry.reader.get_metrics_data()
    if data is not None:
        encode_metrics(data)


@given(answers)
def test_answers(service: Service, answer: dict[str, Any]) -> None:
    """Whatever an answer says, its span and all metrics can be sent."""
    _call(service, 200, answer)


@given(st.lists(answers, max_size=4))
def test_chunkings(service: Service, chunks: list[dict[str, Any]]) -> None:
    """The same of a stream's chunks."""
    _call(service, 200, chunks, stream=True)


@given(st.sampled_from([400, 404, 429, 500, 503]), failures | values | raw)
def test_errors(service: Service, status: int, body: Any) -> None:
    """The same of an error's body, whether it is one or not; and the call is ERROR."""
    _call(service, status, json.dumps(body).encode() if isinstance(body, list) else body)
    for span in service.telemetry.spans:
        assert span.status.status_code.name == "ERROR"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": values,
            "top_k": counts,
            "seed": counts,
            "stop_sequences": st.lists(texts, max_size=3),
            "thinking_config": st.dictionaries(
                st.sampled_from(["thinking_level", "thinking_budget"]), values
            ),
            "labels": st.dictionaries(texts, texts, max_size=2),
            "tools": values,
        },
    )
)
def test_configurations(service: Service, config: dict[str, Any]) -> None:
    """Whatever a program writes into its config, in forms that the SDK refuses as well."""
    _call(service, 200, {}, config=config)


@given(
    st.booleans(),
    st.fixed_dictionaries({"contents": values | parts | st.lists(parts), "model": texts | values}),
)
def test_arguments(service: Service, stream: bool, arguments: dict[str, Any]) -> None:
    """Whatever it hands over as contents and as the model's name."""
    _call(service, 200, OK, stream, **arguments)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                getattr(names, name)
                for name in dir(names)
                if name.isupper() and isinstance(getattr(names, name), str)
            ]
        ),
        scalars,
        max_size=8,
    )
)
def test_attributes(foreign: Telemetry, attributes: dict[str, Any]) -> None:
    """Whatever another instrumentation wrote, finding hints ends and raises nothing, and the span can be sent."""
    known = {name: value for name, value in attributes.items() if value is not None}
    assert steps(lambda: find(known)) < _MOST_STEPS
    for value in sendable.sendable(attributes).values():
        if isinstance(value, str):
            value.encode()
    foreign.exporter.clear()
    written = dict(sendable.sendable(known))  # what is not sendable is the other's fault
    foreign.tracer_provider.get_tracer("another.instrumentation").start_span("chat", attributes=written).end()
    encode_spans(foreign.spans)


@given(failures | values)
def test_explain(body: Any) -> None:
    """`explain` reads whatever an exception carries."""
    error = errors.APIError.__new__(errors.APIError)
    error.code, error.details, error.message, error.status, error.response = 400, body, str(body), None, None
    gemini_otel.explain(error)  # the first look makes the index
    assert steps(lambda: gemini_otel.explain(error)) < _MOST_STEPS
    assert steps(lambda: gemini_otel.explain(ValueError(str(body)))) < _MOST_STEPS


@given(texts, values)
def test_masking(message: str, contents: Any) -> None:
    """Any message, beside any request: bounded in steps."""
    request = {"contents": contents}
    for masked in (
        lambda: mask_echo(mask(message), request),
        lambda: mask_bytes(message, request),
        lambda: mask_unusual(message),
    ):
        assert steps(masked) < _MOST_STEPS


@given(texts | st.binary(max_size=50))
def test_json(text: str | bytes) -> None:
    """Any text is parsed, or is none."""
    assert steps(lambda: parse_json(text)) < _MOST_STEPS


@given(
    st.dictionaries(
        st.sampled_from(["hints", "capture_content", "redact", "semconv", "on_repetition", "hint_level"]),
        values,
        max_size=3,
    )
)
def test_settings(settings: dict[str, Any]) -> None:
    """What a setting cannot be is a ValueError or TypeError that says so, and leaves nothing behind."""
    from gemini_otel._settings.table import Settings

    with contextlib.suppress(ValueError, TypeError):
        Settings(**settings)
